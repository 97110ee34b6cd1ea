//! Starts a target, waits until it is ready, and stops it.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::{
    LaunchSpec, Log, Profile, Tell,
    launch_error::{LOG_LINES, LaunchError},
    port::free_port,
    process::ProcessTree,
    setup,
};
use crate::clock;

/// How many ports are tried, one after the other. Another process may take a free port before the target listens on it.
const PORT_ATTEMPTS: usize = 3;

/// The time between two checks whether a target is ready.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// A running target. Its process tree ends when this value is stopped or dropped.
#[derive(Debug)]
pub struct Launched {
    port: u16,
    log: Log,
    tree: ProcessTree,
}

impl Launched {
    /// Runs the setup if necessary, starts the command on a free port and waits until the target is ready. `tell` gets
    /// a sentence if the setup has to wait for another process.
    ///
    /// # Errors
    ///
    /// Returns an error if the target does not start or is not ready in time. The error shows the last lines of
    /// output.
    pub async fn start(
        spec: &LaunchSpec,
        profile: Option<&Profile>,
        tell: Tell<'_>,
    ) -> Result<Self, LaunchError> {
        if let Some(command) = &spec.setup {
            setup::run_if_due(command, &spec.workdir, tell).await?;
        }
        let mut attempt = 1;
        loop {
            let port = free_port().ok_or(LaunchError::NoPort)?;
            match Self::start_on(port, spec, profile).await {
                Err(error) if attempt < PORT_ATTEMPTS && error.is_port_taken() => attempt += 1,
                outcome => return outcome,
            }
        }
    }

    /// Returns the port on which the target listens. It replaced `$port` in the manifest.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the stored output of the target's process.
    pub fn log(&self) -> Log {
        self.log.clone()
    }

    /// Returns the exit status of the process as text, or `None` if the process still runs.
    pub fn exited(&self) -> Option<String> {
        self.tree.exited().map(|status| status.to_string())
    }

    /// Ends the process tree: asks the process to end, and kills the tree after a grace period.
    pub async fn stop(self) {
        self.tree.stop().await;
    }

    async fn start_on(
        port: u16,
        spec: &LaunchSpec,
        profile: Option<&Profile>,
    ) -> Result<Self, LaunchError> {
        let with_port = |text: &String| text.replace("$port", &port.to_string());
        let command: Vec<String> = spec.command.iter().map(with_port).collect();
        let profile_env = profile.map_or(&[][..], |profile| &profile.env);
        let env: Vec<(String, String)> = spec
            .env
            .iter()
            .chain(profile_env)
            .map(|(name, value)| (name.clone(), with_port(value)))
            .collect();
        let log = Log::awaiting(spec.ready.line.as_deref());
        let tree = ProcessTree::spawn(&command, &spec.workdir, &env, &log).map_err(|source| {
            LaunchError::Spawn {
                command: command.join(" "),
                workdir: spec.workdir.clone(),
                source,
            }
        })?;
        let mut launched = Self { port, log, tree };
        launched.wait_until_ready(spec, command.join(" ")).await?;
        Ok(launched)
    }

    async fn wait_until_ready(
        &mut self,
        spec: &LaunchSpec,
        command: String,
    ) -> Result<(), LaunchError> {
        let ready = &spec.ready;
        let deadline = clock::now() + ready.within;
        // Poll, because the system reports no event when a port opens.
        let mut ticks = interval(CHECK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Some(status) = self.exited() {
                self.tree.drain_output().await;
                return Err(LaunchError::Exited {
                    command,
                    status,
                    log: self.log.tail(LOG_LINES),
                });
            }
            let Err(came) = ready.check(self.port, &self.log).await else {
                return Ok(());
            };
            if clock::now() >= deadline {
                return Err(LaunchError::NotReady {
                    command,
                    awaited: ready.awaited(self.port),
                    came,
                    within: ready.within,
                    log: self.log.tail(LOG_LINES),
                });
            }
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::path::Path;

    use super::{super::Ready, *};

    fn spec(script: &str, ready: Ready) -> LaunchSpec {
        LaunchSpec {
            setup: None,
            command: ["sh", "-c", script].map(str::to_owned).to_vec(),
            workdir: Path::new("/").to_owned(),
            env: vec![("PORT".to_owned(), "$port".to_owned())],
            ready,
        }
    }

    fn line(text: &str, within: Duration) -> Ready {
        Ready {
            http: None,
            line: Some(text.to_owned()),
            within,
        }
    }

    const LONG: Duration = Duration::from_secs(20);
    /// The time that a target in these tests has to become ready. It is long enough for a shell on a busy machine to
    /// start and write its line.
    const SHORT: Duration = Duration::from_millis(800);

    /// Returns the text of the error of a failed start. `PORT` replaces the port, which is random.
    async fn failure(spec: &LaunchSpec) -> String {
        let error = Launched::start(spec, None, &|_| {})
            .await
            .unwrap_err()
            .to_string();
        regex::Regex::new(r"port \d+")
            .unwrap()
            .replace_all(&error, "port PORT")
            .into_owned()
    }

    #[tokio::test]
    async fn a_line_of_output_makes_the_target_ready_and_a_profile_overrides_variables() {
        let spec = spec(
            "echo settings $PORT $MODE; echo up; sleep 600",
            line("up", LONG),
        );
        let profile = Profile {
            env: vec![("MODE".to_owned(), "short-$port".to_owned())],
            ..Profile::default()
        };
        let launched = Launched::start(&spec, Some(&profile), &|_| {})
            .await
            .unwrap();
        let port = launched.port();
        assert_eq!(launched.exited(), None);
        assert_eq!(
            launched.log().tail(9),
            [format!("settings {port} short-{port}"), "up".to_owned()]
        );
        launched.stop().await;
    }

    #[tokio::test]
    async fn an_early_exit_is_reported_with_status_and_output() {
        let spec = spec("echo out of memory; exit 9", line("up", LONG));
        insta::assert_snapshot!(failure(&spec).await, @r"
        `sh -c echo out of memory; exit 9` ended before it was ready (exit status: 9); its last output:
          | out of memory
        ");
    }

    #[tokio::test]
    async fn a_closed_port_is_reported_with_the_awaited_condition() {
        let ready = Ready {
            http: Some("/health".to_owned()),
            line: None,
            within: SHORT,
        };
        insta::assert_snapshot!(failure(&spec("echo starting; sleep 600", ready)).await, @r"
        `sh -c echo starting; sleep 600` was not ready within 800 ms: awaited an answer below 500 to GET /health on port PORT, last seen: Connection refused (os error 111); its last output:
          | starting
        ");
        let ready = Ready {
            http: None,
            line: None,
            within: SHORT,
        };
        insta::assert_snapshot!(failure(&spec("sleep 600", ready)).await, @"`sh -c sleep 600` was not ready within 800 ms: awaited port PORT to accept a connection, last seen: Connection refused (os error 111); it wrote nothing");
    }

    #[tokio::test]
    async fn missing_program_is_named() {
        let spec = LaunchSpec {
            command: vec!["./no-such-server".to_owned()],
            ..spec("", line("up", LONG))
        };
        insta::assert_snapshot!(failure(&spec).await, @"can't start `./no-such-server` in /: No such file or directory (os error 2)");
    }

    #[tokio::test]
    async fn a_start_is_retried_if_another_process_takes_the_port() {
        let folder = tempfile::tempdir().unwrap();
        let script =
            "test -e tried && { echo up; exec sleep 600; }; touch tried; echo EADDRINUSE; exit 1";
        let spec = LaunchSpec {
            workdir: folder.path().to_owned(),
            ..spec(script, line("up", LONG))
        };
        Launched::start(&spec, None, &|_| {})
            .await
            .unwrap()
            .stop()
            .await;
    }
}
