//! Handling of Engine.IO packets from clients.

use std::sync::Arc;

use super::{Ending, Outbound, Revision, Session};
use crate::{
    reference::socket,
    wire::engine_io::{Packet, PacketData, PacketType},
};

impl Session {
    /// Handles one packet (Engine.IO v4, "Protocol").
    pub(in crate::reference) fn receive(self: &Arc<Self>, packet: Packet) {
        if !self.is_open() {
            return;
        }
        if self.faults().counts_as_pong(self, packet.kind) {
            self.pulse.beat();
        }
        match (packet.kind, self.revision) {
            (PacketType::Message, _) => self.receive_message(packet.data),
            (PacketType::Pong, Revision::V4) | (PacketType::Ping, Revision::V3) => {
                self.receive_beat(packet.data);
            }
            (PacketType::Close, _) => {
                if !self.faults().ignores_close_packet(self) {
                    self.close(Ending::ClosePacket);
                }
            }
            // Only clients of revision 3 may send pings, and only clients of revision 4 may send
            // pongs.
            (PacketType::Ping, Revision::V4) | (PacketType::Pong, Revision::V3) => {
                self.faults().handle_wrong_direction(self);
            }
            // Packets of these types from a client have no effect on a right server.
            (PacketType::Noop, _) => self.faults().close_on_noop(self),
            (PacketType::Open, _) => self.faults().answer_open_packet(self),
            (PacketType::Upgrade, _) => {}
        }
    }

    fn receive_beat(self: &Arc<Self>, data: PacketData) {
        self.faults().close_on_pong_data(self, &data);
        if self.revision == Revision::V3 && !self.faults().ignores_ping() {
            self.send_packet(Outbound::new(vec![Packet {
                kind: PacketType::Pong,
                data,
            }]));
        }
        if self.faults().ignores_pong() {
            return;
        }
        self.faults().close_on_pong(self);
        if !self.pulse.beat() {
            self.faults().handle_unsolicited_pong(self);
        }
    }

    fn receive_message(self: &Arc<Self>, data: PacketData) {
        self.faults().crash_on_message(self, &data);
        if self.faults().drops_message(&data) {
            return;
        }
        if self.handler.is_some() {
            socket::receive(self, data);
        } else {
            self.echo(data);
        }
    }

    /// Sends a message back to the client, as a bare Engine.IO server does with every message.
    fn echo(&self, data: PacketData) {
        let packet = Packet {
            kind: PacketType::Message,
            data,
        };
        self.send_packet(Outbound::new(vec![packet]));
    }
}
