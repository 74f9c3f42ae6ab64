//! The engine: its limits, its functions, one script.

use std::sync::{Arc, LazyLock};

use rhai::packages::{Package, StandardPackage};
use rhai::{AST, Dynamic, Engine, Module};
use siskin_blueprints::Script;

use super::failure::{Failure, HostError};
use super::host::Host;
use super::memory::Meter;
use super::table::Table;
use super::{assert, data, element, globals, http, link, log, metric, need, page, secret, step};
use crate::browser::DriverStart;
use crate::run::LogLevel;

/// What a script may use.
pub mod limits {
    /// Most operations of a run.
    pub const OPERATIONS_MAX: u64 = 5_000_000;
    /// Most functions that call each other.
    pub const CALL_LEVELS_MAX: usize = 32;
    /// How deep expressions nest, at the top and inside functions.
    pub const EXPRESSION_DEPTH_MAX: usize = 64;
    /// Size of a text, above the size of a response's body.
    pub const STRING_BYTES_MAX: usize = 2 * 1024 * 1024;
    /// Most items of a list.
    pub const ARRAY_ITEMS_MAX: usize = 10_000;
    /// Most entries of a map; the engine counts them again at every change.
    pub const MAP_ENTRIES_MAX: usize = 2_000;
    /// Most variables at a time.
    pub const VARIABLES_MAX: usize = 200;
    /// Most functions of a script's own.
    pub const FUNCTIONS_MAX: usize = 200;
    /// Bytes that a script holds, all of it together.
    pub const MEMORY_BYTES_MAX: usize = 256 * 1024 * 1024;
    /// The deadline is looked at every so many operations.
    pub const OPERATIONS_PER_LOOK: u64 = 512;
}

/// A script that can run.
#[derive(Debug)]
pub(crate) struct Compiled {
    script: Script,
    pub(super) tree: AST,
}

impl Compiled {
    /// The browser that its calls need, if any.
    pub(crate) fn browser(&self) -> Option<DriverStart> {
        need::of_browser(&self.tree)
    }
}

/// Runs a script to its end on the current thread, which must be one that may block.
///
/// # Errors
/// Why it ended early.
pub(crate) fn execute(compiled: &Compiled, host: &Host) -> Result<(), Failure> {
    let engine = engine(host);
    let ran = engine.run_ast(&compiled.tree).and_then(|()| host.take_deferred().map_or(Ok(()), Err));
    ran.map_err(|error| {
        let mut failure = Failure::run(&compiled.script, &error);
        failure.message = host.clean(&failure.message);
        failure
    })
}

/// All modules of the host.
pub(super) static TABLES: &[&Table] = &[
    &globals::TABLE,
    &page::TABLE,
    &element::TABLE,
    &http::TABLE,
    &step::TABLE,
    &assert::TABLE,
    &link::TABLE,
    &metric::TABLE,
    &log::TABLE,
    &secret::TABLE,
    &data::TABLE,
];

/// Compiles a script without running it.
///
/// # Errors
/// Where it is not Rhai.
pub(crate) fn compile(script: &Script) -> Result<Compiled, Failure> {
    let tree = bare_engine().compile(&script.source).map_err(|error| Failure::compile(script, &error))?;
    Ok(Compiled { script: script.clone(), tree })
}

/// Rhai's own functions, for all engines: putting them together takes longer than a small script.
static STANDARD: LazyLock<Arc<Module>> = LazyLock::new(|| StandardPackage::new().as_shared_module());

fn bare_engine() -> Engine {
    // Raw: no file modules, and prints go nowhere until they are given a place.
    let mut engine = Engine::new_raw();
    engine.register_global_module(Arc::clone(&STANDARD));
    engine
        .set_max_operations(limits::OPERATIONS_MAX)
        .set_max_call_levels(limits::CALL_LEVELS_MAX)
        .set_max_expr_depths(limits::EXPRESSION_DEPTH_MAX, limits::EXPRESSION_DEPTH_MAX)
        .set_max_string_size(limits::STRING_BYTES_MAX)
        .set_max_array_size(limits::ARRAY_ITEMS_MAX)
        .set_max_map_size(limits::MAP_ENTRIES_MAX)
        .set_max_variables(limits::VARIABLES_MAX)
        .set_max_functions(limits::FUNCTIONS_MAX)
        .set_max_modules(0)
        .disable_symbol("eval");
    engine
}

fn engine(host: &Host) -> Engine {
    let mut engine = bare_engine();
    let watched = host.clone();
    let memory = Meter::start();
    engine.on_progress(move |operations| {
        if memory.held() > limits::MEMORY_BYTES_MAX {
            let bytes = limits::MEMORY_BYTES_MAX;
            return Some(Dynamic::from(HostError::script(format!("the script holds more than {bytes} bytes"))));
        }
        if operations % limits::OPERATIONS_PER_LOOK == 0 { watched.bridge().ended().map(Dynamic::from) } else { None }
    });
    let printing = host.clone();
    engine.on_print(move |text| printing.log(LogLevel::Info, text));
    let debugging = host.clone();
    engine.on_debug(move |text, _, _| debugging.log(LogLevel::Debug, text));
    engine
        .register_type_with_name::<HostError>("failure")
        .register_fn("to_string", |error: &mut HostError| error.message.clone())
        .register_fn("to_debug", |error: &mut HostError| error.message.clone())
        .register_get("message", |error: &mut HostError| error.message.clone());
    globals::register_sleep(&mut engine, host);
    for table in TABLES {
        let module = table.build(host).into();
        if table.name.is_empty() {
            engine.register_global_module(module);
        } else {
            engine.register_static_module(table.name, module);
        }
    }
    engine
}
