//! Subscribers: views at their aggregate's key, views across aggregates, and handlers.

use cqrs_benches::account::{Account, Deposited};
use cqrs_core::prelude::*;

macro_rules! own {
    ($($name:ident)*) => {
        pub(crate) const OWN: &[&str] = &[$(stringify!($name)),*];

        $(
            #[projection(Account)]
            #[derive(Default)]
            pub(crate) struct $name {
                pub(crate) balance: u64,
            }

            #[projection(Account)]
            impl $name {
                #[apply]
                fn deposited(&mut self, event: &Deposited) {
                    self.balance += event.cents;
                }
            }
        )*
    };
}

macro_rules! across {
    ($($name:ident)*) => {
        pub(crate) const ACROSS: &[&str] = &[$(stringify!($name)),*];

        $(
            #[projection(key(cents: u64))]
            #[derive(Default)]
            pub(crate) struct $name {
                pub(crate) deposits: u64,
            }

            #[projection(key(cents))]
            impl $name {
                #[apply]
                fn deposited(&mut self, _: &Deposited) {
                    self.deposits += 1;
                }
            }
        )*
    };
}

macro_rules! handlers {
    ($($name:ident)*) => {
        pub(crate) const HANDLERS: &[&str] = &[$(stringify!($name)),*];

        $(
            #[event_handler(Deposited)]
            async fn $name(_: &Deposited) -> Result<(), HandlerError> {
                Ok(())
            }
        )*
    };
}

own! { V01 V02 V03 V04 V05 V06 V07 V08 V09 V10 }
across! { T01 T02 }
handlers! { h01 h02 }
