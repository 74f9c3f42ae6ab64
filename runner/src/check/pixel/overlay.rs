//! Draws what changed.

use std::io::Write;

use png::{BitDepth, ColorType, Compression, Encoder, Filter};

use super::colour::Colour;
use super::header::Header;
use super::mask::Mask;
use super::rows::Rows;
use super::{Comparison, Picture, PixelError};

const RED: [u8; 3] = [255, 0, 0];
const YELLOW: [u8; 3] = [255, 255, 0];
/// Black, faded to a tenth.
const DARKEST: u8 = 230;
/// Places in the palette: greys from `DARKEST` to white, then the two colours.
const CHANGED: u8 = 255 - DARKEST + 1;
const TOLERATED: u8 = CHANGED + 1;
const WHITE: u8 = 255 - DARKEST;

/// Writes a PNG of both pictures' size: changed pixels red, tolerated ones (anti-aliasing and glyphs drawn aside) yellow, the
/// second picture behind them in faded greys. It has a palette, which makes it a third as much to compress.
///
/// # Errors
/// [`PixelError`] when `after` is not the second picture of `comparison`, and when `out` does not take it.
pub fn draw_overlay(after: Picture<'_>, comparison: &Comparison, out: impl Write) -> Result<(), PixelError> {
    let header = Header::read(&after)?;
    if (header.width, header.height) != (comparison.sizes.1.width, comparison.sizes.1.height) {
        return Err(PixelError::Overlay(format!("{} is not the picture that was compared", after.name)));
    }
    let mut rows = Rows::open(&after, &header)?;
    let (width, height) = (comparison.changed.width, comparison.changed.height);
    let mut encoder = Encoder::new(out, width, height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(palette());
    encoder.set_compression(Compression::Fastest);
    encoder.set_filter(Filter::Up);
    let failed = |error: &dyn std::fmt::Display| PixelError::Overlay(error.to_string());
    let mut writer = encoder.write_header().map_err(|error| failed(&error))?;
    let mut stream = writer.stream_writer().map_err(|error| failed(&error))?;
    let channels = rows.channels();
    let mut pixels = vec![0; header.width as usize * channels];
    let mut line = vec![WHITE; width as usize];
    for y in 0..height {
        if y < header.height {
            rows.read(&mut pixels)?;
            fade(&pixels, channels, &mut line);
        } else {
            line.fill(WHITE);
        }
        mark(&comparison.tolerated, y, TOLERATED, &mut line);
        mark(&comparison.changed, y, CHANGED, &mut line);
        stream.write_all(&line).map_err(|error| failed(&error))?;
        // What lies beside a narrower picture was marked.
        line[header.width as usize..].fill(WHITE);
    }
    stream.finish().map_err(|error| failed(&error))?;
    writer.finish().map_err(|error| failed(&error))
}

fn palette() -> Vec<u8> {
    let mut palette: Vec<u8> = (DARKEST..=255).flat_map(|grey| [grey; 3]).collect();
    palette.extend(RED);
    palette.extend(YELLOW);
    palette
}

fn fade(pixels: &[u8], channels: usize, line: &mut [u8]) {
    // Of 65,536: the brightness of the three colours, to a tenth.
    let grey = |red: u8, green: u8, blue: u8| {
        let brightness = 1_959 * u32::from(red) + 3_845 * u32::from(green) + 750 * u32::from(blue);
        (brightness >> 16) as u8
    };
    for (pixel, out) in pixels.chunks_exact(channels).zip(line) {
        *out = match *pixel {
            [red, green, blue] => grey(red, green, blue),
            [red, green, blue, 255] => grey(red, green, blue),
            [red, green, blue, alpha] => {
                let Colour { red, green, blue } = Colour::of([red, green, blue, alpha]);
                grey(red, green, blue)
            }
            _ => WHITE,
        };
    }
}

fn mark(mask: &Mask, y: u32, colour: u8, line: &mut [u8]) {
    for x in mask.columns(y) {
        line[x as usize] = colour;
    }
}
