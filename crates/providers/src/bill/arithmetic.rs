//! Sums and shares of amounts. What cannot be kept is held at the largest that can: a hundred quintillion.

use super::Amount;

impl Amount {
    /// From multiples of 10⁻¹².
    #[must_use]
    pub const fn from_pico(pico: i128) -> Self {
        Self(pico)
    }

    /// In multiples of 10⁻¹².
    #[must_use]
    pub const fn pico(self) -> i128 {
        self.0
    }

    /// Without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// This amount × `count` / `of`, rounded to the nearest, halves away from zero; nothing where `of` is 0.
    #[must_use]
    pub fn share(self, count: i128, of: i128) -> Self {
        if of == 0 {
            return Self::ZERO;
        }
        let (whole, rest) = (self.0 / of, self.0 % of);
        let part = rest.saturating_mul(count);
        let half = of.saturating_abs() / 2;
        let half = if part < 0 { -half } else { half };
        Self(whole.saturating_mul(count).saturating_add(part.saturating_add(half) / of))
    }
}

impl std::ops::Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::ops::AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::ops::Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::ops::SubAssign for Amount {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl std::ops::Neg for Amount {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, |sum, one| sum + one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_to_the_nearest() {
        let whole = Amount::from_pico(100_000);
        for (count, of, share) in [(1, 3, 33_333), (2, 3, 66_667), (-2, 3, -66_667), (2, -3, -66_667), (5, 0, 0)] {
            assert_eq!(whole.share(count, of).pico(), share, "{count}/{of}");
        }
        assert_eq!((-whole).share(2, 3).pico(), -66_667);
        let large = Amount::from_micro(1_000_000_000_000);
        assert_eq!(large.share(123_456_789_012, 1_000_000_000_000).to_string(), "123456.789012");
    }
}
