//! The request to SES: one mail in its simple form, from which SES makes MIME.

use aws_sdk_sesv2::types::{
    Attachment, AttachmentContentDisposition, AttachmentContentTransferEncoding, Body, Content,
    Destination, EmailContent, Message, MessageHeader, MessageTag,
};
use aws_smithy_types::Blob;
use aws_smithy_types::error::operation::BuildError;
use handlers::ports::{ATTEMPT_TAG, Mail, NOTIFICATION_TAG, SendFailure};

fn refused(error: BuildError) -> SendFailure {
    SendFailure::Refused(format!("the mail could not be built: {error}"))
}

pub(super) fn content(mail: &Mail) -> Result<EmailContent, SendFailure> {
    let headers = mail
        .all_headers()
        .map_err(|error| SendFailure::Refused(error.to_string()))?;
    let headers: Result<Vec<_>, _> = headers
        .into_iter()
        .map(|(name, value)| MessageHeader::builder().name(name).value(value).build())
        .collect();
    let attachments: Result<Vec<_>, _> = mail
        .attachments
        .iter()
        .map(|file| {
            Attachment::builder()
                .file_name(&file.name)
                .content_type(&file.content_type)
                .content_disposition(AttachmentContentDisposition::Attachment)
                .content_transfer_encoding(AttachmentContentTransferEncoding::Base64)
                .raw_content(Blob::new(file.bytes.clone()))
                .build()
        })
        .collect();
    let body = Body::builder()
        .text(text(&mail.text)?)
        .html(text(&mail.html)?)
        .build();
    let message = Message::builder()
        .subject(text(&mail.subject)?)
        .body(body)
        .set_headers(Some(headers.map_err(refused)?))
        .set_attachments(Some(attachments.map_err(refused)?).filter(|files| !files.is_empty()))
        .build();
    Ok(EmailContent::builder().simple(message).build())
}

/// Returns the tags by which SES's events name the notification and the attempt.
pub(super) fn tags(mail: &Mail) -> Result<Vec<MessageTag>, SendFailure> {
    [
        (NOTIFICATION_TAG, mail.notification_id.to_string()),
        (ATTEMPT_TAG, mail.attempt.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| MessageTag::builder().name(name).value(value).build())
    .collect::<Result<Vec<_>, _>>()
    .map_err(refused)
}

pub(super) fn destination(mail: &Mail) -> Destination {
    Destination::builder()
        .to_addresses(mail.to.as_str())
        .build()
}

fn text(text: &str) -> Result<Content, SendFailure> {
    Content::builder()
        .data(text)
        .charset("UTF-8")
        .build()
        .map_err(refused)
}

#[cfg(test)]
mod tests {
    use domain::NotificationId;
    use handlers::ports::{self, Priority};

    use super::*;

    fn mail() -> Mail {
        Mail {
            notification_id: NotificationId::from_u128(7),
            attempt: 2,
            from: "bank@example.com".to_owned(),
            to: "ana@example.com".parse().unwrap(),
            subject: "Subject".to_owned(),
            text: "Text".to_owned(),
            html: "<p>Text</p>".to_owned(),
            headers: vec![(
                "List-Unsubscribe".to_owned(),
                "<https://bank.example/>".to_owned(),
            )],
            attachments: vec![ports::Attachment {
                name: "entries.csv".to_owned(),
                content_type: "text/csv".to_owned(),
                bytes: b"a;b".to_vec(),
            }],
            priority: Priority::Ordinary,
        }
    }

    #[test]
    fn headers_attachments_and_tags_go_to_ses() {
        let content = content(&mail()).unwrap();
        let message = content.simple().unwrap();
        let headers: Vec<(&str, &str)> = message
            .headers()
            .iter()
            .map(|header| (header.name(), header.value()))
            .collect();
        assert_eq!(headers[0], ("Auto-Submitted", "auto-generated"));
        assert_eq!(headers[2], ("List-Unsubscribe", "<https://bank.example/>"));
        let [file] = message.attachments() else {
            panic!("one attachment")
        };
        assert_eq!(file.file_name(), "entries.csv");
        assert_eq!(file.content_type(), Some("text/csv"));
        assert_eq!(file.raw_content().as_ref(), b"a;b");
        let tags = tags(&mail()).unwrap();
        let tags: Vec<(&str, &str)> = tags.iter().map(|tag| (tag.name(), tag.value())).collect();
        let id = NotificationId::from_u128(7).to_string();
        assert_eq!(tags, [("notification_id", id.as_str()), ("attempt", "2")]);
    }

    #[test]
    fn a_mail_with_a_forged_header_is_refused_before_it_is_sent() {
        let mut forged = mail();
        forged.headers = vec![("X-A".to_owned(), "a\r\nBcc: eve@example.com".to_owned())];
        assert!(matches!(content(&forged), Err(SendFailure::Refused(_))));
    }
}
