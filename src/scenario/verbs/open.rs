//! `open`: an Engine.IO session, a bare WebSocket or a TCP stream by hand.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Options, VerbModel, VerbSpec},
};
use crate::scenario::{
    Accepted, ClientName, ConnectOptions, HttpPattern, Matcher,
    fields::{Field, Fields, substituted},
    keys::{self, Key, key},
    reading::{connections::handshake_options, context::StepContext, forms, responses::response},
};

const KEYS: &[Key] = &[
    key("echo", "flag", "messages are to come back"),
    key(
        "session",
        "text",
        "takes part in the session of that client",
    ),
    key("poll", "flag", "`false`: no GET is sent unless a step does"),
    key("handshake", "expectation", "the data of the open packet"),
    key(
        "answer",
        "http-response",
        "the response to the handshake request, whether it lets the client in or not",
    ),
    key("refused", "http-response", "the response that refuses it"),
];

/// `open:`.
#[derive(Clone, Debug)]
pub struct Open {
    /// What is opened.
    pub layer: OpenLayer,
    /// Query, headers, path, revision, heartbeat.
    pub options: ConnectOptions,
    /// `echo: true`: where the target speaks Socket.IO, the namespace in which messages come back is joined.
    pub echo: bool,
    /// `session: NAME`: takes part in that client's session, with its sid, and expects no open packet.
    pub session: Option<ClientName>,
    /// `poll: false`: no GET is sent unless a step does.
    pub poll: bool,
    /// How the server must answer the handshake.
    ///
    /// Boxed, because it is much larger than the model of any other verb.
    pub expected: Box<Accepted<HandshakePattern>>,
}

/// How a server must answer a handshake.
#[derive(Clone, Debug, Default)]
pub struct HandshakePattern {
    /// `handshake:` the open packet's data.
    pub handshake: Option<Matcher>,
    /// `answer:` the response to the handshake request, whether it lets the client in or refuses it.
    pub answer: Option<HttpPattern>,
    /// `refused:` the response that refuses the handshake request.
    pub refused: Option<HttpPattern>,
}

/// What an `open` step opens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OpenLayer {
    /// An Engine.IO session over long-polling.
    Polling,
    /// A bare TCP (or TLS) connection.
    Tcp,
    /// An Engine.IO session over WebSocket; a plain WebSocket where the target's dialect is `websocket`.
    WebSocket,
}

impl VerbModel for Open {
    const SPEC: VerbSpec = VerbSpec {
        meaning: "a connection by hand",
        actors: Actors::Required,
        value: "layer",
        options: Options::Beside,
        keys: &[keys::HANDSHAKE, KEYS],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> =
        Some(|open, lenient| open.expected.lenient = Some(lenient.expected.strict));

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        fields.exclusive(&["handshake", "refused"], context.problems);
        fields.exclusive(&["answer", "refused"], context.problems);
        let layers = [
            ("polling", OpenLayer::Polling),
            ("tcp", OpenLayer::Tcp),
            ("websocket", OpenLayer::WebSocket),
        ];
        let value = Field {
            node: substituted(value.node, Some(context.substitutes)),
            ..*value
        };
        let layer = value.choice(&layers, context.problems);
        let options = handshake_options(fields, context);
        let echo = context.flag(fields, "echo");
        let session = fields
            .get("session")
            .and_then(|session| context.cast.resolve_one(&session, context.problems));
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
