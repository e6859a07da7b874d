//! How figures are shown: buckets of time on pages, with numbers as exact decimals.

use super::money::Money;
use serde_json::value::RawValue;

/// The buckets of one page, and where the next one begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Buckets {
    /// Where each begins, Unix milliseconds.
    pub(crate) starts: Vec<i64>,
    pub(crate) next: Option<i64>,
}

/// The buckets of `width` that overlap a span, from `page` on where it is given: aligned to UTC, `limit` at most.
pub(crate) fn buckets(from: i64, to: i64, width: i64, limit: usize, page: Option<i64>, repeated: bool) -> Buckets {
    let first = from.div_euclid(width) * width;
    let begin = page.map_or(first, |page| page.div_euclid(width) * width);
    let mut starts: Vec<i64> =
        (0..limit as i64).map(|step| begin + step * width).take_while(|start| *start < to).collect();
    let end = begin + limit as i64 * width;
    if repeated && begin > first {
        starts.insert(0, begin - width);
    }
    Buckets { starts, next: Some(end).filter(|end| *end < to) }
}

/// Where a page begins, as the provider's callers see it.
pub(crate) fn page_text(at: i64) -> String {
    format!("page_{at:x}")
}

/// What [`page_text`] says.
pub(crate) fn page_of(text: &str) -> Option<i64> {
    i64::from_str_radix(text.strip_prefix("page_")?, 16).ok()
}

/// An amount as a JSON number, digit by digit.
pub(crate) fn number(money: Money) -> Box<RawValue> {
    RawValue::from_string(money.text()).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::DAY;

    #[test]
    fn buckets_are_aligned_and_go_from_page_to_page() {
        let first = buckets(DAY + 5, 4 * DAY + 1, DAY, 3, None, false);
        assert_eq!(first, Buckets { starts: vec![DAY, 2 * DAY, 3 * DAY], next: Some(4 * DAY) });
        let page = first.next.map(page_text).and_then(|text| page_of(&text));
        let second = buckets(DAY + 5, 4 * DAY + 1, DAY, 3, page, false);
        assert_eq!(second, Buckets { starts: vec![4 * DAY], next: None });
        let again = buckets(DAY + 5, 4 * DAY + 1, DAY, 3, page, true);
        assert_eq!(again.starts, [3 * DAY, 4 * DAY]);
    }
}
