//! Compares WebSocket frames with patterns.

use crate::{
    data::Data,
    runner::{findings::StepResult, play::attempt::Attempt},
    scenario::FramePattern,
    wire::websocket::Frame,
};

/// How a frame compares with a pattern.
#[derive(Debug)]
pub(in crate::runner) enum FrameLikeness {
    /// The frame matches the pattern. Holds the captured values.
    Match(Vec<(String, Data)>),
    /// The frame has another opcode than the pattern asks for.
    OtherOpcode,
    /// The frame has the opcode that the pattern asks for, but this part of the frame differs: "FIN bit".
    Wrong(&'static str),
}

/// Compares one frame with a pattern.
pub(in crate::runner) fn compare(
    attempt: &Attempt<'_>,
    pattern: &FramePattern,
    frame: &Frame,
) -> StepResult<FrameLikeness> {
    let FramePattern {
        opcode,
        fin,
        rsv,
        payload,
    } = pattern;
    if opcode.is_some_and(|opcode| opcode != u8::from(frame.opcode)) {
        return Ok(FrameLikeness::OtherOpcode);
    }
    if fin.is_some_and(|fin| fin != frame.fin) {
        return Ok(FrameLikeness::Wrong("FIN bit"));
    }
    if rsv.is_some_and(|rsv| rsv != frame.rsv) {
        return Ok(FrameLikeness::Wrong("reserved bits"));
    }
    let Some(matcher) = payload else {
        return Ok(FrameLikeness::Match(Vec::new()));
    };
    let actual = match std::str::from_utf8(&frame.payload) {
        Ok(text) => Data::from(attempt.spoken_packet(text)),
        Err(_) => Data::Bytes(frame.payload.clone()),
    };
    let scope = attempt.scope().clone();
    let mut fitted = matcher.check(Some(&actual), &scope)?;
    if fitted.is_err() {
        // A payload that is UTF-8 was compared as text above. Compare it as bytes too, because the pattern can be
        // `{$bytes: …}`.
        fitted = matcher.check(Some(&Data::Bytes(frame.payload.clone())), &scope)?;
    }
    Ok(match fitted {
        Ok(captures) => FrameLikeness::Match(captures),
        Err(_) => FrameLikeness::Wrong("payload"),
    })
}

/// Returns in words which frame a pattern describes, without an article.
pub(in crate::runner) fn what(attempt: &Attempt<'_>, pattern: &FramePattern) -> String {
    let opcode = pattern
        .opcode
        .map(|opcode| format!(" with opcode {opcode:#x}"))
        .unwrap_or_default();
    let payload = pattern
        .payload
        .as_ref()
        .map(|payload| format!(" and payload {}", payload.describe(&attempt.scope())))
        .unwrap_or_default();
    format!("frame{opcode}{payload}")
}
