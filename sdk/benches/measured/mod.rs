//! Benchmarks whose figures are compared.

use std::fs;
use std::path::Path;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};

/// Where criterion leaves its figures.
const OUTPUT: &str = env!("CARGO_TARGET_TMPDIR");

/// A group of benchmarks.
pub(crate) struct Measured {
    criterion: Criterion,
    group: &'static str,
}

impl Measured {
    /// Starts a group; `None` where it is not to be measured, as under `cargo test --all-targets`.
    pub(crate) fn start(group: &'static str) -> Option<Self> {
        let is_wanted = std::env::args().any(|argument| argument == "--bench");
        let output = Path::new(OUTPUT).join("criterion");
        is_wanted.then(|| Self {
            criterion: Criterion::default().output_directory(&output).without_plots().configure_from_args(),
            group,
        })
    }

    /// Measures what `measure` adds to the group.
    pub(crate) fn measure(&mut self, measure: impl FnOnce(&mut BenchmarkGroup<'_, WallTime>)) {
        let mut group = self.criterion.benchmark_group(self.group);
        measure(&mut group);
        group.finish();
    }

    /// The median time of a benchmark in nanoseconds; `None` if it was filtered out and never measured.
    pub(crate) fn median_ns(&self, name: &str) -> Option<f64> {
        let path = Path::new(OUTPUT).join("criterion").join(self.group).join(name).join("new/estimates.json");
        let estimates: serde_json::Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        estimates["median"]["point_estimate"].as_f64()
    }

    /// Prints how many times as long one takes as another.
    pub(crate) fn ratio(&self, name: &str, over: &str, under: &str) {
        if let (Some(over), Some(under)) = (self.median_ns(over), self.median_ns(under)) {
            println!("ratio {name} {:.2}", over / under);
        }
    }
}
