//! What lines of documents say, in the language of the customer.

use super::{Locale, Minutes};
use chrono::{Datelike, NaiveDate};

/// The months in Dutch and in English.
pub const MONTHS: [(&str, &str); 12] = [
    ("januari", "January"),
    ("februari", "February"),
    ("maart", "March"),
    ("april", "April"),
    ("mei", "May"),
    ("juni", "June"),
    ("juli", "July"),
    ("augustus", "August"),
    ("september", "September"),
    ("oktober", "October"),
    ("november", "November"),
    ("december", "December"),
];

/// A day in full: `22 november 2026`, `22 November 2026`.
#[must_use]
pub fn day(on: NaiveDate, locale: Locale) -> String {
    let (dutch, english) = MONTHS[on.month0() as usize];
    let month = match locale {
        Locale::Nl => dutch,
        Locale::En => english,
    };
    format!("{} {month} {}", on.day(), on.year())
}

/// A card: "Strippenkaart 10 uur".
#[must_use]
pub fn card(minutes: Minutes, locale: Locale) -> String {
    match locale {
        Locale::Nl => format!("Strippenkaart {}", hours(minutes, locale)),
        Locale::En => format!("Prepaid card of {}", hours(minutes, locale)),
    }
}

/// Minutes of a card that are given back.
#[must_use]
pub fn refund(minutes: Minutes, of: Minutes, locale: Locale) -> String {
    match locale {
        Locale::Nl => format!("Niet gebruikt van strippenkaart {}: {}", hours(of, locale), hours(minutes, locale)),
        Locale::En => format!("Not used of prepaid card of {}: {}", hours(of, locale), hours(minutes, locale)),
    }
}

/// That a login was opened by a link which did not go to its own address (SPEND-3a).
#[must_use]
pub fn handed_over(name: &str, on: NaiveDate, locale: Locale) -> String {
    let day = on.format("%d-%m-%Y");
    match locale {
        Locale::Nl => format!("via een link die {name} op {day} gaf"),
        Locale::En => format!("by a link that {name} handed over on {day}"),
    }
}

/// Work on a ticket.
#[must_use]
pub fn work(ticket: i64, subject: &str, locale: Locale) -> String {
    match locale {
        Locale::Nl => format!("Werk aan melding {ticket}: {subject}"),
        Locale::En => format!("Work on ticket {ticket}: {subject}"),
    }
}

/// When that was, and for how long.
#[must_use]
pub fn worked_on(day: NaiveDate, minutes: Minutes, locale: Locale) -> String {
    let (day, time) = (day.format("%d-%m-%Y"), hours(minutes, locale));
    match locale {
        Locale::Nl => format!("gewerkt op {day}, {time}"),
        Locale::En => format!("worked on {day}, {time}"),
    }
}

/// The fee of a reversal (PAY-2).
#[must_use]
pub fn reversal_fee(day: NaiveDate, code: &str, locale: Locale) -> (String, String) {
    let day = day.format("%d-%m-%Y");
    match locale {
        Locale::Nl => ("Stornokosten".to_owned(), format!("incasso teruggeboekt op {day}, reden {code}")),
        Locale::En => ("Fee of a reversed direct debit".to_owned(), format!("reversed on {day}, reason {code}")),
    }
}

/// Why a fee is taken back that is not owed after all (PAY-2).
#[must_use]
pub const fn not_owed(locale: Locale) -> &'static str {
    match locale {
        Locale::Nl => "Deze kosten zijn toch niet verschuldigd.",
        Locale::En => "This fee is not owed after all.",
    }
}

/// Why an account is paused again: the payment that ended the pause was matched wrongly (BANK-9).
#[must_use]
pub const fn wrong_match(locale: Locale) -> &'static str {
    match locale {
        Locale::Nl => "De betaling die de pauze beëindigde, hoorde niet bij deze klant.",
        Locale::En => "The payment that ended the pause did not belong to this customer.",
    }
}

/// Why the unspent part of a card is credited (PAY-3).
#[must_use]
pub const fn unpaid(locale: Locale) -> &'static str {
    match locale {
        Locale::Nl => "De betaling is gestorneerd en niet opnieuw gedaan.",
        Locale::En => "The payment came undone and was not made again.",
    }
}

/// The fee of a reactivation (PAY-4).
#[must_use]
pub fn reactivation_fee(factor: rust_decimal::Decimal, locale: Locale) -> (String, String) {
    let factor = factor.normalize().to_string();
    match locale {
        Locale::Nl => {
            ("Heractivering van uw account".to_owned(), format!("{} maal het maandbedrag", factor.replace('.', ",")))
        }
        Locale::En => ("Reactivation of your account".to_owned(), format!("{factor} monthly amounts")),
    }
}

/// "10 uur", "1 uur 45 min", "20 min".
fn hours(minutes: Minutes, locale: Locale) -> String {
    let (hours, rest) = (minutes.0 / 60, minutes.0 % 60);
    let hour = match (locale, hours) {
        (Locale::Nl, _) => "uur",
        (Locale::En, 1) => "hour",
        (Locale::En, _) => "hours",
    };
    match (hours, rest) {
        (0, rest) => format!("{rest} min"),
        (hours, 0) => format!("{hours} {hour}"),
        (hours, rest) => format!("{hours} {hour} {rest} min"),
    }
}
