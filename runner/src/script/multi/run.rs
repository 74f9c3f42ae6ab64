//! One check, from its texts to its outcomes.

use std::time::Duration;

use ::http::{HeaderMap, HeaderValue, header};
use rhai::{Array, Dynamic, Map};
use siskin_sdk::id::SpanId;
use tokio::time::Instant;

use super::plan::Plan;
use super::request;
use crate::check::multi::{
    Check, Facts, Outcome, ProbeError, Probing, SecretName, Unfilled, Values, judge, probe, target,
};
use crate::run::LogLevel;
use crate::script::failure::{Blame, HostError};
use crate::script::host::Host;
use crate::script::table::{Answer, Call};

pub(super) fn run(call: &Call<'_>) -> Answer {
    let plan = call.map(0)?.remove(Plan::KEY).and_then(Dynamic::try_cast::<Plan>);
    let plan = plan.ok_or_else(|| call.wrong(0, "one of the maps that multi::steps gives"))?;
    let extracted = plan.extracted();
    let secret = |name: &SecretName| known_secret(call.host, name);
    let values = Values { extracted: &extracted, secret: &secret };
    let began = Instant::now();
    let facts = ask(call.host, &plan, &values)?;
    let duration = began.elapsed();
    let mut outcomes = judge(&plan.step().assertions, &facts, &values).map_err(unfilled)?;
    let taken = extract(&plan, &facts, &values, &mut outcomes)?;
    tell(call.host, &plan, &outcomes);
    let broken: Vec<_> = outcomes.iter().filter(|outcome| !outcome.holds).map(shown).collect();
    if !broken.is_empty() {
        return Err(HostError::check(broken.join("\n")));
    }
    Ok(Map::from([
        ("duration_ms".into(), (duration.as_millis() as i64).into()),
        ("assertions".into(), outcomes.iter().map(as_map).collect::<Array>().into()),
        ("values".into(), taken.into()),
    ])
    .into())
}

fn known_secret(host: &Host, name: &SecretName) -> Result<String, Unfilled> {
    let text = name.of(host.secret(&name.name)).map_err(Unfilled::Secret)?;
    // A member alone is a secret, too.
    host.add_secret(&text);
    Ok(text)
}

/// A missing value is what a step before did not find; a missing secret is the canary's own fault.
pub(super) fn unfilled(unfilled: Unfilled) -> HostError {
    match unfilled {
        Unfilled::Value(message) => HostError::check(message),
        Unfilled::Secret(message) => HostError::script(message),
    }
}

fn ask(host: &Host, plan: &Plan, values: &Values<'_>) -> Result<Facts, HostError> {
    let step = plan.step();
    let url = target(&step.check, values).map_err(unfilled)?;
    if let Some(url) = &url {
        host.allow(url)?;
    }
    let within = step.timeout.milliseconds(values).map_err(unfilled)?;
    if let Check::Http(check) = &step.check {
        return request::ask(host, plan, check, within, values);
    }
    let mut headers = HeaderMap::from_iter([(header::USER_AGENT, user_agent(host, plan, values)?)]);
    host.caller().trace(SpanId::random(), &mut headers);
    let threads = host.bridge().runtime().clone();
    let probing = Probing { values, threads, now: host.record().now(), within: time_left(host, within), headers };
    let asked = host.bridge().wait_here(async { Ok(Box::pin(probe(step, &probing)).await) })?;
    let judged = asked.map_err(|error| match error {
        ProbeError::Failed(reason) => HostError::check(reason),
        ProbeError::Broken(reason) => HostError::new(Blame::Infrastructure, reason),
        ProbeError::Unfilled(reason) => unfilled(reason),
    });
    judged.map_err(|error| host.bridge().judged(error))
}

/// The earlier of the step's end and the run's.
fn time_left(host: &Host, within: Duration) -> Duration {
    within.min(host.bridge().deadline().saturating_duration_since(Instant::now()))
}

pub(super) fn user_agent(host: &Host, plan: &Plan, values: &Values<'_>) -> Result<HeaderValue, HostError> {
    let agent = plan.user_agent().map(|agent| agent.fill(values)).transpose().map_err(unfilled)?;
    let agent = agent.unwrap_or_else(|| host.user_agent().to_owned());
    HeaderValue::from_str(&agent).map_err(|_| HostError::script("userAgent has characters that no header can have"))
}

/// Takes out what the step is to; what is not there is an outcome.
fn extract(plan: &Plan, facts: &Facts, values: &Values<'_>, outcomes: &mut Vec<Outcome>) -> Result<Map, HostError> {
    let mut taken = Map::new();
    let body = facts.body().unwrap_or_default();
    for extractor in &plan.step().extractors {
        plan.forget(&extractor.name);
        match extractor.extract(&body, values).map_err(unfilled)? {
            Ok(value) => {
                plan.keep(&extractor.name, value.clone());
                taken.insert(extractor.name.as_str().into(), value.into());
            }
            Err(found) => {
                let assertion = format!("${{{}}} is extracted", extractor.name);
                outcomes.push(Outcome { assertion, found, holds: false });
            }
        }
    }
    Ok(taken)
}

fn tell(host: &Host, plan: &Plan, outcomes: &[Outcome]) {
    let (name, word) = (&plan.step().name, plan.step().check.word());
    for outcome in outcomes {
        let (level, holds) = if outcome.holds { (LogLevel::Info, "holds") } else { (LogLevel::Error, "does not hold") };
        host.log(level, &format!("{word} {name}: {} {holds}: found {}", outcome.assertion, outcome.found));
    }
}

fn shown(outcome: &Outcome) -> String {
    format!("{}: found {}", outcome.assertion, outcome.found)
}

fn as_map(outcome: &Outcome) -> Dynamic {
    Dynamic::from(Map::from([
        ("assertion".into(), outcome.assertion.clone().into()),
        ("found".into(), outcome.found.clone().into()),
        ("holds".into(), outcome.holds.into()),
    ]))
}
