//! Tests of the virtual clients against tungstenite servers, which share no code with our WebSocket codec.

use crate::server::{await_in, ended, listen};
use futures_util::{SinkExt, StreamExt};
use sockspec::{
    client::{
        Bounds, Connection, DropHow, EndedHow, Illegal, Layer, Options, Outgoing, Reading, What,
    },
    data::Data,
    wire::{
        engine_io, socket_io,
        websocket::{Frame, OpCode, RawFrame},
    },
};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};

const OPEN: &str =
    r#"0{"sid":"s1","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

async fn engine(listener: &TcpListener) -> WebSocketStream<TcpStream> {
    let (stream, _) = listener.accept().await.unwrap();
    let mut socket = accept_async(stream).await.unwrap();
    socket.send(Message::text(OPEN)).await.unwrap();
    socket
}

fn event(name: &str, args: Vec<Data>) -> socket_io::Packet {
    socket_io::Packet::Event {
        namespace: "/".to_owned(),
        id: None,
        name: name.to_owned(),
        args,
    }
}

/// A client that stops reading receives packets that were sent meanwhile only after it resumes.
#[tokio::test]
async fn a_client_stops_and_resumes_reading() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let mut socket = engine(&listener).await;
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("4go"));
        socket.send(Message::text("4late")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("4on"));
        socket
    };
    let options = Options {
        layer: Layer::EngineIo,
        ..Options::default()
    };
    let client = async {
        let connection = Connection::open(&endpoint, options).await.unwrap();
        connection.read(Reading::Stops);
        connection.send_text("4go".to_owned());
        connection.send_text("4on".to_owned());
        connection
    };
    let (_socket, connection) = tokio::join!(server, client);
    let late = |what: &What| match what {
        What::Packet(packet) => (&*packet.encode_text() == "4late").then_some(()),
        _ => None,
    };
    let journal = connection.journal();
    let came = journal
        .entries()
        .iter()
        .any(|entry| late(&entry.what).is_some());
    assert!(!came, "read although reading had stopped");
    connection.read(Reading::GoesOn);
    await_in(journal, late).await;
}

#[tokio::test]
async fn socket_io_works_over_the_websocket_of_tungstenite() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let mut socket = engine(&listener).await;
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("40"));
        socket
            .send(Message::text(r#"40{"sid":"x"}"#))
            .await
            .unwrap();
        socket.send(Message::text("2")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("3"));
        socket
            .send(Message::text(
                r#"451-["file",{"_placeholder":true,"num":0}]"#,
            ))
            .await
            .unwrap();
        socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
        socket.send(Message::text("42[\"broken\"")).await.unwrap();
        socket.send(Message::text("9")).await.unwrap();
        let echo = socket.next().await.unwrap().unwrap();
        assert_eq!(
            echo,
            Message::text(r#"451-["up",{"_placeholder":true,"num":0}]"#)
        );
        assert_eq!(
            socket.next().await.unwrap().unwrap(),
            Message::binary(vec![9])
        );
        socket.send(Message::text(r#"42["done"]"#)).await.unwrap();
        // `DropHow::Close` sends an Engine.IO close packet and a close frame, then closes the stream.
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("1"));
        assert!(matches!(
            socket.next().await.unwrap().unwrap(),
            Message::Close(Some(_))
        ));
        assert!(socket.next().await.is_none());
    };
    let client =
        async {
            let connection = Connection::open(&endpoint, Options::default())
                .await
                .unwrap();
            assert_eq!(connection.handshake().unwrap().sid, "s1");
            connection.send(&socket_io::Packet::Connect {
                namespace: "/".to_owned(),
                payload: None,
            });
            let journal = connection.journal();
            let file = await_in(journal, |what| match what {
                What::Socket(packet @ socket_io::Packet::Event { .. }) => Some(packet.clone()),
                _ => None,
            })
            .await;
            assert_eq!(file, event("file", vec![Data::Bytes(vec![1, 2, 3].into())]));
            await_in(journal, |what| match what {
                What::Illegal {
                    illegal: Illegal::EngineIo(_),
                    ..
                } => Some(()),
                _ => None,
            })
            .await;
            await_in(journal, |what| match what {
                What::Illegal {
                    illegal: Illegal::SocketIo(_),
                    ..
                } => Some(()),
                _ => None,
            })
            .await;
            connection.send(&event("up", vec![Data::Bytes(vec![9].into())]));
            await_in(journal, |what| match what {
                What::Socket(socket_io::Packet::Event { name, .. }) if name == "done" => Some(()),
                _ => None,
            })
            .await;
            connection.end(DropHow::Close).await;
            let ended = await_in(journal, ended).await;
            assert_eq!((ended.how, ended.by_us), (EndedHow::CloseFrame, true));
            let pongs = journal.entries().iter().filter(|entry| {
            matches!(&entry.what, What::Sent(Outgoing::Packet(text)) if &**text == "3")
        }).count();
            assert_eq!(pongs, 1);
        };
    tokio::join!(server, client);
}

#[tokio::test]
async fn the_journal_contains_frames_and_the_close_of_the_server() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let mut socket = engine(&listener).await;
        socket.send(Message::Ping(vec![7].into())).await.unwrap();
        assert_eq!(
            socket.next().await.unwrap().unwrap(),
            Message::Pong(vec![7].into())
        );
        let close = tokio_tungstenite::tungstenite::protocol::CloseFrame {
            code: 4000.into(),
            reason: "enough".into(),
        };
        socket.close(Some(close)).await.unwrap();
        while socket.next().await.is_some() {}
    };
    let client = async {
        let options = Options {
            layer: Layer::EngineIo,
            ..Options::default()
        };
        let connection = Connection::open(&endpoint, options).await.unwrap();
        let ended = await_in(connection.journal(), ended).await;
        assert_eq!(ended.how, EndedHow::CloseFrame);
        assert_eq!(ended.code.unwrap().0, 4000);
        assert_eq!(ended.reason, "enough");
        assert!(!ended.by_us);
        let opcodes: Vec<OpCode> = connection
            .journal()
            .entries()
            .iter()
            .filter_map(|entry| match &entry.what {
                What::Frame(frame) => Some(frame.opcode),
                _ => None,
            })
            .collect();
        assert_eq!(opcodes, [OpCode::Text, OpCode::Ping, OpCode::Close]);
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_connection() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let mut socket = engine(&listener).await;
        // The stream ends with a FIN or a reset; in both cases nothing more arrives.
        assert!(!matches!(socket.next().await, Some(Ok(_))));
    };
    let client = async {
        let connection = Connection::open(&endpoint, Options::default())
            .await
            .unwrap();
        let journal = connection.journal().clone();
        let other = connection.clone();
        drop(connection);
        assert!(
            journal
                .entries()
                .iter()
                .all(|entry| ended(&entry.what).is_none())
        );
        drop(other);
        let ended = await_in(&journal, ended).await;
        assert!(ended.by_us);
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn the_server_sees_a_reset_and_a_drop_as_requested() {
    use tokio::io::AsyncReadExt;
    for how in [DropHow::Drop, DropHow::Reset] {
        let (listener, endpoint) = listen().await;
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut received = Vec::new();
            let result = stream.read_to_end(&mut received).await;
            match how {
                DropHow::Reset => {
                    let error = result.unwrap_err();
                    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
                }
                _ => assert_eq!((result.unwrap(), received.as_slice()), (2, &b"hi"[..])),
            }
        };
        let client = async {
            let options = Options {
                layer: Layer::Tcp,
                ..Options::default()
            };
            let connection = Connection::open(&endpoint, options).await.unwrap();
            if how == DropHow::Drop {
                connection.send_bytes("hi".into(), Some(1));
            }
            connection.end(how).await;
            let expected = match how {
                DropHow::Reset => EndedHow::Reset,
                _ => EndedHow::Eof,
            };
            assert_eq!(await_in(connection.journal(), ended).await.how, expected);
        };
        tokio::join!(server, client);
    }
}

#[tokio::test]
async fn a_flood_ends_at_the_limits_of_the_journal() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let mut socket = engine(&listener).await;
        while socket.feed(Message::text(r#"42["x"]"#)).await.is_ok() {}
    };
    let client = async {
        let options = Options {
            bounds: Bounds {
                entries: 1000,
                ..Bounds::default()
            },
            ..Options::default()
        };
        let connection = Connection::open(&endpoint, options).await.unwrap();
        let ended = await_in(connection.journal(), ended).await;
        assert_eq!(ended.how, EndedHow::GivenUp);
        assert_eq!(
            ended.reason,
            "the journal of the connection exceeds 1000 entries"
        );
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn packets_are_sent_unchanged() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let mut socket = engine(&listener).await;
        for expected in ["4a", "4b", "nonsense"] {
            assert_eq!(
                socket.next().await.unwrap().unwrap(),
                Message::text(expected)
            );
        }
    };
    let client = async {
        let connection = Connection::open(&endpoint, Options::default())
            .await
            .unwrap();
        let message = |text: &str| engine_io::Packet::text(engine_io::PacketType::Message, text);
        connection.send_packets(vec![message("a"), message("b")]);
        connection.send_text("nonsense".to_owned());
        await_in(connection.journal(), ended).await
    };
    tokio::join!(server, client);
}

/// A ping that arrives between two fragments of the client is answered after the last fragment (RFC 6455 section 5.4).
#[tokio::test]
async fn a_pong_does_not_interrupt_a_message_in_fragments() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let mut socket = engine(&listener).await;
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("4go"));
        socket.send(Message::text("2")).await.unwrap();
        for expected in ["4abcd", "3"] {
            assert_eq!(
                socket.next().await.unwrap().unwrap(),
                Message::text(expected)
            );
        }
    };
    let client = async {
        let options = Options {
            layer: Layer::EngineIo,
            ..Options::default()
        };
        let connection = Connection::open(&endpoint, options).await.unwrap();
        connection.send_text("4go".to_owned());
        let fragment = |opcode, fin, payload: &'static [u8]| {
            let frame = Frame {
                opcode,
                fin,
                mask: Some([1, 2, 3, 4]),
                ..Frame::binary(payload)
            };
            connection.send_frame(RawFrame::from(frame), None);
        };
        fragment(OpCode::Text, false, b"4ab");
        let ping = |what: &What| match what {
            What::Packet(packet) => (packet.kind == engine_io::PacketType::Ping).then_some(()),
            _ => None,
        };
        await_in(connection.journal(), ping).await;
        fragment(OpCode::Continuation, true, b"cd");
        await_in(connection.journal(), ended).await
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn compression_is_offered_on_request_and_messages_are_inflated() {
    use sockspec::wire::{engine_io::PacketData, websocket::accept_key};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (listener, endpoint) = listen().await;
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_buf(&mut head).await.unwrap();
        }
        let head = String::from_utf8(head).unwrap();
        let header = |name| {
            head.lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap()
        };
        assert_eq!(
            header("Sec-WebSocket-Extensions: "),
            "permessage-deflate; client_max_window_bits"
        );
        let answer = format!(
            "HTTP/1.1 101 Up\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Accept: {}\r\n\r\n",
            accept_key(header("Sec-WebSocket-Key: "))
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        // "Hello" as in RFC 7692 section 7.2.3.1, then "Hello" again with a reference to the first message (section
        // 7.2.3.2).
        stream
            .write_all(b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00")
            .await
            .unwrap();
    };
    let client = async {
        let options = Options {
            layer: Layer::WebSocket,
            deflate: true,
            ..Options::default()
        };
        let connection = Connection::open(&endpoint, options).await.unwrap();
        await_in(connection.journal(), ended).await;
        let messages: Vec<PacketData> = connection
            .journal()
            .entries()
            .iter()
            .filter_map(|entry| match &entry.what {
                What::Message(data) => Some(data.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(
            messages,
            [
                PacketData::Text("Hello".into()),
                PacketData::Text("Hello".into())
            ]
        );
    };
    tokio::join!(server, client);
}

// Takes three seconds, the limit for ending a connection.
#[tokio::test]
async fn a_connection_ends_even_if_the_server_does_not_read() {
    let (listener, endpoint) = listen().await;
    let server = async {
        let socket = engine(&listener).await;
        socket.into_inner()
    };
    let client = async {
        let connection = Connection::open(&endpoint, Options::default())
            .await
            .unwrap();
        // More bytes than the buffers of the kernel can hold.
        connection.send_bytes(vec![0; 32 << 20].into(), Some(1 << 20));
        connection.end(DropHow::Close).await;
        assert!(await_in(connection.journal(), ended).await.by_us);
    };
    tokio::join!(server, client);
}
