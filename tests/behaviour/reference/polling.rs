//! Tests of long-polling, CORS and refused requests on the reference server.

use std::time::Duration;

use sockspec::reference::{Config, Contract, Server};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

use super::peer::{DEADLINE, get, http, open_polling, poll, post, start};

fn engine() -> Config {
    Config {
        path: "/socket.io/".to_owned(),
        ..Config::new(Contract::Engine)
    }
}

#[tokio::test]
async fn echoed_packets_arrive_in_order() {
    let server = start(engine()).await;
    let sid = open_polling(&server).await;
    let body = "4a\u{1e}bAQIDBA==\u{1e}4c\u{20ac}";
    let posted = post(&server, &sid, body).await;
    assert_eq!((posted.status, posted.body.as_str()), (200, "ok"));
    let polled = poll(&server, &sid).await;
    assert_eq!(polled.body, body);
    assert!(
        polled
            .head
            .contains("content-type: text/plain; charset=utf-8")
    );
    assert!(polled.head.contains("cache-control: no-store"));
}

#[tokio::test]
async fn poll_waits_for_data() {
    let server = start(engine()).await;
    let sid = open_polling(&server).await;
    let (polled, ()) = tokio::join!(poll(&server, &sid), async {
        assert_eq!(post(&server, &sid, "4late").await.status, 200);
    });
    assert_eq!(polled.body, "4late");
}

#[tokio::test]
async fn second_poll_ends_the_session() {
    let server = start(engine()).await;
    let sid = open_polling(&server).await;
    let (one, two) = tokio::join!(poll(&server, &sid), poll(&server, &sid));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    assert_eq!(
        poll(&server, &sid).await.body,
        r#"{"code":1,"message":"Session ID unknown"}"#
    );
}

#[tokio::test]
async fn bad_payloads_and_close_packets_end_the_session() {
    let server = start(engine()).await;
    for body in ["abc", "4a\u{1e}", "1", "2", "4a\u{1e}1\u{1e}4b"] {
        let sid = open_polling(&server).await;
        assert_eq!(post(&server, &sid, body).await.status, 200, "{body}");
        assert_eq!(poll(&server, &sid).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_accepted() {
    let server = start(Config {
        max_payload: 100,
        ..engine()
    })
    .await;
    let sid = open_polling(&server).await;
    let body = format!("4{}", "x".repeat(99));
    assert_eq!(post(&server, &sid, &format!("{body}x")).await.status, 413);
    assert_eq!(post(&server, &sid, &body).await.status, 200);
    assert_eq!(poll(&server, &sid).await.body, body);
}

#[tokio::test]
async fn a_kicked_polling_client_receives_a_disconnect() {
    let server = start(Config::default()).await;
    let sid = open_polling(&server).await;
    post(&server, &sid, "40\u{1e}42[\"kick-me\",{\"close\":true}]").await;
    let polled = poll(&server, &sid).await;
    assert!(polled.body.starts_with("40{"), "{polled:?}");
    assert!(polled.body.ends_with("\u{1e}41"), "{polled:?}");
    assert_eq!(poll(&server, &sid).await.body, "1");
    assert_eq!(poll(&server, &sid).await.status, 400);
}

/// Runs in real instead of simulated time, because the test measures that stopping the server waits for no timeout.
#[tokio::test]
async fn stop_does_not_wait_for_sessions_that_polled() {
    let server = start(Config::default()).await;
    let sid = open_polling(&server).await;
    post(&server, &sid, "40").await;
    assert_eq!(poll(&server, &sid).await.status, 200);
    let stopped = timeout(Duration::from_secs(1), server.stop()).await;
    assert_eq!(stopped, Ok(()));
}

#[tokio::test]
async fn packets_before_a_broken_one_are_handled() {
    let server = start(Config::default()).await;
    let sid = open_polling(&server).await;
    let witness = open_polling(&server).await;
    post(
        &server,
        &witness,
        "40\u{1e}42[\"join-room\",{\"room\":\"r\"}]",
    )
    .await;
    assert!(poll(&server, &witness).await.body.starts_with("40{"));
    let send = |text| format!("42[\"send-to-room\",{{\"room\":\"r\",\"text\":\"{text}\"}}]");
    let body = format!("40\u{1e}{}\u{1e}9\u{1e}{}", send("before"), send("behind"));
    assert_eq!(post(&server, &sid, &body).await.status, 200);
    let heard = poll(&server, &witness).await.body;
    assert!(
        heard.contains("before") && !heard.contains("behind"),
        "{heard}"
    );
    assert_eq!(poll(&server, &sid).await.status, 400);
}

#[tokio::test]
async fn silent_session_expires() {
    let server = start(Config {
        ping_interval: Duration::from_millis(20),
        ping_timeout: Duration::from_millis(20),
        ..engine()
    })
    .await;
    let sid = open_polling(&server).await;
    let mut polled = poll(&server, &sid).await;
    assert_eq!(polled.body, "2");
    polled = poll(&server, &sid).await;
    if polled.status == 200 {
        assert_eq!(polled.body, "1");
        polled = poll(&server, &sid).await;
    }
    assert_eq!(polled.status, 400);
}

#[tokio::test]
async fn refusals_have_their_codes() {
    let server = start(Config::default()).await;
    for (query, code) in [
        ("EIO=4&transport=abc", 0),
        ("EIO=4", 0),
        ("EIO=4&transport=polling&sid=nope", 1),
        ("EIO=4&transport=websocket", 3),
        ("EIO=3&transport=polling", 5),
        ("transport=polling", 5),
    ] {
        let refused = get(&server, query).await;
        assert_eq!(refused.status, 400, "{query}");
        assert!(
            refused.body.starts_with(&format!(r#"{{"code":{code},"#)),
            "{refused:?}"
        );
    }
    let put = http(&server, "PUT /socket.io/?EIO=4&transport=polling", &[], "").await;
    assert_eq!(put.body, r#"{"code":2,"message":"Bad handshake method"}"#);
    assert_eq!(http(&server, "GET /health", &[], "").await.status, 200);
    assert_eq!(http(&server, "GET /elsewhere", &[], "").await.status, 404);
}

#[tokio::test]
async fn cors_names_listed_origins_only() {
    let open = "GET /socket.io/?EIO=4&transport=polling";
    let good = ["Origin: http://good.example"];
    let closed = http(&start(Config::default()).await, open, &good, "").await;
    assert!(!closed.head.contains("access-control"), "{closed:?}");
    let server = start(Config {
        origins: vec!["http://good.example".to_owned()],
        ..Config::default()
    })
    .await;
    let listed = http(&server, open, &good, "").await;
    assert!(
        listed
            .head
            .contains("access-control-allow-origin: http://good.example")
    );
    assert!(
        listed
            .head
            .contains("access-control-allow-credentials: true")
    );
    assert!(listed.head.contains("vary: origin"));
    let evil = http(&server, open, &["Origin: http://evil.example"], "").await;
    assert!(!evil.head.contains("access-control"), "{evil:?}");
    let preflight = ["Access-Control-Request-Method: POST", good[0]];
    let answered = http(&server, "OPTIONS /socket.io/", &preflight, "").await;
    assert_eq!(answered.status, 204);
    assert!(
        answered
            .head
            .contains("access-control-allow-methods: get,post,options")
    );
}

#[tokio::test]
async fn an_aborted_poll_ends_the_session() {
    let server = start(engine()).await;
    let sid = open_polling(&server).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let request =
        format!("GET /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: t\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    // The session ends when the server sees that the connection has ended; a further poll then gets 400. A poll that
    // comes earlier is a second poll at the same time, which also ends the session.
    drop(stream);
    let ended = async { while poll_once(&server, &sid).await != 400 {} };
    timeout(DEADLINE, ended).await.unwrap();
}

async fn poll_once(server: &Server, sid: &str) -> u16 {
    poll(server, sid).await.status
}

#[tokio::test]
async fn revision_3_is_supported_if_the_configuration_allows_it() {
    let server = start(Config {
        eio3: true,
        ..Config::default()
    })
    .await;
    let opened = get(&server, "EIO=3&transport=polling&b64=1").await;
    let (length, packet) = opened.body.split_once(':').unwrap();
    assert_eq!(length.parse(), Ok(packet.chars().count()));
    let open: serde_json::Value = serde_json::from_str(packet.strip_prefix('0').unwrap()).unwrap();
    assert_eq!(open.get("maxPayload"), None);
    let query = format!(
        "EIO=3&transport=polling&sid={}",
        open["sid"].as_str().unwrap()
    );
    assert_eq!(get(&server, &query).await.body, "2:40");
    let line = format!("POST /socket.io/?{query}");
    let body = "27:420[\"message-with-ack\",\"\u{20ac}\"]";
    http(&server, &line, &[], body).await;
    assert_eq!(get(&server, &query).await.body, "8:430[\"\u{20ac}\"]");
    assert_eq!(get(&server, "EIO=4&transport=polling").await.status, 200);
}

/// Sends a request and closes the connection right behind it, so that both arrive together.
async fn send_and_leave(server: &Server, line: &str, body: &str) {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let length = body.len();
    let request =
        format!("{line} HTTP/1.1\r\nhost: sockspec\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
}

/// The race that this test is about is lost in some of the tries only.
const TRIES: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poll_whose_client_leaves_at_once_ends_the_session() {
    let server = start(engine()).await;
    for _ in 0..TRIES {
        let sid = open_polling(&server).await;
        let path = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
        send_and_leave(&server, &format!("GET {path}"), "").await;
        let polled = timeout(DEADLINE, poll(&server, &sid)).await.unwrap();
        assert_eq!(polled.status, 400);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_whose_client_leaves_at_once_is_handled() {
    let server = start(engine()).await;
    for _ in 0..TRIES {
        let sid = open_polling(&server).await;
        let path = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
        send_and_leave(&server, &format!("POST {path}"), "4kept").await;
        let polled = timeout(DEADLINE, poll(&server, &sid)).await.unwrap();
        assert_eq!(polled.body, "4kept");
    }
}
