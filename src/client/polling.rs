//! Engine.IO over HTTP long-polling.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    ConnectFailure, Cookies, DropHow, Ended, EndedHow, Endpoint, Exceeded, HttpRequest,
    HttpResponse, Layer, Options, Outgoing, What,
    command::{Command, Commands, Given},
    describe::describe,
    ending::{Ending, by_us},
    http::{KeepAlive, KeepAliveState},
    poll_payloads::PollPayloads,
    posts::Posts,
    recorder::{Recorder, given_up},
    requests::{override_headers, target},
    session::{Revision, Session},
};
use crate::{
    clock,
    wire::engine_io::{self, Handshake, Packet, PacketType, PayloadError},
};

/// The timeout of a request before the open packet has announced the server's heartbeat.
const UNKNOWN_HEARTBEAT: Duration = Duration::from_secs(120);

/// The time that the server gets to read a poll request before the client aborts the request by leaving.
const HEAD_START: Duration = Duration::from_millis(50);

/// The time limit for the answer to a pending POST after a poll's response has ended the session.
const LAST_ANSWER: Duration = Duration::from_secs(1);

/// A session over long-polling, with one connection for GET and one for POST.
#[derive(Debug)]
pub(super) struct Polling {
    session: Session,
    options: Options,
    cookies: Cookies,
    /// The headers from the options, with the session's cookies.
    headers: Vec<(String, String)>,
    target: String,
    get: KeepAliveState,
    post: KeepAliveState,
    posts: Posts,
    poll: Poll,
    /// The timeout of one request. A heartbeat ping answers a poll long before this timeout.
    time_limit: Duration,
    payloads: PollPayloads,
    /// How the session ended, and the deadline for the answer to a pending POST. Set if a poll's response has ended the
    /// session while this POST was pending.
    over: Option<(Over, Instant)>,
}

/// The end of a session that the client learnt from the response to a poll.
#[derive(Debug)]
enum Over {
    /// The poll's response contained a close packet.
    Closed(Ended),
    /// The poll was answered with an error status.
    Refused(HttpResponse),
}

/// Whether the client sends another poll request when one is answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Poll {
    Automatic,
    Never,
    /// The client polls until a noop packet arrives, which ends polling during an upgrade to WebSocket.
    UntilNoop,
}

impl Polling {
    /// Opens a session, unless the options name an existing one.
    pub(super) async fn open(
        endpoint: &Endpoint,
        options: &Options,
        recorder: Recorder,
    ) -> Result<Self, ConnectFailure> {
        let shared = Arc::new(endpoint.clone());
        let keep_alive = || {
            let endpoint = Arc::clone(&shared);
            KeepAliveState::new(KeepAlive::new(endpoint, options.bounds, options.deadline))
        };
        let mut polling = Self {
            session: Session::new(options, recorder),
            options: options.clone(),
            cookies: Cookies::default(),
            headers: options.headers.clone(),
            target: target(endpoint, options, "polling", options.session.as_deref()),
            get: keep_alive(),
            post: keep_alive(),
            posts: Posts::new(Revision::of(options)),
            poll: if options.poll {
                Poll::Automatic
            } else {
                Poll::Never
            },
            time_limit: UNKNOWN_HEARTBEAT,
            payloads: PollPayloads::new(options.bounds.entries),
            over: None,
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
            // The handshake has failed; flush, so that the journal has the response.
            let _ = self.session.recorder.flush();
            return Err(ConnectFailure::Refused { response });
        }
        self.keep_cookies(&response);
        self.take_payload(&response);
        // A journal over its limits is no error here: the first call of `step` checks the limits again.
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
            self.time_limit = heartbeat
                .saturating_mul(3)
                .saturating_add(self.options.deadline)
                // Limited to an hour because a server may announce any interval.
                .min(Duration::from_secs(3600));
            self.posts.limit(handshake.max_payload);
            self.target = target(endpoint, &self.options, "polling", Some(&handshake.sid));
        }
        Ok(())
    }

    /// Returns the open packet; `None` before it has arrived.
    pub(super) fn handshake(&self) -> Option<&Handshake> {
        self.session.handshake()
    }

    /// Returns the open packet in an `Arc`, so that the caller can keep it; `None` before it has arrived.
    pub(super) fn shared_handshake(&self) -> Option<Arc<Handshake>> {
        self.session.shared_handshake()
    }

    /// Returns the headers of the session's requests, cookies included.
    pub(super) fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// Returns the recorder that writes the journal.
    pub(super) fn recorder(&self) -> &Recorder {
        &self.session.recorder
    }

    /// Makes the next noop packet end polling: during an upgrade, the server answers the pending poll with a noop.
    ///
    /// The noop and the answer to the probe arrive on different connections, in any order. Some servers answer only
    /// one poll with a noop; if the client sent another poll after that noop, the poll could stay pending until the
    /// next heartbeat.
    pub(super) fn stop_at_noop(&mut self) {
        if self.poll == Poll::Automatic {
            self.poll = Poll::UntilNoop;
        }
    }

    /// Stops sending further poll requests.
    pub(super) fn pause(&mut self) {
        self.poll = Poll::Never;
    }

    /// Returns true if a request is in progress or queued.
    pub(super) fn is_busy(&self) -> bool {
        self.get.is_busy() || self.post.is_busy() || !self.posts.is_empty()
    }

    /// Returns the session, so that another transport can carry it.
    pub(super) fn into_session(self) -> Session {
        self.session
    }

    /// Runs the session until it ends.
    pub(super) async fn run(mut self, mut commands: Commands) -> Ended {
        let mut next_ping = self.next_ping();
        let mut ending = Ending::default();
        loop {
            // The session ends only after its last POST, because data that was queued before the client ended the
            // session is still sent.
            if ending.has_begun() && self.posts.is_empty() && !self.post.is_busy() {
                return ending.finish(EndedHow::ClosePacket, String::new());
            }
            tokio::select! {
                biased;
                Some(given) = commands.recv() => {
                    self.session.recorder.tick();
                    let mut next = Some(given);
                    while let Some(Given { at, command }) = next {
                        self.session.recorder.obey(Some(at));
                        match command {
                            Command::End(DropHow::Close) => {
                                ending.begin(by_us(EndedHow::ClosePacket));
                                self.pause();
                                self.send_packet(Packet::text(PacketType::Close, ""));
                            }
                            Command::End(DropHow::Drop) => {
                                self.leave_poll_waiting().await;
                                ending.begin(by_us(EndedHow::Eof));
                                self.pause();
                            }
                            Command::End(DropHow::Reset) => {
                                self.leave_poll_waiting().await;
                                return self.reset();
                            }
                            command => self.posts.queue(&mut self.session.recorder, command),
                        }
                        next = commands.try_recv().ok();
                    }
                    self.session.recorder.obey(None);
                }
                () = clock::at(next_ping) => {
                    self.session.recorder.tick();
                    self.send_packet(Packet::text(PacketType::Ping, ""));
                    next_ping = self.next_ping();
                }
                // The time counts only after the last POST was sent: the server can't know of the end before.
                () = ending.overdue(), if self.posts.is_empty() => {
                    return ending.finish(EndedHow::ClosePacket, String::new());
                }
                step = self.step() => {
                    if let Err(ended) = step {
                        return ending.finish_with(ended);
                    }
                }
            }
        }
    }

    /// Sends a poll and a POST if they are due, and waits for one answer. Cancel-safe.
    ///
    /// # Errors
    ///
    /// Returns the end of the session.
    pub(super) async fn step(&mut self) -> Result<(), Ended> {
        if let Some((_, until)) = &self.over {
            // The response to a poll has ended the session. A pending POST can still get its answer, because it uses
            // another connection than the poll.
            let until = *until;
            tokio::select! {
                biased;
                answer = self.post.answer() => {
                    self.session.recorder.tick();
                    self.posted(answer)?;
                }
                () = tokio::time::sleep_until(until) => {}
            }
            return self.end_as_polled();
        }
        self.start_requests();
        self.session.recorder.flush()?;
        tokio::select! {
            biased;
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

    /// Makes sure that a poll is pending when the client leaves: when that poll is aborted, the server notices that
    /// the client is gone.
    ///
    /// If a poll is aborted before the server has read it, the server ignores it. The client can't see whether the
    /// server has read the poll, so it waits a short time before it aborts.
    async fn leave_poll_waiting(&mut self) {
        if self.poll != Poll::Automatic {
            return;
        }
        self.start_requests();
        tokio::select! {
            biased;
            answer = self.get.answer() => {
                self.session.recorder.tick();
                // The client is leaving, so an error in this answer does not matter.
                let _ = self.polled(answer);
            }
            () = tokio::time::sleep(HEAD_START) => {}
        }
    }

    fn start_requests(&mut self) {
        if self.poll != Poll::Never && !self.get.is_busy() {
            let request = self.request("GET", Bytes::new());
            self.record_request(&request, Noted::BelowSocketIo);
            self.get
                .start(request, "answer to the poll", self.time_limit);
        }
        if !self.post.is_busy()
            && let Some(body) = self.posts.next_body()
        {
            let request = self.request("POST", body);
            self.record_request(&request, Noted::BelowSocketIo);
            self.post
                .start(request, "answer to the POST", self.time_limit);
        }
    }

    fn polled(&mut self, answer: Result<HttpResponse, ConnectFailure>) -> Result<(), Ended> {
        let response = answer.map_err(|failure| broken(&mut self.session.recorder, &failure))?;
        if response.status != 200 {
            return self.over(Over::Refused(response));
        }
        self.keep_cookies(&response);
        self.take_payload(&response);
        let closed = self.session.take_closed();
        self.session.recorder.flush()?;
        if let Some(ended) = closed {
            return self.over(Over::Closed(ended));
        }
        self.payloads.check()
    }

    /// Ends the session for the reason in `over`: at once if no POST is pending, otherwise after the answer to the
    /// POST.
    fn over(&mut self, over: Over) -> Result<(), Ended> {
        self.over = Some((over, clock::now() + LAST_ANSWER));
        if self.post.is_busy() {
            return Ok(());
        }
        self.end_as_polled()
    }

    fn end_as_polled(&mut self) -> Result<(), Ended> {
        match self.over.take() {
            Some((Over::Closed(ended), _)) => Err(ended),
            Some((Over::Refused(response), _)) => Err(self.refused("poll", response)),
            None => Ok(()),
        }
    }

    fn posted(&mut self, answer: Result<HttpResponse, ConnectFailure>) -> Result<(), Ended> {
        let response = answer.map_err(|failure| broken(&mut self.session.recorder, &failure))?;
        if response.status != 200 {
            return Err(self.refused("POST", response));
        }
        self.keep_cookies(&response);
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
        // The session ends in any case, so a journal over its limits needs no handling here.
        let _ = self.session.recorder.flush();
        Ended {
            how: EndedHow::HttpError,
            code: None,
            reason,
            by_us: false,
            kept_open: false,
        }
    }

    fn keep_cookies(&mut self, response: &HttpResponse) {
        if self.cookies.take(response) {
            self.headers = self.cookies.join(&self.options.headers);
        }
    }

    /// Handles the packets of a response and queues the answers that they require.
    fn take_payload(&mut self, response: &HttpResponse) {
        match self.payloads.decode(self.session.revision, response) {
            Ok(packets) => {
                for packet in packets {
                    if packet.kind == PacketType::Noop && self.poll == Poll::UntilNoop {
                        self.pause();
                    }
                    self.session.packet(packet);
                }
            }
            Err(error @ PayloadError::TooManyPackets { .. }) => {
                self.session.recorder.oversize(Exceeded::Payload(error));
            }
            Err(error) => {
                self.session.recorder.illegal(error, &response.body);
            }
        }
        for answer in self.session.take_answers() {
            self.send_packet(answer);
        }
    }

    fn send_packet(&mut self, packet: Packet) {
        self.posts.send(&mut self.session.recorder, packet);
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
            headers: override_headers(headers, &self.headers),
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
        self.session.ping_every().map(|every| clock::now() + every)
    }

    /// Resets the two connections of the session, for GET and for POST, even if requests are pending on them.
    fn reset(self) -> Ended {
        self.get.reset();
        self.post.reset();
        by_us(EndedHow::Reset)
    }
}

/// Whether the journal records a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Noted {
    Always,
    /// The request is recorded only at layers below Socket.IO. Scenarios at these layers examine single polls.
    BelowSocketIo,
}

/// Returns the end of a session because one of its requests got no answer.
fn broken(recorder: &mut Recorder, failure: &ConnectFailure) -> Ended {
    let how = match failure {
        ConnectFailure::Ended { .. } | ConnectFailure::Unreachable { .. } => EndedHow::Eof,
        ConnectFailure::Reset { .. } => EndedHow::Reset,
        ConnectFailure::TooLarge { what, limit } => {
            recorder.oversize(Exceeded::Response {
                what,
                limit: *limit,
            });
            return given_up(failure.to_string());
        }
        ConnectFailure::TooMuch { limit } => {
            recorder.oversize(limit.clone());
            return given_up(failure.to_string());
        }
        _ => return given_up(failure.to_string()),
    };
    Ended {
        how,
        code: None,
        reason: failure.to_string(),
        by_us: false,
        kept_open: false,
    }
}
