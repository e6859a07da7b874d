//! A bill from a file that the person has: an export of the provider's page, or a plain table. It answers the same question
//! as the provider's API would, and takes the place of that answer for its months.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ownkey_protocol::code::Code;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::Month;
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::bill::file::{FileError, Filed, read};
use ownkey_providers::bill::{Ask, BilledRow};
use ownkey_reconcile::Zone;
use serde::{Deserialize, Serialize};

use super::alert::Teller;
use super::fetch::SETTLES_AFTER;
use super::kept::Answered;
use super::view::CURRENCY;
use crate::App;
use crate::connect::parse;
use crate::fault::Fault;
use crate::host::Host;
use crate::wire::{BillFile, BillFileAdded, BillsFetching};

/// How often is told how far the reading is.
const TELL: Duration = Duration::from_millis(100);

/// What progress is counted in.
const MEGABYTE: u64 = 1_000_000;

/// What is remembered of a file: nothing of where it was.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    ask: Ask,
    name: String,
    at: Instant,
    lines: u64,
}

fn kept_name(connection: ConnectionId, month: Month) -> String {
    format!("files/{connection}/{month}")
}

/// The time zone in which a provider closes its days.
pub(super) fn zone(provider: Provider) -> Zone {
    match provider {
        Provider::Gemini => Zone::named("America/Los_Angeles").unwrap_or(Zone::UTC),
        _ => Zone::UTC,
    }
}

impl<H: Host> App<H> {
    /// A file was dropped on the window: the person is asked whose bill it is. Of several the first counts.
    pub fn bill_dropped(&self, place: PathBuf) {
        self.live(|live| live.dropped = Some(place));
        self.changed();
    }

    /// Forgets the file that was dropped.
    ///
    /// # Errors
    /// None.
    pub async fn bills_leave_file(&self) -> Result<(), Fault> {
        self.live(|live| live.dropped = None);
        self.changed();
        Ok(())
    }

    /// Reads the bill of an account from the file that was dropped, or from one that the person chooses. What it says of a
    /// month takes the place of what was there. A dropped file that cannot be used stays, for another account.
    ///
    /// # Errors
    /// `not_found`; `declined` without a file, or when it was stopped; `file_unknown`, `file_line`, `file_currency`,
    /// `file_unreadable`, `other_providers_file`, `file_keys` when the file cannot be used: then nothing has changed.
    pub async fn bills_add_file(&self, connection: String) -> Result<BillFileAdded, Fault> {
        let id = parse(&connection)?;
        let state = self.state();
        let known = state.as_ref().and_then(|state| state.connections().get(&id));
        let provider = known.ok_or_else(|| Fault::new(Code::NotFound, "no such connection"))?.provider;
        let place = match self.live(|live| live.dropped.clone()) {
            Some(place) => Some(place),
            None => self.host.choose().await,
        };
        let place = place.ok_or_else(|| Fault::new(Code::Declined, "no file was chosen"))?;
        let begun = self.live(|live| live.reading.is_none().then(|| live.reading = Some(NOTHING)).is_some());
        if !begun {
            return Err(Fault::new(Code::Declined, "another file is being read"));
        }
        self.changed();
        let filed = self.read_bill(&place).await;
        let added = filed.and_then(|filed| self.keep_bill(id, provider, &place, filed));
        self.live(|live| {
            live.reading = None;
            live.dropped.take_if(|dropped| added.is_ok() && *dropped == place);
        });
        self.tell_of_bills(Teller::System);
        self.changed();
        added
    }

    /// Reads the file beside everything else, tells how far it is, and ends when *Stop* was pressed.
    async fn read_bill(&self, place: &Path) -> Result<Filed, Fault> {
        let (done, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (told, asked, of) = (done.clone(), stop.clone(), place.to_owned());
        let size = tokio::fs::metadata(place).await.map_or(0, |known| known.len());
        let mut reading = tokio::task::spawn_blocking(move || {
            let file = File::open(of).map_err(|_| FileError::Unread)?;
            read(file, |read| {
                told.store(read, Ordering::Relaxed);
                !asked.load(Ordering::Relaxed)
            })
        });
        let of = megabytes(size);
        loop {
            tokio::select! {
                ended = &mut reading => {
                    let ended = ended.map_err(|why| Fault::new(Code::Unforeseen, why.to_string()))?;
                    return ended.map_err(|why| fault(&why));
                }
                () = tokio::time::sleep(TELL) => {
                    let shown = BillsFetching { done: megabytes(done.load(Ordering::Relaxed)), of };
                    let goes_on = self.live(|live| live.reading.as_mut().map(|now| *now = shown).is_some());
                    stop.store(!goes_on, Ordering::Relaxed);
                    self.changed();
                }
            }
        }
    }

    fn keep_bill(
        &self,
        id: ConnectionId,
        provider: Provider,
        place: &Path,
        filed: Filed,
    ) -> Result<BillFileAdded, Fault> {
        if let Some(of) = filed.shape.provider().filter(|of| *of != provider) {
            return Err(Fault::new(Code::OtherProvidersFile, "another provider's")
                .with("provider", provider.display_name())
                .with("from", of.display_name()));
        }
        let currency = filed.rows.iter().find_map(|row| row.currency.clone()).unwrap_or_default();
        if !currency.is_empty() && currency != CURRENCY {
            return Err(Fault::new(Code::FileCurrency, "another currency").with("currency", currency));
        }
        let (ask, lines, passed_over) = (filed.ask(), filed.lines, filed.passed_over);
        let rows = self.of_this(id, filed.rows)?;
        let last = rows.iter().map(|row| row.to).max().unwrap_or_default();
        let now = self.bills_now();
        let answered = Answered { at: now, settled: last.min(now.plus_millis(-SETTLES_AFTER)) };
        let zone = zone(provider);
        let mut by_month: BTreeMap<Month, Vec<BilledRow>> = BTreeMap::new();
        for row in rows {
            by_month.entry(Month::of(zone.day(row.from).begin())).or_default().push(row);
        }
        let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for (month, rows) in &by_month {
            self.store.put_billed(&id.to_string(), ask, *month, rows, answered, &zone)?;
            let mut files = self.kept_files(id, *month)?;
            files.retain(|kept| kept.ask != ask);
            files.push(Kept { ask, name: name.clone(), at: now, lines });
            self.store.set_fact(&kept_name(id, *month), &files)?;
        }
        Ok(BillFileAdded { months: by_month.keys().map(Month::to_string).collect(), lines, passed_over })
    }

    /// The file's rows about this connection. Where it names keys of which none is known here, only a file about one key can
    /// be this connection's.
    fn of_this(&self, id: ConnectionId, rows: Vec<BilledRow>) -> Result<Vec<BilledRow>, Fault> {
        let ours = self.provider_keys(id);
        let theirs: BTreeSet<String> = rows.iter().filter_map(|row| row.key.clone()).collect();
        let mine = theirs.is_empty() || theirs.iter().any(|key| ours.contains_key(key));
        let rows = match (mine, ours.is_empty() && theirs.len() == 1) {
            (true, _) => rows,
            (false, true) => return Ok(rows.into_iter().map(|row| BilledRow { key: None, ..row }).collect()),
            (false, false) => {
                return Err(Fault::new(Code::FileKeys, "none of its keys is known").with("count", theirs.len()));
            }
        };
        // A file without keys is the person's word for it that it is this account's.
        if theirs.is_empty() { Ok(rows) } else { self.own(id, std::iter::empty(), rows) }
    }

    /// The provider itself has answered what a file had: the figures are the file's no more.
    pub(super) fn file_replaced(&self, id: ConnectionId, month: Month, ask: Ask) -> Result<(), Fault> {
        let mut files = self.kept_files(id, month)?;
        let before = files.len();
        files.retain(|kept| kept.ask != ask);
        match files.len() {
            0 if before > 0 => self.store.forget_fact(&kept_name(id, month)),
            left if left < before => self.store.set_fact(&kept_name(id, month), &files),
            _ => Ok(()),
        }
    }

    fn kept_files(&self, id: ConnectionId, month: Month) -> Result<Vec<Kept>, Fault> {
        Ok(self.store.fact(&kept_name(id, month))?.unwrap_or_default())
    }

    /// The files from which a month's figures came: one of costs, one of each kind of usage.
    pub(super) fn bill_files(&self, id: ConnectionId, month: Month) -> Result<Vec<BillFile>, Fault> {
        let shown = |kept: Kept| BillFile { name: kept.name, at: kept.at.to_string(), lines: kept.lines };
        Ok(self.kept_files(id, month)?.into_iter().map(shown).collect())
    }
}

const NOTHING: BillsFetching = BillsFetching { done: 0, of: 1 };

fn megabytes(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(MEGABYTE)).unwrap_or(u32::MAX).max(1)
}

/// What a person is told when a file cannot be used.
fn fault(why: &FileError) -> Fault {
    let told = |code| Fault::new(code, why.to_string());
    match why {
        FileError::Unknown { missing, .. } => told(Code::FileUnknown).with("columns", missing.join(", ")),
        FileError::Cell { line, column } => told(Code::FileLine).with("line", line).with("column", column),
        FileError::Line { line } => told(Code::FileLine).with("line", line).with("column", "–"),
        FileError::Currencies(one, other) => told(Code::FileCurrency).with("currency", format!("{one}, {other}")),
        FileError::NotText | FileError::TooMuch | FileError::Unread => told(Code::FileUnreadable),
        FileError::Stopped => told(Code::Declined),
    }
}
