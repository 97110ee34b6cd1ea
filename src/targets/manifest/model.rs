//! The type `Manifest`, and the function that reads it from the YAML of a manifest file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Launch, LaunchSpec, Profile, bindings,
    contradictions::{self, Provider},
    credentials, dialect, fence, launch, namespaces, refusals, report_places, rules,
    values::{Launched, acknowledgement, address, greetings, names, path, positive_duration},
    version, way_in,
};
use crate::{
    scenario::{
        Field, Fields, Matcher, Node, Problems, RefusalReason, SnapshotRules, WayIn,
        read_snapshot_rules,
    },
    targets::{
        AckPatterns, Bindings, Credentials, Dialect, ErrorStyle, Fence, Observed, ReportPlaces,
        Rule, Rules, Secrets, Speaks, Stack, TextUnit,
    },
    text::hint,
};

/// The default timeout of each wait in a scenario.
pub(super) const WITHIN: Duration = Duration::from_secs(5);

/// A target as its manifest describes it.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The name of the target in reports and baselines.
    pub name: String,
    /// The version of the target, for reports: `socket.io 4.8.1`.
    pub version: Option<String>,
    /// How to start the target; `None` if the target runs already.
    pub launch: Option<Launch>,
    /// The URL of the target. It contains `$port` if sockspec starts the target.
    pub url: String,
    /// The path of the Engine.IO endpoint.
    pub path: String,
    /// The capabilities that the target has.
    pub provides: BTreeSet<String>,
    /// The protocol, and the form in which the target reports refused requests.
    pub dialect: Dialect,
    /// The stack of the target, whose own deviations are known; `None` if the manifest names none.
    pub stack: Option<Stack>,
    /// The credentials that scenarios can send, by name.
    pub credentials: Credentials,
    /// The names that the target uses for operations, events and fields.
    pub bindings: Bindings,
    /// How the target's acknowledgements report success and failure.
    pub acknowledgements: AckPatterns,
    /// How the target reports the refusal of a login, by the reason for the refusal.
    pub refusals: BTreeMap<RefusalReason, Matcher>,
    /// Where the target's refusals hold the code, the message and the field.
    pub report_places: ReportPlaces,
    /// What the application demands of its clients.
    pub rules: Rules,
    /// The options of every client, and the steps with which it enters the application.
    pub way_in: WayIn,
    /// How the application counts the length of a text.
    pub text_unit: TextUnit,
    /// The events that the target sends to every client that joins a namespace.
    pub greetings: Vec<String>,
    /// The operations, namespaces and credentials of the contract that the application lacks, although it provides a
    /// capability that includes them.
    pub absent: Vec<String>,
    /// True if each run probes the target, although the manifest names its transports.
    pub is_probed: bool,
    /// The request of a fence (see `runner`): when the target answers it, it has handled everything that the client
    /// sent before. Usually a call of `echo`.
    pub fence: Option<Fence>,
    /// What the transcripts of all scenarios leave out (`snapshot:`).
    pub snapshot: SnapshotRules,
    /// The default timeout of each wait in a scenario.
    pub within: Duration,
    /// The settle time, after which a client that received nothing will receive nothing; `None` if the runner
    /// measures it.
    pub settle: Option<Duration>,
    /// The profiles: the same server with other settings. The runner starts a profile when a scenario needs one of
    /// its capabilities.
    pub profiles: Vec<Profile>,
    /// Why the target lacks capabilities, as far as a probe has found out.
    pub unprovided: BTreeMap<String, String>,
    /// The manifest's folder, where relative paths start.
    pub folder: PathBuf,
    /// The values from the environment, which outputs have to mask.
    pub secrets: Secrets,
    /// What a probe saw of the server that is no capability.
    pub observed: Observed,
}

/// The capability of a target whose handlers get the arguments of an event as the client sent them.
const SEVERAL_ARGUMENTS: &str = "several-arguments";

/// The capability of a target whose echo adds only a few characters to a text.
const SHORT_ECHO: &str = "short-echo";

/// The capability of a target that reads a client's token in the payload of the CONNECT packet.
const TOKEN_IN_AUTH: &str = "token-in-auth";

/// The capability of a target in which a client can send to a room without being its member.
const OPEN_ROOMS: &str = "open-rooms";

/// The capability of a target that lets in clients without a login.
const GUESTS: &str = "guests";

/// The capabilities that a manifest has without naming them. `absent` takes them away.
pub const IMPLIED: [&str; 7] = [
    "closed-namespaces",
    "closed-paths",
    GUESTS,
    OPEN_ROOMS,
    SEVERAL_ARGUMENTS,
    SHORT_ECHO,
    TOKEN_IN_AUTH,
];

/// The keys about the application that depend on each other.
struct Application {
    bindings: Bindings,
    absent: BTreeSet<String>,
    credentials: Credentials,
    way_in: WayIn,
    rules: Rules,
}

impl Application {
    /// Reads the keys, and adds to `provides` what they imply.
    fn read(
        fields: &Fields<'_>,
        dialect: &Dialect,
        folder: &Path,
        provides: &mut BTreeSet<String>,
        problems: &mut Problems,
    ) -> Self {
        let mut bindings = read_or_default(fields.get("bindings"), bindings::read, problems);
        name_reports(dialect, fields, &mut bindings, problems);
        let mut absent = names(fields.get("absent"), problems);
        if let Some(field) = fields.get("namespaces") {
            namespaces::read(field, &mut bindings.namespaces, &mut absent, problems);
        }
        let credentials = credentials(fields, folder, problems);
        let names = &mut bindings.namespaces;
        let mut way_in = way_in::read(fields, &credentials, provides, names, problems);
        let rules = read_or_default(fields.get("rules"), rules::read, problems);
        imply_by_rules(provides, &rules);
        imply(provides, &mut way_in, dialect.speaks, &absent);
        Self {
            bindings,
            absent,
            credentials,
            way_in,
            rules,
        }
    }
}

impl Manifest {
    /// Reads a manifest. Adds each mistake to `problems` and replaces an invalid value by an empty one.
    pub(super) fn read(root: &Node, folder: &Path, problems: &mut Problems) -> Option<Self> {
        let fields = Fields::new(root, "a manifest", problems)?;
        let name = fields.require("name", problems);
        let name = name.and_then(|field| field.text(problems));
        let launch = fields.get("launch");
        let launched = launch.map_or(Launched::No, |_| Launched::Yes);
        let url = fields.require("url", problems);
        let url = url.and_then(|field| address(field, launched, problems));
        let dialect = read_or_default(fields.get("dialect"), dialect::read, problems);
        let mut provides = provides(&fields, &dialect, problems);
        let (within, settle) = read_or_default(fields.get("timing"), timing, problems);
        let profiles = fields.get("profiles");
        let profiles = profiles.map(|field| launch::profiles(field, &provides, launched, problems));
        let application = Application::read(&fields, &dialect, folder, &mut provides, problems);
        let manifest = Self {
            name: name.unwrap_or_default().to_owned(),
            version: fields
                .get("version")
                .and_then(|field| version::read(field, folder, problems)),
            launch: launch.and_then(|field| launch::read(field, folder, problems)),
            url: url.unwrap_or_default(),
            path: path(fields.get("path"), problems)
                .unwrap_or_else(|| dialect.speaks.usual_path().to_owned()),
            dialect,
            stack: read_or_default(fields.get("stack"), stack, problems),
            credentials: application.credentials,
            way_in: application.way_in,
            bindings: application.bindings,
            acknowledgements: acknowledgements(&fields, problems),
            refusals: refusals::read(fields.get("refusals"), &provides, problems),
            report_places: read_or_default(fields.get("refusal"), report_places::read, problems),
            provides,
            rules: application.rules,
            text_unit: read_or_default(fields.get("text_unit"), text_unit, problems),
            greetings: read_or_default(fields.get("greetings"), greetings, problems),
            absent: application.absent.into_iter().collect(),
            is_probed: read_or_default(fields.get("probe"), is_probed, problems),
            fence: read_or_default(fields.get("fence"), fence::read, problems),
            snapshot: read_or_default(fields.get("snapshot"), read_snapshot_rules, problems),
            within: within.unwrap_or(WITHIN),
            settle,
            profiles: profiles.unwrap_or_default(),
            unprovided: BTreeMap::new(),
            folder: PathBuf::new(),
            secrets: Secrets::default(),
            observed: Observed::default(),
        };
        fields.finish(problems);
        Some(manifest)
    }

    /// Returns the command that starts the target, or `None` if the manifest has no command.
    pub fn command(&self) -> Option<&LaunchSpec> {
        match &self.launch {
            Some(Launch::Command(spec)) => Some(spec),
            Some(Launch::BuiltIn) | None => None,
        }
    }

    /// Returns the protocol that the target uses with the settings of `profile`.
    pub fn speaks_with(&self, profile: &Profile) -> Speaks {
        profile.speaks.unwrap_or(self.dialect.speaks)
    }

    /// Returns true if the target provides `capability` with the settings of `profile`.
    pub fn provides_with(&self, profile: &Profile, capability: &str) -> bool {
        profile.provides.contains(capability)
            || (self.provides.contains(capability) && !profile.lacks.contains(capability))
    }

    /// Returns the manifest of the target with the settings of `profile`.
    pub fn with(&self, profile: &Profile) -> Self {
        let mut with = self.clone();
        with.dialect.speaks = self.speaks_with(profile);
        if with.dialect.speaks != Speaks::WebSocket {
            with.dialect.envelope = None;
        }
        with.provides.extend(profile.provides.iter().cloned());
        with.provides
            .retain(|capability| self.provides_with(profile, capability));
        with
    }
}

/// Reads the value of a key, or returns the default if the key is missing.
fn read_or_default<'n, T: Default>(
    field: Option<Field<'n>>,
    read: impl FnOnce(Field<'n>, &mut Problems) -> T,
    problems: &mut Problems,
) -> T {
    field.map(|field| read(field, problems)).unwrap_or_default()
}

fn credentials(fields: &Fields<'_>, folder: &Path, problems: &mut Problems) -> Credentials {
    let field = fields.get("credentials");
    let read = |field| credentials::read(field, folder, problems);
    field.map(read).unwrap_or_default()
}

fn acknowledgements(fields: &Fields<'_>, problems: &mut Problems) -> AckPatterns {
    AckPatterns {
        success: acknowledgement(fields.raw("success"), problems),
        failure: acknowledgement(fields.raw("failure"), problems),
    }
}

/// Reads the capabilities. Adds those that the target's dialect implies, such as `engine-io`.
fn provides(fields: &Fields<'_>, dialect: &Dialect, problems: &mut Problems) -> BTreeSet<String> {
    let mut provides = names(fields.get("provides"), problems);
    provides.insert(dialect.speaks.capability().to_owned());
    if dialect.envelope.is_none() {
        provides.insert(SHORT_ECHO.to_owned());
    }
    if dialect.carries_several_arguments() {
        provides.insert(SEVERAL_ARGUMENTS.to_owned());
    }
    let listed = fields.raw("provides");
    contradictions::check(listed, &provides, Provider::Manifest, problems);
    contradictions::check_absent(fields.raw("absent"), &provides, problems);
    provides
}

/// Adds the capabilities that a target has unless its application has a certain rule, such as sending to a room from
/// outside.
fn imply_by_rules(provides: &mut BTreeSet<String>, rules: &Rules) {
    let implied = Rule::IMPLIED.into_iter();
    let implied = implied.filter(|(rule, _)| !rules.has(*rule));
    provides.extend(implied.map(|(_, capability)| capability.to_owned()));
}

/// Adds the capabilities that follow from what the manifest does not say, and takes away those that it says are `absent`.
/// On a plain WebSocket, which has no CONNECT
/// packet, moves the fields of the auth payload into the query.
fn imply(
    provides: &mut BTreeSet<String>,
    way_in: &mut WayIn,
    speaks: Speaks,
    absent: &BTreeSet<String>,
) {
    if !way_in.names_users() {
        provides.insert(GUESTS.to_owned());
    }
    if speaks == Speaks::WebSocket {
        way_in.clients.present_in_query();
    } else if way_in.clients.has_token_in_auth() {
        provides.insert(TOKEN_IN_AUTH.to_owned());
    }
    provides.retain(|name| !(IMPLIED.contains(&name.as_str()) && absent.contains(name)));
}

/// Names the event that reports refusals for the dialect `errors: error-event`: scenarios call it `exception`.
fn name_reports(
    dialect: &Dialect,
    fields: &Fields<'_>,
    bindings: &mut Bindings,
    problems: &mut Problems,
) {
    const SPOKEN: &str = "exception";
    const OWN: &str = "error";
    if dialect.errors != ErrorStyle::ErrorEvent {
        return;
    }
    bindings.name_report(SPOKEN, OWN);
    let event = bindings.event(SPOKEN);
    if let Some(field) = fields.get("bindings")
        && event != OWN
    {
        let message = format!(
            "`{SPOKEN}` is bound to `{event}`, but `errors: error-event` says that the event is `{OWN}`"
        );
        problems
            .error("contradiction", field.node.span, message)
            .help = Some("write `errors: exception` in the dialect".to_owned());
    }
}

fn stack(field: Field<'_>, problems: &mut Problems) -> Option<Stack> {
    let name = field.text(problems)?;
    let stack = Stack::from_name(name);
    if stack.is_none() {
        let message = format!("there is no stack `{name}`");
        problems
            .error("unknown-stack", field.node.span, message)
            .help = Some(hint(name, "write", Stack::names()));
    }
    stack
}

fn text_unit(field: Field<'_>, problems: &mut Problems) -> TextUnit {
    let units = TextUnit::ALL.map(|unit| (unit.name(), unit));
    field.choice(&units, problems).unwrap_or_default()
}

fn is_probed(field: Field<'_>, problems: &mut Problems) -> bool {
    field.boolean(problems).unwrap_or_default()
}

fn timing(field: Field<'_>, problems: &mut Problems) -> (Option<Duration>, Option<Duration>) {
    let Some(fields) = Fields::new(field.node, "`timing`", problems) else {
        return (None, None);
    };
    let within = positive_duration(fields.get("within"), problems);
    let settle = fields
        .get("settle")
        .and_then(|field| field.duration(problems));
    fields.finish(problems);
    (within, settle)
}
