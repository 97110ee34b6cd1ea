//! Probes how a server treats many clients at once, and clients that present no login.
//!
//! A server may close such clients whenever it wants. The runner has to know how, so that it does not take the end of a
//! connection for a mistake.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join_all;
use tokio::join;

use super::{
    asking::{Door, open},
    echo::{MARKER, first, open_plain},
};
use crate::{
    client::{ConnectFailure, Connection, DropHow, Options, TransportChoice, What},
    clock,
    targets::{StrangerClose, observed::Strangers as Kind},
    wire::{
        engine_io::PacketData,
        websocket::{CloseCode, CloseReason, OpCode},
    },
};

/// The number of clients that connect at the same time. A run has about as many.
const CROWD: usize = 40;

/// The time for which the clients wait for the end of their connections.
const LISTEN_TIME: Duration = Duration::from_millis(500);

/// What a plain WebSocket endpoint does to clients that do not log in.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    /// How the server closes them, each way once.
    pub(super) closes: Vec<StrangerClose>,
    /// The number of clients that the server keeps at the same time; `None` if the server treats all alike.
    pub(super) at_once: Option<usize>,
}

/// Connects many clients that send nothing, and one that sends a text, and returns what the server does to them.
pub(super) async fn plain(door: Door<'_>) -> Strangers {
    let silent = join_all((0..CROWD).map(|_| watch(door, Sends::Nothing)));
    let (silent, speaker) = join!(silent, watch(door, Sends::Text(MARKER)));
    let mut strangers = Strangers::default();
    let (mut kept, mut sent_away) = (0, 0);
    for end in &silent {
        match end {
            Watched::Kept => kept += 1,
            Watched::Closed(_) | Watched::Refused => sent_away += 1,
            Watched::Other => {}
        }
    }
    if kept > 0 && sent_away > 0 {
        strangers.at_once = Some(kept);
    }
    for end in silent.into_iter().chain([speaker]) {
        let Watched::Closed(closed) = end else {
            continue;
        };
        match strangers
            .closes
            .iter_mut()
            .find(|known| known.close == closed.close)
        {
            // The silent clients come first, so `of` says whether one of them was closed.
            Some(known) => known.after = known.after.min(closed.after),
            None => strangers.closes.push(closed),
        }
    }
    strangers
}

/// Opens many Engine.IO sessions over WebSocket at the same time. Returns how many the server accepts, or `None` if it
/// accepts all, or if connections fail in another way than by a refusal.
pub(super) async fn sessions_at_once(door: Door<'_>) -> Option<usize> {
    let opened = (0..CROWD).map(|_| open(door, TransportChoice::WebSocket, Options::default()));
    let opened = join_all(opened).await;
    let accepted = opened.iter().filter(|opened| opened.is_ok()).count();
    let is_refusal = |opened: &Result<Connection, ConnectFailure>| {
        matches!(opened, Ok(_) | Err(ConnectFailure::Refused { .. }))
    };
    let is_limit = accepted > 0 && accepted < CROWD && opened.iter().all(is_refusal);
    let ends = opened.into_iter().flatten();
    join_all(ends.map(|connection| async move { connection.end(DropHow::Close).await })).await;
    is_limit.then_some(accepted)
}

/// The time for which a probe waits for the end of a session that joins no namespace.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Opens an Engine.IO session that joins no namespace. Returns the time after which the server ended it, or `None` if
/// the session is still open after a second.
pub(super) async fn connect_timeout(
    door: Door<'_>,
    transport: TransportChoice,
) -> Option<Duration> {
    let connection = open(door, transport, Options::default()).await.ok()?;
    let begun = clock::now();
    let journal = connection.journal();
    let has_ended = clock::within(CONNECT_TIMEOUT, journal.ended()).await;
    let after = has_ended.is_ok().then(|| begun.elapsed());
    connection.end(DropHow::Close).await;
    after
}

/// What became of a client of a plain WebSocket endpoint.
enum Watched {
    /// The server closed it with a code by which an application ends a connection.
    Closed(StrangerClose),
    /// The client is still connected.
    Kept,
    /// The connection failed or ended in another way.
    Other,
    /// The server refused the handshake.
    Refused,
}

/// What a client of a probe sends.
#[derive(Clone, Copy)]
enum Sends {
    Nothing,
    Text(&'static str),
}

async fn watch(door: Door<'_>, sends: Sends) -> Watched {
    let connection = match open_plain(door).await {
        Ok(connection) => connection,
        Err(ConnectFailure::Refused { .. }) => return Watched::Refused,
        Err(_) => return Watched::Other,
    };
    let begun = clock::now();
    let of = match sends {
        Sends::Nothing => Kind::Silent,
        Sends::Text(text) => {
            connection.send_text(text.to_owned());
            Kind::Speaker
        }
    };
    let journal = connection.journal();
    let has_ended = clock::within(LISTEN_TIME, journal.ended()).await.is_ok();
    let close = journal
        .entries()
        .iter()
        .find_map(|entry| match &entry.what {
            What::Frame(frame) if frame.opcode == OpCode::Close => {
                let at = entry.at.saturating_duration_since(begun);
                Some((frame.payload.clone(), at))
            }
            _ => None,
        });
    connection.end(DropHow::Close).await;
    match close {
        Some((payload, after)) => match CloseReason::decode(&payload) {
            Ok(close) if is_of_an_application(&close) => {
                Watched::Closed(StrangerClose { close, after, of })
            }
            Ok(_) | Err(_) => Watched::Other,
        },
        None if has_ended => Watched::Other,
        None => Watched::Kept,
    }
}

/// Returns true if an application ends a connection with this code for reasons of its own. The other codes say that the
/// client broke the protocol, or exceeded a limit.
fn is_of_an_application(close: &CloseReason) -> bool {
    matches!(
        close.code,
        Some(CloseCode(1000 | 1001 | 1008 | 1013 | 3000..=4999))
    )
}

/// The sizes of the messages that [`largest_message`] sends, in bytes.
const SIZES: [usize; 13] = [
    128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072, 262_144, 524_288,
];

/// Returns the size of the largest message that an echo returns, for an echo that does not return a very large one. All
/// sizes are tried at the same time, each on a connection of its own.
pub(super) async fn largest_message(door: Door<'_>) -> Option<u64> {
    let tries = SIZES.map(|size| async move {
        let connection = open_plain(door).await.ok()?;
        connection.send_text("a".repeat(size));
        let came = first(&connection, |what| match what {
            What::Message(PacketData::Text(text)) => Some(text.len()),
            _ => None,
        });
        let came = came.await;
        connection.end(DropHow::Close).await;
        (came == Some(size)).then_some(size)
    });
    let returned: BTreeSet<usize> = join_all(tries).await.into_iter().flatten().collect();
    // The sizes up to the first that does not come back: a larger one that does come back would be a chance.
    let up_to = SIZES
        .iter()
        .take_while(|size| returned.contains(size))
        .last();
    up_to.and_then(|size| u64::try_from(*size).ok())
}
