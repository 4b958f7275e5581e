//! Payments that come undone: the invoice is open again, the reversal is counted, its fee charged, its card frozen
//! (PAY-2, PAY-3).

use super::{
    Case, Receipt,
    billing::{Terms, fee_of},
    customers::invalid,
};
use crate::domain::{
    Allocation, AllocationKind, Cents, InvoiceId, LineSource, MandateId, MoneyAccount, PaymentId, Policies, Post,
    Refusal, Reversal, ReversalId, Series, TransactionKind,
    command::Undone,
    document::{DocumentKind, Quantity, VatCategory},
    policy::{CountWindow, ReversalRules},
    printed,
    reasons::{self, Action},
};
use chrono::{Months, NaiveDate};
use std::cmp::Reverse;
use std::collections::BTreeMap;

impl Case<'_> {
    /// A reversal as it was told.
    pub(super) fn reversal(&mut self, amount: Cents, told: &Undone) -> Reversal {
        Reversal {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            payment_id: None,
            collection_id: None,
            amount,
            code: code_of(told),
            valued_on: told.valued_on,
            rejected: told.rejected,
            charge: Cents::ZERO,
            counted: self.counts(told, told.rejected),
            counted_because: None,
            fee_invoice_id: None,
            waived_because: None,
            recorded_at: self.recorded_at(),
            recorded_by: self.actor().user(),
        }
    }

    /// Whether what was told counts (PAY-2), by the terms of its value date (POL-1): the policy's word goes first; an
    /// unknown reason waits for a person. `refused`: no money had moved.
    pub(super) fn counts(&self, told: &Undone, refused: bool) -> Option<bool> {
        let rules = self.at.policies.at(told.valued_on).1.reversals.as_ref();
        let counts = meaning_of(&told.code, rules).counts;
        let passed_over = refused && rules.is_some_and(|rules| !rules.count_rejects);
        counts.map(|counts| counts && !passed_over)
    }

    /// A payment came undone, wholly or in part.
    pub(super) fn reverse_payment(
        &mut self,
        id: PaymentId,
        amount: Option<Cents>,
        told: &Undone,
    ) -> Result<Receipt, Refusal> {
        let payment = self.draft.payment(id).ok_or(Refusal::NotFound("payment"))?.clone();
        let left = payment.amount - payment.reversed;
        let amount = amount.unwrap_or(left);
        if amount <= Cents::ZERO || amount > left {
            return Err(Refusal::BeyondPayment { left, asked: amount });
        }
        if told.valued_on < payment.paid_on || told.valued_on > self.at.today() {
            return Err(invalid("valued_on", "expected a day from the payment until today"));
        }
        if let Some(collection) = payment.collection_id
            && self.draft.collection(collection).is_some_and(|row| row.reversal_id.is_none())
        {
            if amount < left {
                return Err(invalid("amount", "leave it out: a direct debit comes back as a whole"));
            }
            return self.reverse_collection(collection, told);
        }
        let reversal = Reversal { payment_id: Some(id), ..self.reversal(amount, told) };
        self.draft.changes.reversals.insert(reversal.id, reversal.clone());
        self.undo_payment(id, amount, told.valued_on, Some(reversal.id));
        self.book_charge(reversal.id, told.charge);
        self.follow_reversal(&reversal, None);
        Ok(Receipt::Reversal(Box::new(self.draft.reversal(reversal.id).expect("inserted above").clone())))
    }

    /// Books that money went away again, as far as it still stands: first what was left over of it, then the invoices, the
    /// last one first. VAT and revenue stay as they are (`finance/notes.md` 1.3).
    pub(super) fn undo_payment(
        &mut self,
        id: PaymentId,
        amount: Cents,
        valued_on: NaiveDate,
        reversal: Option<ReversalId>,
    ) {
        let payment = self.draft.payment(id).expect("a payment that comes undone is loaded").clone();
        let amount = amount.min(payment.amount - payment.reversed);
        if let Some(reversal) = reversal.and_then(|id| self.draft.reversal_mut(id)) {
            reversal.payment_id = Some(id);
        }
        if amount <= Cents::ZERO {
            return;
        }
        let standing = self.standing_of(id);
        let set: Cents = standing.iter().map(|(_, amount)| *amount).sum();
        let mut transaction = self.transaction(TransactionKind::PaymentReversal);
        transaction.booked_on = self.at.books(valued_on.max(payment.paid_on));
        let surplus = (payment.amount - payment.reversed - set).min(amount);
        let mut left = amount - surplus;
        let mut posts = vec![Post::debit(MoneyAccount::CustomerCredit, surplus)];
        self.draft.customer_mut().credit -= surplus;
        let mut opened = Vec::new();
        for (invoice, set) in standing.into_iter().rev() {
            let part = set.min(left);
            left -= part;
            self.allocate(invoice, -part, (AllocationKind::Reversal, Some(id), None), transaction.id);
            posts.push(Post::debit(MoneyAccount::Receivable, part).of(Some(invoice)));
            if part > Cents::ZERO {
                opened.push(invoice);
            }
        }
        posts.push(Post::credit(payment.method.account(), amount));
        let row = self.draft.payment_mut(id).expect("found above");
        row.reversed += amount;
        self.draft.book_with(transaction, &[], &posts);
        for invoice in opened {
            self.freeze(invoice);
        }
    }

    /// What of a payment stands on each invoice, in the order in which it was set.
    fn standing_of(&self, id: PaymentId) -> Vec<(InvoiceId, Cents)> {
        let mut order: Vec<InvoiceId> = Vec::new();
        let mut sums: BTreeMap<InvoiceId, Cents> = BTreeMap::new();
        for row in self.draft.allocations().filter(|row: &&Allocation| row.payment_id == Some(id)) {
            if !order.contains(&row.invoice_id) {
                order.push(row.invoice_id);
            }
            *sums.entry(row.invoice_id).or_default() += row.amount;
        }
        order.into_iter().map(|invoice| (invoice, sums[&invoice])).collect()
    }

    /// What the bank charged us for a reversal.
    pub(super) fn book_charge(&mut self, id: ReversalId, charge: Cents) {
        if charge <= Cents::ZERO {
            return;
        }
        let row = self.draft.reversal_mut(id).expect("the caller has it");
        row.charge += charge;
        let valued_on = row.valued_on;
        let mut transaction = self.transaction(TransactionKind::PaymentReversal);
        transaction.booked_on = self.at.books(valued_on);
        let posts = [Post::debit(MoneyAccount::BankCharges, charge), Post::credit(MoneyAccount::Bank, charge)];
        self.draft.book_with(transaction, &[], &posts);
    }

    /// What follows from a new reversal: a mandate that is no good ends, and fees are charged.
    pub(super) fn follow_reversal(&mut self, reversal: &Reversal, mandate: Option<MandateId>) {
        let rules = self.at.policies.at(reversal.valued_on).1.reversals.as_ref();
        let ended: Vec<MandateId> = match meaning_of(&reversal.code, rules).action {
            Action::BlockMandate => mandate.into_iter().collect(),
            Action::Stop => self.draft.mandates().map(|row| row.id).collect(),
            _ => Vec::new(),
        };
        let at = self.recorded_at();
        for id in ended {
            if let Some(mandate) = self.draft.mandate_mut(id).filter(|row| row.ended_at.is_none()) {
                mandate.ended_at = Some(at);
                mandate.ended_because = Some(reversal.code.clone());
            }
        }
        self.settle_fees();
    }

    /// A person says whether a reversal counts.
    pub(super) fn judge_reversal(&mut self, id: ReversalId, counted: bool, reason: &str) -> Result<Receipt, Refusal> {
        let row = self.draft.reversal_mut(id).ok_or(Refusal::NotFound("reversal"))?;
        row.counted = Some(counted);
        row.counted_because = Some(reason.to_owned());
        self.settle_fees();
        Ok(Receipt::Reversal(Box::new(self.draft.reversal(id).expect("found above").clone())))
    }

    /// The fee of a reversal is waived: credited, and the reversal still counts.
    pub(super) fn waive_fee(&mut self, id: ReversalId, reason: &str) -> Result<Receipt, Refusal> {
        let row = self.draft.reversal(id).ok_or(Refusal::NotFound("reversal"))?;
        if row.waived_because.is_none() {
            let fee = row.fee_invoice_id.ok_or(Refusal::NothingToWaive)?;
            self.draft.reversal_mut(id).expect("found above").waived_because = Some(reason.to_owned());
            self.take_back_fee(id, fee, reason);
        }
        Ok(Receipt::Reversal(Box::new(self.draft.reversal(id).expect("found above").clone())))
    }

    /// PAY-2: fees owed and fees charged or waived are made equal, as totals: whatever order reversals are heard in, and
    /// whatever is later said about them. Charged are those that owe it, the newest first.
    pub(super) fn settle_fees(&mut self) {
        let all: Vec<Reversal> = self.draft.reversals().cloned().collect();
        let owed = fees_owed(&all, self.at.policies);
        let is_waived = |row: &&Reversal| row.waived_because.is_some() && row.counted == Some(true);
        let given = |row: &&Reversal| row.fee_invoice_id.is_some() || is_waived(row);
        let count = all.iter().filter(given).count();
        let by_id = |id: &ReversalId| all.iter().find(|row| row.id == *id).expect("owed for one of them");
        let missing = owed.iter().rev().map(by_id).filter(|row| !given(row));
        for row in missing.take(owed.len().saturating_sub(count)) {
            self.charge_fee(row);
        }
        let mut charged: Vec<&Reversal> = all.iter().filter(|row| row.fee_invoice_id.is_some()).collect();
        let last =
            |row: &&Reversal| (row.counted == Some(true), owed.contains(&row.id), Reverse((row.valued_on, row.id)));
        charged.sort_by_key(last);
        for row in charged.into_iter().take(count.saturating_sub(owed.len())) {
            if let Some(fee) = row.fee_invoice_id {
                let reason = printed::not_owed(self.customer().locale);
                self.take_back_fee(row.id, fee, reason);
            }
        }
    }

    /// The fee of a reversal on a document of its own, at the terms of its value date (POL-1).
    fn charge_fee(&mut self, reversal: &Reversal) {
        let Some(rules) = self.at.policies.at(reversal.valued_on).1.reversals.clone() else { return };
        let (net, category, rate) = fee_of(rules.fee, rules.vat, self.at.policy().invoices.vat_rate);
        let (text, detail) = printed::reversal_fee(reversal.valued_on, &reversal.code, self.customer().locale);
        let source = LineSource::Reversal(reversal.id);
        let mut line = self.line(text, Some(detail), (Quantity::Pieces(1), net, net), source);
        line.printed.category = category;
        line.printed.rate = rate;
        if category == VatCategory::Outside {
            line.account = MoneyAccount::FeeOutside;
        }
        let document = self.new_document(DocumentKind::Invoice, Series::Fee, vec![line]);
        let days = self.at.policy().invoices.payment_days;
        let issued = self.issue_or_wait(document, Terms::within(days));
        if let Some(row) = self.draft.reversal(reversal.id).cloned() {
            let charged = Reversal { fee_invoice_id: Some(issued.id), ..row };
            self.draft.changes.reversals.insert(reversal.id, charged);
        }
    }

    fn take_back_fee(&mut self, id: ReversalId, fee: InvoiceId, reason: &str) {
        if let Some(row) = self.draft.reversal_mut(id) {
            row.fee_invoice_id = None;
        }
        let Some(mut invoice) = self.draft.invoice(fee).cloned() else { return };
        // PAY-1a: a fee that was never issued is taken off, not credited.
        if invoice.issued().is_none() {
            invoice.lines.clear();
            invoice.add_up();
            self.draft.changes.invoices.insert(invoice.id, invoice);
            return;
        }
        let lines = invoice.lines.iter().enumerate();
        let left: Vec<(usize, Cents)> = lines
            .map(|(at, line)| (at, line.printed.net - line.credited))
            .filter(|(_, left)| *left > Cents::ZERO)
            .collect();
        if !left.is_empty() {
            self.credit_lines(&invoice, &left, reason);
            self.after_settling(&[fee]);
        }
    }
}

/// The bank's reason as it is kept: capitals, without white space.
pub(super) fn code_of(told: &Undone) -> String {
    told.code.trim().to_uppercase()
}

/// What a reason means under a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// What to do about it.
    pub action: Action,
    /// Whether it counts; none waits for a person.
    pub counts: Option<bool>,
}

/// What the reason `code` means (PAY-2): the policy's word goes first.
#[must_use]
pub fn meaning_of(code: &str, rules: Option<&ReversalRules>) -> Meaning {
    let code = code.trim().to_uppercase();
    let own = rules.and_then(|rules| rules.code(&code));
    let known = reasons::reason(&code);
    let usual = known.map_or(Action::Park, |known| known.action);
    let usually = known.filter(|known| known.action != Action::Park).map(|known| known.counts);
    Meaning { action: own.and_then(|own| own.action).unwrap_or(usual), counts: own.map(|own| own.counts).or(usually) }
}

/// For which of `all` reversals of a customer a fee is owed, by value date and by the terms of that day (PAY-2, POL-1): in
/// every window those beyond the free ones, and where the policy says so the free ones as well once there are more.
#[must_use]
pub fn fees_owed(all: &[Reversal], policies: &Policies) -> Vec<ReversalId> {
    let mut counted: Vec<&Reversal> = all.iter().filter(|row| row.counted == Some(true)).collect();
    counted.sort_unstable_by_key(|row| (row.valued_on, row.id));
    let rules_on = |day: NaiveDate| policies.at(day).1.reversals.as_ref().filter(|rules| rules.fee > Cents::ZERO);
    let mut owed = vec![false; counted.len()];
    for (at, row) in counted.iter().enumerate() {
        let Some(rules) = rules_on(row.valued_on) else { continue };
        let since = match rules.count_window {
            CountWindow::Relation => None,
            CountWindow::Months(months) => row.valued_on.checked_sub_months(Months::new(months)),
        };
        let first = counted.iter().position(|other| since.is_none_or(|since| other.valued_on > since)).unwrap_or(at);
        if at + 1 - first > rules.free_reversals as usize {
            owed[at] = true;
            if rules.charge_first_when_exceeded {
                owed[first..at].fill(true);
            }
        }
    }
    let is_owed = |(row, owed): (&&Reversal, bool)| (owed && rules_on(row.valued_on).is_some()).then_some(row.id);
    counted.iter().zip(owed).filter_map(is_owed).collect()
}
