//! `siskin`: backend, console and canary runner in one.

use std::process::ExitCode;

fn main() -> ExitCode {
    siskin_backend::app::main()
}
