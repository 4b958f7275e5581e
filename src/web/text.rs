//! How figures and dates are written, in Dutch and in English. Pure functions, called by the page structs.

use crate::domain::{Cents, Locale, Minutes, printed};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use std::cmp::Reverse;

/// A language of the screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Dutch, the default.
    #[default]
    Nl,
    /// English.
    En,
}

impl From<Lang> for Locale {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Nl => Self::Nl,
            Lang::En => Self::En,
        }
    }
}

impl Lang {
    /// The language's code, for the attribute `lang`, the cookie and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nl => "nl",
            Self::En => "en",
        }
    }

    /// The language with this code, if we have it.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Nl, Self::En].into_iter().find(|lang| lang.as_str() == code)
    }

    /// The one of our languages that an `Accept-Language` header likes most; of two liked equally the one named first,
    /// and Dutch when neither is named.
    #[must_use]
    pub fn from_accept_language(header: &str) -> Self {
        if liking(header, Self::En) > liking(header, Self::Nl) { Self::En } else { Self::Nl }
    }
}

/// How much the header likes a language: its weight in thousandths, then its place. A `*` stands for all not named.
fn liking(header: &str, lang: Lang) -> Option<(u16, Reverse<usize>)> {
    let ranges = header.split(',').enumerate().filter_map(|(place, range)| {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, "q=1"));
        let primary = tag.trim().split('-').next().unwrap_or_default();
        Some((primary, (weight(parameters)?, Reverse(place))))
    });
    let best = |wanted: &str| {
        ranges.clone().filter(|(primary, _)| primary.eq_ignore_ascii_case(wanted)).map(|(_, liking)| liking).max()
    };
    best(lang.as_str()).or_else(|| best("*")).filter(|(weight, _)| *weight > 0)
}

/// Reads `q=0.8` as 800 thousandths; `None` when it is not a weight between 0 and 1 with at most three decimals.
fn weight(parameters: &str) -> Option<u16> {
    let (name, value) = parameters.split_once('=')?;
    let (whole, decimals) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    let digits = decimals.bytes().all(|byte| byte.is_ascii_digit());
    if !name.trim().eq_ignore_ascii_case("q") || !matches!(whole, "0" | "1") || !digits || decimals.len() > 3 {
        return None;
    }
    format!("{whole}{decimals:0<3}").parse().ok().filter(|thousandths| *thousandths <= 1000)
}

/// Hours and minutes for a table, with a real minus sign: `7:45`, `−0:15`. The same in both languages.
#[must_use]
pub fn hours(minutes: Minutes, _lang: Lang) -> String {
    minutes.to_string().replace('-', "−")
}

/// Hours and minutes in words: `7 uur en 45 minuten`, `7 hours and 45 minutes`, `min 15 minuten`, `minus 15 minutes`.
#[must_use]
pub fn hours_words(minutes: Minutes, lang: Lang) -> String {
    let (minus, and) = match lang {
        Lang::Nl => ("min ", " en "),
        Lang::En => ("minus ", " and "),
    };
    let all = minutes.0.unsigned_abs();
    let (hours, rest) = (all / 60, all % 60);
    let hour = match (lang, hours) {
        (Lang::Nl, _) => "uur",
        (Lang::En, 1) => "hour",
        (Lang::En, _) => "hours",
    };
    let minute = match (lang, rest) {
        (Lang::Nl, 1) => "minuut",
        (Lang::Nl, _) => "minuten",
        (Lang::En, 1) => "minute",
        (Lang::En, _) => "minutes",
    };
    let words = match (hours, rest) {
        (0, _) => format!("{rest} {minute}"),
        (_, 0) => format!("{hours} {hour}"),
        _ => format!("{hours} {hour}{and}{rest} {minute}"),
    };
    if minutes.0 < 0 { format!("{minus}{words}") } else { words }
}

/// An amount in euros, with a real minus sign and a space that does not break: `€ 1.234,50`, `€ −0,05` in Dutch; `€1,234.50`,
/// `−€0.05` in English.
#[must_use]
pub fn money(amount: Cents, lang: Lang) -> String {
    let sign = if amount.0 < 0 { "−" } else { "" };
    let all = amount.0.unsigned_abs();
    let cents = all % 100;
    match lang {
        Lang::Nl => format!("€\u{a0}{sign}{},{cents:02}", grouped(all / 100, '.')),
        Lang::En => format!("{sign}€{}.{cents:02}", grouped(all / 100, ',')),
    }
}

/// A whole number of none or more: `44.640` in Dutch, `44,640` in English.
#[must_use]
pub fn number(number: i64, lang: Lang) -> String {
    let separator = match lang {
        Lang::Nl => '.',
        Lang::En => ',',
    };
    grouped(number.unsigned_abs(), separator)
}

/// The digits in groups of three.
fn grouped(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// A date in full: `22 november 2026`, `22 November 2026`.
#[must_use]
pub fn date(date: NaiveDate, lang: Lang) -> String {
    printed::day(date, lang.into())
}

/// A date for a table: `22-11-2026`, `22 Nov 2026`.
#[must_use]
pub fn date_short(date: NaiveDate, lang: Lang) -> String {
    let pattern = match lang {
        Lang::Nl => "%d-%m-%Y",
        Lang::En => "%-d %b %Y",
    };
    date.format(pattern).to_string()
}

/// A day with the name of its weekday: `zondag 6 december 2026`, `Sunday 6 December 2026`.
#[must_use]
pub fn weekday_date(day: NaiveDate, lang: Lang) -> String {
    const DAYS: [&str; 7] = ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"];
    let name = match lang {
        Lang::Nl => DAYS[day.weekday().num_days_from_monday() as usize].to_owned(),
        Lang::En => day.format("%A").to_string(),
    };
    format!("{name} {}", date(day, lang))
}

/// A moment as the clocks in `zone` show it: `22 november 2026 om 16:05`, `22 November 2026, 16:05`.
#[must_use]
pub fn moment(at: DateTime<Utc>, zone: Tz, lang: Lang) -> String {
    let local = at.with_timezone(&zone);
    let day = date(local.date_naive(), lang);
    match lang {
        Lang::Nl => format!("{day} om {}", local.format("%H:%M")),
        Lang::En => format!("{day}, {}", local.format("%H:%M")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_of_ours_that_is_liked_most() {
        for (header, lang) in [
            ("", Lang::Nl),
            ("*", Lang::Nl),
            ("fr-FR, fr;q=0.9", Lang::Nl),
            ("en", Lang::En),
            ("EN-us", Lang::En),
            ("nl-NL,nl;q=0.9,en-US;q=0.8,en;q=0.7", Lang::Nl),
            ("en-GB,en;q=0.9,nl;q=0.8", Lang::En),
            ("de, en;q=0.5, nl;q=0.3", Lang::En),
            ("en;q=0.3, nl;q=0.5", Lang::Nl),
            ("en;q=0.299, nl;q=0.3", Lang::Nl),
            ("en, nl", Lang::En),
            ("nl, en", Lang::Nl),
            ("en;q=0", Lang::Nl),
            ("nl;q=0, *;q=0.1", Lang::En),
            ("fr, *;q=0.5, en;q=0.4", Lang::Nl),
            (" en ; Q=1.000 , nl;q=0.9", Lang::En),
            ("en;q=2, nl;q=0.1", Lang::Nl),
            ("en;q=0.12345, nl;q=0.1", Lang::Nl),
            ("english, end", Lang::Nl),
            (";;,=,;q=", Lang::Nl),
        ] {
            assert_eq!(Lang::from_accept_language(header), lang, "{header:?}");
        }
        assert_eq!(["nl", "en", "de"].map(Lang::from_code), [Some(Lang::Nl), Some(Lang::En), None]);
    }

    #[test]
    fn hours_in_figures_and_words() {
        for (minutes, figures, nl, en) in [
            (465, "7:45", "7 uur en 45 minuten", "7 hours and 45 minutes"),
            (60, "1:00", "1 uur", "1 hour"),
            (61, "1:01", "1 uur en 1 minuut", "1 hour and 1 minute"),
            (1, "0:01", "1 minuut", "1 minute"),
            (45, "0:45", "45 minuten", "45 minutes"),
            (0, "0:00", "0 minuten", "0 minutes"),
            (-15, "−0:15", "min 15 minuten", "minus 15 minutes"),
            (-135, "−2:15", "min 2 uur en 15 minuten", "minus 2 hours and 15 minutes"),
            (60_000, "1000:00", "1000 uur", "1000 hours"),
        ] {
            let minutes = Minutes(minutes);
            assert_eq!([hours(minutes, Lang::Nl), hours(minutes, Lang::En)], [figures, figures]);
            assert_eq!([hours_words(minutes, Lang::Nl), hours_words(minutes, Lang::En)], [nl, en]);
        }
    }

    #[test]
    fn money_to_the_cent() {
        for (cents, nl, en) in [
            (123_450, "€ 1.234,50", "€1,234.50"),
            (96_800, "€ 968,00", "€968.00"),
            (0, "€ 0,00", "€0.00"),
            (-5, "€ −0,05", "−€0.05"),
            (100_000_000, "€ 1.000.000,00", "€1,000,000.00"),
            (i64::MIN, "€ −92.233.720.368.547.758,08", "−€92,233,720,368,547,758.08"),
        ] {
            let said = [money(Cents(cents), Lang::Nl), money(Cents(cents), Lang::En)];
            assert_eq!(said, [nl.replace(' ', "\u{a0}"), en.to_owned()], "never over two lines");
        }
    }

    #[test]
    fn dates() {
        for ((year, month, day), nl, en, nl_short, en_short) in [
            ((2026, 11, 22), "22 november 2026", "22 November 2026", "22-11-2026", "22 Nov 2026"),
            ((2028, 3, 1), "1 maart 2028", "1 March 2028", "01-03-2028", "1 Mar 2028"),
        ] {
            let on = NaiveDate::from_ymd_opt(year, month, day).unwrap();
            assert_eq!([date(on, Lang::Nl), date(on, Lang::En)], [nl, en]);
            assert_eq!([date_short(on, Lang::Nl), date_short(on, Lang::En)], [nl_short, en_short]);
        }
    }

    #[test]
    fn a_moment_is_local_time() {
        for (utc, nl, en) in [
            ("2026-11-22T15:05:00Z", "22 november 2026 om 16:05", "22 November 2026, 16:05"),
            ("2026-06-30T22:30:59Z", "1 juli 2026 om 00:30", "1 July 2026, 00:30"),
        ] {
            let (at, zone) = (utc.parse().unwrap(), chrono_tz::Europe::Amsterdam);
            assert_eq!([moment(at, zone, Lang::Nl), moment(at, zone, Lang::En)], [nl, en]);
        }
    }
}
