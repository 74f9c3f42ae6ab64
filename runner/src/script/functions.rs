//! Plain functions become functions of a script's module, their errors placed at the call.

use rhai::{Dynamic, EvalAltResult, FuncRegistration, Module, NativeCallContext};

use super::failure::HostError;
use super::host::Host;

type Answer = Result<Dynamic, Box<EvalAltResult>>;

/// A module under construction; each method adds a function of so many arguments.
pub(super) struct Functions {
    module: Module,
    host: Host,
}

impl Functions {
    pub(super) fn new(host: &Host) -> Self {
        Self { module: Module::new(), host: host.clone() }
    }

    pub(super) fn none<T: Into<Dynamic> + 'static>(
        mut self,
        name: &str,
        run: fn(&Host) -> Result<T, HostError>,
    ) -> Self {
        let host = self.host.clone();
        let function = move |context: NativeCallContext<'_>| -> Answer { placed(&context, run(&host)) };
        FuncRegistration::new(name).set_into_module(&mut self.module, function);
        self
    }

    pub(super) fn text<T: Into<Dynamic> + 'static>(
        mut self,
        name: &str,
        run: fn(&Host, &str) -> Result<T, HostError>,
    ) -> Self {
        let host = self.host.clone();
        let function =
            move |context: NativeCallContext<'_>, text: &str| -> Answer { placed(&context, run(&host, text)) };
        FuncRegistration::new(name).set_into_module(&mut self.module, function);
        self
    }

    pub(super) fn texts<T: Into<Dynamic> + 'static>(
        mut self,
        name: &str,
        run: fn(&Host, &str, &str) -> Result<T, HostError>,
    ) -> Self {
        let host = self.host.clone();
        let function = move |context: NativeCallContext<'_>, first: &str, second: &str| -> Answer {
            placed(&context, run(&host, first, second))
        };
        FuncRegistration::new(name).set_into_module(&mut self.module, function);
        self
    }

    pub(super) fn one<T: Into<Dynamic> + 'static>(
        mut self,
        name: &str,
        run: fn(&Host, &Dynamic) -> Result<T, HostError>,
    ) -> Self {
        let host = self.host.clone();
        let function =
            move |context: NativeCallContext<'_>, value: Dynamic| -> Answer { placed(&context, run(&host, &value)) };
        FuncRegistration::new(name).set_into_module(&mut self.module, function);
        self
    }

    pub(super) fn two<T: Into<Dynamic> + 'static>(
        mut self,
        name: &str,
        run: fn(&Host, &Dynamic, &Dynamic) -> Result<T, HostError>,
    ) -> Self {
        let host = self.host.clone();
        let function = move |context: NativeCallContext<'_>, first: Dynamic, second: Dynamic| -> Answer {
            placed(&context, run(&host, &first, &second))
        };
        FuncRegistration::new(name).set_into_module(&mut self.module, function);
        self
    }

    pub(super) fn three<T: Into<Dynamic> + 'static>(
        mut self,
        name: &str,
        run: fn(&Host, &Dynamic, &Dynamic, &Dynamic) -> Result<T, HostError>,
    ) -> Self {
        let host = self.host.clone();
        let function =
            move |context: NativeCallContext<'_>, first: Dynamic, second: Dynamic, third: Dynamic| -> Answer {
                placed(&context, run(&host, &first, &second, &third))
            };
        FuncRegistration::new(name).set_into_module(&mut self.module, function);
        self
    }

    pub(super) fn build(self) -> Module {
        self.module
    }
}

/// The engine places errors of global functions at their calls, but not those of modules' functions.
fn placed<T: Into<Dynamic>>(context: &NativeCallContext<'_>, result: Result<T, HostError>) -> Answer {
    result.map(Into::into).map_err(|error| error.raised(context.call_position()))
}

/// An argument as a text.
pub(super) fn as_text(what: &str, value: &Dynamic) -> Result<String, HostError> {
    let text = value.clone().into_string();
    text.map_err(|kind| HostError::script(format!("{what} is a text, not {kind}")))
}

/// An argument as a number.
pub(super) fn as_number(what: &str, value: &Dynamic) -> Result<f64, HostError> {
    let number = value.as_float().or_else(|_| value.as_int().map(|whole| whole as f64));
    number.map_err(|kind| HostError::script(format!("{what} is a number, not {kind}")))
}

/// An argument as a map.
pub(super) fn as_map(what: &str, value: &Dynamic) -> Result<rhai::Map, HostError> {
    let map = value.clone().try_cast::<rhai::Map>();
    map.ok_or_else(|| HostError::script(format!("{what} is a map, not {}", value.type_name())))
}

/// An argument as JSON.
pub(super) fn as_json(what: &str, value: &Dynamic) -> Result<serde_json::Value, HostError> {
    rhai::serde::from_dynamic(value).map_err(|error| HostError::script(format!("{what} is no plain value: {error}")))
}

/// JSON as a script's value.
pub(super) fn from_json(value: serde_json::Value) -> Result<Dynamic, HostError> {
    rhai::serde::to_dynamic(value).map_err(|error| HostError::script(error.to_string()))
}
