//! Names and texts in the character set of SEPA: `A-Z a-z 0-9 / - ? : ( ) . , ' +` and the space. Banks refuse or mangle
//! the rest.
//!
//! By the EPC's conversion table (EPC217-08) for the scripts of its countries: Latin, Greek, and Cyrillic as Bulgaria writes
//! it. Letters of other scripts go by their sound, as the crate `deunicode` has them; what is no letter becomes a dot.

/// Whether a character is in the set.
#[must_use]
pub fn is_allowed(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '/' | '-' | '?' | ':' | '(' | ')' | '.' | ',' | '\'' | '+' | ' ')
}

/// A text in the set, close to what was written: letters lose their accents (`é` → `e`, `ß` → `ss`), those of other scripts
/// become Latin (`Γιώργος` → `Giorgos`), `&` becomes `+`, `€` becomes `EUR`, brackets become round, every other character a
/// dot. White space becomes single spaces.
#[must_use]
pub fn transliterate(text: &str) -> String {
    spelled(text, |char, out| if is_allowed(char) { out.push(char) } else { out.push_str(replacement(char)) })
}

/// A name in the set; none where nothing that can be read is left of it, as of one that is only emoji.
#[must_use]
pub fn name(text: &str) -> Option<String> {
    let name = transliterate(text);
    name.chars().any(|char| char.is_ascii_alphanumeric()).then_some(name)
}

/// A text with the letters that `keeps` does not take in Latin ones; all else stays as it is.
#[must_use]
pub fn romanised(text: &str, keeps: impl Fn(char) -> bool) -> String {
    spelled(text, |char, out| if keeps(char) { out.push(char) } else { out.push_str(replacement(char)) })
}

/// Puts a text together of what each character becomes. A Greek or Cyrillic letter that becomes several is a capital and
/// small ones where a small letter follows: `Θεόδωρος` is `Theodoros`, and `ΘΕΟΔΩΡΟΣ` is `THEODOROS`.
fn spelled(text: &str, write: impl Fn(char, &mut String)) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if char.is_whitespace() || char.is_control() {
            out.push(' ');
            continue;
        }
        let start = out.len();
        write(char, &mut out);
        let many = out[start..].len() > 1 && out[start..].bytes().all(|byte| byte.is_ascii_uppercase());
        let greek_or_cyrillic = matches!(char, '\u{370}'..='\u{52f}');
        if many && greek_or_cyrillic && chars.peek().is_some_and(|next| next.is_lowercase()) {
            out[start + 1..].make_ascii_lowercase();
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What stands for a character outside of the set: by the EPC's table, else by its sound, where it is a letter or a mark on
/// one; else a dot.
fn replacement(char: char) -> &'static str {
    let table = latin(char).or_else(|| greek(char)).or_else(|| bulgarian(char));
    table.unwrap_or_else(|| if char.is_alphanumeric() || is_mark(char) { by_sound(char) } else { "." })
}

/// Latin letters, and signs.
fn latin(char: char) -> Option<&'static str> {
    Some(match char {
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
        _ => return None,
    })
}

/// Greek letters whose sound is not enough.
fn greek(char: char) -> Option<&'static str> {
    Some(match char {
        'Α' | 'Ά' => "A",
        'α' | 'ά' => "a",
        'Β' => "V",
        'β' => "v",
        'Η' | 'Ή' | 'Ι' | 'Ί' | 'Ϊ' => "I",
        'η' | 'ή' | 'ι' | 'ί' | 'ϊ' | 'ΐ' => "i",
        'Θ' => "TH",
        'θ' => "th",
        'Ξ' => "X",
        'ξ' => "x",
        'Υ' | 'Ύ' | 'Ϋ' => "Y",
        'υ' | 'ύ' | 'ϋ' | 'ΰ' => "y",
        'Φ' => "F",
        'φ' => "f",
        'Χ' => "CH",
        'χ' => "ch",
        'Ψ' => "PS",
        'ψ' => "ps",
        'Ω' | 'Ώ' => "O",
        'ω' | 'ώ' => "o",
        _ => return None,
    })
}

/// Cyrillic letters as Bulgaria writes them, where their sound is not enough.
fn bulgarian(char: char) -> Option<&'static str> {
    Some(match char {
        'Ж' => "ZH",
        'ж' => "zh",
        'Й' | 'Ь' => "Y",
        'й' | 'ь' => "y",
        'Х' => "H",
        'х' => "h",
        'Ц' => "TS",
        'ц' => "ts",
        'Ч' => "CH",
        'ч' => "ch",
        'Ш' => "SH",
        'ш' => "sh",
        'Щ' => "SHT",
        'щ' => "sht",
        'Ъ' => "A",
        'ъ' => "a",
        'Ю' => "YU",
        'ю' => "yu",
        'Я' => "YA",
        'я' => "ya",
        _ => return None,
    })
}

/// Marks that stand on a letter in the scripts of Asia and are no letters by themselves.
fn is_mark(char: char) -> bool {
    matches!(char, '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{e4e}' | '\u{1ab0}'..='\u{1aff}')
}

/// A letter by its sound, where that fits the set; else a dot.
fn by_sound(char: char) -> &'static str {
    let text = deunicode::deunicode_char(char).unwrap_or(".");
    // Marks of breath (`k`` for ქ) are left out.
    let bare = text.trim_matches(|char| !is_allowed(char));
    match bare {
        "" if is_mark(char) => "",
        "" => ".",
        _ if bare.chars().all(is_allowed) => bare,
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
            ("ქართული სკოლა", "kartuli skola"),
            ("Groß-Ĳmuiden – “Łódź”", "Gross-IJmuiden - 'Lodz'"),
            ("cafe\u{301}", "cafe"),
            (" a\t\nb\u{a0}c ", "a b c"),
            ("€ 12,50; {x}", "EUR 12,50, (x)"),
            ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoylos"),
            ("Θεόδωρος & ΨΥΧΗ", "Theodoros + PSYCHI"),
            ("Христо Щерев", "Hristo Shterev"),
            ("ЖИВКО", "ZHIVKO"),
            ("Юлия Шишкина", "Yuliya Shishkina"),
            ("Đặng Thị Hồng Nhung", "Dang Thi Hong Nhung"),
            ("Nguyễn Ngọc Ưu", "Nguyen Ngoc Uu"),
            ("Şükrü Yıldız", "Sukru Yildiz"),
            ("მერაბ", "merab"),
            ("日本 @ #", "Ri Ben . ."),
            ("€50", "EUR50"),
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

    #[test]
    fn of_a_name_without_letters_nothing_is_left() {
        for text in ["", " ", "😀🎉", "…", "- . -", "\u{200b}", "$ §"] {
            assert_eq!(name(text), None, "{text}");
        }
        for text in ["4U", "a", "Ω", "王", "محمد", "דוד", "กมล", "한국"] {
            assert!(name(text).is_some_and(|name| name.chars().any(|char| char.is_ascii_alphanumeric())), "{text}");
        }
    }
}
