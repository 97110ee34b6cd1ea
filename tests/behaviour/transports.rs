//! Tests of the same session over every transport, against the reference server.

use std::time::Duration;

use sockspec::{
    client::{Connection, DropHow, EndedHow, Options, TransportChoice, What},
    data::Data,
    reference::{Config, Server},
    wire::socket_io::{AckId, Packet},
};

use crate::server::{await_in, ended, listen};

const TRANSPORTS: [TransportChoice; 3] = [
    TransportChoice::Polling,
    TransportChoice::Upgrade,
    TransportChoice::WebSocket,
];

fn echo(id: u64, args: Vec<Data>) -> Packet {
    Packet::Event {
        namespace: "/".to_owned(),
        id: Some(AckId(id)),
        name: "echo".to_owned(),
        args,
    }
}

async fn session(config: Config, options: Options) -> (Server, Connection) {
    let (listener, endpoint) = listen().await;
    let server = Server::start(listener, config).unwrap();
    let connection = Connection::open(&endpoint, options).await.unwrap();
    connection.send(&Packet::Connect {
        namespace: "/".to_owned(),
        payload: None,
    });
    await_in(connection.journal(), |what| match what {
        What::Socket(Packet::Connect { .. }) => Some(()),
        _ => None,
    })
    .await;
    (server, connection)
}

fn acks(connection: &Connection) -> Vec<(u64, Vec<Data>)> {
    connection
        .journal()
        .entries()
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Socket(Packet::Ack { id, args, .. }) => Some((id.0, args.clone())),
            _ => None,
        })
        .collect()
}

async fn await_ack(connection: &Connection, awaited: u64) {
    await_in(connection.journal(), |what| match what {
        What::Socket(Packet::Ack { id, .. }) if id.0 == awaited => Some(()),
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn every_echo_arrives_once_and_in_order() {
    for transport in TRANSPORTS {
        let options = Options {
            transport,
            ..Options::default()
        };
        let (server, connection) = session(Config::default(), options).await;
        let args = |id: u64| vec![Data::from(id), Data::Bytes(vec![id as u8; 70].into())];
        for id in 0..200 {
            connection.send(&echo(id, args(id)));
        }
        await_ack(&connection, 199).await;
        let expected: Vec<_> = (0..200).map(|id| (id, args(id))).collect();
        assert_eq!(acks(&connection), expected, "{transport:?}");
        let illegal = connection
            .journal()
            .entries()
            .iter()
            .any(|entry| matches!(entry.what, What::Illegal { .. }));
        assert!(
            !illegal,
            "{transport:?}: {:#?}",
            connection.journal().entries()
        );
        connection.end(DropHow::Close).await;
        drop(server);
    }
}

#[tokio::test]
async fn a_session_ends_only_if_pings_are_not_answered() {
    for transport in TRANSPORTS {
        for (heartbeat, ping_timeout) in [(true, 10_000), (false, 100)] {
            let config = Config {
                ping_interval: Duration::from_millis(40),
                ping_timeout: Duration::from_millis(ping_timeout),
                ..Config::default()
            };
            let options = Options {
                transport,
                heartbeat,
                ..Options::default()
            };
            let (server, connection) = session(config, options).await;
            if heartbeat {
                // Waits for three pings. The server sends the next ping only after the client has answered the
                // previous one.
                for _ in 0..3 {
                    let seen = connection.journal().entries().len();
                    connection.journal().longer_than(seen + 1).await;
                }
                connection.send(&echo(7, Vec::new()));
                await_ack(&connection, 7).await;
            } else {
                let ended = await_in(connection.journal(), ended).await;
                assert!(!ended.by_us, "{transport:?}: {ended:?}");
                assert_ne!(ended.how, EndedHow::GivenUp, "{transport:?}: {ended:?}");
            }
            drop(server);
        }
    }
}

#[tokio::test]
async fn revision_3_works_over_every_transport() {
    let config = Config {
        eio3: true,
        ping_interval: Duration::from_millis(50),
        ..Config::default()
    };
    for transport in TRANSPORTS {
        let options = Options {
            transport,
            eio: 3,
            ..Options::default()
        };
        let (listener, endpoint) = listen().await;
        let server = Server::start(listener, config.clone()).unwrap();
        let connection = Connection::open(&endpoint, options).await.unwrap();
        // In Socket.IO 2, the server adds every client to the main namespace without a CONNECT.
        await_in(connection.journal(), |what| match what {
            What::Socket(Packet::Connect { .. }) => Some(()),
            _ => None,
        })
        .await;
        // The pong to the ping of the client, which sends the pings in revision 3.
        await_in(connection.journal(), |what| match what {
            What::Packet(packet) if &*packet.encode_text() == "3" => Some(()),
            _ => None,
        })
        .await;
        connection.send(&echo(1, vec![Data::Bytes(vec![1, 2].into())]));
        await_ack(&connection, 1).await;
        assert_eq!(
            acks(&connection),
            [(1, vec![Data::Bytes(vec![1, 2].into())])],
            "{transport:?}"
        );
        drop(server);
    }
}

#[tokio::test]
async fn a_server_that_stops_ends_every_transport() {
    for transport in TRANSPORTS {
        let options = Options {
            transport,
            ..Options::default()
        };
        let (server, connection) = session(Config::default(), options).await;
        // The test only waits until the connections have ended. The server itself may take longer to stop.
        let ended = tokio::select! {
            ended = await_in(connection.journal(), ended) => ended,
            () = async {
                server.stop().await;
                std::future::pending().await
            } => unreachable!("pending for ever"),
        };
        assert!(!ended.by_us, "{transport:?}: {ended:?}");
    }
}
