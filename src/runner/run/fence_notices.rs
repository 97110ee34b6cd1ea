//! Says in which namespaces a server does not answer the manifest's fence.

use super::Run;
use crate::{
    runner::{
        record::{event::Event, notice::Notice},
        running_target::live_target::LiveTarget,
    },
    targets::Masked,
};

impl<E: FnMut(&Masked<Event>)> Run<'_, E> {
    /// Emits a notice for each namespace in which a server has not answered the manifest's fence so far. Emits each
    /// notice once: the servers of several profiles usually give the same notice. Emits nothing after notices about the
    /// start of the servers: a fence with a wrong name is unanswered everywhere.
    pub(super) fn notice_fences(&mut self) {
        if !self.noticed_fences.is_empty() {
            return;
        }
        let servers = self.instances.values();
        let notices: Vec<_> = servers
            .flat_map(|instance| fence_notices(&instance.live))
            .collect();
        for notice in notices {
            if self.noticed_fences.insert(notice.to_string()) {
                self.notice(notice);
            }
        }
    }
}

/// Returns a notice for each namespace in which the server has not answered the manifest's fence.
fn fence_notices(live: &LiveTarget) -> Vec<Notice> {
    let Some(fence) = &live.manifest.fence else {
        return Vec::new();
    };
    let namespaces = live.fences.useless().into_iter();
    let notices = namespaces.map(|namespace| Notice::FenceNotAcknowledged {
        operation: fence.request.clone(),
        event_name: live.manifest.bindings.event(&fence.request).to_owned(),
        namespace,
        place: fence.place.clone(),
        within: live.within,
    });
    notices.collect()
}
