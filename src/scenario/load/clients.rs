//! Reads `clients:`, the declarations of the clients and groups of a scenario.

use std::sync::Arc;

use crate::scenario::{
    ClientName, ClientSpec, ConnectOptions, Span,
    fields::{Field, Fields, is_bare},
    keys,
    node::{Node, NodeKind},
    reading::{connections, context::StepContext, variables::refuse_reserved},
    template::is_name,
};

/// The limit on the members of one group of clients.
const MAX_MEMBERS: u64 = 100_000;

/// Reads `clients:`, and adds the clients and groups to the context.
pub(super) fn read(field: &Field<'_>, context: &mut StepContext<'_, '_>) {
    match &field.node.kind {
        NodeKind::Mapping(entries) => {
            for entry in entries {
                client(&entry.key, entry.key_span, &entry.value, context);
            }
        }
        NodeKind::Sequence(items) => {
            for item in items {
                let field = Field {
                    key: field.key,
                    node: item,
                };
                if let NodeKind::Mapping(_) = item.kind {
                    context
                        .problems
                        .error(
                            "wrong-type",
                            item.span,
                            "a list of `clients` can only hold names, found a mapping",
                        )
                        .help = Some(
                        "to give options, write a mapping of all clients: `{ a: {}, b: { connect: false } }`"
                            .to_owned(),
                    );
                } else if let Some(name) = field.text(context.problems) {
                    add(
                        name,
                        item.span,
                        None,
                        ConnectOptions::default(),
                        None,
                        context,
                    );
                }
            }
        }
        NodeKind::Scalar(_) => field.wrong(
            "a list of names, or a mapping of names to options",
            context.problems,
        ),
    }
}

fn client(name: &str, span: Span, node: &Node, context: &mut StepContext<'_, '_>) {
    if is_bare(node) {
        add(name, span, None, ConnectOptions::default(), None, context);
        return;
    }
    let substitutes = context.substitutes;
    let Some(fields) = Fields::new(node, "a client", context.problems) else {
        return;
    };
    let fields = fields.with_substitutes(substitutes).with_tables(&[
        keys::CLIENT,
        keys::OPTIONS,
        keys::HANDSHAKE,
    ]);
    let connect = fields
        .get("connect")
        .and_then(|connect| connect.boolean(context.problems));
    let count = fields
        .get("count")
        .and_then(|count| count.number(1, MAX_MEMBERS, context.problems));
    let mut options = connections::options(&fields, context);
    options.namespace = fields
        .raw("namespace")
        .map(|namespace| connections::namespace(&namespace, context));
    fields.finish(context.problems);
    add(name, span, connect, options, count, context);
}

fn add(
    name: &str,
    span: Span,
    connect: Option<bool>,
    options: ConnectOptions,
    count: Option<u64>,
    context: &mut StepContext<'_, '_>,
) {
    if !is_name(name) || name == "all" {
        let help = if name == "all" {
            "`all` means every client"
        } else {
            "a name consists of letters, digits and `_`, and does not start with a digit"
        };
        context
            .problems
            .error(
                "bad-name",
                span,
                format!("`{name}` can't be the name of a client"),
            )
            .help = Some(help.to_owned());
    }
    if context.declared.has(name) {
        context.problems.error(
            "duplicate-client",
            span,
            format!("the client `{name}` is declared twice"),
        );
        return;
    }
    if context.variables.is_set(name) {
        context.problems.error(
            "reserved-name",
            span,
            format!("`{name}` can't be a client: it is a variable of `vars:` or of a row of the `each:` table"),
        );
    }
    refuse_reserved(name, span, &context.variables, context.problems);
    let options = Arc::new(options);
    let mut declare = |name: String| {
        let name = ClientName(name.into());
        if connect == Some(true) {
            context.declared.connect_explicitly.insert(name.clone());
        }
        context.declared.add(ClientSpec {
            name: name.clone(),
            connect: connect.unwrap_or(true),
            options: Arc::clone(&options),
            span,
        });
        name
    };
    match count {
        None => {
            declare(name.to_owned());
            context.variables.add_client(name);
        }
        Some(count) => {
            let members: Vec<ClientName> = (1..=count)
                .map(|number| declare(format!("{name}[{number}]")))
                .collect();
            context.variables.add_group(name, members.len());
            context.declared.groups.insert(name.to_owned(), members);
        }
    }
}
