//! The admission of those who know the address, and of no other program or user of
//! this machine.
//!
//! Loopback is open to everybody here, and every admitted request is signed with the
//! operator's credentials. So the address contains a key of this run. A visitor with
//! the key gets a cookie, which scripts cannot read and other sites cannot send.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{COOKIE, LOCATION, REFERRER_POLICY, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use handlers::http::Problem;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub(super) struct Admission {
    /// The key: 122 random bits, new at each start.
    key: String,
    /// The cookie's name. Cookies ignore ports, so two concurrent consoles need different ones.
    cookie: String,
}

impl Admission {
    pub(super) fn new(port: u16) -> Self {
        Admission {
            key: Uuid::new_v4().simple().to_string(),
            cookie: format!("ledgerbell-{port}"),
        }
    }

    /// Returns the path that admits.
    pub(super) fn entrance(&self) -> String {
        format!("/enter/{}", self.key)
    }

    pub(super) fn guard(self, app: Router) -> Router {
        app.layer(middleware::from_fn_with_state(self, check))
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        let expected = format!("{}={}", self.cookie, self.key);
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .any(|cookie| cookie.trim() == expected)
    }
}

async fn check(State(admission): State<Admission>, request: Request, next: Next) -> Response {
    if request.uri().path() == admission.entrance() {
        let Admission { cookie, key } = admission;
        let cookie = format!("{cookie}={key}; Path=/; HttpOnly; SameSite=Strict");
        let headers = [
            (SET_COOKIE, cookie.as_str()),
            (LOCATION, "/"),
            (REFERRER_POLICY, "no-referrer"),
        ];
        return (StatusCode::SEE_OTHER, headers).into_response();
    }
    if admission.admits(request.headers()) {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::FORBIDDEN,
        "not-admitted",
        "The address lacks the key of this console",
        "Open the address that `ledgerbell console` has printed.",
    )
    .into_response()
}
