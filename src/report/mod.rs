//! Renderings of a run's record: one file an output. Nothing here decides anything.
//!
//! Texts of a target come in raw and leave through [`crate::text::escape`] only.

mod coverage;
mod json;
mod junit;
mod proof;
mod sink;
mod style;
mod terminal;

pub use coverage::{COVERAGE_SCHEMA, CoverageReport, Grouping, coverage_json, coverage_table};
pub(crate) use json::to_safe_json;
pub use json::{REPORT_SCHEMA, Report, report_json};
pub use junit::{JunitError, junit};
pub use proof::{PROOF_SCHEMA, ProofReport, ReadProofError, proof_json, proof_table};
pub use sink::{Destination, WriteError};
pub use style::{Painted, Palette, Role};
pub use terminal::{Detail, Progress, Terminal, Watched, failure};
