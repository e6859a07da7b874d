//! Stability's pictures (facts: sections 4.5 and 5.4 of the provider notes). Multipart always.
//!
//! Two words in a prompt steer the practice moderation: `[moderated]` is refused with 403,
//! `[filtered]` gives a picture that was taken away.

use super::{caller, errors};
use crate::call::{Answer, Call, Reply, refuse};
use crate::keys::Key;
use crate::ledger::Booking;
use crate::picture;
use crate::room::{Room, Thing};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde_json::json;

/// Bodies over this are refused with 413.
const MOST_BYTES: usize = 10 * 1024 * 1024;
const RATIOS: [&str; 9] = ["16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"];

/// What one picture costs, in credits.
fn price(engine: &str, model: Option<&str>) -> Option<f64> {
    match (engine, model) {
        ("core", _) => Some(3.0),
        ("ultra", _) => Some(8.0),
        ("sd3", None | Some("sd3.5-large")) => Some(6.5),
        ("sd3", Some("sd3.5-large-turbo")) => Some(4.0),
        ("sd3", Some("sd3.5-medium")) => Some(3.5),
        _ => None,
    }
}

struct Asked {
    prompt: String,
    seed: u64,
    format: String,
}

fn bad(call: &Call, message: &str) -> Reply<Asked> {
    refuse(errors::v2(400, "bad_request", message, call))
}

/// Edits that say by their name alone what to do.
const WORDLESS: [&str; 4] = ["erase", "remove-background", "outpaint", "fast"];

/// What an edit costs here; the real prices differ and are not practised.
const EDIT: f64 = 5.0;

/// `POST /v2beta/stable-image/edit/…` and `…/upscale/{fast|conservative}`.
pub(super) fn edited(room: &mut Room, call: &Call, act: &str) -> Reply {
    let known = ["inpaint", "search-and-replace", "search-and-recolor", "conservative"];
    if !WORDLESS.contains(&act) && !known.contains(&act) {
        return refuse(errors::plain(404, call));
    }
    let key = caller(room, call)?;
    let accept = accepted(call)?;
    let asked = asked_for(call, !WORDLESS.contains(&act))?;
    if call.part("image").is_none_or(|part| part.bytes.is_empty()) {
        return refuse(errors::v2(400, "bad_request", "image: is required", call));
    }
    pay(room, call, &key, EDIT)?;
    let png = picture::png(&room.seeded("picture"), &format!("{act}/{}", asked.prompt));
    let booking = Booking::default().model(act).bill(&[("images", 1.into()), ("credits", EDIT.into())]);
    let answer = match accept {
        Accept::Json => {
            let image = BASE64_STANDARD.encode(&png);
            Answer::json(200, &json!({"image": image, "finish_reason": "SUCCESS", "seed": asked.seed}))
        }
        Accept::Picture => Answer::bytes(200, "image/png", Bytes::from(png))
            .with("finish-reason", "SUCCESS")
            .with("seed", asked.seed.to_string()),
    };
    Ok(answer.booked(booking))
}

fn asked(call: &Call) -> Reply<Asked> {
    asked_for(call, true)
}

fn asked_for(call: &Call, with_words: bool) -> Reply<Asked> {
    if call.body.len() > MOST_BYTES {
        return refuse(errors::plain(413, call));
    }
    if call.parts.is_none() {
        return bad(call, "content-type: must be multipart/form-data");
    }
    let prompt = call.field("prompt").unwrap_or_default();
    if with_words && prompt.is_empty() {
        return bad(call, "prompt: is required");
    }
    if prompt.chars().count() > 10_000 {
        return bad(call, "prompt: must be at most 10000 characters");
    }
    if call.field("aspect_ratio").is_some_and(|ratio| !RATIOS.contains(&ratio.as_str())) {
        return bad(call, "aspect_ratio: must be one of 16:9, 1:1, 21:9, 2:3, 3:2, 4:5, 5:4, 9:16, 9:21");
    }
    let format = call.field("output_format").unwrap_or_else(|| "png".to_owned());
    if !["png", "jpeg", "webp"].contains(&format.as_str()) {
        return bad(call, "output_format: must be one of jpeg, png, webp");
    }
    let seed = match call.field("seed") {
        None => 0,
        Some(text) => match text.parse::<u64>() {
            Ok(seed) if seed <= 4_294_967_294 => seed,
            _ => return bad(call, "seed: must be a number between 0 and 4294967294"),
        },
    };
    Ok(Asked { prompt, seed, format })
}

/// The account pays, or is told that it cannot.
fn pay(room: &mut Room, call: &Call, key: &Key, credits: f64) -> Reply<()> {
    match room.account_mut(&key.account).filter(|one| one.credits >= credits) {
        Some(account) => {
            account.credits -= credits;
            Ok(())
        }
        None => refuse(errors::v2(402, "payment_required", errors::NO_CREDIT, call)),
    }
}

/// `POST /v2beta/stable-image/generate/{core|ultra|sd3}`.
pub(super) fn picture(room: &mut Room, call: &Call, engine: &str) -> Reply {
    if !["core", "ultra", "sd3"].contains(&engine) {
        return refuse(errors::plain(404, call));
    }
    let key = caller(room, call)?;
    let accept = accepted(call)?;
    let asked = asked(call)?;
    let model = call.field("model");
    let Some(credits) = price(engine, model.as_deref()) else {
        return refuse(errors::v2(400, "bad_request", "model: is not a known model", call));
    };
    let shown = model.filter(|_| engine == "sd3").unwrap_or_else(|| engine.to_owned());
    let filtered = asked.prompt.contains("[filtered]");
    if asked.prompt.contains("[moderated]") || (filtered && room.switch("filtered") == "403") {
        let words = "Your request was flagged by our content moderation system, as a result your request was denied \
                     and you were not charged.";
        return refuse(errors::v2(403, "content_moderation", words, call));
    }
    pay(room, call, &key, credits)?;
    let seeded = room.seeded("picture");
    let seed = if asked.seed == 0 { u64::from(seeded.number(&asked.prompt)) } else { asked.seed };
    let png = picture::png(&seeded, &format!("{}/{seed}", asked.prompt));
    let finish = if filtered { "CONTENT_FILTERED" } else { "SUCCESS" };
    let booking = Booking::default().model(&shown).bill(&[("images", 1.into()), ("credits", credits.into())]);
    let answer = match accept {
        Accept::Json => {
            Answer::json(200, &json!({"image": BASE64_STANDARD.encode(&png), "finish_reason": finish, "seed": seed}))
        }
        // Only PNG is drawn here; the header tells the truth about it, whatever format was asked for.
        Accept::Picture => Answer::bytes(200, "image/png", Bytes::from(png))
            .with("finish-reason", finish)
            .with("seed", seed.to_string())
            .with("x-practice-format", asked.format),
    };
    Ok(answer.booked(booking))
}

enum Accept {
    Json,
    Picture,
}

fn accepted(call: &Call) -> Reply<Accept> {
    let accept = call.header("accept").unwrap_or("*/*");
    if accept.contains("application/json") {
        return Ok(Accept::Json);
    }
    if accept.contains("image/") || accept.contains("*/*") {
        return Ok(Accept::Picture);
    }
    refuse(errors::v2(400, "bad_request", "accept: must be one of image/*, application/json", call))
}

/// `POST /v2beta/stable-image/upscale/creative` and the like: paid at the start, fetched later.
pub(super) fn start_later(room: &mut Room, call: &Call, name: &str, part: &str, credits: f64) -> Reply {
    let key = caller(room, call)?;
    let asked = asked_for(call, name == "upscale-creative")?;
    if call.part(part).is_none_or(|part| part.bytes.is_empty()) {
        return refuse(errors::v2(400, "bad_request", &format!("{part}: is required"), call));
    }
    pay(room, call, &key, credits)?;
    let id = room.next_id("", 64).to_lowercase();
    let value = json!({"prompt": asked.prompt, "seed": asked.seed});
    room.things.insert(id.clone(), Thing { account: key.account.clone(), project: None, value, looks: 0 });
    let status = room.switch("creative_status").parse().unwrap_or(202);
    let booking = Booking::default().model(name).bill(&[("images", 1.into()), ("credits", credits.into())]);
    Ok(Answer::json(status, &json!({ "id": id })).booked(booking))
}

/// `GET /v2beta/results/{id}`: 202 at the first look, the picture from the second on.
pub(super) fn result(room: &mut Room, call: &Call, id: &str) -> Reply {
    let key = caller(room, call)?;
    let accept = accepted(call)?;
    let seeded = room.seeded("picture");
    let Some(thing) = room.things.get_mut(id).filter(|one| one.account == key.account) else {
        return refuse(errors::plain(404, call));
    };
    thing.looks += 1;
    if thing.looks == 1 {
        return Ok(Answer::json(202, &json!({"id": id, "status": "in-progress"})));
    }
    let png = picture::png(&seeded, thing.value["prompt"].as_str().unwrap_or_default());
    let seed = thing.value["seed"].clone();
    Ok(match accept {
        Accept::Json => Answer::json(
            200,
            &json!({"result": BASE64_STANDARD.encode(&png), "finish_reason": "SUCCESS", "seed": seed}),
        ),
        Accept::Picture => Answer::bytes(200, "image/png", Bytes::from(png))
            .with("finish-reason", "SUCCESS")
            .with("seed", seed.to_string()),
    })
}
