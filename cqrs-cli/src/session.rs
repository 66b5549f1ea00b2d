use std::future::Future;
use std::io::{self, BufRead, IsTerminal, Write};
use std::pin::Pin;

use crate::failure::Failure;
use crate::options::Options;
use crate::output::{Output, escape};
use crate::target::Target;

/// Makes the target.
pub(crate) type Open = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = Result<Target, Failure>>>>>;

/// One running call.
pub(crate) struct Session {
    pub(crate) options: Options,
    pub(crate) out: Output,
    open: Option<Open>,
    target: Option<Target>,
}

impl Session {
    pub(crate) fn new(options: Options, open: Open) -> Self {
        Self { options, out: Output::new(options.json), open: Some(open), target: None }
    }

    /// The target. It is made when it is first needed, so that a call that does not need it opens no file and no
    /// connection.
    pub(crate) async fn target(&mut self) -> Result<Target, Failure> {
        if let Some(target) = &self.target {
            return Ok(target.clone());
        }
        let open = self.open.take().ok_or_else(|| Failure::work("the app could not be made"))?;
        let target = open().await?;
        self.target = Some(target.clone());
        Ok(target)
    }

    /// The target that has been made; `None` if it was not needed.
    #[cfg(feature = "dynamo")]
    pub(crate) fn opened(&self) -> Option<&Target> {
        self.target.as_ref()
    }

    /// Asks whether to do something that cannot be undone, or that others notice. `--yes` answers beforehand. Without a
    /// terminal, it cannot ask.
    pub(crate) fn confirm(&self, what: &str) -> Result<(), Failure> {
        if self.options.yes {
            return Ok(());
        }
        let (stdin, mut stderr) = (io::stdin(), io::stderr());
        let what = escape::lines(what);
        if !stdin.is_terminal() || !stderr.is_terminal() {
            return Err(Failure::usage(format!(
                "nothing was done: there is no terminal to ask on, and no `--yes`. It asks because of this:\n{what}"
            )));
        }
        let mut answer = String::new();
        let asked = write!(stderr, "{what}\ngo on? [y/N] ").and_then(|()| stderr.flush());
        asked.and_then(|()| stdin.lock().read_line(&mut answer))?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::work("nothing was done")),
        }
    }
}
