//! A call in the shape of the provider that it goes to. Each makes one picture.

use ownkey_protocol::vocabulary::Provider;
use serde_json::{Map, Value, json};

use super::{NotCarried, Order};
use crate::routes;

/// A call as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The provider's path.
    pub path: String,
    /// Its headers, beside the key.
    pub headers: Vec<(&'static str, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

/// Shapes that a picture can have.
const GEMINI: &[&str] = &["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"];
const STABILITY: &[&str] = &["1:1", "2:3", "3:2", "4:5", "5:4", "9:16", "16:9", "9:21", "21:9"];
const REPLICATE: &[&str] = &["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "9:21", "21:9"];

/// The longest prompt at Stability, in characters.
const STABILITY_PROMPT: usize = 10_000;

/// Puts an order into a provider's shape. `boundary` is a text that nobody could foresee.
///
/// # Errors
/// What this provider or model cannot do.
pub fn outgoing(provider: Provider, order: &Order, model: &str, boundary: &str) -> Result<Outgoing, NotCarried> {
    let out = match provider {
        Provider::Gemini => gemini(order, model)?,
        Provider::Stability => stability(order, model, boundary)?,
        Provider::Replicate => replicate(order, model)?,
        Provider::OpenAi | Provider::Anthropic => {
            return Err(NotCarried::field("model", "This account makes no pictures by the unified route."));
        }
    };
    match routes::lookup(provider, &http::Method::POST, &out.path, None) {
        Some(_) => Ok(out),
        None => Err(NotCarried::field("model", format!("`{model}` is not the name of a model at this provider."))),
    }
}

/// The shape in the provider's words. OpenAI's 1792x1024 is 7:4, which nobody has; so the nearest within three percent.
fn ratio(order: &Order, known: &[&'static str]) -> Result<Option<&'static str>, NotCarried> {
    let Some((width, height)) = order.ratio else { return Ok(None) };
    let of = |text: &str| {
        let (w, h) = text.split_once(':').unwrap_or(("1", "1"));
        w.parse::<f64>().unwrap_or(1.0) / h.parse::<f64>().unwrap_or(1.0)
    };
    let wanted = f64::from(width) / f64::from(height);
    let off = |text: &str| (of(text) / wanted - 1.0).abs();
    let nearest = known.iter().copied().min_by(|a, b| off(a).total_cmp(&off(b)));
    match nearest.filter(|text| off(text) < 0.03) {
        Some(found) => Ok(Some(found)),
        None => {
            let field = if order.size.is_some() { "size" } else { "aspect_ratio" };
            let why = format!("`{field}` must have one of these shapes at this provider: {}.", known.join(", "));
            Err(NotCarried::field(field, why))
        }
    }
}

fn json_headers() -> Vec<(&'static str, String)> {
    vec![("content-type", "application/json".to_owned()), ("accept", "application/json".to_owned())]
}

fn gemini(order: &Order, model: &str) -> Result<Outgoing, NotCarried> {
    if order.format.as_deref().is_some_and(|format| format != "png") {
        return Err(NotCarried::field("output_format", "`output_format` can only be png at Gemini."));
    }
    let mut config = json!({"responseModalities": ["IMAGE"]});
    if let Some(ratio) = ratio(order, GEMINI)? {
        config["imageConfig"] = json!({ "aspectRatio": ratio });
    }
    let body = json!({"contents": [{"role": "user", "parts": [{"text": order.prompt}]}], "generationConfig": config});
    let path = format!("/v1beta/models/{}:generateContent", model.strip_prefix("models/").unwrap_or(model));
    Ok(Outgoing { path, headers: json_headers(), body: body.to_string().into_bytes() })
}

fn stability(order: &Order, model: &str, boundary: &str) -> Result<Outgoing, NotCarried> {
    if order.prompt.chars().count() > STABILITY_PROMPT {
        return Err(NotCarried::field("prompt", "`prompt` must be at most 10000 characters at Stability."));
    }
    if order.prompt.contains(boundary) {
        return Err(NotCarried::field("prompt", "`prompt` cannot be carried."));
    }
    let engine = match model {
        "core" | "ultra" => model,
        _ if model == "sd3" || model.starts_with("sd3.") => "sd3",
        _ => return Err(NotCarried::field("model", format!("`{model}` is not the name of a model at Stability."))),
    };
    let ratio = ratio(order, STABILITY)?;
    let parts = [
        ("prompt", Some(order.prompt.as_str())),
        ("model", Some(model).filter(|_| model.starts_with("sd3."))),
        ("aspect_ratio", ratio),
        ("output_format", Some(order.format.as_deref().unwrap_or("png"))),
    ];
    let mut body = String::new();
    for (name, value) in parts {
        let Some(value) = value else { continue };
        body += &format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += &format!("--{boundary}--\r\n");
    let headers = vec![
        ("content-type", format!("multipart/form-data; boundary={boundary}")),
        ("accept", "application/json".to_owned()),
    ];
    Ok(Outgoing { path: format!("/v2beta/stable-image/generate/{engine}"), headers, body: body.into_bytes() })
}

fn replicate(order: &Order, model: &str) -> Result<Outgoing, NotCarried> {
    let mut input = Map::new();
    input.insert("prompt".to_owned(), order.prompt.clone().into());
    if let Some(ratio) = ratio(order, REPLICATE)? {
        input.insert("aspect_ratio".to_owned(), ratio.into());
    }
    if let Some(format) = &order.format {
        input.insert("output_format".to_owned(), if format == "jpeg" { "jpg" } else { format }.into());
    }
    let mut body = json!({ "input": Value::Object(input) });
    let path = if model.contains(':') || !model.contains('/') {
        body["version"] = model.into();
        "/v1/predictions".to_owned()
    } else {
        format!("/v1/models/{model}/predictions")
    };
    let mut headers = json_headers();
    headers.push(("prefer", "wait=60".to_owned()));
    Ok(Outgoing { path, headers, body: body.to_string().into_bytes() })
}
