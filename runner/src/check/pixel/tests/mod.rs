mod canvas;
mod counts;
mod formats;
mod hostile;
mod overlay;
mod shapes;
mod verdicts;
mod words;

use super::{Comparison, Options, Picture, PixelError, compare};

fn compared(before: &[u8], after: &[u8], options: &Options) -> Result<Comparison, PixelError> {
    let (before, after) = (Picture { name: "before.png", bytes: before }, Picture { name: "after.png", bytes: after });
    compare(before, after, options)
}
