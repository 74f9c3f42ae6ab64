//! The program under test: `siskin` as it is.

use std::process::ExitCode;

fn main() -> ExitCode {
    siskin_backend::app::main()
}
