//! What the tests of this folder start from and hold at the end.

use domain::AccountId;
use handlers::append::Recorded;
use tests::world::World;

/// The account's commits follow from each other, from version 1 to this one.
#[track_caller]
pub fn assert_history(world: &World, account: &AccountId, last_version: u64) {
    let mut head = None;
    for commit in world.store.of(account) {
        head = Some(domain::chain::follow(head.as_ref(), &commit).unwrap());
    }
    assert_eq!(head.map(|head| head.version()), Some(last_version));
}

#[track_caller]
pub fn assert_same_answer(first: &Recorded, second: &Recorded) {
    assert!(!first.replayed && second.replayed);
    let as_replayed = Recorded {
        replayed: true,
        ..first.clone()
    };
    assert_eq!(as_replayed, *second);
}
