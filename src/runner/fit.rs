//! Holding a value against the strict expectation, then the lenient one.

use super::{attempt::Attempt, finding::Stepped};
use crate::{
    data::Data,
    scenario::{Matcher, Mismatch},
};

/// How a value fits.
#[derive(Debug)]
pub(super) enum Fit {
    /// As it should be, with what was captured.
    Strict(Vec<(String, Data)>),
    /// Tolerated.
    Lenient {
        /// What was captured.
        captures: Vec<(String, Data)>,
        /// How it differs from what is strictly right.
        mismatch: Mismatch,
    },
    /// Not at all; the difference is to the strict expectation.
    No(Mismatch),
}

/// Fits one value.
pub(super) fn fit(
    attempt: &Attempt<'_>,
    strict: &Matcher,
    lenient: Option<&Matcher>,
    actual: Option<&Data>,
) -> Stepped<Fit> {
    let scope = attempt.scope();
    let mismatch = match strict.check(actual, &scope)? {
        Ok(captures) => return Ok(Fit::Strict(captures)),
        Err(mismatch) => mismatch,
    };
    if let Some(lenient) = lenient
        && let Ok(captures) = lenient.check(actual, &scope)?
    {
        return Ok(Fit::Lenient { captures, mismatch });
    }
    Ok(Fit::No(mismatch))
}
