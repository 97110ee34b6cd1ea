//! The scenarios that fail because an application, or the library below it, is wrong.

/// A message in several frames ends the connection.
pub(crate) const CLOSES_ON_FRAGMENTS: &[&str] = &[
    "websocket/binary-fragments-put-together",
    "websocket/close-inside-message",
    "websocket/fragments-put-together[fragments-of-which-the-first-is-empty]",
    "websocket/fragments-put-together[fragments-of-which-the-last-is-empty]",
    "websocket/fragments-put-together[fragments-that-cut-a-character-in-two]",
    "websocket/fragments-put-together[two-fragments]",
    "websocket/ping-between-fragments",
    "websocket/whole-message-resets-fragments",
];

/// Deviations of python-engineio on every server; fixtures/targets/python-socketio.baseline.yaml has the reasons.
pub(crate) const ENGINEIO: &[&str] = &[
    "engine.io/bad-handshake-refused[no-transport]",
    "engine.io/every-post-answered[a-noop-packet]",
    "engine.io/second-poll-ends-session",
    "engine.io/websocket-without-transport-refused",
];

/// Deviations of python-engineio on uvicorn.
pub(crate) const UVICORN: &[&str] = &[
    "engine.io/close-packet-releases-poll",
    "engine.io/second-post-ends-session",
];

/// Deviations of python-engineio on uvicorn and on Werkzeug, on an application with an echo.
pub(crate) const ENGINEIO_ECHO: &[&str] = &[
    "engine.io/chunked-post-read",
    "engine.io/chunks-may-part-a-character",
];

/// python-socketio hands a handler of all events also those whose name is no text.
pub(crate) const CATCH_ALL: &[&str] = &[
    "socket.io/malformed-packet-refused[a-text-for-a-list]",
    "socket.io/malformed-packet-refused[null-for-a-name]",
    "socket.io/malformed-packet-refused[true-for-a-name]",
];

/// python-socketio acknowledges an event that a namespace class has no handler for.
pub(crate) const CLASSES: &[&str] = &[
    "acks/unknown-event-unanswered",
    "socket.io/unknown-event-ignored",
];

/// A token whose expiry is a text never expires.
pub(crate) const EXPIRY_AS_TEXT: &[&str] = &["auth/bad-token-refused[valid-until-a-text]"];

/// An event that asks for no acknowledgement is lost.
pub(crate) const LOST_WITHOUT_ACK: &[&str] = &[
    "messages/room-text-unchanged[a-room-and-its-author]",
    "messages/room-text-unchanged[a-room]",
    "messages/room-text-unchanged[several-rooms]",
    "rooms/announcement-is-for-once",
    "rooms/burst-arrives-whole",
    "rooms/emit-to-twelve-rooms",
    "rooms/every-member-receives",
    "rooms/join-twice-is-once",
    "rooms/joined-again-and-again",
    "rooms/joined-when-acknowledged",
    "rooms/leave-ends-double-join",
    "rooms/leave-is-exact[a-longer-beginning]",
    "rooms/leave-is-exact[a-longer-end]",
    "rooms/leave-is-exact[capitals]",
    "rooms/leave-keeps-other-rooms",
    "rooms/leave-stops-delivery",
    "rooms/leave-unjoined-is-harmless",
    "rooms/names-are-exact[a-blank-at-its-end]",
    "rooms/names-are-exact[a-longer-end]",
    "rooms/names-are-exact[an-asterisk-at-its-end]",
    "rooms/names-are-exact[capitals-only]",
    "rooms/names-are-exact[the-Unicode-form-of-a-letter]",
    "rooms/names-are-exact[the-last-of-its-300-characters]",
    "rooms/over-every-transport",
    "rooms/rejoin-brings-no-backlog",
    "rooms/server-emit-includes-sender",
    "rooms/server-emit-is-for-members-only",
    "rooms/several-rooms-exclude-sender",
    "rooms/several-rooms-once",
    "rooms/sixty-members-receive",
    "rooms/targets-of-two-clients-stay-apart",
    "rooms/targets-of-two-rooms-stay-apart",
    "rooms/targets-stay-apart[another-room]",
    "rooms/targets-stay-apart[other-rooms]",
    "rooms/to-excludes-sender",
    "websocket/nothing-handled-after-close",
];

/// The sender of a room's message gets it back.
pub(crate) const SENDS_TO_SENDER: &[&str] = &[
    "rooms/announcement-is-for-once",
    "rooms/burst-arrives-whole",
    "rooms/every-member-receives",
    "rooms/join-twice-is-once",
    "rooms/joined-again-and-again",
    "rooms/joined-when-acknowledged",
    "rooms/leave-ends-double-join",
    "rooms/leave-is-exact[a-longer-beginning]",
    "rooms/leave-is-exact[a-longer-end]",
    "rooms/leave-is-exact[capitals]",
    "rooms/leave-keeps-other-rooms",
    "rooms/leave-stops-delivery",
    "rooms/leave-unjoined-is-harmless",
    "rooms/names-are-exact[a-blank-at-its-end]",
    "rooms/names-are-exact[a-longer-end]",
    "rooms/names-are-exact[an-asterisk-at-its-end]",
    "rooms/names-are-exact[capitals-only]",
    "rooms/names-are-exact[the-Unicode-form-of-a-letter]",
    "rooms/names-are-exact[the-last-of-its-300-characters]",
    "rooms/no-history-for-newcomers",
    "rooms/over-every-transport",
    "rooms/rejoin-brings-no-backlog",
    "rooms/sixty-members-receive",
    "rooms/to-excludes-sender",
];

/// Tornado echoes close codes that may not be sent, and reads unmasked frames.
pub(crate) const TORNADO: &[&str] = &[
    "websocket/bad-close-refused[a-code-that-has-no-meaning]",
    "websocket/bad-close-refused[the-code-0]",
    "websocket/bad-close-refused[the-code-1016]",
    "websocket/bad-close-refused[the-code-2999]",
    "websocket/bad-close-refused[the-code-999]",
    "websocket/bad-close-refused[the-code-of-a-failed-TLS-handshake]",
    "websocket/bad-close-refused[the-code-of-a-lost-connection]",
    "websocket/bad-close-refused[the-code-of-a-missing-code]",
    "websocket/bad-frame-fails-connection[an-unmasked-frame]",
    "websocket/bad-frame-fails-connection[an-unmasked-ping]",
];

/// The libraries websockets and simple-websocket read a compressed block with BFINAL as the end of all messages.
pub(crate) const WEBSOCKETS: &[&str] = &[
    "websocket/compressed-blocks-read[a-block-that-is-marked-as-the-last]",
    "websocket/compressed-blocks-read[a-stored-block-that-is-marked-as-the-last]",
];

/// aiohttp accepts bad compression offers, unmasked frames and the close code of a lost connection, and closes messages
/// of the size that python-engineio announces as its limit.
pub(crate) const AIOHTTP: &[&str] = &[
    "engine.io/announced-message-accepted",
    "websocket/bad-close-refused[the-code-of-a-lost-connection]",
    "websocket/bad-compression-offer-declined[a-parameter-that-stands-twice]",
    "websocket/bad-compression-offer-declined[a-window-of-the-client-that-is-too-large]",
    "websocket/bad-compression-offer-declined[a-window-of-the-server-without-a-size]",
    "websocket/bad-frame-fails-connection[an-unmasked-frame]",
    "websocket/bad-frame-fails-connection[an-unmasked-ping]",
];

/// python-engineio on aiohttp opens a session for a WebSocket handshake with an empty transport.
pub(crate) const ENGINEIO_AIOHTTP: &[&str] =
    &["engine.io/bad-websocket-handshake-refused[an-empty-transport]"];

/// Deviations of python-engineio with simple-websocket behind Werkzeug: a bad WebSocket handshake or a bad frame is an
/// error of the server, and TCP streams stay open.
pub(crate) const WERKZEUG: &[&str] = &[
    "engine.io/bad-websocket-handshake-refused[an-empty-transport]",
    "engine.io/every-post-answered[an-unknown-packet-type]",
    "engine.io/invalid-packet-ends-with-close-frame",
    "engine.io/second-post-ends-session",
    "engine.io/unknown-packet-type-refused[a-blank]",
    "engine.io/unknown-packet-type-refused[a-letter]",
    "engine.io/unknown-packet-type-refused[a-minus]",
    "engine.io/upgrade-after-wrong-probe[a-bare-ping]",
    "engine.io/upgrade-after-wrong-probe[a-message]",
    "websocket/bad-compression-offer-declined[a-parameter-that-does-not-exist]",
    "websocket/bad-compression-offer-declined[a-parameter-that-stands-twice]",
    "websocket/bad-compression-offer-declined[a-value-where-none-belongs]",
    "websocket/bad-compression-offer-declined[a-window-of-the-server-without-a-size]",
    "websocket/bad-compression-offer-declined[a-window-that-is-no-number]",
    "websocket/bad-handshake-refused[a-version-that-does-not-exist]",
    "websocket/bad-handshake-refused[no-key]",
    "websocket/bad-handshake-refused[no-version]",
    "websocket/empty-compressed-message-harmless[text]",
    "websocket/ping-between-compressed-fragments",
    "websocket/server-ends-stream[because-the-client-left]",
    "websocket/server-ends-stream[because-the-server-closed]",
];

/// Socket.IO 3 has mistakes that version 4 has not: it opens sessions for revisions that it does not know, announces no
/// `maxPayload`, leaves some requests without an answer, and malformed packets end the process.
pub(crate) const SOCKETIO3: &[&str] = &[
    "engine.io/bad-handshake-refused[a-revision-that-is-no-number]",
    "engine.io/bad-handshake-refused[an-unsupported-revision]",
    "engine.io/bad-websocket-handshake-refused[a-revision-that-is-no-number]",
    "engine.io/bad-websocket-handshake-refused[an-unsupported-revision]",
    "engine.io/every-post-answered[bytes-that-are-no-text]",
    "engine.io/every-post-answered[bytes]",
    "engine.io/no-bytes-by-post",
    "engine.io/polling-open-packet",
    "engine.io/revision3-refused-by-websocket",
    "engine.io/websocket-open-packet",
    "socket.io/malformed-packet-refused[a-list-for-a-name]",
    "socket.io/malformed-packet-refused[an-object-for-a-name]",
    "websocket/refused-in-http-or-frames",
];

/// Socket.IO on Node hands a packet without a payload to the handlers of all events, which can answer it.
pub(crate) const SOCKET_IO_NO_PAYLOAD: &[&str] =
    &["socket.io/malformed-packet-refused[no-payload]"];
