//! No file, however broken, makes the reader panic, and what it reads from it
//! is sound.

use std::sync::OnceLock;

use domain::record::ProposedEvents;
use proptest::prelude::*;
use statements::{Format, Step, plan, read};

fn real() -> &'static [Vec<u8>] {
    static FILES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FILES.get_or_init(|| {
        crate::files::all()
            .iter()
            .map(crate::files::File::bytes)
            .collect()
    })
}

/// Reads in every format; whatever is read must add up and be taken by the API.
fn survives(bytes: &[u8]) {
    for format in [
        None,
        Some(Format::Mt940),
        Some(Format::Camt053),
        Some(Format::Camt054),
    ] {
        for statement in read(bytes, format).into_iter().flatten().flatten() {
            if statement.closing.is_some() {
                assert_eq!(
                    statement.computed_closing(),
                    statement.closing.map(|balance| balance.amount)
                );
            }
            let plan = plan(&statement, None);
            let mut bodies = vec![plan.opening.body];
            bodies.extend(plan.steps.into_iter().map(|step| match step {
                Step::Append(request) => request.body,
                Step::Reverse(reversal) => reversal.request(None).body,
            }));
            for body in bodies {
                let read = ProposedEvents::read(serde_json::to_value(&body).unwrap());
                assert!(read.is_ok(), "{read:?}");
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Mutation {
    Delete(usize, usize),
    Insert(usize, Vec<u8>),
    Copy(usize, usize, usize),
    CutAfter(usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = 0..40_000_usize;
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..5),
        prop::sample::select(vec![
            &b"\n:20:"[..],
            b"\n:25:",
            b"\n:61:",
            b"\n:86:",
            b"\n:62F:",
            b"\n-}",
            b"{4:",
            b"0",
            b",",
            b"RC",
            b"<Stmt>",
            b"</Ntry>",
            b"<Ntry/>",
            b"&",
            b"<![CDATA[",
            b"\xFF\xFE",
            b"999999999999999999999",
            b"\xC3\xBC",
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    prop_oneof![
        (at.clone(), 1..200_usize).prop_map(|(at, length)| Mutation::Delete(at, length)),
        (at.clone(), piece).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (at.clone(), at.clone(), 1..400_usize)
            .prop_map(|(from, to, length)| Mutation::Copy(from, to, length)),
        at.prop_map(Mutation::CutAfter),
    ]
}

fn apply(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    let range = |at: usize, count: usize| (at % length)..(at % length + count).min(length);
    match mutation {
        Mutation::Delete(at, count) => drop(bytes.drain(range(*at, *count))),
        Mutation::Insert(at, piece) => drop(bytes.splice(range(*at, 0), piece.iter().copied())),
        Mutation::Copy(from, to, count) => {
            let piece = bytes[range(*from, *count)].to_vec();
            drop(bytes.splice(range(*to, 0), piece));
        }
        Mutation::CutAfter(at) => bytes.truncate(*at % length),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        survives(&bytes);
    }

    #[test]
    fn any_tagged_lines_are_read_or_refused(
        lines in prop::collection::vec(":(20|25|28C|60F|61|86|62F|NS):[0-9CDRENTF,/?+ü ]{0,30}", 0..20),
    ) {
        survives(lines.join("\r\n").as_bytes());
    }

    #[test]
    fn a_mutated_real_file_is_read_or_refused(
        index in any::<prop::sample::Index>(),
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let mut bytes = index.get(real()).clone();
        for mutation in &mutations {
            apply(&mut bytes, mutation);
        }
        survives(&bytes);
    }
}
