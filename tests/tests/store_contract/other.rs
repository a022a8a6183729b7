//! An engine behind DynamoDB's protocol, with tables that are made for one test.

use aws::{Dynamo, SharedConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableStatus,
};
use serde_json::Value;
use tests::second_opinion;
use tokio::time::{Duration, sleep};

use crate::place::named;

const POLL: Duration = Duration::from_millis(500);

pub struct Other {
    shared: SharedConfig,
    client: Client,
    prefix: String,
    tables: Vec<String>,
}

impl Other {
    pub async fn with(tables: &[&str]) -> Self {
        let shared = second_opinion::config().await;
        let client = Client::new(&shared);
        let run = std::env::var(xtask::CONTRACT_PREFIX).unwrap_or("contract-".to_owned());
        let prefix = format!("{run}{}-", uuid::Uuid::new_v4().simple());
        let mut made = Vec::new();
        for request in embedded::table_requests().unwrap() {
            let name = text(&request["TableName"]);
            if tables.contains(&name) {
                made.push(make(&client, &prefix, &request).await);
            }
        }
        assert_eq!(made.len(), tables.len(), "{tables:?}");
        for table in &made {
            until_active(&client, table).await;
        }
        Other {
            shared,
            client,
            prefix,
            tables: made,
        }
    }

    pub fn dynamo(&self) -> Dynamo {
        Dynamo::with_tables(&self.shared, named(|name| format!("{}{name}", self.prefix)))
    }

    pub async fn end(self) {
        for table in self.tables {
            self.client
                .delete_table()
                .table_name(table)
                .send()
                .await
                .unwrap();
        }
    }
}

/// Makes a table as the template has it, and returns its name.
async fn make(client: &Client, prefix: &str, request: &Value) -> String {
    let name = format!("{prefix}{}", text(&request["TableName"]));
    let mut create = client
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(keys(&request["KeySchema"])));
    for attribute in list(&request["AttributeDefinitions"]) {
        let attribute = AttributeDefinition::builder()
            .attribute_name(text(&attribute["AttributeName"]))
            .attribute_type(ScalarAttributeType::from(text(&attribute["AttributeType"])))
            .build();
        create = create.attribute_definitions(attribute.unwrap());
    }
    for index in list(&request["GlobalSecondaryIndexes"]) {
        let projection = &index["Projection"];
        let included = list(&projection["NonKeyAttributes"])
            .iter()
            .map(|name| text(name).to_owned())
            .collect::<Vec<_>>();
        let projection = Projection::builder()
            .projection_type(ProjectionType::from(text(&projection["ProjectionType"])))
            .set_non_key_attributes((!included.is_empty()).then_some(included))
            .build();
        let index = GlobalSecondaryIndex::builder()
            .index_name(text(&index["IndexName"]))
            .set_key_schema(Some(keys(&index["KeySchema"])))
            .projection(projection)
            .build();
        create = create.global_secondary_indexes(index.unwrap());
    }
    create.send().await.unwrap();
    name
}

async fn until_active(client: &Client, table: &str) {
    loop {
        let described = client
            .describe_table()
            .table_name(table)
            .send()
            .await
            .unwrap();
        let status = described.table.and_then(|table| table.table_status);
        if status == Some(TableStatus::Active) {
            return;
        }
        sleep(POLL).await;
    }
}

fn keys(schema: &Value) -> Vec<KeySchemaElement> {
    let key = |key: &Value| {
        KeySchemaElement::builder()
            .attribute_name(text(&key["AttributeName"]))
            .key_type(KeyType::from(text(&key["KeyType"])))
            .build()
            .unwrap()
    };
    list(schema).iter().map(key).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
