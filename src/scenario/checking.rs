//! Compares a value that the server sent with the expectation that a scenario states for the value.

use std::{cmp::Ordering, fmt::Write};

use super::{
    Matcher, Mismatch, Scope, TemplateError,
    compare::{assign, compare_numbers, compares, length},
    matcher::{Form, Operator, Schema},
};
use crate::{
    data::{Data, hex},
    text::{humanize::count, json_string},
};

impl Matcher {
    /// Compares the received value `actual` with an expectation. `actual` is `None` if the server sent no such value.
    ///
    /// If the value meets the expectation, returns the variables that placeholders such as `<string as name>` capture,
    /// in order. Otherwise returns the first difference.
    ///
    /// # Errors
    ///
    /// Returns the outer `Err` if a variable of the expectation is not set, or if an expression in it can't be
    /// evaluated. The inner `Err` is the difference between the value and the expectation.
    pub fn check(
        &self,
        actual: Option<&Data>,
        scope: &Scope,
    ) -> Result<Result<Vec<(String, Data)>, Mismatch>, TemplateError> {
        Checking::new(scope).run(self, actual)
    }
}

/// The state while one received value is compared with its expectation.
struct Checking<'s> {
    scope: &'s Scope,
    captures: Vec<(String, Data)>,
    path: Vec<Segment>,
    extra_fields: ExtraFields,
}

/// Whether a received object can have fields that the expectation does not name.
#[derive(Clone, Copy, Eq, PartialEq)]
enum ExtraFields {
    Allowed,
    Refused,
}

enum Segment {
    Field(String),
    Item(usize),
    /// A property of the value at this path, such as its length. In messages, a wrong length of the list `rooms` has
    /// the path `rooms (length)`.
    Property(&'static str),
}

/// The reason why a comparison stops early: the value differs, or the expectation can't be evaluated.
enum Stop {
    Differs(Box<Mismatch>),
    Template(TemplateError),
}

type Outcome = Result<(), Stop>;

impl From<TemplateError> for Stop {
    fn from(error: TemplateError) -> Self {
        Self::Template(error)
    }
}

impl<'s> Checking<'s> {
    fn new(scope: &'s Scope) -> Self {
        Self {
            scope,
            captures: Vec::new(),
            path: Vec::new(),
            extra_fields: ExtraFields::Allowed,
        }
    }

    fn run(
        mut self,
        matcher: &Matcher,
        actual: Option<&Data>,
    ) -> Result<Result<Vec<(String, Data)>, Mismatch>, TemplateError> {
        match self.matcher(matcher, actual) {
            Ok(()) => Ok(Ok(self.captures)),
            Err(Stop::Differs(mismatch)) => Ok(Err(*mismatch)),
            Err(Stop::Template(error)) => Err(error),
        }
    }

    fn matcher(&mut self, matcher: &Matcher, actual: Option<&Data>) -> Outcome {
        match &matcher.form {
            Form::Array(expected) => match actual {
                Some(Data::Array(items)) => {
                    for (index, item) in expected.iter().enumerate() {
                        self.at(Segment::Item(index), |this| {
                            this.matcher(item, items.get(index))
                        })?;
                    }
                    self.no_more_items(expected.len(), items)
                }
                _ => self.differs(matcher.describe(self.scope), actual),
            },
            Form::Object(expected) => match actual {
                Some(Data::Object(fields)) => {
                    for (key, field) in expected {
                        self.at(Segment::Field(key.clone()), |this| {
                            this.matcher(field, fields.get(key))
                        })?;
                    }
                    self.no_more_fields(fields, |key| {
                        expected.iter().any(|(expected, _)| expected == key)
                    })
                }
                _ => self.differs(matcher.describe(self.scope), actual),
            },
            Form::Operators(operators) => operators
                .iter()
                .try_for_each(|operator| self.operator(operator, actual)),
            Form::Placeholder(kind, capture) => {
                if !kind.matches(actual) {
                    return self.differs(format!("<{}>", kind.name()), actual);
                }
                if let (Some(name), Some(value)) = (capture, actual) {
                    self.captures.push((name.clone(), value.clone()));
                }
                Ok(())
            }
            Form::Value(template) => match template.as_literal() {
                Some(expected) => self.value(expected, actual),
                None => {
                    let expected = template.render(self.scope)?;
                    self.value(&expected, actual)
                }
            },
        }
    }

    fn value(&mut self, expected: &Data, actual: Option<&Data>) -> Outcome {
        match (expected, actual) {
            (Data::Object(expected), Some(Data::Object(fields))) => {
                for (key, field) in expected {
                    self.at(Segment::Field(key.clone()), |this| {
                        this.value(field, fields.get(key))
                    })?;
                }
                self.no_more_fields(fields, |key| expected.contains_key(key))
            }
            (Data::Array(expected), Some(Data::Array(items))) => {
                for (index, item) in expected.iter().enumerate() {
                    self.at(Segment::Item(index), |this| {
                        this.value(item, items.get(index))
                    })?;
                }
                self.no_more_items(expected.len(), items)
            }
            (Data::Number(expected), Some(Data::Number(number)))
                if compare_numbers(expected, number) == Some(Ordering::Equal) =>
            {
                Ok(())
            }
            (expected, Some(value)) if expected == value => Ok(()),
            (Data::Bytes(bytes), _) => self.differs(format!("the bytes {}", hex(bytes)), actual),
            _ => self.differs(expected.to_string(), actual),
        }
    }

    fn operator(&mut self, operator: &Operator, actual: Option<&Data>) -> Outcome {
        match operator {
            Operator::Compare(comparison, operand) => {
                let operand = operand.render(self.scope)?;
                self.decide(compares(*comparison, actual, &operand), operator, actual)
            }
            Operator::Contains(items) => {
                for item in items {
                    let contained = self.contains(item, actual)?;
                    self.decide(contained, operator, actual)?;
                }
                Ok(())
            }
            Operator::EndsWith(end) => {
                let end = end.render_text(self.scope)?;
                self.decide(
                    is_text(actual, |text| text.ends_with(&end)),
                    operator,
                    actual,
                )
            }
            Operator::Eq(value) => {
                let value = value.render(self.scope)?;
                self.with_extra_fields(ExtraFields::Refused, |this| this.value(&value, actual))
            }
            Operator::Exactly(matcher) => {
                self.with_extra_fields(ExtraFields::Refused, |this| this.matcher(matcher, actual))
            }
            Operator::Json(matcher) => self.json(matcher, operator, actual),
            Operator::Length(matcher) => self.length(matcher, operator, actual),
            Operator::Not(matcher) => {
                let holds = self.holds(matcher, actual)?;
                self.decide(!holds, operator, actual)
            }
            Operator::OneOf(choices) => self.one_of(choices, operator, actual),
            Operator::Regex(regex) => self.decide(
                is_text(actual, |text| regex.is_match(text)),
                operator,
                actual,
            ),
            Operator::Schema(schema) => match actual {
                None => self.decide(false, operator, actual),
                Some(value) => self.schema(schema, value),
            },
            Operator::StartsWith(start) => {
                let start = start.render_text(self.scope)?;
                self.decide(
                    is_text(actual, |text| text.starts_with(&start)),
                    operator,
                    actual,
                )
            }
            Operator::Unordered(expected) => match actual {
                Some(Data::Array(items)) if items.len() == expected.len() => {
                    self.unordered(expected, items, operator)
                }
                _ => self.decide(false, operator, actual),
            },
        }
    }

    /// Compares the value that the received text encodes as JSON with the operand of `$json`.
    fn json(&mut self, matcher: &Matcher, operator: &Operator, actual: Option<&Data>) -> Outcome {
        let Some(text) = actual.and_then(Data::as_str) else {
            return self.decide(false, operator, actual);
        };
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) => self.at(Segment::Property("json"), |this| {
                this.matcher(matcher, Some(&Data::from(value)))
            }),
            Err(error) => {
                let expected = operator.describe(self.scope);
                self.differs(format!("{expected} (the text is no JSON: {error})"), actual)
            }
        }
    }

    /// Compares the length of the received list, text, object or bytes with the operand of `$length`.
    fn length(&mut self, matcher: &Matcher, operator: &Operator, actual: Option<&Data>) -> Outcome {
        let Some(length) = actual.and_then(length) else {
            return self.decide(false, operator, actual);
        };
        let length = Data::from(u64::try_from(length).unwrap_or(u64::MAX));
        self.at(Segment::Property("length"), |this| {
            this.matcher(matcher, Some(&length))
        })
    }

    /// Checks that the received value meets one of the expectations listed under `$oneOf`. Keeps only the variables
    /// that the first expectation that matches captures.
    fn one_of(
        &mut self,
        choices: &[Matcher],
        operator: &Operator,
        actual: Option<&Data>,
    ) -> Outcome {
        for choice in choices {
            if self.holds(choice, actual)? {
                return self.matcher(choice, actual);
            }
        }
        self.decide(false, operator, actual)
    }

    /// Checks the value against the JSON Schema of `$schema`. Reports the first error that the validator finds.
    fn schema(&self, schema: &Schema, value: &Data) -> Outcome {
        let json = value.to_json();
        let Some(error) = schema.validator.iter_errors(&json).next() else {
            return Ok(());
        };
        let mut expected = format!("a value that the JSON Schema accepts: {error}");
        let place = error.instance_path().to_string();
        if !place.is_empty() {
            // Writing to a `String` can't fail.
            let _ = write!(expected, " (at {place})");
        }
        self.differs(expected, Some(value))
    }

    /// Checks that the items meet the expectations of `$unordered` in any order. The caller has to compare the lengths
    /// of the two lists first.
    fn unordered(&mut self, expected: &[Matcher], items: &[Data], operator: &Operator) -> Outcome {
        let Some(assignment) = self.assignment(expected, items)? else {
            return self.decide(false, operator, Some(&Data::Array(items.to_vec())));
        };
        expected
            .iter()
            .zip(assignment)
            .try_for_each(|(matcher, index)| self.matcher(matcher, items.get(index)))
    }

    /// Returns true if `actual` is a list with an item that meets `item`, or a text or bytes that contain `item`.
    fn contains(&self, item: &Matcher, actual: Option<&Data>) -> Result<bool, Stop> {
        match actual {
            Some(Data::Array(items)) => {
                for candidate in items {
                    if self.holds(item, Some(candidate))? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Some(Data::String(text)) => match &item.form {
                Form::Value(part) => Ok(part
                    .render(self.scope)?
                    .as_str()
                    .is_some_and(|part| text.contains(part))),
                _ => Ok(false),
            },
            Some(Data::Bytes(bytes)) => match &item.form {
                Form::Value(part) => Ok(match part.render(self.scope)? {
                    Data::Bytes(part) => memchr::memmem::find(bytes, &part).is_some(),
                    _ => false,
                }),
                _ => Ok(false),
            },
            _ => Ok(false),
        }
    }

    /// Assigns to each expectation (`matchers`) a different received item that meets the expectation. Returns the index
    /// of the item for each expectation, or `None` if no such assignment exists.
    fn assignment(&self, matchers: &[Matcher], items: &[Data]) -> Result<Option<Vec<usize>>, Stop> {
        let mut fits = Vec::with_capacity(matchers.len());
        for matcher in matchers {
            let mut row = Vec::new();
            for (index, item) in items.iter().enumerate() {
                if self.holds(matcher, Some(item))? {
                    row.push(index);
                }
            }
            fits.push(row);
        }
        Ok(assign(&fits, items.len()))
    }

    /// Returns true if the value meets the expectation (`matcher`). Discards the variables that the expectation
    /// captures.
    fn holds(&self, matcher: &Matcher, actual: Option<&Data>) -> Result<bool, Stop> {
        let mut trial = Checking::new(self.scope);
        trial.extra_fields = self.extra_fields;
        match trial.matcher(matcher, actual) {
            Ok(()) => Ok(true),
            Err(Stop::Differs(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn no_more_items(&mut self, expected: usize, items: &[Data]) -> Outcome {
        match items.get(expected) {
            None => Ok(()),
            extra => self.at(Segment::Item(expected), |this| {
                this.differs(
                    format!("the end of the list after {}", count(expected, "item")),
                    extra,
                )
            }),
        }
    }

    fn no_more_fields(
        &mut self,
        fields: &indexmap::IndexMap<String, Data>,
        is_expected: impl Fn(&str) -> bool,
    ) -> Outcome {
        if self.extra_fields == ExtraFields::Allowed {
            return Ok(());
        }
        match fields.iter().find(|(key, _)| !is_expected(key)) {
            None => Ok(()),
            Some((key, extra)) => self.at(Segment::Field(key.clone()), |this| {
                this.differs("no such field".to_owned(), Some(extra))
            }),
        }
    }

    fn decide(&self, holds: bool, operator: &Operator, actual: Option<&Data>) -> Outcome {
        if holds {
            return Ok(());
        }
        self.differs(operator.describe(self.scope), actual)
    }

    fn differs(&self, expected: String, actual: Option<&Data>) -> Outcome {
        Err(Stop::Differs(Box::new(Mismatch {
            path: self.written_path(),
            expected,
            received: actual.cloned(),
        })))
    }

    fn at(&mut self, segment: Segment, check: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        self.path.push(segment);
        let outcome = check(self);
        self.path.pop();
        outcome
    }

    fn with_extra_fields(
        &mut self,
        extra_fields: ExtraFields,
        check: impl FnOnce(&mut Self) -> Outcome,
    ) -> Outcome {
        let outer = std::mem::replace(&mut self.extra_fields, extra_fields);
        let outcome = check(self);
        self.extra_fields = outer;
        outcome
    }

    fn written_path(&self) -> String {
        let mut path = String::new();
        for segment in &self.path {
            // Writing to a `String` can't fail.
            let _ = match segment {
                Segment::Field(key) if super::template::is_name(key) => {
                    let dot = if path.is_empty() { "" } else { "." };
                    write!(path, "{dot}{key}")
                }
                Segment::Field(key) => write!(path, "[{}]", json_string(key)),
                Segment::Item(index) => write!(path, "[{index}]"),
                Segment::Property(name) => {
                    let gap = if path.is_empty() { "" } else { " " };
                    write!(path, "{gap}({name})")
                }
            };
        }
        path
    }
}

/// Returns true if the value is a string and `wanted` returns true for it.
fn is_text(actual: Option<&Data>, wanted: impl Fn(&str) -> bool) -> bool {
    actual.and_then(Data::as_str).is_some_and(wanted)
}

#[cfg(test)]
mod tests;
