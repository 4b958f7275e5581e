//! The statement: every transaction as a line that a customer can follow. What was charged and why, by whom, from which
//! card and by which rule (TIME-4), what was undone and by what (TIME-5), and what was left after it.

use super::texts::texts;
use crate::domain::{Account, Basis, CardId, CustomerId, InvoiceId, Minutes, Movement, TransactionKind};
use crate::service::balance::Booked;
use crate::web::arithmetic::sentences;
use crate::web::text::{Lang, date_short};
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::collections::BTreeMap;

texts! {
    /// Words of the statement.
    pub struct StatementTexts {
        statement: "Overzicht", "Statement";
        none: "Er is nog niets geboekt.", "Nothing is booked yet.";
        day: "Datum", "Date";
        what: "Wat", "What";
        by: "Door", "By";
        worked: "Gewerkt", "Worked";
        charged: "Berekend", "Charged";
        card: "Kaart", "Card";
        later: "Later", "Later";
        left: "Saldo", "Left";
        label_worked: "gewerkt", "worked";
        label_left: "saldo", "left";
        free: "gratis", "free";
        waived: "kwijtgescholden", "waived";
        uncovered: "niet gedekt", "not covered";
        covered_later: "later gedekt", "covered later";
        nobody: "automatisch", "automatic";
        erased: "(tekst gewist)", "(text erased)";
        welcome: "Welkomstkaart, gratis", "Welcome card, free of charge";
        activated: "Kaart actief", "Card active";
        agreed: "Akkoord op schatting, gereserveerd", "Estimate agreed, held";
        released: "Schatting afgesloten, rest weer beschikbaar", "Estimate closed, rest available again";
        released_late: "Schatting afgesloten, rest vervallen", "Estimate closed, rest expired";
        repriced: "Opnieuw berekend:", "Priced again:";
        repriced_why: "ander werk van die dag is teruggedraaid", "other work of that day was reversed";
        correction: "Correctie van", "Correction of";
        covered: "Alsnog van de kaart:", "Now paid by card:";
        goodwill: "Kwijtgescholden:", "Waived:";
        invoiced: "Op factuur, zoals afgesproken:", "On an invoice, as agreed:";
        expired: "Kaart verlopen, rest vervallen", "Card expired, rest lost";
        converted: "Omgerekend naar het nieuwe tarief", "Converted to the new rate";
        credited: "Kaart afgesloten, rest wordt terugbetaald", "Card closed, the rest is given back";
        refunded: "Niet gebruikte uren terugbetaald", "Unused hours given back";
        frozen: "Betaling teruggedraaid: bevroren", "Payment reversed: frozen";
        thawed: "Weer betaald: ontdooid", "Paid again: thawed";
        money: "Geldboeking", "Money";
        old_card: "omgerekend", "converted";
        new_card: "nieuwe kaart, voor hetzelfde geld", "new card, for the same money";
        invoice: "factuur", "invoice";
        ticket: "Melding", "Ticket";
        reason: "reden:", "reason:";
        undone: "teruggedraaid op", "reversed on";
        booked: "geboekt op", "booked on";
        hold: "uit de reservering", "from what was held";
        worked_day: "van de kaart van die dag", "from the card of that day";
        now: "nu pas actieve kaart", "card that became active later";
        late: "van verlopen minuten (te laat geboekt)", "from expired minutes (booked late)";
        into_hold: "terug in de reservering", "back into what is held";
        into_expired: "de kaart is verlopen", "the card has expired";
    }
}

/// A way to another page or line.
#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    /// Where to.
    pub href: String,
    /// Its text.
    pub label: String,
}

/// A remark under a line: a text, a link, or a text with a link after it.
#[derive(Debug, PartialEq, Eq)]
pub struct Remark {
    /// The text.
    pub text: String,
    /// The link.
    pub link: Option<Link>,
}

/// What one card gave or got.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// The card: "kaart 2 (10 uur)".
    pub card: String,
    /// How much.
    pub minutes: Minutes,
    /// By which rule, in words; empty where there is nothing to explain.
    pub basis: &'static str,
}

/// A line of the statement.
#[derive(Debug)]
pub struct Line {
    /// Number of the transaction; the anchor is `t` and this.
    pub seq: i64,
    /// `undone` or `undoes` for the two halves of a correction.
    pub class: &'static str,
    /// The day of the work, or of the booking.
    pub day: NaiveDate,
    /// The same in words.
    pub date: String,
    /// What happened.
    pub what: String,
    /// The line that it is about.
    pub about: Option<Link>,
    /// Remarks.
    pub remarks: Vec<Remark>,
    /// Who did it.
    pub by: String,
    /// Minutes worked, for time.
    pub worked: Option<Minutes>,
    /// What was charged or moved; none when it was free.
    pub amount: Option<String>,
    /// The cards.
    pub parts: Vec<Part>,
    /// What nothing covered when it was logged.
    pub uncovered: Option<Minutes>,
    /// That has found cover since.
    pub covered_since: bool,
    /// What could still be agreed to after it.
    pub left: Option<Minutes>,
}

/// What the lines of a page have in common.
#[derive(Debug)]
pub struct Teller<'a> {
    /// The language.
    pub lang: Lang,
    /// Whose statement.
    pub customer: CustomerId,
    /// What the cards are called.
    pub cards: &'a BTreeMap<CardId, String>,
    /// The invoices of the cards.
    pub invoices: &'a BTreeMap<CardId, InvoiceId>,
    /// Where days begin and end.
    pub zone: Tz,
}

impl Teller<'_> {
    /// The lines of one page, the newest first.
    #[must_use]
    pub fn lines(&self, items: &[(Booked, Vec<Movement>)]) -> Vec<Line> {
        let shown: Vec<i64> = items.iter().map(|(booked, _)| booked.transaction.seq).collect();
        let left = left_after(items);
        items.iter().zip(left).map(|((booked, movements), left)| self.line(booked, movements, left, &shown)).collect()
    }

    fn line(&self, booked: &Booked, movements: &[Movement], left: Option<Minutes>, shown: &[i64]) -> Line {
        let transaction = &booked.transaction;
        let is_time = transaction.kind == TransactionKind::Time;
        let day = transaction.worked_on.filter(|_| is_time).unwrap_or(transaction.booked_on);
        let uncovered = Some(moved(movements, Account::Issued, Account::Uncovered));
        Line {
            seq: transaction.seq,
            class: match transaction.kind {
                TransactionKind::Time if booked.undone_seq.is_some() => "undone",
                TransactionKind::Reversal => "undoes",
                _ => "",
            },
            day,
            date: date_short(day, self.lang),
            what: self.what(booked, movements),
            about: self.about(booked, shown),
            remarks: self.remarks(booked, movements, shown),
            by: self.by(booked),
            worked: transaction.worked.filter(|_| is_time),
            amount: amount(booked, movements),
            parts: movements.iter().filter_map(|movement| self.part(movement, transaction.kind)).collect(),
            uncovered: uncovered.filter(|minutes| is_time && minutes.is_positive()),
            covered_since: booked.uncovered.is_some_and(Minutes::is_zero),
            left,
        }
    }

    /// Who did it, and by whose link that login was opened (SPEND-3a).
    fn by(&self, booked: &Booked) -> String {
        let name = booked.by_name.clone().unwrap_or_else(|| self.t().nobody.to_owned());
        let link = booked.link.as_ref().map(|link| link.told(self.lang.into()));
        [Some(name), link].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn t(&self) -> &'static StatementTexts {
        StatementTexts::of(self.lang)
    }

    fn what(&self, booked: &Booked, movements: &[Movement]) -> String {
        let t = self.t();
        let told = match booked.transaction.kind {
            TransactionKind::Welcome => t.welcome,
            TransactionKind::Activation => t.activated,
            TransactionKind::Acceptance => t.agreed,
            TransactionKind::Release if movements.iter().all(|line| line.to_account == Account::Expired) => {
                t.released_late
            }
            TransactionKind::Release => t.released,
            TransactionKind::Time => return booked.text.clone().unwrap_or_else(|| t.erased.to_owned()),
            TransactionKind::Reversal => t.correction,
            TransactionKind::Cover => t.covered,
            TransactionKind::Repricing => t.repriced,
            TransactionKind::Goodwill => t.goodwill,
            TransactionKind::Invoiced => t.invoiced,
            TransactionKind::Expiry => t.expired,
            TransactionKind::Conversion if movements.iter().all(|line| line.to_account == Account::Refunded) => {
                t.credited
            }
            TransactionKind::Conversion => t.converted,
            TransactionKind::CreditNote => t.refunded,
            TransactionKind::Freeze => t.frozen,
            TransactionKind::Thaw => t.thawed,
            TransactionKind::Invoice
            | TransactionKind::Payment
            | TransactionKind::PaymentReversal
            | TransactionKind::SetOff
            | TransactionKind::Repayment
            | TransactionKind::Costs
            | TransactionKind::Payout
            | TransactionKind::Unmatch => t.money,
        };
        told.to_owned()
    }

    /// The line of the work that a correction, a cover or a waiver is about.
    fn about(&self, booked: &Booked, shown: &[i64]) -> Option<Link> {
        let about_work = matches!(
            booked.transaction.kind,
            TransactionKind::Reversal
                | TransactionKind::Cover
                | TransactionKind::Goodwill
                | TransactionKind::Invoiced
                | TransactionKind::Repricing
        );
        let (seq, day) = booked.logged_seq.zip(booked.logged_on).filter(|_| about_work)?;
        let date = date_short(day, self.lang);
        let charged = booked.charged.unwrap_or_default();
        Some(Link { href: self.address(seq, shown), label: format!("{date}, {charged}") })
    }

    fn remarks(&self, booked: &Booked, movements: &[Movement], shown: &[i64]) -> Vec<Remark> {
        let (t, transaction) = (self.t(), &booked.transaction);
        let mut remarks = Vec::new();
        if let (Some(id), Some(number)) = (transaction.ticket_id, booked.ticket_number) {
            let subject = booked.ticket_subject.as_deref().unwrap_or_default();
            let text = format!("{} {number}: {subject}", t.ticket);
            let link = Link { href: format!("/tickets/{id}"), label: text };
            remarks.push(Remark { text: String::new(), link: Some(link) });
        }
        match transaction.kind {
            TransactionKind::Time => {
                let arithmetic = booked.arithmetic.iter().flat_map(|steps| sentences(steps, self.lang));
                remarks.extend(arithmetic.map(plain));
                if transaction.worked_on.is_some_and(|day| day != self.recorded_day(booked)) {
                    let day = date_short(self.recorded_day(booked), self.lang);
                    remarks.push(plain(format!("{} {day}", t.booked)));
                }
                if let (Some(seq), Some(day)) = (booked.undone_seq, booked.undone_on) {
                    let link = Link { href: self.address(seq, shown), label: date_short(day, self.lang) };
                    remarks.push(Remark { text: t.undone.to_owned(), link: Some(link) });
                }
            }
            TransactionKind::Reversal
            | TransactionKind::Cover
            | TransactionKind::Goodwill
            | TransactionKind::Invoiced => {
                remarks.extend(booked.text.as_ref().map(|text| plain(format!("{} {text}", t.reason))));
            }
            TransactionKind::Repricing => remarks.push(plain(t.repriced_why.to_owned())),
            TransactionKind::Activation => {
                let card = movements.first().and_then(|movement| movement.card_id);
                let invoice = card.and_then(|card| self.invoices.get(&card));
                let link = |id| Link { href: format!("/invoices/{id}"), label: t.invoice.to_owned() };
                remarks.extend(invoice.map(|id| Remark { text: String::new(), link: Some(link(id)) }));
            }
            _ => {}
        }
        remarks
    }

    /// The local day on which it was written down.
    fn recorded_day(&self, booked: &Booked) -> NaiveDate {
        booked.transaction.recorded_at.with_timezone(&self.zone).date_naive()
    }

    fn part(&self, movement: &Movement, kind: TransactionKind) -> Option<Part> {
        let t = self.t();
        let card = self.cards.get(&movement.card_id?)?.clone();
        let back = matches!(kind, TransactionKind::Reversal | TransactionKind::Repricing);
        let basis = match (movement.basis, movement.to_account) {
            (Some(Basis::Hold), _) => t.hold,
            (Some(Basis::WorkedDay), _) => t.worked_day,
            (Some(Basis::Now), _) => t.now,
            (Some(Basis::Late), _) => t.late,
            (None, Account::Converted) => t.old_card,
            (None, Account::Available) if kind == TransactionKind::Conversion => t.new_card,
            (None, Account::Held) if back => t.into_hold,
            (None, Account::Expired) if back => t.into_expired,
            (None, _) => "",
        };
        Some(Part { card, minutes: movement.minutes, basis })
    }

    /// A line on this page, or on the page that begins with it.
    fn address(&self, seq: i64, shown: &[i64]) -> String {
        if shown.contains(&seq) {
            return format!("#t{seq}");
        }
        format!("/customers/{}?before={}#t{seq}", self.customer, seq + 1)
    }
}

fn plain(text: String) -> Remark {
    Remark { text, link: None }
}

/// Minutes moved between two accounts.
fn moved(movements: &[Movement], from: Account, to: Account) -> Minutes {
    let between = movements.iter().filter(|line| line.from_account == from && line.to_account == to);
    between.map(|line| line.minutes).sum()
}

/// By how much a transaction changed what can be agreed to.
fn change(movements: &[Movement]) -> Minutes {
    let to = |account| movements.iter().filter(move |line| line.to_account == account).map(|line| line.minutes).sum();
    let from =
        |account| movements.iter().filter(move |line| line.from_account == account).map(|line| line.minutes).sum();
    let (came, went): (Minutes, Minutes) = (to(Account::Available), from(Account::Available));
    came - went
}

/// What a line says in the column of charged minutes: with a sign where it changed what is left, else without.
fn amount(booked: &Booked, movements: &[Movement]) -> Option<String> {
    let size = match booked.transaction.kind {
        TransactionKind::Time => booked.charged.unwrap_or_default(),
        TransactionKind::Reversal => booked.charged.unwrap_or_default() + booked.repriced.unwrap_or_default(),
        TransactionKind::Conversion => match change(movements) {
            Minutes::ZERO => moved(movements, Account::Available, Account::Converted),
            changed => Minutes(changed.0.abs()),
        },
        TransactionKind::Cover | TransactionKind::Goodwill | TransactionKind::Invoiced => {
            moved(movements, Account::Uncovered, Account::Issued)
        }
        _ => movements.iter().map(|line| line.minutes).sum(),
    };
    let sign = match change(movements).0 {
        0 => "",
        1.. => "+",
        _ => "−",
    };
    size.is_positive().then(|| format!("{sign}{size}"))
}

/// What was left after each transaction. One without movements changed nothing: it has what the one before it left, or
/// what the one after it found.
fn left_after(items: &[(Booked, Vec<Movement>)]) -> Vec<Option<Minutes>> {
    let mut left: Vec<Option<Minutes>> =
        items.iter().map(|(_, movements)| movements.last().map(|line| line.after.available)).collect();
    for at in (0..left.len().saturating_sub(1)).rev() {
        left[at] = left[at].or(left[at + 1]);
    }
    for at in 1..left.len() {
        let found = left[at - 1].map(|after| after - change(&items[at - 1].1));
        left[at] = left[at].or(found);
    }
    left
}

/// A figure that is taken off, with a real minus sign.
#[must_use]
pub fn minus(minutes: Minutes) -> String {
    if minutes.is_zero() { minutes.to_string() } else { format!("−{minutes}") }
}
