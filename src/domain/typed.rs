//! What people type: names and e-mail addresses, by one rule for pages, the API, commands and policies.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// What an address looks like, for who typed something else.
pub const ADDRESS: &str = "expected an e-mail address, such as \"jo@school.example\"";
/// What a line looks like, for who typed something else.
pub const PLAIN: &str = "expected text without control characters or other signs that nobody sees";

/// The most characters of an address (RFC 5321, 4.5.3.1.3, without the brackets).
const MOST_ADDRESS: usize = 254;
/// The most characters before the `@`.
const MOST_LOCAL: usize = 64;
/// The most characters between two points after the `@`.
const MOST_LABEL: usize = 63;

/// Whether a character is not seen or turns the direction of writing, so that a name with it reads as another one: control
/// and format characters, separators of lines, and letters and marks without a shape. Accents, letters of any script and
/// spaces are seen.
#[must_use]
pub fn is_unseen(letter: char) -> bool {
    // Letters and marks by their category, which are there to show nothing.
    let blank = matches!(
        letter,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'
            ..='\u{180f}' | '\u{3164}' | '\u{ffa0}'
    );
    blank
        || matches!(
            letter.general_category(),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
                | GeneralCategory::PrivateUse
                | GeneralCategory::Surrogate
        )
}

/// Whether one line of text, such as a name, shows all that it says.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(is_unseen)
}

/// Whether a text is an e-mail address: what HTML takes for one (letters, digits and signs without quotes, `@`, and a host),
/// with a host of at least two parts, of the lengths of RFC 5321. In ASCII, as mail servers everywhere take it.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    let labels: Vec<&str> = host.split('.').collect();
    let in_digits = labels.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    text.len() <= MOST_ADDRESS && is_local(local) && labels.len() > 1 && labels.into_iter().all(is_label) && !in_digits
}

fn is_local(text: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte);
    text.len() <= MOST_LOCAL && text.split('.').all(|part| !part.is_empty() && part.bytes().all(sign))
}

fn is_label(text: &str) -> bool {
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=MOST_LABEL).contains(&text.len()) && text.bytes().all(sound) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a13_names_show_all_that_they_say() {
        for name in [
            "Zoë van 't Hof",
            "Zoe\u{308} in two signs",
            "Łukasz Żółć",
            "Nguyễn Thị Hương",
            "محمد علي",
            "山田 太郎",
            "O’Brien-Smith & Co. (Noord)",
            "Basisschool 'De Regenboog' €",
            "",
        ] {
            assert!(is_plain(name), "{name}");
        }
        for unseen in [
            '\0',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\n',
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{3164}',
            '\u{e000}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e0041}',
        ] {
            assert!(!is_plain(&format!("Jan{unseen}sen")), "{unseen:?}");
        }
    }

    #[test]
    fn a13_an_address_is_one() {
        for address in [
            "jo@school.example",
            "o'brien+tickets@mail.school.co.uk",
            "JO@SCHOOL.EXAMPLE",
            "1@2.nl",
            "jo@xn--caf-dma.example",
            "a.b-c_d@a-b.example",
        ] {
            assert!(is_address(address), "{address}");
        }
        let (long, label) = ("x".repeat(65), "x".repeat(64));
        for nonsense in [
            "",
            "nonsense",
            "jo",
            "@",
            "@a.example",
            "jo@",
            "jo@example",
            "jo@a..example",
            "jo@.example",
            "jo@a.example.",
            "jo@@a.example",
            "jo@b@a.example",
            "x\"><b>@a.example",
            "<b>@a.example",
            "\"jo\"@a.example",
            "jo <jo@a.example>",
            "jo@a.example,eva@a.example",
            "jo;eva@a.example",
            "jo@-a.example",
            "jo@a-.example",
            "jo@a_b.example",
            "jo@127.0.0.1",
            "jo@[127.0.0.1]",
            ".jo@a.example",
            "jo.@a.example",
            "j..o@a.example",
            "jo @a.example",
            "jo@a.example\n",
            "jo\u{202e}@a.example",
            "jo\u{200b}@a.example",
            "jó@a.example",
            "jo@ä.example",
            "jo(x)@a.example",
            "jo\\@a.example",
            &format!("{long}@a.example"),
            &format!("jo@{label}.example"),
            &format!("jo@{}example", "abcdefg.".repeat(32)),
        ] {
            assert!(!is_address(nonsense), "{nonsense}");
        }
    }
}
