//! The character set of SEPA: `A-Z a-z 0-9 / - ? : ( ) . , ' +` and the space. Banks refuse or mangle the rest.

/// Whether a character is in the set.
#[must_use]
pub fn is_allowed(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '/' | '-' | '?' | ':' | '(' | ')' | '.' | ',' | '\'' | '+' | ' ')
}

/// A text in the set, close to what was written: letters lose their accents (`é` → `e`, `ß` → `ss`), `&` becomes `+`,
/// `€` becomes `EUR`, brackets become round, every other character a dot. White space becomes single spaces.
#[must_use]
pub fn transliterate(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if is_allowed(char) {
            out.push(char);
        } else if char.is_whitespace() || char.is_control() {
            out.push(' ');
        } else {
            out.push_str(replacement(char));
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What stands for a character outside of the set (after EPC217-08, for the Latin letters of Europe).
fn replacement(char: char) -> &'static str {
    match char {
        // Accents that follow their letter, and marks that join or hide.
        '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => "",
        'À' | 'Á' | 'Â' | 'Ã' | 'Å' | 'Ā' | 'Ă' | 'Ą' | 'Ǎ' | 'Ä' => "A",
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ä' | 'ª' => "a",
        'Æ' => "AE",
        'æ' => "ae",
        'Ç' | 'Ć' | 'Ĉ' | 'Ċ' | 'Č' => "C",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'Ð' | 'Ď' | 'Đ' => "D",
        'ð' | 'ď' | 'đ' => "d",
        'È' | 'É' | 'Ê' | 'Ë' | 'Ē' | 'Ĕ' | 'Ė' | 'Ę' | 'Ě' => "E",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'Ĝ' | 'Ğ' | 'Ġ' | 'Ģ' => "G",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'Ĥ' | 'Ħ' => "H",
        'ĥ' | 'ħ' => "h",
        'Ì' | 'Í' | 'Î' | 'Ï' | 'Ĩ' | 'Ī' | 'Ĭ' | 'Į' | 'İ' => "I",
        'ì' | 'í' | 'î' | 'ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'Ĳ' => "IJ",
        'ĳ' => "ij",
        'Ĵ' => "J",
        'ĵ' => "j",
        'Ķ' => "K",
        'ķ' | 'ĸ' => "k",
        'Ĺ' | 'Ļ' | 'Ľ' | 'Ŀ' | 'Ł' => "L",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'Ñ' | 'Ń' | 'Ņ' | 'Ň' | 'Ŋ' => "N",
        'ñ' | 'ń' | 'ņ' | 'ň' | 'ŉ' | 'ŋ' => "n",
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' | 'Ø' | 'Ō' | 'Ŏ' | 'Ő' => "O",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'º' => "o",
        'Œ' => "OE",
        'œ' => "oe",
        'Ŕ' | 'Ŗ' | 'Ř' => "R",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'Ś' | 'Ŝ' | 'Ş' | 'Š' | 'Ș' => "S",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' | 'ſ' => "s",
        'ẞ' => "SS",
        'ß' => "ss",
        'Ţ' | 'Ť' | 'Ŧ' | 'Ț' => "T",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'Þ' => "TH",
        'þ' => "th",
        'Ù' | 'Ú' | 'Û' | 'Ü' | 'Ũ' | 'Ū' | 'Ŭ' | 'Ů' | 'Ű' | 'Ų' => "U",
        'ù' | 'ú' | 'û' | 'ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'Ŵ' | 'Ẁ' | 'Ẃ' | 'Ẅ' => "W",
        'ŵ' | 'ẁ' | 'ẃ' | 'ẅ' => "w",
        'Ý' | 'Ŷ' | 'Ÿ' | 'Ỳ' => "Y",
        'ý' | 'ŷ' | 'ÿ' | 'ỳ' => "y",
        'Ź' | 'Ż' | 'Ž' => "Z",
        'ź' | 'ż' | 'ž' => "z",
        '&' => "+",
        '€' => "EUR",
        '[' | '{' | '<' | '«' | '‹' => "(",
        ']' | '}' | '>' | '»' | '›' => ")",
        '`' | '´' | '‘' | '’' | '‚' | '"' | '“' | '”' | '„' => "'",
        '_' | '~' | '–' | '—' | '‑' | '−' => "-",
        '\\' | '|' => "/",
        ';' => ",",
        '…' => "...",
        _ => ".",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_close_to_what_was_written() {
        for (text, expected) in [
            ("Café Zoë & Zn.", "Cafe Zoe + Zn."),
            ("Groß-Ĳmuiden – “Łódź”", "Gross-IJmuiden - 'Lodz'"),
            ("cafe\u{301}", "cafe"),
            (" a\t\nb\u{a0}c ", "a b c"),
            ("€ 12,50; {x}", "EUR 12,50, (x)"),
            ("日本 @ #", ".. . ."),
            ("", ""),
        ] {
            assert_eq!(transliterate(text), expected, "{text}");
        }
    }

    #[test]
    fn whatever_comes_in_only_the_set_comes_out() {
        for code in 0..=0x2_fff_u32 {
            let text: String = char::from_u32(code).into_iter().collect();
            assert!(transliterate(&text).chars().all(is_allowed), "U+{code:04X}");
        }
    }
}
