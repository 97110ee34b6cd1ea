//! Rooms: their members, and the recipients of what is sent to them.

mod broadcast;
mod membership;
mod selection;

pub(super) use broadcast::{AskedClients, ask, broadcast, broadcast_packet};
pub(super) use membership::{Departed, Member, Rooms};
pub(super) use selection::{Addressee, Reach, Selection};
