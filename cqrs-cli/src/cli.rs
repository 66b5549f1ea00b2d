use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;

use clap::{Args, FromArgMatches};

use crate::arguments::Arguments;
use crate::failure::{self, Ending, Failure, USAGE};
use crate::output::{tell, tell_value};
use crate::session::{Open, Session};
use crate::target::Target;

/// The work of a subcommand, and its result.
type Running<'a> = Pin<Box<dyn Future<Output = Result<Ending, Failure>> + 'a>>;

/// The command line of an operator. See [the crate](crate).
pub struct Cli {
    name: &'static str,
    about: &'static str,
    version: Option<&'static str>,
    open: Open,
    program: Option<clap::Command>,
}

impl Cli {
    /// A command line with the name of its program, on the result of a function: an [`App`](cqrs_core::App), or a
    /// [`Target`].
    ///
    /// The function is called once, and only by the subcommands that need the app.
    pub fn new<O, F, T, E>(name: &'static str, open: O) -> Self
    where
        O: FnOnce() -> F + 'static,
        F: Future<Output = Result<T, E>> + 'static,
        T: Into<Target>,
        E: Into<Box<dyn Error>>,
    {
        let open = || async {
            match open().await {
                Ok(target) => Ok(target.into()),
                Err(error) => Err(Failure::of(&*error.into())),
            }
        };
        Self {
            name,
            about: "Looks after what this program has stored and delivers",
            version: None,
            open: Box::new(move || Box::pin(open())),
            program: None,
        }
    }

    /// The answer to `--version`: `env!("CARGO_PKG_VERSION")`.
    #[must_use]
    pub fn version(mut self, version: &'static str) -> Self {
        self.version = Some(version);
        self
    }

    /// The first line of the help.
    #[must_use]
    pub fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    /// The whole command line of a program that has more than these subcommands, so that `completion` knows all of it.
    #[must_use]
    pub fn program(mut self, program: clap::Command) -> Self {
        self.program = Some(program);
        self
    }

    /// The command line as a clap command.
    #[must_use]
    pub fn command(&self) -> clap::Command {
        let command = Arguments::augment_args(clap::Command::new(self.name).about(self.about));
        match self.version {
            Some(version) => command.version(version),
            None => command,
        }
    }

    /// Runs the subcommand in the arguments of the process.
    pub async fn run(self) -> ExitCode {
        self.run_from(std::env::args_os()).await
    }

    /// Runs the subcommand in these arguments. The first one is the name of the program.
    pub async fn run_from<I>(self, arguments: I) -> ExitCode
    where
        I: IntoIterator<Item: Into<OsString> + Clone>,
    {
        let matches = self.command().try_get_matches_from(arguments);
        match matches.and_then(|matches| Arguments::from_arg_matches(&matches)) {
            Ok(arguments) => self.answer(arguments).await,
            Err(error) => {
                // Help and version also come this way. If nothing reads them, nothing is lost.
                let _ = error.print();
                ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(USAGE))
            }
        }
    }

    /// Runs arguments that the program has read as a part of its own: see
    /// [the crate](crate#a-program-with-subcommands-of-its-own).
    pub async fn answer(self, arguments: Arguments) -> ExitCode {
        let program = self.program.clone().unwrap_or_else(|| self.command());
        let mut session = Session::new(arguments.options, self.open);
        // Boxed, without its type. Otherwise the compiler would look through all of it where a program's `main` awaits
        // it, and give up.
        let running: Running<'_> = Box::pin(arguments.operation.run(&mut session, program));
        let ended = running.await;
        #[cfg(feature = "dynamo")]
        crate::spend::tell_spent(&session);
        if let Err(failure) = &ended {
            if session.out.is_json() {
                tell_value(&serde_json::json!({ "error": failure.text() }));
            } else {
                tell(&format!("error: {failure}"));
            }
        }
        failure::exit_code(&ended)
    }
}

impl fmt::Debug for Cli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cli").field("name", &self.name).finish_non_exhaustive()
    }
}
