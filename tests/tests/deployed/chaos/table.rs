//! What was done and what came of it, as text.

use tests::deployed::{Injected, Kind, Service};

use super::{bank::Acknowledged, outcome::Outcome};

/// What the operator had to do.
#[derive(Debug, Default)]
pub struct Redriven {
    /// Notifications whose outcome nobody knew, each with a letter.
    pub unknown: usize,
    /// Letters that were redriven by their ids.
    pub letters: usize,
}

pub fn table(
    injected: &Injected,
    reports: &[Acknowledged],
    redriven: &Redriven,
    outcome: &Outcome,
) -> String {
    let mut text = format!("\n{:<12}", "faults");
    for kind in Kind::ALL {
        text.push_str(&format!("{:>13}", kind.name()));
    }
    text.push('\n');
    for service in Service::ALL {
        text.push_str(&format!("{:<12}", format!("{service:?}")));
        for kind in Kind::ALL {
            text.push_str(&format!("{:>13}", injected.of(service, kind)));
        }
        text.push('\n');
    }
    let sent: usize = reports.iter().map(|report| report.sent).sum();
    text.push_str(&format!(
        "appends {sent} sent, {} acknowledged, {} retried; {} events; {} notifications, {} mails; \
         {} unknown, {} letters redriven; lost {}, doubled {}\n",
        reports.len(),
        sent - reports.len(),
        outcome.events,
        outcome.notifications,
        outcome.mails,
        redriven.unknown,
        redriven.letters,
        outcome.lost.len(),
        outcome.doubled.len(),
    ));
    text
}
