//! End-to-end tests: one binary, one file per promise of the README.

use std::path::PathBuf;

use siskin_tests::Siskin;

mod builder; // canaries made in the console
mod clients; // other people's clients work unchanged
mod crash; // what was acknowledged survives SIGKILL
mod demo; // `siskin up --demo`, from the first run to the alarm, looked at in Chrome
mod faults; // bad input and a hostile machine: one sentence, exit code 2
mod hang; // a page that never answers costs one run, not the schedule
mod interop; // what the SDK sends, read by other software
mod one_trace; // Amazon's X-Ray SDKs and ours in one trace
mod tidy; // rules of the house that no lint knows

/// The program under test.
fn siskin() -> Siskin {
    Siskin(PathBuf::from(env!("CARGO_BIN_EXE_siskin-it")))
}

/// The service with the SDK in it.
fn traced() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_siskin-it-traced"))
}
