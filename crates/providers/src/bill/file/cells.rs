//! Records of a table (RFC 4180), in two buffers whose size does not grow: a quotation mark that is never closed must not
//! swallow a file of any length.

use std::io::Read;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::FileError;

/// What is read at once.
const INPUT: usize = 64 * 1024;
/// The longest record.
const RECORD: usize = 256 * 1024;
/// The most cells of a record.
const CELLS: usize = 1_024;

/// One record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    text: &'a str,
    ends: &'a [usize],
    /// The line on which it begins, from 1.
    pub(super) line: u64,
}

impl<'a> Record<'a> {
    /// A cell without the space about it; empty where the record is shorter.
    pub(super) fn cell(&self, at: usize) -> &'a str {
        let begin = if at == 0 { 0 } else { self.ends.get(at - 1).copied().unwrap_or_default() };
        let cell = self.ends.get(at).and_then(|end| self.text.get(begin..*end));
        cell.unwrap_or_default().trim()
    }

    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }
}

/// The records of a file.
pub(super) struct Cells<R> {
    from: R,
    csv: Reader,
    input: Vec<u8>,
    /// What of the input is not used yet.
    begin: usize,
    end: usize,
    whole: bool,
    output: Vec<u8>,
    ends: Vec<usize>,
    read: u64,
    /// Ends of lines that were passed.
    passed: u64,
}

impl<R: Read> Cells<R> {
    /// Reads the first piece.
    pub(super) fn new(from: R) -> Result<Self, FileError> {
        let mut cells = Self {
            from,
            csv: Reader::new(),
            input: vec![0; INPUT],
            begin: 0,
            end: 0,
            whole: false,
            output: vec![0; RECORD],
            ends: vec![0; CELLS],
            read: 0,
            passed: 0,
        };
        cells.fill()?;
        if cells.begin().starts_with(b"\xEF\xBB\xBF") {
            cells.begin = 3;
        }
        // UTF-16 and pictures have zeros at once.
        if cells.begin().contains(&0) { Err(FileError::NotText) } else { Ok(cells) }
    }

    /// What the file begins with.
    pub(super) fn begin(&self) -> &[u8] {
        &self.input[self.begin..self.end]
    }

    /// By what cells are parted.
    pub(super) fn by(&mut self, delimiter: u8) {
        self.csv = ReaderBuilder::new().delimiter(delimiter).build();
    }

    /// Bytes that were read so far.
    pub(super) const fn read(&self) -> u64 {
        self.read
    }

    fn fill(&mut self) -> Result<(), FileError> {
        (self.begin, self.end) = (0, 0);
        while self.end < INPUT && !self.whole {
            match self.from.read(&mut self.input[self.end..]) {
                Ok(0) => self.whole = true,
                Ok(more) => self.end += more,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return Err(FileError::Unread),
            }
        }
        self.read += self.end as u64;
        Ok(())
    }

    /// Goes on by so many bytes.
    fn used(&mut self, count: usize) {
        let used = &self.input[self.begin..self.begin + count];
        self.passed += used.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.begin += count;
    }

    /// Passes over empty lines.
    fn pass_over(&mut self) -> Result<(), FileError> {
        loop {
            let rest = &self.input[self.begin..self.end];
            let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.used(ends);
            if self.begin < self.end || self.whole {
                return Ok(());
            }
            self.fill()?;
        }
    }

    /// The next record that is not empty; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>, FileError> {
        self.pass_over()?;
        let line = self.passed + 1;
        let (mut text, mut cells) = (0, 0);
        loop {
            if self.begin == self.end && !self.whole {
                self.fill()?;
            }
            let (output, ends) = (&mut self.output[text..], &mut self.ends[cells..]);
            let (told, used, written, ended) = self.csv.read_record(&self.input[self.begin..self.end], output, ends);
            self.used(used);
            text += written;
            cells += ended;
            match told {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    return Err(FileError::Line { line });
                }
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
            }
        }
        let text = std::str::from_utf8(&self.output[..text]).map_err(|_| FileError::NotText)?;
        Ok(Some(Record { text, ends: &self.ends[..cells], line }))
    }
}
