//! JSON of a link check, for programs.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::check::link::{Link, LinkReport, Verdict};

/// Which links are told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkSelection {
    /// Those that are broken or unverifiable.
    Problems,
    /// All of them.
    All,
}

/// Writes the report as one JSON object: `started`, `durationMs`, `complete`, `start`, `counts`, `notices` and `links`.
///
/// # Errors
/// `out` takes no more.
pub fn links_json(report: &LinkReport, scope: LinkSelection, out: &mut impl Write) -> io::Result<()> {
    let head = json!({
        "started": report.started.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "durationMs": report.duration.as_millis() as u64,
        "complete": report.stopped.is_none(),
        "start": report.start,
        "counts": report.counts,
        "notices": report.notices,
    })
    .to_string();
    // A link at a time: there may be a million.
    out.write_all(head.strip_suffix('}').unwrap_or(&head).as_bytes())?;
    out.write_all(b",\"links\":[")?;
    let mut is_first = true;
    let mut write = |link: Link<'_>| {
        let comma: &[u8] = if std::mem::take(&mut is_first) { b"\n" } else { b",\n" };
        out.write_all(comma)?;
        serde_json::to_writer(&mut *out, &one(report, link)).map_err(io::Error::from)
    };
    match scope {
        LinkSelection::All => report.links().try_for_each(&mut write)?,
        LinkSelection::Problems => [Verdict::Broken, Verdict::Unverifiable]
            .into_iter()
            .flat_map(|verdict| report.with(verdict))
            .try_for_each(&mut write)?,
    }
    out.write_all(b"]}\n")
}

fn one(report: &LinkReport, link: Link<'_>) -> Value {
    let address = link.address();
    let reason = link.reason();
    let mut one = json!({
        "url": address,
        "verdict": link.verdict().word(),
        "kind": link.kind().word(),
        "status": link.status(),
        "reason": reason.map(|reason| json!({"code": reason.code(), "text": reason.text()})),
        "redirects": link.redirects(),
        "places": link.places().iter().map(|place| json!({"page": place.page, "line": place.line})).collect::<Vec<_>>(),
    });
    if let (Some(picture), Some(fields)) = (report.pictures.get(&address), one.as_object_mut()) {
        fields.insert("picture".to_owned(), picture.clone().into());
    }
    one
}
