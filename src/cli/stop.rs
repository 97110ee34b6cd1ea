//! Ctrl-C and its relatives.

use std::{future::Future, io};

/// A future that ends at the first Ctrl-C, SIGTERM or SIGHUP.
///
/// The handlers are in place when this returns: nothing is lost between here and the first poll.
///
/// # Errors
///
/// The operating system refuses a handler.
#[cfg(unix)]
pub(super) fn stop_requested() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        // `recv` is cancel-safe, and what the losers would have told no longer matters.
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}

/// A future that ends at the first Ctrl-C.
///
/// # Errors
///
/// The operating system refuses a handler.
#[cfg(not(unix))]
pub(super) fn stop_requested() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a handler nobody can ask, so the future never ends.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
