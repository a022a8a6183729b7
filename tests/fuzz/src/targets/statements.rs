//! A bank's statements.

use domain::record::ProposedEvents;
use statements::{Format, Step, plan, read};

pub(super) fn mt940(bytes: &[u8]) {
    holds(bytes, Format::Mt940);
}

pub(super) fn camt(bytes: &[u8]) {
    holds(bytes, Format::Camt053);
    holds(bytes, Format::Camt054);
}

/// What is read adds up, and is taken by the API.
fn holds(bytes: &[u8], format: Format) {
    for statement in read(bytes, Some(format)).into_iter().flatten().flatten() {
        if let Some(closing) = &statement.closing {
            assert_eq!(statement.computed_closing(), Some(closing.amount));
        }
        let plan = plan(&statement, None);
        let steps = plan.steps.into_iter().map(|step| match step {
            Step::Append(request) => request.body,
            Step::Reverse(reversal) => reversal.request(None).body,
        });
        for body in std::iter::once(plan.opening.body).chain(steps) {
            let body = serde_json::to_value(&body).expect("a body is JSON");
            if let Err(errors) = ProposedEvents::read(body.clone()) {
                panic!("the API refuses {body}: {errors:?}");
            }
        }
    }
}
