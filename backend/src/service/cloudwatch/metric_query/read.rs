//! Reads one metric and cuts it into slots.

use std::collections::BTreeMap;

use crate::base::Scope;
use crate::service::cloudwatch::metric::{MetricId, UNITS};
use crate::service::cloudwatch::period::Slots;
use crate::service::cloudwatch::statistic::{Aggregate, Sample};
use crate::store::{Dimensions, MetricRow, MetricScan, MetricTable, StoreError};

/// The samples of one metric by unit and slot. Units and slots without samples are absent.
#[derive(Debug, Default)]
pub struct SlotSamples {
    by_unit: BTreeMap<String, BTreeMap<usize, Aggregate>>,
}

/// The samples of `metric` within `slots`; of `unit` only, when given.
///
/// # Errors
/// When the store cannot read, or the range holds more datapoints than one scan may return.
pub async fn read(
    table: &MetricTable,
    scope: &Scope,
    metric: &MetricId,
    unit: Option<&str>,
    slots: Slots,
) -> Result<SlotSamples, StoreError> {
    let scan = MetricScan {
        namespace: metric.namespace.as_str().into(),
        metric_name: metric.name.as_str().into(),
        dimensions: Some(Dimensions::new(metric.dimensions.iter().cloned())),
        unit: unit.map(Into::into),
        since: slots.start,
        until: slots.end(),
    };
    let rows = table.scan(scope, scan).await?;
    Ok(SlotSamples::cut(&rows, slots))
}

impl SlotSamples {
    fn cut(rows: &[MetricRow], slots: Slots) -> Self {
        let mut samples: BTreeMap<String, BTreeMap<usize, Vec<Sample>>> = BTreeMap::new();
        for row in rows {
            let Some(index) = slots.index_of(row.at) else { continue };
            let sample = Sample { count: row.count, sum: row.sum, minimum: row.min, maximum: row.max };
            if let Some(of_unit) = samples.get_mut(&*row.unit) {
                of_unit.entry(index).or_default().push(sample);
            } else {
                samples.insert(row.unit.to_string(), BTreeMap::from([(index, vec![sample])]));
            }
        }
        let aggregated = |slots: BTreeMap<usize, Vec<Sample>>| {
            slots.into_iter().map(|(index, samples)| (index, Aggregate::of(samples))).collect()
        };
        Self { by_unit: samples.into_iter().map(|(unit, slots)| (unit, aggregated(slots))).collect() }
    }

    /// The units that have samples, in the order in which `CloudWatch` prefers them.
    pub fn units(&self) -> Vec<&str> {
        let mut units: Vec<&str> = self.by_unit.keys().map(String::as_str).collect();
        units.sort_by_key(|unit| UNITS.iter().position(|known| known == unit));
        units
    }

    /// The slots of `unit` that have samples, in order.
    pub fn of_unit(&self, unit: &str) -> impl Iterator<Item = (usize, &Aggregate)> {
        self.by_unit.get(unit).into_iter().flatten().map(|(index, aggregate)| (*index, aggregate))
    }

    /// The slots of the preferred unit: units never mix, because nothing converts them.
    pub fn of_preferred_unit(&self) -> impl Iterator<Item = (usize, &Aggregate)> {
        let preferred = self.units().first().map(|unit| (*unit).to_owned());
        preferred
            .and_then(|unit| self.by_unit.get(&unit))
            .into_iter()
            .flatten()
            .map(|(index, aggregate)| (*index, aggregate))
    }
}
