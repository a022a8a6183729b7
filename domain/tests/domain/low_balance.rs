//! When a low balance is told, as a table over the balances of an account.

use chrono::{DateTime, TimeDelta, Utc};
use domain::Money;
use domain::low_balance::{Answer, Mark, Past, Step};

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

/// Asks of the last step, telling the earlier ones backwards and no more of
/// them than are asked for.
fn answer(mark: Mark, steps: &[Step]) -> (Answer, usize) {
    let mut past = Past::new(mark, midnight());
    let mut told = 0;
    for step in steps.iter().rev().skip(1) {
        told += 1;
        if !past.needs_more_after(*step) {
            break;
        }
    }
    (past.answer(), told)
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
        let (answer, _) = answer(mark(), &steps(balances, -30));
        assert_eq!(answer.armed, armed, "{balances:?}");
        assert_eq!(answer.earlier_today, [], "{balances:?}");
    }
}

#[test]
fn the_customers_own_margin_goes_before_the_tenth() {
    let steps = steps(&[500, 90, 104, 90], -30);
    assert!(!answer(mark(), &steps).0.armed);
    assert!(
        answer(Mark::new(eur(10_000), Some(eur(400))), &steps)
            .0
            .armed
    );
    assert!(
        !answer(Mark::new(eur(10_000), Some(eur(401))), &steps)
            .0
            .armed
    );
    let none = Mark::new(eur(10_000), Some(eur(0)));
    assert!(answer(none, &self::steps(&[500, 90, 100, 90], -30)).0.armed);
}

#[test]
fn earlier_alerts_of_the_same_day_are_named_and_those_of_other_days_are_not() {
    let twice = [500, 90, 120, 90];
    for (hours, earlier) in [(12, 1), (2, 1), (1, 0), (-1, 0)] {
        let steps = steps(&twice, hours);
        let (answer, _) = answer(mark(), &steps);
        assert!(answer.armed);
        assert_eq!(answer.earlier_today.len(), earlier, "{hours}");
        assert!(answer.earlier_today.iter().all(|step| *step == steps[0]));
    }
}

#[test]
fn no_more_of_the_past_is_asked_for_than_decides() {
    let long: Vec<i64> = std::iter::repeat_n(500, 100).chain([90]).collect();
    assert_eq!(answer(mark(), &steps(&long, -30)).1, 1);
    assert_eq!(answer(mark(), &steps(&long, 9)).1, 10);
    let hovering: Vec<i64> = [90]
        .into_iter()
        .chain(std::iter::repeat_n(105, 50))
        .chain([90])
        .collect();
    let (answer, told) = answer(mark(), &steps(&hovering, -30));
    assert!(!answer.armed);
    assert_eq!(told, 50);
}
