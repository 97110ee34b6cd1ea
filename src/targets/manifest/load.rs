//! Loads a [`Manifest`] from a file.

use std::{path::PathBuf, sync::Arc};

use super::{Manifest, variables};
use crate::{
    scenario::{Diagnostic, Node, Problems, SourceFile},
    targets::{Secrets, without_userinfo},
};

/// The manifest of the reference server that is built into the program.
pub const REFERENCE_MANIFEST: &str = include_str!("../../../fixtures/targets/reference.yaml");

/// The manifest of the built-in reference server as a plain WebSocket endpoint, without Engine.IO.
pub const REFERENCE_WEBSOCKET_MANIFEST: &str =
    include_str!("../../../fixtures/targets/reference-websocket.yaml");

/// The manifest of the built-in reference server as a plain WebSocket whose messages are events in envelopes.
pub const REFERENCE_ENVELOPE_MANIFEST: &str =
    include_str!("../../../fixtures/targets/reference-envelope.yaml");

/// Loads a manifest. Relative paths in the manifest start at `folder`.
///
/// # Errors
///
/// Returns all mistakes in the file.
pub fn load_manifest(
    source: Arc<SourceFile>,
    folder: PathBuf,
) -> Result<Manifest, Vec<Diagnostic>> {
    load_manifest_in(source, folder, &|name| std::env::var(name).ok())
}

/// Loads a manifest with the given environment variables instead of those of the process.
///
/// # Errors
///
/// Returns all mistakes in the file.
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
    variables::fill_in(&mut root, environment, &mut secrets, &mut problems);
    let loaded = match Manifest::read(&root, &folder, &mut problems) {
        Some(manifest) => problems.finish(manifest),
        None => Err(problems.into_sorted()),
    };
    match loaded {
        Ok(manifest) => Ok(Manifest {
            folder,
            secrets,
            ..manifest
        }),
        // A message may quote the value of an environment variable, which can be a secret, so mask it.
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
