//! Pictures to be compared with others.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::launch::Session;
use super::options::Viewport;
use super::role;
use super::selector::{Native, Selector};
use crate::browser::cdp::{CdpError, Connection};
use crate::browser::error::{BrowserError, PageError};
use crate::browser::still::{self, Area, Care, Freeze};
use crate::check::pixel::Rectangle;

/// How long fonts and images may take that the page asked for; what takes longer is pictured as it is.
const ARRIVALS_PATIENCE: Duration = Duration::from_secs(5);
const SHOTS_MIN: usize = 2;
/// The first selector of some that the page's engine does not understand.
const CHECK: &str = include_str!("check_selectors.js");
/// Where elements are, and how large the viewport is.
const LOCATE: &str = include_str!("locate.js");

/// What a still picture shows and leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StillOptions {
    pub area: Area,
    /// [`Selector`]s of elements whose boxes are not to be compared.
    pub ignore: Vec<String>,
    /// CSS selectors of elements that are not shown, but keep their room.
    pub hide: Vec<String>,
    /// Pictures taken until two successive ones are equal, 2 at least.
    pub shots_max: usize,
}

impl Default for StillOptions {
    /// The viewport, all of it, and 8 pictures at most.
    fn default() -> Self {
        Self { area: Area::Viewport, ignore: Vec::new(), hide: Vec::new(), shots_max: 8 }
    }
}

/// A picture of a page at rest.
#[derive(Clone, Debug, PartialEq)]
pub struct StillPicture {
    /// PNG, 8 bits, RGB.
    pub png: Arc<[u8]>,
    /// Whether two successive pictures were equal, byte for byte.
    pub is_stable: bool,
    /// Boxes of the elements to ignore, in pixels of the picture.
    pub ignored: Vec<Rectangle>,
    /// What the page was seen through.
    pub viewport: Viewport,
    /// Pixels of the picture for each CSS pixel.
    pub scale: f64,
    /// Selectors of elements to ignore that matched nothing.
    pub unmatched: Vec<String>,
}

impl Session {
    /// Takes a picture that is the same each time as long as the page's content is.
    ///
    /// While it is taken, animations and transitions stand at their end, those without an end show nothing; films show
    /// their poster or first picture; carets, scroll bars, marquees and progress bars without a value are hidden. It is
    /// taken when styles, fonts and images are here that the page asked for, also those that it would load only when
    /// they come into view, but for those that take longer than 5 s; of the full page it is taken from its top. Of a page
    /// that moves all the same the scripts are stopped meanwhile. Afterwards the page goes on as before: nothing
    /// of its scripts is lost.
    ///
    /// Animated images (GIF, APNG, WebP), closed shadow trees, and frames and workers of other processes go on moving.
    ///
    /// # Errors
    /// `Page` for a selector that is none; as [`Session::title`] else.
    pub async fn still_picture(&self, options: &StillOptions, deadline: Instant) -> Result<StillPicture, BrowserError> {
        let (area, shots_max) = (options.area, options.shots_max.max(SHOTS_MIN));
        let ignore = parse(&options.ignore)?;
        self.check_selectors(&ignore, &options.hide, deadline).await?;
        let taken = self
            .guard_call("still_picture", deadline, async |by| {
                let connection = &self.connection;
                self.at_rest(by).await?;
                connection.await_picture(by).await?;
                let until = by.min(Instant::now() + ARRIVALS_PATIENCE);
                Box::pin(still::await_arrivals(connection, until)).await;
                let freeze = Freeze { care: Care::Final, from_top: area == Area::FullPage, hide: &options.hide, until };
                Box::pin(still::freeze(connection, &freeze, by)).await?;
                Box::pin(still::await_arrivals(connection, until)).await;
                let shots = Box::pin(still::shoot(connection, area, Care::Final, shots_max, by)).await?;
                let seen = Box::pin(locate(connection, &ignore, by)).await?;
                Box::pin(still::resume(connection, by)).await?;
                Ok((shots, seen))
            })
            .await;
        let (shots, seen) = self.or_abandon(taken).await?;
        self.connection.with(|recording| recording.keep_picture(Arc::clone(&shots.png)));
        let unmatched = options.ignore.iter().zip(&seen.boxes).filter(|(_, boxes)| boxes.is_none());
        Ok(StillPicture {
            is_stable: shots.is_stable,
            ignored: seen.on_picture(shots.page_width, sides(&shots.png)),
            viewport: Viewport { width: seen.width, height: seen.height },
            scale: seen.scale,
            unmatched: unmatched.map(|(selector, _)| selector.clone()).collect(),
            png: shots.png,
        })
    }

    async fn check_selectors(
        &self,
        ignore: &[Selector],
        hide: &[String],
        deadline: Instant,
    ) -> Result<(), BrowserError> {
        if ignore.is_empty() && hide.is_empty() {
            return Ok(());
        }
        let native: Vec<Value> = ignore.iter().map(named).collect();
        let expression = format!("({CHECK})({}, {})", Value::from(native), json!(hide));
        let params = json!({"expression": expression, "returnByValue": true});
        let told = self.guard_call("still_picture", deadline, async |by| self.ask_page(params, by).await).await?;
        match told.pointer("/result/value").and_then(Value::as_str) {
            None => Ok(()),
            Some(why) => Err(BrowserError::Page(PageError::BadSelector(why.to_owned()))),
        }
    }
}

fn parse(selectors: &[String]) -> Result<Vec<Selector>, BrowserError> {
    let parsed = selectors.iter().map(|text| text.parse::<Selector>());
    parsed.collect::<Result<_, _>>().map_err(|bad| BrowserError::Page(PageError::BadSelector(bad.to_string())))
}

/// A selector in the page's own terms; `null` for one that it has none for.
fn named(selector: &Selector) -> Value {
    match Native::of(selector) {
        Some(Native::Css(css)) => json!({"css": css}),
        Some(Native::XPath(path)) => json!({"path": path}),
        None => Value::Null,
    }
}

/// What the page tells of itself, in CSS pixels.
#[derive(Debug, Deserialize)]
struct Seen {
    width: u32,
    height: u32,
    /// Pixels of the picture for each of CSS, before the page is zoomed.
    scale: f64,
    /// Width of the part that is seen, and its place in the viewport.
    across: f64,
    left: f64,
    top: f64,
    /// Of the viewport in the page.
    scroll_left: f64,
    scroll_top: f64,
    /// By selector: left, top, width and height of each element in the viewport; `None` when none matches.
    boxes: Vec<Option<Vec<[f64; 4]>>>,
}

impl Seen {
    /// All boxes, as far as they are on the picture.
    ///
    /// `page_width` is given for a picture of the whole page.
    fn on_picture(&self, page_width: Option<f64>, (width, height): (u32, u32)) -> Vec<Rectangle> {
        let (shown, left, top) = match page_width {
            None => (self.across, -self.left, -self.top),
            Some(page_width) => (page_width, self.scroll_left, self.scroll_top),
        };
        let ratio = f64::from(width) / shown;
        let side = |from: f64, length: f64, end: u32| {
            let limited = |at: f64| at.clamp(0.0, f64::from(end)) as u32;
            let from_pixel = limited((from * ratio).floor());
            (from_pixel, limited(((from + length) * ratio).ceil()) - from_pixel)
        };
        let on_picture = |[x, y, across, down]: &[f64; 4]| {
            let (x, width) = side(x + left, *across, width);
            let (y, height) = side(y + top, *down, height);
            (width > 0 && height > 0).then_some(Rectangle { x, y, width, height })
        };
        self.boxes.iter().flatten().flatten().filter_map(on_picture).collect()
    }
}

async fn locate(connection: &Connection, selectors: &[Selector], by: Instant) -> Result<Seen, CdpError> {
    const METHOD: &str = "Runtime.evaluate";
    let mut all = Vec::new();
    for selector in selectors {
        let mut place = named(selector);
        if let Selector::Role { role, name } = selector {
            let key = format!("__siskin{}", uuid::Uuid::new_v4().simple());
            role::hand_over(connection, role, name.as_deref(), &key, by).await?;
            place = json!({"key": key});
        }
        all.push(place);
    }
    let params = json!({"expression": format!("({LOCATE})({})", Value::from(all)), "returnByValue": true});
    let told = connection.call(METHOD, params, by).await?;
    let seen = told.pointer("/result/value").cloned().unwrap_or_default();
    serde_json::from_value(seen).map_err(|error| CdpError::Refused { method: METHOD, message: error.to_string() })
}

/// Width and height in a PNG's first chunk.
fn sides(png: &[u8]) -> (u32, u32) {
    let number = |at: usize| png.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
    (number(16), number(20))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(boxes: Vec<Option<Vec<[f64; 4]>>>) -> Seen {
        let (left, top, scroll_left, scroll_top) = (0.0, 0.0, 0.0, 100.0);
        let (width, height, scale, across) = (400, 300, 2.0, 400.0);
        Seen { width, height, scale, across, left, top, scroll_left, scroll_top, boxes }
    }

    #[test]
    fn boxes_become_whole_pixels_of_the_picture() {
        let boxes = vec![Some(vec![[10.2, 20.0, 5.0, 5.1], [-5.0, -5.0, 10.0, 10.0], [0.0, 400.0, 10.0, 10.0]]), None];
        let seen = seen(boxes);
        let rectangle = |x, y, width, height| Rectangle { x, y, width, height };
        assert_eq!(seen.on_picture(None, (800, 600)), [rectangle(20, 40, 11, 11), rectangle(0, 0, 10, 10)]);
        assert_eq!(
            seen.on_picture(Some(500.0), (1000, 2000)),
            [rectangle(20, 240, 11, 11), rectangle(0, 190, 10, 20), rectangle(0, 1000, 20, 20)]
        );
    }
}
