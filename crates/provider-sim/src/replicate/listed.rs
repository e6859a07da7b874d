//! The list of an account's predictions, those in the books among them (facts: section 4.4 of the provider notes).

use super::predictions::is_prediction;
use super::{caller, errors};
use crate::books::Booked;
use crate::books::figures::{page_of, page_text};
use crate::call::{Answer, Call, Reply, refuse};
use crate::room::Room;
use serde_json::{Value, json};

const PAGE: usize = 100;

/// A prediction that was made here, or one that stands in the books only.
enum One<'a> {
    Made(&'a Value),
    Booked(&'a Booked),
}

fn moment(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

fn told(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis).unwrap_or_default().to_string()
}

fn shown(room: &Room, one: &One<'_>) -> Value {
    let booked = match one {
        One::Made(value) => return (*value).clone(),
        One::Booked(booked) => booked,
    };
    let id = room.seeded("booked").letters(&booked.number.to_string(), 26).to_lowercase();
    let millis = booked.counts.predict_ms;
    let ended = told(booked.at + i64::try_from(millis).unwrap_or_default());
    json!({
        "id": id,
        "model": booked.model,
        "version": null,
        "input": {},
        "output": null,
        "logs": "",
        "error": null,
        "status": if booked.cut { "canceled" } else { "succeeded" },
        "source": "api",
        "created_at": told(booked.at),
        "started_at": told(booked.at),
        "completed_at": ended,
        "data_removed": true,
        "metrics": {"predict_time": millis as f64 / 1_000.0, "total_time": millis as f64 / 1_000.0},
        "urls": {"get": format!("{}/v1/predictions/{id}", room.origin)}
    })
}

/// `GET /v1/predictions`: newest first, 100 on a page.
pub(super) fn list(room: &mut Room, call: &Call) -> Reply {
    let key = caller(room, call)?;
    let bound = |name: &str| call.query(name).map(|text| moment(text).ok_or(())).transpose();
    let (Ok(after), Ok(before)) = (bound("created_after"), bound("created_before")) else {
        return refuse(errors::invalid("- created_after, created_before: a date and time is wanted"));
    };
    let Some(begin) = call.query("cursor").map_or(Some(0), page_of).and_then(|at| usize::try_from(at).ok()) else {
        return refuse(errors::plain(404));
    };
    let rules = &room.books.rules;
    let made = room.things.values().filter(|one| one.account == key.account && is_prediction(&one.value));
    let made = made.map(|one| (one.value["created_at"].as_str().and_then(moment).unwrap_or_default(), &one.value));
    let booked = room.books.calls.iter().filter(|one| one.account == key.account && rules.shows(one.number, one.at));
    let mut all: Vec<(i64, One<'_>)> = made.map(|(at, value)| (at, One::Made(value))).collect();
    all.extend(booked.map(|one| (one.at, One::Booked(one))));
    all.retain(|(at, _)| after.is_none_or(|after| *at >= after) && before.is_none_or(|before| *at < before));
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let end = begin + PAGE;
    let next = (end < all.len()).then(|| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("cursor", &page_text(end as i64));
        query.extend_pairs(call.query.iter().filter(|(name, _)| name != "cursor"));
        format!("{}/v1/predictions?{}", room.origin, query.finish())
    });
    let first = if rules.repeated { begin.saturating_sub(1) } else { begin };
    let mut results: Vec<Value> = all.iter().take(end).skip(first).map(|(_, one)| shown(room, one)).collect();
    if rules.shuffled {
        results.reverse();
    }
    Ok(Answer::json(200, &json!({"next": next, "previous": null, "results": results})))
}
