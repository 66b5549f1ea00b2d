//! Whether a transaction has been executed before: by its id, and by its commands.

use std::sync::Arc;

use futures_util::future::try_join_all;
use tracing::Span;

use super::intent::Identity;
use super::transacting::Transacting;
use crate::command::TransactionError;
use crate::commit::Commit;
use crate::digest::CommandDigest;
use crate::key::StreamKey;
use crate::runtime::{Cause, Naming};

/// The commits that the streams have under an id; `None` if no stream has one.
pub(super) type Found = Option<Vec<Option<Commit>>>;

impl Transacting<'_> {
    /// The commits of this transaction, if it was executed before. If the id is derived, this also finds the
    /// transaction's id among those of equal transactions.
    pub(super) async fn first_outcome(&mut self, trace: Option<&str>) -> Result<Found, TransactionError> {
        let name = match &self.identity {
            Identity::New => return Ok(None),
            Identity::Given | Identity::Placed => {
                let id = self.metadata.command_id.clone();
                return match self.find(&id).await? {
                    Some(found) if self.is_same(&found).await? => Ok(Some(found)),
                    Some(found) => Err(self.taken(&found)),
                    None => Ok(None),
                };
            }
            Identity::Derived { name } => name.clone(),
        };
        let Some((cause, target)) = self.caller.cause.cloned().zip(self.target()) else { return Ok(None) };
        let is_named = name.is_some();
        let naming = match name {
            Some(name) => Naming::Name(format!("transaction {name}")),
            None => Naming::Content { command: "transaction", digest: Some(self.digest()) },
        };
        let mut ordinal = 1;
        loop {
            let id = cause.command_id(&target, &naming, ordinal);
            self.identify(&id, trace);
            let Some(found) = self.find(&id).await? else {
                Span::current().record("command_id", id.as_str());
                return Ok(None);
            };
            if is_named || !Self::is_claimed(&cause, &found) {
                if self.is_same(&found).await? {
                    return Ok(Some(found));
                }
                if is_named {
                    return Err(self.taken(&found));
                }
            }
            ordinal += 1;
        }
    }

    /// The first stream that has a command.
    fn target(&self) -> Option<StreamKey> {
        let mut commanded = self.members.iter().filter(|member| member.command().is_some());
        commanded.next().map(|member| member.stream().clone())
    }

    /// The digest of all commands and of the streams they go to.
    pub(super) fn digest(&self) -> CommandDigest {
        let commands = self.members.iter().filter_map(|member| {
            let (name, digest) = member.command()?;
            Some((format!("{name}\n{}", member.stream()), digest))
        });
        let commands: Vec<_> = commands.collect();
        CommandDigest::of_all("transaction", commands.iter().map(|(name, digest)| (name.as_str(), *digest)))
    }

    async fn find(&mut self, id: &str) -> Result<Found, TransactionError> {
        let mut found = try_join_all(self.members.iter_mut().map(|member| member.find(id))).await?;
        if found.iter().all(Option::is_none) {
            return Ok(None);
        }
        // A remembered state may not know a commit that was written together with one that another state knows.
        if found.iter().any(Option::is_none) {
            self.catch_up().await?;
            found = try_join_all(self.members.iter_mut().map(|member| member.find(id))).await?;
        }
        Ok(Some(found))
    }

    async fn is_same(&self, found: &[Option<Commit>]) -> Result<bool, TransactionError> {
        for (member, commit) in self.members.iter().zip(found) {
            let Some(commit) = commit else { continue };
            if !member.is_same(commit).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_claimed(cause: &Cause, found: &[Option<Commit>]) -> bool {
        found.iter().flatten().any(|commit| cause.is_claimed(&commit.stream, commit.version))
    }

    fn taken(&self, found: &[Option<Commit>]) -> TransactionError {
        let command_id = self.metadata.command_id.clone();
        match found.iter().flatten().next() {
            Some(Commit { stream, version, .. }) => {
                TransactionError::CommandIdTaken { command_id, stream: stream.clone(), version: *version }
            }
            None => TransactionError::Empty,
        }
    }

    pub(super) fn settle_earlier(&mut self, found: Vec<Option<Commit>>) -> Result<(), TransactionError> {
        for (member, commit) in self.members.iter_mut().zip(found) {
            if let Some(commit) = &commit {
                claim(self.caller.cause, commit);
            }
            let settled = member.settle_earlier(commit);
            settled.map_err(|error| TransactionError::store(&self.metadata.command_id, error))?;
        }
        Ok(())
    }

    /// Claims the commits, so that an equal transaction of the same run is not answered with them.
    pub(super) fn claim_decided(&self) {
        self.members.iter().filter_map(|member| member.decided()).for_each(|it| claim(self.caller.cause, it));
    }
}

fn claim(cause: Option<&Arc<Cause>>, commit: &Commit) {
    if let Some(cause) = cause {
        cause.claim(&commit.stream, commit.version);
    }
}
