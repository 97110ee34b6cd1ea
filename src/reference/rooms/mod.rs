//! Rooms: their members, and the choice of the recipients of a message to rooms.

mod broadcast;
mod membership;
mod selection;

pub(super) use broadcast::{AskedClients, ask, broadcast, broadcast_packet};
pub(super) use membership::{Departed, Member, Rooms};
pub(super) use selection::{Addressee, Reach, Selection};
