//! Names that are something else where the process stands, fragments of another macro, and another path of the framework.

#![deny(warnings)]

mod framework {
    pub use cqrs_core as events;
}

mod shadowed {
    use cqrs_core::process;
    use cqrs_misuse::hotel::{Paid, RoomHeld};

    #[allow(dead_code)]
    mod names {
        pub struct Result;
        pub struct Option;
        pub struct Clone;
        pub struct Default;
        pub struct Some;
        pub struct Ok;
        pub struct String;
        pub struct Reaction;
        pub struct Process;
        pub struct Instance;
        pub struct Unknown;
        pub struct Duration;
    }
    #[allow(unused_imports)]
    use names::*;

    #[process(key(reservation: ::std::string::String), crate = crate::framework::events)]
    #[derive(::core::clone::Clone, ::core::default::Default)]
    pub struct Booking {}

    #[process(key(reservation), unknown = "skip", crate = crate::framework::events)]
    impl Booking {
        #[react(start)]
        fn on_held(&self, _: &RoomHeld) -> ::cqrs_core::Reaction {
            ::cqrs_core::Reaction::new().deadline(Self::r#late, ::core::time::Duration::from_secs(1))
        }

        #[apply]
        fn paid(&mut self, _: &Paid) {}

        #[deadline]
        fn r#late(&self) -> ::cqrs_core::Reaction {
            ::cqrs_core::Reaction::new()
        }
    }
}

mod fragments {
    use cqrs_core::prelude::*;
    use cqrs_misuse::hotel::*;

    macro_rules! process {
        ($name:ident, $key:ident, $field:ident: $ty:ty, $event:ty, $after:expr, $unknown:literal, $entity:literal,
         $value:expr) => {
            #[process(key($field: $ty), entity = $entity)]
            #[derive(Clone, Default)]
            struct $name {}

            #[process(key($field), unknown = $unknown)]
            impl $name {
                #[react(start)]
                fn started(&self, _: &$event, key: &$key) -> Reaction {
                    let _ = key.$field();
                    Reaction::new().deadline(Self::over, $after)
                }

                #[react(key($field = $value))]
                fn tipped(&self, event: &Tipped) -> Reaction {
                    let _ = event;
                    Reaction::new().cancel(Self::over)
                }

                #[deadline]
                fn over(&self) -> Reaction {
                    Reaction::new().end()
                }
            }
        };
    }

    process!(
        Visit,
        VisitKey,
        reservation: String,
        RoomHeld,
        std::time::Duration::from_secs(1) + std::time::Duration::ZERO,
        "skip",
        "VISIT",
        "tip"
    );

    macro_rules! names {
        ($name:ident, $event:ident, $field:ident, $react:ident, $deadline:ident) => {
            #[process(key($field: String))]
            #[derive(Clone, Default)]
            pub struct $name {}

            #[process(key($field))]
            impl $name {
                #[react(start)]
                fn $react(&self, _: &Recorded<$event>) -> Reaction {
                    Reaction::new().deadline(Self::$deadline, std::time::Duration::ZERO)
                }

                #[deadline]
                fn $deadline(&self) -> Reaction {
                    Reaction::new()
                }
            }
        };
    }

    names!(Short, RoomHeld, reservation, held, over);
}

fn main() {}
