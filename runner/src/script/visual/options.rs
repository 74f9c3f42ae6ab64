//! What a script may ask of a comparison.

use rhai::{Array, Dynamic, Map};

use crate::browser::{Area, StillOptions};
use crate::check::pixel::{self, Antialiasing, Colour, Density, GlyphShifts, Limits, Rectangle, Shapes};
use crate::script::failure::HostError;
use crate::script::table::{Call, Options, kind_of};

/// Names, in the order in which they are told.
const NAMES: [&str; 12] = [
    "full_page",
    "ignore",
    "hide",
    "ignore_colours",
    "threshold",
    "variance_threshold_percent",
    "changed_max",
    "density_percent",
    "antialiasing",
    "glyph_shifts",
    "shapes",
    "fail_on_variance",
];

/// Of the windows that `density_percent` looks at, in pixels.
const DENSITY_SIDE: u32 = 32;
/// Sides and places of rectangles: Chrome paints nothing larger.
const PLACE_MAX: f64 = 100_000.0;

/// How a picture is taken, compared and judged.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) still: StillOptions,
    pub(super) pixel: pixel::Options,
    /// In CSS pixels of the picture.
    pub(super) areas: Vec<[f64; 4]>,
    pub(super) fails: bool,
}

impl Wanted {
    pub(super) fn read(call: &Call<'_>, index: usize) -> Result<Self, HostError> {
        let mut given = call.options(index)?;
        let mut pixel = pixel::Options::default();
        let full_page = given.truth("full_page")?.unwrap_or(true);
        let (selectors, areas) = ignored(&mut given)?;
        let hide = texts(&mut given, "hide")?;
        for text in texts(&mut given, "ignore_colours")? {
            let wrong =
                || given.wrong("ignore_colours", "a list of colours such as \"#ff00aa\"", &format!("\"{text}\""));
            pixel.ignored_colours.push(text.parse::<Colour>().map_err(|_| wrong())?);
        }
        if let Some(threshold) = within(&mut given, "threshold", 1.0)? {
            pixel.threshold = threshold;
        }
        pixel.limits = limits(&mut given)?.unwrap_or(pixel.limits);
        if given.truth("antialiasing")? == Some(true) {
            pixel.antialiasing = Antialiasing::Counted;
        }
        if given.truth("glyph_shifts")? == Some(true) {
            pixel.glyph_shifts = GlyphShifts::Counted;
        }
        if given.truth("shapes")? == Some(false) {
            pixel.shapes = Shapes::Tolerated;
        }
        let fails = given.truth("fail_on_variance")?.unwrap_or(true);
        given.end(&NAMES)?;
        let area = if full_page { Area::FullPage } else { Area::Viewport };
        Ok(Self {
            still: StillOptions { area, ignore: selectors, hide, ..StillOptions::default() },
            pixel,
            areas,
            fails,
        })
    }

    /// The options of the comparison, with what the picture has to ignore besides.
    pub(super) fn pixel_options(&self, seen: &[Rectangle], scale: f64) -> pixel::Options {
        let mut options = self.pixel.clone();
        options.ignored_areas.extend_from_slice(seen);
        options.ignored_areas.extend(self.areas.iter().map(|[x, y, width, height]| {
            let (left, top) = ((x * scale).floor().max(0.0), (y * scale).floor().max(0.0));
            let (right, bottom) = (((x + width) * scale).ceil(), ((y + height) * scale).ceil());
            let side = |from: f64, to: f64| (to - from).max(0.0) as u32;
            Rectangle { x: left as u32, y: top as u32, width: side(left, right), height: side(top, bottom) }
        }));
        options
    }
}

/// How much may change; `None` when nothing is said of it. What is said takes the place of all limits there are else.
fn limits(given: &mut Options) -> Result<Option<Limits>, HostError> {
    let count = given.whole("changed_max", 0..=i64::MAX)?.map(i64::unsigned_abs);
    let percent = within(given, "variance_threshold_percent", 100.0)?;
    let density = within(given, "density_percent", 100.0)?.map(|percent| Density { side: DENSITY_SIDE, percent });
    let said = count.is_some() || percent.is_some() || density.is_some();
    Ok(said.then_some(Limits { count, percent, density }))
}

/// Selectors, maps of `x`, `y`, `width` and `height`, and AWS's texts of two corners.
fn ignored(given: &mut Options) -> Result<(Vec<String>, Vec<[f64; 4]>), HostError> {
    const WANTED: &str = "a list of selectors, of maps of x, y, width and height in CSS pixels, and of texts of two corners \
                          \"x1,y1,x2,y2\"";
    let Some(value) = given.take("ignore") else { return Ok((Vec::new(), Vec::new())) };
    let list = if value.is_array() { value.cast::<Array>() } else { vec![value] };
    let (mut selectors, mut areas) = (Vec::new(), Vec::new());
    for item in list {
        let kind = kind_of(&item);
        if item.is_string() {
            let text = item.into_string().unwrap_or_default();
            match corners(&text) {
                Some(area) => areas.push(area),
                None => selectors.push(text),
            }
        } else {
            let area = item.try_cast::<Map>().and_then(|map| rectangle(&map));
            areas.push(area.ok_or_else(|| given.wrong("ignore", WANTED, kind))?);
        }
    }
    Ok((selectors, areas))
}

fn rectangle(map: &Map) -> Option<[f64; 4]> {
    let side = |name: &str| {
        let value = map.get(name)?;
        let number = value.as_float().or_else(|_| value.as_int().map(|whole| whole as f64)).ok()?;
        (0.0..=PLACE_MAX).contains(&number).then_some(number)
    };
    if map.len() != 4 {
        return None;
    }
    Some([side("x")?, side("y")?, side("width")?, side("height")?])
}

/// As AWS's `IgnoreCoordinates`: four numbers by commas, of two corners in any order.
fn corners(text: &str) -> Option<[f64; 4]> {
    let numbers: Vec<f64> = text.split(',').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
    let [x1, y1, x2, y2] = numbers[..] else { return None };
    if numbers.iter().any(|number| !number.is_finite() || number.abs() > PLACE_MAX) {
        return None;
    }
    Some([x1.min(x2), y1.min(y2), (x1 - x2).abs(), (y1 - y2).abs()])
}

fn within(given: &mut Options, name: &str, most: f64) -> Result<Option<f64>, HostError> {
    let Some(number) = given.number(name)? else { return Ok(None) };
    if (0.0..=most).contains(&number) {
        return Ok(Some(number));
    }
    Err(given.wrong(name, &format!("a number from 0 to {most}"), &number.to_string()))
}

fn texts(given: &mut Options, name: &str) -> Result<Vec<String>, HostError> {
    let Some(value) = given.take(name) else { return Ok(Vec::new()) };
    let wrong = |given: &Options, kind| given.wrong(name, "a text or a list of texts", kind);
    if value.is_string() {
        return Ok(vec![value.into_string().unwrap_or_default()]);
    }
    let kind = kind_of(&value);
    let list = value.try_cast::<Array>().ok_or_else(|| wrong(given, kind))?;
    list.into_iter()
        .map(|item: Dynamic| {
            let kind = kind_of(&item);
            item.into_string().map_err(|_| wrong(given, kind))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn awss_coordinates_are_two_corners() {
        assert_eq!(corners("10,20,110,70"), Some([10.0, 20.0, 100.0, 50.0]));
        assert_eq!(corners("110,70.5,10,20"), Some([10.0, 20.0, 100.0, 50.5]));
        assert_eq!(corners("-5,0,10,10"), Some([-5.0, 0.0, 15.0, 10.0]));
        for text in ["10,20,110", "#cart", "div, span, p, a", "1,2,3,4,5", "1,2,3,inf"] {
            assert_eq!(corners(text), None, "{text}");
        }
    }
}
