//! What the compiler says to `from_env` in a build without the feature `aws`.

use std::future::{Ready, ready};

use cqrs_core::StoreError;

use super::Dynamo;
use crate::table::refused;

/// No type implements it. The lifetime lets a function ask for it all the same: a bound without one is refused where it is
/// written, and not where the function is called.
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
    /// None: there is no call of it.
    pub fn from_env() -> Ready<Result<Self, StoreError>>
    where
        for<'any> Self: FromEnvironment<'any>,
    {
        ready(Err(refused("this build lacks the feature `aws`")))
    }
}
