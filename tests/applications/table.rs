//! What is expected of each application. The comment at the head of an application says what it is.

use crate::{
    mistakes::{
        CLOSES_ON_FRAGMENTS, ENGINEIO_UVICORN, ENGINEIO_UVICORN_ECHO, EXPIRY_AS_TEXT,
        LOST_WITHOUT_ACK, SENDS_TO_SENDER, TORNADO, WEBSOCKETS,
    },
    run::How,
};

/// An application, and what is true of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Application {
    /// The path of the source file in this folder.
    pub(crate) file: &'static str,
    ways: [Option<Way>; 2],
}

/// A way to run the program against an application, and what comes out.
#[derive(Clone, Copy, Debug)]
struct Way {
    how: How,
    /// The least number of scenarios that judge the application.
    least: usize,
    /// The ids of the scenarios that fail, because the application or its library is wrong.
    mistakes: &'static [&'static str],
}

impl Application {
    /// Returns the ways in which the application is run.
    pub(crate) fn ways(&self) -> impl Iterator<Item = How> {
        self.ways.into_iter().flatten().map(|way| way.how)
    }

    /// Returns the ids of the scenarios that fail.
    pub(crate) fn mistakes(&self, how: How) -> impl Iterator<Item = &'static str> {
        let way = self.way(how).map_or(&[][..], |way| way.mistakes);
        way.iter().copied()
    }

    /// Returns the least number of scenarios that judge the application.
    pub(crate) fn least(&self, how: How) -> usize {
        self.way(how).map_or(0, |way| way.least)
    }

    /// Returns true if no scenario fails.
    pub(crate) fn is_right(&self) -> bool {
        let mut ways = self.ways.iter().flatten();
        ways.all(|way| way.mistakes.is_empty())
    }

    fn way(&self, how: How) -> Option<Way> {
        let mut ways = self.ways.into_iter().flatten();
        ways.find(|way| way.how == how)
    }

    /// Runs the application by its URL.
    const fn url(mut self, scheme: &'static str, path: &'static str, least: usize) -> Self {
        self.ways[0] = Some(Way {
            how: How::Url(scheme, path),
            least,
            mistakes: &[],
        });
        self
    }

    /// Runs the application by the manifest beside it.
    const fn manifest(mut self, least: usize) -> Self {
        self.ways[1] = Some(Way {
            how: How::Manifest,
            least,
            mistakes: &[],
        });
        self
    }

    /// Says which scenarios fail in the last way.
    const fn but(mut self, mistakes: &'static [&'static str]) -> Self {
        let last = if self.ways[1].is_some() { 1 } else { 0 };
        if let Some(way) = &mut self.ways[last] {
            way.mistakes = mistakes;
        }
        self
    }
}

const fn app(file: &'static str) -> Application {
    Application {
        file,
        ways: [None, None],
    }
}

/// The applications that are judged as they are.
#[rustfmt::skip]
pub(crate) const APPLICATIONS: &[Application] = &[
    app("engineio/echo.js").url("http", "/engine.io/", 310),
    app("python/asgi_chat.py").url("http", "", 330).but(ENGINEIO_UVICORN),
    app("python/asgi_contract.py").url("http", "", 410).but(ENGINEIO_UVICORN_ECHO),
    app("python/engine_echo.py").url("http", "/engine.io/", 350).but(ENGINEIO_UVICORN_ECHO),
    app("python/tornado_chat.py").url("ws", "", 100).but(TORNADO),
    app("python/websockets_counter.py").url("ws", "", 110),
    app("python/websockets_echo.py").url("ws", "", 190).but(WEBSOCKETS),
    app("socketio/any-origin.js").url("http", "", 330),
    app("socketio/callback-style.js").url("http", "", 330),
    app("socketio/chat-namespace.js").url("http", "", 250),
    app("socketio/compressed.js").url("http", "", 420),
    app("socketio/contract-rooms.js").url("http", "", 380).manifest(470),
    app("socketio/custom-path.js").url("http", "/realtime/", 330).manifest(330),
    app("socketio/echo-in-custom.js").url("http", "", 330),
    app("socketio/expiry-as-text.js").url("http", "", 380).manifest(460).but(EXPIRY_AS_TEXT),
    app("socketio/few-credentials.js").url("http", "", 380),
    app("socketio/login-by-message.js").url("http", "", 330),
    app("socketio/login-over-http.js").url("http", "", 250),
    app("socketio/lost-without-ack.js").url("http", "", 380).manifest(460).but(LOST_WITHOUT_ACK),
    app("socketio/members-only.js").url("http", "", 380),
    app("socketio/msgpack.js").url("http", "", 260),
    app("socketio/no-admin.js").url("http", "", 380),
    app("socketio/ok-replies.js").url("http", "", 380),
    app("socketio/own-origin.js").url("http", "", 330),
    app("socketio/polling-only.js").url("http", "", 40),
    app("socketio/presence-greetings.js").url("http", "", 380).manifest(400),
    app("socketio/recovery.js").url("http", "", 380),
    app("socketio/renamed-echo.js").url("http", "", 330),
    app("socketio/revision3.js").url("http", "", 380),
    app("socketio/sends-to-sender.js").url("http", "", 380).manifest(470).but(SENDS_TO_SENDER),
    app("socketio/slow-login.js").url("http", "", 380),
    app("socketio/small-messages.js").url("http", "", 370),
    app("socketio/strict-events.js").url("http", "", 330),
    app("socketio/tenants.js").url("http", "", 330),
    app("socketio/ticker.js").url("http", "", 380).manifest(380),
    app("socketio/token-in-query.js").url("http", "", 250),
    app("socketio/unauthorized.js").url("http", "", 380).manifest(480),
    app("socketio/unknown-events.js").url("http", "", 330),
    app("socketio/websocket-only.js").url("http", "", 190),
    app("socketio/whiteboard.js").url("http", "", 330),
    app("websocket/arrays.js").url("ws", "", 100),
    app("websocket/below-path.js").url("ws", "/live/feed", 100),
    app("websocket/binary.js").url("ws", "", 100),
    app("websocket/chat-to-all.js").url("ws", "", 100),
    app("websocket/chat-to-others.js").url("ws", "", 100),
    app("websocket/closes-on-fragments.js").url("ws", "", 150).but(CLOSES_ON_FRAGMENTS),
    app("websocket/echo-upper.js").url("ws", "", 100),
    app("websocket/feed.js").url("ws", "", 100),
    app("websocket/json-events.js").url("ws", "", 100),
    app("websocket/json-rpc.js").url("ws", "", 100),
    app("websocket/ping-often.js").url("ws", "", 150),
    app("websocket/rate-limit.js").url("ws", "", 150),
    app("websocket/strict-json.js").url("ws", "", 100),
    app("websocket/text-commands.js").url("ws", "", 100),
];

/// The runs that sockspec does not judge right: the application, the way, and what is wrong. They don't take part.
#[rustfmt::skip]
pub(crate) const UNSETTLED: &[(&str, &str, &str)] = &[
    ("engineio/counter.js", "url", "a greeting of a bare Engine.IO server is taken for a wrong answer to a poll"),
    ("python/aiohttp_chat.py", "url", "events for everybody fail a scenario that reads a raw poll"),
    ("python/aiohttp_socket.py", "url", "the deviations of the library are not sorted yet"),
    ("python/asgi_contract.py", "manifest", "seen under load only"),
    ("python/asgi_echo.py", "url", "events for everybody fail scenarios that read single packets; a catch-all handler answers unknown events"),
    ("python/flask_chat.py", "url", "the deviations of the library are not sorted yet"),
    ("python/starlette_live.py", "url", "a refusal of strangers by HTTP ends the whole run with an error"),
    ("python/wsgi_tasks.py", "url", "the deviations of the library are not sorted yet"),
    ("socketio/asks-first.js", "url", "a question of the server fails scenarios that read a raw poll"),
    ("socketio/echo-in-custom.js", "manifest", "a binding's namespace is not joined"),
    ("socketio/few-credentials.js", "manifest", "a token that is no JSON Web Token is the same in small letters"),
    ("socketio/idle-timeout.js", "url", "under load, the server closes idle clients before a step"),
    ("socketio/key-in-header.js", "url", "a refusal of strangers by HTTP ends the whole run with an error"),
    ("socketio/lobby.js", "url", "events for everybody fail scenarios that read a raw poll"),
    ("socketio/lobby.js", "manifest", "events for everybody fail scenarios that read a raw poll"),
    ("socketio/members-only.js", "manifest", "scenarios send to rooms from outside"),
    ("socketio/no-admin.js", "manifest", "a scenario about the user's name also asks for the role"),
    ("socketio/ok-replies.js", "manifest", "scenarios spell the contract's success"),
    ("socketio/one-per-address.js", "url", "clients of one scenario end those of another"),
    ("socketio/one-per-user.js", "url", "clients of one scenario end those of another"),
    ("socketio/presence-on-leave.js", "url", "events for everybody fail scenarios that read a raw poll"),
    ("socketio/presence-on-leave.js", "manifest", "events for everybody are not folded"),
    ("socketio/rate-limit.js", "url", "a scenario sends more than the server takes in a second"),
    ("socketio/renamed-echo.js", "manifest", "raw text is not translated"),
    ("socketio/short-times.js", "url", "scenarios that join no namespace outlast the connect timeout"),
    ("socketio/slow-ticker.js", "url", "a greeting with bytes fails scenarios that read a raw poll"),
    ("socketio/twenty-per-address.js", "url", "more clients come at once than the server takes"),
    ("socketio/version2.js", "url", "the server speaks revision 3 only"),
    ("socketio/version3.js", "url", "Socket.IO 3"),
    ("websocket/bearer.js", "url", "a refusal of strangers by HTTP ends the whole run with an error"),
    ("websocket/connection-init.js", "url", "the server closes strangers at once"),
    ("websocket/daytime.js", "url", "the server closes strangers at once"),
    ("websocket/echo-to-all.js", "url", "messages of other clients are taken for an echo"),
    ("websocket/five-clients.js", "url", "more clients come at once than the server takes"),
    ("websocket/idle.js", "url", "under load, the server closes idle clients before a step"),
    ("websocket/known-origin.js", "url", "a refusal of strangers by HTTP ends the whole run with an error"),
    ("websocket/limits.js", "url", "scenarios send more than the server takes"),
    ("websocket/login-first.js", "url", "the server closes strangers after 100 ms"),
    ("websocket/needs-subprotocol.js", "url", "the server closes strangers at once"),
    ("websocket/needs-token.js", "url", "the server closes strangers at once"),
    ("websocket/own-heartbeat.js", "url", "under load, the server closes silent clients before a step"),
];
