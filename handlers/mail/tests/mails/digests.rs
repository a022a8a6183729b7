//! Digests: what they count, and where they end.

use crate::page::{attribute, name, parse, visible, walk};
use mail::{
    Amount, DigestItem, Direction, Locale, MAX_DIGEST_ITEMS_SHOWN, RenderError, digest_totals,
    examples, render_digest,
};
use proptest::prelude::*;

#[test]
fn the_totals_of_a_digest_are_the_sums_of_its_movements_by_account() {
    let totals = digest_totals(&examples::digest(Locale::En).items).unwrap();
    let figures: Vec<(&str, i64, i64, usize)> = totals
        .iter()
        .map(|t| {
            let account = &t.account_id[t.account_id.len() - 4..];
            (account, t.paid_in.minor, t.paid_out.minor, t.count)
        })
        .collect();
    // What was skipped moved nothing.
    assert_eq!(
        figures,
        [("1234", 246_790, 85_000, 3), ("5678", 0, 23_000, 1)]
    );
    let mail = render_digest(&examples::digest(Locale::En)).unwrap();
    for part in [&mail.text, &visible(&mail.html)] {
        for figure in ["€2,467.90", "€850.00", "€230.00", "€0.00"] {
            assert!(part.contains(figure), "{figure}: {part}");
        }
    }
}

#[test]
fn a_long_digest_shows_its_beginning_and_says_how_much_more_there_is() {
    for (count, more) in [
        (MAX_DIGEST_ITEMS_SHOWN, None),
        (MAX_DIGEST_ITEMS_SHOWN + 1, Some("and 1 more")),
        (1_234, Some("and 1,184 more")),
    ] {
        let mut notice = examples::digest(Locale::En);
        notice.items = vec![notice.items[0].clone(); count];
        let mail = render_digest(&notice).unwrap();
        let mut rows = 0;
        walk(&parse(&mail.html).document, 0, &mut |_, node| {
            let row = name(node).as_deref() == Some("th")
                && attribute(node, "scope").as_deref() == Some("row");
            rows += usize::from(row);
        });
        assert_eq!(rows, count.min(MAX_DIGEST_ITEMS_SHOWN) + 1);
        for part in [mail.text, visible(&mail.html)] {
            assert_eq!(part.contains(" more"), more.is_some());
            assert!(part.contains(more.unwrap_or("Totals")), "{part}");
        }
        // Mail programs cut what is longer.
        assert!(mail.html.len() < 100_000, "{}", mail.html.len());
    }
}

#[test]
fn a_digest_of_one_days_movements_says_so_and_counts_them_in_words() {
    for (locale, several, one, five) in [
        (
            Locale::En,
            "2 movements on December 1, 2026",
            "1 movement on",
            "5 messages",
        ),
        (
            Locale::Fr,
            "2 mouvements le 1er décembre 2026",
            "1 mouvement le",
            "5 messages",
        ),
    ] {
        let mut notice = examples::digest(locale);
        let subject = |notice: &_| render_digest(notice).unwrap().subject;
        // Of two days, and one of them did not move anything.
        assert!(subject(&notice).contains(five));
        notice.items.remove(2);
        assert!(subject(&notice).contains("4 messages"));
        notice.items.remove(0);
        notice.items.truncate(2);
        assert_eq!(subject(&notice), several);
        notice.items.truncate(1);
        assert!(subject(&notice).starts_with(one));
    }
}

#[test]
fn a_digest_of_nothing_and_an_item_about_nothing_are_refused() {
    let mut notice = examples::digest(Locale::En);
    notice.items[0].kinds.clear();
    assert!(matches!(
        render_digest(&notice),
        Err(RenderError::Missing {
            field: "items.kinds",
            ..
        })
    ));
    notice.items.clear();
    assert!(matches!(
        render_digest(&notice),
        Err(RenderError::Missing { field: "items", .. })
    ));
}

proptest! {
    #[test]
    fn no_movement_is_lost_or_counted_twice(
        moves in prop::collection::vec((0usize..3, 0usize..2, -1_000_000i64..1_000_000, 0u8..3), 1..80)
    ) {
        let example = examples::digest(Locale::En).items.remove(0);
        let items: Vec<DigestItem> = moves
            .iter()
            .map(|(account, currency, minor, direction)| DigestItem {
                account_id: format!("ACC-{account}"),
                amount: Some(Amount {
                    minor: *minor,
                    currency: ["EUR", "USD"][*currency].to_owned(),
                    digits: 2,
                }),
                direction: [None, Some(Direction::In), Some(Direction::Out)][usize::from(*direction)],
                ..example.clone()
            })
            .collect();
        let totals = digest_totals(&items).unwrap();
        for (direction, total) in [
            (1, totals.iter().map(|t| t.paid_in.minor).sum::<i64>()),
            (2, totals.iter().map(|t| t.paid_out.minor).sum::<i64>()),
        ] {
            let moved: i64 = moves.iter().filter(|m| m.3 == direction).map(|m| m.2.abs()).sum();
            prop_assert_eq!(moved, total);
        }
        let counted: usize = totals.iter().map(|t| t.count).sum();
        prop_assert_eq!(counted, moves.iter().filter(|m| m.3 != 0).count());
        let mut keys: Vec<_> = totals.iter().map(|t| (&t.account_id, &t.paid_in.currency)).collect();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), totals.len());
    }
}
