//! Message batches: made, looked at, cancelled; results as lines. A batch ends at the first look.

use super::{errors, messages, worker};
use crate::bill::Bill;
use crate::call::{Answer, Call, Payload, Reply, refuse};
use crate::ledger::Booking;
use crate::room::{Room, Thing, now, rfc3339};
use bytes::Bytes;
use serde_json::{Value, json};

pub(super) fn create(room: &mut Room, call: &Call) -> Reply {
    let key = worker(room, call)?;
    let body = call.json().unwrap_or_default();
    let Some(requests) = body["requests"].as_array().filter(|list| !list.is_empty()) else {
        return refuse(errors::bad_request(call, "requests: Field required"));
    };
    if room.drained(&key.account) {
        return refuse(errors::no_credit(call, room.switch("no_credit")));
    }
    let (mut results, mut bill) = (Vec::new(), Bill::default());
    for one in requests {
        let (answer, more) = messages::of_params(room, call, &key, &one["params"])?;
        bill += more;
        results.push(json!({"custom_id": one["custom_id"], "result": {"type": "succeeded", "message": answer}}));
    }
    let id = room.next_id("msgbatch_01", 22);
    let counts = json!({"processing": results.len(), "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0});
    let shown = json!({
        "id": id,
        "type": "message_batch",
        "processing_status": "in_progress",
        "request_counts": counts,
        "created_at": rfc3339(now()),
        "expires_at": rfc3339(now() + 86_400),
        "ended_at": null,
        "archived_at": null,
        "cancel_initiated_at": null,
        "results_url": null
    });
    let value = json!({"batch": shown, "results": results});
    let shown = value["batch"].clone();
    room.things.insert(id, Thing { account: key.account.clone(), project: key.project.clone(), value, looks: 0 });
    let model = requests[0]["params"]["model"].as_str().unwrap_or_default();
    let booking = Booking::default().model(model).bill(&bill.units());
    Ok(super::dressed(&key, Answer::json(200, &shown)).booked(booking))
}

fn found(room: &mut Room, call: &Call, id: &str) -> Reply<(crate::keys::Key, Thing)> {
    let key = worker(room, call)?;
    match room.things.get(id).filter(|one| one.account == key.account && one.value["batch"].is_object()) {
        Some(thing) => Ok((key, thing.clone())),
        None => refuse(errors::not_found(call, "Message batch not found.")),
    }
}

pub(super) fn get(room: &mut Room, call: &Call, id: &str, cancelled: bool) -> Reply {
    let (key, mut thing) = found(room, call, id)?;
    let results = format!("{}/v1/messages/batches/{id}/results", room.origin);
    let count = thing.value["results"].as_array().map_or(0, Vec::len);
    let batch = &mut thing.value["batch"];
    if batch["processing_status"] != "ended" {
        batch["processing_status"] = if cancelled { "canceling" } else { "ended" }.into();
        if cancelled {
            batch["cancel_initiated_at"] = rfc3339(now()).into();
        } else {
            batch["ended_at"] = rfc3339(now()).into();
            batch["results_url"] = results.into();
            batch["request_counts"]["processing"] = 0.into();
            batch["request_counts"]["succeeded"] = count.into();
        }
    }
    let shown = batch.clone();
    room.things.insert(id.to_owned(), thing);
    Ok(super::dressed(&key, Answer::json(200, &shown)))
}

pub(super) fn results(room: &mut Room, call: &Call, id: &str) -> Reply {
    let (key, thing) = found(room, call, id)?;
    if thing.value["batch"]["processing_status"] != "ended" {
        return refuse(errors::not_found(call, "Results are not available yet."));
    }
    let lines =
        thing.value["results"].as_array().into_iter().flatten().map(|one: &Value| Bytes::from(format!("{one}\n")));
    let mut answer = Answer::bytes(200, "application/x-jsonl", Bytes::new());
    answer.payload = Payload::Events(lines.collect());
    Ok(super::dressed(&key, answer))
}

pub(super) fn delete(room: &mut Room, call: &Call, id: &str) -> Reply {
    let (key, _) = found(room, call, id)?;
    room.things.remove(id);
    Ok(super::dressed(&key, Answer::json(200, &json!({"id": id, "type": "message_batch_deleted"}))))
}
