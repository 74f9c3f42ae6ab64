//! OpenAPI documents, 3.0 and 3.1, in JSON or YAML.

mod document;
mod example;
mod operation;
mod read;
mod schema;
mod security;

pub use read::{OpenApiOptions, Operations, from_openapi};
