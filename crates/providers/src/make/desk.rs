//! Where calls with an admin key are made from.

use ownkey_protocol::vocabulary::Provider;
use ownkey_secret::Secret;
use serde_json::Value;

use super::Stopped;
use crate::endpoints::Endpoints;
use crate::http::{Ask, Http};
use crate::mask::mask;
use crate::reply;

/// One admin key at its provider.
pub(super) struct Desk<'a> {
    pub(super) http: &'a Http,
    pub(super) endpoints: &'a Endpoints,
    pub(super) provider: Provider,
    pub(super) admin: &'a Secret,
}

impl Desk<'_> {
    pub(super) async fn call(&self, ask: Ask<'_>) -> Result<Value, Stopped> {
        let heard = self.http.ask(self.endpoints, self.provider, Some(self.admin), ask).await?;
        let body: Value = serde_json::from_slice(&heard.body).unwrap_or_default();
        if heard.status.is_success() {
            // Also where nothing of it is read: something in between may have answered instead of the provider.
            return if body.is_object() { Ok(body) } else { Err(Stopped::odd("an answer that is no JSON")) };
        }
        let words = self.admin.masked_in(&reply::said(self.provider, &body));
        Err(Stopped::told(self.provider, heard.status, &body, mask(&words).chars().take(300).collect()))
    }

    /// All pages of a list, at most 100. `next` names the parameter that takes the last id of the page before.
    pub(super) async fn pages(&self, path: &str, next: &str) -> Result<Vec<Value>, Stopped> {
        let mut all = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut after = String::new();
        for _ in 0..100 {
            let mut page = self.call(Ask::get(&format!("{path}{joint}limit=100{after}"))).await?;
            let Some(data) = page["data"].as_array_mut() else {
                return Err(Stopped::odd("an answer without a list"));
            };
            all.append(data);
            match (page["has_more"].as_bool(), page["last_id"].as_str()) {
                (Some(true), Some(last)) if plain(last) => after = format!("&{next}={last}"),
                _ => break,
            }
        }
        Ok(all)
    }
}

/// Whether an id can stand in a path without leading it astray.
pub(super) fn plain(id: &str) -> bool {
    !id.is_empty() && id.len() <= 128 && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// The id in an answer, refused when it could lead a path astray.
pub(super) fn id(of: &Value) -> Result<String, Stopped> {
    let odd = || Stopped::odd("an answer without an id");
    of["id"].as_str().filter(|id| plain(id)).map(str::to_owned).ok_or_else(odd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_id_that_leads_a_path_astray_is_refused() {
        for bad in ["", "../x", "a/b", "a?b", "a b"] {
            assert!(id(&json!({"id": bad})).is_err(), "{bad}");
        }
        assert_eq!(id(&json!({"id": "proj_1-a"})).as_deref(), Ok("proj_1-a"));
    }
}
