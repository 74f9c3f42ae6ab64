//! Doubtful links, in a browser.

use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::doubt::{Doubts, doubts};
use super::picture::pictures;
use crate::browser::{BrowserError, Session};
use crate::check::link::notice::Notice;
use crate::check::link::private::leads_to_private;
use crate::check::link::report::LinkReport;
use crate::check::link::targets::LinkId;

/// How long scripts of a page may take to give it its names.
const NAMES_WITHIN: Duration = Duration::from_secs(3);
/// How long a wall may take to find out that it has a browser before it.
const WALL_WITHIN: Duration = Duration::from_secs(8);
const PAGE_WITHIN: Duration = Duration::from_secs(30);
/// The names that are there by the end of a patience, of those that are wanted.
const NAMES: &str = "const [wanted, patience] = arguments;
  return (async () => {
  const has = (name) => document.getElementById(name) || document.getElementsByName(name).length > 0;
  const end = Date.now() + patience;
  while (Date.now() < end && !wanted.every(has)) await new Promise((done) => setTimeout(done, 50));
  return wanted.filter(has);
  })();";
const WALL_ASK_EVERY: Duration = Duration::from_secs(2);

/// How much is looked at.
#[derive(Clone, Debug)]
pub struct LookOptions {
    /// Most pages that are opened to judge links.
    pub pages_max: usize,
    /// Most pages whose picture is taken with their broken links marked, and the folder of these.
    pub pictures: Option<(usize, PathBuf)>,
}

/// Looks once more at what `report` has doubts about, and takes pictures of what is broken then.
///
/// # Errors
/// The browser went away; what was judged before stays judged.
pub async fn look(report: &mut LinkReport, session: &Session, options: &LookOptions) -> Result<(), BrowserError> {
    let Doubts { fragments, walls } = doubts(report);
    let count = fragments.len() + walls.len();
    if count > options.pages_max {
        let left = count - options.pages_max;
        report.notices.push(Notice {
            about: String::new(),
            text: format!("{left} pages were judged without a browser: {} are opened at most", options.pages_max),
        });
    }
    let of_fragments = fragments.into_iter().map(|page| (Doubt::Fragments, page));
    let of_walls = walls.into_iter().map(|page| (Doubt::Wall, page));
    let mut mended = Vec::new();
    for (doubt, (page, links)) in of_fragments.chain(of_walls).take(options.pages_max) {
        let Ok(url) = Url::parse(&page) else { continue };
        if !report.allows_private && leads_to_private(&url).await {
            continue;
        }
        let seen = match doubt {
            Doubt::Fragments => names(report, session, &url, &links).await,
            Doubt::Wall => is_let_in(report, session, &url).await.map(|is_in| if is_in { links } else { Vec::new() }),
        };
        match seen {
            Ok(seen) => mended.extend(seen),
            Err(error) if error.session_survives() => {
                let text = format!("not judged in a browser: {error}");
                report.notices.push(Notice { about: page, text });
            }
            Err(error) => {
                settle(report, &mended);
                return Err(error);
            }
        }
    }
    settle(report, &mended);
    if let Some((most, folder)) = &options.pictures {
        pictures(report, session, *most, folder).await?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Doubt {
    Fragments,
    Wall,
}

fn settle(report: &mut LinkReport, mended: &[LinkId]) {
    for link in mended {
        report.targets.settle_ok(*link);
    }
    report.count();
}

/// Those of `links` whose fragment the page has once its scripts ran.
async fn names(
    report: &LinkReport,
    session: &Session,
    url: &Url,
    links: &[LinkId],
) -> Result<Vec<LinkId>, BrowserError> {
    let by = Instant::now() + PAGE_WITHIN;
    session.goto(url, by).await?;
    let name = |link: &LinkId| {
        let fragment = report.targets.fragment(*link).unwrap_or_default();
        let name = fragment.split(":~:").next().unwrap_or_default();
        percent_decode_str(name).decode_utf8_lossy().into_owned()
    };
    let wanted: Vec<String> = links.iter().map(name).collect();
    let patience = NAMES_WITHIN.as_millis() as u64;
    let there = session.execute(NAMES, vec![json!(wanted), json!(patience)], by).await?;
    let there: Vec<&str> = there.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    Ok(links.iter().zip(&wanted).filter(|(_, name)| there.contains(&name.as_str())).map(|(link, _)| *link).collect())
}

/// Whether a browser gets an accepted answer, at once or after whatever the wall has it do.
async fn is_let_in(report: &LinkReport, session: &Session, url: &Url) -> Result<bool, BrowserError> {
    let end = Instant::now() + WALL_WITHIN;
    loop {
        let opened = session.goto(url, Instant::now() + PAGE_WITHIN).await?;
        if opened.passes(|status| report.judging.accept.contains(status)) {
            return Ok(true);
        }
        // A challenge sets its cookie meanwhile.
        let next = Instant::now() + WALL_ASK_EVERY;
        if next >= end {
            return Ok(false);
        }
        tokio::time::sleep_until(next).await;
    }
}
