//! Payments that come undone: the invoice is open again, the reversal is counted, its fee charged, its card frozen
//! (PAY-2, PAY-3).

use super::{
    Case, Receipt,
    billing::{Settling, Terms, fee_of},
    customers::invalid,
};
use crate::domain::{
    Allocation, BankLineId, Cents, Invoice, InvoiceId, LineSource, MandateId, MoneyAccount, PaymentId, Policies, Post,
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
    /// A reversal as it was told; what it moves is booked later.
    pub(super) fn reversal(&mut self, amount: Cents, told: &Undone) -> Reversal {
        let refused = told.rejected;
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
            fee_freed: Cents::ZERO,
            waived_because: None,
            bank_line_id: None,
            money_back: false,
            by_hand: false,
            hand_charge: Cents::ZERO,
            refused_line: self.command.line().filter(|_| refused),
            refused_code: refused.then(|| code_of(told)),
            refused_on: refused.then_some(told.valued_on),
            ended_mandate: None,
            undone: false,
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
        let left = payment.stands();
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
        // What came in elsewhere goes back from there, until it was paid out or our account was debited for it.
        let elsewhere = payment.method.account() != MoneyAccount::Bank;
        let at_bank = payment.paid_out_on.is_some() || self.command.line().is_some();
        let debited = if elsewhere { at_bank } else { !told.rejected };
        if debited {
            self.mark_debited(reversal.id);
        }
        self.undo_payment(id, reversal.id, debited);
        self.charge_as_told(reversal.id, told);
        self.follow_reversal(&reversal, None);
        Ok(Receipt::Reversal(Box::new(self.draft.reversal(reversal.id).expect("inserted above").clone())))
    }

    /// Notes that our account was debited, by the line that told it or by hand. The caller books it.
    pub(super) fn mark_debited(&mut self, id: ReversalId) {
        let line = self.command.line();
        let row = self.draft.reversal_mut(id).expect("the caller has it");
        row.money_back = true;
        row.bank_line_id = line;
        row.by_hand |= line.is_none();
    }

    /// Books that our account was debited, or with `-1` that it was not after all, where nothing else of the reversal is
    /// booked at the same time.
    pub(super) fn book_debit(
        &mut self,
        id: ReversalId,
        line: Option<BankLineId>,
        (kind, sign): (TransactionKind, i64),
    ) {
        let row = self.draft.reversal(id).expect("the caller has it").clone();
        let mut transaction = self.transaction(kind);
        transaction.bank_line_id = line;
        transaction.booked_on = self.at.books(row.valued_on);
        let amount = Cents(row.amount.0 * sign);
        let posts = [Post::debit(MoneyAccount::InTransit, amount), Post::credit(MoneyAccount::Bank, amount)];
        self.draft.book_with(transaction, &[], &posts);
    }

    /// Books that money went away again: first what was left over of it, then the invoices, the last one first. VAT and
    /// revenue stay as they are (`finance/notes.md` 1.3). What was not debited from our account yet is in transit; where it
    /// is told by this very command (`debited`), both are one transaction.
    pub(super) fn undo_payment(&mut self, id: PaymentId, of: ReversalId, debited: bool) {
        let payment = self.draft.payment(id).expect("a payment that comes undone is loaded").clone();
        let reversal = self.draft.reversal_mut(of).expect("the caller has it");
        reversal.payment_id = Some(id);
        let reversal = reversal.clone();
        let amount = reversal.amount.min(payment.stands());
        let valued_on = reversal.valued_on;
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
            self.allocate(invoice, -part, Settling::Reversal(id, of), transaction.id);
            posts.push(Post::debit(MoneyAccount::Receivable, part).of(Some(invoice)));
            if part > Cents::ZERO {
                opened.push(invoice);
            }
        }
        let elsewhere = payment.method.account() != MoneyAccount::Bank && !reversal.money_back;
        posts.push(Post::credit(if elsewhere { MoneyAccount::OtherMoney } else { MoneyAccount::InTransit }, amount));
        if debited {
            posts.push(Post::debit(MoneyAccount::InTransit, reversal.amount));
            posts.push(Post::credit(MoneyAccount::Bank, reversal.amount));
        }
        let row = self.draft.payment_mut(id).expect("found above");
        row.reversed += amount;
        self.draft.book_with(transaction, &[], &posts);
        for invoice in opened {
            self.freeze(invoice);
        }
    }

    /// What of a payment stands on each invoice, in the order in which it was set.
    pub(super) fn standing_of(&self, id: PaymentId) -> Vec<(InvoiceId, Cents)> {
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

    /// What the bank charged us for a reversal, as far as it was not told before: up to the highest that was told. A refusal
    /// moves nothing on our account; a line that tells the debit takes the place of what was recorded by hand.
    pub(super) fn charge_as_told(&mut self, id: ReversalId, told: &Undone) {
        let row = self.draft.reversal(id).expect("the caller has it");
        let line = self.command.line();
        let by_other = row.bank_line_id.is_some() && line.is_none();
        let more = told.charge - row.charge;
        if by_other || (told.rejected && line.is_some()) || more <= Cents::ZERO {
            return;
        }
        self.book_charge(id, more, (line, TransactionKind::PaymentReversal));
        if line.is_none() {
            self.draft.reversal_mut(id).expect("found above").hand_charge += more;
        }
    }

    /// Books charges of the bank for a reversal under a line or by hand; negative to take them back.
    pub(super) fn book_charge(
        &mut self,
        id: ReversalId,
        charge: Cents,
        (line, kind): (Option<BankLineId>, TransactionKind),
    ) {
        if charge == Cents::ZERO {
            return;
        }
        let row = self.draft.reversal_mut(id).expect("the caller has it");
        row.charge += charge;
        let valued_on = row.valued_on;
        let mut transaction = self.transaction(kind);
        transaction.bank_line_id = line;
        transaction.booked_on = self.at.books(valued_on);
        let posts = [Post::debit(MoneyAccount::BankCharges, charge), Post::credit(MoneyAccount::Bank, charge)];
        self.draft.book_with(transaction, &[], &posts);
    }

    /// What follows from a new reversal: a mandate that is no good ends, and fees are charged.
    pub(super) fn follow_reversal(&mut self, reversal: &Reversal, mandate: Option<MandateId>) {
        let rules = self.at.policies.at(reversal.valued_on).1.reversals.as_ref();
        let ended: Vec<MandateId> = match meaning_of(&reversal.code, rules).action {
            Action::BlockMandate => mandate.and_then(|id| self.blocked_by(id, &reversal.code)).into_iter().collect(),
            Action::Stop => self.draft.mandates().map(|row| row.id).collect(),
            _ => Vec::new(),
        };
        let at = self.recorded_at();
        for id in ended {
            if let Some(mandate) = self.draft.mandate_mut(id).filter(|row| row.ended_at.is_none()) {
                mandate.ended_at = Some(at);
                mandate.ended_because = Some(reversal.code.clone());
                self.draft.reversal_mut(reversal.id).expect("the caller has it").ended_mandate = Some(id);
            }
        }
        self.settle_fees();
    }

    /// The mandate that ends because of what came back of a collection under one of its rows: as it is now, under the same
    /// reference. What was told of an account that it has left behind ends nothing.
    fn blocked_by(&self, collected_under: MandateId, code: &str) -> Option<MandateId> {
        let then = self.draft.mandate(collected_under)?;
        let now = self.draft.mandates().find(|row| row.reference == then.reference && row.ended_at.is_none())?;
        (now.iban == then.iban || !reasons::is_of_account(code)).then_some(now.id)
    }

    /// A person says whether a reversal counts.
    pub(super) fn judge_reversal(&mut self, id: ReversalId, counted: bool, reason: &str) -> Result<Receipt, Refusal> {
        let stands = |row: &&mut Reversal| !row.undone;
        let row = self.draft.reversal_mut(id).filter(stands).ok_or(Refusal::NotFound("reversal"))?;
        row.counted = Some(counted);
        row.counted_because = Some(reason.to_owned());
        self.settle_fees();
        Ok(Receipt::Reversal(Box::new(self.draft.reversal(id).expect("found above").clone())))
    }

    /// The fee of a reversal is waived: credited, and the reversal still counts.
    pub(super) fn waive_fee(&mut self, id: ReversalId, reason: &str) -> Result<Receipt, Refusal> {
        let row = self.draft.reversal(id).filter(|row| !row.undone).ok_or(Refusal::NotFound("reversal"))?;
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
        let all: Vec<Reversal> = self.draft.reversals().filter(|row| !row.undone).cloned().collect();
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
        if issued.issued().is_some() {
            self.set_freed_again(reversal.id, &issued);
        }
    }

    /// What the customer had set against the fee before it was taken back is set against the one that takes its place, as
    /// far as it is still there (BANK-9).
    fn set_freed_again(&mut self, id: ReversalId, fee: &Invoice) {
        let credit = self.customer().credit;
        let row = self.draft.reversal_mut(id).expect("its fee was just charged");
        let part = row.fee_freed.min(fee.open()).min(credit).max(Cents::ZERO);
        row.fee_freed -= part;
        if part > Cents::ZERO {
            self.set_against(fee.id, part);
        }
    }

    pub(super) fn take_back_fee(&mut self, id: ReversalId, fee: InvoiceId, reason: &str) {
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
            let credit = self.customer().credit;
            self.credit_lines(&invoice, &left, reason);
            let freed = self.customer().credit - credit;
            if let Some(row) = self.draft.reversal_mut(id).filter(|row| row.waived_because.is_none()) {
                row.fee_freed += freed;
            }
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
