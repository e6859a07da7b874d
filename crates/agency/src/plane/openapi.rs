//! `GET /v1/openapi.json`: the client plane in OpenAPI 3.1, made from the list of routes and the types that travel.

use axum::Json;
use ownkey_protocol::api::Problem;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::ROUTES;

/// How a route's body or answer is described.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body {
    /// None.
    None,
    /// JSON of a type.
    Json(fn(&mut SchemaGenerator) -> Schema),
    /// Another kind of content.
    Other(&'static str),
}

impl Body {
    fn content(self, generator: &mut SchemaGenerator) -> Option<Value> {
        match self {
            Self::None => None,
            Self::Json(schema) => Some(json!({ "application/json": { "schema": schema(generator) } })),
            Self::Other(kind) => Some(json!({ kind: { "schema": { "type": "string" } } })),
        }
    }
}

pub(super) async fn document() -> Json<Value> {
    Json(made())
}

fn made() -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let problem = generator.subschema_for::<Problem>();
    let mut paths = Map::new();
    for route in ROUTES {
        let mut operation = json!({
            "summary": route.summary,
            "parameters": parameters(route.path, route.query),
            "security": if route.open { json!([{}]) } else { json!([{ "device": [] }]) },
            "responses": {
                "200": { "description": "Done", "content": route.answers.content(&mut generator) },
                "default": {
                    "description": "A problem document (RFC 9457) with a code.",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
        });
        if let Some(content) = route.takes.content(&mut generator) {
            operation["requestBody"] = json!({ "required": true, "content": content });
        }
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.to_ascii_lowercase()] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "ownkey-agency, client plane",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every change is one signed act, sent to /v1/acts; all else reads.",
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": { "device": {
                "type": "apiKey", "in": "header", "name": "Signature",
                "description": "HTTP Message Signatures (RFC 9421), label and tag ownkey, Ed25519, by the device's key.",
            } },
        },
    })
}

fn parameters(path: &str, query: &[&str]) -> Vec<Value> {
    let parameter = |name: &str, place: &str| json!({ "name": name, "in": place, "required": place == "path", "schema": { "type": "string" } });
    let inside = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    inside.map(|name| parameter(name, "path")).chain(query.iter().map(|name| parameter(name, "query"))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
mod tests {
    use super::*;

    /// Every `$ref` of a document.
    fn references(of: &Value, found: &mut Vec<String>) {
        match of {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_route_is_described_and_every_reference_leads_somewhere() {
        let document = made();
        for route in ROUTES {
            let operation = &document["paths"][route.path][route.method.to_ascii_lowercase()];
            assert!(operation["summary"].is_string(), "{} {}", route.method, route.path);
            assert_eq!(operation["requestBody"].is_object(), route.method == "POST", "{}", route.path);
        }
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 10, "{found:?}");
        for reference in found {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }

    #[test]
    fn the_schemas_are_those_of_what_travels() {
        let document = made();
        let act = &document["components"]["schemas"]["ActRequest"];
        assert_eq!(act["additionalProperties"], false);
        assert_eq!(act["required"], json!(["act"]));
        assert!(document["components"]["schemas"]["Code"].to_string().contains("\"clock_skew\""));
    }
}
