//! The requests that follow from a statement.

use domain::record::{MAX_EVENTS, ProposedEvents};
use statements::{
    Body, Direction, EventContent, KnownEvent, OccurredBody, Plan, Statement, Step, match_original,
    plan, read,
};

/// What the API takes.
const MAX_BODY_BYTES: usize = 64 * 1024;

fn only(text: &str) -> Statement {
    read(text.as_bytes(), None).unwrap().remove(0).unwrap()
}

fn mt940(entries: &str, opening: &str, closing: &str) -> String {
    format!(":20:A\n:25:NL71\n:28C:1/1\n:60F:{opening}\n{entries}:62F:{closing}\n-\n")
}

fn requests(plan: &Plan) -> Vec<(String, Body)> {
    let steps = plan.steps.iter().map(|step| match step {
        Step::Append(request) => request.clone(),
        Step::Reverse(reversal) => reversal.request(None),
    });
    std::iter::once(plan.opening.clone())
        .chain(steps)
        .map(|request| (request.idempotency_key, request.body))
        .collect()
}

#[test]
fn the_api_accepts_every_request_of_every_file() {
    let mut events = 0;
    for file in crate::files::all() {
        for statement in file.read().into_iter().flatten() {
            let plan = plan(&statement, None);
            let mut sum = statement.opening.unwrap().amount.minor();
            for (key, body) in requests(&plan) {
                assert!(
                    key.len() <= 255 && key.bytes().all(|byte| byte.is_ascii_graphic()),
                    "{key}"
                );
                assert!(body.events.len() <= MAX_EVENTS);
                let json = serde_json::to_value(&body).unwrap();
                assert!(json.to_string().len() < MAX_BODY_BYTES);
                let proposed = ProposedEvents::read(json)
                    .unwrap_or_else(|errors| panic!("{}: {errors:?}", file.name));
                for report in proposed.events {
                    if let domain::record::ProposedContent::Event(event) = report.content
                        && event.type_name() != "AccountOpened"
                    {
                        sum += event.delta().unwrap().minor();
                        events += 1;
                    }
                }
            }
            assert_eq!(
                Some(sum),
                plan.expected_closing.map(domain::Money::minor),
                "{}",
                file.name
            );
        }
    }
    assert!(events > 300, "{events}");
}

#[test]
fn the_same_statement_has_the_same_keys_in_every_file() {
    let plain = mt940(
        ":61:2301020102C10,00NTRFREF\n:86:Müller\n",
        "C230101EUR100,00",
        "C230102EUR110,00",
    );
    let reference = plan(&only(&plain), None);
    let other = plain.replace("NL71", "NL72");
    for (what, file) in [
        ("in a larger file", format!("{other}{plain}").into_bytes()),
        (
            "with other line ends",
            plain.replace('\n', "\r\n").into_bytes(),
        ),
        (
            "in Windows-1252",
            plain
                .chars()
                .map(|c| u8::try_from(u32::from(c)).unwrap())
                .collect(),
        ),
        (
            "in an envelope",
            format!("{{1:F01X}}{{2:I940X}}{{4:\n{plain}").into_bytes(),
        ),
        (
            "with another message reference",
            plain.replace(":20:A", ":20:B").into_bytes(),
        ),
        (
            "with zeros before its number",
            plain.replace(":28C:1/1", ":28C:00001/001").into_bytes(),
        ),
    ] {
        let again = read(&file, None).unwrap().pop().unwrap().unwrap();
        let again = plan(&again, None);
        assert_eq!(again.identity, reference.identity, "{what}");
        assert_eq!(requests(&again), requests(&reference), "{what}");
    }
    for changed in [
        plain.replace("NL71", "NL73"),
        plain.replace("230101EUR", "230102EUR"),
        plain.replace("C230102EUR", "C230103EUR"),
        plain.replace("2301020102C", "2301010102C"),
        plain.replace("EUR1", "EUR2"),
        plain.replace("EUR", "USD"),
        plain.replace(":28C:1/1", ":28C:1/2"),
        plain.replace(":28C:1/1", ":28C:2/1"),
    ] {
        assert_ne!(
            plan(&only(&changed), None).identity,
            reference.identity,
            "{changed}"
        );
    }
}

/// What was recorded under these keys is there for ever.
#[test]
fn the_keys_of_earlier_versions_never_change() {
    let former = |name: &str| {
        let statement = crate::files::File::named(name).statements().remove(0);
        let former = plan(&statement, None).former;
        let keys = former
            .into_iter()
            .map(|former| (former.idempotency_key, former.entries));
        keys.collect::<Vec<_>>()
    };
    let keys = |identity: &str, entries: usize| {
        vec![(format!("import-{identity}-1-{entries}"), 0..entries)]
    };
    assert_eq!(
        former("rabobank/iban-2013.sta"),
        keys(
            "53d08402173d344567ba87ca12ea83297fab8b9274740b3e203ee8c2409d7537",
            2
        )
    );
    assert_eq!(
        former("wise/2024.xml"),
        keys(
            "917a3c8e575e937aadc8430331ad2f94df760b622e78861f45421b1801a971bf",
            10
        )
    );
    let entries: String = (1..=60)
        .map(|n| match n {
            30 => ":61:2301020102RD1,00NTRFX\n",
            _ => ":61:2301020102C1,00NTRFX\n",
        })
        .collect();
    let plan = plan(
        &only(&mt940(&entries, "C230101EUR0,", "C230102EUR60,")),
        None,
    );
    let mut ranges: Vec<_> = plan
        .former
        .into_iter()
        .map(|former| former.entries)
        .collect();
    ranges.sort_by_key(|range| range.start);
    assert_eq!(ranges, [0..25, 25..29, 29..30, 30..55, 55..60]);
}

#[test]
fn no_request_has_entries_of_two_days_or_depends_on_what_was_recorded_before() {
    let entries: String = (0..60)
        .map(|n| format!(":61:230102010{}C1,00NTRFREF{n}\n", 2 + n / 40))
        .collect();
    let plan = plan(
        &only(&mt940(&entries, "C230101EUR0,", "C230103EUR60,")),
        None,
    );
    let ranges = |steps: &[Step]| steps.iter().map(Step::entries).collect::<Vec<_>>();
    assert_eq!(ranges(&plan.steps), [0..25, 25..40, 40..60]);
    let recorded = (0..25).chain(30..32).collect();
    let left = plan.steps_without(&recorded);
    assert_eq!(ranges(&left), [25..30, 32..40, 40..60]);
    assert_eq!(left[2], plan.steps[2]);
}

#[test]
fn no_two_statements_of_the_test_data_share_a_key() {
    let mut keys: Vec<String> = Vec::new();
    for file in crate::files::all() {
        // The altered file repeats a statement of the other.
        if file.name == "knab/2014-altered.sta" {
            continue;
        }
        for statement in file.read().into_iter().flatten() {
            keys.extend(
                requests(&plan(&statement, None))
                    .into_iter()
                    .map(|(key, _)| key),
            );
        }
    }
    let count = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), count);
}

#[test]
fn an_account_opens_with_the_balance_of_the_statement_even_below_zero() {
    let text = mt940(
        ":61:2212310101C10,00NTRFREF\n",
        "D230102EUR12,34",
        "D230102EUR2,34",
    );
    let opened = plan(&only(&text), None);
    let json = serde_json::to_value(&opened.opening.body).unwrap();
    assert_eq!(
        json,
        serde_json::json!({"events": [{
            "type": "AccountOpened",
            // Not after the first entry.
            "occurred_on": "2023-01-01",
            "data": {"customer_id": "NL71", "currency": "EUR", "opening_balance": "-12.34"},
        }]})
    );
    let customer = "anna".parse().unwrap();
    let for_anna = plan(&only(&text), Some(&customer));
    let json = serde_json::to_value(&for_anna.opening.body).unwrap();
    assert_eq!(json["events"][0]["data"]["customer_id"], "anna");
    assert_eq!(for_anna.steps, opened.steps);
}

#[test]
fn entries_go_in_batches_and_zero_is_left_out_with_a_note() {
    let entries: String = (0..60)
        .map(|n| format!(":61:2301020102C{n},00NTRFREF{n}\n:86:entry {n}\n"))
        .collect();
    let text = mt940(&entries, "C230101EUR0,00", "C230102EUR1770,00");
    let plan = plan(&only(&text), None);
    let sizes: Vec<usize> = requests(&plan)
        .iter()
        .skip(1)
        .map(|(_, body)| body.events.len())
        .collect();
    assert_eq!(sizes, [25, 25, 9]);
    assert_eq!(plan.entries.len(), 59);
    assert_eq!(plan.notes.len(), 1);
    assert_eq!(
        (plan.notes[0].line, plan.notes[0].text.as_str()),
        (5, "an entry of zero moves nothing and is left out")
    );
}

#[test]
fn the_largest_batch_stays_below_the_limit_of_a_body() {
    let text = "\u{1F4A9}\"".repeat(400);
    let entries: String = (1..=25)
        .map(|n| format!(":61:2301020102C1,00N\"\"\"REF{n}{text}\n:86:/NAME/{text}/REMI/{text}\n"))
        .collect();
    let statement = only(&mt940(&entries, "C230101EUR0,", "C230102EUR25,"));
    let Step::Append(request) = plan(&statement, None).steps.remove(0) else {
        panic!("a reversal")
    };
    assert_eq!(request.body.events.len(), 25);
    let length = serde_json::to_string(&request.body).unwrap().len();
    assert!(length < MAX_BODY_BYTES, "{length}");
    assert!(ProposedEvents::read(serde_json::to_value(&request.body).unwrap()).is_ok());
}

#[test]
fn the_newest_entry_first_is_turned_round() {
    let wise = crate::files::File::named("wise/2024.xml")
        .statements()
        .remove(0);
    let requests = requests(&plan(&wise, None));
    let times: Vec<OccurredBody> = requests
        .iter()
        .flat_map(|(_, body)| &body.events)
        .map(|event| event.occurred)
        .collect();
    let is_before = |one: &OccurredBody, other: &OccurredBody| match (one, other) {
        (OccurredBody::At(one), OccurredBody::At(other)) => one <= other,
        // The opening has the date of a balance.
        _ => matches!(one, OccurredBody::On(_)),
    };
    assert!(times.is_sorted_by(is_before), "{times:?}");
    let last = "2024-10-31T22:58:38.150347Z".parse().unwrap();
    assert_eq!(times.last(), Some(&OccurredBody::At(last)));
}

const REVERSED: &str = ":61:2301020102D10,00NTRFREF1\n:86:rent\n:61:2301030103RD10,00NTRFREF1\n:86:storno\n:61:2301030103C1,00NTRFX\n";

#[test]
fn a_reversal_is_a_step_of_its_own() {
    let plan = plan(
        &only(&mt940(REVERSED, "C230101EUR100,", "C230103EUR101,")),
        None,
    );
    let [Step::Append(_), Step::Reverse(reversal), Step::Append(_)] = plan.steps.as_slice() else {
        panic!("{:?}", plan.steps)
    };
    let reversing = reversal.request(Some("0b6a"));
    let opposite = reversal.request(None);
    assert_eq!(reversing.idempotency_key, opposite.idempotency_key);
    assert_eq!(
        reversing.body.events[0].content,
        EventContent::TransactionReversed {
            reverses: "0b6a".to_owned(),
            reason: Some("storno".to_owned())
        }
    );
    assert!(
        matches!(&opposite.body.events[0].content, EventContent::MoneyDeposited(movement) if movement.amount == "10.00")
    );
}

#[test]
fn the_original_is_found_only_when_there_is_no_doubt() {
    let statement = only(&mt940(REVERSED, "C230101EUR100,", "C230103EUR101,"));
    let entry = &statement.entries[1];
    let known = |event_id: &str, reference: &str, date: &str| KnownEvent {
        event_id: event_id.to_owned(),
        direction: Direction::Debit,
        amount: entry.amount,
        reference: Some(reference.to_owned()),
        value_date: Some(date.parse().unwrap()),
        reversed: false,
    };
    let find = |known: &[KnownEvent]| match_original(entry, known).map(str::to_owned);
    let same_reference = known("a", "REF1", "2023-01-02");
    let same_date = known("b", "other", "2023-01-03");
    let neither = known("c", "other", "2023-01-01");
    assert_eq!(
        find(&[same_reference.clone(), same_date.clone(), neither.clone()]).as_deref(),
        Some("a")
    );
    assert_eq!(
        find(&[same_date.clone(), neither.clone()]).as_deref(),
        Some("b")
    );
    assert_eq!(find(std::slice::from_ref(&neither)), None);
    assert_eq!(
        find(&[
            same_date.clone(),
            KnownEvent {
                event_id: "d".to_owned(),
                ..same_date.clone()
            }
        ]),
        None
    );
    assert_eq!(
        find(&[same_reference.clone(), known("e", "REF1", "2023-01-01")]),
        None
    );
    assert_eq!(
        find(&[KnownEvent {
            reversed: true,
            ..same_reference.clone()
        }]),
        None
    );
    assert_eq!(
        find(&[KnownEvent {
            direction: Direction::Credit,
            ..same_reference.clone()
        }]),
        None
    );
    let other_amount = domain::Money::from_minor(1_001, entry.amount.currency());
    assert_eq!(
        find(&[KnownEvent {
            amount: other_amount,
            ..same_reference
        }]),
        None
    );
}
