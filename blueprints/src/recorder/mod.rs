//! What a person did in a browser, and the script that does it again.
//!
//! ```text
//! DevTools JSON --devtools::read--> Recording --script::write--> Rhai
//! a Chrome that is watched -------^          '--devtools::write--> DevTools JSON
//! ```
//! `model` is what both sides agree on, `selector` and `key` name elements and keys, `secret` knows which fields hold
//! what nobody may read, `address` which parts of an address stay the same from run to run.

mod address;
mod devtools;
mod key;
mod model;
mod script;
mod secret;
mod selector;

pub use devtools::{Read, ReadOptions, read, write as write_devtools};
pub use key::{Chord, Modifier};
pub use model::{
    Action, Button, ChosenFile, Comparison, Content, Device, Expectation, FrameStep, Navigation, Network, Place,
    Pointer, Recording, Screen, Step, Tab, Travel, Value, limits,
};
pub use script::{ScriptOptions, write as write_script};
pub use secret::SecretNames;
pub use selector::{Path, Selector};

#[cfg(test)]
mod tests;
