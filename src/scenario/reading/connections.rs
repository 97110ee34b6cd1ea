//! Reads the options of a connection, namespaces, and expected refusals (`refused:`).

use super::{context::StepContext, forms};
use crate::{
    data::Data,
    scenario::{
        ConnectOptions, Refusal, RefusalReason, Template,
        fields::{Field, Fields, is_bare, substituted},
        node::{Node, NodeKind},
    },
};

/// Reads `refused:` of a `connect`, `call` or `emit` step: the error with which the server has to refuse the request,
/// and the reason for the refusal.
pub(in crate::scenario) fn refusal(
    fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<Refusal> {
    let refused = fields.get("refused")?;
    let NodeKind::Mapping(entries) = &refused.node.kind else {
        forms::REFUSAL.check_object(&refused, context);
        return Some(Refusal {
            report: context.matcher_of(fields, "refused")?,
            reason: None,
        });
    };
    let (reason, report): (Vec<_>, Vec<_>) = entries
        .iter()
        .cloned()
        .partition(|entry| entry.key == "reason");
    let report = Node {
        span: refused.node.span,
        kind: NodeKind::Mapping(report),
    };
    forms::REFUSAL.check(&report, context);
    let reason = reason.first().and_then(|entry| {
        let field = Field {
            key: "reason",
            node: substituted(&entry.value, Some(context.substitutes)),
        };
        let choices = RefusalReason::ALL.map(|reason| (reason.name(), reason));
        field.choice(&choices, context.problems)
    });
    Some(Refusal {
        report: context.matcher(&report),
        reason,
    })
}

/// Reads the options of a Socket.IO connection, except its namespace.
pub(in crate::scenario) fn options(
    fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> ConnectOptions {
    ConnectOptions {
        auth: context.template_of(fields, "auth"),
        transport: fields
            .get("transport")
            .and_then(|transport| transport.word(context.problems)),
        msgpack: boolean(fields, "msgpack", context),
        ..handshake_options(fields, context)
    }
}

/// Reads the options of the handshake of an Engine.IO connection, such as `query` and `headers`.
pub(in crate::scenario) fn handshake_options(
    fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> ConnectOptions {
    let revision = fields
        .get("eio")
        .and_then(|eio| eio.number(0, 255, context.problems));
    ConnectOptions {
        query: pairs(fields, "query", context),
        headers: pairs(fields, "headers", context),
        origin: text(fields, "origin", context),
        path: text(fields, "path", context),
        protocols: texts(fields, "protocols", context),
        eio: revision.and_then(|revision| u8::try_from(revision).ok()),
        heartbeat: boolean(fields, "heartbeat", context),
        deflate: boolean(fields, "deflate", context),
        ..ConnectOptions::default()
    }
}

/// Reads a mapping of names to texts, such as `headers:`. A list as a value repeats the name for each item. Null as a
/// value omits the name.
pub(in crate::scenario) fn pairs(
    fields: &Fields<'_>,
    key: &'static str,
    context: &mut StepContext<'_, '_>,
) -> Vec<(String, Template)> {
    let Some(field) = fields.get(key) else {
        return Vec::new();
    };
    let Some(entries) = field.node.entries() else {
        field.wrong("a mapping of names to values", context.problems);
        return Vec::new();
    };
    let mut pairs = Vec::new();
    for entry in entries {
        if key == "headers" && !is_header_name(&entry.key) {
            context.problems.error(
                "bad-name",
                entry.key_span,
                format!("`{}` can't be the name of a header", entry.key),
            );
        }
        let value = Field {
            key,
            node: &entry.value,
        };
        for item in value.items() {
            let value = if is_bare(item.node) {
                Template::literal(Data::Null)
            } else {
                context.text(item.node)
            };
            pairs.push((entry.key.clone(), value));
        }
    }
    pairs
}

/// Returns true if the text can be the name of an HTTP header (a token, RFC 9110 section 5.6.2).
pub(in crate::scenario) fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Reads a namespace, which starts with `/`.
pub(in crate::scenario) fn namespace(
    field: &Field<'_>,
    context: &mut StepContext<'_, '_>,
) -> Template {
    let template = context.text(field.node);
    if let Some(Data::String(name)) = template.as_literal()
        && !name.starts_with('/')
    {
        context
            .problems
            .error(
                "bad-namespace",
                field.node.span,
                format!("a namespace starts with `/`, found `{name}`"),
            )
            .help = Some(format!("write `/{name}`"));
    }
    let written = substituted(field.node, Some(context.substitutes)).text();
    if let Some(name) = written.filter(|name| name.starts_with('/')) {
        context.mentioned.namespaces.insert(name.to_owned());
    }
    template
}

/// Reads the namespace of a step: the value of the verb, as in `disconnect: /chat`, or the key `namespace` beside the
/// verb.
pub(in crate::scenario) fn namespace_of(
    value: &Field<'_>,
    fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<Template> {
    let beside = fields.raw("namespace");
    if is_bare(value.node) {
        return beside.map(|field| namespace(&field, context));
    }
    if let Some(beside) = beside {
        beside.wrong(
            "left out, because the verb's value is the namespace",
            context.problems,
        );
    }
    if value.node.text().is_none() {
        value.wrong(
            "a namespace, or empty; write options beside the verb",
            context.problems,
        );
        return None;
    }
    Some(namespace(value, context))
}

pub(in crate::scenario) fn text(
    fields: &Fields<'_>,
    key: &'static str,
    context: &mut StepContext<'_, '_>,
) -> Option<Template> {
    let field = fields.raw(key)?;
    Some(context.text(field.node))
}

/// Reads a list of texts, or a single text. Returns `None` if the key is missing.
pub(in crate::scenario) fn texts(
    fields: &Fields<'_>,
    key: &'static str,
    context: &mut StepContext<'_, '_>,
) -> Option<Vec<Template>> {
    let field = fields.get(key)?;
    let items = field.items();
    Some(items.map(|item| context.text(item.node)).collect())
}

pub(in crate::scenario) fn boolean(
    fields: &Fields<'_>,
    key: &'static str,
    context: &mut StepContext<'_, '_>,
) -> Option<bool> {
    fields.get(key)?.boolean(context.problems)
}
