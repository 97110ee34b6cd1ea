//! `disconnect`: leaves a namespace, or ends the connection.

use super::{
    facts::{Awaits, ConnectionUse, Facts, MembershipUse, WireUse},
    model::{Actors, Chapter, Options, ValueType, VerbModel, VerbSpec},
};
use crate::scenario::{
    Template,
    fields::{Field, Fields},
    keys::{self, Key, key},
    reading::{connections::namespace_of, context::StepContext},
    word::words,
};

const KEYS: &[Key] = &[
    keys::NAMESPACE,
    key("how", "farewell", "the way to disconnect"),
];

/// The data of a `disconnect` step.
#[derive(Clone, Debug, Default)]
pub struct Disconnect {
    /// The namespace to leave. `None` for the namespace that the client's steps use if they name none.
    pub namespace: Option<Template>,
    /// The way to disconnect (`how:`).
    pub how: DisconnectHow,
}

/// The ways to disconnect.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DisconnectHow {
    /// `close`: sends an Engine.IO close packet and ends the transport.
    Close,
    /// `leave`: sends a Socket.IO DISCONNECT packet and keeps the connection.
    #[default]
    Leave,
    /// `drop`: closes the TCP connection without a close packet or a close frame.
    Drop,
    /// `half`: closes the client's side of the TCP connection. The client still reads what the server sends.
    Half,
    /// `reset`: resets the TCP connection.
    Reset,
}

words! {
    DisconnectHow: "close" = Close, "drop" = Drop, "half" = Half, "leave" = Leave, "reset" = Reset
}

impl VerbModel for Disconnect {
    const SPEC: VerbSpec = VerbSpec {
        example: "disconnect: /namespace",
        chapter: Chapter::Connections,
        meaning: "leaves a namespace or ends the connection; without a value (`disconnect`, `disconnect: {}`), leaves \
                  the client's own namespace",
        key_notes: "`how`: `leave` (the default), `close`, `drop`, `reset`, or `half` (the client closes its sending \
                  side and still reads)",
        actors: Actors::Required,
        puts_on_wire: true,
        can_fail: false,
        value: ValueType::Namespace,
        options: Options::Beside,
        keys: &[KEYS],
        exclusive: &[],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> = None;

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let namespace = namespace_of(value, fields, context);
        let how = fields
            .get("how")
            .and_then(|how| how.word(context.problems))
            .unwrap_or_default();
        Some(Self { namespace, how })
    }

    fn facts(&self) -> Facts<'_> {
        let membership = match self.how {
            DisconnectHow::Half => MembershipUse::None,
            DisconnectHow::Close
            | DisconnectHow::Drop
            | DisconnectHow::Leave
            | DisconnectHow::Reset => MembershipUse::Leaves,
        };
        Facts::new(Awaits::Nothing, ConnectionUse::Actors, WireUse::Other)
            .with_membership(membership)
    }
}
