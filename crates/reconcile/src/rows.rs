//! Both sides' rows, read once: each model under one name, moments and counts in place of texts.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ownkey_protocol::instant::Instant;
use ownkey_protocol::usage::{Day, UsageLine};
use ownkey_providers::bill::BilledRow;
use ownkey_providers::meter::{Part, Parts};

use crate::books::{Books, canonical};
use crate::cause::Cause;
use crate::item::{Item, item};

/// Milliseconds of an hour.
pub(crate) const HOUR: i64 = 3_600_000;

/// A model, as both sides are told apart by it.
pub(crate) type Name = Rc<str>;

/// What is compared of a connection.
pub(crate) struct Rows<'a> {
    /// The agency's lines that are of a version and a model.
    pub(crate) claimed: Vec<Claimed<'a>>,
    /// The provider's rows that are of this connection.
    pub(crate) billed: Vec<Billed<'a>>,
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
        let items: Vec<Option<Item>> = books.billed.iter().map(|row| row.amount.map(|_| item(row))).collect();
        let mut names = Names { aliases: aliases(books, &items), known: BTreeMap::new() };
        let by_version = books.by_version();
        let version = |own: u32| if by_version { own } else { 0 };
        let mut billed = Vec::new();
        for (row, item) in books.billed.iter().zip(items) {
            let Some(own) = books.version(row) else { continue };
            let about = match item {
                None => About::Usage(row.model.as_deref().map(|model| names.of(model))),
                Some(Item::Part(model, part)) => About::Part(names.of(&model), part),
                Some(Item::Model(model)) => About::Model(names.of(&model)),
                Some(Item::Beside(cause)) => About::Beside(cause),
            };
            billed.push(Billed { version: version(own), about, row });
        }
        let mut claimed: Vec<Claimed<'a>> = Vec::new();
        for (day, line) in books.claimed {
            let (Some(own), Some(model)) = (line.version, line.model.as_deref()) else { continue };
            let at = day.begin().plus_millis(i64::from(line.hour) * HOUR);
            // Lines of an hour follow each other.
            let day = claimed.last().filter(|last| last.at == at).map_or_else(|| books.zone.day(at), |last| last.day);
            let (version, model, parts) = (version(own), names.of(model), Parts::of(&line.units));
            claimed.push(Claimed { at, day, version, model, parts, line });
        }
        Self { claimed, billed }
    }
}

/// Each model's name once.
struct Names {
    aliases: BTreeMap<String, String>,
    known: BTreeMap<String, Name>,
}

impl Names {
    fn of(&mut self, model: &str) -> Name {
        if let Some(name) = self.known.get(model) {
            return name.clone();
        }
        let name: Name = self.aliases.get(model).map_or(model, String::as_str).into();
        self.known.insert(model.to_owned(), name.clone());
        name
    }
}

/// Names of models that one side has without their date, and what the other calls them.
fn aliases<'n>(books: &'n Books<'_>, items: &'n [Option<Item>]) -> BTreeMap<String, String> {
    // A few names in many rows: to look first is quicker than to sort all.
    let few = |names: &mut dyn Iterator<Item = &'n str>| {
        let mut few = BTreeSet::new();
        for name in names {
            if !few.contains(name) {
                few.insert(name);
            }
        }
        few
    };
    let ours = few(&mut books.claimed.iter().filter_map(|(_, line)| line.model.as_deref()));
    let of_items = items.iter().flatten().filter_map(|item| match item {
        Item::Part(model, _) | Item::Model(model) => Some(model.as_str()),
        Item::Beside(_) => None,
    });
    let usage = books.billed.iter().filter(|row| row.amount.is_none()).filter_map(|row| row.model.as_deref());
    let theirs = few(&mut of_items.chain(usage));
    let mut found = BTreeMap::new();
    for (mine, others) in [(&ours, &theirs), (&theirs, &ours)] {
        for name in mine.difference(others).filter(|name| canonical(name) == **name) {
            let mut dated = others.iter().filter(|other| canonical(other) == *name);
            if let (Some(one), None) = (dated.next(), dated.next()) {
                found.insert((*name).to_owned(), (*one).to_owned());
            }
        }
    }
    found
}
