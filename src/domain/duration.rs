//! Reads a length of time as an agent types it, to whole minutes and without guessing.
//!
//! | typed | minutes | |
//! |---|---|---|
//! | `1h15`, `1u15`, `1 u 15`, `1h 15m`, `1 uur en 15 minuten` | 75 | hours, then minutes below 60 |
//! | `2u`, `75m`, `75 min` | 120, 75, 75 | one unit |
//! | `0:50`, `1:15` | 50, 75 | as a clock, two digits behind the colon |
//! | `1,25`, `1.25`, `1,25 u` | 75 | decimal hours, where they come out at whole minutes |
//! | `30` | refused | hours in one product and minutes in the next: [`DurationError::Bare`] |
//!
//! Letter case, spaces around a unit and full-width characters make no difference. Only integers are used.

use super::Minutes;

/// Why a text is not a length of time that may be logged. The page words it in the reader's language; `Display` is
/// English.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Nothing was typed.
    #[error("type how long it took, such as 1h15, 75m, 0:50 or 1,25")]
    Empty,
    /// A number without a unit, which could be minutes or hours.
    #[error("minutes or hours? Write {0}m or {0}h")]
    Bare(i64),
    /// A decimal that does not come out at whole minutes; holds the nearest one that does and may be logged.
    #[error("that is not a whole number of minutes; the nearest is {0}")]
    NotWholeMinutes(Minutes),
    /// None of the forms above.
    #[error("write a length of time such as 1h15, 75m, 0:50 or 1,25")]
    NotUnderstood,
    /// More than 24 hours (TIME-1).
    #[error("one entry holds at most 24 hours")]
    TooLong,
    /// No time at all (TIME-1).
    #[error("one entry holds at least a minute")]
    Zero,
}

/// Reads what was typed, to 1 minute at least and 24 hours at most (TIME-1).
///
/// # Errors
/// Each [`DurationError`] says what is wrong with the text; nothing is rounded or assumed.
pub fn read(text: &str) -> Result<Minutes, DurationError> {
    use Token::{And, Clock, Decimal, Hour, Minute, Number};
    let text: String = text.chars().map(plain).collect();
    let total = match tokens(&text).ok_or(DurationError::NotUnderstood)?[..] {
        [] => return Err(DurationError::Empty),
        [Number(count)] => return Err(allowed(count).map_or_else(|error| error, |it| DurationError::Bare(it.0))),
        [Number(minutes), Minute] => minutes,
        [Number(hours), Hour] => hours_and(hours, 0)?,
        [Number(hours), Hour, Number(minutes)]
        | [Number(hours), Hour, Number(minutes), Minute]
        | [Number(hours), Hour, And, Number(minutes), Minute]
        | [Clock(hours, minutes)]
        | [Clock(hours, minutes), Hour] => hours_and(hours, minutes)?,
        [Decimal(whole, fraction)] | [Decimal(whole, fraction), Hour] => exact(whole, fraction, 60)?,
        [Decimal(whole, fraction), Minute] => exact(whole, fraction, 1)?,
        _ => return Err(DurationError::NotUnderstood),
    };
    allowed(total)
}

/// Holds `minutes` to the bounds of one entry (TIME-1).
fn allowed(minutes: i64) -> Result<Minutes, DurationError> {
    match Minutes(minutes) {
        Minutes::ZERO => Err(DurationError::Zero),
        total if total > Minutes::DAY => Err(DurationError::TooLong),
        total => Ok(total),
    }
}

fn hours_and(hours: i64, minutes: i64) -> Result<i64, DurationError> {
    if minutes > 59 { Err(DurationError::NotUnderstood) } else { Ok(hours.saturating_mul(60).saturating_add(minutes)) }
}

/// `whole.fraction` times `unit` minutes, exactly. Nine decimals are weighed: a whole minute needs two at most.
fn exact(whole: i64, fraction: &str, unit: i64) -> Result<i64, DurationError> {
    if whole > Minutes::DAY.0 {
        return Err(DurationError::TooLong);
    }
    let digits = fraction.trim_end_matches('0');
    let (mut numerator, mut scale) = (whole, 1);
    for digit in digits.bytes().take(9) {
        numerator = numerator * 10 + i64::from(digit - b'0');
        scale *= 10;
    }
    let product = numerator * unit;
    if product % scale == 0 && digits.len() <= 9 {
        return Ok(product / scale);
    }
    if product / scale >= Minutes::DAY.0 {
        return Err(DurationError::TooLong);
    }
    let nearest = (2 * product + scale) / (2 * scale);
    Err(DurationError::NotWholeMinutes(Minutes(nearest.max(1))))
}

/// The ASCII lower-case form of a character, full-width forms included.
fn plain(typed: char) -> char {
    let ascii = match typed {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(typed) - 0xfee0).unwrap_or(typed),
        _ => typed,
    };
    ascii.to_ascii_lowercase()
}

#[derive(Clone, Copy)]
enum Token<'t> {
    Number(i64),
    /// Whole part and the digits behind the comma or point.
    Decimal(i64, &'t str),
    /// Hours and minutes.
    Clock(i64, i64),
    Hour,
    Minute,
    And,
}

/// Cuts the text into tokens, or `None` at the first thing that is none. Spaces only separate: `7 5m` is not `75m`.
fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let (mut rest, mut found) = (text.trim(), Vec::new());
    while let Some(first) = rest.chars().next() {
        let (token, tail) = if first.is_ascii_digit() { number(rest)? } else { word(rest)? };
        found.push(token);
        rest = tail.trim_start();
    }
    Some(found)
}

fn number(text: &str) -> Option<(Token<'_>, &str)> {
    let (digits, tail) = split(text, |c| c.is_ascii_digit());
    let count = digits.parse().unwrap_or(i64::MAX); // digits only, so it can only be too much
    let Some(behind) = tail.strip_prefix([':', ',', '.']) else {
        return Some((Token::Number(count), tail));
    };
    let (part, behind) = split(behind, |c| c.is_ascii_digit());
    match (tail.starts_with(':'), part.len()) {
        (true, 2) => Some((Token::Clock(count, part.parse().ok()?), behind)),
        (false, 1..) => Some((Token::Decimal(count, part), behind)),
        _ => None,
    }
}

fn word(text: &str) -> Option<(Token<'_>, &str)> {
    let (letters, tail) = split(text, |c| c.is_ascii_alphabetic());
    let token = match letters {
        "h" | "hr" | "hrs" | "hour" | "hours" | "u" | "uur" | "uren" => Token::Hour,
        "m" | "min" | "mins" | "minute" | "minutes" | "minuut" | "minuten" => Token::Minute,
        "and" | "en" => Token::And,
        _ => return None,
    };
    Some((token, tail.strip_prefix('.').unwrap_or(tail))) // "75 min."
}

/// The longest start of `text` that holds only `wanted` characters, and the rest.
fn split(text: &str, wanted: fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !wanted(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use DurationError::{Bare, Empty, NotUnderstood, NotWholeMinutes, TooLong, Zero};
    use proptest::prelude::*;

    #[test]
    fn each_form_reads_to_the_minute() {
        for (text, minutes) in [
            ("1h15", 75),
            ("1u15", 75),
            ("1 u 15", 75),
            ("1h 15m", 75),
            ("1u05", 65),
            ("1u5", 65),
            ("75m", 75),
            ("75 min", 75),
            ("75 min.", 75),
            ("1 u. 15 min.", 75),
            ("2u", 120),
            ("2 uur", 120),
            ("1 uur en 15 minuten", 75),
            ("1 hour and 1 minute", 61),
            ("0:50", 50),
            ("1:15", 75),
            ("1:15 uur", 75),
            ("1,25", 75),
            ("1.25", 75),
            ("1,2500", 75),
            ("1,25 u", 75),
            ("0,05", 3),
            ("1,0", 60),
            ("15,0 min", 15),
            ("  1H15\t", 75),
            ("１ｕ１５", 75),
            ("１：１５", 75),
            ("1\u{a0}u\u{a0}15", 75),
            ("1m", 1),
            ("24u", 1440),
            ("24:00", 1440),
            ("1440m", 1440),
        ] {
            assert_eq!(read(text), Ok(Minutes(minutes)), "{text:?}");
        }
    }

    #[test]
    fn what_is_unclear_is_refused_and_not_guessed() {
        for (text, error) in [
            ("", Empty),
            (" \u{3000}\n", Empty),
            ("1", Bare(1)),
            ("30", Bare(30)),
            ("0", Zero),
            ("00m", Zero),
            ("0:00", Zero),
            ("0,0", Zero),
            ("1,333", NotWholeMinutes(Minutes(80))),
            ("1.33333333333333333333333333", NotWholeMinutes(Minutes(80))),
            ("1,2500000000000001", NotWholeMinutes(Minutes(75))),
            ("0,01", NotWholeMinutes(Minutes(1))),
            ("0,001", NotWholeMinutes(Minutes(1))),
            ("7,5m", NotWholeMinutes(Minutes(8))),
            ("23,999", NotWholeMinutes(Minutes(1440))),
            ("24,001", TooLong),
            ("24:01", TooLong),
            ("25u", TooLong),
            ("1441", TooLong),
            ("99999999999999999999", TooLong),
            ("99999999999999999999u15", TooLong),
            ("99999999999999999999,5", TooLong),
        ] {
            assert_eq!(read(text), Err(error), "{text:?}");
        }
        for text in [
            "1:5", "1:60", "1:015", "1:15:00", "1u60", "1h 75m", "7 5m", "1 15", "1, 25", "1,", ",5", "1.234,5", "-1u",
            "+1u", "1u15u", "15m1u", "u", "m", "en", "1 en 2", "1uu", "½", "1e3", "٣u", "1u15m30", "a while",
        ] {
            assert_eq!(read(text), Err(NotUnderstood), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer_within_the_bounds(text in any::<String>(), near in "[0-9０ uhm:.,en-]{0,40}") {
            for text in [text, near] {
                if let Ok(minutes) | Err(NotWholeMinutes(minutes)) = read(&text) {
                    prop_assert!(minutes.is_positive() && minutes <= Minutes::DAY, "{text:?} gave {minutes:?}");
                }
            }
        }

        #[test]
        fn every_length_reads_back_in_every_form(minutes in 1..=1440_i64) {
            let (hours, rest) = (minutes / 60, minutes % 60);
            for text in [
                format!("{minutes}m"), format!("{hours}:{rest:02}"), format!("{hours}u{rest}"), format!("{hours}h {rest}m"),
            ] {
                prop_assert_eq!(read(&text), Ok(Minutes(minutes)), "{}", text);
            }
        }

        #[test]
        fn a_decimal_is_exact_or_refused(hundredths in 1..=2400_i64) {
            let text = format!("{},{:02}", hundredths / 100, hundredths % 100);
            match read(&text) {
                Ok(minutes) => prop_assert_eq!(minutes.0 * 100, hundredths * 60),
                Err(error) => {
                    prop_assert!((hundredths * 60) % 100 != 0);
                    prop_assert!(matches!(error, NotWholeMinutes(near) if (near.0 * 100 - hundredths * 60).abs() <= 50));
                }
            }
        }
    }
}
