//! Probes that find out whether a server sends messages back, on each protocol layer.

use std::time::Duration;

use bytes::Bytes;

use super::{
    asking::{Door, first_within, open},
    finding::Finding,
    session::deflate,
};
use crate::{
    client::{ConnectFailure, Connection, Illegal, Layer, Options, TransportChoice, What},
    data::Data,
    random,
    targets::capability::{Capability, Source},
    wire::{
        engine_io::{Packet as EnginePacket, PacketData, PacketType},
        socket_io::{AckId, Packet},
        websocket::{Frame, OpCode},
    },
};

/// The capabilities that these probes find.
pub(in crate::targets) const CAPABILITIES: &[Capability] = &[
    Capability {
        name: "echo",
        meaning: "the server returns a text, with the event `echo` of the contract or as a plain message",
        source: Source::Probe("a text comes back"),
        excludes: &[],
    },
    Capability {
        name: "binary-echo",
        meaning: "an endpoint without Engine.IO, or a bare Engine.IO server, returns every message unchanged, including bytes",
        source: Source::Probe("bytes come back"),
        excludes: &[],
    },
    Capability {
        name: "engine-echo",
        meaning: "a bare Engine.IO server that echoes every message",
        source: Source::Probe("a server without Socket.IO sends a message back"),
        excludes: &[],
    },
];

/// The message that the probes send.
pub(super) const MARKER: &str = "sockspec-probe";

/// The size in bytes of the largest message that scenarios send.
pub(super) const LARGE: usize = 1_000_000;

/// The timeout for an echo. It is shorter than the timeout of other answers, because most servers send no echo.
const ECHO_TIMEOUT: Duration = Duration::from_secs(1);

/// Probes whether a plain WebSocket sends a text back, to its sender only.
///
/// # Errors
///
/// Returns an error if no WebSocket opens.
pub(super) async fn plain(door: Door<'_>) -> Result<Finding, ConnectFailure> {
    let connection = open_plain(door).await?;
    let listener = open_plain(door).await;
    connection.send_text(MARKER.to_owned());
    let came = first(&connection, |what| match what {
        What::Message(data) => Some(data.clone()),
        _ => None,
    });
    let finding = echo(came.await);
    if let (true, Ok(listener)) = (finding.found, &listener)
        && hears_others(listener).await
    {
        let seen = "a text comes back, but to every client and not only to its sender";
        return Ok(Finding::no(finding.capability, seen));
    }
    Ok(finding)
}

/// Probes the further capabilities of a plain WebSocket: binary messages, large messages, compression. `echo` is the
/// finding of [`plain`].
pub(super) async fn plain_findings(door: Door<'_>, echo: Finding) -> Vec<Finding> {
    let binary = match open_plain(door).await {
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
    let binary = if binary.found && !echo.found {
        Finding::no(
            "binary-echo",
            "bytes come back, but no text comes back to its sender only",
        )
    } else {
        binary
    };
    let large = if echo.found {
        large(door).await
    } else {
        Finding::no("large-messages", "no text comes back")
    };
    vec![
        Finding::yes("websocket", "a handshake opens a plain WebSocket"),
        echo,
        binary,
        large,
        deflate(door, Layer::WebSocket).await,
    ]
}

/// Probes whether a plain WebSocket sends a long text back.
async fn large(door: Door<'_>) -> Finding {
    const NAME: &str = "large-messages";
    let connection = match open_plain(door).await {
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
        Some(length) => Finding::no(
            NAME,
            format!("a text of {LARGE} bytes comes back with {length} bytes"),
        ),
        None => Finding::no(NAME, format!("a text of {LARGE} bytes does not come back")),
    }
}

/// Probes whether an Engine.IO server sends messages back, as text and as bytes.
pub(super) async fn engine(door: Door<'_>, transport: TransportChoice) -> Vec<Finding> {
    let options = Options {
        layer: Layer::EngineIo,
        ..Options::default()
    };
    let connection = match open(door, transport, options).await {
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

/// Probes whether the server acknowledges the event `echo` with its argument. The client has joined `namespace`.
pub(super) async fn socket(connection: &Connection, namespace: &str) -> Finding {
    const NAME: &str = "echo";
    connection.send(&Packet::Event {
        namespace: namespace.to_owned(),
        id: Some(AckId(0)),
        name: "echo".to_owned(),
        args: vec![Data::from(MARKER)],
    });
    let ack = first(connection, |what| match what {
        What::Socket(Packet::Ack { id, args, .. }) => Some(Ok((*id, args.clone()))),
        // Text acknowledgements begin with the digit 3, those with attachments with the digit 6.
        What::Illegal { illegal, raw }
            if matches!(illegal, Illegal::SocketIo(_))
                && matches!(raw.first(), Some(b'3' | b'6')) =>
        {
            Some(Err(illegal.to_string()))
        }
        _ => None,
    });
    let ack = match ack.await {
        Some(Err(illegal)) => {
            return Finding::broken(
                NAME,
                format!("the acknowledgement of the event `echo` is illegal: {illegal}"),
            );
        }
        Some(Ok(ack)) => Some(ack),
        None => None,
    };
    match ack {
        Some((AckId(0), args)) if args == [Data::from(MARKER)] => {
            Finding::yes(NAME, "the event `echo` is acknowledged with its argument")
        }
        Some((AckId(id), args)) if args == [Data::from(MARKER)] => Finding::broken(
            NAME,
            format!("the event `echo` has the ack id 0, and is acknowledged with the id {id}"),
        ),
        Some(_) => Finding::no(NAME, "the event `echo` is acknowledged with another value"),
        None => Finding::no(NAME, "the event `echo` is not acknowledged"),
    }
}

/// Opens a plain WebSocket.
pub(super) async fn open_plain(door: Door<'_>) -> Result<Connection, ConnectFailure> {
    let options = Options {
        layer: Layer::WebSocket,
        ..Options::default()
    };
    open(door, TransportChoice::WebSocket, options).await
}

/// Returns true if the text that another client sent also arrived at this one. A ping and its pong prove that
/// everything that was sent to this client before has arrived.
async fn hears_others(listener: &Connection) -> bool {
    let ping = Frame {
        opcode: OpCode::Ping,
        mask: Some(random::random()),
        ..Frame::binary(Bytes::from_static(MARKER.as_bytes()))
    };
    listener.send_frame(ping.into(), None);
    let came = first(listener, |what| match what {
        What::Message(PacketData::Text(text)) if text.as_str() == MARKER => Some(true),
        What::Frame(frame) if frame.opcode == OpCode::Pong => Some(false),
        _ => None,
    });
    came.await.unwrap_or(false)
}

fn echo(came: Option<PacketData>) -> Finding {
    const NAME: &str = "echo";
    match came {
        Some(PacketData::Text(text)) if text.as_str() == MARKER => {
            Finding::yes(NAME, "a text comes back unchanged")
        }
        Some(_) => Finding::no(NAME, "the server sends something other than the text"),
        None => Finding::no(NAME, "nothing comes back"),
    }
}

fn binary_echo(came: Option<PacketData>) -> Finding {
    const NAME: &str = "binary-echo";
    match came {
        Some(PacketData::Binary(bytes)) if bytes == MARKER.as_bytes() => {
            Finding::yes(NAME, "bytes come back unchanged")
        }
        Some(_) => Finding::no(NAME, "the server sends something other than the bytes"),
        None => Finding::no(NAME, "nothing comes back"),
    }
}

/// Waits for a journal entry for which `kind` returns a value, and returns this value. Returns `None` after the timeout
/// or at the end of the connection.
pub(super) async fn first<T>(
    connection: &Connection,
    kind: impl Fn(&What) -> Option<T>,
) -> Option<T> {
    first_within(connection, 0, ECHO_TIMEOUT, kind).await
}
