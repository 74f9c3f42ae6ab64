//! From two files to a verdict.

use super::area::{Compared, Rectangle};
use super::band::{Band, Bands, in_lock_step, in_lock_step_threaded};
use super::density::{Window, densest};
use super::header::{Header, Note, check_chunks};
use super::judge::Judge;
use super::mask::Mask;
use super::options::Options;
use super::regions::{Region, regions};
use super::rows::Rows;
use super::size::{Dimensions, SizeChange};
use super::verdict::{Pixels, Verdict, reasons};
use super::{Picture, PixelError, REGIONS_MAX};

/// Pixels from which on a thread for the second picture pays.
const THREAD_PIXELS: u64 = 500_000;

/// Two pictures, compared.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Whether they match, and why not.
    pub verdict: Verdict,
    /// What became of each pixel.
    pub pixels: Pixels,
    /// The window that [`super::Limits::density`] looks at with the most changed pixels; `None` without that limit, and
    /// when nothing changed.
    pub densest: Option<Window>,
    /// Where pixels changed, the largest change first.
    pub regions: Vec<Region>,
    /// Regions beyond [`REGIONS_MAX`].
    pub regions_left_out: usize,
    /// What of the pictures was left out.
    pub notes: Vec<Note>,
    /// Both sizes, when they are not the same.
    pub size_change: Option<SizeChange>,
    pub(super) threshold: f64,
    pub(super) sizes: (Dimensions, Dimensions),
    pub(super) changed: Mask,
    pub(super) tolerated: Mask,
}

/// Compares two pictures.
///
/// Files of the same bytes are followed to their end, but not decoded. Pixels that are not opaque are seen on white.
///
/// # Errors
/// [`PixelError`] for an option outside its range, and for a file that is no PNG, is damaged, has no pixels or is beyond
/// [`super::SIDE_MAX`], [`super::PIXELS_MAX`], [`super::INTERLACED_PIXELS_MAX`] or [`super::FILE_BYTES_MAX`].
pub fn compare(before: Picture<'_>, after: Picture<'_>, options: &Options) -> Result<Comparison, PixelError> {
    options.check()?;
    let headers = (Header::read(&before)?, Header::read(&after)?);
    let sizes = (dimensions(&headers.0), dimensions(&headers.1));
    let canvas = (sizes.0.width.max(sizes.1.width), sizes.0.height.max(sizes.1.height));
    let shared = (sizes.0.width.min(sizes.1.width), sizes.0.height.min(sizes.1.height));
    let mut judge = Judge::new(options, shared.0, shared.1, canvas);
    let same_bytes = before.bytes == after.bytes;
    if same_bytes {
        check_chunks(&before)?;
    } else {
        see_both((&before, &headers.0), (&after, &headers.1), shared, &mut judge)
            .map_err(|error| clearer(error, [&before, &after]))?;
    }
    let size_change = SizeChange::between(sizes.0, sizes.1);
    let mut pixels = Pixels {
        total: u64::from(canvas.0) * u64::from(canvas.1),
        ignored: ignored_on(options, canvas),
        shifted: judge.settle(),
        antialiased: judge.antialiased,
        changed: 0,
    };
    let (differed, mut changed, tolerated) = (judge.differed, judge.changed, judge.tolerated);
    if size_change.is_some() {
        mark_unshared(&mut changed, shared, &options.ignored_areas);
    }
    pixels.changed = changed.count();
    let densest = options.limits.density.and_then(|density| densest(&changed, density.side));
    let mut regions = regions(&changed);
    let regions_left_out = regions.len().saturating_sub(REGIONS_MAX);
    regions.truncate(REGIONS_MAX);
    let reasons = reasons(options, &pixels, size_change, densest);
    let verdict = match (same_bytes, differed || size_change.is_some()) {
        _ if !reasons.is_empty() => Verdict::Different(reasons),
        (true, _) => Verdict::SameBytes,
        (false, false) => Verdict::SamePixels,
        (false, true) => Verdict::WithinLimits,
    };
    let mut notes = headers.0.notes;
    notes.extend(headers.1.notes);
    Ok(Comparison {
        verdict,
        pixels,
        densest,
        regions,
        regions_left_out,
        notes,
        size_change,
        threshold: options.threshold,
        sizes,
        changed,
        tolerated,
    })
}

fn dimensions(header: &Header) -> Dimensions {
    Dimensions { width: header.width, height: header.height }
}

/// A broken chunk explains more than what the decoder made of it.
fn clearer(error: PixelError, pictures: [&Picture<'_>; 2]) -> PixelError {
    pictures.into_iter().find_map(|picture| check_chunks(picture).err()).unwrap_or(error)
}

fn see_both(
    (before, before_header): (&Picture<'_>, &Header),
    (after, after_header): (&Picture<'_>, &Header),
    (width, height): (u32, u32),
    judge: &mut Judge<'_>,
) -> Result<(), PixelError> {
    let mut rows = (Rows::open(before, before_header)?, Rows::open(after, after_header)?);
    let channels = rows.0.channels().max(rows.1.channels());
    rows.0.widen(channels);
    rows.1.widen(channels);
    let bands = (Bands::new(rows.0, width, height), Bands::new(rows.1, width, height));
    let threaded = u64::from(width) * u64::from(height) > THREAD_PIXELS;
    let judging = |one: &Band, other: &Band| match channels {
        4 => judge.band::<4>(one, other),
        _ => judge.band::<3>(one, other),
    };
    if threaded { in_lock_step_threaded(bands.0, bands.1, judging) } else { in_lock_step(bands.0, bands.1, judging) }
}

fn ignored_on(options: &Options, (width, height): (u32, u32)) -> u64 {
    Compared::new(&options.ignored_areas, width, height).ignored_count(height)
}

/// Marks what only one picture has.
fn mark_unshared(changed: &mut Mask, (width, height): (u32, u32), ignored: &[Rectangle]) {
    let mut compared = Compared::new(ignored, changed.width, changed.height);
    for y in 0..changed.height {
        let from = if y < height { width } else { 0 };
        for span in compared.spans(y) {
            for x in (span.start as u32).max(from)..span.end as u32 {
                changed.set(x, y);
            }
        }
    }
}
