//! Documents X-Ray did not process, by its reasons.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard};

use crate::lock::Mutex;

/// Reasons that are counted apart.
const CODES_MAX: usize = 64;
/// Stands for all others.
const OTHER: &str = "Other";

/// Counts documents X-Ray did not process, by its error code. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub struct Rejections(Arc<Mutex<BTreeMap<String, u64>>>);

impl Rejections {
    fn codes(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.0.lock()
    }

    /// How many documents there were by error code, such as `InvalidName`; those beyond the 64th code
    /// are counted as `Other`.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.codes().clone()
    }

    pub(super) fn add(&self, code: &str) {
        let mut codes = self.codes();
        let known = codes.len() < CODES_MAX || codes.contains_key(code);
        *codes.entry(if known { code } else { OTHER }.to_owned()).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_bounded() {
        let rejections = Rejections::default();
        for number in 0..100 {
            rejections.add(&format!("Code{number}"));
        }
        rejections.add("Code0");
        let counts = rejections.counts();
        assert_eq!((counts["Code0"], counts["Other"], counts.len()), (2, 36, CODES_MAX + 1));
    }
}
