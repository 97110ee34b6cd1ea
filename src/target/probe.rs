//! What a server is, found out by asking it.

use std::{collections::BTreeSet, pin::pin, time::Duration};

use futures_util::future::{Either, select};
use tokio::{join, time::timeout};

use super::{Speaks, probe_echo, probe_greetings};
use crate::{
    client::{
        Bounds, ConnectFailure, Connection, Endpoint, HttpRequest, HttpResponse, Layer, Options,
        TransportChoice, What, request,
    },
    data::Data,
    wire::{engine_io::Handshake, socket_io::Packet},
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
    /// What travels inside its WebSocket.
    pub speaks: Speaks,
    /// The endpoint's path.
    pub path: String,
    /// Events that it sends of its own accord to whoever joins.
    pub greetings: BTreeSet<String>,
    /// What was tried and what was seen, a line each: for `sockspec probe`.
    pub findings: Vec<(String, String)>,
}

/// Why a probe found no server.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// Something listens there that speaks neither Engine.IO nor WebSocket.
    #[error(
        "no Engine.IO at {path}: over WebSocket, {websocket}; over polling, {polling}; and no plain WebSocket at {plain}"
    )]
    NoEngineIo {
        /// The path of Engine.IO.
        path: String,
        /// The path of a plain WebSocket.
        plain: String,
        /// What came of a WebSocket handshake.
        websocket: Box<ConnectFailure>,
        /// What came of a polling handshake.
        polling: Box<ConnectFailure>,
    },
    /// Nothing listens there.
    #[error(transparent)]
    Unreachable(Box<ConnectFailure>),
}

/// One capability, and what was seen of it.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) capability: &'static str,
    pub(super) found: bool,
    pub(super) seen: String,
}

impl Finding {
    pub(super) fn yes(capability: &'static str, seen: impl Into<String>) -> Self {
        Self {
            capability,
            found: true,
            seen: seen.into(),
        }
    }

    pub(super) fn no(capability: &'static str, seen: impl Into<String>) -> Self {
        Self {
            capability,
            found: false,
            seen: seen.into(),
        }
    }
}

/// Asks a server what it can do: one that speaks Engine.IO at `endpoint`, else a plain WebSocket at `plain`.
///
/// # Errors
///
/// Nothing answers that speaks either.
pub async fn probe(endpoint: &Endpoint, plain: &Endpoint) -> Result<Probed, ProbeError> {
    let over = |transport| open(endpoint, transport, Options::default());
    let polling = over(TransportChoice::Polling).await;
    if let Err(failure @ (ConnectFailure::Tls { .. } | ConnectFailure::Unreachable { .. })) =
        polling
    {
        return Err(ProbeError::Unreachable(Box::new(failure)));
    }
    let websocket = over(TransportChoice::WebSocket);
    let websocket = match &polling {
        Ok(_) => websocket.await,
        Err(_) => match beside_plain(websocket, plain).await {
            Ok(opened) => opened,
            Err(echo) => {
                let findings = probe_echo::plain_findings(plain, echo).await;
                return Ok(probed(Speaks::WebSocket, plain, findings));
            }
        },
    };
    let open_packet = |opened: &Result<Connection, ConnectFailure>| {
        opened
            .as_ref()
            .ok()
            .and_then(Connection::handshake)
            .cloned()
    };
    // Polling's open packet tells more: it names the upgrades.
    let Some(handshake) = open_packet(&polling).or_else(|| open_packet(&websocket)) else {
        return Err(no_engine_io(
            endpoint,
            plain,
            websocket.err(),
            polling.err(),
        ));
    };
    // What is refused is told more plainly over HTTP.
    let transport = if polling.is_ok() {
        TransportChoice::Polling
    } else {
        TransportChoice::WebSocket
    };
    let mut findings = vec![
        Finding::yes("engine-io", "an open packet"),
        transport_finding("websocket", &websocket),
        transport_finding("polling", &polling),
    ];
    let connection = websocket.or(polling);
    let (upgrade, (speaks, application, greetings), eio3, cors, error, deflate, msgpack) = join!(
        upgrade(endpoint, &handshake),
        application(endpoint, transport, connection.ok()),
        revision_3(endpoint, transport),
        cors(endpoint),
        error_json(endpoint),
        deflate(endpoint, Layer::SocketIo),
        msgpack(endpoint, transport),
    );
    findings.push(upgrade);
    findings.extend(application);
    findings.extend([eio3, cors, error, deflate, msgpack]);
    findings.extend([
        max_payload(&handshake),
        large_messages(&handshake),
        heartbeat(&handshake),
    ]);
    let mut probed = probed(speaks, endpoint, findings);
    if !greetings.is_empty() {
        let names = greetings.iter().cloned().collect::<Vec<_>>().join(", ");
        let seen = format!("whoever joins is sent {names}");
        probed.findings.push(("greetings".to_owned(), seen));
    }
    Ok(Probed {
        greetings,
        ..probed
    })
}

/// Whether the server at `endpoint` beats fast enough for scenarios about a missed beat; `None` where it opens no
/// session.
pub async fn has_short_heartbeat(endpoint: &Endpoint) -> Option<bool> {
    for transport in [TransportChoice::WebSocket, TransportChoice::Polling] {
        if let Ok(connection) = open(endpoint, transport, Options::default()).await {
            return Some(heartbeat(connection.handshake()?).found);
        }
    }
    None
}

/// A handshake of Engine.IO, or, as the error, what a plain WebSocket does: it would keep Engine.IO waiting for an
/// open packet, so that it is asked at the same time.
async fn beside_plain(
    websocket: impl Future<Output = Result<Connection, ConnectFailure>>,
    plain: &Endpoint,
) -> Result<Result<Connection, ConnectFailure>, Finding> {
    let (websocket, echo) = (pin!(websocket), pin!(probe_echo::plain(plain)));
    match select(websocket, echo).await {
        Either::Left((Ok(opened), _)) => Ok(Ok(opened)),
        Either::Left((Err(failure), echo)) => match echo.await {
            Ok(echo) => Err(echo),
            Err(_) => Ok(Err(failure)),
        },
        Either::Right((Ok(echo), _)) if echo.found => Err(echo),
        Either::Right((Ok(silent), websocket)) => websocket.await.map(Ok).map_err(|_| silent),
        Either::Right((Err(_), websocket)) => Ok(websocket.await),
    }
}

fn probed(speaks: Speaks, endpoint: &Endpoint, findings: Vec<Finding>) -> Probed {
    Probed {
        provides: findings
            .iter()
            .filter(|finding| finding.found)
            .map(|finding| finding.capability.to_owned())
            .collect(),
        speaks,
        path: endpoint.path.clone(),
        greetings: BTreeSet::new(),
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
    }
}

pub(super) async fn open(
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
fn no_engine_io(
    endpoint: &Endpoint,
    plain: &Endpoint,
    websocket: Option<ConnectFailure>,
    polling: Option<ConnectFailure>,
) -> ProbeError {
    let (Some(websocket), Some(polling)) = (websocket, polling) else {
        unreachable!("a connection at layer Socket.IO has an open packet");
    };
    ProbeError::NoEngineIo {
        path: endpoint.path.clone(),
        plain: plain.path.clone(),
        websocket: Box::new(websocket),
        polling: Box::new(polling),
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

/// What runs on the server: Socket.IO, and what it says unasked, or messages that come back.
async fn application(
    endpoint: &Endpoint,
    transport: TransportChoice,
    connection: Option<Connection>,
) -> (Speaks, Vec<Finding>, BTreeSet<String>) {
    const NAME: &str = "socket-io";
    let silent = BTreeSet::new();
    let Some(connection) = connection else {
        let nothing = vec![Finding::no(NAME, "no connection")];
        return (Speaks::SocketIo, nothing, silent);
    };
    match connect(&connection).await {
        Ok(Reply::Named) => {
            let joined = Finding::yes(NAME, "/ lets everybody in");
            let greetings = probe_greetings::greetings(&connection).await;
            let echo = probe_echo::socket(&connection).await;
            (Speaks::SocketIo, vec![joined, echo], greetings)
        }
        Ok(Reply::Nameless) => {
            let echo = probe_echo::engine(endpoint, transport).await;
            if echo.iter().any(|finding| finding.found) {
                let repeated = Finding::no(NAME, "the server only repeats what it is told");
                (Speaks::EngineIo, [vec![repeated], echo].concat(), silent)
            } else {
                let joined = Finding::yes(NAME, "/ lets everybody in");
                let greetings = probe_greetings::greetings(&connection).await;
                let echo = probe_echo::socket(&connection).await;
                (Speaks::SocketIo, vec![joined, echo], greetings)
            }
        }
        Err(Unconnected::Refused(seen)) => {
            (Speaks::SocketIo, vec![Finding::no(NAME, seen)], silent)
        }
        Err(Unconnected::Other(seen)) => {
            let echo = probe_echo::engine(endpoint, transport).await;
            let speaks = if echo.iter().any(|finding| finding.found) {
                Speaks::EngineIo
            } else {
                Speaks::SocketIo
            };
            let findings = [vec![Finding::no(NAME, seen)], echo].concat();
            (speaks, findings, silent)
        }
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

pub(super) async fn deflate(endpoint: &Endpoint, layer: Layer) -> Finding {
    const NAME: &str = "permessage-deflate";
    let options = Options {
        layer,
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
        Err(failure) => Err(Unconnected::Other(failure.to_string())),
    };
    match answer {
        Ok(Reply::Named) => Finding::yes(NAME, "a CONNECT as msgpack is answered so"),
        Ok(Reply::Nameless) => Finding::no(
            NAME,
            "a CONNECT as msgpack: what comes back does not name the socket",
        ),
        Err(Unconnected::Other(seen) | Unconnected::Refused(seen)) => {
            Finding::no(NAME, format!("a CONNECT as msgpack: {seen}"))
        }
    }
}

fn max_payload(handshake: &Handshake) -> Finding {
    const NAME: &str = "max-payload";
    match handshake.max_payload {
        Some(bytes) => Finding::yes(NAME, format!("{bytes} bytes")),
        None => Finding::no(NAME, "the open packet does not tell"),
    }
}

fn large_messages(handshake: &Handshake) -> Finding {
    const NAME: &str = "large-messages";
    let enough = u64::try_from(probe_echo::LARGE).unwrap_or(u64::MAX);
    match handshake.max_payload {
        Some(bytes) if bytes >= enough => Finding::yes(NAME, "the open packet announces as much"),
        Some(_) => Finding::no(NAME, "the open packet announces less"),
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

/// The reply to CONNECT.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reply {
    /// It names the socket.
    Named,
    /// It does not; it could be an echo.
    Nameless,
}

/// What came instead of the CONNECT reply.
enum Unconnected {
    /// Something else.
    Other(String),
    /// CONNECT_ERROR.
    Refused(String),
}

/// Joins the main namespace without a payload. The error is what came instead of the CONNECT reply.
async fn connect(connection: &Connection) -> Result<Reply, Unconnected> {
    connection.send(&Packet::Connect {
        namespace: "/".to_owned(),
        payload: None,
    });
    let answer = async {
        let mut seen = 0;
        loop {
            connection.journal().longer_than(seen).await;
            let entries = connection.journal().entries();
            let fresh = entries.get(seen..).unwrap_or_default();
            if let Some(answer) = fresh.iter().find_map(|entry| answer(&entry.what)) {
                return answer;
            }
            seen = entries.len();
        }
    };
    timeout(DEADLINE, answer).await.unwrap_or_else(|_| {
        let seen = format!("no answer within {} s", DEADLINE.as_secs());
        Err(Unconnected::Other(seen))
    })
}

/// What an entry of the journal says about a CONNECT.
fn answer(what: &What) -> Option<Result<Reply, Unconnected>> {
    let other = |seen: String| Some(Err(Unconnected::Other(seen)));
    match what {
        What::Socket(Packet::Connect { payload, .. }) => {
            let sid = payload.as_ref().and_then(|payload| payload.get("sid"));
            Some(Ok(match sid {
                Some(_) => Reply::Named,
                None => Reply::Nameless,
            }))
        }
        What::Socket(Packet::ConnectError { payload, .. }) => {
            let message = payload.get("message").and_then(Data::as_str);
            Some(Err(Unconnected::Refused(match message {
                Some(message) => format!("/ refuses those without credentials: {message}"),
                None => format!("/ refuses those without credentials: {payload}"),
            })))
        }
        What::Ended(ended) => other(format!("the connection ends ({:?})", ended.how)),
        What::Illegal { rule, .. } => other(format!("the answer is illegal: {rule}")),
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
        reference::{Config, Contract, Server},
    };

    fn endpoint(url: &str) -> Endpoint {
        Endpoint {
            url: url.parse().unwrap(),
            path: "/socket.io/".to_owned(),
            tls: TlsPolicy::default(),
        }
    }

    async fn asked(url: &str) -> Result<Probed, ProbeError> {
        let plain = Endpoint {
            path: "/".to_owned(),
            ..endpoint(url)
        };
        probe(&endpoint(url), &plain).await
    }

    async fn found(config: Config) -> Probed {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::start(listener, config).unwrap();
        let probed = asked(&format!("http://{}", server.address()))
            .await
            .unwrap();
        server.stop().await;
        probed
    }

    #[tokio::test]
    async fn capabilities_of_the_reference_server_are_found() {
        let probed = found(Config::default()).await;
        let provides: Vec<&str> = probed.provides.iter().map(String::as_str).collect();
        insta::assert_snapshot!(provides.join(" "), @"cors-closed echo eio-error-json eio3-closed engine-io large-messages max-payload polling socket-io upgrade websocket");
    }

    #[tokio::test]
    async fn what_is_no_socket_io_is_told_by_what_comes_back() {
        let plain = found(Config::new(Contract::WebSocket)).await;
        assert_eq!(
            (plain.speaks, plain.path.as_str()),
            (Speaks::WebSocket, "/")
        );
        let names = |probed: Probed| Vec::from_iter(probed.provides).join(" ");
        insta::assert_snapshot!(names(plain), @"binary-echo echo large-messages websocket");
        let engine = found(Config {
            path: "/socket.io/".to_owned(),
            ..Config::new(Contract::Engine)
        })
        .await;
        assert_eq!(engine.speaks, Speaks::EngineIo);
        insta::assert_snapshot!(names(engine), @"binary-echo cors-closed echo eio-error-json eio3-closed engine-echo engine-io large-messages max-payload polling upgrade websocket");
    }

    #[tokio::test]
    async fn events_to_whoever_joins_are_greetings() {
        let greeted = found(Config::new(Contract::Official)).await;
        assert_eq!(Vec::from_iter(greeted.greetings), ["auth"]);
        assert!(found(Config::default()).await.greetings.is_empty());
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
        engine-io: yes: an open packet
        websocket: no: server answered 400 to the handshake
        polling: yes: a handshake brings an open packet
        upgrade: no: the open packet offers none to websocket
        socket-io: yes: / lets everybody in
        echo: yes: the event `echo` is acknowledged with its argument
        eio3: yes: EIO=3 brings an open packet
        cors-any-origin: yes: a foreign origin is told access-control-allow-origin: *
        eio-error-json: yes: an unknown transport is answered 400 with code and message
        permessage-deflate: no: server answered 400 to the handshake
        msgpack: no: a CONNECT as msgpack: the connection ends (ClosePacket)
        max-payload: yes: 1000000 bytes
        large-messages: yes: the open packet announces as much
        short-heartbeat: yes: interval 300ms, timeout 200ms
        ");
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
        let error = asked(&format!("http://{address}")).await.unwrap_err();
        server.abort();
        insta::assert_snapshot!(error, @"no Engine.IO at /socket.io/: over WebSocket, server answered 404 to the handshake; over polling, server answered 404 to the handshake; and no plain WebSocket at /");
    }

    #[tokio::test]
    async fn nothing_listening_is_told_so() {
        let port = free_port().unwrap();
        let error = asked(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap_err();
        assert!(matches!(error, ProbeError::Unreachable(_)), "{error}");
    }
}
