//! A bill of 200 MB is read in less than 64 MB, by a process that does nothing else.

#![allow(clippy::unwrap_used, reason = "a test says what it expected by failing")]

use std::io::{self, Read};

use ownkey_providers::bill::file::{Shape, read};

/// As long as the file is at least.
const SIZE: u64 = 200 * 1024 * 1024;

/// What it tells apart: a month of 50 models and 33 keys, as much as may be told apart.
const KINDS: u64 = 30 * 50 * 33;

const HEAD: &str = "date,model,amount,currency,quantity,unit,kind,key,calls,description\n";

/// Writes itself as it is read.
struct Bill {
    lines: u64,
    written: u64,
    line: Vec<u8>,
    at: usize,
}

fn line(number: u64) -> String {
    let of = number % KINDS;
    let (day, model, key) = (of % 30 + 1, of / 30 % 50, of / 1_500);
    let words = "a line of a bill of some length, as they are written. ".repeat(4);
    format!("2026-11-{day:02},model-number-{model},0.000001,USD,3,tokens,output,key_{key:08},1,\"{words}\"\n")
}

impl Read for Bill {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.line.len() && self.written < SIZE {
            self.line = line(self.lines).into_bytes();
            (self.lines, self.at) = (self.lines + 1, 0);
        }
        let count = into.len().min(self.line.len() - self.at);
        into[..count].copy_from_slice(&self.line[self.at..self.at + count]);
        self.at += count;
        self.written += count as u64;
        Ok(count)
    }
}

/// The most that this process ever had in memory, in KB.
fn most() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn two_hundred_megabytes_stream_through_in_sixty_four() {
    let mut bill = Bill { lines: 0, written: 0, line: HEAD.as_bytes().to_vec(), at: 0 };
    let filed = read(&mut bill, |_| true).unwrap();
    assert_eq!((filed.shape, filed.lines), (Shape::Plain, bill.lines));
    assert!(bill.written >= SIZE);
    let micro: i64 = filed.rows.iter().map(|row| row.amount.unwrap().to_micro_rounded()).sum();
    assert_eq!(u64::try_from(micro).unwrap(), bill.lines, "every line counts");
    assert_eq!(filed.rows.len() as u64, KINDS);
    let most = most();
    assert!(most < 64 * 1024, "{most} KB");
}
