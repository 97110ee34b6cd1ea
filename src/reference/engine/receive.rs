//! Handling of Engine.IO packets from clients.

use std::sync::Arc;

use super::{Ending, Outbound, Revision, Session};
use crate::{
    reference::{faults, socket},
    wire::engine_io::{Packet, PacketData, PacketType},
};

impl Session {
    /// Handles one packet (Engine.IO v4, "Protocol").
    pub(in crate::reference) fn receive(self: &Arc<Self>, packet: Packet) {
        if !self.is_open() {
            return;
        }
        if faults::heartbeat::counts_as_pong(self, packet.kind) {
            self.pulse.beat();
        }
        match (packet.kind, self.revision) {
            (PacketType::Message, _) => self.receive_message(packet.data),
            (PacketType::Pong, Revision::V4) | (PacketType::Ping, Revision::V3) => {
                self.receive_beat(packet.data);
            }
            (PacketType::Close, _) => {
                if !faults::polling::ignores_close_packet(self) {
                    self.close(Ending::ClosePacket);
                }
            }
            // Only a client of revision 3 sends pings, and only one of revision 4 sends pongs.
            (PacketType::Ping, Revision::V4) | (PacketType::Pong, Revision::V3) => {
                faults::heartbeat::handle_wrong_direction(self);
            }
            // These packets have no effect here.
            (PacketType::Noop, _) => faults::polling::close_on_noop(self),
            (PacketType::Open, _) => faults::handshake::answer_open_packet(self),
            (PacketType::Upgrade, _) => {}
        }
    }

    fn receive_beat(self: &Arc<Self>, data: PacketData) {
        faults::heartbeat::close_on_pong_data(self, &data);
        if self.revision == Revision::V3 && !faults::revision3::ignores_ping(self.faults()) {
            self.send_packet(Outbound::new(vec![Packet {
                kind: PacketType::Pong,
                data,
            }]));
        }
        if faults::heartbeat::ignores_pong(self.faults()) {
            return;
        }
        faults::binary::close_on_pong(self);
        if !self.pulse.beat() {
            faults::heartbeat::handle_unsolicited_pong(self);
        }
    }

    fn receive_message(self: &Arc<Self>, data: PacketData) {
        faults::robustness::crash_on_message(self, &data);
        if faults::websocket::drops_message(self.faults(), &data) {
            return;
        }
        if self.peer.is_some() {
            socket::receive(self, data);
        } else {
            self.echo(data);
        }
    }

    /// Sends a message back, which is all that a bare Engine.IO server does.
    fn echo(&self, data: PacketData) {
        let packet = Packet {
            kind: PacketType::Message,
            data,
        };
        self.send_packet(Outbound::new(vec![packet]));
    }
}
