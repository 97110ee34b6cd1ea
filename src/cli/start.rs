//! Parses the command line and runs the command.

use std::ffi::OsString;

use clap::Parser;

use super::{
    Context, Exit,
    args::{Arguments, Command, LogLevel},
    check, compare, coverage,
    error::CliError,
    explain, init, list, log, matrix, merge,
    paint::Output,
    probe, prove, render, review, run, serve, show, stop,
};
use crate::net::raise_file_limit;

/// Parses the command line, runs the command and returns the exit status.
pub fn start(command_line: impl IntoIterator<Item = OsString>, context: Context) -> Exit {
    let arguments = match Arguments::try_parse_from(command_line) {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap returns the texts of `--help` and `--version` as errors, too. A failure to print is ignored, because
            // there is no other place to report it.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::BadUsage
            } else {
                Exit::Conformant
            };
        }
    };
    let output = Output::new(context, arguments.color);
    log::start(arguments.log, output);

    let context = Context {
        logs: arguments.log != LogLevel::Off,
        ..context
    };
    // The returned limit is not needed here: `run` asks for it again when it plans the connections.
    raise_file_limit();
    match listen(&arguments.command).and_then(|()| dispatch(arguments.command, context, output)) {
        Ok(exit) => exit,
        Err(error) => {
            if !error.is_silent() {
                output.print_error(&error);
            }
            error.exit()
        }
    }
}

/// Starts to listen for signals that end the command. Does nothing for `serve`, which handles signals itself.
fn listen(command: &Command) -> Result<(), CliError> {
    match command {
        Command::Serve(_) => Ok(()),
        Command::Check(_)
        | Command::Compare(_)
        | Command::Coverage(_)
        | Command::Explain(_)
        | Command::Init(_)
        | Command::List(_)
        | Command::Matrix(_)
        | Command::Merge(_)
        | Command::Probe(_)
        | Command::Prove(_)
        | Command::Report(_)
        | Command::Review(_)
        | Command::Run(_)
        | Command::Show(_) => stop::listen().map_err(CliError::Runtime),
    }
}

fn dispatch(command: Command, context: Context, output: Output) -> Result<Exit, CliError> {
    match command {
        Command::Check(args) => check::check(&args, output),
        Command::Compare(args) => compare::compare(&args, output),
        Command::Coverage(args) => coverage::coverage(&args, output),
        Command::Explain(args) => explain::explain(&args, output),
        Command::Init(args) => init::init(&args, output),
        Command::List(args) => list::list(&args, output),
        Command::Matrix(args) => matrix::matrix(&args, output),
        Command::Merge(args) => merge::merge(&args, output),
        Command::Probe(args) => probe::probe(&args, output),
        Command::Prove(args) => prove::prove(&args, context, output),
        Command::Report(args) => render::render(&args, output),
        Command::Review(args) => review::review(&args, context, output),
        Command::Run(args) => run::run(&args, context, output),
        Command::Show(args) => show::show(&args, output),
        Command::Serve(args) => serve::serve(&args, output),
    }
}
