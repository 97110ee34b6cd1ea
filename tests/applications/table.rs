//! What is expected of each application. The comment at the head of an application says what it is.

use crate::{
    mistakes::{
        AIOHTTP, CATCH_ALL, CLASSES, CLOSES_ON_FRAGMENTS, ENGINEIO, ENGINEIO_AIOHTTP,
        ENGINEIO_ECHO, EXPIRY_AS_TEXT, LOST_WITHOUT_ACK, SENDS_TO_SENDER, SOCKET_IO_NO_PAYLOAD,
        SOCKETIO3, TORNADO, UVICORN, WEBSOCKETS, WERKZEUG,
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
    /// The ids of the scenarios that fail, because the application is wrong.
    mistakes: &'static [&'static str],
    /// Lists of the ids of the scenarios that may fail, because a library below the application is wrong.
    deviations: &'static [&'static [&'static str]],
    /// What happens to the application during the run.
    end: End,
}

/// What happens to an application during a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// The application lives on.
    Lives,
    /// A scenario ends the application, because it or the library below it is wrong.
    Dies,
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

    /// Returns the ids of the scenarios that may fail.
    pub(crate) fn deviations(&self, how: How) -> impl Iterator<Item = &'static str> {
        let lists = self.way(how).map_or(&[][..], |way| way.deviations);
        lists.iter().copied().flatten().copied()
    }

    /// Returns the least number of scenarios that judge the application.
    pub(crate) fn least(&self, how: How) -> usize {
        self.way(how).map_or(0, |way| way.least)
    }

    /// Returns what happens to the application during the run.
    pub(crate) fn end(&self, how: How) -> End {
        self.way(how).map_or(End::Lives, |way| way.end)
    }

    /// Returns true if no scenario fails.
    pub(crate) fn is_right(&self) -> bool {
        let mut ways = self.ways.iter().flatten();
        ways.all(|way| {
            way.mistakes.is_empty() && way.deviations.is_empty() && way.end == End::Lives
        })
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
            deviations: &[],
            end: End::Lives,
        });
        self
    }

    /// Runs the application by the manifest beside it.
    const fn manifest(mut self, least: usize) -> Self {
        self.ways[1] = Some(Way {
            how: How::Manifest,
            least,
            mistakes: &[],
            deviations: &[],
            end: End::Lives,
        });
        self
    }

    /// Says which scenarios may fail in the last way.
    const fn libraries(mut self, deviations: &'static [&'static [&'static str]]) -> Self {
        let last = if self.ways[1].is_some() { 1 } else { 0 };
        if let Some(way) = &mut self.ways[last] {
            way.deviations = deviations;
        }
        self
    }

    /// Says that a scenario ends the application in the last way.
    const fn dies(mut self) -> Self {
        let last = if self.ways[1].is_some() { 1 } else { 0 };
        if let Some(way) = &mut self.ways[last] {
            way.end = End::Dies;
        }
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
    app("engineio/counter.js").url("http", "/engine.io/", 250),
    app("engineio/echo.js").url("http", "/engine.io/", 310),
    app("python/aiohttp_chat.py").url("http", "", 330).libraries(&[ENGINEIO, AIOHTTP, ENGINEIO_AIOHTTP]),
    app("python/aiohttp_socket.py").url("ws", "", 110).libraries(&[AIOHTTP]),
    app("python/asgi_chat.py").url("http", "", 330).libraries(&[ENGINEIO, UVICORN]),
    app("python/asgi_contract.py")
        .url("http", "", 410).libraries(&[ENGINEIO, UVICORN, ENGINEIO_ECHO, WEBSOCKETS])
        .manifest(500).libraries(&[ENGINEIO, UVICORN, ENGINEIO_ECHO, WEBSOCKETS]),
    app("python/asgi_echo.py").url("http", "", 400).libraries(&[ENGINEIO, UVICORN, ENGINEIO_ECHO, WEBSOCKETS, CATCH_ALL]),
    app("python/engine_echo.py").url("http", "/engine.io/", 350).libraries(&[ENGINEIO, UVICORN, ENGINEIO_ECHO, WEBSOCKETS]),
    app("python/flask_chat.py").url("http", "", 400).libraries(&[ENGINEIO, WERKZEUG, ENGINEIO_ECHO, WEBSOCKETS]),
    app("python/namespace_classes.py")
        .url("http", "", 280).libraries(&[ENGINEIO, UVICORN])
        .manifest(480).libraries(&[ENGINEIO, UVICORN, ENGINEIO_ECHO, WEBSOCKETS, CATCH_ALL, CLASSES]),
    app("python/starlette_live.py").url("ws", "", 0),
    app("python/tornado_chat.py").url("ws", "", 100).libraries(&[TORNADO]),
    app("python/websockets_counter.py").url("ws", "", 110),
    app("python/websockets_echo.py").url("ws", "", 190).libraries(&[WEBSOCKETS]),
    app("python/wsgi_tasks.py").url("http", "", 330).libraries(&[ENGINEIO, WERKZEUG, ENGINEIO_ECHO, WEBSOCKETS]),
    app("socketio/access-token.js").url("http", "", 380).manifest(470),
    app("socketio/ack-and-event.js").url("http", "", 400).manifest(480),
    app("socketio/answers-everything.js").url("http", "", 400).libraries(&[SOCKET_IO_NO_PAYLOAD]),
    app("socketio/any-namespace.js").url("http", "", 330),
    app("socketio/any-origin.js").url("http", "", 330),
    app("socketio/asks-first.js").url("http", "", 330),
    app("socketio/behind-balancer.js").url("http", "", 330),
    app("socketio/callback-style.js").url("http", "", 330),
    app("socketio/chat-namespace.js").url("http", "", 250),
    app("socketio/compressed.js").url("http", "", 420),
    app("socketio/contract-rooms.js").url("http", "", 380).manifest(470),
    app("socketio/custom-path.js").url("http", "/realtime/", 330).manifest(330),
    app("socketio/disconnects-strangers.js").url("http", "", 330),
    app("socketio/echo-in-custom.js").url("http", "", 330).manifest(380),
    app("socketio/error-event.js").url("http", "", 400).manifest(520),
    app("socketio/error-first.js").url("http", "", 350).manifest(520),
    app("socketio/error-texts.js").url("http", "", 350).manifest(420),
    app("socketio/expiry-as-text.js").url("http", "", 380).manifest(460).but(EXPIRY_AS_TEXT),
    app("socketio/few-credentials.js").url("http", "", 380).manifest(440),
    app("socketio/game-loop.js").url("http", "/play/", 150),
    app("socketio/idle-timeout.js").url("http", "", 200),
    app("socketio/key-in-header.js").url("http", "", 0),
    app("socketio/lobby-and-members.js").url("http", "", 270).manifest(520),
    app("socketio/lobby.js").url("http", "", 380).manifest(380),
    app("socketio/login-by-message.js").url("http", "", 330),
    app("socketio/login-over-http.js").url("http", "", 250),
    app("socketio/login-session.js").url("http", "", 0).manifest(400),
    app("socketio/lost-without-ack.js").url("http", "", 380).manifest(460).but(LOST_WITHOUT_ACK),
    app("socketio/members-only.js").url("http", "", 380).manifest(400),
    app("socketio/members-with-login.js").url("http", "", 270).manifest(520),
    app("socketio/msgpack.js").url("http", "", 260),
    app("socketio/newest-wins.js").url("http", "", 270).manifest(490),
    app("socketio/no-admin.js").url("http", "", 380).manifest(460),
    app("socketio/ok-replies.js").url("http", "", 380).manifest(480),
    app("socketio/one-kilobyte.js").url("http", "", 380),
    app("socketio/one-per-address.js").url("http", "", 250),
    app("socketio/one-per-user.js").url("http", "", 250).manifest(350),
    app("socketio/online-everywhere.js").url("http", "", 400).manifest(500),
    app("socketio/own-origin.js").url("http", "", 330),
    app("socketio/pings-at-once.js").url("http", "", 400),
    app("socketio/pings-seldom.js").url("http", "", 390),
    app("socketio/polling-kiosk.js").url("http", "", 40),
    app("socketio/polling-only.js").url("http", "", 40),
    app("socketio/presence-greetings.js").url("http", "", 380).manifest(400),
    app("socketio/presence-on-leave.js").url("http", "", 380).manifest(470),
    app("socketio/rate-limit.js").url("http", "", 380).manifest(380),
    app("socketio/recovery.js").url("http", "", 380),
    app("socketio/renamed-echo.js").url("http", "", 330).manifest(390),
    app("socketio/result-events.js").url("http", "", 350).manifest(480),
    app("socketio/revision3.js").url("http", "", 380),
    app("socketio/sends-to-sender.js").url("http", "", 380).manifest(470).but(SENDS_TO_SENDER),
    app("socketio/short-times.js").url("http", "", 200),
    app("socketio/shouts.js").url("http", "", 350).manifest(370),
    app("socketio/sliding-limit.js").url("http", "", 400).manifest(480),
    app("socketio/slow-login.js").url("http", "", 380),
    app("socketio/slow-replies.js").url("http", "", 390),
    app("socketio/slow-ticker.js").url("http", "", 380),
    app("socketio/small-messages.js").url("http", "", 370),
    app("socketio/strict-events.js").url("http", "", 330),
    app("socketio/tells-everybody.js").url("http", "", 330).libraries(&[SOCKET_IO_NO_PAYLOAD]),
    app("socketio/tenant-namespaces.js").url("http", "", 330),
    app("socketio/tenants-by-name.js").url("http", "", 270).manifest(470),
    app("socketio/tenants.js").url("http", "", 330),
    app("socketio/ticker.js").url("http", "", 380).manifest(380),
    app("socketio/token-in-query.js").url("http", "", 250),
    app("socketio/twenty-per-address.js").url("http", "", 250),
    app("socketio/unauthorized.js").url("http", "", 380).manifest(480),
    app("socketio/unknown-events.js").url("http", "", 330),
    app("socketio/version2.js").url("http", "", 5),
    app("socketio/version3.js")
        .url("http", "", 100).libraries(&[SOCKETIO3]).dies()
        .manifest(300).libraries(&[SOCKETIO3]),
    app("socketio/websocket-only.js").url("http", "", 190),
    app("socketio/whiteboard.js").url("http", "", 330),
    app("websocket/array-rooms.js").url("ws", "", 0).manifest(180),
    app("websocket/arrays.js").url("ws", "", 100),
    app("websocket/bearer.js").url("ws", "", 0),
    app("websocket/below-path.js").url("ws", "/live/feed", 100),
    app("websocket/binary.js").url("ws", "", 100),
    app("websocket/chat-to-all.js").url("ws", "", 100),
    app("websocket/chat-to-others.js").url("ws", "", 100),
    app("websocket/closes-on-fragments.js").url("ws", "", 150).but(CLOSES_ON_FRAGMENTS),
    app("websocket/connection-init.js").url("ws", "", 5),
    app("websocket/daytime.js").url("ws", "", 5),
    app("websocket/echo-to-all.js").url("ws", "", 100),
    app("websocket/echo-upper.js").url("ws", "", 100),
    app("websocket/envelope-login.js").url("ws", "", 100).manifest(190),
    app("websocket/feed.js").url("ws", "", 100),
    app("websocket/five-clients.js").url("ws", "", 50),
    app("websocket/idle.js").url("ws", "", 50),
    app("websocket/json-events.js").url("ws", "", 100),
    app("websocket/json-rpc.js").url("ws", "", 100),
    app("websocket/known-origin.js").url("ws", "", 0),
    app("websocket/limits.js").url("ws", "", 170),
    app("websocket/login-first.js").url("ws", "", 10),
    app("websocket/needs-subprotocol.js").url("ws", "", 5),
    app("websocket/needs-token.js").url("ws", "", 5),
    app("websocket/own-heartbeat.js").url("ws", "", 50),
    app("websocket/ping-by-message.js").url("ws", "", 100).manifest(140),
    app("websocket/ping-often.js").url("ws", "", 150),
    app("websocket/rate-limit.js").url("ws", "", 150),
    app("websocket/rpc-rooms.js").url("ws", "", 100).manifest(215),
    app("websocket/strict-json.js").url("ws", "", 100),
    app("websocket/text-commands.js").url("ws", "", 100),
];
