//! Settings of central sampling.

use crate::Clock;
use crate::sampling::Sampler;

/// Settings of [`Sampler::central`].
#[derive(Debug, Clone)]
pub struct CentralSettings {
    pub(super) service_name: String,
    pub(in crate::sampling) fallback: Sampler,
    pub(super) clock: Clock,
}

impl CentralSettings {
    /// Settings for a service of this name, which boost statistics bear: the default rule until the
    /// first rules are there, the machine's clock.
    pub fn new(service_name: impl Into<String>) -> Self {
        Self { service_name: service_name.into(), fallback: Sampler::default(), clock: Clock::system() }
    }

    /// What decides while there are no central rules, or none younger than an hour.
    #[must_use]
    pub fn fallback(self, fallback: Sampler) -> Self {
        Self { fallback, ..self }
    }

    /// Where time is read.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }
}
