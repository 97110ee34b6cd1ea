//! Checks the ids that a scenario mentions but that are defined elsewhere: requirements, faults and invariants.

use crate::{
    scenario::{Invariant, Requirements, diagnostic::Problems, fields::Fields},
    text::{did_you_mean, hint, mistyped},
};

/// The ids of requirements and faults that exist, to check the ids that scenarios mention.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The catalogue of requirements. `None` if there is no catalogue; then any id is accepted.
    pub requirements: Option<&'a Requirements>,
    /// The ids of all faults. `None` to accept any id.
    pub faults: Option<&'a [&'static str]>,
    /// Whether the file may name other ids than these.
    pub others: Others,
}

/// Whether a file may name ids that are not among the known ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Others {
    /// An unknown id is a mistake.
    Refused,
    /// An unknown id is a mistake only if it is a known id with at most two wrong letters: the user may have ids of
    /// their own.
    AllowedUnlessMistyped,
}

impl Others {
    /// Returns true if the id is a mistake.
    fn refuse<'k>(self, id: &str, known: impl IntoIterator<Item = &'k str>) -> bool {
        match self {
            Self::Refused => !known.into_iter().any(|name| name == id),
            Self::AllowedUnlessMistyped => mistyped(id, known).is_some(),
        }
    }
}

impl Known<'_> {
    pub(super) fn verifies(self, fields: &Fields<'_>, problems: &mut Problems) -> Vec<String> {
        let Some(field) = fields.get("verifies") else {
            return Vec::new();
        };
        let texts = field.texts(problems);
        if let Some(requirements) = self.requirements {
            let ids = || requirements.entries.keys().map(String::as_str);
            for (id, item) in &texts {
                let entry = requirements.entries.get(*id);
                if let Some(untested) = entry.and_then(|entry| entry.untested.as_ref())
                    && self.others == Others::Refused
                {
                    problems
                        .error(
                            "untested-requirement",
                            item.node.span,
                            format!(
                                "the catalogue says that `{id}` is untested: {}",
                                untested.reason()
                            ),
                        )
                        .help = Some(
                        "this scenario verifies the requirement: remove `untested` from its entry"
                            .to_owned(),
                    );
                }
                if self.others.refuse(id, ids()) {
                    let near = did_you_mean(id, ids());
                    problems
                        .error(
                            "unknown-requirement",
                            item.node.span,
                            format!("there is no requirement `{id}`"),
                        )
                        .help = near.or_else(|| {
                        Some("requirements are defined in specs/requirements/".to_owned())
                    });
                }
            }
        }
        texts.into_iter().map(|(id, _)| id.to_owned()).collect()
    }

    pub(super) fn catches(self, fields: &Fields<'_>, problems: &mut Problems) -> Vec<String> {
        let Some(field) = fields.get("catches") else {
            return Vec::new();
        };
        let texts = field.texts(problems);
        if let Some(faults) = self.faults {
            for (id, item) in &texts {
                if self.others.refuse(id, faults.iter().copied()) {
                    problems
                        .error(
                            "unknown-fault",
                            item.node.span,
                            format!("the reference server has no fault `{id}`"),
                        )
                        .help = did_you_mean(id, faults.iter().copied());
                }
            }
        }
        texts.into_iter().map(|(id, _)| id.to_owned()).collect()
    }

    pub(super) fn without(fields: &Fields<'_>, problems: &mut Problems) -> Vec<Invariant> {
        let Some(field) = fields.get("without") else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (id, item) in field.texts(problems) {
            if let Some(invariant) = Invariant::find(id) {
                found.push(invariant);
                continue;
            }
            let meant = format!("invariant/{}", id.trim_start_matches("invariant/"));
            let message = format!("there is no invariant `{id}`");
            problems
                .error("unknown-invariant", item.node.span, message)
                .help = Some(hint(&meant, "the invariants are", Invariant::ids()));
        }
        found
    }
}
