//! Runs the scenarios that need a server for themselves (`exclusive: true`).

use std::{collections::BTreeMap, sync::Arc};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    event::Event,
    host::{Host, Instance, StartError},
    plan::Item,
    run::{Run, started},
};
use crate::targets::Masked;

/// The number of reference servers that run at the same time, each for one exclusive scenario.
const SERVERS: usize = 16;

impl<E: FnMut(&Masked<Event>)> Run<'_, E> {
    /// Runs exclusive scenarios.
    ///
    /// The reference server starts within milliseconds, so each scenario gets a reference server of its own and several
    /// scenarios run at the same time. On any other target the scenarios run one after the other.
    pub(super) async fn run_exclusive(&mut self, items: Vec<Arc<Item>>) {
        if !matches!(self.target.host, Host::Embedded(_)) {
            return self.run_batch(items, 1).await;
        }
        for items in items.chunks(SERVERS) {
            // If the servers of these scenarios can't be started, for example because no file descriptor is free, the
            // scenarios run one after the other on the server that other scenarios used.
            let width = match self.start_own(items).await {
                Ok(instances) => {
                    self.own_instances = instances;
                    self.settings.jobs.clamp(1, SERVERS)
                }
                Err(_) => 1,
            };
            self.run_batch(items.to_vec(), width).await;
            for instance in std::mem::take(&mut self.own_instances).into_values() {
                instance.stop().await;
            }
        }
    }

    /// Starts a server for each item (a scenario on one transport) that is not skipped. Returns the servers by the ids
    /// of the items.
    async fn start_own(
        &self,
        items: &[Arc<Item>],
    ) -> Result<BTreeMap<String, Instance>, StartError> {
        let (target, settings) = (self.target, self.settings);
        let needed = items.iter().filter(|item| item.skip.is_none());
        stream::iter(needed)
            .map(|item| async move {
                let (instance, _) = started(target, settings, item.profile).await?;
                Ok((item.id.clone(), instance))
            })
            .buffer_unordered(SERVERS)
            .try_collect()
            .await
    }
}
