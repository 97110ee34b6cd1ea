//! Tests of namespaces, acknowledgements, rooms and tokens on the reference server.

use sockspec::{
    data::Data,
    reference::{Config, Contract, Server},
    scenario::{JwtAlgorithm, mint_jwt},
};
use tokio_tungstenite::tungstenite::Message;

use super::peer::{Peer, start, start_with};

#[tokio::test]
async fn events_acknowledgements_and_bytes_are_echoed() {
    let server = start(Config::default()).await;
    let (mut peer, _) = Peer::join(&server).await;
    peer.ask(
        r#"420["echo",1,"2",{"3":[false]}]"#,
        r#"430[1,"2",{"3":[false]}]"#,
    )
    .await;
    peer.ask(r#"42["echo",null]"#, r#"42["echo-back",null]"#)
        .await;
    // An event without a handler is not acknowledged, so the next message answers the event after it.
    peer.send(r#"4299["unknown"]"#).await;
    peer.ask(r#"427["ack-nothing"]"#, "437[]").await;
    peer.send(r#"452-["message",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#)
        .await;
    peer.send_bytes(b"one").await;
    peer.send_bytes(b"").await;
    assert_eq!(
        peer.text().await,
        r#"452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#
    );
    assert_eq!(peer.message().await, Message::binary(&b""[..]));
    assert_eq!(peer.message().await, Message::binary(&b"one"[..]));
    peer.ask(r#"421["ack-twice","v"]"#, r#"431["v"]"#).await;
    peer.ask(r#"422["ack-late",{"after":1}]"#, r#"432["late"]"#)
        .await;
    peer.ask(
        r#"42["fail",{"code":"E","message":"no"}]"#,
        r#"42["exception",{"status":"error","code":"E","message":"no"}]"#,
    )
    .await;
    peer.ask(
        r#"42["crash"]"#,
        r#"42["exception",{"status":"error","message":"Internal server error"}]"#,
    )
    .await;
}

#[tokio::test]
async fn namespaces_are_separate() {
    let server = start(Config::default()).await;
    let (mut peer, sid) = Peer::join(&server).await;
    peer.ask("40/other,", r#"44/other,{"message":"Invalid namespace"}"#)
        .await;
    peer.send("40/dynamic-42,").await;
    let reply = peer.text().await;
    assert!(reply.starts_with("40/dynamic-42,"), "{reply}");
    assert!(!reply.contains(&sid), "{reply}");
    peer.ask(r#"42/dynamic-42,5["echo",1]"#, "43/dynamic-42,5[1]")
        .await;
    peer.send("41/dynamic-42,").await;
    peer.ask(r#"425["echo",1]"#, "435[1]").await;
    peer.send("40/slow,").await;
    peer.ask(r#"426["echo",1]"#, "436[1]").await;
    assert!(peer.text().await.starts_with("40/slow,"));
}

#[tokio::test]
async fn room_message_reaches_members_once_and_never_its_sender() {
    let server = start(Config::default()).await;
    let (mut sender, sid) = Peer::join(&server).await;
    let (mut member, member_sid) = Peer::join(&server).await;
    let (mut outsider, _) = Peer::join(&server).await;
    let joined = r#"431[{"success":true,"room":"r"}]"#;
    for peer in [&mut sender, &mut member] {
        peer.ask(r#"421["join-room",{"room":"r"}]"#, joined).await;
        peer.ask(r#"421["join-room",{"room":"r"}]"#, joined).await;
    }
    sender
        .ask(
            r#"422["send-to-room",{"room":"r","text":"hi"}]"#,
            r#"432[{"success":true}]"#,
        )
        .await;
    let message = format!(r#"42["room-message",{{"room":"r","text":"hi","from":"{sid}"}}]"#);
    assert_eq!(member.text().await, message);
    for peer in [&mut member, &mut outsider] {
        peer.ask(r#"423["ack-nothing"]"#, "433[]").await;
    }
    sender
        .ask(
            &format!(
                r#"424["announce-except",{{"room":"r","except":"{member_sid}","text":"hi"}}]"#
            ),
            &message,
        )
        .await;
    assert_eq!(sender.text().await, r#"434[{"success":true}]"#);
    member
        .ask(r#"425["members",{"room":"r"}]"#, r#"435[{"count":2}]"#)
        .await;
    sender.send("41").await;
    // One connection sends the leave and another the count, so their order is unknown. The reply to a second CONNECT
    // on the sender's connection shows that its leave has taken effect.
    sender.send("40").await;
    sender.text().await;
    member
        .ask(r#"426["members",{"room":"r"}]"#, r#"436[{"count":1}]"#)
        .await;
}

#[tokio::test]
async fn questions_are_answered_or_time_out() {
    let server = start(Config::default()).await;
    let (mut peer, _) = Peer::join(&server).await;
    peer.ask(
        r#"421["ask",{"value":7,"timeout":5000}]"#,
        r#"420["question",7]"#,
    )
    .await;
    peer.ask(r#"430["yes"]"#, r#"431[{"answers":["yes"]}]"#)
        .await;
    peer.ask(
        r#"422["ask",{"value":8,"timeout":1}]"#,
        r#"421["question",8]"#,
    )
    .await;
    assert_eq!(peer.text().await, r#"432[{"answers":[],"timeout":true}]"#);
    peer.send(r#"431["late"]"#).await;
    peer.ask(
        r#"423["ask-room",{"room":"nobody","value":1}]"#,
        r#"433[{"answers":[]}]"#,
    )
    .await;
}

fn token(claims: Data) -> String {
    mint_jwt(&claims, JwtAlgorithm::Hs256, "sockspec-secret")
}

async fn chat(server: &Server, token: &str) -> String {
    let mut peer = Peer::open(server, "EIO=4&transport=websocket").await;
    peer.text().await;
    peer.send(&format!(r#"40/chat,{{"token":{token}}}"#)).await;
    peer.text().await
}

#[tokio::test]
async fn a_valid_token_is_accepted_and_an_invalid_one_refused_with_its_reason() {
    let server = start(Config::default()).await;
    let sub = |sub: &str| ("sub", Data::from(sub));
    let quoted = |claims| format!("\"{}\"", token(claims));
    let good = chat(&server, &quoted(Data::object([sub("u1")]))).await;
    assert!(good.starts_with(r#"40/chat,{"sid""#), "{good}");
    let refused = |message: &str, data: &str| {
        format!(r#"44/chat,{{"message":"{message}","data":{{{data}}}}}"#)
    };
    let expired = Data::object([sub("u1"), ("exp", Data::from(1_u64))]);
    let future = Data::object([sub("u1"), ("nbf", Data::from(9_999_999_999_u64))]);
    let unsigned = mint_jwt(&Data::object([sub("u1")]), JwtAlgorithm::None, "");
    let banned = r#""code":"ACCOUNT_BANNED","until":"2030-01-01T00:00:00.000Z""#;
    for (shown, message, data) in [
        (
            "\"\"".to_owned(),
            "Authentication required",
            r#""code":"AUTH_REQUIRED""#,
        ),
        ("7".to_owned(), "Invalid token", r#""code":"AUTH_INVALID""#),
        (
            format!("\"{unsigned}\""),
            "Invalid token",
            r#""code":"AUTH_INVALID""#,
        ),
        (
            quoted(expired),
            "Token expired",
            r#""code":"TOKEN_EXPIRED""#,
        ),
        (
            quoted(future),
            "Token not active",
            r#""code":"TOKEN_NOT_ACTIVE""#,
        ),
        (
            quoted(Data::object([sub("banned")])),
            "Account banned",
            banned,
        ),
        (
            quoted(Data::object([sub("ghost")])),
            "User not found",
            r#""code":"USER_NOT_FOUND""#,
        ),
    ] {
        assert_eq!(chat(&server, &shown).await, refused(message, data));
    }
}

#[tokio::test]
async fn a_kick_is_reported_to_the_client_and_to_watchers() {
    let server = start(Config::default()).await;
    let (mut watcher, _) = Peer::join(&server).await;
    let (mut leaver, sid) = Peer::join(&server).await;
    watcher
        .ask(
            r#"421["watch-room",{"room":"r"}]"#,
            r#"431[{"success":true}]"#,
        )
        .await;
    leaver
        .ask(
            r#"421["join-room",{"room":"r"}]"#,
            r#"431[{"success":true,"room":"r"}]"#,
        )
        .await;
    leaver.ask(r#"42["kick-me",{"close":true}]"#, "41").await;
    assert_eq!(leaver.closed().await, None);
    let left = r#""reason":"server namespace disconnect"}]"#;
    let report = watcher.text().await;
    assert!(report.contains(&sid) && report.ends_with(left), "{report}");
}

#[tokio::test]
async fn the_official_contract_greets_with_the_connect_payload() {
    let server = start(Config::new(Contract::Official)).await;
    let mut peer = Peer::open(&server, "EIO=4&transport=websocket").await;
    peer.text().await;
    peer.send(r#"40/custom,{"token":"123"}"#).await;
    assert!(peer.text().await.starts_with("40/custom,"));
    assert_eq!(peer.text().await, r#"42/custom,["auth",{"token":"123"}]"#);
}

#[tokio::test]
async fn a_fault_breaks_its_rule() {
    let server = start_with("ack-twice").await;
    let (mut peer, _) = Peer::join(&server).await;
    peer.ask(r#"421["echo",1]"#, "431[1]").await;
    assert_eq!(peer.text().await, "431[1]");
}
