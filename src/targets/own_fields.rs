//! Which variables in the binding of an operation are fields that a scenario sends with the operation.

use super::{OPERATIONS, Payload};
use crate::{data::Data, scenario::Scope};

/// The fields that scenarios send with an operation, as variables of the templates in its binding.
#[derive(Clone, Copy)]
pub(super) enum OwnFields {
    /// The fields that the contract gives to the operation.
    Contract(&'static [&'static str]),
    /// Any fields: the contract does not know the operation, or gives its payload no form.
    Any,
}

impl OwnFields {
    /// The fields of an operation of which the contract names none, as far as each run sets variables with their names.
    const LIKE_VARIABLES: &[&str] = &["room", "text", "user"];

    /// Returns the fields of an operation.
    pub(super) fn of(operation: &str) -> Self {
        let known = OPERATIONS.iter().find(|known| known.name == operation);
        match known.map(|known| known.sent) {
            Some(Payload::Fields(names)) => Self::Contract(names),
            Some(Payload::Any) | None => Self::Any,
        }
    }

    /// Returns `scope` with a variable for every field of `payload`, and without other variables that have the names of
    /// fields: a room that the scenario leaves out is not the room of the run.
    pub(super) fn scope(self, scope: &Scope, payload: Option<&Data>) -> Scope {
        let mut inner = scope.clone();
        let names = match self {
            Self::Contract(names) => names,
            Self::Any => Self::LIKE_VARIABLES,
        };
        for name in names {
            inner.unset(name);
        }
        for (name, value) in payload.and_then(Data::as_object).into_iter().flatten() {
            inner.set(name.as_str(), value.clone());
        }
        inner
    }

    /// Returns true if a scenario can leave out the field that a variable of a template leads to.
    pub(super) fn can_lack(self, variable: &str) -> bool {
        let field = variable.split(['.', '[']).next();
        match self {
            Self::Contract(names) => field.is_some_and(|field| names.contains(&field)),
            Self::Any => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, sync::Arc};

    use serde_json::json;

    use super::*;
    use crate::{scenario::SourceFile, targets::load_manifest};

    /// Returns what is sent for the operation with the payload `ours`, or the error.
    fn sent(operation: &str, binding: &str, ours: serde_json::Value) -> String {
        let source = SourceFile {
            path: PathBuf::from("t.yaml"),
            text: format!(
                "name: t\nurl: http://127.0.0.1:1\nbindings: {{ {operation}: {{ {binding} }} }}\n"
            ),
        };
        let manifest = load_manifest(Arc::new(source), PathBuf::new()).unwrap();
        let mut scope = Scope::default();
        for name in ["room", "text", "marker"] {
            scope.set(name, Data::from(format!("{name} of the run")));
        }
        let args = vec![Data::from(ours)];
        match manifest.bindings.outgoing(operation, args, &scope) {
            Ok(sent) => Data::Array(sent.args).to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_field_that_the_scenario_leaves_out_is_not_filled_in() {
        let (args, with) = ("args: [$room, $text]", "with: { to: $room, id: $marker }");
        let needs_room = |operation: &str| {
            format!(
                "the manifest's binding of `{operation}` needs the field `room`, which the scenario's `with` does not \
                 have"
            )
        };
        for operation in ["send-to-room", "my-own"] {
            let sent = |binding, ours| sent(operation, binding, ours);
            assert_eq!(sent(args, json!({"room": "r"})), r#"["r"]"#);
            assert_eq!(sent(args, json!({})), "[]");
            assert_eq!(sent(args, json!({"text": "t"})), needs_room(operation));
            let known = r#"[{"id":"marker of the run"}]"#;
            assert_eq!(sent(with, json!({})), known);
            assert_eq!(sent("with: in $room", json!({})), needs_room(operation));
            assert_eq!(sent(with, json!("no object")), needs_room(operation));
        }
        assert_eq!(
            sent("send-to-room", "with: { to: $rom }", json!({})),
            "the manifest's binding of `send-to-room` can't be filled in: variable $rom is not set"
        );
    }
}
