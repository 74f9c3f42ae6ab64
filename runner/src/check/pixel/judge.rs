//! Judges rows: what differs, what of that can be seen, and what of that is anti-aliasing.

use super::antialias::{View, is_antialiased};
use super::area::Compared;
use super::band::{Band, pixel};
use super::colour::{Colour, delta, delta_limit};
use super::mask::Mask;
use super::options::{Antialiasing, GlyphShifts, Options, Shapes};
use super::shapes;
use super::shift::{self, Shifts};
use super::transport::Run;

/// Pixels that are compared as bytes before any is looked at.
const BLOCK: usize = 16;

/// The part that both pictures have, and what was found in it so far.
#[derive(Debug)]
pub(super) struct Judge<'o> {
    options: &'o Options,
    limits: Visibility,
    width: u32,
    height: u32,
    compared: Compared,
    /// Visible differences of the row at hand.
    visible: Vec<u32>,
    /// Differences that show only where they cover an area.
    faint: Mask,
    pub(super) changed: Mask,
    pub(super) tolerated: Mask,
    pub(super) antialiased: u64,
    pub(super) differed: bool,
    shifts: Option<Shifts>,
}

impl<'o> Judge<'o> {
    pub(super) fn new(options: &'o Options, width: u32, height: u32, canvas: (u32, u32)) -> Self {
        let shifts = (options.glyph_shifts == GlyphShifts::Tolerated).then(|| Shifts::new(width, height));
        Self {
            options,
            limits: Visibility::of(options),
            width,
            height,
            compared: Compared::new(&options.ignored_areas, width, height),
            visible: Vec::new(),
            faint: Mask::new(width, height),
            changed: Mask::new(canvas.0, canvas.1),
            tolerated: Mask::new(canvas.0, canvas.1),
            antialiased: 0,
            differed: false,
            shifts,
        }
    }

    pub(super) fn band<const CHANNELS: usize>(&mut self, one: &Band, other: &Band) {
        for y in one.judged(self.height) {
            let (before, after) = (one.row(y), other.row(y));
            if before == after {
                continue;
            }
            self.visible.clear();
            for span in self.compared.spans(y) {
                for at in span.clone().step_by(BLOCK) {
                    let block = at..(at + BLOCK).min(span.end);
                    let bytes = block.start * CHANNELS..block.end * CHANNELS;
                    if before[bytes.clone()] != after[bytes] {
                        self.differed = true;
                        let found = (&mut self.visible, &mut self.faint);
                        see::<CHANNELS>(self.options, self.limits, (before, after), (block, y), found);
                    }
                }
            }
            self.sort::<CHANNELS>(one, other, y);
        }
    }

    /// Sorts what can be seen in a row.
    fn sort<const CHANNELS: usize>(&mut self, one: &Band, other: &Band, y: u32) {
        let view = |band| View::<CHANNELS> { band, width: self.width, height: self.height };
        let (before, after) = (view(one), view(other));
        let told_apart = self.options.antialiasing == Antialiasing::Tolerated;
        let mut run = Run::default();
        for &x in &self.visible {
            let at = (x, y);
            if told_apart && (is_antialiased(&before, &after, at) || is_antialiased(&after, &before, at)) {
                self.antialiased += 1;
                self.tolerated.set(x, y);
                continue;
            }
            self.changed.set(x, y);
            if let Some(shifts) = &mut self.shifts
                && !shifts.is_decided(at)
            {
                if !run.columns.contains(&(x as usize)) {
                    run = Run::around::<CHANNELS>(one.row(y), other.row(y), x as usize);
                }
                shifts.add(&before, &after, at, &run);
            }
        }
    }

    /// Once all bands were seen: how many pixels were drawn aside.
    pub(super) fn settle(&mut self) -> u64 {
        let counts = self.options.shapes == Shapes::Counted;
        // Until now nothing else is tolerated than anti-aliasing.
        let lines = if counts { shapes::lines(&self.tolerated) } else { Vec::new() };
        let (changed, tolerated) = (&mut self.changed, &mut self.tolerated);
        let shifted = self.shifts.take().map_or(0, |shifts| shifts.settle(changed, tolerated));
        self.antialiased -= lines.len() as u64;
        for (x, y) in lines {
            tolerated.clear(x, y);
            changed.set(x, y);
        }
        if counts {
            shapes::mark_areas(&self.faint, changed);
        }
        shifted + shift::settle_remains(shifted, changed, tolerated)
    }
}

/// What can be seen, as the metric has it.
#[derive(Clone, Copy, Debug)]
struct Visibility {
    /// Of one pixel.
    pixel: f64,
    /// Of an area; that of a pixel when areas are not looked at.
    area: f64,
}

impl Visibility {
    fn of(options: &Options) -> Self {
        let pixel = delta_limit(options.threshold);
        let area = match options.shapes {
            Shapes::Counted => delta_limit(options.threshold * shapes::FAINT),
            Shapes::Tolerated => pixel,
        };
        Self { pixel, area }
    }
}

/// Adds the columns of a block whose difference can be seen.
fn see<const CHANNELS: usize>(
    options: &Options,
    limits: Visibility,
    (before, after): (&[u8], &[u8]),
    (block, y): (std::ops::Range<usize>, u32),
    (visible, faint): (&mut Vec<u32>, &mut Mask),
) {
    for x in block {
        let (old, new) = (pixel::<CHANNELS>(before, x), pixel::<CHANNELS>(after, x));
        if old == new {
            continue;
        }
        let delta = delta(old, new);
        if delta <= limits.area {
            continue;
        }
        let ignored = |colour: &Colour| *colour == Colour::of(old) || *colour == Colour::of(new);
        if options.ignored_colours.iter().any(ignored) {
            continue;
        }
        if delta > limits.pixel {
            visible.push(x as u32);
        } else {
            faint.set(x as u32, y);
        }
    }
}
