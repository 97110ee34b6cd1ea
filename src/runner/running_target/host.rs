//! Starts a target, checks that it is alive, and stops it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use url::Url;

use super::{
    calibrate,
    credential_cache::CredentialCache,
    fence_answers::FenceAnswers,
    listening::{LIVENESS, LOOK_EVERY, is_open, takes_connections, until_gone},
    live_target::LiveTarget,
    try_out,
};
use crate::{
    client::{Budget, ConnectFailure, Endpoint, Layer, TlsPolicy, reach},
    clock,
    net::Network,
    reference::{self, Contract, FaultSet, Server},
    runner::{log, settings::Settings},
    targets::{
        LaunchError, Launched, Manifest, Maskable, Masked, Profile, Secrets, Speaks, Visitor,
    },
};

/// The number of attempts to connect that a port has to refuse before its server counts as dead.
const LOOKS: usize = 3;

/// The event of the contract that the application acknowledges at once.
const CONTRACT_FENCE: &str = "echo";

/// Where a target runs.
#[derive(Clone, Debug)]
pub enum Host {
    /// In this process: the reference server, with these faults switched on.
    Embedded(Box<FaultSet>),
    /// In a process that the runner launches by the command in the manifest.
    Launched,
    /// Outside of the runner's control; the target is already running.
    Running,
}

impl Host {
    /// Returns the default number of scenarios that run at once. The number is high because scenarios mostly wait for
    /// timers. It is lower for a server in another process, which competes with the runner for the processor.
    pub fn jobs(&self) -> usize {
        match self {
            Self::Embedded(_) => 96,
            Self::Launched | Self::Running => 32,
        }
    }
}

/// A target and where it runs.
#[derive(Clone, Debug)]
pub struct Target {
    /// The description of the target, from its manifest.
    pub manifest: Arc<Manifest>,
    /// Where the target runs.
    pub host: Host,
    /// The network that the target's server uses.
    pub network: Network,
    /// The memory that the connections of a run may take together.
    pub budget: Budget,
    /// How the runner checks certificates.
    pub tls: TlsPolicy,
    /// The secrets of the target: values that no output may show.
    pub secrets: Secrets,
    /// The server of a launched target that runs already, because it was probed. The first start without a profile
    /// takes it.
    pub running: Arc<Mutex<Option<Launched>>>,
    /// Shows a sentence to the user while the start of the target is still in progress.
    pub tell: fn(&Masked<String>),
}

/// The reason why a target can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The reference server could not be started.
    #[error("can't start the reference server")]
    Embedded(#[source] std::io::Error),
    /// A client can't enter the application with the steps of the manifest's `enter`.
    #[error("no client can enter the application: {reason}")]
    Entrance {
        /// What went wrong in the steps of `enter`.
        reason: String,
    },
    /// The target's process did not start.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// Nothing listens at the address of a target that has to run already.
    #[error("nothing answers at {url}")]
    Absent {
        /// The address at which nothing listens.
        url: String,
    },
    /// A profile (a variant of the target with other settings) has a setting that the reference server does not know.
    #[error(
        "profile {profile}: the reference server does not accept the setting {setting}={value}"
    )]
    Setting {
        /// The name of the profile that has the unknown setting.
        profile: String,
        /// The name of the unknown setting.
        setting: String,
        /// The value that the profile gives to the unknown setting.
        value: String,
    },
    /// The TLS handshake with the target failed.
    #[error("{url}: {failure}")]
    Tls {
        /// The address of the target.
        url: String,
        /// Why the TLS handshake failed.
        failure: Box<ConnectFailure>,
    },
    /// The manifest's address is no URL.
    #[error("{url:?} is not a URL")]
    Url {
        /// The text that is not a URL.
        url: String,
    },
}

impl StartError {
    /// Returns the error message with only the last line of the target's output.
    pub(in crate::runner) fn headline(&self) -> String {
        match self {
            Self::Launch(error) => error.headline(),
            Self::Absent { .. }
            | Self::Embedded(_)
            | Self::Entrance { .. }
            | Self::Setting { .. }
            | Self::Tls { .. }
            | Self::Url { .. } => self.to_string(),
        }
    }
}

impl Maskable for StartError {
    fn mask(&mut self, secrets: &Secrets) {
        match self {
            Self::Launch(error) => error.mask(secrets),
            Self::Absent { url } | Self::Tls { url, failure: _ } | Self::Url { url } => {
                url.mask(secrets);
            }
            Self::Entrance { reason } => reason.mask(secrets),
            Self::Setting {
                profile,
                setting,
                value,
            } => {
                profile.mask(secrets);
                setting.mask(secrets);
                value.mask(secrets);
            }
            Self::Embedded(_) => {}
        }
    }
}

/// One running server of a target.
#[derive(Debug)]
pub(in crate::runner) struct Instance {
    /// What scenarios need to know about the server, such as its address and capabilities.
    pub(in crate::runner) live: Arc<LiveTarget>,
    /// When the server was ready.
    pub(in crate::runner) started: Instant,
    keeper: Keeper,
}

#[derive(Debug)]
enum Keeper {
    Embedded(Server),
    Launched(Box<Launched>),
    Nobody,
}

impl Target {
    /// The number of clients that a scenario has at most, with few exceptions.
    const CLIENTS: usize = 4;

    /// Returns the default number of scenarios that run at once: that of the host, or fewer if a probe found that the
    /// server accepts only some clients at once.
    pub fn jobs(&self) -> usize {
        let jobs = self.host.jobs();
        match self.manifest.observed.clients_at_once {
            Some(clients) => jobs.min(clients / Self::CLIENTS).max(1),
            None => jobs,
        }
    }

    /// Starts one server with the settings of a profile (a variant of the target with other settings), and measures how
    /// fast the server answers.
    pub(in crate::runner) async fn start(
        &self,
        profile: Option<&Profile>,
        settings: &Settings,
    ) -> Result<Instance, StartError> {
        let (url, keeper) = self.launch(profile).await?;
        let url = Url::parse(&url).map_err(|_| StartError::Url { url })?;
        let path = profile
            .and_then(|profile| profile.path.as_ref())
            .unwrap_or(&self.manifest.path)
            .clone();
        let endpoint = Endpoint {
            url,
            path,
            tls: self.tls.clone(),
            network: self.network.clone(),
            budget: self.budget.clone(),
        };
        check_reachable(&endpoint, &keeper).await?;
        let settle = self.settle(&endpoint, profile, settings).await;
        let manifest = self.manifest_of(profile);
        let within = settings.within.unwrap_or(self.manifest.within);
        let fences = FenceAnswers::default();
        // Don't try the fence of the reference server, unless a manifest of the user's own names another one. `prove`
        // starts the server once for each pair of scenario and fault, so this would cost much time.
        if matches!(keeper, Keeper::Embedded(_)) && has_contract_fence(&manifest) {
            fences.trust();
        } else {
            calibrate::try_fence(&endpoint, &manifest, within, &fences).await;
        }
        let log = match &keeper {
            Keeper::Launched(launched) => Some(launched.log()),
            Keeper::Embedded(_) | Keeper::Nobody => None,
        };
        let live = LiveTarget {
            endpoint,
            manifest,
            settle,
            fences,
            within,
            secrets: self.secrets.clone(),
            credentials: CredentialCache::default(),
            log,
        };
        try_out::try_out(&live, settings)
            .await
            .map_err(|reason| StartError::Entrance { reason })?;
        log::target_started(&live, profile.map(|profile| profile.name.as_str()));
        Ok(Instance {
            live: Arc::new(live),
            started: clock::now(),
            keeper,
        })
    }

    /// Starts the process or task of the server. Returns the address, and the handle that keeps the server running.
    async fn launch(&self, profile: Option<&Profile>) -> Result<(String, Keeper), StartError> {
        Ok(match &self.host {
            Host::Embedded(faults) => {
                let server = self.embed(profile, faults).await?;
                (
                    format!("http://{}", server.address()),
                    Keeper::Embedded(server),
                )
            }
            Host::Launched => match self.manifest.command() {
                Some(_)
                    if profile.is_none()
                        && let Some(launched) = self.take_running() =>
                {
                    (self.url_of(&launched), Keeper::Launched(Box::new(launched)))
                }
                Some(spec) => {
                    let launched = Launched::start(spec, profile, &|text| {
                        (self.tell)(&self.secrets.masked(text.to_owned()));
                    })
                    .await
                    .map_err(|mut error| {
                        error.mask(&self.secrets);
                        error
                    })?;
                    (self.url_of(&launched), Keeper::Launched(Box::new(launched)))
                }
                None => (self.manifest.url.clone(), Keeper::Nobody),
            },
            Host::Running => (self.manifest.url.clone(), Keeper::Nobody),
        })
    }

    /// Takes the server that runs already; `None` if there is none, or if it was taken before.
    pub(in crate::runner) fn take_running(&self) -> Option<Launched> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        // A server that has ended since the probe is started again.
        running
            .take()
            .filter(|launched| launched.exited().is_none())
    }

    fn url_of(&self, launched: &Launched) -> String {
        let port = launched.port().to_string();
        self.manifest.url.replace("$port", &port)
    }

    /// Returns the settle time, which is how long the runner waits for forbidden traffic: from the settings, else from
    /// the manifest, else measured.
    async fn settle(
        &self,
        endpoint: &Endpoint,
        profile: Option<&Profile>,
        settings: &Settings,
    ) -> Duration {
        match settings.settle.or(self.manifest.settle) {
            Some(settle) => settle,
            None if self.network.is_memory() => calibrate::FLOOR,
            None => {
                let layer = match self.speaks(profile) {
                    Speaks::EngineIo | Speaks::SocketIo => Layer::EngineIo,
                    Speaks::WebSocket => Layer::WebSocket,
                };
                let visitor = Visitor::of(&self.manifest_of(profile));
                calibrate::settle(endpoint, layer, &visitor).await
            }
        }
    }

    /// Returns the description of the target with the changes that a profile makes to it.
    fn manifest_of(&self, profile: Option<&Profile>) -> Arc<Manifest> {
        match profile {
            Some(profile) => Arc::new(self.manifest.with(profile)),
            None => Arc::clone(&self.manifest),
        }
    }

    fn speaks(&self, profile: Option<&Profile>) -> Speaks {
        profile.map_or(self.manifest.dialect.speaks, |profile| {
            self.manifest.speaks_with(profile)
        })
    }

    async fn embed(
        &self,
        profile: Option<&Profile>,
        faults: &FaultSet,
    ) -> Result<Server, StartError> {
        let contract = match self.speaks(profile) {
            Speaks::EngineIo => Contract::Engine,
            Speaks::SocketIo => Contract::Sockspec,
            Speaks::WebSocket if self.manifest.dialect.envelope.is_some() => Contract::Sockspec,
            Speaks::WebSocket => Contract::WebSocket,
        };
        let mut config = reference::Config {
            path: self.manifest.path.clone(),
            contract,
            faults: faults.clone(),
            envelope: self.manifest.dialect.envelope.clone(),
            ..reference::Config::default()
        };
        if let Some(profile) = profile {
            for (setting, value) in &profile.env {
                config
                    .set(setting, value)
                    .map_err(|_| StartError::Setting {
                        profile: profile.name.clone(),
                        setting: setting.clone(),
                        value: value.clone(),
                    })?;
            }
        }
        let listener = self.network.listen_locally().await;
        let listener = listener.map_err(StartError::Embedded)?;
        Server::start(listener, config).map_err(StartError::Embedded)
    }

    /// Returns true if the server can die while the runner lives, because it runs in another process.
    pub(in crate::runner) fn can_die(&self) -> bool {
        match self.host {
            Host::Embedded(_) => false,
            Host::Launched | Host::Running => true,
        }
    }

    /// Returns true if a dead server can be started again.
    pub(in crate::runner) fn can_restart(&self) -> bool {
        match self.host {
            Host::Embedded(_) => true,
            Host::Launched => self.manifest.command().is_some(),
            Host::Running => false,
        }
    }
}

impl Instance {
    /// Returns true if the process runs and its port is open. A server that is slow, or that resets connections, is
    /// alive.
    pub(in crate::runner) async fn is_alive(&self) -> bool {
        if self.exited().is_some() {
            return false;
        }
        // Ask several times: a busy system can refuse a connection although the server still listens.
        for _ in 1..LOOKS {
            if is_open(&self.live.endpoint).await {
                return true;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.exited().is_none() && is_open(&self.live.endpoint).await
    }

    /// Returns true if the server is alive after `time` in which no scenario runs.
    pub(in crate::runner) async fn outlives(&self, time: Duration) -> bool {
        let end = clock::now() + time;
        while clock::now() < end {
            if self.exited().is_some() {
                return false;
            }
            // Check only whether the process still runs. Don't connect to the server meanwhile: a server that dies
            // of a connection would seem to end by itself.
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.is_alive().await
    }

    /// Returns true if the server is alive and stays alive for as long as a process may take to end.
    pub(in crate::runner) async fn stays_alive(&self) -> bool {
        until_gone(&self.live.endpoint).await;
        self.is_alive().await
    }

    /// Returns how the process ended; `None` if it still runs or if the runner did not launch it.
    pub(in crate::runner) fn exited(&self) -> Option<String> {
        match &self.keeper {
            Keeper::Launched(launched) => launched.exited(),
            Keeper::Embedded(_) | Keeper::Nobody => None,
        }
    }

    /// Stops the server, including the processes that it started.
    pub(in crate::runner) async fn stop(self) {
        match self.keeper {
            // Dropping the server ends every connection at once. No test needs close frames from a server that shuts
            // down.
            Keeper::Embedded(server) => drop(server),
            Keeper::Launched(launched) => launched.stop().await,
            Keeper::Nobody => {}
        }
    }
}

/// Returns an error if a target that has to run already does not, or if the runner does not trust its certificate.
async fn check_reachable(endpoint: &Endpoint, keeper: &Keeper) -> Result<(), StartError> {
    // Without this check, the first scenario would be blamed for the death of a target that never ran.
    if matches!(keeper, Keeper::Nobody) && !takes_connections(endpoint).await {
        return Err(StartError::Absent {
            url: endpoint.url.to_string(),
        });
    }
    // If the runner does not trust the certificate, that is an error of the setup, not a failure of the target.
    if endpoint.url.scheme() == "https"
        && let Err(failure @ ConnectFailure::Tls { .. }) = reach(endpoint, LIVENESS).await
    {
        return Err(StartError::Tls {
            url: endpoint.url.to_string(),
            failure: Box::new(failure),
        });
    }
    Ok(())
}

/// Returns true if the manifest's fence is a request that the contract application acknowledges.
fn has_contract_fence(manifest: &Manifest) -> bool {
    manifest.fence.as_ref().is_none_or(|fence| {
        fence.expects.is_none() && manifest.bindings.event(&fence.request) == CONTRACT_FENCE
    })
}
