//! Searching for leaks of a key, and recording what passes.
//!
//! A leak is any run of eight characters from the random part of a key, beyond its last four, in any of the encodings.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const RUN: usize = 8;

/// Public parts of keys: they say what kind a key is, and are the same in many.
const MARKERS: &[&str] = &[
    "sk-admin-",
    "sk-svcacct-",
    "sk-proj-",
    "sk-ant-admin01-",
    "sk-ant-api03-",
    "sk-ant-api01-",
    "AIzaSy",
    "AQ.Ab8RN6",
    "r8_",
    "sk-",
];

/// Keys that must not be found.
#[derive(Default)]
pub struct Search {
    /// Patterns by their first eight bytes; with each, how it is encoded and which key it is of.
    patterns: HashMap<[u8; RUN], Vec<Pattern>>,
}

struct Pattern {
    bytes: Vec<u8>,
    encoding: &'static str,
    key: String,
}

impl Search {
    /// Adds a key under a name for people.
    pub fn add(&mut self, name: &str, key: &str) {
        let marker = MARKERS.iter().find(|m| key.starts_with(**m)).map_or("", |m| m);
        let random = &key[marker.len()..key.len() - 4];
        for part in random.split("T3BlbkFJ").filter(|part| part.len() >= RUN) {
            for run in part.as_bytes().windows(RUN) {
                for (encoding, bytes) in encodings(run) {
                    let pattern = Pattern { bytes, encoding, key: name.to_owned() };
                    let mut start = [0; RUN];
                    start.copy_from_slice(&pattern.bytes[..RUN]);
                    self.patterns.entry(start).or_default().push(pattern);
                }
            }
        }
    }

    /// The first leak in `haystack`: which key, in which encoding, at which byte.
    #[must_use]
    pub fn find(&self, haystack: &[u8]) -> Option<String> {
        let (found, at) = self.first(haystack)?;
        Some(format!("{found} at byte {at} of {}", haystack.len()))
    }

    /// The first leak in `haystack`: which key in which encoding, and at which byte.
    #[must_use]
    pub fn first(&self, haystack: &[u8]) -> Option<(String, usize)> {
        let rare: HashSet<[u8; 2]> = self.patterns.keys().map(|start| [start[0], start[1]]).collect();
        let mut may_begin = vec![false; 1 << 16];
        rare.iter().for_each(|two| may_begin[usize::from(u16::from_be_bytes(*two))] = true);
        haystack.windows(RUN).enumerate().find_map(|(at, start)| {
            if !may_begin[usize::from(start[0]) << 8 | usize::from(start[1])] {
                return None;
            }
            let start: &[u8; RUN] = start.try_into().ok()?;
            let candidates = self.patterns.get(start)?;
            let found = candidates.iter().find(|p| haystack[at..].starts_with(&p.bytes))?;
            Some((format!("{} in {}", found.key, found.encoding), at))
        })
    }

    /// The first leak in any file below `folder`, as it lies on the disk: write-ahead logs and free pages included.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn find_below(&self, folder: &Path) -> io::Result<Option<String>> {
        for entry in std::fs::read_dir(folder)? {
            let (path, kind) = entry.and_then(|e| Ok((e.path(), e.file_type()?)))?;
            let found = match (kind.is_dir(), kind.is_file()) {
                (true, _) => self.find_below(&path)?,
                (_, true) => self.find(&std::fs::read(&path)?).map(|found| format!("{}: {found}", path.display())),
                _ => None,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// Every way in which a run may be written. All are at least eight bytes long.
#[must_use]
pub fn encodings(run: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let each = |form: fn(u8) -> String| run.iter().map(|b| form(*b)).collect::<String>().into_bytes();
    let mut all = vec![
        ("plain", run.to_vec()),
        ("hex", each(|b| format!("{b:02x}"))),
        ("hex", each(|b| format!("{b:02X}"))),
        ("percent-encoding", each(|b| format!("%{b:02x}"))),
        ("percent-encoding", each(|b| format!("%{b:02X}"))),
        ("JSON escapes", each(|b| format!("\\u{b:04x}"))),
        ("JSON escapes", each(|b| format!("\\u{b:04X}"))),
        ("UTF-16LE", run.iter().flat_map(|b| [*b, 0]).collect()),
    ];
    for before in 0..3 {
        let shifted = [&[0; 2][..before], run].concat();
        let (from, to) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
        all.push(("base64", STANDARD.encode(&shifted).as_bytes()[from..to].to_vec()));
        all.push(("base64url", URL_SAFE.encode(&shifted).as_bytes()[from..to].to_vec()));
    }
    all
}

/// Bytes that something wrote; clones write into the same.
#[derive(Clone, Default)]
pub struct Tape(Arc<Mutex<Vec<u8>>>);

impl Tape {
    /// Adds bytes.
    pub fn add(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    }

    /// All of it so far.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl io::Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Passes every connection on to `to` and records both directions; ends with the runtime.
pub async fn record(listener: TcpListener, to: std::net::SocketAddr, tape: Tape) {
    while let Ok((near, _)) = listener.accept().await {
        let Ok(far) = TcpStream::connect(to).await else { continue };
        let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
        tokio::spawn(pass(near_in, far_out, tape.clone()));
        tokio::spawn(pass(far_in, near_out, tape.clone()));
    }
}

async fn pass(mut from: tokio::net::tcp::OwnedReadHalf, mut to: tokio::net::tcp::OwnedWriteHalf, tape: Tape) {
    // One direction is kept in one piece, so that a run is not cut in two by the other direction.
    let mut all = Vec::new();
    let mut chunk = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        let overlap = all.len().saturating_sub(64);
        all.extend_from_slice(&chunk[..count]);
        tape.add(&all[overlap..]);
        if to.write_all(&chunk[..count]).await.is_err() {
            break;
        }
    }
    let _closed_already = to.shutdown().await;
}

/// How many call sites of `Secret::expose` a source has outside its tests, and lines of those without their reason.
#[must_use]
pub fn exposures(source: &str) -> (usize, String) {
    let lines: Vec<&str> = source.lines().take_while(|l| l.trim() != "#[cfg(test)]").collect();
    let (mut count, mut bare) = (0, String::new());
    for (number, line) in lines.iter().enumerate() {
        if line.trim_start().starts_with("//") || !line.contains(".expose(") {
            continue;
        }
        count += line.matches(".expose(").count();
        if !lines[number.saturating_sub(3)..=number].iter().any(|l| l.contains("// EXPOSE: ")) {
            let _never_fails = write!(bare, " {}", number + 1);
        }
    }
    (count, bare)
}
