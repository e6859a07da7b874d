//! Which of a provider's rows are about a connection.

use std::collections::{BTreeMap, BTreeSet};

use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::limit::Month;
use ownkey_protocol::vocabulary::{Account, Provider};
use ownkey_providers::bill::BilledRow;

use super::span;
use crate::App;
use crate::fault::Fault;
use crate::host::Host;

/// What is known of a connection at its provider.
struct Ours {
    provider: Provider,
    keys: BTreeMap<String, u32>,
    /// The project, or the workspace, or the organisation.
    account: Option<String>,
    /// Projects or workspaces in which its keys were used; none where a workspace is the organisation's first.
    places: BTreeSet<Option<String>>,
}

impl<H: Host> App<H> {
    /// Rows about a connection: of its keys, or, without a key, of where its keys are. Anthropic's older report tells money
    /// by workspace alone: which workspace that is, its usage says, which is asked for first.
    pub(super) fn own(
        &self,
        connection: ConnectionId,
        months: impl Iterator<Item = Month>,
        rows: Vec<BilledRow>,
    ) -> Result<Vec<BilledRow>, Fault> {
        let state = self.state();
        let Some(known) = state.as_ref().and_then(|state| state.connections().get(&connection)) else {
            return Ok(Vec::new());
        };
        let account = match &known.account {
            Account::Told(id) => Some(id.clone()),
            _ => self.found_place(connection),
        };
        let keys = self.provider_keys(connection);
        let mut places = BTreeSet::new();
        let of_ours = |row: &BilledRow| row.key.as_ref().is_some_and(|key| keys.contains_key(key));
        for month in months {
            let (first, last) = span(month);
            let used = self.store.billed(&connection.to_string(), first, last)?;
            places.extend(used.into_iter().filter(|row| row.amount.is_none() && of_ours(row)).map(|row| row.place));
        }
        let ours = Ours { provider: known.provider, keys, account, places };
        Ok(rows.into_iter().filter(|row| ours.has(row)).collect())
    }
}

impl Ours {
    fn has(&self, row: &BilledRow) -> bool {
        match (&row.key, &row.place) {
            (Some(key), _) => self.keys.contains_key(key),
            (None, place) if self.provider == Provider::Anthropic && row.model.is_some() => self.places.contains(place),
            (None, Some(place)) => self.account.as_ref().is_none_or(|own| own == place || kind(own) != kind(place)),
            (None, None) => true,
        }
    }
}

/// What an id is of, by what stands before its first underscore or dash: `proj`, `wrkspc`, `org`. An account that is told as an
/// organisation has the rows of all its projects.
fn kind(id: &str) -> &str {
    id.split(['_', '-']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use ownkey_protocol::instant::Instant;

    use super::*;

    fn row(key: Option<&str>, place: Option<&str>, model: Option<&str>) -> BilledRow {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let empty = BilledRow::empty(Instant::default(), Instant::default());
        BilledRow { key: text(key), place: text(place), model: text(model), ..empty }
    }

    fn ours(provider: Provider, account: &str, places: &[Option<&str>]) -> Ours {
        Ours {
            provider,
            keys: [("key_1".to_owned(), 1)].into(),
            account: Some(account.to_owned()),
            places: places.iter().map(|place| place.map(str::to_owned)).collect(),
        }
    }

    #[test]
    fn a_row_with_a_key_is_its_keys_and_one_without_is_its_projects() {
        let of = ours(Provider::OpenAi, "proj_1", &[]);
        assert!(of.has(&row(Some("key_1"), Some("proj_2"), None)));
        assert!(!of.has(&row(Some("key_2"), Some("proj_1"), None)));
        assert!(of.has(&row(None, Some("proj_1"), None)) && !of.has(&row(None, Some("proj_2"), None)));
        assert!(of.has(&row(None, None, None)), "tax");
        assert!(ours(Provider::OpenAi, "org-1", &[]).has(&row(None, Some("proj_2"), None)));
    }

    #[test]
    fn anthropics_money_by_workspace_is_of_the_workspaces_in_which_our_keys_were_used() {
        let of = ours(Provider::Anthropic, "org-1", &[Some("wrkspc_1")]);
        assert!(of.has(&row(None, Some("wrkspc_1"), Some("m"))));
        assert!(!of.has(&row(None, Some("wrkspc_2"), Some("m"))) && !of.has(&row(None, None, Some("m"))));
        assert!(of.has(&row(None, None, None)), "tax");
        assert!(ours(Provider::Anthropic, "org-1", &[None]).has(&row(None, None, Some("m"))), "the first workspace");
    }
}
