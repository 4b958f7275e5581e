//! References by which a payment is recognised: the Dutch payment reference (*betalingskenmerk*), the international one
//! (ISO 11649, `RF…`), and both, or a number of a document, found back in the free text of a payment.

use super::iban::{compact, mod_97};

/// Weights of the digits of a payment reference from the right, over and over.
const WEIGHTS: [u32; 10] = [2, 4, 8, 5, 10, 9, 7, 3, 6, 1];

/// The 16-digit payment reference of at most fifteen `digits`: filled up with zeros on the left, the check digit in
/// front (mod 11; 10 becomes 1, 11 becomes 0). `None` where `digits` is empty, too long or holds anything else.
#[must_use]
pub fn payment_reference(digits: &str) -> Option<String> {
    if digits.is_empty() || digits.len() > 15 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let filled = format!("{digits:0>15}");
    let sum: u32 =
        filled.bytes().rev().zip(WEIGHTS.iter().cycle()).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    let check = match 11 - sum % 11 {
        10 => 1,
        11 => 0,
        digit => digit,
    };
    Some(format!("{check}{filled}"))
}

/// The payment reference of a document: the digit of its series and the digits of its number, `2026-0042` as
/// 000000020260042.
///
/// # Panics
/// When the number has more than 14 digits, which no number of ours has.
#[must_use]
pub fn of_document(series: u8, number: &str) -> String {
    let digits: String = number.chars().skip_while(char::is_ascii_uppercase).filter(char::is_ascii_digit).collect();
    payment_reference(&format!("{series}{digits:0>14}")).expect("the number of a document has at most 14 digits")
}

/// Whether `reference`, as stored (see [`normalise`]), is a payment reference of sixteen digits with the right check digit.
#[must_use]
pub fn is_payment_reference(reference: &str) -> bool {
    reference.len() == 16
        && reference.get(1..).and_then(payment_reference).is_some_and(|expected| expected == reference)
}

/// The international reference (ISO 11649) of at most 21 capitals and digits: `RF`, two check digits, `text`. `None` where
/// `text` is empty, too long or holds anything else.
#[must_use]
pub fn creditor_reference(text: &str) -> Option<String> {
    if text.is_empty() || text.len() > 21 {
        return None;
    }
    let rest = mod_97(&format!("{text}RF00"))?;
    Some(format!("RF{:02}{text}", 98 - rest))
}

/// Whether `reference`, as stored (see [`normalise`]), is an international one with the right check digits.
#[must_use]
pub fn is_creditor_reference(reference: &str) -> bool {
    (5..=25).contains(&reference.len())
        && reference.is_ascii()
        && reference.starts_with("RF")
        && reference[2..4].bytes().all(|byte| byte.is_ascii_digit())
        && mod_97(&format!("{}{}", &reference[4..], &reference[..4])) == Some(1)
}

/// What a payer typed as a reference, as it is stored: capitals, without spaces, dots, dashes or slashes.
#[must_use]
pub fn normalise(text: &str) -> String {
    compact(text)
}

/// Every reference that may be meant in `text`, in the order of their place, each once: payment references, international
/// references, and numbers of documents: one of `prefixes` (capitals; the empty one counts), a year, and a counter of at
/// least `digits` digits. Case does not matter, nor do spaces, dots, dashes or slashes between the groups, nor letters
/// glued to them. Numbers of documents come back as they are written on a document: `C2026-0042`.
///
/// They are candidates: whoever asks must look whether there is such a document and whether the amount fits.
#[must_use]
pub fn find_references(text: &str, prefixes: &[&str], digits: usize) -> Vec<String> {
    let text: Vec<char> = text.chars().map(|c| c.to_ascii_uppercase()).collect();
    let mut found: Vec<String> = Vec::new();
    let mut free = 0;
    for at in 0..text.len() {
        let international = international_at(&text, at);
        free = international.iter().map(|(_, end)| *end).min().unwrap_or(free);
        let here = international
            .into_iter()
            .map(|(reference, _)| reference)
            .chain(payment_reference_at(&text, at).filter(|_| at >= free))
            .chain(prefixes.iter().filter_map(|prefix| number_at(&text, at, prefix, prefixes, digits)));
        for reference in here {
            if !found.contains(&reference) {
                found.push(reference);
            }
        }
    }
    found
}

/// Whether `c` may stand between the groups of a reference.
fn separates(c: char) -> bool {
    c.is_whitespace() || matches!(c, '.' | '-' | '/' | '_' | '\u{2010}'..='\u{2015}')
}

/// The place after at most three separators at `at`.
fn skip_separators(text: &[char], at: usize) -> usize {
    at + text[at..].iter().take(3).take_while(|c| separates(**c)).count()
}

/// Every sequence of digits from `at` that ends where a group ends, with groups joined over separators, and the place after
/// it: never more than `most` digits. `12 34` gives `12` and `1234`.
fn digit_groups(text: &[char], mut at: usize, most: usize) -> Vec<(String, usize)> {
    let (mut digits, mut ends) = (String::new(), Vec::new());
    loop {
        let group: String = text[at..].iter().take_while(|c| c.is_ascii_digit()).collect();
        at += group.len();
        digits.push_str(&group);
        if group.is_empty() || digits.len() > most {
            return ends;
        }
        ends.push((digits.clone(), at));
        at = skip_separators(text, at);
    }
}

/// Whether a group of digits can begin at `at`: no digit stands right before it.
fn begins_group(text: &[char], at: usize) -> bool {
    at.checked_sub(1).is_none_or(|before| !text[before].is_ascii_digit())
}

/// The payment reference that begins at `at`.
fn payment_reference_at(text: &[char], at: usize) -> Option<String> {
    if !begins_group(text, at) {
        return None;
    }
    digit_groups(text, at, 16).pop().map(|(digits, _)| digits).filter(|reference| is_payment_reference(reference))
}

/// International references that begin at `at`, with the place after each: as one word, which may hold letters, or as digits
/// in groups. No payment reference is looked for within one.
fn international_at(text: &[char], at: usize) -> Vec<(String, usize)> {
    if text.get(at..at + 2) != Some(&['R', 'F']) {
        return Vec::new();
    }
    let word: String = text[at..].iter().take_while(|c| c.is_ascii_alphanumeric()).take(26).collect();
    let groups = digit_groups(text, skip_separators(text, at + 2), 23);
    groups
        .into_iter()
        .rev()
        .map(|(digits, end)| (format!("RF{digits}"), end))
        .chain([(word.clone(), at + word.len())])
        .filter(|(reference, _)| is_creditor_reference(reference))
        .collect()
}

/// The number of a document with `prefix` that begins at `at`.
fn number_at(text: &[char], at: usize, prefix: &str, prefixes: &[&str], digits: usize) -> Option<String> {
    let length = prefix.chars().count();
    if !text[at..].iter().copied().take(length).eq(prefix.chars()) {
        return None;
    }
    let start = if prefix.is_empty() { at } else { skip_separators(text, at + length) };
    if prefix.is_empty() && (!begins_group(text, at) || follows_date_or_prefix(text, at, prefixes)) {
        return None;
    }
    let run: String = text[start..].iter().take_while(|c| c.is_ascii_digit()).collect();
    let (year, counter) = if run.len() == 4 {
        let from = skip_separators(text, start + 4);
        let counter: String = text[from..].iter().take_while(|c| c.is_ascii_digit()).collect();
        (run, counter)
    } else {
        let glued = (digits + 4..=digits + 5).contains(&run.len());
        let (year, counter) = run.split_at_checked(4).filter(|_| glued)?;
        (year.to_owned(), counter.to_owned())
    };
    let fits = year.starts_with("20") && (digits..=9).contains(&counter.len());
    fits.then(|| format!("{prefix}{year}-{counter}"))
}

/// Whether the year at `at` belongs to a date (`22-11-2026`) or to a number with a prefix that stands alone before it
/// (`C2026-0042`). A prefix glued to a word (`tarief2026-0042`) may be part of the word: then both readings count.
fn follows_date_or_prefix(text: &[char], at: usize, prefixes: &[&str]) -> bool {
    let before = &text[..at];
    let date = matches!(before, [earlier @ .., '.' | '-' | '/']
        if matches!(earlier.iter().rev().take_while(|c| c.is_ascii_digit()).count(), 1..=2));
    let word = {
        let joined = before.iter().rev().skip_while(|c| separates(**c));
        let mut letters: Vec<char> = joined.take_while(|c| c.is_alphabetic()).copied().collect();
        letters.reverse();
        letters.into_iter().collect::<String>()
    };
    date || (!word.is_empty() && prefixes.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payment_references_carry_a_check_digit() {
        for (digits, reference) in [
            ("000056789012345", "5000056789012345"),
            ("56789012345", "5000056789012345"),
            ("000000202600042", "1000000202600042"),
        ] {
            assert_eq!(payment_reference(digits).as_deref(), Some(reference));
            assert!(is_payment_reference(reference));
        }
        for digits in ["", "1234567890123456", "12a", "１２"] {
            assert_eq!(payment_reference(digits), None, "{digits}");
        }
        for reference in ["6000056789012345", "5000056789012354", "500005678901234", "", "5000 0567 8901 2345"] {
            assert!(!is_payment_reference(reference), "{reference}");
        }
        assert_eq!(normalise(" 5000 0567.8901-2345 "), "5000056789012345");
        assert_eq!(normalise("rf18 5390 0754 7034"), "RF18539007547034");
    }

    #[test]
    fn every_wrong_digit_of_a_payment_reference_is_seen_unless_eleven_hides_it() {
        let right = "5000056789012345";
        for at in 1..16 {
            for digit in '0'..='9' {
                let wrong: String = right.chars().enumerate().map(|(i, c)| if i == at { digit } else { c }).collect();
                assert!(wrong == right || !is_payment_reference(&wrong), "{wrong}");
            }
        }
    }

    #[test]
    fn international_references_follow_iso_11649() {
        for (text, reference) in [("539007547034", "RF18539007547034"), ("202600042", "RF89202600042")] {
            assert_eq!(creditor_reference(text).as_deref(), Some(reference));
            assert!(is_creditor_reference(reference));
        }
        for text in ["", "abc", "1234567890123456789012", "é"] {
            assert_eq!(creditor_reference(text), None, "{text}");
        }
        for reference in ["RF19539007547034", "RF18", "RG18539007547034", "RF1é39007547034"] {
            assert!(!is_creditor_reference(reference), "{reference}");
        }
    }

    #[test]
    fn references_are_found_in_what_payers_write() {
        for (text, expected) in [
            ("Factuur 2026-0042", vec!["2026-0042"]),
            ("factuur2026-0042dank", vec!["2026-0042"]),
            ("fact. c2026 0042", vec!["C2026-0042"]),
            ("C 2026-0042 / F2026-0001", vec!["C2026-0042", "F2026-0001"]),
            ("F20260001", vec!["F2026-0001"]),
            ("nr 20260042", vec!["2026-0042"]),
            ("202600042", vec!["2026-00042"]),
            ("2026-0042 en 2026-0043, 2026-0042", vec!["2026-0042", "2026-0043"]),
            ("2026 – 10042", vec!["2026-10042"]),
            ("tarief2026-0042", vec!["F2026-0042", "2026-0042"]),
            ("5000056789012345", vec!["5000056789012345"]),
            ("kenmerk5000 0567 8901 2345eur", vec!["5000056789012345"]),
            ("5000.0567.8901.2345", vec!["5000056789012345"]),
            ("12 5000-0567-8901-2345", vec!["5000056789012345"]),
            ("1000000202600042", vec!["1000000202600042"]),
            ("rf18 5390 0754 7034 bedankt", vec!["RF18539007547034"]),
            ("RF18539007547034/2026-0042", vec!["RF18539007547034", "2026-0042"]),
            ("RF18 5390 0754 7034 2026-0042", vec!["RF18539007547034", "2026-0042"]),
            ("betaald op 22-11-2026 1234 stuks", vec![]),
            ("2026-11-22", vec![]),
            ("NL20INGB0001234567", vec![]),
            ("6000056789012345", vec![]),
            ("2026-042", vec![]),
            ("2126-0042 € 12026-0042", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(find_references(text, &["", "C", "F"], 4), expected, "{text}");
        }
        assert_eq!(find_references("c2026-0042", &[""], 4), ["2026-0042"], "an unknown prefix does not hide a number");
        assert_eq!(find_references("2026-00042", &[""], 5), ["2026-00042"]);
    }
}
