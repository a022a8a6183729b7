//! `/unsubscribe`, RFC 8058: the only route without authentication. A GET shows a page and changes nothing, because mail
//! scanners follow links; a POST acts.

mod page;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use domain::cadence::Cadence;

use super::problem::Problem;
use super::{Api, body};
use crate::error::Error;
use page::Page;

/// The field of a POST's body (RFC 8058, section 3.2), which our own form has too.
const FIELD: &str = "List-Unsubscribe";
const ONE_CLICK: &str = "One-Click";
/// The field of our own form that undoes a click; its value is signed.
const UNDO: &str = "Undo";
/// The field of our own form that changes when mails come; its value is as in the preferences.
const DELIVERY: &str = "Delivery";

/// The act that a POST asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Act {
    Stop,
    Undo(String),
    Deliver(Cadence),
}
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

pub(super) async fn show(
    State(api): State<Api>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let found = match token(query.as_deref()) {
        Some(token) => api.unsubscriber.look(&token).await?,
        None => None,
    };
    Ok(match found {
        Some(link) => answer(StatusCode::OK, &Page::ask(&link)),
        None => refused(),
    })
}

pub(super) async fn act(
    State(api): State<Api>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request_body: Body,
) -> Result<Response, Problem> {
    let body = body::read(request_body).await?;
    let (Some(act), Some(token)) = (read_act(&headers, &body), token(query.as_deref())) else {
        return Ok(refused());
    };
    let page = match carry_out(&api, &token, act).await {
        // Written back without what cannot be read, the entry would lose more than a kind.
        Err(error) if error.unreadable_person().is_some() => {
            tracing::error!(%error, "somebody could not unsubscribe");
            return Ok(answer(StatusCode::INTERNAL_SERVER_ERROR, &Page::failed()));
        }
        page => page?,
    };
    Ok(page.map_or_else(refused, |page| answer(StatusCode::OK, &page)))
}

/// Returns the page that says what was done; `None` if the link, or what would undo it, is none of ours.
async fn carry_out(api: &Api, token: &str, act: Act) -> Result<Option<Page>, Error> {
    let unsubscriber = &api.unsubscriber;
    Ok(match act {
        Act::Stop => unsubscriber.unsubscribe(token).await?.map(Page::done),
        Act::Undo(undo) => {
            let link = unsubscriber.undo(token, &undo).await?;
            link.as_ref().map(Page::undone)
        }
        Act::Deliver(delivery) => {
            let done = unsubscriber.deliver(token, delivery).await?;
            done.map(|(link, gets_any)| Page::delivered(&link, delivery, gets_any))
        }
    })
}

/// The same answer to every link that does not work, for any reason.
fn refused() -> Response {
    answer(StatusCode::BAD_REQUEST, &Page::refused())
}

/// Returns the token of a query, in which mail systems may add parameters of their own. Two tokens are ambiguous, and give
/// none.
fn token(query: Option<&str>) -> Option<String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query?).unwrap_or_default();
    let mut tokens = pairs.into_iter().filter(|(name, _)| name == "token");
    let (_, token) = tokens.next()?;
    tokens.all(|(_, other)| other == token).then_some(token)
}

/// Reads the act from the body's only field of ours. Mail systems send theirs as a form, in either encoding.
fn read_act(headers: &HeaderMap, body: &[u8]) -> Option<Act> {
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("")
        .to_ascii_lowercase();
    if media_type.starts_with("multipart/form-data") {
        let text = String::from_utf8_lossy(body);
        let (_, part) = text.split_once(&format!("name=\"{FIELD}\""))?;
        // The part's headers end with an empty line, and its value with the boundary's.
        let (_, value) = part.split_once("\r\n\r\n")?;
        return (value.split("\r\n").next() == Some(ONE_CLICK)).then_some(Act::Stop);
    }
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).unwrap_or_default();
    let mut acts = pairs
        .into_iter()
        .filter_map(|(name, value)| match name.as_str() {
            FIELD => Some((value == ONE_CLICK).then_some(Act::Stop)),
            UNDO => Some(Some(Act::Undo(value))),
            DELIVERY => Some(
                Cadence::ALL
                    .into_iter()
                    .find(|delivery| delivery.as_str() == value)
                    .map(Act::Deliver),
            ),
            _ => None,
        });
    let act = acts.next()?;
    // Two acts are ambiguous, and none is carried out.
    acts.all(|other| other == act).then_some(act)?
}

fn answer(status: StatusCode, page: &Page) -> Response {
    let mut response = (status, page.html()).into_response();
    let headers = response.headers_mut();
    let mut set = |name, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(CONTENT_TYPE, "text/html; charset=utf-8");
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    // The URL contains the token, which no other site may get. Not "no-referrer": browsers then send `Origin: null` with the
    // form, which some servers refuse.
    set(REFERRER_POLICY, "same-origin");
    set(CACHE_CONTROL, "no-store");
    set(ROBOTS, "noindex");
    if let Ok(policy) = HeaderValue::from_str(&page::policy()) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_click(media_type: &str, body: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap());
        read_act(&headers, body.as_bytes()) == Some(Act::Stop)
    }

    #[test]
    fn the_field_is_read_in_both_encodings_of_a_form() {
        let form = "application/x-www-form-urlencoded";
        assert!(one_click(form, "List-Unsubscribe=One-Click"));
        assert!(one_click(form, "a=b&List-Unsubscribe=One-Click"));
        assert!(!one_click(
            form,
            "List-Unsubscribe=One-Click&Delivery=daily"
        ));
        assert!(!one_click(form, "Undo=x&List-Unsubscribe=One-Click"));
        let part = |name: &str, value: &str| {
            format!(
                "--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--x--\r\n"
            )
        };
        let multipart = "multipart/form-data; boundary=x";
        assert!(one_click(multipart, &part("List-Unsubscribe", "One-Click")));
        assert!(!one_click(multipart, &part("List-Unsubscribe", "No")));
        assert!(!one_click(multipart, &part("Other", "One-Click")));
        for body in [
            "",
            "List-Unsubscribe",
            "List-Unsubscribe=one",
            "One-Click",
            "{}",
        ] {
            assert!(!one_click(form, body), "{body}");
        }
    }
}
