//! Tests of what a manifest says about the way into an application: other namespaces, a login.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use sockspec::cli::Exit;
use tokio::{net::TcpStream, runtime::Runtime, time::timeout};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        self, Message,
        handshake::server::{Request, Response},
        http::HeaderValue,
        protocol::CloseFrame,
    },
};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    server::listen,
    support::{Served, Test},
};

/// The capabilities of the reference server that scenarios about an application need.
const PROVIDES: &str = "provides: [acks, binary, broadcast, direct, echo, engine-io, events, exceptions, namespaces, polling, rooms, \
                        room-counts, server-disconnect, socket-io, upgrade, watch, websocket]\nfence: { call: echo }\n\
                        dialect: { errors: exception }\n";

/// Returns a call of `run` with a manifest of the server.
fn run(server: &Served, manifest: &str, scenarios: &[&str]) -> Test {
    let url = &server.url;
    Test::new()
        .file(
            "app.yaml",
            format!("name: app\nurl: {url}\n{PROVIDES}{manifest}"),
        )
        .args(["run", "--verbose", "--target", "app.yaml"])
        .args(scenarios.iter().copied())
}

/// Scenarios in which clients join the main namespace: by name, by default, and in packets written by hand.
const IN_MAIN: [&str; 6] = [
    "acks/*",
    "engine.io/message*",
    "events/*",
    "namespaces/*",
    "rooms/to-*",
    "socket.io/*",
];

#[test]
fn an_application_in_another_namespace_is_judged_there() {
    let server = Served::new(&[]);
    let manifest = "namespaces: { /: /custom, /custom: absent, /chat: absent }\n";
    run(&server, manifest, &IN_MAIN)
        .status(Exit::Conformant)
        .stdout_has("ok     rooms/to-excludes-sender")
        .stdout_has("ok     socket.io/connect-answered")
        .stdout_has("the target has no namespace `/custom`")
        .stdout_lacks("warn ");
}

#[test]
fn a_mistake_of_an_application_in_another_namespace_is_found() {
    let server = Served::new(&["--fault", "room-emit-echoes-to-sender"]);
    let manifest = "namespaces: { /: /custom, /custom: absent }\n";
    run(&server, manifest, &["rooms/to-excludes-sender"])
        .status(Exit::NotConformant)
        .stdout_has("FAIL   rooms/to-excludes-sender");
}

/// The scenarios' names of the namespaces are not those of the server: two are swapped, or two are one.
#[test]
fn namespaces_can_swap_their_names_or_share_one() {
    let server = Served::new(&[]);
    let by_hand = ["namespaces/*", "socket.io/*", "websocket/[l-t]*"];
    for namespaces in ["{ /: /custom, /custom: / }", "{ /custom: / }"] {
        run(&server, &format!("namespaces: {namespaces}\n"), &by_hand)
            .status(Exit::Conformant)
            .stdout_has("ok     socket.io/connect-answered")
            .stdout_lacks("warn   socket.io/main-namespace-by-name");
    }
}

/// The way into `/chat` of the reference server, which accepts clients with a token only.
const BEHIND_A_LOGIN: &str = "credentials:\n  secret: sockspec-secret\n  valid: { jwt: { sub: u1, expires: 1h } }\n\
                              namespaces: { /: /chat, /chat: absent, /admin: absent, /custom: absent }\n\
                              clients: { auth: { token: $credentials.valid } }\n";

#[test]
fn an_application_behind_a_login_is_judged() {
    let server = Served::new(&[]);
    run(&server, BEHIND_A_LOGIN, &IN_MAIN)
        .status(Exit::Conformant)
        .stdout_has("ok     rooms/to-excludes-sender")
        .stdout_has("ok     socket.io/connect-answered")
        .stdout_has("ok     acks/value-returned")
        .stdout_lacks("warn ");
    let without = BEHIND_A_LOGIN.replace("clients:", "greetings: []\n# clients:");
    run(&server, &without, &["acks/value-returned*"])
        .status(Exit::NotConformant)
        .stdout_has("Authentication required");
}

#[test]
fn a_mistake_behind_a_login_is_found() {
    let server = Served::new(&["--fault", "room-emit-echoes-to-sender"]);
    run(&server, BEHIND_A_LOGIN, &["rooms/to-excludes-sender"])
        .status(Exit::NotConformant)
        .stdout_has("FAIL   rooms/to-excludes-sender");
}

/// Returns a call of `run` with a manifest of a server that reads tokens only in the handshake.
fn run_with_token_in_handshake(server: &Served, clients: &str, scenarios: &[&str]) -> Test {
    let url = &server.url;
    let manifest = format!(
        "name: app\nurl: {url}\nprovides: [acks, auth-jwt, broadcast, namespaces, polling, rooms, socket-io, websocket]\n\
         fence: {{ call: echo }}\ndialect: {{ errors: exception }}\nclients: {clients}\n\
         credentials:\n  secret: sockspec-secret\n  valid: {{ jwt: {{ sub: u1, expires: 1h }} }}\n  \
         other: {{ jwt: {{ sub: u2, expires: 1h }} }}\n"
    );
    Test::new()
        .file("app.yaml", manifest)
        .args(["run", "--verbose", "--target", "app.yaml"])
        .args(scenarios.iter().copied())
}

#[test]
fn a_token_of_the_scenario_goes_where_the_manifest_puts_the_valid_one() {
    let server = Served::new(&["--fault", "token-auth-ignored"]);
    for clients in [
        "{ query: { token: $credentials.valid } }",
        "{ headers: { authorization: \"Bearer $credentials.valid\" } }",
    ] {
        run_with_token_in_handshake(&server, clients, &["auth/*", "rooms/*"])
            .status(Exit::Conformant)
            .stdout_has("ok     auth/bad-token-refused[expired]")
            .stdout_has("ok     auth/connections-keep-their-users")
            .stdout_has("ok     rooms/join-is-for-one-socket")
            .stdout_has("the target does not provide `token-in-auth`")
            .stdout_lacks("warn ");
    }
}

#[test]
fn a_bad_token_that_the_handshake_lets_in_is_found() {
    let server = Served::new(&["--fault", "token-expired-accepted"]);
    let clients = "{ headers: { authorization: \"Bearer $credentials.valid\" } }";
    let scenario = "auth/bad-token-refused[expired]";
    run_with_token_in_handshake(&server, clients, &[scenario])
        .status(Exit::NotConformant)
        .stdout_has("FAIL   auth/bad-token-refused[expired]")
        .stdout_has("The server accepted intruder's CONNECT to /chat with the token `expired`; it has to refuse it.");
}

/// The fault makes the server ignore messages to a room from clients outside the room.
#[test]
fn an_application_whose_rooms_are_for_members_only_is_judged_by_its_rules() {
    let server = Served::new(&["--fault", "room-emit-needs-membership"]);
    let scenarios = ["messages/*", "namespaces/*", "rooms/*"];
    run(&server, "rules: [membership-to-send]\n", &scenarios)
        .status(Exit::Conformant)
        .stdout_has("ok     rooms/every-member-receives")
        .stdout_has("ok     messages/fifty-of-them[a-room]")
        .stdout_has("the target does not provide `open-rooms`")
        .stdout_lacks("warn ");
    run(&server, "", &["rooms/strangers-may-write*"])
        .status(Exit::NotConformant)
        .stdout_has("FAIL   rooms/strangers-may-write[a-room]");
}

#[test]
fn scenarios_that_break_a_rule_are_skipped_with_the_reason() {
    let server = Served::new(&[]);
    let rules = "rules: [unique-room-names, max-rooms: 3, rate: 100/1s]\n";
    run(&server, rules, &["rooms/*"])
        .status(Exit::Conformant)
        .stdout_has("member joins 30 rooms, and a client of the target can be in 3 (`max-rooms`)")
        .stdout_has(
            "the scenario uses a room name that is the same in every run (`unique-room-names`)",
        )
        .stdout_has("ok     rooms/every-member-receives");
    run(&server, "rules: [max-text: 900]\n", &["messages/*", "rooms/*"])
        .status(Exit::Conformant)
        .stdout_has("the scenario sends a text of more than the 900 characters that the target takes (`max-text`)")
        .stdout_has("ok     rooms/every-member-receives");
    run(&server, "rules: [room-names: '[a-z0-9-]+']\n", &["rooms/any-text-is-a-name"])
        .status(Exit::Conformant)
        .stdout_has(
            "the scenario names a room \"toString\", and the rooms of the target have other names (`room-names: [a-z0-9-]+`)",
        )
        .stdout_has("ok     rooms/any-text-is-a-name[one-that-objects-inherit]");
    run(
        &server,
        "rules: [rate: 1/30s]\n",
        &["messages/fifty-of-them[a-room]"],
    )
    .status(Exit::NothingSelected)
    .stdout_has("sends more events than the target allows within 60 s (`rate`)");
}

/// All clients log in with the same token, and sockspec can't create tokens of other users.
#[test]
fn clients_of_one_user_are_kept_apart() {
    let server = Served::new(&[]);
    let of_user = |login: &str| {
        format!(
            "credentials: {{ valid: t1 }}\nclients: {{ query: {login} }}\nrules: [one-connection-per-user]\n"
        )
    };
    let scenarios = ["rooms/to-excludes-sender", "acks/value-returned*"];
    run(
        &server,
        &of_user("{ token: $credentials.valid }"),
        &scenarios,
    )
    .status(Exit::Conformant)
    .stdout_has("several clients log in as the same user")
    .stdout_has("ok     acks/value-returned");
    run(
        &server,
        &of_user("{ user: \"${ unique('u') }\" }"),
        &scenarios,
    )
    .status(Exit::Conformant)
    .stdout_has("ok     rooms/to-excludes-sender");
}

/// The reference server answers `echo` in every namespace. The manifest says that only `/custom` has it.
#[test]
fn clients_join_the_namespace_of_a_binding() {
    let server = Served::new(&[]);
    let manifest = "bindings: { echo: { event: echo, namespace: /custom } }\n";
    let scenarios = [
        "acks/*",
        "events/*",
        "engine.io/message*",
        "websocket/text-kept*",
    ];
    run(&server, manifest, &scenarios)
        .status(Exit::Conformant)
        .stdout_has("ok     acks/value-returned")
        .stdout_has("ok     websocket/text-kept")
        .stdout_has("the target's binding of `echo` names a namespace of its own");
    let faulty = Served::new(&["--fault", "ack-drops-falsy"]);
    run(&faulty, manifest, &["acks/value-returned[zero]"])
        .status(Exit::NotConformant)
        .stdout_has("FAIL   acks/value-returned[zero]");
}

/// How the clients of a plain WebSocket server get in. The server closes other clients.
#[derive(Clone, Copy, Debug)]
enum Door {
    /// With the token `t1` in the query; otherwise the close code is 4001.
    Token,
    /// With the subprotocol `chat.v2`; otherwise the close code is 4406.
    Subprotocol,
    /// With `{"login":"t1"}` as the first message; otherwise the close code is 4401.
    Message,
}

/// A plain WebSocket server that sends back the messages of the clients that it lets in.
struct Guarded {
    url: String,
    _task: AbortOnDropHandle<()>,
    _runtime: Runtime,
}

impl Guarded {
    fn new(door: Door) -> Self {
        let runtime = Runtime::new().unwrap();
        let (listener, endpoint) = runtime.block_on(listen());
        let task = runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that leaves early ends only its own connection.
                tokio::spawn(async move { serve(door, stream).await.ok() });
            }
        });
        Self {
            url: endpoint.url.to_string(),
            _task: AbortOnDropHandle::new(task),
            _runtime: runtime,
        }
    }

    /// Returns a call of `run` with a manifest of the server.
    fn run(&self, manifest: &str) -> Test {
        let url = &self.url;
        let text = format!(
            "name: guarded\nurl: {url}\ndialect: websocket\nprovides: [websocket, echo]\n{manifest}"
        );
        Test::new()
            .file("guarded.yaml", text)
            .args(["run", "--verbose", "--target", "guarded.yaml"])
            .args(PLAIN)
    }
}

/// Scenarios for plain WebSocket endpoints, with requests written by hand among them.
const PLAIN: [&str; 4] = [
    "websocket/fragments-put-together*",
    "websocket/ping-answered*",
    "websocket/text-kept*",
    "websocket/first-message-comes-back",
];

async fn serve(door: Door, stream: TcpStream) -> Result<(), tungstenite::Error> {
    let mut is_known = false;
    let mut socket = accept_hdr_async(stream, |request: &Request, mut response: Response| {
        let offered = request.headers().get("sec-websocket-protocol");
        let offers = offered.is_some_and(|offered| offered == "chat.v2");
        is_known = match door {
            Door::Token => request.uri().query() == Some("token=t1"),
            Door::Subprotocol => offers,
            Door::Message => true,
        };
        if offers {
            let chosen = HeaderValue::from_static("chat.v2");
            response
                .headers_mut()
                .insert("sec-websocket-protocol", chosen);
        }
        Ok(response)
    })
    .await?;
    if matches!(door, Door::Message) {
        let first = timeout(LOGIN, socket.next()).await;
        is_known = matches!(&first, Ok(Some(Ok(Message::Text(text)))) if text.contains("t1"));
        if is_known {
            socket.send(Message::text("welcome")).await?;
        }
    }
    if !is_known {
        let code = match door {
            Door::Token => 4001,
            Door::Subprotocol => 4406,
            Door::Message => 4401,
        };
        let frame = CloseFrame {
            code: code.into(),
            reason: "who are you".into(),
        };
        return socket.close(Some(frame)).await;
    }
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// The time that a client has to log in.
const LOGIN: Duration = Duration::from_millis(100);

const LOGIN_STEPS: &str =
    "enter:\n- send: { message: '{\"login\":\"t1\"}' }\n- receive: { message: welcome }\n";

#[test]
fn a_plain_endpoint_that_closes_strangers_is_judged_with_a_way_in() {
    for (door, manifest) in [
        (
            Door::Token,
            "credentials: { valid: t1 }\nclients: { query: { token: $credentials.valid } }\n",
        ),
        (Door::Subprotocol, "clients: { protocols: [chat.v2] }\n"),
        (Door::Message, LOGIN_STEPS),
    ] {
        let server = Guarded::new(door);
        server
            .run(manifest)
            .status(Exit::Conformant)
            .stdout_has("ok     websocket/fragments-put-together")
            .stdout_has("ok     websocket/text-kept");
    }
}

#[test]
fn a_plain_endpoint_that_closes_strangers_is_not_judged_by_its_address() {
    for (door, code) in [
        (Door::Token, 4001),
        (Door::Subprotocol, 4406),
        (Door::Message, 4401),
    ] {
        let server = Guarded::new(door);
        Test::new()
            .args(["run", "--target", &server.url])
            .args(PLAIN)
            .status(Exit::NothingSelected)
            .stdout_has(&format!(
                "a client that does not log in is closed with {code} (who are you)"
            ))
            .stdout_has("a manifest can say how clients get in: `clients: { auth: { token: … } }`");
    }
}

#[test]
fn a_wrong_way_in_is_told_once() {
    let server = Guarded::new(Door::Message);
    let manifest = LOGIN_STEPS.replace("t1", "guess");
    let message =
        "no client can enter the application: client could not enter: client's connection ended";
    let told = server.run(&manifest).status(Exit::NotRun);
    assert_eq!(told.err().matches(message).count(), 1, "{}", told.err());
}
