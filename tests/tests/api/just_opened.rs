//! Questions about an account that is opened while they are answered.

use handlers::composition::Composition;
use handlers::error::Error;
use tests::world::{Fault, World, account, opened};

/// The account is opened right after the store was first asked for its commits.
async fn opened_meanwhile<T>(
    world: &World,
    call: &'static str,
    question: impl Future<Output = T>,
) -> T {
    world.faults.at(call, 0, Fault::StopAfter);
    let mut question = Box::pin(question);
    assert!(world.faults.until_stop(&mut question).await.is_none());
    world.faults.resume();
    let appender = world.appender();
    world
        .append(&appender, &account(1), "open", [opened()])
        .await
        .unwrap();
    question.await
}

#[tokio::test]
async fn the_events_of_an_account_that_exists_are_never_an_empty_list() {
    let world = World::default();
    let (queries, id) = (world.queries(), account(1));
    let asked = queries.history(&id, 0, 100);
    match opened_meanwhile(&world, "store.commits", asked).await {
        Ok((events, _)) => assert_eq!(events.len(), 1),
        Err(error) => assert!(matches!(error, Error::NotFound(_)), "{error}"),
    }
}

#[tokio::test]
async fn nor_are_they_newest_first() {
    let world = World::default();
    let (queries, id) = (world.queries(), account(1));
    let asked = queries.history_backwards(&id, 1 << 48, 100);
    match opened_meanwhile(&world, "store.commits_backwards", asked).await {
        Ok((events, _)) => assert_eq!(events.len(), 1),
        Err(error) => assert!(matches!(error, Error::NotFound(_)), "{error}"),
    }
}

#[tokio::test]
async fn nor_are_its_commits() {
    let world = World::default();
    let (queries, id) = (world.queries(), account(1));
    let asked = queries.commits(&id, 0, 100);
    match opened_meanwhile(&world, "store.commits", asked).await {
        Ok((commits, _)) => assert_eq!(commits.len(), 1),
        Err(error) => assert!(matches!(error, Error::NotFound(_)), "{error}"),
    }
}

#[tokio::test]
async fn behind_its_last_version_and_before_its_first_an_account_has_no_events() {
    let world = World::default();
    world.account_with(&account(1), &["1.00"]).await;
    let queries = world.queries();
    let none = Ok((Vec::new(), None));
    assert_eq!(queries.history(&account(1), 2, 10).await, none);
    assert_eq!(queries.history(&account(1), u64::MAX, 10).await, none);
    assert_eq!(queries.history_backwards(&account(1), 1, 10).await, none);
}
