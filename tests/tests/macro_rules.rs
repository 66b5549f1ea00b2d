//! Input that comes from a user's own macro: fragments come in invisible groups, and with the names of another place.

#![forbid(unsafe_code)]
#![deny(warnings)]
#![allow(unreachable_pub, dead_code, reason = "the modules stand for crates")]
#![allow(clippy::non_minimal_cfg, reason = "what is always so, or never")]

use cqrs_core::snapshot::MemorySnapshotStore;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_core::{App, Tenant};

/// Names alone: the generated code is at tokens of the caller.
mod idents {
    use cqrs_core::prelude::*;

    macro_rules! domain {
        ($aggregate:ident, $view:ident, $event:ident, $command:ident, $decide:ident, $fold:ident, $field:ident,
         $part:ident: $ty:ident, $handler:ident, $receiver:ident) => {
            #[event]
            pub struct $event {
                pub $field: u64,
            }

            #[derive(Clone)]
            pub struct $command(pub u64);

            #[aggregate(entity = "METER", key($part: $ty), snapshot_every = 2)]
            #[derive(Default)]
            pub struct $aggregate {
                pub $field: u64,
            }

            #[aggregate]
            impl $aggregate {
                #[command]
                fn $decide(&self, command: $command) -> Result<$event, String> {
                    Ok($event { $field: command.0 })
                }

                #[apply]
                fn $fold(&mut self, event: &$event) {
                    self.$field += event.$field;
                }
            }

            #[projection($aggregate)]
            #[derive(Default)]
            pub struct $view {
                pub $field: u64,
            }

            #[projection($aggregate)]
            impl $view {
                #[apply]
                fn $fold(&mut self, event: &$event) {
                    self.$field += event.$field;
                }
            }

            #[event_handler($event, once)]
            pub async fn $handler(_: &$event) -> Result<(), HandlerError> {
                Ok(())
            }

            pub struct $receiver;

            #[event_handler($event, name = "idents-receiver")]
            impl $receiver {
                async fn $handler(&self, _: &Recorded<$event>) -> Result<(), HandlerError> {
                    Ok(())
                }
            }
        };
    }

    domain!(Meter, Reading, Ticked, Tick, tick, ticked, total, number: u32, heard, Ear);
}

/// Every other fragment, where it may stand.
mod fragments {
    use cqrs_core::prelude::*;

    macro_rules! event {
        ($(#[$meta:meta])* $vis:vis struct $name:ident, $text:literal, $field:ident: $ty:ty, $rename:literal, $derive:meta) => {
            $(#[$meta])*
            #[event(name = $text, unhandled = "nothing folds it")]
            #[doc = $text]
            #[serde(rename_all = $rename)]
            #[$derive]
            $vis struct $name {
                #[serde(rename = $text)]
                pub $field: $ty,
                pub a_list: ::std::vec::Vec<$ty>,
            }
        };
    }

    event!(
        /// A first one.
        #[derive(PartialEq)]
        pub struct Noted, "FragmentNoted", some_text: ::std::string::String, "camelCase", allow(dead_code)
    );

    macro_rules! older {
        ($from:ty, $name:literal, $schema:literal, $new:path) => {
            #[event(name = $name, schema = $schema, from = $from, unhandled = "nothing folds it")]
            pub struct Renamed {
                pub id: ::core::primitive::u64,
            }

            impl From<$new> for Renamed {
                fn from(older: $from) -> Self {
                    Self { id: older.id.into() }
                }
            }
        };
    }

    #[event(name = "FragmentRenamed", unhandled = "nothing folds it")]
    pub struct RenamedV1 {
        pub id: u32,
    }

    older!(RenamedV1, "FragmentRenamed", 2, RenamedV1);

    macro_rules! aggregate {
        ($entity:literal, $every:literal, $sk:literal, $number:ty, $text:ty, $krate:path, $name:ty, $event:ty,
         $command:ty, $rejection:ty, $body:block, $queue:literal, $streams:expr, $vis:vis, $view:ty, $viewkey:ty, $key:expr) => {
            #[event(crate = $krate)]
            #[derive(Clone)]
            $vis struct Sent {
                pub to: $text,
                pub count: $number,
            }

            #[derive(Clone)]
            $vis struct Send(pub $number);

            #[aggregate(entity = $entity, key(number: $number, text: $text), sk = $sk, snapshot_every = $every, crate = $krate)]
            #[derive(Default)]
            $vis struct Parcel {
                pub count: $number,
            }

            #[aggregate(crate = $krate)]
            impl $name {
                #[command]
                fn send(&self, command: $command) -> Result<$event, $rejection> {
                    Ok(Sent { to: String::from("x"), count: command.0 })
                }

                #[apply]
                fn sent(&mut self, _event: &$event) $body
            }

            #[projection(key(to: $text), queue = $queue, crate = $krate)]
            #[derive(Default)]
            $vis struct Received {
                pub count: $number,
            }

            #[projection(key(to), crate = $krate)]
            impl $view {
                #[apply(key(to = $key))]
                fn sent(&mut self, event: &$event) {
                    self.count += event.count * 2;
                }
            }

            #[event_handler($event, name = $entity, queue = $queue, once, concurrency = $streams, crate = $krate)]
            $vis async fn deliver(event: &Recorded<$event>) -> Result<(), HandlerError> {
                assert_eq!(event.count, 3);
                Ok(())
            }

            $vis struct Courier;

            impl Default for Courier {
                fn default() -> Self {
                    Self::new()
                }
            }

            #[event_handler($event, name = "courier", queue = $queue)]
            impl Courier {
                pub fn new() -> Self {
                    Self
                }

                async fn deliver(&self, _: &$event) -> Result<(), HandlerError> {
                    Ok(())
                }
            }
        };
    }

    aggregate!(
        "PARCEL",
        100,
        "PARCEL#{number:04}#{text}",
        u32,
        String,
        ::cqrs_core,
        Parcel,
        Sent,
        Send,
        std::string::String,
        {},
        "parcels",
        2,
        pub,
        Received,
        ReceivedKey,
        "at ".to_owned() + "home"
    );
}

/// Items and attributes that are passed on whole.
mod whole {
    use cqrs_core::prelude::*;

    macro_rules! item {
        ($($item:item)*) => { $($item)* };
    }
    macro_rules! nested {
        ($aggregate:ty, $event:ty) => {
            item! {
                #[aggregate]
                impl $aggregate {
                    #[command]
                    fn do_it(&self, _: Do) -> Result<$event, String> {
                        Ok(Done)
                    }

                    #[apply]
                    fn done(&mut self, _: &$event) {}
                }
            }
        };
    }
    macro_rules! attributed {
        ($(#[$attribute:meta])*; $item:item) => { $(#[$attribute])* $item };
    }
    macro_rules! tokens {
        ($($token:tt)*) => { $($token)* };
    }

    item! {
        #[event]
        pub struct Done;

        #[derive(Clone)]
        pub struct Do;
    }
    attributed! {
        #[aggregate(entity = "JOB")]
        #[derive(Default)];
        pub struct Job {
            pub done: bool,
        }
    }
    nested!(Job, Done);
    tokens! {
        #[projection(Job)]
        #[derive(Default)]
        pub struct Jobs {}

        #[projection(Job)]
        impl Jobs {
            #[apply]
            fn done(&mut self, _: &Done) {}
        }
    }
    attributed! {
        #[event_handler(Done, name = "whole")];
        pub async fn done(_: &Done) -> Result<(), HandlerError> {
            Ok(())
        }
    }
}

/// An enum, and what differs by position in it.
mod data {
    macro_rules! choice {
        ($name:ident, $tag:literal, $first:ident($ty:ty), $second:ident { $field:ident: $other:ty }, $rename:literal) => {
            #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, cqrs_core::EventData)]
            #[serde(tag = $tag, content = "c")]
            pub enum $name {
                #[serde(rename = $rename)]
                $first($ty),
                $second {
                    #[serde(alias = $rename)]
                    $field: $other,
                },
            }
        };
    }

    choice!(Choice, "t", One(Option<u8>), Two { width: [u8; 3] }, "one");
}

/// Two events with one last name, and alternatives under a `cfg`.
mod alternatives {
    use cqrs_core::prelude::*;

    pub mod orders {
        #[cqrs_core::event(name = "OrderCancelled")]
        pub struct Cancelled;
    }
    pub mod trips {
        #[cqrs_core::event(name = "TripCancelled")]
        pub struct Cancelled;
    }

    #[derive(Clone)]
    pub struct Cancel;

    #[aggregate(entity = "MACRO_ORDER")]
    #[derive(Default)]
    pub struct Order {
        pub cancelled: bool,
    }

    #[aggregate]
    impl Order {
        #[cfg_attr(all(), command, allow(dead_code))]
        fn cancel(&self, _: Cancel) -> Result<orders::Cancelled, String> {
            Ok(orders::Cancelled)
        }

        #[cfg_attr(any(), command)]
        fn never(&self, _: Missing) -> Result<orders::Cancelled, String> {
            Ok(orders::Cancelled)
        }

        #[cfg_attr(all(), apply)]
        fn cancelled(&mut self, _: &orders::Cancelled) {
            self.cancelled = true;
        }

        #[cfg_attr(any(), apply)]
        fn plain(&mut self, _: &Cancel) {}

        #[cfg_attr(all(), cfg(any()))]
        #[apply]
        fn gone(&mut self, _: &Missing) {}
    }

    pub struct Missing;

    #[aggregate(entity = "MACRO_TRIP")]
    #[derive(Default)]
    pub struct Trip {
        pub cancelled: bool,
    }

    #[aggregate]
    impl Trip {
        #[command]
        fn cancel(&self, _: Cancel) -> Result<trips::Cancelled, String> {
            Ok(trips::Cancelled)
        }

        #[apply]
        fn cancelled(&mut self, _: &trips::Cancelled) {
            self.cancelled = true;
        }
    }

    #[projection(key(tenant_wide: u8), name = "cancellations")]
    #[derive(Default)]
    pub struct Cancellations {
        pub count: u64,
    }

    #[projection(key(tenant_wide))]
    impl Cancellations {
        #[apply(key(tenant_wide = 1))]
        fn order(&mut self, _: &orders::Cancelled) {
            self.count += 1;
        }

        #[cfg_attr(all(), apply(key(tenant_wide = 1)))]
        fn trip(&mut self, _: &trips::Cancelled) {
            self.count += 1;
        }

        #[cfg(any())]
        #[apply(key(tenant_wide = 1))]
        fn trip(&mut self, _: &trips::Cancelled) {
            self.count += 100;
        }
    }

    pub struct Desk(pub ::std::sync::Arc<::std::sync::atomic::AtomicU32>);

    #[event_handler(orders::Cancelled, trips::Cancelled)]
    impl Desk {
        async fn order(&self, _: &orders::Cancelled) -> Result<(), HandlerError> {
            self.0.fetch_add(1, ::std::sync::atomic::Ordering::SeqCst);
            Ok(())
        }

        #[cfg(all())]
        async fn trip(&self, _: &Recorded<trips::Cancelled>) -> Result<(), HandlerError> {
            self.0.fetch_add(10, ::std::sync::atomic::Ordering::SeqCst);
            Ok(())
        }

        #[cfg(any())]
        async fn trip(&self, _: &Recorded<trips::Cancelled>, _: &NotThere) -> Result<(), HandlerError> {
            Ok(())
        }
    }
}

macro_rules! app {
    ($aggregate:ty, $projection:path, $handler:path, $receiver:ty, $provided:ident) => {
        mod listed {
            use super::{Ear, alternatives, fragments, idents, whole};
            cqrs_core::app! {
                aggregates: [$aggregate, fragments::Parcel, whole::Job, alternatives::Order, alternatives::Trip],
                projections: [$projection, fragments::Received, whole::Jobs, alternatives::Cancellations],
                handlers: [$handler, $receiver, idents::heard, Ear, whole::done, alternatives::Desk],
                provides: [$provided, $receiver, alternatives::Desk],
            }
        }
    };
}
use idents::Ear;
app!(idents::Meter, idents::Reading, fragments::deliver, fragments::Courier, Ear);

#[tokio::test]
async fn fragments_may_stand_anywhere() {
    let handled = std::sync::Arc::<std::sync::atomic::AtomicU32>::default();
    let app = App::builder(MemoryEventStore::new())
        .views(MemoryViewStore::new())
        .snapshots(MemorySnapshotStore::new())
        .provide(idents::Ear)
        .provide(fragments::Courier)
        .provide(alternatives::Desk(handled.clone()))
        .build()
        .unwrap();
    let tenant = Tenant::new("T").unwrap();

    let meter = idents::MeterKey::new(&tenant, 3);
    for _ in 0..3 {
        app.execute(&meter, idents::Tick(5)).await.unwrap();
    }
    assert_eq!(app.load(&meter).await.unwrap().state.total, 15);
    // Text comes in as whatever becomes text, and an integer is padded.
    let parcel = fragments::ParcelKey::new(&tenant, 7, "rook");
    assert_eq!(cqrs_core::AggregateKey::stream(&parcel).unwrap().sk(), "PARCEL#0007#rook");
    app.execute(&parcel, fragments::Send(3)).await.unwrap();
    app.execute(&whole::JobKey::new(&tenant, "1"), whole::Do).await.unwrap();
    app.execute(&alternatives::OrderKey::new(&tenant, "1"), alternatives::Cancel).await.unwrap();
    app.execute(&alternatives::TripKey::new(&tenant, "1"), alternatives::Cancel).await.unwrap();

    app.run_until_idle().await.unwrap();
    assert_eq!(app.view::<idents::Reading>(&meter).await.unwrap().unwrap().total, 15);
    let received = fragments::ReceivedKey::new(&tenant, "at home");
    assert_eq!(app.view::<fragments::Received>(&received).await.unwrap().unwrap().count, 6);
    let cancellations = alternatives::CancellationsKey::new(&tenant, 1);
    assert_eq!(app.view::<alternatives::Cancellations>(&cancellations).await.unwrap().unwrap().count, 2);
    assert_eq!(app.dead_letters().list().await.unwrap(), []);
    // One of one event, and one of the other.
    assert_eq!(handled.load(std::sync::atomic::Ordering::SeqCst), 11);
}
