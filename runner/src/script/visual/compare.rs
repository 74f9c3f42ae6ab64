//! One picture of the page beside its baseline.

use rhai::{Dynamic, Map};

use super::options::Wanted;
use crate::run::{ArtifactKind, LogLevel};
use crate::script::failure::HostError;
use crate::script::table::{Answer, Call, Function};
use crate::visual::baseline::BaselineKey;
use crate::visual::{Checked, Environment, Taken, Viewport, VisualStatus, check};

/// Longest name of a picture.
const NAME_CHARS_MAX: usize = 200;

pub(super) static FUNCTIONS: &[Function] = &[Function {
    name: "compare",
    takes: "name: text, options?: map",
    gives: "a map of `status` (`matched`, `different`, `missing baseline`, `new`, `updated`, `other environment` or `failed`), \
`matches`, `reason`, `changed` (pixels) and `percent`",
    about: "Takes a picture of the page as soon as it stands still, and compares it with the baseline of that name, viewport \
and browser. Without a baseline the picture becomes it, but not in CI, where it has to be approved. Anti-aliasing and glyphs \
drawn a pixel aside do not count, unless they show as a whole, as thin lines and areas in a slightly other colour do; of all \
other pixels 3 may change. A baseline made with another \
browser, platform or fonts is told as such. `options`: `full_page` (true), `ignore` (a list: selectors, maps of `x`, `y`, \
`width`, `height` in CSS pixels, or texts of two corners `\"x1,y1,x2,y2\"`), `hide` (CSS selectors of what is not painted), \
`ignore_colours` (`\"#rrggbb\"`), `threshold` (0.1: how different a pixel must look, 0 to 1), and in place of those 3 pixels `changed_max` (pixels), \
`variance_threshold_percent` (of the whole picture) or `density_percent` (of any 32x32 pixels); `antialiasing` and \
`glyph_shifts` (true: they count), `shapes` (false: each pixel is judged by itself), `fail_on_variance` (true). How it works: `visual.md`.",
    fails: "the picture does not match (unless `fail_on_variance` is false), there is no baseline in CI, or it cannot be read \
or set; a name is compared once in a run for each viewport",
    example: "visual::compare(\"home\", #{ ignore: [\"#clock\"] });",
    run: compare,
}];

fn compare(call: &Call<'_>) -> Answer {
    let name = call.text(0)?;
    if name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(call.wrong(0, &format!("a text of 1 to {NAME_CHARS_MAX} characters")));
    }
    let wanted = Wanted::read(call, 1)?;
    let deadline = call.host.bridge().deadline();
    let (still, environment) = call.host.page(async |session| {
        let still = session.still_picture(&wanted.still, deadline).await?;
        let (width, height) = (still.viewport.width, still.viewport.height);
        let environment = Environment::of(session.browser(), Viewport { width, height, scale: still.scale });
        Ok((still, environment))
    })?;
    for selector in &still.unmatched {
        call.host.log(LogLevel::Warn, &format!("visual::compare(\"{name}\"): nothing to ignore matches {selector}"));
    }
    let key = BaselineKey::new(&call.host.clean(&name), environment.viewport, &environment.browser);
    if call.host.record().has_comparison(key.as_str()) {
        return Err(HostError::script(format!("`name` of visual::compare is one of its own, not \"{name}\" again")));
    }
    let options = wanted.pixel_options(&still.ignored, still.scale);
    let taken = Taken {
        key,
        page: name.clone(),
        url: call.host.page_url(),
        png: still.png.to_vec(),
        is_stable: still.is_stable,
        environment,
    };
    let visual = call.host.visual();
    let now = call.host.now();
    let checked =
        call.host.bridge().wait(async { Ok(check(&taken, &visual.baselines, &options, visual.policy, now).await) })?;
    let answer = answer(&checked);
    let (status, reason) = (checked.comparison.status, checked.comparison.reason.clone());
    keep(call, &name, &taken.png, checked);
    if status.is_fine() || (status != VisualStatus::Failed && !wanted.fails) {
        call.host.log(LogLevel::Info, &format!("picture \"{name}\": {}: {reason}", status.word()));
        return Ok(answer.into());
    }
    Err(HostError::check(format!("picture \"{name}\": {reason}")))
}

fn answer(checked: &Checked) -> Map {
    let comparison = &checked.comparison;
    let pixels = comparison.pixels;
    Map::from([
        ("status".into(), comparison.status.word().into()),
        ("matches".into(), comparison.status.is_fine().into()),
        ("reason".into(), comparison.reason.clone().into()),
        ("changed".into(), pixels.map_or(Dynamic::UNIT, |pixels| Dynamic::from(pixels.changed.cast_signed()))),
        ("percent".into(), pixels.map_or(Dynamic::UNIT, |pixels| Dynamic::from(pixels.percent))),
    ])
}

/// Writes the pictures and notes what they are.
fn keep(call: &Call<'_>, name: &str, png: &[u8], checked: Checked) {
    let Checked { mut comparison, baseline, diff } = checked;
    comparison.files.actual = call.host.write_picture(name, png);
    let beside = |of: &str, bytes: Option<Vec<u8>>| {
        let file = format!("{}-{of}.png", comparison.files.actual.as_deref()?.trim_end_matches(".png"));
        call.host.write_file(&file, ArtifactKind::Visual, &bytes?)
    };
    let (baseline, diff) = (beside("baseline", baseline), beside("diff", diff));
    (comparison.files.baseline, comparison.files.diff) = (baseline, diff);
    call.host.record().add_comparison(comparison);
}
