//! What an earlier version stored and this one takes from nobody any more, and
//! sums that no 64 bits hold: exported and verified all the same.

use export::{Format, Manifest};
use tests::exports::{edges, export};

#[test]
fn times_that_are_taken_from_nobody_any_more_stay_exported_and_verifiable() {
    let history = edges();
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        export(folder.path(), format, &history.commits, history.until);
        let found = export::verify(folder.path(), &mut |_| {}).unwrap();
        assert_eq!(found.problems, [], "{format:?}");
    }
}

#[test]
fn control_totals_beyond_64_bits_are_exact() {
    let history = edges();
    let folder = tempfile::tempdir().unwrap();
    export(
        folder.path(),
        Format::Parquet,
        &history.commits,
        history.until,
    );
    let manifest = Manifest::of_folder(folder.path()).unwrap().unwrap();
    let totals = serde_json::to_value(&manifest.control_totals).unwrap();
    let eur = &totals["EUR"];
    let sums = (&eur["credits"], &eur["debits"], &eur["balance"]);
    // Three accounts at -2^63 cents, three at 2^63 - 1, and one cent four times.
    assert_eq!(sums.0, "276701161105643274.25");
    assert_eq!(sums.1, "276701161105643274.24");
    assert_eq!(sums.2, "0.01");
    assert_eq!(totals["JPY"]["debits"], "27670116110564327424");
    let found = export::verify(folder.path(), &mut |_| {}).unwrap();
    assert_eq!(found.problems, []);
    assert_eq!(found.control_totals, manifest.control_totals);
}
