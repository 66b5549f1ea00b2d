//! A command that fails, while another program cancels or executes it, paused and killed at every request.

use std::pin::pin;

use cqrs_core::app::Scheduled;
use cqrs_core::prelude::*;
use cqrs_core::store::DeadLetter;
use cqrs_tests::shaken::{ShakenMemory, stopped_after};

use crate::all_timers;
use crate::hotel::*;

/// A room from which Ada is to be evicted, who is not there.
async fn rejected() -> (Hotel, Scheduled) {
    let hotel = hotel();
    let evict = Evict { guest: "Ada".into() };
    let scheduled = hotel.app.execute(&room("1"), evict).due(hotel.clock.now()).await.unwrap();
    (hotel, scheduled)
}

impl Hotel {
    /// A program that can be stopped at each request.
    fn slow(&self) -> App {
        App::builder(ShakenMemory::slow(&self.store)).only([]).clock(&self.clock).build().unwrap()
    }

    async fn check_in(&self) {
        self.app.execute(&room("1"), CheckIn { guest: "Ada".into() }).await.unwrap();
    }

    async fn has_guest(&self) -> bool {
        self.app.load(&room("1")).await.unwrap().state.guest.is_some()
    }

    async fn letters(&self) -> Vec<DeadLetter> {
        self.app.dead_letters().of("@timers").await.unwrap()
    }
}

#[tokio::test]
async fn what_was_cancelled_while_it_failed_has_no_letter() {
    let mut answers = [0, 0];
    for paused in 0.. {
        let (hotel, scheduled) = rejected().await;
        let slow = hotel.slow();
        let mut sweep = pin!(slow.sweep());
        let is_through = stopped_after(paused, sweep.as_mut()).await.is_some();
        let was_waiting = hotel.app.cancel(&scheduled).await.unwrap();
        if !is_through {
            let swept = sweep.await.unwrap();
            assert_eq!(swept.failed, u64::from(!was_waiting), "paused after {paused} polls");
        }
        let letters = hotel.letters().await;
        assert_eq!(letters.len(), usize::from(!was_waiting), "paused after {paused} polls: {letters:?}");
        hotel.check_in().await;
        hotel.app.dead_letters().redrive("@timers").await.unwrap();
        hotel.app.sweep().await.unwrap();
        assert_eq!(hotel.has_guest().await, was_waiting, "paused after {paused} polls");
        answers[usize::from(was_waiting)] += 1;
        if is_through {
            break;
        }
    }
    assert!(answers.iter().all(|count| *count > 3), "{answers:?}");
}

#[tokio::test]
async fn what_was_executed_while_it_failed_has_no_letter() {
    let mut ends = [0, 0];
    for paused in 0.. {
        let (hotel, _) = rejected().await;
        let slow = hotel.slow();
        let mut sweep = pin!(slow.sweep());
        let is_through = stopped_after(paused, sweep.as_mut()).await.is_some();
        hotel.check_in().await;
        hotel.app.sweep().await.unwrap();
        if !is_through {
            sweep.await.unwrap();
        }
        let (letters, is_there) = (hotel.letters().await, hotel.has_guest().await);
        assert_eq!(letters.len(), usize::from(is_there), "paused after {paused} polls: {letters:?}");
        ends[letters.len()] += 1;
        if is_through {
            break;
        }
    }
    assert!(ends.iter().all(|count| *count > 3), "{ends:?}");
}

#[tokio::test]
async fn wherever_a_sweep_is_killed_what_failed_has_one_letter() {
    for killed in 0.. {
        let (hotel, scheduled) = rejected().await;
        let is_through = stopped_after(killed, hotel.slow().sweep()).await.is_some();
        let swept = hotel.app.sweep().await.unwrap();
        let letters = hotel.letters().await;
        let [letter] = &letters[..] else { panic!("killed after {killed} polls: {letters:?}") };
        assert!(letter.reason.contains("nobody called Ada is in the room"), "{}", letter.reason);
        assert!(swept.fired == 0 && swept.left == 0, "killed after {killed} polls: {swept:?}");
        assert_eq!(all_timers(&hotel.store, hotel.clock.now()).await, []);
        assert!(!hotel.app.cancel(&scheduled).await.unwrap());
        hotel.check_in().await;
        assert_eq!(hotel.app.dead_letters().redrive("@timers").await.unwrap().done, 1);
        assert_eq!(hotel.app.sweep().await.unwrap().fired, 1);
        assert!(!hotel.has_guest().await && hotel.letters().await.is_empty());
        if is_through {
            assert!(killed > 6, "{killed}");
            break;
        }
    }
}
