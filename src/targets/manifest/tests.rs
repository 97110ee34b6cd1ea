//! Tests of valid manifests, and of the mistakes that are found in invalid ones.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{model::WITHIN, *};
use crate::{
    data::Data,
    scenario::{Diagnostic, Scope, SourceFile},
    targets::{Credential, Dialect, JwtCredential, Speaks},
};

fn load(text: &str) -> Result<Manifest, Vec<Diagnostic>> {
    let source = Arc::new(SourceFile {
        path: PathBuf::from("t.yaml"),
        text: text.to_owned(),
    });
    load_manifest_in(source, PathBuf::from("/targets"), &|name| {
        (name == "TOKEN").then(|| "0123456789".to_owned())
    })
}

/// Returns the mistakes of a manifest, one line each, with the help text on the line below.
fn mistakes(text: &str) -> String {
    let found = load(text).unwrap_err();
    let lines = found.iter().map(|mistake| {
        let span = mistake.span.unwrap_or_default();
        let help = mistake.help.as_deref().unwrap_or("-");
        format!(
            "{}:{} [{}] {}\n    {help}",
            span.line, span.column, mistake.code, mistake.message
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn shipped_manifests_have_no_mistakes() {
    for text in [
        REFERENCE_MANIFEST,
        REFERENCE_WEBSOCKET_MANIFEST,
        include_str!("../../../fixtures/targets/official-contract.yaml"),
        include_str!("../../../fixtures/targets/nestjs-11.yaml"),
        include_str!("../../../fixtures/targets/nestjs.yaml"),
        include_str!("../../../fixtures/targets/socketio-node.yaml"),
        include_str!("../../../fixtures/targets/websocket-ws.yaml"),
    ] {
        load(text).unwrap();
    }
}

#[test]
fn the_smallest_manifest_gets_the_defaults() {
    let manifest = load("name: mine\nurl: http://127.0.0.1:3000\n").unwrap();
    assert_eq!(manifest.path, "/socket.io/");
    assert_eq!(manifest.within, WITHIN);
    assert_eq!(manifest.dialect, Dialect::default());
    assert!(manifest.launch.is_none());
}

#[test]
fn a_single_word_as_dialect_names_the_protocol() {
    let manifest = load("name: mine\nurl: http://127.0.0.1:3000\ndialect: websocket\n").unwrap();
    assert_eq!(manifest.dialect.speaks, Speaks::WebSocket);
    assert_eq!(manifest.path, "/");
    assert!(manifest.provides.contains("websocket"));
    assert!(!manifest.provides.contains("engine-io"));
}

#[test]
fn every_key_of_a_manifest_is_read() {
    let manifest = load(
        r#"
name: mine
launch:
  setup: [npm, ci]
  command: [node, main.js]
  workdir: ../servers/mine
  env: { PORT: $port, COUNT: 3 }
  ready: { http: /health, line: up, within: 5s }
url: http://127.0.0.1:$port
path: /rt/
provides: [rooms, acks]
dialect: { errors: nestjs-11, speaks: engine.io }
credentials:
  secret: s3cret
  real: "${env.TOKEN}"
  odd: { jwt: { sub: u1, roles: [a], expires: -60s, not_before: 1m, alg: HS512, secret: x } }
bindings:
  echo: ping
  join-room:
    event: joinRoom
    namespace: /chat
    with: { data: { roomId: $room }, kind: join }
    reply: { success: true }
fence: { call: echo }
timing: { within: 3s, settle: 20ms }
profiles:
  small: { env: { MAX: 10 }, provides: [small-payload], lacks: [rooms], path: /other/ }
"#,
    )
    .unwrap();
    let launch = manifest.command().unwrap();
    assert_eq!(launch.setup.as_deref().unwrap(), ["npm", "ci"]);
    assert_eq!(launch.workdir, Path::new("/targets/../servers/mine"));
    let pairs = [("PORT", "$port"), ("COUNT", "3")];
    assert_eq!(
        launch.env,
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert_eq!(launch.ready.within, Duration::from_secs(5));
    assert_eq!(manifest.dialect.speaks, Speaks::EngineIo);
    assert!(manifest.provides.contains("engine-io"));
    assert_eq!(
        manifest.credentials.entries.get("real"),
        Some(&Credential::Literal(Data::from("0123456789")))
    );
    assert!(manifest.secrets.found_in("token 0123456789 was refused"));
    let Some(Credential::Jwt(JwtCredential {
        claims, expires, ..
    })) = manifest.credentials.entries.get("odd")
    else {
        panic!("`odd` is a token to mint");
    };
    assert_eq!(claims.len(), 2);
    assert_eq!(expires.map(|expires| expires.as_secs()), Some(-60));
    assert_eq!(manifest.bindings.event("echo"), "ping");
    let ours = Data::object([("room", Data::from("r1"))]);
    let sent = manifest
        .bindings
        .outgoing("join-room", vec![ours.clone()], &Scope::default())
        .unwrap();
    assert_eq!(sent.namespace.as_deref(), Some("/chat"));
    assert_eq!(
        sent.args.first().map(ToString::to_string).as_deref(),
        Some(r#"{"data":{"roomId":"r1"},"kind":"join"}"#)
    );
    let back = manifest.bindings.incoming("join-room", &sent.args);
    assert_eq!(
        back.first().and_then(|back| back.get("room")),
        ours.get("room")
    );
    let profile = manifest.profiles.first().unwrap();
    assert_eq!(profile.path.as_deref(), Some("/other/"));
    assert!(profile.lacks.contains("rooms"));
}

#[test]
fn every_mistake_is_reported_at_once() {
    let text = r#"
nam: mine
url: ws://127.0.0.1:3000
path: socket.io
launch:
  command: node server.js
  redy: { within: 5 }
  ready: { within: 5 }
dialect: { errors: exceptions }
credentials:
  valid: { jwt: { sub: u1, expire: 60s } }
  late: { jwt: { expires: 60 } }
  wrong: [a]
  real: ${env.MISSING}
bindings:
  join: { event: a, with: {}, fields: {} }
timing: { within: soon }
"#;
    insta::assert_snapshot!(mistakes(text), @r"
        2:1 [unknown-key] a manifest has no key `nam`
            did you mean `name`?
        2:1 [missing-key] a manifest needs `name`
            -
        3:6 [bad-url] `ws://127.0.0.1:3000` is not an http or https URL
            write `http://127.0.0.1:3000`
        4:7 [bad-path] `path: socket.io` does not start with `/`
            write `/socket.io`
        6:12 [wrong-type] `command` has to be a list of words, found the text `node server.js`
            write `[node, server.js]`
        7:3 [unknown-key] `launch` has no key `redy`
            did you mean `ready`?
        8:20 [duration-without-unit] `within: 5` has no unit
            write `5ms` or `5s`
        9:20 [unknown-value] `errors` can't be the text `exceptions`
            did you mean `exception`?
        11:3 [no-secret] no secret signs the token `valid`
            add `secret:` under `credentials`, or to this `jwt`
        11:28 [unknown-key] `jwt` has no key `expire`
            did you mean `expires`?
        12:3 [no-secret] no secret signs the token `late`
            add `secret:` under `credentials`, or to this `jwt`
        12:27 [bad-duration] `expires` has to be a duration, found the number 60
            write `60s`
        13:10 [wrong-type] a credential has to be a token or a mapping, found a list
            write the token itself, or `{ jwt: { sub: u1 } }`
        14:9 [unset-variable] the environment has no variable `MISSING`
            set it for the run: `MISSING=… sockspec run`
        16:31 [conflict] `fields` and `with` exclude each other
            -
        17:19 [bad-duration] `within` has to be a duration, found the text `soon`
            write `200ms`, `5s` or `1m 30s`
        ");
}

#[test]
fn variable_that_is_not_closed_is_reported() {
    insta::assert_snapshot!(mistakes("name: ${env.TOKEN\nurl: http://127.0.0.1:3000\n"), @r"
        1:7 [bad-variable] `${` has no `}`
            write `${env.NAME}`, or `$$` for a dollar sign
        ");
}

#[test]
fn unknown_variables_are_reported() {
    let text = r#"
name: $port
launch:
  command: [sh, -c, "exec ./$SERVER --port $port --token ${env.TOKEN} ${X:-1}"]
  env: { PORT: $prt, HOST: "h$port.example", PRICE: "5$ $1", TAKEN: $$port }
  ready: { http: /$HEALTH }
url: http://127.0.0.1:$port/${ENV.TOKEN}
credentials:
  valid: "$NO_TOKEN"
  other: $env.TOKEN.
  third: ${env.TOKEN
  fourth: "${}"
  literal: "pa$$word$"
bindings: { echo: { with: { name: $name } } }
"#;
    insta::assert_snapshot!(mistakes(text), @r"
        2:7 [unknown-variable] `$port` is not a variable in this place
            `$port` can be used in `url`, `env` and `command`
        5:16 [unknown-variable] `$prt` is not a variable in this place
            did you mean `$port`? For the text itself write `$$prt`
        5:69 [bad-variable] `$$port` is not allowed where `$port` is filled in
            the text `$port` itself can't be written in this place
        6:19 [unknown-variable] `$HEALTH` is not a variable in this place
            `${env.HEALTH}` is a variable of the environment, `$port` the port of `launch`, and `$$HEALTH` the text itself
        7:29 [unknown-variable] `${ENV.TOKEN}` is not a variable in this place
            write `${env.TOKEN}`
        9:11 [unknown-variable] `$NO_TOKEN` is not a variable in this place
            `${env.NO_TOKEN}` is a variable of the environment, `$port` the port of `launch`, and `$$NO_TOKEN` the text itself
        10:10 [unknown-variable] `$env.TOKEN` is not a variable in this place
            write `${env.TOKEN}`
        11:10 [bad-variable] `${` has no `}`
            write `${env.NAME}`, or `$$` for a dollar sign
        12:12 [unknown-variable] `${}` is not a variable in this place
            `${env.NAME}` is a variable of the environment, `$port` the port of `launch`, and `$${}` the text itself
        ");
    let right = load(
        "name: a\nurl: http://127.0.0.1:$port\nlaunch:\n  command: [sh, -c, 'echo $HOME $$ ${X}']\n  \
         env: { A: $$x$$, P: p$port }\n",
    );
    let launch = right.unwrap().command().cloned().unwrap();
    assert_eq!(launch.command[2], "echo $HOME $$ ${X}");
    assert_eq!(launch.env[0].1, "$x$");
    assert_eq!(launch.env[1].1, "p$port");
}

#[test]
fn a_port_variable_or_environment_without_launch_is_a_mistake() {
    insta::assert_snapshot!(mistakes(
        "name: a\nurl: http://127.0.0.1:$port\nprofiles:\n  small: { env: { MAX: 1 } }\n  other: { provides: [eio3] }\n"
    ), @r"
        2:23 [no-launch] `$port` is the port of the process that `launch` starts, but the manifest has no `launch`
            write the port, or add `launch:` with the server's command
        4:17 [no-launch] the profile `small` sets `env`, but the manifest has no `launch` that would use it
            add `launch:`, or leave the profile out
        ");
}

#[test]
fn a_capability_whose_only_operation_is_absent_is_reported() {
    let text = "name: a\nurl: http://127.0.0.1:1\nprovides: [acks, direct, echo]\nabsent: [echo, whoami, send-direct]\n";
    insta::assert_snapshot!(mistakes(text), @r"
        4:10 [contradiction] `provides` names `echo`, which is the operation `echo`, and `absent` says that the application lacks this operation
            remove `echo` from `provides`, or `echo` from `absent`
        4:24 [contradiction] `provides` names `direct`, which is the operation `send-direct`, and `absent` says that the application lacks this operation
            remove `direct` from `provides`, or `send-direct` from `absent`
        ");
}

#[test]
fn capabilities_that_exclude_each_other_are_reported() {
    let text = r#"
name: a
url: http://127.0.0.1:3000
provides: [eio3, websocket, eio3-closed, cors-closed]
profiles:
  open: { provides: [cors-any-origin] }
  right: { provides: [cors-any-origin], lacks: [cors-closed] }
  both: { provides: [long-heartbeat, short-heartbeat] }
"#;
    insta::assert_snapshot!(mistakes(text), @r"
        4:29 [contradiction] `eio3-closed` contradicts `eio3`: no server has both
            leave out the capability that the server lacks; a profile can have the other one
        6:22 [contradiction] the profile `open` provides `cors-any-origin`, but the manifest provides `cors-closed`, and no server has both
            add `lacks: [cors-closed]` to the profile
        8:38 [contradiction] `short-heartbeat` contradicts `long-heartbeat`: no server has both
            leave out the capability that the server lacks; a profile can have the other one
        ");
}

#[test]
fn a_time_of_zero_is_reported() {
    insta::assert_snapshot!(mistakes(
        "name: a\nurl: http://a\ntiming: { within: 0s, settle: 0s }\nlaunch: { command: [a], ready: { within: 0ms } }\n"
    ), @r"
        3:19 [bad-duration] `within` has to be longer than zero
            write `1ms` or more
        4:42 [bad-duration] `within` has to be longer than zero
            write `1ms` or more
        ");
}

#[test]
fn a_password_in_a_url_is_a_mistake_and_is_not_shown() {
    let text = "name: a\nurl: http://user:secretpw@127.0.0.1:3000\n";
    let found = load(text).unwrap_err();
    let shown = found[0].render_full(crate::scenario::Colours::Off);
    insta::assert_snapshot!(shown, @r"
        error[bad-url]: `url` contains a user name or a password
         --> t.yaml:2:6
          |
        2 | url: http://*************@127.0.0.1:3000
          |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: leave them out, because sockspec does not send them; `credentials` holds what scenarios send
        ");
}

#[test]
fn values_from_the_environment_are_masked_in_mistakes() {
    insta::assert_snapshot!(mistakes("name: a\nurl: ${env.TOKEN}\n"), @r"
        2:6 [bad-url] `***` is not an http or https URL
            write it as `http://127.0.0.1:3000`
        ");
}

#[test]
fn a_file_that_is_not_a_mapping_is_reported() {
    insta::assert_snapshot!(mistakes("- a\n"), @r"
        1:1 [wrong-type] a manifest has to be a mapping, found a list
            -
        ");
}

#[test]
fn greetings_are_names_of_events() {
    insta::assert_snapshot!(mistakes(
        "name: a\nurl: http://a\ngreetings: [welcome, 5, { event: hi }, connect]\n"
    ), @r"
    3:22 [wrong-type] `greetings` has to be the name of an event, or a list of names, found the number 5
        -
    3:25 [wrong-type] `greetings` has to be the name of an event, or a list of names, found a mapping
        -
    3:40 [reserved-name] no server sends an event `connect`: Socket.IO reserves the name
        write the events of the application: `[welcome]`
    ");
    let manifest = load("name: a\nurl: http://a\ngreetings: welcome\n").unwrap();
    assert_eq!(manifest.greetings, ["welcome"]);
}

#[test]
fn namespaces_have_names_of_the_target_or_are_absent() {
    let manifest = load(
        "name: mine\nurl: http://127.0.0.1:3000\nabsent: [whoami]\nbindings: { /slow: /club }\n\
         namespaces: { /: /chat, /custom: /rooms, /admin: absent }\n",
    )
    .unwrap();
    let namespaces = &manifest.bindings.namespaces;
    let own = ["/", "/custom", "/slow", "/late"].map(|name| namespaces.own(name));
    assert_eq!(own, ["/chat", "/rooms", "/club", "/late"]);
    assert_eq!(manifest.absent, ["/admin", "whoami"]);
}

#[test]
fn mistakes_in_namespaces_are_reported() {
    insta::assert_snapshot!(mistakes(
        "name: mine\nurl: http://127.0.0.1:3000\nabsent: [/admin]\nbindings: { /slow: /club }\nnamespaces:\n  /: chat\n  \
         custom: /rooms\n  /late: [/a]\n  /slow: /other\n  /admin: /boss\n  /chat: /talk\n  /custom: /talk\n",
    ), @r"
    6:6 [bad-namespace] a namespace starts with `/`, found `chat`
        write `/chat`, or `absent` for a namespace that the target lacks
    7:3 [bad-namespace] a namespace starts with `/`, found `custom`
        write `/custom`, or `absent` for a namespace that the target lacks
    8:10 [wrong-type] `namespaces` has to be text, found a list
        -
    9:3 [contradiction] `bindings` or `absent` names the namespace `/slow` too
        keep the line under `namespaces`
    10:3 [contradiction] `bindings` or `absent` names the namespace `/admin` too
        keep the line under `namespaces`
    ");
}

#[test]
fn the_way_in_is_read() {
    let manifest = load(
        "name: mine\nurl: http://127.0.0.1:3000\nprovides: [websocket]\ncredentials: { valid: t1 }\nclients:\n  \
         auth: { token: $token, key: \"${env.TOKEN}\" }\n  headers: { x-user: $credentials.valid }\n  \
         protocols: chat.v2\n  namespace: /chat\nenter:\n- http: POST /login\n  body: { user: una }\n  \
         json: { token: <string as token> }\n- call: hello\n- expect: welcome\n",
    )
    .unwrap();
    let clients = &manifest.way_in.clients;
    let names: Vec<_> = clients.auth.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["token", "key"]);
    let key = clients.auth[1].1.render(&Scope::default()).unwrap();
    assert_eq!(key, Data::from("0123456789"));
    assert_eq!(clients.protocols.len(), 1);
    assert_eq!(manifest.bindings.namespaces.main(), "/chat");
    let enter = manifest.way_in.enter.unwrap();
    assert_eq!((enter.before.steps.len(), enter.after.steps.len()), (1, 2));
}

#[test]
fn mistakes_in_the_way_in_are_reported() {
    insta::assert_snapshot!(mistakes(
        "name: mine\nurl: http://127.0.0.1:3000\nnamespaces: { /: /a }\nclients:\n  auth: { token: $credentials.vald, id: $token }\n  \
         namespace: /b\n  origins: x\nenter:\n- call: login\n  as: [other]\n- http: POST /login\n  json: { token: <string as token> }\n",
    ), @r"
    5:3 [unknown-credential] the manifest has no credential `vald`
        add it: `credentials: { vald: ${env.TOKEN} }`
    5:41 [unknown-variable] nothing sets `$token`
        a later step sets this variable: move that step up
    6:14 [contradiction] every client joins `/b`, but `/` is `/a` under `namespaces`
        keep one of the two lines
    7:3 [unknown-key] `clients` has no key `origins`
        did you mean `origin`?
    9:3 [no-transport] a target with `enter` has to say which transports it provides, because sockspec can't probe it
        add `websocket` or `polling` to `provides`
    10:8 [unknown-client] there is no client `other`
        write a client of the scenario: `client`
    ");
}

#[test]
fn an_event_for_errors_has_one_name() {
    let reported = |more: &str| {
        let manifest = load(&format!(
            "name: mine\nurl: http://127.0.0.1:3000\ndialect: {{ errors: error-event }}\n{more}"
        ))
        .unwrap();
        manifest.bindings.event("exception").to_owned()
    };
    assert_eq!(reported(""), "error");
    assert_eq!(reported("bindings: { exception: error }"), "error");
    assert_eq!(
        reported("bindings: { error: { fields: { code: id } } }"),
        "error"
    );
    insta::assert_snapshot!(mistakes(
        "name: mine\nurl: http://127.0.0.1:3000\ndialect: { errors: error-event }\nbindings: { exception: oops }\n",
    ), @r"
    4:11 [contradiction] `exception` is bound to `oops`, but `errors: error-event` says that the event is `error`
        write `errors: exception` in the dialect
    ");
}

#[test]
fn implied_capabilities_can_be_absent() {
    let provides = |more: &str| {
        let manifest = load(&format!("name: mine\nurl: http://127.0.0.1:3000\n{more}")).unwrap();
        let implied = super::IMPLIED.into_iter();
        let provided = implied.filter(|name| manifest.provides.contains(*name));
        provided.collect::<Vec<_>>().join(" ")
    };
    let all = "closed-namespaces closed-paths guests open-rooms several-arguments short-echo token-in-auth";
    assert_eq!(provides(""), all);
    let without = "closed-namespaces closed-paths guests open-rooms short-echo token-in-auth";
    assert_eq!(provides("absent: [several-arguments]"), without);
    let behind_login =
        "closed-namespaces closed-paths open-rooms several-arguments short-echo token-in-auth";
    assert_eq!(
        provides("clients: { headers: { cookie: sid=1 } }"),
        behind_login
    );
}
