//! Helpers for operators: the order of two values (`$gt`), lengths (`$length`), and the assignment of list items to
//! matchers (`$unordered`).

use std::cmp::Ordering;

use crate::data::Data;

/// The operators that compare two numbers or two texts: `$gt`, `$gte`, `$lt` and `$lte`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    /// Returns true if the operator accepts `order`, the result of comparing the received value with the operand.
    pub(super) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
        }
    }
}

/// Returns the number of items, fields, characters or bytes of a value. Returns `None` for a number, a boolean and
/// null.
pub(super) fn length(value: &Data) -> Option<usize> {
    match value {
        Data::Array(items) => Some(items.len()),
        Data::Bytes(bytes) => Some(bytes.len()),
        Data::Object(fields) => Some(fields.len()),
        Data::String(text) => Some(text.chars().count()),
        Data::Bool(_) | Data::Null | Data::Number(_) => None,
    }
}

/// Returns true if the received value and the operand satisfy the operator, such as `actual > operand` for `$gt`.
/// Returns false if one of them is a number and the other a text.
pub(super) fn compares(comparison: Comparison, actual: Option<&Data>, operand: &Data) -> bool {
    let order = match (actual, operand) {
        (Some(Data::Number(actual)), Data::Number(operand)) => compare_numbers(actual, operand),
        (Some(Data::String(actual)), Data::String(operand)) => Some(actual.as_str().cmp(operand)),
        _ => None,
    };
    order.is_some_and(|order| comparison.holds(order))
}

/// Compares numbers by value: 1 equals 1.0, because JSON has one kind of number (RFC 8259 section 6).
pub(super) fn compare_numbers(
    left: &serde_json::Number,
    right: &serde_json::Number,
) -> Option<Ordering> {
    let whole = |number: &serde_json::Number| {
        number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from))
    };
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

/// Assigns to each expectation a different item that meets the expectation (bipartite matching by augmenting paths).
/// `fits` lists, for each expectation, the indexes of the items that meet it. Returns the index of the item for each
/// expectation, or `None` if no such assignment exists.
pub(super) fn assign(fits: &[Vec<usize>], items: usize) -> Option<Vec<usize>> {
    let mut owner: Vec<Option<usize>> = vec![None; items];
    for start in 0..fits.len() {
        if !augment(start, fits, &mut owner, &mut vec![false; items]) {
            return None;
        }
    }
    let mut assignment = vec![0; fits.len()];
    for (item, matcher) in owner.into_iter().enumerate() {
        if let Some(slot) = matcher.and_then(|matcher| assignment.get_mut(matcher)) {
            *slot = item;
        }
    }
    Some(assignment)
}

fn augment(
    matcher: usize,
    fits: &[Vec<usize>],
    owner: &mut [Option<usize>],
    visited: &mut [bool],
) -> bool {
    for &item in fits.get(matcher).into_iter().flatten() {
        if std::mem::replace(&mut visited[item], true) {
            continue;
        }
        let free = match owner[item] {
            None => true,
            Some(other) => augment(other, fits, owner, visited),
        };
        if free {
            owner[item] = Some(matcher);
            return true;
        }
    }
    false
}
