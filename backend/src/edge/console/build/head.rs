//! Fields that every canary has, and the buttons of a form.

use maud::{Markup, html};

use super::form::Form;

/// Name, schedule and timeout of the canary that a form makes.
pub(super) fn fields(form: &Form) -> Markup {
    let schedule = match form.get("schedule") {
        "" => "rate(5 minutes)",
        given => given,
    };
    html! {
        div.fields {
            (text("name", "Name", form.get("name"), "1 to 255 of 0-9, a-z, _ and -"))
            (text("schedule", "Schedule", schedule, "such as rate(5 minutes), cron(0 8 ? * MON-FRI *) or 0 8 * * 1-5"))
            (text("timeout", "Timeout", form.get("timeout"), "such as 30s or 2m; 30s without it"))
        }
    }
}

/// A line of text.
pub(super) fn text(name: &str, label: &str, value: &str, hint: &str) -> Markup {
    html! {
        label.field {
            span.label { (label) }
            input name=(name) value=(value) autocomplete="off" spellcheck="false";
            @if !hint.is_empty() { span.hint { (hint) } }
        }
    }
}

/// What went wrong, if something did, for people and their screen readers.
pub(super) fn told(error: Option<&str>) -> Markup {
    html! {
        @if let Some(error) = error {
            div.alert role="alert" { @for line in error.lines() { p { (line) } } }
        }
    }
}

/// A button that sends the form for a purpose, after which the page is read on at `place`.
pub(super) fn button(operation: &str, label: &str, class: Option<&str>, place: Option<&str>) -> Markup {
    html! { button type="submit" name="op" value=(operation) class=[class] formaction=[place] { (label) } }
}

/// What Enter in a field presses, the first button of its form: it shows and checks, and changes nothing.
pub(super) fn enter() -> Markup {
    html! { button.quiet type="submit" name="op" value="look" tabindex="-1" aria-hidden="true" {} }
}
