//! What a scenario has shown, in Markdown, as JSON, and as charts.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::LoadOptions;
use super::chart::{self, Line};
use super::mails::Mails;
use super::open_loop::{Sample, histogram};
use super::scenario::Scenario;
use crate::exit::Failure;

const QUANTILES: [(&str, f64); 5] = [
    ("p50", 0.5),
    ("p90", 0.9),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("max", 1.0),
];

/// A percentile of the latencies, in microseconds.
#[derive(Debug, Serialize)]
struct Latency {
    quantile: &'static str,
    /// Counted from the planned time.
    corrected_us: u64,
    /// Counted from sending.
    service_us: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Report {
    scenario: Scenario,
    endpoint: String,
    run: String,
    rate: u32,
    seconds: u32,
    ended_at: DateTime<Utc>,
    requests: usize,
    acknowledged: usize,
    /// The time from the first request to the last answer.
    took_ms: u64,
    acknowledged_per_second: u64,
    latencies: Vec<Latency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mails: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<Value>,
}

impl Report {
    pub(super) fn new(
        scenario: Scenario,
        options: &LoadOptions,
        run: &str,
        samples: &[Sample],
        mails: Option<&Mails>,
        replay: Option<Value>,
    ) -> Self {
        let acknowledged = samples.iter().filter(|sample| sample.acknowledged).count();
        let took = samples
            .iter()
            .map(|sample| sample.intended + sample.latency)
            .max();
        let took_ms = u64::try_from(took.unwrap_or_default().as_millis()).unwrap_or(u64::MAX);
        let corrected = histogram(samples.iter().map(|sample| sample.latency));
        let service = histogram(samples.iter().map(|sample| sample.service));
        let latencies = QUANTILES.map(|(quantile, part)| Latency {
            quantile,
            corrected_us: corrected.value_at_quantile(part),
            service_us: service.value_at_quantile(part),
        });
        Report {
            scenario,
            endpoint: options.connection.endpoint.to_string(),
            run: run.to_owned(),
            rate: options.rate,
            seconds: options.seconds,
            ended_at: Utc::now(),
            requests: samples.len(),
            acknowledged,
            took_ms,
            acknowledged_per_second: acknowledged as u64 * 1000 / took_ms.max(1),
            latencies: latencies.into(),
            mails: mails.and_then(|mails| serde_json::to_value(mails).ok()),
            replay,
        }
    }

    pub(super) fn markdown(&self) -> String {
        let mut text = format!(
            "# Load: {}\n\n{} a second for {} s to {}, run {}, ended {}.\n\n\
             {} requests, {} acknowledged, {} a second.\n\n\
             | latency | from when it should have left | from when it left |\n|---|---:|---:|\n",
            self.scenario.name(),
            self.rate,
            self.seconds,
            self.endpoint,
            self.run,
            self.ended_at.format("%Y-%m-%dT%H:%M:%SZ"),
            self.requests,
            self.acknowledged,
            self.acknowledged_per_second,
        );
        // Writing to a string cannot fail.
        for latency in &self.latencies {
            let (corrected, service) = (millis(latency.corrected_us), millis(latency.service_us));
            let _ = writeln!(
                text,
                "| {} | {corrected} ms | {service} ms |",
                latency.quantile
            );
        }
        if let Some(mails) = &self.mails {
            let _ = write!(
                text,
                "\nNotifications: {} expected, by state {}, settled {} ms after the last answer, {} dead letters redriven.\n",
                mails["expected"], mails["states"], mails["settled_after_ms"], mails["redriven"]
            );
        }
        if let Some(replay) = &self.replay {
            let _ = write!(
                text,
                "\nReplay {}: {} events, {} a second; {} balances equal, {} differing.\n",
                replay["state"].as_str().unwrap_or_default(),
                replay["progress"]["events"],
                replay["pace"]["events_per_second"],
                replay["result"]["equal"],
                replay["result"]["differing"].as_array().map_or(0, Vec::len),
            );
        }
        text
    }

    /// Writes `report.md`, `report.json` and the charts.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn write(&self, folder: &Path, samples: &[Sample]) -> Result<(), Failure> {
        let seconds = self.took_ms.div_ceil(1000).max(1);
        let in_second = |second: u64, at: fn(&Sample) -> Duration| {
            samples
                .iter()
                .filter(move |sample| at(sample).as_secs() == second)
        };
        let quantile = |part: f64| -> Vec<u64> {
            (0..seconds)
                .map(|second| {
                    let latencies =
                        in_second(second, |sample| sample.intended).map(|sample| sample.latency);
                    histogram(latencies).value_at_quantile(part) / 1000
                })
                .collect()
        };
        let count = |at: fn(&Sample) -> Duration| -> Vec<u64> {
            (0..seconds)
                .map(|second| in_second(second, at).count() as u64)
                .collect()
        };
        let latency = chart::draw(
            "Latency by the second in which a request should have left",
            "ms",
            &[
                Line::new("p50", quantile(0.5)),
                Line::new("p99", quantile(0.99)),
            ],
        );
        let rate = chart::draw(
            "Requests by the second",
            "",
            &[
                Line::new("should leave", count(|sample| sample.intended)),
                Line::new("answered", count(|sample| sample.intended + sample.latency)),
            ],
        );
        let mut text = self.markdown();
        text.push_str("\n![Latency by second](latency.svg)\n\n![Requests by second](rate.svg)\n");
        let json = serde_json::to_string_pretty(self).unwrap_or_default();
        fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        for (name, content) in [
            ("report.md", text),
            ("report.json", json),
            ("latency.svg", latency),
            ("rate.svg", rate),
        ] {
            let file = folder.join(name);
            fs::write(&file, content).map_err(|error| failed(&file, &error))?;
        }
        Ok(())
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Failed(format!("{}: {error}", path.display()))
}

/// Formats microseconds as milliseconds with one decimal.
fn millis(micros: u64) -> String {
    format!("{}.{}", micros / 1000, micros / 100 % 10)
}
