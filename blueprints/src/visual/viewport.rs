//! `1280x720`, `390x844@3`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The largest side and the scales that `page::set_viewport` takes.
const SIDE_MAX: u32 = 8_192;
const SCALES: std::ops::RangeInclusive<f64> = 0.1..=10.0;

pub(super) const RULE: &str =
    "WIDTHxHEIGHT, each 1 to 8192 CSS pixels, and may have @SCALE, 0.1 to 10, such as 1280x720 or 390x844@3";

/// The part of a page that is seen at once; as text `1280x720`, with a scale `390x844@3`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct Viewport {
    /// CSS pixels, 1 to 8,192.
    pub width: u32,
    /// CSS pixels, 1 to 8,192.
    pub height: u32,
    /// Pixels of the picture for each CSS pixel, 0.1 to 10.
    pub scale: f64,
}

impl Eq for Viewport {}

impl fmt::Display for Viewport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}x{}", self.width, self.height)?;
        #[expect(clippy::float_cmp, reason = "exactly one is left out")]
        if self.scale != 1.0 {
            write!(out, "@{}", self.scale)?;
        }
        Ok(())
    }
}

impl FromStr for Viewport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (size, scale) = text.split_once('@').unwrap_or((text, "1"));
        let side = |text: &str| text.parse().ok().filter(|side| (1..=SIDE_MAX).contains(side));
        let sides = size.split_once('x').and_then(|(width, height)| Some((side(width)?, side(height)?)));
        let scale = scale.parse().ok().filter(|scale| SCALES.contains(scale));
        match (sides, scale) {
            (Some((width, height)), Some(scale)) => Ok(Self { width, height, scale }),
            _ => Err(format!("viewport \"{text}\": must be {RULE}")),
        }
    }
}

impl TryFrom<String> for Viewport {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Viewport> for String {
    fn from(viewport: Viewport) -> Self {
        viewport.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewports_are_read_as_they_are_written() {
        for text in ["1280x720", "390x844@3", "100x100@0.5", "412x915@2.625", "1x8192@10", "1x1@0.1"] {
            assert_eq!(text.parse::<Viewport>().unwrap().to_string(), text);
        }
        for text in ["", "1280", "0x720", "1280x720@11", "1280x720@", "1280X720", "-1x2", "8193x10", "1x1@NaN"] {
            assert!(text.parse::<Viewport>().unwrap_err().contains("must be"), "{text}");
        }
    }
}
