use std::future::Future;

/// Generates a test per promise of the [conformance suite](mod@crate::conformance).
///
/// ```text
/// conformance!(open() => events, transactions, reservations, timers, feed, delivery, views, snapshots);
/// ```
///
/// The expression is evaluated for every test. It is a future of a [`Candidate`](crate::conformance::Candidate), or of
/// anything that [`App::builder`](crate::App::builder) takes. Attributes in front of it replace `#[test]` and the
/// runtime that the tests have by default: `conformance!(#[tokio::test] open() => events)`.
///
/// The tests of a part are in a module of the part's name. Call the macro only once in a module, and only where no
/// other modules have these names.
#[macro_export]
macro_rules! conformance {
    ($(#[$attribute:meta])+ $open:expr => $($part:ident),+ $(,)?) => {
        $crate::__conformance!(@open $open);
        $crate::__conformance!(@parts [$(#[$attribute])+] $($part)+);
    };
    ($open:expr => $($part:ident),+ $(,)?) => {
        $crate::__conformance!(@open $open);
        $crate::__conformance!(@parts [] $($part)+);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance {
    (@open $open:expr) => {
        async fn candidate() -> $crate::conformance::Candidate {
            $crate::conformance::Candidate::from($open.await)
        }
    };
    (@parts $attributes:tt $($part:ident)+) => {
        $($crate::__conformance!($part $attributes);)+
    };
    (events $attributes:tt) => {
        $crate::__conformance!(@part $attributes events
            a_commit_is_read_back
            a_taken_version_is_answered_with_its_commit
            one_of_many_appends_succeeds
            kindred_streams_stay_apart
            reads_have_bounds
            a_long_stream_is_paged_to_its_end
            the_largest_commit_fits_and_no_more
            a_scan_finds_every_commit_once
            a_scan_goes_on_behind_any_commit
            the_streams_of_a_partition_are_found_each_once
            the_last_commits_are_read
            the_last_pages_end_at_the_end_of_the_stream
            a_state_is_read_with_the_last_commits_alone
        );
    };
    (transactions $attributes:tt) => {
        $crate::__conformance!(@part $attributes transactions
            commits_are_appended_together
            one_taken_version_refuses_them_all
            a_stream_that_changed_refuses_them_all
            the_same_commits_again_are_told
            of_many_none_is_half_written
            the_largest_transaction_fits_and_no_more
        );
    };
    (reservations $attributes:tt) => {
        $crate::__private::inventory::submit!($crate::conformance::reservations::RESERVATIONS);
        $crate::__conformance!(@part $attributes reservations
            a_value_belongs_to_one_stream
            a_taken_value_refuses_the_commits_and_names_its_owner
            a_freed_value_can_be_taken
            a_value_moves_from_one_stream_to_another
            a_taken_version_is_told_before_a_taken_value
            kindred_values_stay_apart
            one_of_many_gets_the_value
            all_reservations_are_listed
        );
    };
    (timers $attributes:tt) => {
        $crate::__private::inventory::submit!($crate::conformance::timers::TIMERS);
        $crate::__private::inventory::submit!($crate::conformance::reservations::RESERVATIONS);
        $crate::__conformance!(@part $attributes timers
            a_timer_is_read_back
            a_timer_is_found_when_it_is_due_and_not_before
            the_earliest_timers_come_first
            due_timers_are_paged_to_their_end
            a_page_begins_behind_any_timer
            partitions_stay_apart
            a_timer_that_is_set_again_is_there_once
            timers_are_set_with_a_commit
            a_taken_version_sets_no_timer
            a_timer_is_fired_once_with_its_commit
            a_taken_version_is_told_before_a_missing_timer
            a_taken_value_is_told_before_a_missing_timer
            a_timer_is_removed_once
            one_of_many_fires
            the_largest_timer_fits_and_no_more
        );
    };
    (feed $attributes:tt) => {
        $crate::__conformance!(@part $attributes feed
            the_feed_has_every_commit_in_order
            a_new_feed_goes_on_behind_any_position
            the_feed_has_what_is_empty
            the_feed_leaves_states_out
        );
    };
    (delivery $attributes:tt) => {
        $crate::__conformance!(@part $attributes delivery
            positions_are_kept_apart
            letters_are_listed_by_stream_and_version
            letters_are_replaced_and_removed
            many_and_large_letters_come_back
            tries_are_counted_by_queue_and_commit
            a_parked_stream_waits_for_all_of_its_commits
            parked_streams_are_told_among_those_that_are_asked_for
        );
        $crate::__conformance!(@part $attributes inbox
            an_event_is_leased_to_one_owner_at_a_time
            a_finished_event_is_not_claimed_again
            a_lost_lease_is_told
            an_event_that_takes_the_place_of_another_is_another
            a_released_event_can_be_claimed_at_once
            one_of_many_claims_succeeds
            kindred_records_stay_apart
        );
    };
    (views $attributes:tt) => {
        $crate::__private::inventory::submit!($crate::conformance::views::INDEXES);
        $crate::__conformance!(@part $attributes views
            a_view_is_read_back
            a_view_keeps_what_it_says_of_its_fence
            a_stale_write_changes_nothing
            the_number_of_an_edition_belongs_to_a_fence
            a_fence_is_removed_if_nothing_was_applied_since
            what_took_another_commit_is_another
            a_rebuilt_view_never_goes_back
            rebuilt_views_are_written_each_for_itself
            many_are_read_in_the_order_of_their_ids
            several_fences_are_written_together_or_not_at_all
            views_are_swapped_in_each_for_itself
            a_stale_removal_changes_nothing
            a_view_is_swapped_in_whole
            a_fenced_write_is_all_or_nothing
            a_fence_tells_replays_apart
            a_fence_tells_how_far_a_commit_is_applied
            a_transaction_has_its_limits
            a_partition_is_listed_to_its_end
            a_scan_finds_every_view_once
            an_oversized_view_is_refused
            a_view_is_found_by_its_entries
            a_partition_is_queried_page_by_page
        );
    };
    (snapshots $attributes:tt) => {
        $crate::__conformance!(@part $attributes snapshots
            a_snapshot_is_read_back
            a_snapshot_never_goes_back
            the_latest_of_many_snapshots_stays
            kindred_snapshots_stay_apart
            an_oversized_snapshot_is_refused
        );
    };
    (@part $attributes:tt $part:ident $($promise:ident)+) => {
        mod $part {
            $($crate::__conformance!(@test $attributes $part $promise);)+
        }
    };
    (@test [] $part:ident $promise:ident) => {
        #[test]
        fn $promise() {
            $crate::conformance::run(async {
                $crate::conformance::$part::$promise(super::candidate().await).await;
            });
        }
    };
    (@test [$($attribute:tt)+] $part:ident $promise:ident) => {
        $($attribute)+
        async fn $promise() {
            $crate::conformance::$part::$promise(super::candidate().await).await;
        }
    };
    ($part:ident $attributes:tt) => {
        ::core::compile_error!(::core::concat!(
            "`conformance!` has no part `", ::core::stringify!($part),
            "`: its parts are `events`, `transactions`, `reservations`, `timers`, `feed`, `delivery`, `views` and `snapshots`"
        ));
    };
}

/// Runs a test on its own runtime.
///
/// # Panics
/// If the test panics.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime of one thread").block_on(test);
}

#[cfg(test)]
mod tests {
    mod with_an_attribute {
        use crate::store::MemoryEventStore;

        crate::conformance!(#[tokio::test] async { MemoryEventStore::new() } => events, feed, delivery);
    }

    /// A promise that the macro does not list is never tested.
    #[test]
    fn every_promise_is_listed() {
        let listed = include_str!("promises.rs");
        let parts = [
            include_str!("events.rs"),
            include_str!("transactions.rs"),
            include_str!("reservations.rs"),
            include_str!("timers.rs"),
            include_str!("feed.rs"),
            include_str!("delivery.rs"),
            include_str!("inbox.rs"),
            include_str!("views.rs"),
            include_str!("snapshots.rs"),
        ];
        for line in parts.iter().flat_map(|part| part.lines()) {
            let Some(promise) = line.strip_prefix("pub async fn ").and_then(|rest| rest.split('(').next())
            else {
                continue;
            };
            assert!(listed.lines().any(|line| line.trim() == promise), "`{promise}` is not listed");
        }
    }
}
