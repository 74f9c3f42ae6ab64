//! How a run ended.

/// How a run ended, as AWS tells it apart: the watched thing failed, or the watching did.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(tag = "state", rename_all = "UPPERCASE")]
pub enum Outcome {
    /// Every check held.
    Passed,
    /// A check did not hold, the script was wrong, or the time ran out.
    Failed {
        /// For people.
        reason: String,
    },
    /// The run could not be carried out: no browser, no room for artifacts, a killed runner.
    Broken {
        /// For people.
        reason: String,
    },
    /// The runner was told to end in the middle of the run.
    Stopped {
        /// For people.
        reason: String,
    },
}

impl Outcome {
    /// Whether every check held.
    pub fn is_passed(&self) -> bool {
        matches!(self, Self::Passed)
    }

    /// The word for people.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Failed { .. } => "FAILED",
            Self::Broken { .. } => "BROKEN",
            Self::Stopped { .. } => "STOPPED",
        }
    }

    /// AWS's status of a run, which knows two.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Failed { .. } | Self::Broken { .. } | Self::Stopped { .. } => "FAILED",
        }
    }

    /// AWS's reason code of a failed run.
    pub fn reason_code(&self) -> Option<&'static str> {
        match self {
            Self::Passed => None,
            Self::Failed { .. } => Some("CANARY_FAILURE"),
            Self::Broken { .. } | Self::Stopped { .. } => Some("EXECUTION_FAILURE"),
        }
    }

    /// Why it did not pass.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Passed => None,
            Self::Failed { reason } | Self::Broken { reason } | Self::Stopped { reason } => Some(reason),
        }
    }
}
