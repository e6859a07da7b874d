//! The hard limit that a provider itself keeps (OpenAI's projects): shown, and set with the admin key of this computer.

use std::collections::BTreeSet;

use ownkey_protocol::code::Code;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::{Account, Provider};
use ownkey_providers::make::openai::{self, Journal, SpendLimit};
use serde::{Deserialize, Serialize};

use crate::App;
use crate::connect::{admin_fault, made_name, parse};
use crate::fault::Fault;
use crate::host::Host;
use crate::keychain::admin_name;
use crate::wire::BillSpendLimit;

/// Micro-units of a cent.
const CENT: u64 = 10_000;

/// What the provider answered last.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Known {
    cents: Option<u64>,
    enforcing: bool,
    at: Instant,
}

/// Accounts in one project have one limit.
fn known_name(project: &str) -> String {
    format!("spend-limit/{project}")
}

impl<H: Host> App<H> {
    /// Sets the most that the provider lets the account's project cost in a month, in millionths of a dollar, whole cents;
    /// `None` takes the limit away. It holds for every key of the project, whoever uses it.
    ///
    /// # Errors
    /// `malformed` for no whole cents; `not_found` where no project or admin key is known here; the provider's codes.
    pub async fn bills_spend_limit(&self, connection: String, micro: Option<u64>) -> Result<(), Fault> {
        self.may_change()?;
        let id = parse(&connection)?;
        let cents = match micro {
            Some(micro) if micro == 0 || micro % CENT != 0 || i64::try_from(micro).is_err() => {
                return Err(Fault::new(Code::Malformed, "not an amount of whole cents"));
            }
            micro => micro.map(|micro| micro / CENT),
        };
        let known = self.project_of(id).zip(self.keys.read(admin_name(Provider::OpenAi)).await?);
        let (project, admin) = known.ok_or_else(|| Fault::new(Code::NotFound, "no project or admin key is known"))?;
        let (http, endpoints) = (&self.http, &self.setup.endpoints);
        let set = openai::set_spend_limit(http, endpoints, &admin, &project, cents).await;
        self.keep_spend_limit(&project, set.map_err(|why| admin_fault(Provider::OpenAi, &why))?)?;
        self.changed();
        Ok(())
    }

    /// Asks the provider for the limits of all projects in which there are accounts. What it does not tell stays as it was.
    pub(super) async fn fetch_spend_limits(&self) -> Result<(), Fault> {
        let Some(state) = self.state() else { return Ok(()) };
        let projects: BTreeSet<String> = state.connections().keys().filter_map(|id| self.project_of(*id)).collect();
        if projects.is_empty() {
            return Ok(());
        }
        let Some(admin) = self.keys.read(admin_name(Provider::OpenAi)).await? else { return Ok(()) };
        for project in projects {
            match openai::spend_limit(&self.http, &self.setup.endpoints, &admin, &project).await {
                Ok(found) => self.keep_spend_limit(&project, found)?,
                Err(why) => tracing::info!(project, %why, "the spend limit was not told"),
            }
        }
        Ok(())
    }

    /// The limit as it was told last; nothing where the provider was not asked or keeps none.
    pub(super) fn spend_limit(&self, id: ConnectionId) -> Option<BillSpendLimit> {
        let known: Known = self.store.fact(&known_name(&self.project_of(id)?)).ok().flatten()?;
        let micro = known.cents.map(|cents| cents.saturating_mul(CENT));
        Some(BillSpendLimit { micro, enforcing: known.enforcing, as_of: known.at.to_string() })
    }

    fn keep_spend_limit(&self, project: &str, limit: Option<SpendLimit>) -> Result<(), Fault> {
        let cents = limit.map(|limit| limit.cents);
        let enforcing = limit.is_some_and(|limit| limit.enforcing);
        self.store.set_fact(&known_name(project), &Known { cents, enforcing, at: self.bills_now() })
    }

    /// The project that an account's newest key belongs to, as far as it is known.
    fn project_of(&self, id: ConnectionId) -> Option<String> {
        let state = self.state()?;
        let known = state.connections().get(&id).filter(|known| known.provider == Provider::OpenAi && !known.closed)?;
        let made = |version: &u32| self.store.fact::<Journal>(&made_name(id, *version)).ok().flatten()?.project;
        let told = || match &known.account {
            Account::Told(place) if place.starts_with("proj_") => Some(place.clone()),
            _ => None,
        };
        known.versions.keys().rev().find_map(made).or_else(told).or_else(|| self.found_place(id))
    }
}
