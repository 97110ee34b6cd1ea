//! `send`: sends the Engine.IO packets whose text the step gives.

use super::{
    super::wait::{Waited, wait_in},
    http,
    links::{link_to_send_on, open_link},
};
use crate::{
    client::{Layer, What},
    data::Data,
    random,
    runner::{
        attempt::Attempt,
        clients::{Client, Link},
        evidence,
        failure_kind::FailureKind,
        finding::{Finding, Obstacle, StepResult},
    },
    scenario::{Accepted, HttpPattern, PacketTemplate, Send, Step},
    wire::{
        engine_io::{self, PacketType},
        websocket::Frame,
    },
};

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, send: &Send) -> StepResult {
    for client in attempt.actors(step) {
        let link = if send.response.strict.is_empty() {
            link_to_send_on(&client)?
        } else {
            Some(open_link(&client)?)
        };
        let Some(link) = link else { continue };
        attempt.notes().sender = None;
        let from = link.connection.journal().entries().len();
        let mut texts = Vec::new();
        for packet in &send.packets {
            match fill(attempt, &link, packet)? {
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

/// Encodes packets as one payload. Revision 4 separates packets by 0x1e (Engine.IO v4, "Payload encoding"). Revision
/// 3 precedes each packet by its length in UTF-16 code units, as the JavaScript clients do.
fn payload(texts: &[String], eio: u8) -> String {
    if eio != 3 {
        return texts.join("\u{1e}");
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

fn fill(attempt: &Attempt<'_>, link: &Link, packet: &PacketTemplate) -> StepResult<Filled> {
    let scope = attempt.scope();
    Ok(match packet {
        PacketTemplate::Binary(template) => match template.render(&scope)? {
            Data::Bytes(bytes) => Filled::Binary(bytes),
            Data::String(text) => Filled::Binary(bytes::Bytes::from(text)),
            other => {
                return Err(Obstacle::new(format!(
                    "The value of `binary` is {other}; it has to be bytes or text."
                ))
                .unjudged());
            }
        },
        PacketTemplate::Message(template) => {
            let text = attempt.translate(template.render_text(&scope)?);
            match link.layer {
                Layer::WebSocket => Filled::Text(text),
                Layer::EngineIo | Layer::SocketIo | Layer::Tcp => Filled::Text(
                    engine_io::Packet::text(PacketType::Message, text)
                        .encode_text()
                        .to_string(),
                ),
            }
        }
        PacketTemplate::Text(template) => {
            Filled::Text(attempt.translate(template.render_text(&scope)?))
        }
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
    let unanswered = || {
        Finding::new(
            FailureKind::NoResponse,
            format!("The server ended the connection without a response to {name}'s POST."),
        )
        .expected(http::describe(attempt, pattern))
    };
    match waited {
        Waited::Found(response) => {
            http::judge(attempt, &format!("{name}'s POST"), expected, &response)
        }
        Waited::Ended(ended)
            if pattern.no_response || lenient.is_some_and(|lenient| lenient.no_response) =>
        {
            if !pattern.no_response {
                let finding = unanswered();
                attempt.warn(finding.received(evidence::describe_end(&ended)));
            }
            Ok(())
        }
        Waited::Ended(ended) => Err(unanswered()
            .received(evidence::describe_end(&ended))
            .breach()),
        Waited::TimedOut => Err(Finding::new(
            FailureKind::NoResponse,
            format!("The server did not answer {name}'s POST in time."),
        )
        .expected(http::describe(attempt, pattern))
        .received(evidence::came_since(link, from))
        .breach()),
    }
}
