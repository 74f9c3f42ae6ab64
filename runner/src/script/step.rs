//! `step(name, || ...)`: a named, timed part of a run with pictures; module `step` sets how steps behave.

use rhai::{Dynamic, EvalAltResult};

use super::failure::{Blame, HostError, meaning};
use super::host::{Host, Picture, StepSwitches};
use super::table::{Answer, Call, Function, Options, Table};
use crate::browser::Area;
use crate::run::{LogLevel, StepOutcome, StepRefused, limits};

/// Longest name of a step.
const NAME_CHARS_MAX: usize = 1_024;
const SWITCHES: &[&str] =
    &["screenshot_on_start", "screenshot_on_success", "screenshot_on_failure", "continue_on_failure"];

/// The function `step`.
pub(super) const STEP: Function = Function {
    name: "step",
    takes: "name: text, body: function, options?: map",
    gives: "what the function gives; `()` when it failed and the run goes on",
    about: "Runs a part of the script as a step of the report: timed, with pictures, and with a metric of its own. Steps \
may stand within steps: the inner one is called `outer > inner`. `options` are the switches of `step::configure`, for \
this step only.",
    fails: "what the function fails with",
    example: "step(\"add to cart\", || element::click(\"#buy\"), #{ screenshot_on_success: false });\n\
step(\"cart\", || {\n    step(\"shows the item\", || assert::equal(element::text(\"#cart\"), \"1 item\"));\n});",
    run: step,
};

pub(super) static TABLE: Table = Table {
    name: "step",
    about: "How steps behave.",
    functions: &[&[Function {
        name: "configure",
        takes: "options: map",
        gives: "",
        about: "Sets switches for the steps from now on: `screenshot_on_start` (false unless told otherwise), \
`screenshot_on_success` (true; a step that took a picture itself takes no other), `screenshot_on_failure` (true), \
`continue_on_failure` (false): a failed check ends its step only, and the run fails at its end.",
        fails: "",
        example: "step::configure(#{ screenshot_on_start: true, continue_on_failure: false });\n\
step(\"look\", || page::title());\nstep::configure(#{ screenshot_on_start: false });",
        run: |call| {
            let switches = read(call.options(0)?, call.host.step_switches())?;
            call.host.set_step_switches(switches);
            Ok(Dynamic::UNIT)
        },
    }]],
};

fn read(mut options: Options, before: StepSwitches) -> Result<StepSwitches, HostError> {
    let switches = StepSwitches {
        picture_at_start: options.truth("screenshot_on_start")?.unwrap_or(before.picture_at_start),
        picture_of_success: options.truth("screenshot_on_success")?.unwrap_or(before.picture_of_success),
        picture_of_failure: options.truth("screenshot_on_failure")?.unwrap_or(before.picture_of_failure),
        goes_on: options.truth("continue_on_failure")?.unwrap_or(before.goes_on),
    };
    options.end(SWITCHES)?;
    Ok(switches)
}

fn step(call: &Call<'_>) -> Answer {
    let host = call.host;
    let body = call.closure(1)?;
    let switches = read(call.options(2)?, host.step_switches())?;
    let name = host.clean(&call.text(0)?);
    begin(host, &name)?;
    host.record().log(LogLevel::Info, format!("step \"{name}\" begins"));
    if switches.picture_at_start {
        host.save_picture("starting", Picture::Fresh(Area::Viewport));
    }
    match body.call_within_context::<Dynamic>(call.context, ()) {
        Ok(value) => {
            // A picture costs a quarter of a second: the script's own is enough.
            if switches.picture_of_success && !host.record().has_step_picture(switches.picture_at_start) {
                host.save_picture("succeeded", Picture::Fresh(Area::Viewport));
            }
            host.record().log(LogLevel::Info, format!("step \"{name}\" passed"));
            host.record().end_step(StepOutcome::Passed, host.page_url());
            Ok(value)
        }
        Err(error) => {
            let blame = fail(host, &name, &error, switches);
            if switches.goes_on && blame == Blame::Check {
                host.defer(error);
                return Ok(Dynamic::UNIT);
            }
            Err(call.pass_on(error))
        }
    }
}

fn fail(host: &Host, name: &str, error: &EvalAltResult, switches: StepSwitches) -> Blame {
    let (blame, reason) = meaning(innermost(error));
    let reason = host.clean(&reason);
    let picture = match blame {
        Blame::Check | Blame::Script => Picture::Best,
        Blame::Deadline | Blame::Infrastructure | Blame::Stopped => Picture::Last,
    };
    if switches.picture_of_failure {
        host.save_picture("failed", picture);
    }
    host.record().log(LogLevel::Error, format!("step \"{name}\" failed: {reason}"));
    let url = if picture == Picture::Best { host.page_url() } else { None };
    host.record().end_step(StepOutcome::Failed { reason }, url);
    blame
}

fn begin(host: &Host, name: &str) -> Result<(), HostError> {
    if name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(HostError::script(format!("a step's name has 1 to {NAME_CHARS_MAX} characters")));
    }
    host.record().begin_step(name, host.page_url()).map_err(|refused| match refused {
        StepRefused::TooDeep => {
            HostError::script(format!("step \"{name}\" is within {} others", limits::STEPS_WITHIN_MAX))
        }
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
