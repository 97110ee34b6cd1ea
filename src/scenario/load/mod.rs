//! From text to scenarios: every mistake of a file is found, and told with its place.

mod cast;
mod connection;
mod events;
mod file;
mod raw;
mod scenario;
mod steps;
mod table;
#[cfg(test)]
mod tests;
mod variables;

pub(super) use file::level_of;
pub use file::{Known, duplicate_ids, load};
