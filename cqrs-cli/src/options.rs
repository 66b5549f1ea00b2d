use clap::Args;

/// The options that every subcommand takes.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Options of every subcommand")]
#[non_exhaustive]
pub struct Options {
    /// Print JSON, one line for each thing
    #[arg(long, global = true)]
    pub json: bool,
    /// Also print the data of events, states, views and commands
    ///
    /// Without it, their data stays out of terminals and logs: only types, versions, metadata and the names of fields
    /// are printed.
    #[arg(long, global = true)]
    pub data: bool,
    /// Do not ask before something that others will notice
    #[arg(long, global = true)]
    pub yes: bool,
    /// Print to the standard error what the call has spent
    #[cfg(feature = "dynamo")]
    #[arg(long, global = true)]
    pub spend: bool,
}
