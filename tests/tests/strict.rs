//! Generated code is clean under the lints of a strict crate.

#![deny(warnings, missing_docs, unused, clippy::pedantic, unreachable_pub)]
#![forbid(unsafe_code)]
#![no_implicit_prelude]

/// Names that are words of the language, and nothing in scope but what is named.
pub mod old {
    use ::cqrs_core::{aggregate, event, event_handler, projection};
    use ::std::prelude::rust_2021::{Clone, Default, Err, Ok, Result, String, derive};

    /// An event.
    #[event]
    pub struct Aged {
        /// A field.
        pub r#type: String,
        /// Another one.
        pub old: u8,
    }

    /// A command.
    #[derive(Clone)]
    pub struct Age;

    /// An aggregate.
    #[aggregate(entity = "AGED", key(r#fn: u8, r#type: String), snapshot_every = 5)]
    #[derive(Default)]
    pub struct Old {
        /// Its age.
        pub age: u8,
    }

    #[aggregate]
    impl Old {
        #[command]
        fn age(&self, _: Age) -> Result<Aged, String> {
            if self.age > 9 {
                Err(::std::string::ToString::to_string("old"))
            } else {
                Ok(Aged { r#type: String::new(), old: 1 })
            }
        }

        #[apply]
        fn aged(&mut self, event: &Aged) {
            self.age += event.old;
        }
    }

    /// A view.
    #[projection(key(r#type: String))]
    #[derive(Default)]
    pub struct Ages {
        /// How many.
        pub count: u8,
    }

    #[projection(key(r#type))]
    impl Ages {
        #[apply]
        fn aged(&mut self, event: &Aged) {
            self.count += event.old;
        }
    }

    /// A handler.
    ///
    /// # Errors
    ///
    /// None.
    #[allow(clippy::unused_async, reason = "the author's own code")]
    #[event_handler(Aged)]
    pub async fn aged(_: &Aged) -> Result<(), ::cqrs_core::HandlerError> {
        Ok(())
    }
}

#[::core::prelude::v1::test]
fn events_may_be_declared_in_a_body() {
    /// An event.
    #[::cqrs_core::event(unhandled = "it only has to compile")]
    struct Inner {
        field: ::core::primitive::u8,
    }
    ::std::assert_eq!(Inner { field: 1 }.field, 1);
}
