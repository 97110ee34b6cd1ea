//! Collects the names of the target's parts that a scenario uses.

use crate::scenario::{Mentioned, reference::Reference, scope::SECRET};

impl Mentioned {
    /// Adds the credentials, the ids of sockets and the users among the variables that a value uses.
    pub(in crate::scenario) fn note_variables(&mut self, references: &[Reference]) {
        for reference in references {
            if reference.name == SECRET {
                self.credentials.insert("secret".to_owned());
                continue;
            }
            // An index and a slice, as in `credentials.valid[1:]`, belong to no name.
            let mut parts = reference.name.split('.');
            let mut part = || Some(parts.next()?.split('[').next().unwrap_or_default());
            match (part(), part()) {
                (Some("credentials"), Some(name)) => {
                    self.credentials.insert(name.to_owned());
                }
                (_, Some("sid" | "engine_sid" | "handshake")) => self.socket_ids = true,
                (_, Some("user")) => self.users = true,
                _ => {}
            }
        }
    }
}
