//! Pictures of the run that are not as their baselines: baseline, picture, what changed.

use super::element::{Album, push};
use crate::report::junit::xml;
use crate::run::RunReport;
use crate::visual::VisualComparison;

pub(super) fn section(out: &mut String, report: &RunReport, album: &Album<'_>) {
    let all = report.comparisons.len();
    if all == 0 {
        return;
    }
    let looked_at: Vec<_> = report.comparisons.iter().filter(|one| !one.status.is_fine()).collect();
    push(out, format_args!("<h2>Pictures <small>{} of {all} as approved</small></h2>\n", all - looked_at.len()));
    for comparison in looked_at {
        one(out, comparison, album);
    }
}

fn one(out: &mut String, comparison: &VisualComparison, album: &Album<'_>) {
    push(
        out,
        format_args!(
            "<h3>{} <small>{}: {}</small></h3>\n",
            xml(&comparison.page),
            xml(&comparison.key),
            comparison.status.word()
        ),
    );
    push(out, format_args!("<p>{}</p>\n", xml(&comparison.reason)));
    if !comparison.regions.is_empty() {
        out.push_str("<ul>\n");
        for region in &comparison.regions {
            let (width, height, x, y) = (region.width, region.height, region.x, region.y);
            push(out, format_args!("<li>{width}x{height} at {x},{y}: {}</li>\n", xml(&region.change)));
        }
        out.push_str("</ul>\n");
    }
    let files = &comparison.files;
    let pictures = [("baseline", &files.baseline), ("now", &files.actual), ("changed", &files.diff)];
    out.push_str("<div class=\"three\">\n");
    for (caption, file) in pictures {
        if let Some(file) = file {
            album.figure(out, file, &format!("{caption}: {file}"));
        }
    }
    out.push_str("</div>\n");
}
