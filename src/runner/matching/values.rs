//! Compares a value that the server sent with what a step expects and tolerates.

use crate::{
    data::Data,
    runner::{
        findings::{Finding, StepResult, describe_mismatch, failure_kind::FailureKind},
        play::attempt::Attempt,
    },
    scenario::{Accepted, Matcher, Mismatch},
};

/// The result of comparing a value from the server with what a step expects and tolerates.
#[derive(Debug)]
pub(in crate::runner) enum Comparison {
    /// The value matches the strict expectation.
    Right {
        /// The variables that the value captured, with their values.
        captures: Vec<(String, Data)>,
    },
    /// The value differs from the strict expectation, but the step tolerates it.
    Tolerated {
        /// The variables that the value captured, with their values.
        captures: Vec<(String, Data)>,
        /// How the value differs from the strict expectation.
        mismatch: Mismatch,
    },
    /// The step neither expects nor tolerates the value. Holds the difference from the strict expectation.
    Wrong(Mismatch),
}

/// Compares one value with what a step expects and with what the step only tolerates.
pub(in crate::runner) fn compare(
    attempt: &Attempt<'_>,
    expected: Accepted<&Matcher>,
    actual: Option<&Data>,
) -> StepResult<Comparison> {
    let scope = attempt.scope();
    let mismatch = match expected.strict.check(actual, &scope)? {
        Ok(captures) => return Ok(Comparison::Right { captures }),
        Err(mismatch) => mismatch,
    };
    if let Some(lenient) = expected.lenient
        && let Ok(captures) = lenient.check(actual, &scope)?
    {
        return Ok(Comparison::Tolerated { captures, mismatch });
    }
    Ok(Comparison::Wrong(mismatch))
}

/// Sets the variables that a matching value captured, or returns how the value differs from the expectation.
pub(in crate::runner) fn check(
    attempt: &Attempt<'_>,
    expected: &Matcher,
    actual: Option<&Data>,
) -> StepResult<Result<(), Mismatch>> {
    let checked = expected.check(actual, &attempt.scope())?;
    Ok(checked.map(|captures| attempt.capture(captures)))
}

/// Sets the variables that a matching or tolerated value captured. Warns if the value is only tolerated. Fails if the
/// value is wrong.
///
/// `subject` names the value in messages: "alice's open packet".
pub(in crate::runner) fn require(
    attempt: &Attempt<'_>,
    expected: Accepted<&Matcher>,
    actual: Option<&Data>,
    subject: &str,
) -> StepResult {
    match compare(attempt, expected, actual)? {
        Comparison::Right { captures } => attempt.capture(captures),
        Comparison::Tolerated { captures, mismatch } => {
            attempt.capture(captures);
            attempt.warn(tolerated(subject, &mismatch));
        }
        Comparison::Wrong(mismatch) => {
            return Err(Finding::wrong(FailureKind::WrongContent, subject, &mismatch).breach());
        }
    }
    Ok(())
}

/// Returns the warning that a value differs from the strict expectation, but is tolerated.
pub(in crate::runner) fn tolerated(subject: &str, mismatch: &Mismatch) -> Finding {
    Finding::new(
        FailureKind::WrongContent,
        format!(
            "{subject} is only tolerated: it {}.",
            describe_mismatch(mismatch)
        ),
    )
    .mismatch(mismatch)
}
