//! `GET /v1/usage`: what the client's own calls spent.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use ownkey_protocol::api::{UsageGroup, UsagePage};
use ownkey_protocol::code::Code;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::Month;
use serde::Deserialize;

use super::Refusal;
use super::signed::SignedRequest;
use crate::Agency;

/// The longest that may be asked about: a leap year and a day.
const LONGEST: i64 = 367 * 24 * 3_600 * 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    from: Option<Instant>,
    to: Option<Instant>,
    #[serde(default = "by_day")]
    group: UsageGroup,
}

fn by_day() -> UsageGroup {
    UsageGroup::Day
}

pub(super) async fn usage(
    State(agency): State<Arc<Agency>>,
    Query(asked): Query<Asked>,
    signed: SignedRequest,
) -> Result<Json<UsagePage>, Refusal> {
    let now = agency.now();
    let from = asked.from.unwrap_or_else(|| Month::of(now).begin());
    let to = asked.to.unwrap_or(now);
    if to.millis_since(from) > LONGEST {
        return Err(Refusal::new(Code::Malformed, "more than a year at once"));
    }
    let (client, group) = (signed.client, asked.group);
    let rows = tokio::task::spawn_blocking(move || agency.calls.usage(client, from, to, group)).await;
    match rows {
        Ok(rows) => Ok(Json(UsagePage { from, to, group, rows: rows? })),
        Err(_) => Err(Refusal::new(Code::Unforeseen, "usage could not be added up")),
    }
}
