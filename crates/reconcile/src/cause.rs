//! Why two columns differ.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A cause of a difference; its amount is positive where the provider billed more than the agency says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The provider's or the agency's figures of that day can still grow: nothing is said of it yet.
    NotSettled,
    /// The provider tells nothing of that day, or not of all of it.
    NotTold,
    /// Calls with this key that did not come through the agency.
    UsedElsewhere,
    /// Calls of which the agency does not know the end, since its server was ended in the middle.
    UnknownCalls,
    /// Streams that were cut off, of which the agency saw a part or had to estimate.
    CutStreams,
    /// Calls about midnight, which the one counts to this day and the other to the next.
    DayEdge,
    /// Calls that the agency has and the provider does not list.
    NotListed,
    /// The agency rounds the cost of each call to a millionth.
    Rounding,
    /// The provider's price is another one than the list's: a negotiated rate, a discount, a change of price.
    Price,
    /// Units that the provider gave away.
    FreeTier,
    /// Calls that were made in another tier: as a batch, with priority.
    Tier,
    /// Calls for which the agency's list has no price.
    NoPrice,
    /// The agency reckoned with other prices than this list.
    AgencyPrice,
    /// Taxes.
    Tax,
    /// Money that the provider gave back.
    Refund,
    /// A discount that stands on a line of its own.
    Discount,
    /// Things on the bill that are no calls and which the agency does not meter: storage, searches, fine-tuning.
    NotMetered,
    /// What is left.
    Unexplained,
}

impl Cause {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 18] = [
        Self::UsedElsewhere,
        Self::NotListed,
        Self::UnknownCalls,
        Self::CutStreams,
        Self::DayEdge,
        Self::Price,
        Self::Tier,
        Self::FreeTier,
        Self::NoPrice,
        Self::AgencyPrice,
        Self::Discount,
        Self::Refund,
        Self::Tax,
        Self::NotMetered,
        Self::Rounding,
        Self::NotTold,
        Self::NotSettled,
        Self::Unexplained,
    ];
}
