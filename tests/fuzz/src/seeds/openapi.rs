//! Requests, made of the API's own document and its examples.

use handlers::http::OPENAPI;
use serde_json::Value;

fn document() -> Value {
    serde_json::from_str(OPENAPI).expect("the document is JSON")
}

/// The example bodies of a path.
pub(super) fn bodies(path: &str) -> Vec<Vec<u8>> {
    let document = document();
    let item = &document["paths"][path];
    let mut bodies = Vec::new();
    for method in ["post", "put"] {
        examples(&document, &item[method], &mut bodies);
    }
    bodies
}

fn examples(document: &Value, operation: &Value, bodies: &mut Vec<Vec<u8>>) {
    let content = &operation["requestBody"]["content"]["application/json"];
    let named = content["examples"].as_object().into_iter().flatten();
    let mut values: Vec<&Value> = named.map(|(_, example)| &example["value"]).collect();
    values.extend(content.get("example"));
    if values.is_empty() {
        values.extend(resolve(document, &content["schema"])["examples"].get(0));
    }
    bodies.extend(
        values
            .into_iter()
            .map(|value| value.to_string().into_bytes()),
    );
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(place) => document
            .pointer(place.trim_start_matches('#'))
            .expect("a reference leads somewhere"),
        None => value,
    }
}

/// Every path with every method, all its parameters, and each of its bodies.
pub(super) fn requests() -> Vec<Vec<u8>> {
    let document = document();
    let mut requests = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if method == "parameters" {
                continue;
            }
            let (mut line, mut query, mut headers) = (path.clone(), Vec::new(), String::new());
            let common = item["parameters"].as_array().into_iter().flatten();
            let own = operation["parameters"].as_array().into_iter().flatten();
            for parameter in common.chain(own) {
                let parameter = resolve(&document, parameter);
                let name = parameter["name"].as_str().unwrap_or_default();
                let value = example(&document, parameter);
                match parameter["in"].as_str() {
                    Some("path") => line = line.replace(&format!("{{{name}}}"), &value),
                    Some("query") => query.push(format!("{name}={value}")),
                    _ => headers.push_str(&format!("{name}: {value}\n")),
                }
            }
            let mut bodies = Vec::new();
            examples(&document, operation, &mut bodies);
            if bodies.is_empty() {
                bodies.push(Vec::new());
            } else {
                headers.push_str("content-type: application/json\n");
            }
            for body in bodies {
                let head = format!(
                    "{} {line}?{}\n{headers}\n",
                    method.to_uppercase(),
                    query.join("&")
                );
                requests.push([head.as_bytes(), &body].concat());
            }
        }
    }
    requests
}

fn example(document: &Value, parameter: &Value) -> String {
    let schema = resolve(document, &parameter["schema"]);
    let places = [
        &parameter["example"],
        &schema["examples"][0],
        &schema["default"],
        &schema["const"],
        &schema["enum"][0],
    ];
    match places.into_iter().find(|value| !value.is_null()) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => "1".to_owned(),
    }
}
