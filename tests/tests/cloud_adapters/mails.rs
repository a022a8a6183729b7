//! SES before and after an identity is verified.

use aws::Ses;
use handlers::ports::{Mail, Mailer, Priority, SendFailure};
use tests::second_opinion::emulated;

use crate::made::aws;

fn mail(from: &str) -> Mail {
    Mail {
        notification_id: "3f9a1c0e-5d7b-5288-8a61-0c2e94d7b1f6".parse().unwrap(),
        attempt: 1,
        from: format!("\"Example Bank\" <alerts@{from}>"),
        to: "ana@example.com".parse().unwrap(),
        subject: "Money was paid in".to_owned(),
        text: "Money was paid in".to_owned(),
        html: "<p>Money was paid in</p>".to_owned(),
        headers: Vec::new(),
        attachments: Vec::new(),
        priority: Priority::Ordinary,
    }
}

#[tokio::test]
async fn a_mail_from_an_identity_that_is_not_verified_is_later_and_from_one_that_is_goes_out() {
    let shared = emulated();
    let ses = || Ses::new(&shared, "events".to_owned(), 1);
    let failure = ses().send(&mail("later.example")).await.unwrap_err();
    assert!(matches!(failure, SendFailure::Later { .. }), "{failure:?}");

    aws(
        &shared,
        &[
            "sesv2",
            "create-email-identity",
            "--email-identity",
            "bank.example",
        ],
    );
    let id = ses().send(&mail("bank.example")).await.unwrap();
    assert!(!id.is_empty());
}
