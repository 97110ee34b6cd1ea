//! The running target: starts it, checks that it is alive, measures it, and stops it.

pub(super) mod calibrate;
pub(super) mod credential_cache;
pub(super) mod fence_answers;
pub(super) mod host;
pub(super) mod listening;
pub(super) mod live_target;
pub(super) mod try_out;
