//! What a server is, found out by asking it.

use std::{collections::BTreeSet, time::Duration};

use tokio::{join, time::timeout};

use crate::{
    client::{
        Bounds, ConnectFailure, Connection, Endpoint, HttpRequest, HttpResponse, Layer, Options,
        TransportChoice, What, request,
    },
    data::Data,
    wire::{
        engine_io::{Handshake, Packet, PacketData, PacketType},
        socket_io,
    },
};

/// How long any single answer may take.
const DEADLINE: Duration = Duration::from_secs(3);

/// With a heartbeat of no more than this, a missed beat can be waited for in a scenario.
const SHORT_HEARTBEAT: Duration = Duration::from_secs(1);

/// An origin that no server allows by name.
const FOREIGN_ORIGIN: &str = "http://origin-of-a-probe.example";

/// What a probe found.
#[derive(Clone, Debug)]
pub struct Probed {
    /// Capabilities that were seen at work.
    pub provides: BTreeSet<String>,
    /// The open packet.
    pub handshake: Handshake,
    /// What was tried and what was seen, a line each: for `sockspec probe`.
    pub findings: Vec<(String, String)>,
}

/// Why a probe found no server.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// There is a WebSocket, but no Engine.IO inside.
    #[error(
        "a plain WebSocket without Engine.IO listens at {path}; such a target needs a manifest with `dialect: {{ plain-websocket: true }}`"
    )]
    PlainWebsocket {
        /// The path.
        path: String,
    },
    /// Something listens there that does not speak Engine.IO.
    #[error("no Engine.IO at {path}: over WebSocket, {websocket}; over polling, {polling}")]
    NoEngineIo {
        /// The path.
        path: String,
        /// What came of a WebSocket handshake.
        websocket: Box<ConnectFailure>,
        /// What came of a polling handshake.
        polling: Box<ConnectFailure>,
    },
    /// Nothing listens there, or nobody whom we trust.
    #[error(transparent)]
    Unreachable(Box<ConnectFailure>),
}

/// What is no answer.
const REPEATED: &str = "the server only repeats what it is told";

/// One capability, and what was seen of it.
struct Finding {
    capability: &'static str,
    found: bool,
    seen: String,
}

impl Finding {
    fn yes(capability: &'static str, seen: impl Into<String>) -> Self {
        Self {
            capability,
            found: true,
            seen: seen.into(),
        }
    }

    fn no(capability: &'static str, seen: impl Into<String>) -> Self {
        Self {
            capability,
            found: false,
            seen: seen.into(),
        }
    }
}

/// Asks a server what it can do.
///
/// # Errors
///
/// Nothing that speaks Engine.IO answers.
pub async fn probe(endpoint: &Endpoint) -> Result<Probed, ProbeError> {
    let over = |transport| open(endpoint, transport, Options::default());
    let (websocket, polling) = join!(
        over(TransportChoice::WebSocket),
        over(TransportChoice::Polling)
    );
    let open_packet = |opened: &Result<Connection, ConnectFailure>| {
        opened
            .as_ref()
            .ok()
            .and_then(Connection::handshake)
            .cloned()
    };
    // Polling's open packet tells more: it names the upgrades.
    let Some(handshake) = open_packet(&polling).or_else(|| open_packet(&websocket)) else {
        return Err(no_engine_io(endpoint, websocket.err(), polling.err()).await);
    };
    // What is refused is told more plainly over HTTP.
    let transport = if polling.is_ok() {
        TransportChoice::Polling
    } else {
        TransportChoice::WebSocket
    };
    let mut findings = vec![
        transport_finding("websocket", &websocket),
        transport_finding("polling", &polling),
    ];
    let connection = websocket.or(polling);
    let (upgrade, main, eio3, cors, error, deflate, msgpack) = join!(
        upgrade(endpoint, &handshake),
        main_namespace(connection.ok()),
        revision_3(endpoint, transport),
        cors(endpoint),
        error_json(endpoint),
        deflate(endpoint),
        msgpack(endpoint, transport),
    );
    let echo = match &main {
        Main::Joined { sid: true } => None,
        Main::Joined { sid: false } | Main::Outside(_) => {
            Some(engine_echo(endpoint, transport).await)
        }
    };
    let repeats = echo.as_ref().is_some_and(|echo| echo.found);
    findings.extend([upgrade, main.finding(repeats), eio3, cors, error, deflate]);
    findings.push(if repeats {
        Finding::no(msgpack.capability, REPEATED)
    } else {
        msgpack
    });
    findings.extend(echo);
    findings.extend([max_payload(&handshake), heartbeat(&handshake)]);
    Ok(Probed {
        provides: findings
            .iter()
            .filter(|finding| finding.found)
            .map(|finding| finding.capability.to_owned())
            .collect(),
        handshake,
        findings: findings
            .into_iter()
            .map(|finding| {
                let answer = if finding.found { "yes" } else { "no" };
                (
                    finding.capability.to_owned(),
                    format!("{answer}: {}", finding.seen),
                )
            })
            .collect(),
    })
}

async fn open(
    endpoint: &Endpoint,
    transport: TransportChoice,
    options: Options,
) -> Result<Connection, ConnectFailure> {
    let options = Options {
        transport,
        deadline: DEADLINE,
        ..options
    };
    Connection::open(endpoint, options).await
}

/// Why neither transport gave an open packet.
async fn no_engine_io(
    endpoint: &Endpoint,
    websocket: Option<ConnectFailure>,
    polling: Option<ConnectFailure>,
) -> ProbeError {
    let (Some(websocket), Some(polling)) = (websocket, polling) else {
        unreachable!("a connection at layer Socket.IO has an open packet");
    };
    if let ConnectFailure::Tls { .. } | ConnectFailure::Unreachable { .. } = websocket {
        return ProbeError::Unreachable(Box::new(websocket));
    }
    let plain = Options {
        layer: Layer::WebSocket,
        ..Options::default()
    };
    let path = endpoint.path.clone();
    match open(endpoint, TransportChoice::WebSocket, plain).await {
        Ok(_) => ProbeError::PlainWebsocket { path },
        Err(_) => ProbeError::NoEngineIo {
            path,
            websocket: Box::new(websocket),
            polling: Box::new(polling),
        },
    }
}

fn transport_finding(
    capability: &'static str,
    opened: &Result<Connection, ConnectFailure>,
) -> Finding {
    match opened {
        Ok(_) => Finding::yes(capability, "a handshake brings an open packet"),
        Err(failure) => Finding::no(capability, failure.to_string()),
    }
}

async fn upgrade(endpoint: &Endpoint, handshake: &Handshake) -> Finding {
    const NAME: &str = "upgrade";
    if !handshake.upgrades.iter().any(|name| name == "websocket") {
        return Finding::no(NAME, "the open packet offers none to websocket");
    }
    match open(endpoint, TransportChoice::Upgrade, Options::default()).await {
        Ok(_) => Finding::yes(NAME, "a polling session goes over to WebSocket"),
        Err(failure) => Finding::no(NAME, failure.to_string()),
    }
}

/// What came of a CONNECT to the main namespace.
enum Main {
    Joined {
        /// Whether the reply named the socket; one that does not could be an echo.
        sid: bool,
    },
    Outside(String),
}

impl Main {
    fn finding(self, repeats: bool) -> Finding {
        const NAME: &str = "socket-io";
        match self {
            Self::Joined { sid: false } if repeats => Finding::no(NAME, REPEATED),
            Self::Joined { .. } => Finding::yes(NAME, "/ lets everybody in"),
            Self::Outside(seen) => Finding::no(NAME, seen),
        }
    }
}

async fn main_namespace(connection: Option<Connection>) -> Main {
    let answer = match &connection {
        Some(connection) => connect(connection).await,
        None => Err("no connection".to_owned()),
    };
    match answer {
        Ok(sid) => Main::Joined { sid },
        Err(seen) => Main::Outside(seen),
    }
}

async fn revision_3(endpoint: &Endpoint, transport: TransportChoice) -> Finding {
    const NAME: &str = "eio3";
    let options = Options {
        eio: 3,
        ..Options::default()
    };
    match open(endpoint, transport, options).await {
        Ok(_) => Finding::yes(NAME, "EIO=3 brings an open packet"),
        Err(failure @ (ConnectFailure::Refused { .. } | ConnectFailure::Handshake { .. })) => {
            Finding::yes("eio3-closed", format!("EIO=3: {failure}"))
        }
        Err(failure) => Finding::no(NAME, format!("EIO=3: {failure}")),
    }
}

/// Whether a message comes back as it is: only asked where there seems to be no Socket.IO, which
/// could not read it.
async fn engine_echo(endpoint: &Endpoint, transport: TransportChoice) -> Finding {
    const NAME: &str = "engine-echo";
    const MESSAGE: &str = "sockspec";
    let options = Options {
        layer: Layer::EngineIo,
        ..Options::default()
    };
    let connection = match open(endpoint, transport, options).await {
        Ok(connection) => connection,
        Err(failure) => return Finding::no(NAME, failure.to_string()),
    };
    connection.send_packets(vec![Packet::text(PacketType::Message, MESSAGE)]);
    let echoed = |what: &What| match what {
        What::Packet(packet) if packet.kind == PacketType::Message => {
            let same = matches!(&packet.data, PacketData::Text(text) if text.as_str() == MESSAGE);
            Some(
                same.then_some(())
                    .ok_or_else(|| "another message comes back".to_owned()),
            )
        }
        What::Ended(ended) => Some(Err(format!("the connection ends ({:?})", ended.how))),
        _ => None,
    };
    match first(&connection, echoed).await {
        Ok(()) => Finding::yes(NAME, "a message comes back as it is"),
        Err(seen) => Finding::no(NAME, format!("a message to a bare Engine.IO: {seen}")),
    }
}

async fn cors(endpoint: &Endpoint) -> Finding {
    const HEADER: &str = "access-control-allow-origin";
    let response = match get(endpoint, "EIO=4&transport=polling").await {
        Ok(response) => response,
        Err(failure) => return Finding::no("cors-any-origin", failure.to_string()),
    };
    match response.header(HEADER) {
        None => Finding::yes(
            "cors-closed",
            format!(
                "a foreign origin is answered {} without {HEADER}",
                response.status
            ),
        ),
        Some(origin) => {
            let seen = format!("a foreign origin is told {HEADER}: {origin}");
            if matches!(origin, "*" | FOREIGN_ORIGIN) {
                Finding::yes("cors-any-origin", seen)
            } else {
                Finding::no("cors-any-origin", seen)
            }
        }
    }
}

async fn error_json(endpoint: &Endpoint) -> Finding {
    const NAME: &str = "eio-error-json";
    match get(endpoint, "EIO=4&transport=telepathy").await {
        Ok(response) => {
            let body = serde_json::from_slice::<serde_json::Value>(&response.body);
            let told = body.is_ok_and(|body| {
                body.get("code").is_some_and(serde_json::Value::is_u64)
                    && body
                        .get("message")
                        .is_some_and(serde_json::Value::is_string)
            });
            let seen = format!("an unknown transport is answered {}", response.status);
            if response.status == 400 && told {
                Finding::yes(NAME, format!("{seen} with code and message"))
            } else {
                Finding::no(NAME, format!("{seen} without code and message"))
            }
        }
        Err(failure) => Finding::no(NAME, failure.to_string()),
    }
}

async fn deflate(endpoint: &Endpoint) -> Finding {
    const NAME: &str = "permessage-deflate";
    let options = Options {
        deflate: true,
        ..Options::default()
    };
    match open(endpoint, TransportChoice::WebSocket, options).await {
        Ok(connection) => {
            let taken = connection.journal().entries().iter().any(|entry| {
                let What::Http(response) = &entry.what else {
                    return false;
                };
                response
                    .header("sec-websocket-extensions")
                    .is_some_and(|value| value.contains(NAME))
            });
            if taken {
                Finding::yes(NAME, "the offer is taken up")
            } else {
                Finding::no(NAME, "the offer is not taken up")
            }
        }
        Err(failure) => Finding::no(NAME, failure.to_string()),
    }
}

async fn msgpack(endpoint: &Endpoint, transport: TransportChoice) -> Finding {
    const NAME: &str = "msgpack";
    let options = Options {
        msgpack: true,
        ..Options::default()
    };
    let answer = match open(endpoint, transport, options).await {
        Ok(connection) => connect(&connection).await,
        Err(failure) => Err(failure.to_string()),
    };
    match answer {
        Ok(_) => Finding::yes(NAME, "a CONNECT as msgpack is answered so"),
        Err(seen) => Finding::no(NAME, format!("a CONNECT as msgpack: {seen}")),
    }
}

fn max_payload(handshake: &Handshake) -> Finding {
    const NAME: &str = "max-payload";
    match handshake.max_payload {
        Some(bytes) => Finding::yes(NAME, format!("{bytes} bytes")),
        None => Finding::no(NAME, "the open packet does not tell"),
    }
}

fn heartbeat(handshake: &Handshake) -> Finding {
    let (interval, patience) = (handshake.ping_interval, handshake.ping_timeout);
    let seen = format!(
        "interval {}, timeout {}",
        humantime::format_duration(interval),
        humantime::format_duration(patience)
    );
    if interval.saturating_add(patience) <= SHORT_HEARTBEAT {
        Finding::yes("short-heartbeat", seen)
    } else {
        Finding::no("short-heartbeat", seen)
    }
}

/// Joins the main namespace without a payload; gives whether the reply names the socket. The error is
/// what came instead of the CONNECT reply.
async fn connect(connection: &Connection) -> Result<bool, String> {
    connection.send(&socket_io::Packet::Connect {
        namespace: "/".to_owned(),
        payload: None,
    });
    first(connection, answer).await
}

/// The first entry of the journal that `answers`.
async fn first<T>(
    connection: &Connection,
    answers: impl Fn(&What) -> Option<Result<T, String>>,
) -> Result<T, String> {
    let answer = async {
        let mut seen = 0;
        loop {
            connection.journal().longer_than(seen).await;
            let entries = connection.journal().entries();
            let fresh = entries.get(seen..).unwrap_or_default();
            if let Some(answer) = fresh.iter().find_map(|entry| answers(&entry.what)) {
                return answer;
            }
            seen = entries.len();
        }
    };
    timeout(DEADLINE, answer)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} s", DEADLINE.as_secs())))
}

/// What an entry of the journal says about a CONNECT.
fn answer(what: &What) -> Option<Result<bool, String>> {
    match what {
        What::Socket(socket_io::Packet::Connect { payload, .. }) => {
            let sid = payload.as_ref().and_then(|payload| payload.get("sid"));
            Some(Ok(sid.is_some()))
        }
        What::Socket(socket_io::Packet::ConnectError { payload, .. }) => {
            let message = payload.get("message").and_then(Data::as_str);
            Some(Err(match message {
                Some(message) => format!("/ refuses those without credentials: {message}"),
                None => format!("/ refuses those without credentials: {payload}"),
            }))
        }
        What::Ended(ended) => Some(Err(format!("the connection ends ({:?})", ended.how))),
        What::Illegal { rule, .. } => Some(Err(format!("the answer is illegal: {rule}"))),
        _ => None,
    }
}

/// A request of the Engine.IO endpoint, as a browser of another origin sends it.
async fn get(endpoint: &Endpoint, query: &str) -> Result<HttpResponse, ConnectFailure> {
    let asked = HttpRequest {
        method: "GET".to_owned(),
        target: format!("{}?{query}", endpoint.path),
        headers: vec![("Origin".to_owned(), FOREIGN_ORIGIN.to_owned())],
        body: None,
    };
    request(endpoint, asked, DEADLINE, Bounds::default()).await
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::{super::port::free_port, *};
    use crate::{
        client::TlsPolicy,
        reference::{Config, Server},
    };

    fn endpoint(url: &str) -> Endpoint {
        Endpoint {
            url: url.parse().unwrap(),
            path: "/socket.io/".to_owned(),
            tls: TlsPolicy::default(),
        }
    }

    async fn found(config: Config) -> Probed {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::start(listener, config).unwrap();
        let probed = probe(&endpoint(&format!("http://{}", server.address())))
            .await
            .unwrap();
        server.stop().await;
        probed
    }

    #[tokio::test]
    async fn capabilities_of_the_reference_server_are_found() {
        let probed = found(Config::default()).await;
        let provides: Vec<&str> = probed.provides.iter().map(String::as_str).collect();
        insta::assert_snapshot!(provides.join(" "), @"cors-closed eio-error-json eio3-closed max-payload polling socket-io upgrade websocket");
    }

    #[tokio::test]
    async fn settings_change_what_is_found() {
        let mut config = Config::default();
        for (name, value) in [
            ("PING_INTERVAL", "300"),
            ("PING_TIMEOUT", "200"),
            ("TRANSPORTS", "polling"),
            ("ALLOW_EIO3", "true"),
            ("CORS_ORIGIN", "*"),
        ] {
            config.set(name, value).unwrap();
        }
        let probed = found(config).await;
        let findings = probed.findings.iter();
        let lines: Vec<String> = findings
            .map(|(capability, seen)| format!("{capability}: {seen}"))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        websocket: no: server answered 400 to the handshake
        polling: yes: a handshake brings an open packet
        upgrade: no: the open packet offers none to websocket
        socket-io: yes: / lets everybody in
        eio3: yes: EIO=3 brings an open packet
        cors-any-origin: yes: a foreign origin is told access-control-allow-origin: *
        eio-error-json: yes: an unknown transport is answered 400 with code and message
        permessage-deflate: no: server answered 400 to the handshake
        msgpack: no: a CONNECT as msgpack: the connection ends (ClosePacket)
        max-payload: yes: 1000000 bytes
        short-heartbeat: yes: interval 300ms, timeout 200ms
        ");
    }

    #[tokio::test]
    async fn an_echo_is_not_taken_for_socket_io() {
        let mut config = Config::default();
        config.set("CONTRACT", "engine").unwrap();
        let probed = found(config).await;
        let provides: Vec<&str> = probed.provides.iter().map(String::as_str).collect();
        insta::assert_snapshot!(provides.join(" "), @"cors-closed eio-error-json eio3-closed engine-echo max-payload polling upgrade websocket");
    }

    #[tokio::test]
    async fn server_without_engine_io_is_told_with_both_answers() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 1024]).await;
                let _ = stream
                    .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                    .await;
            }
        });
        let error = probe(&endpoint(&format!("http://{address}")))
            .await
            .unwrap_err();
        server.abort();
        insta::assert_snapshot!(error, @"no Engine.IO at /socket.io/: over WebSocket, server answered 404 to the handshake; over polling, server answered 404 to the handshake");
    }

    #[tokio::test]
    async fn nothing_listening_is_told_so() {
        let port = free_port().unwrap();
        let error = probe(&endpoint(&format!("http://127.0.0.1:{port}")))
            .await
            .unwrap_err();
        assert!(matches!(error, ProbeError::Unreachable(_)), "{error}");
    }
}
