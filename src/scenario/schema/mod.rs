//! The JSON Schema of scenario files, for editors: `schemas/scenario.json`.
//!
//! The loader decides whether a file has mistakes; the schema finds fewer of them. Tests build the schema from the
//! tables of keys, and compare what the schema and the loader accept.

mod build;
mod tests;
mod types;
