//! `disconnect`: leaves a namespace, or ends the connection.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Options, VerbModel, VerbSpec},
};
use crate::scenario::{
    Template,
    fields::{Field, Fields},
    keys::{self, Key, key},
    reading::{connections::namespace_of, context::StepContext},
};

const KEYS: &[Key] = &[
    keys::NAMESPACE,
    key("how", "farewell", "how the client goes"),
];

/// `disconnect:`.
#[derive(Clone, Debug, Default)]
pub struct Disconnect {
    /// `namespace:`; the client's own where nothing is said.
    pub namespace: Option<Template>,
    /// `how:`.
    pub how: DisconnectHow,
}

/// Ways to leave.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DisconnectHow {
    /// `close`: an Engine.IO close packet, then the transport ends.
    Close,
    /// `leave`: a Socket.IO DISCONNECT packet; the connection stays.
    #[default]
    Leave,
    /// `drop`: the TCP connection ends without a word.
    Drop,
    /// `half`: the client's side of the TCP connection ends; what the server still says is heard.
    Half,
    /// `reset`: the TCP connection is reset.
    Reset,
}

impl VerbModel for Disconnect {
    const SPEC: VerbSpec = VerbSpec {
        meaning: "leave a namespace, or end the connection",
        actors: Actors::Required,
        value: "namespace",
        options: Options::Beside,
        keys: &[KEYS],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> = None;

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let namespace = namespace_of(value, fields, context);
        let ways = [
            ("close", DisconnectHow::Close),
            ("drop", DisconnectHow::Drop),
            ("half", DisconnectHow::Half),
            ("leave", DisconnectHow::Leave),
            ("reset", DisconnectHow::Reset),
        ];
        let how = fields
            .get("how")
            .and_then(|how| how.choice(&ways, context.problems))
            .unwrap_or_default();
        Some(Self { namespace, how })
    }

    fn facts(&self) -> Facts<'_> {
        Facts::new(Awaits::Nothing, ConnectionUse::Actors, WireUse::Other)
    }
}
