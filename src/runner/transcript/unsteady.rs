//! The variables of a scenario whose values differ from run to run for reasons of their own: random bytes, a piece of a
//! token, a compressed message.
//!
//! The runner computes each variable a second time, with other unique names and other tokens. A variable is unsteady if
//! its two values differ although all known values in them are replaced by their placeholders.

use jiff::SignedDuration;

use super::{given::add_names, names::Names};
use crate::{
    clock,
    data::{Data, hex},
    runner::play::{attempt::Attempt, unique::NAMES},
    scenario::{Scope, Template},
};

/// The shortest number that is replaced, in digits.
const DIGITS: usize = 6;

/// Adds the unsteady variables, each with its own name as the placeholder.
pub(super) fn add(names: &mut Names, attempt: &Attempt<'_>) {
    let variables = &attempt.scenario.variables;
    let is_computed = |template: &Template| template.as_literal().is_none();
    if !variables.iter().any(|(_, template)| is_computed(template)) {
        return;
    }
    let actual = attempt.scope().clone();
    let (mut other, suffix) = other_scope(attempt, &actual);
    let mut other_names = Names::at(clock::timestamp());
    add_names(&mut other_names, &other, &suffix);
    for (name, template) in variables {
        let Ok(value) = template.render(&other) else {
            continue;
        };
        other.set(name.as_str(), value.clone());
        let Some(first) = actual.get(name).filter(|_| is_computed(template)) else {
            continue;
        };
        let (first, second) = (shown(first), shown(&value));
        let is_number = matches!(value, Data::Number(_));
        if let (Some(first), Some(second)) = (first, second)
            // A number can stand beside other digits, where its form does not show that it is a time.
            && (is_number && first != second
                || names.replace(&first).key() != other_names.replace(&second).key())
        {
            names.add(&first, name);
            other_names.add(&second, name);
            if let Some(Data::Bytes(bytes)) = actual.get(name)
                && let Ok(text) = std::str::from_utf8(bytes)
            {
                names.add(text, name);
            }
        }
    }
}

/// Returns the variables of another attempt at the scenario, before its own variables are computed, and the suffix of
/// the other attempt's unique names.
fn other_scope(attempt: &Attempt<'_>, actual: &Scope) -> (Scope, String) {
    let other_digit = |digit: char| match digit.to_digit(16) {
        Some(value) => char::from_digit(15 - value, 16).unwrap_or(digit),
        None => digit,
    };
    let suffix: String = attempt.unique.suffix().chars().map(other_digit).collect();
    let mut scope = actual.clone();
    for name in NAMES {
        scope.set(name, Data::from(format!("{name}-{suffix}")));
    }
    let later = clock::timestamp().saturating_add(SignedDuration::from_hours(1));
    if let Ok(later) = later {
        let credentials = &attempt.target.manifest.credentials;
        scope.set("credentials", credentials.mint_for(later, &suffix).data);
    }
    (scope, suffix)
}

/// Returns a value as the text in which transcripts show it. Returns `None` for lists, objects and short numbers.
fn shown(value: &Data) -> Option<String> {
    match value {
        Data::String(text) => Some(text.clone()),
        Data::Bytes(bytes) => Some(hex(bytes)),
        Data::Number(number) => Some(number.to_string()).filter(|digits| digits.len() >= DIGITS),
        Data::Array(_) | Data::Bool(_) | Data::Null | Data::Object(_) => None,
    }
}
