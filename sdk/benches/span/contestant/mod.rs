//! Who is measured.

mod by_fastrace;
mod by_otel;
mod siskin;
mod under_tracing;

pub(crate) use siskin::Gate;

use crate::options::Mode;
use crate::request_thread::Run;

/// One way to trace, or not to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Contestant {
    /// No subscriber at all.
    None,
    /// The Registry and one empty layer: what anyone pays who uses `tracing`.
    Noop,
    /// The SDK, every trace sampled; JSON is written and counted in memory.
    Sdk,
    /// The SDK, no trace sampled.
    SdkOff,
    /// tracing-opentelemetry as it comes, every trace sampled.
    Totel,
    /// tracing-opentelemetry with every option off.
    TotelTuned,
    /// tracing-opentelemetry as it comes, no trace sampled.
    TotelOff,
    /// fastrace's own local spans.
    Fastrace,
    /// fastrace behind `tracing`.
    FastraceCompat,
    /// The OpenTelemetry API and SDK without `tracing`.
    Otel,
}

impl Contestant {
    pub(crate) const ALL: [Self; 10] = [
        Self::None,
        Self::Noop,
        Self::Sdk,
        Self::SdkOff,
        Self::Totel,
        Self::TotelTuned,
        Self::TotelOff,
        Self::Fastrace,
        Self::FastraceCompat,
        Self::Otel,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Noop => "noop",
            Self::Sdk => "sdk",
            Self::SdkOff => "sdk_off",
            Self::Totel => "totel",
            Self::TotelTuned => "totel_tuned",
            Self::TotelOff => "totel_off",
            Self::Fastrace => "fastrace",
            Self::FastraceCompat => "fastrace_compat",
            Self::Otel => "otel",
        }
    }

    /// Whether it sees what `tracing` macros do.
    pub(crate) const fn is_behind_tracing(self) -> bool {
        !matches!(self, Self::None | Self::Fastrace | Self::Otel)
    }

    /// Sets the contestant up for the whole process.
    ///
    /// # Errors
    /// Says what could not be started.
    pub(crate) fn start(self) -> Result<Started, String> {
        match self {
            Self::None => Ok(under_tracing::none()),
            Self::Noop => under_tracing::noop(),
            Self::Sdk => siskin::start(Sampled::All),
            Self::SdkOff => siskin::start(Sampled::None),
            Self::Totel => by_otel::behind_tracing(by_otel::Options::Default, Sampled::All),
            Self::TotelTuned => by_otel::behind_tracing(by_otel::Options::Off, Sampled::All),
            Self::TotelOff => by_otel::behind_tracing(by_otel::Options::Default, Sampled::None),
            Self::Fastrace => Ok(by_fastrace::native()),
            Self::FastraceCompat => by_fastrace::behind_tracing(),
            Self::Otel => by_otel::native(),
        }
    }
}

/// Whether traces are recorded.
#[derive(Debug, Clone, Copy)]
enum Sampled {
    All,
    None,
}

impl Sampled {
    /// How many of `made` are to be exported.
    const fn of(self, made: u64) -> u64 {
        match self {
            Self::All => made,
            Self::None => 0,
        }
    }
}

/// Has everything exported that has ended, and checks that exactly that was: the argument is the
/// number of requests so far.
pub(crate) type Drain = Box<dyn Fn(u64) -> Result<(), String>>;

/// A contestant at work.
pub(crate) struct Started {
    pub(crate) run_sync: Run,
    pub(crate) run_async: Run,
    pub(crate) drain: Drain,
    /// Holds the exporter up, where that can be done.
    pub(crate) gate: Option<Gate>,
}

impl Started {
    pub(crate) const fn run(&self, mode: Mode) -> Run {
        match mode {
            Mode::Sync => self.run_sync,
            Mode::Async => self.run_async,
        }
    }
}
