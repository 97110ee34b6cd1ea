//! Reads types of values that several keys of a manifest have, such as paths and durations.

use std::{collections::BTreeSet, time::Duration};

use url::Url;

use crate::{
    data::Data,
    scenario::{Field, Matcher, Node, NodeKind, Problems, ValueReader},
    targets::{AckPattern, has_userinfo, without_userinfo},
    wire::socket_io::RESERVED_EVENTS,
};

/// Whether sockspec starts the server. sockspec can give a port and environment variables only to a server that it
/// starts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Launched {
    /// The server runs already; sockspec does not start it.
    No,
    /// Sockspec starts the server, as a process or inside itself.
    Yes,
}

/// Reads the events that a server sends to every client that joins a namespace.
pub(super) fn greetings(field: Field<'_>, problems: &mut Problems) -> Vec<String> {
    let items = field.items();
    let names = items.filter_map(|item| {
        if !matches!(item.node.to_data(), Data::String(_)) {
            item.wrong("the name of an event, or a list of names", problems);
            return None;
        }
        let name = item.text(problems)?;
        if RESERVED_EVENTS.contains(&name) {
            let message = format!("no server sends an event `{name}`: Socket.IO reserves the name");
            let problem = problems.error("reserved-name", item.node.span, message);
            problem.help = Some("write the events of the application: `[welcome]`".to_owned());
            return None;
        }
        Some(name.to_owned())
    });
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The variable that stands for the argument with the result in a list of an acknowledgement's arguments.
const RESULT: &str = "$result";

/// Reads the form of an acknowledgement: an expectation of its only argument, or a list of expectations, one for each
/// argument. `$result` in the list stands for the argument that scenarios see.
pub(super) fn acknowledgement(
    field: Option<Field<'_>>,
    problems: &mut Problems,
) -> Option<AckPattern> {
    let field = field?;
    let NodeKind::Sequence(items) = &field.node.kind else {
        return pattern(Some(field), problems).map(AckPattern::Argument);
    };
    let is_result = |node: &Node| node.text() == Some(RESULT);
    let pattern = |node| {
        let key = field.key;
        (!is_result(node)).then(|| pattern(Some(Field { key, node }), problems))
    };
    let patterns: Vec<_> = items.iter().map(pattern).map(Option::flatten).collect();
    Some(AckPattern::Arguments {
        patterns,
        result: items.iter().position(is_result),
    })
}

/// Reads an expectation of a value that the target sends. A variable in it is a mistake, because no step sets one.
pub(super) fn pattern(field: Option<Field<'_>>, problems: &mut Problems) -> Option<Matcher> {
    let field = field?;
    let mut values = ValueReader::new(problems);
    let pattern = values.matcher(field.node);
    let used = std::mem::take(&mut values.references);
    let captured = std::mem::take(&mut values.captures);
    for reference in used.iter().chain(&captured) {
        let message = format!(
            "`{}` can't use the variable `{}`",
            field.key, reference.name
        );
        problems
            .error("unknown-variable", reference.span, message)
            .help = Some("write a value, or a placeholder such as `<string>`".to_owned());
    }
    Some(pattern)
}

/// Reads a list of names.
pub(super) fn names(field: Option<Field<'_>>, problems: &mut Problems) -> BTreeSet<String> {
    field
        .into_iter()
        .flat_map(|field| field.texts(problems))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Reads a path that starts with a slash.
pub(super) fn path(field: Option<Field<'_>>, problems: &mut Problems) -> Option<String> {
    let field = field?;
    let path = field.text(problems)?;
    if !path.starts_with('/') {
        problems
            .error(
                "bad-path",
                field.node.span,
                format!("`{}: {path}` does not start with `/`", field.key),
            )
            .help = Some(format!("write `/{path}`"));
        return None;
    }
    Some(path.to_owned())
}

/// Reads a duration that is longer than zero.
pub(super) fn positive_duration(
    field: Option<Field<'_>>,
    problems: &mut Problems,
) -> Option<Duration> {
    let field = field?;
    let duration = field.duration(problems)?;
    if duration.is_zero() {
        let message = format!("`{}` has to be longer than zero", field.key);
        problems
            .error("bad-duration", field.node.span, message)
            .help = Some("write `1ms` or more".to_owned());
        return None;
    }
    Some(duration)
}

/// Reads a URL, which may contain `$port`.
pub(super) fn address(
    field: Field<'_>,
    launched: Launched,
    problems: &mut Problems,
) -> Option<String> {
    let text = field.text(problems)?;
    let span = field.node.span;
    if launched == Launched::No && text.contains("$port") {
        let span = span.find(&problems.source().text, "$port");
        let message = "`$port` is the port of the process that `launch` starts, but the manifest has no `launch`";
        problems.error("no-launch", span, message).help =
            Some("write the port, or add `launch:` with the server's command".to_owned());
        return None;
    }
    let parsed = Url::parse(&text.replace("$port", "1"));
    let help = match parsed {
        Ok(url) if has_userinfo(&url) => {
            let message = format!("`{}` contains a user name or a password", field.key);
            problems.error("bad-url", span, message).help = Some(
                "leave them out, because sockspec does not send them; `credentials` holds what scenarios send"
                    .to_owned(),
            );
            return None;
        }
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
            return Some(text.to_owned());
        }
        Ok(url) if url.scheme() == "ws" => format!("write `{}`", text.replacen("ws", "http", 1)),
        Ok(url) if url.scheme() == "wss" => format!("write `{}`", text.replacen("wss", "https", 1)),
        Ok(_) | Err(_) => "write it as `http://127.0.0.1:3000`".to_owned(),
    };
    problems
        .error(
            "bad-url",
            field.node.span,
            format!("`{}` is not an http or https URL", without_userinfo(text)),
        )
        .help = Some(help);
    None
}
