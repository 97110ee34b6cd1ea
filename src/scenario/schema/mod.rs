//! The JSON Schema of scenario files, for editors: `schemas/scenario.json`.
//!
//! The loader is what decides; the schema says as much of it as a JSON Schema can, and tests hold one against the
//! other. It is built here from the tables of the language and is no part of the program.

mod build;
mod tests;
mod types;
