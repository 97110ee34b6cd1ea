//! The allowance for a server that is slow at the moment when the deadline of a step passes.
//!
//! A step can have a short deadline of its own, such as one that follows from times that the server announces. A server
//! under load keeps these times less exactly. So the runner measures a round trip when the deadline passes, and then
//! waits for that time in addition.

use std::time::Duration;

use tokio::time::Instant;

use super::ping::{MARKER, ping};
use crate::{
    client::{Bounds, HttpRequest, request},
    clock,
    runner::{clients::Link, play::attempt::Attempt},
    scenario::Step,
};

/// The longest round trip that extends a deadline. A server that hangs is not given more time.
const LONGEST: Duration = Duration::from_secs(1);

/// Measures a round trip after the deadline of a step has passed, and returns the extended deadline. `None` if the step
/// has no deadline of its own (`within`).
pub(in crate::runner) async fn extended_deadline(
    attempt: &Attempt<'_>,
    step: &Step,
    link: &Link,
) -> Option<Instant> {
    step.within.as_ref()?;
    let begun = clock::now();
    let limit = attempt.usual_limit().min(LONGEST);
    if link.websocket {
        let marker = format!("{MARKER}{}", link.next_own_ack());
        // Ignore whether the server answers, because the round trip serves only to measure how slow the server is.
        let _ = ping(&link.connection, marker, begun + limit).await;
    } else {
        ask(attempt, limit).await;
    }
    Some(clock::now() + begun.elapsed())
}

/// Makes a round trip over HTTP: sends a request to the server and waits for the response.
async fn ask(attempt: &Attempt<'_>, limit: Duration) {
    let endpoint = &attempt.target.endpoint;
    let asked = HttpRequest {
        method: "GET".to_owned(),
        target: "/sockspec-late".to_owned(),
        headers: Vec::new(),
        body: None,
    };
    // Ignore whether the server answers, because the round trip serves only to measure how slow the server is.
    let _ = request(endpoint, asked, limit, Bounds::default()).await;
}
