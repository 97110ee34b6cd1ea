//! The timeouts of the steps of an attempt.

use std::time::Duration;

use tokio::time::Instant;

use super::attempt::{Attempt, grace};
use crate::{
    clock,
    data::Data,
    runner::{
        findings::{Obstacle, StepResult},
        silence::claim::Watch,
    },
    scenario::{Scope, Step, WaitBound},
    text::humanize,
};

impl Attempt<'_> {
    /// Returns the timeout of a step: its `within`, or else the usual timeout.
    pub(in crate::runner) fn limit(&self, step: &Step) -> StepResult<Duration> {
        match &step.within {
            Some(bound) => self.bound(bound),
            None if self.notes().side_by_side > 0 => Ok(self.usual_limit() + self.pacing),
            None => Ok(self.usual_limit()),
        }
    }

    /// Returns the timeout of steps that have no `within`.
    pub(in crate::runner) fn usual_limit(&self) -> Duration {
        self.limited(self.scenario.within.unwrap_or(self.target.within))
    }

    /// Returns a timeout, or the limit of this attempt if that is shorter.
    pub(in crate::runner) fn limited(&self, timeout: Duration) -> Duration {
        self.limit.map_or(timeout, |limit| timeout.min(limit))
    }

    /// Returns the length of a timeout as text for a message, with the expression that it was computed from, if any.
    pub(in crate::runner) fn describe_limit(&self, step: &Step, limit: Duration) -> String {
        let limit = humanize::limit(limit);
        match &step.within {
            Some(WaitBound::Computed(template)) => {
                let source = template.describe(&Scope::default());
                let grace = match source.contains("target.grace") {
                    true => format!(", where target.grace is {} ms", grace(self.target)),
                    false => String::new(),
                };
                format!("{limit} (`within: {source}`{grace})")
            }
            Some(WaitBound::Fixed(_)) | None => limit,
        }
    }

    /// Returns the time for which a step that starts now watches for forbidden traffic. `None` if the step has no
    /// `within`.
    pub(in crate::runner) fn watch(&self, step: &Step) -> StepResult<Option<Watch>> {
        let Some(bound) = &step.within else {
            return Ok(None);
        };
        let length = self.bound(bound)?;
        let until = clock::now() + length;
        Ok(Some(Watch { until, length }))
    }

    /// Returns the deadline of a step that starts now.
    pub(in crate::runner) fn deadline(&self, step: &Step) -> StepResult<Instant> {
        Ok(clock::now() + self.limit(step)?)
    }

    /// Computes the value of `within` or `after` of a step, which is a duration or an expression.
    pub(in crate::runner) fn bound(&self, bound: &WaitBound) -> StepResult<Duration> {
        let template = match bound {
            WaitBound::Fixed(duration) => return Ok(*duration),
            WaitBound::Computed(template) => template,
        };
        let value = template.render(&self.scope())?;
        let duration = match &value {
            Data::Number(number) => number
                .as_f64()
                .filter(|milliseconds| (0.0..=86_400_000.0).contains(milliseconds))
                .map(|milliseconds| Duration::from_secs_f64(milliseconds / 1000.0)),
            Data::String(text) => humantime::parse_duration(text).ok(),
            _ => None,
        };
        duration.ok_or_else(|| {
            Obstacle::new(format!(
                "The timeout of a step is {value}; it has to be a number of milliseconds or a duration such as `2s`."
            ))
            .unjudged()
        })
    }
}
