use std::io;
use std::net::SocketAddr;

use cqrs_core::schema::LockError;

/// Why a console could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsoleError {
    /// The address belongs to a network, but nothing says that the console may be exposed there.
    #[error(
        "{address} is not a loopback address: others in the network would reach the console; if that is intended, say under which name \
         with `Console::exposed_as`"
    )]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("the console cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        r#source: io::Error,
    },
    /// The text that was given as `events.lock` cannot be read.
    #[error("`events.lock` cannot be read: {0}")]
    Lock(LockError),
    /// The operating system has no random numbers for a token.
    #[error("the operating system has no random numbers for a token: {0}")]
    Token(String),
}
