//! Reads what a target's manifest says about the way into its application: the options of every client (`clients`), and
//! the steps with which a client enters (`enter`).

use std::sync::Arc;

use super::steps::steps;
use crate::scenario::{
    ClientDefaults, ClientName, ClientSpec, ConnectOptions, Entrance, Level, Mentioned, Scenario,
    SnapshotRules, Span, Step, Tier, WayIn,
    diagnostic::Problems,
    fields::{Field, Fields, Substitutes},
    node::Node,
    reading::{
        connections::{pairs, text, texts},
        context::StepContext,
        words::list,
    },
};

/// The name of the client in the steps of `enter`.
const CLIENT: &str = "client";

/// The way in as a manifest states it, with what the reader of the manifest has to check.
#[derive(Debug, Default)]
pub(crate) struct ReadWayIn {
    pub(crate) way_in: WayIn,
    /// The namespace that every client joins (`clients: { namespace: … }`).
    pub(crate) namespace: Option<(String, Span)>,
    /// The credentials that the options and steps use.
    pub(crate) mentioned: Mentioned,
}

/// Reads the keys `clients` and `enter` of a manifest.
pub(crate) fn read_way_in(
    clients: Option<Field<'_>>,
    enter: Option<Field<'_>>,
    problems: &mut Problems,
) -> ReadWayIn {
    let substitutes = Substitutes::new();
    let mut context = StepContext::new(problems, &substitutes);
    context.declared.add(spec(Span::default()));
    context.variables.add_client(CLIENT);
    let nodes = enter
        .as_ref()
        .and_then(|enter| list(enter, context.problems))
        .unwrap_or_default();
    // Requests at the start log the client in before it connects. The steps after them need a connection.
    let is_request = |node: &&Node| node.get("http").is_some();
    let (before, after) = nodes.split_at(nodes.iter().take_while(is_request).count());
    let before = steps(before, &mut context);
    let (clients, namespace) = match &clients {
        Some(field) => defaults(field, &mut context),
        None => Default::default(),
    };
    let after = steps(after, &mut context);
    let mentioned = std::mem::take(&mut context.mentioned);
    context.variables.finish(|_| None, context.problems);
    let enter = enter.map(|enter| Entrance {
        before: scenario(before, enter.node.span, problems),
        after: scenario(after, enter.node.span, problems),
    });
    ReadWayIn {
        way_in: WayIn { clients, enter },
        namespace,
        mentioned,
    }
}

/// Reads `clients`. Also returns the namespace that every client joins.
fn defaults(
    field: &Field<'_>,
    context: &mut StepContext<'_, '_>,
) -> (ClientDefaults, Option<(String, Span)>) {
    let Some(fields) = Fields::new(field.node, "`clients`", context.problems) else {
        return Default::default();
    };
    let auth = fields.raw("auth").and_then(|auth| {
        let entries = auth.node.entries();
        if entries.is_none() {
            auth.wrong(
                "a mapping, such as `{ token: $credentials.valid }`",
                context.problems,
            );
        }
        entries
    });
    let auth = auth.unwrap_or_default().iter();
    let clients = ClientDefaults {
        auth: auth
            .map(|entry| (entry.key.clone(), context.template(&entry.value)))
            .collect(),
        query: pairs(&fields, "query", context),
        headers: pairs(&fields, "headers", context),
        origin: text(&fields, "origin", context),
        protocols: texts(&fields, "protocols", context).unwrap_or_default(),
        path: text(&fields, "path", context),
        user: text(&fields, "user", context),
    };
    let namespace = fields.raw("namespace").and_then(|field| {
        let name = field.text(context.problems)?;
        Some((name.to_owned(), field.node.span))
    });
    fields.finish(context.problems);
    (clients, namespace)
}

fn spec(span: Span) -> ClientSpec {
    ClientSpec {
        name: ClientName(CLIENT.into()),
        connect: true,
        options: Arc::new(ConnectOptions::default()),
        span,
    }
}

/// Returns steps of `enter` as a scenario of one client, so that the runner can perform them.
fn scenario(steps: Vec<Step>, span: Span, problems: &Problems) -> Scenario {
    Scenario {
        id: "enter".to_owned(),
        aliases: Vec::new(),
        title: "A client enters the application".to_owned(),
        why: None,
        level: Level::Must,
        tier: Tier::default(),
        verifies: Vec::new(),
        catches: Vec::new(),
        needs: Vec::new(),
        transports: Vec::new(),
        exclusive: false,
        settle: None,
        within: None,
        without: Vec::new(),
        snapshot: SnapshotRules::default(),
        variables: Vec::new(),
        clients: vec![spec(span)],
        steps,
        mentioned: Mentioned::default(),
        source: Arc::clone(problems.source()),
        span,
        row: None,
    }
}
