//! Finding a key in a provider's list, which shows only its two ends and its name.

use ownkey_secret::Secret;
use serde::{Deserialize, Serialize};

/// What is known of a key whose id at the provider is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Its last four characters.
    pub last_four: String,
    /// Its name at the provider, where it is known: it decides between keys that end alike.
    pub name: Option<String>,
    /// The workspace or project to which the key belongs, where it is known.
    pub place: Option<String>,
}

/// What a list has of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found<T> {
    /// No such key. A list may show a new key late.
    Nothing,
    /// Just one.
    One(T),
    /// More than one fits: a person has to say which; none is to be touched.
    Several(Vec<T>),
}

impl<T> Found<T> {
    pub(super) fn of(mut all: Vec<T>) -> Self {
        match (all.pop(), all.is_empty()) {
            (None, _) => Self::Nothing,
            (Some(one), true) => Self::One(one),
            (Some(one), false) => {
                all.push(one);
                Self::Several(all)
            }
        }
    }
}

impl Trace {
    /// Those of `all` that this key can be. `hint` gives a key's ends as the provider shows them (`sk-abc...wxyz`),
    /// `name` its name. With `key` both ends are compared, without it the last four characters.
    pub(super) fn fitting<T>(
        &self,
        key: Option<&Secret>,
        all: Vec<T>,
        hint: impl Fn(&T) -> &str,
        name: impl Fn(&T) -> &str,
    ) -> Vec<T> {
        let ends = |one: &T| match key {
            Some(key) => has_ends(key, hint(one)),
            None => !self.last_four.is_empty() && tail(hint(one)).ends_with(&self.last_four),
        };
        let mut fitting: Vec<T> = all.into_iter().filter(ends).collect();
        let named = |one: &T| self.name.as_deref() == Some(name(one));
        if fitting.len() > 1 && fitting.iter().any(named) {
            fitting.retain(named);
        }
        fitting
    }
}

fn tail(hint: &str) -> &str {
    hint.rsplit(['.', '…', '*']).next().unwrap_or_default()
}

/// Whether the key begins and ends as a hint says. A hint that shows less than three characters of the end says nothing.
fn has_ends(key: &Secret, hint: &str) -> bool {
    let (head, tail) = (hint.split(['.', '…', '*']).next().unwrap_or_default(), tail(hint));
    // EXPOSE: both ends are compared with what the provider's list shows; only whether they fit comes out.
    key.expose(|bytes| {
        tail.len() >= 3
            && bytes.len() > head.len() + tail.len()
            && bytes.starts_with(head.as_bytes())
            && bytes.ends_with(tail.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (&'static str, &'static str);

    fn fitting(trace: &Trace, key: Option<&str>, rows: &[Row]) -> Vec<&'static str> {
        let key = key.map(|text| Secret::new(text.as_bytes().to_vec()).unwrap());
        let found = trace.fitting(key.as_ref(), rows.to_vec(), |row| row.0, |row| row.1);
        found.into_iter().map(|row| row.1).collect()
    }

    #[test]
    fn a_key_is_found_by_its_end_and_by_both_ends_and_a_name_decides_between_equals() {
        let rows =
            [("sk-ant-api03-R2D...igAA", "a"), ("sk-ant-api03-X7q...igAA", "b"), ("sk-ant-api03-R2D...9kAA", "c")];
        let trace = |name: Option<&str>| Trace {
            last_four: "igAA".to_owned(),
            name: name.map(str::to_owned),
            ..Trace::default()
        };
        assert_eq!(fitting(&trace(None), None, &rows), ["a", "b"]);
        assert_eq!(fitting(&trace(Some("b")), None, &rows), ["b"]);
        assert_eq!(fitting(&trace(Some("renamed")), None, &rows), ["a", "b"], "a name never hides a key that fits");
        assert_eq!(fitting(&trace(None), Some("sk-ant-api03-X7qpracticeigAA"), &rows), ["b"]);
        assert!(fitting(&trace(None), Some("sk-ant-api03-zzzpracticeigAA"), &rows).is_empty());
        assert!(fitting(&Trace::default(), None, &rows).is_empty(), "nothing known fits nothing");
        assert!(
            fitting(&trace(None), Some("sk-ant-practice"), &[("", "x"), ("...", "y"), ("sk-...e", "z")]).is_empty()
        );
    }

    #[test]
    fn one_is_told_from_none_and_from_several() {
        assert_eq!(Found::<u8>::of(vec![]), Found::Nothing);
        assert_eq!(Found::of(vec![1]), Found::One(1));
        assert_eq!(Found::of(vec![1, 2]), Found::Several(vec![1, 2]));
    }
}
