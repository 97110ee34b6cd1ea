//! The result of a client's requests before it connected.

use crate::{client::Cookies, scenario::Scope};

/// What a client got from the requests before it connected.
#[derive(Clone, Debug)]
pub(super) struct Entered {
    /// The variables, with those that the requests have captured.
    pub(super) scope: Scope,
    /// The cookies that the responses have set.
    pub(super) cookies: Cookies,
}
