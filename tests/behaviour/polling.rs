//! Tests of long-polling and the upgrade with a scripted Engine.IO server.

use futures_util::{SinkExt, StreamExt};
use sockspec::{
    client::{
        ConnectFailure, Connection, DropHow, EndedHow, Layer, Options, TransportChoice, What,
    },
    wire::engine_io::{Packet, PacketType},
};
use tokio::net::TcpListener;
use tokio_tungstenite::{accept_async, tungstenite::Message};

use crate::server::{HttpPeer, await_in, ended, listen};

const GET: &str = "GET /socket.io/?EIO=4&transport=polling&sid=s1 HTTP/1.1";
const POST: &str = "POST /socket.io/?EIO=4&transport=polling&sid=s1 HTTP/1.1";

fn open_packet(upgrades: &str) -> String {
    format!(
        r#"0{{"sid":"s1","upgrades":[{upgrades}],"pingInterval":300,"pingTimeout":200,"maxPayload":20}}"#
    )
}

fn options(transport: TransportChoice) -> Options {
    Options {
        transport,
        layer: Layer::EngineIo,
        ..Options::default()
    }
}

fn message(text: &str) -> Packet {
    Packet::text(PacketType::Message, text)
}

/// Accepts a connection and answers the polling handshake. Returns the connection, on which the polls follow.
async fn shake_hands(listener: &TcpListener, upgrades: &str) -> HttpPeer {
    let mut get = HttpPeer::accept(listener).await;
    let (line, _) = get.request().await;
    assert_eq!(line, "GET /socket.io/?EIO=4&transport=polling HTTP/1.1");
    get.respond("200 OK", &open_packet(upgrades)).await;
    get
}

/// Returns the texts of the received messages.
fn messages(connection: &Connection) -> Vec<String> {
    connection
        .journal()
        .entries()
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Packet(packet) if packet.kind == PacketType::Message => {
                Some(packet.encode_text().to_string())
            }
            _ => None,
        })
        .collect()
}

async fn await_message(connection: &Connection, text: &str) {
    await_in(connection.journal(), |what| match what {
        What::Packet(packet) if &*packet.encode_text() == text => Some(()),
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn cookies_are_sent_back() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let mut get = HttpPeer::accept(&listener).await;
        get.request().await;
        assert!(get.head.ends_with("Cookie: jwt=x"), "{}", get.head);
        let sets = "200 OK\r\nSet-Cookie: node=1; Path=/\r\nset-cookie: io=s1; HttpOnly";
        get.respond(sets, &open_packet("")).await;
        get.request().await;
        let sent = "Cookie: jwt=x; node=1; io=s1";
        assert!(get.head.ends_with(sent), "{}", get.head);
        get.respond("200 OK\r\nSet-Cookie: node=2", "4a").await;
        get.request().await;
        let sent = "Cookie: jwt=x; io=s1; node=2";
        assert!(get.head.ends_with(sent), "{}", get.head);
    };
    let options = Options {
        headers: vec![("Cookie".to_owned(), "jwt=x".to_owned())],
        ..options(TransportChoice::Polling)
    };
    let client = Connection::open(&endpoint, options);
    let (connection, ()) = tokio::join!(client, server);
    assert_eq!(messages(&connection.unwrap()), ["4a"]);
}

#[tokio::test]
async fn a_client_polls_answers_pings_and_sends_a_close_packet() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let mut get = shake_hands(&listener, "").await;
        assert_eq!(get.request().await.0, GET);
        get.respond("200 OK", "4a\x1e2\x1e4b").await;
        assert_eq!(get.request().await.0, GET);
        let mut post = HttpPeer::accept(&listener).await;
        assert_eq!(post.request().await, (POST.to_owned(), "3".to_owned()));
        post.respond("200 OK", "ok").await;
        assert_eq!(post.request().await.1, "1");
        post.respond("200 OK", "ok").await;
        assert!(
            get.try_request().await.is_none(),
            "no poll after the close packet"
        );
    };
    let client = async {
        let connection = Connection::open(&endpoint, options(TransportChoice::Polling))
            .await
            .unwrap();
        await_in(connection.journal(), |what| match what {
            What::Http(response) if response.body == "ok" => Some(()),
            _ => None,
        })
        .await;
        assert_eq!(messages(&connection), ["4a", "4b"]);
        connection.end(DropHow::Close).await;
        let ended = await_in(connection.journal(), ended).await;
        assert_eq!((ended.how, ended.by_us), (EndedHow::ClosePacket, true));
    };
    tokio::join!(server, client);
}

/// A poll can report the end of the session before the POST that caused the end is answered. The order varies, so the
/// test runs twenty times.
#[tokio::test]
async fn a_session_ended_by_a_poll_still_gets_the_answer_to_its_post() {
    for _ in 0..20 {
        let (listener, endpoint) = listen().await;
        let server = async {
            let mut get = shake_hands(&listener, "").await;
            assert_eq!(get.request().await.0, GET);
            let mut post = HttpPeer::accept(&listener).await;
            assert_eq!(post.request().await, (POST.to_owned(), "4a".to_owned()));
            get.respond("400 Bad Request", "gone").await;
            post.respond("200 OK", "ok").await;
            (get, post)
        };
        let client = async {
            let connection = Connection::open(&endpoint, options(TransportChoice::Polling))
                .await
                .unwrap();
            connection.send_packets(vec![message("a")]);
            let ended = await_in(connection.journal(), ended).await;
            assert_eq!(ended.how, EndedHow::HttpError);
            let entries = connection.journal().entries();
            let answers = entries.iter().filter_map(|entry| match &entry.what {
                What::Http(response) => Some(response.body.clone()),
                _ => None,
            });
            let answers = Vec::from_iter(answers);
            assert_eq!(answers.split_first().unwrap().1, ["ok", "gone"]);
        };
        let (_held, ()) = tokio::join!(server, client);
    }
}

#[tokio::test]
async fn queued_packets_share_the_next_post_up_to_the_limit() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let _get = shake_hands(&listener, "").await;
        let mut post = HttpPeer::accept(&listener).await;
        let (_, first) = post.request().await;
        // The other packets wait in the queue, because the server answers the first POST only after they are queued.
        post.respond("200 OK", "ok").await;
        let (_, second) = post.request().await;
        post.respond("200 OK", "ok").await;
        let (_, third) = post.request().await;
        post.respond("200 OK", "ok").await;
        let (_, fourth) = post.request().await;
        post.respond("200 OK", "ok").await;
        assert_eq!(
            [&*first, &*second, &*third, &*fourth],
            ["40\x1e41", "4own\x1e4load", "4unchanged", "4a longer one"]
        );
        assert_eq!(post.request().await.1, "4xxxxxxx");
        post.respond("200 OK", "ok").await;
    };
    let client = async {
        let connection = Connection::open(
            &endpoint,
            Options {
                layer: Layer::SocketIo,
                ..options(TransportChoice::Polling)
            },
        )
        .await
        .unwrap();
        // The test has one thread, so all packets are queued before the task of the connection runs.
        connection.send(&sockspec::wire::socket_io::Packet::Connect {
            namespace: "/".to_owned(),
            payload: None,
        });
        connection.send(&sockspec::wire::socket_io::Packet::Disconnect {
            namespace: "/".to_owned(),
        });
        connection.send_packets(vec![message("own"), message("load")]);
        connection.send_text("4unchanged".to_owned());
        connection.send_packets(vec![message("a longer one")]);
        connection.send_bytes("4xxxxxxx".into(), None);
        connection
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn the_client_reconnects_if_the_server_closes_after_each_response() {
    let (listener, endpoint) = listen().await;
    let server = async {
        drop(shake_hands(&listener, "").await);
        for body in ["4a", "4b", "1"] {
            let mut get = HttpPeer::accept(&listener).await;
            assert_eq!(get.request().await.0, GET);
            get.respond("200 OK", body).await;
        }
    };
    let client = async {
        let connection = Connection::open(&endpoint, options(TransportChoice::Polling))
            .await
            .unwrap();
        let ended = await_in(connection.journal(), ended).await;
        assert_eq!((ended.how, ended.by_us), (EndedHow::ClosePacket, false));
        assert_eq!(messages(&connection), ["4a", "4b"]);
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn an_error_status_ends_the_session() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let mut get = shake_hands(&listener, "").await;
        get.request().await;
        get.respond(
            "400 Bad Request",
            r#"{"code":1,"message":"Session ID unknown"}"#,
        )
        .await;
    };
    let client = async {
        let connection = Connection::open(&endpoint, options(TransportChoice::Polling))
            .await
            .unwrap();
        let ended = await_in(connection.journal(), ended).await;
        assert_eq!(ended.how, EndedHow::HttpError);
        assert_eq!(
            ended.reason,
            r#"poll answered 400 with 41 bytes: "{\"code\":1,\"message\":\"Session ID unknown\"}""#
        );
        let statuses: Vec<u16> = connection
            .journal()
            .entries()
            .iter()
            .filter_map(|entry| match &entry.what {
                What::Http(response) => Some(response.status),
                _ => None,
            })
            .collect();
        assert_eq!(statuses, [200, 400]);
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn a_refused_handshake_returns_the_response() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let mut get = HttpPeer::accept(&listener).await;
        get.request().await;
        get.respond("403 Forbidden", "no").await;
    };
    let client = async {
        match Connection::open(&endpoint, options(TransportChoice::Polling)).await {
            Err(ConnectFailure::Refused { response }) => {
                assert_eq!((response.status, &*response.body), (403, &b"no"[..]));
            }
            other => panic!("{other:?}"),
        }
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn an_upgrade_neither_loses_nor_reorders_packets() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let mut get = shake_hands(&listener, r#""websocket""#).await;
        get.request().await;
        get.respond("200 OK", "4a\x1e2").await;
        get.request().await;
        let mut first = HttpPeer::accept(&listener).await.into_stream();
        let mut second = HttpPeer::accept(&listener).await.into_stream();
        // The probe and the POST with the pong can arrive in either order.
        let mut peeked = [0; 4];
        first.peek(&mut peeked).await.unwrap();
        if &peeked == b"POST" {
            std::mem::swap(&mut first, &mut second);
        }
        let mut post = HttpPeer::from_stream(second);
        assert_eq!(post.request().await.1, "3");
        let mut socket = accept_async(first).await.unwrap();
        assert_eq!(
            socket.next().await.unwrap().unwrap(),
            Message::text("2probe")
        );
        socket.send(Message::text("3probe")).await.unwrap();
        // The client sends the upgrade packet only after both pending requests have been answered. It sends no poll
        // after the noop, even if the noop arrives before the answer to the probe.
        get.respond("200 OK", "4b\x1e6").await;
        post.respond("200 OK", "ok").await;
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("5"));
        socket.send(Message::text("4c")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("4d"));
        socket.close(None).await.unwrap();
    };
    let client = async {
        let connection = Connection::open(&endpoint, options(TransportChoice::Upgrade))
            .await
            .unwrap();
        await_message(&connection, "4c").await;
        assert_eq!(messages(&connection), ["4a", "4b", "4c"]);
        connection.send_packets(vec![message("d")]);
        let ended = await_in(connection.journal(), ended).await;
        assert_eq!(ended.how, EndedHow::CloseFrame);
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn an_upgrade_fails_if_the_server_offers_none() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let _get = shake_hands(&listener, "").await;
    };
    let client = async {
        let failure = Connection::open(&endpoint, options(TransportChoice::Upgrade))
            .await
            .unwrap_err();
        assert_eq!(
            failure.to_string(),
            "upgrade to WebSocket failed: the open packet lists the upgrades []"
        );
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn the_client_pings_in_revision_3() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        let open = r#"0{"sid":"s1","upgrades":[],"pingInterval":20,"pingTimeout":5000}"#;
        socket.send(Message::text(open)).await.unwrap();
        for _ in 0..2 {
            assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("2"));
            socket.send(Message::text("3")).await.unwrap();
        }
        // A binary frame of revision 3 begins with the packet type, here 4.
        socket.send(Message::binary(vec![4, 9])).await.unwrap();
        socket.close(None).await.unwrap();
    };
    let client = async {
        let connection = Connection::open(
            &endpoint,
            Options {
                eio: 3,
                ..options(TransportChoice::WebSocket)
            },
        )
        .await
        .unwrap();
        await_in(connection.journal(), |what| match what {
            What::Packet(packet) if *packet == Packet::binary(vec![9]) => Some(()),
            _ => None,
        })
        .await;
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn a_reset_of_a_polling_session_resets_the_pending_poll() {
    use tokio::io::AsyncReadExt;
    let (listener, endpoint) = listen().await;
    let server = async {
        let mut get = shake_hands(&listener, "").await;
        get.request().await;
        let error = get.into_stream().read_u8().await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    };
    let client = async {
        let connection = Connection::open(&endpoint, options(TransportChoice::Polling))
            .await
            .unwrap();
        // Waits for the journal entry of each poll: an entry shows that the poll has been sent.
        await_in(connection.journal(), |what| match what {
            What::Sent(sockspec::client::Outgoing::Http { target, .. })
                if target.contains("sid=") =>
            {
                Some(())
            }
            _ => None,
        })
        .await;
        connection.end(DropHow::Reset).await;
        let ended = await_in(connection.journal(), ended).await;
        assert_eq!((ended.how, ended.by_us), (EndedHow::Reset, true));
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn packets_queued_before_a_drop_are_still_posted() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let _get = shake_hands(&listener, "").await;
        let mut post = HttpPeer::accept(&listener).await;
        assert_eq!(post.request().await.1, "4last");
        post.respond("200 OK", "ok").await;
        assert!(post.try_request().await.is_none());
    };
    let client = async {
        let options = Options {
            poll: false,
            ..options(TransportChoice::Polling)
        };
        let connection = Connection::open(&endpoint, options).await.unwrap();
        connection.send_packets(vec![message("last")]);
        connection.end(DropHow::Drop).await;
        let ended = await_in(connection.journal(), ended).await;
        assert_eq!((ended.how, ended.by_us), (EndedHow::Eof, true));
    };
    tokio::join!(server, client);
}
