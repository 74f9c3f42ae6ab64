//! Where pictures of runs are compared.

use std::path::Path;

use super::UpdatePolicy;
use super::baseline::{BaselineError, Baselines};
use crate::config::BaselinePlace;

/// The folder of baselines beside a canaries file, unless told otherwise.
pub const BASELINES_FOLDER: &str = "visual-baselines";

/// Where pictures of runs are compared, and when one becomes the baseline.
#[derive(Clone, Debug)]
pub struct VisualSetting {
    /// All baselines.
    pub baselines: Baselines,
    /// When a picture becomes one by itself.
    pub policy: UpdatePolicy,
    /// Whether each canary has a part of its own.
    pub is_by_canary: bool,
}

impl VisualSetting {
    /// A folder in `directory`, with a part for each canary: what has no baseline becomes one.
    pub fn beside(directory: &Path) -> Self {
        let baselines = Baselines::in_folder(directory.join(BASELINES_FOLDER));
        Self { baselines, policy: UpdatePolicy::default(), is_by_canary: true }
    }

    /// The same in `place`, if there is one.
    ///
    /// # Errors
    /// As [`Baselines::open`].
    pub fn of_canaries(place: Option<&BaselinePlace>, directory: &Path, region: &str) -> Result<Self, BaselineError> {
        let setting = Self::beside(directory);
        let Some(place) = place else { return Ok(setting) };
        Ok(Self { baselines: Baselines::open(place, region)?, ..setting })
    }

    /// That of one canary.
    pub(crate) fn of_canary(&self, canary: &str) -> Self {
        Self { baselines: self.baselines_of(canary), policy: self.policy, is_by_canary: false }
    }

    pub(crate) fn baselines_of(&self, canary: &str) -> Baselines {
        if self.is_by_canary { self.baselines.of_canary(canary) } else { self.baselines.clone() }
    }
}
