//! The names of levels, tiers and transports, as scenario files and reports write them.

use std::fmt;

use super::{Level, Tier, Transport};

impl Level {
    /// Returns `must`, `should` or `may`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::May => "may",
        }
    }
}

impl Tier {
    /// Returns `core`, `extended`, `info`, `slow` or `destructive`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Extended => "extended",
            Self::Info => "info",
            Self::Slow => "slow",
            Self::Destructive => "destructive",
        }
    }
}

impl Transport {
    /// Returns `polling`, `upgrade` or `websocket`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::Upgrade => "upgrade",
            Self::WebSocket => "websocket",
        }
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
