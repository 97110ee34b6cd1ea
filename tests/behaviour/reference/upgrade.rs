//! Tests of the upgrade from polling to WebSocket on the reference server.

use sockspec::reference::{Config, Contract, Server};

use super::peer::{Peer, open_polling, poll, post, start};

async fn server() -> Server {
    start(Config {
        path: "/socket.io/".to_owned(),
        ..Config::new(Contract::Engine)
    })
    .await
}

async fn probe(server: &Server, sid: &str) -> Peer {
    Peer::open(server, &format!("EIO=4&transport=websocket&sid={sid}")).await
}

#[tokio::test]
async fn queued_packets_move_to_the_websocket_and_polling_ends() {
    let server = server().await;
    let sid = open_polling(&server).await;
    let mut peer = probe(&server, &sid).await;
    peer.ask("2probe", "3probe").await;
    assert_eq!(poll(&server, &sid).await.body, "6");
    post(&server, &sid, "4one").await;
    peer.send("5").await;
    assert_eq!(peer.text().await, "4one");
    peer.ask("4two", "4two").await;
    assert_eq!(poll(&server, &sid).await.status, 400);
    assert_eq!(probe(&server, &sid).await.closed().await, None);
    peer.ask("4three", "4three").await;
}

#[tokio::test]
async fn every_poll_during_the_probe_is_answered_with_a_noop() {
    let server = server().await;
    let sid = open_polling(&server).await;
    let mut peer = probe(&server, &sid).await;
    peer.ask("2probe", "3probe").await;
    for _ in 0..3 {
        assert_eq!(poll(&server, &sid).await.body, "6");
    }
}

#[tokio::test]
async fn a_pending_poll_is_answered_with_a_noop() {
    let server = server().await;
    let sid = open_polling(&server).await;
    let mut peer = probe(&server, &sid).await;
    let (polled, ()) = tokio::join!(poll(&server, &sid), peer.ask("2probe", "3probe"));
    assert_eq!(polled.body, "6");
}

#[tokio::test]
async fn polling_continues_after_a_failed_probe() {
    let server = server().await;
    let sid = open_polling(&server).await;
    for wrong in ["2", "2foo", "4early", "abc", "5"] {
        let mut peer = probe(&server, &sid).await;
        peer.send(wrong).await;
        assert_eq!(peer.closed().await, None, "after {wrong}");
        post(&server, &sid, "4still").await;
        assert_eq!(poll(&server, &sid).await.body, "4still", "after {wrong}");
    }
}
