//! The variables of one run of one scenario.

use std::collections::HashMap;

use crate::data::Data;

/// Names and what they stand for.
///
/// Dots in a name go into objects: `$sender.sid` is the field `sid` of the variable `sender`.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    values: HashMap<String, Data>,
}

impl Scope {
    /// Sets a variable.
    pub fn set(&mut self, name: impl Into<String>, value: Data) {
        self.values.insert(name.into(), value);
    }

    /// What a name stands for; dots lead into objects.
    pub fn get(&self, name: &str) -> Option<&Data> {
        let mut parts = name.split('.');
        let first = self.values.get(parts.next()?)?;
        parts.try_fold(first, Data::get)
    }

    /// All variables.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Data)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }
}
