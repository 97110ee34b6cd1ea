//! The limit on the files, sockets included, that this process may have open.

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
};

/// How many times this process needed a file descriptor for a connection and none was free.
static SHORTAGES: AtomicUsize = AtomicUsize::new(0);

/// Raises this process's soft limit on open files to the hard limit, which needs no privileges. Returns the limit, or
/// `None` if it is unknown or the number of open files is unlimited.
///
/// Many systems set a low soft limit, for programs that can't handle large descriptors.
#[cfg(unix)]
pub fn raise_file_limit() -> Option<usize> {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};

    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    // Some systems refuse this call, because they have a limit of their own below the hard limit. The soft limit then
    // stays.
    let limit = match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    };
    (limit != RLIM_INFINITY)
        .then(|| usize::try_from(limit).ok())
        .flatten()
}

/// Does nothing and returns `None`: this system has no limit on open files that can be raised.
#[cfg(not(unix))]
pub fn raise_file_limit() -> Option<usize> {
    None
}

/// Returns how many times this process needed a file descriptor for a connection and none was free.
pub fn count_file_shortages() -> usize {
    SHORTAGES.load(Ordering::Relaxed)
}

/// Returns `error`. If it says that no file descriptor is free, counts it and changes the message, so that users don't
/// blame the server for it.
pub(super) fn note_shortage(error: io::Error) -> io::Error {
    if !is_shortage(&error) {
        return error;
    }
    SHORTAGES.fetch_add(1, Ordering::Relaxed);
    io::Error::new(
        error.kind(),
        format!("sockspec has no free file descriptor ({error})"),
    )
}

/// Returns true if the process or the machine has no free file descriptor.
#[cfg(unix)]
fn is_shortage(error: &io::Error) -> bool {
    use nix::errno::Errno;

    let code = error.raw_os_error();
    [Errno::EMFILE, Errno::ENFILE]
        .map(|errno| Some(errno as i32))
        .contains(&code)
}

#[cfg(not(unix))]
fn is_shortage(_: &io::Error) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_once() {
        let first = raise_file_limit();
        assert!(first.is_none_or(|limit| limit > 0));
        assert_eq!(raise_file_limit(), first);
    }

    #[test]
    fn a_shortage_is_counted_and_says_whose_it_is() {
        let before = count_file_shortages();
        let full = note_shortage(io::Error::from_raw_os_error(
            nix::errno::Errno::EMFILE as i32,
        ));
        assert!(
            full.to_string().starts_with("sockspec has no free file"),
            "{full}"
        );
        assert!(count_file_shortages() > before);
        let other = note_shortage(io::ErrorKind::ConnectionRefused.into());
        assert_eq!(other.kind(), io::ErrorKind::ConnectionRefused);
    }
}
