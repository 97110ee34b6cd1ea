//! The layer that a scenario judges, by which reports sort and filter.

use std::path::Path;

/// The layer that a scenario judges.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Layer {
    /// RFC 6455 and RFC 7692.
    WebSocket,
    /// The Engine.IO protocol.
    EngineIo,
    /// The Socket.IO protocol.
    SocketIo,
    /// What an application does: rooms, logins, errors.
    Application,
    /// What a server does with hostile input.
    Robustness,
    /// Scenarios that are not shipped with sockspec.
    Own,
}

impl Layer {
    /// Returns the layer of the scenarios in a file: that of its folder for a shipped one.
    pub fn of(file: &Path) -> Self {
        let mut folders = file.iter().skip_while(|folder| *folder != "specs").skip(1);
        match folders.next().and_then(|folder| folder.to_str()) {
            Some("websocket") => Self::WebSocket,
            Some("engine.io") => Self::EngineIo,
            Some("socket.io") => Self::SocketIo,
            Some("gateway") => Self::Application,
            Some("robustness") => Self::Robustness,
            Some(_) | None => Self::Own,
        }
    }

    /// Returns the name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "WebSocket",
            Self::EngineIo => "Engine.IO",
            Self::SocketIo => "Socket.IO",
            Self::Application => "Application",
            Self::Robustness => "Robustness",
            Self::Own => "Own scenarios",
        }
    }
}
