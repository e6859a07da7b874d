//! When the client's own key is dead: found out, remembered, told, and answered as was agreed (design.md §6).
//!
//! A key is dead only after the gateway's own clean probe says the same, so that an assistant's odd request cannot
//! kill it. Drained is said by the billing code on the call itself, since no free call shows credit.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use ownkey_protocol::act::Deed;
use ownkey_protocol::id::{ClientId, ConnectionId};
use ownkey_protocol::law::{ClientState, Health, Served, Stage, StopReason};
use ownkey_protocol::vocabulary::{Answer, Provider, Question, VerdictCode};
use ownkey_providers::check;
use ownkey_providers::refuse::Refusal;
use ownkey_providers::reply::{self, Reply};

use super::answer::Failed;
use super::call::{Account, Call, open};
use super::{Door, Refused};
use crate::Agency;

/// A dead key is probed again this often.
const AGAIN: Duration = Duration::from_secs(60);

/// What to do after an answer that was no success.
pub(crate) enum Next {
    /// It is the caller's to see.
    Pass,
    /// The key is dead and the fallback is `stop`.
    Refuse(Refused),
    /// The platform pays: once more on its account.
    Again(Account),
}

/// Looks at an answer that was no success.
pub(crate) async fn after(
    agency: &Arc<Agency>,
    state: &Arc<ClientState>,
    call: &Call,
    account: &Account,
    failed: &Failed,
    may_try_again: bool,
) -> Next {
    let Some((connection, version)) = account.own else { return Next::Pass };
    let code = match reply::classify(call.provider, failed.status, &failed.json) {
        Reply::Drained(code) => code,
        Reply::Dead(_) => match probe(agency, call.provider, account).await {
            Some(code) => code,
            None => return Next::Pass,
        },
        _ => return Next::Pass,
    };
    say_dead(agency, state.client(), connection, version, code);
    let (Some(r#use), None) = (call.r#use, call.made_on) else { return Next::Pass };
    // The answer took its time: what was agreed is asked as it is now.
    let Some(state) = agency.record.state(state.client()).ok().filter(|state| !state.ended()) else {
        return Next::Pass;
    };
    match state.without_own(r#use, Some(call.provider), StopReason::KeyDead, agency.now()) {
        Ok(served @ Served::Platform { .. }) if may_try_again => {
            agency.metrics.fell_back(call.provider);
            begin_fallback(agency, &state, r#use, call.provider);
            match open(agency, &state, &served, call.provider).await {
                Ok(account) => Next::Again(account),
                Err(refused) => Next::Refuse(refused),
            }
        }
        Ok(_) => Next::Refuse(Refused::new(
            Refusal::TooLarge,
            "The client's key is dead, and the body is too large to be sent again on the agency's account. Send it again.",
        )),
        Err(_) => Next::Pass,
    }
}

/// The gateway's own clean question; `Some` when the provider refuses the key.
async fn probe(agency: &Agency, provider: Provider, account: &Account) -> Option<VerdictCode> {
    let report = check::check(&agency.http, &agency.config.endpoints, provider, &account.secret, &[]).await;
    let key = report.verdicts.iter().find(|v| v.what == Question::Key)?;
    (key.answer == Answer::No).then_some(key.code)
}

fn word(code: VerdictCode) -> String {
    serde_json::to_value(code).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn say_dead(agency: &Agency, client: ClientId, connection: ConnectionId, version: u32, code: VerdictCode) {
    let Ok(state) = agency.record.state(client) else { return };
    let health = state.connections().get(&connection).and_then(|c| c.versions.get(&version)).map(|v| &v.health);
    if !matches!(health, Some(Health::Works)) {
        return;
    }
    let deed = Deed::VersionDead { connection, version, code: word(code) };
    if let Err(error) = agency.record.finding(client, deed, agency.now()) {
        tracing::warn!(%error, %client, "a dead key could not be put on the record");
    } else if let Some(known) = state.connections().get(&connection) {
        agency.metrics.died(known.provider);
    }
}

fn begin_fallback(agency: &Agency, state: &ClientState, r#use: ownkey_protocol::vocabulary::Use, provider: Provider) {
    if state.of_use(r#use).falling_back.contains_key(&provider) {
        return;
    }
    let deed = Deed::FallbackBegan { r#use, provider };
    if let Err(error) = agency.record.finding(state.client(), deed, agency.now()) {
        tracing::warn!(%error, "the beginning of a fallback could not be put on the record");
    }
}

/// The drained key that the call would have run on.
fn drained(state: &ClientState, call: &Call) -> Option<(ConnectionId, u32)> {
    let assignment = call.r#use.and_then(|u| state.of_use(u).assignment.as_ref());
    let connection = match (call.made_on, call.door) {
        (Some(made_on), _) => made_on?,
        (None, Door::Direct(provider)) => *assignment?.serving.get(&provider)?,
        (None, Door::Unified(_)) => assignment?.preferred?,
    };
    let (version, current) = state.connections().get(&connection)?.current()?;
    matches!(&current.health, Health::Dead(code) if means_drained(code)).then_some((connection, version))
}

/// What the assistant's author reads when a dead key stops a call.
pub(crate) fn stopped(state: &ClientState, call: &Call) -> Refused {
    if drained(state, call).is_some() {
        let words = "The client's account has no credit left. The client can fill it up at the provider.";
        return Refused::new(Refusal::Drained, words);
    }
    let words = "The provider refuses the client's key. The client can replace it in Ownkey, under Keys.";
    Refused::new(Refusal::DeadKey, words)
}

/// The one real call per minute that a drained account is given: no free call shows credit. Only for a call that the law
/// refuses for its dead key, or lets the platform pay for that reason.
pub(crate) fn one_more_try(agency: &Agency, state: &ClientState, call: &Call) -> Option<Served> {
    let (connection, version) = drained(state, call)?;
    let assignment = call.r#use.and_then(|u| state.of_use(u).assignment.as_ref());
    let known = state.connections().get(&connection)?;
    let mut tried = agency.gateway.tried.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (state.client(), connection, version);
    let waited = i64::try_from(AGAIN.as_millis()).unwrap_or(i64::MAX);
    if tried.get(&key).is_some_and(|at| call.at.millis_since(*at) < waited) {
        return None;
    }
    tried.insert(key, call.at);
    let model = assignment.filter(|a| a.preferred == Some(connection)).and_then(|a| a.model.clone());
    Some(Served::Own { connection, provider: known.provider, version, model, trial: false })
}

/// A call on the client's own account succeeded: the key lives, and a fallback ends.
pub(crate) fn own_account_works(agency: &Arc<Agency>, state: &ClientState, call: &Call, account: &Account) {
    let (Some(r#use), Some((connection, version))) = (call.r#use, account.own) else { return };
    let mut deeds = Vec::new();
    let known = state.connections().get(&connection).and_then(|c| c.versions.get(&version));
    if known.is_some_and(|v| v.stage == Stage::Current && matches!(v.health, Health::Dead(_))) {
        deeds.push(Deed::VersionAlive { connection, version });
    }
    if state.of_use(r#use).falling_back.contains_key(&call.provider) {
        deeds.push(Deed::FallbackEnded { r#use, provider: call.provider });
    }
    if deeds.is_empty() {
        return;
    }
    let (agency, client) = (agency.clone(), state.client());
    tokio::task::spawn_blocking(move || {
        for deed in deeds {
            if let Err(error) = agency.record.finding(client, deed, agency.now()) {
                tracing::warn!(%error, "that a key works again could not be put on the record");
            }
        }
    });
}

/// Asks once a minute whether dead keys work again, until the server stops.
pub(crate) async fn ask_again(agency: Arc<Agency>) {
    let mut stopping = agency.stopping();
    loop {
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            _ = stopping.changed() => return,
        }
        ask_dead_keys(&agency).await;
    }
}

/// Asks the provider of every dead key whether it works again, once and now; the server does so every minute. Drained
/// keys are left out: no free call shows credit, so their next real call asks.
pub async fn ask_dead_keys(agency: &Arc<Agency>) {
    for client in agency.store.clients().unwrap_or_default() {
        let Ok(state) = agency.record.state(client) else { continue };
        for (connection, known) in state.connections().iter().filter(|(_, c)| !c.closed) {
            for (version, v) in known.open_versions() {
                let asks = matches!(&v.health, Health::Dead(code) if !means_drained(code));
                if v.stage == Stage::Current && asks {
                    revive(agency, &state, *connection, version, known.provider).await;
                }
            }
        }
    }
}

fn means_drained(code: &str) -> bool {
    [VerdictCode::NoCredit, VerdictCode::SpendLimit].into_iter().any(|drained| word(drained) == code)
}

async fn revive(agency: &Arc<Agency>, state: &ClientState, connection: ConnectionId, version: u32, provider: Provider) {
    let Ok(secret) = agency.vault.open(state, connection, version) else { return };
    let report = check::check(&agency.http, &agency.config.endpoints, provider, &secret, &[]).await;
    if !report.verdicts.iter().any(|v| v.what == Question::Key && v.answer == Answer::Yes) {
        return;
    }
    if let Err(error) = agency.record.finding(state.client(), Deed::VersionAlive { connection, version }, agency.now())
    {
        tracing::warn!(%error, "a key that lives again could not be put on the record");
    }
}
