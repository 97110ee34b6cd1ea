//! From text to a [`Manifest`].

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use url::Url;

use super::{
    Manifest, bindings,
    contradictions::{self, Provider},
    credentials, dollars,
    launch::{self, Launched},
};
use crate::{
    data::Data,
    scenario::{Diagnostic, Field, Fields, Node, NodeKind, Problems, SourceFile},
    targets::{Dialect, ErrorStyle, Secrets, Speaks, has_userinfo, without_userinfo},
};

/// The manifest of the reference server that is built into the program.
pub const REFERENCE_MANIFEST: &str = include_str!("../../../fixtures/targets/reference.yaml");

/// The manifest of the reference server as a plain WebSocket endpoint.
pub const REFERENCE_WEBSOCKET_MANIFEST: &str =
    include_str!("../../../fixtures/targets/reference-websocket.yaml");

/// How long a wait may last where the manifest does not say.
pub(super) const WITHIN: Duration = Duration::from_secs(5);

/// Where servers listen by custom.
fn usual_path(speaks: Speaks) -> &'static str {
    match speaks {
        Speaks::EngineIo => "/engine.io/",
        Speaks::SocketIo => "/socket.io/",
        Speaks::WebSocket => "/",
    }
}

pub(super) const SPEAKS: [(&str, Speaks); 3] = [
    ("engine.io", Speaks::EngineIo),
    ("socket.io", Speaks::SocketIo),
    ("websocket", Speaks::WebSocket),
];

const ERRORS: [(&str, ErrorStyle); 3] = [
    ("ack", ErrorStyle::Ack),
    ("exception", ErrorStyle::Exception),
    ("nestjs-11", ErrorStyle::Nestjs11),
];

/// Names that no event can have (Socket.IO v4, "Reserved events").
const RESERVED_EVENTS: [&str; 6] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];

/// Loads a manifest; relative paths in it start at `folder`.
///
/// # Errors
///
/// Every mistake of the file.
pub fn load_manifest(
    source: Arc<SourceFile>,
    folder: PathBuf,
) -> Result<Manifest, Vec<Diagnostic>> {
    load_manifest_in(source, folder, &|name| std::env::var(name).ok())
}

/// Loads a manifest in an environment of the caller's.
///
/// # Errors
///
/// Every mistake of the file.
pub fn load_manifest_in(
    source: Arc<SourceFile>,
    folder: PathBuf,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Manifest, Vec<Diagnostic>> {
    let mut root = Node::parse(&source)?;
    let shown = SourceFile {
        path: source.path.clone(),
        text: without_userinfo(&source.text),
    };
    let shown = Arc::new(shown);
    let mut problems = Problems::new(source);
    let mut secrets = Secrets::default();
    dollars::fill_in(&mut root, environment, &mut secrets, &mut problems);
    let loaded = match manifest(&root, &folder, &mut problems) {
        Some(manifest) => problems.finish(manifest),
        None => Err(problems.into_sorted()),
    };
    match loaded {
        Ok(manifest) => Ok(Manifest {
            folder,
            secrets,
            ..manifest
        }),
        // A mistake may lie in what the environment gave.
        Err(mut found) => {
            for problem in &mut found {
                problem.message = secrets.mask(&problem.message);
                problem.help = problem.help.as_deref().map(|help| secrets.mask(help));
                problem.source = Arc::clone(&shown);
            }
            Err(found)
        }
    }
}

fn manifest(root: &Node, folder: &Path, problems: &mut Problems) -> Option<Manifest> {
    let fields = Fields::new(root, "a manifest", problems)?;
    let name = fields
        .require("name", problems)
        .and_then(|field| field.text(problems));
    let launch = fields
        .get("launch")
        .map(|field| launch::read(field, folder, problems));
    let launched = match launch {
        Some(_) => Launched::Yes,
        None => Launched::No,
    };
    let url = fields
        .require("url", problems)
        .and_then(|field| address(field, launched, problems));
    let path = path(fields.get("path"), problems);
    let nodes = fields.get("nodes").map_or_else(Vec::new, |field| {
        field
            .items()
            .filter_map(|item| address(item, launched, problems))
            .collect()
    });
    let mut provides = names(fields.get("provides"), problems);
    let dialect: Dialect = fields
        .get("dialect")
        .map(|field| dialect(field, problems))
        .unwrap_or_default();
    provides.insert(dialect.speaks.capability().to_owned());
    contradictions::check(
        fields.raw("provides"),
        &provides,
        Provider::Manifest,
        problems,
    );
    let credentials = fields
        .get("credentials")
        .map(|field| credentials::read(field, problems))
        .unwrap_or_default();
    let bindings = fields
        .get("bindings")
        .map(|field| bindings::read(field, problems))
        .unwrap_or_default();
    let greetings = fields
        .get("greetings")
        .map(|field| greetings(field, problems))
        .unwrap_or_default();
    let absent = names(fields.get("absent"), problems).into_iter().collect();
    let fence = fields.get("fence").and_then(|field| fence(field, problems));
    let (within, settle) = fields
        .get("timing")
        .map(|field| timing(field, problems))
        .unwrap_or_default();
    let profiles = fields
        .get("profiles")
        .map(|field| launch::profiles(field, &provides, launched, problems))
        .unwrap_or_default();
    fields.finish(problems);
    Some(Manifest {
        name: name?.to_owned(),
        launch: match launch {
            Some(launch) => Some(launch?),
            None => None,
        },
        url: url?,
        path: path.unwrap_or_else(|| usual_path(dialect.speaks).to_owned()),
        nodes,
        provides,
        dialect,
        credentials,
        bindings,
        greetings,
        absent,
        fence,
        within: within.unwrap_or(WITHIN),
        settle,
        profiles,
        folder: PathBuf::new(),
        secrets: Secrets::default(),
    })
}

/// Reads the events that a server sends to every client that joins.
fn greetings(field: Field<'_>, problems: &mut Problems) -> Vec<String> {
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

/// A list of names.
pub(super) fn names(field: Option<Field<'_>>, problems: &mut Problems) -> BTreeSet<String> {
    field
        .into_iter()
        .flat_map(|field| field.texts(problems))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// A path that starts with a slash.
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

/// A duration that something can happen in.
pub(super) fn some_time(field: Option<Field<'_>>, problems: &mut Problems) -> Option<Duration> {
    let field = field?;
    let duration = field.duration(problems)?;
    if duration.is_zero() {
        let message = format!("`{}` is no time at all", field.key);
        problems
            .error("bad-duration", field.node.span, message)
            .help = Some("write `1ms` or more".to_owned());
        return None;
    }
    Some(duration)
}

/// An address, in which `$port` may stand for the port.
fn address(field: Field<'_>, launched: Launched, problems: &mut Problems) -> Option<String> {
    let text = field.text(problems)?;
    let span = field.node.span;
    if launched == Launched::No && text.contains("$port") {
        let span = span.find(&problems.source().text, "$port");
        let message = "`$port` is the free port that `launch` gets, and there is no `launch`";
        problems.error("no-launch", span, message).help =
            Some("write the port, or add `launch:` with the server's command".to_owned());
        return None;
    }
    let parsed = Url::parse(&text.replace("$port", "1"));
    let help = match parsed {
        Ok(url) if has_userinfo(&url) => {
            let message = format!("`{}` holds a user name or a password", field.key);
            problems.error("bad-url", span, message).help = Some(
                "they are not sent: leave them out; `credentials` are what scenarios present"
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
            format!("`{}` is no http or https URL", without_userinfo(text)),
        )
        .help = Some(help);
    None
}

fn dialect(field: Field<'_>, problems: &mut Problems) -> Dialect {
    // One word says what is spoken, where nothing else is out of the ordinary.
    if matches!(field.node.kind, NodeKind::Scalar(_)) {
        return Dialect {
            speaks: field.choice(&SPEAKS, problems).unwrap_or_default(),
            ..Dialect::default()
        };
    }
    let Some(fields) = Fields::new(field.node, "`dialect`", problems) else {
        return Dialect::default();
    };
    let speaks = fields
        .get("speaks")
        .and_then(|field| field.choice(&SPEAKS, problems));
    let errors = fields
        .get("errors")
        .and_then(|field| field.choice(&ERRORS, problems));
    fields.finish(problems);
    Dialect {
        speaks: speaks.unwrap_or_default(),
        errors: errors.unwrap_or_default(),
    }
}

fn fence(field: Field<'_>, problems: &mut Problems) -> Option<String> {
    let fields = Fields::new(field.node, "`fence`", problems)?;
    let call = fields
        .require("call", problems)
        .and_then(|field| field.text(problems));
    fields.finish(problems);
    call.map(str::to_owned)
}

fn timing(field: Field<'_>, problems: &mut Problems) -> (Option<Duration>, Option<Duration>) {
    let Some(fields) = Fields::new(field.node, "`timing`", problems) else {
        return (None, None);
    };
    let within = some_time(fields.get("within"), problems);
    let settle = fields
        .get("settle")
        .and_then(|field| field.duration(problems));
    fields.finish(problems);
    (within, settle)
}
