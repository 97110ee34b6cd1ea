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
    reference::FaultSet,
    runner::{Host, Target},
    scenario::SourceFile,
    target::{Manifest, REFERENCE_MANIFEST, load_manifest, probe},
};

/// What `--target` names.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Choice {
    /// A manifest.
    File(PathBuf),
    /// The bundled server.
    Reference,
    /// A server that runs already.
    Url(Url),
}

/// The target that the arguments describe; a bare URL is asked what it can do.
///
/// # Errors
///
/// A manifest with mistakes, certificates that can't be read, or nothing at the URL that speaks Engine.IO.
pub(super) async fn resolve(args: &TargetArgs) -> Result<Target, CliError> {
    let tls = tls(&args.tls)?;
    let choice = Choice::new(&args.target)?;
    let (mut manifest, host) = match choice {
        Choice::Reference => (reference_manifest()?, Host::Embedded(FaultSet::default())),
        Choice::File(path) => {
            let manifest = read_manifest(&path)?;
            let host = match manifest.launch {
                Some(_) => Host::Launched,
                None => Host::Running,
            };
            (manifest, host)
        }
        Choice::Url(url) => (probed(&url, &tls).await?, Host::Running),
    };
    let host = match &args.url {
        None => host,
        Some(url) => {
            parse_url(url)?;
            manifest.url.clone_from(url);
            Host::Running
        }
    };
    if matches!(host, Host::Running) {
        keep_running_profiles(&mut manifest);
    }
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
pub(super) fn reference() -> Result<Target, CliError> {
    let manifest = reference_manifest()?;
    let secrets = manifest.secrets.clone();
    Ok(Target {
        manifest: Arc::new(manifest),
        host: Host::Embedded(FaultSet::default()),
        tls: TlsPolicy::new(None, Verification::Checked)?,
        secrets,
    })
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
/// It is none.
pub(super) fn parse_url(text: &str) -> Result<Url, CliError> {
    let http = match text.split_once("://") {
        Some(("ws", rest)) => format!("http://{rest}"),
        Some(("wss", rest)) => format!("https://{rest}"),
        _ => text.to_owned(),
    };
    Url::parse(&http)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
        .ok_or_else(|| CliError::Url(text.to_owned()))
}

impl Choice {
    fn new(text: &str) -> Result<Self, CliError> {
        match text {
            "reference" => Ok(Self::Reference),
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

fn reference_manifest() -> Result<Manifest, CliError> {
    let source = SourceFile {
        path: "fixtures/targets/reference.yaml".into(),
        text: REFERENCE_MANIFEST.to_owned(),
    };
    load_manifest(Arc::new(source), PathBuf::new()).map_err(CliError::BadFiles)
}

async fn probed(url: &Url, tls: &TlsPolicy) -> Result<Manifest, CliError> {
    let endpoint = endpoint(url, tls);
    let probed = probe(&endpoint).await?;
    let address = endpoint.url.as_str().trim_end_matches('/');
    let quoted = serde_json::Value::from(address);
    let source = SourceFile {
        path: PathBuf::from(address),
        // JSON's strings are YAML's.
        text: format!("name: {quoted}\nurl: {quoted}\n"),
    };
    let mut manifest =
        load_manifest(Arc::new(source), PathBuf::new()).map_err(CliError::BadFiles)?;
    manifest.path = endpoint.path;
    manifest.provides = probed.provides;
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_url_and_file_are_told_apart() {
        assert_eq!(Choice::new("reference").unwrap(), Choice::Reference);
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
    }

    #[test]
    fn a_running_server_is_not_given_other_settings() {
        let mut manifest = reference_manifest().unwrap();
        assert!(!manifest.profiles.is_empty());
        keep_running_profiles(&mut manifest);
        assert_eq!(manifest.profiles.len(), 0);
    }

    #[test]
    fn the_manifest_that_ships_has_no_mistakes() {
        assert_eq!(reference().unwrap().manifest.name, "reference");
    }
}
