//! Reads the `each:` table of a scenario. Each row of the table becomes a scenario with its own values.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    data::Data,
    scenario::{
        Span,
        diagnostic::Problems,
        expression::function_names,
        fields::Field,
        node::{Entry, Node, NodeKind},
        reading::{variables::refuse_bad_name, words::list},
        scope::RESERVED,
        template::is_name,
    },
    text::did_you_mean,
};

/// The keys of a row of an `each:` table that replace the scenario's key of the same name or add to it. All other keys
/// of a row are values for variables.
const OVERRIDES: &[&str] = &[
    "aliases",
    "catches",
    "exclusive",
    "level",
    "needs",
    "settle",
    "tier",
    "title",
    "transports",
    "verifies",
    "why",
    "within",
    "without",
];

/// One row of an `each:` table.
pub(super) struct Row<'n> {
    /// The label of the row in the scenario's id: `expired` in `auth/bad-token-refused[expired]`.
    pub(super) label: String,
    /// The values of the row, which the steps of the scenario can read as variables.
    pub(super) values: Vec<&'n Entry>,
    /// The keys of the row, such as `level`, that replace the scenario's key of the same name or add to it.
    pub(super) overrides: Vec<&'n Entry>,
    /// The place of the row in the file.
    pub(super) span: Span,
}

/// An `each:` table.
pub(super) struct Table<'n> {
    /// The rows that the loader could read without a mistake, in the order of the file.
    pub(super) rows: Vec<Row<'n>>,
    /// For each name of a value, the index of the first row that sets the value.
    setters: HashMap<&'n str, usize>,
}

impl<'n> Table<'n> {
    /// Reads the rows of `each:`, and reports mistakes in them.
    pub(super) fn read(field: &Field<'n>, problems: &mut Problems) -> Self {
        let rows = rows(field, problems);
        let mut setters = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            for entry in &row.values {
                setters.entry(entry.key.as_str()).or_insert(index);
            }
        }
        Self { rows, setters }
    }

    /// Returns the first row that sets the value `name`. Returns `None` if no row sets it.
    pub(super) fn first_row_with(&self, name: &str) -> Option<&Row<'n>> {
        self.rows.get(*self.setters.get(name)?)
    }
}

fn rows<'n>(field: &Field<'n>, problems: &mut Problems) -> Vec<Row<'n>> {
    let mut labels: BTreeMap<String, Span> = BTreeMap::new();
    let mut rows = Vec::new();
    for node in list(field, problems).unwrap_or_default() {
        let Some(row) = row(node, problems) else {
            continue;
        };
        if let Some(first) = labels.insert(row.label.clone(), row.span) {
            problems
                .error_at_line(
                    "duplicate-case",
                    row.span,
                    format!(
                        "another row of the `each:` table has the name `{}` too",
                        row.label
                    ),
                )
                .related = Some((first, "the other row".to_owned()));
            continue;
        }
        rows.push(row);
    }
    rows
}

fn row<'n>(node: &'n Node, problems: &mut Problems) -> Option<Row<'n>> {
    let Some(entries) = node.entries().filter(|entries| !entries.is_empty()) else {
        problems
            .error(
                "wrong-type",
                node.span,
                format!(
                    "a row of the `each:` table has to be a mapping, found {}",
                    node.describe()
                ),
            )
            .help = Some("write `- { case: expired, token: $credentials.expired }`".to_owned());
        return None;
    };
    let (overrides, values): (Vec<_>, Vec<_>) = entries
        .iter()
        .partition(|entry| OVERRIDES.contains(&entry.key.as_str()));
    for entry in &values {
        refuse_bad_name(entry, problems);
    }
    let named = values.iter().find(|entry| entry.key == "case");
    let first_scalar = || {
        values
            .iter()
            .find(|entry| matches!(entry.value.kind, NodeKind::Scalar(_)))
    };
    let label = named
        .or_else(first_scalar)
        .and_then(|entry| entry.value.text())
        .map(label)
        .filter(|label| !label.is_empty());
    let Some(label) = label else {
        problems
            .error_at_line(
                "missing-key",
                node.span,
                "a row of the `each:` table needs `case`",
            )
            .help =
            Some("`case` is a short name, which becomes part of the scenario's id".to_owned());
        return None;
    };
    Some(Row {
        label,
        values,
        overrides,
        span: node.span,
    })
}

/// Reports a value of a row that nothing in the scenario uses, if the name of the value resembles a key that rows can
/// have, such as `needs`. The name is then probably a misspelled key.
pub(super) fn refuse_misspelt(
    table: &Table<'_>,
    scenario: &Node,
    background: &[Node],
    problems: &mut Problems,
) {
    let mut used = BTreeSet::new();
    for node in background.iter().chain([scenario]) {
        words_in_use(node, &mut used);
    }
    let mut seen = BTreeSet::new();
    for entry in table.rows.iter().flat_map(|row| &row.values) {
        let key = entry.key.as_str();
        if !seen.insert(key) {
            continue;
        }
        let has_meaning = key == "case" || used.contains(key);
        // Skip a value whose name can't be the name of a variable, because another check reports this name.
        let is_no_variable =
            !is_name(key) || RESERVED.contains(&key) || function_names().contains(&key);
        if has_meaning || is_no_variable {
            continue;
        }
        let near = if key == "transport" {
            Some("in a row of the `each:` table, write `transports`".to_owned())
        } else {
            did_you_mean(key, OVERRIDES.iter().copied())
        };
        // Report only values whose names resemble a key. An author can use any other unused value as a comment.
        if near.is_some() {
            let sentence = format!("nothing in the scenario uses `{key}`");
            problems
                .error("unused-value", entry.key_span, sentence)
                .help = near;
        }
    }
}

/// Collects all words of the scenario that can be names of variables: the words in texts that contain a `$`, and in the
/// expressions of `check` steps.
fn words_in_use<'n>(node: &'n Node, words: &mut BTreeSet<&'n str>) {
    let mut add = |text: &'n str| {
        words
            .extend(text.split(|character: char| !character.is_alphanumeric() && character != '_'));
    };
    match &node.kind {
        NodeKind::Scalar(scalar) if scalar.text.contains('$') => add(&scalar.text),
        NodeKind::Scalar(_) => {}
        NodeKind::Sequence(items) => items.iter().for_each(|item| words_in_use(item, words)),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                if entry.key == "check"
                    && let Some(text) = entry.value.text()
                {
                    add(text);
                }
            }
            for entry in entries {
                words_in_use(&entry.value, words);
            }
        }
    }
}

/// Converts the text of the key `case` of a row to the label in the scenario's id: keeps letters, digits, `.` and `_`,
/// and replaces all other characters by `-`.
fn label(case: &str) -> String {
    let mut label = String::new();
    for character in case.chars() {
        if character.is_alphanumeric() || matches!(character, '.' | '_') {
            label.push(character);
        } else if !label.is_empty() && !label.ends_with('-') {
            label.push('-');
        }
    }
    label.trim_end_matches('-').to_owned()
}

/// Returns the row's values without replacing variables in them, to insert the values into `title` and `why`.
pub(super) fn plain_values<'n>(row: Option<&Row<'n>>) -> impl Iterator<Item = (&'n str, Data)> {
    row.into_iter()
        .flat_map(|row| row.values.clone())
        .map(|entry| (entry.key.as_str(), entry.value.to_data()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_becomes_a_label_that_fits_an_id() {
        assert_eq!(label("expired"), "expired");
        assert_eq!(label("not a token!"), "not-a-token");
        assert_eq!(label("RSV1 + text"), "RSV1-text");
        assert_eq!(label("{}"), "");
    }
}
