//! What the tests share.

pub mod bank;
pub mod commits;
pub mod emulator;
pub mod faults;
pub mod listening;
pub mod loopback;
pub mod raw;
pub mod shaken;
pub mod streamed;
