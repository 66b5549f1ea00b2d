use std::io;
use std::net::SocketAddr;

use cqrs_core::schema::LockError;

/// Why a console could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsoleError {
    /// The address belongs to a network, and nobody said that the console may be seen there.
    #[error(
        "{address} is no loopback address: others in the network would reach the console; where that is meant, say under which name \
         with `Console::exposed_as`"
    )]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("the console cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The text that was given as `events.lock` cannot be read.
    #[error("`events.lock` cannot be read")]
    Lock(#[source] LockError),
    /// The operating system has no random numbers for a token.
    #[error("the operating system has no random numbers for a token: {0}")]
    Token(String),
}
