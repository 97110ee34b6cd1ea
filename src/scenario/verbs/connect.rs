//! `connect`: joins a namespace, and opens a connection if the client has none.

use super::{
    facts::{Awaits, ConnectionUse, Facts, MembershipUse, WireUse},
    model::{Actors, Chapter, Options, ValueType, VerbModel, VerbSpec},
};
use crate::scenario::{
    Accepted, ConnectOptions, Matcher, Refusal,
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
    key(
        "may-refuse",
        "flag",
        "`true`: the server may refuse the client; the scenario is then skipped",
    ),
];

/// The data of a `connect` step.
#[derive(Clone, Debug, Default)]
pub struct Connect {
    /// The namespace to join, and the options of the connection if a new one is opened.
    pub options: ConnectOptions,
    /// The expected answer of the server.
    pub answer: Accepted<ConnectAnswer>,
    /// `may-refuse: true`: the scenario does not apply to a server that refuses the client.
    pub may_refuse: bool,
}

/// The expected answer to `connect`.
#[derive(Clone, Debug)]
pub enum ConnectAnswer {
    /// `refused`: an error that refuses the connection. The runner converts it from the target's format to `{code,
    /// message, status, field}`.
    Refused(Refusal),
    /// `rejected`: a CONNECT_ERROR packet with this payload (`{message, data}`).
    Rejected(Matcher),
    /// A CONNECT packet, by which the server accepts the client. `reply` is the expectation of its payload; `None`
    /// accepts any payload.
    Joined(Option<Matcher>),
}

impl Default for ConnectAnswer {
    fn default() -> Self {
        Self::Joined(None)
    }
}

impl VerbModel for Connect {
    const SPEC: VerbSpec = VerbSpec {
        example: "connect: /namespace",
        chapter: Chapter::Connections,
        meaning: "joins a namespace, and opens the connection if necessary; without a value, joins the client's own \
                  namespace",
        key_notes: "the options of a client; one of `reply` (the payload of the CONNECT reply), `rejected` (the payload \
                  of CONNECT_ERROR), `refused` (as for `call`); `may-refuse: true`: the server may refuse the client, \
                  and the scenario is then skipped",
        actors: Actors::Required,
        puts_on_wire: true,
        can_fail: true,
        value: ValueType::Namespace,
        options: Options::Beside,
        keys: &[keys::OPTIONS, keys::HANDSHAKE, KEYS],
        exclusive: &[
            &["reply", "rejected", "refused"],
            &["may-refuse", "rejected", "refused"],
        ],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> =
        Some(|connect, lenient| connect.answer.lenient = Some(lenient.answer.strict));

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
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
            may_refuse: context.flag(fields, "may-refuse"),
        })
    }

    fn facts(&self) -> Facts<'_> {
        Facts::new(
            Awaits::Something,
            ConnectionUse::Joins(&self.options),
            WireUse::Other,
        )
        .with_membership(match &self.answer.strict {
            ConnectAnswer::Joined(None) => MembershipUse::Joins,
            ConnectAnswer::Joined(Some(_)) | ConnectAnswer::Rejected(_) => {
                MembershipUse::JoinsAndReads
            }
            ConnectAnswer::Refused(_) => MembershipUse::IsRefused,
        })
    }
}
