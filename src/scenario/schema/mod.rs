//! The JSON Schema of scenario files, for editors: `schemas/scenario.json`.
//!
//! The loader decides whether a file is right. The schema finds fewer mistakes, and tests compare the two. The schema
//! is built from the tables of keys, in tests only.

mod build;
mod tests;
mod types;
