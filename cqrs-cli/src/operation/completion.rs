use clap::Args;
use clap_complete::Shell;

use crate::failure::{Ending, Failure};
use crate::session::Session;

/// Print a script that completes these subcommands in a shell
///
/// For bash: `source <(bank completion bash)`.
#[derive(Debug, Args)]
pub struct Completion {
    /// The shell
    shell: Shell,
}

impl Completion {
    pub(crate) fn run(self, session: &mut Session, mut program: clap::Command) -> Result<Ending, Failure> {
        let name = program.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut program, name, &mut script);
        session.out.document(&String::from_utf8_lossy(&script))?;
        Ok(Ending::Done)
    }
}
