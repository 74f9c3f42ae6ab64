//! The modules of all engines, built once: a function learns from the call whose run it is.

use std::sync::{Arc, LazyLock};

use rhai::packages::{Package, StandardPackage};
use rhai::{Engine, EvalAltResult, FuncRegistration, Module};

use super::engine::TABLES;
use super::failure::HostError;
use super::globals;

/// What the engine has without its modules, and the modules by their names.
struct Modules {
    standard: Arc<Module>,
    global: Arc<Module>,
    named: Vec<(&'static str, Arc<Module>)>,
}

static MODULES: LazyLock<Modules> = LazyLock::new(|| {
    let mut global = Module::new();
    global.set_custom_type::<HostError>("failure");
    for name in ["to_string", "to_debug"] {
        FuncRegistration::new(name)
            .in_global_namespace()
            .set_into_module(&mut global, |error: &mut HostError| error.message.clone());
    }
    global.set_getter_fn("message", |error: &mut HostError| Ok::<_, Box<EvalAltResult>>(error.message.clone()));
    globals::register_sleep(&mut global);
    let mut named = Vec::new();
    for table in TABLES {
        if table.name.is_empty() {
            table.add_to(&mut global);
        } else {
            let mut module = Module::new();
            table.add_to(&mut module);
            // Engines copy a module that has no name or no index.
            module.set_id(table.name).build_index();
            named.push((table.name, module.into()));
        }
    }
    Modules { standard: StandardPackage::new().as_shared_module(), global: global.into(), named }
});

/// Gives an engine the functions of the language itself.
pub(super) fn add_standard(engine: &mut Engine) {
    engine.register_global_module(Arc::clone(&MODULES.standard));
}

/// Gives an engine the functions of the host; they are found before those of the language.
pub(super) fn add_host(engine: &mut Engine) {
    engine.register_global_module(Arc::clone(&MODULES.global));
    for (name, module) in &MODULES.named {
        engine.register_static_module(name, Arc::clone(module));
    }
}
