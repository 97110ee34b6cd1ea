//! Tests of the WebSocket transport of the reference server.

use std::time::Duration;

use serde_json::Value;
use sockspec::reference::{Config, Contract};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

use super::peer::{Peer, get, http, start, start_with};

#[tokio::test]
async fn open_packet_announces_the_configuration() {
    let server = start(Config::default()).await;
    let mut peer = Peer::open(&server, "EIO=4&transport=websocket").await;
    let open: Value = serde_json::from_str(peer.text().await.strip_prefix('0').unwrap()).unwrap();
    assert_eq!(open["pingInterval"], 25_000);
    assert_eq!(open["pingTimeout"], 20_000);
    assert_eq!(open["maxPayload"], 1_000_000);
    assert_eq!(open["upgrades"], serde_json::json!([]));
    let sid = open["sid"].as_str().unwrap();
    let polled = get(&server, &format!("EIO=4&transport=polling&sid={sid}")).await;
    assert_eq!(polled.status, 400);
    assert_eq!(polled.body, r#"{"code":3,"message":"Bad request"}"#);
}

#[tokio::test]
async fn bare_engine_echoes_messages_of_both_kinds() {
    let server = start(Config {
        path: "/socket.io/".to_owned(),
        ..Config::new(Contract::Engine)
    })
    .await;
    let mut peer = Peer::open(&server, "EIO=4&transport=websocket").await;
    peer.text().await;
    peer.ask("4a\u{1e}4b", "4a\u{1e}4b").await;
    peer.ask("4", "4").await;
    peer.send("6").await;
    peer.send_bytes(&[1, 2, 3]).await;
    assert_eq!(peer.message().await, Message::binary(&[1_u8, 2, 3][..]));
    let large = format!("4{}", "x".repeat(999_999));
    peer.ask(&large, &large).await;
    peer.send(&format!("{large}x")).await;
    assert_eq!(peer.closed().await, Some(CloseCode::Size));
}

#[tokio::test]
async fn the_heartbeat_disconnects_only_clients_that_do_not_answer() {
    let server = start(Config {
        ping_interval: Duration::from_millis(40),
        ping_timeout: Duration::from_millis(400),
        ..Config::default()
    })
    .await;
    let (mut peer, _) = Peer::join(&server).await;
    for _ in 0..3 {
        assert_eq!(peer.text().await, "2");
        peer.send("3").await;
    }
    assert_eq!(peer.text().await, "2");
    assert_eq!(peer.closed().await, None);
}

#[tokio::test]
async fn an_invalid_packet_closes_the_connection() {
    let server = start(Config::default()).await;
    for wrong in [
        "abc",
        "7",
        "2",
        "4",
        "4abc",
        "42[]",
        "42[{}]",
        "42/custom,[\"x\"]",
        "40",
    ] {
        let (mut peer, _) = Peer::join(&server).await;
        peer.send(wrong).await;
        assert_eq!(peer.closed().await, None, "after {wrong}");
    }
}

#[tokio::test]
async fn handshakes_that_break_a_rule_are_refused() {
    let server = start(Config::default()).await;
    let line = "GET /socket.io/?EIO=4&transport=websocket";
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let version = "Sec-WebSocket-Version: 13";
    let upgrade = ["Upgrade: websocket", "Connection: upgrade"];
    for (headers, status) in [
        (vec![version], 400),
        (vec![version, "Sec-WebSocket-Key: abc"], 400),
        (vec![key], 426),
        (vec![key, "Sec-WebSocket-Version: 12"], 426),
    ] {
        let headers = [upgrade.as_slice(), headers.as_slice()].concat();
        let refused = http(&server, line, &headers, "").await;
        assert_eq!(refused.status, status, "{headers:?}: {refused:?}");
    }
    let plain = http(&server, line, &[key, version], "").await;
    assert_eq!(plain.body, r#"{"code":3,"message":"Bad request"}"#);
}

#[tokio::test]
async fn stop_closes_every_connection() {
    let server = start(Config::default()).await;
    let (mut peer, _) = Peer::join(&server).await;
    let (closed, ()) = tokio::join!(peer.closed(), server.stop());
    assert_eq!(closed, None);
}

#[tokio::test]
async fn malformed_packet_can_be_made_to_end_the_server() {
    let server = start_with("malformed-kills-server").await;
    let (mut peer, _) = Peer::join(&server).await;
    peer.send("42[").await;
    let address = server.address();
    let refused = async { while tokio::net::TcpStream::connect(address).await.is_ok() {} };
    tokio::time::timeout(super::peer::DEADLINE, refused)
        .await
        .unwrap();
}
