//! Module `log`: lines of the run's log.

use rhai::{FuncRegistration, Module};

use super::host::Host;
use crate::run::LogLevel;

const LEVELS: [(&str, LogLevel); 4] =
    [("debug", LogLevel::Debug), ("info", LogLevel::Info), ("warn", LogLevel::Warn), ("error", LogLevel::Error)];

pub(super) fn module(host: &Host) -> Module {
    let mut module = Module::new();
    for (name, level) in LEVELS {
        let own = host.clone();
        FuncRegistration::new(name).set_into_module(&mut module, move |text: &str| own.record().log(level, text));
    }
    module
}
