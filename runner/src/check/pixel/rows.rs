//! Rows of one picture, top to bottom, all of 3 or all of 4 bytes a pixel.

use std::io::Cursor;

use png::{ColorType, Decoder, DecodingError, Limits, Transformations};

use super::header::Header;
use super::{Picture, PixelError};

/// What the decoder may allocate besides our own rows: a few rows of the widest picture.
const DECODER_BYTES_MAX: usize = 8 * 1024 * 1024;

pub(super) struct Rows<'a> {
    name: &'a str,
    reader: png::Reader<Cursor<&'a [u8]>>,
    /// Bytes a pixel as decoded: 1 to 4.
    native: usize,
    /// Bytes a pixel as given: 3 or 4, never less than the picture needs.
    channels: usize,
    width: usize,
    height: u32,
    next: u32,
    scratch: Vec<u8>,
    /// All rows of an interlaced picture.
    whole: Option<Vec<u8>>,
}

impl<'a> Rows<'a> {
    pub(super) fn open(picture: &Picture<'a>, header: &Header) -> Result<Self, PixelError> {
        let damaged = |error| damaged(picture.name, &error);
        let mut decoder = Decoder::new_with_limits(Cursor::new(picture.bytes), Limits { bytes: DECODER_BYTES_MAX });
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        decoder.set_transformations(Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().map_err(damaged)?;
        let native = match reader.output_color_type().0 {
            ColorType::Grayscale => 1,
            ColorType::GrayscaleAlpha => 2,
            ColorType::Rgb | ColorType::Indexed => 3,
            ColorType::Rgba => 4,
        };
        let width = header.width as usize;
        let mut whole = None;
        if header.interlaced {
            // INTERLACED_PIXELS_MAX bounds it.
            let mut pixels = vec![0; width * header.height as usize * native];
            reader.next_frame(&mut pixels).map_err(damaged)?;
            whole = Some(pixels);
        }
        let channels = if native == 2 || native == 4 { 4 } else { 3 };
        Ok(Self {
            name: picture.name,
            reader,
            native,
            channels,
            width,
            height: header.height,
            next: 0,
            scratch: Vec::new(),
            whole,
        })
    }

    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// Gives 4 bytes a pixel though the picture needs 3.
    pub(super) fn widen(&mut self, channels: usize) {
        self.channels = self.channels.max(channels);
    }

    /// Fills `row` with the next row, from its left: it may be shorter than the picture is wide.
    pub(super) fn read(&mut self, row: &mut [u8]) -> Result<(), PixelError> {
        let line = self.width * self.native;
        let at = self.next as usize * line;
        self.next += 1;
        if let Some(whole) = &self.whole {
            spread(&whole[at..at + line], self.native, row, self.channels);
            return Ok(());
        }
        let direct = self.native == self.channels && row.len() == line;
        let mut scratch = std::mem::take(&mut self.scratch);
        if !direct {
            scratch.resize(line, 0);
        }
        let into = if direct { &mut *row } else { scratch.as_mut_slice() };
        let read = self.reader.read_row(into).map_err(|error| damaged(self.name, &error))?;
        if read.is_none() {
            return Err(PixelError::Truncated { picture: self.name.to_owned(), missing: "it has too few rows" });
        }
        if !direct {
            spread(&scratch, self.native, row, self.channels);
        }
        self.scratch = scratch;
        Ok(())
    }

    /// Reads what is left, so that damage after the last row that was wanted is not missed.
    pub(super) fn finish(mut self) -> Result<(), PixelError> {
        if self.whole.is_none() {
            let mut rest = vec![0; self.width * self.native];
            for _ in self.next..self.height {
                self.reader.read_row(&mut rest).map_err(|error| damaged(self.name, &error))?;
            }
        }
        self.reader.finish().map_err(|error| damaged(self.name, &error))
    }
}

/// Rewrites pixels of 1 to 4 bytes as pixels of 3 or 4.
fn spread(from: &[u8], native: usize, into: &mut [u8], channels: usize) {
    if native == channels {
        let length = into.len();
        into.copy_from_slice(&from[..length]);
        return;
    }
    for (pixel, out) in from.chunks_exact(native).zip(into.chunks_exact_mut(channels)) {
        let rgba = match *pixel {
            [grey] => [grey, grey, grey, 255],
            [grey, alpha] => [grey, grey, grey, alpha],
            [red, green, blue] => [red, green, blue, 255],
            [red, green, blue, alpha, ..] => [red, green, blue, alpha],
            [] => [0; 4],
        };
        out.copy_from_slice(&rgba[..channels]);
    }
}

fn damaged(name: &str, error: &DecodingError) -> PixelError {
    let picture = name.to_owned();
    match error {
        DecodingError::IoError(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => {
            PixelError::Truncated { picture, missing: "its pixels must be complete" }
        }
        DecodingError::LimitsExceeded => PixelError::Damaged {
            picture,
            rule: format!("decoding it must not take more than {DECODER_BYTES_MAX} bytes"),
        },
        _ => PixelError::Damaged { picture, rule: error.to_string().trim_end_matches('.').to_owned() },
    }
}
