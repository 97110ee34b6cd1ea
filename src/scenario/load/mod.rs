//! Loads scenarios from text, and reports all mistakes of a file with their places.

mod accept;
mod clients;
mod connected;
mod file;
mod known;
mod scenario;
mod steps;
mod table;
#[cfg(test)]
mod tests;
mod unfolded;
mod way_in;

pub use file::{duplicate_ids, load};
pub use known::{Known, Others};
#[cfg(test)]
pub(super) use tests::EVERYTHING;
pub(crate) use way_in::{ReadWayIn, read_way_in};
