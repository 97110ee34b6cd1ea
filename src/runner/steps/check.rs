//! `check`: an expression that has to be true.

use crate::{
    data::Data,
    runner::{
        findings::{Finding, Obstacle, StepResult, failure_kind::FailureKind},
        play::attempt::Attempt,
    },
    scenario::Check,
    text::excerpt,
};

pub(super) fn perform(attempt: &Attempt<'_>, check: &Check) -> StepResult {
    let value = check.expression.render(&attempt.scope())?;
    match value {
        Data::Bool(true) => Ok(()),
        Data::Bool(false) => {
            let sentence = check.because.clone().unwrap_or_else(|| {
                format!(
                    "The expression `{}` is false; it has to be true.",
                    excerpt(&check.written)
                )
            });
            Err(Finding::new(FailureKind::CheckFailed, sentence)
                .expected("true")
                .received("false")
                .breach())
        }
        other => Err(Obstacle::new(format!(
            "The value of the expression `{}` is {other}; it has to be true or false.",
            excerpt(&check.written)
        ))
        .unjudged()),
    }
}
