//! Waits for Ctrl-C and the signals that end a process.
//!
//! A separate thread waits for the signals, so that a signal ends the process even if the main thread is blocked: by a
//! named pipe without a writer, a huge file, or an output that nobody reads.

use std::{
    future::Future,
    io::{self, Write},
    process,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tokio::{runtime::Builder, time::sleep};
use tokio_util::sync::CancellationToken;

use super::Exit;

/// How long a run may take to end after [`Interrupts::abrupt`] is cancelled. The servers that the run launched have
/// three seconds to exit after SIGTERM, and three more after SIGKILL.
const PATIENCE: Duration = Duration::from_secs(8);

/// The run that the next signal interrupts. `None` if no run is active, so that a signal ends the process.
static RUN: Mutex<Option<Run>> = Mutex::new(None);

/// The state of an active run that a signal handler needs to interrupt the run.
#[derive(Clone, Debug)]
struct Run {
    gentle: CancellationToken,
    abrupt: CancellationToken,
    has_begun: bool,
}

/// The two ways to interrupt a run. While this value exists, signals interrupt the run instead of ending the process
/// at once.
#[derive(Debug)]
pub(super) struct Interrupts {
    /// Cancelled at the first signal. The run shuts down and writes its reports.
    pub(super) gentle: CancellationToken,
    /// Cancelled at the second signal, or at the first signal if the run has not started yet. The run is dropped and
    /// writes no reports, and the servers that it launched are stopped.
    pub(super) abrupt: CancellationToken,
}

/// Starts to listen for signals: from now on, a signal ends the process with the exit status of an interrupt. The signal
/// of a file that grows too large (SIGXFSZ) no longer ends the process.
///
/// # Errors
///
/// Returns an error if the operating system refuses a handler.
pub(super) fn listen() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    // `block_on` provides the runtime that the handlers need. They are installed before this function returns.
    let first = runtime.block_on(async {
        survive_file_size_limit()?;
        stop_requested()
    })?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || runtime.block_on(handle_signals(first)))?;
    Ok(())
}

/// Installs a handler for SIGXFSZ, which the kernel sends to a process that writes more to a file than `ulimit -f`
/// allows. Without the handler, the signal would end the process without a message. With it, the write fails with an
/// error, and the program reports which file it could not write. Programs that sockspec launches do not inherit the
/// handler.
///
/// # Errors
///
/// Returns an error if the operating system refuses the handler.
#[cfg(unix)]
fn survive_file_size_limit() -> io::Result<()> {
    use nix::sys::signal::Signal;
    use tokio::signal::unix::{SignalKind, signal};

    // tokio keeps the handler installed for the lifetime of the process, although the returned value is dropped.
    signal(SignalKind::from_raw(Signal::SIGXFSZ as i32)).map(drop)
}

/// Does nothing, because this system has no signal for files that grow too large.
#[cfg(not(unix))]
fn survive_file_size_limit() -> io::Result<()> {
    Ok(())
}

async fn handle_signals(first: impl Future<Output = ()>) {
    first.await;
    loop {
        let Ok(next) = stop_requested() else {
            end_process();
        };
        if react() {
            // The process ends at the next signal, or after the timeout if the run has not ended by then.
            tokio::select! {
                () = next => {}
                () = sleep(PATIENCE) => {}
            }
            end_process();
        }
        next.await;
    }
}

/// Interrupts the active run after a signal, or ends the process if no run is active. Returns true if the run has to
/// end without writing its reports.
fn react() -> bool {
    let Some(run) = run().clone() else {
        end_process();
    };
    if run.gentle.is_cancelled() || !run.has_begun {
        run.abrupt.cancel();
    }
    run.gentle.cancel();
    run.abrupt.is_cancelled()
}

fn end_process() -> ! {
    // A failure to write is ignored, because there is no other place to report it.
    let _ = io::stderr().write_all(b"error: interrupted\n");
    process::exit(Exit::Interrupted as i32);
}

fn run() -> MutexGuard<'static, Option<Run>> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Interrupts {
    /// From now on, signals interrupt the run instead of ending the process, until the returned value is dropped.
    pub(super) fn take_over() -> Self {
        let (gentle, abrupt) = (CancellationToken::new(), CancellationToken::new());
        *run() = Some(Run {
            gentle: gentle.clone(),
            abrupt: abrupt.clone(),
            has_begun: false,
        });
        Self { gentle, abrupt }
    }

    /// Marks the run as started. From now on, the first signal lets the run shut down and write its reports.
    pub(super) fn run_began(&self) {
        if let Some(run) = &mut *run() {
            run.has_begun = true;
        }
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        *run() = None;
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
