//! What the texts of a bank file mean: amounts, directions and days.

use super::{BankFault, BankFaultKind, faults::AmountFault, tree::Node};
use crate::domain::{Cents, bank::Direction};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime};

/// The largest amount that is read, 99,999,999,999.99: sums over the largest file stay far from the end of an `i64`.
pub(super) const MAX_CENTS: i64 = 9_999_999_999_999;

/// An amount of money with a currency: `<Amt Ccy="EUR">594.05</Amt>`.
pub(super) fn money(node: &Node) -> Result<(Cents, &str), BankFault> {
    let currency = currency(node)?;
    Ok((cents(node)?, currency))
}

/// The currency of an amount: three capitals.
pub(super) fn currency(node: &Node) -> Result<&str, BankFault> {
    match node.currency.as_deref() {
        Some(code) if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => Ok(code),
        Some(code) => Err(node.fault(BankFaultKind::NotACurrency { found: short(code) })),
        None => Err(node.fault(BankFaultKind::NoCurrency { element: node.name().to_owned() })),
    }
}

/// A number as whole cents. The format allows five decimals, a euro has two: more are read when they are zeros
/// (`18.15000`), and refused when they are not, as half a cent cannot be booked.
pub(super) fn cents(node: &Node) -> Result<Cents, BankFault> {
    let text = node.text.as_str();
    let fault = |why| node.fault(BankFaultKind::Amount { element: node.name().to_owned(), found: short(text), why });
    if text.starts_with('-') {
        return Err(fault(AmountFault::Negative));
    }
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || (whole.is_empty() && decimals.is_empty()) {
        return Err(fault(AmountFault::NotAnAmount));
    }
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > 2 {
        return Err(fault(AmountFault::Decimals));
    }
    let too_large = || fault(AmountFault::TooLarge);
    let whole = match whole.trim_start_matches('0') {
        "" => 0,
        whole => whole.parse::<i64>().map_err(|_| too_large())?,
    };
    // At most two digits are left: `5` is fifty cents, `05` is five.
    let cents = decimals.bytes().chain([b'0', b'0']).take(2).fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    let total = whole.checked_mul(100).and_then(|whole| whole.checked_add(cents)).ok_or_else(too_large)?;
    if total > MAX_CENTS { Err(too_large()) } else { Ok(Cents(total)) }
}

/// Which way, by `CdtDbtInd`.
pub(super) fn direction(node: &Node) -> Result<Direction, BankFault> {
    let told = node.need("CdtDbtInd")?;
    match told.text.as_str() {
        "CRDT" => Ok(Direction::Credit),
        "DBIT" => Ok(Direction::Debit),
        other => Err(told.fault(BankFaultKind::NotADirection { found: short(other) })),
    }
}

/// The day of a `Dt` or `DtTm` within an element; that of a moment is the day as the bank wrote it, in its own zone.
pub(super) fn day(node: &Node) -> Result<NaiveDate, BankFault> {
    match node.at("Dt").or_else(|| node.at("DtTm")) {
        Some(told) => day_of(told),
        None => Err(node.missing(&["Dt", "DtTm"])),
    }
}

/// The day that a text begins with: `2026-12-01`, `2026-12-01+01:00`, `2026-12-01T08:30:00.000Z`.
pub(super) fn day_of(node: &Node) -> Result<NaiveDate, BankFault> {
    let text = node.text.as_str();
    let fault = || node.fault(BankFaultKind::NotADay { element: node.name().to_owned(), found: short(text) });
    let (day, rest) = text.split_at_checked(10).ok_or_else(fault)?;
    if !(rest.is_empty() || rest.starts_with(['T', 'Z', '+', '-'])) {
        return Err(fault());
    }
    if day.as_bytes().get(4) != Some(&b'-') || day.as_bytes().get(7) != Some(&b'-') {
        return Err(fault());
    }
    let number = |range| day.get(range).and_then(number).ok_or_else(fault);
    let year = i32::try_from(number(0..4)?).map_err(|_| fault())?;
    let day = NaiveDate::from_ymd_opt(year, number(5..7)?, number(8..10)?);
    day.filter(|day| (1900..2200).contains(&day.year())).ok_or_else(fault)
}

/// The first day of a period. Some banks write the midnight with which it begins in UTC: `2026-12-01T23:00:00Z` is the 2nd.
pub(super) fn first_day_of(node: &Node) -> Result<NaiveDate, BankFault> {
    let day = day_of(node)?;
    let local = DateTime::parse_from_rfc3339(&node.text).ok().filter(|_| node.text.ends_with('Z'));
    let local = local.map(|at| at.with_timezone(&chrono_tz::Europe::Amsterdam));
    Ok(local.filter(|at| at.time() == NaiveTime::MIN).map_or(day, |at| at.date_naive()))
}

/// A number of digits only.
fn number(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The moment of a text such as `2026-12-01T08:30:00.000+01:00`, as written; none where it tells a day only.
pub(super) fn moment_of(node: &Node) -> Option<NaiveDateTime> {
    let text = node.text.get(..19)?;
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").ok()
}

/// A whole number that is not negative.
pub(super) fn count(node: &Node) -> Result<u64, BankFault> {
    let fault = || node.fault(BankFaultKind::NotANumber { element: node.name().to_owned(), found: short(&node.text) });
    if node.text.bytes().all(|byte| byte.is_ascii_digit()) {
        node.text.parse().map_err(|_| fault())
    } else {
        Err(fault())
    }
}

/// What was found, short enough for a sentence.
fn short(text: &str) -> String {
    text.chars().take(60).collect()
}
