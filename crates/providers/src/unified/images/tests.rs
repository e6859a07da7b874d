use serde_json::json;

use super::table::{COLUMNS, FIELDS, Fate};
use super::*;

const BOUNDARY: &str = "boundary-0123456789";

fn model(provider: Provider) -> &'static str {
    match provider {
        Provider::Gemini => "gemini-3.1-flash-image",
        Provider::Stability => "core",
        _ => "black-forest-labs/flux-schnell",
    }
}

fn out(provider: Provider, more: &Value) -> Result<String, String> {
    let mut body = json!({"prompt": "A paper boat"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let order = read(body.to_string().as_bytes()).map_err(|e| e.field)?;
    let out = outgoing(provider, &order, order.model.as_deref().unwrap_or(model(provider)), BOUNDARY);
    out.map(|out| format!("{}\n{}", out.path, String::from_utf8(out.body).unwrap())).map_err(|e| e.field)
}

/// A value of each field that says something, and one that no provider could carry.
fn samples(field: &str) -> (Value, Value) {
    match field {
        "prompt" => (json!("Two boats"), json!(5)),
        "model" => (Value::Null, json!("no such/../model")),
        "n" => (json!(3), json!(11)),
        "size" => (json!("1536x1024"), json!("1000x100")),
        "aspect_ratio" => (json!("16:9"), json!("10:1")),
        "output_format" => (json!("webp"), json!("gif")),
        "response_format" => (json!("url"), json!("stone")),
        "stream" => (json!(true), json!("yes")),
        "partial_images" | "output_compression" => (json!(2), json!("x")),
        "background" => (json!("transparent"), json!(1)),
        _ => (json!("high"), json!(1)),
    }
}

#[test]
fn what_the_table_says_is_what_happens() {
    for (column, provider) in COLUMNS.into_iter().enumerate() {
        for field in FIELDS {
            let (good, bad) = samples(field.name);
            let refused = Err(field.name.to_owned());
            assert_eq!(out(provider, &json!({field.name: bad})), refused, "{provider} {}", field.name);
            let said = out(provider, &json!({field.name: good}));
            match field.at[column] {
                Fate::Refused(harmless) => {
                    assert_eq!(said, refused, "{provider} {}", field.name);
                    for word in
                        harmless.split(" or ").map(|word| word.trim_matches('`')).filter(|word| !word.is_empty())
                    {
                        let value: Value = serde_json::from_str(word).unwrap_or_else(|_| word.into());
                        assert_eq!(
                            out(provider, &json!({field.name: value})),
                            out(provider, &json!({})),
                            "{provider} {word}"
                        );
                    }
                }
                Fate::Limited("`png` only") => assert_eq!(said, refused),
                Fate::Carried(_) | Fate::Limited(_) => assert!(said.is_ok(), "{provider} {}: {said:?}", field.name),
            }
        }
        assert_eq!(out(provider, &json!({"negative_prompt": "rain"})), Err("negative_prompt".to_owned()));
        assert_eq!(out(provider, &json!({"size": "1024x1024", "aspect_ratio": "1:1"})), Err("aspect_ratio".to_owned()));
    }
}

#[test]
fn each_provider_gets_its_own_shape() {
    let asked = json!({"size": "1792x1024", "response_format": "url", "n": 2});
    let gemini = out(Provider::Gemini, &asked).unwrap();
    assert!(gemini.starts_with("/v1beta/models/gemini-3.1-flash-image:generateContent\n"), "{gemini}");
    assert!(gemini.contains(r#""imageConfig":{"aspectRatio":"16:9"}"#) && gemini.contains(r#"["IMAGE"]"#), "{gemini}");
    let stability = out(Provider::Stability, &json!({"model": "sd3.5-medium", "output_format": "jpeg"})).unwrap();
    assert!(stability.starts_with("/v2beta/stable-image/generate/sd3\n--boundary"), "{stability}");
    assert!(stability.contains("name=\"model\"\r\n\r\nsd3.5-medium\r\n") && stability.ends_with("--\r\n"));
    let replicate = out(Provider::Replicate, &json!({"output_format": "jpeg", "aspect_ratio": "9:21"})).unwrap();
    assert!(replicate.starts_with("/v1/models/black-forest-labs/flux-schnell/predictions\n"), "{replicate}");
    assert!(replicate.contains(r#""output_format":"jpg""#) && replicate.contains(r#""aspect_ratio":"9:21""#));
    let version = out(Provider::Replicate, &json!({"model": "stability-ai/sdxl:7762fd"})).unwrap();
    assert!(version.starts_with("/v1/predictions\n") && version.contains(r#""version":"stability-ai/sdxl:7762fd""#));
    assert_eq!(out(Provider::Stability, &json!({"prompt": "a".repeat(10_001)})), Err("prompt".to_owned()));
    assert_eq!(out(Provider::Stability, &json!({"prompt": format!("\r\n--{BOUNDARY}")})), Err("prompt".to_owned()));
}

#[test]
fn pictures_are_found_and_their_absence_is_told() {
    let png = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, b"\x89PNG rest");
    let found = |provider, body: Value| made(provider, body.to_string().as_bytes());
    let inside = Ok(Made::Picture(Picture::Inside(png.clone())));
    let part = json!({"inlineData": {"mimeType": "image/png", "data": png}});
    let gemini = json!({"candidates": [{"content": {"parts": [{"text": "Here:"}, part]}}]});
    assert_eq!(found(Provider::Gemini, gemini), inside);
    assert_eq!(found(Provider::Stability, json!({"image": png, "finish_reason": "SUCCESS"})), inside);
    assert_eq!(
        found(Provider::Replicate, json!({"status": "succeeded", "output": [format!("data:image/png;base64,{png}")]})),
        inside
    );
    let at = Ok(Made::Picture(Picture::At("https://replicate.delivery/a.png".to_owned())));
    assert_eq!(
        found(Provider::Replicate, json!({"status": "succeeded", "output": "https://replicate.delivery/a.png"})),
        at
    );
    assert_eq!(
        found(Provider::Replicate, json!({"status": "processing", "id": "p1"})),
        Ok(Made::Later("p1".to_owned()))
    );
    for (provider, body, code) in [
        (Provider::Gemini, json!({"promptFeedback": {"blockReason": "SAFETY"}}), MODERATED),
        (Provider::Gemini, json!({"candidates": [{"finishReason": "IMAGE_SAFETY"}]}), MODERATED),
        (Provider::Gemini, json!({"candidates": [{"finishReason": "STOP"}]}), "no_picture"),
        (Provider::Stability, json!({"image": png, "finish_reason": "CONTENT_FILTERED"}), MODERATED),
        (Provider::Stability, json!({"image": "PGh0bWw+"}), "no_picture"),
        (Provider::Replicate, json!({"status": "failed", "error": "NSFW content detected"}), MODERATED),
        (Provider::Replicate, json!({"status": "succeeded", "output": ["Some words"]}), "no_picture"),
        (Provider::Replicate, json!("garbage"), "no_picture"),
    ] {
        assert_eq!(found(provider, body.clone()).unwrap_err().code, code, "{provider} {body}");
    }
}

#[test]
fn the_document_says_what_the_table_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/unified.md");
    let document = std::fs::read_to_string(path).unwrap();
    let (before, rest) =
        document.split_once("<!-- images: made from crates/providers/src/unified/images/table.rs -->\n\n").unwrap();
    let end = rest.find("\n<!-- images end -->").unwrap();
    if std::env::var_os("OWNKEY_WRITE_DOCS").is_some() {
        let mark = "<!-- images: made from crates/providers/src/unified/images/table.rs -->\n\n";
        std::fs::write(path, format!("{before}{mark}{}{}", table::markdown(), &rest[end..])).unwrap();
        return;
    }
    assert_eq!(&rest[..end], table::markdown(), "run this test with OWNKEY_WRITE_DOCS=1");
}
