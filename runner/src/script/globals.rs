//! Functions that stand alone.

use std::time::Duration;

use rhai::{Dynamic, EvalAltResult, FuncRegistration, Module, NativeCallContext};

use super::failure::HostError;
use super::host::Host;
use super::step::STEP;
use super::table::{Function, Table, host_of};

/// The functions without a module.
pub(super) static TABLE: Table = Table {
    name: "",
    about: "Functions that stand alone. Of Rhai itself there are its operators and its functions for texts, numbers, \
lists and maps; `print` and `debug` write to the run's log. `eval` and `import` are none.",
    functions: &[&[
        STEP,
        Function {
            name: "variable",
            takes: "name: text",
            gives: "a text",
            about: "A variable of the canary: `variables` of its file, or `--param NAME=VALUE`.",
            fails: "the canary has none of this name",
            example: "page::open(variable(\"url\"));",
            run: |call| {
                let name = call.text(0)?;
                let value = call.host.variable(&name).map(str::to_owned);
                let none = || HostError::script(format!("this canary has no variable \"{name}\""));
                value.map(Dynamic::from).ok_or_else(none)
            },
        },
        Function {
            name: "sleep",
            takes: "seconds: number",
            gives: "",
            about: "Does nothing for a while, at most until the run's time is over. Waiting for something is better.",
            fails: "",
            example: "sleep(0.1);",
            run: |call| {
                let seconds = call.number(0)?;
                let wait = Duration::try_from_secs_f64(seconds);
                let wait = wait.map_err(|_| call.wrong(0, "a number of seconds from 0 on"))?;
                sleep(call.host, wait).map(|()| Dynamic::UNIT)
            },
        },
    ]],
};

/// Takes the place of Rhai's own `sleep`, which would hold the thread beyond the deadline.
pub(super) fn register_sleep(global: &mut Module) {
    let sleeps = |context: &NativeCallContext<'_>, seconds: f64| -> Result<(), Box<EvalAltResult>> {
        let rule = || HostError::script(format!("`seconds` of sleep is a number of seconds from 0 on, not {seconds}"));
        let wait = Duration::try_from_secs_f64(seconds).map_err(|_| rule());
        let slept = wait.and_then(|wait| sleep(&host_of(context)?, wait));
        slept.map_err(|error| error.raised(context.call_position()))
    };
    let registration = || FuncRegistration::new("sleep").in_global_namespace();
    registration()
        .set_into_module(global, move |context: NativeCallContext<'_>, seconds: i64| sleeps(&context, seconds as f64));
    registration()
        .set_into_module(global, move |context: NativeCallContext<'_>, seconds: f64| sleeps(&context, seconds));
}

fn sleep(host: &Host, wait: Duration) -> Result<(), HostError> {
    let until = host.bridge().within(wait);
    host.bridge().wait(async {
        tokio::time::sleep_until(until).await;
        host.bridge().ended().map_or(Ok(()), Err)
    })
}
