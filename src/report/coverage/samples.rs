//! A coverage for tests of the renderers.

use crate::{
    runner::{Coverage, CoverageState, Covered, Verifier},
    scenario::{Level, Requirement, Tier},
};

pub(super) fn covered(id: &str, clause: Option<&str>, scenarios: &[(&str, Tier)]) -> Covered {
    Covered {
        requirement: Requirement {
            id: id.to_owned(),
            level: Level::Must,
            title: format!("What {id} says"),
            clause: clause.map(str::to_owned),
            source: None,
            brief: Vec::new(),
            untested: None,
            note: None,
        },
        state: if scenarios.is_empty() {
            CoverageState::Untested
        } else {
            CoverageState::Tested
        },
        reason: None,
        scenarios: scenarios
            .iter()
            .map(|(id, tier)| Verifier {
                id: (*id).to_owned(),
                level: Level::Must,
                tier: *tier,
            })
            .collect(),
    }
}

/// Returns a coverage with a requirement in each state, except for skipped ones.
pub(super) fn coverage() -> Coverage {
    let core = |id| (id, Tier::Core);
    Coverage {
        entries: vec![
            covered(
                "acks.value",
                Some("RFC 6455 5.10"),
                &[
                    core("acks/a"),
                    core("acks/b"),
                    core("acks/c"),
                    core("acks/d"),
                ],
            ),
            Covered {
                state: CoverageState::Unproved,
                reason: Some("acks/late names no fault that could make it fail".to_owned()),
                ..covered("acks.late", Some("RFC 6455 5.9"), &[core("acks/late")])
            },
            covered(
                "ping.late",
                Some("RFC 6455 5.9"),
                &[("ping/late[a]", Tier::Slow), ("ping/late[b]", Tier::Slow)],
            ),
            covered("x", None, &[]),
            Covered {
                reason: Some("Nobody can see it from outside".to_owned()),
                ..covered("y.z", Some("RFC 6455 5.9"), &[])
            },
            Covered {
                state: CoverageState::Planned,
                reason: Some("there is no chat yet".to_owned()),
                ..covered("z.chat", None, &[])
            },
        ],
        unlisted: vec!["mine.own".to_owned()],
        others: 0,
        target: None,
    }
}
