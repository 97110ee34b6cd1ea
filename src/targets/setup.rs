//! Runs the setup of a target, such as `npm ci`, before its first start.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use sha1::{Digest, Sha1};

use super::{
    Log, Tell,
    launch_error::{LOG_LINES, LaunchError},
    process::ProcessTree,
    setup_lock::SetupLock,
};
use crate::{clock, data::hex};

/// The timeout of a setup. It is long because a setup may compile.
const DEADLINE: Duration = Duration::from_secs(900);

/// The files in the working folder on which the result of a setup depends. The files in `src/` count too.
const INPUTS: [&str; 14] = [
    ".npmrc",
    "Cargo.lock",
    "Cargo.toml",
    "go.mod",
    "go.sum",
    "package-lock.json",
    "package.json",
    "pnpm-lock.yaml",
    "poetry.lock",
    "pyproject.toml",
    "requirements.txt",
    "tsconfig.json",
    "uv.lock",
    "yarn.lock",
];

/// The folders that setups create. A file in one of them, the stamp, says that the setup has run, so deleting the
/// folder makes the setup run again.
const RESULTS: [&str; 5] = ["node_modules", ".venv", "venv", "target", "vendor"];

/// The name of the stamp: a file with a hash of the setup's command and inputs, which says that the setup has run.
const STAMP: &str = ".sockspec-setup";

/// Runs `command` in `workdir`, unless its result exists and none of its inputs has changed.
///
/// A lock makes other processes wait if they set up the same folder. If this process has to
/// wait, it calls `tell` with a message for the user.
pub(super) async fn run_if_due(
    command: &[String],
    workdir: &Path,
    tell: Tell<'_>,
) -> Result<(), LaunchError> {
    let _lock = SetupLock::take(workdir, DEADLINE, tell).await?;
    let inputs = fingerprint(command, workdir);
    let done = RESULTS
        .iter()
        .filter_map(|folder| fs::read_to_string(workdir.join(folder).join(STAMP)).ok())
        .any(|stamp| stamp == inputs);
    if done {
        return Ok(());
    }
    run(command, workdir).await?;
    // Store the stamp, which says that the setup has run, so that the next start skips the setup. If there is no result
    // folder to hold the stamp, the setup runs at every start.
    if let Some(folder) = RESULTS
        .iter()
        .map(|folder| workdir.join(folder))
        .find(|folder| folder.is_dir())
    {
        let _ = fs::write(folder.join(STAMP), inputs);
    }
    Ok(())
}

async fn run(command: &[String], workdir: &Path) -> Result<(), LaunchError> {
    let log = Log::default();
    let shown = command.join(" ");
    let mut tree =
        ProcessTree::spawn(command, workdir, &[], &log).map_err(|source| LaunchError::Spawn {
            command: shown.clone(),
            workdir: workdir.to_owned(),
            source,
        })?;
    let status = match clock::within(DEADLINE, tree.finished()).await {
        Ok(Ok(status)) if status.success() => return Ok(()),
        Ok(Ok(status)) => status.to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("not ended after {} s", DEADLINE.as_secs()),
    };
    Err(LaunchError::Setup {
        command: shown,
        status,
        log: log.tail(LOG_LINES),
    })
}

/// Returns a hash of the command and its inputs.
fn fingerprint(command: &[String], workdir: &Path) -> String {
    let mut hash = Sha1::new();
    for word in command {
        hash.update(word);
        hash.update([0]);
    }
    let mut files: Vec<PathBuf> = INPUTS.iter().map(|name| workdir.join(name)).collect();
    files.extend(files_below(&workdir.join("src")));
    for file in files {
        if let Ok(content) = fs::read(&file) {
            hash.update(file.as_os_str().as_encoded_bytes());
            hash.update(Sha1::digest(content));
        }
    }
    hex(&hash.finalize())
}

/// Returns all files below `folder`, sorted.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path()),
                Ok(kind) if kind.is_symlink() && entry.path().is_file() => files.push(entry.path()),
                // Don't follow links to folders, because they may form a circle.
                _ => {}
            }
        }
    }
    files.sort();
    files
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn times_run(workdir: &Path) -> usize {
        fs::read_to_string(workdir.join("runs"))
            .unwrap_or_default()
            .lines()
            .count()
    }

    #[tokio::test]
    async fn setup_runs_again_only_when_an_input_or_the_result_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let workdir = folder.path();
        let command = ["sh", "-c", "echo x >> runs; mkdir -p node_modules"].map(str::to_owned);
        run_if_due(&command, workdir, &|_| {}).await.unwrap();
        run_if_due(&command, workdir, &|_| {}).await.unwrap();
        assert_eq!(times_run(workdir), 1);
        fs::write(workdir.join("package-lock.json"), "{}").unwrap();
        run_if_due(&command, workdir, &|_| {}).await.unwrap();
        assert_eq!(times_run(workdir), 2);
        fs::remove_dir_all(workdir.join("node_modules")).unwrap();
        run_if_due(&command, workdir, &|_| {}).await.unwrap();
        assert_eq!(times_run(workdir), 3);
    }

    #[test]
    fn a_linked_source_file_is_an_input() {
        let folder = tempfile::tempdir().unwrap();
        let workdir = folder.path();
        let shared = folder.path().join("shared.ts");
        fs::create_dir(workdir.join("src")).unwrap();
        fs::write(&shared, "one").unwrap();
        std::os::unix::fs::symlink(&shared, workdir.join("src/linked.ts")).unwrap();
        let command = ["npm".to_owned()];
        let before = fingerprint(&command, workdir);
        fs::write(&shared, "two").unwrap();
        assert_ne!(fingerprint(&command, workdir), before);
    }

    #[tokio::test]
    async fn setups_of_one_folder_wait_for_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let workdir = folder.path();
        let command = ["sh", "-c", "echo x >> runs; mkdir -p node_modules"].map(str::to_owned);
        let (first, second) = tokio::join!(
            run_if_due(&command, workdir, &|_| {}),
            run_if_due(&command, workdir, &|_| {})
        );
        first.unwrap();
        second.unwrap();
        assert_eq!(times_run(workdir), 1);
    }

    #[tokio::test]
    async fn failure_shows_the_end_of_the_output() {
        let folder = tempfile::tempdir().unwrap();
        let command = ["sh", "-c", "echo no such package; exit 3"].map(str::to_owned);
        let error = run_if_due(&command, folder.path(), &|_| {})
            .await
            .unwrap_err();
        insta::assert_snapshot!(error, @r"
        setup `sh -c echo no such package; exit 3` failed (exit status: 3); its last output:
          | no such package
        ");
    }
}
