//! Bringing a target up, watching that it lives, and taking it down.

use std::{sync::Arc, time::Duration};

use url::Url;

use super::{calibrate, live_target::LiveTarget, log, settings::Settings};
use crate::{
    client::{ConnectFailure, Endpoint, Layer, TlsPolicy, reach},
    net::Network,
    reference::{self, Contract, FaultSet, Server},
    targets::{LaunchError, Launched, Manifest, Profile, Secrets, Speaks},
};

/// How long a liveness check waits for the port to answer.
const LIVENESS: Duration = Duration::from_secs(2);

/// How long a process may take to be gone after its connections have ended.
pub(super) const DYING: Duration = Duration::from_millis(300);

/// Between two looks at whether a target that may be dying is gone.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Where a target runs.
#[derive(Clone, Debug)]
pub enum Host {
    /// In this process: the reference server, with these faults.
    Embedded(Box<FaultSet>),
    /// As a process of ours, as the manifest's `launch` says.
    Launched,
    /// Somewhere already.
    Running,
}

impl Host {
    /// How many scenarios run at once where nobody says. Most of their time is waiting for timers; the embedded
    /// server has room for more, another may have to share two cores with its own processes.
    pub fn jobs(&self) -> usize {
        match self {
            Self::Embedded(_) => 64,
            Self::Launched | Self::Running => 32,
        }
    }
}

/// A target and where it runs.
#[derive(Clone, Debug)]
pub struct Target {
    /// What it is.
    pub manifest: Arc<Manifest>,
    /// Where it runs.
    pub host: Host,
    /// The network that its server is on.
    pub network: Network,
    /// How certificates are checked.
    pub tls: TlsPolicy,
    /// Values that no output may show.
    pub secrets: Secrets,
}

/// Why a target can't be run against.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The reference server could not be started.
    #[error("can't start the reference server")]
    Embedded(#[source] std::io::Error),
    /// The target's process did not come up.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// Nothing listens at the address of a target that should run already.
    #[error("nothing answers at {url}")]
    Absent {
        /// The address.
        url: String,
    },
    /// A profile sets what the reference server does not know.
    #[error("profile {profile}: {setting}={value} is no setting of the reference server")]
    Setting {
        /// The profile.
        profile: String,
        /// The setting's name.
        setting: String,
        /// Its value.
        value: String,
    },
    /// Whoever listens there can't be talked to over TLS.
    #[error("{url}: {failure}")]
    Tls {
        /// The address.
        url: String,
        /// Why.
        failure: Box<ConnectFailure>,
    },
    /// The address is no URL.
    #[error("{url:?} is not a URL")]
    Url {
        /// What stands in its place.
        url: String,
    },
}

/// One running server of a target.
#[derive(Debug)]
pub(super) struct Instance {
    /// As scenarios see it.
    pub(super) live: Arc<LiveTarget>,
    keeper: Keeper,
}

#[derive(Debug)]
enum Keeper {
    Embedded(Server),
    Launched(Box<Launched>),
    Nobody,
}

impl Target {
    /// Brings up one server with the settings of a profile and measures it.
    pub(super) async fn start(
        &self,
        profile: Option<&Profile>,
        settings: &Settings,
    ) -> Result<Instance, StartError> {
        let (url, keeper) = match &self.host {
            Host::Embedded(faults) => {
                let server = self.embed(profile, faults).await?;
                (
                    format!("http://{}", server.address()),
                    Keeper::Embedded(server),
                )
            }
            Host::Launched => match self.manifest.command() {
                Some(spec) => {
                    let launched = Launched::start(spec, profile)
                        .await
                        .map_err(|error| error.masked(&self.secrets))?;
                    (
                        self.manifest
                            .url
                            .replace("$port", &launched.port().to_string()),
                        Keeper::Launched(Box::new(launched)),
                    )
                }
                None => (self.manifest.url.clone(), Keeper::Nobody),
            },
            Host::Running => (self.manifest.url.clone(), Keeper::Nobody),
        };
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
        };
        // Who was never there has not died of a scenario.
        if matches!(keeper, Keeper::Nobody) && !answers(&endpoint).await {
            return Err(StartError::Absent {
                url: endpoint.url.to_string(),
            });
        }
        // A certificate that we don't trust is no fault of the target's: nothing is said about it.
        if endpoint.url.scheme() == "https"
            && let Err(failure @ ConnectFailure::Tls { .. }) = reach(&endpoint, LIVENESS).await
        {
            return Err(StartError::Tls {
                url: endpoint.url.to_string(),
                failure: Box::new(failure),
            });
        }
        let settle = match settings.settle.or(self.manifest.settle) {
            Some(settle) => settle,
            None if self.network.is_memory() => calibrate::FLOOR,
            None => {
                let layer = match self.speaks(profile) {
                    Speaks::EngineIo | Speaks::SocketIo => Layer::EngineIo,
                    Speaks::WebSocket => Layer::WebSocket,
                };
                calibrate::settle(&endpoint, layer).await
            }
        };
        let manifest = self.manifest_of(profile);
        let within = settings.within.unwrap_or(self.manifest.within);
        let deaf = match &keeper {
            // The reference server has the fence, and proofs start it too often to ask.
            Keeper::Embedded(_) => None,
            Keeper::Launched(_) | Keeper::Nobody => {
                calibrate::deaf_namespace(&endpoint, &manifest, within).await
            }
        };
        let log = match &keeper {
            Keeper::Launched(launched) => Some(launched.log()),
            Keeper::Embedded(_) | Keeper::Nobody => None,
        };
        let live = LiveTarget {
            endpoint,
            manifest,
            settle,
            deaf,
            within,
            secrets: self.secrets.clone(),
            log,
        };
        log::target_started(&live, profile.map(|profile| profile.name.as_str()));
        Ok(Instance {
            live: Arc::new(live),
            keeper,
        })
    }

    /// The manifest as it is true of a profile.
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
            Speaks::WebSocket => Contract::WebSocket,
        };
        let mut config = reference::Config {
            path: self.manifest.path.clone(),
            contract,
            faults: faults.clone(),
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

    /// Whether its server can die while this process lives.
    pub(super) fn can_die(&self) -> bool {
        match self.host {
            Host::Embedded(_) => false,
            Host::Launched | Host::Running => true,
        }
    }

    /// Whether a server that died can be brought up again.
    pub(super) fn can_restart(&self) -> bool {
        match self.host {
            Host::Embedded(_) => true,
            Host::Launched => self.manifest.command().is_some(),
            Host::Running => false,
        }
    }
}

impl Instance {
    /// Whether the process and its port are there.
    pub(super) async fn is_alive(&self) -> bool {
        if let Keeper::Launched(launched) = &self.keeper
            && launched.exited().is_some()
        {
            return false;
        }
        answers(&self.live.endpoint).await
    }

    /// Whether it lives and goes on living for as long as a process may take to end.
    pub(super) async fn stays_alive(&self) -> bool {
        until_gone(&self.live.endpoint).await;
        self.is_alive().await
    }

    /// How its process ended, if it was one of ours and has.
    pub(super) fn exited(&self) -> Option<String> {
        match &self.keeper {
            Keeper::Launched(launched) => launched.exited(),
            Keeper::Embedded(_) | Keeper::Nobody => None,
        }
    }

    /// Takes it down, its whole process tree included.
    pub(super) async fn stop(self) {
        match self.keeper {
            // Nobody depends on its farewells; dropping it ends every connection at once.
            Keeper::Embedded(server) => drop(server),
            Keeper::Launched(launched) => launched.stop().await,
            Keeper::Nobody => {}
        }
    }
}

/// Waits until nothing listens there any more, for a short while.
pub(super) async fn until_gone(endpoint: &Endpoint) {
    let gone = async {
        while answers(endpoint).await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    // A server that still listens then is alive.
    let _ = tokio::time::timeout(DYING, gone).await;
}

/// Returns true if something listens there.
async fn answers(endpoint: &Endpoint) -> bool {
    let (host, port) = (endpoint.host(), endpoint.port());
    let connected = endpoint.network.connect(host, port);
    matches!(tokio::time::timeout(LIVENESS, connected).await, Ok(Ok(_)))
}
