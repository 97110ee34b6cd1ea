//! The names in a baseline that other files define: the target and the scenarios.

use std::sync::Arc;

use super::model::split;
use crate::scenario::{Diagnostic, Mention, Node, SourceFile, items, mention};

/// The names that a baseline mentions.
#[derive(Clone, Debug)]
pub struct BaselineMentions {
    /// The file of the baseline.
    pub source: Arc<SourceFile>,
    /// The name of the target; `None` if the baseline names none.
    pub target: Option<Mention>,
    /// The ids of the listed scenarios, without transports.
    pub scenarios: Vec<Mention>,
}

impl BaselineMentions {
    /// Collects the names that a baseline mentions.
    ///
    /// # Errors
    ///
    /// Returns an error if the file is not valid YAML.
    pub fn of(source: &Arc<SourceFile>) -> Result<Self, Vec<Diagnostic>> {
        let root = Node::parse(source)?;
        let deviations = root.get("deviations").into_iter().flat_map(items);
        let ids = deviations.filter_map(|entry| mention(entry.get("id")?));
        let scenarios = ids.map(|id| Mention {
            name: split(&id.name).0.to_owned(),
            span: id.span,
        });
        Ok(Self {
            source: Arc::clone(source),
            target: root.get("target").and_then(mention),
            scenarios: scenarios.collect(),
        })
    }
}
