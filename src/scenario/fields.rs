//! Reads the keys of a mapping into typed values, and reports mistakes.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    Span,
    diagnostic::Problems,
    keys::{Exclusive, Key},
    node::{Entry, Node, NodeKind, Quoting},
    word::Word,
};
use crate::{
    data::Data,
    text::{hint, one_of},
};

/// The values of one row of an `each:` table, by name. The loader replaces `$name` by these values before it checks the
/// type of a key's value, so `$name` can stand where a number or a fixed word is required.
pub(crate) type Substitutes<'n> = BTreeMap<&'n str, &'n Node>;

/// The keys and values of one YAML mapping. [`Self::finish`] reports each key that no method was asked for as unknown.
pub(crate) struct Fields<'n> {
    what: &'static str,
    node: &'n Node,
    entries: &'n [Entry],
    known: RefCell<Vec<&'static str>>,
    /// The places of unknown keys that the caller has already reported with a more exact message.
    reported: RefCell<Vec<Span>>,
    substitutes: Option<&'n Substitutes<'n>>,
    /// The lists of all keys that this mapping can have.
    tables: &'static [&'static [Key]],
}

/// One key of a mapping with its value.
#[derive(Clone, Copy)]
pub(crate) struct Field<'n> {
    /// The name of the key. Messages about the value contain it.
    pub(crate) key: &'static str,
    /// The value of the key.
    pub(crate) node: &'n Node,
}

impl<'n> Fields<'n> {
    /// Starts to read a mapping. `what` names the mapping in messages: "a scenario".
    pub(crate) fn new(node: &'n Node, what: &'static str, problems: &mut Problems) -> Option<Self> {
        let Some(entries) = node.entries() else {
            problems.error(
                "wrong-type",
                node.span,
                format!("{what} has to be a mapping, found {}", node.describe()),
            );
            return None;
        };
        Some(Self {
            what,
            node,
            entries,
            known: RefCell::default(),
            reported: RefCell::default(),
            substitutes: None,
            tables: &[],
        })
    }

    /// Sets the row of the `each:` table whose values replace `$name` in this mapping.
    pub(crate) fn with_substitutes(mut self, substitutes: &'n Substitutes<'n>) -> Self {
        self.substitutes = Some(substitutes);
        self
    }

    /// Sets the lists of all keys that the mapping can have. A debug build panics if the code asks for a key that is in
    /// none of these lists.
    pub(crate) fn with_tables(mut self, tables: &'static [&'static [Key]]) -> Self {
        self.tables = tables;
        self
    }

    /// Returns the entries whose keys the code has not asked for so far.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &'n Entry> {
        let known = self.known.borrow().clone();
        self.entries
            .iter()
            .filter(move |entry| !known.contains(&entry.key.as_str()))
    }

    /// Marks an unknown key as reported by the caller, so that [`Self::finish`] does not report the key again.
    pub(crate) fn mark_reported(&self, entry: &Entry) {
        self.reported.borrow_mut().push(entry.key_span);
    }

    /// Returns all entries of a mapping such as `clients:`, whose keys are names that the author chooses.
    pub(crate) fn entries(&self) -> &'n [Entry] {
        self.entries
    }

    /// Returns the value of `key` without replacing `$name`.
    pub(crate) fn raw(&self, key: &'static str) -> Option<Field<'n>> {
        debug_assert!(
            self.tables.is_empty()
                || self
                    .tables
                    .iter()
                    .copied()
                    .flatten()
                    .any(|known| known.name == key),
            "the table of the keys of {} lacks `{key}`",
            self.what
        );
        self.known.borrow_mut().push(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(Field {
            key,
            node: &entry.value,
        })
    }

    /// Returns the value of `key`. Replaces a value `$name` if the row of the `each:` table sets `name`.
    pub(crate) fn get(&self, key: &'static str) -> Option<Field<'n>> {
        let field = self.raw(key)?;
        Some(Field {
            key,
            node: substituted(field.node, self.substitutes),
        })
    }

    /// Returns the value of a required key. Reports a mistake if the key is missing.
    pub(crate) fn require(&self, key: &'static str, problems: &mut Problems) -> Option<Field<'n>> {
        let field = self.get(key);
        if field.is_none() {
            self.missing(key, problems);
        }
        field
    }

    /// Reports that `key` is missing.
    pub(crate) fn missing(&self, key: &'static str, problems: &mut Problems) {
        let span = self
            .entries
            .first()
            .map_or(self.node.span, |entry| entry.key_span.to(entry.value.span));
        problems.error_at_line("missing-key", span, format!("{} needs `{key}`", self.what));
    }

    /// Reports a mistake for each group of which the mapping has more than one key. A flag that is `false` does not
    /// count, because it has the same meaning as no flag.
    pub(crate) fn exclusive(&self, groups: &[Exclusive], problems: &mut Problems) {
        for group in groups {
            let mut given = self
                .entries
                .iter()
                .filter(|entry| group.contains(&entry.key.as_str()) && !self.is_false_flag(entry));
            if let (Some(first), Some(second)) = (given.next(), given.next()) {
                let (first_key, second_key) = (&first.key, &second.key);
                problems
                    .error(
                        "conflict",
                        second.key_span,
                        format!("`{second_key}` and `{first_key}` exclude each other"),
                    )
                    .related = Some((first.key_span, String::new()));
            }
        }
    }

    fn is_false_flag(&self, entry: &Entry) -> bool {
        let mut keys = self.tables.iter().copied().flatten();
        let is_flag = keys.any(|key| key.name == entry.key && key.kind == "flag");
        is_flag && substituted(&entry.value, self.substitutes).to_data() == Data::from(false)
    }

    /// Reports the unknown keys.
    pub(crate) fn finish(self, problems: &mut Problems) {
        let (known, reported) = (self.known.into_inner(), self.reported.into_inner());
        for entry in self.entries {
            if known.contains(&entry.key.as_str()) || reported.contains(&entry.key_span) {
                continue;
            }
            let names: BTreeSet<&str> = known.iter().copied().collect();
            let help = hint(&entry.key, &format!("{} takes", self.what), names);
            problems
                .error(
                    "unknown-key",
                    entry.key_span,
                    format!("{} has no key `{}`", self.what, entry.key),
                )
                .help = Some(help);
        }
    }
}

impl<'n> Field<'n> {
    /// Reports that the value is wrong. The message says that `expected` is needed, and describes the value found.
    pub(crate) fn wrong(&self, expected: &str, problems: &mut Problems) {
        problems.error(
            "wrong-type",
            self.node.span,
            format!(
                "`{}` has to be {expected}, found {}",
                self.key,
                self.node.describe()
            ),
        );
    }

    /// Reads a text that is not empty.
    pub(crate) fn text(&self, problems: &mut Problems) -> Option<&'n str> {
        match self.node.text() {
            Some(text) if !text.trim().is_empty() => Some(text),
            Some(_) if !is_bare(self.node) => {
                let sentence = format!("`{}` is empty", self.key);
                problems.error("empty-text", self.node.span, sentence);
                None
            }
            _ => {
                self.wrong("text", problems);
                None
            }
        }
    }

    /// Reads `true` or `false`.
    pub(crate) fn boolean(&self, problems: &mut Problems) -> Option<bool> {
        let value = self.node.to_data().as_bool();
        if value.is_none() {
            self.wrong("`true` or `false`", problems);
        }
        value
    }

    /// Reads a whole number in a range.
    pub(crate) fn number(&self, least: u64, most: u64, problems: &mut Problems) -> Option<u64> {
        let value = match &self.node.kind {
            NodeKind::Scalar(_) => self.node.to_data().as_u64(),
            NodeKind::Mapping(_) | NodeKind::Sequence(_) => None,
        };
        let value = value.filter(|value| (least..=most).contains(value));
        if value.is_none() {
            self.wrong(&format!("a whole number from {least} to {most}"), problems);
        }
        value
    }

    /// Reads a duration with its unit, such as `500ms`.
    pub(crate) fn duration(&self, problems: &mut Problems) -> Option<Duration> {
        let text = match &self.node.kind {
            NodeKind::Scalar(scalar) => scalar.text.as_str(),
            NodeKind::Mapping(_) | NodeKind::Sequence(_) => "",
        };
        if let Ok(duration) = humantime::parse_duration(text) {
            return Some(duration);
        }
        if !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit()) {
            problems
                .error(
                    "duration-without-unit",
                    self.node.span,
                    format!("`{}: {text}` has no unit", self.key),
                )
                .help = Some(format!("write `{text}ms` or `{text}s`"));
        } else {
            problems
                .error(
                    "bad-duration",
                    self.node.span,
                    format!(
                        "`{}` has to be a duration, found {}",
                        self.key,
                        self.node.describe()
                    ),
                )
                .help = Some("write `200ms`, `5s` or `1m 30s`".to_owned());
        }
        None
    }

    /// Reads a value that is written as one word, such as the level `must`.
    pub(crate) fn word<T: Word>(&self, problems: &mut Problems) -> Option<T> {
        self.choice(T::WORDS, problems)
    }

    /// Reads a word from a fixed list.
    pub(crate) fn choice<T: Copy>(
        &self,
        choices: &[(&'static str, T)],
        problems: &mut Problems,
    ) -> Option<T> {
        let names = || choices.iter().map(|(name, _)| *name);
        let Some(text) = self.node.text() else {
            self.wrong(&one_of(names()), problems);
            return None;
        };
        let found = choices.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            problems
                .error(
                    "unknown-value",
                    self.node.span,
                    format!("`{}` can't be {}", self.key, self.node.describe()),
                )
                .help = Some(hint(text, "write", names()));
        }
        found.map(|(_, choice)| *choice)
    }

    /// Returns the items of a list. A value that is not a list counts as a list with one item.
    pub(crate) fn items(&self) -> impl Iterator<Item = Self> + use<'n> {
        let items = match &self.node.kind {
            NodeKind::Sequence(items) => items.as_slice(),
            NodeKind::Mapping(_) | NodeKind::Scalar(_) => std::slice::from_ref(self.node),
        };
        let key = self.key;
        items.iter().map(move |node| Self { key, node })
    }

    /// Reads a list of texts. A single text is a list with one item.
    pub(crate) fn texts(&self, problems: &mut Problems) -> Vec<(&'n str, Self)> {
        self.items()
            .filter_map(|item| Some((item.text(problems)?, item)))
            .collect()
    }
}

/// Returns the value that the row of the `each:` table sets for `name` if `node` is exactly `$name`. Returns `node` if
/// it is anything else, or if the row does not set `name`.
pub(crate) fn substituted<'n>(node: &'n Node, substitutes: Option<&Substitutes<'n>>) -> &'n Node {
    let Some(substitutes) = substitutes else {
        return node;
    };
    match &node.kind {
        NodeKind::Scalar(scalar) if scalar.text.starts_with('$') => scalar
            .text
            .strip_prefix('$')
            .and_then(|name| substitutes.get(name))
            .copied()
            .unwrap_or(node),
        _ => node,
    }
}

/// Returns true if a key has no value: the node is empty, as in `alive:`, or an unquoted `null`.
pub(crate) fn is_bare(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Scalar(scalar) => {
            scalar.quoting == Quoting::Plain && scalar.value() == Data::Null
        }
        NodeKind::Mapping(entries) => entries.is_empty(),
        NodeKind::Sequence(_) => false,
    }
}
