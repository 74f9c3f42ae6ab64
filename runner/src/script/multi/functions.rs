//! What scripts call.

use rhai::{Array, Dynamic, Map};

use super::plan::Plan;
use super::run;
use crate::check::multi::Checks;
use crate::script::failure::HostError;
use crate::script::table::{Answer, Call, Function};

pub(super) static FUNCTIONS: &[Function] = &[
    Function {
        name: "steps",
        takes: "document: map or text",
        gives: "a list of maps of `name`, `type` (such as `HTTP`) and what `run` needs, in the order of the steps",
        about: "Reads a multi-checks document, a map or a JSON text. What its steps extract is shared by this list.",
        fails: "the document has mistakes, all of which are told",
        example: "let checks = multi::steps(#{ steps: #{ \"1\": #{\n    \
stepName: \"stock\", checkerType: \"HTTP\", url: \"https://shop.example/stock\", httpMethod: \"GET\",\n\
} } });\nassert::equal(checks[0].type, \"HTTP\");",
        run: steps,
    },
    Function {
        name: "run",
        takes: "check: map",
        gives: "a map of `duration_ms`, `assertions` (a list of maps of `assertion`, `found` and `holds`) and `values` (what was \
extracted)",
        about: "Makes one check of `steps`. What it extracts is there for the checks after it. Each assertion is a line of the \
log.",
        fails: "an assertion does not hold, nothing is extracted, or no answer comes in time; a host is not allowed to the \
canary; a secret is missing",
        example: "let document = #{ steps: #{ \"1\": #{\n    \
stepName: \"stock\", checkerType: \"HTTP\", url: \"https://shop.example/stock\", httpMethod: \"GET\",\n    \
assertions: [#{ type: \"BODY\", path: \"$.tea\", operator: \"EQUALS\", value: \"3\" }],\n\
} } };\nfor check in multi::steps(document) {\n    step(check.name, || multi::run(check), #{ continue_on_failure: true });\n}",
        run: run::run,
    },
];

fn steps(call: &Call<'_>) -> Answer {
    let given = call.any(0);
    let read = if given.is_string() { Checks::parse(&call.text(0)?) } else { Checks::read(&call.json(0)?) };
    let checks = read.map_err(|faults| {
        let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
        HostError::script(format!("`document` of multi::steps:\n{}", told.join("\n")))
    })?;
    let all = Plan::all(checks).into_iter().map(|plan| {
        Dynamic::from(Map::from([
            ("name".into(), plan.step().name.clone().into()),
            ("type".into(), plan.step().check.word().into()),
            (Plan::KEY.into(), Dynamic::from(plan)),
        ]))
    });
    Ok(all.collect::<Array>().into())
}
