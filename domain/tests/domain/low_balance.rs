//! When a low balance is told, as a table over the balances of an account.

use chrono::{DateTime, TimeDelta, Utc};
use domain::Money;
use domain::low_balance::{Asked, Mark, Past, Step};
use domain::recipient::Recipient;

fn eur(cents: i64) -> Money {
    Money::from_minor(cents, "EUR".parse().unwrap())
}

/// 100.00, armed again at 110.00.
fn mark() -> Mark {
    Mark::new(eur(10_000), None)
}

fn midnight() -> DateTime<Utc> {
    "2026-11-25T00:00:00Z".parse().unwrap()
}

/// One step an hour, the last one at the `hours` of the day.
fn steps(balances: &[i64], hours: i64) -> Vec<Step> {
    let first = midnight() + TimeDelta::hours(hours - balances.len() as i64 + 2);
    balances
        .windows(2)
        .zip(0_u32..)
        .map(|(pair, index)| Step {
            notify: true,
            version: u64::from(index) + 2,
            recorded_at: first + TimeDelta::hours(index.into()),
            before: pair[0] * 100,
            after: pair[1] * 100,
        })
        .collect()
}

/// What is asked for on the day in question: an alert at this mark.
fn asked(mark: Mark) -> Asked {
    Asked {
        mark,
        day_begins: midnight(),
        by: vec![Recipient::Customer],
    }
}

/// Asks of the last step, telling the earlier ones backwards and no more of
/// them than are asked for: whether it is armed, whether one was told on its
/// day, and how many were told of.
fn answer(mark: Mark, steps: &[Step]) -> (bool, bool, usize) {
    let mut past = Past::new(asked(mark));
    let mut told = 0;
    for step in steps.iter().rev().skip(1) {
        told += 1;
        let then = past.depends_on_what_was_asked_at(step).then(|| asked(mark));
        if !past.needs_more_after(*step, then) {
            break;
        }
    }
    let was_told = past.was_told_today(&Recipient::Customer);
    (past.is_armed(), was_told, told)
}

#[test]
fn a_balance_alerts_again_only_after_it_had_risen_above_the_threshold_by_the_margin() {
    for (balances, armed) in [
        (&[500, 90][..], true),
        (&[100, 90], true),
        (&[90, 100, 90], false),
        (&[500, 90, 109, 90], false),
        (&[500, 90, 110, 90], true),
        (&[500, 90, 105, 101, 109, 100, 99], false),
        (&[500, 90, 111, 105, 99], true),
        (&[105, 104, 103, 99], true),
        (&[-10, 50, 100, 99], false),
    ] {
        // Of yesterday all of it, so that the day says nothing.
        let (is_armed, was_told, _) = answer(mark(), &steps(balances, -30));
        assert_eq!((is_armed, was_told), (armed, false), "{balances:?}");
    }
}

#[test]
fn the_customers_own_margin_goes_before_the_tenth() {
    let steps = steps(&[500, 90, 104, 90], -30);
    assert!(!answer(mark(), &steps).0);
    assert!(answer(Mark::new(eur(10_000), Some(eur(400))), &steps).0);
    assert!(!answer(Mark::new(eur(10_000), Some(eur(401))), &steps).0);
    let none = Mark::new(eur(10_000), Some(eur(0)));
    assert!(answer(none, &self::steps(&[500, 90, 100, 90], -30)).0);
}

#[test]
fn an_earlier_alert_of_the_same_day_counts_and_one_of_another_day_does_not() {
    let twice = [500, 90, 120, 90];
    for (hours, earlier) in [(12, true), (2, true), (1, false), (-1, false)] {
        let steps = steps(&twice, hours);
        let (armed, was_told, _) = answer(mark(), &steps);
        assert_eq!((armed, was_told), (true, earlier), "{hours}");
    }
}

#[test]
fn an_earlier_step_is_judged_by_what_was_asked_for_at_its_own_time_and_by_whom() {
    let further = Recipient::Address("ab".repeat(32).parse().unwrap());
    let lower = Mark::new(eur(5_000), None);
    let higher = Mark::new(eur(30_000), None);
    // At 100.00 the first fall was one, and at 50.00 or 300.00 it is none.
    for (now, balances) in [(lower, [500, 90, 95, 40]), (higher, [250, 90, 400, 90])] {
        let steps = steps(&balances, 12);
        for (then, to_customer, to_further) in [
            (asked(mark()), true, false),
            (asked(now), false, false),
            (
                Asked {
                    by: vec![further.clone()],
                    ..asked(mark())
                },
                false,
                true,
            ),
        ] {
            let mut past = Past::new(asked(now));
            for step in steps.iter().rev().skip(1) {
                past.needs_more_after(*step, Some(then.clone()));
            }
            assert_eq!(past.was_told_today(&Recipient::Customer), to_customer);
            assert_eq!(past.was_told_today(&further), to_further);
            assert!(past.is_armed());
        }
    }
}

#[test]
fn the_past_is_asked_for_as_long_as_a_mark_of_an_earlier_time_is_open() {
    let lower = Mark::new(eur(5_000), None);
    let mut past = Past::new(asked(lower));
    // Today: 105.00 to 90.00, which is a fall below 100.00 if that was armed.
    let [yesterday, today] = [&[500, 105][..], &[105, 90][..]].map(|pair| steps(pair, -30)[0]);
    let today = Step {
        recorded_at: midnight(),
        ..today
    };
    assert!(past.needs_more_after(today, Some(asked(mark()))));
    let hovering = Step {
        before: 10_600,
        after: 10_500,
        ..yesterday
    };
    assert!(past.needs_more_after(hovering, None));
    let armed = Step {
        before: 9_000,
        after: 11_000,
        ..yesterday
    };
    assert!(!past.needs_more_after(armed, None));
    assert!(past.was_told_today(&Recipient::Customer));
}

#[test]
fn no_more_of_the_past_is_asked_for_than_decides() {
    let long: Vec<i64> = std::iter::repeat_n(500, 100).chain([90]).collect();
    assert_eq!(answer(mark(), &steps(&long, -30)).2, 1);
    assert_eq!(answer(mark(), &steps(&long, 9)).2, 10);
    let hovering: Vec<i64> = [90]
        .into_iter()
        .chain(std::iter::repeat_n(105, 50))
        .chain([90])
        .collect();
    let (armed, _, told) = answer(mark(), &steps(&hovering, -30));
    assert!(!armed);
    assert_eq!(told, 50);
}

#[test]
fn what_was_asked_for_matters_at_a_fall_of_the_same_day_of_which_customers_are_notified() {
    let past = Past::new(asked(mark()));
    let fall = Step {
        version: 2,
        recorded_at: midnight(),
        before: 500,
        after: 499,
        notify: true,
    };
    let before = midnight() - TimeDelta::nanoseconds(1);
    for (step, depends) in [
        (fall, true),
        (
            Step {
                notify: false,
                ..fall
            },
            false,
        ),
        (
            Step {
                recorded_at: before,
                ..fall
            },
            false,
        ),
        (Step { after: 500, ..fall }, false),
        (Step { after: 501, ..fall }, false),
    ] {
        assert_eq!(
            past.depends_on_what_was_asked_at(&step),
            depends,
            "{step:?}"
        );
    }
}

#[test]
fn a_fall_that_a_longer_day_of_an_earlier_time_zone_silenced_does_not_count_as_an_alert() {
    // The customer's zone changed: the day of the second fall began before the first one, today after it.
    let long_day = Asked {
        day_begins: midnight() - TimeDelta::hours(12),
        ..asked(mark())
    };
    let fall = |version, recorded_at| Step {
        version,
        recorded_at,
        before: 50_000,
        after: 9_000,
        notify: true,
    };
    let rise = |version, recorded_at| Step {
        before: 9_000,
        after: 50_000,
        ..fall(version, recorded_at)
    };
    let at = |minutes| midnight() + TimeDelta::minutes(minutes);
    for (first, was_told) in [(Some(-30), false), (None, true)] {
        let mut past = Past::new(asked(mark()));
        past.needs_more_after(rise(5, at(40)), None);
        past.needs_more_after(fall(4, at(30)), Some(long_day.clone()));
        past.needs_more_after(rise(3, at(-10)), None);
        if let Some(minutes) = first {
            past.needs_more_after(fall(2, at(minutes)), Some(long_day.clone()));
        }
        assert_eq!(
            past.was_told_today(&Recipient::Customer),
            was_told,
            "{first:?}"
        );
    }
}
