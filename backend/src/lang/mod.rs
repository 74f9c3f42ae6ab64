//! Query languages: text to syntax tree. Pure.
