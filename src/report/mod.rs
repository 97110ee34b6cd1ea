//! Renders the record of a run: one file per output. The verdicts are decided in `runner`, not here.
//!
//! Texts of a target arrive unescaped; every output escapes them with [`crate::text::escape`].

mod changes;
mod coverage;
mod format;
mod formats;
mod layer;
mod markdown_cell;
mod matrix;
mod page_parts;
mod place;
mod proof;
mod safe_json;
mod sink;
mod style;
mod terminal;
mod transcripts;

pub use changes::{
    CHANGES_SCHEMA_NAME, ChangesReport, changes_json, changes_markdown, changes_text,
};
pub use coverage::{
    COVERAGE_SCHEMA, CoverageReport, Grouping, coverage_json, coverage_table, question_table,
};
pub use format::{Format, FormatError};
pub use formats::{FORMATS, REPORT_SCHEMA, Report};
pub use layer::Layer;
pub(crate) use markdown_cell::markdown_cell;
pub use matrix::{Matrix, badge_json, badge_svg, matrix_markdown, matrix_page, outdated};
pub(crate) use page_parts::{PageParts, fill, html_text, page};
pub use place::is_same_file;
pub use proof::{PROOF_SCHEMA, ProofReport, ReadProofError, proof_json, proof_table};
pub(crate) use safe_json::{to_inert_json, to_safe_json};
pub use sink::{Destination, WriteError};
pub use style::{Painted, Palette, Role};
pub use terminal::{Detail, Progress, SameCause, Terminal, Watched, failure, scenario_in_full};
pub use transcripts::{change_in_columns, change_in_full, change_title, changes_list, group_title};
