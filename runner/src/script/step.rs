//! `step(name, || ...)`: a named, timed part of a run with pictures of its end.

use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext, Position};

use super::failure::{Blame, HostError, meaning};
use super::host::{Host, Picture};
use crate::browser::Area;
use crate::run::{LogLevel, StepOutcome, StepRefused, limits};

/// Longest name of a step.
const NAME_CHARS_MAX: usize = 1_024;

pub(super) fn register(engine: &mut Engine, host: &Host) {
    let host = host.clone();
    engine.register_fn("step", move |context: NativeCallContext<'_>, name: &str, body: FnPtr| {
        step(&host, &context, name, &body)
    });
}

fn step(host: &Host, context: &NativeCallContext<'_>, name: &str, body: &FnPtr) -> Result<Dynamic, Box<EvalAltResult>> {
    begin(host, name).map_err(|error| error.raised(Position::NONE))?;
    host.record().log(LogLevel::Info, format!("step \"{name}\" begins"));
    let result = body.call_within_context::<Dynamic>(context, ());
    match &result {
        Ok(_) => {
            // A picture costs a quarter of a second: the script's own is enough.
            if !host.record().has_step_picture() {
                host.save_picture("succeeded", Picture::Fresh(Area::Viewport));
            }
            host.record().log(LogLevel::Info, format!("step \"{name}\" passed"));
            host.record().end_step(StepOutcome::Passed, host.page_url());
        }
        Err(error) => {
            let (blame, reason) = meaning(innermost(error));
            let picture = match blame {
                Blame::Check | Blame::Script => Picture::Best,
                Blame::Deadline | Blame::Infrastructure | Blame::Stopped => Picture::Last,
            };
            host.save_picture("failed", picture);
            host.record().log(LogLevel::Error, format!("step \"{name}\" failed: {reason}"));
            let url = if picture == Picture::Best { host.page_url() } else { None };
            host.record().end_step(StepOutcome::Failed { reason }, url);
        }
    }
    result
}

fn begin(host: &Host, name: &str) -> Result<(), HostError> {
    if name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(HostError::script(format!("a step's name has 1 to {NAME_CHARS_MAX} characters")));
    }
    host.record().begin_step(name, host.page_url()).map_err(|refused| match refused {
        StepRefused::Nested => HostError::script(format!("step \"{name}\" is inside another step")),
        StepRefused::TooMany => HostError::script(format!("a run has at most {} steps", limits::STEPS_MAX)),
    })
}

fn innermost(error: &EvalAltResult) -> &EvalAltResult {
    let mut inner = error;
    while let EvalAltResult::ErrorInFunctionCall(_, _, source, _) = inner {
        inner = source;
    }
    inner
}
