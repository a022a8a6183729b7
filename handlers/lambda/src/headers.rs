//! Repeated headers: all values reach the router.

use lambda_http::LambdaEvent;
use lambda_http::request::LambdaRequest;

/// Keeps every value of each header.
///
/// API Gateway delivers all values of a header, and separately its last one. `lambda_http` replaces all by the last, so that a
/// request with two contradicting values would look like one with the last. The router refuses the former.
pub fn keep_all(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    if let LambdaRequest::ApiGatewayV1(request) = &mut event.payload {
        for name in request.multi_value_headers.keys() {
            if request.multi_value_headers.get_all(name).iter().count() > 1 {
                request.headers.remove(name);
            }
        }
    }
    event
}

#[cfg(test)]
mod tests {
    use lambda_http::{Context, Request};

    use super::*;

    /// The values of a header as the router sees them, of a request as API Gateway hands it over.
    fn seen(values: &[&str]) -> Vec<String> {
        let event = serde_json::json!({
            "resource": "/{proxy+}", "path": "/accounts/ACC-1/events", "httpMethod": "POST",
            "headers": { "Host": "api.example.com", "Idempotency-Key": values.last() },
            "multiValueHeaders": { "Host": ["api.example.com"], "Idempotency-Key": values },
            "requestContext": { "stage": "v1", "httpMethod": "POST", "resourcePath": "/{proxy+}" },
        });
        let payload: LambdaRequest = serde_json::from_value(event).unwrap();
        let event = keep_all(LambdaEvent::new(payload, Context::default()));
        let request: Request = event.payload.into();
        assert_eq!(request.headers()["host"], "api.example.com");
        let values = request.headers().get_all("idempotency-key").iter();
        values
            .map(|value| value.to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn every_value_of_a_header_reaches_the_router() {
        assert_eq!(seen(&["one"]), ["one"]);
        assert_eq!(seen(&["one", "two"]), ["one", "two"]);
        assert_eq!(seen(&["one", "two", "one"]), ["one", "two", "one"]);
    }
}
