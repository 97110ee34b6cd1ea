//! The format `json`: `sockspec-report/1`, described by `schemas/report.json`.
//!
//! A version may gain fields. A field that is renamed, removed or gets another meaning makes a new version.

mod convert;
mod model;
mod render;

pub use model::{REPORT_SCHEMA, Report};
pub(super) use render::FORMAT;
