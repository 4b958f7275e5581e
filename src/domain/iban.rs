//! Numbers of banks that check themselves: accounts (IBAN, ISO 13616) and creditors of direct debits (*incassant-ID*).
//!
//! Everything here takes what a person typed and says whether it can exist; whether it does, only the bank knows.

/// Lengths of an IBAN per country of the SEPA area. Other countries: 15 to 34.
const LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AL", 28),
    ("AT", 20),
    ("BE", 16),
    ("BG", 22),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FR", 27),
    ("GB", 22),
    ("GI", 23),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IS", 26),
    ("IT", 27),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MT", 31),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("RS", 22),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("VA", 22),
];

/// What a person typed, as it is stored: capitals, without spaces, dots, dashes or slashes.
#[must_use]
pub fn compact(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-' | '/' | '\u{2010}'..='\u{2015}'))
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// Whether `iban`, as stored (see [`compact`]), has the length of its country and the right check digits (mod 97).
#[must_use]
pub fn is_iban(iban: &str) -> bool {
    if !iban.is_ascii() || iban.len() < 15 || iban.len() > 34 {
        return false;
    }
    let (country, rest) = iban.split_at(2);
    let (check, account) = rest.split_at(2);
    let of_country = LENGTHS.iter().find(|(code, _)| *code == country).is_none_or(|(_, length)| *length == iban.len());
    of_country
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && check.bytes().all(|byte| byte.is_ascii_digit())
        && ("02"..="98").contains(&check)
        && mod_97(&format!("{account}{country}{check}")) == Some(1)
}

/// Whether `iban`, as stored, is one of the SEPA area: the only accounts that can be collected from.
#[must_use]
pub fn is_sepa_iban(iban: &str) -> bool {
    is_iban(iban) && LENGTHS.iter().any(|(code, _)| iban.starts_with(code))
}

/// In groups of four, as paper shows it: `NL91 ABNA 0417 1643 00`. Does for payment references too.
#[must_use]
pub fn grouped(number: &str) -> String {
    let mut text = String::new();
    for (at, c) in compact(number).chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push(' ');
        }
        text.push(c);
    }
    text
}

/// An account that its owner will know and a stranger cannot use: country, bank and the last four, `NL•• ABNA •••• ••43 00`.
/// A text too short to hide anything in becomes dots altogether.
#[must_use]
pub fn masked(iban: &str) -> String {
    let compact = compact(iban);
    let length = compact.chars().count();
    let hidden = |at: usize| length < 15 || !(at < 2 || (4..8).contains(&at) || at + 4 >= length);
    let dotted: String = compact.chars().enumerate().map(|(at, c)| if hidden(at) { '•' } else { c }).collect();
    grouped(&dotted)
}

/// Whether `id`, as stored, is an id of a creditor of direct debits: country, check digits, three characters for the
/// business line, which the check skips, and the national id. A Dutch one is `NLkkZZZ` and twelve digits.
#[must_use]
pub fn is_creditor_id(id: &str) -> bool {
    if !id.is_ascii() || id.len() < 8 || id.len() > 35 {
        return false;
    }
    let (country, check, line, national) = (&id[..2], &id[2..4], &id[4..7], &id[7..]);
    let dutch = country != "NL" || (national.len() == 12 && national.bytes().all(|byte| byte.is_ascii_digit()));
    dutch
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && check.bytes().all(|byte| byte.is_ascii_digit())
        && line.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && mod_97(&format!("{national}{country}{check}")) == Some(1)
}

/// The rest of the number, letters read as 10 to 35, after division by 97 (ISO 7064). `None` where anything else than
/// capitals and digits is in it.
pub(super) fn mod_97(text: &str) -> Option<u32> {
    text.bytes().try_fold(0, |rest: u32, byte| match byte {
        b'0'..=b'9' => Some((rest * 10 + u32::from(byte - b'0')) % 97),
        b'A'..=b'Z' => Some((rest * 100 + u32::from(byte - b'A') + 10) % 97),
        _ => None,
    })
}

/// Whether a text has the shape of a bank's BIC: eight or eleven capitals and digits, the first six of them letters.
#[must_use]
pub fn is_bic(text: &str) -> bool {
    let (bank, rest) = text.split_at_checked(6).unwrap_or_default();
    bank.bytes().all(|byte| byte.is_ascii_uppercase()) && matches!(rest.len(), 2 | 5) && is_code(rest)
}

/// Only capitals and digits.
#[must_use]
pub fn is_code(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_check_themselves() {
        for iban in ["NL91ABNA0417164300", "NL20INGB0001234567", "DE89370400440532013000", "BE68539007547034"] {
            assert!(is_iban(iban), "{iban}");
        }
        for iban in [
            "NL46ABNA0499998748",
            "NL20INGB0001234568",
            "NL91ABNA041716430",
            "NL91 ABNA 0417 1643 00",
            "nl91abna0417164300",
            "NL91ABNA04171643€",
            "",
            "NL",
            "9191ABNA0417164300",
        ] {
            assert!(!is_iban(iban), "{iban}");
        }
        assert!(is_iban(&compact(" nl91 abna.0417-1643/00 ")));
    }

    #[test]
    fn accounts_are_shown_in_fours_and_hidden_in_the_middle() {
        assert_eq!(grouped("NL91ABNA0417164300"), "NL91 ABNA 0417 1643 00");
        assert_eq!(grouped(""), "");
        assert_eq!(masked("NL91ABNA0417164300"), "NL•• ABNA •••• ••43 00");
        assert_eq!(masked("NL91"), "••••");
    }

    #[test]
    fn creditor_ids_skip_their_business_line() {
        assert!(is_creditor_id("NL69ZZZ123456780000"));
        assert!(is_creditor_id("NL69ABC123456780000"), "the business line is not checked");
        assert!(is_creditor_id("DE98ZZZ09999999999"));
        for id in ["NL99ZZZ123456780000", "NL69ZZZ12345678000", "NL69ZZZ", "NL69ZZZ12345678000é", ""] {
            assert!(!is_creditor_id(id), "{id}");
        }
    }
}
