//! Bindings: the names that a target uses for the operations and events of scenarios.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{Namespaces, OPERATIONS, own_fields::OwnFields};
use crate::{
    data::Data,
    scenario::{Matcher, Scope, Template, TemplateError},
};

/// The contract's name of the field that names the sender of a message.
const SENDER: &str = "from";

/// All bindings of a target: its own names for operations and events of scenarios.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    /// The bindings, each under the name that scenarios use for the operation or event.
    pub entries: BTreeMap<String, Binding>,
    /// The target's names of namespaces.
    pub namespaces: Namespaces,
}

/// The binding of one operation or event: the target's name for it, and the form of its payload.
#[derive(Clone, Debug, Default)]
pub struct Binding {
    /// The name of the event in packets to and from the target.
    pub event: String,
    /// The namespace in packets to and from the target; `None` if it is the namespace of the scenario's client.
    pub namespace: Option<String>,
    /// The name of the event that brings the result of a request, in packets from the target; `None` if the result
    /// comes under the name of the request. Without effect if the target only acknowledges requests.
    pub replied: Option<String>,
    /// The target's name of each field that scenarios use, in both directions: `{ room: roomId }`. The target's name
    /// `data.id` stands for the field `id` of the object `data`.
    pub fields: BTreeMap<String, String>,
    /// The templates of the arguments that the target expects in place of the scenario's first argument. The variables
    /// of the templates are the fields of that first argument. If set, outgoing events use these templates instead of
    /// `fields`.
    pub payload: Option<Vec<Template>>,
    /// Where the arguments of an event from the target hold the fields that scenarios use. `None` if events need only
    /// the renaming in `fields`.
    pub places: Option<Places>,
    /// Where the arguments of the target's acknowledgement hold the fields that scenarios use. `None` if
    /// acknowledgements need only the renaming in `fields`.
    pub returns: Option<Places>,
    /// The acknowledgement, in the target's own form, that a `call` step expects if the step states none or says
    /// `reply: $ok`.
    pub reply: Option<Matcher>,
}

/// Where the arguments of a packet from the target hold the fields that scenarios use.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// For each field that scenarios use: the index of the argument that holds it, and its dotted path in that
    /// argument. The path is empty if the whole argument is the field.
    pub fields: BTreeMap<String, (usize, String)>,
    /// The number of arguments that hold fields. Further arguments stay unchanged.
    pub args: usize,
}

/// An event as the target expects it.
#[derive(Clone, Debug, PartialEq)]
pub struct OutgoingEvent {
    /// The target's name of the event.
    pub event: String,
    /// The namespace of the packet; `None` if the binding does not set one.
    pub namespace: Option<String>,
    /// The arguments of the event.
    pub args: Vec<Data>,
}

/// The reason why a binding can't translate an event of a scenario.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BindingError {
    /// A template of the arguments uses a field that the scenario does not send, where it can't be left out.
    #[error(
        "the manifest's binding of `{operation}` needs the field `{field}`, which the scenario's `with` does not have"
    )]
    MissingField {
        /// The name of the operation in scenarios.
        operation: String,
        /// The field that the scenario does not send.
        field: String,
    },
    /// A template of the arguments fails for another reason.
    #[error("the manifest's binding of `{operation}` can't be filled in: {source}")]
    Template {
        /// The name of the operation in scenarios.
        operation: String,
        /// The reason why the template fails.
        #[source]
        source: TemplateError,
    },
}

impl BindingError {
    fn of(operation: &str, fields: OwnFields, error: TemplateError) -> Self {
        let operation = operation.to_owned();
        match error {
            TemplateError::Unset { name } if fields.can_lack(&name) => Self::MissingField {
                operation,
                field: name,
            },
            source => Self::Template { operation, source },
        }
    }
}

impl Bindings {
    /// Returns the binding of an operation or event of scenarios, or `None` if the target uses the same names.
    pub fn get(&self, name: &str) -> Option<&Binding> {
        self.entries.get(name)
    }

    /// Returns the target's name of the event that scenarios call `name`.
    pub fn event<'a>(&'a self, name: &'a str) -> &'a str {
        self.get(name)
            .map_or(name, |binding| binding.event.as_str())
    }

    /// Gives the event that reports refusals the target's name `own`, unless the manifest binds the event `spoken`. A
    /// binding under the target's name counts too.
    pub fn name_report(&mut self, spoken: &str, own: &str) {
        if self.entries.contains_key(spoken) {
            return;
        }
        let of_own_name = self.entries.remove(own);
        let binding = of_own_name.unwrap_or_else(|| Binding {
            event: own.to_owned(),
            ..Binding::default()
        });
        self.entries.insert(spoken.to_owned(), binding);
    }

    /// Returns the target's name of the event that brings the result of the request that scenarios call `name`.
    pub fn replied<'a>(&'a self, name: &'a str) -> &'a str {
        match self.get(name) {
            Some(binding) => binding.replied.as_deref().unwrap_or(&binding.event),
            None => name,
        }
    }

    /// Translates an event of a scenario into the event that the target expects.
    ///
    /// A binding changes the first argument only. The fields of that argument are the variables of the binding's
    /// templates. A field that the scenario does not send is left out of the result.
    ///
    /// # Errors
    ///
    /// Returns an error if a template can't be filled in.
    pub fn outgoing(
        &self,
        name: &str,
        mut args: Vec<Data>,
        scope: &Scope,
    ) -> Result<OutgoingEvent, BindingError> {
        let claimed = self.claimed_sender(name, args.first());
        let Some(binding) = self.get(name) else {
            claim_sender(claimed, &mut args);
            return Ok(OutgoingEvent {
                event: name.to_owned(),
                namespace: None,
                args,
            });
        };
        if let Some(templates) = &binding.payload {
            let fields = OwnFields::of(name);
            let scope = fields.scope(scope, args.first());
            // A payload that is no object has no fields that could be left out.
            let has_fields = matches!(args.first(), None | Some(Data::Object(_)));
            let is_left_out = |field: &str| has_fields && fields.can_lack(field);
            let payload = Template::render_known_items(templates, &scope, &is_left_out)
                .map_err(|error| BindingError::of(name, fields, error))?;
            args.splice(..args.len().min(1), payload);
        } else if let Some(Data::Object(fields)) = args.first_mut() {
            binding.rename_outgoing(fields);
        }
        claim_sender(claimed, &mut args);
        Ok(OutgoingEvent {
            event: binding.event.clone(),
            namespace: binding.namespace.clone(),
            args,
        })
    }

    /// Returns the sender that the payload of an operation claims in the field `from`, and the target's name of that
    /// field in the message that the operation causes. Returns `None` if the operation takes that field itself, or
    /// another one at that name.
    fn claimed_sender(&self, name: &str, payload: Option<&Data>) -> Option<(&str, Data)> {
        let claimed = payload?.get(SENDER)?.clone();
        let operation = OPERATIONS.iter().find(|known| known.name == name)?;
        if operation.sent.fields().contains(&SENDER) {
            return None;
        }
        let path = self.get(operation.causes?)?.fields.get(SENDER)?;
        let head = |path: &str| path.split('.').next().map(str::to_owned);
        let mut taken = self
            .get(name)
            .into_iter()
            .flat_map(|own| own.fields.values());
        let is_taken = taken.any(|own| head(own) == head(path));
        (!is_taken).then_some((path, claimed))
    }

    /// Translates the arguments of an event from the target: the fields get the names that scenarios use. `name` is
    /// the scenarios' name of the event.
    pub fn incoming(&self, name: &str, args: &[Data]) -> Vec<Data> {
        let Some(binding) = self.get(name) else {
            return args.to_vec();
        };
        if let Some(places) = &binding.places {
            return places.collect(args);
        }
        renamed(args.to_vec(), |fields| binding.rename_incoming(fields))
    }

    /// Returns the scenarios' name of the field that the target calls `field` in the payload of the operation `name`.
    /// A target may name a field of an object inside the payload without the object: `roomId` for `data.roomId`.
    pub fn spoken_field<'a>(&'a self, name: &str, field: &'a str) -> &'a str {
        let Some(binding) = self.get(name) else {
            return field;
        };
        let is_named = |path: &str| path == field || path.rsplit('.').next() == Some(field);
        let placed = binding.places.iter().flat_map(|places| &places.fields);
        let placed = placed.map(|(spoken, (_, path))| (spoken, path));
        binding
            .fields
            .iter()
            .chain(placed)
            .find_map(|(spoken, path)| is_named(path).then_some(spoken.as_str()))
            .unwrap_or(field)
    }

    /// Translates the arguments of the target's acknowledgement of the operation that scenarios call `name`.
    pub fn returned(&self, name: &str, args: Vec<Data>) -> Vec<Data> {
        let Some(binding) = self.get(name) else {
            return args;
        };
        match &binding.returns {
            Some(places) => places.collect(&args),
            None => renamed(args, |fields| binding.rename_incoming(fields)),
        }
    }

    /// Translates the arguments of a client's acknowledgement of the event that scenarios call `name`.
    pub fn answering(&self, name: &str, args: Vec<Data>) -> Vec<Data> {
        match self.get(name) {
            Some(binding) => renamed(args, |fields| binding.rename_outgoing(fields)),
            None => args,
        }
    }
}

/// Adds the field in which a payload claims its sender.
fn claim_sender(claimed: Option<(&str, Data)>, args: &mut [Data]) {
    if let (Some((path, sender)), Some(Data::Object(fields))) = (claimed, args.first_mut()) {
        put_field(fields, path, sender);
    }
}

/// Returns arguments whose first one, if it is an object, has other names of its fields.
fn renamed(mut args: Vec<Data>, rename: impl FnOnce(&mut IndexMap<String, Data>)) -> Vec<Data> {
    if let Some(Data::Object(fields)) = args.first_mut() {
        rename(fields);
    }
    args
}

impl Places {
    /// Returns one object with the fields from the first `self.args` arguments, followed by the remaining arguments.
    fn collect(&self, args: &[Data]) -> Vec<Data> {
        let at = |(index, path): &(usize, String)| {
            let keys = path.split('.').filter(|key| !key.is_empty());
            keys.fold(args.get(*index), |value, key| value?.get(key))
                .cloned()
        };
        let fields = self.fields.iter();
        let fields = fields.filter_map(|(name, place)| Some((name.as_str(), at(place)?)));
        let rest = args.iter().skip(self.args).cloned();
        std::iter::once(Data::object(fields)).chain(rest).collect()
    }
}

impl Binding {
    fn rename_outgoing(&self, fields: &mut IndexMap<String, Data>) {
        // Remove all fields before inserting any, because two fields may swap their names.
        let found: Vec<(&String, Data)> = self
            .fields
            .iter()
            .filter_map(|(scenario, target)| Some((target, fields.shift_remove(scenario)?)))
            .collect();
        for (target, value) in found {
            put_field(fields, target, value);
        }
    }

    fn rename_incoming(&self, fields: &mut IndexMap<String, Data>) {
        let found: Vec<(&String, Data)> = self
            .fields
            .iter()
            .filter_map(|(scenario, target)| Some((scenario, take_field(fields, target)?)))
            .collect();
        for (scenario, value) in found {
            fields.insert(scenario.clone(), value);
        }
    }
}

/// Sets the field at a dotted path. Creates the objects on the path that are missing.
fn put_field(fields: &mut IndexMap<String, Data>, path: &str, value: Data) {
    let Some((first, rest)) = path.split_once('.') else {
        fields.insert(path.to_owned(), value);
        return;
    };
    let inner = fields
        .entry(first.to_owned())
        .or_insert_with(|| Data::Object(IndexMap::new()));
    if !matches!(inner, Data::Object(_)) {
        *inner = Data::Object(IndexMap::new());
    }
    if let Data::Object(inner) = inner {
        put_field(inner, rest, value);
    }
}

/// Removes the field at a dotted path and returns it. Also removes the objects on the path that are empty afterwards.
fn take_field(fields: &mut IndexMap<String, Data>, path: &str) -> Option<Data> {
    let Some((first, rest)) = path.split_once('.') else {
        return fields.shift_remove(path);
    };
    let Some(Data::Object(inner)) = fields.get_mut(first) else {
        return None;
    };
    let taken = take_field(inner, rest);
    if inner.is_empty() {
        fields.shift_remove(first);
    }
    taken
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn renaming(pairs: &[(&str, &str)]) -> Bindings {
        let binding = Binding {
            event: "joinRoom".to_owned(),
            fields: pairs
                .iter()
                .map(|(scenario, target)| ((*scenario).to_owned(), (*target).to_owned()))
                .collect(),
            ..Binding::default()
        };
        Bindings {
            entries: BTreeMap::from([("join-room".to_owned(), binding)]),
            ..Bindings::default()
        }
    }

    #[test]
    fn an_event_without_a_binding_stays_unchanged() {
        let sent = Bindings::default()
            .outgoing("echo", vec![Data::from("hi")], &Scope::default())
            .unwrap();
        assert_eq!(
            sent,
            OutgoingEvent {
                event: "echo".to_owned(),
                namespace: None,
                args: vec![Data::from("hi")],
            }
        );
        assert_eq!(Bindings::default().event("echo"), "echo");
    }

    #[test]
    fn fields_are_renamed_in_both_directions() {
        let bindings = renaming(&[("room", "data.roomId"), ("text", "message")]);
        let ours = Data::from(json!({"extra": 1, "room": "r1", "text": "hi"}));
        let sent = bindings
            .outgoing(
                "join-room",
                vec![ours.clone(), Data::Null],
                &Scope::default(),
            )
            .unwrap();
        assert_eq!(sent.event, "joinRoom");
        let wire = json!({"extra": 1, "data": {"roomId": "r1"}, "message": "hi"});
        assert_eq!(sent.args, [Data::from(wire), Data::Null]);
        assert_eq!(
            bindings.incoming("join-room", &sent.args),
            [ours, Data::Null]
        );
    }

    #[test]
    fn a_refusal_names_a_field_in_the_words_of_the_target() {
        let bindings = renaming(&[("room", "data.roomId"), ("text", "message")]);
        let spoken = |field| bindings.spoken_field("join-room", field);
        assert_eq!(
            ["data.roomId", "roomId", "message", "kind"].map(spoken),
            ["room", "room", "text", "kind"]
        );
        assert_eq!(bindings.spoken_field("echo", "roomId"), "roomId");
    }

    #[test]
    fn fields_become_arguments_there_and_back() {
        let fields = BTreeMap::from([
            ("room".to_owned(), (0, String::new())),
            ("text".to_owned(), (1, "body.text".to_owned())),
        ]);
        let places = Places { fields, args: 2 };
        let payload = ["$room", "$text"].map(|text| Template::text(text).unwrap());
        let binding = Binding {
            event: "say".to_owned(),
            payload: Some(payload.to_vec()),
            places: Some(places.clone()),
            returns: Some(places),
            ..Binding::default()
        };
        let bindings = Bindings {
            entries: BTreeMap::from([("send".to_owned(), binding)]),
            ..Bindings::default()
        };
        let ours = Data::from(json!({"room": "r1", "text": "hi"}));
        let sent = bindings
            .outgoing("send", vec![ours.clone(), Data::Null], &Scope::default())
            .unwrap();
        assert_eq!(sent.args, [Data::from("r1"), Data::from("hi"), Data::Null]);
        let wire = [
            Data::from("r1"),
            Data::from(json!({"body": {"text": "hi"}})),
            Data::from("offset"),
        ];
        let expected = [ours, Data::from("offset")];
        assert_eq!(bindings.incoming("send", &wire), expected);
        assert_eq!(bindings.returned("send", wire.to_vec()), expected);
        let missing = [Data::from(json!({"room": "r1"}))];
        assert_eq!(bindings.incoming("send", &wire[..1]), missing);
    }

    #[test]
    fn a_claimed_sender_stands_where_the_message_of_the_target_names_it() {
        let sent = |own: &[(&str, &str)], name: &str| {
            let mut bindings = renaming(&[("from", name)]);
            let message = bindings.entries.remove("join-room").unwrap();
            bindings.entries.insert("room-message".to_owned(), message);
            let mut operation = renaming(own);
            let operation = operation.entries.remove("join-room").unwrap();
            bindings
                .entries
                .insert("send-to-room".to_owned(), operation);
            let ours = json!({"room": "r", "by": "x", "from": "x"});
            let args = vec![Data::from(ours)];
            let sent = bindings.outgoing("send-to-room", args, &Scope::default());
            sent.unwrap().args[0].to_string()
        };
        let with = |field: &str| format!(r#"{{"room":"r","by":"x","from":"x",{field}}}"#);
        assert_eq!(sent(&[], "who"), with(r#""who":"x""#));
        assert_eq!(
            sent(&[], "by.id"),
            r#"{"room":"r","by":{"id":"x"},"from":"x"}"#
        );
        assert_eq!(
            sent(&[("room", "by.room")], "by.id"),
            r#"{"by":{"room":"r"},"from":"x"}"#
        );
    }

    #[test]
    fn two_fields_can_swap_their_names() {
        let bindings = renaming(&[("room", "text"), ("text", "room")]);
        let wire = [Data::from(json!({"room": "hi", "text": "r1"}))];
        let ours = [Data::from(json!({"text": "hi", "room": "r1"}))];
        assert_eq!(bindings.incoming("join-room", &wire), ours);
        let sent = bindings
            .outgoing("join-room", ours.to_vec(), &Scope::default())
            .unwrap();
        assert_eq!(sent.args, wire);
    }

    #[test]
    fn payloads_without_the_bound_fields_stay_unchanged() {
        let bindings = renaming(&[("room", "data.roomId")]);
        for wire in [json!("text"), json!({"data": 1}), json!([])] {
            let wire = [Data::from(wire)];
            assert_eq!(bindings.incoming("join-room", &wire), wire);
        }
    }
}
