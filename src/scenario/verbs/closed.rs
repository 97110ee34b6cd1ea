//! `closed`: a connection ends, or stays open.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Options, VerbModel, VerbSpec},
};
use crate::scenario::{
    Accepted, Matcher, Template,
    fields::{Field, Fields, is_bare},
    keys,
    reading::{connections, context::StepContext, forms},
};

/// `closed:`.
#[derive(Clone, Debug, Default)]
pub struct Closed {
    /// `code:` of the close frame.
    pub code: Option<Matcher>,
    /// `reason:` of the close frame.
    pub reason: Option<Matcher>,
    /// `how:` any of these; empty for any.
    pub how: Vec<CloseHow>,
    /// `hangs-up: true`: after the close frames it is the server that ends the TCP stream.
    pub hangs_up: bool,
    /// `stays-open: true`: the connection does not end.
    pub stays_open: bool,
    /// `namespace:`: a Socket.IO DISCONNECT of this namespace in place of the connection's end.
    pub namespace: Option<Template>,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CloseHow {
    /// `close-frame`.
    CloseFrame,
    /// `close-packet`: an Engine.IO close packet.
    ClosePacket,
    /// `eof`.
    Eof,
    /// `http-error`: a polling request was answered with an error.
    HttpError,
    /// `reset`.
    Reset,
}

impl VerbModel for Accepted<Closed> {
    const SPEC: VerbSpec = VerbSpec {
        meaning: "the connection ends",
        actors: Actors::Required,
        value: "closed",
        options: Options::BesideOrWithin,
        keys: &[keys::CLOSED],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> =
        Some(|closed, lenient| closed.lenient = Some(lenient.strict));

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let ways = [
            ("close-frame", CloseHow::CloseFrame),
            ("close-packet", CloseHow::ClosePacket),
            ("eof", CloseHow::Eof),
            ("http-error", CloseHow::HttpError),
            ("reset", CloseHow::Reset),
        ];
        let how = fields
            .get("how")
            .map(|how| {
                how.items()
                    .filter_map(|item| item.choice(&ways, context.problems))
                    .collect()
            })
            .unwrap_or_default();
        if let Some(code) = fields.get("code") {
            // Two bytes on the wire (RFC 6455 section 5.5.1).
            forms::number(&code, 0, 65_535, context);
        }
        let code = context.matcher_of(fields, "code");
        let reason = context.matcher_of(fields, "reason");
        let hangs_up = context.flag(fields, "hangs-up");
        let stays_open = context.flag(fields, "stays-open");
        let namespace = fields
            .raw("namespace")
            .map(|namespace| connections::namespace(&namespace, context));
        if stays_open {
            for key in ["code", "reason", "how", "hangs-up", "namespace"] {
                fields.exclusive(&["stays-open", key], context.problems);
            }
        }
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
        let ends = !self.strict.stays_open && self.strict.namespace.is_none();
        let awaits = if ends {
            Awaits::ConnectionEnd
        } else {
            Awaits::Something
        };
        Facts::new(awaits, ConnectionUse::Actors, WireUse::Other)
    }
}
