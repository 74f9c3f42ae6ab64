//! What is done with a form that was sent.

use std::sync::Arc;

use axum::Form as Sent;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use siskin_blueprints::workflow::{self as script, Workflow};
use siskin_blueprints::{Arguments, Blueprint, Invalid, render};

use super::desk::{CanaryDesk, DeskError, NewCanary, Subject};
use super::form::Form;
use super::{head, parameters, trial, workflow, workflow_view};
use crate::edge::console::demo::is_same_origin;
use crate::edge::console::fault::PageError;
use crate::edge::console::layout::{self, Area, Page};
use crate::edge::console::link;
use crate::edge::console::page::Parameters;
use crate::edge::console::router::Console;

type Pairs = Vec<(String, String)>;

/// What is said above a form when it comes back.
#[derive(Debug, Default)]
struct Outcome {
    error: Option<String>,
    /// The name of the canary that was saved, and what it still needs.
    saved: Option<(String, Vec<String>)>,
    trial: Option<u64>,
}

/// Answers `GET /console/new/{blueprint}`.
pub(in crate::edge::console) async fn blank_blueprint(
    State(console): State<Console>,
    Path(name): Path<String>,
) -> Response {
    answered(&console, of_blueprint(&console, &name, &Form::default(), &Outcome::default(), None))
}

/// Answers `POST /console/new/{blueprint}`.
pub(in crate::edge::console) async fn blueprint_sent(
    State(console): State<Console>,
    Path(name): Path<String>,
    headers: HeaderMap,
    Sent(pairs): Sent<Pairs>,
) -> Response {
    answered(&console, sent_blueprint(&console, &headers, &name, &Form::new(pairs)))
}

/// Answers `GET /console/workflow`, with `canary` for one whose script is opened.
pub(in crate::edge::console) async fn open_workflow(
    State(console): State<Console>,
    Query(pairs): Query<Pairs>,
) -> Response {
    let parameters = Parameters::new(pairs);
    let opened = desk(&console).and_then(|desk| match parameters.first("canary") {
        "" => Ok((workflow::first(), Form::default())),
        canary => {
            let source = desk.open(canary).map_err(|error| PageError::BadAddress(error.to_string()))?;
            let opened = script::read(&source).map_err(|error| PageError::BadAddress(format!("{canary}: {error}")))?;
            Ok((opened, Form::new(vec![("canary".to_owned(), canary.to_owned())])))
        }
    });
    answered(&console, opened.and_then(|(opened, form)| of_workflow(&console, &opened, &form, &Outcome::default())))
}

/// Answers `POST /console/workflow`.
pub(in crate::edge::console) async fn workflow_sent(
    State(console): State<Console>,
    headers: HeaderMap,
    Sent(pairs): Sent<Pairs>,
) -> Response {
    answered(&console, sent_workflow(&console, &headers, &Form::new(pairs)))
}

fn answered(console: &Console, page: Result<Response, PageError>) -> Response {
    page.unwrap_or_else(|error| error.into_page(&console.state.frame(), Area::New))
}

fn desk(console: &Console) -> Result<&Arc<dyn CanaryDesk>, PageError> {
    let none = || PageError::NotFound("No canaries run here. Start everything in one process: siskin up".to_owned());
    console.state.desk.as_ref().ok_or_else(none)
}

fn sent_blueprint(console: &Console, headers: &HeaderMap, name: &str, form: &Form) -> Result<Response, PageError> {
    if !is_same_origin(headers) {
        return Err(PageError::ForeignOrigin);
    }
    let (desk, blueprint) = (desk(console)?, named(name)?);
    let (operation, of) = form.operation();
    if operation == "remove" {
        let form = parameters::without_row(form, of);
        return of_blueprint(console, name, &form, &Outcome::default(), None);
    }
    let mut outcome = Outcome::default();
    let given = parameters::given(blueprint, form);
    let parsed = given.and_then(|given| Arguments::parse(blueprint, given.clone()).map(|_| given));
    let given = match parsed {
        Ok(given) => given,
        // A list that grows is not finished.
        Err(_) if operation == "more" => return of_blueprint(console, name, form, &outcome, None),
        Err(invalid) => {
            outcome.error = Some(invalid.to_string());
            return of_blueprint(console, name, form, &outcome, Some(&invalid));
        }
    };
    let subject = Subject::Blueprint { name: blueprint.name, parameters: given };
    carry_out(desk, operation, form, subject, &mut outcome);
    of_blueprint(console, name, form, &outcome, None)
}

/// Tries out or saves, if the button was for that.
fn carry_out(desk: &Arc<dyn CanaryDesk>, operation: &str, form: &Form, subject: Subject, outcome: &mut Outcome) {
    let done = match operation {
        "try" => desk.try_out(&subject).map(|id| outcome.trial = Some(id)),
        "save" => save(desk, form, subject).map(|saved| outcome.saved = Some(saved)),
        _ => Ok(()),
    };
    if let Err(error) = done {
        outcome.error = Some(error.to_string());
    }
}

fn save(desk: &Arc<dyn CanaryDesk>, form: &Form, subject: Subject) -> Result<(String, Vec<String>), DeskError> {
    let opened = form.get("canary");
    if let (false, Subject::Script(source)) = (opened.is_empty(), &subject) {
        desk.replace(opened, source)?;
        return Ok((opened.to_owned(), Vec::new()));
    }
    let field = |name| form.trimmed(name).to_owned();
    let canary = NewCanary { name: field("name"), schedule: field("schedule"), timeout: field("timeout"), subject };
    let added = desk.add(&canary)?;
    Ok((canary.name, added.missing))
}

fn of_blueprint(
    console: &Console,
    name: &str,
    form: &Form,
    outcome: &Outcome,
    invalid: Option<&Invalid>,
) -> Result<Response, PageError> {
    let (desk, blueprint) = (desk(console)?, named(name)?);
    let script = parameters::given(blueprint, form)
        .and_then(|given| Arguments::parse(blueprint, given))
        .map(|arguments| render(blueprint, &arguments).source);
    let path = format!("/console/new/{}", blueprint.name);
    let body = html! {
        (layout::heading(&[("New canary", "/console/new")], &html! { (blueprint.name) }, &html! {}))
        (said(outcome, desk))
        form.build method="post" action=(path) {
            (head::enter())
            section.panel {
                p { (blueprint.summary) }
                (head::fields(form))
            }
            section.panel { div.fields { (parameters::fields(blueprint, form, invalid)) } }
            (buttons(&path, &format!("Add to {}", desk.file())))
        }
        (tried(outcome, desk))
        @if let Ok(script) = &script { section.panel #script { h2 { "The script that runs" } pre.script { code { (script) } } } }
    };
    Ok(page(console, blueprint.name, outcome, &body))
}

fn named(name: &str) -> Result<&'static Blueprint, PageError> {
    Blueprint::named(name).ok_or_else(|| PageError::NotFound(format!("There is no blueprint {name}.")))
}

fn sent_workflow(console: &Console, headers: &HeaderMap, form: &Form) -> Result<Response, PageError> {
    if !is_same_origin(headers) {
        return Err(PageError::ForeignOrigin);
    }
    let desk = desk(console)?;
    let mut outcome = Outcome::default();
    let mut own = workflow::sent(form);
    let (operation, _) = form.operation();
    if operation == "read" {
        match script::read(form.get("script")) {
            Ok(read) => own = read,
            Err(error) => outcome.error = Some(error.to_string()),
        }
    } else if !workflow::change(&mut own, form) {
        let source = own.check().map_err(|invalid| invalid.to_string()).and_then(|()| {
            let source = script::write(&own);
            desk.check(&source).map(|()| source).map_err(|error| error.to_string())
        });
        match source {
            Ok(source) => carry_out(desk, operation, form, Subject::Script(source), &mut outcome),
            Err(error) => outcome.error = Some(error),
        }
    }
    of_workflow(console, &own, form, &outcome)
}

fn of_workflow(console: &Console, own: &Workflow, form: &Form, outcome: &Outcome) -> Result<Response, PageError> {
    let desk = desk(console)?;
    let opened = form.get("canary");
    // What cannot run yet is shown as it was sent.
    let source = if own.check().is_ok() { script::write(own) } else { form.get("script").to_owned() };
    let rows = source.lines().count().clamp(8, 40);
    let title = if opened.is_empty() { "Workflow" } else { opened };
    let saves = if opened.is_empty() { format!("Add to {}", desk.file()) } else { format!("Save {opened}") };
    let body = html! {
        (layout::heading(&[("New canary", "/console/new")], &html! { (title) }, &html! {}))
        (said(outcome, desk))
        form.build method="post" action="/console/workflow" {
            (head::enter())
            input type="hidden" name="canary" value=(opened);
            @if opened.is_empty() { section.panel { (head::fields(form)) } }
            (workflow_view::steps(own))
            (buttons("/console/workflow", &saves))
            (tried(outcome, desk))
            section.panel #script {
                h2 { "The script" }
                p.hint { "Edits made here are read into the steps; what no step has a form for stays as code." }
                textarea.code name="script" rows=(rows) spellcheck="false" aria-label="The script" { "\n" (source) }
                p { (head::button("read", "Read the script", None, None)) }
            }
        }
    };
    Ok(page(console, title, outcome, &body))
}

fn buttons(path: &str, saves: &str) -> Markup {
    html! {
        div.buttons {
            (head::button("try", "Try it out", None, Some(&format!("{path}#trial"))))
            (head::button("save", saves, Some("good"), None))
            (head::button("look", "Check and show the script", None, Some(&format!("{path}#script"))))
        }
    }
}

fn said(outcome: &Outcome, desk: &Arc<dyn CanaryDesk>) -> Markup {
    html! {
        (head::told(outcome.error.as_deref()))
        @if let Some((name, missing)) = &outcome.saved {
            div.done role="status" {
                p { a href=(link::canary(name)) { (name) } " is in " code { (desk.file()) } "." }
                @if !missing.is_empty() {
                    p { "It takes secrets and variables from the environment: set " code { (missing.join(", ")) } " and start again." }
                }
            }
        }
    }
}

fn tried(outcome: &Outcome, desk: &Arc<dyn CanaryDesk>) -> Markup {
    html! { @if let Some(id) = outcome.trial { (trial::part(desk.trial(id).as_ref())) } }
}

fn page(console: &Console, title: &str, outcome: &Outcome, body: &Markup) -> Response {
    let live = outcome.trial.map(trial::live);
    let page = layout::page(&console.state.frame(), Page { area: Area::New, title, live: live.as_deref() }, body);
    let status = if outcome.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    (status, page).into_response()
}
