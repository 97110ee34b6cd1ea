//! `connect`: joins a namespace, and opens a connection if the client has none.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Options, VerbModel, VerbSpec},
};
use crate::scenario::{
    Accepted, ConnectOptions, Matcher,
    fields::{Field, Fields},
    keys::{self, Key, key},
    reading::{
        connections::{namespace_of, options, refusal},
        context::StepContext,
        forms,
    },
};

const KEYS: &[Key] = &[
    keys::NAMESPACE,
    key("reply", "expectation", "the payload of the CONNECT reply"),
    key("rejected", "expectation", "the payload of CONNECT_ERROR"),
    keys::REFUSED,
];

/// `connect: /namespace`.
#[derive(Clone, Debug, Default)]
pub struct Connect {
    /// The namespace, and the options of a new connection.
    pub options: ConnectOptions,
    /// How the server must answer.
    pub answer: Accepted<ConnectAnswer>,
}

/// How a server must answer `connect`.
#[derive(Clone, Debug)]
pub enum ConnectAnswer {
    /// `refused:` a refusal in the target's dialect, normalised to `{code, message, status, field}`.
    Refused(Matcher),
    /// `rejected:` CONNECT_ERROR with this payload (`{message, data}`).
    Rejected(Matcher),
    /// CONNECT. With `reply:`, its payload must match.
    Joined(Option<Matcher>),
}

impl Default for ConnectAnswer {
    fn default() -> Self {
        Self::Joined(None)
    }
}

impl VerbModel for Connect {
    const SPEC: VerbSpec = VerbSpec {
        meaning: "join a namespace",
        actors: Actors::Required,
        value: "namespace",
        options: Options::Beside,
        keys: &[keys::OPTIONS, keys::HANDSHAKE, KEYS],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> =
        Some(|connect, lenient| connect.answer.lenient = Some(lenient.answer.strict));

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        fields.exclusive(&["reply", "rejected", "refused"], context.problems);
        let mut options = options(fields, context);
        options.namespace = namespace_of(value, fields, context);
        let reply = context.matcher_of(fields, "reply");
        if let Some(rejected) = fields.get("rejected") {
            forms::CONNECT_ERROR.check(rejected.node, context);
        }
        let rejected = context.matcher_of(fields, "rejected");
        let refused = refusal(fields, context);
        let answer = match (refused, rejected) {
            (Some(refused), _) => ConnectAnswer::Refused(refused),
            (None, Some(rejected)) => ConnectAnswer::Rejected(rejected),
            (None, None) => ConnectAnswer::Joined(reply),
        };
        Some(Self {
            options,
            answer: answer.into(),
        })
    }

    fn facts(&self) -> Facts<'_> {
        Facts::new(
            Awaits::Something,
            ConnectionUse::Joins(&self.options),
            WireUse::Other,
        )
    }
}
