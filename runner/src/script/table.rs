//! Functions of scripts as data: one row is what the engine registers, the checker knows and the reference tells.

use std::cell::RefCell;

use rhai::{Dynamic, EvalAltResult, FnPtr, FuncRegistration, Map, Module, NativeCallContext};
use serde_json::Value;

use super::failure::{Blame, HostError};
use super::host::Host;

/// One function of a module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    /// `name: kind` of each argument, by commas; a `?` behind a name may be left out, from the right.
    pub(super) takes: &'static str,
    /// What comes back; empty for nothing.
    pub(super) gives: &'static str,
    pub(super) about: &'static str,
    /// What can go wrong beyond wrong arguments; empty for nothing.
    pub(super) fails: &'static str,
    /// Runs on the page of the examples.
    pub(super) example: &'static str,
    pub(super) run: fn(&Call<'_>) -> Answer,
}

/// A module and its functions; the one without a name holds the functions that stand alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) functions: &'static [&'static [Function]],
}

pub(super) type Answer = Result<Dynamic, HostError>;

impl Function {
    /// Names of the arguments and whether each may be left out.
    pub(super) fn arguments(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.takes.split(", ").filter(|one| !one.is_empty()).map(|one| {
            let name = one.split(':').next().unwrap_or_default();
            name.strip_suffix('?').map_or((name, false), |name| (name, true))
        })
    }

    /// Fewest and most arguments.
    pub(super) fn arity(&self) -> (usize, usize) {
        let optional = self.arguments().filter(|(_, optional)| *optional).count();
        let most = self.arguments().count();
        (most - optional, most)
    }
}

impl Table {
    pub(super) fn all(&self) -> impl Iterator<Item = &'static Function> {
        self.functions.iter().flat_map(|part| part.iter())
    }

    pub(super) fn full_name(&self, function: &Function) -> String {
        if self.name.is_empty() { function.name.to_owned() } else { format!("{}::{}", self.name, function.name) }
    }

    /// Adds the functions to the module as the engine knows it.
    pub(super) fn add_to(&'static self, module: &mut Module) {
        for function in self.all() {
            let (fewest, most) = function.arity();
            for count in fewest..=most {
                Binding { table: self, function }.register(module, count);
            }
        }
    }
}

/// The run that calls a function: its engine has it as its tag.
pub(super) fn host_of(context: &NativeCallContext<'_>) -> Result<Host, HostError> {
    let host = context.tag().and_then(|tag| tag.read_lock::<Host>().map(|host| host.clone()));
    host.ok_or_else(|| HostError::new(Blame::Infrastructure, "a function was called outside of a run"))
}

/// A function as engines know it.
#[derive(Clone, Copy)]
struct Binding {
    table: &'static Table,
    function: &'static Function,
}

impl Binding {
    fn register(self, module: &mut Module, count: usize) {
        let registration = FuncRegistration::new(self.function.name);
        match count {
            0 => registration.set_into_module(module, move |context: NativeCallContext<'_>| self.call(&context, &[])),
            1 => registration
                .set_into_module(module, move |context: NativeCallContext<'_>, a: Dynamic| self.call(&context, &[a])),
            2 => registration.set_into_module(module, move |context: NativeCallContext<'_>, a: Dynamic, b: Dynamic| {
                self.call(&context, &[a, b])
            }),
            3 => registration.set_into_module(
                module,
                move |context: NativeCallContext<'_>, a: Dynamic, b: Dynamic, c: Dynamic| {
                    self.call(&context, &[a, b, c])
                },
            ),
            _ => registration.set_into_module(
                module,
                move |context: NativeCallContext<'_>, a: Dynamic, b: Dynamic, c: Dynamic, d: Dynamic| {
                    self.call(&context, &[a, b, c, d])
                },
            ),
        };
    }

    fn call(&self, context: &NativeCallContext<'_>, given: &[Dynamic]) -> Result<Dynamic, Box<EvalAltResult>> {
        let host = host_of(context).map_err(|error| error.raised(context.call_position()))?;
        let call = Call {
            host: &host,
            context,
            table: self.table,
            function: self.function,
            given,
            passed: RefCell::new(None),
        };
        // The engine places errors of global functions at their calls, but not those of modules' functions.
        (self.function.run)(&call)
            .map_err(|error| call.passed.take().unwrap_or_else(|| error.raised(context.call_position())))
    }
}

/// One call of a function, with its arguments.
pub(super) struct Call<'a> {
    pub(super) host: &'a Host,
    pub(super) context: &'a NativeCallContext<'a>,
    table: &'static Table,
    function: &'static Function,
    given: &'a [Dynamic],
    /// An error of the script's own function, which goes on as it is.
    passed: RefCell<Option<Box<EvalAltResult>>>,
}

impl Call<'_> {
    /// The argument at `index`, if it was given and is not `()`.
    pub(super) fn given(&self, index: usize) -> Option<&Dynamic> {
        self.given.get(index).filter(|value| !value.is_unit())
    }

    /// The argument at `index`, whatever it is.
    pub(super) fn any(&self, index: usize) -> Dynamic {
        self.given.get(index).cloned().unwrap_or(Dynamic::UNIT)
    }

    pub(super) fn text(&self, index: usize) -> Result<String, HostError> {
        self.any(index).into_immutable_string().map(Into::into).map_err(|_| self.wrong(index, "a text"))
    }

    pub(super) fn text_if_given(&self, index: usize) -> Result<Option<String>, HostError> {
        self.given(index).map(|_| self.text(index)).transpose()
    }

    pub(super) fn number(&self, index: usize) -> Result<f64, HostError> {
        let value = self.any(index);
        let number = value.as_float().or_else(|_| value.as_int().map(|whole| whole as f64));
        number.ok().filter(|number| number.is_finite()).ok_or_else(|| self.wrong(index, "a finite number"))
    }

    /// A whole number within `range`.
    pub(super) fn whole(&self, index: usize, range: std::ops::RangeInclusive<i64>) -> Result<i64, HostError> {
        let value = self.any(index);
        let whole = value.as_int().ok().or_else(|| {
            let number = value.as_float().ok()?;
            (number.fract() == 0.0).then_some(number as i64)
        });
        whole
            .filter(|whole| range.contains(whole))
            .ok_or_else(|| self.wrong(index, &format!("a whole number from {} to {}", range.start(), range.end())))
    }

    pub(super) fn truth(&self, index: usize) -> Result<bool, HostError> {
        self.any(index).as_bool().map_err(|_| self.wrong(index, "true or false"))
    }

    pub(super) fn map(&self, index: usize) -> Result<Map, HostError> {
        self.any(index).try_cast::<Map>().ok_or_else(|| self.wrong(index, "a map"))
    }

    /// A map that was left out is empty.
    pub(super) fn options(&self, index: usize) -> Result<Options, HostError> {
        let map = if self.given(index).is_some() { self.map(index)? } else { Map::new() };
        let name = self.function.arguments().nth(index).map(|(name, _)| name).unwrap_or_default();
        Ok(Options { of: format!("`{name}` of {}", self.name()), map })
    }

    pub(super) fn closure(&self, index: usize) -> Result<FnPtr, HostError> {
        self.any(index).try_cast::<FnPtr>().ok_or_else(|| self.wrong(index, "a function, such as || { ... }"))
    }

    /// Has the call fail with an error of the script's own function, its place untouched.
    pub(super) fn pass_on(&self, error: Box<EvalAltResult>) -> HostError {
        let message = error.to_string();
        *self.passed.borrow_mut() = Some(error);
        HostError::script(message)
    }

    /// As plain JSON.
    pub(super) fn json(&self, index: usize) -> Result<Value, HostError> {
        rhai::serde::from_dynamic(&self.any(index)).map_err(|_| self.wrong(index, "a plain value"))
    }

    pub(super) fn name(&self) -> String {
        self.table.full_name(self.function)
    }

    /// The error that names function, argument, rule and what was given instead.
    pub(super) fn wrong(&self, index: usize, wanted: &str) -> HostError {
        let name = self.function.arguments().nth(index).map(|(name, _)| name).unwrap_or_default();
        let given = self.any(index);
        let shown = if given.is_string() || given.is_int() || given.is_float() || given.is_bool() {
            short(&format!("{given:?}"))
        } else {
            kind_of(&given).to_owned()
        };
        HostError::script(format!("`{name}` of {} is {wanted}, not {shown}", self.name()))
    }
}

/// An argument that is a map of options, each read once; what is left over is a mistake.
pub(super) struct Options {
    of: String,
    map: Map,
}

impl Options {
    /// Takes an option out; `()` counts as left out.
    pub(super) fn take(&mut self, name: &str) -> Option<Dynamic> {
        self.map.remove(name).filter(|value| !value.is_unit())
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, HostError> {
        self.take(name).map(|value| value.into_string().map_err(|kind| self.wrong(name, "a text", kind))).transpose()
    }

    pub(super) fn truth(&mut self, name: &str) -> Result<Option<bool>, HostError> {
        self.take(name).map(|value| value.as_bool().map_err(|kind| self.wrong(name, "true or false", kind))).transpose()
    }

    pub(super) fn whole(&mut self, name: &str, range: std::ops::RangeInclusive<i64>) -> Result<Option<i64>, HostError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        let whole = value.as_int().map_err(|kind| self.wrong(name, &wanted, kind))?;
        if range.contains(&whole) { Ok(Some(whole)) } else { Err(self.wrong(name, &wanted, &whole.to_string())) }
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<f64>, HostError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number = value.as_float().or_else(|_| value.as_int().map(|whole| whole as f64));
        number.map(Some).map_err(|kind| self.wrong(name, "a number", kind))
    }

    pub(super) fn map(&mut self, name: &str) -> Result<Option<Map>, HostError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let kind = kind_of(&value);
        value.try_cast::<Map>().map(Some).ok_or_else(|| self.wrong(name, "a map", kind))
    }

    pub(super) fn json(&mut self, name: &str) -> Result<Option<Value>, HostError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let kind = kind_of(&value);
        rhai::serde::from_dynamic(&value).map(Some).map_err(|_| self.wrong(name, "a plain value", kind))
    }

    pub(super) fn wrong(&self, name: &str, wanted: &str, found: &str) -> HostError {
        HostError::script(format!("{name} in {} is {wanted}, not {found}", self.of))
    }

    /// An option that must be there.
    pub(super) fn missing(&self, name: &str) -> HostError {
        HostError::script(format!("{} has no {name}", self.of))
    }

    /// Says no to options that nobody read.
    pub(super) fn end(self, known: &[&str]) -> Result<(), HostError> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(unknown) => Err(HostError::script(format!(
                "{} has no option \"{unknown}\"; there are {}",
                self.of,
                known.join(", ")
            ))),
        }
    }
}

/// The kind of a value in the words of this reference.
pub(super) fn kind_of(value: &Dynamic) -> &'static str {
    match value.type_name() {
        "()" => "()",
        "string" => "a text",
        "i64" | "f64" => "a number",
        "bool" => "true or false",
        "array" => "a list",
        "map" => "a map",
        "Fn" => "a function",
        _ => "another kind of value",
    }
}

/// A text for an error, cut when it is long.
pub(super) fn short(text: &str) -> String {
    const CHARS_MAX: usize = 80;
    match text.char_indices().nth(CHARS_MAX) {
        Some((cut, _)) => format!("{}...", text.get(..cut).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// JSON as a script's value.
pub(super) fn from_json(value: Value) -> Answer {
    rhai::serde::to_dynamic(value).map_err(|error| HostError::script(error.to_string()))
}

/// Nothing, as a value.
pub(super) fn nothing((): ()) -> Dynamic {
    Dynamic::UNIT
}
