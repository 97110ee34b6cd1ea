//! Collects the credentials that a scenario uses.

use crate::scenario::{Mentioned, scope::SECRET, values::Reference};

impl Mentioned {
    /// Adds the credentials among the variables that a value uses.
    pub(in crate::scenario) fn note_credentials(&mut self, references: &[Reference]) {
        for reference in references {
            if reference.name == SECRET {
                self.credentials.insert("secret".to_owned());
                continue;
            }
            let mut parts = reference.name.split('.');
            if let (Some("credentials"), Some(name)) = (parts.next(), parts.next()) {
                self.credentials.insert(name.to_owned());
            }
        }
    }
}
