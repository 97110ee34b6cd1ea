//! Records: files that hold everything that happened in a run, so that reports can be made later and elsewhere.
//!
//! A record is a gzip file with one JSON text on each line. The first line is the [`Header`]; each other line is an
//! [`Event`](crate::runner::Event), in the order in which they happened. The last event of a run that ended is
//! `run-finished`. A record without it is cut: the run was killed, or the disk was full.

mod compare;
mod error;
mod header;
mod merge;
mod player;
mod reader;
mod replay;
mod sequence;
#[cfg(test)]
mod tests;
mod writer;

pub use compare::{Change, Changes, Moment, compare};
pub use error::{ReadRecordError, UnmergeableError, WriteRecordError};
pub use header::{Header, RECORD_SCHEMA_NAME, Suite, TestedTarget};
pub use merge::Parts;
pub use player::Replayed;
pub use reader::is_record;
pub use replay::{events_of, replay, replay_one};
pub use writer::Writer;
