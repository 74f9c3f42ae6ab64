//! Pictures of pages with their broken links marked.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use url::Url;

use crate::browser::{Area, BrowserError, Session};
use crate::check::link::notice::Notice;
use crate::check::link::report::LinkReport;
use crate::check::link::verdict::Verdict;

const PAGE_WITHIN: Duration = Duration::from_secs(30);
const FILE_NAME_BYTES_MAX: usize = 80;
/// Marks what leads to one of the addresses, scrolls to the first, and gives how many there are.
const MARK: &str = "const broken = new Map(arguments[0]);
  const attributes = ['href', 'src', 'data', 'poster'];
  const marked = [...document.querySelectorAll('[href], [src], [data], [poster]')].filter((element) => {
    const why = attributes.map((name) => broken.get(element[name])).find((found) => found);
    if (!why) return false;
    element.style.setProperty('outline', '3px solid #d40000', 'important');
    element.style.setProperty('outline-offset', '2px', 'important');
    element.style.setProperty('background', '#ffe0e0', 'important');
    element.title = why;
    return true;
  });
  if (marked[0]) marked[0].scrollIntoView({block: 'center'});
  return marked.length;";

/// Takes a picture of each of the first pages that hold broken links, and notes it at these.
pub(super) async fn pictures(
    report: &mut LinkReport,
    session: &Session,
    most: usize,
    folder: &Path,
) -> Result<(), BrowserError> {
    let mut by_page: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for link in report.with(Verdict::Broken) {
        if let Some(place) = link.places().first().filter(|place| place.line > 0) {
            by_page.entry(place.page.to_string()).or_default().push((link.address(), link.why()));
        }
    }
    for (index, (page, broken)) in by_page.into_iter().take(most).enumerate() {
        let name = file_name(index + 1, &page);
        match take(session, &page, &broken).await {
            Ok(png) => match std::fs::create_dir_all(folder).and_then(|()| std::fs::write(folder.join(&name), png)) {
                Ok(()) => report.pictures.extend(broken.into_iter().map(|(address, _)| (address, name.clone()))),
                Err(error) => {
                    report
                        .notices
                        .push(Notice { about: page, text: format!("the picture {name} was not written: {error}") });
                }
            },
            Err(error) if error.session_survives() => {
                report.notices.push(Notice { about: page, text: format!("no picture: {error}") });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn take(session: &Session, page: &str, broken: &[(String, String)]) -> Result<Vec<u8>, BrowserError> {
    let by = Instant::now() + PAGE_WITHIN;
    let url = Url::parse(page).map_err(|error| BrowserError::Infrastructure(error.to_string()))?;
    session.goto(&url, by).await?;
    session.execute(MARK, vec![json!(broken)], by).await?;
    Ok(session.screenshot(Area::FullPage, by).await?.png.to_vec())
}

/// `01-example-com-docs-broken.png`.
fn file_name(number: usize, page: &str) -> String {
    let bare = page.split("://").nth(1).unwrap_or(page).trim_end_matches('/');
    let fit = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let middle: String = bare.chars().map(fit).take(FILE_NAME_BYTES_MAX).collect();
    format!("{number:02}-{middle}-broken.png")
}
