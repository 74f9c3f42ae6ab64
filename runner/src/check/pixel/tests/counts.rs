//! Counts are those of pixelmatch.

use super::canvas::{BLACK, Canvas, WHITE};
use super::compared;
use crate::check::pixel::{Antialiasing, Options};

/// Pairs of opaque pictures by name.
fn pairs() -> Vec<(&'static str, Canvas, Canvas)> {
    let text = |x: f64, y: f64| {
        let page = Canvas::new(150, 200, WHITE).text("TOLL ROAD", 4.0 + x, 6.0 + y, BLACK);
        page.text("SENATE", 9.0 + x, 60.0 + y, [20, 60, 160]).text("38 TONS", 12.0 + x, 120.0 + y, [90, 90, 90])
    };
    let discs = |grow: f64| {
        let page = Canvas::new(90, 130, [240, 244, 250]).disc((40.0, 40.0), 25.0 + grow, [200, 30, 60]);
        page.disc((88.0, 64.0), 20.0 + grow, [0, 120, 40]).disc((30.0, 126.0), 30.0 - grow, BLACK)
    };
    let ground = || Canvas::new(97, 71, [128, 120, 110]).noise(7, 2, 60);
    let large = || Canvas::new(810, 640, WHITE).fill((100, 60), (600, 500), [230, 230, 240]).noise(3, 40, 80);
    vec![
        ("text 0.3 aside", text(0.0, 0.0), text(0.3, 0.0)),
        ("text 1 down", text(0.0, 0.0), text(0.0, 1.0)),
        ("discs", discs(0.0), discs(0.6)),
        ("noise", ground(), ground().noise(11, 3, 90)),
        ("edges", Canvas::new(3, 5, WHITE), Canvas::new(3, 5, WHITE).noise(5, 2, 255)),
        ("one row", Canvas::new(40, 1, WHITE).noise(1, 2, 200), Canvas::new(40, 1, WHITE).noise(2, 2, 200)),
        ("on a thread", large(), large().disc((400.0, 300.0), 200.5, [10, 80, 200]).noise(9, 50, 120)),
    ]
}

/// What `pixelmatch` 7.2.0 counts with thresholds of 0.05, 0.1 and 0.3: first with `includeAA`, then without.
const PIXELMATCH: &[(&str, [u64; 3], [u64; 3])] = &[
    ("text 0.3 aside", [736, 736, 0], [63, 63, 0]),
    ("text 1 down", [640, 640, 640], [640, 640, 640]),
    ("discs", [474, 410, 234], [7, 6, 5]),
    ("noise", [2288, 2078, 109], [1757, 1597, 84]),
    ("edges", [10, 9, 6], [6, 6, 5]),
    ("one row", [27, 27, 21], [27, 27, 21]),
    ("on a thread", [134_722, 134_627, 133_113], [131_677, 131_630, 130_588]),
];

#[test]
fn counts_are_those_of_pixelmatch() {
    for ((name, before, after), (recorded, all, real)) in pairs().into_iter().zip(PIXELMATCH) {
        assert_eq!(name, *recorded);
        let (before, after) = (before.png(), after.png());
        for (antialiasing, counts) in [(Antialiasing::Counted, all), (Antialiasing::Tolerated, real)] {
            for (threshold, count) in [0.05, 0.1, 0.3].into_iter().zip(counts) {
                let options = Options { threshold, antialiasing, ..Options::pixelmatch() };
                let pixels = compared(&before, &after, &options).unwrap().pixels;
                assert_eq!(pixels.changed, *count, "{name}, {threshold}, {antialiasing:?}");
            }
        }
    }
    assert_eq!(pairs().len(), PIXELMATCH.len());
}
