//! Module `element`: finding elements, using them, reading them.
//!
//! `target` waits for an element with the help of `agent.js`, `act` (with `pointer`) and `read` are the functions of
//! scripts, `keys` names keys.

mod act;
mod keys;
mod pointer;
mod read;
mod target;

use super::table::Table;

pub(super) use keys::chord;
pub(super) use target::{TIMEOUT_MS_MAX, Target, WAIT, Wish, find};

/// The functions, and what they have in common.
pub(super) static TABLE: Table = Table {
    name: "element",
    about: "Elements of the page. A `selector` is CSS (`#buy`, `css=.total`), `text=Buy` (the innermost element whose \
whole visible text this is), `text=/buy/i` (a regular expression), `role=button[name=\"Buy\"]` (role and name as \
assistive software is told them; `role=*[name=\"Buy\"]` for whatever has this name) or `xpath=//button`; or a list of \
them, tried in order until one names a single element: which one matched is noted in the log, as a warning when it was not the first. CSS, text and role also look into open shadow roots.\n\n\
Every function waits until the element can be worked with: in the page, visible, and, where it is used, enabled, not \
moving, not covered. One visible element has to match: several are an error that names them, unless another selector of the list names one. `options` are \
`nth` (0 is the first, -1 the last of several) and `timeout_ms` (10,000 unless told otherwise, at most what the run \
has left).",
    functions: &[act::FUNCTIONS, read::FUNCTIONS],
};
