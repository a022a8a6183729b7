//! Many writers at one account.

use tests::one_machine::{Acknowledged, Folder, Load, Server, settled};

use crate::Timed;

const ACCOUNT: &str = "ACC-LOAD";

#[test]
fn twenty_writers_at_one_account_make_a_thousand_events_and_a_thousand_mails() {
    let _timed = Timed::test("twenty writers");
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    api.put_customer("ana", "en");
    api.open(ACCOUNT, "ana", "EUR");

    let load = Load::on(ACCOUNT);
    let (writers, _) = load.start(&api);
    let acknowledged = writers.join().unwrap();

    assert_eq!(acknowledged.len(), load.total());
    for one in &acknowledged {
        assert_eq!((one.answer.status, one.sent), (201, 1), "{one:?}");
    }
    settled(
        &api,
        &folder.disk(),
        ACCOUNT,
        load.total() + 1,
        load.total(),
    )
    .is_exactly(&load);
}

#[test]
fn a_request_sent_twice_at_once_under_its_key_is_one_request() {
    let _timed = Timed::test("every request twice");
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    api.put_customer("ana", "en");
    api.open(ACCOUNT, "ana", "EUR");

    let load = Load::on(ACCOUNT);
    let pairs = load.run_twice(&api);

    assert_eq!(pairs.len(), load.total());
    for pair in &pairs {
        let [first, second] = pair;
        let (first, second) = if first.answer.status == 201 {
            (first, second)
        } else {
            (second, first)
        };
        assert_eq!(
            (first.answer.status, second.answer.status),
            (201, 200),
            "{pair:#?}"
        );
        assert_eq!(replayed(first), "", "{pair:#?}");
        assert_eq!(replayed(second), "true", "{pair:#?}");
        assert_eq!(first.answer.text, second.answer.text);
        assert_eq!(first.answer.header("etag"), second.answer.header("etag"));
    }
    settled(
        &api,
        &folder.disk(),
        ACCOUNT,
        load.total() + 1,
        load.total(),
    )
    .is_exactly(&load);
}

fn replayed(acknowledged: &Acknowledged) -> &str {
    acknowledged.answer.header("idempotency-replayed")
}
