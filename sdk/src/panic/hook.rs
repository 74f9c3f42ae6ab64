//! The panic hook.

use std::panic::{self, PanicHookInfo};
use std::sync::Once;

use super::frames;
use crate::segment::StackFrame;

/// The target of the events that report panics, for filters of other layers.
pub const TARGET: &str = "siskin_sdk::panic";

/// Longest message of a panic that is kept, in bytes.
const MESSAGE_BYTES_MAX: usize = 4 * 1024;

/// Records panics from now on, in all threads, and then does what was done with them before; a second
/// call does nothing.
///
/// A hook that the service sets later replaces this one, so set that one first. A panic inside of a
/// `tracing` layer is not recorded there and then: by the rules of panic hooks it would end the
/// process. With the feature `panic` the exception has the frames of the stack, at most
/// [`frames::FRAMES_MAX`], without those of the panic itself; otherwise it has the panic's place alone.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            record(info);
            before(info);
        }));
    });
}

fn record(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("a value that is no text");
    let end = message.floor_char_boundary(MESSAGE_BYTES_MAX);
    let place = info.location().map(|location| StackFrame {
        path: Some(location.file().to_owned()),
        line: Some(location.line().into()),
        label: Some("panic".to_owned()),
    });
    let stack = stack(place);
    let stacktrace = frames::write(stack);
    tracing::error!(
        target: TARGET,
        {
            exception.message = message.get(..end).unwrap_or_default(),
            "exception.type" = "panic",
            exception.stacktrace = stacktrace.as_str(),
        },
        "panicked"
    );
}

/// The place alone.
#[cfg(not(feature = "panic"))]
fn stack(place: Option<StackFrame>) -> Vec<StackFrame> {
    place.into_iter().collect()
}

/// The frames from the function that panicked on; the place alone, where the stack cannot be walked.
#[cfg(feature = "panic")]
fn stack(place: Option<StackFrame>) -> Vec<StackFrame> {
    let walked = super::walk::frames();
    if walked.is_empty() { place.into_iter().collect() } else { walked }
}
