//! Finds the names in a scenario file that other files define: capabilities, credentials, events, operations.

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use regex::Regex;

use super::{
    Diagnostic, SourceFile, Span,
    node::{Node, NodeKind},
    verbs::Verb,
};

/// Matches `$credentials.name`, and `credentials.name` inside `${…}`.
static CREDENTIAL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:\$|\$\{[^}]*\b)(credentials\.([A-Za-z_][A-Za-z0-9_]*))").ok());

/// A name and its place in the file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mention {
    /// The name as the file writes it.
    pub name: String,
    /// The place of the name in the file.
    pub span: Span,
}

/// The names that one scenario file uses and other files define.
#[derive(Clone, Debug)]
pub struct Mentions {
    /// The scenario file.
    pub source: Arc<SourceFile>,
    /// The capabilities that the file's `needs` keys require of a target.
    pub needs: Vec<Mention>,
    /// The target's credentials that the file uses: `expired` for `$credentials.expired`.
    pub credentials: Vec<Mention>,
    /// The operations that the steps call and the events that the steps expect or forbid.
    pub events: Vec<Mention>,
    /// All YAML values of the file that are texts. The names of events and operations are among them.
    pub words: BTreeSet<String>,
}

impl Mentions {
    /// Finds the names in a scenario file.
    ///
    /// # Errors
    ///
    /// Returns an error if the file is not YAML.
    pub fn of(source: &Arc<SourceFile>) -> Result<Self, Vec<Diagnostic>> {
        let root = Node::parse(source)?;
        let mut mentions = Self {
            source: Arc::clone(source),
            needs: Vec::new(),
            credentials: Vec::new(),
            events: Vec::new(),
            words: BTreeSet::new(),
        };
        let scenarios = root.get("scenarios").into_iter().flat_map(items);
        let with_rows = scenarios.flat_map(|scenario| {
            let rows = scenario.get("each").into_iter().flat_map(items);
            std::iter::once(scenario).chain(rows)
        });
        for part in [&root].into_iter().chain(with_rows) {
            let needs = part.get("needs").into_iter().flat_map(items);
            mentions.needs.extend(needs.filter_map(mention));
        }
        let scenarios = root.get("scenarios").into_iter().flat_map(items);
        let blocks = scenarios.map(|scenario| scenario.get("steps"));
        for steps in [root.get("background")].into_iter().chain(blocks).flatten() {
            mentions.read_steps(steps);
        }
        mentions.read_texts(&root);
        Ok(mentions)
    }

    /// Collects the names of operations and events in a list of steps and the blocks inside it.
    fn read_steps(&mut self, steps: &Node) {
        let entries = items(steps).iter().filter_map(Node::entries).flatten();
        for entry in entries {
            match Verb::named(&entry.key).map(|verb| verb.spec().value) {
                Some("steps") => self.read_steps(&entry.value),
                Some("event" | "unwanted") => self
                    .events
                    .extend(mention(&entry.value).filter(|mention| !mention.name.contains('$'))),
                Some(_) | None => {}
            }
        }
    }

    fn read_texts(&mut self, root: &Node) {
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            match &node.kind {
                NodeKind::Mapping(entries) => open.extend(entries.iter().map(|entry| &entry.value)),
                NodeKind::Sequence(items) => open.extend(items),
                NodeKind::Scalar(scalar) => {
                    let found = CREDENTIAL.iter();
                    let found = found.flat_map(|pattern| pattern.captures_iter(&scalar.text));
                    for captures in found {
                        let written = captures.get(1).map_or("", |found| found.as_str());
                        self.credentials.push(Mention {
                            name: captures
                                .get(2)
                                .map_or("", |found| found.as_str())
                                .to_owned(),
                            span: node.span.find(&self.source.text, written),
                        });
                    }
                    self.words.insert(scalar.text.clone());
                }
            }
        }
    }
}

/// Returns the items of a list. A value that is not a list counts as a list with one item.
pub(crate) fn items(node: &Node) -> &[Node] {
    match &node.kind {
        NodeKind::Sequence(items) => items,
        NodeKind::Mapping(_) | NodeKind::Scalar(_) => std::slice::from_ref(node),
    }
}

/// Returns the text of a YAML value and its place. Returns `None` for a list or a mapping.
pub(crate) fn mention(node: &Node) -> Option<Mention> {
    Some(Mention {
        name: node.text()?.to_owned(),
        span: node.span,
    })
}
