//! Whether tolerance for glyphs drawn aside hides what text says: small changes of text, as Chrome draws them.

use std::collections::BTreeSet;
use std::path::Path;

use png::Compression;
use siskin_runner::check::pixel::{Comparison, Options, Picture, compare};

use crate::Failure;
use crate::pairs::{draw, encode};

const CHANGES: &[(&str, &str)] = &[
    ("Order 10000", "Order 10800"),
    ("Total 138.50", "Total 133.50"),
    ("cart", "card"),
    ("in stock", "in stack"),
    ("lll", "lil"),
    ("I am", "l am"),
    ("0", "O"),
    ("rn", "m"),
    ("price: 1", "price: l"),
    ("Save", "5ave"),
    ("hello.", "hello,"),
    ("e", "c"),
    ("a:b", "a;b"),
    ("nun", "hun"),
    ("was 6", "was 8"),
    ("fan", "ian"),
    ("bold", "hold"),
    ("tomorrow", "tornorrow"),
    ("7", "1"),
    ("-5", "+5"),
    ("=", "-"),
    ("v", "y"),
    ("Q", "O"),
    ("E", "F"),
    ("P", "R"),
    ("minimum", "minumum"),
    ("illicit", "illlcit"),
    ("tittle", "titt1e"),
    ("B", "8"),
    ("i", "j"),
    ("cl", "d"),
    ("vv", "w"),
    ("1l1", "1I1"),
    ("8:00 PM", "6:00 PM"),
];
/// Size of the font, ink and ground.
const STYLES: &[(u32, &str, &str)] =
    &[(11, "#666", "#fff"), (14, "#000", "#fff"), (20, "#fff", "#24a"), (32, "#222", "#eee")];
const LINE: u32 = 64;
const WIDTH: u32 = 300;

/// Prints which changes are seen with the tolerance, of those that pixelmatch sees.
pub(crate) fn measure(folder: &Path) -> Result<(), Failure> {
    let (mut seen, mut all, mut missed) = (0, 0, Vec::new());
    for style in STYLES {
        let before = page(folder, *style, |change| change.0)?;
        let after = page(folder, *style, |change| change.1)?;
        let lines = |options: &Options| compared(&before, &after, options).map(|comparison| lines(&comparison));
        let (visible, told) = (lines(&Options::pixelmatch())?, lines(&Options::default())?);
        all += visible.len();
        seen += visible.intersection(&told).count();
        missed.extend(visible.difference(&told).map(|line| {
            let (before, after) = CHANGES[*line as usize];
            format!("{before} > {after} at {} px", style.0)
        }));
    }
    println!("\nchanges of text that are seen: {seen} of {all}; not {}", missed.join(", "));
    println!("ratio text_changes_seen_over_pixelmatch {:.2}", f64::from(seen as u32) / f64::from(all as u32));
    Ok(())
}

fn compared(before: &[u8], after: &[u8], options: &Options) -> Result<Comparison, Failure> {
    Ok(compare(Picture { name: "before", bytes: before }, Picture { name: "after", bytes: after }, options)?)
}

/// Lines that changed.
fn lines(comparison: &Comparison) -> BTreeSet<u32> {
    comparison.regions.iter().map(|region| region.bounds.y / LINE).collect()
}

fn page(
    folder: &Path,
    (size, ink, ground): (u32, &str, &str),
    text: impl Fn(&(&'static str, &'static str)) -> &'static str,
) -> Result<Vec<u8>, Failure> {
    let mut html = format!(
        "<!doctype html><meta charset=utf-8><style>body{{margin:0;background:{ground};color:{ink};\
         font:{size}px/{LINE}px sans-serif}}p{{margin:0 20px}}</style>"
    );
    for change in CHANGES {
        html.push_str("<p>");
        html.push_str(text(change));
    }
    let sides = (WIDTH, LINE * CHANGES.len() as u32);
    let picture = folder.join("words.png");
    encode(&picture, sides, &draw(folder, &html, sides)?, Compression::Fast)?;
    Ok(std::fs::read(picture)?)
}
