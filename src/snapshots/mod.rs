//! Snapshots of transcripts: `.snap` files that hold what the clients of each scenario sent and received, and the
//! changes that wait for a review.
//!
//! A `.snap` file belongs to one scenario file and one target. Beside it, a `.snap.new` file holds what the `.snap`
//! file would be if every change of the last run were accepted. Both have the format of the crate insta, so that its
//! own review opens them as well. How a transcript is made is left to `runner`, how a change is shown to `report`.

mod changes;
mod difference;
mod file;
mod groups;
mod order;
mod pending;
mod reader;
mod review;
mod section;
#[cfg(test)]
mod tests;
mod update;
mod writer;

pub use changes::{Change, changes};
pub use difference::{LaneDifference, Presence, Row, differences};
pub use file::SnapshotFile;
pub use groups::groups;
pub use pending::{FindError, PendingFile, pending_files, pending_path, stored_path};
pub use reader::{parse, read, read_if_exists};
pub use review::{Answer, Review, ReviewError};
pub use section::{Direction, Heading, Lane, Line, Section};
pub use update::{Found, next_pending};
pub use writer::{WriteSnapshotError, write};
