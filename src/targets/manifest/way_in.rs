//! Reads the keys `clients` and `enter` of a manifest: the way into the application.

use std::collections::BTreeSet;

use crate::{
    scenario::{Fields, Problems, ReadWayIn, WayIn, read_way_in},
    targets::{Credentials, MAIN, Namespaces},
    text::did_you_mean,
};

/// Reads the options of every client and the steps with which a client enters. The namespace of every client becomes
/// the target's name of the main namespace.
pub(super) fn read(
    fields: &Fields<'_>,
    credentials: &Credentials,
    provides: &BTreeSet<String>,
    namespaces: &mut Namespaces,
    problems: &mut Problems,
) -> WayIn {
    let clients = fields.get("clients");
    let enter = fields.raw("enter");
    let ReadWayIn {
        way_in,
        namespace,
        mentioned,
    } = read_way_in(clients, enter, problems);
    if let Some((name, span)) = namespace {
        if !name.starts_with('/') {
            let message = format!("a namespace starts with `/`, found `{name}`");
            problems.error("bad-namespace", span, message).help = Some(format!("write `/{name}`"));
        } else if namespaces.is_renamed(MAIN) && namespaces.main() != name {
            let message = format!(
                "every client joins `{name}`, but `{MAIN}` is `{}` under `namespaces`",
                namespaces.main()
            );
            problems.error("contradiction", span, message).help =
                Some("keep one of the two lines".to_owned());
        } else {
            namespaces.rename(MAIN, &name);
        }
    }
    let transports = ["polling", "websocket"];
    if let Some(enter) = enter
        && !transports.iter().any(|name| provides.contains(*name))
    {
        let message = "a target with `enter` has to say which transports it provides, because sockspec can't probe it";
        problems
            .error("no-transport", enter.node.span, message)
            .help = Some("add `websocket` or `polling` to `provides`".to_owned());
    }
    let unknown = mentioned
        .credentials
        .iter()
        .find(|name| !credentials.contains(name));
    let field = clients.or(enter);
    if let (Some(name), Some(field)) = (unknown, field) {
        let known = credentials.entries.keys().map(String::as_str);
        let message = format!("the manifest has no credential `{name}`");
        problems
            .error("unknown-credential", field.node.span, message)
            .help = Some(
            did_you_mean(name, known)
                .unwrap_or_else(|| format!("add it: `credentials: {{ {name}: ${{env.TOKEN}} }}`")),
        );
    }
    way_in
}
