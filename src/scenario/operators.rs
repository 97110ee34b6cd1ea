//! Reads operators of expectations, such as `$regex`, from YAML.

use std::{collections::BTreeSet, sync::Arc};

use regex::Regex;

use super::{
    Matcher, Template,
    compare::Comparison,
    compare::compares,
    matcher::{Form, OPERATORS, Operator, Schema},
    node::{Entry, Node, NodeKind},
    values::{ValueReader, is_expectation, is_operator},
};
use crate::{
    data::Data,
    text::{excerpt, hint},
};

/// Returns a lower and an upper bound that no number can meet together, such as `$gt: 5` and `$lt: 3`. Ignores bounds
/// with variables.
fn contradiction(operators: &[Operator]) -> Option<(Data, Data)> {
    let bounds = |wanted: [Comparison; 2]| {
        operators.iter().filter_map(move |operator| match operator {
            Operator::Compare(comparison, bound) if wanted.contains(comparison) => {
                Some((*comparison, bound.as_literal()?.clone()))
            }
            _ => None,
        })
    };
    let lower = [Comparison::Greater, Comparison::GreaterOrEqual];
    let upper = [Comparison::Less, Comparison::LessOrEqual];
    bounds(lower).find_map(|(from, above)| {
        let (_, below) = bounds(upper).find(|(to, below)| {
            // A lower and an upper bound of the same number can be met together only if both bounds include the number,
            // as `$gte: 2` and `$lte: 2` do.
            let met = from == Comparison::GreaterOrEqual && *to == Comparison::LessOrEqual;
            let order = if met {
                Comparison::Greater
            } else {
                Comparison::GreaterOrEqual
            };
            compares(order, Some(&above), below)
        })?;
        Some((above, below))
    })
}

impl ValueReader<'_> {
    pub(super) fn operators(&mut self, entries: &[Entry]) -> Form {
        let operators: Vec<_> = entries
            .iter()
            .filter_map(|entry| {
                if is_operator(entry) {
                    return self.operator(entry);
                }
                self.problems
                    .error(
                        "mixed-operators",
                        entry.key_span,
                        format!("the field `{}` is beside an operator", entry.key),
                    )
                    .help = Some(
                    "an object with operators has no fields; put the field into an object of its own".to_owned(),
                );
                None
            })
            .collect();
        if let Some((above, below)) = contradiction(&operators) {
            let span = entries.first().map(|first| first.key_span);
            let span = span.map(|first| {
                entries
                    .iter()
                    .fold(first, |all, next| all.to(next.value.span))
            });
            if let Some(span) = span {
                let sentence = format!("no number is above {above} and below {below}");
                self.problems.error("never-true", span, sentence);
            }
        }
        Form::Operators(operators)
    }

    fn operator(&mut self, entry: &Entry) -> Option<Operator> {
        let operand = &entry.value;
        let comparison =
            |reader: &mut Self, comparison| Operator::Compare(comparison, reader.bound(entry));
        Some(match entry.key.as_str() {
            "$bytes" | "$file" => {
                let content = self.content(std::slice::from_ref(entry))?;
                Operator::Eq(Template::literal(content))
            }
            "$contains" => Operator::Contains(match &operand.kind {
                NodeKind::Sequence(_) => self.choices(entry)?,
                NodeKind::Mapping(_) | NodeKind::Scalar(_) => vec![self.matcher(operand)],
            }),
            "$endsWith" => Operator::EndsWith(self.part(entry)),
            "$eq" => Operator::Eq(self.verbatim(operand)),
            "$exactly" => Operator::Exactly(Box::new(self.matcher(operand))),
            "$gt" => comparison(self, Comparison::Greater),
            "$gte" => comparison(self, Comparison::GreaterOrEqual),
            "$json" => Operator::Json(Box::new(self.json(entry))),
            "$length" => Operator::Length(Box::new(self.length(entry))),
            "$lt" => comparison(self, Comparison::Less),
            "$lte" => comparison(self, Comparison::LessOrEqual),
            "$not" => {
                let captured = self.captures.len();
                let matcher = self.matcher(operand);
                for capture in self.captures.drain(captured..) {
                    self.problems.error(
                        "capture-in-not",
                        capture.span,
                        format!("`{}` can't be captured inside `$not`", capture.name),
                    );
                }
                Operator::Not(Box::new(matcher))
            }
            "$oneOf" => Operator::OneOf(self.choices(entry)?),
            "$regex" => Operator::Regex(self.regex(entry)?),
            "$schema" => Operator::Schema(self.schema(operand)?),
            "$startsWith" => Operator::StartsWith(self.part(entry)),
            "$unordered" => Operator::Unordered(self.operand_list(entry)?),
            unknown => {
                let names = || OPERATORS.iter().map(|(name, _)| *name);
                self.problems
                    .error(
                        "unknown-operator",
                        entry.key_span,
                        format!("there is no operator `{unknown}`"),
                    )
                    .help = Some(hint(
                    unknown,
                    &format!("for a field of that name write `${unknown}`; the operators are"),
                    names(),
                ));
                return None;
            }
        })
    }

    fn operand_list(&mut self, entry: &Entry) -> Option<Vec<Matcher>> {
        let NodeKind::Sequence(items) = &entry.value.kind else {
            self.wrong_operand(entry, "a list");
            return None;
        };
        Some(items.iter().map(|item| self.matcher(item)).collect())
    }

    /// Reads the operand of `$oneOf`: a list of expectations of which a value has to meet one.
    fn choices(&mut self, entry: &Entry) -> Option<Vec<Matcher>> {
        let before = self.captures.len();
        let choices = self.operand_list(entry)?;
        // Several choices can capture the same variable (`<string as name>`), because only the first choice that
        // matches sets its variables. So keep each name once.
        let mut names = BTreeSet::new();
        let captured = self.captures.split_off(before);
        let first = captured
            .into_iter()
            .filter(|capture| names.insert(capture.name.clone()));
        self.captures.extend(first);
        if choices.is_empty() {
            self.wrong_operand(entry, "a list with at least one item");
        }
        Some(choices)
    }

    /// Reads the operand of `$gt` and similar operators: a number or a text.
    fn bound(&mut self, entry: &Entry) -> Template {
        if self.refuse_expectation(entry, "a number or a text") {
            return Template::literal(Data::Null);
        }
        let bound = self.template(&entry.value);
        if !matches!(
            bound.as_literal(),
            None | Some(Data::Number(_) | Data::String(_))
        ) {
            self.wrong_operand(entry, "a number or a text");
        }
        bound
    }

    /// Reads the operand of `$startsWith` or `$endsWith`: a text.
    fn part(&mut self, entry: &Entry) -> Template {
        if self.refuse_expectation(entry, "a text") {
            return Template::literal(Data::Null);
        }
        let part = self.text_template(&entry.value);
        if !matches!(part.as_literal(), None | Some(Data::String(_))) {
            self.wrong_operand(entry, "a text");
        }
        part
    }

    /// Reads the operand of `$length`: a whole number, or an expectation that the length has to meet.
    fn length(&mut self, entry: &Entry) -> Matcher {
        let length = self.matcher(&entry.value);
        let fits = match &length.form {
            Form::Array(_) | Form::Object(_) => false,
            Form::Operators(_) => true,
            Form::Placeholder(kind, _) => kind.matches(Some(&Data::from(1_u64))),
            Form::Value(template) => template
                .as_literal()
                .is_none_or(|literal| literal.as_u64().is_some()),
        };
        if !fits {
            self.wrong_operand(entry, "a whole number, or an operator such as `$gte`");
        }
        length
    }

    /// Reads the operand of `$json`: an expectation that a value in JSON can meet.
    fn json(&mut self, entry: &Entry) -> Matcher {
        let value = self.matcher(&entry.value);
        let is_possible = match &value.form {
            Form::Placeholder(kind, _) => !matches!(kind.name(), "absent" | "bytes"),
            Form::Value(template) => !matches!(template.as_literal(), Some(Data::Bytes(_))),
            Form::Array(_) | Form::Object(_) | Form::Operators(_) => true,
        };
        if !is_possible {
            self.wrong_operand(entry, "an expectation that a value in JSON can meet");
        }
        value
    }

    /// Reports an operand that contains an operator or a placeholder, where only a literal value is allowed. Returns
    /// true if it reports a mistake.
    fn refuse_expectation(&mut self, entry: &Entry, expected: &str) -> bool {
        let refused = is_expectation(&entry.value);
        if refused {
            self.wrong_operand(entry, expected);
        }
        refused
    }

    fn wrong_operand(&mut self, entry: &Entry, expected: &str) {
        let found = match entry.value.text() {
            Some(text) if is_expectation(&entry.value) => format!("the placeholder `{text}`"),
            _ => entry.value.describe(),
        };
        self.problems.error(
            "wrong-type",
            entry.value.span,
            format!("`{}` has to be {expected}, found {found}", entry.key),
        );
    }

    /// Reads the operand of `$regex`. A `$` in the operand means the end of the text and does not start a variable.
    fn regex(&mut self, entry: &Entry) -> Option<Regex> {
        let node = &entry.value;
        let Some(text) = node.text() else {
            self.wrong_operand(entry, "a regular expression");
            return None;
        };
        match Regex::new(text) {
            Ok(regex) => Some(regex),
            Err(error) => {
                // The regex crate's message marks the place in several lines. Only its last line describes the mistake.
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
