//! `sockspec serve`: runs the reference server until it is stopped.

use std::{fmt::Write as _, net::SocketAddr};

use tokio::runtime::Runtime;

use super::{
    Exit,
    args::{ContractName, OfferedTransport, ParserName, PresetName, ServeArgs},
    error::CliError,
    faults::fault_set,
    paint::Output,
    stop::stop_requested,
};
use crate::{
    net::Network,
    reference::{Config, Contract, FAULTS, Parser, Server},
    report::{Palette, Role},
};

/// Runs the reference server until the user stops it.
///
/// # Errors
///
/// Returns an error if a fault is unknown, the address can't be used, or the output can't be written.
pub(super) fn serve(args: &ServeArgs, output: Output) -> Result<Exit, CliError> {
    if args.list_faults {
        output.write(&output.masked(fault_table(output.stdout)))?;
        return Ok(Exit::Conformant);
    }
    let config = config(args)?;
    let runtime = Runtime::new().map_err(CliError::Runtime)?;
    runtime.block_on(async {
        let address = SocketAddr::new(args.host, args.port);
        let listening = |source| CliError::Listen {
            address: address.to_string(),
            source,
        };
        let listener = Network::Tcp.listen(address).await.map_err(listening)?;
        let stop = stop_requested().map_err(CliError::Runtime)?;
        let server = Server::start(listener, config).map_err(listening)?;
        // Manifests wait for this line with `ready.line`, so its text has to stay the same.
        let line = format!("listening on http://{}\n", server.address());
        output.write(&output.masked(line))?;
        stop.await;
        let impatient = stop_requested().map_err(CliError::Runtime)?;
        tokio::select! {
            () = server.stop() => Ok(Exit::Conformant),
            () = impatient => Err(CliError::Interrupted),
        }
    })
}

fn config(args: &ServeArgs) -> Result<Config, CliError> {
    let contract = match args.contract {
        ContractName::Engine => Contract::Engine,
        ContractName::Official => Contract::Official,
        ContractName::Sockspec => Contract::Sockspec,
        ContractName::Websocket => Contract::WebSocket,
    };
    let usual = Config::new(contract);
    let preset = args.preset.map(PresetName::faults).unwrap_or_default();
    let preset = preset.iter().map(|id| (*id).to_owned());
    let faults: Vec<_> = args.faults.iter().cloned().chain(preset).collect();
    let features = &args.features;
    let offers = |transport| features.transports.contains(&transport);
    let usual_path = match &features.envelope {
        Some(_) => "/".to_owned(),
        None => usual.path,
    };
    let mut config = Config {
        path: args.path.as_deref().map_or(usual_path, with_slashes),
        ping_interval: args.ping_interval,
        ping_timeout: args.ping_timeout,
        connect_timeout: args.connect_timeout,
        upgrade_timeout: args.upgrade_timeout,
        max_payload: args.max_payload,
        origins: args.origins.clone(),
        polling: offers(OfferedTransport::Polling),
        websocket: offers(OfferedTransport::Websocket),
        upgrades: features.allow_upgrades,
        cookie: features.cookie.clone(),
        eio3: features.allow_eio3,
        deflate: features.deflate,
        jwt_secret: features.jwt_secret.clone(),
        parser: match features.parser {
            ParserName::Json => Parser::Json,
            ParserName::Msgpack => Parser::Msgpack,
        },
        recovery: features.recovery,
        contract,
        faults: fault_set(&faults)?,
        ..Config::default()
    };
    if let Some(envelope) = &features.envelope {
        // The names that the option takes are those of the setting.
        let _ = config.set("ENVELOPE", envelope);
    }
    Ok(config)
}

/// Adds missing slashes at both ends: `socket.io` becomes `/socket.io/`, the path that clients request.
fn with_slashes(path: &str) -> String {
    match path.trim_matches('/') {
        "" => "/".to_owned(),
        inner => format!("/{inner}/"),
    }
}

fn fault_table(palette: Palette) -> String {
    let width = FAULTS.iter().map(|fault| fault.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for fault in FAULTS.iter() {
        let padding = " ".repeat(width - fault.id.len());
        let id = palette.paint(Role::Strong, fault.id);
        // Writing to a `String` can't fail.
        let _ = writeln!(text, "{id}{padding}  {}", fault.breaks);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_a_slash_at_both_ends() {
        let paths = ["socket.io", "/a/b", "/", "/socket.io/"].map(with_slashes);
        assert_eq!(paths, ["/socket.io/", "/a/b/", "/", "/socket.io/"]);
    }
}
