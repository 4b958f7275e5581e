//! Invoices as the customer and the provider's staff see them: one document with what happened to it, a customer's
//! documents and money, and lists for finance.

mod actions;
mod customer;
mod document;
mod lists;
pub mod texts;
mod timeline;

use super::words::either;
use super::{App, Fault, Member, Refused, Submission, Values, forms};
use crate::domain::document::{DocumentKind, Party};
use crate::domain::{Doing, Invoice, Minutes, PaymentMethod, Standing, duration};
use crate::service::{Error, Result};
use crate::web::fields::Fields;
use crate::web::text::{Lang, date_short, money};
use axum::Router;
use axum::http::StatusCode;
use chrono::NaiveDate;
use texts::InvoiceTexts;

/// The addresses.
pub fn router() -> Router<App> {
    document::router().merge(actions::router()).merge(customer::router()).merge(lists::router())
}

/// How far a document is settled: class of its tag, and its word.
pub(super) struct Tag {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
}

impl Tag {
    pub(super) fn of(invoice: &Invoice, today: NaiveDate, lang: Lang) -> Self {
        let t = InvoiceTexts::of(lang);
        let (class, word) = match invoice.standing() {
            Standing::Draft => ("", t.draft),
            Standing::Paid if invoice.kind == DocumentKind::CreditNote => ("ok", t.settled),
            Standing::Paid => ("ok", t.paid),
            Standing::Credited => ("ok", t.credited),
            Standing::Reversed => ("bad", t.reversed),
            _ if invoice.is_overdue(today) => ("bad", t.late),
            Standing::PartlyPaid => ("warn", t.part),
            Standing::Open => ("warn", t.to_pay),
        };
        Self { class, word }
    }
}

/// What a document is called: "Factuur 2026-0001", "Creditfactuur C2026-0001", "Conceptfactuur".
pub(super) fn title(invoice: &Invoice, lang: Lang) -> String {
    let t = InvoiceTexts::of(lang);
    match (invoice.kind, invoice.issued()) {
        (_, None) => t.draft_invoice.to_owned(),
        (DocumentKind::Invoice, Some(issued)) => format!("{} {}", t.invoice, issued.number),
        (DocumentKind::CreditNote, Some(issued)) => format!("{} {}", t.credit_note, issued.number),
    }
}

/// A document in a list.
pub(super) struct Listed {
    pub(super) invoice: Invoice,
    /// Its number; the word for a draft.
    pub(super) name: String,
    /// Day of issue.
    pub(super) issued: String,
    pub(super) due: String,
    pub(super) gross: String,
    /// What is open; nothing where nothing is.
    pub(super) open: String,
    pub(super) tag: Tag,
}

impl Listed {
    pub(super) fn of(invoice: Invoice, today: NaiveDate, lang: Lang) -> Self {
        let t = InvoiceTexts::of(lang);
        let is_note = invoice.kind == DocumentKind::CreditNote;
        let issued = invoice.issued();
        let name = match issued {
            Some(issued) => issued.number.clone(),
            None => t.draft.to_owned(),
        };
        let gross = if is_note { -invoice.gross } else { invoice.gross };
        Self {
            name,
            issued: date_short(invoice.issued_on(), lang),
            due: issued.filter(|_| !is_note).map_or_else(String::new, |issued| date_short(issued.due_on, lang)),
            gross: money(gross, lang),
            open: if invoice.open().0 > 0 { money(invoice.open(), lang) } else { String::new() },
            tag: Tag::of(&invoice, today, lang),
            invoice,
        }
    }

    /// Whether it is a credit note, said beside its number.
    pub(super) fn is_note(&self) -> bool {
        self.invoice.kind == DocumentKind::CreditNote
    }
}

/// How money came, in a sentence.
fn method(method: PaymentMethod, lang: Lang) -> &'static str {
    super::words::payment_method(method, lang)
}

/// Name and address line by line, as printed.
fn address(party: &Party) -> Vec<String> {
    let place: Vec<&str> = [&party.postcode, &party.city].into_iter().flatten().map(String::as_str).collect();
    let mut lines: Vec<String> = party.street.iter().cloned().collect();
    if !place.is_empty() {
        lines.push(place.join(" "));
    }
    if !lines.is_empty() && party.country != "NL" {
        lines.push(party.country.clone());
    }
    lines
}

/// The longest time that a line may hold, in minutes.
const MOST: i64 = 600_000;

/// A length of time that may be longer than a day: `40u`, `1:30`, `1u30`, `1,5`.
fn long_time(fields: &mut Fields, field: &str, values: &Values) -> Minutes {
    let text = values.get(field).trim().to_lowercase();
    let whole = text.strip_suffix("uur").or_else(|| text.strip_suffix(['u', 'h'])).map(str::trim_end);
    let whole = whole.and_then(|hours| hours.parse::<i64>().ok()).and_then(|hours| hours.checked_mul(60));
    let clock = text.split_once(':').and_then(|(hours, minutes)| {
        let rest = minutes.parse::<i64>().ok().filter(|rest| minutes.len() == 2 && (0..60).contains(rest))?;
        hours.parse::<i64>().ok()?.checked_mul(60)?.checked_add(rest)
    });
    let typed =
        duration::read(&text).ok().or_else(|| whole.or(clock).filter(|long| (1..=MOST).contains(long)).map(Minutes));
    typed.unwrap_or_else(|| {
        fields.fault(field, "expected a length of time such as 2h, 1h30 or 1:30");
        Minutes::ZERO
    })
}

/// An amount as it is typed into a field beforehand.
fn typed(amount: crate::domain::Cents, lang: Lang) -> String {
    let text = amount.to_string();
    either(lang, text.replace('.', ","), text)
}

/// A form that only finance sends: others get what they would get for any of its pages.
fn only_finance(member: &Member) -> Result<()> {
    member.caller.may(Doing::KeepBooks).map(drop)
}

/// What a refused form comes back with.
struct Back {
    status: StatusCode,
    forms: forms::Forms,
}

impl Back {
    /// The form `name` as it was sent, and why it was refused.
    fn with(name: impl Into<String>, sent: &Submission, error: Error) -> Result<Self, Fault> {
        let (status, refused) = Refused::with_status(error, sent.member.lang())?;
        Ok(Self { status, forms: forms::Forms::sent(name, forms::Form::sent(sent.values.clone(), refused)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_times_are_read_as_hours_and_never_guessed() {
        let read = |text: &str| {
            let mut fields = Fields::default();
            let minutes = long_time(&mut fields, "time", &Values::default().with("time", text));
            fields.done().is_ok().then_some(minutes.0)
        };
        for (text, minutes) in [("1u45", 105), ("1:45", 105), ("40u", 2_400), ("40:30", 2_430), ("100 uur", 6_000)] {
            assert_eq!(read(text), Some(minutes), "{text}");
        }
        for text in ["", "40", "0u", "-3u", "40:7", "40:75", "veel", "99999999999999999u"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
