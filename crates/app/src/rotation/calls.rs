//! The calls that were made with a key that may have been in wrong hands: whoever was told of the leak wants to know
//! what to look for in the provider's own log, and what is not from here.

use ownkey_protocol::api::{VersionCall, VersionCalls};
use ownkey_protocol::code::Code;
use ownkey_protocol::id::CallId;
use reqwest::Method;

use crate::App;
use crate::connect::parse;
use crate::fault::Fault;
use crate::host::Host;
use crate::wire::{UnitsSpent, VersionCallView, VersionCallsView};

/// How far back is looked.
const BACK_MILLIS: i64 = 30 * 24 * 3_600 * 1_000;

/// Calls on one page.
const PAGE: u32 = 100;

impl<H: Host> App<H> {
    /// Calls on a version's key in the last 30 days, newest first, a page at a time; the agency is asked, nothing is kept.
    ///
    /// # Errors
    /// `agency_unreachable`, `not_found`.
    pub async fn version_calls(
        &self,
        connection: String,
        version: u32,
        before: Option<String>,
    ) -> Result<VersionCallsView, Fault> {
        let id = parse(&connection)?;
        let before: Option<CallId> = match before {
            Some(text) => Some(text.parse().map_err(|_| Fault::new(Code::NotFound, "not a call's id"))?),
            None => None,
        };
        let joined = self.joined().ok_or_else(|| Fault::new(Code::AgencyUnreachable, "not joined"))?;
        let from = joined.now().plus_millis(-BACK_MILLIS);
        let older = before.map(|id| format!("&before={id}")).unwrap_or_default();
        let (path, query) = (format!("/v1/calls/{id}/{version}"), format!("from={from}&limit={PAGE}{older}"));
        let page: VersionCalls = joined.http.signed(&joined.signer, Method::GET, &path, &query, None).await?;
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(VersionCallsView {
            from: page.from.to_string(),
            all: small(page.all),
            unpriced: small(page.unpriced),
            cost_micro: page.cost.micro,
            calls: page.calls.iter().map(|call| self.version_call(call)).collect(),
            next: page.next.map(|id| id.to_string()),
        })
    }

    fn version_call(&self, call: &VersionCall) -> VersionCallView {
        let state = self.state();
        let id = call.assistant.parse().ok();
        let assistant = state.as_ref().and_then(|state| state.assistants().get(&id?));
        let units = call.units.iter().map(|(name, count)| UnitsSpent { name: name.clone(), count: *count });
        VersionCallView {
            id: call.id.to_string(),
            at: call.at.to_string(),
            assistant: assistant.map(|known| self.name_of(known.name_hash)).unwrap_or_default(),
            r#use: call.r#use,
            model: call.model.clone(),
            paid_by: call.paid_by,
            status: call.status,
            units: units.collect(),
            cost_micro: call.cost.map(|cost| cost.micro),
        }
    }
}
