//! The cold starts: the time from the start of a function's process to its first `/next` and its first answer, the size of
//! its zip, and its memory.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    part::{Goal, Part, Table},
    runtime_api::RuntimeApi,
};
use crate::{
    error::{Error, Result, at},
    package::{Architecture, FUNCTIONS, Profile, package},
    workspace::output_dir,
};

const ROUNDS: usize = 15;
const NEXT_MS: u64 = 30;
const ZIP_BYTES: u64 = 4_000_000;
const MEMORY_BYTES: u64 = 40_000_000;

/// The measurements of one function.
struct Measured {
    function: &'static str,
    zip: u64,
    memory: u64,
    next: Vec<Duration>,
    first: Vec<Duration>,
    warm: Vec<Duration>,
    /// The number of requests to AWS before it was ready.
    requests: usize,
}

/// Starts each function, packaged for deployment, with a stub of the Runtime API.
///
/// # Errors
/// A function cannot be built or does not answer.
pub(super) fn cold_start(quick: bool) -> Result<Part> {
    let profile = if quick {
        Profile::Dev
    } else {
        Profile::Release
    };
    let rounds = if quick { 2 } else { ROUNDS };
    let zips = package(Architecture::of_this_machine()?, profile)?;
    let folder = output_dir().join("bench");
    let mut all = Vec::new();
    for (function, zip) in FUNCTIONS.into_iter().zip(&zips) {
        let program = unpack(zip, &folder.join(function))?;
        let mut measured = Measured {
            function,
            zip: fs::metadata(zip).map_err(at(zip))?.len(),
            memory: 0,
            next: Vec::new(),
            first: Vec::new(),
            warm: Vec::new(),
            requests: 0,
        };
        // The first run loads the file into the page cache, where Lambda has it too.
        for round in 0..=rounds {
            run(&program, &mut measured, round > 0)?;
        }
        all.push(measured);
    }
    Ok(part(all, rounds))
}

fn unpack(zip: &Path, folder: &Path) -> Result<PathBuf> {
    let bad = |error: zip::result::ZipError| Error::Bench(format!("{}: {error}", zip.display()));
    let file = fs::File::open(zip).map_err(at(zip))?;
    let mut archive = zip::ZipArchive::new(file).map_err(bad)?;
    archive.extract(folder).map_err(bad)?;
    Ok(folder.join("bootstrap"))
}

/// Measures one process from its start to its end.
fn run(program: &Path, measured: &mut Measured, counts: bool) -> Result<()> {
    let runtime = RuntimeApi::start()?;
    let (aws, requests) = aws()?;
    let started = Instant::now();
    let child = Process(
        Command::new(program)
            .env_clear()
            .envs(environment(&runtime, &aws))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| Error::Start {
                program: program.display().to_string(),
                source,
            })?,
    );
    let (ready, answer) = runtime.next()?;
    measured.requests = measured.requests.max(requests.load(Ordering::SeqCst));
    let mut answers = Vec::new();
    if let Some(event) = event(measured.function) {
        let event = event.to_string();
        let asked = answer.invoke(&event)?;
        answers.push(runtime.response()? - asked);
        let (_, answer) = runtime.next()?;
        let asked = answer.invoke(&event)?;
        answers.push(runtime.response()? - asked);
    }
    measured.memory = measured.memory.max(child.peak_memory());
    if counts {
        measured.next.push(ready - started);
        measured.first.extend(answers.first());
        measured.warm.extend(answers.get(1));
    }
    Ok(())
}

/// Returns an endpoint for the SDK that counts connections and closes them.
fn aws() -> Result<(String, Arc<AtomicUsize>)> {
    let bad = |error: std::io::Error| Error::Bench(format!("the endpoint: {error}"));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(bad)?;
    let address = listener.local_addr().map_err(bad)?;
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(stream);
        }
    });
    Ok((format!("http://{address}"), requests))
}

fn environment(runtime: &RuntimeApi, aws: &str) -> Vec<(&'static str, String)> {
    let fixed = [
        // The variables that Lambda sets.
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
        ("AWS_SESSION_TOKEN", "example"),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
        // The variables that the template sets.
        ("STACK_NAME", "bench"),
        ("EVENTS_TABLE", "events"),
        ("REQUESTS_TABLE", "requests"),
        ("BALANCES_TABLE", "balances"),
        ("CUSTOMERS_TABLE", "customers"),
        ("NOTIFICATIONS_TABLE", "notifications"),
        ("REPLAYS_TABLE", "replays"),
        ("SCHEDULES_TABLE", "schedules"),
        ("SUPPRESSIONS_TABLE", "suppressions"),
        ("BUS_NAME", "bench"),
        ("DEAD_LETTER_QUEUE_URL", "http://localhost/dead-letters"),
        ("SIGNING_KEYS", "signing-keys"),
        ("EXPORTS_BUCKET", "exports"),
        ("MAIL_FROM", "alerts@example.com"),
        ("CONFIGURATION_SET", "bench"),
        ("BANK_NAME", "Example Bank"),
        ("PUBLIC_URL", "https://bank.example/v1"),
        ("CONCURRENCY", "5"),
        ("RUST_LOG", "info"),
    ];
    fixed
        .into_iter()
        .map(|(name, value)| (name, value.to_owned()))
        .chain([
            ("AWS_LAMBDA_RUNTIME_API", runtime.address().to_owned()),
            ("AWS_ENDPOINT_URL", aws.to_owned()),
        ])
        .collect()
}

/// Returns an event that a function answers without AWS, if there is one.
fn event(function: &str) -> Option<Value> {
    match function {
        "api" => Some(json!({
            "resource": "/openapi.json", "path": "/openapi.json", "httpMethod": "GET",
            "headers": { "Host": "bench.execute-api.eu-west-1.amazonaws.com" }, "multiValueHeaders": {},
            "queryStringParameters": null, "multiValueQueryStringParameters": null,
            "pathParameters": null, "stageVariables": null, "body": null, "isBase64Encoded": false,
            "requestContext": {
                "accountId": "123456789012", "apiId": "bench", "stage": "v1", "resourceId": "bench",
                "resourcePath": "/openapi.json", "path": "/v1/openapi.json", "httpMethod": "GET",
                "requestId": "bench", "protocol": "HTTP/1.1", "identity": { "sourceIp": "192.0.2.1" },
            },
        })),
        "project" => Some(json!({ "Records": [] })),
        _ => None,
    }
}

/// A process that ends when this is dropped.
struct Process(Child);

impl Process {
    fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| {
            line.trim()
                .trim_end_matches(" kB")
                .trim()
                .parse::<u64>()
                .ok()
        });
        kibibytes.unwrap_or(0) * 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn part(all: Vec<Measured>, rounds: usize) -> Part {
    let most = |of: fn(&Measured) -> u64| all.iter().max_by_key(|one| of(one));
    let goal =
        |name: &str, wanted: String, found: Option<&Measured>, measured: String, met: bool| Goal {
            goal: name.to_owned(),
            wanted,
            measured: match found {
                Some(one) => format!("{measured} ({})", one.function),
                None => measured,
            },
            ratio: None,
            met,
            why: if met {
                String::new()
            } else {
                "see the table by function, and ADR 26 for the comparison".to_owned()
            },
        };
    let slowest = most(|one| millis(middle(&one.next)));
    let largest = most(|one| one.zip);
    let fattest = most(|one| one.memory);
    let next = slowest.map_or(0, |one| millis(middle(&one.next)));
    let zip = largest.map_or(0, |one| one.zip);
    let memory = fattest.map_or(0, |one| one.memory);
    let requests = all.iter().map(|one| one.requests).sum::<usize>();
    Part {
        part: "cold-start".to_owned(),
        says: format!(
            "Each function, built as deployed but for this processor, is started against a stub of Lambda's Runtime API, {rounds} times after one uncounted \
             start. The times are medians. They exclude Lambda's own time before the process starts, and the first request to each service."
        ),
        goals: vec![
            goal("process start to the first `/next`, slowest function", format!("<= {NEXT_MS} ms"), slowest, format!("{next} ms"), next <= NEXT_MS),
            goal("zip, largest function", "<= 4 MB".to_owned(), largest, megabytes(zip), zip <= ZIP_BYTES),
            goal("resident memory after its first answers, largest function", "<= 40 MB".to_owned(), fattest, megabytes(memory), memory <= MEMORY_BYTES),
            goal("requests to AWS before the first `/next`, all functions", "0".to_owned(), None, requests.to_string(), requests == 0),
        ],
        tables: vec![Table {
            title: "By function".to_owned(),
            head: ["function", "zip", "to `/next`, ms", "least to most", "first answer, ms", "warm answer, ms", "resident"].map(str::to_owned).into(),
            rows: all.iter().map(row).collect(),
        }],
        charts: Vec::new(),
        notes: vec![
            "Answers are measured only where they need no AWS: the API's document, an empty batch of the stream. The other functions have none.".to_owned(),
        ],
        made_by: String::new(),
    }
}

fn row(one: &Measured) -> Vec<String> {
    let answer = |times: &[Duration]| {
        if times.is_empty() {
            "–".to_owned()
        } else {
            tenths(middle(times))
        }
    };
    let (least, most) = (one.next.iter().min(), one.next.iter().max());
    vec![
        one.function.to_owned(),
        megabytes(one.zip),
        tenths(middle(&one.next)),
        format!(
            "{} to {}",
            tenths(least.copied().unwrap_or_default()),
            tenths(most.copied().unwrap_or_default())
        ),
        answer(&one.first),
        answer(&one.warm),
        megabytes(one.memory),
    ]
}

fn middle(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn tenths(time: Duration) -> String {
    let tenths = time.as_micros() / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn megabytes(bytes: u64) -> String {
    let tenths = bytes / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}
