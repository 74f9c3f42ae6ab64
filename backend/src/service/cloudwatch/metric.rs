//! What names a metric: namespace, name and dimensions; and the units its values may have.

use serde::{Deserialize, Serialize};

use super::error::Problems;

/// Longest namespace, metric name and dimension name, in characters.
pub(super) const NAME_LEN_MAX: usize = 255;
/// Longest dimension value, in characters.
pub(super) const DIMENSION_VALUE_LEN_MAX: usize = 1024;
/// Most dimensions of one metric.
pub(super) const DIMENSIONS_MAX: usize = 30;

/// The units, in the order in which `CloudWatch` picks one when data of several is there and none was asked for.
///
/// The order was observed, it is not documented.
pub const UNITS: [&str; 27] = [
    "Megabits",
    "Terabits",
    "Gigabits",
    "Count",
    "Bytes",
    "Gigabytes",
    "Gigabytes/Second",
    "Kilobytes",
    "Kilobits/Second",
    "Terabytes",
    "Terabits/Second",
    "Bytes/Second",
    "Percent",
    "Megabytes",
    "Megabits/Second",
    "Milliseconds",
    "Microseconds",
    "Kilobytes/Second",
    "Gigabits/Second",
    "Megabytes/Second",
    "Bits",
    "Bits/Second",
    "Count/Second",
    "Seconds",
    "Kilobits",
    "Terabytes/Second",
    "None",
];

/// A dimension as the protocols have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Dimension {
    /// `InstanceId`
    pub name: String,
    /// `i-1`
    pub value: String,
}

/// A metric: this set of dimensions and no other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MetricId {
    /// `CloudWatchSynthetics`
    pub namespace: String,
    /// `SuccessPercent`
    pub name: String,
    /// Sorted by name; names are unique.
    pub dimensions: Vec<(String, String)>,
}

impl MetricId {
    /// The dimensions as the protocols have them.
    pub fn wire_dimensions(&self) -> Vec<Dimension> {
        self.dimensions.iter().map(|(name, value)| Dimension { name: name.clone(), value: value.clone() }).collect()
    }

    /// The value of the dimension `name`.
    pub fn dimension(&self, name: &str) -> Option<&str> {
        self.dimensions.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Notes what is wrong with a namespace; reading those of AWS is allowed, writing them is not.
pub(super) fn check_namespace(namespace: &str, path: &str, problems: &mut Problems) {
    check_text(namespace, path, NAME_LEN_MAX, problems);
    if namespace.starts_with(':') {
        problems.value(format!("The value {namespace} for parameter {path} is invalid."));
    }
}

/// Notes what is wrong with a metric's name.
pub(super) fn check_metric_name(name: &str, path: &str, problems: &mut Problems) {
    check_text(name, path, NAME_LEN_MAX, problems);
}

/// The dimensions, sorted, after noting what is wrong with them.
pub(super) fn check_dimensions(dimensions: &[Dimension], path: &str, problems: &mut Problems) -> Vec<(String, String)> {
    if dimensions.len() > DIMENSIONS_MAX {
        problems.value(format!("The collection {path} must not have a size greater than {DIMENSIONS_MAX}."));
        return Vec::new();
    }
    let mut sorted: Vec<(String, String)> = Vec::with_capacity(dimensions.len());
    for (index, dimension) in dimensions.iter().enumerate() {
        let member = format!("{path}.member.{}", index + 1);
        check_dimension_part(&dimension.name, &format!("{member}.Name"), NAME_LEN_MAX, problems);
        check_dimension_part(&dimension.value, &format!("{member}.Value"), DIMENSION_VALUE_LEN_MAX, problems);
        if dimension.name.starts_with(':') {
            problems.value(format!("The value {} for parameter {member}.Name is invalid.", dimension.name));
        }
        if sorted.iter().any(|(name, _)| *name == dimension.name) {
            problems.value(format!("No two dimensions may have the same name: {} in {path}.", dimension.name));
        }
        sorted.push((dimension.name.clone(), dimension.value.clone()));
    }
    sorted.sort();
    sorted
}

/// The unit, after noting when it is none.
pub(super) fn check_unit<'u>(unit: &'u str, path: &str, problems: &mut Problems) -> &'u str {
    if !UNITS.contains(&unit) {
        problems.value(format!("The parameter {path} must be a value in the set [ {} ].", UNITS.join(", ")));
    }
    unit
}

fn check_text(text: &str, path: &str, len_max: usize, problems: &mut Problems) {
    if text.is_empty() {
        problems.add(super::error::CloudWatchError::MissingParameter, format!("The parameter {path} is required."));
    } else if text.chars().count() > len_max {
        problems.value(format!("The parameter {path} must be shorter than {} characters.", len_max + 1));
    }
}

fn check_dimension_part(text: &str, path: &str, len_max: usize, problems: &mut Problems) {
    check_text(text, path, len_max, problems);
    let allowed = |letter: char| letter.is_ascii() && !letter.is_ascii_control();
    if !text.chars().all(allowed) || (!text.is_empty() && text.trim().is_empty()) {
        problems.value(format!(
            "The parameter {path} must contain only ASCII characters and at least one that is not a space."
        ));
    }
}
