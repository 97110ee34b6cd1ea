//! `http`: one HTTP request on its own connection, and the response.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse, Written},
    model::{Actors, Options, VerbModel, VerbSpec},
};
use crate::scenario::{
    Accepted, HttpPattern, Template,
    fields::{Field, Fields},
    keys::{self, Key, key},
    node::{Node, NodeKind, Quoting, Scalar},
    reading::{connections::pairs, context::StepContext, responses::http_pattern},
};

const KEYS: &[Key] = &[
    key("query", "pairs", "names and values"),
    key("headers", "pairs", "names and values"),
    key("body", "value", "text, bytes, or a value sent as JSON"),
];

/// `http: GET /path`.
#[derive(Clone, Debug)]
pub struct Http {
    /// The method.
    pub method: String,
    /// Path and query; `$path` is the Engine.IO path.
    pub target: Template,
    /// `query:` added to the target.
    pub query: Vec<(String, Template)>,
    /// `headers:`.
    pub headers: Vec<(String, Template)>,
    /// `body:` text, `{$bytes: hex}`, or a value sent as JSON.
    pub body: Option<Template>,
    /// What the response must be.
    pub response: Accepted<HttpPattern>,
}

impl VerbModel for Http {
    const SPEC: VerbSpec = VerbSpec {
        meaning: "one HTTP request",
        actors: Actors::None,
        value: "text",
        options: Options::Beside,
        keys: &[KEYS, keys::RESPONSE],
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
    }
}
