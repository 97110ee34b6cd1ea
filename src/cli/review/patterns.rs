//! The ids and patterns of ids that `--accept` and `--reject` name.

use globset::{Glob, GlobMatcher};

use crate::{cli::error::CliError, text::did_you_mean};

/// Patterns of ids.
pub(super) struct Patterns(Vec<(String, GlobMatcher)>);

impl Patterns {
    /// Reads the patterns. `ids` are the ids of the scenarios with changes.
    ///
    /// # Errors
    ///
    /// Returns an error if a text is no pattern, or if no id matches it.
    pub(super) fn new(texts: &[String], ids: &[&str]) -> Result<Self, CliError> {
        let mut patterns = Self(Vec::new());
        for text in texts {
            let glob = Glob::new(text).map_err(|error| CliError::NothingSelected {
                selector: text.clone(),
                help: Some(format!("it is no pattern of ids: {}", error.kind())),
            })?;
            let pattern = (text.clone(), glob.compile_matcher());
            if !ids.iter().any(|id| matches(&pattern, id)) {
                return Err(CliError::NothingSelected {
                    selector: text.clone(),
                    help: Some(
                        did_you_mean(text, ids.iter().copied())
                            .unwrap_or_else(|| "`--list` shows the changes".to_owned()),
                    ),
                });
            }
            patterns.0.push(pattern);
        }
        Ok(patterns)
    }

    /// Returns true if one of the patterns names this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|pattern| matches(pattern, id))
    }
}

/// Returns true if the pattern is the id, the id without the label of its row, or matches the id.
fn matches((text, glob): &(String, GlobMatcher), id: &str) -> bool {
    let table = id.split_once('[').map(|(table, _)| table);
    text == id || table == Some(text.as_str()) || glob.is_match(id)
}
