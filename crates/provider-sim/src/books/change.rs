//! What a test or a script changes in the books.

use super::money::{Money, Percent};
use super::prices::Line;
use serde::{Deserialize, Serialize};

/// A change of how a provider's books are kept or shown. Each holds for all accounts of that provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BooksChange {
    /// The books' clock stands at this moment (Unix milliseconds); `None`: it is the computer's. What is later is not in
    /// the figures yet.
    Now(Option<i64>),
    /// A call is in the figures only so many seconds after it was made: a day's are whole this long after its end.
    SettleDelay(i64),
    /// Another price of a model from a moment on.
    Price {
        /// The model, with or without its date.
        model: String,
        /// The line: `input`, `cached input`, `cache write`, `cache write 1h`, `audio input`, `image input`, `output`,
        /// `audio output`, `image output`, `duration`, `images`, `characters`, `credits`.
        line: String,
        /// Dollars for a million tokens (or characters), for a second, a picture, a credit; decimal text.
        dollars: String,
        /// From when on, Unix milliseconds.
        from: i64,
    },
    /// So much per cent off every call from a moment on; decimal text.
    Discount {
        /// Up to four digits behind the point.
        percent: String,
        /// From when on, Unix milliseconds.
        from: i64,
    },
    /// The first so many tokens of each calendar month (UTC) of an account cost nothing; `None`: all cost.
    FreeTier(Option<u64>),
    /// So much per cent tax on each day, as a line of its own that belongs to no key; `None`: no such line.
    Tax(Option<String>),
    /// A negative line on a day.
    Refund {
        /// A moment on that day, Unix milliseconds.
        at: i64,
        /// The account (id or name).
        account: String,
        /// The key that it belongs to; `None`: to none.
        key: Option<String>,
        /// Dollars that are given back, positive decimal text.
        dollars: String,
        /// The words of the line.
        line: String,
    },
    /// Each so-manieth call is left out of all that is shown; `None`: none is.
    LeaveOut(Option<usize>),
    /// The buckets and rows of a page come in another order.
    Shuffled(bool),
    /// A page begins with the last bucket of the page before once more.
    Repeated(bool),
}

/// A price that was changed.
pub(crate) struct NewPrice {
    pub(crate) model: String,
    pub(crate) line: Line,
    pub(crate) dollars: Money,
    pub(crate) from: i64,
}

/// Money that was given back.
pub(crate) struct Refund {
    pub(crate) at: i64,
    pub(crate) account: String,
    pub(crate) key: Option<String>,
    pub(crate) dollars: Money,
    pub(crate) line: String,
}

/// How the books are kept and shown.
#[derive(Default)]
pub(crate) struct Rules {
    pub(crate) now: Option<i64>,
    /// Milliseconds.
    pub(crate) delay: i64,
    pub(crate) prices: Vec<NewPrice>,
    pub(crate) discounts: Vec<(i64, Percent)>,
    pub(crate) free: Option<u64>,
    pub(crate) tax: Option<Percent>,
    pub(crate) refunds: Vec<Refund>,
    pub(crate) leave_out: Option<usize>,
    pub(crate) shuffled: bool,
    pub(crate) repeated: bool,
}

impl Rules {
    /// The books' clock, Unix milliseconds.
    pub(crate) fn now(&self) -> i64 {
        self.now.unwrap_or_else(|| jiff::Timestamp::now().as_millisecond())
    }

    /// Whether the call of this number and time is in the figures.
    pub(crate) fn shows(&self, number: usize, at: i64) -> bool {
        let left_out = self.leave_out.is_some_and(|each| number % each == each - 1);
        at.saturating_add(self.delay) <= self.now() && !left_out
    }
}

impl crate::room::Room {
    /// False where a text is no number, a line has no such name, or an account is not there.
    pub(crate) fn change_books(&mut self, change: BooksChange) -> bool {
        self.changed(change).is_some()
    }

    fn changed(&mut self, change: BooksChange) -> Option<()> {
        let rules = &mut self.books.rules;
        match change {
            BooksChange::Now(at) => rules.now = at,
            BooksChange::SettleDelay(seconds) => rules.delay = seconds.saturating_mul(1_000),
            BooksChange::Price { model, line, dollars, from } => {
                let (line, dollars) = (Line::named(&line)?, Money::parse(&dollars)?);
                rules.prices.push(NewPrice { model, line, dollars, from });
            }
            BooksChange::Discount { percent, from } => rules.discounts.push((from, Percent::parse(&percent)?)),
            BooksChange::FreeTier(tokens) => rules.free = tokens,
            BooksChange::Tax(None) => rules.tax = None,
            BooksChange::Tax(Some(percent)) => rules.tax = Some(Percent::parse(&percent)?),
            BooksChange::Refund { at, account, key, dollars, line } => {
                let account = self.account_mut(&account)?.id.clone();
                let dollars = Money::parse(&dollars)?;
                self.books.rules.refunds.push(Refund { at, account, key, dollars, line });
            }
            BooksChange::LeaveOut(each) => rules.leave_out = each.filter(|each| *each > 0),
            BooksChange::Shuffled(shuffled) => rules.shuffled = shuffled,
            BooksChange::Repeated(repeated) => rules.repeated = repeated,
        }
        Some(())
    }
}
