//! The Socket.IO state of one session: its packet decoder and the namespaces that it has joined.

use std::{
    any::Any,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;

use super::{Namespaces, Socket};
use crate::{
    reference::{
        Config,
        engine::{Session, SessionHandler},
    },
    wire::socket_io::{Decoder, Limits, Packet},
};

/// The largest number of attachments in one packet, as in the JavaScript server.
const MAX_ATTACHMENTS: usize = 10;

/// The Socket.IO state of one session.
#[derive(Debug)]
pub(in crate::reference) struct Peer {
    /// The namespaces of the server, which all its peers share.
    namespaces: Arc<Namespaces>,
    state: Mutex<State>,
    joined_once: AtomicBool,
}

/// The part of a session's Socket.IO state that changes. Its lock is held only for short moments.
#[derive(Debug)]
pub(super) struct State {
    pub(super) decoder: Decoder,
    memberships: Vec<(Box<str>, Membership)>,
}

/// The state of a session in a namespace.
#[derive(Clone, Debug)]
pub(in crate::reference) enum Membership {
    /// The session has joined the namespace with this socket.
    Joined(Arc<Socket>),
    /// The session has sent CONNECT, and the server has not replied yet.
    Pending,
}

impl Peer {
    /// Returns the state of a session that has joined no namespace.
    pub(super) fn new(config: &Config, namespaces: &Arc<Namespaces>) -> Self {
        let max_payload = usize::try_from(config.max_payload).unwrap_or(usize::MAX);
        let limits = Limits {
            attachments: config.faults.attachment_limit(MAX_ATTACHMENTS),
            attachment_bytes: max_payload.saturating_mul(MAX_ATTACHMENTS),
        };
        Self {
            namespaces: Arc::clone(namespaces),
            state: Mutex::new(State {
                decoder: Decoder::new(limits),
                memberships: Vec::new(),
            }),
            joined_once: AtomicBool::new(false),
        }
    }

    /// Returns the Socket.IO state of `session`; `None` on a bare Engine.IO server.
    pub(in crate::reference) fn of(session: &Session) -> Option<&Self> {
        let handler: &dyn Any = session.handler.as_deref()?;
        handler.downcast_ref()
    }

    /// Returns the namespaces of the server.
    pub(in crate::reference) fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    /// Returns true if the session has neither joined a namespace nor sent CONNECT.
    pub(in crate::reference) fn is_outside(&self) -> bool {
        self.lock().memberships.is_empty()
    }

    /// Returns the number of attachments that the decoder still waits for.
    pub(in crate::reference) fn attachments_due(&self) -> usize {
        self.lock().decoder.missing_attachments()
    }

    /// Returns the sockets of the session.
    pub(in crate::reference) fn sockets(&self) -> Vec<Arc<Socket>> {
        let joined = |(_, membership): &(_, Membership)| match membership {
            Membership::Joined(socket) => Some(Arc::clone(socket)),
            Membership::Pending => None,
        };
        self.lock().memberships.iter().filter_map(joined).collect()
    }

    /// Returns the state of the session in `namespace`.
    pub(in crate::reference) fn membership(&self, namespace: &str) -> Option<Membership> {
        let state = self.lock();
        let mut all = state.memberships.iter();
        all.find(|(name, _)| **name == *namespace)
            .map(|(_, membership)| membership.clone())
    }

    /// Stores the state of the session in `namespace`.
    pub(super) fn set(&self, namespace: &str, membership: Membership) {
        if matches!(membership, Membership::Joined(_)) {
            self.joined_once.store(true, Ordering::Release);
        }
        let mut state = self.lock();
        let mut all = state.memberships.iter_mut();
        match all.find(|(name, _)| **name == *namespace) {
            Some((_, known)) => *known = membership,
            None => state.memberships.push((namespace.into(), membership)),
        }
    }

    /// Removes the state of the session in `namespace`.
    pub(super) fn leave(&self, namespace: &str) {
        self.lock()
            .memberships
            .retain(|(name, _)| **name != *namespace);
    }

    /// Decodes a text as a Socket.IO packet. Only faults call this.
    pub(in crate::reference) fn decode(&self, text: &str) -> Option<Packet> {
        self.lock().decoder.text(text).ok()?
    }

    /// Passes bytes to the decoder as the attachment that it waits for. Only faults call this.
    pub(in crate::reference) fn take_attachment(&self, bytes: Bytes) -> Option<Packet> {
        self.lock().decoder.binary(bytes).ok()?
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the namespace of a session that is in one namespace at most, as that of a plain WebSocket.
pub(in crate::reference) fn only_namespace(session: &Session) -> Option<String> {
    let peer = Peer::of(session)?;
    let state = peer.lock();
    state.memberships.first().map(|(name, _)| name.to_string())
}

impl SessionHandler for Peer {
    fn has_joined(&self) -> bool {
        self.joined_once.load(Ordering::Acquire)
    }

    /// Notifies all sockets of the session that the session has ended.
    fn session_ended(&self, reason: &str) {
        let sockets = self.sockets();
        self.lock().memberships.clear();
        for socket in sockets {
            socket.session_ended(reason);
        }
    }
}
