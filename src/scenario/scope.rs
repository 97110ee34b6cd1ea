//! The variables of a running scenario with their values.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use super::group::Group;
use crate::data::Data;

/// The variable with the secret of the target, which the function `jwt` reads.
pub(crate) const SECRET: &str = "credentials_secret";

/// The name of the variable with the claims that tokens of the function `jwt` have unless a call says otherwise.
/// Expressions can't read this variable, because its name contains parentheses.
pub(crate) const CLAIMS: &str = "jwt() claims";

/// The name of the variable that holds the set to which the function `jwt` adds each token that it creates. Expressions
/// can't read this variable, because its name contains parentheses.
pub(super) const MINTED: &str = "jwt()";

/// The variables that every run of a scenario sets, each with a description of its value.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("credentials", "the target's tokens by name"),
    (
        SECRET,
        "the secret or the private key that signs the target's tokens",
    ),
    ("marker", "a text that no other run uses"),
    ("other_room", "a second room name that no other run uses"),
    ("path", "the Engine.IO path"),
    ("resource", "the path and query of a WebSocket handshake"),
    ("room", "a room name that no other run uses"),
    ("target", "the name, the URL and the protocol of the target"),
    ("text", "a message text that no other run uses"),
    ("third_room", "a third room name that no other run uses"),
    ("user", "a user name that no other run uses"),
];

/// The names that a scenario can't give to its own variables: some built-in variables, and `index`, which counts the
/// rounds of `repeat:`.
///
/// The other built-in variables can be replaced by a scenario. For example, a row of `each:` can set `text: x`.
pub(super) const RESERVED: &[&str] = &["credentials", SECRET, "index", "target"];

/// The values of variables, by name.
///
/// Dots and indexes in a name select a part of a value: `$sender.sid` is the field `sid` of the variable `sender`, and
/// `[n]` is an item of an array. Each member of a group of clients is a variable, such as `watchers[1]`.
///
/// A clone shares the values until one of the two scopes changes.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    values: Arc<HashMap<String, Data>>,
    groups: Arc<HashMap<String, Arc<Group>>>,
    minted: Arc<Mutex<BTreeSet<String>>>,
}

impl Scope {
    /// Returns a scope in which the loader tries out expressions before a run. It contains a sample secret for the
    /// function `jwt`.
    pub(super) fn of_any_run() -> Self {
        let mut scope = Self::default();
        scope.set(SECRET, Data::from("secret"));
        scope
    }

    /// Sets a variable.
    pub fn set(&mut self, name: impl Into<String>, value: Data) {
        let name = name.into();
        match split_index(&name) {
            Some((group, number)) => {
                let groups = Arc::make_mut(&mut self.groups);
                let group = groups.entry(group.to_owned()).or_default();
                Arc::make_mut(group).set(number, value);
            }
            None => {
                Arc::make_mut(&mut self.values).insert(name, value);
            }
        }
    }

    /// Removes a variable, if it has a value.
    pub fn unset(&mut self, name: &str) {
        if self.values.contains_key(name) {
            Arc::make_mut(&mut self.values).remove(name);
        }
    }

    /// Returns the value of a name that can contain fields and indexes, such as `reply.rooms[1]`.
    pub fn get(&self, name: &str) -> Option<&Data> {
        let mut parts = name.split('.');
        let head = parts.next()?;
        let first = match self.values.get(head) {
            Some(value) => value,
            None => {
                let (variable, index) = split_index(head)?;
                match self.groups.get(variable) {
                    Some(group) => group.get(index)?,
                    None => item(self.values.get(variable)?, index)?,
                }
            }
        };
        parts.try_fold(first, |value, part| match split_index(part) {
            Some((field, index)) => item(value.get(field)?, index),
            None => value.get(part),
        })
    }

    /// Returns the values of the members of a group of clients. Returns `None` if no member has a value yet.
    pub(super) fn group(&self, name: &str) -> Option<&Arc<Group>> {
        self.groups.get(name)
    }

    /// Returns the tokens that the function `jwt` created in this scope and in its clones.
    pub fn minted_tokens(&self) -> BTreeSet<String> {
        self.minted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Adds a token to those that outputs have to mask.
    pub(crate) fn note_minted(&self, token: &str) {
        let mut minted = self.minted.lock().unwrap_or_else(PoisonError::into_inner);
        minted.insert(token.to_owned());
    }

    /// Returns the set to which the function `jwt` adds each token that it creates.
    pub(super) fn minted(&self) -> &Arc<Mutex<BTreeSet<String>>> {
        &self.minted
    }
}

/// Splits `name[3]` into the name and the index.
pub(super) fn split_index(part: &str) -> Option<(&str, usize)> {
    let (name, index) = part.strip_suffix(']')?.split_once('[')?;
    Some((name, index.parse().ok()?))
}

fn item(value: &Data, index: usize) -> Option<&Data> {
    value.as_array()?.get(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_into_objects_arrays_and_groups() {
        let mut scope = Scope::default();
        scope.set("watchers[1]", Data::object([("sid", Data::from("a"))]));
        scope.set(
            "reply",
            Data::object([("rooms", Data::Array(vec![Data::from("x"), Data::from("y")]))]),
        );
        assert_eq!(scope.get("watchers[1].sid"), Some(&Data::from("a")));
        assert_eq!(scope.get("reply.rooms[1]"), Some(&Data::from("y")));
        assert_eq!(scope.get("reply.rooms[2]"), None);
        assert_eq!(scope.get("nobody"), None);
    }
}
