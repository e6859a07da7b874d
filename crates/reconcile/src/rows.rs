//! Both sides' rows, read once: each model under one name, moments and counts in place of texts.

use std::collections::BTreeMap;

use ownkey_protocol::instant::Instant;
use ownkey_protocol::usage::{Day, UsageLine};
use ownkey_providers::bill::BilledRow;
use ownkey_providers::meter::{Part, Parts};

use crate::books::{Books, canonical};
use crate::cause::Cause;
use crate::item::{Item, item};

/// Milliseconds of an hour.
pub(crate) const HOUR: i64 = 3_600_000;

/// A model, as both sides are told apart by it: its place in [`Rows::names`].
pub(crate) type Name = u32;

/// What is compared of a connection.
pub(crate) struct Rows<'a> {
    /// The agency's lines that are of a version and a model, or that cost something.
    pub(crate) claimed: Vec<Claimed<'a>>,
    /// The provider's rows that are of this connection.
    pub(crate) billed: Vec<Billed<'a>>,
    /// What each model is called.
    pub(crate) names: Vec<String>,
}

/// A line of the agency's.
pub(crate) struct Claimed<'a> {
    /// When its hour begins.
    pub(crate) at: Instant,
    /// Its day, where the provider is.
    pub(crate) day: Day,
    /// The version; 0 where they are not told apart.
    pub(crate) version: u32,
    /// The model.
    pub(crate) model: Name,
    /// Its units.
    pub(crate) parts: Parts,
    /// All of it.
    pub(crate) line: &'a UsageLine,
}

/// A row of the provider's.
pub(crate) struct Billed<'a> {
    /// The version; 0 where they are not told apart.
    pub(crate) version: u32,
    /// What it is about.
    pub(crate) about: About,
    /// All of it.
    pub(crate) row: &'a BilledRow,
}

/// What a row of the provider's is about.
#[derive(Clone, Copy)]
pub(crate) enum About {
    /// A model's use, without money.
    Usage(Option<Name>),
    /// What a part of a model's use cost.
    Part(Name, Part),
    /// What a model's use cost.
    Model(Name),
    /// What something beside calls cost.
    Beside(Cause),
}

impl<'a> Rows<'a> {
    pub(crate) fn of(books: &Books<'a>) -> Self {
        let items = Items::of(books.billed);
        let mut names = Names::default();
        let abouts: Vec<About> = items.all.iter().map(|item| names.about(item)).collect();
        let by_version = books.by_version();
        let version = |own: u32| if by_version { own } else { 0 };
        let mut billed = Vec::with_capacity(books.billed.len());
        let mut known: Option<(&BilledRow, Option<u32>)> = None;
        for (row, item) in books.billed.iter().zip(&items.of_row) {
            // Rows of a key follow each other.
            let own = match known {
                Some((last, own)) if last.key == row.key => own,
                _ => books.version(row),
            };
            known = Some((row, own));
            let about = match item {
                Some(item) => abouts[*item],
                None => About::Usage(row.model.as_deref().map(|model| names.of(model, THEIRS))),
            };
            if let Some(own) = own {
                billed.push(Billed { version: version(own), about, row });
            }
        }
        let mut claimed: Vec<Claimed<'a>> = Vec::with_capacity(books.claimed.len());
        for (day, line) in books.claimed {
            let spent = line.metered > 0 || line.unknown > 0;
            // Calls of some endpoints name no model; they cost money all the same.
            let model = line.model.as_deref().or(spent.then_some("")).map(|model| names.of(model, OURS));
            let (Some(own), Some(model)) = (line.version, model) else { continue };
            let at = day.begin().plus_millis(i64::from(line.hour) * HOUR);
            // Lines of an hour follow each other.
            let day = claimed.last().filter(|last| last.at == at).map_or_else(|| books.zone.day(at), |last| last.day);
            claimed.push(Claimed { at, day, version: version(own), model, parts: Parts::of(&line.units), line });
        }
        let one = names.one_of_each();
        claimed.iter_mut().for_each(|line| line.model = one[line.model as usize]);
        billed.iter_mut().for_each(|row| row.about.rename(&one));
        Self { claimed, billed, names: names.all.into_iter().map(|(name, _)| name.to_owned()).collect() }
    }
}

impl About {
    fn rename(&mut self, names: &[Name]) {
        match self {
            Self::Usage(Some(model)) | Self::Part(model, _) | Self::Model(model) => *model = names[*model as usize],
            Self::Usage(None) | Self::Beside(_) => {}
        }
    }
}

/// What cost rows are for. Few texts stand in many rows: each is read once.
struct Items {
    all: Vec<Item>,
    /// For each row its item's place; `None` for a row without money.
    of_row: Vec<Option<usize>>,
}

impl Items {
    fn of(rows: &[BilledRow]) -> Self {
        let (mut all, mut known, mut of_row) = (Vec::new(), BTreeMap::new(), Vec::with_capacity(rows.len()));
        for row in rows {
            let place = || {
                all.push(item(row));
                all.len() - 1
            };
            let texts = (row.line.as_deref(), row.model.as_deref());
            of_row.push(row.amount.map(|_| *known.entry(texts).or_insert_with(place)));
        }
        Self { all, of_row }
    }
}

/// The agency's side, and the provider's.
const OURS: usize = 0;
const THEIRS: usize = 1;

/// Each model's name once, and which sides have it.
#[derive(Default)]
struct Names<'n> {
    known: BTreeMap<&'n str, Name>,
    last: Option<(&'n str, Name)>,
    all: Vec<(&'n str, [bool; 2])>,
}

impl<'n> Names<'n> {
    fn of(&mut self, model: &'n str, side: usize) -> Name {
        let name = match self.last {
            Some((last, name)) if last == model => name,
            _ => *self.known.entry(model).or_insert_with(|| {
                self.all.push((model, [false; 2]));
                u32::try_from(self.all.len() - 1).unwrap_or(Name::MAX)
            }),
        };
        self.last = Some((model, name));
        self.all[name as usize].1[side] = true;
        name
    }

    fn about(&mut self, item: &'n Item) -> About {
        match item {
            Item::Part(model, part) => About::Part(self.of(model, THEIRS), *part),
            Item::Model(model) => About::Model(self.of(model, THEIRS)),
            Item::Beside(cause) => About::Beside(*cause),
        }
    }

    /// A name that one side alone has, without a date, stands for the only one of the other's that has a date.
    fn one_of_each(&self) -> Vec<Name> {
        let mut one: Vec<Name> = (0..).take(self.all.len()).collect();
        for (mine, others) in [(OURS, THEIRS), (THEIRS, OURS)] {
            for (place, (name, sides)) in self.all.iter().enumerate() {
                if !sides[mine] || sides[others] || canonical(name) != *name {
                    continue;
                }
                let mut dated = (0..)
                    .zip(&self.all)
                    .filter(|(_, (other, sides))| sides[others] && canonical(other) == *name)
                    .map(|(place, _)| place);
                if let (Some(only), None) = (dated.next(), dated.next()) {
                    one[place] = only;
                }
            }
        }
        one
    }
}
