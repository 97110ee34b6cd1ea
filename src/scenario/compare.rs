//! Comparing values: how long, in which order, and who gets which.

use std::cmp::Ordering;

use super::matcher::Comparison;
use crate::data::Data;

/// How long a value is; `None` where that means nothing.
pub(super) fn length(value: &Data) -> Option<usize> {
    match value {
        Data::Array(items) => Some(items.len()),
        Data::Bytes(bytes) => Some(bytes.len()),
        Data::Object(fields) => Some(fields.len()),
        Data::String(text) => Some(text.chars().count()),
        Data::Bool(_) | Data::Null | Data::Number(_) => None,
    }
}

/// Whether an order holds; a number is in no order with a text.
pub(super) fn compares(comparison: Comparison, actual: Option<&Data>, operand: &Data) -> bool {
    let order = match (actual, operand) {
        (Some(Data::Number(actual)), Data::Number(operand)) => compare_numbers(actual, operand),
        (Some(Data::String(actual)), Data::String(operand)) => Some(actual.as_str().cmp(operand)),
        _ => None,
    };
    order.is_some_and(|order| comparison.holds(order))
}

/// Numbers by value: 1 and 1.0 are the same (JSON has one kind of number, RFC 8259 section 6).
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

/// One item for each row, none twice: `fits` says which items each row can take. Augmenting paths.
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
