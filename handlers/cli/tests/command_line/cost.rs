//! What a stack costs, from counts and list prices.

use crate::running::run;
use serde_json::Value;

fn cost(arguments: &[&str]) -> Value {
    let ran = run(["cost", "--json"].iter().chain(arguments).copied());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.json()
}

fn part(column: &Value, name: &str) -> f64 {
    let parts = column["million_events"].as_array().unwrap();
    let part = parts.iter().find(|part| part["part"] == name);
    part.unwrap()["usd"].as_f64().unwrap()
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 0.01
}

#[test]
fn a_person_sees_each_part_and_whether_the_goal_is_met() {
    insta::assert_snapshot!(run(["cost"]).done());
}

#[test]
fn few_events_without_mails_cost_what_stands_and_little_more() {
    let arguments = "cost --events 1000 --mails-per-event 0 --events-per-commit 10";
    insta::assert_snapshot!(run(arguments.split(' ')).done());
}

#[test]
fn the_parts_add_up_and_a_month_has_what_stands_besides() {
    let document = cost(&["--events", "3000000"]);
    let standing: f64 = document["standing_a_month"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["usd"].as_f64().unwrap())
        .sum();
    let columns = document["columns"].as_array().unwrap();
    assert_eq!(columns.len(), 3);
    for column in columns {
        let parts = column["million_events"].as_array().unwrap();
        let sum: f64 = parts.iter().map(|part| part["usd"].as_f64().unwrap()).sum();
        let all = column["all"].as_f64().unwrap();
        assert!(near(sum, all), "{column}");
        let beside = column["beside_ses"].as_f64().unwrap();
        assert!(near(beside + part(column, "SES"), all), "{column}");
        let month = column["month"].as_f64().unwrap();
        assert!(near(month, 3.0 * all + standing), "{column}");
    }
}

#[test]
fn requests_and_mails_cost_what_the_price_list_says() {
    let document = cost(&["--mails-per-event", "0.5"]);
    let price = |name: &str| {
        let price = &document["prices"]["prices"][name];
        price["usd"].as_f64().unwrap() / price["per"].as_f64().unwrap()
    };
    for (column, events) in document["columns"]
        .as_array()
        .unwrap()
        .iter()
        .zip([1.0, 10.0, 25.0])
    {
        let requests = 1e6 / events * price("api_gateway_request");
        assert!(near(part(column, "API Gateway"), requests), "{column}");
        assert!(
            near(part(column, "SES"), 5e5 * price("ses_mail")),
            "{column}"
        );
    }
}

#[test]
fn every_price_names_its_source_and_whether_it_was_read_there() {
    let document = cost(&[]);
    let prices = document["prices"]["prices"].as_object().unwrap();
    let mut all_looked_up = true;
    for (name, price) in prices {
        assert!(
            price["source"]
                .as_str()
                .unwrap()
                .starts_with("https://aws.amazon.com/"),
            "{name}"
        );
        assert!(price["usd"].as_f64().unwrap() > 0.0, "{name}");
        all_looked_up &= price["looked_up"].as_bool().unwrap();
    }
    assert_eq!(document["prices_looked_up"], all_looked_up);
    for (name, assumption) in document["assumptions"].as_object().unwrap() {
        assert_ne!(assumption["why"], "", "{name}");
    }
    let goal = &document["goal"];
    let met = goal["computed"].as_f64() <= goal["wanted"].as_f64();
    assert_eq!(goal["met"], met);
}

#[test]
fn the_page_has_the_figures_of_the_command() {
    let page = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/explanation/cost.md"
    );
    let page = std::fs::read_to_string(page).unwrap();
    let document = cost(&[]);
    let mut figures = Vec::new();
    for column in document["columns"].as_array().unwrap() {
        figures.push(column["beside_ses"].as_f64().unwrap());
        for name in ["DynamoDB, writes", "API Gateway", "CloudWatch, logs"] {
            figures.push(part(column, name));
        }
    }
    for lever in document["cheaper"].as_array().unwrap() {
        figures.push(lever["usd"].as_f64().unwrap());
    }
    let goal = &document["goal"];
    figures.push(goal["computed"].as_f64().unwrap() - goal["wanted"].as_f64().unwrap());
    let untold = cost(&["--mails-per-event", "0"]);
    figures.push(untold["columns"][0]["beside_ses"].as_f64().unwrap());
    figures.push(untold["columns"][1]["beside_ses"].as_f64().unwrap());
    for figure in figures {
        assert!(page.contains(&format!("{figure:.2}")), "{figure:.2}");
    }
}
