//! Text for people: escaping, shortening, quoting, counting, listing, and the nearest known name.
//!
//! Every part of the program can use these functions. They know nothing about the content of a text.

pub mod escape;
pub mod humanize;
mod names;
mod quote;
mod shorten;

pub use names::{closest, did_you_mean, first_names, hint, join_names, mistyped, nearest, one_of};
pub use quote::{json_string, shell_word};
pub use shorten::{
    and_more, clip, excerpt, excerpts_of_difference, hex_head, keep_ends, keep_head, keep_lines,
};
