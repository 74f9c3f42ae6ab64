//! `GetMetricData`: one statistic each of up to 500 metrics.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::label::{Labelled, UtcOffset, Variables, default_label};
use super::read::{SlotSamples, read};
use crate::base::{PageToken, Timestamp};
use crate::service::Context;
use crate::service::cloudwatch::error::{CloudWatchError, Problems};
use crate::service::cloudwatch::metric::{
    Dimension, MetricId, check_dimensions, check_metric_name, check_namespace, check_unit,
};
use crate::service::cloudwatch::period::{Period, Slots, query_start};
use crate::service::cloudwatch::statistic::Statistic;

/// Most queries of one request.
const QUERIES_MAX: usize = 500;
/// Most datapoints of one page, and how many there are unless said.
const DATAPOINTS_MAX: usize = 100_800;
/// Longest query id, in characters.
const ID_LEN_MAX: usize = 255;

/// Input of `GetMetricData`. `end_time` is exclusive.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetMetricDataInput {
    /// What to return.
    pub metric_data_queries: Vec<MetricDataQuery>,
    /// From, rounded down by its age.
    pub start_time: Timestamp,
    /// To, exclusive.
    pub end_time: Timestamp,
    /// Where the last page ended.
    pub next_token: Option<String>,
    /// `TimestampDescending` unless said.
    pub scan_by: Option<String>,
    /// Datapoints of one page.
    pub max_datapoints: Option<i64>,
    /// How times in labels are shown.
    pub label_options: Option<LabelOptions>,
}

/// How times in labels are shown.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LabelOptions {
    /// `+0100`
    pub timezone: Option<String>,
}

/// One query.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetricDataQuery {
    /// Names it among the queries.
    pub id: String,
    /// The metric and statistic.
    pub metric_stat: Option<MetricStat>,
    /// Metric math, a search or SQL.
    pub expression: Option<String>,
    /// What the result is called.
    pub label: Option<String>,
    /// Whether it is part of the answer; yes unless said.
    pub return_data: Option<bool>,
    /// The period of an expression.
    pub period: Option<i64>,
    /// Whose metric.
    pub account_id: Option<String>,
}

/// A metric and what to make of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetricStat {
    /// The metric.
    pub metric: Metric,
    /// Seconds.
    pub period: i64,
    /// Any statistic.
    pub stat: String,
    /// Only data of this unit.
    pub unit: Option<String>,
}

/// A metric, in and out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metric {
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its name.
    pub metric_name: Option<String>,
    /// All of its dimensions.
    #[serde(default)]
    pub dimensions: Vec<Dimension>,
}

/// Output of `GetMetricData`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetMetricDataOutput {
    /// In the order of the queries.
    pub metric_data_results: Vec<MetricDataResult>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// About the whole answer.
    pub messages: Vec<MessageText>,
}

/// The datapoints of one query.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetricDataResult {
    /// The query's.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Starts of the periods.
    pub timestamps: Vec<Timestamp>,
    /// The values at those times.
    pub values: Vec<f64>,
    /// `Complete`, or `PartialData` when the next page goes on with it.
    pub status_code: &'static str,
    /// About this result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<MessageText>,
}

/// Something to know about an answer.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MessageText {
    /// For programs.
    pub code: &'static str,
    /// For people.
    pub value: String,
}

/// A query, checked.
#[derive(Debug)]
struct Question {
    id: String,
    metric: MetricId,
    unit: Option<String>,
    statistic: Statistic,
    period: Period,
    label: Option<String>,
    returned: bool,
}

/// Where a page begins: at a query, after a datapoint of it. The request must be the same as that of the last page.
#[derive(Debug, Serialize, Deserialize)]
struct Position {
    query: usize,
    after: Option<Timestamp>,
    start: Timestamp,
    end: Timestamp,
    queries: usize,
}

/// Returns the datapoints of each query, a page at a time.
///
/// # Errors
/// `ValidationError` with one line per broken rule, also for expressions: metric math, `SEARCH` and SQL are not part
/// of this version. `InvalidNextToken` for a token of another request.
pub async fn get_metric_data(cx: &Context, input: GetMetricDataInput) -> Result<GetMetricDataOutput, CloudWatchError> {
    let Order { descending, timezone } = check_request(&input)?;
    let questions = parse_queries(&input, cx.scope.account.as_str())?;
    let limit = input.max_datapoints.and_then(|wanted| usize::try_from(wanted).ok()).unwrap_or(DATAPOINTS_MAX);
    let from = position(&input)?;
    let labelled: Vec<Labelled<'_>> = questions.iter().map(Question::labelled).collect();
    let mut page = Page { left: limit, results: Vec::new(), next: None };
    for (index, question) in questions.iter().enumerate().skip(from.query) {
        if !question.returned {
            continue;
        }
        let slots = question.slots(&input, cx.now());
        let unit = question.unit.as_deref();
        let samples = read(&cx.store.metrics, &cx.scope, &question.metric, unit, slots).await?;
        let points = question.points(&samples, slots);
        let default = default_label(&labelled[index], &labelled);
        let label = match &question.label {
            Some(template) => {
                let query = labelled[index];
                Variables { query, default: &default, points: &points, scope: &cx.scope, timezone }.fill(template)
            }
            None => default,
        };
        let after = from.after.filter(|_| index == from.query);
        let rest = remaining(points, after, descending);
        let end = page.add(question, label, rest, multiple_units(&samples));
        if let PageEnd::Full { after } = end {
            page.next = Some(Position { query: index, after, ..from_request(&input) });
            break;
        }
    }
    Ok(GetMetricDataOutput {
        metric_data_results: page.results,
        next_token: page.next.as_ref().map(PageToken::encode),
        messages: Vec::new(),
    })
}

#[derive(Debug)]
struct Page {
    left: usize,
    results: Vec<MetricDataResult>,
    next: Option<Position>,
}

/// Whether there is room for the next query.
#[derive(Debug)]
enum PageEnd {
    Room,
    Full { after: Option<Timestamp> },
}

impl Page {
    fn add(
        &mut self,
        question: &Question,
        label: String,
        points: Vec<(Timestamp, f64)>,
        messages: Vec<MessageText>,
    ) -> PageEnd {
        if self.left == 0 && !points.is_empty() {
            return PageEnd::Full { after: None };
        }
        let total = points.len();
        let (timestamps, values): (Vec<_>, Vec<_>) = points.into_iter().take(self.left).unzip();
        self.left -= timestamps.len();
        let after = timestamps.last().copied();
        let complete = timestamps.len() == total;
        let status_code = if complete { "Complete" } else { "PartialData" };
        self.results.push(MetricDataResult {
            id: question.id.clone(),
            label,
            timestamps,
            values,
            status_code,
            messages,
        });
        if complete { PageEnd::Room } else { PageEnd::Full { after } }
    }
}

impl Question {
    fn labelled(&self) -> Labelled<'_> {
        Labelled { metric: &self.metric, statistic: &self.statistic, period: self.period }
    }

    fn slots(&self, input: &GetMetricDataInput, now: Timestamp) -> Slots {
        Slots::covering(query_start(input.start_time, self.period, now), input.end_time, self.period)
    }

    /// Oldest first.
    fn points(&self, samples: &SlotSamples, slots: Slots) -> Vec<(Timestamp, f64)> {
        let of_slot = |(index, aggregate): (usize, &crate::service::cloudwatch::statistic::Aggregate)| {
            Some((slots.start_of(index), aggregate.get(&self.statistic)?))
        };
        samples.of_preferred_unit().filter_map(of_slot).collect()
    }
}

/// The points after the position of the page, in the order of the answer.
fn remaining(mut points: Vec<(Timestamp, f64)>, after: Option<Timestamp>, descending: bool) -> Vec<(Timestamp, f64)> {
    if descending {
        points.reverse();
    }
    points.retain(|(at, _)| after.is_none_or(|after| if descending { *at < after } else { *at > after }));
    points
}

fn multiple_units(samples: &SlotSamples) -> Vec<MessageText> {
    let units = samples.units();
    if units.len() < 2 {
        return Vec::new();
    }
    vec![MessageText { code: "MultipleUnits", value: format!("Multiple units returned: '[{}]'", units.join(", ")) }]
}

fn from_request(input: &GetMetricDataInput) -> Position {
    let queries = input.metric_data_queries.len();
    Position { query: 0, after: None, start: input.start_time, end: input.end_time, queries }
}

fn position(input: &GetMetricDataInput) -> Result<Position, CloudWatchError> {
    let begin = from_request(input);
    let Some(token) = &input.next_token else { return Ok(begin) };
    let position: Position = PageToken::decode(token)?;
    let same = position.start == begin.start && position.end == begin.end && position.queries == begin.queries;
    if same && position.query < position.queries { Ok(position) } else { Err(CloudWatchError::InvalidNextToken) }
}

/// How the answer is laid out.
#[derive(Debug)]
struct Order {
    /// The newest datapoint comes first.
    descending: bool,
    timezone: UtcOffset,
}

fn check_request(input: &GetMetricDataInput) -> Result<Order, CloudWatchError> {
    let mut problems = Problems::default();
    let mut invalid = |message: String| problems.add(CloudWatchError::Validation, message);
    let count = input.metric_data_queries.len();
    if count == 0 {
        invalid("The parameter MetricDataQueries is required.".to_owned());
    }
    if count > QUERIES_MAX {
        invalid(format!("The collection MetricDataQueries must not have a size greater than {QUERIES_MAX}."));
    }
    if input.start_time == input.end_time {
        invalid("The parameter StartTime must not equal parameter EndTime.".to_owned());
    } else if input.start_time > input.end_time {
        invalid("The parameter StartTime must be less than the parameter EndTime.".to_owned());
    }
    if let Some(wanted) = input.max_datapoints
        && !(1..=DATAPOINTS_MAX as i64).contains(&wanted)
    {
        invalid(format!("The parameter MaxDatapoints must be between 1 and {DATAPOINTS_MAX}."));
    }
    let timezone = input.label_options.as_ref().and_then(|options| options.timezone.as_deref()).unwrap_or("+0000");
    let offset = UtcOffset::parse(timezone);
    if offset.is_none() {
        invalid(format!("The value {timezone} for parameter LabelOptions.Timezone is invalid."));
    }
    let descending = match input.scan_by.as_deref() {
        None | Some("TimestampDescending") => true,
        Some("TimestampAscending") => false,
        Some(other) => {
            invalid(format!(
                "1 validation error detected: Value '{other}' at 'scanBy' failed to satisfy constraint: Member must satisfy \
                 enum value set: [TimestampDescending, TimestampAscending]"
            ));
            true
        }
    };
    problems.into_result()?;
    Ok(Order { descending, timezone: offset.unwrap_or_default() })
}

fn parse_queries(input: &GetMetricDataInput, account: &str) -> Result<Vec<Question>, CloudWatchError> {
    let mut problems = Problems::default();
    let mut ids = HashSet::new();
    let mut questions = Vec::with_capacity(input.metric_data_queries.len());
    for (index, query) in input.metric_data_queries.iter().enumerate() {
        let path = format!("MetricDataQueries.member.{}", index + 1);
        if !is_id(&query.id) {
            let message = format!(
                "The value {} for parameter {path}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.",
                query.id
            );
            problems.add(CloudWatchError::Validation, message);
        }
        if !ids.insert(query.id.as_str()) {
            let message = format!("The values for parameter id in MetricDataQueries are not unique: {}.", query.id);
            problems.add(CloudWatchError::Validation, message);
        }
        if query.account_id.as_deref().is_some_and(|other| other != account) {
            let message = format!("The value for parameter {path}.AccountId is not the account of the request.");
            problems.add(CloudWatchError::Validation, message);
        }
        questions.extend(parse_query(query, &path, &mut problems));
    }
    problems.into_result()?;
    Ok(questions)
}

fn parse_query(query: &MetricDataQuery, path: &str, problems: &mut Problems) -> Option<Question> {
    let stat = match (&query.metric_stat, &query.expression) {
        (Some(stat), None) => stat,
        (None, Some(_)) => {
            let message = format!(
                "The parameter {path}.Expression is not supported: this version answers MetricStat queries, not metric math, \
                 SEARCH or SQL."
            );
            problems.add(CloudWatchError::Validation, message);
            return None;
        }
        (None, None) | (Some(_), Some(_)) => {
            let message =
                format!("Exactly one of the parameters {path}.MetricStat and {path}.Expression must be specified.");
            problems.add(CloudWatchError::Validation, message);
            return None;
        }
    };
    let path = format!("{path}.MetricStat");
    let mut inner = Problems::default();
    let namespace = stat.metric.namespace.clone().unwrap_or_default();
    let name = stat.metric.metric_name.clone().unwrap_or_default();
    check_namespace(&namespace, &format!("{path}.Metric.Namespace"), &mut inner);
    check_metric_name(&name, &format!("{path}.Metric.MetricName"), &mut inner);
    let dimensions = check_dimensions(&stat.metric.dimensions, &format!("{path}.Metric.Dimensions"), &mut inner);
    if let Some(unit) = &stat.unit {
        check_unit(unit, &format!("{path}.Unit"), &mut inner);
    }
    let statistic = stat.stat.parse::<Statistic>().ok();
    if statistic.is_none() {
        inner.value(format!("The value {} for parameter {path}.Stat is not a valid statistic.", stat.stat));
    }
    let period = Period::for_query(stat.period);
    if period.is_none() || query.period.is_some_and(|other| other != stat.period) {
        inner.value(format!(
            "The parameter {path}.Period must be 1, 5, 10, 20, 30 or a multiple of 60 up to 86400, and the only period of \
             its query."
        ));
    }
    // This operation answers every broken rule with one code.
    if let Err(error) = inner.into_result() {
        problems.add(CloudWatchError::Validation, error.to_string());
    }
    Some(Question {
        id: query.id.clone(),
        metric: MetricId { namespace, name, dimensions },
        unit: stat.unit.clone(),
        statistic: statistic?,
        period: period?,
        label: query.label.clone(),
        returned: query.return_data.unwrap_or(true),
    })
}

fn is_id(text: &str) -> bool {
    text.len() <= ID_LEN_MAX
        && text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
