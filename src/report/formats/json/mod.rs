//! The format `json`: `sockspec-report/1`, described by `schemas/report.json`.
//!
//! A new field does not change the version of the format. Renaming a field, removing a field or changing its meaning
//! does.

mod convert;
mod model;
mod render;

pub(super) use model::{
    Attempt, FurtherFinding, Known, Missing, Place, Requirement, Run, Summary, Target, View,
};
pub use model::{REPORT_SCHEMA, Report};
pub(super) use render::FORMAT;
