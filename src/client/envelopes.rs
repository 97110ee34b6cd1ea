//! The envelopes of one connection: how its events travel in the text messages of a plain WebSocket.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::wire::{
    Envelope,
    socket_io::{AckId, Packet},
};

/// The form of a connection's envelopes, and the requests that the client has sent. A clone shares the requests.
#[derive(Clone, Debug)]
pub struct Envelopes {
    form: Arc<Envelope>,
    namespace: Arc<str>,
    asked: Arc<Mutex<BTreeSet<AckId>>>,
    is_closed: Arc<AtomicBool>,
}

impl Envelopes {
    /// Returns the envelopes of a new connection. Received packets get this namespace.
    pub fn new(form: Envelope, namespace: &str) -> Self {
        Self {
            form: Arc::new(form),
            namespace: namespace.into(),
            asked: Arc::default(),
            is_closed: Arc::default(),
        }
    }

    /// Returns the namespace of the connection's packets.
    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Stops the decoding of envelopes: the connection records later messages as they are. A client of a scenario that
    /// reads messages or frames uses events only to enter the application.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }

    /// Returns the text that carries a packet, or `None` if an envelope can't carry it.
    pub(super) fn encode(&self, packet: &Packet) -> Option<String> {
        if let Packet::Event { id: Some(id), .. } = packet {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.insert(*id);
        }
        self.form.encode(packet)
    }

    /// Returns the packet in a text that the client has sent.
    pub fn sent(&self, text: &str) -> Option<Packet> {
        let packets = self.form.decode(text, &self.namespace, &|_| false);
        packets.into_iter().next()
    }

    /// Returns the text of a received packet; `None` for a packet that stands for no message.
    pub fn received(&self, packet: &Packet) -> Option<String> {
        self.form.encode(packet)
    }

    /// Returns the packets in a text message; none if the message is no envelope.
    pub(super) fn decode(&self, text: &str) -> Vec<Packet> {
        if self.is_closed.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        self.form
            .decode(text, &self.namespace, &|id| asked.contains(&id))
    }
}
