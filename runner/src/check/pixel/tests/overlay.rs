//! The drawn difference.

use super::canvas::{BLACK, Canvas, WHITE};
use super::compared;
use crate::check::pixel::{Options, Picture, PixelError, draw_overlay};

fn drawn(before: &Canvas, after: &Canvas) -> (u32, u32, Vec<[u8; 3]>, crate::check::pixel::Comparison) {
    let (before, after) = (before.png(), after.png());
    let comparison = compared(&before, &after, &Options::default()).unwrap();
    let mut out = Vec::new();
    draw_overlay(Picture { name: "after.png", bytes: &after }, &comparison, &mut out).unwrap();
    let mut decoder = png::Decoder::new(std::io::Cursor::new(out));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let pixels = pixels.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    (frame.width, frame.height, pixels, comparison)
}

#[test]
fn changes_are_red_tolerated_pixels_yellow_and_the_rest_is_faded() {
    let page = || Canvas::new(140, 120, WHITE).text("TOLLS", 10.0, 10.0, BLACK);
    let before = page().disc((60.0, 70.0), 30.0, [20, 90, 30]);
    let after = page().disc((60.0, 70.0), 30.5, [20, 90, 30]).fill((110, 90), (20, 20), BLACK);
    let (width, height, pixels, comparison) = drawn(&before, &after);
    assert_eq!((width, height), (140, 120));
    let count = |colour: [u8; 3]| pixels.iter().filter(|pixel| **pixel == colour).count() as u64;
    assert!(comparison.pixels.antialiased > 0);
    assert_eq!(count([255, 0, 0]), comparison.pixels.changed);
    assert_eq!(count([255, 255, 0]), comparison.pixels.antialiased + comparison.pixels.shifted);
    let faded = |pixel: &&[u8; 3]| pixel[0] == pixel[1] && pixel[1] == pixel[2] && pixel[0] >= 229;
    let rest = pixels.len() as u64 - count([255, 0, 0]) - count([255, 255, 0]);
    assert_eq!(pixels.iter().filter(faded).count() as u64, rest);
    assert!(count([230; 3]) > 0, "black text is faded to a tenth");
}

#[test]
fn what_only_one_picture_has_is_red() {
    let (before, after) = (Canvas::new(30, 20, WHITE), Canvas::new(20, 30, WHITE));
    for (before, after) in [(&before, &after), (&after, &before)] {
        let (width, height, pixels, _) = drawn(before, after);
        assert_eq!((width, height), (30, 30));
        for (at, pixel) in pixels.iter().enumerate() {
            let shared = at % 30 < 20 && at / 30 < 20;
            assert_eq!(*pixel, if shared { WHITE } else { [255, 0, 0] }, "{at}");
        }
    }
}

#[test]
fn only_the_picture_that_was_compared_is_drawn() {
    let (one, other) = (Canvas::new(30, 20, WHITE).png(), Canvas::new(31, 20, WHITE).png());
    let comparison = compared(&one, &one, &Options::default()).unwrap();
    let refused = draw_overlay(Picture { name: "other.png", bytes: &other }, &comparison, Vec::new());
    let told = "other.png is not the picture that was compared".to_owned();
    assert_eq!(refused, Err(PixelError::Overlay(told)));
}
