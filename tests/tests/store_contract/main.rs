//! What the use cases rely on, asked of a store: in functions that know the ports only, and run through the adapters of
//! `infra/aws` on the embedded engine and on a second, independent one, which may be DynamoDB itself.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod account_index;
mod append;
mod customer_index;
mod customers;
mod history;
mod notifications;
mod read_model;
mod reading;
mod replays;
mod schedules;
mod suppressions;
mod time_index;
mod token;

#[cfg(feature = "python")]
mod other;
mod place;

macro_rules! on {
    ($place:path, $suite:ident, $tables:expr, $port:path: $($test:ident),+ $(,)?) => {
        mod $suite {
            const TABLES: &[&str] = &$tables;

            $(
                #[tokio::test]
                async fn $test() {
                    let place = $place(TABLES).await;
                    let port = $port(place.dynamo());
                    crate::$suite::$test(&port).await;
                    place.end().await;
                }
            )+
        }
    };
}

macro_rules! contract {
    ($place:path) => {
        on!($place, append, ["events", "requests"], aws::DynamoEventStore:
        an_account_that_was_never_opened_has_nothing,
        what_was_appended_comes_back_as_it_was,
        whether_anybody_is_told_comes_back_as_it_was,
        a_version_is_taken_once_and_the_one_who_has_it_is_told,
        a_used_key_tells_what_it_led_to_before_the_version_is_looked_at,
        a_key_belongs_to_one_account,
        nothing_of_a_refused_append_is_left,
        an_event_is_reversed_once_for_ever,
        of_many_writers_at_once_one_wins,
    );

        on!($place, reading, ["events", "requests"], aws::DynamoEventStore:
        a_version_inside_a_commit_finds_its_commit,
        commits_begin_with_the_one_that_holds_the_next_version,
        commits_backwards_begin_with_the_one_that_holds_a_version_below,
        pages_go_on_where_a_megabyte_ended,
        a_scan_gives_each_accounts_commits_in_order_and_together,
        accounts_follow_one_another_each_once_however_long_they_are,
        a_cursor_that_was_not_given_out_is_the_callers_fault,
        versions_at_both_ends_of_their_range_are_no_fault,
    );

        on!($place, time_index, ["events", "requests"], aws::DynamoEventStore:
        places_are_those_of_a_slice_and_of_a_range_in_recorded_order,
        a_page_of_places_ends_with_a_whole_microsecond,
        times_at_both_ends_of_time_are_no_fault,
        a_range_that_ends_between_two_microseconds_has_what_is_in_it,
        commits_come_in_the_order_of_their_places_however_many,
        pages_over_many_commits_of_one_microsecond_give_each_once,
    );

        on!($place, read_model, ["balances"], aws::DynamoReadModel:
        a_row_is_written_only_over_the_revision_that_was_read,
        rows_are_listed_page_by_page,
    );

        on!($place, customers, ["customers"], aws::DynamoCustomers:
        a_revision_is_added_once,
        the_revision_of_a_time_is_the_last_one_then,
        an_erased_person_is_in_no_revision,
    );

        on!($place, customer_index, ["customers"], aws::DynamoCustomers:
        a_customer_is_found_by_each_word_of_the_name_by_each_address_and_by_the_id,
        customers_are_listed_by_name_each_once,
        the_index_follows_the_newest_revision_and_is_no_revision,
        an_erasure_leaves_nothing_in_the_index,
        the_index_is_written_anew_from_the_newest_revision_alone,
        whatever_the_name_each_of_its_words_finds_it_until_it_is_erased,
    );

        on!($place, account_index, ["balances"], aws::DynamoReadModel:
        accounts_are_found_by_the_whole_id_and_by_its_end_however_they_are_written,
        an_account_is_found_by_any_of_its_events_and_by_its_holder,
        a_row_that_is_written_again_is_found_once,
    );

        on!($place, notifications, ["notifications"], aws::DynamoNotifications:
        a_notification_is_written_only_over_the_revision_before_it,
        an_accounts_notifications_are_listed_newest_event_first,
        what_its_provider_told_is_kept_with_a_notification,
        what_is_due_is_found_by_its_time_and_not_any_more_when_it_is_done,
        what_waits_for_a_digest_is_found_and_the_digest_is_of_no_account,
        a_notification_is_found_by_its_code_and_one_without_by_none,
        decisions_are_found_by_their_time_newest_first_and_keep_it,
        all_that_were_decided_at_one_time_are_read_together,
    );

        on!($place, suppressions, ["suppressions"], aws::DynamoSuppressions:
        the_latest_event_counts_in_whatever_order_it_comes,
        what_was_lifted_is_not_suppressed_again_by_what_happened_before,
        lifting_what_was_never_suppressed_leaves_it_open,
    );

        on!($place, schedules, ["schedules"], aws::DynamoSchedules:
        a_schedule_is_written_only_over_the_revision_before_it,
        what_is_due_is_found_by_its_time_the_longest_due_first,
        a_parked_schedule_is_due_no_more_until_it_is_written_anew,
        an_accounts_schedules_are_listed_page_by_page,
    );

        on!($place, replays, ["replays"], aws::DynamoReplays:
        a_job_is_written_only_over_the_revision_before_it,
        all_replays_are_listed_whatever_was_written_of_them,
        a_shadow_is_listed_page_by_page_and_belongs_to_its_replay,
    );
    };
}

mod embedded_engine {
    contract!(crate::place::embedded);
}

/// moto, or what the environment names: see [`place::other`].
#[cfg(feature = "python")]
mod second_opinion {
    contract!(crate::place::other);
}
