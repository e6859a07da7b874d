//! generativelanguage.googleapis.com, `/v1` and `/v1beta`.

pub(crate) mod errors;
mod files;
mod generate;
mod models;
mod spent;

use crate::call::{Answer, Call, Reply, refuse};
use crate::keys::{Key, KeyStanding};
use crate::room::Room;

const SERVICE: &str = "generativelanguage.googleapis.com";

pub(crate) fn answer(room: &mut Room, call: &Call) -> Answer {
    route(room, call).unwrap_or_else(|refusal| *refusal)
}

fn route(room: &mut Room, call: &Call) -> Reply {
    let segments = call.segments();
    if let ("POST" | "PUT", ["upload", "v1" | "v1beta", "files"]) = (call.method.as_str(), segments.as_slice()) {
        return files::upload(room, call);
    }
    let Some((&("v1" | "v1beta"), rest)) = segments.split_first() else {
        return refuse(errors::plain(404));
    };
    match (call.method.as_str(), rest) {
        ("GET", ["models"]) => models::list(room, call),
        ("GET", ["models", id]) => models::get(room, call, id),
        ("GET", ["files", id]) => files::get(room, call, id),
        ("DELETE", ["files", id]) => files::delete(room, call, id),
        ("POST", ["models", act]) => match act.split_once(':') {
            Some((model, "countTokens")) => generate::count(room, call, model),
            Some((model, "generateContent")) => generate::whole(room, call, model),
            Some((model, "streamGenerateContent")) => generate::streamed(room, call, model),
            Some((model, "predict")) => imagen(room, call, model),
            _ => refuse(errors::plain(404)),
        },
        _ => refuse(errors::plain(404)),
    }
}

/// Imagen is shut down in the Gemini API.
fn imagen(room: &mut Room, call: &Call, model: &str) -> Reply {
    caller(room, call)?;
    refuse(models::unknown(call, model))
}

/// The one credential of the call: a key in the header or in the query, and nothing else.
fn credential(call: &Call) -> Reply<String> {
    let key = call.header("x-goog-api-key").or_else(|| call.query("key")).map(|text| text.trim().to_owned());
    match (key, call.header("authorization")) {
        (Some(_), Some(_)) => {
            refuse(errors::bad_request("Multiple authentication credentials received. Please pass only one."))
        }
        (Some(key), None) if !key.is_empty() => Ok(key),
        (_, Some(_)) => refuse(errors::bad_token()),
        _ => refuse(errors::denied(
            "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or \
             other form of API consumer identity to call this API.",
            None,
        )),
    }
}

/// The key is there, live, for this service, and used from an address that it allows.
fn caller(room: &mut Room, call: &Call) -> Reply<Key> {
    let text = credential(call)?;
    let standard = text.starts_with("AIza");
    let bad = |room: &Room| match standard || !text.starts_with("AQ.") {
        true => errors::bad_standard_key(room.switch("bad_key_message")),
        false => errors::bad_token(),
    };
    let Some(key) = room.key_by_text(&text).cloned() else {
        return refuse(bad(room));
    };
    match room.taken_as(&key) {
        KeyStanding::Live => {}
        KeyStanding::Leaked => {
            return refuse(errors::denied("Your API key was reported as leaked. Please use another API key.", None));
        }
        _ => return refuse(bad(room)),
    }
    if standard {
        let free = key.scopes.is_none() && room.switch("unrestricted_standard_keys") == "refused";
        if free || room.switch("standard_keys") == "refused" {
            return refuse(errors::bad_token());
        }
    }
    if room.switch("api") == "disabled" {
        let words =
            format!("Generative Language API has not been used in project {} before or it is disabled.", key.account);
        return refuse(errors::denied(&words, Some("SERVICE_DISABLED")));
    }
    let services: Vec<&str> =
        key.scopes.iter().flatten().map(String::as_str).filter(|scope| !scope.starts_with("role:")).collect();
    if !services.is_empty() && !services.contains(&SERVICE) {
        let words = "Requests to this API generativelanguage.googleapis.com are blocked.";
        return refuse(errors::denied(words, Some("API_KEY_SERVICE_BLOCKED")));
    }
    if !key.allows_address(call.peer) {
        let words = "The provided API key has an IP address restriction. The originating IP address of the call \
                     violates this restriction.";
        return refuse(errors::denied(words, Some("API_KEY_IP_ADDRESS_BLOCKED")));
    }
    room.touch(&key.id);
    Ok(key)
}

/// The service account behind the key has the role to use models. Listing models needs none.
fn role(key: &Key) -> Reply<()> {
    if key.scopes.iter().flatten().any(|scope| scope == "role:none") {
        return refuse(errors::denied("The caller does not have permission", None));
    }
    Ok(())
}
