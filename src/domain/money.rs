//! Money: whole euro cents, checked. Rates are decimals; the one place where they meet rounds half up, once.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};
use std::{fmt, iter::Sum, str::FromStr};

/// An amount in euro cents. Arithmetic that would leave `i64` stops the process rather than wrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(pub i64);

impl Cents {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// This amount times `rate` per cent, half up to the cent (PAY-6): 82.50 at 21 % is 17.33, not 17.32.
    ///
    /// # Panics
    /// When the product does not fit an `i64` number of cents.
    #[must_use]
    pub fn percent(self, rate: Decimal) -> Self {
        half_up(Decimal::from(self.0) * rate / Decimal::ONE_HUNDRED)
    }

    /// What of this amount is left without VAT at `rate` per cent within it, half up to the cent: 82.50 with 21 % in it is 68.18.
    ///
    /// # Panics
    /// As [`Cents::percent`].
    #[must_use]
    pub fn without(self, rate: Decimal) -> Self {
        half_up(Decimal::from(self.0) * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + rate))
    }

    /// This amount times `factor`, half up to the cent.
    ///
    /// # Panics
    /// As [`Cents::percent`].
    #[must_use]
    pub fn times(self, factor: Decimal) -> Self {
        half_up(Decimal::from(self.0) * factor)
    }

    /// The price of `minutes` at this amount per hour, half up to the cent (CARD-1).
    #[must_use]
    pub fn per_hour(self, minutes: super::Minutes) -> Self {
        half_up(Decimal::from(self.0) * Decimal::from(minutes.0) / Decimal::from(60))
    }
}

/// Rounds a number of cents half up (away from zero at the middle), as tax law counts; `round_dp` would go to even.
fn half_up(cents: Decimal) -> Cents {
    let whole = cents.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    Cents(whole.to_i64().expect("an amount fits an i64 number of cents"))
}

impl std::ops::Neg for Cents {
    type Output = Self;
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl std::ops::AddAssign for Cents {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::ops::SubAssign for Cents {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl std::ops::Add for Cents {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.checked_add(other.0).expect("cents fit an i64"))
    }
}

impl std::ops::Sub for Cents {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.checked_sub(other.0).expect("cents fit an i64"))
    }
}

impl Sum for Cents {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, |total, each| total + each)
    }
}

/// As the API writes it: `400.00`, `-0.05`.
impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let all = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", all / 100, all % 100)
    }
}

/// An amount as a person types it, or as a page writes it: `135`, `135,00`, `1.234,56`, `1,234.56`, `1234.56`, `€ 12,50`,
/// `-6,00` and `−6,00`. A comma or point before three digits stands between thousands: `1.936` is `1936.00`. Nothing for what
/// is no amount, or has more than two decimals.
#[must_use]
pub fn typed(text: &str) -> Option<Cents> {
    let text: String = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '€').collect();
    let text = text.replace('−', "-");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let groups = |whole: &str, separator: char| {
        let mut parts = whole.split(separator);
        let first = parts.next().is_some_and(|first| (1..=3).contains(&first.len()) && !first.starts_with('0'));
        first && parts.all(|part| part.len() == 3)
    };
    let Some(at) = digits.rfind([',', '.']) else { return format!("{sign}{digits}").parse().ok() };
    let (whole, decimals) = (&digits[..at], &digits[at + 1..]);
    let (own, other) = if digits[at..].starts_with(',') { (',', '.') } else { ('.', ',') };
    let plain = if groups(digits, own) {
        digits.replace(own, "")
    } else if !whole.contains(other) {
        format!("{whole}.{decimals}")
    } else if groups(whole, other) {
        format!("{}.{decimals}", whole.replace(other, ""))
    } else {
        return None;
    };
    format!("{sign}{plain}").parse().ok()
}

/// Why a text is not an amount of money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an amount in euros with a point and at most two decimals, such as \"400.00\"")]
pub struct NotAnAmount;

/// Reads `400`, `400.5` and `400.00`; a comma, a sign of its own kind or a third decimal is refused.
impl FromStr for Cents {
    type Err = NotAnAmount;
    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (euros, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(euros) || !all_digits(decimals) || decimals.len() > 2 {
            return Err(NotAnAmount);
        }
        let euros: i64 = euros.parse().map_err(|_| NotAnAmount)?;
        let mut cents: i64 = decimals.parse().map_err(|_| NotAnAmount)?;
        if decimals.len() == 1 {
            cents *= 10;
        }
        let total = euros.checked_mul(100).and_then(|whole| whole.checked_add(cents)).ok_or(NotAnAmount)?;
        Ok(Self(sign * total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pay_6_vat_is_half_up_and_never_to_even() {
        let rate = Decimal::from(21);
        for (net, vat) in [(80_000, 16_800), (8_250, 1_733), (10_005, 2_101), (2_500, 525), (16_625, 3_491)] {
            assert_eq!(Cents(net).percent(rate), Cents(vat), "VAT on {net}");
        }
    }

    #[test]
    fn an_amount_is_read_as_people_type_it_and_as_pages_write_it() {
        for (text, cents) in [
            ("968", 96_800),
            ("968,00", 96_800),
            ("968.5", 96_850),
            ("€ 1.936,00", 193_600),
            ("1,936.00", 193_600),
            ("€1,000.00", 100_000),
            ("1 936,00", 193_600),
            ("1.936", 193_600),
            ("1,936", 193_600),
            ("1.234.567,89", 123_456_789),
            ("-6,00", -600),
            ("€\u{a0}−0,05", -5),
            ("−€0.05", -5),
        ] {
            assert_eq!(typed(text), Some(Cents(cents)), "{text}");
        }
        for text in ["", "€", "968,", ",50", "1.93,00", "1,2,00", "12.3456,00", "0.500", "0,005", "1.936.00", "ten"] {
            assert_eq!(typed(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_read_and_write_to_the_cent() {
        for (text, cents) in [("400.00", 40_000), ("400", 40_000), ("0.5", 50), ("-0.05", -5)] {
            assert_eq!(text.parse(), Ok(Cents(cents)));
        }
        for text in ["", "4,00", "1.234", "1e3", "+5", "€5", ".5", "99999999999999999999"] {
            assert_eq!(text.parse::<Cents>(), Err(NotAnAmount), "{text}");
        }
        assert_eq!(Cents(40_000).to_string(), "400.00");
        assert_eq!(Cents(-5).to_string(), "-0.05");
    }
}
