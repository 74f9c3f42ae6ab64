//! Module `log`: lines of the run's log.

use rhai::{Dynamic, Module};

use super::failure::HostError;
use super::functions::Functions;
use super::host::Host;
use crate::run::LogLevel;

pub(super) fn module(host: &Host) -> Module {
    Functions::new(host)
        .one("debug", |host, text| write(host, LogLevel::Debug, text))
        .one("info", |host, text| write(host, LogLevel::Info, text))
        .one("warn", |host, text| write(host, LogLevel::Warn, text))
        .one("error", |host, text| write(host, LogLevel::Error, text))
        .build()
}

#[expect(clippy::unnecessary_wraps, reason = "every function of a module may say no")]
fn write(host: &Host, level: LogLevel, text: &Dynamic) -> Result<(), HostError> {
    host.record().log(level, text.to_string());
    Ok(())
}
