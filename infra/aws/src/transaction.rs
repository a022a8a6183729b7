//! Transactions, and why DynamoDB cancels them.

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextMut;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::{BoxError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsError, TransactWriteItemsInput,
};
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use handlers::Error;

use crate::client::Dynamo;

/// The code of a part whose condition was not met.
pub(crate) const CONDITION: &str = "ConditionalCheckFailed";

/// Removes the token by which DynamoDB recognises a repeated request. The local engine keeps the tokens of ten minutes in
/// memory and searches all of them at each transaction: at a hundred commits a second, sixty thousand. There, the commit's
/// own key is enough.
#[derive(Debug)]
struct WithoutToken;

impl Intercept for WithoutToken {
    fn name(&self) -> &'static str {
        "WithoutToken"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(input) = context
            .input_mut()
            .downcast_mut::<TransactWriteItemsInput>()
        {
            input.client_request_token = None;
        }
        Ok(())
    }
}

/// Sends a transaction: all of its parts are done, or none.
pub(crate) async fn send(
    dynamo: &Dynamo,
    parts: Vec<TransactWriteItem>,
) -> Result<(), SdkError<TransactWriteItemsError, HttpResponse>> {
    let transaction = dynamo
        .client
        .transact_write_items()
        .set_transact_items(Some(parts));
    let answer = match dynamo.is_local {
        true => {
            let transaction = transaction.customize();
            transaction.interceptor(WithoutToken).send().await
        }
        false => transaction.send().await,
    };
    answer.map(drop)
}

/// Returns the error of a transaction that was cancelled although its conditions were met; `None` if it met another
/// transaction on the same items, which may have won. A throttle is not a conflict.
pub(crate) fn cancelled(what: &str, reasons: &[CancellationReason]) -> Option<Error> {
    let codes: Vec<&str> = reasons
        .iter()
        .filter_map(CancellationReason::code)
        .filter(|code| *code != "None")
        .collect();
    if !codes.is_empty() && codes.iter().all(|code| *code == "TransactionConflict") {
        return None;
    }
    let is_permanent = codes
        .iter()
        .any(|code| matches!(*code, "ValidationError" | "ItemCollectionSizeLimitExceeded"));
    let text = format!("{what} was cancelled: {codes:?}").into();
    Some(match is_permanent {
        true => Error::Permanent(text),
        false => Error::Retryable(text),
    })
}
