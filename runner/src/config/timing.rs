//! Schedules and policies, from what was written to what is meant.

use std::time::Duration;

use siskin_blueprints::schedule::{Dst, Missing, Repeated};
use siskin_blueprints::{Invalid, Schedule};
use toml::Spanned;

use super::check::Fault;
use super::load::RetentionLimits;
use super::place::KeepPassed;
use super::quantity::{parse_bytes, parse_duration};
use super::raw::{RawDst, RawMaintenance, RawRetention, RawTiming};
use super::resolve::keep;
use crate::schedule::{Misfire, Overlap, Retries, Window, limits};

type Text = Spanned<String>;

/// What a canary's timing is made of, but for its name.
#[derive(Debug)]
pub(super) struct Timing {
    pub(super) schedule: Schedule,
    pub(super) jitter: Option<Duration>,
    pub(super) overlap: Overlap,
    pub(super) misfire: Misfire,
    pub(super) max_lateness: Option<Duration>,
    pub(super) retries: Retries,
}

pub(super) fn timing(raw: &RawTiming, faults: &mut Vec<Fault>) -> Option<Timing> {
    let schedule = if let Some(expression) = &raw.schedule {
        schedule(expression, raw.timezone.as_ref(), raw.dst.as_ref(), faults)
    } else {
        faults.push((None, Invalid::new("schedule", "(not given)", "is required here or in [defaults]")));
        None
    };
    let jitter = duration("jitter", raw.jitter.as_ref(), Duration::from_hours(24), faults);
    let max_lateness = duration("max_lateness", raw.max_lateness.as_ref(), Duration::from_hours(24 * 366), faults);
    let overlap = word(raw.overlap.as_ref(), Overlap::parse, faults);
    let misfire = word(raw.misfire.as_ref(), Misfire::parse, faults);
    let retries = retries(raw, faults);
    let schedule = schedule?;
    if let (Some(jitter), Some(interval)) = (jitter?, schedule.interval())
        && jitter > interval
    {
        let rule = format!("at most the interval of {schedule}");
        let invalid = Invalid::new("jitter", format!("{}s", jitter.as_secs()), rule);
        faults.push((raw.jitter.as_ref().map(Spanned::span), invalid));
    }
    Some(Timing {
        schedule,
        jitter: jitter?,
        overlap: overlap?,
        misfire: misfire?,
        max_lateness: max_lateness?,
        retries: retries?,
    })
}

fn schedule(
    expression: &Text,
    timezone: Option<&Text>,
    dst: Option<&Spanned<RawDst>>,
    faults: &mut Vec<Fault>,
) -> Option<Schedule> {
    let dst_span = dst.map(Spanned::span);
    let dst = dst.map_or(Some(Dst::default()), |raw| self::dst(raw.get_ref(), faults))?;
    Schedule::parse_with(expression.get_ref(), timezone.map(|zone| zone.get_ref().as_str()), dst)
        .map_err(|invalid| {
            let place = match invalid.field.split('.').next() {
                Some("timezone") => timezone.map(Spanned::span),
                Some("dst") => dst_span,
                Some(_) | None => None,
            };
            faults.push((place.or_else(|| Some(expression.span())), invalid));
        })
        .ok()
}

fn dst(raw: &RawDst, faults: &mut Vec<Fault>) -> Option<Dst> {
    let mut within = Vec::new();
    let missing = raw.missing.as_ref().map(|text| keep(Missing::parse(text.get_ref()), Some(text.span()), &mut within));
    let repeated =
        raw.repeated.as_ref().map(|text| keep(Repeated::parse(text.get_ref()), Some(text.span()), &mut within));
    let is_whole = within.is_empty();
    faults.extend(within.into_iter().map(|(place, invalid)| (place, invalid.within("dst"))));
    is_whole.then(|| Dst { missing: missing.flatten(), repeated: repeated.flatten() })
}

fn retries(raw: &RawTiming, faults: &mut Vec<Fault>) -> Option<Retries> {
    let max = match &raw.retries {
        None => Some(0),
        Some(count) => {
            let whole = u32::try_from(*count.get_ref()).ok().filter(|count| *count <= limits::RETRIES_MAX);
            let rule = format!("0 to {}", limits::RETRIES_MAX);
            keep(whole.ok_or_else(|| Invalid::new("retries", count.get_ref(), rule)), Some(count.span()), faults)
        }
    };
    let backoff = duration("retry_backoff", raw.retry_backoff.as_ref(), limits::BACKOFF_MAX, faults);
    Some(Retries { max: max?, backoff: backoff?.unwrap_or_default() })
}

/// `None` for a fault, which is told; `Some(None)` when nothing was written.
#[expect(clippy::option_option, reason = "a fault and nothing written are different things")]
fn duration(field: &str, text: Option<&Text>, max: Duration, faults: &mut Vec<Fault>) -> Option<Option<Duration>> {
    let Some(text) = text else { return Some(None) };
    let parsed = parse_duration(field, text.get_ref()).and_then(|duration| {
        let rule = || format!("at most {}", shown(max));
        if duration <= max { Ok(duration) } else { Err(Invalid::new(field, format!("\"{}\"", text.get_ref()), rule())) }
    });
    keep(parsed, Some(text.span()), faults).map(Some)
}

/// In the largest unit that it is a whole number of.
fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (length, unit) = [(86_400, "d"), (3600, "h"), (60, "m")]
        .into_iter()
        .find(|(length, _)| seconds.is_multiple_of(*length))
        .unwrap_or((1, "s"));
    format!("{}{unit}", seconds / length)
}

fn word<T: Default>(
    text: Option<&Text>,
    parse: impl FnOnce(&str) -> Result<T, Invalid>,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    let Some(text) = text else { return Some(T::default()) };
    keep(parse(text.get_ref()), Some(text.span()), faults)
}

/// A window and whom it is for.
#[derive(Debug)]
pub(super) struct Maintenance {
    pub(super) window: Window,
    pub(super) canaries: Vec<Text>,
    pub(super) groups: Vec<Text>,
}

impl Maintenance {
    pub(super) fn is_for(&self, name: &str, groups: &[String]) -> bool {
        let is_for_all = self.canaries.is_empty() && self.groups.is_empty();
        is_for_all
            || self.canaries.iter().any(|canary| canary.get_ref() == name)
            || self.groups.iter().any(|group| groups.contains(group.get_ref()))
    }
}

pub(super) fn maintenance(raw: RawMaintenance, faults: &mut Vec<Fault>) -> Option<Maintenance> {
    let opens = schedule(&raw.schedule, raw.timezone.as_ref(), raw.dst.as_ref(), faults);
    let duration = duration("duration", Some(&raw.duration), Window::DURATION_MAX, faults)?.unwrap_or_default();
    if duration.is_zero() {
        let invalid = Invalid::new("duration", format!("\"{}\"", raw.duration.get_ref()), "above 0s, up to 7d");
        faults.push((Some(raw.duration.span()), invalid));
    }
    let opens = opens?;
    if matches!(opens, Schedule::Rate(_) | Schedule::Once) {
        let rule = "a window opens at calendar times: cron(..), five fields, or at(..)";
        faults.push((Some(raw.schedule.span()), Invalid::new("schedule", &opens, rule)));
        return None;
    }
    let window = Window { opens, duration };
    Some(Maintenance { window, canaries: raw.canaries.unwrap_or_default(), groups: raw.groups.unwrap_or_default() })
}

pub(super) fn retention(raw: &RawRetention, faults: &mut Vec<Fault>) -> RetentionLimits {
    let age = duration("age", raw.age.as_ref(), Duration::from_hours(24 * 3660), faults);
    let runs = raw.runs.as_ref().and_then(|count| {
        let whole = usize::try_from(*count.get_ref()).ok().filter(|count| *count > 0);
        keep(whole.ok_or_else(|| Invalid::new("runs", count.get_ref(), "at least 1")), Some(count.span()), faults)
    });
    let bytes =
        raw.bytes.as_ref().and_then(|text| keep(parse_bytes("bytes", text.get_ref()), Some(text.span()), faults));
    RetentionLimits { age: age.flatten(), runs, bytes }
}

pub(super) fn keep_passed(raw: &RawRetention, faults: &mut Vec<Fault>) -> KeepPassed {
    word(raw.passed.as_ref(), KeepPassed::parse, faults).unwrap_or_default()
}
