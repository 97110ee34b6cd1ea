//! The names of levels, tiers and transports, as scenario files and reports write them.

use std::fmt;

use super::{
    Level, Tier, Transport,
    word::{Word, words},
};

words! { Level: "must" = Must, "should" = Should, "may" = May }
words! {
    Tier: "core" = Core, "extended" = Extended, "info" = Info, "slow" = Slow,
    "destructive" = Destructive
}
words! { Transport: "polling" = Polling, "upgrade" = Upgrade, "websocket" = WebSocket }

impl Level {
    /// Returns `must`, `should` or `may`.
    pub fn name(self) -> &'static str {
        self.word()
    }
}

impl Tier {
    /// Returns `core`, `extended`, `info`, `slow` or `destructive`.
    pub fn name(self) -> &'static str {
        self.word()
    }
}

impl Transport {
    /// Returns all transports.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::WORDS.iter().map(|(_, transport)| *transport)
    }

    /// Returns `polling`, `upgrade` or `websocket`.
    pub fn name(self) -> &'static str {
        self.word()
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
