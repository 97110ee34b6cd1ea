//! What a connection becomes after the response 101 Switching Protocols.

use std::{pin::pin, sync::Arc};

use bytes::Bytes;

use super::{
    Outbound, PollForm, Probing, Revision, Session, TokenSources, TransportKind,
    closing_handshake::{Finish, finish},
    echo,
    frame_stream::FrameStream,
    polling::open_packet,
    upgrade,
    websocket::run_session,
};
use crate::{
    net::{Stream, linger},
    reference::{shared::Shared, socket},
    wire::websocket::DeflateOffer,
};

/// What a connection becomes after the 101 response.
#[derive(Debug)]
pub(in crate::reference) enum Upgraded {
    /// A plain WebSocket endpoint without a session, which echoes messages.
    Echo,
    /// A plain WebSocket that carries the events of one namespace in envelopes.
    Enveloped {
        /// The name of the namespace.
        namespace: String,
        /// The tokens in the handshake.
        tokens: TokenSources,
    },
    /// A connection on which an active fault writes these bytes in place of WebSocket frames.
    Foreign(Bytes),
    /// A WebSocket that probes a polling session. If the probe succeeds, the session continues on
    /// this WebSocket.
    Probe(Probing),
    /// A WebSocket that the server closes, because the session already has a WebSocket.
    Refused,
    /// A WebSocket that opens a new session.
    Session {
        /// The Engine.IO revision of the new session.
        revision: Revision,
        /// The tokens in the handshake that opens the session.
        tokens: TokenSources,
    },
}

/// Serves a connection from the 101 response to its end. `early` are bytes that arrived together
/// with the request.
pub(in crate::reference) async fn run_websocket(
    stream: Stream,
    early: Bytes,
    upgraded: Upgraded,
    deflate: Option<&DeflateOffer>,
    server: &Arc<Shared>,
) {
    server.faults().crash_on_early_frame(server, &early);
    let mut stream = FrameStream::new(stream, early, &server.config, deflate);
    match upgraded {
        Upgraded::Echo => Box::pin(echo::run_echo(&mut stream, server)).await,
        Upgraded::Enveloped { namespace, tokens } => {
            let session = Session::open(
                server,
                TransportKind::WebSocket,
                Revision::V4,
                PollForm::default(),
                tokens,
            );
            socket::connect_by_path(&session, &namespace);
            // A plain WebSocket has no heartbeat and no connect timeout.
            let timers = pin!(std::future::pending());
            run_session(&mut stream, &session, timers).await;
        }
        Upgraded::Foreign(bytes) => {
            stream.push(bytes);
            // An error can be ignored here: the client has left, and the scenario judges only the
            // bytes that the client has received.
            let _ = stream.flush_all().await;
        }
        // The upgrade is boxed, so that connections without an upgrade do not reserve memory for
        // one.
        Upgraded::Probe(probing) => Box::pin(upgrade::run_upgrade(&mut stream, probing)).await,
        Upgraded::Refused => finish(&mut stream, Finish::Close, server.faults()).await,
        Upgraded::Session { revision, tokens } => {
            let session = Session::open(
                server,
                TransportKind::WebSocket,
                revision,
                PollForm::default(),
                tokens,
            );
            session.send_packet(Outbound::new(vec![open_packet(&session)]));
            if session.faults().joins_without_connect(&session) {
                socket::connect_by_default(&session);
            }
            let timers = pin!(Arc::clone(&session).supervise());
            run_session(&mut stream, &session, timers).await;
        }
    }
    server.faults().keep_stream_open().await;
    linger(stream.into_inner()).await;
}
