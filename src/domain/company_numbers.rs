//! Numbers of Dutch companies: the trade register and VAT. Their shape only; the registers know whether they exist.

/// Whether `number` is one of the trade register (*KvK-nummer*): eight digits.
#[must_use]
pub fn is_registration(number: &str) -> bool {
    number.len() == 8 && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `number` has the shape of a Dutch VAT number (*btw-id*): `NL`, nine digits, `B`, two digits. Not to be mixed up
/// with the *omzetbelastingnummer*, which never goes on an invoice.
#[must_use]
pub fn is_vat_number(number: &str) -> bool {
    let bytes = number.as_bytes();
    bytes.len() == 14
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            0 => *byte == b'N',
            1 => *byte == b'L',
            11 => *byte == b'B',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_companies_have_their_shape() {
        assert!(is_registration("12345678"));
        for number in ["1234567", "123456789", "1234567a", ""] {
            assert!(!is_registration(number), "{number}");
        }
        for number in ["NL123456782B01", "NL000099998B57"] {
            assert!(is_vat_number(number), "{number}");
        }
        for number in ["NL123456782B1", "nl123456782b01", "NL123456782C01", "BE0123456789", "NL123456782B012", ""] {
            assert!(!is_vat_number(number), "{number}");
        }
    }
}
