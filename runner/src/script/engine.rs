//! The engine: its limits, its functions, one script.

use rhai::{AST, Dynamic, Engine};
use siskin_blueprints::Script;

use super::failure::{Failure, HostError};
use super::host::Host;
use super::memory::Meter;
use super::table::Table;
use super::{
    assert, bridge, data, element, globals, http, link, log, metric, modules, multi, need, page, secret, step, visual,
};
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

/// A script that compiles.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    script: Script,
    tree: AST,
    browser: Option<DriverStart>,
    may_open_browser: bool,
}

impl Program {
    /// # Errors
    /// The first thing that keeps the script from compiling.
    pub(crate) fn compile(script: Script) -> Result<Self, Failure> {
        let tree = compile(&script)?;
        Ok(Self { browser: need::of_browser(&tree), may_open_browser: need::may_open(&tree), script, tree })
    }

    pub(crate) fn script(&self) -> &Script {
        &self.script
    }

    /// The browser that its calls need, if any.
    pub(crate) fn browser(&self) -> Option<DriverStart> {
        self.browser
    }

    /// Whether a run may come to open a browser.
    pub(crate) fn may_open_browser(&self) -> bool {
        self.may_open_browser
    }

    /// Runs it to its end on the current thread, which must be one that may block.
    ///
    /// # Errors
    /// Why it ended early.
    pub(crate) fn execute(&self, host: Host) -> Result<(), Failure> {
        let engine = engine(&host);
        let ran = engine.run_ast(&self.tree).and_then(|()| host.take_deferred().map_or(Ok(()), Err));
        let ran = ran.map_err(|error| {
            let mut failure = Failure::run(&self.script, &error);
            failure.message = host.clean(&failure.message);
            failure
        });
        // The last who could use its connections.
        drop((engine, host));
        bridge::close_connections();
        ran
    }
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
    &multi::TABLE,
    &visual::TABLE,
    &metric::TABLE,
    &log::TABLE,
    &secret::TABLE,
    &data::TABLE,
];

/// Compiles a script without running it.
///
/// # Errors
/// Where it is not Rhai.
pub(crate) fn compile(script: &Script) -> Result<AST, Failure> {
    bare_engine().compile(&script.source).map_err(|error| Failure::compile(script, &error))
}

fn bare_engine() -> Engine {
    // Raw: no file modules, and prints go nowhere until they are given a place.
    let mut engine = Engine::new_raw();
    modules::add_standard(&mut engine);
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
    engine.set_default_tag(Dynamic::from(host.clone()));
    modules::add_host(&mut engine);
    engine
}
