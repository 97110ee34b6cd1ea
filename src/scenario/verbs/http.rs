//! `http`: sends one HTTP request on a new connection, and checks the response.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse, Written},
    model::{Actors, Chapter, Options, ValueType, VerbModel, VerbSpec},
};
use crate::{
    scenario::{
        Accepted, HttpPattern, Template,
        fields::{Field, Fields},
        keys::{self, Key, key},
        node::{Node, NodeKind, Quoting, Scalar},
        reading::{connections::pairs, context::StepContext, responses::http_pattern},
    },
    text::did_you_mean,
};

const KEYS: &[Key] = &[
    key("query", "pairs", "parameters to add to the query"),
    key("headers", "pairs", "headers of the request"),
    key(
        "body",
        "value",
        "text, bytes, or a value that is sent as JSON",
    ),
];

/// The data of an `http` step.
#[derive(Clone, Debug)]
pub struct Http {
    /// The HTTP method, such as `GET`.
    pub method: String,
    /// The path and query in the request line. A scenario can use `$path`, the target's Engine.IO path, in it.
    pub target: Template,
    /// Parameters to add to the query (`query:`).
    pub query: Vec<(String, Template)>,
    /// The headers of the request (`headers:`).
    pub headers: Vec<(String, Template)>,
    /// The body of the request (`body:`): text, bytes, or a value that is sent as JSON.
    pub body: Option<Template>,
    /// The expected response.
    pub response: Accepted<HttpPattern>,
}

/// The methods of HTTP (RFC 9110 section 9, RFC 5789, RFC 4918).
const METHODS: &[&str] = &[
    "CONNECT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LOCK",
    "MKCOL",
    "MOVE",
    "OPTIONS",
    "PATCH",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PUT",
    "TRACE",
    "UNLOCK",
];

/// Reports a method that is nearly one of HTTP. Any other word is allowed, because a scenario can send a method that no
/// server knows.
fn refuse_misspelt(method: &str, value: &Field<'_>, context: &mut StepContext<'_, '_>) {
    let known = || METHODS.iter().copied();
    if known().any(|name| name == method) {
        return;
    }
    if let Some(near) = did_you_mean(method, known()) {
        let span = value
            .node
            .span
            .find(&context.problems.source().text, method);
        let message = format!("there is no HTTP method `{method}`");
        context.problems.error("unknown-method", span, message).help = Some(near);
    }
}

impl VerbModel for Http {
    const SPEC: VerbSpec = VerbSpec {
        example: "http: METHOD /path",
        chapter: Chapter::Connections,
        meaning: "sends one HTTP request and compares its response",
        key_notes: "`query`, `headers`, `body` (text, bytes, or a value that is sent as JSON); the response, see below",
        actors: Actors::None,
        puts_on_wire: true,
        can_fail: true,
        value: ValueType::Text,
        options: Options::Beside,
        keys: &[KEYS, keys::RESPONSE],
        exclusive: keys::RESPONSE_EXCLUSIVE,
    };

    const TOLERATE: Option<fn(&mut Self, Self)> =
        Some(|http, lenient| http.response.lenient = Some(lenient.response.strict));

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let query = pairs(fields, "query", context);
        let headers = pairs(fields, "headers", context);
        let body = context.template_of(fields, "body");
        let response = http_pattern(fields, context).into();
        let Some((method, target)) = value.node.text().and_then(|text| text.split_once(' ')) else {
            value.wrong("a method and a path: `GET /health`", context.problems);
            return None;
        };
        let method = method
            .strip_prefix('$')
            .and_then(|name| context.substitutes.get(name)?.text())
            .unwrap_or(method);
        let is_token = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
        if !is_token {
            value.wrong(
                "a method in capitals and a path: `GET /health`",
                context.problems,
            );
            return None;
        }
        refuse_misspelt(method, value, context);
        let target = target.trim();
        if !target.starts_with(['/', '$', '*']) && !target.starts_with("http") {
            value.wrong(
                "a method and a path that begins with `/`: `GET /health`",
                context.problems,
            );
            return None;
        }
        let target = context.text(&Node {
            span: value
                .node
                .span
                .find(&context.problems.source().text.clone(), target),
            kind: NodeKind::Scalar(Scalar {
                text: target.to_owned(),
                quoting: Quoting::Quoted,
            }),
        });
        Some(Self {
            method: method.to_owned(),
            target,
            query,
            headers,
            body,
            response,
        })
    }

    fn facts(&self) -> Facts<'_> {
        let awaits = if self.response.strict.is_empty() {
            Awaits::AnyResponse
        } else {
            Awaits::Something
        };
        Facts::new(awaits, ConnectionUse::None, WireUse::Sends)
            .writes(self.body.as_ref().map(Written::Fixed))
            .writes(self.response.strict.body.as_ref().map(Written::Expected))
    }
}
