//! The embedded engine in a folder of its own, with clients and with tables for a peer.
//!
//! On one machine Ledgerbell calls its engine in its own process. Here it sends its requests over HTTP, as the peers do.

use aws::{Dynamo, Meter};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedAsyncSleep};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
};
use aws_smithy_async::rt::sleep::TokioSleep;
use embedded::Engine;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::store::Failure;

/// One waits for the file while another reads its request.
const THREADS: usize = 2;

pub struct OwnEngine {
    endpoint: String,
    /// The engine blocks the threads that it is called on.
    server: Option<Runtime>,
    _engine: Engine,
    _folder: TempDir,
}

impl OwnEngine {
    pub async fn start() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let engine = Engine::start(&folder.path().join("dynamodb.sqlite")).await?;
        let server = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .enable_all()
            .build()?;
        let listener = server.spawn(TcpListener::bind("127.0.0.1:0")).await??;
        let endpoint = format!("http://{}", listener.local_addr()?);
        server.spawn(dynoxide::server::serve_on(
            listener,
            engine.database().clone(),
        ));
        Ok(OwnEngine {
            endpoint,
            server: Some(server),
            _engine: engine,
            _folder: folder,
        })
    }

    /// Ours, with a meter of its own.
    pub fn ours(&self) -> Dynamo {
        let http = aws_smithy_http_client::Builder::new().build_http();
        Dynamo::local(http, &self.endpoint, embedded::tables())
    }

    /// A client with the same transport as ours and the SDK's own defaults.
    pub fn client(&self, meter: &Meter) -> Client {
        Client::from_conf(
            aws_sdk_dynamodb::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .endpoint_url(&self.endpoint)
                .region(Region::new("us-east-1"))
                .credentials_provider(Credentials::new("local", "local", None, None, "local"))
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
                .interceptor(meter.clone())
                .build(),
        )
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        // Waiting for its threads would block those of the thread that drops it.
        if let Some(server) = self.server.take() {
            server.shutdown_background();
        }
    }
}

/// A table by its keys: a text, and a number.
pub struct Table<'a> {
    pub name: &'a str,
    pub hash: &'a str,
    pub range: Option<&'a str>,
    /// An index of keys alone, with the table's partition key: its name, and its sort key, a number.
    pub index: Option<(&'a str, &'a str)>,
    /// A stream of new images.
    pub stream: bool,
}

impl Table<'_> {
    pub async fn create(&self, client: &Client) -> Result<(), Failure> {
        let mut request = client
            .create_table()
            .table_name(self.name)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute(self.hash, ScalarAttributeType::S)?)
            .key_schema(element(self.hash, KeyType::Hash)?);
        if let Some(range) = self.range {
            request = request
                .attribute_definitions(attribute(range, ScalarAttributeType::N)?)
                .key_schema(element(range, KeyType::Range)?);
        }
        if let Some((name, range)) = self.index {
            let keys_only = Projection::builder()
                .projection_type(ProjectionType::KeysOnly)
                .build();
            request = request
                .attribute_definitions(attribute(range, ScalarAttributeType::N)?)
                .global_secondary_indexes(
                    GlobalSecondaryIndex::builder()
                        .index_name(name)
                        .key_schema(element(self.hash, KeyType::Hash)?)
                        .key_schema(element(range, KeyType::Range)?)
                        .projection(keys_only)
                        .build()?,
                );
        }
        if self.stream {
            request = request.stream_specification(
                StreamSpecification::builder()
                    .stream_enabled(true)
                    .stream_view_type(StreamViewType::NewImage)
                    .build()?,
            );
        }
        request.send().await?;
        Ok(())
    }
}

fn attribute(name: &str, kind: ScalarAttributeType) -> Result<AttributeDefinition, Failure> {
    Ok(AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(kind)
        .build()?)
}

fn element(name: &str, kind: KeyType) -> Result<KeySchemaElement, Failure> {
    Ok(KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()?)
}
