//! All reports of a link check into one folder.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::{LinkSelection, broken_link_checker_report, links_json, links_junit, links_markdown};
use crate::check::link::LinkReport;

/// Names of the files that [`write_link_reports`] writes.
pub const LINK_REPORTS: [&str; 4] = ["BrokenLinkCheckerReport.json", "links.json", "junit.xml", "summary.md"];

/// Writes AWS's report, JSON, JUnit and Markdown into `folder`, which is made if it is not there.
///
/// # Errors
/// The first file that could not be written.
pub fn write_link_reports(report: &LinkReport, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let [aws, json, junit, markdown] = LINK_REPORTS;
    file(folder, aws, |out| broken_link_checker_report(report, out))?;
    file(folder, json, |out| links_json(report, LinkSelection::Problems, out))?;
    file(folder, junit, |out| links_junit(report, out))?;
    file(folder, markdown, |out| out.write_all(links_markdown(report).as_bytes()))
}

fn file(folder: &Path, name: &str, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", folder.join(name).display()));
    let mut out = BufWriter::new(File::create(folder.join(name)).map_err(named)?);
    write(&mut out).and_then(|()| out.flush()).map_err(named)
}
