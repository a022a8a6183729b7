//! What came of a replay.

use serde_json::Value;

use crate::output;
use crate::table::{Align, Table};

/// Whether the live balances now agree with the events.
pub(super) fn is_good(replay: &Value) -> bool {
    let result = &replay["result"];
    let none = |name: &str| result[name].as_array().is_none_or(Vec::is_empty);
    result["switched"] == true || (none("differing") && none("missing"))
}

pub(super) fn print(replay: &Value) {
    let progress = &replay["progress"];
    let counted = |name: &str| {
        let count = progress[name].as_u64().unwrap_or(0);
        let name = if count == 1 {
            name.trim_end_matches('s')
        } else {
            name
        };
        format!("{count} {name}")
    };
    let mut counts = vec![counted("commits"), counted("events")];
    // Events by time are not counted by account.
    if replay["kind"] == "projections" {
        counts.insert(0, counted("accounts"));
    }
    output::line(format!(
        "{}: {}",
        replay["state"].as_str().unwrap_or("?"),
        counts.join(", ")
    ));
    let result = &replay["result"];
    if let Some(published) = result["published"].as_u64() {
        output::line(format!("published: {published} events"));
    }
    if let Some(back) = result["switched_back"].as_u64() {
        output::line(format!(
            "put back: {back}, left because they moved on since: {}",
            result["moved_on_count"]
        ));
        for account in result["moved_on"].as_array().into_iter().flatten() {
            output::line(format!("left: {}", account.as_str().unwrap_or("?")));
        }
    }
    if result["control_totals"].is_object() {
        projections(result);
    }
}

fn projections(result: &Value) {
    let list = |name: &str| result[name].as_array().map_or(&[][..], Vec::as_slice);
    let (differing, missing) = (list("differing"), list("missing"));
    output::line(format!(
        "equal: {}, differing: {}, missing: {}",
        result["equal"],
        differing.len(),
        missing.len()
    ));
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    if !differing.is_empty() || !missing.is_empty() {
        let mut table = Table::new(&[
            ("ACCOUNT", Align::Left),
            ("LIVE", Align::Right),
            ("VERSION", Align::Right),
            ("REBUILT", Align::Right),
            ("VERSION", Align::Right),
        ]);
        for account in differing {
            let (live, rebuilt) = (&account["live"], &account["replayed"]);
            table.row([
                text(&account["account_id"]),
                text(&live["balance"]),
                text(&live["version"]),
                text(&rebuilt["balance"]),
                text(&rebuilt["version"]),
            ]);
        }
        for account in missing {
            let mut cells = vec![text(account), "missing".to_owned()];
            cells.extend(["-", "-", "-"].map(str::to_owned));
            table.row(cells);
        }
        output::line("");
        table.print();
    }
    let mut totals = Table::new(&[
        ("CURRENCY", Align::Left),
        ("ACCOUNTS", Align::Right),
        ("BALANCE", Align::Right),
    ]);
    for (currency, total) in result["control_totals"].as_object().into_iter().flatten() {
        totals.row([
            currency.clone(),
            text(&total["accounts"]),
            text(&total["balance"]),
        ]);
    }
    output::line("");
    totals.print();
    if result["switched"] == true {
        output::line("The live balances that differed were replaced by the rebuilt ones.");
    } else if !differing.is_empty() || !missing.is_empty() {
        output::line("The live balances were not touched; --switch replaces them.");
    }
}
