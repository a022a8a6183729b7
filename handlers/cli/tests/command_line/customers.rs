//! Customers: entered, shown, changed and erased; their blocked addresses.

use serde_json::json;

use crate::running::Server;

fn ana(server: &Server) {
    let put = [
        "customers",
        "put",
        "ana",
        "--name",
        "Ana Lind",
        "--email",
        "ana@example.com",
    ];
    server.run(&put).done();
}

#[test]
fn a_customer_is_entered_and_shown() {
    let server = Server::start();
    ana(&server);
    let shown = server.run(&["customers", "show", "ana"]).done();
    assert!(
        shown.starts_with(
            "customer    ana\nname        Ana Lind\ne-mail      ana@example.com\nlanguage    en\n\
             time zone   UTC\nrevision    1\n"
        ),
        "{shown}"
    );
    let document = server.run(&["customers", "show", "ana", "--json"]).json();
    assert_eq!(document["customer_id"], "ana");
    assert_eq!(document["revision"], 1);
    let nobody = server.run(&["customers", "show", "ben"]);
    assert_eq!(nobody.code, Some(1));
    assert!(nobody.complaint().contains("ben"), "{nobody:?}");
}

#[test]
fn customers_are_listed_by_name() {
    let server = Server::start();
    for (id, name) in [("c-1", "Zoe Berg"), ("c-2", "Ana Lind")] {
        let email = format!("{id}@example.com");
        server
            .run(&["customers", "put", id, "--name", name, "--email", &email])
            .done();
    }
    assert_eq!(
        server.run(&["customers", "list"]).done(),
        "NAME      CUSTOMER  E-MAIL\nAna Lind  c-2       c-2@example.com\nZoe Berg  c-1       c-1@example.com\n"
    );
    assert_eq!(
        server
            .run(&["customers", "list", "--limit", "1", "--output", "csv"])
            .done(),
        "name,customer_id,email\r\nAna Lind,c-2,c-2@example.com\r\n"
    );
}

#[test]
fn flags_change_what_they_name_and_a_file_replaces_everything() {
    let server = Server::start();
    ana(&server);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: serde_json::Value| {
        let path = folder.path().join(name);
        std::fs::write(&path, content.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let show = || server.run(&["customers", "show", "ana", "--json"]).json();
    let hidden = file("preferences.json", json!({"hide_amounts": true}));
    let put = [
        "customers",
        "put",
        "ana",
        "--locale",
        "fr",
        "--preferences",
        &hidden,
    ];
    server.run(&put).done();
    let changed = show();
    assert_eq!(changed["name"], "Ana Lind", "{changed}");
    assert_eq!(changed["locale"], "fr");
    assert_eq!(changed["preferences"]["hide_amounts"], true);
    assert_eq!(changed["revision"], 2);

    let person = file(
        "ana.json",
        json!({"name": "Ana Berg", "email": "berg@example.com"}),
    );
    let planned = server.run(&["customers", "put", "ana", "--file", &person, "--dry-run"]);
    let planned = planned.done();
    assert!(
        planned.starts_with("Would be entered:\ncustomer    ana\nname        Ana Berg\n"),
        "{planned}"
    );
    assert_eq!(show(), changed, "a dry run changes nothing");
    let late = [
        "customers",
        "put",
        "ana",
        "--file",
        &person,
        "--if-match",
        "1",
    ];
    let refused = server.run(&late);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert_eq!(show(), changed);
    server
        .run(&[
            "customers",
            "put",
            "ana",
            "--file",
            &person,
            "--if-match",
            "2",
        ])
        .done();
    let replaced = show();
    assert_eq!(replaced["name"], "Ana Berg");
    assert_eq!(replaced["locale"], "en");
}

#[test]
fn a_fault_of_a_customer_is_wrong_use_and_names_the_member() {
    let server = Server::start();
    let faulty = [
        "customers",
        "put",
        "ana",
        "--name",
        "Ana",
        "--email",
        "nowhere",
    ];
    let refused = server.run(&faulty);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.complaint().contains("email"), "{refused:?}");
    for (arguments, reason) in [
        (&["customers", "put", "ana"][..], "--file <FILE>"),
        (
            &["customers", "put", "ana", "--file", "x", "--name", "y"],
            "cannot be used with",
        ),
        (
            &["customers", "put", "ana", "--file", "no-such-file"],
            "no-such-file",
        ),
    ] {
        let refused = server.run(arguments);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.err.contains(reason), "{refused:?}");
    }
}

#[test]
fn an_erasure_is_confirmed_or_nothing_is_erased() {
    let server = Server::start();
    ana(&server);
    let planned = server
        .run(&["customers", "erase", "ana", "--dry-run"])
        .done();
    assert!(
        planned.starts_with("Would be erased:\ncustomer    ana\n"),
        "{planned}"
    );
    let unconfirmed = server.run(&["customers", "erase", "ana"]);
    assert_eq!(unconfirmed.code, Some(2), "{unconfirmed:?}");
    assert_eq!(
        unconfirmed.complaint(),
        "ledgerbell: Customer ana, Ana Lind, will be erased; this cannot be undone. There is no terminal to confirm it: \
         give --yes"
    );
    let late = server.run(&["customers", "erase", "ana", "--yes", "--if-match", "7"]);
    assert_eq!(late.code, Some(1), "{late:?}");
    server.run(&["customers", "show", "ana"]).done();
    assert_eq!(
        server.run(&["customers", "erase", "ana", "--yes"]).done(),
        "Customer ana is erased.\n"
    );
    assert_eq!(server.run(&["customers", "show", "ana"]).code, Some(1));
    assert_eq!(
        server.run(&["customers", "erase", "ana", "--yes"]).code,
        Some(1)
    );
}

#[test]
fn a_customer_whose_address_takes_mail_has_no_blocked_address() {
    let server = Server::start();
    ana(&server);
    let none = "No address of ana is blocked.\n";
    assert_eq!(
        server.run(&["customers", "blocked", "list", "ana"]).done(),
        none
    );
    assert_eq!(
        server.run(&["customers", "blocked", "allow", "ana"]).done(),
        none
    );
    let document = server
        .run(&[
            "customers",
            "blocked",
            "allow",
            "ana",
            "--dry-run",
            "--json",
        ])
        .json();
    assert_eq!(
        document,
        json!({"customer_id": "ana", "blocked": [], "dry_run": true})
    );
    assert_eq!(
        server
            .run(&["customers", "blocked", "list", "ana", "--output", "csv"])
            .done(),
        "email,reason,since,notification_id\r\n"
    );
}
