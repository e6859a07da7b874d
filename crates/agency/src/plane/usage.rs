//! `GET /v1/usage` and `/v1/usage/days`: what the client's own calls spent, added up as asked, and signed day by day.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use ownkey_protocol::api::{UsageDays, UsageGroup, UsagePage};
use ownkey_protocol::code::Code;
use ownkey_protocol::encoding::json;
use ownkey_protocol::id::ClientId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::keyset::Purpose;
use ownkey_protocol::limit::Month;
use ownkey_protocol::usage::{self, Day, SETTLES_AFTER_MILLIS, UsageDay};
use serde::Deserialize;

use super::Refusal;
use super::signed::SignedRequest;
use crate::Agency;
use crate::store::StoreError;

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

/// The most days that are answered at once.
const MOST_DAYS: usize = 31;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedDays {
    from: Option<Day>,
    to: Option<Day>,
}

pub(super) async fn days(
    State(agency): State<Arc<Agency>>,
    Query(AskedDays { from, to }): Query<AskedDays>,
    signed: SignedRequest,
) -> Result<Json<UsageDays>, Refusal> {
    let now = agency.now();
    let from = from.unwrap_or_else(|| Day::of(Month::of(now).begin()));
    let to = to.unwrap_or_else(|| Day::of(now).next());
    let days: Vec<Day> = std::iter::successors(Some(from), |day| Some(day.next()))
        .take_while(|day| *day < to)
        .take(MOST_DAYS + 1)
        .collect();
    if days.len() > MOST_DAYS {
        return Err(Refusal::new(Code::Malformed, "more than 31 days at once"));
    }
    let client = signed.client;
    let said = tokio::task::spawn_blocking(move || say(&agency, client, &days)).await;
    match said {
        Ok(days) => Ok(Json(UsageDays { days: days? })),
        Err(_) => Err(Refusal::new(Code::Unforeseen, "usage could not be added up")),
    }
}

fn say(agency: &Agency, client: ClientId, days: &[Day]) -> Result<Vec<ownkey_protocol::dsse::Envelope>, StoreError> {
    let now = agency.now();
    let fingerprint = ownkey_protocol::keyset::Fingerprint::of(&agency.keys.identity());
    let mut said = Vec::new();
    for day in days.iter().copied() {
        let (from, to) = (day.begin(), day.next().begin());
        let over = now.millis_since(to) >= SETTLES_AFTER_MILLIS;
        // Whether calls run is asked first: one that ends in between is then in the lines.
        let settled = over && !agency.calls.any_runs(client, from, to)?;
        let lines = agency.calls.lines(client, from, to)?;
        let day = UsageDay { v: 1, agency: fingerprint, client, day, settled, at: now, lines };
        said.push(agency.keys.sign(Purpose::Receipt, usage::TYPE, json(&day)));
    }
    Ok(said)
}
