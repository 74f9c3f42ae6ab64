//! Pages that did not change must not be said to have.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use siskin_runner::browser::{Area, StillPicture};
use siskin_runner::check::pixel::Verdict;

use crate::Failure;
use crate::camera::{Camera, Place, beside};
use crate::shop::PAGES;

/// One picture in so many is taken by a Chrome started for it.
const OWN_BROWSER_EVERY: usize = 10;
/// So many pictures are taken quietly, and as many while another page keeps the CPU busy.
const LOAD_PERIOD: usize = 20;

const PROGRESS_EVERY: usize = 100;

/// How the comparisons ended.
#[derive(Debug, Default)]
struct Counts {
    same_bytes: usize,
    same_pixels: usize,
    within_limits: usize,
    alarms: usize,
    unstable: usize,
}

/// Compares `runs` pictures with the first of the same page; what differs is kept in `folder`.
pub(crate) async fn measure(camera: &Camera, runs: usize, folder: &Path) -> Result<(), Failure> {
    let mut baselines: HashMap<(&str, bool), StillPicture> = HashMap::new();
    let mut counts = Counts::default();
    let mut load = None;
    for run in 0..runs {
        match (run / LOAD_PERIOD % 2 == 1, load.take()) {
            (true, None) => load = Some(camera.open("busy", Place::Browser).await?),
            (true, Some(busy)) => load = Some(busy),
            (false, Some(busy)) => busy.close().await?,
            (false, None) => {}
        }
        if run > 0 && run.is_multiple_of(PROGRESS_EVERY) {
            println!("{run} runs, {} false alarms so far", counts.alarms);
        }
        let (page, _) = PAGES[run % PAGES.len()];
        let is_whole = (run / PAGES.len()).is_multiple_of(2);
        let area = if is_whole { Area::FullPage } else { Area::Viewport };
        let place = if run % OWN_BROWSER_EVERY == OWN_BROWSER_EVERY - 1 { Place::Browser } else { Place::Context };
        let picture = camera.picture(page, area, place).await?;
        counts.unstable += usize::from(!picture.is_stable);
        let Some(baseline) = baselines.get(&(page, is_whole)) else {
            baselines.insert((page, is_whole), picture);
            continue;
        };
        let comparison = beside(baseline, &picture)?;
        match &comparison.verdict {
            Verdict::SameBytes => counts.same_bytes += 1,
            Verdict::SamePixels => counts.same_pixels += 1,
            Verdict::WithinLimits => counts.within_limits += 1,
            Verdict::Different(_) => counts.alarms += 1,
        }
        if matches!(comparison.verdict, Verdict::WithinLimits | Verdict::Different(_)) {
            let (before, after) = (format!("{run}-{page}-baseline.png"), format!("{run}-{page}.png"));
            fs::write(folder.join(before), &baseline.png)?;
            fs::write(folder.join(after), &picture.png)?;
            println!("run {run}, {page}, {area:?}, {place:?}: {} {:?}", comparison.verdict, comparison.pixels);
        }
    }
    if let Some(busy) = load {
        busy.close().await?;
    }
    println!("stability {runs} runs, {} false alarms", counts.alarms);
    println!(
        "of these {} first pictures, {} of the same bytes, {} of the same pixels, {} different within the limits; {} unstable",
        baselines.len(),
        counts.same_bytes,
        counts.same_pixels,
        counts.within_limits,
        counts.unstable
    );
    println!("ratio false_alarms {}", counts.alarms);
    Ok(())
}
