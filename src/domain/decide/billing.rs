//! Documents: drafts, invoices with their numbers, credit notes (PAY-1, PAY-6, CARD-3, CARD-7).
//!
//! A document is issued and booked in one transaction. A credit note settles itself at once: against what is open on the
//! invoice that it credits, and what was paid already becomes the customer's credit (PAY-5).

use super::{Case, Receipt, customers::invalid};
use crate::domain::{
    Account, Allocation, AllocationId, AllocationKind, Card, CardId, Cents, EstimateId, Invoice, InvoiceId,
    InvoiceLine, InvoiceState, Issued, LineSource, Minutes, MissingField, MoneyAccount, PaymentId, Post, Refusal,
    ReversalId, Series, TimeEntry, TransactionId, TransactionKind,
    command::{Crediting, NewLine},
    definite::missing_for,
    document::{DocumentKind, DocumentLine, Party, Payable, Quantity, VatCategory, VatTotal},
    invoice::{Facts, format_number},
    ledger::Line,
    printed, references,
};
use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::Decimal;

/// How a document is issued.
pub(super) struct Terms {
    /// Days until it has to be paid.
    pub(super) payment_days: u32,
    /// Of a credit note: number and day of the invoice.
    pub(super) credits: Option<(String, NaiveDate)>,
    /// One more sentence.
    pub(super) note: Option<String>,
}

impl Terms {
    pub(super) const fn within(payment_days: u32) -> Self {
        Self { payment_days, credits: None, note: None }
    }
}

/// A part of a card that is given back.
pub(super) type Part = (Account, Option<EstimateId>, Minutes);

/// By what an amount is set against an invoice, or taken off it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Settling {
    /// A payment.
    Payment(PaymentId),
    /// What the customer paid too much.
    Credit,
    /// A credit note.
    CreditNote(InvoiceId),
    /// A payment that came undone.
    Reversal(PaymentId, ReversalId),
    /// The match of a payment was wrong.
    Unmatched(PaymentId),
    /// A payment stands again, since its reversal was told wrongly.
    Stands(PaymentId, ReversalId),
}

impl Settling {
    const fn kind(self) -> AllocationKind {
        match self {
            Self::Payment(_) => AllocationKind::Payment,
            Self::Credit => AllocationKind::Credit,
            Self::CreditNote(_) => AllocationKind::CreditNote,
            Self::Reversal(..) => AllocationKind::Reversal,
            Self::Unmatched(_) | Self::Stands(..) => AllocationKind::Unmatch,
        }
    }

    const fn payment(self) -> Option<PaymentId> {
        match self {
            Self::Payment(id) | Self::Reversal(id, _) | Self::Unmatched(id) | Self::Stands(id, _) => Some(id),
            Self::Credit | Self::CreditNote(_) => None,
        }
    }

    const fn credit_note(self) -> Option<InvoiceId> {
        match self {
            Self::CreditNote(id) => Some(id),
            Self::Payment(_) | Self::Credit | Self::Reversal(..) | Self::Unmatched(_) | Self::Stands(..) => None,
        }
    }

    const fn reversal(self) -> Option<ReversalId> {
        match self {
            Self::Reversal(_, id) | Self::Stands(_, id) => Some(id),
            Self::Payment(_) | Self::Credit | Self::CreditNote(_) | Self::Unmatched(_) => None,
        }
    }
}

impl Case<'_> {
    /// A new draft with these lines.
    pub(super) fn new_document(&mut self, kind: DocumentKind, series: Series, lines: Vec<InvoiceLine>) -> Invoice {
        let mut invoice = Invoice {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            kind,
            series,
            card_id: None,
            credits: None,
            lines,
            vat_totals: Vec::new(),
            net: Cents::ZERO,
            vat: Cents::ZERO,
            gross: Cents::ZERO,
            waits_for: Vec::new(),
            created_at: self.recorded_at(),
            created_by: self.actor().user(),
            state: InvoiceState::Draft,
        };
        invoice.add_up();
        invoice
    }

    /// Gives a document its number and everything that is printed, as it is today. The caller books it.
    pub(super) fn issue(&mut self, invoice: &mut Invoice, terms: Terms) {
        let today = self.at.today();
        let rules = &self.at.policy().invoices;
        let prefix = match invoice.series {
            Series::Invoice => &rules.series.invoice,
            Series::CreditNote => &rules.series.credit_note,
            Series::Fee => &rules.series.fee,
        };
        let (prefix, digits) = (prefix.clone(), rules.digits as usize);
        let counter = self.numbers().documents.entry((invoice.series, today.year())).or_insert(1);
        let taken = *counter;
        *counter += 1;
        let is_note = invoice.kind == DocumentKind::CreditNote;
        let number = format_number(&prefix, today.year(), taken, digits);
        let due_on = today.checked_add_days(Days::new(u64::from(terms.payment_days))).unwrap_or(today);
        invoice.state = InvoiceState::Issued(Box::new(Issued {
            reference: references::of_document(invoice.series.digit(), &number),
            number,
            issued_on: today,
            due_on: if is_note { today } else { due_on },
            supplied_on: today,
            facts: self.facts_of(is_note, terms),
            paid: if is_note { invoice.gross } else { Cents::ZERO },
            credited: Cents::ZERO,
            reversed: Cents::ZERO,
            reminders: 0,
            reminded_on: None,
        }));
    }

    /// Seller and buyer as they are today, and how the document is paid.
    fn facts_of(&self, is_note: bool, terms: Terms) -> Facts {
        let (policy, customer) = (self.at.policy(), self.customer());
        let provider = &policy.provider;
        let reference = customer.billing.as_ref().and_then(|billing| billing.reference.clone());
        let payable = match self.mandate_in_force() {
            _ if is_note => Payable::Nothing,
            Some(mandate) => Payable::DirectDebit { mandate: mandate.reference.clone(), iban: mandate.iban.clone() },
            None => Payable::Transfer,
        };
        Facts {
            locale: customer.locale,
            customer_number: customer.number,
            buyer_reference: reference.unwrap_or_else(|| customer.number.to_string()),
            seller: Party::selling(provider),
            seller_iban: provider.iban.clone(),
            creditor_id: policy.collection.as_ref().map(|rules| rules.creditor_id.clone()),
            buyer: Party::buying(customer),
            payable,
            credits: terms.credits,
            note: terms.note,
            example: provider.example.is_made_up(),
        }
    }

    /// Issues an invoice and books it: receivable against what its lines are, and VAT.
    pub(super) fn issue_and_book(&mut self, mut invoice: Invoice, terms: Terms) -> Invoice {
        self.issue(&mut invoice, terms);
        let id = Some(invoice.id);
        let mut posts = vec![Post::debit(MoneyAccount::Receivable, invoice.gross).of(id)];
        posts.extend(
            invoice.lines.iter().map(|line| Post::credit(line.account, line.printed.net).of(id).card(card_of(line))),
        );
        posts.push(Post::credit(MoneyAccount::Vat, invoice.vat).of(id));
        self.draft.changes.invoices.insert(invoice.id, invoice.clone());
        let (cards, today): (Vec<CardId>, _) = (invoice.lines.iter().filter_map(card_of).collect(), self.at.today());
        for card in cards {
            if let Some(card) = self.draft.card_mut(card) {
                card.invoiced_on = Some(today);
            }
        }
        let transaction = self.transaction(TransactionKind::Invoice);
        self.draft.book_with(transaction, &[], &posts);
        invoice
    }

    /// What is missing for a document of `gross` to be issued to this customer today (PAY-1a).
    fn missing(&self, gross: Cents) -> Vec<MissingField> {
        missing_for(&self.at.policy().provider, self.customer(), gross)
    }

    /// PAY-1a: issues and books an order or a fee, or keeps it as a draft that waits for what is missing.
    pub(super) fn issue_or_wait(&mut self, mut invoice: Invoice, terms: Terms) -> Invoice {
        invoice.waits_for = self.missing(invoice.gross);
        if invoice.waits_for.is_empty() {
            return self.issue_and_book(invoice, terms);
        }
        self.draft.changes.invoices.insert(invoice.id, invoice.clone());
        invoice
    }

    /// PAY-1a: drafts that waited become definite once nothing is missing, at the price of their order (POL-1), numbered and
    /// dated today.
    pub(super) fn issue_waiting(&mut self) {
        let waiting: Vec<Invoice> = self.draft.invoices().filter(|invoice| invoice.is_waiting()).cloned().collect();
        for invoice in waiting {
            if self.missing(invoice.gross).is_empty() {
                self.make_definite(invoice);
            }
        }
    }

    /// Issues a draft under the terms of payment of its order, or of today; what asks for nothing is paid at once.
    fn make_definite(&mut self, invoice: Invoice) -> Invoice {
        let ordered_on = invoice.card_id.and_then(|id| self.draft.card(id)).map(|card| card.ordered_on);
        let cards = ordered_on.and_then(|day| self.at.policies.at(day).1.cards.as_ref());
        let days = cards.map_or(self.at.policy().invoices.payment_days, |terms| terms.payment_days);
        let issued = self.issue_and_book(invoice, Terms::within(days));
        if issued.is_paid() {
            self.after_settling(&[issued.id]);
        }
        issued
    }

    /// A draft becomes an invoice.
    pub(super) fn issue_invoice(&mut self, id: InvoiceId) -> Result<Receipt, Refusal> {
        let invoice = self.draft.invoice(id).ok_or(Refusal::NotFound("invoice"))?.clone();
        if let Some(issued) = invoice.issued() {
            return Err(Refusal::AlreadyIssued { number: issued.number.clone() });
        }
        if invoice.lines.is_empty() || invoice.gross <= Cents::ZERO {
            return Err(Refusal::EmptyDraft);
        }
        let missing = self.missing(invoice.gross);
        if !missing.is_empty() {
            return Err(Refusal::IncompleteDocument { missing });
        }
        Ok(Receipt::Invoice(Box::new(self.make_definite(invoice))))
    }

    /// Adds a line to the customer's draft, which is made where there is none.
    fn add_to_draft(&mut self, line: InvoiceLine) -> InvoiceId {
        let written = |invoice: &&Invoice| invoice.issued().is_none() && invoice.waits_for.is_empty();
        let open = self.draft.invoices().find(written).map(|invoice| invoice.id);
        let id = open.unwrap_or_else(|| {
            let made = self.new_document(DocumentKind::Invoice, Series::Invoice, Vec::new());
            let id = made.id;
            self.draft.changes.invoices.insert(id, made);
            id
        });
        let draft = self.draft.invoice_mut(id).expect("found or made above");
        draft.lines.push(line);
        draft.add_up();
        id
    }

    /// Finance writes a line on a draft.
    pub(super) fn write_line(&mut self, new: &NewLine) -> Result<Receipt, Refusal> {
        let net = match new.quantity {
            Quantity::Pieces(count) if (1..=100_000).contains(&count) => Cents(new.unit_price.0.saturating_mul(count)),
            Quantity::Minutes(minutes) if (1..=600_000).contains(&minutes.0) => new.unit_price.per_hour(minutes),
            _ => return Err(invalid("quantity", "expected 1 to 100000 pieces, or 1 to 600000 minutes")),
        };
        if net <= Cents::ZERO || net > MOST {
            return Err(invalid("unit_price", "expected a price above 0.00, for at most 10000000.00 together"));
        }
        let line = self.line(new.description.clone(), None, (new.quantity, new.unit_price, net), LineSource::Other);
        let id = self.add_to_draft(line);
        Ok(Receipt::Invoice(Box::new(self.draft.invoice(id).expect("just added to").clone())))
    }

    /// … and takes it off. What came from the ledger is taken off by what undoes it there; an order that waits is withdrawn
    /// with its line, as long as nothing was granted (CARD-3, PAY-1a).
    pub(super) fn erase_line(&mut self, id: InvoiceId, line: usize) -> Result<Receipt, Refusal> {
        let invoice = self.draft.invoice_mut(id).ok_or(Refusal::NotFound("invoice"))?;
        if let Some(issued) = invoice.issued() {
            return Err(Refusal::AlreadyIssued { number: issued.number.clone() });
        }
        let source = invoice.lines.get(line).map(|line| line.source);
        let waits = invoice.is_waiting();
        let withdrawn = match source {
            Some(LineSource::Card(card)) if waits => Some(card),
            _ => None,
        };
        let is_fee = waits && source == Some(LineSource::Reactivation);
        if let Some(card) = withdrawn {
            let today = self.at.today();
            let card = self.draft.card_mut(card).ok_or(Refusal::NotFound("card"))?;
            if card.activated_at.is_some() {
                return Err(invalid(
                    "line",
                    "expected an order that was not granted yet; complete the address instead",
                ));
            }
            card.cancelled_on = Some(today);
        } else if !is_fee && source != Some(LineSource::Other) {
            return Err(invalid("line", "expected a line that was written by hand; work is taken off by reversing it"));
        }
        let invoice = self.draft.invoice_mut(id).expect("found above");
        invoice.lines.remove(line);
        invoice.add_up();
        Ok(Receipt::Invoice(Box::new(invoice.clone())))
    }

    /// A line of hours or fees at the policy's rate of VAT.
    pub(super) fn line(
        &self,
        description: String,
        detail: Option<String>,
        (quantity, unit_price, net): (Quantity, Cents, Cents),
        source: LineSource,
    ) -> InvoiceLine {
        let rate = self.at.policy().invoices.vat_rate;
        let printed =
            DocumentLine { description, detail, quantity, unit_price, net, category: VatCategory::Standard, rate };
        let account = match source {
            LineSource::Card(_) => MoneyAccount::Deferred,
            LineSource::Entry(_) | LineSource::Other => MoneyAccount::HoursRevenue,
            LineSource::Reversal(_) | LineSource::Reactivation => MoneyAccount::FeeRevenue,
        };
        InvoiceLine { printed, account, source, credited: Cents::ZERO }
    }

    /// Agreed minutes of an entry go on the customer's draft (TIME-7, COVER-6).
    pub(super) fn bill_entry(&mut self, entry: &TimeEntry, minutes: Minutes, rate: Cents) {
        let (number, subject) = self
            .draft
            .ticket(entry.ticket_id)
            .map_or((0, String::new()), |ticket| (ticket.number, ticket.subject.clone()));
        let locale = self.customer().locale;
        let net = rate.per_hour(minutes);
        let detail = Some(printed::worked_on(entry.worked_on, minutes, locale));
        let text = printed::work(number, &subject, locale);
        let line = self.line(text, detail, (Quantity::Minutes(minutes), rate, net), LineSource::Entry(entry.id));
        let invoice = self.add_to_draft(line);
        self.draft.changes.invoiced.insert((entry.id, invoice), entry.customer_id);
    }

    /// The lines of a reversed entry: off the draft, or credited where they were issued (TIME-5).
    pub(super) fn unbill_entry(&mut self, entry: &TimeEntry, reason: &str) {
        let source = LineSource::Entry(entry.id);
        let about = |invoice: &&Invoice| {
            invoice.kind == DocumentKind::Invoice && invoice.lines.iter().any(|line| line.source == source)
        };
        let found: Vec<Invoice> = self.draft.invoices().filter(about).cloned().collect();
        for mut invoice in found {
            if invoice.issued().is_none() {
                invoice.lines.retain(|line| line.source != source);
                invoice.add_up();
                self.draft.changes.invoices.insert(invoice.id, invoice);
                continue;
            }
            let lines = invoice.lines.iter().enumerate();
            let left: Vec<(usize, Cents)> = lines
                .filter(|(_, line)| line.source == source && line.credited < line.printed.net)
                .map(|(at, line)| (at, line.printed.net - line.credited))
                .collect();
            if !left.is_empty() {
                self.credit_lines(&invoice, &left, reason);
            }
        }
    }

    /// A credit note for an invoice, whole or in part.
    pub(super) fn credit_invoice(
        &mut self,
        id: InvoiceId,
        crediting: &Crediting,
        reason: &str,
    ) -> Result<Receipt, Refusal> {
        let invoice = self.draft.invoice(id).ok_or(Refusal::NotFound("invoice"))?.clone();
        if invoice.issued().is_none() {
            return Err(Refusal::NotIssued);
        }
        if invoice.kind == DocumentKind::CreditNote {
            return Err(Refusal::NothingToCredit);
        }
        let note = match (crediting, invoice.card_id) {
            (Crediting::Whole, Some(card)) => self.credit_card(&invoice, card, reason)?,
            (Crediting::Whole, None) => {
                let lines = invoice.lines.iter().enumerate();
                let left: Vec<(usize, Cents)> = lines
                    .map(|(at, line)| (at, line.printed.net - line.credited))
                    .filter(|(_, left)| *left > Cents::ZERO)
                    .collect();
                if left.is_empty() {
                    return Err(Refusal::NothingToCredit);
                }
                self.credit_lines(&invoice, &left, reason)
            }
            (Crediting::Part { .. }, Some(_)) => {
                return Err(invalid("line", "hours of a card are given back by the minute: refund the card"));
            }
            (Crediting::Part { line, net }, None) => {
                let found =
                    invoice.lines.get(*line).ok_or_else(|| invalid("line", "expected a line of the invoice"))?;
                let left = found.printed.net - found.credited;
                if *net <= Cents::ZERO {
                    return Err(invalid("net", "expected more than 0.00"));
                }
                if *net > left {
                    return Err(Refusal::CreditTooMuch { left, asked: *net });
                }
                self.credit_lines(&invoice, &[(*line, *net)], reason)
            }
        };
        Ok(Receipt::Invoice(Box::new(note)))
    }

    /// What can be credited of a card's invoice: an order that was never granted as a whole, else what is unspent.
    fn credit_card(&mut self, invoice: &Invoice, id: CardId, reason: &str) -> Result<Invoice, Refusal> {
        let card = self.draft.card(id).ok_or(Refusal::NotFound("card"))?.clone();
        if card.cancelled_on.is_some() {
            return Err(Refusal::NothingToCredit);
        }
        if card.activated_at.is_some() {
            return self.refund(&card, None, reason);
        }
        self.draft.card_mut(id).expect("found above").cancelled_on = Some(self.at.today());
        let lines: Vec<(usize, Cents)> =
            invoice.lines.iter().enumerate().map(|(at, line)| (at, line.printed.net - line.credited)).collect();
        Ok(self.credit_lines(invoice, &lines, reason))
    }

    /// A credit note over lines of an invoice, each with its net; VAT is the cumulative difference per rate, so that all
    /// credits together never pass the invoice.
    pub(super) fn credit_lines(&mut self, invoice: &Invoice, parts: &[(usize, Cents)], reason: &str) -> Invoice {
        let mut credited = invoice.clone();
        let mut lines = Vec::new();
        for (at, net) in parts {
            let line = &mut credited.lines[*at];
            line.credited += *net;
            let whole = *net == line.printed.net;
            let quantity = if whole { line.printed.quantity } else { Quantity::Pieces(1) };
            let unit_price = if whole { line.printed.unit_price } else { *net };
            let printed = DocumentLine { quantity, unit_price, net: *net, ..line.printed.clone() };
            lines.push(InvoiceLine { printed, credited: Cents::ZERO, ..line.clone() });
        }
        let vat = invoice
            .vat_totals
            .iter()
            .map(|total| vat_difference(invoice, &credited, total))
            .filter(|total| total.net > Cents::ZERO)
            .collect();
        let mut note = self.new_document(DocumentKind::CreditNote, Series::CreditNote, lines);
        note.set_vat(vat);
        self.draft.changes.invoices.insert(credited.id, credited);
        self.finish_note(note, invoice.id, &[], (TransactionKind::CreditNote, reason))
    }

    /// CARD-7: unspent minutes for money.
    pub(super) fn refund_card(&mut self, id: CardId, told: Option<Minutes>, reason: &str) -> Result<Receipt, Refusal> {
        let card = self.draft.card(id).ok_or(Refusal::NotFound("card"))?.clone();
        let note = self.refund(&card, told, reason)?;
        Ok(Receipt::Invoice(Box::new(note)))
    }

    fn refund(&mut self, card: &Card, told: Option<Minutes>, reason: &str) -> Result<Invoice, Refusal> {
        let terms = self.at.policies.at(card.ordered_on).1.cards.as_ref();
        if card.price <= Cents::ZERO || terms.is_none_or(|terms| !terms.refundable) {
            return Err(Refusal::NotRefundable);
        }
        if card.waits_for_invoice() {
            return Err(Refusal::NotIssued);
        }
        let available = card.available;
        let minutes = told.unwrap_or(available);
        if told.is_some_and(|told| !told.is_positive()) {
            return Err(invalid("minutes", "expected 1 minute or more"));
        }
        if minutes > available {
            return Err(Refusal::InsufficientMinutes { available, asked: minutes });
        }
        let mut parts = vec![(Account::Available, None, minutes)];
        if told.is_none() {
            parts.extend(self.frozen_parts(card.id));
        }
        let total: Minutes = parts.iter().map(|(_, _, minutes)| *minutes).sum();
        if card.deferred(card.gone()) == card.deferred(card.gone() + total) {
            return Err(Refusal::NothingToCredit);
        }
        self.refund_parts(card.id, &parts, (TransactionKind::CreditNote, reason)).ok_or(Refusal::NothingToCredit)
    }

    /// What is frozen of a card: for each hold, and the rest.
    pub(super) fn frozen_parts(&self, id: CardId) -> Vec<Part> {
        let Some(card) = self.draft.card(id) else { return Vec::new() };
        let holds = self.draft.holds().filter(|hold| hold.card_id == id && hold.frozen.is_positive());
        let mut parts: Vec<Part> = holds.map(|hold| (Account::Frozen, Some(hold.estimate_id), hold.frozen)).collect();
        let held: Minutes = parts.iter().map(|(_, _, minutes)| *minutes).sum();
        parts.push((Account::Frozen, None, card.frozen - held));
        parts
    }

    /// Moves parts of a card to *refunded*, with a credit note for exactly what they are worth (CARD-7); without one when
    /// that is less than a cent.
    pub(super) fn refund_parts(
        &mut self,
        id: CardId,
        parts: &[Part],
        (kind, reason): (TransactionKind, &str),
    ) -> Option<Invoice> {
        let card = self.draft.card(id)?.clone();
        let minutes: Minutes = parts.iter().map(|(_, _, minutes)| *minutes).sum();
        let gone = card.gone();
        let net = card.deferred(gone) - card.deferred(gone + minutes);
        let vat = card.deferred_vat(gone) - card.deferred_vat(gone + minutes);
        let moved: Vec<Line> = parts
            .iter()
            .map(|(from, estimate, minutes)| Line {
                card: Some(id),
                estimate: *estimate,
                from: *from,
                to: Account::Refunded,
                minutes: *minutes,
                basis: None,
            })
            .collect();
        if !minutes.is_positive() {
            return None;
        }
        if net + vat <= Cents::ZERO {
            let transaction = self.transaction(kind);
            self.book_with_note(transaction, reason, &moved);
            return None;
        }
        let invoice =
            card.invoice_id.and_then(|id| self.draft.invoice(id)).expect("what was sold was invoiced").clone();
        let mut credited = invoice.clone();
        let sold = credited.lines.first_mut().expect("the invoice of a card has its line");
        sold.credited += net;
        let rate = sold.printed.rate;
        let printed = DocumentLine {
            description: printed::refund(minutes, card.minutes, self.customer().locale),
            detail: None,
            quantity: Quantity::Pieces(1),
            unit_price: net,
            net,
            category: sold.printed.category,
            rate,
        };
        let category = printed.category;
        let line = InvoiceLine {
            printed,
            account: MoneyAccount::Deferred,
            source: LineSource::Card(id),
            credited: Cents::ZERO,
        };
        let mut note = self.new_document(DocumentKind::CreditNote, Series::CreditNote, vec![line]);
        note.card_id = Some(id);
        note.set_vat(vec![VatTotal { category, rate, net, vat }]);
        self.draft.changes.invoices.insert(credited.id, credited);
        Some(self.finish_note(note, invoice.id, &moved, (kind, reason)))
    }

    /// Issues a credit note, settles it against its invoice and books it, with what follows once that is paid. What its lines
    /// are worth is posted here, unless the movement of minutes posts that itself.
    fn finish_note(
        &mut self,
        mut note: Invoice,
        of: InvoiceId,
        moved: &[Line],
        (kind, reason): (TransactionKind, &str),
    ) -> Invoice {
        let original = self.draft.invoice(of).expect("the invoice of a credit note is loaded").clone();
        let facts = original.issued().expect("only what was issued is credited");
        let credits = Some((facts.number.clone(), facts.issued_on));
        note.credits = Some(of);
        self.issue(&mut note, Terms { payment_days: 0, credits, note: Some(reason.to_owned()) });
        // It says at least as much of the buyer as what it corrects, also where less is known today (PAY-1a).
        if let Some(issued) = note.issued_mut()
            && issued.facts.buyer.told() < facts.facts.buyer.told()
        {
            issued.facts.buyer = facts.facts.buyer.clone();
        }
        let id = Some(note.id);
        let mut posts: Vec<Post> = note
            .lines
            .iter()
            .filter(|_| moved.is_empty())
            .map(|line| Post::debit(line.account, line.printed.net).of(id).card(card_of(line)))
            .collect();
        posts.push(Post::debit(MoneyAccount::Vat, note.vat).of(id));
        posts.push(Post::credit(MoneyAccount::Receivable, note.gross).of(id));
        let transaction = self.transaction(kind);
        let taken_off = note.gross.min(original.open());
        let surplus = note.gross - taken_off;
        posts.push(Post::debit(MoneyAccount::Receivable, surplus).of(id));
        posts.push(Post::credit(MoneyAccount::CustomerCredit, surplus).of(id));
        self.draft.customer_mut().credit += surplus;
        self.allocate(of, taken_off, Settling::CreditNote(note.id), transaction.id);
        self.draft.changes.invoices.insert(note.id, note.clone());
        self.book_money_with_note(transaction, reason, moved, &posts);
        self.after_settling(&[of]);
        note
    }

    /// Sets an amount against an invoice, or takes it back; what kind it is decides which figure it moves.
    pub(super) fn allocate(&mut self, id: InvoiceId, amount: Cents, by: Settling, transaction_id: TransactionId) {
        if amount == Cents::ZERO {
            return;
        }
        let (recorded_at, fresh): (_, AllocationId) = (self.recorded_at(), self.draft.fresh.id());
        let invoice = self.draft.invoice_mut(id).expect("an invoice that is settled is loaded");
        let issued = invoice.issued_mut().expect("only what was issued is settled");
        let kind = by.kind();
        match kind {
            AllocationKind::CreditNote => issued.credited += amount,
            AllocationKind::Payment | AllocationKind::Credit => issued.paid += amount,
            AllocationKind::Reversal => {
                issued.paid += amount;
                issued.reversed -= amount;
            }
            AllocationKind::Unmatch => {
                issued.paid += amount;
                issued.reversed -= amount.max(Cents::ZERO);
            }
        }
        let open_after = invoice.open();
        assert!(open_after >= Cents::ZERO, "no more is set against an invoice than it asks");
        self.draft.changes.allocations.push(Allocation {
            id: fresh,
            customer_id: self.customer().id,
            invoice_id: id,
            kind,
            payment_id: by.payment(),
            credit_note_id: by.credit_note(),
            reversal_id: by.reversal(),
            amount,
            open_after,
            recorded_at,
            transaction_id,
        });
    }

    /// A reminder was sent; the next one follows some days later (PAY-4).
    pub(super) fn remind_invoice(&mut self, id: InvoiceId) -> Result<Receipt, Refusal> {
        let today = self.at.today();
        let rules = &self.at.policy().invoices;
        let invoice = self.draft.invoice_mut(id).ok_or(Refusal::NotFound("invoice"))?;
        if !invoice.is_overdue(today) {
            return Err(Refusal::NotOverdue);
        }
        let issued = invoice.issued_mut().expect("what is overdue was issued");
        let from = rules.next_reminder(issued.due_on, issued.reminders, issued.reminded_on);
        if let Some(last) = issued.reminded_on.filter(|_| today < from) {
            return Err(Refusal::ReminderTooSoon { last, from });
        }
        issued.reminders += 1;
        issued.reminded_on = Some(today);
        Ok(Receipt::Invoice(Box::new(invoice.clone())))
    }
}

/// The most that one line may come to, or one payment: ten million euros, so that no sum leaves its range.
pub(super) const MOST: Cents = Cents(1_000_000_000);

fn card_of(line: &InvoiceLine) -> Option<CardId> {
    match line.source {
        LineSource::Card(card) => Some(card),
        _ => None,
    }
}

/// VAT of one rate on what was credited now: of all that is credited after it, less of all that was before.
fn vat_difference(before: &Invoice, after: &Invoice, total: &VatTotal) -> VatTotal {
    let of_rate = |invoice: &Invoice| -> Cents {
        let same = |line: &&InvoiceLine| (line.printed.category, line.printed.rate) == (total.category, total.rate);
        invoice.lines.iter().filter(same).map(|line| line.credited).sum()
    };
    let (before, after) = (of_rate(before), of_rate(after));
    let vat = |net: Cents| if net == total.net { total.vat } else { net.percent(total.rate).min(total.vat) };
    VatTotal { category: total.category, rate: total.rate, net: after - before, vat: vat(after) - vat(before) }
}

/// Price and rate of a line whose price has VAT in it, or not, or is outside VAT.
pub(super) fn fee_of(
    amount: Cents,
    vat: crate::domain::policy::FeeVat,
    rate: Decimal,
) -> (Cents, VatCategory, Decimal) {
    use crate::domain::policy::FeeVat;
    match vat {
        FeeVat::OutsideScope => (amount, VatCategory::Outside, Decimal::ZERO),
        FeeVat::StandardEx => (amount, VatCategory::Standard, rate),
        FeeVat::StandardIncl => (amount.without(rate), VatCategory::Standard, rate),
    }
}
