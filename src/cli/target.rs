//! From `--target` and its relatives to a target.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use url::Url;

use super::{
    args::{TargetArgs, TlsArgs},
    error::CliError,
};
use crate::{
    client::{Endpoint, TlsPolicy, Verification},
    runner::{Host, StartError, Target},
    scenario::SourceFile,
    targets::{
        Launch, Launched, Manifest, Probed, REFERENCE_MANIFEST, REFERENCE_WEBSOCKET_MANIFEST,
        has_short_heartbeat, has_userinfo, load_manifest, probe, without_userinfo,
    },
};

/// What `--target` names.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Choice {
    /// A manifest.
    File(PathBuf),
    /// The bundled server.
    Reference(Bundled),
    /// A server that runs already.
    Url(Url),
}

/// A form of the bundled server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Bundled {
    /// With the contract application on Socket.IO.
    SocketIo,
    /// A plain WebSocket endpoint.
    WebSocket,
}

impl Bundled {
    /// Every form, the richest first.
    pub(super) const ALL: [Self; 2] = [Self::SocketIo, Self::WebSocket];

    /// The form of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::SocketIo => "reference",
            Self::WebSocket => "reference-websocket",
        }
    }

    fn manifest(self) -> Result<Manifest, CliError> {
        let text = match self {
            Self::SocketIo => REFERENCE_MANIFEST,
            Self::WebSocket => REFERENCE_WEBSOCKET_MANIFEST,
        };
        let source = SourceFile {
            path: format!("fixtures/targets/{}.yaml", self.name()).into(),
            text: text.to_owned(),
        };
        load_manifest(Arc::new(source), PathBuf::new()).map_err(CliError::BadFiles)
    }
}

/// The target that the arguments describe; a bare URL is asked what it can do, and so is a server whose manifest
/// names no transport.
///
/// # Errors
///
/// A manifest with mistakes, certificates that can't be read, or nothing at the URL that speaks Engine.IO or WebSocket.
pub(super) async fn resolve(args: &TargetArgs) -> Result<Target, CliError> {
    let tls = tls(&args.tls)?;
    let choice = Choice::new(&args.target)?;
    let (mut manifest, host) = match choice {
        Choice::Reference(form) => (form.manifest()?, Host::Embedded(Box::default())),
        Choice::File(path) => {
            let manifest = read_manifest(&path)?;
            let host = match manifest.launch {
                Some(Launch::BuiltIn) => Host::Embedded(Box::default()),
                Some(Launch::Command(_)) => Host::Launched,
                None => Host::Running,
            };
            (manifest, host)
        }
        Choice::Url(url) => (probed(&url, &tls).await?, Host::Running),
    };
    let host = match &args.url {
        None => host,
        Some(url) => {
            manifest.url.clone_from(url);
            forget_heartbeat(&mut manifest, &parse_url(url)?, &tls).await;
            Host::Running
        }
    };
    if matches!(host, Host::Running) {
        keep_running_profiles(&mut manifest);
    }
    ask_for_transports(&mut manifest, &host, &tls).await?;
    let secrets = manifest.secrets.clone();
    Ok(Target {
        manifest: Arc::new(manifest),
        host,
        tls,
        secrets,
    })
}

/// The reference server in this process, for proofs.
///
/// # Errors
///
/// A mistake in the manifest that ships, which a test rules out.
pub(super) fn reference(form: Bundled) -> Result<Target, CliError> {
    let manifest = form.manifest()?;
    let secrets = manifest.secrets.clone();
    Ok(Target {
        manifest: Arc::new(manifest),
        host: Host::Embedded(Box::default()),
        tls: TlsPolicy::new(None, Verification::Checked)?,
        secrets,
    })
}

/// Where a URL says that a plain WebSocket is: at its path and query, as they are.
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

/// Where a URL says that an Engine.IO endpoint is; its path is taken for the endpoint's unless it is `/`.
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
    }
}

/// How certificates are checked.
///
/// # Errors
///
/// The file of authorities can't be read, or holds no certificate.
pub(super) fn tls(args: &TlsArgs) -> Result<TlsPolicy, CliError> {
    let verification = if args.insecure {
        Verification::Insecure
    } else {
        Verification::Checked
    };
    Ok(TlsPolicy::new(args.ca.as_deref(), verification)?)
}

/// A URL of a server; `ws` and `wss` are taken for `http` and `https`.
///
/// # Errors
///
/// It is none, or one with a password, which nobody would send.
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
        if let Some(form) = Bundled::named(text) {
            return Ok(Self::Reference(form));
        }
        match text {
            text if text.contains("://") => parse_url(text).map(Self::Url),
            path => Ok(Self::File(path.into())),
        }
    }
}

/// A server that runs already has the settings that it has: profiles that would set others go, or else
/// it would be judged by what it was never told to be.
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

async fn probed(url: &Url, tls: &TlsPolicy) -> Result<Manifest, CliError> {
    let (endpoint, plain) = (endpoint(url, tls), plain_endpoint(url, tls));
    let probed = probe(&endpoint, &plain).await?;
    let address = endpoint.url.as_str().trim_end_matches('/');
    let quoted = serde_json::Value::from(address);
    let source = SourceFile {
        path: PathBuf::from(address),
        // JSON's strings are YAML's.
        text: format!(
            "name: {quoted}\nurl: {quoted}\ndialect: {}\n",
            probed.speaks.name()
        ),
    };
    let mut manifest =
        load_manifest(Arc::new(source), PathBuf::new()).map_err(CliError::BadFiles)?;
    manifest.path.clone_from(&probed.path);
    take(&mut manifest, probed);
    Ok(manifest)
}

fn take(manifest: &mut Manifest, probed: Probed) {
    manifest.provides.extend(probed.provides);
    manifest.greetings.extend(probed.greetings);
}

/// A manifest that names no transport speaks of its application only: the server is asked for the rest, as one at a
/// bare URL is. One that names a transport is taken at its word.
async fn ask_for_transports(
    manifest: &mut Manifest,
    host: &Host,
    tls: &TlsPolicy,
) -> Result<(), CliError> {
    let mut transports = ["polling", "websocket"].iter();
    if transports.any(|transport| manifest.provides.contains(*transport)) {
        return Ok(());
    }
    if matches!(host, Host::Embedded(_)) {
        // It is known what the reference server can do.
        manifest
            .provides
            .extend(["polling", "websocket"].map(str::to_owned));
        return Ok(());
    }
    let launched = match (host, manifest.command()) {
        (Host::Launched, Some(spec)) => Some(
            Launched::start(spec, None)
                .await
                .map_err(|error| StartError::from(error.masked(&manifest.secrets)))?,
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
        Ok::<_, CliError>(probe(&endpoint, &plain_endpoint(&url, tls)).await?)
    };
    let answer = answer.await;
    if let Some(launched) = launched {
        launched.stop().await;
    }
    take(manifest, answer?);
    Ok(())
}

/// A server that somebody else started has their heartbeat, whatever the manifest says of its own.
async fn forget_heartbeat(manifest: &mut Manifest, url: &Url, tls: &TlsPolicy) {
    let endpoint = Endpoint {
        url: url.clone(),
        path: manifest.path.clone(),
        tls: tls.clone(),
    };
    if manifest.provides.contains("short-heartbeat")
        && has_short_heartbeat(&endpoint).await == Some(false)
    {
        manifest.provides.remove("short-heartbeat");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_url_and_file_are_told_apart() {
        for (name, form) in [
            ("reference", Bundled::SocketIo),
            ("reference-websocket", Bundled::WebSocket),
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
    fn the_path_of_a_url_is_the_endpoints() {
        let tls = TlsPolicy::new(None, Verification::Checked).unwrap();
        let path = |url: &str| endpoint(&Url::parse(url).unwrap(), &tls).path;
        assert_eq!(path("http://localhost:3000"), "/socket.io/");
        assert_eq!(path("http://localhost:3000/live?x=1"), "/live/");
        let plain = |url: &str| plain_endpoint(&Url::parse(url).unwrap(), &tls).path;
        assert_eq!(plain("http://localhost:3000"), "/");
        assert_eq!(plain("http://localhost:3000/live?x=1"), "/live?x=1");
    }

    #[test]
    fn a_running_server_is_not_given_other_settings() {
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
