use ownkey_protocol::token;
use tempfile::TempDir;

use super::journal::{Batch, Journals};
use super::*;

pub(super) fn at(millis: i64) -> Instant {
    Instant::from_unix_millis(1_790_000_000_000 + millis)
}

pub(super) fn begins(n: u8) -> CallStarted {
    CallStarted {
        id: CallId::new(at(i64::from(n)), [n; 10]),
        client: ClientId::new(at(0), [1; 10]),
        assistant: AssistantId::new(at(0), [2; 10]),
        at: at(i64::from(n)),
        route: "openai.chat".into(),
        provider: Provider::OpenAi,
        r#use: Some(Use::Chat),
        own: Some((ConnectionId::new(at(0), [3; 10]), 2)),
        model: Some("gpt-4o-mini".to_owned()),
        token: token::hash(b"practice"),
        asked: 4_000,
        picture: Picture { size: Some("1024x1024".to_owned()), quality: None },
    }
}

pub(super) fn ends(n: u8) -> CallFinished {
    let units = Units { input: 400, output: 340, ..Units::default() };
    CallFinished {
        id: begins(n).id,
        status: 200,
        units: Some(units),
        model: Some("gpt-4o-mini-2024-07-18".to_owned()),
        picture: Picture::default(),
        told: Told::Whole,
        passed: None,
        at: at(1_000),
    }
}

/// The columns that a reader of the book relies on, in the order of time.
fn rows(folder: &TempDir) -> Vec<(String, Option<String>, Option<i64>)> {
    let db = Connection::open(folder.path().join("calls.sqlite")).unwrap();
    let mut rows = db.prepare("SELECT id, told, cost FROM calls ORDER BY n").unwrap();
    let found = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    found.map(Result::unwrap).collect()
}

fn row(n: u8, told: &str, cost: Option<i64>) -> (String, Option<String>, Option<i64>) {
    (begins(n).id.to_string(), Some(told.to_owned()), cost)
}

pub(super) fn open(folder: &TempDir) -> Calls {
    Calls::open(folder.path(), Arc::default()).unwrap()
}

fn journals(folder: &TempDir) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|end| end == "journal")).collect()
}

#[test]
fn what_a_killed_process_had_noted_is_in_the_book_at_the_next_start_and_once() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder));
    let killed = Journals::create(folder.path(), 7).unwrap();
    for line in [Line::Started(begins(1)), Line::Finished(ends(1)), Line::Started(begins(2))] {
        killed.add(line).unwrap();
    }
    killed.write(0).unwrap();
    drop(killed);
    for _ in 0..2 {
        drop(open(&folder));
        assert_eq!(rows(&folder), [row(1, "whole", Some(264)), row(2, "unknown", None)]);
    }
    assert!(journals(&folder).iter().all(|path| std::fs::metadata(path).unwrap().len() == 0));
}

#[test]
fn lines_that_the_book_has_are_not_read_again_and_an_end_finds_its_beginning_in_the_book() {
    let folder = tempfile::tempdir().unwrap();
    let (mut book, killed) = write::open(folder.path(), spent()).unwrap();
    killed.add(Line::Started(begins(1))).unwrap();
    killed.add(Line::Started(begins(2))).unwrap();
    let mut batch = Batch::default();
    killed.take(&mut batch).unwrap();
    book.write(&batch).unwrap();
    killed.add(Line::Finished(ends(1))).unwrap();
    killed.write(0).unwrap();
    drop((book, killed));
    drop(open(&folder));
    assert_eq!(rows(&folder), [row(1, "whole", Some(264)), row(2, "unknown", None)]);
    let db = Connection::open(folder.path().join("calls.sqlite")).unwrap();
    let kept: (i64, String) =
        db.query_row("SELECT length, size FROM calls", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    assert_eq!(kept, (4_000, "1024x1024".to_owned()));
}

#[test]
fn a_line_that_was_cut_off_hides_none_before_it() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder));
    let killed = Journals::create(folder.path(), 7).unwrap();
    killed.add(Line::Started(begins(1))).unwrap();
    killed.add(Line::Started(begins(2))).unwrap();
    killed.write(0).unwrap();
    drop(killed);
    let file = folder.path().join("calls-0.7.journal");
    let length = std::fs::metadata(&file).unwrap().len();
    std::fs::File::options().write(true).open(&file).unwrap().set_len(length - 5).unwrap();
    drop(open(&folder));
    assert_eq!(rows(&folder), [row(1, "unknown", None)]);
}

#[test]
fn a_batch_that_could_not_be_written_is_written_later_with_what_came_since() {
    let folder = tempfile::tempdir().unwrap();
    let calls = open(&folder);
    let other = Connection::open(folder.path().join("calls.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let noted = calls.started(begins(1));
    while calls.writes() {
        std::thread::yield_now();
    }
    assert!(!calls.durable(noted), "a call is made although the book cannot be written");
    calls.finished(begins(1).client, ends(1));
    other.execute_batch("ROLLBACK").unwrap();
    while !calls.writes() {
        std::thread::yield_now();
    }
    assert!(calls.durable(calls.started(begins(2))));
    drop(calls);
    assert_eq!(rows(&folder)[0], row(1, "whole", Some(264)));
    assert_eq!(rows(&folder).len(), 2);
}

#[test]
fn a_full_journal_is_followed_by_a_fresh_one_and_deleted_once_the_book_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let calls = open(&folder);
    let before = journals(&folder);
    for n in 0..=u8::MAX {
        let long = CallStarted { model: Some("m".repeat(100_000)), ..begins(n) };
        assert!(calls.durable(calls.started(long)));
    }
    while before.iter().all(|path| path.exists()) {
        calls.finished(begins(0).client, ends(0));
        std::thread::yield_now();
    }
    drop(calls);
    assert_eq!(rows(&folder).len(), 256);
    assert_eq!(journals(&folder).len(), before.len());
}

fn spent() -> Arc<Spent> {
    Arc::new(Spent::new(mpsc::unbounded_channel().0))
}

/// A budget that is asked for the first time counts a call that ended a moment ago.
#[test]
fn adding_up_waits_for_what_was_noted_before() {
    use ownkey_protocol::limit::{Limit, Scope, UnitKind, UnitLimit};
    let folder = tempfile::tempdir().unwrap();
    let calls = open(&folder);
    let units = Some(UnitLimit { kind: UnitKind::Calls, most: 1 });
    let limits = [(Scope::Client, Limit { money: None, units, calls_per_minute: None, hard: true })];
    let call = begins(1);
    let asks = Asks {
        id: begins(2).id,
        client: call.client,
        assistant: call.assistant,
        r#use: call.r#use,
        own: true,
        at: at(2_000),
    };
    assert!(calls.durable(calls.started(call)));
    calls.finished(asks.client, ends(1));
    assert_eq!(calls.reserve(&asks, &limits), Err(Over::Unread));
    calls.add_up(asks.client, asks.at).unwrap();
    assert_eq!(calls.reserve(&asks, &limits), Err(Over::Month(Scope::Client)));
}
