//! One comparison: why, pictures, regions, environment.

use super::environment;
use super::list::{capital, class, id, mark};
use super::pictures::{Album, stage};
use crate::report::html::element::push;
use crate::report::junit::xml;
use crate::report::visual::approving::{Approving, approve_command};
use crate::report::visual::words::{UNSTABLE, grouped, percent, plural};
use crate::visual::{PixelCounts, VisualComparison};

pub(super) fn article(out: &mut String, comparison: &VisualComparison, album: &Album<'_>, approving: Approving<'_>) {
    let status = comparison.status;
    let key = xml(&comparison.key);
    push(
        out,
        format_args!(
            "<article id=\"{id}\" data-key=\"{key}\" data-status=\"{class}\" tabindex=\"-1\" aria-label=\"{key}\">\n\
             <div class=\"title\"><div><h2>{page}</h2><p class=\"key\"><code>{key}</code>{url}</p></div>\
             <p class=\"badge {class}\">{mark}{word}</p></div>\n<p class=\"reason\">{reason}</p>\n",
            id = xml(&id(&comparison.key)),
            class = class(status),
            page = xml(&comparison.page),
            url = address(comparison.url.as_deref()),
            mark = mark(status),
            word = capital(status.word()),
            reason = xml(&comparison.reason),
        ),
    );
    if !comparison.is_stable {
        push(out, format_args!("<p class=\"warning\">{}.</p>\n", capital(UNSTABLE)));
    }
    facts(out, comparison);
    if status.can_be_approved() {
        approve(out, comparison, approving);
    }
    toolbar(out, comparison);
    regions(out, comparison);
    stage(out, comparison, album);
    environment::section(out, comparison);
    out.push_str("</article>\n");
}

/// Pages are on the web; whatever else the text may be is no link.
fn address(url: Option<&str>) -> String {
    match url {
        None => String::new(),
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => {
            format!(" <a href=\"{url}\" rel=\"noopener noreferrer\" target=\"_blank\">{url}</a>", url = xml(url))
        }
        Some(url) => format!(" <span>{}</span>", xml(url)),
    }
}

fn facts(out: &mut String, comparison: &VisualComparison) {
    if comparison.pixels.is_none() && comparison.size_change.is_none() {
        return;
    }
    out.push_str("<dl class=\"facts\">");
    if let Some(pixels) = comparison.pixels {
        let PixelCounts { total, ignored, antialiased, shifted, changed, percent: _ } = pixels;
        let share = xml(&percent(&pixels));
        push(
            out,
            format_args!(
                "<div><dt>Changed</dt><dd><b>{share}</b> {} of {}</dd></div>",
                grouped(changed),
                plural(total - ignored.min(total), "pixel"),
            ),
        );
        let others =
            [("Anti-aliasing, tolerated", antialiased), ("Glyphs aside, tolerated", shifted), ("Ignored", ignored)];
        for (name, count) in others.into_iter().filter(|(_, count)| *count > 0) {
            push(out, format_args!("<div><dt>{name}</dt><dd>{}</dd></div>", grouped(count)));
        }
    }
    if let Some(change) = &comparison.size_change {
        push(out, format_args!("<div><dt>Size</dt><dd>{}</dd></div>", xml(change)));
    }
    out.push_str("</dl>\n");
}

fn approve(out: &mut String, comparison: &VisualComparison, approving: Approving<'_>) {
    out.push_str("<div class=\"approve\">");
    match approving {
        Approving::Command { path } => push(
            out,
            format_args!(
                "<span>To approve:</span><div class=\"copied\"><code>{}</code><button type=\"button\" class=\"js\" \
                 data-act=\"copy\" aria-keyshortcuts=\"a\">Copy <kbd>a</kbd></button></div>",
                xml(&approve_command(path, &[&comparison.key]))
            ),
        ),
        Approving::Server { .. } => out.push_str(
            "<button type=\"button\" class=\"primary js\" data-act=\"approve\" aria-keyshortcuts=\"a\">Approve \
             <kbd>a</kbd></button><p class=\"outcome\" hidden></p>",
        ),
    }
    out.push_str("</div>\n");
}

/// The views, with the key of each, and which pictures it needs.
const VIEWS: &[(&str, &str, &str)] = &[
    ("side", "Side by side", "1"),
    ("slider", "Slider", "2"),
    ("blink", "Blink", "3"),
    ("diff", "Diff", "4"),
    ("actual", "Now", "5"),
    ("baseline", "Baseline", "6"),
];

fn toolbar(out: &mut String, comparison: &VisualComparison) {
    let files = &comparison.files;
    let (actual, baseline, diff) = (files.actual.is_some(), files.baseline.is_some(), files.diff.is_some());
    if !(actual || baseline || diff) {
        return;
    }
    out.push_str("<div class=\"tools js\" role=\"group\" aria-label=\"View\"><div class=\"views\" role=\"group\" aria-label=\"Pictures\">");
    for (view, name, key) in VIEWS {
        let has = match *view {
            "diff" => diff,
            "actual" => actual,
            "baseline" => baseline,
            _ => actual && baseline,
        };
        if has {
            push(
                out,
                format_args!(
                    "<button type=\"button\" data-view=\"{view}\" aria-pressed=\"false\" aria-keyshortcuts=\"{key}\">{name}\
                     <kbd>{key}</kbd></button>"
                ),
            );
        }
    }
    out.push_str("</div>");
    if actual && baseline {
        out.push_str(
            "<label class=\"for-slider\">Baseline <input type=\"range\" min=\"0\" max=\"100\" step=\"1\" value=\"50\" \
             data-act=\"slide\" aria-label=\"Share of the baseline, from the left\"> Now</label>\
             <span class=\"for-blink\"><button type=\"button\" data-act=\"blink\" aria-pressed=\"false\">Play</button>\
             <label>every <select data-act=\"speed\"><option value=\"400\">0.4 s</option>\
             <option value=\"700\" selected>0.7 s</option><option value=\"1200\">1.2 s</option>\
             <option value=\"2500\">2.5 s</option></select></label></span>",
        );
    }
    out.push_str("<span class=\"end\">");
    if !comparison.regions.is_empty() {
        out.push_str(
            "<button type=\"button\" data-act=\"outline\" aria-pressed=\"false\" aria-keyshortcuts=\"r\">Regions\
             <kbd>r</kbd></button>",
        );
    }
    out.push_str(
        "<button type=\"button\" data-act=\"zoom\" aria-pressed=\"false\" aria-keyshortcuts=\"z\">100 %<kbd>z</kbd></button>\
         </span></div>\n",
    );
}

fn regions(out: &mut String, comparison: &VisualComparison) {
    if comparison.regions.is_empty() {
        return;
    }
    push(
        out,
        format_args!(
            "<section class=\"regions\"><h3>Changed regions <small>{}</small></h3><ol>\n",
            comparison.regions.len()
        ),
    );
    for region in &comparison.regions {
        push(
            out,
            format_args!(
                "<li><button type=\"button\" data-act=\"region\" data-x=\"{x}\" data-y=\"{y}\" data-width=\"{width}\" \
                 data-height=\"{height}\"><b>{change}</b> <span>{width}×{height} at {x},{y}</span> <small>{pixels}</small>\
                 </button></li>\n",
                x = region.x,
                y = region.y,
                width = region.width,
                height = region.height,
                change = xml(&capital(&region.change)),
                pixels = plural(region.changed, "pixel"),
            ),
        );
    }
    out.push_str("</ol></section>\n");
}
