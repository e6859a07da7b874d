//! Reads a call's JSON field by field, so that whatever is left over or wrong can be named with its place.
//!
//! Nothing is built that is not looked at: values stay the bytes that they are until somebody asks for them.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{NotCarried, table};

/// The largest object that is read has under fifty fields in OpenAI's schema.
const MOST_FIELDS: usize = 64;

pub(super) type Read<T> = Result<T, NotCarried>;

/// Names the place of what went wrong.
pub(super) trait At {
    /// The same result; an error's place gets `step` in front.
    fn at(self, step: impl fmt::Display) -> Self;
}

impl<T> At for Read<T> {
    fn at(self, step: impl fmt::Display) -> Self {
        self.map_err(|e| e.within(step))
    }
}

/// The fields of one object that have not been looked at yet.
pub(super) struct Object<'b> {
    fields: Vec<(Cow<'b, str>, &'b RawValue)>,
}

impl<'b> Object<'b> {
    pub(super) fn read(raw: &'b RawValue) -> Read<Self> {
        if !raw.get().starts_with('{') {
            return Err(NotCarried::invalid("It must be an object."));
        }
        let fields = serde_json::from_str::<Fields<'b>>(raw.get())
            .map_err(|_| NotCarried::invalid("It has too many fields, one of them twice, or a name that is no text."))?
            .0;
        Ok(Self { fields })
    }

    /// Takes a field out; `null` is the same as none.
    pub(super) fn take(&mut self, name: &str) -> Option<&'b RawValue> {
        let at = self.fields.iter().position(|(field, _)| field == name)?;
        let (_, raw) = self.fields.swap_remove(at);
        (raw.get() != "null").then_some(raw)
    }

    /// Takes a field out and reads it.
    pub(super) fn get<T>(&mut self, name: &str, read: impl FnOnce(&'b RawValue) -> Read<T>) -> Read<Option<T>> {
        self.take(name).map(read).transpose().at(name)
    }

    /// Takes out and reads a field that must be there.
    pub(super) fn must<T>(&mut self, name: &str, read: impl FnOnce(&'b RawValue) -> Read<T>) -> Read<T> {
        self.get(name, read)?.ok_or_else(|| NotCarried::invalid("It is required.").within(name))
    }

    /// Refuses a field that is not carried, in the words of its `row` in the table, unless its value is one of those
    /// that say what happens anyway.
    pub(super) fn refuse(&mut self, name: &str, row: &str) -> Read<()> {
        let Some(raw) = self.take(name) else {
            return Ok(());
        };
        let row = table::row(row);
        if says_the_same(raw, row.same) { Ok(()) } else { Err(NotCarried::unsupported(row.how).within(name)) }
    }

    /// Refuses by name whatever nobody has taken out.
    pub(super) fn end(self) -> Read<()> {
        match self.fields.first() {
            None => Ok(()),
            Some((name, _)) => Err(NotCarried::unsupported(table::UNKNOWN).within(name)),
        }
    }
}

/// Whether a value is one of `same`, leaving blanks aside.
fn says_the_same(raw: &RawValue, same: &[&str]) -> bool {
    let raw = raw.get();
    if raw.len() > 64 {
        return false;
    }
    let tight: String = raw.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    same.contains(&tight.as_str())
}

struct Fields<'b>(Vec<(Cow<'b, str>, &'b RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(FieldsVisitor).map(Fields)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields: Self::Value = Vec::new();
        while let Some((Text(name), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
            if fields.len() == MOST_FIELDS || fields.iter().any(|(other, _)| *other == name) {
                return Err(serde::de::Error::custom("too many fields, or one twice"));
            }
            fields.push((name, value));
        }
        Ok(fields)
    }
}

#[derive(Deserialize)]
struct Text<'b>(#[serde(borrow)] Cow<'b, str>);

pub(super) fn text(raw: &RawValue) -> Read<Cow<'_, str>> {
    match serde_json::from_str::<Text<'_>>(raw.get()) {
        Ok(Text(text)) => Ok(text),
        Err(_) => Err(NotCarried::invalid("It must be a text.")),
    }
}

pub(super) fn yes(raw: &RawValue) -> Read<bool> {
    match raw.get() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(NotCarried::invalid("It must be true or false.")),
    }
}

/// A whole number above 0.
pub(super) fn count(raw: &RawValue) -> Read<u64> {
    match raw.get().parse::<u64>() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(NotCarried::invalid("It must be a whole number above 0.")),
    }
}

pub(super) fn number(raw: &RawValue) -> Read<f64> {
    serde_json::from_str(raw.get()).map_err(|_| NotCarried::invalid("It must be a number."))
}

pub(super) fn list(raw: &RawValue) -> Read<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).map_err(|_| NotCarried::invalid("It must be a list."))
}

/// Any object, as it stands.
pub(super) fn object_as_it_stands(raw: &RawValue) -> Read<&RawValue> {
    if raw.get().starts_with('{') { Ok(raw) } else { Err(NotCarried::invalid("It must be an object.")) }
}
