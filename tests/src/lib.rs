//! What the tests share.

pub mod shop;
