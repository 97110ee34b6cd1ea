//! Operators of expectations, `$regex` and its like, from YAML.

use std::sync::Arc;

use regex::Regex;

use super::{
    Matcher, Template,
    diagnostic::{did_you_mean, one_of},
    matcher::{Comparison, Form, OPERATORS, Operator, Schema},
    node::{Entry, Node, NodeKind, excerpt},
    values::{ValueReader, is_operator},
};

impl ValueReader<'_> {
    pub(super) fn operators(&mut self, entries: &[Entry]) -> Form {
        let operators = entries
            .iter()
            .filter_map(|entry| {
                if is_operator(entry) {
                    return self.operator(entry);
                }
                self.problems
                    .error(
                        "mixed-operators",
                        entry.key_span,
                        format!("the field `{}` stands beside an operator", entry.key),
                    )
                    .help = Some(
                    "operators stand alone in their braces; put the field into an object of its own".to_owned(),
                );
                None
            })
            .collect();
        Form::Operators(operators)
    }

    fn operator(&mut self, entry: &Entry) -> Option<Operator> {
        let operand = &entry.value;
        let comparison =
            |reader: &mut Self, comparison| Operator::Compare(comparison, reader.template(operand));
        Some(match entry.key.as_str() {
            "$bytes" | "$file" => {
                let content = self.content(std::slice::from_ref(entry))?;
                Operator::Eq(Template::literal(content))
            }
            "$contains" => Operator::Contains(match &operand.kind {
                NodeKind::Sequence(items) => items.iter().map(|item| self.matcher(item)).collect(),
                NodeKind::Mapping(_) | NodeKind::Scalar(_) => vec![self.matcher(operand)],
            }),
            "$endsWith" => Operator::EndsWith(self.text_template(operand)),
            "$eq" => Operator::Eq(self.template(operand)),
            "$exactly" => Operator::Exactly(Box::new(self.matcher(operand))),
            "$gt" => comparison(self, Comparison::Greater),
            "$gte" => comparison(self, Comparison::GreaterOrEqual),
            "$length" => Operator::Length(Box::new(self.matcher(operand))),
            "$lt" => comparison(self, Comparison::Less),
            "$lte" => comparison(self, Comparison::LessOrEqual),
            "$not" => {
                let captured = self.captures.len();
                let matcher = self.matcher(operand);
                for capture in self.captures.drain(captured..) {
                    self.problems.error(
                        "capture-in-not",
                        capture.span,
                        format!(
                            "`{}` can't be captured from what must not match",
                            capture.name
                        ),
                    );
                }
                Operator::Not(Box::new(matcher))
            }
            "$oneOf" => Operator::OneOf(self.operand_list(entry)?),
            "$regex" => Operator::Regex(self.regex(operand)?),
            "$schema" => Operator::Schema(self.schema(operand)?),
            "$startsWith" => Operator::StartsWith(self.text_template(operand)),
            "$unordered" => Operator::Unordered(self.operand_list(entry)?),
            unknown => {
                let names = || OPERATORS.iter().map(|(name, _)| *name);
                self.problems
                    .error(
                        "unknown-operator",
                        entry.key_span,
                        format!("there is no operator `{unknown}`"),
                    )
                    .help = Some(did_you_mean(unknown, names()).unwrap_or_else(|| {
                    format!(
                        "there are {}; for a field of that name write `${unknown}`",
                        one_of(names())
                    )
                }));
                return None;
            }
        })
    }

    fn operand_list(&mut self, entry: &Entry) -> Option<Vec<Matcher>> {
        let NodeKind::Sequence(items) = &entry.value.kind else {
            self.problems.error(
                "wrong-type",
                entry.value.span,
                format!(
                    "`{}` must be a list, found {}",
                    entry.key,
                    entry.value.describe()
                ),
            );
            return None;
        };
        Some(items.iter().map(|item| self.matcher(item)).collect())
    }

    /// Taken as it stands: `$` is the end of the text there, not a variable.
    fn regex(&mut self, node: &Node) -> Option<Regex> {
        let text = node.text().unwrap_or_default();
        match Regex::new(text) {
            Ok(regex) => Some(regex),
            Err(error) => {
                // The crate draws the place over several lines; the last one says what is wrong.
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default();
                let reason = reason.trim().trim_start_matches("error: ").to_owned();
                self.problems.error(
                    "bad-regex",
                    node.span,
                    format!("`{}` is not a regular expression: {reason}", excerpt(text)),
                );
                None
            }
        }
    }

    fn schema(&mut self, node: &Node) -> Option<Arc<Schema>> {
        let source = match node.entries().and_then(|entries| self.content(entries)) {
            Some(content) => content.to_json(),
            None => node.to_data().to_json(),
        };
        match jsonschema::validator_for(&source) {
            Ok(validator) => Some(Arc::new(Schema { source, validator })),
            Err(error) => {
                self.problems.error(
                    "bad-schema",
                    node.span,
                    format!("this is not a JSON Schema: {error}"),
                );
                None
            }
        }
    }
}
