//! Starts the servers of a run, and decides on which server a scenario runs and which scenarios run beside others.
//!
//! A scenario with `exclusive: true` needs a server for itself.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::Run;
use crate::{
    clock,
    runner::{
        plan::Item,
        record::event::{Event, TargetStart},
        running_target::{
            host::{Host, Instance, StartError, Target},
            live_target::LiveTarget,
        },
        settings::Settings,
    },
    targets::Masked,
};

/// How many servers of one target, for different profiles, start at the same time.
const STARTS: usize = 3;

/// The server on which a scenario is to run.
pub(in crate::runner) enum Server {
    /// A server that runs already, for all scenarios.
    Shared(Arc<LiveTarget>),
    /// A server of this target has to be started for one scenario.
    Own(Arc<Target>),
}

/// A server that runs.
pub(super) enum ReadyServer {
    /// A server for all scenarios.
    Shared(Arc<LiveTarget>),
    /// A server for one scenario.
    Own(Box<Instance>),
}

impl Server {
    /// Starts the server if the scenario has a server of its own. Returns `None` if it can't be started.
    pub(super) async fn ready(self, item: &Item, settings: &Settings) -> Option<ReadyServer> {
        match self {
            Self::Shared(live) => Some(ReadyServer::Shared(live)),
            Self::Own(target) => {
                let (instance, _) = started(&target, settings, item.profile).await.ok()?;
                Some(ReadyServer::Own(Box::new(instance)))
            }
        }
    }
}

impl ReadyServer {
    /// Returns what scenarios need to know about the server.
    pub(super) fn live(&self) -> &LiveTarget {
        match self {
            Self::Shared(live) => live,
            Self::Own(instance) => &instance.live,
        }
    }

    /// Stops the server if it belongs to one scenario.
    pub(super) async fn stop(self) {
        match self {
            Self::Shared(_) => {}
            Self::Own(instance) => instance.stop().await,
        }
    }
}

impl<E: FnMut(&Masked<Event>)> Run<'_, E> {
    /// Starts one server for each profile (a variant of the target with other settings) that a scenario needs.
    pub(super) async fn start_instances(
        &mut self,
        items: &[Item],
    ) -> Result<Vec<TargetStart>, StartError> {
        let needed = items.iter().filter(|item| item.skip.is_none());
        let mut profiles: BTreeSet<_> = needed.map(|item| item.profile).collect();
        let mut starts = Vec::new();
        // Start the first server alone: its start can prepare files that all servers of the target need.
        if let Some(first) = profiles.pop_first() {
            starts.push(self.start_instance(first).await?);
        }
        let (target, settings) = (self.target, self.settings);
        let others: Vec<_> = stream::iter(profiles)
            .map(|profile| async move {
                let (instance, start) = started(target, settings, profile).await?;
                Ok::<_, StartError>((profile, instance, start))
            })
            .buffer_unordered(STARTS)
            .try_collect()
            .await?;
        for (profile, instance, start) in others {
            self.instances.insert(profile, instance);
            starts.push(start);
        }
        Ok(starts)
    }

    /// Starts a server with the settings of a profile, and adds it to the running servers.
    pub(in crate::runner) async fn start_instance(
        &mut self,
        profile: Option<usize>,
    ) -> Result<TargetStart, StartError> {
        let (instance, start) = started(self.target, self.settings, profile).await?;
        self.instances.insert(profile, instance);
        Ok(start)
    }

    /// Splits the items (scenarios, each on one transport) into two batches: those that run at the same time, and those
    /// that run after them, one at a time.
    ///
    /// The reference server starts within milliseconds, so each exclusive scenario gets a reference server of its own
    /// and runs beside all other scenarios. On any other target, the exclusive scenarios are in the second batch.
    pub(super) fn batches(&mut self, items: Vec<Item>) -> (Vec<Arc<Item>>, Vec<Arc<Item>>) {
        let has_own_servers = matches!(self.target.host, Host::Embedded(_));
        if has_own_servers {
            self.target_of_exclusive = Some(Arc::new(self.target.clone()));
        }
        let (mut together, alone): (Vec<_>, Vec<_>) = items
            .into_iter()
            .map(Arc::new)
            .partition(|item| has_own_servers || !item.scenario.exclusive);
        let first = self.settings.known.scenarios();
        together.sort_by_key(|item| !first.contains(&item.scenario.id));
        (together, alone)
    }

    /// Returns the exclusive items (scenarios, each on one transport) whose own server could not be started, for
    /// example because no file descriptor was free. They have to run one at a time on the server of the other
    /// scenarios.
    pub(super) fn take_without_server(&mut self) -> Vec<Arc<Item>> {
        self.target_of_exclusive = None;
        std::mem::take(&mut self.without_server)
    }

    /// Returns the server on which the scenario has to run; `None` if no server runs with the settings that it needs.
    pub(super) fn server_for(&self, item: &Item) -> Option<Server> {
        if let Some(target) = &self.target_of_exclusive
            && item.scenario.exclusive
        {
            return Some(Server::Own(Arc::clone(target)));
        }
        let instance = self.instances.get(&item.profile)?;
        Some(Server::Shared(Arc::clone(&instance.live)))
    }
}

/// Starts a server of the target with the given profile.
async fn started(
    target: &Target,
    settings: &Settings,
    profile: Option<usize>,
) -> Result<(Instance, TargetStart), StartError> {
    let begun = clock::now();
    let profile = profile.and_then(|index| target.manifest.profiles.get(index));
    let instance = target.start(profile, settings).await?;
    let start = TargetStart {
        profile: profile.map(|profile| profile.name.clone()),
        url: instance.live.endpoint.url.to_string(),
        took: begun.elapsed(),
    };
    Ok((instance, start))
}
