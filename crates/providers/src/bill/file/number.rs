//! Numbers as people's programs write them: `1,234.50`, `1.234,50`, `10.0`.

use crate::bill::Amount;

/// A decimal number. Where cells are parted by semicolons, the comma is the decimal sign, as such programs write it.
pub(super) fn decimal(text: &str, comma: bool) -> Option<Amount> {
    let plain = if comma { text.replace('.', "").replace(',', ".") } else { text.to_owned() };
    let plain = match (comma, grouped(text, if comma { '.' } else { ',' })) {
        (false, true) => plain.replace(',', ""),
        (true, false) if text.contains('.') && !text.contains(',') => text.to_owned(),
        (true, false) if text.contains('.') => return None,
        _ => plain,
    };
    Amount::parse(&plain).ok()
}

/// Whether the digits before the decimal sign stand in groups of three.
fn grouped(text: &str, by: char) -> bool {
    let decimal = if by == ',' { '.' } else { ',' };
    let whole = text.trim_start_matches('-').split(decimal).next().unwrap_or_default();
    let mut groups = whole.split(by);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (1..=3).contains(&first.len())
        && digits(first)
        && !rest.is_empty()
        && rest.iter().all(|g| g.len() == 3 && digits(g))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_programs_write_them() {
        for (text, comma, is) in [
            ("1234.5", false, Some("1234.5")),
            ("1,234.50", false, Some("1234.5")),
            ("-1,234,567", false, Some("-1234567")),
            ("10.0", false, Some("10")),
            ("1.0E-7", false, Some("0.0000001")),
            ("0,12", true, Some("0.12")),
            ("1.234,50", true, Some("1234.5")),
            ("0.25", true, Some("0.25")),
            ("1.234", true, Some("1234")),
            ("0,12", false, None),
            ("12,34.5", false, None),
            ("1.23,4", true, None),
            ("", false, None),
            ("$3", false, None),
        ] {
            assert_eq!(decimal(text, comma).map(|a| a.to_string()).as_deref(), is, "{text}");
        }
    }
}
