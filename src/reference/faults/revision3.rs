//! Revision 3 of Engine.IO, as Socket.IO 2 clients speak it.

use super::table::defects;
use crate::reference::{
    FaultSet,
    engine::{Revision, Session},
};

defects!(RevisionThree at 17 {
    ForAll = "eio3-rules-for-all": "Where revision 3 is served, clients of revision 4 join the main namespace by themselves as well.", seen "one switch for all sessions";
    PayloadAsFour = "eio3-payload-as-4": "Polls of revision 3 are answered in payloads of revision 4.";
    PingUnanswered = "eio3-ping-unanswered": "Pings of clients of revision 3 are not answered.";
    WaitsForConnect = "eio3-waits-for-connect": "A client of revision 3 must ask to join the main namespace.";
});

/// A payload has the form of its session's revision.
pub(in crate::reference) fn payload(session: &Session) -> Revision {
    if session.faults().has(RevisionThree::PayloadAsFour) {
        Revision::V4
    } else {
        session.revision
    }
}

/// A ping of a client is answered.
pub(in crate::reference) fn ignores_ping(faults: &FaultSet) -> bool {
    faults.has(RevisionThree::PingUnanswered)
}

/// Clients of revision 3 join the main namespace by themselves, others do not.
pub(in crate::reference) fn joins_unasked(session: &Session) -> bool {
    match session.revision {
        Revision::V3 => !session.faults().has(RevisionThree::WaitsForConnect),
        Revision::V4 => session.server.config.eio3 && session.faults().has(RevisionThree::ForAll),
    }
}
