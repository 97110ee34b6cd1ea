//! `sockspec serve`: the reference server for people.

use std::{fmt::Write as _, net::SocketAddr};

use tokio::{net::TcpListener, runtime::Runtime};

use super::{
    Exit,
    args::{ContractName, ServeArgs},
    error::CliError,
    paint::Output,
    shipped::fault_ids,
    stop::stop_requested,
};
use crate::{
    reference::{Config, Contract, FAULTS, FaultSet, Server},
    report::{Palette, Role},
    text::nearest,
};

/// Serves until somebody stops it.
///
/// # Errors
///
/// An unknown fault, an address that can't be listened on, or an output that can't be written to.
pub(super) fn serve(args: &ServeArgs, output: Output) -> Result<Exit, CliError> {
    if args.list_faults {
        output.write(&fault_table(output.stdout))?;
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
        let listener = TcpListener::bind(address).await.map_err(listening)?;
        let stop = stop_requested().map_err(CliError::Runtime)?;
        let server = Server::start(listener, config).map_err(listening)?;
        // Other programs wait for exactly this line.
        output.write(&format!("listening on http://{}\n", server.address()))?;
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
    Ok(Config {
        path: args.path.as_deref().map_or(usual.path, with_slashes),
        ping_interval: args.ping_interval,
        ping_timeout: args.ping_timeout,
        max_payload: args.max_payload,
        origins: args.origins.clone(),
        contract,
        faults: faults(&args.faults)?,
        ..Config::default()
    })
}

/// The faults of these ids.
///
/// # Errors
///
/// The first one that there is not.
pub(super) fn faults(ids: &[String]) -> Result<FaultSet, CliError> {
    FaultSet::from_ids(ids.iter().map(String::as_str)).map_err(|id| CliError::Unknown {
        kind: "fault",
        help: Some(match nearest(&id, fault_ids()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`sockspec serve --list-faults` names them all".to_owned(),
        }),
        id,
    })
}

/// `socket.io` as `/socket.io/`: clients ask for both ends.
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
