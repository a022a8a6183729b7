//! Making mails.

use std::hint::black_box;

use mail::{Kind, Locale, Notice, examples, render};
use serde_json::json;

use super::{Effort, Found, cpu, spread};

const WANTED: f64 = 20_000.0;
const ROUNDS: usize = 9;

pub(super) fn measure(effort: Effort) -> Found {
    let notices = notices();
    let repeats = effort.of(100);
    let mut bytes = 0;
    let rates = (0..ROUNDS)
        .map(|_| {
            let took = cpu::time_of(|| {
                for _ in 0..repeats {
                    for notice in &notices {
                        let made = render(black_box(notice)).expect("it can be made");
                        bytes = bytes.max(made.text.len() + made.html.len());
                        black_box(made);
                    }
                }
            });
            f64::from(repeats) * notices.len() as f64 / took.as_secs_f64()
        })
        .collect();
    let (middle, least, most) = spread(rates);
    Found {
        goals: vec![json!({
            "goal": "mails rendered (text, html, hash), a second of a core",
            "wanted": ">= 20,000",
            "measured": format!("{middle:.0} ({least:.0} to {most:.0})"),
            "ratio": middle / WANTED,
            "met": middle >= WANTED,
            "why": if middle >= WANTED { "" } else { "what depends on a mail's facts is interpreted" },
        })],
        notes: vec![format!(
            "{} kinds of mails with all possible contents, in {} languages; the largest has {bytes} bytes.",
            Kind::ALL.len() - 1,
            Locale::ALL.len(),
        )],
        ..Found::default()
    }
}

fn notices() -> Vec<Notice> {
    let about_one_event = || {
        Kind::ALL
            .into_iter()
            .filter(|kind| *kind != Kind::Statement)
    };
    Locale::ALL
        .into_iter()
        .flat_map(|locale| about_one_event().map(move |kind| examples::notice(kind, locale)))
        .collect()
}
