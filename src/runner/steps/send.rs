//! `send`: sends the Engine.IO packets whose text the step gives.

use super::{
    http,
    links::{link_to_send_on, open_link},
};
use crate::{
    client::{Ended, EndedHow, Layer, What},
    data::Data,
    random,
    runner::{
        clients::{
            Client, Link,
            presented::{self, Awaited},
        },
        findings::{Finding, Obstacle, StepResult, evidence, failure_kind::FailureKind},
        journal::{
            message_packet::packet_in,
            requests::{Author, SentEvent},
        },
        plan::way_in,
        play::attempt::Attempt,
        translation::operations,
        waiting::{Waited, wait_in},
    },
    scenario::{Accepted, HttpPattern, PacketTemplate, Send, Step, Template},
    wire::{
        engine_io::{self, PacketType},
        socket_io::Packet,
        websocket::Frame,
    },
};

/// The capability of an application that sends the payload of a CONNECT back.
const AUTH_ECHO: &str = "auth-echo";

/// The field of a CONNECT payload with the token, as scenarios write it.
const TOKEN_FIELD: &str = "\"token\"";

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, send: &Send) -> StepResult {
    for client in attempt.actors(step) {
        attempt.pace(&client, send.packets.len()).await;
        let link = if send.response.strict.is_empty() {
            link_to_send_on(&client)?
        } else {
            Some(open_link(&client)?)
        };
        let Some(link) = link else { continue };
        let from = link.connection.journal().entries().len();
        let mut texts = Vec::new();
        for packet in &send.packets {
            let (filled, event) = fill(attempt, &client, &link, packet)?;
            attempt.note_request(&link, event, Author::Scenario);
            match filled {
                Filled::Text(text) if link.websocket => link.connection.send_text(text),
                Filled::Binary(bytes) if link.websocket => {
                    let payload = if link.eio == 3 {
                        engine_io::v3::encode_binary(&bytes)
                    } else {
                        bytes
                    };
                    let mut frame = Frame::binary(payload);
                    frame.mask = Some(random::random());
                    link.connection.send_frame(frame.into(), None);
                }
                Filled::Text(text) => texts.push(text),
                Filled::Binary(bytes) => {
                    let text = engine_io::Packet::binary(bytes).encode_text().to_string();
                    // In revision 3 the packet type (4) follows the `b` that marks base64 (Engine.IO v3, "Encoding").
                    texts.push(if link.eio == 3 {
                        text.replacen('b', "b4", 1)
                    } else {
                        text
                    });
                }
            }
        }
        if !texts.is_empty() {
            link.connection.send_text(payload(&texts, link.eio));
        }
        if !send.response.strict.is_empty() {
            let expected = send.response.as_ref();
            await_response(attempt, step, &client, &link, from, expected).await?;
        }
    }
    Ok(())
}

/// Encodes packets as one payload. Revision 4 separates packets (Engine.IO v4, "Payload encoding"). Revision
/// 3 precedes each packet by its length in UTF-16 code units, as the JavaScript clients do.
fn payload(texts: &[String], eio: u8) -> String {
    if eio != 3 {
        return texts.join(&engine_io::SEPARATOR.to_string());
    }
    texts
        .iter()
        .map(|text| format!("{}:{text}", text.encode_utf16().count()))
        .collect()
}

enum Filled {
    Binary(bytes::Bytes),
    Text(String),
}

/// Returns a packet as it goes over the wire, and the event that it holds, if any.
fn fill(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Link,
    packet: &PacketTemplate,
) -> StepResult<(Filled, Option<SentEvent>)> {
    let scope = attempt.scope();
    Ok(match packet {
        PacketTemplate::Binary(template) => match template.render(&scope)? {
            Data::Bytes(bytes) => (Filled::Binary(bytes), None),
            Data::String(text) => (Filled::Binary(bytes::Bytes::from(text)), None),
            other => {
                return Err(Obstacle::new(format!(
                    "The value of `binary` is {other}; it has to be bytes or text."
                ))
                .unjudged());
            }
        },
        PacketTemplate::Message(template) => {
            let message = template.render_text(&scope)?;
            let event = event_in(attempt, &message);
            let text = match link.layer {
                Layer::WebSocket => message,
                Layer::EngineIo | Layer::SocketIo | Layer::Tcp => {
                    engine_io::Packet::text(PacketType::Message, message)
                        .encode_text()
                        .to_string()
                }
            };
            drop(scope);
            let text = to_send(attempt, client, template, text)?;
            (Filled::Text(text), event)
        }
        PacketTemplate::Text(template) => {
            let text = template.render_text(&scope)?;
            let message = text.strip_prefix(char::from(PacketType::Message.digit()));
            let event = message.and_then(|message| event_in(attempt, message));
            drop(scope);
            (
                Filled::Text(to_send(attempt, client, template, text)?),
                event,
            )
        }
    })
}

/// Returns a packet as the client sends it: with the target's names, and with the payload that every client sends in a
/// CONNECT packet, unless the scenario expects the server to refuse the client. A token stays where
/// the scenario writes it if the scenario is about the payload itself.
fn to_send(
    attempt: &Attempt<'_>,
    client: &Client,
    template: &Template,
    text: String,
) -> StepResult<String> {
    let manifest = &attempt.target.manifest;
    let text = operations::translate(attempt.scenario, manifest, template, text);
    let defaults = &attempt.target.manifest.way_in.clients;
    let mut needs = attempt.scenario.needs.iter();
    let is_about_payload = needs.any(|need| need == AUTH_ECHO) && text.contains(TOKEN_FIELD);
    if defaults.auth.is_empty() || is_about_payload {
        return Ok(text);
    }
    let awaited = match way_in::expects_refusal(attempt.scenario) {
        true => Awaited::Refusal,
        false => Awaited::Acceptance,
    };
    let scope = attempt.scope_of(client);
    Ok(presented::connect_packet(defaults, &scope, awaited, text)?)
}

/// Returns the event that a message holds, with the contract's name as `spoken`. `None` if the message holds no event,
/// or one with attachments.
fn event_in(attempt: &Attempt<'_>, message: &str) -> Option<SentEvent> {
    let message = engine_io::Packet::text(PacketType::Message, message);
    let Packet::Event {
        namespace,
        id,
        name: spoken,
        ..
    } = packet_in(&message)?
    else {
        return None;
    };
    let bindings = &attempt.target.manifest.bindings;
    Some(SentEvent {
        name: bindings.event(&spoken).to_owned(),
        namespace: bindings.namespaces.own(&namespace).to_owned(),
        spoken,
        id,
    })
}

async fn await_response(
    attempt: &Attempt<'_>,
    step: &Step,
    client: &Client,
    link: &Link,
    from: usize,
    expected: Accepted<&HttpPattern>,
) -> StepResult {
    let (pattern, lenient) = (expected.strict, expected.lenient);
    let deadline = attempt.deadline(step)?;
    let name = &client.spec.name;
    let waited = wait_in(
        link.connection.journal(),
        from,
        deadline,
        |_, entry| match &entry.what {
            What::Http(response) => Some(response.clone()),
            _ => None,
        },
    )
    .await;
    let unanswered = |ended: &Ended| {
        let sentence = match ended.how {
            EndedHow::GivenUp => format!("The response to {name}'s POST can't be read."),
            _ => format!("The server ended the connection without a response to {name}'s POST."),
        };
        Finding::new(FailureKind::NoResponse, sentence)
            .expected(http::describe(attempt, pattern))
            .received(evidence::describe_end(ended))
    };
    match waited {
        Waited::Found(response) => {
            http::judge(attempt, &format!("{name}'s POST"), expected, &response)
        }
        Waited::Ended(ended)
            if pattern.no_response || lenient.is_some_and(|lenient| lenient.no_response) =>
        {
            if !pattern.no_response {
                attempt.warn(unanswered(&ended));
            }
            Ok(())
        }
        Waited::Ended(ended) => Err(unanswered(&ended).breach()),
        Waited::TimedOut => Err(Finding::new(
            FailureKind::NoResponse,
            format!(
                "The server did not answer {name}'s POST within {}; {name} received {}.",
                attempt.describe_limit(step, attempt.limit(step)?),
                evidence::came_briefly(link, from)
            ),
        )
        .expected(http::describe(attempt, pattern))
        .missed_by(name)
        .received(evidence::came_since(link, from))
        .breach()),
    }
}
