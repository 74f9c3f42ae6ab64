//! From OpenTelemetry's meters to embedded metrics.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::{Future, ready};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::KeyValue;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, MetricData, ResourceMetrics,
    ScopeMetrics,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

use super::document::{DIMENSIONS_MAX, Document, EmfError};
use super::histogram::{Buckets, HISTOGRAM_SAMPLES_MAX, HistogramForm, Totals};
use super::unit::Unit;
use crate::logs::LineSender;

/// Writes what a reader collects as embedded metrics; attributes are dimensions.
///
/// It never blocks: lines go to a [`LineSender`], which drops and counts what finds no room. Sums are
/// those since the last collection, as CloudWatch adds them up.
///
/// ```no_run
/// use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
/// use siskin_sdk::metrics::emf::{self, EmfExporter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (sender, _guard) = emf::agent(emf::AgentAddress::default())?;
/// let exporter = EmfExporter::new("Shop", sender)?;
/// let provider = SdkMeterProvider::builder().with_reader(PeriodicReader::builder(exporter).build()).build();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct EmfExporter {
    namespace: String,
    sender: LineSender,
    log_group: Option<String>,
    histograms: HistogramForm,
}

impl EmfExporter {
    /// Writes metrics of `namespace` to `sender`.
    ///
    /// # Errors
    /// When the namespace is none; see [`Document::new`].
    pub fn new(namespace: impl Into<String>, sender: LineSender) -> Result<Self, EmfError> {
        let namespace = namespace.into();
        Document::new(namespace.as_str(), 0)?;
        Ok(Self { namespace, sender, log_group: None, histograms: HistogramForm::default() })
    }

    /// Names the log group; only the CloudWatch agent needs to be told.
    #[must_use]
    pub fn log_group(self, name: impl Into<String>) -> Self {
        Self { log_group: Some(name.into()), ..self }
    }

    /// What becomes of histograms.
    #[must_use]
    pub fn histograms(self, form: HistogramForm) -> Self {
        Self { histograms: form, ..self }
    }

    fn documents(&self, metrics: &ResourceMetrics) -> Result<Vec<Document>, EmfError> {
        let mut collected = Collected::default();
        for metric in metrics.scope_metrics().flat_map(ScopeMetrics::metrics) {
            match metric.data() {
                AggregatedMetrics::F64(data) => collected.add(metric, data),
                AggregatedMetrics::U64(data) => collected.add(metric, data),
                AggregatedMetrics::I64(data) => collected.add(metric, data),
            }
        }
        collected
            .documents
            .into_iter()
            .map(|((at_ms, attributes), points)| self.document(at_ms, attributes, points))
            .collect()
    }

    fn document(
        &self,
        at_ms: u64,
        attributes: Vec<(String, String)>,
        points: Vec<Point>,
    ) -> Result<Document, EmfError> {
        let mut document = Document::new(self.namespace.as_str(), at_ms)?;
        if let Some(log_group) = &self.log_group {
            document.log_group(log_group.as_str());
        }
        for Point { name, unit, value } in points {
            // Two meters may have an instrument of the same name.
            let name = free_name(&document, &name);
            match value {
                // What CloudWatch cannot take, such as an infinity, is still worth reading.
                PointValue::One(value) => {
                    if document.metric(name.as_str(), unit, [value]).is_err() {
                        document.property(name, value.to_string())?;
                    }
                }
                PointValue::Many(buckets) => add_histogram(&mut document, name, unit, &buckets, self.histograms)?,
            }
        }
        for (at, (name, value)) in attributes.into_iter().enumerate() {
            let name = free_name(&document, &name);
            // So is what cannot be a dimension.
            if at >= DIMENSIONS_MAX || document.dimension(name.as_str(), value.as_str()).is_err() {
                document.property(name, value)?;
            }
        }
        Ok(document)
    }
}

fn add_histogram(
    document: &mut Document,
    name: String,
    unit: Unit,
    buckets: &Buckets,
    form: HistogramForm,
) -> Result<(), EmfError> {
    match form {
        HistogramForm::Statistics => {
            document.statistics(name, unit, buckets.statistics())?;
        }
        HistogramForm::Samples => {
            let samples = buckets.samples(HISTOGRAM_SAMPLES_MAX);
            if samples.is_empty() {
                return Ok(());
            }
            if buckets.count > samples.len() as u64 {
                document.property(free_name(document, &format!("{name}.count")), buckets.count)?;
            }
            if document.metric(name.as_str(), unit, samples).is_err() {
                document.property(name, buckets.statistics())?;
            }
        }
    }
    Ok(())
}

/// The name, or one like it that is not taken.
fn free_name(document: &Document, name: &str) -> String {
    let mut free = name.to_owned();
    // A document has finitely many names, so one of the numbers is free.
    for number in 2..=u32::MAX {
        if document.is_free(&free) {
            break;
        }
        free = format!("{name}_{number}");
    }
    free
}

impl PushMetricExporter for EmfExporter {
    fn export(&self, metrics: &ResourceMetrics) -> impl Future<Output = OTelSdkResult> + Send {
        let documents = self.documents(metrics);
        ready(match documents {
            Ok(documents) => {
                for document in &documents {
                    document.send(&self.sender);
                }
                Ok(())
            }
            Err(error) => Err(opentelemetry_sdk::error::OTelSdkError::InternalFailure(error.to_string())),
        })
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Delta
    }
}

/// A data point without its attributes.
struct Point {
    name: String,
    unit: Unit,
    value: PointValue,
}

enum PointValue {
    One(f64),
    Many(Buckets),
}

/// Attributes as text, by name.
type Attributes = Vec<(String, String)>;

/// Points by time and attributes: each such group is a document.
#[derive(Default)]
struct Collected {
    documents: BTreeMap<(u64, Attributes), Vec<Point>>,
}

impl Collected {
    fn add<T: Number>(&mut self, metric: &Metric, data: &MetricData<T>) {
        let at_ms = epoch_ms(match data {
            MetricData::Gauge(gauge) => gauge.time(),
            MetricData::Sum(sum) => sum.time(),
            MetricData::Histogram(histogram) => histogram.time(),
            MetricData::ExponentialHistogram(histogram) => histogram.time(),
        });
        let one = |value: T| PointValue::One(value.to_f64());
        match data {
            MetricData::Gauge(gauge) => {
                for point in gauge.data_points() {
                    self.push(at_ms, metric, point.attributes(), one(point.value()));
                }
            }
            MetricData::Sum(sum) => {
                for point in sum.data_points() {
                    self.push(at_ms, metric, point.attributes(), one(point.value()));
                }
            }
            MetricData::Histogram(histogram) => {
                for point in histogram.data_points() {
                    self.push(at_ms, metric, point.attributes(), PointValue::Many(explicit(point)));
                }
            }
            MetricData::ExponentialHistogram(histogram) => {
                for point in histogram.data_points() {
                    self.push(at_ms, metric, point.attributes(), PointValue::Many(exponential(point)));
                }
            }
        }
    }

    fn push<'b>(
        &mut self,
        at_ms: u64,
        metric: &Metric,
        attributes: impl Iterator<Item = &'b KeyValue>,
        value: PointValue,
    ) {
        let mut attributes: Attributes =
            attributes.map(|attribute| (attribute.key.to_string(), attribute.value.to_string())).collect();
        attributes.sort_unstable();
        let point = Point { name: metric.name().to_owned(), unit: Unit::from_ucum(metric.unit()), value };
        self.documents.entry((at_ms, attributes)).or_default().push(point);
    }
}

fn explicit<T: Number>(point: &HistogramDataPoint<T>) -> Buckets {
    let totals = Totals {
        count: point.count(),
        sum: point.sum().to_f64(),
        min: point.min().map(Number::to_f64),
        max: point.max().map(Number::to_f64),
    };
    let (bounds, counts): (Vec<f64>, Vec<u64>) = (point.bounds().collect(), point.bucket_counts().collect());
    Buckets::explicit(&bounds, &counts, totals)
}

fn exponential<T: Number>(point: &ExponentialHistogramDataPoint<T>) -> Buckets {
    let totals = Totals {
        count: point.count() as u64,
        sum: point.sum().to_f64(),
        min: point.min().map(Number::to_f64),
        max: point.max().map(Number::to_f64),
    };
    let halves =
        [point.negative_bucket(), point.positive_bucket()].map(|half| (half.offset(), half.counts().collect()));
    Buckets::exponential(point.scale(), point.zero_count(), halves, totals)
}

/// What OpenTelemetry measures in.
trait Number: Copy + Debug {
    fn to_f64(self) -> f64;
}

impl Number for f64 {
    fn to_f64(self) -> f64 {
        self
    }
}

impl Number for u64 {
    fn to_f64(self) -> f64 {
        self as f64
    }
}

impl Number for i64 {
    fn to_f64(self) -> f64 {
        self as f64
    }
}

fn epoch_ms(at: SystemTime) -> u64 {
    u64::try_from(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}
