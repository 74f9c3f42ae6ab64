//! Stack frames as text, one writer and one reader for both sides.
//!
//! `exception.stacktrace` is text in OpenTelemetry, and frames in X-Ray. This form is both: a line for
//! each frame, innermost first, `LABEL TAB PATH TAB LINE`. Path and line may be missing, and `?` stands
//! for a part that is not known. After the
//! frames may stand `... N more`, for frames that were left out.
//!
//! ```
//! use siskin_sdk::panic::frames;
//!
//! let stack = frames::parse("shop::pay\tsrc/pay.rs\t7\nshop::main\n... 2 more\n").unwrap();
//! assert_eq!(stack.frames[0].line, Some(7.into()));
//! assert_eq!((stack.frames[1].path.as_deref(), stack.left_out), (None, 2));
//! assert_eq!(frames::parse("panicked at src/main.rs"), None); // another form, for people
//! ```

use std::fmt::Write;

use crate::segment::StackFrame;

/// Most frames that are written or read; X-Ray's Java SDK keeps as many.
pub const FRAMES_MAX: usize = 50;
/// Longest text of all frames, in bytes: what a field's value may be.
pub const BYTES_MAX: usize = 16 * 1024 - 64;
/// Longest label or path that is written, in bytes; generic functions have labels without end.
const PART_BYTES_MAX: usize = 256;

/// A stack, as far as it was kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stack {
    /// Frames, innermost first, at most [`FRAMES_MAX`].
    pub frames: Vec<StackFrame>,
    /// Frames beyond the bounds; X-Ray's `truncated`.
    pub left_out: u64,
}

/// Writes frames down, innermost first, within [`FRAMES_MAX`] and [`BYTES_MAX`]; what does not fit is
/// counted in the last line.
pub fn write(frames: impl IntoIterator<Item = StackFrame>) -> String {
    let mut text = String::new();
    let mut left_out = 0_u64;
    for (index, frame) in frames.into_iter().enumerate() {
        let line = line(&frame);
        if index < FRAMES_MAX && left_out == 0 && text.len() + line.len() <= BYTES_MAX {
            text.push_str(&line);
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        writeln!(text, "... {left_out} more").expect("a string takes every text");
    }
    text
}

/// Reads what [`write()`] wrote; `None` for a stack trace in any other form.
pub fn parse(text: &str) -> Option<Stack> {
    let mut stack = Stack::default();
    let mut lines = text.lines();
    for line in lines.by_ref() {
        if let Some(count) = left_out(line) {
            stack.left_out = stack.left_out.saturating_add(count);
            break;
        }
        let row = row(line)?;
        if stack.frames.len() < FRAMES_MAX {
            stack.frames.push(row.into());
        } else {
            stack.left_out += 1;
        }
    }
    (lines.next().is_none() && !stack.frames.is_empty()).then_some(stack)
}

/// One line, read in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// The function.
    pub label: Option<&'a str>,
    /// The source file.
    pub path: Option<&'a str>,
    /// The line in it.
    pub line: Option<u32>,
}

impl From<Row<'_>> for StackFrame {
    fn from(row: Row<'_>) -> Self {
        Self { path: row.path.map(str::to_owned), line: row.line.map(Into::into), label: row.label.map(str::to_owned) }
    }
}

/// Reads the line of one frame; `None` for any other line.
pub fn row(line: &str) -> Option<Row<'_>> {
    // Neither prose nor the forms of other languages, which indent with tabs.
    if line.is_empty() || line.starts_with('\t') || (line.contains(' ') && !line.contains('\t')) {
        return None;
    }
    let known = |text: &&str| *text != "?";
    let mut parts = line.split('\t');
    let label = Some(parts.next()?).filter(known);
    let path = parts.next().filter(known);
    let line = match parts.next() {
        Some(number) => Some(number.parse().ok()?),
        None => None,
    };
    parts.next().is_none().then_some(Row { label, path, line })
}

/// Reads the last line, which counts the frames left out; `None` for any other line.
pub fn left_out(line: &str) -> Option<u64> {
    line.strip_prefix("... ")?.strip_suffix(" more")?.parse().ok()
}

fn line(frame: &StackFrame) -> String {
    let mut line = part(frame.label.as_deref());
    // Without a tab, a label of several words would look like prose.
    if frame.path.is_some() || frame.line.is_some() || line.contains(' ') {
        line.push('\t');
        line.push_str(&part(frame.path.as_deref()));
    }
    if let Some(number) = &frame.line {
        line.push('\t');
        line.push_str(&number.to_string());
    }
    line.push('\n');
    line
}

/// A label or path without the marks of the form; a missing one is `?`.
fn part(text: Option<&str>) -> String {
    let text = text.filter(|text| !text.is_empty()).unwrap_or("?");
    let end = text.floor_char_boundary(PART_BYTES_MAX);
    let kept = text.get(..end).unwrap_or_default();
    kept.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames() -> impl Strategy<Value = Vec<StackFrame>> {
        let text = || prop_oneof![20 => "[a-z:<{?é ]{0,9}", 1 => Just("é".repeat(300))];
        let part = move || proptest::option::of(text());
        let frame = (part(), part(), proptest::option::of(0..100_000_u32)).prop_map(|(label, path, line)| StackFrame {
            label,
            path,
            line: line.map(Into::into),
        });
        proptest::collection::vec(frame, 1..70)
    }

    proptest! {
        #[test]
        fn written_frames_are_read_within_bounds(frames in frames()) {
            let count = frames.len() as u64;
            let text = write(frames);
            prop_assert!(text.len() <= BYTES_MAX + 64);
            let stack = parse(&text).unwrap();
            prop_assert!(stack.frames.len() <= FRAMES_MAX);
            prop_assert_eq!(stack.frames.len() as u64 + stack.left_out, count);
            let again = parse(&write(stack.frames.clone())).unwrap();
            prop_assert_eq!(again.frames, stack.frames);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[\\PC\t\n]{0,400}") {
            if let Some(stack) = parse(&text) {
                prop_assert!(stack.frames.len() <= FRAMES_MAX);
            }
        }
    }

    #[test]
    fn a_stack_trace_of_another_form_is_refused() {
        for text in [
            "",
            "... 3 more",
            "a\tb\tc",
            "a\tb\t1\t2",
            "   0: std::panic",
            "\tat shop.Pay(Pay.java:7)",
            "a\n\nb",
            "a\n... x more",
            "... 1 more\na",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
