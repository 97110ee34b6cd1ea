//! Changes of snapshots: a list, one below the other, and in two columns.
//!
//! Snapshots are files that anybody can edit, so their texts are escaped like those of a target.

mod columns;
mod folded;
mod line;
mod list;
mod one_below_the_other;
#[cfg(test)]
mod tests;

pub use columns::change_in_columns;
pub use list::{changes_list, group_title};
pub use one_below_the_other::{change_in_full, change_title};
