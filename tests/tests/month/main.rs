//! A month of a bank on the embedded pipeline: 200 customers with mixed wishes
//! in two zones, over both changes of clocks, by a clock that the test moves.
//! Then everything is held against everything else. `LEDGERBELL_MONTH=full`
//! makes it 10,000 events.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod books;
mod checks;
mod mailbox;
mod people;
mod run;
mod traffic;

use run::Month;

#[test]
fn a_month_of_a_bank_adds_up() {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            let month = Month::live().await;
            let books = books::Books::of(&month).await;
            checks::every_event_has_its_decisions_and_no_others(&books);
            checks::every_notification_is_at_an_end_or_waits_for_a_time_to_come(&books);
            checks::no_notification_is_sent_twice(&books);
            checks::no_address_hears_of_an_event_in_two_mails(&books);
            checks::no_mail_comes_in_quiet_hours_but_what_cannot_wait(&books);
            checks::nothing_goes_to_an_address_that_bounced_was_replaced_or_erased(&books);
            checks::the_totals_of_each_digest_are_those_of_the_events_it_tells(&books);
            checks::a_low_balance_is_told_at_its_first_fall_and_once_a_day(&books);
            checks::each_statement_is_of_its_month_and_ends_at_its_balance(&books);
            checks::every_occurrence_of_every_schedule_ran_once(&books);
            books.print();
            month.end().await;
        });
}
