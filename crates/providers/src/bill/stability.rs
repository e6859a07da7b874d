//! Stability's balance (providers.md §4.5): credits that are left on the account, whichever key asks. A bill is not to be
//! had; what was used between two looks is the difference, unless credits were bought in between.

use ownkey_protocol::vocabulary::Provider;
use ownkey_secret::Secret;

use super::read::Fields;
use super::{Amount, BillError, Desk};
use crate::endpoints::Endpoints;
use crate::http::Http;

/// The credits that the account of this key has left.
///
/// # Errors
/// [`BillError`].
pub async fn balance(http: &Http, endpoints: &Endpoints, key: &Secret) -> Result<Amount, BillError> {
    let desk = Desk { http, endpoints, provider: Provider::Stability, key };
    let heard = desk.get("/v1/user/balance").await?;
    let answer = Fields::whole(&heard.body)?;
    answer.must("credits", answer.amount("credits")?)
}
