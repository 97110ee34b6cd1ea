//! The `sockspec` command-line program. Its code is in the library.

use std::{env, process::ExitCode};

use sockspec::cli::{Context, start};

fn main() -> ExitCode {
    start(env::args_os(), Context::from_environment()).into()
}
