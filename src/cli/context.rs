//! What the process knows about its terminals and environment variables. Read once, at the start.

use std::{
    env,
    io::{self, IsTerminal},
};

use super::args::ColourWhen;
use crate::report::{Palette, Watched};

/// The environment variables and terminals of the process.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Context {
    /// True if the standard input is a terminal.
    pub stdin_terminal: bool,
    /// True if the standard output is a terminal.
    pub stdout_terminal: bool,
    /// True if the standard error is a terminal.
    pub stderr_terminal: bool,
    /// True if `NO_COLOR` is set, <https://no-color.org>.
    pub no_colour: bool,
    /// True if `CLICOLOR_FORCE` is set, <https://bixense.com/clicolors/>.
    pub force_colour: bool,
    /// True if `TERM` is `dumb`: the terminal does not support escape sequences.
    pub dumb: bool,
    /// True if `CI` is set, so that nobody watches the output while the command runs.
    pub ci: bool,
    /// True if the command writes a log, which goes to the standard error.
    pub logs: bool,
}

/// The standard output or the standard error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stream {
    Stderr,
    Stdout,
}

impl Context {
    /// Reads the environment variables of the process, and which of its outputs are terminals.
    pub fn from_environment() -> Self {
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let on =
            |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        Self {
            stdin_terminal: io::stdin().is_terminal(),
            stdout_terminal: io::stdout().is_terminal(),
            stderr_terminal: io::stderr().is_terminal(),
            no_colour: set("NO_COLOR"),
            force_colour: on("CLICOLOR_FORCE"),
            dumb: env::var_os("TERM").is_some_and(|term| term == "dumb"),
            ci: on("CI"),
            logs: false,
        }
    }

    /// Returns whether an output is coloured. `--color` takes precedence over the environment variables, and these over
    /// whether the output is a terminal.
    pub(super) fn palette(self, when: ColourWhen, stream: Stream) -> Palette {
        let terminal = match stream {
            Stream::Stderr => self.stderr_terminal,
            Stream::Stdout => self.stdout_terminal,
        };
        let styled = match when {
            ColourWhen::Always => true,
            ColourWhen::Never => false,
            ColourWhen::Auto => !self.no_colour && (self.force_colour || (terminal && !self.dumb)),
        };
        if styled {
            Palette::Styled
        } else {
            Palette::Plain
        }
    }

    /// Returns whether a person watches the standard error, so that a progress bar is useful.
    pub(super) fn watched(self) -> Watched {
        if self.stderr_terminal && !self.dumb && !self.ci && !self.logs {
            Watched::Yes
        } else {
            Watched::No
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMINAL: Context = Context {
        stdin_terminal: true,
        stdout_terminal: true,
        stderr_terminal: true,
        no_colour: false,
        force_colour: false,
        dumb: false,
        ci: false,
        logs: false,
    };

    fn palette(context: Context, when: ColourWhen) -> Palette {
        context.palette(when, Stream::Stdout)
    }

    #[test]
    fn the_option_wins_over_the_environment_and_that_over_the_terminal() {
        let no_colour = Context {
            no_colour: true,
            force_colour: true,
            ..TERMINAL
        };
        assert_eq!(palette(no_colour, ColourWhen::Always), Palette::Styled);
        assert_eq!(palette(no_colour, ColourWhen::Auto), Palette::Plain);
        assert_eq!(palette(TERMINAL, ColourWhen::Auto), Palette::Styled);
        assert_eq!(palette(TERMINAL, ColourWhen::Never), Palette::Plain);
        assert_eq!(
            palette(Context::default(), ColourWhen::Auto),
            Palette::Plain
        );
    }

    #[test]
    fn forced_colour_reaches_a_pipe_and_a_dumb_terminal() {
        let piped = Context {
            force_colour: true,
            dumb: true,
            ..Context::default()
        };
        assert_eq!(palette(piped, ColourWhen::Auto), Palette::Styled);
        let dumb = Context {
            dumb: true,
            ..TERMINAL
        };
        assert_eq!(palette(dumb, ColourWhen::Auto), Palette::Plain);
    }

    #[test]
    fn nobody_watches_a_pipe_or_a_ci_job() {
        assert_eq!(TERMINAL.watched(), Watched::Yes);
        assert_eq!(Context::default().watched(), Watched::No);
        let ci = Context {
            ci: true,
            ..TERMINAL
        };
        assert_eq!(ci.watched(), Watched::No);
    }
}
