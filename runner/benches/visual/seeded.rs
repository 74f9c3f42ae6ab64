//! Pages that did change must be said to have.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use siskin_runner::browser::{Area, StillPicture};

use crate::Failure;
use crate::camera::{Camera, Place, beside};
use crate::change::Change;

/// Compares the page with each of so many changes with itself; what is missed is kept in `folder`.
pub(crate) async fn measure(camera: &Camera, changes: u64, folder: &Path, is_told: bool) -> Result<(), Failure> {
    let mut baselines: HashMap<&str, StillPicture> = HashMap::new();
    let mut missed = Vec::new();
    for change in (0..changes).map(Change::numbered) {
        if !baselines.contains_key(change.page) {
            let baseline = camera.picture(change.page, Area::FullPage, Place::Context).await?;
            baselines.insert(change.page, baseline);
        }
        let target = format!("{}?change={}", change.page, change.number);
        let picture = camera.picture(&target, Area::FullPage, Place::Context).await?;
        let baseline = &baselines[change.page];
        let comparison = beside(baseline, &picture)?;
        let told = format!("{change}: {} {:?} densest {:?}", comparison.verdict, comparison.pixels, comparison.densest);
        if is_told {
            println!("{told}");
        }
        if comparison.verdict.matches() {
            fs::write(folder.join(format!("{}-baseline.png", change.number)), &baseline.png)?;
            fs::write(folder.join(format!("{}.png", change.number)), &picture.png)?;
            missed.push(told);
        }
    }
    let found = changes as usize - missed.len();
    println!("seeded changes found {found} of {changes}");
    for told in missed {
        println!("missed {told}");
    }
    println!("ratio changes_found {found}");
    Ok(())
}
