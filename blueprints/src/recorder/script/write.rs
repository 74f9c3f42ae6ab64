//! The script as a whole: its head, its steps, the functions that it needs.

use super::call::{Call, comment};
use super::place::Whereabouts;
use super::step::write_step;
use crate::literal::string;
use crate::recorder::{Action, Recording, Step, address};

/// Runs take 30 s unless told otherwise, and a step about one.
const STEPS_OF_SHORT_RUNS: usize = 15;
/// Longest run that there is.
const RUN_MINUTES_MAX: usize = 14;
/// Longest name of a step that is made from a title.
const NAME_CHARS_MAX: usize = 60;

/// How a recording is written as a script.
#[derive(Clone, Copy, Debug)]
pub struct ScriptOptions<'a> {
    /// Name of the script's file, for the line that tells how to run it.
    pub file: &'a str,
    /// Clicks go to where in the element they were recorded, not to its middle.
    pub positions: bool,
}

/// The lines of a script while it is written.
pub(super) struct Lines {
    text: String,
    indent: usize,
    functions: Vec<&'static (&'static str, &'static str)>,
}

impl Lines {
    pub(super) fn call(&mut self, call: &Call) {
        let written = call.written(self.indent);
        self.line(&format!("{written};"));
    }

    pub(super) fn comment(&mut self, text: &str) {
        let text = comment(text);
        self.line(format!("// {text}").trim_end());
    }

    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(&" ".repeat(self.indent));
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub(super) fn indent(&self) -> usize {
        self.indent
    }

    /// Has the script bring a function along.
    pub(super) fn function(&mut self, function: &'static (&'static str, &'static str)) {
        if !self.functions.iter().any(|known| known.0 == function.0) {
            self.functions.push(function);
        }
    }
}

/// Writes a recording as a script for `siskin-runner run`.
///
/// Everything between two pages is one step of the report, called by the page's title or path.
pub fn write(recording: &Recording, options: &ScriptOptions<'_>) -> String {
    let mut lines = Lines { text: String::new(), indent: 0, functions: Vec::new() };
    head(recording, options, &mut lines);
    let mut whereabouts = Whereabouts::new();
    let steps = merged(&recording.steps);
    let mut before = None;
    for (number, group) in groups(&steps).into_iter().enumerate() {
        lines.text.push('\n');
        let name = format!("{}. {}", number + 1, name(group));
        lines.line(&format!("step({}, || {{", string(&name)));
        lines.indent = 4;
        for step in group {
            write_step(step, before, recording.timeout_ms, options, &mut whereabouts, &mut lines);
            before = Some(*step);
        }
        lines.indent = 0;
        lines.line("});");
    }
    for function in std::mem::take(&mut lines.functions) {
        lines.text.push('\n');
        lines.text.push_str(function.1);
    }
    lines.text
}

fn head(recording: &Recording, options: &ScriptOptions<'_>, lines: &mut Lines) {
    lines.comment(&recording.title);
    lines.line("//");
    let mut run = vec![format!("Run it: siskin-runner run {}", options.file)];
    run.extend(recording.hosts().iter().map(|host| format!("--allow-host {host}")));
    run.extend(recording.secrets().iter().map(|name| format!("--secret {name}={}", name.to_uppercase())));
    if recording.steps.len() > STEPS_OF_SHORT_RUNS {
        let minutes = recording.steps.len().div_ceil(60) + 1;
        run.push(format!("--timeout {}m", minutes.min(RUN_MINUTES_MAX)));
    }
    lines.comment(&run.join(" "));
}

/// Without clicks into a field that is filled next: filling it gives it the focus, and a `select` would open.
fn merged(steps: &[Step]) -> Vec<&Step> {
    let fills = |step: &Step, clicked: &Step| match (&step.action, &clicked.action) {
        (
            Action::Change { on, .. } | Action::Select { on, .. } | Action::SetFiles { on, .. },
            Action::Click { on: clicked_on, pointer },
        ) => on == clicked_on && pointer.held.is_empty() && pointer.button == crate::recorder::Button::Primary,
        _ => false,
    };
    let is_kept = |at: usize, step: &Step| {
        let next = steps.get(at + 1);
        !(step.navigations.is_empty() && next.is_some_and(|next| next.place == step.place && fills(next, step)))
    };
    steps.iter().enumerate().filter(|(at, step)| is_kept(*at, step)).map(|(_, step)| step).collect()
}

/// A group begins where a page was opened, and after each step that led to another page.
fn groups<'a, 'b>(steps: &'b [&'a Step]) -> Vec<&'b [&'a Step]> {
    let opens = |step: &Step| matches!(step.action, Action::Navigate { .. });
    steps
        .chunk_by(|one, next| {
            let set_up = matches!(one.action, Action::SetScreen(_) | Action::SetNetwork(_)) && opens(next);
            set_up || (!opens(next) && (opens(one) || one.navigations.is_empty()))
        })
        .collect()
}

/// What a group is called: the title or path of its page if it opens one, else what is done first.
fn name(group: &[&Step]) -> String {
    let opened = group.iter().find_map(|step| match &step.action {
        Action::Navigate { url } => Some((step, url)),
        _ => None,
    });
    if let Some((step, url)) = opened {
        let title =
            step.navigations.iter().rev().find_map(|one| address::stable_title(one.title.as_deref()?, Some(url)));
        return title.map_or_else(|| format!("open {}", path(url)), |title| format!("open {}", short(title)));
    }
    let led_to = group.iter().rev().find_map(|step| step.navigations.last());
    let title = led_to.and_then(|to| address::stable_title(to.title.as_deref()?, to.url.as_deref()));
    match (title, led_to.and_then(|to| to.url.as_deref())) {
        (Some(title), _) => format!("to {}", short(title)),
        (None, Some(url)) => format!("to {}", path(url)),
        (None, None) => "go on".to_owned(),
    }
}

fn path(url: &str) -> String {
    let stable = address::stable(url);
    short(&url::Url::parse(&stable).map_or(stable.clone(), |url| url.path().to_owned()))
}

fn short(text: &str) -> String {
    match text.char_indices().nth(NAME_CHARS_MAX) {
        Some((cut, _)) => format!("{}...", text.get(..cut).unwrap_or_default()),
        None => text.to_owned(),
    }
}
