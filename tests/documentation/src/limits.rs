//! `docs/reference/limits.md` against the constants that it names.

use crate::pages::read;
use crate::source::{constant, has, limits};

const TIMEOUTS: &str = "infra/aws/src/timeouts.rs";

/// The cells of each row of the page's tables.
fn rows(page: &str) -> Vec<Vec<String>> {
    let rows = page.lines().filter(|line| line.starts_with("| "));
    rows.map(|row| {
        let cells = row.trim_matches('|').split(" | ");
        cells.map(|cell| cell.trim().to_owned()).collect()
    })
    .collect()
}

/// The constants of "`A` and `B` in `path`; `C` in `path`", each with its path.
fn named(cell: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in cell.split("; ") {
        let Some((names, path)) = part.rsplit_once(" in `") else {
            continue;
        };
        let path = path.trim_end_matches('`');
        let names = names.split('`').skip(1).step_by(2);
        found.extend(names.map(|name| (path.to_owned(), name.to_owned())));
    }
    found.retain(|(path, name)| path.ends_with(".rs") && name.to_uppercase() == *name);
    found
}

#[test]
fn every_limit_of_the_page_is_that_of_its_constant() {
    let page = read("docs/reference/limits.md");
    let mut compared = 0;
    for row in rows(&page) {
        for (path, name) in named(row.last().unwrap()) {
            let wanted = constant(&path, &name).written(name.ends_with("BYTES"));
            let says = row.iter().any(|cell| has(cell, &wanted));
            assert!(
                says,
                "docs/reference/limits.md: {name} is {wanted}: {row:?}"
            );
            compared += 1;
        }
    }
    assert!(compared > 25, "only {compared} constants were found");
}

#[test]
fn a_limit_without_a_constant_is_one_that_others_set() {
    let page = read("docs/reference/limits.md");
    let others = [
        "serde_json",
        "once",
        "template",
        "the same",
        "API Gateway's own",
    ];
    for row in rows(&page) {
        let text = row.join(" | ");
        let has_number = row
            .get(1)
            .is_some_and(|value| value.contains(|letter: char| letter.is_ascii_digit()));
        let explained = !named(row.last().unwrap()).is_empty()
            || others.iter().any(|other| text.contains(other));
        let of_a_service = row.last().unwrap().trim_matches('`').to_uppercase()
            == row.last().unwrap().trim_matches('`');
        assert!(
            !has_number || explained || of_a_service,
            "docs/reference/limits.md: {text}"
        );
    }
}

#[test]
fn the_waits_for_services_of_aws_are_those_of_the_clients() {
    let page = read("docs/reference/limits.md");
    let connecting = constant(TIMEOUTS, "CONNECT").written(false);
    let services: Vec<_> = rows(&page)
        .into_iter()
        .filter(|row| row.len() == 5)
        .collect();
    assert!(services.len() > 4);
    for row in &services[1..] {
        let name = row[4].trim_matches('`');
        let (attempt, call) = limits(TIMEOUTS, name);
        let expected = [
            connecting.clone(),
            format!("{attempt} s"),
            format!("{call} s"),
        ];
        assert_eq!(row[1..4], expected, "{name}");
    }
}

#[test]
fn the_limits_of_the_stage_are_those_of_the_template() {
    let template = read("infra/cloudformation/template.yaml");
    let page = read("docs/reference/limits.md");
    let throttles: Vec<(&str, &str)> = template
        .split("ThrottlingRateLimit: ")
        .skip(1)
        .map(|rest| {
            let (rate, rest) = rest.split_once('\n').unwrap();
            let burst = rest.split_once("ThrottlingBurstLimit: ").unwrap().1;
            (rate, burst.lines().next().unwrap())
        })
        .collect();
    assert!(throttles.len() > 1);
    for (rate, burst) in throttles {
        let burst = crate::source::grouped(burst.parse().unwrap());
        let wanted = format!("| {rate} a second, bursts of {burst} |");
        assert!(page.contains(&wanted), "docs/reference/limits.md: {wanted}");
    }
}
