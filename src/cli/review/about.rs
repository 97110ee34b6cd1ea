//! What a reviewer has to know about a scenario: its title, its level, and the requirements that it verifies.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
};

use crate::{
    cli::{error::CliError, files::Loaded, shipped::Shipped},
    report::{Palette, Role},
    scenario::{Requirements, Scenario},
    snapshots::Review,
    text::escape,
};

/// The scenarios of the changes.
#[derive(Default)]
pub(super) struct About {
    scenarios: HashMap<String, Scenario>,
    requirements: Requirements,
}

impl About {
    /// Loads the shipped scenarios, and the scenario files of the user that the snapshots name, as far as they can be
    /// read.
    ///
    /// # Errors
    ///
    /// Returns an error if a shipped file has a mistake.
    pub(super) fn load(reviews: &[Review]) -> Result<Self, CliError> {
        let shipped = Shipped::load()?;
        let mut about = Self {
            scenarios: HashMap::new(),
            requirements: shipped.requirements,
        };
        about.add(shipped.scenarios);
        let sources: BTreeSet<&str> = reviews
            .iter()
            .map(|review| review.file().source())
            .collect();
        let mut loaded = Loaded::default();
        for source in sources {
            if Path::new(source).is_file() {
                // A file with mistakes can't be described; the review is about its snapshots, not about the file.
                let _ = loaded.add(Path::new(source));
            }
        }
        about
            .requirements
            .entries
            .extend(loaded.requirements.entries);
        about.add(loaded.scenarios);
        Ok(about)
    }

    fn add(&mut self, scenarios: Vec<Scenario>) {
        let named = scenarios
            .into_iter()
            .map(|scenario| (scenario.id.clone(), scenario));
        self.scenarios.extend(named);
    }

    /// Returns lines with the title of a scenario and the requirements that it verifies. Returns none for an unknown
    /// scenario.
    pub(super) fn lines(&self, id: &str, palette: Palette) -> Vec<String> {
        let Some(scenario) = self.scenarios.get(id) else {
            return Vec::new();
        };
        let mut lines = vec![escape::line(&scenario.title)];
        for id in &scenario.verifies {
            let sentence = self.requirements.entries.get(id);
            let sentence = sentence.map_or_else(String::new, |requirement| {
                format!(": {}", escape::line(&requirement.title))
            });
            let id = palette.paint(Role::Strong, escape::line(id));
            lines.push(format!("{} {id}{sentence}", scenario.level));
        }
        if scenario.verifies.is_empty() {
            lines.push(format!("level {}", scenario.level));
        }
        lines
    }
}
