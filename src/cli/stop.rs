//! Ctrl-C and its relatives.

use std::{
    future::Future,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

/// Two ways to stop a run: in order, and at once.
#[derive(Debug)]
pub(super) struct Interrupts {
    /// Cancelled at the first signal: the run ends in order and its reports are written.
    pub(super) gentle: CancellationToken,
    /// Cancelled at the second signal, or at the first while there is nothing to report: the run is dropped, and
    /// with it everything that it launched.
    pub(super) abrupt: CancellationToken,
    reportable: Arc<AtomicBool>,
    _listener: AbortOnDropHandle<()>,
}

impl Interrupts {
    /// Listens from this moment on.
    ///
    /// # Errors
    ///
    /// The operating system refuses a handler.
    pub(super) fn listen() -> io::Result<Self> {
        let (gentle, abrupt) = (CancellationToken::new(), CancellationToken::new());
        let reportable = Arc::new(AtomicBool::new(false));
        let first = stop_requested()?;
        let task = {
            let (gentle, abrupt) = (gentle.clone(), abrupt.clone());
            let reportable = Arc::clone(&reportable);
            async move {
                first.await;
                gentle.cancel();
                if reportable.load(Ordering::Acquire)
                    && let Ok(second) = stop_requested()
                {
                    second.await;
                }
                abrupt.cancel();
            }
        };
        Ok(Self {
            gentle,
            abrupt,
            reportable,
            _listener: AbortOnDropHandle::new(tokio::spawn(task)),
        })
    }

    /// There is something to report from here on.
    pub(super) fn run_began(&self) {
        self.reportable.store(true, Ordering::Release);
    }
}

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
