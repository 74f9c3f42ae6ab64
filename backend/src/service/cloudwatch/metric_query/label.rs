//! The labels of `GetMetricData`: given, with values filled in, or made up so that they differ.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html>

use crate::base::{Scope, Timestamp};
use crate::service::cloudwatch::metric::MetricId;
use crate::service::cloudwatch::period::Period;
use crate::service::cloudwatch::statistic::Statistic;

/// A query as far as its label depends on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Labelled<'q> {
    pub(super) metric: &'q MetricId,
    pub(super) statistic: &'q Statistic,
    pub(super) period: Period,
}

/// The label of a query that has none: the metric's name, and what else tells it from the other queries of that
/// name: statistic, then period.
pub(super) fn default_label(query: &Labelled<'_>, all: &[Labelled<'_>]) -> String {
    let rivals = || all.iter().filter(|other| other.metric.name == query.metric.name);
    let mut label = query.metric.name.clone();
    if rivals().any(|other| other.statistic != query.statistic) {
        label.push(' ');
        label.push_str(query.statistic.as_str());
    }
    if rivals().any(|other| other.period != query.period) {
        label.push(' ');
        label.push_str(&query.period.as_secs().to_string());
    }
    label
}

/// What the variables of a label stand for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variables<'q> {
    pub(super) query: Labelled<'q>,
    /// The label of a query that has none.
    pub(super) default: &'q str,
    /// In order of time.
    pub(super) points: &'q [(Timestamp, f64)],
    pub(super) scope: &'q Scope,
    pub(super) timezone: UtcOffset,
}

/// `+0130`: hours and minutes ahead of UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct UtcOffset {
    seconds: i32,
}

impl UtcOffset {
    /// `None` unless `text` is a sign and four digits that are a time of day.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = match text.split_at_checked(1)? {
            ("+", digits) => (1, digits),
            ("-", digits) => (-1, digits),
            _ => return None,
        };
        let (hours, minutes) = digits.split_at_checked(2)?;
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i32>().ok())?;
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        (minutes < 60 && hours < 24 && digits.len() == 4)
            .then_some(Self { seconds: sign * (hours * 3600 + minutes * 60) })
    }

    fn show(self, at: Timestamp) -> String {
        let offset = jiff::tz::Offset::from_seconds(self.seconds).unwrap_or(jiff::tz::Offset::UTC);
        offset.to_datetime(at.to_jiff()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}

impl Variables<'_> {
    /// `template` with its `${...}` replaced; what is no known variable stays as it is.
    pub(super) fn fill(&self, template: &str) -> String {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            filled.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                filled.push_str("${");
                rest = after;
                continue;
            };
            match self.get(name.trim()) {
                Some(value) => filled.push_str(&value),
                None => filled.extend(["${", name, "}"]),
            }
            rest = tail;
        }
        filled.push_str(rest);
        filled
    }

    fn get(&self, name: &str) -> Option<String> {
        let points = self.points;
        let by_value = |left: &&(Timestamp, f64), right: &&(Timestamp, f64)| left.1.total_cmp(&right.1);
        let (least, greatest) = (points.iter().min_by(by_value), points.iter().max_by(by_value));
        let sum = || points.iter().map(|(_, value)| value).sum::<f64>();
        let value = |point: Option<&(Timestamp, f64)>| Some(shown(point.map(|(_, value)| *value)));
        let time = |point: Option<&(Timestamp, f64)>| {
            Some(point.map_or_else(|| NOTHING.to_owned(), |(at, _)| self.timezone.show(*at)))
        };
        match name {
            "LABEL" => Some(self.default.to_owned()),
            "AVG" => Some(shown((!points.is_empty()).then(|| sum() / points.len() as f64))),
            "SUM" => Some(shown((!points.is_empty()).then(sum))),
            "DATAPOINT_COUNT" => Some(points.len().to_string()),
            "MIN" => value(least),
            "MAX" => value(greatest),
            "FIRST" => value(points.first()),
            "LAST" => value(points.last()),
            "MIN_TIME" => time(least),
            "MAX_TIME" => time(greatest),
            "FIRST_TIME" => time(points.first()),
            "LAST_TIME" => time(points.last()),
            _ => property(name.strip_prefix("PROP('")?.strip_suffix("')")?, &self.query, self.scope),
        }
    }
}

/// What stands where there is no datapoint.
const NOTHING: &str = "--";

fn property(name: &str, query: &Labelled<'_>, scope: &Scope) -> Option<String> {
    match name {
        "MetricName" => Some(query.metric.name.clone()),
        "Namespace" => Some(query.metric.namespace.clone()),
        "Stat" => Some(query.statistic.to_string()),
        "Period" => Some(query.period.as_secs().to_string()),
        "Region" => Some(scope.region.to_string()),
        "AccountId" => Some(scope.account.to_string()),
        _ => query.metric.dimension(name.strip_prefix("Dim.")?).map(str::to_owned),
    }
}

/// Up to three decimals.
fn shown(value: Option<f64>) -> String {
    let Some(value) = value else { return NOTHING.to_owned() };
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(name: &str) -> MetricId {
        MetricId { namespace: "ns".into(), name: name.into(), dimensions: vec![("Id".into(), "i-1".into())] }
    }

    #[test]
    fn default_labels_differ_where_the_queries_do() {
        // metric, statistic, period of each query | labels
        let cases = [
            ("metric1 Sum 60, metric1 Minimum 30", "metric1 Sum 60, metric1 Minimum 30"),
            ("metric1 Sum 60, metric1 Minimum 60", "metric1 Sum, metric1 Minimum"),
            ("metric1 Sum 60, metric1 Sum 30", "metric1 60, metric1 30"),
            ("metric1 Sum 60, metric1 Sum 60", "metric1, metric1"),
            ("metric1 Sum 60, metric2 Average 30", "metric1, metric2"),
        ];
        for (queries, expected) in cases {
            let parts: Vec<(MetricId, Statistic, Period)> = queries
                .split(", ")
                .map(|query| {
                    let words: Vec<&str> = query.split(' ').collect();
                    let period = Period::for_query(words[2].parse().unwrap()).unwrap();
                    (metric(words[0]), words[1].parse().unwrap(), period)
                })
                .collect();
            let all: Vec<Labelled<'_>> = parts
                .iter()
                .map(|(metric, statistic, period)| Labelled { metric, statistic, period: *period })
                .collect();
            let labels: Vec<String> = all.iter().map(|query| default_label(query, &all)).collect();
            assert_eq!(labels.join(", "), expected);
        }
    }

    #[test]
    fn offsets() {
        assert_eq!(UtcOffset::parse("-0800"), Some(UtcOffset { seconds: -28_800 }));
        for text in ["", "+", "0100", "+100", "+01000", "+2400", "+0060", "+é1", "+ 100"] {
            assert_eq!(UtcOffset::parse(text), None, "{text}");
        }
    }

    #[test]
    fn variables_are_filled_in() {
        let metric = metric("cpu");
        let statistic: Statistic = "p99".parse().unwrap();
        let period = Period::for_query(300).unwrap();
        let query = Labelled { metric: &metric, statistic: &statistic, period };
        let points =
            [(Timestamp::from_secs(0), 1.0), (Timestamp::from_secs(60), 2.0), (Timestamp::from_secs(120), 0.5)];
        let scope = Scope::default();
        let timezone = UtcOffset::parse("+0130").unwrap();
        let filled = |template: &str, points: &[(Timestamp, f64)]| {
            Variables { query, default: "cpu p99", points, scope: &scope, timezone }.fill(template)
        };
        assert_eq!(filled("a ${LABEL} [${MIN} ${MAX} ${AVG} ${SUM}]", &points), "a cpu p99 [0.5 2 1.167 3.5]");
        assert_eq!(filled("${FIRST} ${LAST} ${DATAPOINT_COUNT}", &points), "1 0.5 3");
        assert_eq!(filled("${PROP('Dim.Id')}/${PROP('Stat')}/${PROP('Period')}", &points), "i-1/p99/300");
        assert_eq!(filled("${PROP('Region')} ${PROP('AccountId')}", &points), "us-east-1 123456789012");
        assert_eq!(filled("${MAX} ${DATAPOINT_COUNT} ${LAST_TIME}", &[]), "-- 0 --");
        assert_eq!(filled("${MAX_TIME}, ${MIN_TIME}", &points), "1970-01-01 01:31:00, 1970-01-01 01:32:00");
        assert_eq!(filled("${NOPE} ${PROP('Dim.X')} ${", &points), "${NOPE} ${PROP('Dim.X')} ${");
    }
}
