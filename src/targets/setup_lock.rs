//! The lock that keeps two processes from setting up one folder at the same time.
//!
//! The lock is a file in a folder that only the user can write to. The file holds the id of the process that has the
//! lock, and is removed with the lock.

use std::{
    env,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use sha1::{Digest, Sha1};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    Tell,
    launch_error::{LaunchError, describe_holder},
};
use crate::{clock, data::hex};

/// The time between two attempts to take the lock. The system reports no event when a lock is released.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// The limit on the bytes of a lock file that are read.
const MAX_BYTES: u64 = 32;

/// The lock of a folder. Dropping it releases the lock and removes the file.
#[derive(Debug)]
pub(super) struct SetupLock {
    path: PathBuf,
    // Never read: the file is kept open because closing it releases the lock.
    _file: File,
}

impl SetupLock {
    /// Takes the lock of `workdir`. Waits for another process that has the lock, and says so with `tell`.
    pub(super) async fn take(
        workdir: &Path,
        within: Duration,
        tell: Tell<'_>,
    ) -> Result<Self, LaunchError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| LaunchError::SetupLock { path, source }
        };
        let folder = folder().map_err(failed(&env::temp_dir()))?;
        let workdir = fs::canonicalize(workdir).unwrap_or_else(|_| workdir.to_owned());
        let name = hex(&Sha1::digest(workdir.as_os_str().as_encoded_bytes()));
        let path = folder.join(format!("setup-{name}.lock"));
        let deadline = clock::now() + within;
        let mut ticks = interval(CHECK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_told = false;
        loop {
            ticks.tick().await;
            let holder = match try_take(&path).map_err(failed(&path))? {
                Attempt::Taken(file) => return Ok(Self { path, _file: file }),
                Attempt::Held(holder) => holder,
            };
            if clock::now() >= deadline {
                return Err(LaunchError::SetupLocked {
                    holder,
                    workdir,
                    within,
                });
            }
            if !is_told {
                is_told = true;
                tell(&format!(
                    "waiting for {}, which sets up {}; the limit is {} s",
                    describe_holder(holder),
                    workdir.display(),
                    within.as_secs()
                ));
            }
        }
    }
}

impl Drop for SetupLock {
    fn drop(&mut self) {
        // While this process has the lock, no other process removes the file. If the removal fails, the file stays,
        // which does no harm.
        let _ = fs::remove_file(&self.path);
    }
}

/// The result of one attempt to take the lock.
enum Attempt {
    /// Another process has the lock. Holds the id of that process, if it is known.
    Held(Option<u32>),
    /// This process has taken the lock. Holds the locked file.
    Taken(File),
}

fn try_take(path: &Path) -> io::Result<Attempt> {
    let mut file = open(path)?;
    match file.try_lock() {
        // Between opening and locking the file, the process that had the lock may have removed the file. Another
        // process can then lock a new file at the same path, so the lock on the removed file does not count.
        Ok(()) if !is_at(&file, path) => Ok(Attempt::Held(None)),
        Ok(()) => {
            file.set_len(0)?;
            file.write_all(std::process::id().to_string().as_bytes())?;
            Ok(Attempt::Taken(file))
        }
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // Ignore an error, because some systems let no other process read a locked file. The id of the process is
            // then unknown.
            let _ = file.take(MAX_BYTES).read_to_string(&mut text);
            Ok(Attempt::Held(text.trim().parse().ok()))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Opens the lock file, or creates it. Does not follow a symbolic link, which could lead to a file of the user.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use nix::fcntl::OFlag;

        // Without O_NONBLOCK, a named pipe at this place would make the call wait.
        let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
        options.custom_flags(flags.bits()).mode(0o600);
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("the lock file is not a regular file"))
    }
}

/// Returns true if `path` is still the path of the open file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let place = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(there)) => place(open) == place(there),
        (Err(_), _) | (_, Err(_)) => false,
    }
}

/// Returns true: on this system, no process can remove a file that is open.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

/// Returns the folder of the lock files, and creates it: `sockspec` in the user's runtime folder, else in the cache
/// folder, else a folder of this user in the folder for temporary files.
fn folder() -> io::Result<PathBuf> {
    let home = env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let named = ["XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"].map(env::var_os);
    let bases = named.into_iter().flatten().map(PathBuf::from).chain(home);
    let own = bases
        .filter(|base| base.is_absolute())
        .map(|base| base.join("sockspec"))
        .find(|folder| create_private(folder).is_ok());
    match own {
        Some(folder) => Ok(folder),
        None => {
            let folder = env::temp_dir().join(format!("sockspec-{}", user()));
            create_private(&folder)?;
            Ok(folder)
        }
    }
}

#[cfg(unix)]
fn user() -> String {
    nix::unistd::geteuid().to_string()
}

#[cfg(not(unix))]
fn user() -> String {
    env::var("USERNAME").unwrap_or_default()
}

/// Creates a folder that only this user can change. Returns an error if the folder exists and others can change it.
#[cfg(unix)]
fn create_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};

    /// The permission bits that let the group and other users write to a folder.
    const OTHERS_WRITE: u32 = 0o022;

    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let found = fs::symlink_metadata(folder)?;
    let is_private = found.is_dir()
        && found.uid() == nix::unistd::geteuid().as_raw()
        && found.mode() & OTHERS_WRITE == 0;
    if is_private {
        Ok(())
    } else {
        Err(io::Error::other(
            "the lock file belongs to another user, or other users can change it",
        ))
    }
}

#[cfg(not(unix))]
fn create_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const SHORT: Duration = Duration::from_millis(120);

    #[tokio::test]
    async fn who_waits_is_told_the_holder_and_gives_up_at_the_deadline() {
        let folder = tempfile::tempdir().unwrap();
        let told = Mutex::new(Vec::new());
        let tell = |text: &str| told.lock().unwrap().push(text.to_owned());
        let first = SetupLock::take(folder.path(), SHORT, &tell).await.unwrap();
        let error = SetupLock::take(folder.path(), SHORT, &tell)
            .await
            .unwrap_err();
        let holder = format!("process {}", std::process::id());
        assert!(
            error.to_string().starts_with(&format!("{holder} sets up ")),
            "{error}"
        );
        let told = told.lock().unwrap().clone();
        assert_eq!(told.len(), 1);
        assert!(
            told[0].starts_with(&format!("waiting for {holder}, ")),
            "{told:?}"
        );
        drop(first);
        let again = SetupLock::take(folder.path(), SHORT, &|_| {})
            .await
            .unwrap();
        let path = again.path.clone();
        drop(again);
        assert!(!path.exists());
    }

    #[test]
    fn a_link_or_a_pipe_in_place_of_the_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (link, pipe) = (folder.path().join("link"), folder.path().join("pipe"));
        let file = folder.path().join("file");
        fs::write(&file, "text").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(open(&link).is_err());
        assert!(open(&pipe).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "text");
    }

    #[test]
    fn a_folder_that_others_can_change_is_refused() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        assert!(create_private(&folder.path().join("new")).is_ok());
        let open = folder.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(create_private(&open).is_err());
        std::os::unix::fs::symlink(folder.path().join("new"), folder.path().join("link")).unwrap();
        assert!(create_private(&folder.path().join("link")).is_err());
    }
}
