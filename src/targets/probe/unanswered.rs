//! Probes which kinds of requests the server never answers. Without this knowledge, nearly every scenario of a run would
//! wait in vain until its deadline.

use std::collections::BTreeSet;

use tokio::join;

use super::{
    asking::{DEADLINE, Door, first_within, open},
    join::connect,
};
use crate::{
    client::{ConnectFailure, Connection, Layer, Options, TransportChoice, What},
    targets::unanswered::Unanswered,
    wire::engine_io::{Packet, PacketType},
};

/// Returns the kind of request, if the handshake over this transport got no answer in time.
pub(super) fn unanswered_handshake(
    opened: &Result<Connection, ConnectFailure>,
    kind: Unanswered,
) -> Option<Unanswered> {
    matches!(opened, Err(ConnectFailure::TimedOut { .. })).then_some(kind)
}

/// Finds out which requests of a session the server never answers.
pub(super) async fn of_sessions(
    door: Door<'_>,
    transport: TransportChoice,
) -> BTreeSet<Unanswered> {
    let (mut unanswered, connect) = join!(of_polling(door), answers_connect(door, transport));
    if connect == Some(false) && unanswered.is_empty() {
        unanswered.insert(Unanswered::Connect);
    }
    unanswered
}

/// Returns whether the server answers a CONNECT packet; `None` if no session opens.
async fn answers_connect(door: Door<'_>, transport: TransportChoice) -> Option<bool> {
    let connection = open(door, transport, Options::default()).await.ok()?;
    if connect(&connection, door.visitor).await.is_ok() {
        return Some(true);
    }
    let entries = connection.journal().entries();
    Some(entries.iter().any(|entry| match &entry.what {
        What::Ended(_) | What::Illegal { .. } | What::Oversize(_) | What::Socket(_) => true,
        What::Bytes(_)
        | What::Frame(_)
        | What::Http(_)
        | What::Message(_)
        | What::Packet(_)
        | What::Sent(_) => false,
    }))
}

/// Finds out which requests of a session with long-polling the server never answers.
async fn of_polling(door: Door<'_>) -> BTreeSet<Unanswered> {
    let (post, poll) = join!(answers_post(door), answers_poll(door));
    match (post, poll) {
        // Without POST requests, no client can cause an answer to a poll.
        (Some(false), _) => BTreeSet::from([Unanswered::Post]),
        (_, Some(false)) => BTreeSet::from([Unanswered::Poll]),
        (_, _) => BTreeSet::new(),
    }
}

/// Returns whether the server answers a POST request; `None` if no session opens. The client sends a pong, which is
/// harmless.
async fn answers_post(door: Door<'_>) -> Option<bool> {
    let connection = open_session(door, Polls::Never).await?;
    let from = connection.journal().entries().len();
    connection.send_packets(vec![Packet::text(PacketType::Pong, "")]);
    let is_answer = |what: &What| matches!(what, What::Http(_));
    Some(is_answered(&connection, from, is_answer).await)
}

/// Returns whether the server answers a poll; `None` if no session opens. The client first joins the main namespace, which
/// a Socket.IO server confirms, then ends the session, which releases the poll on every Engine.IO server.
async fn answers_poll(door: Door<'_>) -> Option<bool> {
    let connection = open_session(door, Polls::Always).await?;
    let is_answer = |what: &What| !matches!(what, What::Http(_) | What::Sent(_));
    for (kind, data) in [(PacketType::Message, "0"), (PacketType::Close, "")] {
        let from = connection.journal().entries().len();
        connection.send_packets(vec![Packet::text(kind, data)]);
        if is_answered(&connection, from, is_answer).await {
            return Some(true);
        }
    }
    Some(false)
}

/// Whether the client of a session sends polls.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Polls {
    Always,
    Never,
}

async fn open_session(door: Door<'_>, polls: Polls) -> Option<Connection> {
    let options = Options {
        layer: Layer::EngineIo,
        poll: polls == Polls::Always,
        ..Options::default()
    };
    open(door, TransportChoice::Polling, options).await.ok()
}

/// Waits for a journal entry that is an answer, or for the end of the connection, which is an answer too. Returns false
/// if neither comes in time.
async fn is_answered(
    connection: &Connection,
    from: usize,
    is_answer: impl Fn(&What) -> bool,
) -> bool {
    let answer = |what: &What| (is_answer(what) || matches!(what, What::Ended(_))).then_some(());
    let found = first_within(connection, from, DEADLINE, answer);
    found.await.is_some()
}
