//! Masks the texts of a run.
//!
//! Each function names all fields of its type, so that a new field does not compile until it is masked or left out. The
//! fields left out hold text from scenario files or from sockspec itself, never from the target.

use super::{
    Record,
    event::{Event, EventKind, RunInfo, TargetStart, Traffic},
    notice::Notice,
    outcome::{
        Attempt, Breach, Cause, ClientView, Excerpt, FurtherFinding, Missing, Outcome, Place,
        SeenLine,
    },
    snapshots::{SnapshotChange, SnapshotReport},
    transcript::{Transcript, TranscriptLane, TranscriptLine},
};
use crate::targets::{Maskable, Secrets};

impl Maskable for Event {
    fn mask(&mut self, secrets: &Secrets) {
        let Self { at: _, kind } = self;
        kind.mask(secrets);
    }
}

impl Maskable for EventKind {
    fn mask(&mut self, secrets: &Secrets) {
        match self {
            Self::RunStarted(info) => info.mask(secrets),
            Self::TargetStarted(start) | Self::TargetRestarted(start) => start.mask(secrets),
            Self::TargetDied { profile, status } => {
                profile.mask(secrets);
                status.mask(secrets);
            }
            Self::AttemptTraced(traffic) => traffic.mask(secrets),
            Self::AttemptTranscribed(transcript) => transcript.mask(secrets),
            Self::SnapshotsCompared(report) => report.mask(secrets),
            Self::ScenarioRetried {
                id: _,
                attempt: _,
                verdict: _,
                reason,
            } => reason.mask(secrets),
            Self::ScenarioFinished(outcome) => outcome.mask(secrets),
            Self::Noticed(notice) => notice.mask(secrets),
            Self::ScenarioStarted { id: _ }
            | Self::AttemptStarted { id: _, attempt: _ }
            | Self::ScenarioSlow { id: _, running: _ }
            | Self::Interrupted
            | Self::RunFinished(_) => {}
        }
    }
}

impl Maskable for Record {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            info,
            outcomes,
            notices,
            summary: _,
            snapshots,
        } = self;
        info.mask(secrets);
        outcomes.mask(secrets);
        notices.mask(secrets);
        snapshots.mask(secrets);
    }
}

impl Maskable for SnapshotReport {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            folder: _,
            mode: _,
            same: _,
            changes,
        } = self;
        changes.mask(secrets);
    }
}

impl Maskable for SnapshotChange {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            scenario: _,
            transport: _,
            profile,
            kind: _,
            file: _,
            difference,
            proposal,
        } = self;
        profile.mask(secrets);
        difference.mask(secrets);
        proposal.mask(secrets);
    }
}

impl Maskable for Traffic {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            id: _,
            attempt: _,
            clients,
        } = self;
        clients.mask(secrets);
    }
}

impl Maskable for Transcript {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            id: _,
            attempt: _,
            scenario: _,
            transport: _,
            profile,
            lanes,
        } = self;
        profile.mask(secrets);
        lanes.mask(secrets);
    }
}

impl Maskable for TranscriptLane {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            client: _,
            lines,
            also,
        } = self;
        lines.mask(secrets);
        also.mask(secrets);
    }
}

impl Maskable for TranscriptLine {
    fn mask(&mut self, secrets: &Secrets) {
        let Self { received: _, text } = self;
        text.mask(secrets);
    }
}

impl Maskable for RunInfo {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            version: _,
            target,
            target_version,
            url,
            provides,
            scenarios: _,
            jobs: _,
            seed: _,
            requirements: _,
        } = self;
        target.mask(secrets);
        target_version.mask(secrets);
        url.mask(secrets);
        provides.mask(secrets);
    }
}

impl Maskable for TargetStart {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            profile,
            url,
            took: _,
        } = self;
        profile.mask(secrets);
        url.mask(secrets);
    }
}

impl Maskable for Notice {
    fn mask(&mut self, secrets: &Secrets) {
        match self {
            Self::FenceNotAcknowledged {
                operation,
                event_name,
                namespace,
                place,
                within: _,
            } => {
                operation.mask(secrets);
                event_name.mask(secrets);
                namespace.mask(secrets);
                place.mask(secrets);
            }
            Self::TargetLost { reason } => reason.mask(secrets),
            Self::UnlistedGreetings { events } => {
                for event in events {
                    event.mask(secrets);
                }
            }
            Self::CertificatesNotChecked
            | Self::EndsByItself { after: _ }
            | Self::NonePassed {
                capabilities: _,
                scenarios: _,
            }
            | Self::NothingRuns
            | Self::PlayedAgain { attempts: _ }
            | Self::RecordCut { missing: _ }
            | Self::Silent { requests: _ }
            | Self::Suspect {
                operation: _,
                failing: _,
                failed: _,
                passing: _,
            }
            | Self::SurvivesEachAlone { scenarios: _ }
            | Self::TargetEnded { scenario: _ }
            | Self::TierLeftOut { tier: _, count: _ } => {}
        }
    }
}

impl Maskable for Outcome {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            id: _,
            title: _,
            verdict: _,
            flaky: _,
            level: _,
            weight: _,
            requirements: _,
            needs: _,
            operations: _,
            known: _,
            lacks: _,
            transport: _,
            reason,
            kind: _,
            cause,
            breach,
            proofs,
            duration: _,
            attempts,
            file: _,
            line: _,
            error: _,
            further,
        } = self;
        reason.mask(secrets);
        cause.mask(secrets);
        breach.mask(secrets);
        further.mask(secrets);
        proofs.mask(secrets);
        attempts.mask(secrets);
    }
}

impl Maskable for Cause {
    fn mask(&mut self, secrets: &Secrets) {
        let Self { id: _, sentence } = self;
        sentence.mask(secrets);
    }
}

impl Maskable for Attempt {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            verdict: _,
            reason,
            kind: _,
            error: _,
            duration: _,
            replayed: _,
        } = self;
        reason.mask(secrets);
    }
}

impl Maskable for FurtherFinding {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            verdict: _,
            kind: _,
            sentence,
            invariant: _,
            place,
            expected,
            received,
            tolerated: _,
        } = self;
        sentence.mask(secrets);
        place.mask(secrets);
        expected.mask(secrets);
        received.mask(secrets);
    }
}

impl Maskable for Breach {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            sentence,
            invariant: _,
            place,
            expected,
            received,
            tolerated: _,
            missing,
            seen,
            requirements: _,
            why: _,
            excerpt,
            rerun,
            log,
        } = self;
        sentence.mask(secrets);
        place.mask(secrets);
        expected.mask(secrets);
        received.mask(secrets);
        missing.mask(secrets);
        seen.mask(secrets);
        excerpt.mask(secrets);
        rerun.mask(secrets);
        log.mask(secrets);
    }
}

impl Maskable for Missing {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            client: _,
            what,
            until: _,
        } = self;
        what.mask(secrets);
    }
}

impl Maskable for Excerpt {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            first_line: _,
            lines,
        } = self;
        lines.mask(secrets);
    }
}

impl Maskable for Place {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            file: _,
            line: _,
            column: _,
            text,
            width: _,
        } = self;
        text.mask(secrets);
    }
}

impl Maskable for ClientView {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            client: _,
            lines,
            left_out: _,
        } = self;
        lines.mask(secrets);
    }
}

impl Maskable for SeenLine {
    fn mask(&mut self, secrets: &Secrets) {
        let Self {
            at: _,
            received: _,
            text,
        } = self;
        text.mask(secrets);
    }
}
