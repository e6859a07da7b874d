use super::super::tests::{at, begins, ends, open};
use super::super::{CallFinished, Calls};
use super::*;

/// What the table has and what it would have if it were made now, from the calls themselves.
fn both(folder: &tempfile::TempDir) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let db = Connection::open(folder.path().join("calls.sqlite")).unwrap();
    let sums: Vec<String> = COUNTS.iter().chain(&UNITS).map(|name| format!("sum({name})")).collect();
    let all = |query: &str| -> Vec<Vec<String>> {
        let mut rows = db.prepare(query).unwrap();
        let rows = rows.query_map([], |row| {
            (0..9 + SUMS).map(|n| row.get::<_, rusqlite::types::Value>(n).map(|v| format!("{v:?}"))).collect()
        });
        rows.unwrap().map(Result::unwrap).collect()
    };
    let kept = all("SELECT * FROM hours ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9");
    let made = all(&format!(
        "SELECT client, hour, provider, model, assistant, purpose, connection, version, paid_by, {}
         FROM calls_by_hour WHERE told IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9",
        sums.join(", ")
    ));
    let columns: Vec<&str> = COUNTS.iter().chain(&UNITS).copied().collect();
    let by_day = all(&format!(
        "SELECT client, hour / 24, provider, model, assistant, purpose, connection, version, paid_by, {} FROM hours
         GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9",
        columns.iter().map(|name| format!("sum({name})")).collect::<Vec<_>>().join(", ")
    ));
    assert_eq!(all("SELECT * FROM days ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9"), by_day);
    (kept, made)
}

fn noted(calls: &Calls, n: u8, ended: bool) {
    assert!(calls.durable(calls.started(begins(n))));
    if ended {
        calls.finished(begins(n).client, ends(n));
    }
}

#[test]
fn hours_are_what_the_calls_add_up_to_also_after_a_restart_with_calls_without_an_end() {
    let folder = tempfile::tempdir().unwrap();
    for start in 0..3_u8 {
        let calls = open(&folder);
        for n in 0..20 {
            noted(&calls, start * 20 + n, n % 5 != 0);
        }
        drop(calls);
        let (kept, made) = both(&folder);
        assert_eq!(kept, made, "after start {start}");
    }
    drop(open(&folder));
    let (kept, made) = both(&folder);
    assert_eq!(kept, made);
    let db = Connection::open(folder.path().join("calls.sqlite")).unwrap();
    let counted: (i64, i64) =
        db.query_row("SELECT sum(calls), sum(unknown) FROM hours", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    assert_eq!(counted, (60, 12));
}

#[test]
fn calls_that_were_taken_in_as_unknown_are_counted_once_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let calls = open(&folder);
    let unknown = |n| CallFinished { told: Told::Unknown, units: None, ..ends(n) };
    calls.take_in((0..9_u8).map(|n| (begins(n), unknown(n)))).unwrap();
    drop(calls);
    drop(open(&folder));
    let (kept, made) = both(&folder);
    assert_eq!(kept, made);
}

/// However a span is cut, its parts add up to it; calls that run are counted as calls.
#[test]
fn a_span_is_the_sum_of_its_parts_wherever_it_is_cut() {
    let (same_hour, empty) = cut_everywhere(173_000);
    assert_eq!((same_hour, empty), (2, 0));
    // Days that lie in it whole.
    cut_everywhere(1_730_000);
}

/// A call every so many milliseconds; how many there are within one hour, and within nothing.
fn cut_everywhere(apart: i64) -> (u64, u64) {
    use ownkey_protocol::api::UsageGroup;
    let folder = tempfile::tempdir().unwrap();
    let calls = open(&folder);
    let client = begins(0).client;
    for n in 0..120_u8 {
        let begins = CallStarted { at: at(i64::from(n) * apart), ..begins(n) };
        assert!(calls.durable(calls.started(begins)));
        if n % 7 != 0 {
            calls.finished(client, ends(n));
        }
    }
    assert!(calls.shared.written_until_now());
    let add = |from: i64, to: i64| {
        let rows = calls.usage(client, at(from), at(to), UsageGroup::Model).unwrap();
        rows.iter().fold((0, 0, 0), |(n, cost, input), row| {
            (n + row.calls, cost + row.cost.micro, input + row.units.get("input").copied().unwrap_or(0))
        })
    };
    let end = 120 * apart;
    let whole = add(0, end);
    assert_eq!(whole.0, 120);
    for cut in (0..end).step_by(usize::try_from(apart * 7 + 23_567).unwrap()) {
        let (a, b) = (add(0, cut), add(cut, end));
        assert_eq!((a.0 + b.0, a.1 + b.1, a.2 + b.2), whole, "cut at {cut}");
    }
    (add(60_000, 400_000).0, add(5_000, 5_000).0)
}
