//! All reports of a comparison into its folder.

use std::fs;
use std::io;
use std::path::Path;

use super::{Approving, visual_html, visual_json, visual_junit, visual_markdown};
use crate::run::write_whole;
use crate::visual::VisualReport;

/// The comparisons themselves, which are read again to approve them; a run that compared pictures has it too.
pub const VISUAL_REPORT: &str = "visual.json";
/// Names of the files that [`write_visual_reports`] writes.
pub const VISUAL_REPORTS: [&str; 4] = [VISUAL_REPORT, "junit.xml", "summary.md", "index.html"];

/// Writes JSON, JUnit, Markdown and the page into `folder`, which is made if it is not there; each as a whole. The pictures
/// that the report names are read from it.
///
/// # Errors
/// The first file that could not be written; those before it are there.
pub fn write_visual_reports(folder: &Path, report: &VisualReport) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let [json, junit, markdown, page] = VISUAL_REPORTS;
    let path = folder.join(json);
    let path = path.to_string_lossy();
    write(folder, json, &visual_json(report))?;
    write(folder, junit, &visual_junit(report))?;
    write(folder, markdown, &visual_markdown(report, &path))?;
    let picture = |name: &str| if is_file_name(name) { fs::read(folder.join(name)).ok() } else { None };
    write(folder, page, &visual_html(report, &picture, Approving::Command { path: &path }))
}

/// Writes again what [`write_visual_reports`] wrote before. In the folder of a run that is `visual.json` alone: its other
/// reports tell of the run, and stay.
///
/// # Errors
/// The first file that could not be written; those before it are there.
pub fn rewrite_visual_reports(folder: &Path, report: &VisualReport) -> io::Result<()> {
    let [json, .., page] = VISUAL_REPORTS;
    if folder.join(page).is_file() {
        return write_visual_reports(folder, report);
    }
    write(folder, json, &visual_json(report))
}

/// Whether it names a file in a folder and cannot name one elsewhere.
pub(crate) fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', ':', '\0'])
}

fn write(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let path = folder.join(name);
    write_whole(&path, text.as_bytes())
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
