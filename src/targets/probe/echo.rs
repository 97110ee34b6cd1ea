//! Whether messages come back from a server, asked on each layer.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::{asking::open, finding::Finding, session::deflate};
use crate::{
    client::{ConnectFailure, Connection, Endpoint, Layer, Options, TransportChoice, What},
    data::Data,
    random,
    targets::capability::{Capability, Source},
    wire::{
        engine_io::{Packet as EnginePacket, PacketData, PacketType},
        socket_io::{AckId, Packet},
        websocket::Frame,
    },
};

/// The capabilities that this probe finds.
pub(in crate::targets) const CAPABILITIES: &[Capability] = &[
    Capability {
        name: "echo",
        meaning: "the server returns a text, with the event `echo` of the contract or as a plain message",
        source: Source::Probe("a text comes back"),
        excludes: &[],
    },
    Capability {
        name: "binary-echo",
        meaning: "a plain endpoint or a bare Engine.IO server returns every message unchanged, including bytes",
        source: Source::Probe("bytes come back"),
        excludes: &[],
    },
    Capability {
        name: "engine-echo",
        meaning: "a bare Engine.IO server that echoes every message",
        source: Source::Probe("without `socket-io`, a message comes back"),
        excludes: &[],
    },
];

/// What is sent to see whether it comes back.
const MARKER: &str = "sockspec-probe";

/// What the scenarios about large messages send at most.
pub(super) const LARGE: usize = 1_000_000;

/// How long it may take to come back. Shorter than other answers: most applications never send it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether a text comes back on a plain WebSocket.
///
/// # Errors
///
/// There is no WebSocket.
pub(super) async fn plain(endpoint: &Endpoint) -> Result<Finding, ConnectFailure> {
    let connection = open_plain(endpoint).await?;
    connection.send_text(MARKER.to_owned());
    let came = first(&connection, |what| match what {
        What::Message(data) => Some(data.clone()),
        _ => None,
    });
    Ok(echo(came.await))
}

/// What else a plain WebSocket can do.
pub(super) async fn plain_findings(endpoint: &Endpoint, echo: Finding) -> Vec<Finding> {
    let binary = match open_plain(endpoint).await {
        Ok(connection) => {
            let mut frame = Frame::binary(Bytes::from_static(MARKER.as_bytes()));
            frame.mask = Some(random::random());
            connection.send_frame(frame.into(), None);
            let came = first(&connection, |what| match what {
                What::Message(data) => Some(data.clone()),
                _ => None,
            });
            binary_echo(came.await)
        }
        Err(failure) => Finding::no("binary-echo", failure.to_string()),
    };
    let large = if echo.found {
        large(endpoint).await
    } else {
        Finding::no("large-messages", "no text comes back")
    };
    vec![
        Finding::yes("websocket", "a handshake opens a plain WebSocket"),
        echo,
        binary,
        large,
        deflate(endpoint, Layer::WebSocket).await,
    ]
}

/// Whether a long text comes back.
async fn large(endpoint: &Endpoint) -> Finding {
    const NAME: &str = "large-messages";
    let connection = match open_plain(endpoint).await {
        Ok(connection) => connection,
        Err(failure) => return Finding::no(NAME, failure.to_string()),
    };
    connection.send_text("a".repeat(LARGE));
    let came = first(&connection, |what| match what {
        What::Message(PacketData::Text(text)) => Some(text.len()),
        _ => None,
    });
    match came.await {
        Some(LARGE) => Finding::yes(NAME, format!("a text of {LARGE} bytes comes back")),
        Some(length) => Finding::no(NAME, format!("of {LARGE} bytes {length} come back")),
        None => Finding::no(NAME, format!("a text of {LARGE} bytes does not come back")),
    }
}

/// Whether messages come back from a bare Engine.IO server: as text, and as bytes.
pub(super) async fn engine(endpoint: &Endpoint, transport: TransportChoice) -> Vec<Finding> {
    let options = Options {
        layer: Layer::EngineIo,
        ..Options::default()
    };
    let connection = match open(endpoint, transport, options).await {
        Ok(connection) => connection,
        Err(failure) => {
            return vec![Finding::no("engine-echo", failure.to_string())];
        }
    };
    let message = |what: &What| match what {
        What::Packet(packet) if packet.kind == PacketType::Message => Some(packet.data.clone()),
        _ => None,
    };
    connection.send_packets(vec![EnginePacket::text(PacketType::Message, MARKER)]);
    let text = echo(first(&connection, message).await);
    let engine = Finding {
        capability: "engine-echo",
        ..text.clone()
    };
    if !text.found {
        return vec![engine, text];
    }
    connection.send_packets(vec![EnginePacket::binary(Bytes::from_static(
        MARKER.as_bytes(),
    ))]);
    let bytes = first(&connection, |what| {
        message(what).filter(|data| matches!(data, PacketData::Binary(_)))
    });
    vec![engine, text, binary_echo(bytes.await)]
}

/// Whether the event `echo` is acknowledged with its argument, in a main namespace that was joined.
pub(super) async fn socket(connection: &Connection) -> Finding {
    const NAME: &str = "echo";
    connection.send(&Packet::Event {
        namespace: "/".to_owned(),
        id: Some(AckId(0)),
        name: "echo".to_owned(),
        args: vec![Data::from(MARKER)],
    });
    let ack = first(connection, |what| match what {
        What::Socket(Packet::Ack { args, .. }) => Some(args.clone()),
        _ => None,
    });
    match ack.await {
        Some(args) if args == [Data::from(MARKER)] => {
            Finding::yes(NAME, "the event `echo` is acknowledged with its argument")
        }
        Some(_) => Finding::no(NAME, "the event `echo` is acknowledged with something else"),
        None => Finding::no(NAME, "the event `echo` is not acknowledged"),
    }
}

async fn open_plain(endpoint: &Endpoint) -> Result<Connection, ConnectFailure> {
    let options = Options {
        layer: Layer::WebSocket,
        ..Options::default()
    };
    open(endpoint, TransportChoice::WebSocket, options).await
}

fn echo(came: Option<PacketData>) -> Finding {
    const NAME: &str = "echo";
    match came {
        Some(PacketData::Text(text)) if text.as_str() == MARKER => {
            Finding::yes(NAME, "a text comes back as it is")
        }
        Some(_) => Finding::no(NAME, "something else comes than the text that was sent"),
        None => Finding::no(NAME, "nothing comes back"),
    }
}

fn binary_echo(came: Option<PacketData>) -> Finding {
    const NAME: &str = "binary-echo";
    match came {
        Some(PacketData::Binary(bytes)) if bytes == MARKER.as_bytes() => {
            Finding::yes(NAME, "bytes come back as they are")
        }
        Some(_) => Finding::no(NAME, "something else comes than the bytes that were sent"),
        None => Finding::no(NAME, "nothing comes back"),
    }
}

/// The first entry of the journal that is of a kind, if it comes in time.
async fn first<T>(connection: &Connection, kind: impl Fn(&What) -> Option<T>) -> Option<T> {
    let journal = connection.journal();
    let search = async {
        let mut seen = 0;
        loop {
            {
                let entries = journal.entries();
                let fresh = entries.get(seen..).unwrap_or_default();
                if let Some(found) = fresh.iter().find_map(|entry| kind(&entry.what)) {
                    return Some(found);
                }
                if fresh
                    .iter()
                    .any(|entry| matches!(entry.what, What::Ended(_)))
                {
                    return None;
                }
                seen = entries.len();
            }
            journal.longer_than(seen).await;
        }
    };
    timeout(PATIENCE, search).await.ok().flatten()
}
