//! The values of an attempt that differ from run to run: ids, names, tokens and addresses.

use super::{given::add_names, names::Names, text::Kind, traffic::shown_clients, unsteady};
use crate::{
    client::What,
    clock,
    data::Data,
    runner::{
        clients::Client,
        journal::{
            message_packet::packet_in,
            recovery_offer::{Offsets, offsets},
        },
        play::attempt::Attempt,
    },
    wire::{
        engine_io::PacketData,
        socket_io::{Packet, msgpack},
    },
};

/// Returns the table of an attempt's values.
pub(super) fn names(attempt: &Attempt<'_>) -> Names {
    let mut names = Names::at(clock::timestamp());
    let url = &attempt.target.endpoint.url;
    if let (Some(host), Some(port)) = (url.host_str(), url.port()) {
        names.add(&format!("{host}:{port}"), "host");
        names.add(&format!("localhost:{port}"), "host");
    }
    add_names(&mut names, &attempt.scope(), attempt.unique.suffix());
    unsteady::add(&mut names, attempt);
    for client in shown_clients(attempt).chain(&attempt.bystander) {
        add_client(&mut names, client);
    }
    learn_ids(&mut names, attempt);
    learn_offsets(&mut names, attempt);
    names
}

/// Adds the ids that the server gave to a client.
fn add_client(names: &mut Names, client: &Client) {
    let name = &client.spec.name;
    for (number, link) in client.links().iter().enumerate() {
        let again = match number {
            0 => String::new(),
            number => format!("#{}", number + 1),
        };
        if let Some(handshake) = link.connection.handshake() {
            names.add(&handshake.sid, &format!("session:{name}{again}"));
        }
        let mut joined = Vec::new();
        let entries = link.connection.journal().entries();
        for entry in entries.iter() {
            let packet = packet_of(&entry.what);
            let Some(Packet::Connect {
                namespace,
                payload: Some(payload),
            }) = packet
            else {
                continue;
            };
            let times = joined.iter().filter(|joined| **joined == namespace).count();
            let again = match times {
                0 => again.clone(),
                times => format!("{again}.{}", times + 1),
            };
            let place = match namespace.as_str() {
                "/" => String::new(),
                // The name of a namespace can hold a value that differs from run to run.
                own => names.replace(own).key().replace(['<', '>'], ""),
            };
            for field in ["sid", "pid"] {
                if let Some(value) = payload.get(field).and_then(Data::as_str) {
                    names.add(value, &format!("{field}:{name}{place}{again}"));
                }
            }
            joined.push(namespace);
        }
    }
}

/// Adds the ids of connections that no client of the scenario has, such as sessions that `http` steps opened.
fn learn_ids(names: &mut Names, attempt: &Attempt<'_>) {
    for client in shown_clients(attempt) {
        for journal in client.unopened() {
            for entry in journal.entries().iter() {
                if let What::Http(response) = &entry.what {
                    names.learn(&String::from_utf8_lossy(&response.body));
                }
            }
        }
        for link in client.links() {
            for entry in link.connection.journal().entries().iter() {
                match &entry.what {
                    What::Packet(packet) => learn_data(names, &packet.data),
                    What::Message(data) => learn_data(names, data),
                    What::Bytes(bytes) => names.learn(&String::from_utf8_lossy(bytes)),
                    _ => {}
                }
            }
        }
    }
    for exchange in attempt.notes().exchanges.iter() {
        if let Ok(response) = &exchange.response {
            names.learn(&String::from_utf8_lossy(&response.body));
        }
    }
}

/// Adds the offsets of connection state recovery, which a server appends to its events.
fn learn_offsets(names: &mut Names, attempt: &Attempt<'_>) {
    for link in shown_clients(attempt).flat_map(|client| client.links()) {
        if offsets(attempt.target, &link) == Offsets::Absent {
            continue;
        }
        for entry in link.connection.journal().entries().iter() {
            let packet = packet_of(&entry.what);
            if let Some(Packet::Event { args, .. }) = packet
                && let Some(offset) = args.last().and_then(Data::as_str)
                && is_offset(attempt, offset)
            {
                names.add_numbered(offset, Kind::Offset);
            }
        }
    }
}

/// Returns true if a text can be an offset: it has the form of an id, and the scenario does not write it.
fn is_offset(attempt: &Attempt<'_>, text: &str) -> bool {
    let is_of_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (6..=64).contains(&text.len())
        && text.bytes().all(is_of_id)
        && !attempt.unique.is_in(text)
        && !attempt.scenario.source.text.contains(text)
}

fn learn_data(names: &mut Names, data: &PacketData) {
    if let PacketData::Text(text) = data {
        names.learn(text);
    }
}

/// Returns the Socket.IO packet in a journal entry.
fn packet_of(what: &What) -> Option<Packet> {
    match what {
        What::Socket(packet) => Some(packet.clone()),
        What::Packet(packet) => match &packet.data {
            PacketData::Binary(bytes) => msgpack::decode(bytes).ok(),
            PacketData::Text(_) => packet_in(packet),
        },
        _ => None,
    }
}
