//! The link in each mail's header by which its kind is switched off.

use crate::given::*;

#[tokio::test]
async fn a_mail_has_the_headers_of_one_click_unsubscribing() {
    let world = deposit().await;
    world.settle().await;
    let mails = world.mailer.accepted();
    let header = |name: &str| {
        let found = mails[0].headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.clone()).unwrap()
    };
    assert_eq!(
        header("List-Unsubscribe-Post"),
        "List-Unsubscribe=One-Click"
    );
    let link = header("List-Unsubscribe");
    assert!(
        link.starts_with("<https://bank.example/v1/unsubscribe?token=1.") && link.ends_with('>'),
        "{link}"
    );
    assert!(!link.contains("ana"), "{link}");
}
