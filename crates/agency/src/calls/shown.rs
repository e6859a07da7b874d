//! What the app is shown of calls: the last per connection, use and payer, and the first of each version per use and
//! assistant. Kept in memory for clients that look, so that looking costs nothing however many calls there were.

use std::collections::{HashMap, HashSet, VecDeque};

use ownkey_protocol::api::{CallRow, TokenUse};
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::id::{CallId, ClientId, ConnectionId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::{Payer, Use};

use super::{CallFinished, CallStarted};

type LastKey = (Option<ConnectionId>, Option<Use>, Payer);
type FirstKey = (ConnectionId, u32, Option<Use>, String);

/// How many of the first calls are shown.
const FIRST: usize = 256;

/// Of what it may be the first call.
fn first_key(row: &CallRow) -> Option<FirstKey> {
    Some((row.connection?, row.version?, row.r#use, row.assistant.clone()))
}

/// One client's.
#[derive(Debug, Default)]
pub(super) struct OfClient {
    /// Whether what is older than this process was read.
    whole: bool,
    last: HashMap<LastKey, (Option<CallId>, CallRow)>,
    /// The newest of the first calls, in the order of time.
    first: VecDeque<(Option<CallId>, CallRow)>,
    /// What has had its first call.
    begun: HashSet<FirstKey>,
    tokens: HashMap<Hash, Instant>,
}

/// What the app is shown of a client's calls.
#[derive(Debug, Clone)]
pub struct ShownCalls {
    /// The last call per connection, use and payer, newest first.
    pub last: Vec<CallRow>,
    /// The first call of each version per use and assistant, oldest first.
    pub first: Vec<CallRow>,
    /// When each token was last used, newest first.
    pub tokens: Vec<TokenUse>,
}

/// Of every client that looks.
#[derive(Debug, Default)]
pub(super) struct Shown {
    clients: HashMap<ClientId, OfClient>,
    /// Calls without an end yet that are shown.
    running: HashMap<CallId, ClientId>,
}

impl OfClient {
    /// One more call, later than those before.
    pub(super) fn add(&mut self, id: Option<CallId>, row: CallRow) {
        if first_key(&row).is_some_and(|key| self.begun.insert(key)) {
            self.first.push_back((id, row.clone()));
            self.bound();
        }
        self.last.insert((row.connection, row.r#use, row.paid_by), (id, row));
    }

    /// All of it.
    pub(super) fn all(&self) -> ShownCalls {
        ShownCalls { last: self.last(), first: self.first(), tokens: self.tokens() }
    }

    /// A token was used.
    pub(super) fn used(&mut self, token: Hash, at: Instant) {
        let last = self.tokens.entry(token).or_insert(at);
        *last = at.max(*last);
    }

    /// When each token was last used.
    fn tokens(&self) -> Vec<TokenUse> {
        let mut rows: Vec<TokenUse> =
            self.tokens.iter().map(|(token, at)| TokenUse { token: *token, at: *at }).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.at));
        rows.truncate(256);
        rows
    }

    /// The last calls, newest first.
    fn last(&self) -> Vec<CallRow> {
        let mut rows: Vec<CallRow> = self.last.values().map(|(_, row)| row.clone()).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.at));
        rows.truncate(64);
        rows
    }

    /// The first calls, oldest first.
    fn first(&self) -> Vec<CallRow> {
        let mut rows: Vec<CallRow> = self.first.iter().map(|(_, row)| row.clone()).collect();
        rows.sort_by_key(|row| row.at);
        rows
    }

    fn bound(&mut self) {
        while self.first.len() > FIRST {
            self.first.pop_front();
        }
    }

    /// What was read of the book, beneath what was seen since.
    fn beneath(&mut self, mut older: Self) {
        for (key, row) in older.last {
            self.last.entry(key).or_insert(row);
        }
        self.first.retain(|(_, row)| first_key(row).is_none_or(|key| !older.begun.contains(&key)));
        older.first.append(&mut self.first);
        self.first = older.first;
        self.begun.extend(older.begun);
        self.bound();
        for (token, at) in older.tokens {
            self.used(token, at);
        }
        self.whole = true;
    }

    fn finished(&mut self, call: &CallFinished) {
        let rows = self.last.values_mut().chain(&mut self.first);
        for (_, row) in rows.filter(|(id, _)| *id == Some(call.id)) {
            row.status = Some(call.status);
        }
    }
}

impl Shown {
    /// A client's, once it is whole; else it is kept from now on, and its older rows are to be read.
    pub(super) fn of(&mut self, client: ClientId) -> Option<&OfClient> {
        let of = self.clients.entry(client).or_default();
        of.whole.then_some(&*of)
    }

    /// A client's, with its older rows.
    pub(super) fn with_older(&mut self, client: ClientId, older: OfClient) -> &OfClient {
        let of = self.clients.entry(client).or_default();
        of.beneath(older);
        of
    }

    /// Whose call it is, when its client looks.
    pub(super) fn started(&mut self, call: &CallStarted) -> Option<ClientId> {
        let of = self.clients.get_mut(&call.client)?;
        of.add(Some(call.id), row(call));
        of.used(call.token, call.at);
        self.running.insert(call.id, call.client);
        Some(call.client)
    }

    /// Whose call it was, when its client looks.
    pub(super) fn finished(&mut self, call: &CallFinished) -> Option<ClientId> {
        let client = self.running.remove(&call.id)?;
        self.clients.get_mut(&client)?.finished(call);
        Some(client)
    }
}

fn row(call: &CallStarted) -> CallRow {
    CallRow {
        at: call.at,
        assistant: call.assistant.to_string(),
        provider: call.provider,
        r#use: call.r#use,
        connection: call.own.map(|(connection, _)| connection),
        version: call.own.map(|(_, version)| version),
        paid_by: if call.own.is_some() { Payer::Own } else { Payer::Platform },
        model: call.model.clone(),
        status: None,
    }
}
