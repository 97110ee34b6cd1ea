//! The dialect of a target: the protocol inside the WebSocket, and the form in which the target reports refused
//! requests.

use crate::{data::Data, wire::Envelope};

/// Generates the enum `ErrorStyle` from a table with a row for each style: variant, name, event.
macro_rules! error_styles {
    ($($(#[$doc:meta])* $style:ident: $name:literal, $event:expr;)*) => {
        /// The form in which a target reports that it refuses a request.
        #[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
        pub enum ErrorStyle {
            $($(#[$doc])* $style,)*
        }

        impl ErrorStyle {
            const COUNT: usize = [$($name),*].len();

            /// All forms of refusals, sorted by name.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$style),*];

            /// Returns the name that manifests use for this form of refusals.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$style => $name,)*
                }
            }

            /// Returns the name of the event that reports a refusal, as scenarios call it. Returns `None` if
            /// acknowledgements report refusals.
            pub fn event(self) -> Option<&'static str> {
                match self {
                    $(Self::$style => $event,)*
                }
            }
        }
    };
}

impl ErrorStyle {
    /// Returns true if the reports of refusals have a form of NestJS. NestJS hands several arguments of an event to the
    /// handler as one list.
    pub fn is_of_nestjs(self) -> bool {
        match self {
            Self::Nestjs10 | Self::Nestjs11 | Self::Nestjs12 => true,
            Self::Ack | Self::ErrorEvent | Self::Exception => false,
        }
    }
}

error_styles! {
    /// The acknowledgement reports the refusal: `{error: {code, message}}` or `{success: false, error}`.
    #[default]
    Ack: "ack", None;
    /// An event `error` reports the refusal: a text, or an object with a message. No acknowledgement follows.
    ErrorEvent: "error-event", Some("exception");
    /// An event `exception` reports the refusal: `{status, message, code?}`. No acknowledgement follows.
    Exception: "exception", Some("exception");
    /// The event `exception` of NestJS 10 reports the refusal: `{status, message}`, or the object or list that the
    /// application throws.
    Nestjs10: "nestjs-10", Some("exception");
    /// The event `exception` of NestJS 11 reports the refusal: `{status, message, cause: {pattern, data}}`, or the
    /// object or list that the application throws.
    Nestjs11: "nestjs-11", Some("exception");
    /// The event `exception` of NestJS 12 reports the refusal in the forms of NestJS 11.
    Nestjs12: "nestjs-12", Some("exception");
}

/// The way in which the result of a request comes back to the client that sent the request.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Replies {
    /// The server acknowledges the request.
    #[default]
    Ack,
    /// The server acknowledges the request, and also sends an event with the result.
    Both,
    /// The server sends an event with the result, and never acknowledges the request.
    Event,
    /// The server sends the result as a message without an envelope, and never acknowledges the request.
    Value,
}

impl Replies {
    /// All ways, sorted by name.
    pub const ALL: [Self; 4] = [Self::Ack, Self::Both, Self::Event, Self::Value];

    /// Returns the name that manifests use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Both => "both",
            Self::Event => "event",
            Self::Value => "value",
        }
    }
}

/// The protocol inside the WebSocket of a target.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Speaks {
    /// Engine.IO. The application defines the content of messages.
    EngineIo,
    /// Socket.IO over Engine.IO.
    #[default]
    SocketIo,
    /// No further protocol: each WebSocket message is a message of the application.
    WebSocket,
}

impl Speaks {
    /// All protocols that a target can speak inside the WebSocket, sorted by name.
    pub const ALL: [Self; 3] = [Self::EngineIo, Self::SocketIo, Self::WebSocket];

    /// Returns the name that manifests and scenarios use.
    pub fn name(self) -> &'static str {
        match self {
            Self::EngineIo => "engine.io",
            Self::SocketIo => "socket.io",
            Self::WebSocket => "websocket",
        }
    }

    /// Returns the path at which servers usually listen.
    pub fn usual_path(self) -> &'static str {
        match self {
            Self::EngineIo => "/engine.io/",
            Self::SocketIo => "/socket.io/",
            Self::WebSocket => "/",
        }
    }

    /// Returns the capability that every target with this protocol provides.
    pub fn capability(self) -> &'static str {
        match self {
            Self::EngineIo | Self::SocketIo => "engine-io",
            Self::WebSocket => "websocket",
        }
    }
}

/// How a target differs from an ordinary Socket.IO server.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Dialect {
    /// The protocol inside the WebSocket.
    pub speaks: Speaks,
    /// The form in which the target reports refused requests.
    pub errors: ErrorStyle,
    /// The way in which the result of a request comes back.
    pub replies: Replies,
    /// The messages that carry events over a plain WebSocket; `None` if the target has no such events.
    pub envelope: Option<Envelope>,
}

/// The possible names of the field that holds a refusal's code, the most specific name first.
const CODE_FIELDS: [&str; 4] = ["code", "errorCode", "type", "kind"];
/// The possible names of the field that holds a refusal's text.
const MESSAGE_FIELDS: [&str; 5] = ["message", "msg", "reason", "detail", "errors"];
/// The possible names of the field in which a refusal names the invalid field of the payload.
const FIELD_FIELDS: [&str; 3] = ["field", "property", "path"];

impl Dialect {
    /// Returns true if an event can carry several arguments, each as its own argument. NestJS puts them into one list,
    /// and applications with envelopes have one payload unless their manifests say otherwise.
    pub fn carries_several_arguments(&self) -> bool {
        self.envelope.is_none() && !self.errors.is_of_nestjs()
    }

    /// Returns true if clients and the target exchange events: over Socket.IO, or in envelopes.
    pub fn has_events(&self) -> bool {
        self.speaks == Speaks::SocketIo || self.envelope.is_some()
    }

    /// Returns the refusal that an event reports, or `None` if the event reports none.
    ///
    /// `event` is the scenarios' name of the event. The refusal has the form that [`normalise_refusal`] returns.
    pub fn refusal_in_event(&self, event: &str, args: &[Data]) -> Option<Data> {
        (self.errors.event()? == event).then(|| normalise_refusal(args.first()))
    }
}

/// Converts a refusal into the form that scenarios use: `{code, message, status, field}`. Fields that the refusal
/// lacks are left out.
///
/// A refusal is a text (the message), an object, or an object inside `error`, `message`, or the `data` of a
/// CONNECT_ERROR. Several messages become one, separated by `; `.
pub fn normalise_refusal(report: Option<&Data>) -> Data {
    let mut layers = Vec::new();
    if let Some(report) = report {
        collect_nested(report, &mut layers);
    }
    // The fields of the outermost object take precedence, because an inner object may quote what the client sent.
    let first = |names: &[&str]| {
        names.iter().find_map(|name| {
            layers
                .iter()
                .filter_map(|layer| layer.get(name))
                .find(|value| is_plain(value))
                .cloned()
        })
    };
    let text = MESSAGE_FIELDS
        .iter()
        .find_map(|name| {
            layers
                .iter()
                .find_map(|layer| joined_text(layer.get(name)?))
        })
        .or_else(|| layers.iter().find_map(|layer| joined_text(layer)))
        .or_else(|| layers.iter().find_map(|layer| constraints(layer)));
    let fields = [
        ("code", first(&CODE_FIELDS)),
        ("message", text.map(Data::from)),
        ("status", first(&["status", "statusCode"])),
        ("field", first(&FIELD_FIELDS)),
    ];
    Data::object(
        fields
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    )
}

/// Returns the messages of an invalid field in the form of class-validator: `{property, constraints: {rule: message}}`.
fn constraints(layer: &Data) -> Option<String> {
    let messages = layer.get("constraints")?.as_object()?;
    let texts: Option<Vec<&str>> = messages.values().map(Data::as_str).collect();
    texts.map(|texts| texts.join("; "))
}

/// Collects a refusal and the objects nested in it, the outermost first.
fn collect_nested<'a>(report: &'a Data, layers: &mut Vec<&'a Data>) {
    /// The limit on objects nested in a refusal. Real servers nest at most three.
    const DEEPEST: usize = 4;
    if layers.len() == DEEPEST {
        return;
    }
    layers.push(report);
    // A list of the invalid fields, as class-validator returns it: the first one names the field.
    if let Some(first) = report.as_array().and_then(|items| items.first())
        && first.get("property").is_some()
    {
        collect_nested(first, layers);
        return;
    }
    let inner = report
        .get("error")
        .filter(|inner| inner.as_object().is_some() || inner.as_str().is_some())
        .or_else(|| {
            ["message", "data"]
                .into_iter()
                .filter_map(|name| report.get(name))
                .find(|inner| inner.as_object().is_some())
        });
    if let Some(inner) = inner {
        collect_nested(inner, layers);
    }
}

fn is_plain(value: &Data) -> bool {
    matches!(value, Data::String(_) | Data::Number(_) | Data::Bool(_))
}

/// Returns a text as it is, or the texts of a list joined into one.
fn joined_text(value: &Data) -> Option<String> {
    match value {
        Data::String(text) => Some(text.clone()),
        Data::Array(items) if !items.is_empty() => {
            let texts: Option<Vec<&str>> = items.iter().map(Data::as_str).collect();
            texts.map(|texts| texts.join("; "))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn normalised(report: serde_json::Value) -> String {
        normalise_refusal(Some(&report.into())).to_string()
    }

    #[test]
    fn refusals_of_real_servers_are_normalised() {
        let reports = [
            json!({"status": "error", "code": "FORBIDDEN", "message": "No"}),
            json!({"status": "error", "message": "ws-failure", "cause": {"pattern": "x", "data": {"code": "not this"}}}),
            json!({"status": "error", "message": {"code": "E1", "message": "Deep", "field": "text"}}),
            json!({"error": {"code": "E2", "message": "In an object"}}),
            json!({"success": false, "error": "As a text"}),
            json!({"success": false, "error": "Not found", "code": 404}),
            json!({"message": "Token expired", "data": {"code": "TOKEN_EXPIRED"}}),
            json!({"statusCode": 400, "message": ["name is short", "age is low"], "error": "Bad Request"}),
            json!({"status": "error", "kind": "validation", "errors": ["a", "b"]}),
            json!(["name", "age"]),
            json!([{"property": "text", "constraints": {"maxLength": "too long", "isString": "no text"}}]),
            json!("only text"),
            json!({}),
        ];
        let forms: Vec<String> = reports.into_iter().map(normalised).collect();
        insta::assert_snapshot!(forms.join("\n"), @r#"
        {"code":"FORBIDDEN","message":"No","status":"error"}
        {"message":"ws-failure","status":"error"}
        {"code":"E1","message":"Deep","status":"error","field":"text"}
        {"code":"E2","message":"In an object"}
        {"message":"As a text"}
        {"code":404,"message":"Not found"}
        {"code":"TOKEN_EXPIRED","message":"Token expired"}
        {"message":"name is short; age is low","status":400}
        {"code":"validation","message":"a; b","status":"error"}
        {"message":"name; age"}
        {"message":"too long; no text","field":"text"}
        {"message":"only text"}
        {}
        "#);
    }

    #[test]
    fn an_event_is_a_refusal_only_in_the_style_that_uses_events() {
        let args = [Data::from(json!({"message": "No"}))];
        let exceptions = Dialect {
            errors: ErrorStyle::Exception,
            ..Dialect::default()
        };
        assert!(exceptions.refusal_in_event("exception", &args).is_some());
        assert_eq!(exceptions.refusal_in_event("message", &args), None);
        assert_eq!(
            Dialect::default().refusal_in_event("exception", &args),
            None
        );
    }
}
