//! Finds the names in a scenario file that other files define: capabilities, credentials, events, fields, namespaces.

mod events;
mod mention;
mod steps;
mod values;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use regex::Regex;

pub(crate) use self::mention::{items, mention};
pub use self::{
    events::{EventMention, EventRole, FieldMention, FieldUse, Origin},
    mention::Mention,
};
use self::{steps::StepNames, values::Values};
use super::{
    Diagnostic, SourceFile,
    node::{Node, NodeKind},
};

/// Matches `$credentials.name`.
static VARIABLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(\$credentials\.([A-Za-z_][A-Za-z0-9_]*))").ok());

/// Matches an expression: `${ … }`.
static EXPRESSION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\$\{[^}]*\}").ok());

/// Matches `credentials.name` and `credentials['name']` in an expression.
static IN_EXPRESSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = "([A-Za-z_][A-Za-z0-9_]*)";
    Regex::new(&format!(
        r#"(?:^|[^$\w.])(credentials(?:\s*\.\s*{name}|\s*\[\s*['"]{name}['"]\s*\]))"#
    ))
    .ok()
});

/// The names that one scenario file uses and other files define.
#[derive(Clone, Debug)]
pub struct Mentions {
    /// The scenario file.
    pub source: Arc<SourceFile>,
    /// The capabilities that the file's `needs` keys require of a target.
    pub needs: Vec<Mention>,
    /// The target's credentials that the file uses: `expired` for `$credentials.expired`.
    pub credentials: Vec<Mention>,
    /// The operations that the steps call, and the events that they expect or forbid.
    pub events: Vec<EventMention>,
    /// The namespaces that clients and steps join, without those that a step expects the server to refuse.
    pub namespaces: Vec<Mention>,
    /// All YAML values of the file that are texts, each with the offsets at which it stands.
    words: BTreeMap<String, BTreeSet<usize>>,
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
            namespaces: Vec::new(),
            words: BTreeMap::new(),
        };
        let scenarios = || root.get("scenarios").into_iter().flat_map(items);
        let with_rows = scenarios().flat_map(|scenario| {
            let rows = scenario.get("each").into_iter().flat_map(items);
            std::iter::once(scenario).chain(rows)
        });
        for part in [&root].into_iter().chain(with_rows) {
            let needs = part.get("needs").into_iter().flat_map(items);
            mentions.needs.extend(needs.filter_map(mention));
        }
        let mut names = StepNames::default();
        for scenario in scenarios() {
            for values in Values::of_rows(scenario) {
                for steps in [root.get("background"), scenario.get("steps")] {
                    names.read_steps(steps, &values);
                }
                names.read_clients(scenario.get("clients"), &values);
            }
        }
        (mentions.events, mentions.namespaces) = names.finish();
        mentions.read_texts(&root);
        Ok(mentions)
    }

    /// Returns true if a YAML value of the file is this text. Events and operations are among these values.
    pub fn has_word(&self, word: &str) -> bool {
        self.words.contains_key(word)
    }

    /// Returns true if the file mentions an event in another place than in the steps that forbid it: another step sends
    /// or expects the event, or a packet that a step writes out contains its name.
    pub fn knows_event(&self, name: &str) -> bool {
        let forbidden: BTreeSet<usize> = self
            .events
            .iter()
            .filter(|event| event.role == EventRole::Forbidden && event.name.name == name)
            .map(|event| event.name.span.start)
            .collect();
        let places = self.words.get(name);
        let quoted = format!("\"{name}\"");
        places.is_some_and(|places| !places.is_subset(&forbidden))
            || self.words.keys().any(|text| text.contains(&quoted))
            || self
                .events
                .iter()
                .any(|event| event.role != EventRole::Forbidden && event.name.name == name)
    }

    fn read_texts(&mut self, root: &Node) {
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            match &node.kind {
                NodeKind::Mapping(entries) => {
                    for entry in entries {
                        // The value of `check` is an expression without `${ }`.
                        let text = entry.value.text().filter(|_| entry.key == "check");
                        self.read_credentials(
                            &IN_EXPRESSION,
                            text.unwrap_or_default(),
                            &entry.value,
                        );
                        open.push(&entry.value);
                    }
                }
                NodeKind::Sequence(items) => open.extend(items),
                NodeKind::Scalar(scalar) => {
                    self.read_credentials(&VARIABLE, &scalar.text, node);
                    let expressions = EXPRESSION.iter();
                    for found in expressions.flat_map(|pattern| pattern.find_iter(&scalar.text)) {
                        self.read_credentials(&IN_EXPRESSION, found.as_str(), node);
                    }
                    let places = self.words.entry(scalar.text.clone()).or_default();
                    places.insert(node.span.start);
                }
            }
        }
    }

    /// Adds the credentials that the pattern finds in a text, which is a part of the node's.
    fn read_credentials(&mut self, pattern: &LazyLock<Option<Regex>>, text: &str, node: &Node) {
        let found = pattern
            .iter()
            .flat_map(|pattern| pattern.captures_iter(text));
        for captures in found {
            let name = captures.get(2).or_else(|| captures.get(3));
            if let (Some(written), Some(name)) = (captures.get(1), name) {
                let mention = Mention {
                    name: name.as_str().to_owned(),
                    span: node.span.find(&self.source.text, written.as_str()),
                };
                if !self.credentials.contains(&mention) {
                    self.credentials.push(mention);
                }
            }
        }
    }
}

/// Returns the events and the namespaces in a list of steps, such as `enter` of a manifest.
pub(crate) fn names_in_steps(steps: &Node) -> (Vec<EventMention>, Vec<Mention>) {
    let mut names = StepNames::default();
    names.read_steps(Some(steps), &Values::default());
    names.finish()
}
