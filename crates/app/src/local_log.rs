//! The local log: what went wrong on this computer, beside the reference that the person was shown. Two files of at most
//! one megabyte, for this person's eyes only. Times, codes, references and causes; a cause holds ids, never a secret.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ownkey_providers::mask::mask;

use crate::agency_client::now;
use crate::wire::Failure;

/// A file that is longer becomes the older one.
const MOST_BYTES: u64 = 1024 * 1024;

/// The most characters of a cause.
const MOST_CAUSE: usize = 300;

pub(crate) struct LocalLog {
    newer: PathBuf,
    older: PathBuf,
    one_at_a_time: Mutex<()>,
}

impl LocalLog {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            newer: folder.join("ownkey.log"),
            older: folder.join("ownkey.older.log"),
            one_at_a_time: Mutex::default(),
        }
    }

    /// Writes a line. What cannot be written is lost: a full disk must not become a second failure.
    pub(crate) fn write(&self, failure: &Failure, cause: &str) {
        let _one = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let _lost = self.append(&format!("{} {} {} {}\n", now(), failure.code, failure.r#ref, safe(cause)));
    }

    fn append(&self, line: &str) -> std::io::Result<()> {
        if fs::metadata(&self.newer).is_ok_and(|m| m.len() + line.len() as u64 > MOST_BYTES) {
            fs::rename(&self.newer, &self.older)?;
        }
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.newer)?.write_all(line.as_bytes())
    }

    /// Time, code and reference of the newest lines, oldest first: no causes, so that they are safe to send.
    pub(crate) fn last(&self, count: usize) -> Vec<String> {
        let text = [&self.older, &self.newer].map(|file| fs::read_to_string(file).unwrap_or_default()).concat();
        let lines = text.lines().map(|l| l.split(' ').take(3).collect::<Vec<_>>().join(" "));
        let lines: Vec<String> = lines.collect();
        lines[lines.len().saturating_sub(count)..].to_vec()
    }
}

/// One line, short, without queries of addresses, and masked should a cause ever carry what it must not.
fn safe(cause: &str) -> String {
    let words = cause.split_whitespace().map(|w| w.split_once('?').map_or(w, |(address, _)| address));
    mask(&words.collect::<Vec<_>>().join(" ")).chars().take(MOST_CAUSE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;
    use ownkey_protocol::code::Code;

    fn said(log: &LocalLog, cause: &str) -> String {
        let failure = Fault::new(Code::DiskFull, cause).told();
        log.write(&failure, cause);
        failure.r#ref
    }

    #[test]
    fn a_reference_leads_to_its_cause_and_no_key_or_query_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let log = LocalLog::new(folder.path());
        let key = format!("sk-proj-{}", "aB3dE5".repeat(10));
        let reference = said(&log, &format!("first line\nof http://127.0.0.1:1/v1/record?from=7 with {key}"));
        let text = fs::read_to_string(folder.path().join("ownkey.log")).unwrap();
        assert_eq!(text.lines().count(), 1);
        assert!(
            text.contains(&format!("disk_full {reference} first line of http://127.0.0.1:1/v1/record with")),
            "{text}"
        );
        assert!(!text.contains("aB3dE5aB") && !text.contains("from=7"), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.path().join("ownkey.log")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let last = log.last(3);
        assert_eq!(last.len(), 1);
        assert!(last[0].ends_with(&format!("disk_full {reference}")), "{last:?}");
    }

    #[test]
    fn it_never_grows_beyond_two_files() {
        let folder = tempfile::tempdir().unwrap();
        let log = LocalLog::new(folder.path());
        let mut newest = String::new();
        for _ in 0..9_000 {
            newest = said(&log, &"cause ".repeat(60));
        }
        let sizes: Vec<u64> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).collect();
        assert_eq!(sizes.len(), 2);
        assert!(sizes.iter().all(|s| *s <= MOST_BYTES), "{sizes:?}");
        assert!(log.last(1)[0].ends_with(&newest));
    }
}
