//! Bands of rows: what is judged, and the two rows around it that anti-aliasing depends on.

use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::PixelError;
use super::colour::Rgba;
use super::rows::Rows;

/// Rows above and below a judged one that are looked at.
const CONTEXT: u32 = 2;
/// About what stays in a core's own cache, with the same of the other picture.
const BAND_BYTES: usize = 192 * 1024;
const BAND_ROWS: Range<usize> = 8..64;
/// Bands on their way from the second thread.
const BANDS_WAITING: usize = 2;

/// Rows `first..end` of a picture.
#[derive(Debug, Default)]
pub(super) struct Band {
    first: u32,
    end: u32,
    stride: usize,
    bytes: Vec<u8>,
}

impl Band {
    pub(super) fn row(&self, y: u32) -> &[u8] {
        let at = (y - self.first) as usize * self.stride;
        &self.bytes[at..at + self.stride]
    }

    /// Rows whose context is here too.
    pub(super) fn judged(&self, height: u32) -> Range<u32> {
        let from = if self.first == 0 { 0 } else { self.first + CONTEXT };
        let until = if self.end == height { height } else { self.end - CONTEXT };
        from..until
    }
}

/// The pixel `x` of a row of `CHANNELS` bytes a pixel.
#[inline]
pub(super) fn pixel<const CHANNELS: usize>(row: &[u8], x: usize) -> Rgba {
    let bytes = &row[x * CHANNELS..x * CHANNELS + CHANNELS];
    [bytes[0], bytes[1], bytes[2], if CHANNELS == 4 { bytes[3] } else { 255 }]
}

/// Reads one picture band by band.
pub(super) struct Bands<'a> {
    rows: Rows<'a>,
    height: u32,
    stride: usize,
    next: u32,
    /// The last rows of the band before, which begin the next one.
    tail: Vec<u8>,
}

impl<'a> Bands<'a> {
    /// The left upper part of a picture, `width` by `height` pixels.
    pub(super) fn new(rows: Rows<'a>, width: u32, height: u32) -> Self {
        let stride = width as usize * rows.channels();
        Self { rows, height, stride, next: 0, tail: Vec::new() }
    }

    /// Reads the next band; `false` when there is none.
    fn fill(&mut self, band: &mut Band) -> Result<bool, PixelError> {
        if self.next == self.height {
            return Ok(false);
        }
        let wanted = (BAND_BYTES / self.stride).clamp(BAND_ROWS.start, BAND_ROWS.end);
        let count = wanted.min((self.height - self.next) as usize);
        band.stride = self.stride;
        band.first = self.next - (self.tail.len() / self.stride) as u32;
        band.end = self.next + count as u32;
        band.bytes.resize(self.tail.len() + count * self.stride, 0);
        band.bytes[..self.tail.len()].copy_from_slice(&self.tail);
        for row in band.bytes[self.tail.len()..].chunks_exact_mut(self.stride) {
            self.rows.read(row)?;
        }
        self.next = band.end;
        let kept = (2 * CONTEXT as usize * self.stride).min(band.bytes.len());
        self.tail.clear();
        self.tail.extend_from_slice(&band.bytes[band.bytes.len() - kept..]);
        Ok(true)
    }
}

/// Shows both pictures to `judge`, the same rows of each at a time, and reads both to their ends.
pub(super) fn in_lock_step(
    mut before: Bands<'_>,
    mut after: Bands<'_>,
    mut judge: impl FnMut(&Band, &Band),
) -> Result<(), PixelError> {
    let (mut one, mut other) = (Band::default(), Band::default());
    while before.fill(&mut one)? && after.fill(&mut other)? {
        judge(&one, &other);
    }
    before.rows.finish()?;
    after.rows.finish()
}

/// As [`in_lock_step`], with `after` decoded on a thread of its own.
pub(super) fn in_lock_step_threaded(
    mut before: Bands<'_>,
    after: Bands<'_>,
    mut judge: impl FnMut(&Band, &Band),
) -> Result<(), PixelError> {
    thread::scope(|scope| {
        let (filled, filling) = sync_channel(BANDS_WAITING);
        let (empty, emptied) = sync_channel(BANDS_WAITING + 1);
        let decoding = scope.spawn(move || decode(after, &filled, &emptied));
        let mut one = Band::default();
        let judged = loop {
            match before.fill(&mut one) {
                Ok(true) => {}
                Ok(false) => break before.rows.finish(),
                Err(error) => break Err(error),
            }
            let Ok(other) = filling.recv() else { break Ok(()) };
            judge(&one, &other);
            // A closed channel means that the last band was decoded: nobody needs the buffer.
            drop(empty.try_send(other));
        };
        drop(filling);
        let decoded = decoding.join().unwrap_or_else(|panic| resume_unwind(panic));
        judged.and(decoded)
    })
}

fn decode(mut bands: Bands<'_>, filled: &SyncSender<Band>, emptied: &Receiver<Band>) -> Result<(), PixelError> {
    loop {
        let mut band = emptied.try_recv().unwrap_or_default();
        if !bands.fill(&mut band)? {
            return bands.rows.finish();
        }
        // The other picture could not be read: its error is the answer.
        if filled.send(band).is_err() {
            return Ok(());
        }
    }
}
