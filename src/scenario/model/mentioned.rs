//! The names that a scenario takes from the target.

use std::collections::BTreeSet;

/// The names of things of the target that a scenario uses. A target that lacks one of them can't be judged by the
/// scenario.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Mentioned {
    /// The credentials, as in `$credentials.valid`. The name is `secret` if the scenario signs tokens with the target's
    /// secret.
    pub credentials: BTreeSet<String>,
    /// The namespaces of clients and steps, as the scenario writes them. A name that the scenario computes is not among
    /// them.
    pub namespaces: BTreeSet<String>,
    /// Whether the scenario uses an id that only Socket.IO gives, as in `$sender.sid`.
    pub socket_ids: bool,
    /// Whether the scenario uses the user of a client, as in `$sender.user`.
    pub users: bool,
}
