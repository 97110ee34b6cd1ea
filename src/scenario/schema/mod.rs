//! The JSON Schema of scenario files, for editors: `schemas/scenario.json`.
//!
//! Only the loader finds all mistakes of a file; the schema finds some of them. Tests build the schema from the tables
//! of keys, and compare what the schema and the loader accept.

mod build;
mod tests;
mod types;
