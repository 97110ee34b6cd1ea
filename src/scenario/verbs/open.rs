//! `open`: opens an Engine.IO session, a WebSocket without Engine.IO, or a TCP connection. Later steps send and check
//! every packet on it.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Chapter, Options, ValueType, VerbModel, VerbSpec},
};
use crate::scenario::{
    Accepted, ClientName, ConnectOptions, HttpPattern, Matcher,
    fields::{Field, Fields, substituted},
    keys::{self, Key, key},
    reading::{connections::handshake_options, context::StepContext, forms, responses::response},
    word::words,
};

const KEYS: &[Key] = &[
    key(
        "echo",
        "flag",
        "`true`: prepares the connection for `echo` messages",
    ),
    key(
        "join",
        "flag",
        "`true`: joins the main namespace if every client can",
    ),
    key(
        "session",
        "text",
        "the client whose session this client joins",
    ),
    key("poll", "flag", "`false`: only steps send GET requests"),
    key("handshake", "expectation", "the data of the open packet"),
    key(
        "answer",
        "http-response",
        "the response to the handshake request, accepted or refused",
    ),
    key(
        "refused",
        "http-response",
        "the response that refuses the handshake",
    ),
];

/// The data of an `open` step.
#[derive(Clone, Debug)]
pub struct Open {
    /// The kind of connection to open.
    pub layer: OpenLayer,
    /// The options of the handshake.
    pub options: ConnectOptions,
    /// True if the client joins the namespace in which the target echoes messages (`echo: true`). The binding `echo` in
    /// the target's manifest names this namespace.
    pub echo: bool,
    /// True if the client joins the main namespace `/` (`join: true`). On a target without the capability `socket-io`,
    /// whose clients can't all join it, the client does not join.
    pub join: bool,
    /// The client whose Engine.IO session the new connection uses (`session: NAME`). The server sends no open packet,
    /// because the session exists already.
    pub session: Option<ClientName>,
    /// False if the client sends no polling GET requests by itself, so that steps control each of them (`poll: false`).
    pub poll: bool,
    /// The expected response to the handshake.
    ///
    /// Boxed, because it is much larger than the model of any other verb.
    pub expected: Box<Accepted<HandshakePattern>>,
}

/// The expected response to the handshake request with which a step opens a connection.
#[derive(Clone, Debug, Default)]
pub struct HandshakePattern {
    /// `handshake`: the expected data of the open packet.
    pub handshake: Option<Matcher>,
    /// `answer`: the expected HTTP response to the handshake request, whether the server accepts or refuses the
    /// request.
    pub answer: Option<HttpPattern>,
    /// `refused`: the expected HTTP response with which the server refuses the handshake request.
    pub refused: Option<HttpPattern>,
}

/// The kinds of connections that `open` opens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OpenLayer {
    /// An Engine.IO session over long-polling.
    Polling,
    /// A TCP (or TLS) connection on which the client sends no handshake of HTTP or WebSocket.
    Tcp,
    /// An Engine.IO session over WebSocket. A WebSocket without Engine.IO if the target's dialect is `websocket`.
    WebSocket,
}

words! { OpenLayer: "polling" = Polling, "tcp" = Tcp, "websocket" = WebSocket }

impl VerbModel for Open {
    const SPEC: VerbSpec = VerbSpec {
        example: "open: websocket",
        chapter: Chapter::ByHand,
        meaning: "opens an Engine.IO session in which the steps send and receive packets; only the heartbeat is \
                  automatic. `open: polling` does the same over polling, `open: tcp` opens a bare connection",
        key_notes: "`query`, `headers`, `origin`, `path`, `eio`, `heartbeat`, `deflate`; `echo: true`: prepares the \
                  connection for `echo` messages, see below; `join: true`: joins the main namespace if every client \
                  can, so that no connect timeout ends the connection; `session`: joins the session of that client; \
                  `poll: false`: only steps send GET requests; `handshake`: the data of the open packet; `answer`: \
                  the response to the handshake request, accepted or refused; `refused`: the response that refuses \
                  the handshake",
        actors: Actors::Required,
        puts_on_wire: true,
        can_fail: true,
        value: ValueType::Layer,
        options: Options::Beside,
        keys: &[keys::HANDSHAKE, KEYS],
        exclusive: &[
            &["handshake", "refused"],
            &["answer", "refused"],
            &["echo", "join"],
        ],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> =
        Some(|open, lenient| open.expected.lenient = Some(lenient.expected.strict));

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let value = Field {
            node: substituted(value.node, Some(context.substitutes)),
            ..*value
        };
        let layer = value.word(context.problems);
        let options = handshake_options(fields, context);
        let echo = context.flag(fields, "echo");
        let join = context.flag(fields, "join");
        let session = fields
            .get("session")
            .and_then(|session| context.declared.resolve_one(&session, context.problems));
        let poll = fields
            .get("poll")
            .and_then(|poll| poll.boolean(context.problems))
            .unwrap_or(true);
        if let Some(handshake) = fields.get("handshake") {
            forms::OPEN_PACKET.check_object(&handshake, context);
        }
        let handshake = context.matcher_of(fields, "handshake");
        let answer = fields
            .get("answer")
            .and_then(|answer| response(&answer, context));
        let refused = fields
            .get("refused")
            .and_then(|refused| response(&refused, context));
        Some(Self {
            layer: layer?,
            options,
            echo,
            join,
            session,
            poll,
            expected: Box::new(Accepted::from(HandshakePattern {
                handshake,
                answer,
                refused,
            })),
        })
    }

    fn facts(&self) -> Facts<'_> {
        Facts::new(
            Awaits::Something,
            ConnectionUse::Opens(&self.options),
            WireUse::Other,
        )
        .may_join()
    }
}
