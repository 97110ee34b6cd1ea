//! The path and the text of a file that sockspec has read.

use std::path::PathBuf;

/// The path and the text of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SourceFile {
    /// The path as the user wrote it, or the path of an embedded file.
    pub path: PathBuf,
    /// The text of the whole file.
    pub text: String,
}
