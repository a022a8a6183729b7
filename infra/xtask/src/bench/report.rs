//! The report, `docs/explanation/performance.md`, and its charts.

use std::{fmt::Write, fs};

use super::{
    chart,
    part::{Part, Table},
};
use crate::{
    error::{Result, at},
    workspace::root,
};

const INTRODUCTION: &str = "# Performance

`cargo xtask bench` measures, stores the results in [performance/](../performance/), and writes this page; `cargo xtask bench PART`
measures one part again. Each part names the machine and the commit at which it was measured.

Look at ratios within one run, counts (requests, write units, bytes), and growth. An absolute time is that of a small shared machine, and
comparable only with its neighbours in the same table. Tests of the normal run check the counts too, but not the times.

";

pub(super) fn write(parts: &[Part]) -> Result<()> {
    let docs = root().join("docs");
    for drawn in parts.iter().flat_map(|part| &part.charts) {
        let file = docs.join(format!("performance/{}.svg", drawn.name));
        fs::write(&file, chart::draw(drawn)?).map_err(at(&file))?;
    }
    let file = docs.join("explanation/performance.md");
    fs::write(&file, markdown(parts)).map_err(at(&file))
}

fn markdown(parts: &[Part]) -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("## Goals\n\n");
    let goals = Table {
        title: String::new(),
        head: ["goal", "wanted", "measured", "ratio", "met"]
            .map(str::to_owned)
            .into(),
        rows: parts
            .iter()
            .flat_map(|part| &part.goals)
            .map(|goal| {
                let met = if goal.met {
                    "yes".to_owned()
                } else {
                    format!("**no**: {}", goal.why)
                };
                let ratio = goal
                    .ratio
                    .map_or_else(String::new, |ratio| format!("{ratio:.2}"));
                vec![
                    goal.goal.clone(),
                    goal.wanted.clone(),
                    goal.measured.clone(),
                    ratio,
                    met,
                ]
            })
            .collect(),
    };
    table(&mut page, &goals);
    for part in parts {
        // Writing to a string cannot fail.
        let _ = write!(
            page,
            "\n## {}\n\n{}\n\nMeasured on {}.\n",
            capital(&part.part),
            part.says,
            part.made_by
        );
        for figures in &part.tables {
            let _ = write!(page, "\n**{}**\n\n", figures.title);
            table(&mut page, figures);
        }
        for drawn in &part.charts {
            let _ = write!(
                page,
                "\n![{}](../performance/{}.svg)\n",
                drawn.title, drawn.name
            );
        }
        if !part.notes.is_empty() {
            page.push('\n');
        }
        for note in &part.notes {
            let _ = writeln!(page, "- {note}");
        }
    }
    page
}

fn table(page: &mut String, table: &Table) {
    let row = |page: &mut String, cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        let _ = writeln!(page, "| {} |", cells.join(" | "));
    };
    row(page, &table.head);
    let rule: Vec<String> = (0..table.head.len())
        .map(|column| if column == 0 { "---" } else { "--:" }.to_owned())
        .collect();
    row(page, &rule);
    for cells in &table.rows {
        row(page, cells);
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_goal_has_its_reason() {
        let part: Part = serde_json::from_str(
            r#"{"part":"paths","says":"All of it.","goals":[
                {"goal":"fold","wanted":">= 5","measured":"7","ratio":1.4,"met":true},
                {"goal":"mail | text","wanted":">= 20","measured":"10","met":false,"why":"the engine"}],
                "tables":[{"title":"Sizes","head":["of","bytes"],"rows":[["api","1"]]}]}"#,
        )
        .unwrap();
        let page = markdown(&[part]);
        assert!(page.contains("| fold | >= 5 | 7 | 1.40 | yes |"), "{page}");
        assert!(
            page.contains("| mail \\| text | >= 20 | 10 |  | **no**: the engine |"),
            "{page}"
        );
        assert!(page.contains("## Paths\n\nAll of it."), "{page}");
        assert!(
            page.contains("| of | bytes |\n| --- | --: |\n| api | 1 |"),
            "{page}"
        );
    }
}
