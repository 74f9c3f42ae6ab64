//! What shows only as a whole.

use super::canvas::{Canvas, WHITE};
use super::compared;
use crate::check::pixel::{Options, Rectangle, Shapes};

const GROUND: [u8; 3] = [223, 238, 233];

/// Changed pixels and those that pass for anti-aliasing.
fn counts(before: &Canvas, after: &Canvas, options: &Options) -> (u64, u64) {
    let pixels = compared(&before.png(), &after.png(), options).unwrap().pixels;
    (pixels.changed, pixels.antialiased)
}

fn block(width: u32, height: u32, colour: [u8; 3]) -> Canvas {
    Canvas::new(200, 120, WHITE).fill((21, 13), (width, height), colour)
}

#[test]
fn a_slightly_other_colour_shows_in_an_area() {
    let shifts: [[i16; 3]; 5] = [[5, 5, 5], [-5, -5, -5], [5, 0, -5], [-5, 0, 5], [-5, -5, 0]];
    for (width, height) in [(150, 90), (48, 48), (120, 32)] {
        for shift in shifts {
            let shifted = [0, 1, 2].map(|channel| (i16::from(GROUND[channel]) + shift[channel]) as u8);
            let (before, after) = (block(width, height, GROUND), block(width, height, shifted));
            let comparison = compared(&before.png(), &after.png(), &Options::default()).unwrap();
            assert!(!comparison.verdict.matches(), "{width}x{height} {shift:?}");
            let Rectangle { x, y, .. } = comparison.regions[0].bounds;
            assert!((16..=32).contains(&x) && (13..=32).contains(&y), "{x} {y}");
            for unseen in [Options::pixelmatch(), Options { shapes: Shapes::Tolerated, ..Options::default() }] {
                assert_eq!(counts(&before, &after, &unseen).0, 0);
            }
        }
    }
}

#[test]
fn noise_and_small_spots_are_no_area() {
    let ground = block(150, 90, GROUND);
    // By one level a channel, everywhere.
    let weak = block(150, 90, GROUND.map(|channel| channel + 1));
    assert_eq!(counts(&ground, &weak, &Options::default()).0, 0);
    let spot = ground.clone().fill((60, 40), (12, 12), GROUND.map(|channel| channel - 5));
    assert_eq!(counts(&ground, &spot, &Options::default()).0, 0);
    let tolerant = Options { threshold: 0.5, ..Options::default() };
    let shifted = block(150, 90, GROUND.map(|channel| channel - 5));
    assert_eq!(counts(&ground, &shifted, &tolerant).0, 0, "whoever tolerates more does so in areas too");
    let area = Rectangle { x: 0, y: 0, width: 200, height: 120 };
    let ignored = Options { ignored_areas: vec![area], ..Options::default() };
    assert_eq!(counts(&ground, &shifted, &ignored).0, 0);
}

#[test]
fn long_lines_are_no_anti_aliasing() {
    // Between the box and its ground in brightness, as the soft edge of a glyph is.
    let edge = [190; 3];
    let lined = |horizontal: bool, length: u32| {
        let (width, height) = if horizontal { (length, 1) } else { (1, length) };
        let canvas = Canvas::new(200, 120, WHITE).fill((20, 20), (160, 80), [120; 3]);
        if horizontal {
            canvas.fill((30, 20), (width, height), edge)
        } else {
            canvas.fill((20, 30), (width, height), edge)
        }
    };
    let plain = lined(true, 0);
    for horizontal in [true, false] {
        for (length, is_line) in [(20, false), (39, false), (42, true), (60, true)] {
            let after = lined(horizontal, length);
            let (_, passes) = counts(&plain, &after, &Options::pixelmatch());
            assert!(passes + 2 >= u64::from(length), "{passes} of {length} pass for anti-aliasing");
            let (changed, antialiased) = counts(&plain, &after, &Options::default());
            assert_eq!(antialiased == 0, is_line, "{length}: {changed} changed, {antialiased} anti-aliased");
            assert_eq!(changed + antialiased, u64::from(length));
        }
    }
}
