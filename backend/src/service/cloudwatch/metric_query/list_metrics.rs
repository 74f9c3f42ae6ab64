//! `ListMetrics`: the metrics that have data.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html>

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::get_metric_data::Metric;
use crate::base::PageToken;
use crate::service::Context;
use crate::service::cloudwatch::error::{CloudWatchError, Problems};
use crate::service::cloudwatch::metric::{Dimension, MetricId, check_metric_name, check_namespace};
use crate::store::{Series, SeriesFilter};

/// Metrics of one page; not for the client to choose.
const PAGE_SIZE: usize = 500;
/// Most dimensions to filter by.
const FILTERS_MAX: usize = 10;
/// Metrics without data for longer are not listed.
const LISTED: Duration = Duration::from_hours(14 * 24);
/// What `RecentlyActive=PT3H` means; Amazon documents up to 50 minutes more, which are not granted here.
const RECENTLY: Duration = Duration::from_hours(3);

/// Input of `ListMetrics`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListMetricsInput {
    /// Only of this namespace.
    pub namespace: Option<String>,
    /// Only of this name.
    pub metric_name: Option<String>,
    /// Only with these dimensions; further ones do not matter.
    #[serde(default)]
    pub dimensions: Vec<DimensionFilter>,
    /// Where the last page ended.
    pub next_token: Option<String>,
    /// `PT3H`: only with data in the last three hours.
    pub recently_active: Option<String>,
    /// Name the owner of each metric.
    pub include_linked_accounts: Option<bool>,
    /// Only of this account.
    pub owning_account: Option<String>,
}

/// A dimension by name, and by value when given.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DimensionFilter {
    /// The name.
    pub name: String,
    /// The value; any when absent.
    pub value: Option<String>,
}

/// Output of `ListMetrics`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListMetricsOutput {
    /// By namespace, name and dimensions.
    pub metrics: Vec<Metric>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// The owner of each metric, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owning_accounts: Option<Vec<String>>,
}

/// Lists metrics with data in the last two weeks, 500 a page.
///
/// # Errors
/// `InvalidParameterValue` for a bad filter or page token.
pub async fn list_metrics(cx: &Context, input: ListMetricsInput) -> Result<ListMetricsOutput, CloudWatchError> {
    let active_since = cx.now().minus(if input.recently_active.is_some() { RECENTLY } else { LISTED });
    check(&input)?;
    let after: Option<MetricId> = match &input.next_token {
        Some(token) => Some(PageToken::decode(token).map_err(|_| invalid_token())?),
        None => None,
    };
    let foreign = input.owning_account.as_deref().is_some_and(|account| account != cx.scope.account.as_str());
    let filter = SeriesFilter {
        namespace: input.namespace.as_deref().map(Into::into),
        metric_name: input.metric_name.as_deref().map(Into::into),
        dimensions: input.dimensions.into_iter().map(|filter| (filter.name, filter.value)).collect(),
        active_since: Some(active_since),
    };
    let mut found: Vec<MetricId> =
        if foreign { Vec::new() } else { cx.store.metrics.series(&cx.scope, &filter).iter().map(metric_id).collect() };
    found.sort();
    found.retain(|metric| after.as_ref().is_none_or(|after| metric > after));
    let more = found.len() > PAGE_SIZE;
    found.truncate(PAGE_SIZE);
    let next_token = found.last().filter(|_| more).map(PageToken::encode);
    let owner = cx.scope.account.to_string();
    let linked = input.include_linked_accounts == Some(true);
    Ok(ListMetricsOutput {
        owning_accounts: linked.then(|| vec![owner; found.len()]),
        metrics: found.iter().map(Metric::of).collect(),
        next_token,
    })
}

fn check(input: &ListMetricsInput) -> Result<(), CloudWatchError> {
    let mut problems = Problems::default();
    if let Some(namespace) = &input.namespace {
        check_namespace(namespace, "Namespace", &mut problems);
    }
    if let Some(name) = &input.metric_name {
        check_metric_name(name, "MetricName", &mut problems);
    }
    if input.dimensions.len() > FILTERS_MAX {
        problems.value(format!("The collection Dimensions must not have a size greater than {FILTERS_MAX}."));
    }
    if input.recently_active.as_deref().is_some_and(|window| window != "PT3H") {
        problems.value("The parameter RecentlyActive must be a value in the set [ PT3H ].".to_owned());
    }
    problems.into_result()
}

fn invalid_token() -> CloudWatchError {
    CloudWatchError::InvalidParameterValue("The value for parameter NextToken is invalid.".to_owned())
}

fn metric_id(series: &Series) -> MetricId {
    MetricId {
        namespace: series.namespace.to_string(),
        name: series.metric_name.to_string(),
        dimensions: series.dimensions.pairs(),
    }
}

impl Metric {
    fn of(metric: &MetricId) -> Self {
        Self {
            namespace: Some(metric.namespace.clone()),
            metric_name: Some(metric.name.clone()),
            dimensions: metric.dimensions.iter().cloned().map(|(name, value)| Dimension { name, value }).collect(),
        }
    }
}
