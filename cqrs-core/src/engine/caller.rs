use std::sync::Arc;

use crate::runtime::{Cause, Runtime};

/// Who sends commands: a program, or one of its handlers because of an event.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) cause: Option<&'a Arc<Cause>>,
}
