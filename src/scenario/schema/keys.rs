//! Which keys there are, what they take, and what they mean.

/// A key: its name, the type of its value as a name in [`super::types`], and what it means.
pub(super) type Key = (&'static str, &'static str, &'static str);

/// Keys of a file.
pub(super) const FILE: &[Key] = &[
    ("topic", "text", "what the file is about, for reports"),
    (
        "needs",
        "names",
        "capabilities that the target must have, for all scenarios",
    ),
    ("level", "level", "for all scenarios that don't say theirs"),
    ("tier", "tier", "for all scenarios that don't say theirs"),
    (
        "transport",
        "transports",
        "for all scenarios that don't say theirs",
    ),
    ("transports", "transports", "the same as `transport`"),
    (
        "exclusive",
        "flag",
        "for all scenarios that don't say theirs",
    ),
    (
        "background",
        "steps",
        "steps that run before the steps of each scenario",
    ),
    ("scenarios", "scenarios", "the scenarios"),
];

/// Keys of a scenario.
pub(super) const SCENARIO: &[Key] = &[
    (
        "id",
        "id",
        "stable for ever: other people's baselines name it",
    ),
    (
        "aliases",
        "names",
        "former ids, which baselines may still name",
    ),
    ("title", "text", "what is right, in one sentence"),
    ("why", "text", "what a user loses when it fails"),
    (
        "level",
        "level",
        "the word of the source; a broken `must` fails, the others warn",
    ),
    (
        "tier",
        "tier",
        "`slow` and `destructive` run only when asked for, `info` never fails",
    ),
    ("verifies", "names", "ids of requirements"),
    (
        "catches",
        "names",
        "faults of the reference server that must turn it red",
    ),
    (
        "needs",
        "names",
        "capabilities that the target must have; without them it is skipped",
    ),
    (
        "transport",
        "transports",
        "it runs over these only; over any where nothing is said",
    ),
    ("transports", "transports", "the same as `transport`"),
    (
        "exclusive",
        "flag",
        "nothing else runs on this target at the same time",
    ),
    (
        "settle",
        "duration",
        "how long silence is watched at the end, in place of the calibrated time",
    ),
    (
        "within",
        "duration",
        "the deadline of each wait, in place of the target's",
    ),
    ("without", "invariants", "invariants that are switched off"),
    (
        "vars",
        "variables",
        "names and values; later ones can use earlier ones",
    ),
    ("each", "rows", "a table: each row is a scenario of its own"),
    (
        "clients",
        "clients",
        "who takes part; each connects before the first step",
    ),
    (
        "steps",
        "steps",
        "what happens; one of them must be able to fail",
    ),
];

/// Options of a client.
pub(super) const CLIENT: &[Key] = &[
    ("connect", "flag", "`false`: not before a `connect` step"),
    ("count", "whole", "a group of so many clients"),
    NAMESPACE,
];

/// Options of a connection, of a client and of `connect`.
pub(super) const OPTIONS: &[Key] = &[
    ("auth", "value", "the payload of the CONNECT packet"),
    ("transport", "transport", "for this client alone"),
    ("msgpack", "flag", "packets are msgpack"),
];

/// Options of a handshake, also of `open`.
pub(super) const HANDSHAKE: &[Key] = &[
    ("query", "pairs", "of the handshake request"),
    ("headers", "pairs", "of the handshake request"),
    ("origin", "any-text", "the `Origin` header"),
    (
        "path",
        "any-text",
        "in place of the target's Engine.IO path",
    ),
    ("eio", "whole", "the protocol revision"),
    ("heartbeat", "flag", "`false`: pings are not answered"),
    ("deflate", "flag", "permessage-deflate is offered"),
];

/// Keys that go with any verb.
pub(super) const STEP: &[Key] = &[
    ("within", "wait", "the deadline of this step"),
    (
        "after",
        "wait",
        "what the step observes must not come earlier than this",
    ),
    (
        "level",
        "level",
        "a breach of this step alone counts as this level",
    ),
    (
        "accept",
        "accept",
        "what is right, and what is tolerated with a warning",
    ),
];

/// Who acts, where a verb takes it.
pub(super) const ACTORS: &[Key] = &[(
    "as",
    "names",
    "who acts or observes: clients, groups, or `all`",
)];

/// What a response is held against.
pub(super) const RESPONSE: &[Key] = &[
    ("status", "expectation", "the response's status"),
    (
        "response-headers",
        "expected-pairs",
        "the response's headers",
    ),
    ("response", "expectation", "the response's body as text"),
    ("json", "expectation", "the response's body as JSON"),
    ("no-response", "flag", "no response comes"),
];

/// Keys of a frame that is received.
pub(super) const FRAME: &[Key] = &[
    ("opcode", "opcode", "the kind of frame"),
    ("fin", "flag", "whether it is the last of its message"),
    ("rsv", "whole", "three bits; RSV1 is 4"),
];

/// Options of `closed`.
pub(super) const CLOSED: &[Key] = &[
    ("code", "expectation", "of the close frame"),
    ("reason", "expectation", "of the close frame"),
    ("how", "endings", "how the connection may end"),
    ("hangs-up", "flag", "the server ends the stream"),
    (
        "namespace",
        "namespace",
        "a DISCONNECT of this namespace instead",
    ),
    ("stays-open", "flag", "it does not end"),
];

/// Options of `frame`.
pub(super) const SENT_FRAME: &[Key] = &[
    ("mask", "flag", "whether it is masked"),
    ("payload", "value", "text or bytes"),
    (
        "length",
        "length-form",
        "the form of the length: 16 or 64 bits",
    ),
    ("declared-length", "whole", "the length that is claimed"),
    CHOP,
    ("compress", "flag", "whether the payload is compressed"),
];

const CHOP: Key = ("chop", "whole", "written in pieces of so many bytes");
const NAMESPACE: Key = ("namespace", "namespace", "`/` where nothing is said");
const WITH: Key = ("with", "value", "the first argument");
const ARGS: Key = ("args", "values", "all arguments");
const EXPECTED_WITH: Key = ("with", "expectation", "the first argument");
const EXPECTED_ARGS: Key = ("args", "expectations", "all arguments");
const COUNT: Key = ("count", "whole", "how often, 1 where nothing is said");
const REFUSED: Key = (
    "refused",
    "expectation",
    "the server refuses: `{code, message, status, field}`",
);

/// A verb: its name, the type of its own value, and its keys.
pub(super) type Verb = (&'static str, &'static str, &'static [&'static [Key]]);

/// Every verb.
pub(super) const VERB_KEYS: &[Verb] = &[
    ("alive", "nothing", &[ACTORS]),
    ("bytes", "value", &[ACTORS, &[CHOP]]),
    (
        "call",
        "event",
        &[
            ACTORS,
            &[
                WITH,
                ARGS,
                NAMESPACE,
                (
                    "reply",
                    "expectation",
                    "the ack has exactly this one argument",
                ),
                (
                    "replies",
                    "expectations",
                    "the ack has exactly these arguments",
                ),
                REFUSED,
                ("no-reply", "flag", "no ack ever comes"),
            ],
        ],
    ),
    (
        "check",
        "text",
        &[&[("because", "text", "what it means when it is not true")]],
    ),
    ("closed", "closed", &[ACTORS, CLOSED]),
    (
        "connect",
        "namespace",
        &[
            ACTORS,
            OPTIONS,
            HANDSHAKE,
            &[
                NAMESPACE,
                ("reply", "expectation", "the payload of the CONNECT reply"),
                ("rejected", "expectation", "the payload of CONNECT_ERROR"),
                REFUSED,
            ],
        ],
    ),
    (
        "deliver",
        "event",
        &[&[
            ("to", "names", "who receives it; `[]` for nobody"),
            EXPECTED_WITH,
            EXPECTED_ARGS,
            NAMESPACE,
            COUNT,
        ]],
    ),
    (
        "disconnect",
        "namespace",
        &[
            ACTORS,
            &[NAMESPACE, ("how", "farewell", "how the client goes")],
        ],
    ),
    (
        "emit",
        "event",
        &[ACTORS, &[WITH, ARGS, NAMESPACE, REFUSED]],
    ),
    (
        "expect",
        "event",
        &[
            ACTORS,
            &[
                EXPECTED_WITH,
                EXPECTED_ARGS,
                NAMESPACE,
                COUNT,
                (
                    "order",
                    "order",
                    "`strict`: the next event must be this one",
                ),
                ("acknowledged", "flag", "whether the event asks for an ack"),
            ],
        ],
    ),
    ("frame", "frame", &[ACTORS, FRAME, SENT_FRAME]),
    (
        "http",
        "text",
        &[
            &[
                ("query", "pairs", "names and values"),
                ("headers", "pairs", "names and values"),
                ("body", "value", "text, bytes, or a value sent as JSON"),
            ],
            RESPONSE,
        ],
    ),
    (
        "never",
        "unwanted",
        &[ACTORS, &[EXPECTED_WITH, EXPECTED_ARGS, NAMESPACE]],
    ),
    (
        "open",
        "layer",
        &[
            ACTORS,
            HANDSHAKE,
            &[
                ("echo", "flag", "messages are to come back"),
                (
                    "session",
                    "text",
                    "takes part in the session of that client",
                ),
                ("poll", "flag", "`false`: no GET is sent unless a step does"),
                ("handshake", "expectation", "the data of the open packet"),
                (
                    "answer",
                    "http-response",
                    "the response to the handshake request, whether it lets the client in or not",
                ),
                ("refused", "http-response", "the response that refuses it"),
            ],
        ],
    ),
    ("parallel", "steps", &[]),
    ("reading", "reading", &[ACTORS]),
    (
        "receive",
        "incoming",
        &[
            ACTORS,
            &[("order", "order", "`any`: others may come before it")],
        ],
    ),
    ("repeat", "times", &[&[("steps", "steps", "the block")]]),
    (
        "reply",
        "event",
        &[
            ACTORS,
            &[
                WITH,
                ("values", "values", "the ack's arguments"),
                NAMESPACE,
                ("twice", "flag", "the ack is sent twice"),
                ("late", "duration", "the ack is sent after this"),
                ("withhold", "flag", "the ack is never sent"),
                (
                    "wrong-id",
                    "flag",
                    "the ack has an id that nobody asked for",
                ),
            ],
        ],
    ),
    ("send", "packets", &[ACTORS, RESPONSE]),
];
