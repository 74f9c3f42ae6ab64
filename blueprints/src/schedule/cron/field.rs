//! One field of numbers: lists, ranges, steps, names.

/// What a field may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) first: u32,
    pub(super) last: u32,
    /// Names of `first`, `first + 1` and so on.
    pub(super) names: &'static [&'static str],
    /// Told when a number is outside.
    pub(super) rule: &'static str,
}

pub(super) const MINUTES: Shape =
    Shape { name: "minutes", first: 0, last: 59, names: &[], rule: "minutes are 0 to 59" };
pub(super) const HOURS: Shape = Shape { name: "hours", first: 0, last: 23, names: &[], rule: "hours are 0 to 23" };
pub(super) const DAYS: Shape =
    Shape { name: "day-of-month", first: 1, last: 31, names: &[], rule: "day-of-month is 1 to 31" };
pub(super) const MONTHS: Shape = Shape {
    name: "month",
    first: 1,
    last: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    rule: "month is 1 to 12 or JAN to DEC",
};
const WEEK: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
pub(super) const AWS_WEEKDAYS: Shape =
    Shape { name: "day-of-week", first: 1, last: 7, names: WEEK, rule: "day-of-week is 1 to 7 for SUN to SAT" };
pub(super) const UNIX_WEEKDAYS: Shape = Shape {
    name: "day-of-week",
    first: 0,
    last: 7,
    names: WEEK,
    rule: "day-of-week is 0 to 7 for SUN to SUN, or SUN to SAT",
};
pub(super) const YEARS: Shape =
    Shape { name: "year", first: 1970, last: 2199, names: &[], rule: "year is 1970 to 2199" };

impl Shape {
    /// Reads a list of numbers, ranges and steps; the items come back as they stand for numbers, in any order.
    pub(super) fn numbers(&self, text: &str) -> Result<Vec<u32>, String> {
        let mut numbers = Vec::new();
        for item in text.split(',') {
            self.item(item, &mut numbers)?;
        }
        Ok(numbers)
    }

    /// The same as a set of bits, for fields below 64.
    pub(super) fn bits(&self, text: &str) -> Result<u64, String> {
        Ok(self.numbers(text)?.into_iter().fold(0, |bits, number| bits | 1 << number))
    }

    /// One number or name.
    pub(super) fn number(&self, text: &str) -> Result<u32, String> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        if let Some(position) = named {
            return Ok(self.first + position as u32);
        }
        if let Some(stranger) = text.chars().find(|c| !c.is_ascii_digit()) {
            return Err(format!("{stranger} is not allowed in {}", self.name));
        }
        let number = text.parse().map_err(|_| format!("a number is missing in {}", self.name))?;
        if (self.first..=self.last).contains(&number) { Ok(number) } else { Err(self.rule.to_owned()) }
    }

    fn item(&self, item: &str, numbers: &mut Vec<u32>) -> Result<(), String> {
        let (range, step) = match item.split_once('/') {
            None => (item, None),
            Some((range, step)) => (range, Some(self.step(step)?)),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (self.first, self.whole_last()),
            Some((first, last)) => (self.number(first)?, self.number(last)?),
            // AWS documents `0/15` for every 15 from 0 on.
            None if step.is_some() => (self.number(range)?, self.whole_last()),
            None => {
                let number = self.number(range)?;
                (number, number)
            }
        };
        let step = step.unwrap_or(1) as usize;
        if first <= last {
            numbers.extend((first..=last).step_by(step));
            return Ok(());
        }
        if self.names.is_empty() {
            return Err(format!("{first}-{last} in {} goes backwards", self.name));
        }
        // FRI-MON and NOV-FEB go over the end.
        numbers.extend((first..=self.whole_last()).chain(self.first..=last).step_by(step));
        Ok(())
    }

    fn step(&self, text: &str) -> Result<u32, String> {
        let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        let step = if digits { text.parse::<u32>().ok().filter(|step| *step > 0) } else { None };
        step.ok_or_else(|| format!("the step behind / in {} is a whole number above 0", self.name))
    }

    /// The end of `*`: Unix's 7 is Sunday once more.
    fn whole_last(&self) -> u32 {
        if self.first == 0 && self.last == 7 { 6 } else { self.last }
    }
}
