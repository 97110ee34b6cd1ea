//! Reads the keys `launch` and `profiles` of a manifest.

use std::{collections::BTreeSet, path::Path, time::Duration};

use super::{
    Launch, LaunchSpec, Profile, Ready,
    contradictions::{self, Provider},
    dialect,
    values::{self, Launched, names, positive_duration},
};
use crate::scenario::{Field, Fields, NodeKind, Problems};

/// The value of `launch` that selects the built-in reference server.
const BUILT_IN: &str = "built-in";

/// The default time that a server has to become ready.
const READY_WITHIN: Duration = Duration::from_secs(20);

pub(super) fn read(field: Field<'_>, folder: &Path, problems: &mut Problems) -> Option<Launch> {
    match field.node.text() {
        Some(BUILT_IN) => Some(Launch::BuiltIn),
        Some(_) => {
            let message = format!(
                "`launch` has to be a mapping, found {}",
                field.node.describe()
            );
            let problem = problems.error("wrong-type", field.node.span, message);
            problem.help = Some(format!(
                "write `launch: {{ command: [node, server.js] }}`; `{BUILT_IN}` is the reference server"
            ));
            None
        }
        None => command_line(field, folder, problems).map(Launch::Command),
    }
}

fn command_line(field: Field<'_>, folder: &Path, problems: &mut Problems) -> Option<LaunchSpec> {
    let fields = Fields::new(field.node, "`launch`", problems)?;
    let setup = fields
        .get("setup")
        .and_then(|field| command(field, problems));
    let run = fields
        .require("command", problems)
        .and_then(|field| command(field, problems));
    // If the manifest is in the current folder, its folder is the empty path. The join makes it `.`.
    let folder = Path::new(".").join(folder);
    let workdir = fields
        .get("workdir")
        .and_then(|field| field.text(problems))
        .map_or_else(|| folder.clone(), |workdir| folder.join(workdir));
    let env = environment(&fields, problems);
    let ready = fields
        .get("ready")
        .map_or_else(|| Some(Ready::default()), |field| ready(field, problems));
    fields.finish(problems);
    Some(LaunchSpec {
        setup,
        command: run?,
        // If the path can't be made absolute, the start fails later with the system's message.
        workdir: std::path::absolute(&workdir).unwrap_or(workdir),
        env,
        ready: ready?,
    })
}

/// Reads the profiles. `usual` holds the capabilities of the manifest itself.
pub(super) fn profiles(
    field: Field<'_>,
    usual: &BTreeSet<String>,
    launched: Launched,
    problems: &mut Problems,
) -> Vec<Profile> {
    let Some(fields) = Fields::new(field.node, "`profiles`", problems) else {
        return Vec::new();
    };
    let entries = fields.entries().iter();
    entries
        .filter_map(|entry| {
            let fields = Fields::new(&entry.value, "a profile", problems)?;
            let profile = Profile {
                name: entry.key.clone(),
                env: environment(&fields, problems),
                provides: names(fields.get("provides"), problems),
                lacks: names(fields.get("lacks"), problems),
                path: values::path(fields.get("path"), problems),
                speaks: fields
                    .get("speaks")
                    .and_then(|field| dialect::speaks(field, problems)),
            };
            if launched == Launched::No
                && let Some(env) = fields.raw("env").filter(|_| !profile.env.is_empty())
            {
                let message = format!(
                    "the profile `{}` sets `env`, but the manifest has no `launch` that would use it",
                    profile.name
                );
                problems
                    .error_at_line("no-launch", env.node.span, message)
                    .help = Some("add `launch:`, or leave the profile out".to_owned());
            }
            let mut all: BTreeSet<_> = usual.difference(&profile.lacks).cloned().collect();
            all.extend(profile.provides.iter().cloned());
            let provider = Provider::Profile(&profile.name);
            contradictions::check(fields.raw("provides"), &all, provider, problems);
            fields.finish(problems);
            Some(profile)
        })
        .collect()
}

/// Reads a program and its arguments.
fn command(field: Field<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let NodeKind::Sequence(items) = &field.node.kind else {
        let words: Vec<&str> = field
            .node
            .text()
            .unwrap_or("npm ci")
            .split_whitespace()
            .collect();
        problems
            .error(
                "wrong-type",
                field.node.span,
                format!(
                    "`{}` has to be a list of words, found {}",
                    field.key,
                    field.node.describe()
                ),
            )
            .help = Some(format!("write `[{}]`", words.join(", ")));
        return None;
    };
    if items.is_empty() {
        field.wrong("a program and its arguments", problems);
        return None;
    }
    let words = field.texts(problems);
    (words.len() == items.len()).then(|| words.iter().map(|(word, _)| (*word).to_owned()).collect())
}

fn environment(fields: &Fields<'_>, problems: &mut Problems) -> Vec<(String, String)> {
    let Some(fields) = fields
        .get("env")
        .and_then(|field| Fields::new(field.node, "`env`", problems))
    else {
        return Vec::new();
    };
    let entries = fields.entries().iter();
    entries
        .filter_map(|entry| match entry.value.text() {
            Some(text) => Some((entry.key.clone(), text.to_owned())),
            None => {
                let message = format!(
                    "`{}` has to be text, found {}",
                    entry.key,
                    entry.value.describe()
                );
                problems.error("wrong-type", entry.value.span, message);
                None
            }
        })
        .collect()
}

fn ready(field: Field<'_>, problems: &mut Problems) -> Option<Ready> {
    let fields = Fields::new(field.node, "`ready`", problems)?;
    let http = values::path(fields.get("http"), problems);
    let line = fields.get("line").and_then(|field| field.text(problems));
    let within = positive_duration(fields.get("within"), problems);
    fields.finish(problems);
    Some(Ready {
        http,
        line: line.map(str::to_owned),
        within: within.unwrap_or(READY_WITHIN),
    })
}

impl Default for Ready {
    /// Returns the default condition: a target is ready when its port accepts a connection.
    fn default() -> Self {
        Self {
            http: None,
            line: None,
            within: READY_WITHIN,
        }
    }
}
