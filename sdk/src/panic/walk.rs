//! Walking the stack of a panic.

use backtrace::{Backtrace, BacktraceFrame, BacktraceSymbol};

use super::frames::FRAMES_MAX;
use crate::segment::StackFrame;

/// Frames that are resolved to names at most: those of the panic, ours, and one more than is kept so
/// that the count of what was left out is not nothing.
const RESOLVED_MAX: usize = FRAMES_MAX + 50;

/// The frames of the panic that is being reported, innermost first, without the machinery: neither what
/// the standard library does between `panic!` and the hook, nor what starts a thread.
pub(super) fn frames() -> Vec<StackFrame> {
    let mut backtrace = Backtrace::new_unresolved();
    backtrace.resolve();
    let symbols = backtrace.frames().iter().take(RESOLVED_MAX).flat_map(BacktraceFrame::symbols);
    trim(symbols.map(frame).collect())
}

fn frame(symbol: &BacktraceSymbol) -> StackFrame {
    StackFrame {
        path: symbol.filename().map(|path| short_path(&path.to_string_lossy()).to_owned()),
        line: symbol.lineno().map(Into::into),
        // Alternate: without the hash that the compiler adds.
        label: symbol.name().map(|name| format!("{name:#}")),
    }
}

/// A path without what depends on the machine it was built on: cargo's registry, the compiler's sources.
fn short_path(path: &str) -> &str {
    let after = |mark: &str| path.split_once(mark).and_then(|(_, rest)| rest.split_once('/'));
    match after("/registry/src/").or_else(|| after("/rustc/")) {
        Some((_, short)) => short,
        None => path,
    }
}

/// Cuts the machinery off both ends, and the SDK's own middleware out of the middle.
fn trim(mut frames: Vec<StackFrame>) -> Vec<StackFrame> {
    let label = |frame: &StackFrame| frame.label.clone().unwrap_or_default();
    let ours = frames.iter().rposition(|frame| label(frame).contains("siskin_sdk::panic::hook::"));
    frames.drain(..ours.map_or(0, |at| at + 1));
    let inner = frames.iter().position(|frame| !is_panicking(&label(frame))).unwrap_or(frames.len());
    frames.drain(..inner);
    // The first marker is the nearest: all beyond it belongs to whoever started this thread.
    let outer = frames.iter().position(|frame| is_start(&label(frame))).unwrap_or(frames.len());
    frames.truncate(outer);
    frames.retain(|frame| !is_middleware(&label(frame)));
    frames
}

/// Between the panicking function and the hook.
fn is_panicking(label: &str) -> bool {
    const BEGINNINGS: [&str; 9] = [
        "std::panicking::",
        "std::sys::backtrace::__rust_end_short_backtrace",
        "core::panicking::",
        "core::option::",
        "core::result::",
        "core::slice::index::",
        "core::str::slice_error_fail",
        "__rustc::rust_begin_unwind",
        "rust_begin_unwind",
    ];
    BEGINNINGS.iter().any(|beginning| label.starts_with(beginning))
        || (label.starts_with("<alloc::boxed::Box<") && label.contains("ops::function::Fn"))
        || label.starts_with("std::panic::")
}

/// What the SDK's own wrappers do around the service's code.
fn is_middleware(label: &str) -> bool {
    const MODULES: [&str; 3] = ["siskin_sdk::pending::", "siskin_sdk::http::tower::", "siskin_sdk::sqlx::"];
    let name = label.trim_start_matches('<');
    MODULES.iter().any(|module| name.starts_with(module)) && !label.contains("::tests::")
}

/// Where the standard library starts `main` or a thread.
fn is_start(label: &str) -> bool {
    label.contains("__rust_begin_short_backtrace")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(given: &[&str]) -> Vec<String> {
        let frames = given.iter().map(|label| StackFrame { label: Some((*label).to_owned()), ..StackFrame::default() });
        trim(frames.collect()).into_iter().filter_map(|frame| frame.label).collect()
    }

    #[test]
    fn machinery_is_cut_off_both_ends() {
        let stack = [
            "backtrace::capture",
            "siskin_sdk::panic::hook::record",
            "siskin_sdk::panic::hook::install::{{closure}}",
            "<alloc::boxed::Box<F,A> as core::ops::function::Fn<Args>>::call",
            "std::panicking::panic_with_hook",
            "std::sys::backtrace::__rust_end_short_backtrace",
            "__rustc::rust_begin_unwind",
            "core::panicking::panic_fmt",
            "core::option::expect_failed",
            "shop::pay",
            "<siskin_sdk::http::tower::server::ResponseFuture<F> as core::future::future::Future>::poll",
            "core::ops::function::FnOnce::call_once",
            "std::sys::backtrace::__rust_begin_short_backtrace",
            "std::rt::lang_start",
        ];
        assert_eq!(labels(&stack), ["shop::pay", "core::ops::function::FnOnce::call_once"]);
        assert_eq!(labels(&["shop::pay"]), ["shop::pay"]);
        assert_eq!(labels(&["core::panicking::panic"]), [""; 0]);
    }

    #[test]
    fn paths_do_not_tell_of_the_build_machine() {
        for (path, short) in [
            (
                "/home/me/.cargo/registry/src/index.crates.io-1949cf8c/tokio-1.54.1/src/task.rs",
                "tokio-1.54.1/src/task.rs",
            ),
            ("/rustc/59807616e1fa/library/std/src/panic.rs", "library/std/src/panic.rs"),
            ("src/main.rs", "src/main.rs"),
        ] {
            assert_eq!(short_path(path), short);
        }
    }
}
