//! From text to scenarios: every mistake of a file is found, and told with its place.

mod accept;
mod cast;
mod connected;
mod connection;
mod events;
mod file;
mod forms;
mod known;
mod raw;
mod scenario;
mod steps;
mod table;
#[cfg(test)]
mod tests;
mod variables;
mod verbs;

pub(super) use file::level_of;
pub use file::{Known, duplicate_ids, load};
#[cfg(test)]
pub(super) use tests::EVERYTHING;
pub use verbs::VERBS;
