//! The OpenAPI document: complete, and what the answers are held against.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use handlers::http::{OPENAPI, PATHS};
use serde_json::{Value, json};

use crate::client::{Answer, Client};

pub struct Document(Value);

impl Document {
    pub fn read() -> Self {
        Document(serde_json::from_str(OPENAPI).unwrap())
    }

    /// The answer is one that the document has, in status, media type and body.
    #[track_caller]
    pub fn check(&self, method: &Method, path: &str, answer: &Answer) {
        let what = format!(
            "{method} {path} answered {} {:#}",
            answer.status, answer.body
        );
        let media_type = answer.header("content-type");
        let failed = answer.status.is_client_error() || answer.status.is_server_error();
        // The pages behind a mail's link are for people.
        if failed && !media_type.is_some_and(|media_type| media_type.starts_with("text/html")) {
            assert_eq!(media_type, Some("application/problem+json"), "{what}");
            self.validate(
                &json!({ "$ref": "#/components/schemas/Problem" }),
                &answer.body,
                &what,
            );
            self.check_type(answer, &what);
        }
        let method = method.as_str().to_lowercase();
        let Some(operation) = self
            .template_of(path)
            .map(|template| &self.0["paths"][template][&method])
        else {
            assert_eq!(
                answer.status,
                StatusCode::NOT_FOUND,
                "{what}: the document has no such path"
            );
            return;
        };
        if operation.is_null() {
            assert_eq!(
                answer.status,
                StatusCode::METHOD_NOT_ALLOWED,
                "{what}: the document has no such method"
            );
            return;
        }
        let response = self.resolve(&operation["responses"][answer.status.as_str()]);
        assert!(
            response.is_object(),
            "{what}: the document has no such status"
        );
        match response["content"].as_object() {
            None => assert_eq!(answer.body, Value::Null, "{what}"),
            Some(content) => {
                let content = &content[media_type.unwrap()];
                self.validate(&content["schema"], &answer.body, &what);
            }
        }
    }

    /// Problem types are listed with their status.
    #[track_caller]
    fn check_type(&self, answer: &Answer, what: &str) {
        let listed =
            &self.0["components"]["schemas"]["Problem"]["properties"]["type"]["description"];
        let name = answer.body["type"].as_str().unwrap();
        let name = name.strip_prefix("urn:ledgerbell:problem:").unwrap();
        let line = format!("\n- `{name}` ({}): ", answer.status.as_str());
        assert!(
            listed.as_str().unwrap().contains(&line),
            "{what}: the document does not list this type"
        );
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.0.pointer(reference.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }

    fn paths(&self) -> impl Iterator<Item = &str> {
        self.0["paths"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
    }

    fn template_of(&self, path: &str) -> Option<&str> {
        let parts: Vec<&str> = path.split('/').collect();
        self.paths().find(|template| {
            let template: Vec<&str> = template.split('/').collect();
            let fits = |(part, name): (&&str, &&str)| {
                part == name || (name.starts_with('{') && !part.is_empty())
            };
            template.len() == parts.len() && parts.iter().zip(&template).all(fits)
        })
    }

    #[track_caller]
    fn validate(&self, schema: &Value, body: &Value, what: &str) {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [schema],
            "components": self.0["components"],
        });
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        let errors: Vec<String> = validator
            .iter_errors(body)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{what}: {errors:#?}");
    }
}

#[test]
fn the_document_and_the_router_have_the_same_paths() {
    let document = Document::read();
    let documented: BTreeSet<&str> = document
        .paths()
        .filter_map(|path| path.strip_prefix("/v1"))
        .collect();
    let routed: BTreeSet<&str> = PATHS.into_iter().chain(["/openapi.json"]).collect();
    assert_eq!(documented, routed);
    let outside: Vec<&str> = document
        .paths()
        .filter(|path| !path.starts_with("/v1"))
        .collect();
    assert_eq!(outside, ["/health"]);
}

#[tokio::test]
async fn every_path_and_method_of_the_document_is_there_and_no_other() {
    let client = Client::with_account().await;
    let document = Document::read();
    let mut asked = 0;
    for template in document.paths() {
        let path = template
            .replace("{account_id}", "ACC-1")
            .replace("{customer_id}", "CUST-42")
            .replace("{schedule_id}", "rent")
            .replace("{code}", "none")
            .replace("{replay_id}", "none");
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
        ] {
            let request = Request::builder()
                .method(method.clone())
                .uri(&path)
                .body(Body::empty())
                .unwrap();
            let answer = client.send(request).await;
            let documented = document.0["paths"][template]
                .get(method.as_str().to_lowercase())
                .is_some();
            assert_eq!(
                answer.status != StatusCode::METHOD_NOT_ALLOWED,
                documented,
                "{method} {path}"
            );
            let nothing = answer.body["detail"]
                .as_str()
                .is_some_and(|detail| detail.starts_with("There is nothing at"));
            assert!(!nothing, "{method} {path}");
            asked += usize::from(documented);
        }
    }
    assert_eq!(asked, 39);
}

#[tokio::test]
async fn the_document_is_served_as_it_is_kept() {
    let served = Client::new().get("/v1/openapi.json").await;
    assert_eq!(served.body, Document::read().0);
    assert!(served.body["openapi"].as_str().unwrap().starts_with("3.1."));
}

/// The examples are what people copy, so they are as the schemas say.
#[test]
fn every_example_of_the_document_is_valid() {
    let document = Document::read();
    let mut checked = 0;
    for (name, schema) in document.0["components"]["schemas"].as_object().unwrap() {
        for example in schema["examples"].as_array().into_iter().flatten() {
            document.validate(
                &json!({ "$ref": format!("#/components/schemas/{name}") }),
                example,
                name,
            );
            checked += 1;
        }
    }
    for (path, operations) in document.0["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let bodies = operation["responses"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(_, response)| response);
            for body in bodies.chain([&operation["requestBody"]]) {
                for content in body["content"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(_, content)| content)
                {
                    let examples = content["examples"].as_object().into_iter().flatten();
                    for (name, example) in examples {
                        document.validate(
                            &content["schema"],
                            &example["value"],
                            &format!("{method} {path} {name}"),
                        );
                        checked += 1;
                    }
                    if let Some(example) = content.get("example") {
                        document.validate(&content["schema"], example, &format!("{method} {path}"));
                        checked += 1;
                    }
                }
            }
        }
    }
    assert!(checked > 30, "only {checked} examples");
}

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/api.md");

/// The operations of the document by their tags, as a page.
fn reference() -> String {
    let Document(document) = Document::read();
    let mut page = "# The API\n\n\
        The operations of the API with their parameters. [The OpenAPI document](../openapi.json) has their bodies, examples \
        and errors, and is served at `/v1/openapi.json`. This page is made from it;\n\
        `UPDATE_GOLDEN=1 cargo test -p tests --test api -- reference_of` writes it.\n"
        .to_owned();
    for tag in document["tags"].as_array().unwrap() {
        page += &format!(
            "\n## {}\n\n{}\n\n| operation | what it is | parameters |\n|---|---|---|\n",
            tag["name"].as_str().unwrap(),
            tag["description"].as_str().unwrap()
        );
        let paths: BTreeMap<_, _> = document["paths"].as_object().unwrap().iter().collect();
        for (path, item) in paths {
            let methods: BTreeMap<_, _> = item.as_object().unwrap().iter().collect();
            for (method, operation) in methods {
                if operation["tags"][0] != tag["name"] {
                    continue;
                }
                let shared = item["parameters"].as_array().into_iter().flatten();
                let own = operation["parameters"].as_array().into_iter().flatten();
                let names = shared.chain(own).map(|parameter| {
                    let parameter = match parameter["$ref"].as_str() {
                        Some(place) => document.pointer(place.trim_start_matches('#')).unwrap(),
                        None => parameter,
                    };
                    (parameter["in"] != "path")
                        .then(|| format!("`{}`", parameter["name"].as_str().unwrap()))
                });
                let names: Vec<String> = names.flatten().collect();
                page += &format!(
                    "| `{} {path}` | {} | {} |\n",
                    method.to_uppercase(),
                    operation["summary"].as_str().unwrap(),
                    names.join(", ")
                );
            }
        }
    }
    let types =
        document["components"]["schemas"]["Problem"]["properties"]["type"]["description"].as_str();
    page + "\n## Problem types\n\n" + types.unwrap() + "\n"
}

#[test]
fn the_reference_of_the_api_is_what_the_document_says() {
    let told = reference();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(REFERENCE, &told).unwrap();
    }
    let written = std::fs::read_to_string(REFERENCE).unwrap();
    assert_eq!(told, written, "run the test with UPDATE_GOLDEN=1");
}
