//! The headers that make a thread of mails.

/// Longest message id, in characters: SES's have 60. A longer one makes no header.
const MAX_ID_CHARS: usize = 200;

/// Returns the headers that mark a mail as a reply to an earlier one (RFC 5322, section 3.6.4).
///
/// SES replaces the `Message-ID` of a mail by the id that it returned for the send, at `eu-west-1.amazonses.com` (the
/// region's name; `email.amazonses.com` in us-east-1). Hence the two arguments.
///
/// `None` if they do not form a message id: they are too long, or have other characters than ASCII letters, digits, `.`,
/// `_` and `-`.
///
/// <https://docs.aws.amazon.com/ses/latest/dg/header-fields.html>
#[must_use]
pub fn thread_headers(
    provider_message_id: &str,
    domain: &str,
) -> Option<[(&'static str, String); 2]> {
    let plain = |text: &str| {
        !text.is_empty()
            && text.len() <= MAX_ID_CHARS
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
    };
    let id = (plain(provider_message_id) && plain(domain))
        .then(|| format!("<{provider_message_id}@{domain}>"))?;
    Some([("In-Reply-To", id.clone()), ("References", id)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_headers_name_the_earlier_mail_as_ses_named_it() {
        let id = "0102019aa1b2c3d4-5e6f7a8b-9c0d-4e1f-8a2b-3c4d5e6f7a8b-000000";
        let named = format!("<{id}@eu-west-1.amazonses.com>");
        assert_eq!(
            thread_headers(id, "eu-west-1.amazonses.com"),
            Some([("In-Reply-To", named.clone()), ("References", named)])
        );
    }

    #[test]
    fn an_invalid_message_id_makes_no_header() {
        for id in [
            "",
            "a\r\nBcc: x@y",
            "a>b",
            "a b",
            "a@b",
            "é",
            &"x".repeat(201),
        ] {
            assert_eq!(thread_headers(id, "eu-west-1.amazonses.com"), None);
            assert_eq!(thread_headers("id", id), None);
        }
    }
}
