//! Messages that come back, whatever the target speaks.
//!
//! A plain WebSocket endpoint sends a message back as it is, an Engine.IO server its message packets, and
//! the contract application acknowledges the event `echo` with its arguments. Scenarios about frames
//! need no more of an application than that, and so they say the same for all three: the function
//! `echo(text)` gives what is to be sent, `receive: { echo: … }` awaits what comes back.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    attempt::Attempt,
    cast::{Client, Link},
    evidence,
    finding::{Finding, Stepped},
    message_packet::packet_in,
    wait::{Waited, wait_in},
};
use crate::{
    client::{Entry, What},
    data::Data,
    scenario::Scope,
    targets::{Manifest, Speaks},
    wire::{
        engine_io::{Packet as EnginePacket, PacketData, PacketType},
        socket_io::{self, AckId, Packet},
    },
};

/// The operation of the contract application.
const OPERATION: &str = "echo";

/// What stands for the text while its surroundings are made.
const HOLE: &str = "sockspec-text";

/// How a text must be sent to come back, for the function `echo`; `None` where bindings leave no place for it.
pub(super) fn form(manifest: &Manifest) -> Option<Data> {
    let (before, behind, quoted) = match manifest.dialect.speaks {
        Speaks::WebSocket => (String::new(), String::new(), false),
        Speaks::EngineIo => ("4".to_owned(), String::new(), false),
        Speaks::SocketIo => {
            let event = manifest
                .bindings
                .outgoing(OPERATION, vec![Data::from(HOLE)], &Scope::default())
                .ok()?;
            let encoded = socket_io::encode(&Packet::Event {
                namespace: namespace(manifest).to_owned(),
                id: Some(AckId(0)),
                name: event.event,
                args: event.args,
            });
            let text = EnginePacket::text(PacketType::Message, encoded.text).encode_text();
            let (before, behind) = text.split_once(&format!("{HOLE:?}"))?;
            (before.to_owned(), behind.to_owned(), true)
        }
    };
    Some(Data::object([
        ("before", Data::from(before)),
        ("behind", Data::from(behind)),
        ("quoted", Data::from(quoted)),
    ]))
}

/// Where the application sends messages back.
fn namespace(manifest: &Manifest) -> &str {
    manifest
        .bindings
        .get(OPERATION)
        .and_then(|binding| binding.namespace.as_deref())
        .unwrap_or("/")
}

/// What an entry brings back; `None` for what is no answer to an `echo(…)`.
pub(super) fn answer(speaks: Speaks, entry: &Entry) -> Option<Data> {
    match (speaks, &entry.what) {
        (Speaks::WebSocket, What::Message(data)) => Some(value(data)),
        (Speaks::EngineIo, What::Packet(packet)) if packet.kind == PacketType::Message => {
            Some(value(&packet.data))
        }
        (Speaks::SocketIo, What::Packet(packet)) => match packet_in(packet)? {
            Packet::Ack { args, .. } => args.into_iter().next(),
            _ => None,
        },
        _ => None,
    }
}

fn value(data: &PacketData) -> Data {
    match data {
        PacketData::Binary(bytes) => Data::Bytes(bytes.clone()),
        PacketData::Text(text) => Data::from(text.as_str()),
    }
}

/// Joins the namespace in which messages come back, where the target has namespaces.
pub(super) async fn join(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Arc<Link>,
    deadline: Instant,
) -> Stepped {
    let manifest = &attempt.target.manifest;
    if manifest.dialect.speaks != Speaks::SocketIo {
        return Ok(());
    }
    let namespace = namespace(manifest);
    let journal = link.connection.journal();
    let from = journal.entries().len();
    let connect = socket_io::encode(&Packet::Connect {
        namespace: namespace.to_owned(),
        payload: None,
    });
    let connect = EnginePacket::text(PacketType::Message, connect.text);
    link.connection.send_packets(vec![connect]);
    let waited = wait_in(journal, from, deadline, |index, entry| {
        let What::Packet(packet) = &entry.what else {
            return None;
        };
        match packet_in(packet)? {
            Packet::Connect { .. } => Some((index, true)),
            Packet::ConnectError { .. } => Some((index, false)),
            _ => None,
        }
    })
    .await;
    let received = match waited {
        Waited::Found((index, true)) => {
            link.pass_open_packet();
            let mut state = link.state();
            // What came up to here is no answer to anything that the steps send.
            state.cursor.packets = index + 1;
            state.cursor.frames = index + 1;
            return Ok(());
        }
        // The open packet and the frames around it explain nothing.
        Waited::Found((index, false)) => evidence::came_at(link, index),
        Waited::TimedOut => evidence::came_since(link, from),
        Waited::Ended(ended) => evidence::describe_end(&ended),
    };
    Err(Finding::new(format!(
        "{} is not let into {namespace}, where messages would come back.",
        client.spec.name
    ))
    .expected("CONNECT")
    .received(received)
    .breach())
}

/// Whether a text comes back on a plain WebSocket.
pub(super) async fn round_trip(link: &Link, deadline: Instant) -> Waited<()> {
    let marker = format!("still-there-{}", link.next_ack());
    let journal = link.connection.journal();
    let from = journal.entries().len();
    link.connection.send_text(marker.clone());
    wait_in(journal, from, deadline, |_, entry| match &entry.what {
        What::Message(PacketData::Text(text)) if text.as_str() == marker => Some(()),
        _ => None,
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::{scenario::SourceFile, targets::load_manifest};

    fn form_of(more: &str) -> Option<String> {
        let source = SourceFile {
            path: PathBuf::from("t.yaml"),
            text: format!("name: t\nurl: http://127.0.0.1:1\n{more}"),
        };
        let manifest = load_manifest(Arc::new(source), PathBuf::new()).unwrap();
        form(&manifest).map(|form| form.to_string())
    }

    #[test]
    fn every_dialect_has_its_form() {
        let forms = [
            "dialect: websocket",
            "dialect: engine.io",
            "",
            "bindings: { echo: { event: say, namespace: /talk } }",
        ]
        .map(|more| form_of(more).unwrap());
        insta::assert_snapshot!(forms.join("\n"), @r#"
        {"before":"","behind":"","quoted":false}
        {"before":"4","behind":"","quoted":false}
        {"before":"420[\"echo\",","behind":"]","quoted":true}
        {"before":"42/talk,0[\"say\",","behind":"]","quoted":true}
        "#);
    }
}
