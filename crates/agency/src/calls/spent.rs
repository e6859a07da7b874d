//! What a month has cost until now, for clients who have limits: added up from the book at first use, kept in memory
//! since. A call reserves before it is made, the largest amount that one of its kind has cost so far, and is settled
//! when its end is written; so calls that run beside each other overrun a bound by no more than one call each.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use ownkey_protocol::id::{AssistantId, CallId, ClientId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::{Limit, Month, Scope, UnitKind};
use ownkey_protocol::vocabulary::Use;
use ownkey_providers::meter::Units;
use rusqlite::Connection;
use tokio::sync::mpsc::UnboundedSender;

use super::{CallStarted, Calls, lock};
use crate::store::StoreError;

/// A month's bound that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) client: ClientId,
    pub(crate) scope: Scope,
    pub(crate) month: Month,
    pub(crate) hard: bool,
}

/// A call that asks whether it may be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asks {
    pub(crate) id: CallId,
    pub(crate) client: ClientId,
    pub(crate) assistant: AssistantId,
    pub(crate) r#use: Option<Use>,
    pub(crate) own: bool,
    pub(crate) at: Instant,
}

/// Why it may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// A month's bound.
    Month(Scope),
    /// Calls within a minute.
    Minute,
    /// What was spent must be read from the book first.
    Unread,
}

/// Micro-units of money, and units by [`UnitKind`] (audio in milliseconds).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Amount([u64; 5]);

const MONEY: usize = 0;

const fn of_kind(kind: UnitKind) -> usize {
    match kind {
        UnitKind::Calls => 1,
        UnitKind::Tokens => 2,
        UnitKind::Pictures => 3,
        UnitKind::Seconds => 4,
    }
}

impl Amount {
    fn add(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a = a.saturating_add(b));
    }

    fn take(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a = a.saturating_sub(b));
    }

    fn raise(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a = (*a).max(b));
    }

    /// Money counts where the one pays whose bound it is: the client, or the platform.
    fn for_scope(mut self, scope: Scope, own: bool) -> Self {
        if matches!(scope, Scope::Platform(_)) == own {
            self.0[MONEY] = 0;
        }
        self
    }
}

/// A call whose end is written.
pub(super) struct Settled {
    n: i64,
    client: ClientId,
    id: CallId,
    assistant: AssistantId,
    r#use: Option<Use>,
    own: bool,
    at: Instant,
    amount: Amount,
}

impl Settled {
    pub(super) fn new(n: i64, call: &CallStarted, at: Instant, cost: Option<u64>, units: Option<Units>) -> Self {
        let units = units.unwrap_or_default();
        let amount = [cost.unwrap_or(0), 1, units.input.saturating_add(units.output), units.images, units.seconds_ms];
        Self {
            n,
            client: call.client,
            id: call.id,
            assistant: call.assistant,
            r#use: call.r#use,
            own: call.own.is_some(),
            at,
            amount: Amount(amount),
        }
    }
}

#[derive(Debug, Default)]
struct Sum {
    spent: Amount,
    held: Amount,
    largest: Amount,
    minute: VecDeque<Instant>,
    bound: Option<Limit>,
    told: Option<bool>,
}

impl Sum {
    /// Whether a month's bound is reached, with what is reserved or without.
    fn over(&self, limit: &Limit, scope: Scope, own: bool, with_held: bool) -> bool {
        let mut so_far = self.spent;
        if with_held {
            so_far.add(self.held);
        }
        let counts = matches!(scope, Scope::Platform(_)) != own;
        let money = limit.money.filter(|_| counts).is_some_and(|m| so_far.0[MONEY] >= m.micro);
        let units = limit.units.is_some_and(|u| {
            let most = if u.kind == UnitKind::Seconds { u.most.saturating_mul(1_000) } else { u.most };
            so_far.0[of_kind(u.kind)] >= most
        });
        money || units
    }

    fn too_many(&mut self, limit: &Limit, at: Instant) -> bool {
        let Some(most) = limit.calls_per_minute else { return false };
        while self.minute.front().is_some_and(|first| at.millis_since(*first) >= 60_000) {
            self.minute.pop_front();
        }
        self.minute.len() >= most as usize
    }
}

struct OfClient {
    month: Month,
    /// The last row that was added up when the book was read.
    read_to: i64,
    sums: HashMap<Scope, Sum>,
    running: HashMap<CallId, Vec<(Scope, Amount)>>,
}

/// Of every client that has limits.
pub(super) struct Spent {
    clients: Mutex<HashMap<ClientId, OfClient>>,
    gate: Mutex<()>,
    tell: UnboundedSender<Reached>,
}

fn scopes(assistant: AssistantId, r#use: Option<Use>, own: bool) -> Vec<Scope> {
    let platform = r#use.filter(|_| !own).map(Scope::Platform);
    [Some(Scope::Client), Some(Scope::Assistant(assistant)), r#use.map(Scope::Use), platform]
        .into_iter()
        .flatten()
        .collect()
}

impl OfClient {
    fn turn(&mut self, at: Instant) {
        let month = Month::of(at);
        if month > self.month {
            self.month = month;
            for sum in self.sums.values_mut() {
                (sum.spent, sum.largest, sum.told) = (Amount::default(), Amount::default(), None);
            }
        }
    }

    fn reserve(&mut self, asks: &Asks, limits: &[(Scope, Limit)], tell: impl Fn(Scope, bool)) -> Result<(), Over> {
        self.turn(asks.at);
        for (scope, limit) in limits {
            let sum = self.sums.entry(*scope).or_default();
            if sum.bound != Some(*limit) {
                (sum.bound, sum.told) = (Some(*limit), None);
            }
            if sum.too_many(limit, asks.at) {
                return Err(Over::Minute);
            }
            if sum.over(limit, *scope, asks.own, false) && sum.told.replace(limit.hard) != Some(limit.hard) {
                tell(*scope, limit.hard);
            }
            if limit.hard && sum.over(limit, *scope, asks.own, true) {
                return Err(Over::Month(*scope));
            }
        }
        let mut held = Vec::new();
        for scope in scopes(asks.assistant, asks.r#use, asks.own) {
            let sum = self.sums.entry(scope).or_default();
            let mut amount = sum.largest.for_scope(scope, asks.own);
            amount.0[of_kind(UnitKind::Calls)] = 1;
            sum.held.add(amount);
            held.push((scope, amount));
        }
        for (scope, _) in limits.iter().filter(|(_, limit)| limit.calls_per_minute.is_some()) {
            self.sums.entry(*scope).or_default().minute.push_back(asks.at);
        }
        self.running.insert(asks.id, held);
        Ok(())
    }

    fn release(&mut self, id: CallId) -> bool {
        let held = self.running.remove(&id);
        let was_held = held.is_some();
        for (scope, amount) in held.into_iter().flatten() {
            self.sums.entry(scope).or_default().held.take(amount);
        }
        was_held
    }

    fn settle(&mut self, call: &Settled, tell: impl Fn(Scope, bool)) {
        self.turn(call.at);
        let counted_before = !self.release(call.id) && call.n <= self.read_to;
        for scope in scopes(call.assistant, call.r#use, call.own) {
            let sum = self.sums.entry(scope).or_default();
            let mut amount = call.amount.for_scope(scope, call.own);
            if counted_before {
                amount.0[of_kind(UnitKind::Calls)] = 0;
            }
            sum.spent.add(amount);
            sum.largest.raise(amount);
            let Some(bound) = sum.bound else { continue };
            if sum.over(&bound, scope, call.own, false) && sum.told.replace(bound.hard) != Some(bound.hard) {
                tell(scope, bound.hard);
            }
        }
    }
}

impl Spent {
    pub(super) fn new(tell: UnboundedSender<Reached>) -> Self {
        Self { clients: Mutex::default(), gate: Mutex::default(), tell }
    }

    /// Held while rows are committed and told, or added up.
    pub(super) fn gate(&self) -> MutexGuard<'_, ()> {
        lock(&self.gate)
    }

    /// Ends that were written, of any client.
    pub(super) fn settle(&self, settled: &[Settled]) {
        let mut clients = lock(&self.clients);
        if clients.is_empty() {
            return;
        }
        for call in settled {
            let Some(of) = clients.get_mut(&call.client) else { continue };
            let month = of.month;
            of.settle(call, |scope, hard| self.say(Reached { client: call.client, scope, month, hard }));
        }
    }

    /// Whether the next call of a client may hang on what this one cost.
    pub(super) fn counts(&self, client: ClientId) -> bool {
        lock(&self.clients).contains_key(&client)
    }

    fn say(&self, reached: Reached) {
        let _the_server_stops = self.tell.send(reached);
    }
}

impl Calls {
    /// Whether a call may be made within `limits`; then it is reserved until its end is written.
    ///
    /// # Errors
    /// [`Over`].
    pub(crate) fn reserve(&self, asks: &Asks, limits: &[(Scope, Limit)]) -> Result<(), Over> {
        let mut clients = lock(&self.spent.clients);
        let of = clients.get_mut(&asks.client).ok_or(Over::Unread)?;
        let month = Month::of(asks.at);
        of.reserve(asks, limits, |scope, hard| self.spent.say(Reached { client: asks.client, scope, month, hard }))
    }

    /// Adds up a client's month from the book, once the calls that ended before are in it; takes as long as the month
    /// has calls.
    ///
    /// # Errors
    /// [`StoreError`], also when the book cannot be written now.
    pub(crate) fn add_up(&self, client: ClientId, now: Instant) -> Result<(), StoreError> {
        if !self.shared.written_until_now() {
            return Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into());
        }
        let _gate = self.spent.gate();
        if lock(&self.spent.clients).contains_key(&client) {
            return Ok(());
        }
        let of = read(&self.file, client, Month::of(now))?;
        lock(&self.spent.clients).insert(client, of);
        Ok(())
    }

    /// Bounds as they are reached; to be asked for once.
    pub(crate) fn reached(&self) -> Option<tokio::sync::mpsc::UnboundedReceiver<Reached>> {
        lock(&self.reached).take()
    }
}

fn read(file: &Path, client: ClientId, month: Month) -> Result<OfClient, StoreError> {
    let db: Connection = super::read::open(file)?;
    let read_to = db.query_row("SELECT coalesce(max(n), 0) FROM calls", [], |row| row.get(0))?;
    let mut of = OfClient { month, read_to, sums: HashMap::new(), running: HashMap::new() };
    let mut rows = db.prepare(
        "SELECT assistant, purpose, paid_by = 'own', coalesce(cost, 0),
            coalesce(json_extract(units, '$.input'), 0) + coalesce(json_extract(units, '$.output'), 0),
            coalesce(json_extract(units, '$.images'), 0), coalesce(json_extract(units, '$.seconds_ms'), 0)
         FROM calls WHERE client = ?1 AND at >= ?2",
    )?;
    let mut rows = rows.query((client.to_string(), month.begin().unix_millis()))?;
    while let Some(row) = rows.next()? {
        let Ok(assistant) = row.get::<_, String>(0)?.parse() else { continue };
        let r#use = row.get::<_, Option<String>>(1)?.and_then(|word| word.parse().ok());
        let own = row.get(2)?;
        let number = |at| row.get::<_, i64>(at).map(|n| u64::try_from(n).unwrap_or(0));
        let amount = Amount([number(3)?, 1, number(4)?, number(5)?, number(6)?]);
        for scope in scopes(assistant, r#use, own) {
            let sum = of.sums.entry(scope).or_default();
            let amount = amount.for_scope(scope, own);
            sum.spent.add(amount);
            sum.largest.raise(amount);
        }
    }
    Ok(of)
}

#[cfg(test)]
mod tests;
