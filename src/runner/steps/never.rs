//! `never`: a client does not receive an event.

use crate::{
    runner::{
        attempt::Attempt,
        finding::Stepped,
        observe::Sought,
        silence::{self, Silence},
    },
    scenario::{Never, Step},
};

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, never: &Never) -> Stepped {
    let mut claims = Vec::new();
    for client in attempt.actors(step) {
        let sought = Sought::new(attempt, &client, &never.event)?;
        let meaning = "receives it, although it must not";
        claims.push(Silence {
            client,
            never: silence::Never::Event { sought, meaning },
            span: step.span,
            level: step.level,
        });
    }
    silence::claim(attempt, claims).await
}
