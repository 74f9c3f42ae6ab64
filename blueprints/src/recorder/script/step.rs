//! One step of a recording as lines of a script.

use serde_json::{Map, Value, json};

use super::call::{Call, selector};
use super::functions::{ALL_HAVE, EXPECT_TEXT, WAIT_UNTIL};
use super::place::Whereabouts;
use super::write::{Lines, ScriptOptions};
use crate::recorder::{
    Action, Button, ChosenFile, Comparison, Content, Expectation, Network, Path, Pointer, Screen, Selector, Step, Tab,
    Travel, Value as FieldValue, address,
};

/// What the runner waits for unless it is told, in seconds.
const WAIT_S: u32 = 10;

/// Writes a step, and what is known of the page that it led to.
pub(super) fn write_step(
    step: &Step,
    before: Option<&Step>,
    timeout_ms: Option<u32>,
    options: &ScriptOptions<'_>,
    whereabouts: &mut Whereabouts,
    lines: &mut Lines,
) {
    if let Action::Close { by_page } = step.action {
        close(step, by_page, whereabouts, lines);
    } else if !whereabouts.turn_to(step, lines) {
        let wait = step.timeout_ms.or(timeout_ms);
        write_action(step, before, &Context { wait, positions: options.positions }, lines);
    }
    whereabouts.follow(step);
    arrived(step, lines);
}

/// What holds for all of a step's calls.
struct Context {
    /// In milliseconds.
    wait: Option<u32>,
    positions: bool,
}

impl Context {
    fn options(&self) -> Map<String, Value> {
        self.wait.map(|ms| ("timeout_ms".to_owned(), json!(ms))).into_iter().collect()
    }

    fn wait_s(&self) -> u32 {
        self.wait.map_or(WAIT_S, |ms| ms.div_ceil(1_000))
    }
}

fn close(step: &Step, by_page: bool, whereabouts: &mut Whereabouts, lines: &mut Lines) {
    if by_page {
        return lines.comment("The page closes its tab.");
    }
    if whereabouts.is_last(step) {
        return lines.comment("The last tab was closed; a run closes it itself.");
    }
    if !whereabouts.turn_to(step, lines) {
        lines.call(&Call::new("page::close_tab"));
    }
}

fn write_action(step: &Step, before: Option<&Step>, context: &Context, lines: &mut Lines) {
    let options = || context.options();
    let element = |function, on: &[Path]| Call::new(function).on(on);
    match &step.action {
        Action::SetScreen(screen) => lines.call(&set_screen(screen)),
        Action::SetNetwork(network) => lines.call(&set_network(network)),
        Action::Navigate { url } => navigate(url, before, options(), lines),
        Action::Travel(Travel::Back) => lines.call(&Call::new("page::back")),
        Action::Travel(Travel::Forward) => lines.call(&Call::new("page::forward")),
        Action::Travel(Travel::Reload) => lines.call(&Call::new("page::reload")),
        Action::Click { on, pointer } => {
            lines.call(&element("element::click", on).options(pointer_options(on, pointer, context)));
        }
        Action::DoubleClick { on, pointer } => {
            lines.call(&element("element::dblclick", on).options(pointer_options(on, pointer, context)));
        }
        Action::Hover { on } => lines.call(&element("element::hover", on).options(options())),
        Action::Change { on, value } => {
            let call = element("element::fill", on);
            let call = match value {
                FieldValue::Text(text) => call.value(text.as_str()),
                FieldValue::Secret(name) => call.source(Call::new("secret::get").value(name.as_str()).written(0)),
            };
            lines.call(&call.options(options()));
        }
        Action::Select { on, options: chosen } => {
            let chosen = if let [one] = chosen.as_slice() { json!(one) } else { json!(chosen) };
            lines.call(&element("element::select_option", on).value(chosen).options(options()));
        }
        Action::Check { on, checked } => {
            let function = if *checked { "element::check" } else { "element::uncheck" };
            lines.call(&element(function, on).options(options()));
        }
        Action::SetFiles { on, files } => set_files(on, files, options(), lines),
        Action::Press { on: Some(on), chord } => {
            lines.call(&element("element::press", on).value(chord.to_string()).options(options()));
        }
        Action::Press { on: None, chord } => lines.call(&Call::new("page::press").value(chord.to_string())),
        Action::Scroll { on, x, y } => scroll(on.as_deref(), [*x, *y], context, lines),
        Action::Dialog { accept: true, text } => {
            let call = Call::new("page::accept_dialog");
            lines.call(&text.as_deref().into_iter().fold(call, Call::value));
        }
        Action::Dialog { accept: false, .. } => lines.call(&Call::new("page::dismiss_dialog")),
        Action::WaitForElement(expected) => wait_for_element(expected, context, lines),
        Action::WaitForExpression { expression } => {
            let body = format!("return ({})", expression.trim().trim_end_matches(';'));
            lines.call(&Call::new("page::wait_for_function").value(body).options(options()));
        }
        Action::AssertText { on, text } => {
            lines.function(&EXPECT_TEXT);
            lines.call(&element(EXPECT_TEXT.0, on).value(text.as_str()));
        }
        Action::AssertVisible { on } => lines.call(&element("element::wait_for", on).options(options())),
        Action::Custom { name, parameters } => {
            lines.comment(&format!("A step of another tool, which is not run: {name} {parameters}"));
        }
        Action::Close { .. } => unreachable!("tabs are closed where it is known which are open"),
    }
}

fn set_screen(screen: &Screen) -> Call {
    let mut options = Map::new();
    let scale = screen.device_scale_factor;
    if scale != 0.0 && (scale - 1.0).abs() > f64::EPSILON {
        options.insert("device_scale_factor".to_owned(), number(scale));
    }
    for (name, holds) in [("mobile", screen.is_mobile), ("touch", screen.has_touch)] {
        if holds {
            options.insert(name.to_owned(), json!(true));
        }
    }
    Call::new("page::set_viewport").value(screen.width).value(screen.height).options(options)
}

/// Whole numbers are written without a dot.
fn number(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { json!(number as i64) } else { json!(number) }
}

fn set_network(network: &Network) -> Call {
    let call = Call::new("page::set_network");
    let Network { download, upload, latency } = *network;
    if download == 0.0 && upload == 0.0 {
        return call.value("offline");
    }
    if download < 0.0 && upload < 0.0 && latency <= 0.0 {
        return call.value("none");
    }
    // The runner's limits are whole numbers.
    let whole = |rate: f64| if rate < 0.0 { -1 } else { rate.round() as i64 };
    call.value(json!({
        "latency_ms": whole(latency.max(0.0)), "download_bytes_per_second": whole(download),
        "upload_bytes_per_second": whole(upload),
    }))
}

fn navigate(url: &str, before: Option<&Step>, options: Map<String, Value>, lines: &mut Lines) {
    if !url.starts_with("http") {
        return lines.comment(&format!("{url} is an empty page."));
    }
    let open = Call::new("page::open").value(url).options(options);
    let page = |url: &str| url.split('#').next().unwrap_or_default().to_owned();
    let same = matches!(before.map(|step| &step.action), Some(Action::Navigate { url: old }) if page(old) == page(url));
    if same {
        // Only the part behind `#` changes: there is no answer, and so no status.
        return lines.call(&open);
    }
    let open = open.written(lines.indent() + 4);
    lines.call(&Call::new("assert::status").source(open).value("200-299"));
}

fn pointer_options(on: &[Path], pointer: &Pointer, context: &Context) -> Map<String, Value> {
    let mut options = Map::new();
    let button = match pointer.button {
        Button::Primary => None,
        Button::Auxiliary => Some("middle"),
        Button::Secondary => Some("right"),
        Button::Back => Some("back"),
        Button::Forward => Some("forward"),
    };
    options.extend(button.map(|button| ("button".to_owned(), json!(button))));
    if !pointer.held.is_empty() {
        let held: Vec<_> = pointer.held.iter().map(|held| held.name()).collect();
        options.insert("modifiers".to_owned(), json!(held));
    }
    if let Some((x, y)) = pointer.at.filter(|_| context.positions || is_canvas(on)) {
        options.insert("x".to_owned(), number(x));
        options.insert("y".to_owned(), number(y));
    }
    options.extend(context.options());
    options
}

/// Within a canvas the place of a click is what matters.
fn is_canvas(on: &[Path]) -> bool {
    on.iter().filter_map(|path| path.0.last()).any(|selector| match selector {
        Selector::Css(css) | Selector::Pierce(css) => {
            css.rsplit([' ', '>']).next().is_some_and(|last| last.starts_with("canvas"))
        }
        Selector::XPath(path) => path.rsplit('/').next().is_some_and(|last| last.starts_with("canvas")),
        Selector::Role { .. } | Selector::Text(_) | Selector::TextPart(_) => false,
    })
}

fn set_files(on: &[Path], files: &[ChosenFile], options: Map<String, Value>, lines: &mut Lines) {
    let mut list = Vec::new();
    for file in files {
        let mut map = Map::new();
        map.insert("name".to_owned(), json!(file.name));
        match &file.content {
            Content::Text(text) => map.insert("text".to_owned(), json!(text)),
            Content::Base64(base64) => map.insert("base64".to_owned(), json!(base64)),
            Content::Unknown => {
                lines.comment(&format!("Put the content of {} in the place of this text.", file.name));
                map.insert("text".to_owned(), json!(file.name))
            }
        };
        map.insert("type".to_owned(), json!(file.media_type));
        list.push(Value::Object(map));
    }
    lines.call(&Call::new("element::set_files").on(on).value(list).options(options));
}

fn scroll(on: Option<&[Path]>, [x, y]: [Option<f64>; 2], context: &Context, lines: &mut Lines) {
    let to = json!([number(x.unwrap_or(0.0)), number(y.unwrap_or(0.0))]);
    lines.call(&match on {
        None => Call::new("page::evaluate")
            .value("scrollTo({left: arguments[0], top: arguments[1], behavior: 'instant'})")
            .value(to),
        Some(on) => Call::new("element::evaluate")
            .on(on)
            .value("const [element, [left, top]] = arguments; element.scrollTo({left, top, behavior: 'instant'})")
            .value(to)
            .options(context.options()),
    });
}

/// `waitForElement` of DevTools: so many elements, which all have these attributes and properties.
fn wait_for_element(expected: &Expectation, context: &Context, lines: &mut Lines) {
    let comparison = expected.comparison.unwrap_or(Comparison::AtLeast);
    let count = expected.count.unwrap_or(1);
    let holds = expected.visible.unwrap_or(true);
    let wanted = |map: &Option<Map<String, Value>>| map.clone().filter(|map| !map.is_empty());
    let (attributes, properties) = (wanted(&expected.attributes), wanted(&expected.properties));
    if attributes.is_none() && properties.is_none() && comparison == Comparison::AtLeast && count == 1 {
        let function = if holds { "element::wait_for" } else { "element::wait_until_hidden" };
        return lines.call(&Call::new(function).on(&expected.on).options(context.options()));
    }
    lines.function(&WAIT_UNTIL);
    let one = selector(expected.on.get(..1).unwrap_or_default());
    let number = Call::new("element::count").value(one.clone()).written(0);
    let condition = format!("{number} {} {count}", comparison.operator());
    let body = if attributes.is_none() && properties.is_none() {
        condition.clone()
    } else {
        lines.function(&ALL_HAVE);
        let wanted =
            json!({"attributes": attributes.unwrap_or_default(), "properties": properties.unwrap_or_default()});
        let all =
            Call::new(ALL_HAVE.0).value(one.clone()).source(number.clone()).value(wanted).written(lines.indent() + 4);
        format!("{condition} && {all}")
    };
    let body = if holds { format!("|| {body}") } else { format!("|| !({body})") };
    let what = format!("{}{} {} of {}", if holds { "" } else { "not " }, comparison.operator(), count, one);
    lines.call(&Call::new(WAIT_UNTIL.0).value(what).value(context.wait_s()).source(body));
}

/// Waits until the tab is where it came to.
fn arrived(step: &Step, lines: &mut Lines) {
    if matches!(step.place.tab, Tab::At(_)) && matches!(step.action, Action::Close { .. }) {
        return;
    }
    let Some(to) = step.navigations.last() else { return };
    let asked = match &step.action {
        Action::Navigate { url } => Some(address::stable(url)),
        _ => None,
    };
    if let Some(url) = to.url.as_deref().filter(|url| url.starts_with("http")).map(address::stable)
        && asked.as_ref() != Some(&url)
    {
        lines.call(&Call::new("page::wait_for_url").value(url));
    }
    if let Some(title) = to.title.as_deref().and_then(|title| address::stable_title(title, to.url.as_deref())) {
        lines.call(&Call::new("page::wait_for_title").value(title));
    }
}
