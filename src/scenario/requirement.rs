//! The catalogue: what a server must do, by whose word.

use super::Level;

/// One entry of `specs/requirements/`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Requirement {
    /// `rooms.to-excludes-sender`.
    pub id: String,
    /// How binding its source is.
    pub level: Level,
    /// What is right, in one sentence.
    pub title: String,
    /// Document and section.
    pub clause: Option<String>,
    /// Where to read it.
    pub source: Option<String>,
    /// Question numbers of the product brief.
    pub brief: Vec<u32>,
    /// Why it is not tested, where it is not.
    pub untested: Option<String>,
}

/// All entries, by id.
#[derive(Clone, Debug, Default)]
pub struct Requirements {
    /// In order of id.
    pub entries: std::collections::BTreeMap<String, Requirement>,
}
