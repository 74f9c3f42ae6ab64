//! Small pictures, drawn the way a browser draws: shapes, and text with soft edges at places between pixels.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Columns of 5x7 glyphs, the lowest bit on top.
const GLYPHS: &[(char, [u8; 5])] = &[
    ('A', [0x7e, 0x11, 0x11, 0x11, 0x7e]),
    ('E', [0x7f, 0x49, 0x49, 0x49, 0x41]),
    ('L', [0x7f, 0x40, 0x40, 0x40, 0x40]),
    ('N', [0x7f, 0x04, 0x08, 0x10, 0x7f]),
    ('O', [0x3e, 0x41, 0x41, 0x41, 0x3e]),
    ('R', [0x7f, 0x09, 0x19, 0x29, 0x46]),
    ('S', [0x46, 0x49, 0x49, 0x49, 0x31]),
    ('T', [0x01, 0x01, 0x7f, 0x01, 0x01]),
    ('3', [0x21, 0x41, 0x45, 0x4b, 0x31]),
    ('8', [0x36, 0x49, 0x49, 0x49, 0x36]),
];

pub(super) const WHITE: [u8; 3] = [255; 3];
pub(super) const BLACK: [u8; 3] = [0; 3];

#[derive(Clone, Debug)]
pub(super) struct Canvas {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) pixels: Vec<[u8; 3]>,
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32, ground: [u8; 3]) -> Self {
        Self { width, height, pixels: vec![ground; (width * height) as usize] }
    }

    pub(super) fn set(&mut self, x: u32, y: u32, colour: [u8; 3]) {
        self.pixels[(y * self.width + x) as usize] = colour;
    }

    pub(super) fn fill(mut self, (x, y): (u32, u32), (width, height): (u32, u32), colour: [u8; 3]) -> Self {
        for row in y..y + height {
            for column in x..x + width {
                self.set(column, row, colour);
            }
        }
        self
    }

    /// Text of 12x14 pixels a glyph, from its left upper corner, which may lie between pixels.
    pub(super) fn text(self, text: &str, x: f64, y: f64, ink: [u8; 3]) -> Self {
        let columns: Vec<u8> = text
            .chars()
            .flat_map(|wanted| {
                let glyph = GLYPHS.iter().find(|(sign, _)| *sign == wanted);
                glyph.map_or([0; 6], |(_, [a, b, c, d, e])| [*a, *b, *c, *d, *e, 0])
            })
            .collect();
        let inked = |at: f64, down: f64| {
            let column = ((at - x) / 2.0).floor();
            let line = ((down - y) / 2.0).floor();
            (0.0..7.0).contains(&line)
                && column >= 0.0
                && columns.get(column as usize).is_some_and(|bits| bits & (1 << line as u32) != 0)
        };
        self.shade(ink, inked)
    }

    pub(super) fn disc(self, (x, y): (f64, f64), radius: f64, ink: [u8; 3]) -> Self {
        self.shade(ink, |at, down| (at - x).hypot(down - y) < radius)
    }

    /// Paints what a shape covers, 4x4 samples a pixel.
    fn shade(mut self, ink: [u8; 3], covers: impl Fn(f64, f64) -> bool) -> Self {
        for y in 0..self.height {
            for x in 0..self.width {
                let samples = (0..16).filter(|sample| {
                    let part = |step: u32| (f64::from(step) + 0.5) / 4.0;
                    covers(f64::from(x) + part(sample % 4), f64::from(y) + part(sample / 4))
                });
                let covered = samples.count() as i32;
                let pixel = &mut self.pixels[(y * self.width + x) as usize];
                for (channel, ink) in pixel.iter_mut().zip(ink) {
                    *channel = (i32::from(*channel) + (i32::from(ink) - i32::from(*channel)) * covered / 16) as u8;
                }
            }
        }
        self
    }

    /// Changes every so many pixels by up to `strength`.
    pub(super) fn noise(mut self, seed: u32, one_in: u32, strength: u32) -> Self {
        let mut state = seed;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        for pixel in &mut self.pixels {
            if next().is_multiple_of(one_in) {
                for channel in pixel {
                    *channel = channel.wrapping_add((next() % strength) as u8);
                }
            }
        }
        self
    }

    pub(super) fn png(&self) -> Vec<u8> {
        let rows: Vec<u8> = self.rows(|[red, green, blue]| vec![red, green, blue]);
        file(self.width, self.height, [8, 2, 0], &[], &rows)
    }

    /// Filtered rows, each pixel as `bytes` says.
    pub(super) fn rows(&self, bytes: impl Fn([u8; 3]) -> Vec<u8>) -> Vec<u8> {
        let rows = self.pixels.chunks_exact(self.width as usize);
        rows.flat_map(|row| std::iter::once(0).chain(row.iter().flat_map(|pixel| bytes(*pixel)))).collect()
    }

    /// The rows of Adam7's seven passes.
    pub(super) fn interlaced(&self) -> Vec<u8> {
        const PASSES: [(u32, u32, u32, u32); 7] =
            [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
        let mut rows = Vec::new();
        for (left, top, right, down) in PASSES {
            for y in (top..self.height).step_by(down as usize) {
                if left < self.width {
                    rows.push(0);
                }
                for x in (left..self.width).step_by(right as usize) {
                    rows.extend(self.pixels[(y * self.width + x) as usize]);
                }
            }
        }
        rows
    }
}

/// A PNG of its parts: depth, colour type and interlacing; chunks before the pixels; filtered rows.
pub(super) fn file(
    width: u32,
    height: u32,
    [depth, colour, interlaced]: [u8; 3],
    chunks: &[(&[u8; 4], &[u8])],
    rows: &[u8],
) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([depth, colour, 0, 0, interlaced]);
    chunk(&mut out, *b"IHDR", &header);
    for (kind, data) in chunks {
        chunk(&mut out, **kind, data);
    }
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(rows).unwrap();
    chunk(&mut out, *b"IDAT", &zlib.finish().unwrap());
    chunk(&mut out, *b"IEND", &[]);
    out
}

pub(super) fn chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    let body = [kind.as_slice(), data].concat();
    out.extend(&body);
    out.extend(crc32fast::hash(&body).to_be_bytes());
}
