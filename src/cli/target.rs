//! Builds the target from `--target`, `--url` and the TLS options.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use url::Url;

use super::{
    args::{TargetArgs, TlsArgs},
    error::CliError,
    paint::Output,
};
use crate::{
    client::{Budget, Endpoint, TlsPolicy, Verification},
    net::Network,
    runner::{Host, StartError, Target},
    scenario::SourceFile,
    targets::{
        Launch, Launched, Manifest, Maskable, Masked, Probed, REFERENCE_ENVELOPE_MANIFEST,
        REFERENCE_MANIFEST, REFERENCE_WEBSOCKET_MANIFEST, Rule, Speaks, Visitor,
        has_short_heartbeat, has_userinfo, load_manifest, probe, without_userinfo,
    },
    text::escape,
};

/// The target that the value of `--target` names.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Choice {
    /// `--target` names a manifest file.
    File(PathBuf),
    /// `--target` names a reference server that is part of sockspec.
    Reference(Bundled),
    /// `--target` is the URL of a running server.
    Url(Url),
}

/// A reference server that is part of sockspec.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Bundled {
    /// `reference`: Socket.IO with the application of docs/contract.md.
    SocketIo,
    /// `reference-envelope`: a plain WebSocket with the application of docs/contract.md, whose messages are events in
    /// envelopes.
    Envelope,
    /// `reference-websocket`: a plain WebSocket endpoint that echoes messages.
    WebSocket,
}

impl Bundled {
    /// All bundled servers. The server with the most capabilities comes first.
    pub(super) const ALL: [Self; 3] = [Self::SocketIo, Self::WebSocket, Self::Envelope];

    /// Returns the bundled server with this name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bundled| bundled.name() == name)
    }

    /// Returns the value of `--target` that means this server.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SocketIo => "reference",
            Self::Envelope => "reference-envelope",
            Self::WebSocket => "reference-websocket",
        }
    }

    fn manifest(self) -> Result<Manifest, CliError> {
        let text = match self {
            Self::SocketIo => REFERENCE_MANIFEST,
            Self::Envelope => REFERENCE_ENVELOPE_MANIFEST,
            Self::WebSocket => REFERENCE_WEBSOCKET_MANIFEST,
        };
        let source = SourceFile {
            path: format!("fixtures/targets/{}.yaml", self.name()).into(),
            text: text.to_owned(),
        };
        load_manifest(Arc::new(source), PathBuf::new()).map_err(CliError::BadFiles)
    }
}

/// The files that describe a target, as they were read.
pub(super) struct Files {
    tls: TlsPolicy,
    described: Described,
}

/// What `--target` describes.
enum Described {
    /// The server that a manifest describes.
    Manifest(Box<Manifest>, Host),
    /// The server at an address.
    Url(Url),
}

/// Reads the files that the arguments name.
///
/// A file can be a named pipe, whose reading blocks until somebody writes into it. So the files are read before signals
/// interrupt a run: until then, a signal ends the process.
///
/// # Errors
///
/// Returns an error if the manifest has mistakes, or the certificates can't be read.
pub(super) fn read_files(args: &TargetArgs, output: Output) -> Result<Files, CliError> {
    let tls = tls(&args.tls)?;
    let described = match Choice::new(&args.target)? {
        Choice::Reference(form) => {
            Described::Manifest(Box::new(form.manifest()?), Host::Embedded(Box::default()))
        }
        Choice::File(path) => {
            let manifest = read_manifest(&path)?;
            output.learn(&manifest.secrets);
            let host = match manifest.launch {
                Some(Launch::BuiltIn) => Host::Embedded(Box::default()),
                Some(Launch::Command(_)) => Host::Launched,
                None => Host::Running,
            };
            Described::Manifest(Box::new(manifest), host)
        }
        Choice::Url(url) => Described::Url(url),
    };
    Ok(Files { tls, described })
}

/// Returns the target that the arguments and their files describe. Probes a server that `--target` gives by URL, or
/// whose manifest names no transport.
///
/// # Errors
///
/// Returns an error if no Engine.IO or WebSocket server answers at the URL.
pub(super) async fn resolve(args: &TargetArgs, files: Files) -> Result<Target, CliError> {
    let Files { tls, described } = files;
    let (mut manifest, host) = match described {
        Described::Manifest(manifest, host) => (*manifest, host),
        Described::Url(url) => (probe_manifest(&url, &tls).await?.0, Host::Running),
    };
    let host = match &args.url {
        None => host,
        Some(url) => {
            manifest.url.clone_from(url);
            check_short_heartbeat(&mut manifest, &parse_url(url)?, &tls).await;
            Host::Running
        }
    };
    if matches!(host, Host::Running) {
        keep_running_profiles(&mut manifest);
    }
    let running = probe_transports(&mut manifest, &host, &tls).await?;
    let secrets = manifest.secrets.clone();
    Ok(Target {
        manifest: Arc::new(manifest),
        network: Network::Tcp,
        budget: Budget::default(),
        host,
        tls,
        secrets,
        running: Arc::new(Mutex::new(running)),
        tell,
    })
}

/// Returns a target that stands in the reports for a server that did not answer the probe: it has the server's name and
/// the capabilities that sockspec's own server has.
///
/// # Errors
///
/// Returns the same errors as [`reference()`].
pub(super) fn unknown(args: &TargetArgs) -> Result<Target, CliError> {
    let mut target = reference(Bundled::SocketIo)?;
    let url = without_userinfo(args.url.as_deref().unwrap_or(&args.target));
    let manifest = Arc::make_mut(&mut target.manifest);
    manifest.name = args.target.clone();
    manifest.url = url.to_string();
    target.host = Host::Running;
    Ok(target)
}

/// Returns a bundled server that runs inside this process.
///
/// # Errors
///
/// Returns an error if the shipped manifest has a mistake; a test makes sure that it has none.
pub(super) fn reference(form: Bundled) -> Result<Target, CliError> {
    let manifest = form.manifest()?;
    let secrets = manifest.secrets.clone();
    Ok(Target {
        manifest: Arc::new(manifest),
        network: Network::Tcp,
        budget: Budget::default(),
        host: Host::Embedded(Box::default()),
        tls: TlsPolicy::new(None, Verification::Checked)?,
        secrets,
        running: Arc::default(),
        tell,
    })
}

/// Prints a note while a target is still starting, to explain the wait.
fn tell(text: &Masked<String>) {
    let text = format!("note   {}\n", escape::line(text));
    // A failure to write is ignored, because the note only explains a wait.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Returns the endpoint of a plain WebSocket server: the path and query of the URL, unchanged.
pub(super) fn plain_endpoint(url: &Url, tls: &TlsPolicy) -> Endpoint {
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    Endpoint {
        path,
        ..endpoint(url, tls)
    }
}

/// Returns the Engine.IO endpoint of a URL: its path, or `/socket.io/` if the path is `/`.
pub(super) fn endpoint(url: &Url, tls: &TlsPolicy) -> Endpoint {
    let path = match url.path().trim_matches('/') {
        "" => "/socket.io/".to_owned(),
        inner => format!("/{inner}/"),
    };
    let mut base = url.clone();
    base.set_path("/");
    base.set_query(None);
    base.set_fragment(None);
    Endpoint {
        url: base,
        path,
        tls: tls.clone(),
        network: Network::Tcp,
        budget: Budget::default(),
    }
}

/// Returns how TLS certificates are verified.
///
/// # Errors
///
/// Returns an error if the file of `--ca` can't be read or holds no certificate.
pub(super) fn tls(args: &TlsArgs) -> Result<TlsPolicy, CliError> {
    let verification = if args.insecure {
        Verification::Insecure
    } else {
        Verification::Checked
    };
    Ok(TlsPolicy::new(args.ca.as_deref(), verification)?)
}

/// Parses the URL of a server. `ws` means `http`, `wss` means `https`.
///
/// # Errors
///
/// Returns an error if the text is not an HTTP or WebSocket URL, or if it contains a user name or password, which
/// sockspec would not send.
pub(super) fn parse_url(text: &str) -> Result<Url, CliError> {
    let http = match text.split_once("://") {
        Some(("ws", rest)) => format!("http://{rest}"),
        Some(("wss", rest)) => format!("https://{rest}"),
        _ => text.to_owned(),
    };
    let shown = without_userinfo(text);
    match Url::parse(&http) {
        Ok(url) if has_userinfo(&url) => Err(CliError::UrlWithUser(shown)),
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => Ok(url),
        Ok(_) | Err(_) => Err(CliError::Url(shown)),
    }
}

impl Choice {
    fn new(text: &str) -> Result<Self, CliError> {
        if let Some(form) = Bundled::from_name(text) {
            return Ok(Self::Reference(form));
        }
        match text {
            text if text.contains("://") => parse_url(text).map(Self::Url),
            path => Ok(Self::File(path.into())),
        }
    }
}

/// Removes the manifest's profiles that set environment variables, for a server that sockspec did not start. sockspec
/// can't change its environment, so a scenario that needs such a profile would run with the wrong settings.
fn keep_running_profiles(manifest: &mut Manifest) {
    manifest.profiles.retain(|profile| profile.env.is_empty());
}

fn read_manifest(path: &Path) -> Result<Manifest, CliError> {
    if !path.is_file() {
        return Err(CliError::NoSuchTarget(path.to_owned()));
    }
    let source = SourceFile::read(path).map_err(|problem| CliError::BadFiles(vec![*problem]))?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    load_manifest(source, folder).map_err(CliError::BadFiles)
}

/// Probes the server at a URL. Returns a manifest with what the probe found, and the findings.
///
/// # Errors
///
/// Returns an error if no Engine.IO or WebSocket server answers at the URL.
pub(super) async fn probe_manifest(
    url: &Url,
    tls: &TlsPolicy,
) -> Result<(Manifest, Probed), CliError> {
    probe_with(url, tls, "").await
}

/// Probes the server at a URL as a client that a manifest describes. `way_in` holds lines of this manifest, such as
/// `namespaces: { /: /chat }`. Returns a manifest with these lines and with what the probe found, and the findings.
///
/// # Errors
///
/// Returns an error if the lines have a mistake, or if no Engine.IO or WebSocket server answers at the URL.
pub(super) async fn probe_with(
    url: &Url,
    tls: &TlsPolicy,
    way_in: &str,
) -> Result<(Manifest, Probed), CliError> {
    let (endpoint, plain) = (endpoint(url, tls), plain_endpoint(url, tls));
    let address = endpoint.url.as_str().trim_end_matches('/');
    let quoted = serde_json::Value::from(address);
    let load = |speaks: Speaks| {
        let source = SourceFile {
            path: PathBuf::from(address),
            // The URL is quoted as JSON, because a JSON string is a valid YAML string.
            text: format!(
                "name: {quoted}\nurl: {quoted}\ndialect: {}\n{way_in}",
                speaks.name()
            ),
        };
        load_manifest(Arc::new(source), PathBuf::new()).map_err(CliError::BadFiles)
    };
    let visitor = Visitor::of(&load(Speaks::SocketIo)?);
    let probed = probe(&endpoint, &plain, &visitor).await?;
    let mut manifest = load(probed.speaks)?;
    manifest.path.clone_from(&probed.path);
    add_findings(&mut manifest, probed.clone());
    // The user has no manifest that could list them.
    manifest.observed.unlisted_greetings.clear();
    Ok((manifest, probed))
}

fn add_findings(manifest: &mut Manifest, probed: Probed) {
    manifest.provides.extend(probed.provides);
    manifest.unprovided = probed.lacks;
    // A manifest that names its namespaces knows more than the probe.
    let knows_namespaces = manifest.provides.contains("namespaces");
    for (rule, capability) in Rule::IMPLIED {
        let seen = probed.observed.rules.get(&rule);
        let seen = seen.filter(|_| rule != Rule::AnyNamespace || !knows_namespaces);
        if let Some(seen) = seen {
            manifest.provides.remove(capability);
            manifest
                .unprovided
                .insert(capability.to_owned(), seen.clone());
        }
    }
    manifest.observed = probed.observed;
    for event in probed.greetings {
        if !manifest.greetings.contains(&event) {
            manifest.observed.unlisted_greetings.push(event.clone());
            manifest.greetings.push(event);
        }
    }
    manifest.stack = manifest.stack.or(probed.stack);
}

/// Probes the server if its manifest names no transport or says `probe: true`, and adds the findings to the manifest.
/// Returns the server if it was launched for the probe.
async fn probe_transports(
    manifest: &mut Manifest,
    host: &Host,
    tls: &TlsPolicy,
) -> Result<Option<Launched>, CliError> {
    let mut transports = ["polling", "websocket"].iter();
    let names_one = transports.any(|transport| manifest.provides.contains(*transport));
    if names_one && !manifest.is_probed {
        return Ok(None);
    }
    if matches!(host, Host::Embedded(_)) {
        // The bundled server supports both transports, so a probe is not needed.
        manifest
            .provides
            .extend(["polling", "websocket"].map(str::to_owned));
        return Ok(None);
    }
    let launched = match (host, manifest.command()) {
        (Host::Launched, Some(spec)) => Some(
            Launched::start(spec, None, &|text| {
                tell(&manifest.secrets.masked(text.to_owned()));
            })
            .await
            .map_err(|mut error| {
                error.mask(&manifest.secrets);
                StartError::from(error)
            })?,
        ),
        _ => None,
    };
    let address = match &launched {
        Some(launched) => manifest.url.replace("$port", &launched.port().to_string()),
        None => manifest.url.clone(),
    };
    let answer = async {
        let url = parse_url(&address)?;
        let endpoint = Endpoint {
            path: manifest.path.clone(),
            ..endpoint(&url, tls)
        };
        let mut plain = plain_endpoint(&url, tls);
        if manifest.dialect.speaks == Speaks::WebSocket {
            plain.path.clone_from(&manifest.path);
        }
        Ok::<_, CliError>(probe(&endpoint, &plain, &Visitor::of(manifest)).await?)
    };
    match answer.await {
        Ok(probed) => {
            add_findings(manifest, probed);
            Ok(launched)
        }
        Err(error) => {
            if let Some(launched) = launched {
                launched.stop().await;
            }
            Err(error)
        }
    }
}

/// Removes the capability `short-heartbeat` from the manifest if the server at `--url` announces a longer heartbeat
/// than the manifest states.
async fn check_short_heartbeat(manifest: &mut Manifest, url: &Url, tls: &TlsPolicy) {
    let endpoint = Endpoint {
        url: url.clone(),
        path: manifest.path.clone(),
        tls: tls.clone(),
        network: Network::Tcp,
        budget: Budget::default(),
    };
    if manifest.provides.contains("short-heartbeat")
        && has_short_heartbeat(&endpoint, &Visitor::of(manifest)).await == Some(false)
    {
        manifest.provides.remove("short-heartbeat");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_bundled_server_a_url_or_a_file() {
        for (name, form) in [
            ("reference", Bundled::SocketIo),
            ("reference-websocket", Bundled::WebSocket),
            ("reference-envelope", Bundled::Envelope),
        ] {
            assert_eq!(Choice::new(name).unwrap(), Choice::Reference(form));
        }
        let url = Url::parse("https://example.test/live").unwrap();
        assert_eq!(
            Choice::new("wss://example.test/live").unwrap(),
            Choice::Url(url)
        );
        assert_eq!(
            Choice::new("target.yaml").unwrap(),
            Choice::File("target.yaml".into())
        );
        assert!(Choice::new("ftp://example.test").is_err());
    }

    #[test]
    fn the_endpoint_takes_its_path_from_the_url() {
        let tls = TlsPolicy::new(None, Verification::Checked).unwrap();
        let path = |url: &str| endpoint(&Url::parse(url).unwrap(), &tls).path;
        assert_eq!(path("http://localhost:3000"), "/socket.io/");
        assert_eq!(path("http://localhost:3000/live?x=1"), "/live/");
        let plain = |url: &str| plain_endpoint(&Url::parse(url).unwrap(), &tls).path;
        assert_eq!(plain("http://localhost:3000"), "/");
        assert_eq!(plain("http://localhost:3000/live?x=1"), "/live?x=1");
    }

    #[test]
    fn a_running_server_has_no_profiles_with_environment_variables() {
        let mut manifest = Bundled::SocketIo.manifest().unwrap();
        assert!(!manifest.profiles.is_empty());
        keep_running_profiles(&mut manifest);
        assert_eq!(manifest.profiles.len(), 0);
    }

    #[test]
    fn the_manifests_that_ship_have_no_mistakes() {
        for form in Bundled::ALL {
            assert_eq!(reference(form).unwrap().manifest.name, form.name());
        }
    }
}
