//! Describes in sentences what a `receive` step expects, and what came instead.

use crate::{
    runner::{
        clients::{Client, Link},
        findings::{
            Finding,
            evidence::{self, Traffic},
            failure_kind::FailureKind,
        },
        matching::frames,
        play::attempt::Attempt,
    },
    scenario::Incoming,
    text::excerpt,
};

/// Returns the finding that what the step expects did not come within `limit`.
pub(super) fn missing(
    attempt: &Attempt<'_>,
    client: &Client,
    (link, from): (&Link, usize),
    expected: &Incoming,
    (kind, limit): (FailureKind, &str),
) -> Finding {
    let traffic = match expected {
        Incoming::Frame(_) => Traffic::Frames,
        _ => Traffic::Packets,
    };
    let awaited = match expected {
        Incoming::Text(matcher) | Incoming::Message(matcher) => {
            let described = matcher.describe(&attempt.scope());
            serde_json::from_str(&described).unwrap_or(described)
        }
        _ => String::new(),
    };
    let came = evidence::came_like(link, from, traffic, &awaited);
    let sentence = format!(
        "{} did not receive {} within {limit}; it received {}.",
        client.spec.name,
        excerpt(&describe(attempt, expected)),
        evidence::briefly(&came)
    );
    Finding::new(kind, sentence)
        .expected(describe(attempt, expected))
        .missed_by(&client.spec.name)
        .received(came)
}

/// Returns what the step expects, as a noun without an article.
pub(super) fn noun(what: &Incoming) -> &'static str {
    match what {
        Incoming::Binary(_) => "binary message",
        Incoming::Bytes(_) => "bytes",
        Incoming::Echo(_) => "echo",
        Incoming::Frame(_) => "frame",
        Incoming::Http(_) => "HTTP response",
        Incoming::Message(_) => "message",
        Incoming::Nothing => "silence",
        Incoming::Packet(_) => "Socket.IO packet",
        Incoming::Text(_) => "packet",
    }
}

/// Returns what the step expects, in the words of the scenario language.
pub(super) fn describe(attempt: &Attempt<'_>, what: &Incoming) -> String {
    let scope = attempt.scope();
    match what {
        Incoming::Binary(matcher) => format!("a binary message {}", matcher.describe(&scope)),
        Incoming::Bytes(matcher) => matcher.describe(&scope),
        Incoming::Echo(matcher) => format!("the echo of {}", matcher.describe(&scope)),
        Incoming::Frame(pattern) => {
            // Release the lock: `frames::what` locks the scope itself.
            drop(scope);
            format!("a {}", frames::what(attempt, pattern))
        }
        Incoming::Http(_) => "an HTTP response".to_owned(),
        Incoming::Message(matcher) => format!("a message {}", matcher.describe(&scope)),
        Incoming::Nothing => "nothing".to_owned(),
        Incoming::Packet(matcher) => format!("a Socket.IO packet {}", matcher.describe(&scope)),
        Incoming::Text(matcher) => format!("the packet {}", matcher.describe(&scope)),
    }
}
