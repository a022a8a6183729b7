//! What each file of the test data is read as, and what would be posted of it.
//! The snapshots are to be read by people when they change.

use statements::{Step, plan};

#[test]
fn every_file_is_read_as_its_snapshot_says() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| {
        for file in crate::files::all() {
            insta::assert_json_snapshot!(file.snapshot_name(), file.read());
        }
    });
}

#[test]
fn the_requests_of_two_statements_are_as_their_snapshots_say() {
    for path in ["wise/2024.xml", "rabobank/iban-2013.sta"] {
        let file = crate::files::File::named(path);
        let statement = file.statements().remove(0);
        let plan = plan(&statement, None);
        let mut requests = vec![(
            plan.opening.idempotency_key.clone(),
            plan.opening.body.clone(),
        )];
        requests.extend(plan.steps.iter().map(|step| match step {
            Step::Append(request) => (request.idempotency_key.clone(), request.body.clone()),
            Step::Reverse(reversal) => {
                let request = reversal.request(None);
                (request.idempotency_key, request.body)
            }
        }));
        insta::assert_json_snapshot!(format!("plan-{}", file.snapshot_name()), requests);
    }
}
