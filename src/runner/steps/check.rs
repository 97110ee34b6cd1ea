//! `check`: an expression that must be true.

use crate::{
    data::Data,
    runner::{
        attempt::Attempt,
        finding::{Finding, Stepped},
    },
    scenario::Check,
};

pub(super) fn perform(attempt: &Attempt<'_>, check: &Check) -> Stepped {
    let value = check.expression.render(&attempt.scope())?;
    match value {
        Data::Bool(true) => Ok(()),
        Data::Bool(false) => {
            let sentence = check
                .because
                .clone()
                .unwrap_or_else(|| "The check does not hold.".to_owned());
            Err(Finding::new(sentence)
                .expected("true")
                .received("false")
                .breach())
        }
        other => Err(
            Finding::new(format!("`check` came to {other}; it takes true or false.")).unjudged(),
        ),
    }
}
