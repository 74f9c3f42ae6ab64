//! Module `log`: lines of the run's log.

use rhai::Dynamic;

use super::table::{Answer, Call, Function, Table};
use crate::run::LogLevel;

pub(super) static TABLE: Table = Table {
    name: "log",
    about: "Lines of the run's log, of any value. A run keeps 5,000 lines of 16 KiB each. Lines of level DEBUG are \
written by `debug`, which stands alone.",
    functions: &[&[
        Function {
            name: "info",
            takes: "text: any",
            gives: "",
            about: "Writes a line of level INFO.",
            fails: "",
            example: "log::info(`${element::count(\"li.product\")} products`);",
            run: |call| write(call, LogLevel::Info),
        },
        Function {
            name: "warn",
            takes: "text: any",
            gives: "",
            about: "Writes a line of level WARN.",
            fails: "",
            example: "log::warn(\"slower than yesterday\");",
            run: |call| write(call, LogLevel::Warn),
        },
        Function {
            name: "error",
            takes: "text: any",
            gives: "",
            about: "Writes a line of level ERROR; the run does not fail by it.",
            fails: "",
            example: "log::error(\"no stock\");",
            run: |call| write(call, LogLevel::Error),
        },
    ]],
};

#[expect(clippy::unnecessary_wraps, reason = "every function of a module may say no")]
fn write(call: &Call<'_>, level: LogLevel) -> Answer {
    call.host.log(level, &call.any(0).to_string());
    Ok(Dynamic::UNIT)
}
