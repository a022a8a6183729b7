//! Any order, any repeats, any batches.

use crate::given::*;
use domain::EventId;
use handlers::project::StreamRecord;
use proptest::prelude::*;
use std::collections::BTreeMap;
use tests::world::{World, account};

#[tokio::test]
async fn a_stream_delivered_in_reverse_order_and_twice_gives_the_same_balances_and_one_mail_for_each_event()
 {
    let in_order = three_accounts().await;
    in_order.project(in_order.stream()).await;
    in_order.settle().await;
    assert_projected(&in_order);
    assert_one_mail_each(&in_order);

    let reversed = three_accounts().await;
    for _ in 0..2 {
        for record in reversed.stream().into_iter().rev() {
            reversed.project(vec![record]).await;
        }
    }
    reversed.settle().await;
    assert_projected(&reversed);
    assert_one_mail_each(&reversed);

    let balances = |world: &World| -> Vec<_> {
        world
            .read_model
            .rows()
            .into_iter()
            .map(|row| row.value.balance)
            .collect()
    };
    assert_eq!(balances(&in_order), balances(&reversed));
    let texts = |world: &World| -> BTreeMap<_, _> {
        let mails = world.mailer.accepted().into_iter();
        mails
            .map(|mail| (mail.notification_id, (mail.subject, mail.text)))
            .collect()
    };
    assert_eq!(texts(&in_order), texts(&reversed));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_shuffled_stream_with_repeats_in_batches_of_any_size_gives_the_same(
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        last in Just((0..22_usize).collect::<Vec<_>>()).prop_shuffle(),
        size in 1_usize..8,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = three_accounts().await;
            let stream = world.stream();
            assert_eq!(stream.len(), last.len());
            let order = order.iter().map(|index| index.index(stream.len())).chain(last);
            let delivered: Vec<StreamRecord> = order.map(|index| stream[index].clone()).collect();
            for batch in delivered.chunks(size) {
                world.project(batch.to_vec()).await;
            }
            world.settle().await;
            assert_projected(&world);
            assert_published(&world);
            assert_one_mail_each(&world);
        });
    }
}

#[tokio::test]
async fn a_batch_of_one_account_is_one_write() {
    let world = World::default();
    world
        .account_with(&account(1), &["1.00", "2.00", "3.00"])
        .await;
    world.faults.forget_trace();
    world.project(world.stream()).await;
    assert_eq!(
        world.faults.trace(),
        ["read_model.load", "read_model.save", "bus.publish"]
    );
    assert_projected(&world);
}

#[tokio::test]
async fn a_gap_is_closed_from_the_store_page_by_page() {
    let world = World::default();
    world.account_with(&account(1), &["1.00"; 9]).await;
    world.store.cap_pages(2);
    let last = world.stream().pop().unwrap();
    world.project(vec![last]).await;
    assert_projected(&world);
    assert_published(&world);
}

#[tokio::test]
async fn what_was_applied_before_is_published_and_not_applied_again() {
    let world = World::default();
    world.account_with(&account(1), &["1.00", "2.00"]).await;
    world.project(world.stream()).await;
    let before = world.read_model.row(&account(1));
    world.project(vec![world.stream().remove(1)]).await;
    assert_eq!(world.read_model.row(&account(1)), before);
    assert_eq!(
        published_events(&world)[3..],
        [EventId::new(&account(1), 2)]
    );
}
