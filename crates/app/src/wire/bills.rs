//! Bills: what the provider says beside what the agency says, a month at a time.

use ownkey_protocol::vocabulary::Provider;
use ownkey_reconcile::Cause;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Failure;

/// One month, as far as this computer has the figures.
#[derive(Debug, Clone, Serialize, TS)]
pub struct BillsView {
    /// Which, `2026-11`.
    pub month: String,
    /// Months that can be shown, the newest first.
    pub months: Vec<String>,
    /// Whether the providers may be asked for their figures.
    pub on: bool,
    /// Figures are on their way: how many questions of how many are answered.
    pub fetching: Option<BillsFetching>,
    /// A file is being read: how many megabytes of how many.
    pub reading: Option<BillsFetching>,
    /// A file was dropped on the window: its name. The person is asked whose bill it is.
    pub dropped: Option<String>,
    /// What kept the last time from bringing all figures.
    pub failure: Option<Failure>,
    /// When the agency's figures were asked for last (RFC 3339).
    pub agency_as_of: Option<String>,
    /// A difference up to this share of the bill is acceptable, in tenths of a per cent.
    pub margin_permille: u32,
    /// Or up to this much money, in millionths.
    pub margin_micro: u64,
    /// Accounts with figures in that month.
    pub connections: Vec<BillView>,
    /// Calls that the platform paid for: they are on nobody's bill here.
    pub platform: Vec<BillShare>,
    /// Both columns of all accounts, by currency.
    pub totals: Vec<BillTotal>,
    /// Prices that the client agreed with its providers, of all months.
    pub rates: Vec<BillRate>,
}

/// A price that the client agreed with a provider; both columns are reckoned with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BillRate {
    /// Provider.
    pub provider: Provider,
    /// Model, with its date or without.
    pub model: String,
    /// For which unit, by its name in the book.
    pub unit: String,
    /// The price as a decimal in the bill's currency: of a million tokens, a picture, a second, a credit.
    pub price: String,
    /// From this day on, where the provider is: `2026-11-24`.
    pub from: String,
}

/// How far fetching is, or the reading of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
pub struct BillsFetching {
    /// Questions that are answered, or megabytes that are read.
    pub done: u32,
    /// All of them.
    pub of: u32,
}

/// Both columns of all accounts that are billed in one currency.
#[derive(Debug, Clone, Serialize, TS)]
pub struct BillTotal {
    /// Currency, as ISO 4217 has it.
    pub currency: String,
    /// What the agency says, in millionths.
    pub claimed_micro: i64,
    /// What the providers say.
    pub billed_micro: i64,
}

/// One account in one month.
#[derive(Debug, Clone, Serialize, TS)]
pub struct BillView {
    /// `cn_…`
    pub id: String,
    /// Its name.
    pub name: String,
    /// Provider.
    pub provider: Provider,
    /// What can be compared.
    pub basis: BillBasis,
    /// When the provider's figures were fetched last (RFC 3339).
    pub as_of: Option<String>,
    /// Currency, as ISO 4217 has it.
    pub currency: String,
    /// What the agency says, in millionths.
    pub claimed_micro: i64,
    /// What the provider says; nothing where it says nothing of money, or was not asked yet.
    pub billed_micro: Option<i64>,
    /// Whether the difference is within the margin, without days that are not settled.
    pub within: bool,
    /// Days of the month, in order; those without figures are left out.
    pub days: Vec<BillDay>,
    /// Why the columns differ, the weightiest first.
    pub causes: Vec<BillCause>,
    /// By model.
    pub models: Vec<BillShare>,
    /// By assistant: the agency's column alone, since a provider does not know assistants.
    pub assistants: Vec<BillShare>,
    /// Units of both sides, where money cannot be compared.
    pub units: Vec<BillUnits>,
    /// The month's end at the present pace, by the agency's column; nothing for months that are over.
    pub forecast: Option<BillForecast>,
    /// Days far out of the usual.
    pub unusual: Vec<BillUnusual>,
    /// What can be sent to the agency of this month; nothing before it has signed the first day of it as settled.
    pub statement: Option<BillStatement>,
    /// When the person wants to be told; nothing for months that are over.
    pub alert: Option<BillAlert>,
    /// The limit that the provider itself keeps; nothing for months that are over, and where it is not known.
    pub spend_limit: Option<BillSpendLimit>,
    /// The provider told money for a whole workspace, or credits of a whole account: calls of its other keys are in it.
    pub shared: bool,
    /// The files from which the provider's figures came, or a part of them.
    pub files: Vec<BillFile>,
}

/// The most that a provider lets the account's project cost in a month: it refuses the project's calls beyond that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct BillSpendLimit {
    /// The amount, in millionths of a dollar; nothing where none is set.
    pub micro: Option<u64>,
    /// Whether calls are refused because of it.
    pub enforcing: bool,
    /// When the provider told it (RFC 3339).
    pub as_of: String,
}

/// A month's sums, for the agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct BillStatement {
    /// The last day that counts, `2026-11-24`.
    pub through: String,
    /// When they were sent last (RFC 3339).
    pub sent: Option<String>,
}

/// A file that a person added to a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct BillFile {
    /// Its name, without where it was.
    pub name: String,
    /// When it was added (RFC 3339).
    pub at: String,
    /// Lines of it that count, of all its months.
    pub lines: u64,
}

/// What a file has added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct BillFileAdded {
    /// Months that it is about, `2026-11`, in order.
    pub months: Vec<String>,
    /// Lines that count.
    pub lines: u64,
    /// Lines about other things than calls of models.
    pub passed_over: u64,
}

/// What can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BillBasis {
    /// Money and units.
    Money,
    /// Units alone: the provider has no bill that can be read.
    Units,
    /// Nothing yet: an admin key on this computer is needed.
    NeedsAdminKey,
    /// Nothing yet: the provider has not been asked.
    NotFetched,
    /// Nothing yet: the account's balance is looked at, and has not gone down since.
    Watched,
    /// Nothing: the provider was asked, and says nothing of this account's keys.
    Silent,
    /// Nothing: the provider has no such figures.
    NotOffered,
}

/// One day, where the provider closes its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct BillDay {
    /// `2026-11-24`
    pub day: String,
    /// What the agency says, in millionths.
    pub claimed_micro: i64,
    /// What the provider says.
    pub billed_micro: Option<i64>,
    /// Whether both say nothing else later.
    pub settled: bool,
}

/// A cause with what it comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct BillCause {
    /// Which.
    pub cause: Cause,
    /// Positive where the provider billed more, in millionths.
    pub micro: i64,
    /// The same exactly, as a decimal.
    pub exact: String,
    /// Days that make it up, the weightiest first, at most five.
    pub days: Vec<String>,
}

/// A part of a bill: a model, an assistant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct BillShare {
    /// Its name.
    pub name: String,
    /// Calls that the agency has.
    pub calls: u64,
    /// What the agency says, in millionths.
    pub claimed_micro: i64,
    /// What the provider says, where it tells.
    pub billed_micro: Option<i64>,
}

/// Units of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct BillUnits {
    /// Their name in the book.
    pub name: String,
    /// What the agency counted.
    pub claimed: i64,
    /// What the provider counted.
    pub told: Option<i64>,
}

/// Where a month is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
pub struct BillForecast {
    /// The month's end at the present pace, in millionths.
    pub micro: i64,
    /// At the least, as days have varied.
    pub low_micro: i64,
    /// At the most.
    pub high_micro: i64,
}

/// A day far out of the usual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct BillUnusual {
    /// `2026-11-24`
    pub day: String,
    /// What it cost by the agency's column, in millionths.
    pub micro: i64,
    /// What such a day of the week usually costs.
    pub usual_micro: i64,
    /// The assistants that make it up, the weightiest first.
    pub assistants: Vec<String>,
}

/// At which amount of the present month the person wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
pub struct BillAlert {
    /// The amount, in millionths; nothing where none is set.
    pub micro: Option<u64>,
    /// What the month has come to: the larger of the two columns.
    pub so_far_micro: i64,
    /// Whether that is as much as the amount, or more.
    pub reached: bool,
}
