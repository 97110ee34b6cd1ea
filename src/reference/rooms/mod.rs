//! Rooms: who is in which, and who receives what is sent to them.

mod broadcast;
mod membership;
mod selection;

pub(super) use broadcast::{Asked, ask, broadcast, broadcast_packet};
pub(super) use membership::{Departed, Rooms};
pub(super) use selection::{Reach, Selection};
