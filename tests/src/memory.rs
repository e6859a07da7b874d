//! Searching the memory of another process, as somebody with all rights on the computer could read it.
//!
//! Not by `gcore`: it leaves out what a program asked the kernel to leave out of core files, writes hundreds of megabytes
//! of what lies in files anyhow, and takes seconds where five are the limit. `/proc/PID/mem` is what it reads, too.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::process::Command;

use crate::leak::Search;

/// One piece is read at a time.
const PAGE: usize = 4096;

/// How much of what lies before a leak is told: it says whose buffer it is.
const BEFORE: usize = 80;

/// A mapping of a process.
struct Mapping {
    from: u64,
    to: u64,
    name: String,
}

/// Mappings that can hold what is in no file: all that can be written to, and all without a file.
fn mappings(pid: u32) -> io::Result<Vec<Mapping>> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let parse = |line: &str| {
        let mut words = line.split_whitespace();
        let (from, to) = words.next()?.split_once('-')?;
        let rights = words.next()?;
        let name = words.nth(3).unwrap_or("anonymous").to_owned();
        let kept = rights.starts_with('r') && (rights.contains('w') || !name.starts_with('/'));
        let [from, to] = [from, to].map(|at| u64::from_str_radix(at, 16).ok());
        // What the kernel puts into every process cannot be read, and is the kernel's.
        (kept && !name.starts_with("[v")).then_some(Mapping { from: from?, to: to?, name })
    };
    Ok(maps.lines().filter_map(parse).collect())
}

/// Stands still until it is dropped, so that nothing moves from what is not read yet to what has been.
struct Stopped(u32);

impl Stopped {
    fn new(pid: u32) -> io::Result<Self> {
        signal(pid, "STOP")?;
        Ok(Self(pid))
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let _it_has_ended = signal(self.0, "CONT");
    }
}

fn signal(pid: u32, name: &str) -> io::Result<()> {
    let sent = Command::new("kill").args(["-s", name, &pid.to_string()]).status()?;
    if sent.success() { Ok(()) } else { Err(io::Error::other("no such process")) }
}

/// Every leak in a process's memory: of which key, and where.
///
/// # Errors
/// When it cannot be read: for a process that has made itself undumpable, that needs root.
pub fn leaks(pid: u32, search: &Search) -> io::Result<Vec<String>> {
    let _stopped = Stopped::new(pid)?;
    let memory = File::open(format!("/proc/{pid}/mem"))?;
    let mut found = Vec::new();
    for mapping in mappings(pid)? {
        let bytes = touched(&memory, &mapping)?;
        let mut at = 0;
        while let Some((leak, place)) = bytes.get(at..).and_then(|rest| search.first(rest)) {
            let before = &bytes[(at + place).saturating_sub(BEFORE)..at + place];
            found.push(format!("{leak} in {}, after {:?}", whose(pid, &mapping), String::from_utf8_lossy(before)));
            at += place + PAGE; // one a page tells enough
        }
    }
    Ok(found)
}

/// Whose a mapping is: the stack of which thread, if it is one.
fn whose(pid: u32, mapping: &Mapping) -> String {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let mut stack = threads.filter_map(|thread| {
        let call = std::fs::read_to_string(thread.path().join("syscall")).ok()?;
        let stack = call.split_whitespace().rev().nth(1)?.strip_prefix("0x")?;
        let at = u64::from_str_radix(stack, 16).ok()?;
        let name = std::fs::read_to_string(thread.path().join("comm")).ok()?;
        (mapping.from..mapping.to).contains(&at).then(|| format!("the stack of {}", name.trim()))
    });
    stack.next().unwrap_or_else(|| mapping.name.clone())
}

/// What a mapping holds, without pages of zeroes.
fn touched(memory: &File, mapping: &Mapping) -> io::Result<Vec<u8>> {
    let size = usize::try_from(mapping.to - mapping.from).map_err(io::Error::other)?;
    let mut bytes = vec![0; size];
    memory.read_exact_at(&mut bytes, mapping.from)?;
    let mut kept = Vec::new();
    bytes.chunks(PAGE).filter(|page| **page != [0; PAGE][..page.len()]).for_each(|page| kept.extend_from_slice(page));
    Ok(kept)
}
