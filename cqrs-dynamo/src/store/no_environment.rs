//! The compiler's message about `from_env` in a build without the feature `aws`.

use std::future::{Ready, ready};

use cqrs_core::StoreError;

use super::Dynamo;
use crate::table::not_set_up;

/// No type implements it. The lifetime lets a function have it as a bound: a bound without a lifetime is refused where
/// it is declared, and not where the function is called.
#[diagnostic::on_unimplemented(
    message = "`Dynamo::from_env` needs the feature `aws` of `foldline-dynamo`, which is the feature `dynamo` of `foldline`",
    label = "this build has no configuration of AWS and no TLS",
    note = "an embedded database needs neither: `Dynamo::embedded`. With a configuration of your own: `Dynamo::from_conf`"
)]
pub trait FromEnvironment<'any> {}

impl Dynamo {
    /// Does not compile in this build, which lacks the feature `aws`.
    ///
    /// # Errors
    /// None: it cannot be called.
    pub fn from_env() -> Ready<Result<Self, StoreError>>
    where
        for<'any> Self: FromEnvironment<'any>,
    {
        ready(Err(not_set_up("this build lacks the feature `aws`")))
    }
}
