//! What a PNG says of itself before its pixels, read without allocating: limits hold before anything is decoded.
//!
//! <https://www.w3.org/TR/png-3/>

use std::fmt;

use super::{Picture, PixelError};

/// Longest side of a picture, in pixels.
pub const SIDE_MAX: u32 = 65_535;
/// Largest picture, in pixels.
pub const PIXELS_MAX: u64 = 100_000_000;
/// Largest interlaced picture, in pixels: these cannot be read row by row and are held as a whole, 4 bytes a pixel at most.
pub const INTERLACED_PIXELS_MAX: u64 = 16_000_000;
/// Largest file, in bytes.
pub const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Of a gAMA chunk, what sRGB has: 1/2.2 in units of 1/100,000.
const SRGB_GAMMA: [u8; 4] = 45_455u32.to_be_bytes();

/// Something of a picture that was left out of the comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Its values are compared as they stand, as if they were sRGB.
    ColourProfileIgnored {
        /// Name of the file.
        picture: String,
    },
    /// Of 16 bits a channel the upper 8 are compared.
    SixteenBitsAsEight {
        /// Name of the file.
        picture: String,
    },
    /// Only the first picture of an animation is compared.
    FirstFrameOnly {
        /// Name of the file.
        picture: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ColourProfileIgnored { picture } => write!(out, "{picture}: its colour profile is ignored"),
            Self::SixteenBitsAsEight { picture } => {
                write!(out, "{picture}: of 16 bits a channel the upper 8 are compared")
            }
            Self::FirstFrameOnly { picture } => write!(out, "{picture}: of its animation the first frame is compared"),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) interlaced: bool,
    pub(super) notes: Vec<Note>,
}

impl Header {
    /// # Errors
    /// For what is no PNG, ends before its pixels, or is beyond a limit.
    pub(super) fn read(picture: &Picture<'_>) -> Result<Self, PixelError> {
        let name = || picture.name.to_owned();
        within(picture, "bytes", picture.bytes.len() as u64, FILE_BYTES_MAX)?;
        let mut chunks = Chunks::new(picture)?;
        let first = chunks.next().transpose()?.filter(|chunk| chunk.kind == *b"IHDR" && chunk.data.len() == 13);
        let damaged = |rule: &str| PixelError::Damaged { picture: name(), rule: rule.to_owned() };
        let data = first.ok_or_else(|| damaged("its first chunk must be an IHDR of 13 bytes"))?.data;
        let side = |at: usize| u32::from_be_bytes([data[at], data[at + 1], data[at + 2], data[at + 3]]);
        let mut header = Self { width: side(0), height: side(4), interlaced: data[12] == 1, notes: Vec::new() };
        header.check_size(picture)?;
        // Files of the same bytes are not decoded, so this is not left to the decoder.
        if !matches!((data[9], data[8]), (0, 1 | 2 | 4 | 8 | 16) | (3, 1 | 2 | 4 | 8) | (2 | 4 | 6, 8 | 16)) {
            return Err(damaged(&format!("colour type {} must not have {} bits", data[9], data[8])));
        }
        if data[12] > 1 {
            return Err(damaged("interlacing must be 0 or 1"));
        }
        if data[8] == 16 {
            header.notes.push(Note::SixteenBitsAsEight { picture: name() });
        }
        let (mut profile, mut animated) = (false, false);
        for chunk in chunks {
            let chunk = chunk?;
            match &chunk.kind {
                b"iCCP" | b"cICP" => profile = true,
                b"gAMA" => profile |= chunk.data != SRGB_GAMMA,
                b"acTL" => animated = true,
                b"IDAT" => {
                    header.notes.extend(profile.then(|| Note::ColourProfileIgnored { picture: name() }));
                    header.notes.extend(animated.then(|| Note::FirstFrameOnly { picture: name() }));
                    return Ok(header);
                }
                _ => {}
            }
        }
        Err(PixelError::Truncated { picture: name(), missing: "it has no IDAT chunk, so no pixels" })
    }

    fn check_size(&self, picture: &Picture<'_>) -> Result<(), PixelError> {
        let (width, height) = (self.width, self.height);
        if width == 0 || height == 0 {
            return Err(PixelError::ZeroSize { picture: picture.name.to_owned(), width, height });
        }
        within(picture, "pixels wide", u64::from(width), u64::from(SIDE_MAX))?;
        within(picture, "pixels high", u64::from(height), u64::from(SIDE_MAX))?;
        let pixels = u64::from(width) * u64::from(height);
        within(picture, "pixels", pixels, PIXELS_MAX)?;
        if self.interlaced { within(picture, "interlaced pixels", pixels, INTERLACED_PIXELS_MAX) } else { Ok(()) }
    }
}

fn within(picture: &Picture<'_>, what: &'static str, value: u64, limit: u64) -> Result<(), PixelError> {
    if value <= limit {
        return Ok(());
    }
    Err(PixelError::TooLarge { picture: picture.name.to_owned(), what, value, limit })
}

/// Follows the chunks to the end and checks their checksums, without decoding.
pub(super) fn check_chunks(picture: &Picture<'_>) -> Result<(), PixelError> {
    for chunk in Chunks::new(picture)? {
        let chunk = chunk?;
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&chunk.kind);
        hasher.update(chunk.data);
        if hasher.finalize() != chunk.checksum {
            let rule = format!("the checksum of its chunk {} must be right", chunk.kind.escape_ascii());
            return Err(PixelError::Damaged { picture: picture.name.to_owned(), rule });
        }
        if chunk.kind == *b"IEND" {
            return Ok(());
        }
    }
    Err(PixelError::Truncated { picture: picture.name.to_owned(), missing: "it must end with an IEND chunk" })
}

struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
    checksum: u32,
}

struct Chunks<'a> {
    name: &'a str,
    rest: &'a [u8],
}

impl<'a> Chunks<'a> {
    fn new(picture: &Picture<'a>) -> Result<Self, PixelError> {
        let rest = picture.bytes.strip_prefix(SIGNATURE);
        let rest = rest.ok_or_else(|| PixelError::NotPng { picture: picture.name.to_owned() })?;
        Ok(Self { name: picture.name, rest })
    }

    fn split(&mut self) -> Option<Chunk<'a>> {
        let (length, rest) = self.rest.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let (data, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        let (checksum, rest) = rest.split_first_chunk::<4>()?;
        self.rest = rest;
        Some(Chunk { kind: *kind, data, checksum: u32::from_be_bytes(*checksum) })
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, PixelError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let missing = "a chunk must be as long as it says";
        let chunk = self.split();
        if chunk.is_none() {
            self.rest = &[];
        }
        Some(chunk.ok_or_else(|| PixelError::Truncated { picture: self.name.to_owned(), missing }))
    }
}
