//! Intake: the agency opens a sealed copy that arrived, checks the key from its own network, and says so in a
//! signed receipt (design.md §4.6). *works* is only said after the agency itself called the provider with that copy.

use std::sync::Arc;

use ownkey_protocol::act::Deed;
use ownkey_protocol::code::Code;
use ownkey_protocol::encoding::json;
use ownkey_protocol::id::{ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::keyset::Purpose;
use ownkey_protocol::law::{ClientState, Health, Stage, Version};
use ownkey_protocol::receipt::{self, Outcome, Receipt};
use ownkey_protocol::vocabulary::{Account, Answer, Question, Verdict, VerdictCode};
use ownkey_providers::check::{self, Report};
use ownkey_secret::Secret;
use tokio::sync::mpsc;

use crate::Agency;
use crate::accept::NotAccepted;

/// One version to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Job {
    /// The client.
    pub client: ClientId,
    /// The connection.
    pub connection: ConnectionId,
    /// The version.
    pub version: u32,
}

/// Looks at versions until the sender is gone.
pub(crate) async fn work(agency: Arc<Agency>, mut jobs: mpsc::Receiver<Job>) {
    let mut stopping = agency.stopping();
    loop {
        let job = tokio::select! {
            job = jobs.recv() => job,
            _ = stopping.changed() => None,
        };
        let Some(job) = job else { return };
        let agency = agency.clone();
        tokio::spawn(async move {
            if let Err(error) = look(&agency, job).await {
                tracing::warn!(client = %job.client, connection = %job.connection, version = job.version, %error, "intake");
            }
        });
    }
}

/// Versions that were pushed and have not been looked at: after a start.
///
/// # Errors
/// [`NotAccepted`] when a record does not verify.
pub fn waiting(state: &ClientState) -> Vec<Job> {
    let mut jobs = Vec::new();
    for (connection, known) in state.connections() {
        for (version, v) in known.open_versions() {
            if v.stage == Stage::Pending && v.health == Health::Unknown {
                jobs.push(Job { client: state.client(), connection: *connection, version });
            }
        }
    }
    jobs
}

async fn look(agency: &Arc<Agency>, job: Job) -> Result<(), NotAccepted> {
    let state = agency.record.state(job.client)?;
    let Some(known) = state.connections().get(&job.connection) else { return Ok(()) };
    let may_open = state.may_open(job.connection, job.version);
    let Some(version) = known.versions.get(&job.version).filter(|_| may_open) else { return Ok(()) };
    let report = match agency.vault.open(&state, job.connection, job.version) {
        Ok(secret) => ask(agency, known.provider, &secret).await,
        Err(cause) => {
            tracing::warn!(client = %job.client, connection = %job.connection, version = job.version, cause, "seal refused");
            refused_report()
        }
    };
    let works = report.verdicts.iter().any(|v| v.what == Question::Key && v.answer == Answer::Yes);
    let unreached = report.verdicts.iter().any(|v| v.what == Question::Reach && v.answer == Answer::No);
    let outcome = match (works, unreached) {
        (true, _) => Outcome::Works,
        (false, true) => Outcome::Stored,
        (false, false) => Outcome::Refused,
    };
    match say(agency, &state, job, version, &report, outcome) {
        Err(NotAccepted::Refused(refused)) if refused.code == Code::OtherAccount => {
            let report = Report { account: Account::Untold, ..report };
            say(agency, &state, job, version, &report, Outcome::Refused)?;
        }
        other => other?,
    }
    let serves = version.stage == Stage::Current && !version.proven;
    if outcome == Outcome::Works && serves {
        agency.proofs.proven(job);
    }
    agency.moved(job.client);
    if outcome == Outcome::Stored {
        agency.look_again_later(job);
    }
    Ok(())
}

/// The receipt, and with it what it changes: whoever sees the one sees the other.
fn say(
    agency: &Agency,
    state: &ClientState,
    job: Job,
    version: &Version,
    report: &Report,
    outcome: Outcome,
) -> Result<(), NotAccepted> {
    let now = agency.now();
    let receipt = Receipt {
        v: 1,
        agency: agency.record.agency(),
        client: job.client,
        connection: job.connection,
        version: job.version,
        sealed_sha256: version.sealed_sha256,
        outcome,
        verdicts: report.verdicts.to_vec(),
        account: report.account.clone(),
        at: now,
        index: version.index,
    };
    let envelope = agency.keys.sign(Purpose::Receipt, receipt::TYPE, json(&receipt)).to_bytes();
    match finding(state, job, report, outcome, version.sealed_sha256) {
        Some(deed) => {
            let row = (job.connection, job.version, envelope.as_slice());
            agency.record.finding_with_receipt(job.client, deed, row, now).map(|_| ())
        }
        None => Ok(agency.store.add_receipt(job.client, job.connection, job.version, &envelope)?),
    }
}

async fn ask(agency: &Agency, provider: ownkey_protocol::vocabulary::Provider, secret: &Secret) -> Report {
    check::check(&agency.http, &agency.config.endpoints, provider, secret, provider.uses()).await
}

/// What goes on the record, if anything changed by it.
fn finding(
    state: &ClientState,
    job: Job,
    report: &Report,
    outcome: Outcome,
    sealed_sha256: ownkey_protocol::encoding::Hash,
) -> Option<Deed> {
    let Job { connection, version, .. } = job;
    let known = state.connections().get(&connection)?;
    let health = &known.versions.get(&version)?.health;
    match (outcome, health) {
        (Outcome::Stored, _) | (Outcome::Works, Health::Works) | (Outcome::Refused, Health::Dead(_)) => None,
        (Outcome::Works, _) => {
            Some(Deed::VersionConfirmed { connection, version, sealed_sha256, account: report.account.clone() })
        }
        (Outcome::Refused, before) => {
            let code =
                report.verdicts.iter().find(|v| v.answer == Answer::No).map_or(VerdictCode::KeyRefused, |v| v.code);
            let code = serde_json::to_value(code).ok()?.as_str()?.to_owned();
            Some(match before {
                Health::Works => Deed::VersionDead { connection, version, code },
                _ => Deed::VersionRefused { connection, version, code },
            })
        }
    }
}

fn refused_report() -> Report {
    let verdicts = Question::ALL.map(|what| Verdict {
        what,
        answer: if what == Question::Key { Answer::No } else { Answer::NotAsked },
        code: if what == Question::Key { VerdictCode::KeyRefused } else { VerdictCode::Earlier },
        words: None,
    });
    Report { verdicts, models: vec![], account: Account::Untold, lacking: vec![] }
}

/// The server's clock.
pub(crate) fn now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Instant::from_unix_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
