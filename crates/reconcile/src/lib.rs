//! The agency's usage beside the provider's bill, and why they differ.
//!
//! Two columns for each day, version of the key, and model: *claimed* is what the agency says that the client's calls
//! cost, *billed* is what the provider says. Their difference is taken apart into [`Cause`]s, each with its amount, so
//! that `billed − claimed` is exactly the sum of the causes: nothing is lost and nothing is explained away. What no rule
//! explains is [`Cause::Unexplained`].
//!
//! It goes in three steps. Units first ([`units`]): hour by hour, what the provider counted beside what the agency counted
//! says which calls one of them does not know. Then prices ([`money`]): each line of the bill is what those units cost,
//! plus what the other units cost more or less than by list. Then what is beside calls: taxes, refunds, discounts.
//!
//! Pure: rows in, lines out. Amounts are whole multiples of 10⁻¹² of the currency's unit.

mod alert;
mod balance;
mod books;
mod cause;
mod forecast;
mod item;
mod line;
mod money;
mod rates;
mod rows;
mod slots;
mod units;

pub use alert::{Present, Tell, Told, tell};
pub use balance::{Balance, Look};
pub use books::{Books, Zone, by_connection, unique};
pub use cause::Cause;
pub use forecast::{Forecast, Unusual, forecast, unusual};
pub use item::{Item, item};
pub use line::{Line, Sum, Who, reconcile, total};
pub use rates::{Rate, Rates};

#[cfg(test)]
mod tests;
