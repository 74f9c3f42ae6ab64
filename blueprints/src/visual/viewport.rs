//! `1280x720`, `390x844@3`.

/// The largest side that `page::set_viewport` takes.
const SIDE_MAX: u32 = 8_192;

pub(super) const RULE: &str =
    "WIDTHxHEIGHT, each 1 to 8192 CSS pixels, and may have @SCALE, 0.5 to 4, such as 1280x720 or 390x844@3";

/// The part of a page that is seen at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Viewport {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) scale: f64,
}

impl Viewport {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (size, scale) = text.split_once('@').unwrap_or((text, "1"));
        let (width, height) = size.split_once('x')?;
        let side = |text: &str| text.parse().ok().filter(|side| (1..=SIDE_MAX).contains(side));
        let scale: f64 = scale.parse().ok()?;
        (0.5..=4.0).contains(&scale).then_some(())?;
        Some(Self { width: side(width)?, height: side(height)?, scale })
    }
}
