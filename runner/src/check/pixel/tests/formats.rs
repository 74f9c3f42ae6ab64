//! Every kind of PNG is the picture it shows.

use super::canvas::{Canvas, WHITE, file};
use super::compared;
use crate::check::pixel::{Options, Verdict};

/// With few colours, so that it fits a palette.
fn picture() -> Canvas {
    Canvas::new(37, 29, WHITE).fill((3, 4), (20, 9), [255, 0, 0]).fill((10, 8), (20, 20), [0, 85, 170])
}

fn grey() -> Canvas {
    Canvas::new(37, 29, WHITE).fill((3, 4), (20, 9), [0; 3]).fill((10, 8), (20, 20), [170; 3])
}

fn palette(pixel: [u8; 3]) -> u8 {
    match pixel {
        WHITE => 0,
        [255, ..] => 1,
        _ => 2,
    }
}

/// Two bits a pixel, rows padded to whole bytes.
fn packed(canvas: &Canvas, index: impl Fn([u8; 3]) -> u8) -> Vec<u8> {
    let row = |row: &[[u8; 3]]| {
        let bytes = row
            .chunks(4)
            .map(|four| four.iter().enumerate().fold(0, |byte, (at, pixel)| byte | index(*pixel) << (6 - 2 * at)));
        std::iter::once(0).chain(bytes).collect::<Vec<u8>>()
    };
    canvas.pixels.chunks_exact(canvas.width as usize).flat_map(row).collect()
}

#[test]
fn every_kind_of_png_shows_the_same_pixels() {
    let (colour, grey) = (picture(), grey());
    let plte: &[u8] = &[255, 255, 255, 255, 0, 0, 0, 85, 170];
    let of = |canvas: &Canvas, kind, chunks: &[(&[u8; 4], &[u8])], rows: &[u8]| {
        file(canvas.width, canvas.height, kind, chunks, rows)
    };
    let wide = |pixel: [u8; 3]| pixel.iter().flat_map(|channel| [*channel, 77]).collect::<Vec<u8>>();
    // Opaque, or clear on white: what is seen is the same.
    let rgba = |[red, green, blue]: [u8; 3]| {
        if [red, green, blue] == WHITE { vec![9, 8, 7, 0] } else { vec![red, green, blue, 255] }
    };
    let cases = [
        ("palette of 8 bits", &colour, of(&colour, [8, 3, 0], &[(b"PLTE", plte)], &colour.rows(|p| vec![palette(p)]))),
        ("palette of 2 bits", &colour, of(&colour, [2, 3, 0], &[(b"PLTE", plte)], &packed(&colour, palette))),
        (
            "palette with alpha",
            &colour,
            of(
                &colour,
                [8, 3, 0],
                &[(b"PLTE", &[[3; 3].as_slice(), &plte[3..]].concat()), (b"tRNS", &[0])],
                &colour.rows(|p| vec![palette(p)]),
            ),
        ),
        ("16 bits", &colour, of(&colour, [16, 2, 0], &[], &colour.rows(wide))),
        ("alpha", &colour, of(&colour, [8, 6, 0], &[], &colour.rows(rgba))),
        ("interlaced", &colour, of(&colour, [8, 2, 1], &[], &colour.interlaced())),
        ("grey", &grey, of(&grey, [8, 0, 0], &[], &grey.rows(|p| vec![p[0]]))),
        ("grey of 2 bits", &grey, of(&grey, [2, 0, 0], &[], &packed(&grey, |p| p[0] / 85))),
        ("grey with alpha", &grey, of(&grey, [8, 4, 0], &[], &grey.rows(|p| vec![0, 255 - p[0]]))),
    ];
    for (name, canvas, bytes) in cases {
        // Grey on white with alpha is what it looks like, not what its bytes are.
        let options = Options::pixelmatch();
        for (before, after) in [(&canvas.png(), &bytes), (&bytes, &canvas.png())] {
            let comparison = compared(before, after, &options).unwrap();
            let verdict = &comparison.verdict;
            assert!(matches!(verdict, Verdict::SamePixels | Verdict::WithinLimits), "{name}: {verdict}");
            assert_eq!(comparison.pixels.changed, 0, "{name}");
        }
        let other = canvas.clone().fill((0, 0), (4, 4), [0, 200, 0]).png();
        assert_eq!(compared(&bytes, &other, &options).unwrap().pixels.changed, 16, "{name}");
    }
}

#[test]
fn what_is_left_out_is_said() {
    let canvas = picture();
    let rows = canvas.rows(|pixel| pixel.to_vec());
    let of = |chunks: &[(&[u8; 4], &[u8])]| file(canvas.width, canvas.height, [8, 2, 0], chunks, &rows);
    let gamma = |value: u32| of(&[(b"gAMA", &value.to_be_bytes())]);
    let wide = file(canvas.width, canvas.height, [16, 2, 0], &[], &canvas.rows(|p| [p, p].concat()));
    let cases = [
        ("profile", of(&[(b"iCCP", b"Display P3\0\0not even a profile")])),
        ("gamma", gamma(100_000)),
        ("gamma of sRGB", gamma(45_455)),
        ("animation", of(&[(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0])])),
        ("16 bits", wide),
    ];
    let told: Vec<String> = cases
        .iter()
        .map(|(name, bytes)| {
            let notes = compared(&canvas.png(), bytes, &Options::default()).unwrap().notes;
            let said = notes.iter().map(ToString::to_string).collect::<Vec<String>>().join("; ");
            format!("{name}: {}", if said.is_empty() { "nothing" } else { &said })
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    profile: after.png: its colour profile is ignored
    gamma: after.png: its colour profile is ignored
    gamma of sRGB: nothing
    animation: after.png: of its animation the first frame is compared
    16 bits: after.png: of 16 bits a channel the upper 8 are compared
    ");
}
