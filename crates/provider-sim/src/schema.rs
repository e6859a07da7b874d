//! JSON that fits a JSON schema, made from the seed: what a practice model calls tools with and answers in.

use crate::seeded::Seeded;
use serde_json::{Map, Value, json};

/// Below this only what a schema requires is made, so that one that refers to itself ends.
const DEEP: usize = 4;
const DEEPEST: usize = 16;

/// A value that fits `schema`; the same seed and label give the same one.
pub(crate) fn fitting(seeded: &Seeded, label: &str, schema: &Value) -> Value {
    Maker { seeded, root: schema }.value(schema, label, 0)
}

struct Maker<'s> {
    seeded: &'s Seeded,
    root: &'s Value,
}

impl Maker<'_> {
    fn value(&self, schema: &Value, label: &str, depth: usize) -> Value {
        if depth > DEEPEST {
            return Value::Null;
        }
        if let Some(place) = schema["$ref"].as_str() {
            let found = place.strip_prefix('#').and_then(|place| self.root.pointer(place));
            return found.map_or(Value::Null, |found| self.value(found, label, depth + 1));
        }
        if let Some(fixed) = schema.get("const") {
            return fixed.clone();
        }
        if let Some(choice) = schema["enum"].as_array().filter(|all| !all.is_empty()) {
            return choice[self.below(label, choice.len())].clone();
        }
        for word in ["anyOf", "oneOf"] {
            if let Some(ways) = schema[word].as_array().filter(|all| !all.is_empty()) {
                return self.value(self.way(ways, depth), label, depth + 1);
            }
        }
        if let Some(parts) = schema["allOf"].as_array().filter(|all| !all.is_empty()) {
            return self.value(&self.joined(schema, parts), label, depth + 1);
        }
        match self.kind(schema, depth) {
            "object" => self.object(schema, label, depth),
            "array" => self.array(schema, label, depth),
            "string" => self.text(schema, label).into(),
            "integer" => self.number(schema, label, 1).into(),
            "number" => (self.number(schema, label, 0) as f64).into(),
            "boolean" => (self.below(label, 2) == 0).into(),
            _ => Value::Null,
        }
    }

    /// The first way that is not nothing; deep down the one that is, if there is one.
    fn way<'v>(&self, ways: &'v [Value], depth: usize) -> &'v Value {
        let nothing = |way: &&Value| way["type"] == "null";
        let found = if depth > DEEP { ways.iter().find(nothing) } else { ways.iter().find(|way| !nothing(way)) };
        found.unwrap_or(&ways[0])
    }

    /// One schema out of several that all hold, as far as objects go.
    fn joined(&self, schema: &Value, parts: &[Value]) -> Value {
        let mut all = schema.as_object().cloned().unwrap_or_default();
        all.remove("allOf");
        for part in parts {
            let place = part["$ref"].as_str().and_then(|place| place.strip_prefix('#'));
            let part = place.and_then(|place| self.root.pointer(place)).unwrap_or(part);
            for (name, value) in part.as_object().into_iter().flatten() {
                match (all.get_mut(name), value) {
                    (Some(Value::Object(had)), Value::Object(more)) => had.extend(more.clone()),
                    (Some(Value::Array(had)), Value::Array(more)) => had.extend(more.clone()),
                    _ => {
                        all.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        Value::Object(all)
    }

    fn kind<'v>(&self, schema: &'v Value, depth: usize) -> &'v str {
        match &schema["type"] {
            Value::String(kind) => kind,
            Value::Array(kinds) => {
                let mut kinds = kinds.iter().filter_map(Value::as_str);
                let nothing = depth > DEEP && kinds.clone().any(|kind| kind == "null");
                if nothing { "null" } else { kinds.find(|kind| *kind != "null").unwrap_or("null") }
            }
            _ if schema["properties"].is_object() => "object",
            _ if schema["items"].is_object() => "array",
            _ => "string",
        }
    }

    fn object(&self, schema: &Value, label: &str, depth: usize) -> Value {
        let mut made = Map::new();
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, part) in schema["properties"].as_object().into_iter().flatten() {
            if depth <= DEEP || required.contains(&name.as_str()) {
                made.insert(name.clone(), self.value(part, &format!("{label}/{name}"), depth + 1));
            }
        }
        if made.is_empty() && !schema["properties"].is_object() && schema["additionalProperties"] != json!(false) {
            made.insert("answer".to_owned(), self.text(&Value::Null, label).into());
        }
        Value::Object(made)
    }

    fn array(&self, schema: &Value, label: &str, depth: usize) -> Value {
        let least = schema["minItems"].as_u64().unwrap_or(u64::from(depth <= DEEP));
        let make = |number| self.value(&schema["items"], &format!("{label}/{number}"), depth + 1);
        Value::Array((0..least.min(16)).map(make).collect())
    }

    fn text(&self, schema: &Value, label: &str) -> String {
        let day = 1 + self.below(label, 28);
        let mut text = match schema["format"].as_str() {
            Some("date") => format!("2026-11-{day:02}"),
            Some("date-time") => format!("2026-11-{day:02}T12:00:00Z"),
            Some("time") => "12:00:00Z".to_owned(),
            Some("email") => format!("practice{day}@example.com"),
            Some("uri") => format!("https://example.com/{day}"),
            Some("uuid") => return self.seeded.uuid(label),
            _ => format!("practice {}", self.seeded.letters(label, 6).to_lowercase()),
        };
        while schema["minLength"].as_u64().is_some_and(|least| (text.chars().count() as u64) < least) {
            text.push('x');
        }
        match schema["maxLength"].as_u64() {
            Some(most) => text.chars().take(usize::try_from(most).unwrap_or(usize::MAX)).collect(),
            None => text,
        }
    }

    /// A whole number within the schema's bounds.
    fn number(&self, schema: &Value, label: &str, beyond: i64) -> i64 {
        let bound = |name: &str| schema[name].as_f64().map(|bound| bound as i64);
        let least = bound("minimum").or(bound("exclusiveMinimum").map(|least| least + beyond.max(1)));
        let most = bound("maximum").or(bound("exclusiveMaximum").map(|most| most - beyond.max(1)));
        let (least, most) = match (least, most) {
            (Some(least), Some(most)) => (least, most.max(least)),
            (Some(least), None) => (least, least.saturating_add(99)),
            (None, Some(most)) => (most.saturating_sub(99), most),
            (None, None) => (1, 99),
        };
        let span = usize::try_from(most.saturating_sub(least).saturating_add(1)).unwrap_or(1).max(1);
        let number = least.saturating_add(i64::try_from(self.below(label, span)).unwrap_or(0));
        match schema["multipleOf"].as_i64() {
            Some(step) if step > 0 => (number / step * step).max(least),
            _ => number,
        }
    }

    fn below(&self, label: &str, count: usize) -> usize {
        self.seeded.number(label) as usize % count.max(1)
    }
}
