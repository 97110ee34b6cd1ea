//! The variables of one run of one scenario.

use std::collections::HashMap;

use crate::data::Data;

/// Variables that every run has, with what they hold.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("credentials", "the target's tokens by name"),
    (
        "credentials_secret",
        "the secret that the target's tokens are signed with",
    ),
    ("marker", "a text that no other run uses"),
    ("other_room", "a second room name that no other run uses"),
    ("path", "the Engine.IO path"),
    (
        "resource",
        "path and query that a WebSocket handshake asks for",
    ),
    ("room", "a room name that no other run uses"),
    ("target", "what is known of the target"),
    ("text", "a message text that no other run uses"),
    ("third_room", "a third room name that no other run uses"),
    ("user", "a user name that no other run uses"),
];

/// Built-in variables, and others, that a scenario can't give a meaning of its own.
///
/// The fresh texts can be replaced: a row of `each:` may say `text: x`.
pub(super) const RESERVED: &[&str] = &["credentials", "credentials_secret", "index", "target"];

/// Names and what they stand for.
///
/// Dots in a name go into objects: `$sender.sid` is the field `sid` of the variable `sender`; `[n]`
/// goes into arrays. A member of a group of clients is a variable of its own, `watchers[1]`.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    values: HashMap<String, Data>,
}

impl Scope {
    /// What functions ask for in every run, with stand-ins: for trying out an expression.
    pub(super) fn of_any_run() -> Self {
        let mut scope = Self::default();
        scope.set("credentials_secret", Data::from("secret"));
        scope
    }

    /// Sets a variable.
    pub fn set(&mut self, name: impl Into<String>, value: Data) {
        self.values.insert(name.into(), value);
    }

    /// What a name stands for; dots lead into objects, `[n]` into arrays.
    pub fn get(&self, name: &str) -> Option<&Data> {
        let mut parts = name.split('.');
        let head = parts.next()?;
        let first = match self.values.get(head) {
            Some(value) => value,
            None => {
                let (variable, index) = split_index(head)?;
                item(self.values.get(variable)?, index)?
            }
        };
        parts.try_fold(first, |value, part| match split_index(part) {
            Some((field, index)) => item(value.get(field)?, index),
            None => value.get(part),
        })
    }

    /// All variables.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Data)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }
}

/// `name[3]` in its two parts.
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
