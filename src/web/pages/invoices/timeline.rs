//! What happened to a document, as a line of dots in time.

use super::method;
use super::texts::InvoiceTexts;
use crate::domain::document::DocumentKind;
use crate::domain::{AllocationKind, Cents, Collection, CollectionStatus, Invoice, Policies};
use crate::service::invoices::{InvoiceView, Settled};
use crate::web::text::{Lang, date, date_short, money};
use chrono::NaiveDate;

/// One dot.
pub(super) struct Step {
    /// The day, for sorting and for machines.
    pub(super) day: NaiveDate,
    pub(super) date: String,
    pub(super) what: String,
    /// Colour of the dot: nothing, ok, warn, bad; `next` for what is still to come.
    pub(super) class: &'static str,
    /// How much, where money moved.
    pub(super) amount: Option<String>,
    /// A smaller line.
    pub(super) note: String,
    /// Where more about it stands.
    pub(super) link: Option<(String, String)>,
}

/// Makes the steps of one document.
pub(super) struct Teller<'a> {
    pub(super) lang: Lang,
    pub(super) policies: &'a Policies,
    pub(super) today: NaiveDate,
}

impl Teller<'_> {
    fn t(&self) -> &'static InvoiceTexts {
        InvoiceTexts::of(self.lang)
    }

    fn step(&self, day: NaiveDate, class: &'static str, what: impl Into<String>) -> Step {
        let date = date_short(day, self.lang);
        Step { day, date, what: what.into(), class, amount: None, note: String::new(), link: None }
    }

    /// Everything, the oldest first; on one day in the order in which it usually happens.
    pub(super) fn steps(&self, view: &InvoiceView) -> Vec<Step> {
        let mut steps = vec![self.made(&view.invoice)];
        steps.extend(view.collections.iter().filter_map(|collection| self.collection(collection)));
        steps.extend(view.settled.iter().map(|row| self.settled(row, &view.invoice)));
        if let Some(note) = &view.credited {
            let class = if note.open() > Cents::ZERO { "warn" } else { "ok" };
            let mut step = self.step(view.invoice.issued_on(), class, self.t().settled_with);
            step.link = Some((format!("/invoices/{}", note.id), super::title(note, self.lang)));
            steps.push(step);
        }
        steps.extend(self.reminded(&view.invoice));
        steps.extend(self.due(&view.invoice));
        steps.sort_by_key(|step| step.day);
        steps
    }

    fn made(&self, invoice: &Invoice) -> Step {
        match invoice.issued() {
            None => self.step(self.policies.day(invoice.created_at), "next", self.t().made),
            Some(issued) => {
                let mut step = self.step(issued.issued_on, "", self.t().was_issued);
                step.amount = Some(money(invoice.gross, self.lang));
                step
            }
        }
    }

    fn settled(&self, row: &Settled, invoice: &Invoice) -> Step {
        let t = self.t();
        let day = row.paid_on.filter(|_| row.kind == AllocationKind::Payment);
        let day = day.unwrap_or_else(|| self.policies.day(row.recorded_at));
        let (class, what) = match row.kind {
            AllocationKind::Payment if row.open_after == Cents::ZERO => ("ok", t.all_paid),
            AllocationKind::Payment => ("warn", t.paid_part),
            AllocationKind::Reversal => ("bad", t.undone),
            AllocationKind::Unmatch if row.amount < Cents::ZERO => ("warn", t.unmatched),
            AllocationKind::Unmatch => ("ok", t.stands_again),
            AllocationKind::Credit => ("ok", t.set_off),
            AllocationKind::CreditNote => ("ok", t.by_credit_note),
        };
        let mut step = self.step(day, class, what);
        step.amount = Some(money(row.amount, self.lang));
        let how = row.method.filter(|_| row.kind == AllocationKind::Payment).map(|how| method(how, self.lang));
        let left =
            (row.open_after > Cents::ZERO).then(|| format!("{} {}", t.then_open, money(row.open_after, self.lang)));
        let parts = how.map(str::to_owned).into_iter().chain(row.note.clone()).chain(left);
        step.note = parts.collect::<Vec<_>>().join(" · ");
        step.link = match (row.credit_note_id, &row.credit_note_number, row.payment_id) {
            (Some(id), Some(number), _) => Some((format!("/invoices/{id}"), number.clone())),
            (_, _, Some(id)) => {
                let href = format!("/customers/{}/invoices#p-{id}", invoice.customer_id);
                Some((href, t.payments.to_lowercase()))
            }
            _ => None,
        };
        step
    }

    /// What a collection adds that no payment tells.
    fn collection(&self, collection: &Collection) -> Option<Step> {
        let t = self.t();
        let (class, what) = match collection.status() {
            CollectionStatus::Planned => ("next", t.planned),
            CollectionStatus::Sent => ("next", t.sent),
            CollectionStatus::Settled => return None,
            CollectionStatus::Reversed => ("bad", t.failed),
            CollectionStatus::Cancelled => ("", t.called_off),
        };
        let called_off = collection.cancelled_at.map(|at| self.policies.day(at));
        let mut step = self.step(called_off.unwrap_or(collection.collect_on), class, what);
        step.amount = Some(money(collection.amount, self.lang));
        let asked = (collection.asked_on != collection.collect_on)
            .then(|| format!("{} {}", t.asked_for, date(collection.asked_on, self.lang)));
        let parts = [Some(collection.end_to_end_id.clone()), asked, collection.cancelled_because.clone()];
        step.note = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
        Some(step)
    }

    fn reminded(&self, invoice: &Invoice) -> Option<Step> {
        let issued = invoice.issued()?;
        let last = issued.reminded_on?;
        let what = match issued.reminders {
            1 => self.t().reminded_once.to_owned(),
            many => format!("{many} {}", self.t().reminded),
        };
        Some(self.step(last, "warn", what))
    }

    fn due(&self, invoice: &Invoice) -> Option<Step> {
        let issued = invoice.issued().filter(|_| invoice.kind == DocumentKind::Invoice)?;
        if invoice.open() <= Cents::ZERO {
            return None;
        }
        let class = if issued.due_on < self.today { "bad" } else { "next" };
        Some(self.step(issued.due_on, class, self.t().falls_due))
    }
}
