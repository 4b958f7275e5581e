//! Numbers that carry their own check: bank accounts, creditors of direct debits, and the shapes of the numbers that an
//! invoice has to print. A wrong one is refused where it is typed, not by the bank weeks later.

/// How long an IBAN is in the countries of SEPA.
const LENGTHS: &str = "AD24 AL28 AT20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GI23 GR27 HR21 HU28 \
                       IE22 IS26 IT27 LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MT31 NL18 NO15 PL28 PT25 RO24 RS22 SE24 \
                       SI19 SK24 SM27 VA22";

/// Whether a text is an IBAN as a bank's file writes it: capitals and digits without spaces, of the length that its
/// country has, and right by its check digits (ISO 13616, mod 97).
#[must_use]
pub fn is_iban(text: &str) -> bool {
    let country = LENGTHS.split(' ').map(|entry| entry.split_at(2)).find(|(country, _)| text.starts_with(country));
    let known = country.and_then(|(_, length)| length.parse().ok());
    let fits = known.map_or((15..=34).contains(&text.len()), |length: usize| length == text.len());
    fits && begins_with_country_and_check(text) && is_right_by_97(&text[4..], &text[..4])
}

/// Whether a text is the id of a creditor of direct debits (*incassant-ID*), such as `NL69ZZZ123456780000`: country,
/// check digits, three positions of business code that the check leaves out, and the national id.
#[must_use]
pub fn is_creditor_id(text: &str) -> bool {
    let fits = (8..=35).contains(&text.len()) && begins_with_country_and_check(text);
    let is_dutch = |national: &str| national.len() == 12 && national.bytes().all(|byte| byte.is_ascii_digit());
    // From here on there are only capitals and digits, so that places are letters.
    fits && is_right_by_97(&text[7..], &text[..4]) && (!text.starts_with("NL") || is_dutch(&text[7..]))
}

/// Whether a text has the shape of a bank's BIC: eight or eleven capitals and digits, the first six of them letters.
#[must_use]
pub fn is_bic(text: &str) -> bool {
    let (bank, rest) = text.split_at_checked(6).unwrap_or_default();
    bank.bytes().all(|byte| byte.is_ascii_uppercase()) && matches!(rest.len(), 2 | 5) && is_code(rest)
}

/// Whether a text has the shape of a Dutch VAT number (*btw-id*): `NL`, nine digits, `B` and two digits.
#[must_use]
pub fn is_dutch_vat_number(text: &str) -> bool {
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = text.strip_prefix("NL").and_then(|rest| rest.split_once('B'));
    parts.is_some_and(|(number, index)| digits(number, 9) && digits(index, 2))
}

/// Whether a text has the shape of a number in the Dutch trade register (*`KvK`*): eight digits.
#[must_use]
pub fn is_dutch_registration(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Only capitals and digits.
#[must_use]
pub fn is_code(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Two capitals and two digits, and nothing but capitals and digits after them.
fn begins_with_country_and_check(text: &str) -> bool {
    let is = |at: std::ops::Range<usize>, kind: fn(&u8) -> bool| {
        text.as_bytes().get(at).is_some_and(|part| part.iter().all(kind))
    };
    is_code(text) && is(0..2, u8::is_ascii_uppercase) && is(2..4, u8::is_ascii_digit)
}

/// Whether the number that is `national` with `country_and_check` behind it, letters counted from `A` = 10, is 1 mod 97.
fn is_right_by_97(national: &str, country_and_check: &str) -> bool {
    let digits = national.chars().chain(country_and_check.chars()).map(|letter| letter.to_digit(36));
    let rest = digits.flatten().fold(0, |rest, digit| (rest * if digit < 10 { 10 } else { 100 } + digit) % 97);
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pay_1_an_iban_is_right_by_its_own_digits() {
        for right in
            ["NL91ABNA0417164300", "BE68539007547034", "DE89370400440532013000", "MT84MALT011000012345MTLCAST001S"]
        {
            assert!(is_iban(right), "{right}");
        }
        for wrong in [
            "",
            "NL",
            "NL46ABNA0499998748",
            "NL91 ABNA 0417 1643 00",
            "nl91abna0417164300",
            "NL91ABNA041716430",
            "NL91ABNA04171643000",
            "9191ABNA0417164300",
            "NL9éABNA041716430",
        ] {
            assert!(!is_iban(wrong), "{wrong}");
        }
    }

    #[test]
    fn pay_2_a_creditor_id_leaves_its_business_code_out_of_the_check() {
        for right in ["NL69ZZZ123456780000", "NL69ABC123456780000", "DE98ZZZ09999999999"] {
            assert!(is_creditor_id(right), "{right}");
        }
        for wrong in [
            "",
            "NL99ZZZ123456780000",
            "NL69ZZZ12345678000",
            "NL69ZZZ12345678000A",
            "NL69zzz123456780000",
            "NL69ZZé23456780000é",
            "é",
        ] {
            assert!(!is_creditor_id(wrong), "{wrong}");
        }
    }

    #[test]
    fn pay_1_numbers_on_an_invoice_have_their_shapes() {
        assert!(is_dutch_vat_number("NL123456789B01") && is_dutch_registration("12345678"));
        for wrong in ["NL123456789", "NL12345678B01", "NL123456789B1", "123456789B01", "NL123456789B0A", "BE0123456789"]
        {
            assert!(!is_dutch_vat_number(wrong), "{wrong}");
        }
        for wrong in ["1234567", "123456789", "1234567a", ""] {
            assert!(!is_dutch_registration(wrong), "{wrong}");
        }
        assert!(is_bic("ABNANL2A") && is_bic("ABNANL2AXXX"));
        for wrong in ["", "ABNANL", "ABNANL2", "abnanl2a", "ABNANL2AXX", "AB1ANL2A", "éééé"] {
            assert!(!is_bic(wrong), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn pay_1_one_wrong_digit_is_always_seen(at in 8..18_usize, digit in 0..10_u32) {
            let right = "NL91ABNA0417164300";
            let mut letters: Vec<char> = right.chars().collect();
            letters[at] = char::from_digit(digit, 10).unwrap();
            let changed: String = letters.iter().collect();
            prop_assert_eq!(is_iban(&changed), changed == right);
        }

        #[test]
        fn pay_1_no_text_stops_a_check(text in any::<String>()) {
            for check in [is_iban, is_creditor_id, is_bic, is_dutch_vat_number, is_dutch_registration] {
                check(&text);
            }
        }
    }
}
