//! Deadlines that are set again, causes that waited behind a skipped step, and crashes around a command that fails.

use std::convert::Infallible;

use cqrs_core::delivery::{Message, Received};
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::testing::Clock;
use cqrs_core::{Commit, StreamKey};
use cqrs_tests::commits::all;
use cqrs_tests::shaken::{ShakenMemory, stopped_after};

use crate::booking::*;

#[event]
pub(crate) struct Asked {
    pub(crate) guest: String,
    pub(crate) due: Timestamp,
}

#[event]
pub(crate) struct Thanked {
    pub(crate) guest: String,
}

#[event]
pub(crate) struct Reminded {}

pub(crate) struct Ask(pub(crate) String, pub(crate) Timestamp);
pub(crate) struct Thank(String);

#[command]
pub(crate) struct Remind {}

#[aggregate(entity = "DESK")]
#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(crate) reminded: u32,
}

#[aggregate]
impl Desk {
    #[command]
    fn ask(&self, Ask(guest, due): &Ask) -> Result<Asked, Infallible> {
        Ok(Asked { guest: guest.clone(), due: *due })
    }

    #[command]
    fn thank(&self, Thank(guest): &Thank) -> Result<Thanked, Infallible> {
        Ok(Thanked { guest: guest.clone() })
    }

    #[command]
    fn remind(&self, _: &Remind) -> Result<Reminded, Infallible> {
        Ok(Reminded {})
    }

    #[apply]
    fn asked(&mut self, _: &Asked) {}

    #[apply]
    fn thanked(&mut self, _: &Thanked) {}

    #[apply]
    fn reminded(&mut self, _: &Reminded) {
        self.reminded += 1;
    }
}

#[process(key(guest: String))]
#[derive(Debug, Clone, Default)]
pub(crate) struct Reminder {}

#[process(key(guest), unknown = "skip")]
impl Reminder {
    #[react(start)]
    fn on_asked(&self, event: &Asked) -> Reaction {
        assert_ne!(event.guest, "nobody", "there is nobody to ask");
        Reaction::new().deadline_at(Self::remind, event.due)
    }

    #[react]
    fn on_thanked(&self, _: &Thanked, key: &ReminderKey) -> Reaction {
        self.remind(key)
    }

    #[deadline]
    fn remind(&self, key: &ReminderKey) -> Reaction {
        Reaction::new().execute(&desk(key.tenant()), Remind {})
    }
}

pub(crate) fn desk(tenant: &Tenant) -> DeskKey {
    DeskKey::new(tenant, "1")
}

#[tokio::test]
async fn a_deadline_comes_again_where_it_is_set_again_for_the_same_time() {
    let clock = Clock::at("2024-01-01T10:00:00Z".parse().unwrap());
    let store = MemoryEventStore::new();
    let app = App::builder(store.clone()).clock(&clock).only(["Reminder"]).build().unwrap();
    let (desk, due) = (desk(&tenant()), clock.now() + MINUTE);
    for count in 1..4 {
        // The second and the third time it is over, and due at once.
        app.execute(&desk, Ask("Eve".into(), due)).await.unwrap();
        app.run_until_idle().await.unwrap();
        clock.set(due);
        app.run_until_idle().await.unwrap();
        assert_eq!(app.load(&desk).await.unwrap().state.reminded, count);
    }
}

fn app_of(store: &MemoryEventStore) -> App {
    let clock = Clock::at("2024-01-01T10:00:00Z".parse().unwrap());
    App::builder(store.clone()).clock(&clock).only(["Booking"]).build().unwrap()
}

async fn order(app: &App, name: &str, broken: bool) {
    let hold = Hold { booking: name.into(), cents: 100 };
    app.execute(&house("A"), hold).await.unwrap();
    if broken {
        app.execute(&house("A"), Break { booking: name.into() }).await.unwrap();
    }
    app.run_until_idle().await.unwrap();
}

/// As if it had not been held up: what comes after the end changes nothing.
#[tokio::test]
async fn what_waited_behind_the_end_is_skipped() {
    let app = app_of(&MemoryEventStore::new());
    order(&app, "1", true).await;
    app.execute(&payment(&booking("1")), Pay {}).by("1").await.unwrap();
    app.run_until_idle().await.unwrap();
    app.execute(&house("A"), Extend { bookings: vec!["1".into()] }).await.unwrap();
    app.run_until_idle().await.unwrap();
    let letter = app.dead_letters().of("Booking").await.unwrap().remove(0);
    app.dead_letters().discard(&letter.id, "nobody needs it").await.unwrap();
    let state = app.load(&booking("1")).await.unwrap().state;
    assert!(state.has_ended() && state.held_up_at().is_none());
    assert_eq!((state.process().extensions, state.process().paid), (0, true));
}

#[tokio::test]
async fn an_instance_whose_beginning_was_discarded_has_not_begun() {
    let clock = Clock::at("2024-01-01T10:00:00Z".parse().unwrap());
    let app = App::builder(MemoryEventStore::new()).clock(&clock).only(["Reminder"]).build().unwrap();
    let (desk, key) = (desk(&tenant()), ReminderKey::new(&tenant(), "nobody"));
    app.execute(&desk, Ask("nobody".into(), clock.now())).await.unwrap();
    app.run_until_idle().await.unwrap();
    app.execute(&desk, Thank("nobody".into())).await.unwrap();
    app.run_until_idle().await.unwrap();
    // It waits behind the event that should have started it.
    assert_eq!(app.load(&key).await.unwrap().version, Version::new(2));
    let letter = app.dead_letters().of("Reminder").await.unwrap().remove(0);
    app.dead_letters().discard(&letter.id, "nobody is there").await.unwrap();
    let state = app.load(&key).await.unwrap().state;
    assert!(!state.is_started() && state.held_up_at().is_none());
    assert_eq!(app.load(&desk).await.unwrap().state.reminded, 0);
}

async fn commits(store: &MemoryEventStore, stream: &StreamKey, name: &str) -> Vec<Commit> {
    let all = all(store, stream).await.into_iter();
    all.filter(|commit| commit.events.iter().any(|event| event.name == name)).collect()
}

/// A crash anywhere between the step, its command, the record of its failure, and the letter.
#[tokio::test]
async fn wherever_it_crashes_a_rejected_command_has_its_letter() {
    let mut stopped = 0;
    for polls in 0.. {
        let store = MemoryEventStore::new();
        order(&app_of(&store), "closed 1", false).await;
        let pay = payment(&booking("closed 1"));
        app_of(&store).execute(&pay, Pay {}).by("closed 1").await.unwrap();
        let commits = commits(&store, &pay.stream().unwrap(), "Paid").await;
        let slow = App::builder(ShakenMemory::slow(&store)).only(["Booking"]).build().unwrap();
        let message = || [Received::new(Message::of(&slow, &commits[0]).body)];
        let done = stopped_after(polls, slow.consumer("Booking").unwrap().take(&message())).await;
        // It comes again, and once more.
        for _ in 0..2 {
            let again = app_of(&store);
            again.consumer("Booking").unwrap().take(&message()).await;
            let letters = again.dead_letters().list().await.unwrap();
            let [letter] = &letters[..] else { panic!("after {polls} polls: {letters:?}") };
            assert!(letter.reason.contains("the room is closed"), "{}", letter.reason);
            let state = again.load(&booking("closed 1")).await.unwrap().state;
            assert_eq!(letter.id.place().map(|(_, version)| version), state.held_up_at());
        }
        if done.is_some() {
            break;
        }
        stopped += 1;
    }
    assert!(stopped > 8, "{stopped}");
}
