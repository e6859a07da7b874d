//! Limits before a call is made (design.md §6): what its token is good for, calls within a minute, a month's budgets
//! and the agency's caps. Nothing is asked where nothing is set.

use std::sync::Arc;

use ownkey_protocol::act::Deed;
use ownkey_protocol::law::{ClientState, StopReason};
use ownkey_protocol::limit::{Limit, Scope};
use ownkey_protocol::vocabulary::{Payer, Provider, Use};
use ownkey_providers::meter::{self, Picture};
use ownkey_providers::refuse::Refusal;

use super::body::Held;
use super::call::{Account, Call};
use super::{Refused, refuse};
use crate::Agency;
use crate::calls::{Asks, Over, Reached};

/// Lets a call pass, and reserves what it may cost until its end is written.
pub(super) async fn admit(
    agency: &Arc<Agency>,
    state: &ClientState,
    call: &Call,
    account: &Account,
) -> Result<(), Refused> {
    if !state.token_may(call.token, call.r#use) {
        return refuse(Refusal::NotAllowed, "This token may not make calls of this kind. Ask the agency for another.");
    }
    let limits = limits(state, call, account.payer());
    if limits.is_empty() {
        return Ok(());
    }
    let asks = Asks {
        id: call.id,
        client: state.client(),
        assistant: call.assistant,
        r#use: call.r#use,
        own: account.own.is_some(),
        at: call.at,
    };
    let mut answer = agency.calls.reserve(&asks, &limits);
    if answer == Err(Over::Unread) {
        let reading = agency.clone();
        let read = tokio::task::spawn_blocking(move || reading.calls.add_up(asks.client, asks.at));
        if !matches!(read.await, Ok(Ok(()))) {
            return refuse(Refusal::Overloaded, "What this month has cost could not be read. Try again.");
        }
        answer = agency.calls.reserve(&asks, &limits);
    }
    answer.map_err(over)
}

/// The limits that hold for a call.
fn limits(state: &ClientState, call: &Call, payer: Payer) -> Vec<(Scope, Limit)> {
    let set = state.limits();
    let scopes = [Some(Scope::Client), Some(Scope::Assistant(call.assistant)), call.r#use.map(Scope::Use)];
    let mut limits: Vec<(Scope, Limit)> = match set.is_empty() {
        true => Vec::new(),
        false => scopes.into_iter().flatten().filter_map(|scope| Some((scope, *set.get(&scope)?))).collect(),
    };
    if payer == Payer::Platform {
        limits.extend(call.r#use.and_then(|r#use| cap(state, r#use)));
    }
    limits
}

/// What the agency pays a month for a use: by its offer where the client chose the platform, else by the fallback.
fn cap(state: &ClientState, r#use: Use) -> Option<(Scope, Limit)> {
    let known = state.of_use(r#use);
    let chosen = known.assignment.as_ref().is_some_and(|a| a.payer == Payer::Platform);
    let terms = if chosen { known.offer? } else { known.fallback.1 };
    let limit = Limit { money: Some(terms.cap?), units: None, calls_per_minute: None, hard: true };
    Some((Scope::Platform(r#use), limit))
}

fn over(why: Over) -> Refused {
    match why {
        Over::Minute => {
            Refused::new(Refusal::TooMany, "The client's limit of calls in a minute is reached. Try again in a minute.")
        }
        Over::Month(Scope::Platform(_)) => held_back(StopReason::CapReached),
        Over::Month(_) => Refused::new(
            Refusal::OverBudget,
            "The client's budget for this month is spent, so the call was not made. The client can raise it in Ownkey.",
        ),
        Over::Unread => Refused::new(Refusal::Overloaded, "What this month has cost could not be read. Try again."),
    }
}

/// What the assistant's author reads of calls that the law holds back.
pub(super) fn held_back(why: StopReason) -> Refused {
    match why {
        StopReason::CapReached => Refused::new(
            Refusal::OverBudget,
            "What the agency pays for these calls this month is spent. The client can connect an account in Ownkey.",
        ),
        _ => Refused::new(
            Refusal::Paused,
            "The client has paused these calls. Nothing was sent. The client can let them go on in Ownkey.",
        ),
    }
}

/// What kind of picture the call asks for.
pub(super) fn picture(call: &Call, body: &Held) -> Picture {
    let asks = call.r#use == Some(Use::Images) && call.provider == Provider::OpenAi && !call.is_form();
    if asks { meter::picture_asked(&body.start) } else { Picture::default() }
}

/// Puts budgets that are reached on the record, until the server stops.
pub(crate) async fn tell_reached(agency: Arc<Agency>) {
    let Some(mut inbox) = agency.calls.reached() else { return };
    let mut stopping = agency.stopping();
    loop {
        let reached = tokio::select! {
            reached = inbox.recv() => reached,
            _ = stopping.changed() => return,
        };
        let Some(Reached { client, scope, month, hard }) = reached else { return };
        let saying = agency.clone();
        let said = tokio::task::spawn_blocking(move || {
            let state = saying.record.state(client)?;
            if state.reached().get(&scope).is_some_and(|known| known.month == month && known.hard >= hard) {
                return Ok(());
            }
            saying.record.finding(client, Deed::BudgetReached { scope, month, hard }, saying.now()).map(|_| ())
        });
        if let Ok(Err(error)) = said.await {
            tracing::warn!(%error, %client, "a budget that is spent could not be put on the record");
        }
    }
}
