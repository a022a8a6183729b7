//! From counts and prices to what a million events cost.

use super::data::{Commit, Data};
use crate::exit::Failure;

const MILLION: f64 = 1e6;
const GB: f64 = 1e9;
/// The memory of the functions, as in the template.
const API_GB: f64 = 0.5;
const OTHER_GB: f64 = 0.25;

/// The cost of a million events at one service, in USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    pub service: &'static str,
    pub usd: f64,
}

/// The service that `beside_ses` leaves out.
pub(super) const SES: &str = "SES";

/// Computes the cost of a million events, with this many in a commit and this many mails each.
pub(super) fn parts(data: &Data, commit: &Commit, mails: f64) -> Result<Vec<Part>, Failure> {
    let price = |name| data.price(name);
    let assumed = |name| data.assumed(name);
    let commits = MILLION / f64::from(commit.events);
    let (mail, skipped) = (&data.counts.mail, &data.counts.skipped);
    let mails = MILLION * mails;
    let untold = (MILLION - mails).max(0.0);
    let told = MILLION - untold;
    let feedback = mails * assumed("feedback_of_a_mail")?;
    let projects = commits / assumed("commits_in_a_call_of_project")?;

    let invocations = commits + projects + MILLION + feedback;
    let seconds = |milliseconds: f64| milliseconds / 1000.0;
    let gb_seconds = commits * API_GB * seconds(assumed("api_milliseconds")?)
        + projects * OTHER_GB * seconds(assumed("project_milliseconds")?)
        + told.max(mails) * OTHER_GB * seconds(assumed("mail_milliseconds")?)
        + untold * OTHER_GB * seconds(assumed("skip_milliseconds")?)
        + feedback * OTHER_GB * seconds(assumed("feedback_milliseconds")?);

    let written = commits * commit.append_cold.written()
        + projects * commit.project.written()
        + mails * (mail.notify.written() + mail.feedback.written())
        + untold * skipped.notify.written();
    // The nightly export reads each commit once more.
    let exported = commits * (commit.bytes_commit / 4096.0).ceil();
    let read = commits * commit.append_cold.read_units
        + projects * commit.project.read_units
        + mails * (mail.notify.read_units + mail.feedback.read_units)
        + untold * skipped.notify.read_units
        + exported;

    let (overhead, entry) = (
        assumed("item_overhead_bytes")?,
        assumed("index_entry_bytes")?,
    );
    let of_commit = commit.bytes_commit + commit.bytes_key + entry + 3.0 * overhead;
    // Including its copy in the index by account and its key in the index by code.
    let of_mail = 2.0 * mail.bytes_notification + entry + 3.0 * overhead;
    let of_skipped = 2.0 * (skipped.bytes_notification + overhead);
    let stored = commits * of_commit + mails * of_mail + untold * of_skipped;

    let archived = commits * commit.bus_bytes / GB;
    let logged = (commits
        * (commit.log_bytes_append
            + commit.log_bytes_project
            + assumed("line_of_api_gateway_bytes")?)
        + mails * (mail.log_bytes_notify + mail.log_bytes_feedback)
        + invocations * assumed("lines_of_lambda_bytes")?)
        / GB;
    let kept_logs = assumed("kept_logs_months")? * assumed("kept_logs_compressed")?;
    let letters = assumed("letters_of_a_million")? * assumed("calls_of_a_letter")?;
    let traces = MILLION * assumed("traced")? * assumed("traces_of_an_event")?;

    let part = |service, usd| Part { service, usd };
    Ok(vec![
        part("API Gateway", commits * price("api_gateway_request")?),
        part("Lambda, requests", invocations * price("lambda_request")?),
        part(
            "Lambda, GB-seconds",
            gb_seconds * price("lambda_gb_second")?,
        ),
        part("DynamoDB, writes", written * price("dynamodb_write_unit")?),
        part("DynamoDB, reads", read * price("dynamodb_read_unit")?),
        // Lambda's reads of a stream are not charged.
        part("DynamoDB, streams", 0.0),
        part(
            "DynamoDB, a month kept",
            stored / GB
                * (price("dynamodb_stored_gb_month")? + price("dynamodb_recovery_gb_month")?),
        ),
        part(
            "EventBridge",
            MILLION * price("eventbridge_event")?
                + archived
                    * (price("eventbridge_archived_gb")?
                        + assumed("kept_archive_months")? * price("eventbridge_archive_gb_month")?),
        ),
        part(
            "SQS and its KMS calls",
            letters * (price("sqs_request")? + price("kms_request")?),
        ),
        part(
            "CloudWatch, logs",
            logged * (price("cloudwatch_log_gb")? + kept_logs * price("cloudwatch_log_gb_month")?),
        ),
        part("X-Ray", traces * price("xray_trace")?),
        part(
            "S3, a month kept",
            MILLION * assumed("exported_event_bytes")? / GB * price("s3_gb_month")?,
        ),
        part(SES, mails * price("ses_mail")?),
    ])
}

/// Computes the cost of a month without events.
pub(super) fn standing(data: &Data) -> Result<Vec<Part>, Failure> {
    let price = |name| data.price(name);
    let assumed = |name| data.assumed(name);
    let there = &data.counts.standing;
    let metrics =
        there.own_metrics + assumed("api_methods_used")? * assumed("metrics_of_a_method")?;
    let beats = assumed("heartbeats_a_month")?;
    let part = |service, usd| Part { service, usd };
    Ok(vec![
        part(
            "CloudWatch, metrics",
            metrics * price("cloudwatch_metric_month")?,
        ),
        part(
            "CloudWatch, alarms",
            there.alarms * price("cloudwatch_alarm_month")?,
        ),
        part(
            "CloudWatch, dashboard",
            there.dashboards * price("cloudwatch_dashboard_month")?,
        ),
        part(
            "KMS",
            there.encryption_keys * price("kms_key_month")?
                + assumed("kms_requests_a_month")? * price("kms_request")?,
        ),
        part("Secrets Manager", there.secrets * price("secret_month")?),
        part(
            "heartbeats",
            beats
                * (price("scheduler_call")?
                    + price("lambda_request")?
                    + assumed("read_units_of_a_heartbeat")? * price("dynamodb_read_unit")?),
        ),
    ])
}

/// Returns possible savings for a million events at one a commit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lever {
    pub what: &'static str,
    pub usd: f64,
}

pub(super) fn levers(data: &Data, mails: f64) -> Result<Vec<Lever>, Failure> {
    let mail = &data.counts.mail;
    let mails = mails * MILLION;
    let write = data.price("dynamodb_write_unit")?;
    let one_told = mails / data.assumed("feedback_of_a_mail")?;
    let bytes = data.assumed("lines_of_lambda_bytes")? + mail.log_bytes_feedback / 2.0;
    // Of the index units of a mail, one stays for the index by account, one is for that by code and one for that by decision.
    let copies = mail.notify.index_write_units - 3.0 + mail.feedback.index_write_units;
    // For the request, the batch of the stream, the mail, and its provider events.
    let invocations = 3.0 * MILLION + mails * data.assumed("feedback_of_a_mail")?;
    let of_lambda = data.assumed("lines_of_lambda_itself_bytes")?;
    let lever = |what, usd| Lever { what, usd };
    let mut levers = vec![
        lever(
            "Lambda itself logs only failures (LogFormat JSON, SystemLogLevel WARN), not each call's time and memory",
            invocations * of_lambda / GB * data.price("cloudwatch_log_gb")?,
        ),
        lever(
            "SES reports only the outcome of a mail, and not also its sending, which its answer has already confirmed",
            one_told
                * (mail.feedback.written() * write
                    + mail.feedback.read_units * data.price("dynamodb_read_unit")?)
                + mails
                    * (data.price("lambda_request")?
                        + bytes / GB * data.price("cloudwatch_log_gb")?),
        ),
        lever(
            "the index by account has keys alone: a list of notifications then reads each of them",
            mails * copies * write,
        ),
        lever(
            "an HTTP API instead of a REST API, without its resource policies and request checks",
            MILLION
                * (data.price("api_gateway_request")? - data.price("api_gateway_http_request")?),
        ),
    ];
    levers.sort_by(|one, other| other.usd.total_cmp(&one.usd));
    Ok(levers)
}
