//! `frame` and `bytes`: frames and bytes that a correct client would not send.

use bytes::Bytes;

use super::links::link_to_send_on;
use crate::{
    data::Data,
    random,
    runner::{
        findings::{Obstacle, StepResult},
        journal::requests::Author,
        play::attempt::Attempt,
        translation::operations,
    },
    scenario::{SendBytes, SendFrame, Step, Template},
    wire::websocket::{Deflate, DeflateOffer, Frame, LengthEncoding, OpCode, RawFrame, Role},
};

pub(super) async fn frame(attempt: &Attempt<'_>, step: &Step, send: &SendFrame) -> StepResult {
    for client in attempt.actors(step) {
        let Some(link) = link_to_send_on(&client)? else {
            continue;
        };
        attempt.note_request(&link, None, Author::Scenario);
        let mut payload = octets(attempt, &send.payload, "payload")?;
        // A continuation frame holds no beginning of a packet, even if its payload looks like one.
        if send.declared_length.is_none()
            && OpCode::from(send.opcode) != OpCode::Continuation
            && let Ok(text) = std::str::from_utf8(&payload)
        {
            let (scenario, manifest) = (attempt.scenario, &attempt.target.manifest);
            let text = operations::translate(scenario, manifest, &send.payload, text.to_owned());
            payload = text.into();
        }
        let mut rsv = send.rsv;
        if send.compress {
            // Each message gets a new compression context, which is always allowed (RFC 7692 section 7.2.1).
            payload = Deflate::new(Role::Client, &DeflateOffer::default()).compress(&payload);
            rsv |= 0b100;
        }
        let frame = Frame {
            fin: send.fin,
            rsv,
            opcode: OpCode::from(send.opcode),
            mask: send.masked.then(random::random),
            payload,
        };
        let length_encoding = match send.length_form {
            Some(16) => LengthEncoding::Sixteen,
            Some(64) => LengthEncoding::SixtyFour,
            _ => LengthEncoding::Minimal,
        };
        link.connection.send_frame(
            RawFrame {
                frame,
                length_encoding,
                declared_length: send.declared_length,
            },
            send.chop,
        );
    }
    Ok(())
}

pub(super) async fn bytes(attempt: &Attempt<'_>, step: &Step, send: &SendBytes) -> StepResult {
    for client in attempt.actors(step) {
        let Some(link) = link_to_send_on(&client)? else {
            continue;
        };
        attempt.note_request(&link, None, Author::Scenario);
        link.connection
            .send_bytes(octets(attempt, &send.data, "bytes")?, send.chop);
    }
    Ok(())
}

fn octets(attempt: &Attempt<'_>, template: &Template, field: &str) -> StepResult<Bytes> {
    match template.render(&attempt.scope())? {
        Data::Bytes(bytes) => Ok(bytes),
        Data::String(text) => Ok(Bytes::from(text)),
        other => Err(Obstacle::new(format!(
            "The value of `{field}` is {other}; it has to be text or bytes."
        ))
        .unjudged()),
    }
}
