//! A project's hard spend limit (`/organization/projects/{project}/spend_limit` of OpenAI's OpenAPI): once a month has cost
//! that much, OpenAI refuses every call of the project's keys with `project_spend_limit_exceeded`.

use ownkey_secret::Secret;
use serde_json::{Value, json};

use super::{Desk, PROJECTS, Stopped};
use crate::endpoints::Endpoints;
use crate::http::{Ask, Http};
use crate::make::desk::plain;

/// What a project may cost in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpendLimit {
    /// Cents of a US dollar, the only currency that there is; at least 1.
    pub cents: u64,
    /// Whether the provider refuses the project's calls because of it now.
    pub enforcing: bool,
}

/// The limit that a project has; `None` where none is set.
///
/// # Errors
/// [`Stopped`].
pub async fn spend_limit(
    http: &Http,
    endpoints: &Endpoints,
    admin: &Secret,
    project: &str,
) -> Result<Option<SpendLimit>, Stopped> {
    match Desk::new(http, endpoints, admin).call(Ask::get(&path(project)?)).await {
        Ok(answer) => read(&answer).map(Some),
        Err(Stopped::Unexpected { status: 404, .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Sets a project's limit, or takes it away: `None`. Gives what holds then.
///
/// # Errors
/// [`Stopped`]; [`Stopped::NotThere`] when the project is not there for this admin key.
pub async fn set_spend_limit(
    http: &Http,
    endpoints: &Endpoints,
    admin: &Secret,
    project: &str,
    cents: Option<u64>,
) -> Result<Option<SpendLimit>, Stopped> {
    let (at, path) = (Desk::new(http, endpoints, admin), path(project)?);
    match cents {
        Some(cents) => {
            let body = json!({"threshold_amount": cents, "currency": "USD", "interval": "month"});
            let set = at.call(Ask::post(&path, body.to_string())).await.map_err(|stopped| stopped.about(project))?;
            read(&set).map(Some)
        }
        None => match at.call(Ask::delete(&path)).await {
            Ok(_) | Err(Stopped::Unexpected { status: 404, .. }) => Ok(None),
            Err(other) => Err(other),
        },
    }
}

fn path(project: &str) -> Result<String, Stopped> {
    match plain(project) {
        true => Ok(format!("{PROJECTS}/{project}/spend_limit")),
        false => Err(Stopped::NotThere { id: project.to_owned() }),
    }
}

/// A limit in another currency, or for another time, is none that can be shown as one of dollars a month.
fn read(answer: &Value) -> Result<SpendLimit, Stopped> {
    let known = answer["currency"] == "USD" && answer["interval"] == "month";
    let cents = answer["threshold_amount"].as_u64().filter(|cents| known && *cents > 0);
    let cents = cents.ok_or_else(|| Stopped::odd("a spend limit that is not dollars a month"))?;
    Ok(SpendLimit { cents, enforcing: answer["enforcement"]["status"] == "enforcing" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_as_cents_a_month_and_nothing_else_is_taken_for_one() {
        let told = |amount: i64, currency: &str, interval: &str, status: &str| {
            read(&json!({"threshold_amount": amount, "currency": currency, "interval": interval,
                "enforcement": {"status": status}}))
        };
        assert_eq!(told(5_000, "USD", "month", "inactive"), Ok(SpendLimit { cents: 5_000, enforcing: false }));
        assert_eq!(told(1, "USD", "month", "enforcing"), Ok(SpendLimit { cents: 1, enforcing: true }));
        for (amount, currency, interval) in [(5_000, "EUR", "month"), (5_000, "USD", "week"), (0, "USD", "month")] {
            assert!(told(amount, currency, interval, "inactive").is_err(), "{amount} {currency} {interval}");
        }
        assert!(path("../../x").is_err());
    }
}
