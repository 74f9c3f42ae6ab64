//! Calendar times compared with a slow and obvious model: every minute of the clock, one after the other.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use super::*;

/// One field as the model reads it: what it matches, and whether it names a single number.
#[derive(Clone, Debug)]
struct Field {
    text: String,
    matches: Vec<i8>,
}

impl Field {
    fn is_fixed(&self) -> bool {
        self.matches.len() == 1
    }
}

fn field(first: i8, last: i8) -> impl Strategy<Value = Field> {
    prop_oneof![
        Just(Field { text: "*".to_owned(), matches: (first..=last).collect() }),
        (first..=last).prop_map(|n| Field { text: n.to_string(), matches: vec![n] }),
        (2i8..=20).prop_map(move |step| Field {
            text: format!("*/{step}"),
            matches: (first..=last).step_by(step as usize).collect(),
        }),
        (first..=last, first..=last).prop_map(|(a, b)| {
            let (low, high) = (a.min(b), a.max(b));
            Field { text: format!("{low}-{high}"), matches: (low..=high).collect() }
        }),
        (first..=last, first..=last).prop_map(|(a, b)| {
            let mut matches = vec![a, b];
            matches.dedup();
            Field { text: format!("{a},{b}"), matches }
        }),
    ]
}

/// Whether a day matches; a function of the date alone.
#[derive(Clone, Debug)]
enum Day {
    Weekdays(Field),
    Last,
    LastWorkday,
    Nearest(i8),
    LastWeekday(i8),
    Nth(i8, i8),
}

impl Day {
    /// AWS's day-of-month, month, day-of-week, year.
    fn aws(&self) -> String {
        match self {
            // AWS counts days of the week from 1.
            Self::Weekdays(field) => {
                let days: Vec<_> = field.matches.iter().map(|day| (day + 1).to_string()).collect();
                format!("? * {} *", days.join(","))
            }
            Self::Last => "L * ? *".to_owned(),
            Self::LastWorkday => "LW * ? *".to_owned(),
            Self::Nearest(day) => format!("{day}W * ? *"),
            Self::LastWeekday(day) => format!("? * {}L *", day + 1),
            Self::Nth(day, nth) => format!("? * {}#{nth} *", day + 1),
        }
    }

    fn matches(&self, date: Date) -> bool {
        let weekday = date.weekday().to_sunday_zero_offset();
        let is_workday = |date: Date| !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        match self {
            Self::Weekdays(field) => field.matches.contains(&weekday),
            Self::Last => date == date.last_of_month(),
            Self::LastWorkday => {
                let later = (date.day() + 1..=date.days_in_month()).map(|day| date.with().day(day).build().unwrap());
                is_workday(date) && !later.into_iter().any(is_workday)
            }
            Self::Nearest(day) => {
                let Ok(wanted) = date.with().day(*day).build() else { return false };
                let candidates = [0i64, -1, 1, -2, 2].map(|days| wanted + days.days());
                let nearest = candidates.into_iter().find(|one| one.month() == date.month() && is_workday(*one));
                nearest == Some(date)
            }
            Self::LastWeekday(day) => weekday == *day && date.day() + 7 > date.days_in_month(),
            Self::Nth(day, nth) => weekday == *day && (date.day() - 1) / 7 + 1 == *nth,
        }
    }
}

fn day() -> impl Strategy<Value = Day> {
    prop_oneof![
        3 => field(0, 6).prop_map(Day::Weekdays),
        1 => Just(Day::Last),
        1 => Just(Day::LastWorkday),
        1 => (1i8..=31).prop_map(Day::Nearest),
        1 => (0i8..=6).prop_map(Day::LastWeekday),
        1 => (0i8..=6, 1i8..=5).prop_map(|(day, nth)| Day::Nth(day, nth)),
    ]
}

struct Model<'a> {
    minute: &'a Field,
    hour: &'a Field,
    day: &'a Day,
    zone: &'a TimeZone,
    dst: Dst,
}

impl Model<'_> {
    fn is_due(&self, wall: DateTime) -> bool {
        self.minute.matches.contains(&wall.minute())
            && self.hour.matches.contains(&wall.hour())
            && self.day.matches(wall.date())
    }

    fn next_after(&self, after: Timestamp, at_most: SignedDuration) -> Option<Timestamp> {
        let fixed = self.minute.is_fixed() && self.hour.is_fixed();
        let missing = self.dst.missing.unwrap_or(if fixed { Missing::Shift } else { Missing::Skip });
        let repeated = self.dst.repeated.unwrap_or(if fixed { Repeated::First } else { Repeated::Both });
        let one = SignedDuration::from_mins(1);
        let mut instant = Timestamp::from_second(after.as_second().div_euclid(60) * 60).unwrap();
        let mut before = self.zone.to_datetime(instant);
        while instant.duration_since(after) <= at_most {
            instant += one;
            let wall = self.zone.to_datetime(instant);
            let wanted_pass = match self.zone.to_ambiguous_timestamp(wall).offset() {
                AmbiguousOffset::Fold { before, .. } => {
                    let is_first = self.zone.to_offset(instant) == before;
                    matches!(
                        (repeated, is_first),
                        (Repeated::Both, _) | (Repeated::First, true) | (Repeated::Last, false)
                    )
                }
                AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Gap { .. } => true,
            };
            if self.is_due(wall) && wanted_pass {
                return Some(instant);
            }
            // Minutes that the clock went over.
            let mut skipped = before.checked_add(one).unwrap();
            while missing == Missing::Shift && skipped < wall {
                if self.is_due(skipped) {
                    return Some(instant);
                }
                skipped = skipped.checked_add(one).unwrap();
            }
            before = wall;
        }
        None
    }
}

const ZONES: [&str; 12] = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Africa/Casablanca",
    "Antarctica/Troll",
];

/// Instants near a change of the clock of the zone, or anywhere from 1975 to 2060.
fn start(zone: &TimeZone, anywhere: i64, near: i64) -> Timestamp {
    let anywhere = Timestamp::from_second(anywhere).unwrap();
    let change = zone.following(anywhere).next().map_or(anywhere, |change| change.timestamp());
    if near == 0 { anywhere } else { change + SignedDuration::from_secs(near) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn next_after_agrees_with_a_walk_through_every_minute(
        minute in field(0, 59),
        hour in field(0, 23),
        day in day(),
        zone in prop::sample::select(ZONES.to_vec()),
        missing in prop::sample::select(vec![None, Some(Missing::Skip), Some(Missing::Shift)]),
        repeated in prop::sample::select(vec![None, Some(Repeated::First), Some(Repeated::Last), Some(Repeated::Both)]),
        anywhere in 157_766_400i64..2_840_140_800,
        // Mostly around changes of the clock.
        near in prop_oneof![1 => Just(0i64), 3 => -100_000i64..100_000],
    ) {
        let expression = format!("cron({} {} {})", minute.text, hour.text, day.aws());
        let dst = Dst { missing, repeated };
        let schedule = Schedule::parse_with(&expression, Some(zone), dst).unwrap();
        let zone_name = zone;
        let zone = TimeZone::get(zone).unwrap();
        let after = start(&zone, anywhere, near);
        let model = Model { minute: &minute, hour: &hour, day: &day, zone: &zone, dst };
        let days = SignedDuration::from_hours(24 * 4);
        let expected = model.next_after(after, days);
        let next = schedule.next_after(after).filter(|next| expected.is_some() || next.duration_since(after) <= days);
        prop_assert_eq!(next, expected, "{} {} {:?} after {}", expression, zone_name, dst, after);
    }

    /// The same fields as another implementation reads them.
    #[test]
    fn fields_mean_what_croner_takes_them_for(
        minute in field(0, 59), hour in field(0, 23), day in field(1, 28), month in field(1, 12), weekday in field(0, 6),
        after in 157_766_400i64..2_840_140_800,
    ) {
        // With `*/2` in one of the day fields, crontab(5) wants both to match, croner either.
        prop_assume!([&day, &weekday].iter().all(|field| !field.text.starts_with("*/")));
        let expression = format!("{} {} {} {} {}", minute.text, hour.text, day.text, month.text, weekday.text);
        let schedule = Schedule::parse(&expression, None).unwrap();
        let after = Timestamp::from_second(after).unwrap();
        let peer: croner::Cron = expression.parse().unwrap();
        let expected = peer.find_next_occurrence(&after.to_zoned(TimeZone::UTC), false).ok().map(|next| next.timestamp());
        prop_assert_eq!(schedule.next_after(after), expected, "{} after {}", expression, after);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn a_year_of_times_is_the_walks_year(
        minute in field(0, 59).prop_filter("a walk of a year is long", |minute| minute.matches.len() < 4),
        hour in field(0, 23).prop_filter("a walk of a year is long", |hour| hour.matches.len() < 4),
        zone in prop::sample::select(ZONES.to_vec()),
        year in 1980i16..2050,
    ) {
        let expression = format!("{} {} * * *", minute.text, hour.text);
        let schedule = Schedule::parse(&expression, Some(zone)).unwrap();
        let zone = TimeZone::get(zone).unwrap();
        let every_day = Day::Weekdays(Field { text: "*".to_owned(), matches: (0..7).collect() });
        let model = Model { minute: &minute, hour: &hour, day: &every_day, zone: &zone, dst: Dst::default() };
        let mut at = Date::new(year, 1, 1).unwrap().to_zoned(TimeZone::UTC).unwrap().timestamp();
        for _ in 0..366 {
            let next = schedule.next_after(at);
            prop_assert_eq!(next, model.next_after(at, SignedDuration::from_hours(24 * 3)), "{} after {}", expression, at);
            at = next.unwrap().max(at + SignedDuration::from_hours(23));
        }
    }
}
