//! One document, and the lines it becomes.

use std::fmt;

use serde_json::{Map, Value, json};

use super::unit::Unit;
use crate::logs::LineSender;

/// Most metrics in one line; a document with more becomes several.
pub const METRICS_MAX: usize = 100;
/// Most values of one metric in one line; a document with more becomes several.
pub const VALUES_MAX: usize = 100;
/// Most dimensions of a document.
pub const DIMENSIONS_MAX: usize = 30;

/// Most values of one metric, metrics, or properties of one document.
const PARTS_MAX: usize = 10_000;
const NAMESPACE_CHARS_MAX: usize = 255;
const METRIC_CHARS_MAX: usize = 255;
const DIMENSION_CHARS_MAX: usize = 250;
const DIMENSION_VALUE_CHARS_MAX: usize = 1_024;
/// The member that describes the others.
const METADATA: &str = "_aws";
/// CloudWatch takes values up to 2^360.
const VALUE_MAX: f64 = f64::from_bits((1_023 + 360) << 52);

/// Something that embedded metrics do not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {value:?}: {rule}")]
pub struct EmfError {
    /// What was given.
    pub field: &'static str,
    /// Its value, or the beginning of it.
    pub value: String,
    /// What it may be.
    pub rule: &'static str,
}

fn refuse(field: &'static str, value: impl fmt::Display, rule: &'static str) -> EmfError {
    const EXCERPT_CHARS_MAX: usize = 64;
    EmfError { field, value: value.to_string().chars().take(EXCERPT_CHARS_MAX).collect(), rule }
}

/// How finely CloudWatch keeps a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resolution {
    /// By the second.
    High,
    /// By the minute.
    #[default]
    Standard,
}

#[derive(Debug, Clone)]
struct Metric {
    name: String,
    unit: Unit,
    resolution: Resolution,
    values: Values,
}

#[derive(Debug, Clone)]
enum Values {
    Samples(Vec<f64>),
    /// Count, sum, minimum and maximum of samples that are not told.
    Statistics(Value),
}

/// Metrics of one moment that share their dimensions, with whatever else a log line should say.
#[derive(Debug, Clone)]
pub struct Document {
    at_ms: u64,
    namespace: String,
    log_group: Option<String>,
    dimensions: Vec<(String, String)>,
    sets: Vec<Vec<String>>,
    metrics: Vec<Metric>,
    properties: Map<String, Value>,
}

impl Document {
    /// An empty document of a namespace, at a time in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// When the namespace is not 1-255 characters, or AWS's own (`AWS/`).
    pub fn new(namespace: impl Into<String>, at_ms: u64) -> Result<Self, EmfError> {
        let namespace = namespace.into();
        if !is_sized(&namespace, NAMESPACE_CHARS_MAX) || namespace.starts_with("AWS/") || namespace.starts_with(':') {
            return Err(refuse("namespace", namespace, "expected 1-255 characters that begin neither with AWS/ nor :"));
        }
        let (dimensions, sets, metrics) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { at_ms, namespace, log_group: None, dimensions, sets, metrics, properties: Map::new() })
    }

    /// Names the log group; only the CloudWatch agent needs to be told.
    pub fn log_group(&mut self, name: impl Into<String>) -> &mut Self {
        self.log_group = Some(name.into());
        self
    }

    /// Adds a dimension, which becomes part of the metrics' identity.
    ///
    /// # Errors
    /// When the name is not 1-250 characters or is taken, the value not 1-1,024 characters, or there
    /// are 30 dimensions already.
    pub fn dimension(&mut self, name: impl Into<String>, value: impl Into<String>) -> Result<&mut Self, EmfError> {
        let (name, value) = (name.into(), value.into());
        if !is_sized(&name, DIMENSION_CHARS_MAX) || name.starts_with(':') {
            return Err(refuse("dimension", name, "expected 1-250 characters that do not begin with :"));
        }
        if !is_sized(&value, DIMENSION_VALUE_CHARS_MAX) {
            return Err(refuse("value of a dimension", value, "expected 1-1024 characters"));
        }
        if self.dimensions.len() >= DIMENSIONS_MAX {
            return Err(refuse("dimension", name, "at most 30 dimensions"));
        }
        self.check_free("dimension", &name)?;
        self.dimensions.push((name, value));
        Ok(self)
    }

    /// Publishes the metrics by these of the dimensions only; each call adds a set. Without any, the one
    /// set has all dimensions.
    ///
    /// # Errors
    /// When a name is that of no dimension, or there are 30 sets already: each is a metric of its own,
    /// and billed as one.
    pub fn dimension_set(&mut self, names: &[&str]) -> Result<&mut Self, EmfError> {
        if let Some(unknown) = names.iter().find(|name| !self.dimensions.iter().any(|(known, _)| known == *name)) {
            return Err(refuse("dimension set", unknown, "expected the name of a dimension added before"));
        }
        if self.sets.len() >= DIMENSIONS_MAX {
            return Err(refuse("dimension set", names.join(","), "at most 30 sets"));
        }
        self.sets.push(names.iter().map(|name| (*name).to_owned()).collect());
        Ok(self)
    }

    /// Adds a metric and the values it took, kept by the minute.
    ///
    /// # Errors
    /// When the name is not 1-255 characters or is taken, there is no value or more than 10,000, or one
    /// that is no finite number up to 2^360.
    pub fn metric(
        &mut self,
        name: impl Into<String>,
        unit: Unit,
        values: impl IntoIterator<Item = f64>,
    ) -> Result<&mut Self, EmfError> {
        self.metric_with(name, unit, Resolution::Standard, values)
    }

    /// The same with a resolution.
    ///
    /// # Errors
    /// As [`Document::metric`].
    pub fn metric_with(
        &mut self,
        name: impl Into<String>,
        unit: Unit,
        resolution: Resolution,
        values: impl IntoIterator<Item = f64>,
    ) -> Result<&mut Self, EmfError> {
        let values: Vec<f64> = values.into_iter().take(PARTS_MAX + 1).collect();
        if values.is_empty() || values.len() > PARTS_MAX {
            return Err(refuse("values of a metric", values.len(), "expected 1-10000 values"));
        }
        if let Some(value) = values.iter().find(|value| !value.is_finite() || value.abs() > VALUE_MAX) {
            return Err(refuse("value of a metric", value, "expected a finite number up to 2^360"));
        }
        self.push_metric(name.into(), unit, resolution, Values::Samples(values))
    }

    /// Adds a metric of which only statistics are known.
    pub(super) fn statistics(&mut self, name: String, unit: Unit, statistics: Value) -> Result<&mut Self, EmfError> {
        self.push_metric(name, unit, Resolution::Standard, Values::Statistics(statistics))
    }

    fn push_metric(
        &mut self,
        name: String,
        unit: Unit,
        resolution: Resolution,
        values: Values,
    ) -> Result<&mut Self, EmfError> {
        if !is_sized(&name, METRIC_CHARS_MAX) {
            return Err(refuse("metric", name, "expected 1-255 characters"));
        }
        if self.metrics.len() >= PARTS_MAX {
            return Err(refuse("metric", name, "at most 10000 metrics"));
        }
        self.check_free("metric", &name)?;
        self.metrics.push(Metric { name, unit, resolution, values });
        Ok(self)
    }

    /// Adds something to be found in the log only.
    ///
    /// # Errors
    /// When the name is taken, or there are 10,000 properties already.
    pub fn property(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Result<&mut Self, EmfError> {
        let name = name.into();
        if self.properties.len() >= PARTS_MAX {
            return Err(refuse("property", name, "at most 10000 properties"));
        }
        self.check_free("property", &name)?;
        self.properties.insert(name, value.into());
        Ok(self)
    }

    /// Whether dimensions, metrics and properties, which all are members of one object, leave a name free.
    pub(super) fn is_free(&self, name: &str) -> bool {
        name != METADATA
            && !self.dimensions.iter().any(|(taken, _)| taken == name)
            && !self.metrics.iter().any(|metric| metric.name == name)
            && !self.properties.contains_key(name)
    }

    fn check_free(&self, field: &'static str, name: &str) -> Result<(), EmfError> {
        if self.is_free(name) { Ok(()) } else { Err(refuse(field, name, "the name is taken")) }
    }

    /// Writes the document: one line, or several where there are more metrics or values than fit into
    /// one. Properties are repeated in each.
    pub fn to_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for metrics in self.metrics.chunks(METRICS_MAX) {
            let rounds = metrics.iter().map(|metric| metric.values.rounds()).max().unwrap_or_default();
            lines.extend((0..rounds).map(|round| self.line(metrics, round)));
        }
        if lines.is_empty() {
            lines.push(self.line(&[], 0));
        }
        lines
    }

    /// Hands the lines to `sender`, which drops and counts what finds no room.
    pub fn send(&self, sender: &LineSender) {
        for line in self.to_lines() {
            sender.send(line);
        }
    }

    /// The line with the `round`th hundred values of each of these metrics.
    fn line(&self, metrics: &[Metric], round: usize) -> String {
        let with_values = || metrics.iter().filter_map(|metric| Some((metric, metric.values.round(round)?)));
        let all: Vec<&String> = self.dimensions.iter().map(|(name, _)| name).collect();
        let sets = if self.sets.is_empty() { json!([all]) } else { json!(self.sets) };
        let directive = json!({
            "Namespace": self.namespace,
            "Dimensions": sets,
            "Metrics": with_values().map(|(metric, _)| metric.definition()).collect::<Vec<_>>(),
        });
        let mut metadata = Map::new();
        metadata.insert("Timestamp".to_owned(), self.at_ms.into());
        if let Some(log_group) = &self.log_group {
            metadata.insert("LogGroupName".to_owned(), log_group.as_str().into());
        }
        metadata.insert("CloudWatchMetrics".to_owned(), json!([directive]));
        let mut root = Map::new();
        root.insert(METADATA.to_owned(), Value::Object(metadata));
        root.extend(self.dimensions.iter().map(|(name, value)| (name.clone(), value.as_str().into())));
        root.extend(with_values().map(|(metric, values)| (metric.name.clone(), values)));
        root.extend(self.properties.clone());
        Value::Object(root).to_string()
    }
}

impl Metric {
    fn definition(&self) -> Value {
        let mut definition = json!({"Name": self.name});
        if self.unit != Unit::None {
            definition["Unit"] = self.unit.name().into();
        }
        if self.resolution == Resolution::High {
            definition["StorageResolution"] = 1.into();
        }
        definition
    }
}

impl Values {
    fn rounds(&self) -> usize {
        match self {
            Self::Samples(values) => values.len().div_ceil(VALUES_MAX),
            Self::Statistics(_) => 1,
        }
    }

    fn round(&self, round: usize) -> Option<Value> {
        match self {
            Self::Samples(values) => match values.chunks(VALUES_MAX).nth(round)? {
                [value] => Some(json!(value)),
                values => Some(json!(values)),
            },
            Self::Statistics(statistics) => (round == 0).then(|| statistics.clone()),
        }
    }
}

fn is_sized(text: &str, chars_max: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= chars_max
}
