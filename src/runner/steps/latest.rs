//! `within` of a block: the time for all its steps together.

use crate::{
    clock,
    runner::{
        findings::{Finding, StepResult, failure_kind::FailureKind},
        play::attempt::Attempt,
    },
    scenario::Step,
};

/// Performs the steps of a block, and checks that they have not taken longer than the block's `within`.
pub(super) async fn timed(
    attempt: &Attempt<'_>,
    block: &Step,
    steps: impl Future<Output = StepResult>,
) -> StepResult {
    let begun = clock::now();
    steps.await?;
    if block.within.is_none() {
        return Ok(());
    }
    let latest = attempt.limit(block)?;
    let took = begun.elapsed();
    if took <= latest {
        return Ok(());
    }
    let verb = block.action.verb().name();
    let limit = attempt.describe_limit(block, latest);
    let took = took.as_millis();
    Err(Finding::new(
        FailureKind::TooLate,
        format!("The steps of `{verb}` took {took} ms together; they have to end within {limit}."),
    )
    .expected(format!("within {limit}"))
    .received(format!("after {took} ms"))
    .breach())
}
