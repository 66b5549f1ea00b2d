//! One suite of promises, against every store: in memory, on the embedded DynamoDB in memory and in a file, behind a
//! loopback port, with the SDK's own HTTP stack in the path, amid transactions, and on MiniStack.

use std::collections::HashSet;
use std::sync::Mutex;

use cqrs_core::snapshot::MemorySnapshotStore;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::{Dynamo, Embedded, Tables};
use cqrs_tests::conformance::{delivery, events, inbox, snapshots, views};
use cqrs_tests::emulator::Emulator;
use cqrs_tests::faults::{Call, Fault, Faults};
use cqrs_tests::loopback::Loopback;
use serde_json::Value;

/// Runs every promise against the stores of one backend.
macro_rules! conformance {
    ($backend:ident, $open:expr) => {
        mod $backend {
            use super::*;

            conformance!(@events $open,
                events::a_commit_is_read_back
                events::a_taken_version_is_answered_with_its_commit
                events::kindred_streams_stay_apart
                events::reads_have_bounds
                events::a_long_stream_is_paged_to_its_end
                events::the_last_commits_are_read
                events::the_last_pages_end_at_the_end_of_the_stream
                events::the_largest_commit_fits_and_no_more
                events::what_does_not_fit_is_named
                events::a_scan_finds_every_commit_once
                events::a_scan_goes_on_behind_any_commit
                events::the_feed_has_every_commit_in_order
                events::the_feed_has_what_is_empty
                events::a_new_feed_goes_on_behind_any_position
                delivery::positions_are_kept_apart
                delivery::letters_are_listed_by_stream_and_version
                delivery::letters_are_replaced_and_removed
                delivery::many_and_large_letters_come_back
                delivery::tries_are_counted_by_queue_and_commit
                delivery::a_parked_stream_waits_for_all_of_its_commits
                delivery::parked_streams_are_told_among_those_that_are_asked_for
                inbox::an_event_is_leased_to_one_owner_at_a_time
                inbox::a_finished_event_is_not_claimed_again
                inbox::an_event_that_takes_the_place_of_another_is_another
                inbox::a_lost_lease_is_told
                inbox::a_released_event_can_be_claimed_at_once
                inbox::one_of_many_claims_succeeds
                inbox::kindred_records_stay_apart
            );
            conformance!(@views $open,
                views::a_view_is_read_back
                views::a_stale_write_changes_nothing
                views::what_took_another_commit_is_another
                views::a_rebuilt_view_never_goes_back
                views::a_stale_removal_changes_nothing
                views::a_view_is_swapped_in_whole
                views::a_fenced_write_is_all_or_nothing
                views::a_fence_tells_how_far_a_commit_is_applied
                views::a_transaction_has_its_limits
                views::a_fence_tells_replays_apart
                views::a_partition_is_listed_to_its_end
                views::a_scan_finds_every_view_once
                views::an_oversized_view_is_refused
            );
            conformance!(@snapshots $open,
                snapshots::a_snapshot_is_read_back
                snapshots::a_snapshot_never_goes_back
                snapshots::the_latest_of_many_snapshots_stays
                snapshots::kindred_snapshots_stay_apart
                snapshots::an_oversized_snapshot_is_refused
            );
        }
    };
    (@events $open:expr, $($area:ident::$promise:ident)*) => {$(
        #[tokio::test]
        async fn $promise() {
            let (events, _, _, _keep) = $open.await;
            $area::$promise(events).await;
        }
    )*};
    (@views $open:expr, $($area:ident::$promise:ident)*) => {$(
        #[tokio::test]
        async fn $promise() {
            let (_, views, _, _keep) = $open.await;
            $area::$promise(views).await;
        }
    )*};
    (@snapshots $open:expr, $($area:ident::$promise:ident)*) => {$(
        #[tokio::test]
        async fn $promise() {
            let (_, _, snapshots, _keep) = $open.await;
            $area::$promise(snapshots).await;
        }
    )*};
}

conformance!(memory, async {
    (MemoryEventStore::new(), MemoryViewStore::new(), MemorySnapshotStore::new(), ())
});

conformance!(embedded, async {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    (dynamo.event_store(), dynamo.views(), dynamo.snapshots(), ())
});

conformance!(file, async {
    let folder = tempfile::tempdir().unwrap();
    let dynamo = Dynamo::embedded(folder.path().join("test.db")).await.unwrap();
    (dynamo.event_store(), dynamo.views(), dynamo.snapshots(), folder)
});

conformance!(loopback, async {
    let dynamo = Loopback::start().await.dynamo().await;
    (dynamo.event_store(), dynamo.views(), dynamo.snapshots(), ())
});

// Other names of the tables lead to other tables.
conformance!(prefixed, async {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap().with_tables(Tables::with_prefix("shop-test-"));
    dynamo.create_tables().await.unwrap();
    (dynamo.event_store(), dynamo.views(), dynamo.snapshots(), ())
});

// Every write under a condition meets a transaction, and is sent again.
conformance!(contended, async {
    let database = Embedded::in_memory().unwrap();
    let seen = Mutex::new(HashSet::new());
    let plan = move |call: &Call| {
        if !call.body.contains("\"ConditionExpression\"") {
            return Fault::None;
        }
        // What is sent again may have its fields in another order, and a transaction has another token.
        let mut body: Value = serde_json::from_str(&call.body).unwrap();
        body["ClientRequestToken"].take();
        body.sort_all_objects();
        match seen.lock().unwrap().insert(body.to_string()) {
            true => Fault::Answer(400, "TransactionConflictException"),
            false => Fault::None,
        }
    };
    let dynamo = Faults::new(&database, plan).dynamo_without_limits();
    dynamo.create_tables().await.unwrap();
    (dynamo.event_store(), dynamo.views(), dynamo.snapshots(), database)
});

conformance!(ministack, async {
    let dynamo = Emulator::ministack().dynamo().await;
    (dynamo.event_store(), dynamo.views(), dynamo.snapshots(), ())
});
