//! `never`: a client does not receive an event, or a frame.

use super::links::any_link;
use crate::{
    runner::{
        findings::StepResult,
        matching::event_pattern::Sought,
        play::attempt::Attempt,
        silence::{
            self,
            claim::{self, Silence, Unwanted},
        },
    },
    scenario::{Never, Step},
};

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, never: &Never) -> StepResult {
    let watch = attempt.watch(step)?;
    let mut claims = Vec::new();
    for client in attempt.actors(step) {
        let never = match never {
            Never::Event(event) => claim::Never::Event {
                sought: Sought::new(attempt, &client, event)?,
                reason: Unwanted::Forbidden,
            },
            Never::Frame(pattern) => {
                let link = any_link(&client)?;
                let from = link.state().cursor.frames;
                claim::Never::Frame {
                    link,
                    checked: claim::Checked::before(from),
                    pattern: pattern.clone(),
                }
            }
        };
        claims.push(Silence {
            client,
            never,
            span: step.span,
            level: step.level,
            watch,
        });
    }
    silence::claim(attempt, claims).await
}
