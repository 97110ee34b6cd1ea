//! `closed`: waits until a connection ends, or checks that it stays open.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Chapter, Options, ValueType, VerbModel, VerbSpec},
};
use crate::scenario::{
    Accepted, Matcher, Template,
    fields::{Field, Fields, is_bare},
    keys,
    reading::{connections, context::StepContext, forms},
    word::words,
};

/// The data of a `closed` step.
#[derive(Clone, Debug, Default)]
pub struct Closed {
    /// The expected code of the close frame (`code:`).
    pub code: Option<Matcher>,
    /// The expected reason of the close frame (`reason:`).
    pub reason: Option<Matcher>,
    /// The ways in which the connection may end (`how:`). Empty if it may end in any way.
    pub how: Vec<CloseHow>,
    /// True if the server also has to close the TCP stream after both sides have sent close frames (`hangs-up: true`).
    pub hangs_up: bool,
    /// True if the connection has to stay open (`stays-open: true`).
    pub stays_open: bool,
    /// The namespace that the server has to end with a Socket.IO DISCONNECT packet (`namespace:`). The step then waits
    /// for this packet, and the connection itself can stay open.
    pub namespace: Option<Template>,
}

/// The ways a connection can end.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CloseHow {
    /// `close-frame`: a WebSocket close frame.
    CloseFrame,
    /// `close-packet`: an Engine.IO close packet.
    ClosePacket,
    /// `eof`: the end of the TCP stream.
    Eof,
    /// `http-error`: an error as the response to a polling request.
    HttpError,
    /// `reset`: a reset of the TCP connection.
    Reset,
}

words! {
    CloseHow: "close-frame" = CloseFrame, "close-packet" = ClosePacket, "eof" = Eof,
    "http-error" = HttpError, "reset" = Reset
}

impl VerbModel for Accepted<Closed> {
    const SPEC: VerbSpec = VerbSpec {
        example: "closed: {…}",
        chapter: Chapter::Connections,
        meaning: "waits until the connection ends",
        key_notes: "`code` and `reason` of the close frame; `how`: any of `close-frame`, `close-packet`, `eof`, \
                  `http-error`, `reset`; `hangs-up: true`: the server closes the TCP stream within a second of the \
                  last frame; `namespace`: the server sends a DISCONNECT for this namespace instead; `stays-open: \
                  true`: the connection does not end, with `within` for that time",
        actors: Actors::Required,
        puts_on_wire: false,
        can_fail: true,
        value: ValueType::Closed,
        options: Options::BesideOrWithin,
        keys: &[keys::CLOSED],
        exclusive: keys::CLOSED_EXCLUSIVE,
    };

    const TOLERATE: Option<fn(&mut Self, Self)> =
        Some(|closed, lenient| closed.lenient = Some(lenient.strict));

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let how = fields
            .get("how")
            .map(|how| {
                how.items()
                    .filter_map(|item| item.word(context.problems))
                    .collect()
            })
            .unwrap_or_default();
        if let Some(code) = fields.get("code") {
            // A close code has two bytes in the close frame (RFC 6455 section 5.5.1), so it can't exceed 65,535.
            forms::number(&code, 0, 65_535, context);
        }
        let code = context.matcher_of(fields, "code");
        let reason = context.matcher_of(fields, "reason");
        let hangs_up = context.flag(fields, "hangs-up");
        let stays_open = context.flag(fields, "stays-open");
        let namespace = fields
            .raw("namespace")
            .map(|namespace| connections::namespace(&namespace, context));
        if !is_bare(value.node) {
            value.wrong(
                "empty, or a mapping: `closed: { code: 1002 }`",
                context.problems,
            );
        }
        let closed = Closed {
            code,
            reason,
            how,
            hangs_up,
            stays_open,
            namespace,
        };
        Some(closed.into())
    }

    fn facts(&self) -> Facts<'_> {
        let awaits = if self.strict.stays_open {
            Awaits::ConnectionOpen
        } else if self.strict.namespace.is_some() {
            Awaits::NamespaceEnd
        } else {
            Awaits::ConnectionEnd
        };
        Facts {
            close_code: self.strict.code.as_ref(),
            ..Facts::new(awaits, ConnectionUse::Actors, WireUse::Other)
        }
    }
}
