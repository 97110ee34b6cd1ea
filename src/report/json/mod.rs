//! A run for machines: `sockspec-report/1`, described by `schemas/report.json`.
//!
//! Fields may be added to a version; one that is renamed, removed or changes its meaning makes a new version.

mod convert;
mod model;
mod render;

pub use model::{REPORT_SCHEMA, Report};
pub use render::report_json;
pub(crate) use render::to_safe_json;
