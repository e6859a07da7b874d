//! Reading an answer so that numbers keep their digits and a field that is not as documented is named.

use std::collections::BTreeMap;

use ownkey_protocol::instant::Instant;
use serde_json::value::RawValue;

use super::{Amount, BillError};

/// An object of an answer.
pub(super) struct Fields<'a> {
    /// Where it stands in the answer; ends with a dot, or is empty.
    path: String,
    fields: BTreeMap<String, &'a RawValue>,
}

fn unreadable(what: String) -> BillError {
    BillError::Unreadable { what }
}

impl<'a> Fields<'a> {
    /// The whole answer.
    pub(super) fn whole(body: &'a [u8]) -> Result<Self, BillError> {
        let fields =
            serde_json::from_slice(body).map_err(|_| unreadable("an answer that is no JSON object".to_owned()))?;
        Ok(Self { path: String::new(), fields })
    }

    fn inside(raw: &'a RawValue, path: &str) -> Result<Self, BillError> {
        let fields = serde_json::from_str(raw.get()).map_err(|_| unreadable(path.to_owned()))?;
        Ok(Self { path: format!("{path}."), fields })
    }

    /// A field's text as it stands; none where it is absent or null.
    fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.fields.get(name).copied().filter(|raw| raw.get() != "null")
    }

    /// This field is not as documented.
    pub(super) fn bad(&self, name: &str) -> BillError {
        unreadable(format!("{}{name}", self.path))
    }

    /// What must be there.
    pub(super) fn must<T>(&self, name: &str, found: Option<T>) -> Result<T, BillError> {
        found.ok_or_else(|| self.bad(name))
    }

    fn typed<T: serde::de::Deserialize<'a>>(&self, name: &str) -> Result<Option<T>, BillError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        serde_json::from_str(raw.get()).map(Some).map_err(|_| self.bad(name))
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, BillError> {
        self.typed(name)
    }

    pub(super) fn yes(&self, name: &str) -> Result<Option<bool>, BillError> {
        self.typed(name)
    }

    /// The digits of a number, written as a number or as a string.
    pub(super) fn digits(&self, name: &str) -> Result<Option<String>, BillError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        match raw.get().starts_with('"') {
            true => self.text(name),
            false => Ok(Some(raw.get().to_owned())),
        }
    }

    pub(super) fn amount(&self, name: &str) -> Result<Option<Amount>, BillError> {
        let digits = self.digits(name)?;
        digits.map(|digits| Amount::parse(&digits).map_err(|_| self.bad(name))).transpose()
    }

    /// A whole number that is not negative.
    pub(super) fn count(&self, name: &str) -> Result<Option<u64>, BillError> {
        let Some(amount) = self.amount(name)? else { return Ok(None) };
        amount.whole().map(Some).ok_or_else(|| self.bad(name))
    }

    /// A moment, in seconds since 1970.
    pub(super) fn second(&self, name: &str) -> Result<Instant, BillError> {
        let seconds = self.must(name, self.count(name)?)?;
        let millis = i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(1_000));
        self.must(name, millis).map(Instant::from_unix_millis)
    }

    /// A moment as RFC 3339 in UTC, to whatever part of a second.
    pub(super) fn moment(&self, name: &str) -> Result<Option<Instant>, BillError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        moment(&text).map(Some).ok_or_else(|| self.bad(name))
    }

    pub(super) fn object(&self, name: &str) -> Result<Option<Fields<'a>>, BillError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        Fields::inside(raw, &format!("{}{name}", self.path)).map(Some)
    }

    /// A list of objects, which must be there.
    pub(super) fn list(&self, name: &str) -> Result<Vec<Fields<'a>>, BillError> {
        let rows: Vec<&'a RawValue> = self.must(name, self.typed(name)?)?;
        let inside = |(at, raw)| Fields::inside(raw, &format!("{}{name}[{at}]", self.path));
        rows.into_iter().enumerate().map(inside).collect()
    }

    /// What to ask for the next page with: there where `has_more` says so.
    pub(super) fn next_page(&self) -> Result<Option<String>, BillError> {
        let next = self.text("next_page")?.filter(|next| !next.is_empty());
        match self.must("has_more", self.yes("has_more")?)? {
            true => self.must("next_page", next).map(Some),
            false => Ok(None),
        }
    }
}

/// A moment as RFC 3339 in UTC, cut to the millisecond.
pub(super) fn moment(text: &str) -> Option<Instant> {
    let text = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?;
    let (second, part) = text.split_once('.').unwrap_or((text, "000"));
    if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{second}.{:0<3.3}Z", part).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_come_with_any_part_of_a_second() {
        let read = |text| moment(text).map(|moment| moment.to_string());
        assert_eq!(read("2026-11-01T00:00:00Z").as_deref(), Some("2026-11-01T00:00:00.000Z"));
        assert_eq!(read("2026-11-01T00:00:00+00:00").as_deref(), Some("2026-11-01T00:00:00.000Z"));
        assert_eq!(read("2026-11-01T10:20:30.765994Z").as_deref(), Some("2026-11-01T10:20:30.765Z"));
        assert_eq!(read("2026-11-01T10:20:30.5Z").as_deref(), Some("2026-11-01T10:20:30.500Z"));
        for bad in ["2026-11-01", "2026-11-01T00:00:00+01:00", "2026-13-01T00:00:00Z", "2026-11-01T00:00:00.Z"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
