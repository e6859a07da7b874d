//! `/v1/images/generations` and `/v1/images/edits` (facts: section 5.1 of the provider notes).

use super::access::{self, Caller, Reply};
use super::{errors, models::Use};
use crate::bill::Bill;
use crate::call::{Answer, Call};
use crate::ledger::Booking;
use crate::room::{Room, now};
use crate::{picture, stream, words};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

const KNOWN: &[&str] = &[
    "prompt",
    "model",
    "n",
    "size",
    "quality",
    "background",
    "moderation",
    "output_format",
    "output_compression",
    "partial_images",
    "response_format",
    "stream",
    "style",
    "user",
];

/// Tokens of one practice picture.
const PICTURE_TOKENS: u64 = 1056;

/// What was asked for, from JSON or from a form.
struct Order {
    model: String,
    prompt: String,
    count: u64,
    size: String,
    quality: String,
    url: bool,
    stream: bool,
    partial: u64,
    pictures_in: u64,
}

/// `POST /v1/images/generations`.
pub(super) fn generate(room: &mut Room, call: &Call) -> Reply {
    let caller = access::worker(room, call)?;
    access::capability(room, &caller, "api.model.images.request")?;
    let Some(body) = call.json() else {
        return access::refuse(super::not_json());
    };
    super::known(&body, KNOWN)?;
    let order = order(|name| text_of(&body[name]), 0)?;
    fulfil(room, &caller, &order, "image_generation")
}

/// `POST /v1/images/edits`: a form with `image` or `image[]`; JSON only where the switch says so.
pub(super) fn edit(room: &mut Room, call: &Call) -> Reply {
    let caller = access::worker(room, call)?;
    access::capability(room, &caller, "api.model.images.request")?;
    let order = match (&call.parts, call.json()) {
        (Some(parts), _) => {
            let pictures = parts.iter().filter(|part| matches!(part.name.as_str(), "image" | "image[]"));
            order(|name| call.field(name), pictures.filter(|part| !part.bytes.is_empty()).count() as u64)?
        }
        (None, Some(body)) if room.switch("json_image_edits") == "accepted" => {
            let pictures = body["images"].as_array().map_or(0, Vec::len);
            order(|name| text_of(&body[name]), pictures as u64)?
        }
        _ => {
            let words = "Unsupported content type. This API method only accepts 'multipart/form-data' requests.";
            return access::refuse(errors::bad_request(words, None, Some("unsupported_content_type")));
        }
    };
    if order.pictures_in == 0 {
        return access::refuse(errors::missing("image"));
    }
    fulfil(room, &caller, &order, "image_edit")
}

/// `POST /v1/images/variations`: a form with `image`, and no words.
pub(super) fn vary(room: &mut Room, call: &Call) -> Reply {
    let caller = access::worker(room, call)?;
    access::capability(room, &caller, "api.model.images.request")?;
    if call.part("image").is_none_or(|part| part.bytes.is_empty()) {
        return access::refuse(errors::missing("image"));
    }
    let field = |name: &str| match name {
        "prompt" => Some("A variation".to_owned()),
        "model" => Some(call.field("model").unwrap_or_else(|| "dall-e-2".to_owned())),
        _ => call.field(name),
    };
    fulfil(room, &caller, &order(field, 1)?, "image_variation")
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn order(field: impl Fn(&str) -> Option<String>, pictures_in: u64) -> Reply<Order> {
    let Some(prompt) = field("prompt").filter(|text| !text.is_empty()) else {
        return access::refuse(errors::missing("prompt"));
    };
    let number = |name: &str, default| field(name).map_or(Some(default), |text| text.parse::<u64>().ok());
    let Some(count) = number("n", 1).filter(|count| (1..=10).contains(count)) else {
        let words = "Invalid 'n': expected a value between 1 and 10.";
        return access::refuse(errors::bad_request(words, Some("n"), Some("invalid_value")));
    };
    let model = field("model").unwrap_or_else(|| "gpt-image-1".to_owned());
    let or =
        |name: &str, default: &str| field(name).filter(|text| text != "auto").unwrap_or_else(|| default.to_owned());
    let older = model.starts_with("dall-e");
    if !older && field("response_format").is_some() {
        let words = "Unknown parameter: 'response_format'.";
        return access::refuse(errors::bad_request(words, Some("response_format"), Some("unknown_parameter")));
    }
    Ok(Order {
        prompt,
        count,
        size: or("size", "1024x1024"),
        quality: or("quality", if older { "standard" } else { "low" }),
        url: older && field("response_format").as_deref() != Some("b64_json"),
        stream: !older && field("stream").as_deref() == Some("true"),
        partial: number("partial_images", 0).unwrap_or(0).min(3),
        model,
        pictures_in,
    })
}

fn bill(order: &Order) -> Bill {
    let (text_in, image_in) = (words::tokens(&order.prompt), order.pictures_in * 194);
    Bill { text_in, image_in, image_out: order.count * PICTURE_TOKENS, ..Bill::default() }
}

fn usage(bill: &Bill) -> Value {
    json!({
        "input_tokens": bill.input(),
        "input_tokens_details": {"text_tokens": bill.text_in, "image_tokens": bill.image_in},
        "output_tokens": bill.output(),
        "output_tokens_details": {"text_tokens": bill.text_out, "image_tokens": bill.image_out},
        "total_tokens": bill.input() + bill.output()
    })
}

fn fulfil(room: &mut Room, caller: &Caller, order: &Order, name: &str) -> Reply {
    access::model(room, caller, &order.model, Use::Images)?;
    access::credit(room, caller)?;
    let bill = bill(order);
    let usage = usage(&bill);
    let mut units = vec![("images", json!(order.count))];
    if !order.model.starts_with("dall-e") {
        units.extend(bill.units());
    }
    let booking = Booking::default().model(&order.model).bill(&units).sized(&order.size, order.quality == "hd");
    let answer = if order.stream {
        Answer::events("text/event-stream; charset=utf-8", events(room, order, name, &usage))
    } else {
        Answer::json(200, &whole(room, order, usage))
    };
    Ok(super::dressed(room, caller, answer).booked(booking))
}

fn whole(room: &mut Room, order: &Order, usage: Value) -> Value {
    let pictures = (0..order.count).map(|number| match order.url {
        true => {
            let name = room.next_id("img-", 24);
            json!({"url": format!("{}/practice-images/{name}.png", room.origin), "revised_prompt": order.prompt})
        }
        false => json!({"b64_json": encoded(room, order, number)}),
    });
    let data: Vec<Value> = pictures.collect();
    if order.model.starts_with("dall-e") {
        return json!({"created": now(), "data": data});
    }
    json!({
        "created": now(),
        "data": data,
        "background": "opaque",
        "output_format": "png",
        "size": order.size,
        "quality": order.quality,
        "usage": usage
    })
}

fn encoded(room: &Room, order: &Order, number: u64) -> String {
    STANDARD.encode(picture::png(&room.seeded("images"), &format!("{}/{number}", order.prompt)))
}

fn events(room: &Room, order: &Order, name: &str, usage: &Value) -> Vec<Bytes> {
    let event = |kind: &str, more: (&str, Value)| {
        let full = format!("{name}.{kind}");
        let mut data = json!({
            "type": full,
            "b64_json": encoded(room, order, 0),
            "created_at": now(),
            "size": order.size,
            "quality": order.quality,
            "background": "opaque",
            "output_format": "png"
        });
        data[more.0] = more.1;
        stream::named(&full, &data)
    };
    let mut events: Vec<Bytes> =
        (0..order.partial).map(|number| event("partial_image", ("partial_image_index", json!(number)))).collect();
    events.push(event("completed", ("usage", usage.clone())));
    events
}

/// A picture behind an answer's `url`: public, as at OpenAI, where such addresses carry no key.
pub(super) fn picture(room: &Room, name: &str) -> Answer {
    Answer::bytes(200, "image/png", Bytes::from(picture::png(&room.seeded("images"), name)))
}
