//! All comparisons, the worst first, in groups of one status.

use crate::report::html::element::push;
use crate::report::junit::xml;
use crate::report::visual::approving::{Approving, approvable, approve_command, quoted};
use crate::report::visual::words::{plural, short_percent};
use crate::visual::{VisualComparison, VisualStatus};

use super::pictures::beside;

pub(super) fn section(out: &mut String, sorted: &[&VisualComparison], approving: Approving<'_>) {
    out.push_str("<nav aria-label=\"Comparisons\">\n");
    out.push_str(
        "<label class=\"filter js\"><span class=\"unseen\">Filter by page, URL or reason</span><input type=\"search\" \
         placeholder=\"Filter by page, URL or reason\" autocomplete=\"off\" spellcheck=\"false\" aria-keyshortcuts=\"/\">\
         <kbd>/</kbd></label>\n",
    );
    approve_several(out, sorted, approving);
    for status in VisualStatus::ALL {
        let of_status: Vec<_> = sorted.iter().filter(|one| one.status == status).collect();
        if of_status.is_empty() {
            continue;
        }
        let open = if status == VisualStatus::Matched { "" } else { " open" };
        push(
            out,
            format_args!(
                "<details class=\"group\" data-status=\"{class}\"{open}><summary>{mark}<span>{word}</span> \
                 <small>{count}</small></summary><ol>\n",
                class = class(status),
                mark = mark(status),
                word = capital(status.word()),
                count = of_status.len(),
            ),
        );
        for comparison in of_status {
            row(out, comparison);
        }
        out.push_str("</ol></details>\n");
    }
    out.push_str("</nav>\n");
}

/// Buttons, or the command, for all that can be approved and for what is selected.
fn approve_several(out: &mut String, sorted: &[&VisualComparison], approving: Approving<'_>) {
    let keys = approvable(sorted);
    if keys.is_empty() {
        return;
    }
    let all = plural(keys.len() as u64, "picture");
    out.push_str("<div class=\"several\">");
    match approving {
        Approving::Command { path } => push(
            out,
            format_args!(
                "<details class=\"command\"><summary><span class=\"what\">Approve all {all}</span></summary>\
                 <p>Run where this report lies:</p><div class=\"copied\"><code data-role=\"several\">{}</code>\
                 <button type=\"button\" class=\"js\" data-act=\"copy\">Copy</button></div></details>",
                xml(&approve_command(path, &keys))
            ),
        ),
        Approving::Server { .. } => push(
            out,
            format_args!(
                "<button type=\"button\" class=\"js\" data-act=\"approve-several\"><span class=\"what\">Approve all {all}\
                 </span></button><p class=\"outcome\" hidden></p><noscript>The buttons that approve need \
                 JavaScript.</noscript>"
            ),
        ),
    }
    out.push_str("</div>\n");
}

fn row(out: &mut String, comparison: &VisualComparison) {
    let key = xml(&comparison.key);
    let is_row_only = comparison.status == VisualStatus::Matched;
    push(out, format_args!("<li data-key=\"{key}\" data-status=\"{}\">", class(comparison.status)));
    if comparison.status.can_be_approved() {
        push(
            out,
            format_args!(
                "<input type=\"checkbox\" class=\"js\" aria-label=\"Select {key}\" data-word=\"{}\">",
                xml(&quoted(&comparison.key))
            ),
        );
    }
    let about = match (&comparison.pixels, comparison.status) {
        (Some(pixels), VisualStatus::Different | VisualStatus::OtherEnvironment) => xml(&short_percent(pixels)),
        _ => String::new(),
    };
    let of_page = comparison.key.strip_prefix(&comparison.page).and_then(|rest| rest.strip_prefix('.'));
    let inside = format!(
        "<span class=\"thumb js\" aria-hidden=\"true\"></span><span class=\"name\" title=\"{key}\"><b>{}</b><small>{}</small></span>\
         <span class=\"n\">{about}</span>",
        xml(&comparison.page),
        xml(of_page.unwrap_or(&comparison.key)),
    );
    if is_row_only {
        push(out, format_args!("<div class=\"row\" title=\"{}\">{inside}", xml(&comparison.reason)));
        for (word, file) in [("picture", &comparison.files.actual), ("baseline", &comparison.files.baseline)] {
            if let Some(file) = file {
                push(out, format_args!("<a class=\"file\" href=\"{}\">{word}</a>", beside(file)));
            }
        }
        out.push_str("</div></li>\n");
    } else {
        push(out, format_args!("<a class=\"row\" href=\"#{}\">{inside}</a></li>\n", xml(&fragment(&comparison.key))));
    }
}

/// The id of a comparison's sheet; it cannot be an id that the page uses otherwise.
pub(super) fn id(key: &str) -> String {
    format!("at-{key}")
}

fn fragment(key: &str) -> String {
    percent_encoding::utf8_percent_encode(&id(key), percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The status as the style sheet knows it.
pub(super) fn class(status: VisualStatus) -> &'static str {
    match status {
        VisualStatus::Matched => "matched",
        VisualStatus::Different => "different",
        VisualStatus::Missing => "missing",
        VisualStatus::New => "new",
        VisualStatus::Updated => "updated",
        VisualStatus::OtherEnvironment => "other",
        VisualStatus::Failed => "failed",
    }
}

/// A sign for those who do not tell its colour apart.
pub(super) fn mark(status: VisualStatus) -> String {
    let sign = match status {
        VisualStatus::Matched => "✓",
        VisualStatus::Different => "≠",
        VisualStatus::Missing => "?",
        VisualStatus::New => "+",
        VisualStatus::Updated => "↑",
        VisualStatus::OtherEnvironment => "~",
        VisualStatus::Failed => "✗",
    };
    format!("<i class=\"mark {}\" aria-hidden=\"true\">{sign}</i>", class(status))
}

pub(super) fn capital(word: &str) -> String {
    let mut rest = word.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}
