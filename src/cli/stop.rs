//! Waits for Ctrl-C and the signals that end a process.

use std::{
    future::Future,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

/// The two ways to interrupt a run.
#[derive(Debug)]
pub(super) struct Interrupts {
    /// Cancelled at the first signal. The run ends in order and writes its reports.
    pub(super) gentle: CancellationToken,
    /// Cancelled at the second signal, or at the first if the run has not started. The run is dropped, and its
    /// servers are stopped.
    pub(super) abrupt: CancellationToken,
    reportable: Arc<AtomicBool>,
    _listener: AbortOnDropHandle<()>,
}

impl Interrupts {
    /// Installs the handlers and starts to listen.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system refuses a handler.
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

    /// Marks the run as started: the first signal then ends the run in order.
    pub(super) fn run_began(&self) {
        self.reportable.store(true, Ordering::Release);
    }
}

/// Returns a future that completes at the first Ctrl-C, SIGTERM or SIGHUP.
///
/// The handlers are installed before this function returns, so no signal is lost before the first poll.
///
/// # Errors
///
/// Returns an error if the operating system refuses a handler.
#[cfg(unix)]
pub(super) fn stop_requested() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        // `recv` is cancel-safe, so the other futures can be dropped.
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}

/// Returns a future that completes at the first Ctrl-C.
///
/// # Errors
///
/// Returns an error if the operating system refuses a handler.
#[cfg(not(unix))]
pub(super) fn stop_requested() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a handler no signal can arrive, so the future never completes.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
