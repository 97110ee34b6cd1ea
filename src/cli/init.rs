//! `sockspec init`: probes a server, and writes a manifest and a first scenario.

use std::{
    fmt::Write as _,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::Path,
    sync::Arc,
};

use tokio::runtime::Runtime;

use super::{
    Exit,
    args::InitArgs,
    error::CliError,
    init_first::first_scenario,
    init_login::{self, Visited},
    paint::Output,
    shipped::Shipped,
    target,
};
use crate::{
    runner::{Declarable, Plan, Settings, Unlock, Way, unlocks},
    targets::{Manifest, Observed, Rule, Speaks},
    text::{escape, humanize, json_string},
};

/// The path of the manifest that `init` writes.
const MANIFEST: &str = "sockspec.yaml";

/// The path of the scenario file that `init` writes.
const FIRST: &str = "specs/first.yaml";

/// Probes the server at a URL, and writes a manifest and a first scenario. Replaces no file.
///
/// # Errors
///
/// Returns an error if one of the files exists or can't be written, if no Engine.IO or WebSocket server answers at the
/// URL, or if the server accepts no client with the token.
pub(super) fn init(args: &InitArgs, output: Output) -> Result<Exit, CliError> {
    let paths = [MANIFEST, FIRST].map(Path::new);
    if let Some(path) = paths.iter().find(|path| path.exists()) {
        return Err(CliError::Exists((*path).to_owned()));
    }
    let tls = target::tls(&args.tls)?;
    let url = target::parse_url(&args.target)?;
    let runtime = Runtime::new().map_err(CliError::Runtime)?;
    let visited = runtime.block_on(init_login::visit(args, &url, &tls));
    runtime.shutdown_background();
    let visited = visited?;
    output.learn(&visited.manifest.secrets);
    let unlocks = find_unlocks(&visited.manifest)?;
    for (path, text) in paths.iter().zip([
        manifest_text(&visited, &unlocks),
        first_scenario(&visited.manifest, &visited.probed),
    ]) {
        create(path, &output.masked(text)).map_err(|source| CliError::Uncreated {
            path: (*path).to_owned(),
            source,
        })?;
    }
    let export = match args.token {
        Some(_) => format!(
            "export {}=…  # the token, which the manifest does not hold\n       ",
            init_login::TOKEN
        ),
        None => String::new(),
    };
    let text = format!(
        "wrote {MANIFEST}  the manifest of the server, with all findings\n\
         wrote {FIRST}  a first scenario\n\n\
         next   {export}sockspec run {FIRST} --target {MANIFEST}\n       \
         sockspec run --target {MANIFEST}\n"
    );
    output.write(&output.masked(text))?;
    Ok(Exit::Conformant)
}

/// Creates a file and the folders above it. Fails if the file exists.
fn create(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

/// Returns what the manifest would have to declare so that more of the shipped scenarios run.
fn find_unlocks(manifest: &Manifest) -> Result<Vec<Unlock>, CliError> {
    let scenarios = Shipped::load()?.scenarios.into_iter().map(Arc::new);
    let scenarios: Vec<_> = scenarios.collect();
    let plan = Plan::new(&scenarios, manifest, &Settings::default());
    Ok(unlocks(plan.items.iter().map(|item| item.lacks.as_slice())))
}

fn manifest_text(visited: &Visited, unlocks: &[Unlock]) -> String {
    let Visited {
        manifest,
        probed,
        way_in,
    } = visited;
    let mut text = String::from(
        "# The server under test. docs/targets.md describes every key.\nname: my-server\n",
    );
    let quoted = |value: &str| json_string(value);
    // Writing to a `String` can't fail.
    let _ = writeln!(text, "url: {}", quoted(&manifest.url));
    let _ = writeln!(text, "path: {}", quoted(&probed.path));
    if probed.speaks != Speaks::SocketIo {
        let _ = writeln!(text, "dialect: {}", probed.speaks.name());
    }
    if let Some(stack) = probed.stack {
        let _ = writeln!(text, "stack: {}", stack.name);
    }
    if !probed.greetings.is_empty() {
        let names: Vec<_> = probed.greetings.iter().map(|name| quoted(name)).collect();
        let _ = writeln!(text, "greetings: [{}]", names.join(", "));
    }
    add_rules(&mut text, manifest);
    if is_probed_again(&probed.observed) {
        text += "# Each run probes the server again: some of what a probe found has no key of its own.\nprobe: true\n";
    }
    if !way_in.is_empty() {
        text += "\n# How clients get into the application:\n";
        text += way_in;
    }
    text += "\n# What a probe found:\n";
    for (tried, seen) in &probed.findings {
        let _ = writeln!(text, "# {}: {}", escape::line(tried), escape::line(seen));
    }
    text += "provides:\n";
    for name in &probed.provides {
        let _ = writeln!(text, "- {name}");
    }
    add_unlocks(&mut text, unlocks);
    text
}

/// Adds the rules of the application that the probe saw.
fn add_rules(text: &mut String, manifest: &Manifest) {
    let rules = Rule::IMPLIED.iter();
    let seen = rules.filter(|(_, capability)| manifest.unprovided.contains_key(*capability));
    let names: Vec<_> = seen.map(|(rule, _)| rule.name()).collect();
    if !names.is_empty() {
        // Writing to a `String` can't fail.
        let _ = writeln!(text, "rules: [{}]", names.join(", "));
    }
}

/// Returns true if the probe saw something of the server that a manifest can't say and that scenarios have to know.
fn is_probed_again(observed: &Observed) -> bool {
    observed.is_revision_3_only
        || observed.refuses_strangers.is_some()
        || !observed.closes_strangers.is_empty()
        || observed.connect_timeout.is_some()
        || observed.clients_at_once.is_some()
        || observed.largest_message.is_some()
}

/// Adds what the manifest could declare, and the number of scenarios that each declaration lets run.
fn add_unlocks(text: &mut String, unlocks: &[Unlock]) {
    let of_way = |way| unlocks.iter().filter(move |unlock| unlock.way() == way);
    let number = |unlock: &Unlock| humanize::count(unlock.scenarios, "more scenario");
    // Writing to a `String` can't fail.
    *text += "# What the application may have. Remove the `#` before what it has; the numbers hold in this order.\n\
              # docs/capabilities.md says what each means, and `bindings` gives the application's names.\n";
    for unlock in of_way(Way::Declare) {
        let mut capabilities = Vec::new();
        let mut credentials = Vec::new();
        for one in &unlock.declare {
            match one {
                Declarable::Capability(name) => capabilities.push(name.as_str()),
                Declarable::Credential(name) => credentials.push(name.as_str()),
            }
        }
        let more = number(unlock);
        let also = match credentials.as_slice() {
            [] => String::new(),
            names => format!(", with the credentials {}", names.join(", ")),
        };
        match capabilities.split_last() {
            Some((last, others)) => {
                for name in others {
                    let _ = writeln!(text, "# - {name}");
                }
                let _ = writeln!(text, "# - {last}  # {more}{also}");
            }
            None => {
                let _ = writeln!(text, "# credentials {}: {more}", credentials.join(", "));
            }
        }
    }
    for (way, title) in [
        (
            Way::Profile,
            "With a profile that starts the server with other settings:",
        ),
        (Way::Support, "If the server supports it:"),
    ] {
        let _ = writeln!(text, "\n# {title}");
        for unlock in of_way(way) {
            let names: Vec<_> = unlock.declare.iter().map(Declarable::key).collect();
            let _ = writeln!(text, "# {}: {}", names.join(", "), number(unlock));
        }
    }
}
