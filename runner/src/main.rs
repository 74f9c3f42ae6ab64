use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = siskin_runner::browser::reaper::run_if_requested() {
        return code;
    }
    ExitCode::SUCCESS
}
