//! `BrokenLinkCheckerReport.json`, as AWS Synthetics lays it out.
//!
//! Fields are those of `SyntheticsLink` and `BrokenLinkCheckerReport` in
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Synthetics_Canaries_Library_Nodejs.html>.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::check::link::{Link, LinkReport, Reason, Verdict};

/// Writes the report. A link that is not broken is in it too, as in AWS's; one that nobody can verify has its status and is
/// not broken.
///
/// # Errors
/// `out` takes no more.
pub fn broken_link_checker_report(report: &LinkReport, out: &mut impl Write) -> io::Result<()> {
    // A link at a time: there may be a million.
    out.write_all(b"{\"links\":{")?;
    let checked = || report.links().filter(|link| link.verdict() != Verdict::Skipped);
    let mut seen = 0_u64;
    for link in checked() {
        if seen > 0 {
            out.write_all(b",")?;
        }
        seen += 1;
        serde_json::to_writer(&mut *out, &link.address())?;
        out.write_all(b":")?;
        serde_json::to_writer(&mut *out, &synthetics_link(report, link))?;
    }
    out.write_all(b"},\"brokenLinks\":[")?;
    for (index, link) in report.with(Verdict::Broken).into_iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *out, &synthetics_link(report, link))?;
    }
    writeln!(out, "],\"totalLinksChecked\":{seen},\"totalBrokenLinks\":{}}}", report.counts.broken)
}

fn synthetics_link(report: &LinkReport, link: Link<'_>) -> Value {
    let parent = link.places().first().map(|place| place.page.to_string());
    let address = link.address();
    let picture = report.pictures.get(&address);
    let status = link.status();
    json!({
        "url": address,
        "text": link.label(),
        "parentUrl": parent,
        "statusCode": status,
        "statusText": status.and_then(|status| http::StatusCode::from_u16(status).ok()?.canonical_reason()),
        "failureReason": link.reason().map(Reason::text),
        "screenshotResults": picture.map(|file| json!({"fileName": file, "pageUrl": parent, "error": null})).into_iter().collect::<Vec<_>>(),
    })
}
