//! Faults that change the content of messages, depending on their flags and recipients.

use std::{borrow::Cow, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;

use super::topic::faults;
use crate::{
    data::Data,
    reference::{
        FaultSet,
        engine::{Delivery, Outbound, TransportKind},
        rooms::{Addressee, Reach, Selection},
        socket::Socket,
    },
    wire::{
        engine_io::{Packet, PacketData, PacketType},
        socket_io,
    },
};

/// The number of bytes or characters to which a fault truncates a value.
const CUT: usize = 65_536;

faults!(SendingFault {
    BroadcastCut = "broadcast-cut": "When a message is for the whole namespace, the server cuts its texts and its bytes after 65,536 characters or bytes.";
    DirectBytesNull = "direct-bytes-null": "When a direct message contains bytes, the server sends null in their place.";
    ExceptBytesRepeated = "except-bytes-repeated": "When a message with excepted rooms has several attachments, the server sends the first attachment in the place of each of them.";
    LocalBytesEmptied = "local-bytes-emptied": "When a message with the `local` flag contains bytes, the server sends empty attachments in their place.";
    MixedTransportsBase64 = "mixed-transports-get-base64": "When one recipient of a message is on long-polling, the server sends the attachments to recipients on WebSocket as base64 text.", seen "python-engineio 4.15.1";
    RoomBytesCut = "room-emit-bytes-cut": "When a message to one room contains bytes, the server cuts them after 65,536 bytes.";
    SeveralRoomsBase64 = "rooms-emit-bytes-as-base64": "When a message to several rooms contains bytes, the server sends them as base64 strings.";
    VolatileAttachmentsLost = "volatile-attachments-lost": "When a volatile message contains bytes, the server sends it without its attachments.", seen "socket.io-adapter 2.3.1";
    VolatileCut = "volatile-cut": "When a message is volatile, the server cuts its texts and its bytes after 65,536 characters or bytes.";
});

impl FaultSet {
    /// Returns the packet that the server sends to the selected clients. Without faults this is
    /// `packet`, unchanged.
    pub(in crate::reference) fn alter_content_sent<'a>(
        &self,
        selection: &Selection,
        packet: &'a socket_io::Packet,
    ) -> Cow<'a, socket_io::Packet> {
        if self.is_empty() {
            return Cow::Borrowed(packet);
        }
        let mut altered = packet.clone();
        if let socket_io::Packet::Event { args, .. } = &mut altered {
            let mut first = None;
            for arg in args {
                self.alter_value(selection, arg, &mut first);
            }
        }
        Cow::Owned(altered)
    }

    /// Returns the encoded messages of a packet that the server sends to the selected clients.
    /// Without faults this is `right`.
    pub(in crate::reference) fn alter_sent_messages(
        &self,
        selection: &Selection,
        right: Arc<Outbound>,
    ) -> Arc<Outbound> {
        let is_volatile = selection.delivery == Delivery::Volatile;
        if self.has(SendingFault::VolatileAttachmentsLost) && is_volatile {
            let text = right.packets().iter().take(1).cloned();
            return Outbound::new(text.collect());
        }
        right
    }

    /// Returns the encoded messages of a packet for one of its recipients. Without faults all
    /// recipients get `right`.
    pub(in crate::reference) fn choose_messages(
        &self,
        socket: &Socket,
        recipients: &[Arc<Socket>],
        right: &Arc<Outbound>,
    ) -> Arc<Outbound> {
        let polls = |socket: &Socket| socket.session().transport() == TransportKind::Polling;
        if !self.has(SendingFault::MixedTransportsBase64)
            || polls(socket)
            || !recipients.iter().any(|other| polls(other))
        {
            return Arc::clone(right);
        }
        let packets = right.packets().iter().map(|packet| match &packet.data {
            PacketData::Binary(bytes) => {
                let text = format!("b{}", BASE64_STANDARD.encode(bytes));
                Packet::text(PacketType::Message, text)
            }
            PacketData::Text(_) => packet.clone(),
        });
        Outbound::new(packets.collect())
    }

    /// Changes texts and bytes at any depth. `first` is the first value of bytes in the message;
    /// `None` until one was found.
    fn alter_value(&self, selection: &Selection, data: &mut Data, first: &mut Option<Bytes>) {
        match data {
            Data::Bytes(bytes) => {
                let bytes = bytes.clone();
                let known = first.get_or_insert_with(|| bytes.clone()).clone();
                *data = self.alter_bytes(selection, bytes, known);
            }
            Data::String(text) if self.cuts_text(selection) => {
                *text = text.chars().take(CUT).collect();
            }
            Data::Array(items) => {
                for item in items {
                    self.alter_value(selection, item, first);
                }
            }
            Data::Object(fields) => {
                for value in fields.values_mut() {
                    self.alter_value(selection, value, first);
                }
            }
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => {}
        }
    }

    fn alter_bytes(&self, selection: &Selection, bytes: Bytes, first: Bytes) -> Data {
        // A message that does not go back to its sender already excepts the room of the sender's
        // own id. So a second excepted room can only come from the arguments of the client's event.
        let excepts = selection.except.len() > 1;
        let to_one_room = selection.rooms.len() == 1 && selection.addressee == Addressee::Members;
        if self.has(SendingFault::DirectBytesNull) && selection.addressee == Addressee::Socket {
            Data::Null
        } else if self.has(SendingFault::ExceptBytesRepeated) && excepts {
            Data::Bytes(first)
        } else if self.has(SendingFault::LocalBytesEmptied) && selection.reach == Reach::Local {
            Data::Bytes(Bytes::new())
        } else if self.has(SendingFault::SeveralRoomsBase64) && selection.rooms.len() > 1 {
            Data::from(BASE64_STANDARD.encode(bytes))
        } else if (self.has(SendingFault::RoomBytesCut) && to_one_room) || self.cuts_text(selection)
        {
            Data::Bytes(bytes.slice(..bytes.len().min(CUT)))
        } else {
            Data::Bytes(bytes)
        }
    }

    /// Returns true if an active fault truncates the texts in messages to the recipients of this
    /// selection.
    fn cuts_text(&self, selection: &Selection) -> bool {
        (self.has(SendingFault::BroadcastCut) && selection.rooms.is_empty())
            || (self.has(SendingFault::VolatileCut) && selection.delivery == Delivery::Volatile)
    }
}
