//! Invoices and credit notes, from draft to paid, and what settles them (PAY-1, PAY-2, PAY-6).
//!
//! A document is a draft until it is issued; then it has a number, everything that is printed on it stands still, and only
//! what settles it moves: money and credit notes. Its open amount is `gross − paid − credited`, never below zero.

use super::{
    AllocationId, BankLineId, CardId, Cents, CollectionId, CustomerId, InvoiceId, MissingField, MoneyAccount,
    PaymentId, ReversalId, TimeEntryId, TransactionId, UserId,
    document::{Document, DocumentKind, DocumentLine, Party, Payable, VatTotal},
    words::words,
};
use crate::domain::Locale;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

words! {
    /// How money came in.
    pub enum PaymentMethod {
        /// Transfer.
        Bank = "bank",
        /// Collected by direct debit.
        DirectDebit = "direct_debit",
        /// Anything else.
        Other = "other",
    }
}

impl PaymentMethod {
    /// The account that such money is on.
    #[must_use]
    pub const fn account(self) -> MoneyAccount {
        match self {
            Self::Bank | Self::DirectDebit => MoneyAccount::Bank,
            Self::Other => MoneyAccount::OtherMoney,
        }
    }
}

words! {
    /// A series of numbers, each without gaps within a year (PAY-1).
    pub enum Series {
        /// Invoices.
        Invoice = "invoice",
        /// Credit notes.
        CreditNote = "credit_note",
        /// Documents of reversal fees.
        Fee = "fee",
    }
}

impl Series {
    /// The digit by which a payment reference tells the series.
    #[must_use]
    pub const fn digit(self) -> u8 {
        match self {
            Self::Invoice => 0,
            Self::CreditNote => 1,
            Self::Fee => 2,
        }
    }
}

words! {
    /// How far a document is settled; follows from its figures, never stored.
    pub enum Standing {
        /// Not issued yet.
        Draft = "draft",
        /// Issued, nothing paid.
        Open = "open",
        /// Paid in part.
        PartlyPaid = "partly_paid",
        /// Nothing is open, and at least a part was paid.
        Paid = "paid",
        /// What was paid came undone, and is open again (PAY-2).
        Reversed = "reversed",
        /// Taken off as a whole by credit notes.
        Credited = "credited",
    }
}

/// What a line is for; it says which rows it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum LineSource {
    /// A card: sold on an invoice, given back on a credit note.
    Card(CardId),
    /// Minutes of a time entry, as agreed (TIME-7).
    Entry(TimeEntryId),
    /// The fee of a reversal (PAY-2).
    Reversal(ReversalId),
    /// The fee of a reactivation (PAY-4).
    Reactivation,
    /// Something else that finance wrote.
    Other,
}

/// One line of a document, and where it is booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLine {
    /// What is printed.
    #[serde(flatten)]
    pub printed: DocumentLine,
    /// The account that it is booked on.
    pub account: MoneyAccount,
    /// What it is for.
    pub source: LineSource,
    /// Of an invoice: what credit notes took off this line, ex VAT.
    #[serde(default)]
    pub credited: Cents,
}

/// What is printed on an issued document besides its lines, as it was on that day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Language.
    pub locale: Locale,
    /// The customer's number.
    pub customer_number: i64,
    /// What the buyer wants to read on it.
    pub buyer_reference: String,
    /// Who sells.
    pub seller: Party,
    /// Where it is paid to.
    pub seller_iban: Option<String>,
    /// Our id as a creditor of direct debits.
    pub creditor_id: Option<String>,
    /// Who buys.
    pub buyer: Party,
    /// How it is paid.
    pub payable: Payable,
    /// Of a credit note: number and day of the invoice that it credits.
    pub credits: Option<(String, NaiveDate)>,
    /// Something more: the reason of a credit note.
    pub note: Option<String>,
    /// The seller is made up: it says so, and nobody is to pay it (PAY-1a).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub example: bool,
}

/// What an issued document is, and how far it is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Without gaps within its series and year, `2026-0001` (PAY-1).
    pub number: String,
    /// The 16 digits by which a payment is recognised.
    pub reference: String,
    /// Day of issue.
    pub issued_on: NaiveDate,
    /// Last day to pay.
    pub due_on: NaiveDate,
    /// Day of supply or prepayment.
    pub supplied_on: NaiveDate,
    /// What is printed.
    pub facts: Facts,
    /// Money for it that stands.
    pub paid: Cents,
    /// What credit notes took off, VAT included.
    pub credited: Cents,
    /// All money for it that ever came undone.
    pub reversed: Cents,
    /// How many reminders were sent.
    pub reminders: i64,
    /// The day of the last one.
    pub reminded_on: Option<NaiveDate>,
}

/// Where a document stands, with what belongs to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvoiceState {
    /// Lines may be added and taken off; it has no number.
    Draft,
    /// It has a number and never changes again.
    Issued(Box<Issued>),
}

/// An invoice or a credit note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Identity.
    pub id: InvoiceId,
    /// Whose.
    pub customer_id: CustomerId,
    /// Invoice or credit note.
    pub kind: DocumentKind,
    /// Its series.
    pub series: Series,
    /// The card that it sells or gives back.
    pub card_id: Option<CardId>,
    /// Of a credit note: the invoice that it credits.
    pub credits: Option<InvoiceId>,
    /// The lines; of a draft there may be none.
    pub lines: Vec<InvoiceLine>,
    /// VAT per rate, once per document (PAY-6).
    pub vat_totals: Vec<VatTotal>,
    /// Sum ex VAT.
    pub net: Cents,
    /// VAT.
    pub vat: Cents,
    /// What must be paid, or is given back.
    pub gross: Cents,
    /// What was missing when it was ordered or charged, so that it waits, or waited, as a draft (PAY-1a); nothing for what
    /// was issued at once, and for drafts that finance issues.
    pub waits_for: Vec<MissingField>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: Option<UserId>,
    /// Draft or issued.
    pub state: InvoiceState,
}

impl Invoice {
    /// What is known once it is issued.
    #[must_use]
    pub fn issued(&self) -> Option<&Issued> {
        match &self.state {
            InvoiceState::Draft => None,
            InvoiceState::Issued(issued) => Some(issued),
        }
    }

    /// Whether it becomes definite by itself once seller and buyer are complete (PAY-1a).
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.issued().is_none() && !self.waits_for.is_empty() && !self.lines.is_empty()
    }

    /// The same, to settle it.
    pub fn issued_mut(&mut self) -> Option<&mut Issued> {
        match &mut self.state {
            InvoiceState::Draft => None,
            InvoiceState::Issued(issued) => Some(issued),
        }
    }

    /// Its number; empty for a draft.
    #[must_use]
    pub fn number(&self) -> &str {
        self.issued().map_or("", |issued| issued.number.as_str())
    }

    /// Day of issue; of a draft the day on which it was made, in UTC.
    #[must_use]
    pub fn issued_on(&self) -> NaiveDate {
        self.issued().map_or(self.created_at.date_naive(), |issued| issued.issued_on)
    }

    /// Last day to pay; of a draft the day on which it was made, in UTC.
    #[must_use]
    pub fn due_on(&self) -> NaiveDate {
        self.issued().map_or(self.created_at.date_naive(), |issued| issued.due_on)
    }

    /// Money for it that stands.
    #[must_use]
    pub fn paid(&self) -> Cents {
        self.issued().map_or(Cents::ZERO, |issued| issued.paid)
    }

    /// What is still to be paid; nothing for a draft.
    #[must_use]
    pub fn open(&self) -> Cents {
        self.issued().map_or(Cents::ZERO, |issued| self.gross - issued.paid - issued.credited)
    }

    /// Whether it was issued and nothing is still to be paid.
    #[must_use]
    pub fn is_paid(&self) -> bool {
        self.issued().is_some() && self.open() <= Cents::ZERO
    }

    /// Whether it is for the fee of a reactivation, which holds nothing up (PAY-4).
    #[must_use]
    pub fn is_reactivation(&self) -> bool {
        self.lines.iter().any(|line| line.source == LineSource::Reactivation)
    }

    /// Whether it should have been paid before `today`.
    #[must_use]
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.open() > Cents::ZERO && self.issued().is_some_and(|issued| issued.due_on < today)
    }

    /// How far it is settled.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let Some(issued) = self.issued() else { return Standing::Draft };
        let open = self.open() > Cents::ZERO;
        match () {
            () if self.kind == DocumentKind::Invoice && issued.credited == self.gross => Standing::Credited,
            () if !open => Standing::Paid,
            () if issued.paid > Cents::ZERO => Standing::PartlyPaid,
            () if issued.reversed > Cents::ZERO => Standing::Reversed,
            () => Standing::Open,
        }
    }

    /// As it was when it was issued, before anything settled it: what a repeated request is answered.
    #[must_use]
    pub fn as_issued(mut self) -> Self {
        let is_note = self.kind == DocumentKind::CreditNote;
        let gross = self.gross;
        for line in &mut self.lines {
            line.credited = Cents::ZERO;
        }
        if let Some(issued) = self.issued_mut() {
            issued.paid = if is_note { gross } else { Cents::ZERO };
            issued.credited = Cents::ZERO;
            issued.reversed = Cents::ZERO;
            issued.reminders = 0;
            issued.reminded_on = None;
        }
        self
    }

    /// As its order left it: issued, or a draft that waits (PAY-1a).
    #[must_use]
    pub fn as_ordered(self) -> Self {
        let mut ordered = self.as_issued();
        if !ordered.waits_for.is_empty() {
            ordered.state = InvoiceState::Draft;
        }
        ordered
    }

    /// Adds up lines and VAT: of a draft, after every change (PAY-6).
    pub fn add_up(&mut self) {
        let printed: Vec<DocumentLine> = self.lines.iter().map(|line| line.printed.clone()).collect();
        self.set_vat(super::document::vat_of(&printed));
    }

    /// Takes over VAT per rate, and adds up.
    pub fn set_vat(&mut self, totals: Vec<VatTotal>) {
        self.net = self.lines.iter().map(|line| line.printed.net).sum();
        self.vat = totals.iter().map(|total| total.vat).sum();
        self.gross = self.net + self.vat;
        self.vat_totals = totals;
    }

    /// The document as it was issued; none for a draft.
    #[must_use]
    pub fn document(&self) -> Option<Document> {
        let issued = self.issued()?;
        let facts = issued.facts.clone();
        Some(Document {
            kind: self.kind,
            number: issued.number.clone(),
            issued_on: issued.issued_on,
            due_on: issued.due_on,
            supplied_on: issued.supplied_on,
            locale: facts.locale,
            seller: facts.seller,
            seller_iban: facts.seller_iban,
            creditor_id: facts.creditor_id,
            buyer: facts.buyer,
            customer_number: facts.customer_number,
            buyer_reference: facts.buyer_reference,
            payment_reference: issued.reference.clone(),
            payable: facts.payable,
            lines: self.lines.iter().map(|line| line.printed.clone()).collect(),
            vat: self.vat_totals.clone(),
            credits: facts.credits,
            note: facts.note,
            example: facts.example,
        })
    }
}

/// The number of a document: prefix of its series, year and a counter of at least `digits` digits.
#[must_use]
pub fn format_number(prefix: &str, year: i32, counter: i64, digits: usize) -> String {
    format!("{prefix}{year}-{counter:0digits$}")
}

/// Money that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Identity.
    pub id: PaymentId,
    /// Who paid.
    pub customer_id: CustomerId,
    /// How much.
    pub amount: Cents,
    /// Value date.
    pub paid_on: NaiveDate,
    /// How.
    pub method: PaymentMethod,
    /// What the payer wrote, or how it is found back.
    pub note: Option<String>,
    /// The line of the bank's file that told it.
    pub bank_line_id: Option<BankLineId>,
    /// The collection that brought it.
    pub collection_id: Option<CollectionId>,
    /// How much of it came undone (PAY-2).
    pub reversed: Cents,
    /// What banks kept of it, which is ours: what came in is the amount less this (BANK-7).
    pub costs: Cents,
    /// The first day of the pause that it ended (PAY-4).
    pub ended_pause: Option<NaiveDate>,
    /// What of it was paid out to the bank, where it came in elsewhere (BANK-6).
    pub paid_out: Cents,
    /// The day of that.
    pub paid_out_on: Option<NaiveDate>,
    /// The line of the bank that told it.
    pub paid_out_line: Option<BankLineId>,
    /// The match with its line was wrong: it counts nowhere (BANK-9).
    pub undone: bool,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: Option<UserId>,
    /// The transaction that booked it.
    pub transaction_id: TransactionId,
}

impl Payment {
    /// As it was recorded, whatever became of it since.
    #[must_use]
    pub fn as_recorded(self) -> Self {
        let (paid_out, paid_out_on, paid_out_line) = (Cents::ZERO, None, None);
        Self { reversed: Cents::ZERO, paid_out, paid_out_on, paid_out_line, undone: false, ..self }
    }

    /// What of it stands.
    #[must_use]
    pub fn stands(&self) -> Cents {
        if self.undone { Cents::ZERO } else { self.amount - self.reversed }
    }
}

words! {
    /// What settles an invoice, or undoes that.
    pub enum AllocationKind {
        /// Money of a payment.
        Payment = "payment",
        /// Money of a payment that came undone; negative.
        Reversal = "reversal",
        /// What was paid too much before.
        Credit = "credit",
        /// A credit note.
        CreditNote = "credit_note",
        /// A match with a line of the bank was undone (BANK-9): negative where its payment no longer counts, positive where
        /// a payment stands again that had come undone.
        Unmatch = "unmatch",
    }
}

/// One amount set against one invoice. Never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// Identity.
    pub id: AllocationId,
    /// Whose.
    pub customer_id: CustomerId,
    /// Which invoice.
    pub invoice_id: InvoiceId,
    /// What it is.
    pub kind: AllocationKind,
    /// The payment, where it is one or comes from one.
    pub payment_id: Option<PaymentId>,
    /// The credit note, where it is one.
    pub credit_note_id: Option<InvoiceId>,
    /// The reversal that took it off, or of which the undo set it against the invoice again (BANK-9).
    pub reversal_id: Option<ReversalId>,
    /// How much; negative where a payment came undone or no longer counts.
    pub amount: Cents,
    /// What was open on the invoice after it.
    pub open_after: Cents,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The transaction that booked it.
    pub transaction_id: TransactionId,
}

/// Money that we gave back (PAY-5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repayment {
    /// Identity.
    pub id: PaymentId,
    /// To whom.
    pub customer_id: CustomerId,
    /// How much.
    pub amount: Cents,
    /// Value date.
    pub paid_on: NaiveDate,
    /// Why, or how it is found back.
    pub note: Option<String>,
    /// The line of the bank's file that told it.
    pub bank_line_id: Option<BankLineId>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: Option<UserId>,
    /// The transaction that booked it.
    pub transaction_id: TransactionId,
}
