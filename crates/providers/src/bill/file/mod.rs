//! A bill from a file: the exports of the providers' own pages, for accounts whose figures no program may ask for, and
//! a plain table for the others.
//!
//! A file is read once, from front to back, in memory that does not depend on its length: lines about the same thing are
//! added up as they come. What is not understood is refused whole, with the line or the column that is in the way, so that
//! no bill is shown in part.

mod anthropic;
mod cells;
mod google;
mod number;
mod openai;
mod shape;
mod sum;
mod table;

use std::io::Read;

use super::{Ask, BilledRow};
use cells::Cells;
pub use shape::Shape;
use shape::{Known, detect};
use sum::Sums;

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// Which kind of file it is.
    pub shape: Shape,
    /// One row for everything that the file tells apart.
    pub rows: Vec<BilledRow>,
    /// Lines that count.
    pub lines: u64,
    /// Lines that are about other things than calls of models: other services of the same provider, empty days.
    pub passed_over: u64,
}

impl Filed {
    /// Which question of the provider's API the file answers.
    #[must_use]
    pub const fn ask(&self) -> Ask {
        self.shape.ask()
    }
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It is no text in UTF-8.
    #[error("the file is no text in UTF-8")]
    NotText,
    /// No line of it is the head of a table that is known.
    #[error("the file lacks {missing:?} of {nearest:?}")]
    Unknown {
        /// The table that it resembles most.
        nearest: Shape,
        /// Columns of that table which it does not have.
        missing: Vec<String>,
    },
    /// A cell is not as its column has it.
    #[error("line {line}, column {column}")]
    Cell {
        /// The line, from 1.
        line: u64,
        /// The column, by its name in the file.
        column: String,
    },
    /// A line that is not like the head of its table, or that does not end.
    #[error("line {line} is not a line of the table")]
    Line {
        /// The line, from 1.
        line: u64,
    },
    /// Amounts in two currencies.
    #[error("the file is in {0} and in {1}")]
    Currencies(String, String),
    /// It tells more things apart than are kept.
    #[error("the file tells too much apart")]
    TooMuch,
    /// It could not be read to its end.
    #[error("the file could not be read")]
    Unread,
    /// The reader was told to stop.
    #[error("stopped")]
    Stopped,
}

/// Reads a file to its end. `going` hears, now and then, how many bytes were read, and stops the reading with `false`.
///
/// # Errors
/// [`FileError`]; nothing of the file counts then.
pub fn read(from: impl Read, mut going: impl FnMut(u64) -> bool) -> Result<Filed, FileError> {
    let mut cells = Cells::new(from)?;
    let found = detect(cells.begin())?;
    cells.by(found.delimiter);
    for _ in 0..found.before {
        cells.next()?;
    }
    let (mut sums, mut lines, mut passed_over) = (Sums::default(), 0, 0);
    while let Some(record) = cells.next()? {
        let line = Known { columns: &found.columns, record };
        let mut any = false;
        let mut keep = |row: BilledRow| {
            any = true;
            sums.add(row)
        };
        match found.shape {
            Shape::OpenAiCosts => openai::cost(&line, &mut keep),
            Shape::OpenAiUsage => openai::usage(&line, &mut keep),
            Shape::AnthropicCosts => anthropic::cost(&line, &mut keep),
            Shape::AnthropicUsage => anthropic::usage(&line, &mut keep),
            Shape::GoogleTable => google::table(&line, found.currency.as_deref(), &mut keep),
            Shape::GoogleExport => google::export(&line, &mut keep),
            Shape::Plain => table::line(&line, &mut keep),
        }?;
        if any {
            lines += 1;
        } else {
            passed_over += 1;
        }
        if !going(cells.read()) {
            return Err(FileError::Stopped);
        }
    }
    Ok(Filed { shape: found.shape, rows: sums.rows(), lines, passed_over })
}

/// Where rows go.
type Keep<'a> = &'a mut dyn FnMut(BilledRow) -> Result<(), FileError>;

#[cfg(test)]
mod tests;
