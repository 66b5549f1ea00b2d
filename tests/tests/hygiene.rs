//! Generated code is placed in arbitrary code, so it must not depend on what is in scope there.

#![forbid(unsafe_code)]
#![deny(warnings)]
#![allow(unreachable_pub, dead_code, reason = "the modules stand for crates")]

use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_core::{App, Tenant};

/// A module whose own types have the names of the prelude's.
mod shadowed {
    use cqrs_core::{aggregate, command, event, event_handler, projection};

    #[allow(dead_code, reason = "they only have to be in scope")]
    mod names {
        pub struct Result;
        pub struct Option;
        pub struct Vec;
        pub struct Box;
        pub struct Clone;
        pub struct Default;
        pub struct From;
        pub struct Ok;
        pub struct Some;
        pub struct None;
        pub struct Send;
        pub struct Into;
        pub struct Debug;
        pub struct Hash;
        pub struct PartialEq;
        pub struct Event;
        pub struct Tenant;
        pub struct Version;
    }
    #[allow(unused_imports, reason = "they only have to be in scope")]
    use names::*;

    /// Text, but not the standard library's.
    #[derive(
        Debug,
        ::core::clone::Clone,
        ::core::default::Default,
        serde::Serialize,
        serde::Deserialize,
        ::cqrs_core::EventData,
    )]
    pub struct String(pub ::std::string::String);

    #[event]
    pub struct Written {
        pub text: String,
    }

    #[derive(::core::clone::Clone)]
    pub struct Write(pub ::std::string::String);

    #[command]
    pub struct Rewrite {
        pub text: ::std::string::String,
    }

    #[command]
    pub struct Erase;

    #[aggregate(entity = "NOTE")]
    #[derive(::core::default::Default)]
    pub struct Note {
        pub text: String,
    }

    #[aggregate]
    impl Note {
        #[command]
        fn write(&self, command: Write) -> ::core::result::Result<Written, ::core::convert::Infallible> {
            ::core::result::Result::Ok(Written { text: String(command.0) })
        }

        #[command]
        fn rewrite(&self, command: &Rewrite) -> ::core::result::Result<Written, ::core::convert::Infallible> {
            let text = ::core::clone::Clone::clone(&command.text);
            ::core::result::Result::Ok(Written { text: String(text) })
        }

        #[command]
        fn erase(&self, _: &Erase) -> ::core::result::Result<Written, ::core::convert::Infallible> {
            ::core::result::Result::Ok(Written { text: String(::std::string::String::new()) })
        }

        #[apply]
        fn written(&mut self, event: &Written) {
            self.text = ::core::clone::Clone::clone(&event.text);
        }
    }

    #[projection(Note, queue = "notes")]
    #[derive(::core::default::Default)]
    pub struct Length {
        pub length: usize,
    }

    #[projection(Note)]
    impl Length {
        #[apply]
        fn written(&mut self, event: &Written) {
            self.length = event.text.0.len();
        }
    }

    #[event_handler(Written, queue = "notes", once, concurrency = 2)]
    async fn read(
        event: &cqrs_core::Recorded<Written>,
    ) -> ::core::result::Result<(), cqrs_core::HandlerError> {
        assert!(!event.text.0.is_empty());
        ::core::result::Result::Ok(())
    }
}

/// Keywords and raw identifiers as names.
mod raw {
    use cqrs_core::prelude::*;

    #[event]
    pub struct r#Move {
        pub r#type: String,
        pub r#in: Option<u64>,
    }

    #[derive(Clone)]
    pub struct r#Do {
        pub r#type: String,
    }

    #[aggregate(entity = "PIECE", key(r#match: u32, r#type: String), sk = "PIECE#{match:04}#{type}")]
    #[derive(Default)]
    pub struct Piece {
        pub r#type: String,
    }

    #[aggregate]
    impl Piece {
        #[command]
        fn r#try(&self, r#do: r#Do) -> Result<r#Move, String> {
            Ok(r#Move { r#type: r#do.r#type, r#in: None })
        }

        #[apply]
        fn r#move(&mut self, r#move: &r#Move) {
            self.r#type.clone_from(&r#move.r#type);
        }
    }

    #[projection(key(r#type: String))]
    #[derive(Debug, Default)]
    pub struct Types {
        pub count: u64,
    }

    #[projection(key(r#type))]
    impl Types {
        #[apply]
        fn r#move(&mut self, _: &r#Move) {
            self.count += 1;
        }
    }

    #[event_handler(r#Move)]
    async fn r#match(_: &r#Move) -> Result<(), HandlerError> {
        Ok(())
    }
}

/// Items in nested modules, events and aggregate apart, two aggregates in one file.
mod nested {
    pub mod events {
        pub mod left {
            #[cqrs_core::event(name = "LeftOpened")]
            pub struct Opened;
        }
        pub mod right {
            #[cqrs_core::event(name = "RightOpened")]
            pub struct Opened;
        }
    }

    pub mod aggregates {
        use super::events;
        use cqrs_core::prelude::*;

        #[derive(Clone)]
        pub struct Open;

        #[aggregate(entity = "LEFT")]
        #[derive(Default)]
        pub struct Left {
            pub open: bool,
        }

        #[aggregate(entity = "RIGHT")]
        #[derive(Default)]
        pub struct Right {
            pub open: bool,
        }

        #[aggregate]
        impl Left {
            #[command]
            fn open(&self, _: Open) -> Result<events::left::Opened, ()> {
                Ok(events::left::Opened)
            }

            #[apply]
            fn opened(&mut self, _: &events::left::Opened) {
                self.open = true;
            }
        }

        #[aggregate]
        impl Right {
            #[command]
            fn open(&self, _: Open) -> Result<events::right::Opened, ()> {
                Ok(events::right::Opened)
            }

            #[apply]
            fn opened(&mut self, _: &events::right::Opened) {
                self.open = true;
            }
        }
    }
}

/// `crate = path`: the framework under another name.
mod renamed {
    pub mod facade {
        pub use cqrs_core as cqrs;
    }

    use facade::cqrs::prelude::*;

    #[event(crate = facade::cqrs)]
    pub struct Rung;

    #[derive(Clone)]
    pub struct Ring;

    #[aggregate(entity = "BELL", crate = facade::cqrs)]
    #[derive(Default)]
    pub struct Bell {
        pub times: u64,
    }

    #[aggregate(crate = facade::cqrs)]
    impl Bell {
        #[command]
        fn ring(&self, _: Ring) -> Result<Rung, ()> {
            Ok(Rung)
        }

        #[apply]
        fn rung(&mut self, _: &Rung) {
            self.times += 1;
        }
    }

    #[projection(Bell, crate = facade::cqrs)]
    #[derive(Default)]
    pub struct Rings {
        pub times: u64,
    }

    #[projection(Bell, crate = facade::cqrs)]
    impl Rings {
        #[apply]
        fn rung(&mut self, _: &Rung) {
            self.times += 1;
        }
    }

    #[event_handler(Rung, crate = facade::cqrs)]
    async fn hear(_: &Rung) -> Result<(), HandlerError> {
        Ok(())
    }
}

/// A binary in which nothing is public.
mod private {
    use cqrs_core::prelude::*;

    #[event]
    struct Happened {
        count: u64,
    }

    #[derive(Clone)]
    struct Happen;

    #[derive(Debug)]
    struct Refused;

    #[aggregate(entity = "PRIVATE")]
    #[derive(Default)]
    struct Thing {
        count: u64,
    }

    #[aggregate]
    impl Thing {
        #[command]
        fn happen(&self, _: Happen) -> Result<Happened, Refused> {
            if self.count == u64::MAX { Err(Refused) } else { Ok(Happened { count: 1 }) }
        }

        // A method under a `cfg` takes its rows along.
        #[cfg(any())]
        #[apply]
        fn never(&mut self, _: &DoesNotExist) {}

        #[apply]
        fn happened(&mut self, event: &Happened) {
            self.count += event.count;
        }
    }

    pub async fn run(app: &super::App, tenant: &super::Tenant) -> u64 {
        let key = ThingKey::new(tenant, "1");
        app.execute(&key, Happen).await.unwrap();
        app.load(&key).await.unwrap().state.count
    }
}

#[tokio::test]
async fn everything_works_whatever_is_in_scope() {
    let app = App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).build().unwrap();
    let tenant = Tenant::new("T").unwrap();

    let notes = app.wiring().subscribers.iter().filter(|subscriber| subscriber.queue == "notes");
    assert_eq!(notes.map(|subscriber| subscriber.name).collect::<Vec<_>>(), ["Length", "read"]);

    let note = shadowed::NoteKey::new(&tenant, "1");
    app.execute(&note, shadowed::Write("hello".into())).await.unwrap();
    let piece = raw::PieceKey::new(&tenant, 7, "rook");
    assert_eq!(cqrs_core::AggregateKey::stream(&piece).unwrap().sk(), "PIECE#0007#rook");
    app.execute(&piece, raw::r#Do { r#type: "rook".into() }).await.unwrap();
    let left = nested::aggregates::LeftKey::new(&tenant, "1");
    app.execute(&left, nested::aggregates::Open).await.unwrap();
    let right = nested::aggregates::RightKey::new(&tenant, "1");
    assert!(!app.load(&right).await.unwrap().state.open);
    app.execute(&right, nested::aggregates::Open).await.unwrap();
    let bell = renamed::BellKey::new(&tenant, "1");
    app.execute(&bell, renamed::Ring).await.unwrap();
    assert_eq!(private::run(&app, &tenant).await, 1);

    app.run_until_idle().await.unwrap();
    assert!(app.load(&left).await.unwrap().state.open);
    assert!(app.load(&right).await.unwrap().state.open);
    assert_eq!(app.load(&note).await.unwrap().state.text.0, "hello");
    assert_eq!(app.load(&piece).await.unwrap().state.r#type, "rook");
    assert_eq!(app.load(&bell).await.unwrap().state.times, 1);
    assert_eq!(app.view::<shadowed::Length>(&note).await.unwrap().unwrap().length, 5);
    assert_eq!(app.view::<renamed::Rings>(&bell).await.unwrap().unwrap().times, 1);
    let types = app.view::<raw::Types>(&raw::TypesKey::new(&tenant, "rook")).await.unwrap();
    assert_eq!(types.unwrap().count, 1);
    assert_eq!(app.dead_letters().list().await.unwrap(), []);
}
