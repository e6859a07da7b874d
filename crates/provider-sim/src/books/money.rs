//! The simulators' own money: dollars in parts of 10⁻¹⁸, as whole numbers. Prices are written for a million tokens, and a
//! per cent of them has digits of its own: all of it is exact here.

/// Parts of a dollar.
const ONE: i128 = 1_000_000_000_000_000_000;
/// Digits behind the point.
const DIGITS: usize = 18;

/// An amount of dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Money(i128);

/// A per cent, in parts of 10⁻⁴.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Percent(i128);

/// A plain decimal text, with so many digits behind the point at most.
fn decimal(text: &str, digits: usize) -> Option<i128> {
    let (minus, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > digits || !plain(whole) || !plain(part) {
        return None;
    }
    let sum: i128 = format!("{whole}{part:0<digits$}").parse().ok()?;
    Some(if minus { -sum } else { sum })
}

/// Divides and rounds to the nearest, a half to the even neighbour.
fn shared(sum: i128, by: i128) -> i128 {
    let (quotient, rest) = (sum.div_euclid(by), sum.rem_euclid(by));
    match (rest * 2).cmp(&by) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + quotient.rem_euclid(2),
    }
}

impl Percent {
    /// `7` or `12.5`: up to four digits behind the point.
    pub(crate) fn parse(text: &str) -> Option<Percent> {
        decimal(text, 4).map(Percent)
    }

    /// What is left of a whole when this is taken off.
    pub(crate) fn taken_off(self) -> Percent {
        Percent(1_000_000 - self.0)
    }

    /// A whole number of per cent.
    pub(crate) const fn whole(count: i128) -> Percent {
        Percent(count * 10_000)
    }
}

impl Money {
    pub(crate) const ZERO: Money = Money(0);

    /// A plain decimal text of dollars.
    pub(crate) fn parse(text: &str) -> Option<Money> {
        decimal(text, DIGITS).map(Money)
    }

    /// The price of one, from the price of a million.
    pub(crate) fn of_a_million(self) -> Money {
        Money(shared(self.0, 1_000_000))
    }

    /// The price of a thousandth, from the price of one.
    pub(crate) fn of_a_thousand(self) -> Money {
        Money(shared(self.0, 1_000))
    }

    pub(crate) fn times(self, count: u64) -> Money {
        Money(self.0 * i128::from(count))
    }

    pub(crate) fn percent(self, of: Percent) -> Money {
        Money(shared(self.0 * of.0, 1_000_000))
    }

    /// As cents.
    pub(crate) fn cents(self) -> Money {
        Money(self.0 * 100)
    }

    /// The shortest decimal text.
    pub(crate) fn text(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.abs() / ONE, self.0.abs() % ONE);
        let text = format!("{sign}{whole}.{part:0DIGITS$}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl std::ops::AddAssign for Money {
    fn add_assign(&mut self, more: Money) {
        self.0 += more.0;
    }
}

impl std::ops::Sub for Money {
    type Output = Money;

    fn sub(self, less: Money) -> Money {
        Money(self.0 - less.0)
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Money>>(all: I) -> Money {
        all.fold(Money::ZERO, |sum, one| Money(sum.0 + one.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap_or_else(|| panic!("{text} is no money"))
    }

    #[test]
    fn decimals_are_read_and_written_as_they_are() {
        for text in ["0", "0.06", "12", "-3.5", "0.000000000000000001", "1234567890.123456789012345678"] {
            assert_eq!(money(text).text(), text);
        }
        assert_eq!(money("1.500").text(), "1.5");
        for text in ["", ".5", "1e3", "1.0000000000000000001", "1,5", "--1", "+1"] {
            assert_eq!(Money::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_token_of_a_million_and_a_per_cent_of_it_are_exact() {
        assert_eq!(money("0.15").of_a_million().times(1_234_567).text(), "0.18518505");
        assert_eq!(money("0.075").of_a_million().text(), "0.000000075");
        let off = Percent::parse("12.5").map(Percent::taken_off).unwrap_or_default();
        assert_eq!(money("0.000000075").percent(off).text(), "0.000000065625");
        assert_eq!(money("-0.06").cents().text(), "-6");
        assert_eq!(money("0.000000000000000001").percent(Percent::whole(50)).text(), "0", "a half goes to the even");
        assert_eq!(money("0.000000000000000003").percent(Percent::whole(50)).text(), "0.000000000000000002");
    }
}
