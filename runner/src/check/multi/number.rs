//! Numbers, which may stand in a document as `"${name}"`.

use std::time::Duration;

use super::template::{Template, Unfilled, Values};

/// Which numbers a field takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) is_whole: bool,
}

impl Range {
    pub(super) const fn whole(min: u32, max: u32) -> Self {
        Self { min: min as f64, max: max as f64, is_whole: true }
    }

    /// Any number from 0 on.
    pub(super) const AMOUNT: Self = Self { min: 0.0, max: f64::INFINITY, is_whole: false };
    /// Any whole number from 0 on.
    pub(super) const COUNT: Self = Self::whole(0, u32::MAX);
    pub(super) const PORT: Self = Self::whole(1, 65_535);

    pub(super) fn rule(self) -> String {
        let Self { min, max, is_whole } = self;
        let kind = if is_whole { "a whole number" } else { "a number" };
        if max >= f64::from(u32::MAX) { format!("{kind} from {min} on") } else { format!("{kind} from {min} to {max}") }
    }

    fn read(self, text: &str) -> Option<f64> {
        let number: f64 = text.trim().parse().ok()?;
        let fits = number >= self.min && number <= self.max && (!self.is_whole || number.fract() == 0.0);
        fits.then_some(number)
    }
}

/// A number of a document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    /// Names it in errors.
    path: String,
    text: Template,
    range: Range,
}

impl Number {
    /// The error is the rule that it breaks.
    pub(super) fn read(path: &str, text: Template, range: Range) -> Result<Self, String> {
        if let Some(fixed) = text.fixed()
            && range.read(fixed).is_none()
        {
            return Err(range.rule());
        }
        Ok(Self { path: path.to_owned(), text, range })
    }

    pub(super) fn of(value: u32) -> Self {
        Self { path: String::new(), text: value.to_string().as_str().into(), range: Range::COUNT }
    }

    /// Its value, if it needs none of a step.
    pub(super) fn fixed(&self) -> Option<f64> {
        self.text.fixed().and_then(|text| self.range.read(text))
    }

    pub(crate) fn get(&self, values: &Values<'_>) -> Result<f64, Unfilled> {
        let text = self.text.fill(values)?;
        let wrong = || Unfilled::Value(format!("{} = \"{text}\": {}", self.path, self.range.rule()));
        self.range.read(&text).ok_or_else(wrong)
    }

    /// Of a number of milliseconds.
    pub(crate) fn milliseconds(&self, values: &Values<'_>) -> Result<Duration, Unfilled> {
        Ok(Duration::from_secs_f64(self.get(values)? / 1_000.0))
    }
}
