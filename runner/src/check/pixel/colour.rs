//! Colours, and how different two of them look.
//!
//! The metric is that of pixelmatch and odiff, in the same order of floating-point operations, so that counts are equal:
//! Y. Kotsarenko, F. Ramos, "Measuring perceived color difference using YIQ NTSC transmission color space in mobile
//! applications" (2010). <https://github.com/mapbox/pixelmatch>

use std::fmt;
use std::str::FromStr;

use super::PixelError;

/// Red, green, blue and alpha, 8 bits each, alpha not premultiplied.
pub(super) type Rgba = [u8; 4];

/// The largest difference that the metric gives: black beside white.
const DELTA_MAX: f64 = 35_215.0;

/// An opaque colour of 8 bits a channel; as text `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Colour {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
}

impl Colour {
    /// What a pixel looks like on white.
    pub(super) fn of([red, green, blue, alpha]: Rgba) -> Self {
        let on_white = |channel: u8| {
            let (channel, alpha) = (u32::from(channel), u32::from(alpha));
            ((channel * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        };
        Self { red: on_white(red), green: on_white(green), blue: on_white(blue) }
    }

    /// Whether nobody would tell the two apart.
    pub(super) fn is_like(self, other: Self, limit: f64) -> bool {
        self == other || delta(self.into(), other.into()) <= limit
    }
}

impl From<Colour> for Rgba {
    fn from(colour: Colour) -> Self {
        [colour.red, colour.green, colour.blue, 255]
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl FromStr for Colour {
    type Err = PixelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong =
            || PixelError::Option { field: "colour", value: text.to_owned(), rule: "must be #rrggbb, as in #ff8800" };
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or_else(wrong)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let value = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
        let [_, red, green, blue] = value.to_be_bytes();
        Ok(Self { red, green, blue })
    }
}

/// The difference above which two colours are told apart, for a threshold of 0 to 1.
pub(super) fn delta_limit(threshold: f64) -> f64 {
    DELTA_MAX * threshold * threshold
}

/// How different two pixels look, 0 to 35,215. What is not opaque lies on white.
#[inline]
pub(super) fn delta(one: Rgba, other: Rgba) -> f64 {
    let [red, green, blue] = apart(one, other);
    let y = red * 0.298_895_31 + green * 0.586_622_47 + blue * 0.114_482_23;
    let i = red * 0.595_977_99 - green * 0.274_176_10 - blue * 0.321_801_89;
    let q = red * 0.211_470_17 - green * 0.522_617_11 + blue * 0.311_146_94;
    0.5053 * y * y + 0.299 * i * i + 0.1957 * q * q
}

/// How much brighter `one` is than `other`; exactly 0 when they are the same.
#[inline]
pub(super) fn brighter_by(one: Rgba, other: Rgba) -> f64 {
    if one == other {
        return 0.0;
    }
    let [red, green, blue] = apart(one, other);
    red * 0.298_895_31 + green * 0.586_622_47 + blue * 0.114_482_23
}

#[inline]
fn apart(one: Rgba, other: Rgba) -> [f64; 3] {
    let signed = |channel: usize| f64::from(i16::from(one[channel]) - i16::from(other[channel]));
    if one[3] == 255 && other[3] == 255 {
        return [signed(0), signed(1), signed(2)];
    }
    let alpha_apart = signed(3);
    let blended = |channel: usize| {
        let product = |pixel: Rgba| f64::from(pixel[channel]) * f64::from(pixel[3]);
        (product(one) - product(other) - 255.0 * alpha_apart) / 255.0
    };
    [blended(0), blended(1), blended(2)]
}
