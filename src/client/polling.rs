//! Engine.IO over HTTP long-polling.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    ConnectFailure, DropHow, Ended, EndedHow, Endpoint, HttpRequest, HttpResponse, Layer, Options,
    Outgoing, What,
    command::{Command, Commands, Payload},
    describe::describe,
    ending::{Ending, at},
    http::{Lane, LaneState},
    recorder::{Recorder, given_up},
    requests::{override_headers, target},
    session::{Revision, Session},
};
use crate::wire::engine_io::{self, Handshake, Packet, PacketData, PacketType, decode_payload, v3};

/// Patience with a server whose open packet is not known.
const UNKNOWN_HEARTBEAT: Duration = Duration::from_secs(120);

/// A session over long-polling: one connection for GET, one for POST.
#[derive(Debug)]
pub(super) struct Polling {
    session: Session,
    options: Options,
    target: String,
    get: LaneState,
    post: LaneState,
    posts: VecDeque<Post>,
    poll: Poll,
    /// How long one request may stay unanswered. The heartbeat answers a poll long before that.
    patience: Duration,
    max_payload: usize,
    max_packets: usize,
}

/// Whether a GET follows the one before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Poll {
    Automatic,
    Never,
}

/// What waits for its turn to be posted.
#[derive(Debug)]
enum Post {
    /// A body as it stands.
    Body(Bytes),
    /// Packets that make one payload.
    Own(Vec<Packet>),
    /// A packet that shares a payload with its neighbours.
    Shared(Packet),
}

impl Polling {
    /// Asks for a session, unless there is one already.
    pub(super) async fn open(
        endpoint: &Endpoint,
        options: &Options,
        recorder: Recorder,
    ) -> Result<Self, ConnectFailure> {
        let shared = Arc::new(endpoint.clone());
        let lane = || {
            let endpoint = Arc::clone(&shared);
            LaneState::Idle(Lane::new(endpoint, options.bounds, options.deadline))
        };
        let mut polling = Self {
            session: Session::new(options, recorder),
            options: options.clone(),
            target: target(endpoint, options, "polling", options.session.as_deref()),
            get: lane(),
            post: lane(),
            posts: VecDeque::new(),
            poll: if options.poll {
                Poll::Automatic
            } else {
                Poll::Never
            },
            patience: UNKNOWN_HEARTBEAT,
            max_payload: usize::MAX,
            max_packets: options.bounds.entries,
        };
        if options.session.is_none() {
            polling.shake_hands(endpoint).await?;
        }
        Ok(polling)
    }

    async fn shake_hands(&mut self, endpoint: &Endpoint) -> Result<(), ConnectFailure> {
        let request = self.request("GET", Bytes::new());
        self.record_request(&request, Noted::Always);
        self.get
            .start(request, "polling handshake response", self.options.deadline);
        let response = self.get.answer().await?;
        self.session.recorder.tick();
        let (bytes, status) = (response.body.len(), response.status);
        let record = What::Http(response.clone());
        self.session.recorder.record(record, bytes);
        if status != 200 {
            // The connection is refused; whoever reads the journal sees why.
            let _ = self.session.recorder.flush();
            return Err(ConnectFailure::Refused { response });
        }
        self.take_payload(&response);
        // Bounds are met again by the first step.
        let _ = self.session.recorder.flush();
        let came = || String::from_utf8_lossy(&response.body).into_owned();
        if self.session.awaits_open()? {
            return Err(ConnectFailure::OpenPacket {
                error: engine_io::OpenPacketError::Field {
                    field: "type",
                    found: "absent".to_owned(),
                    expected: "'0'",
                },
                came: describe(came().as_bytes()),
            });
        }
        if let Some(handshake) = self.session.handshake() {
            let heartbeat = handshake
                .ping_interval
                .saturating_add(handshake.ping_timeout);
            self.patience = heartbeat
                .saturating_mul(3)
                .saturating_add(self.options.deadline)
                // A server may announce centuries.
                .min(Duration::from_secs(3600));
            self.max_payload = handshake
                .max_payload
                .and_then(|limit| usize::try_from(limit).ok())
                .unwrap_or(usize::MAX);
            self.target = target(endpoint, &self.options, "polling", Some(&handshake.sid));
        }
        Ok(())
    }

    /// What the open packet said.
    pub(super) fn handshake(&self) -> Option<&Handshake> {
        self.session.handshake()
    }

    /// The pen of the journal.
    pub(super) fn recorder(&self) -> &Recorder {
        &self.session.recorder
    }

    /// No further GET is sent.
    pub(super) fn pause(&mut self) {
        self.poll = Poll::Never;
    }

    /// Whether a request is under way or waiting.
    pub(super) fn is_busy(&self) -> bool {
        self.get.is_busy() || self.post.is_busy() || !self.posts.is_empty()
    }

    /// The session, to be carried on by another transport.
    pub(super) fn into_session(self) -> Session {
        self.session
    }

    /// Carries the session until it ends.
    pub(super) async fn run(mut self, mut commands: Commands) -> Ended {
        let mut next_ping = self.next_ping();
        let mut ending = Ending::default();
        loop {
            if ending.has_begun() && self.posts.is_empty() && !self.post.is_busy() {
                return ending.finish(EndedHow::ClosePacket, String::new());
            }
            tokio::select! {
                Some(command) = commands.recv() => {
                    self.session.recorder.tick();
                    match command {
                        Command::End(DropHow::Close) => {
                            ending.begin(Ended {
                                how: EndedHow::ClosePacket,
                                code: None,
                                reason: String::new(),
                                by_us: true,
                            });
                            self.send_packet(Packet::text(PacketType::Close, ""));
                        }
                        Command::End(how) => return self.cut(how),
                        command => self.queue(command),
                    }
                }
                step = self.step() => {
                    if let Err(ended) = step {
                        return ending.finish_with(ended);
                    }
                }
                () = at(next_ping) => {
                    self.session.recorder.tick();
                    self.send_packet(Packet::text(PacketType::Ping, ""));
                    next_ping = self.next_ping();
                }
                () = ending.overdue() => {
                    return ending.finish(EndedHow::ClosePacket, String::new());
                }
            }
        }
    }

    /// Starts what can be started and waits for one answer. Cancel-safe.
    ///
    /// # Errors
    ///
    /// The session has ended.
    pub(super) async fn step(&mut self) -> Result<(), Ended> {
        self.start_requests();
        self.session.recorder.flush()?;
        tokio::select! {
            answer = self.get.answer() => {
                self.session.recorder.tick();
                self.polled(answer)
            }
            answer = self.post.answer() => {
                self.session.recorder.tick();
                self.posted(answer)
            }
        }
    }

    fn start_requests(&mut self) {
        if self.poll == Poll::Automatic && !self.get.is_busy() {
            let request = self.request("GET", Bytes::new());
            self.record_request(&request, Noted::BelowSocketIo);
            self.get.start(request, "answer to the poll", self.patience);
        }
        if !self.post.is_busy()
            && let Some(body) = self.next_body()
        {
            let request = self.request("POST", body);
            self.record_request(&request, Noted::BelowSocketIo);
            self.post
                .start(request, "answer to the POST", self.patience);
        }
    }

    fn polled(&mut self, answer: Result<HttpResponse, ConnectFailure>) -> Result<(), Ended> {
        let response = answer.map_err(|failure| broken(&failure))?;
        if response.status != 200 {
            return Err(self.refused("poll", response));
        }
        self.take_payload(&response);
        let closed = self.session.take_closed();
        self.session.recorder.flush()?;
        closed.map_or(Ok(()), Err)
    }

    fn posted(&mut self, answer: Result<HttpResponse, ConnectFailure>) -> Result<(), Ended> {
        let response = answer.map_err(|failure| broken(&failure))?;
        if response.status != 200 {
            return Err(self.refused("POST", response));
        }
        if self.options.layer != Layer::SocketIo {
            let bytes = response.body.len();
            self.session.recorder.record(What::Http(response), bytes);
        }
        self.session.recorder.flush()
    }

    fn refused(&mut self, what: &str, response: HttpResponse) -> Ended {
        let reason = format!(
            "{what} answered {} with {}",
            response.status,
            describe(&response.body)
        );
        let bytes = response.body.len();
        self.session.recorder.record(What::Http(response), bytes);
        // The end is reported either way.
        let _ = self.session.recorder.flush();
        Ended {
            how: EndedHow::HttpError,
            code: None,
            reason,
            by_us: false,
        }
    }

    /// Takes the packets of a response and queues what they demand of us.
    fn take_payload(&mut self, response: &HttpResponse) {
        let decoded = match self.session.revision {
            Revision::Four => decode_payload(&response.body, self.max_packets),
            Revision::Three => {
                let is_binary = response
                    .header("content-type")
                    .is_some_and(|kind| kind.contains("octet-stream"));
                v3::decode_payload(&response.body, is_binary, self.max_packets)
            }
        };
        match decoded {
            Ok(packets) => {
                for packet in packets {
                    self.session.packet(packet);
                }
            }
            Err(error) => {
                self.session
                    .recorder
                    .illegal("engine.io", error.to_string(), &response.body);
            }
        }
        for answer in self.session.take_answers() {
            self.send_packet(answer);
        }
    }

    fn queue(&mut self, command: Command) {
        match command {
            Command::Bytes { bytes, .. } => {
                self.session.recorder.sent(Outgoing::Bytes(bytes.clone()));
                self.posts.push_back(Post::Body(bytes));
            }
            // The end is the caller's; frames don't exist here.
            Command::End(_) | Command::Frame { .. } => {}
            Command::Packets { packets, payload } => {
                for packet in &packets {
                    self.session
                        .recorder
                        .sent(Outgoing::Packet(packet.encode_text()));
                }
                match payload {
                    Payload::Own => self.posts.push_back(Post::Own(packets)),
                    Payload::Shared => self.posts.extend(packets.into_iter().map(Post::Shared)),
                }
            }
            Command::Text(text) => {
                self.session.recorder.sent(Outgoing::Packet(text.clone()));
                self.posts.push_back(Post::Body(text.into_bytes()));
            }
        }
    }

    fn send_packet(&mut self, packet: Packet) {
        self.session
            .recorder
            .sent(Outgoing::Packet(packet.encode_text()));
        self.posts.push_back(Post::Shared(packet));
    }

    /// The body of the next POST: packets that may share one do, up to the server's limit.
    fn next_body(&mut self) -> Option<Bytes> {
        let mut packets = match self.posts.pop_front()? {
            Post::Body(body) => return Some(body),
            Post::Own(packets) => return Some(self.encode(&packets)),
            Post::Shared(packet) => vec![packet],
        };
        let mut bytes = packets.iter().map(posted_length).sum::<usize>();
        while let Some(Post::Shared(packet)) = self.posts.front() {
            bytes = bytes.saturating_add(posted_length(packet));
            if bytes > self.max_payload {
                break;
            }
            if let Some(Post::Shared(packet)) = self.posts.pop_front() {
                packets.push(packet);
            }
        }
        Some(self.encode(&packets))
    }

    fn encode(&self, packets: &[Packet]) -> Bytes {
        match self.session.revision {
            Revision::Four => engine_io::encode_payload(packets),
            Revision::Three => v3::encode_payload(packets),
        }
    }

    fn request(&self, method: &str, body: Bytes) -> HttpRequest {
        let mut headers = vec![("Accept".to_owned(), "*/*".to_owned())];
        let body = (method == "POST").then_some(body);
        if body.is_some() {
            headers.push((
                "Content-Type".to_owned(),
                "text/plain;charset=UTF-8".to_owned(),
            ));
        }
        HttpRequest {
            method: method.to_owned(),
            target: self.target.clone(),
            headers: override_headers(headers, &self.options.headers),
            body,
        }
    }

    fn record_request(&mut self, request: &HttpRequest, noted: Noted) {
        if noted == Noted::Always || self.options.layer != Layer::SocketIo {
            self.session.recorder.sent(Outgoing::Http {
                method: request.method.clone(),
                target: request.target.clone(),
                body: request.body.clone().unwrap_or_default(),
            });
        }
    }

    fn next_ping(&self) -> Option<Instant> {
        self.session
            .ping_every()
            .map(|every| Instant::now() + every)
    }

    /// Ends both connections at once.
    fn cut(self, how: DropHow) -> Ended {
        let how = match how {
            DropHow::Reset => {
                self.get.reset();
                self.post.reset();
                EndedHow::Reset
            }
            DropHow::Close | DropHow::Drop => EndedHow::Eof,
        };
        Ended {
            how,
            code: None,
            reason: String::new(),
            by_us: true,
        }
    }
}

/// Which requests the journal shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Noted {
    Always,
    /// At layer Socket.IO the polls that carry a session are no news.
    BelowSocketIo,
}

/// Bytes that a packet takes in a payload, its separator included.
fn posted_length(packet: &Packet) -> usize {
    match &packet.data {
        PacketData::Binary(bytes) => bytes.len().div_ceil(3) * 4 + 2,
        PacketData::Text(text) => text.len() + 2,
    }
}

/// A request that got no answer ends the session.
fn broken(failure: &ConnectFailure) -> Ended {
    let how = match failure {
        ConnectFailure::Ended { .. } | ConnectFailure::Unreachable { .. } => EndedHow::Eof,
        ConnectFailure::Reset { .. } => EndedHow::Reset,
        _ => return given_up(failure.to_string()),
    };
    Ended {
        how,
        code: None,
        reason: failure.to_string(),
        by_us: false,
    }
}
