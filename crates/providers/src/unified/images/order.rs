//! What a call in OpenAI's shape asks for.

use serde_json::{Map, Value};

use super::NotCarried;
use super::table::FIELDS;

/// A call, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// `model`, where it was named.
    pub model: Option<String>,
    /// `prompt`.
    pub prompt: String,
    /// `n`.
    pub n: u32,
    /// `size` as it was said, unless `auto`.
    pub size: Option<String>,
    /// The shape that `size` or `aspect_ratio` asks for, as width and height without a common divisor.
    pub ratio: Option<(u32, u32)>,
    /// `output_format`: `png`, `jpeg` or `webp`.
    pub format: Option<String>,
    /// `response_format`.
    pub deliver: Deliver,
}

/// How pictures come to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deliver {
    /// In the answer.
    Inside,
    /// Behind an address at the gateway.
    Address,
}

/// Reads a call.
///
/// # Errors
/// The first field that cannot be carried to a provider other than OpenAI.
pub fn read(body: &[u8]) -> Result<Order, NotCarried> {
    let whole = |why: &str| NotCarried { field: String::new(), why: why.to_owned(), code: "invalid_json" };
    let body: Map<String, Value> = serde_json::from_slice(body).map_err(|_| whole("The body is not a JSON object."))?;
    if let Some(stray) = body.keys().find(|name| !FIELDS.iter().any(|field| field.name == name.as_str())) {
        return Err(NotCarried::field(stray, format!("`{stray}` is not a field of the unified images route.")));
    }
    let get = |name: &str| body.get(name).filter(|value| !value.is_null());
    let text = |name: &str| match get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(NotCarried::field(name, format!("`{name}` must be a text."))),
    };
    for (name, harmless) in PLAIN {
        if let Some(said) = get(name)
            && !harmless.iter().any(|one| said.as_str() == Some(one))
        {
            let why = format!("`{name}` can only be {} here.", harmless.join(" or "));
            return Err(NotCarried::field(name, if harmless.is_empty() { cannot(name) } else { why }));
        }
    }
    if get("stream").is_some_and(|said| said != &Value::Bool(false)) {
        return Err(NotCarried::field("stream", "`stream` is carried to OpenAI only; leave it out."));
    }
    if get("partial_images").is_some_and(|said| said.as_u64() != Some(0)) {
        return Err(NotCarried::field("partial_images", "`partial_images` is carried to OpenAI only; leave it out."));
    }
    let Some(prompt) = text("prompt")?.filter(|prompt| !prompt.is_empty()) else {
        return Err(NotCarried {
            code: "missing_required_parameter",
            ..NotCarried::field("prompt", "`prompt` is missing.")
        });
    };
    let n = match get("n") {
        None => 1,
        Some(said) => said
            .as_u64()
            .filter(|n| (1..=10).contains(n))
            .and_then(|n| u32::try_from(n).ok())
            .ok_or_else(|| NotCarried::field("n", "`n` must be a number from 1 to 10."))?,
    };
    let size = text("size")?.filter(|size| size != "auto");
    let aspect = text("aspect_ratio")?;
    if size.is_some() && aspect.is_some() {
        return Err(NotCarried::field("aspect_ratio", "Say either `size` or `aspect_ratio`."));
    }
    let ratio = match (&size, &aspect) {
        (Some(size), _) => {
            Some(shape(size, 'x').ok_or_else(|| NotCarried::field("size", "`size` must be like 1024x1024."))?)
        }
        (_, Some(ratio)) => {
            let unread = || NotCarried::field("aspect_ratio", "`aspect_ratio` must be like 16:9.");
            Some(shape(ratio, ':').ok_or_else(unread)?)
        }
        _ => None,
    };
    let format = text("output_format")?;
    if format.as_deref().is_some_and(|format| !["png", "jpeg", "webp"].contains(&format)) {
        return Err(NotCarried::field("output_format", "`output_format` must be png, jpeg or webp."));
    }
    let deliver = match text("response_format")?.as_deref() {
        None | Some("b64_json") => Deliver::Inside,
        Some("url") => Deliver::Address,
        Some(_) => return Err(NotCarried::field("response_format", "`response_format` must be b64_json or url.")),
    };
    Ok(Order { model: text("model")?, prompt, n, size, ratio, format, deliver })
}

/// Fields that are carried nowhere but to OpenAI, and the values that say nothing.
const PLAIN: &[(&str, &[&str])] = &[
    ("quality", &["auto"]),
    ("background", &["auto", "opaque"]),
    ("moderation", &["auto"]),
    ("style", &[]),
    ("output_compression", &[]),
    ("user", &[]),
];

fn cannot(name: &str) -> String {
    format!("`{name}` is carried to OpenAI only; leave it out.")
}

/// Width and height, without their common divisor.
fn shape(text: &str, between: char) -> Option<(u32, u32)> {
    let (width, height) = text.split_once(between)?;
    let (width, height): (u32, u32) = (width.parse().ok()?, height.parse().ok()?);
    if !(1..=16_384).contains(&width) || !(1..=16_384).contains(&height) {
        return None;
    }
    let (mut a, mut b) = (width, height);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    Some((width / a, height / a))
}
