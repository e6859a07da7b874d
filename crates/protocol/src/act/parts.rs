//! What deeds are made of.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::encoding::Hash;
use crate::id::ConnectionId;
use crate::instant::Instant;
use crate::limit::{Currency, Decimal, Month};
use crate::usage::Day;
use crate::vocabulary::Use;

/// When a key is to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// So many days after it was pushed, each key anew.
    Every {
        /// 1 to 730.
        days: u16,
    },
    /// Once, by this moment: any key that is older than the schedule.
    By {
        /// The moment, at most two years ahead.
        #[ts(type = "string")]
        at: Instant,
    },
}

/// For which use, and with which model, a promoted version is to be preferred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preference {
    /// The use.
    pub r#use: Use,
    /// The provider's id of the model; `None` = the assistant decides.
    pub model: Option<String>,
}

/// Why a version is retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetireReason {
    /// Replaced by a newer one.
    Replaced,
    /// The person no longer wants it.
    Unwanted,
    /// It was seen where it should not be: running calls are cut.
    Leaked,
    /// A connection in the making was discarded.
    Discarded,
}

/// How a rotation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RotationOutcome {
    /// The new key serves, and the provider refuses the old one.
    Done,
    /// The new key was given up; the old one serves as before.
    Abandoned,
    /// Another device goes on with it.
    HandedOver,
}

/// What a client states of a month of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    /// The connection.
    pub connection: ConnectionId,
    /// The month, in UTC; not one that is to come.
    pub month: Month,
    /// Currency of both amounts.
    pub currency: Currency,
    /// The last day of it that counts: days that the agency has not signed as settled are left out.
    pub through: Day,
    /// What the agency's signed days until then come to, as this client holds them.
    pub claimed: Decimal,
    /// What the provider says of the same days, where it says something of money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billed: Option<Decimal>,
    /// SHA-256 of the table that the app saves of the month.
    pub sha256: Hash,
}
