//! A wrong match is undone (BANK-9): everything that transactions naming a line booked for this customer is taken back in
//! effect, on the first open day. No reversal is counted, no fee charged; the line is as if it had never been told here.

use super::{Case, Receipt, billing::Settling};
use crate::domain::{
    Allocation, AllocationKind, ArrearsEventKind, BankLineId, Cents, InvoiceId, MoneyAccount, Payment, PaymentId, Post,
    Refusal, Reversal, ReversalId, Transaction, TransactionId, TransactionKind, Unmatched, UnmatchedKind, printed,
};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What was undone of a line, for one customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Unmatching {
    /// The line.
    pub line: BankLineId,
    /// What it had booked, in the order of undoing; nothing where it was undone before.
    pub rows: Vec<Unmatched>,
}

impl Case<'_> {
    /// Takes back what the line had booked: what went out before what came in.
    pub(super) fn undo_line(&mut self, line: BankLineId) -> Result<Receipt, Refusal> {
        let payments: Vec<PaymentId> = {
            let told = self.draft.payments().filter(|row| row.bank_line_id == Some(line) && !row.undone);
            told.map(|row| row.id).collect()
        };
        self.check_stands(line, &payments)?;
        self.undo_payouts(line);
        self.undo_costs(line);
        self.undo_repayments(line);
        let told: Vec<Reversal> = self.draft.reversals().filter(|row| !row.undone).cloned().collect();
        for row in told {
            if row.bank_line_id == Some(line) {
                self.undo_return(&row, line);
            }
            if row.refused_line == Some(line) {
                self.undo_refusal(row.id, line);
            }
        }
        for payment in payments {
            self.undo_match(payment, line);
        }
        let rows = self.draft.changes.unmatched.clone();
        Ok(Receipt::Unmatched(Box::new(Unmatching { line, rows })))
    }

    /// A payment whose return another line told cannot go before that return: it says which payment came back.
    fn check_stands(&self, line: BankLineId, payments: &[PaymentId]) -> Result<(), Refusal> {
        let by_other = |row: &&Reversal| {
            let other = row.bank_line_id.is_some_and(|told| told != line);
            let of_it = row.payment_id.is_some_and(|id| payments.contains(&id));
            other && of_it && row.collection_id.is_none() && !row.undone
        };
        match self.draft.reversals().find(by_other) {
            Some(row) => Err(Refusal::CameBackSince { on: row.valued_on, amount: row.amount }),
            None => Ok(()),
        }
    }

    /// A transaction that takes back something of `day`, under a line or of what was recorded by hand.
    fn unmatch(&mut self, day: NaiveDate, line: Option<BankLineId>) -> Transaction {
        let mut transaction = self.transaction(TransactionKind::Unmatch);
        transaction.bank_line_id = line;
        transaction.booked_on = self.at.books(day);
        transaction
    }

    fn note_unmatched(
        &mut self,
        line: BankLineId,
        kind: UnmatchedKind,
        subject: Uuid,
        (amount, transaction_id): (Cents, Option<TransactionId>),
    ) {
        let row = Unmatched {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            command_id: self.command.id,
            bank_line_id: line,
            kind,
            subject,
            amount,
            transaction_id,
            recorded_at: self.recorded_at(),
            recorded_by: self.actor().user(),
        };
        self.draft.changes.unmatched.push(row);
    }

    /// What was paid out stands elsewhere again.
    fn undo_payouts(&mut self, line: BankLineId) {
        let of_it = |row: &&Payment| row.paid_out_line == Some(line);
        let payments: Vec<Payment> = self.draft.payments().filter(of_it).cloned().collect();
        for payment in payments {
            let amount = payment.paid_out;
            let transaction = self.unmatch(payment.paid_out_on.unwrap_or(payment.paid_on), Some(line));
            let done = (-amount, Some(transaction.id));
            let row = self.draft.payment_mut(payment.id).expect("found above");
            (row.paid_out, row.paid_out_on, row.paid_out_line) = (Cents::ZERO, None, None);
            let posts = [Post::debit(MoneyAccount::OtherMoney, amount), Post::credit(MoneyAccount::Bank, amount)];
            self.draft.book_with(transaction, &[], &posts);
            self.note_unmatched(line, UnmatchedKind::Payout, payment.id.0, done);
        }
    }

    fn undo_costs(&mut self, line: BankLineId) {
        let costs: Vec<_> = self.draft.costs().filter(|row| row.bank_line_id == Some(line)).cloned().collect();
        for cost in costs {
            let transaction = self.unmatch(cost.valued_on, Some(line));
            let done = (cost.amount, Some(transaction.id));
            let posts =
                [Post::debit(MoneyAccount::Bank, cost.amount), Post::credit(MoneyAccount::BankCharges, cost.amount)];
            self.draft.book_with(transaction, &[], &posts);
            self.note_unmatched(line, UnmatchedKind::Costs, cost.id.0, done);
        }
    }

    /// What was given back is the customer's again.
    fn undo_repayments(&mut self, line: BankLineId) {
        let of_it = self.draft.repayments().filter(|row| row.bank_line_id == Some(line));
        let repayments: Vec<_> = of_it.map(|row| (row.id, row.amount, row.paid_on)).collect();
        for (id, amount, paid_on) in repayments {
            let transaction = self.unmatch(paid_on, Some(line));
            let done = (amount, Some(transaction.id));
            self.draft.customer_mut().credit += amount;
            let posts = [Post::debit(MoneyAccount::Bank, amount), Post::credit(MoneyAccount::CustomerCredit, amount)];
            self.draft.book_with(transaction, &[], &posts);
            self.note_unmatched(line, UnmatchedKind::Repayment, id.0, done);
        }
    }

    /// The line did not tell that our account was debited for this reversal. What was told beside it stands: a refusal, or
    /// what was recorded by hand.
    fn undo_return(&mut self, told: &Reversal, line: BankLineId) {
        let id = told.id;
        if told.refused_code.is_none() && !told.by_hand {
            return self.undo_reversal(id, line, UnmatchedKind::Reversal);
        }
        let transaction = self.unmatch(told.valued_on, Some(line));
        let amount = told.amount + told.charge;
        let done = (amount, Some(transaction.id));
        let posts = [
            Post::debit(MoneyAccount::Bank, amount),
            Post::credit(MoneyAccount::InTransit, told.amount),
            Post::credit(MoneyAccount::BankCharges, told.charge),
        ];
        self.draft.book_with(transaction, &[], &posts);
        let row = self.draft.reversal_mut(id).expect("the caller has it");
        (row.bank_line_id, row.money_back, row.charge) = (None, told.by_hand, Cents::ZERO);
        if let (Some(code), Some(on), false) = (&told.refused_code, told.refused_on, told.by_hand) {
            (row.rejected, row.code, row.valued_on) = (true, code.clone(), on);
        }
        if told.by_hand {
            self.book_debit(id, None, (TransactionKind::Unmatch, 1));
        }
        self.book_charge(id, told.hand_charge, (None, TransactionKind::Unmatch));
        // What the refusal or the record by hand said of the mandate stands.
        let ended = told.ended_mandate.and_then(|id| self.draft.mandate(id)).and_then(|row| row.ended_because.as_ref());
        if !told.by_hand && ended != told.refused_code.as_ref() {
            self.revive_mandate(told);
        }
        self.count_again(id);
        self.note_unmatched(line, UnmatchedKind::Reversal, id.0, done);
    }

    /// The line did not tell that this collection was refused; what else was told of it stands.
    fn undo_refusal(&mut self, id: ReversalId, line: BankLineId) {
        let row = self.draft.reversal_mut(id).expect("the caller has it");
        (row.refused_line, row.refused_code, row.refused_on) = (None, None, None);
        if row.money_back {
            self.note_unmatched(line, UnmatchedKind::Refusal, id.0, (Cents::ZERO, None));
        } else {
            self.undo_reversal(id, line, UnmatchedKind::Refusal);
        }
    }

    /// Nothing came undone after all: the payment stands again, on its invoices as far as they are open; fee, count and the
    /// end of its mandate are as if it had not been told.
    fn undo_reversal(&mut self, id: ReversalId, line: BankLineId, kind: UnmatchedKind) {
        let told = self.draft.reversal(id).expect("the caller has it").clone();
        let payment = told.payment_id.and_then(|id| self.draft.payment(id)).cloned();
        let amount = payment.as_ref().map_or(Cents::ZERO, |payment| told.amount.min(payment.reversed));
        let day = payment.as_ref().map_or(told.valued_on, |payment| told.valued_on.max(payment.paid_on));
        let under = if told.money_back || told.charge > Cents::ZERO { told.bank_line_id } else { Some(line) };
        let transaction = self.unmatch(day, under);
        let debited = if told.money_back { told.amount } else { Cents::ZERO };
        let done = (debited + told.charge, Some(transaction.id));
        let elsewhere = payment.as_ref().is_some_and(|row| row.method.account() != MoneyAccount::Bank);
        let from = if elsewhere && !told.money_back { MoneyAccount::OtherMoney } else { MoneyAccount::InTransit };
        let mut posts = vec![
            Post::debit(MoneyAccount::Bank, debited + told.charge),
            Post::credit(MoneyAccount::InTransit, debited),
            Post::credit(MoneyAccount::BankCharges, told.charge),
            Post::debit(from, amount),
        ];
        let mut settled = Vec::new();
        if let Some(payment) = payment {
            self.draft.payment_mut(payment.id).expect("found above").reversed -= amount;
            settled = self.stand_again((payment.id, id), amount, transaction.id, &mut posts);
        }
        let row = self.draft.reversal_mut(id).expect("the caller has it");
        (row.undone, row.money_back, row.charge, row.counted) = (true, false, Cents::ZERO, Some(false));
        let (fee, collection) = (row.fee_invoice_id, row.collection_id);
        if let Some(collection) = collection.and_then(|id| self.draft.collection_mut(id)) {
            collection.reversal_id = None;
        }
        if posts.iter().any(|post| post.amount != Cents::ZERO) {
            self.draft.book_with(transaction, &[], &posts);
            self.note_unmatched(line, kind, id.0, done);
        } else {
            self.note_unmatched(line, kind, id.0, (Cents::ZERO, None));
        }
        if let Some(fee) = fee {
            let reason = printed::not_owed(self.customer().locale);
            self.take_back_fee(id, fee, reason);
        }
        self.revive_mandate(&told);
        self.settle_fees();
        self.after_settling(&settled);
    }

    /// What a payment was set against, before anything of it came undone.
    fn set_by(&self, id: PaymentId) -> BTreeMap<InvoiceId, Cents> {
        let mut paid: BTreeMap<InvoiceId, Cents> = BTreeMap::new();
        for row in self.draft.allocations().filter(|row| row.payment_id == Some(id)) {
            if row.kind == AllocationKind::Payment {
                *paid.entry(row.invoice_id).or_default() += row.amount;
            }
        }
        paid
    }

    /// What a reversal took off the invoices that a payment had paid. Another reversal of the same payment may have been
    /// undone while its invoice was paid otherwise: that money is the customer's, and stays so.
    fn taken_off(&self, id: PaymentId, by: ReversalId) -> BTreeMap<InvoiceId, Cents> {
        let mut taken: BTreeMap<InvoiceId, Cents> = BTreeMap::new();
        let of_it = |row: &&Allocation| row.payment_id == Some(id) && row.reversal_id == Some(by);
        for row in self.draft.allocations().filter(of_it) {
            if row.kind == AllocationKind::Reversal {
                *taken.entry(row.invoice_id).or_default() -= row.amount;
            }
        }
        taken
    }

    /// Sets what of a payment stands again against the invoices that its reversal opened, in their order; the rest is the
    /// customer's.
    fn stand_again(
        &mut self,
        (id, of): (PaymentId, ReversalId),
        amount: Cents,
        transaction: TransactionId,
        posts: &mut Vec<Post>,
    ) -> Vec<InvoiceId> {
        let taken = self.taken_off(id, of);
        let mut left = amount;
        let mut settled = Vec::new();
        for (invoice, _) in self.standing_of(id) {
            let gone = taken.get(&invoice).copied().unwrap_or_default();
            let open = self.draft.invoice(invoice).map_or(Cents::ZERO, crate::domain::Invoice::open);
            let part = gone.min(open).min(left).max(Cents::ZERO);
            left -= part;
            self.allocate(invoice, part, Settling::Stands(id, of), transaction);
            posts.push(Post::credit(MoneyAccount::Receivable, part).of(Some(invoice)));
            settled.push(invoice);
        }
        posts.push(Post::credit(MoneyAccount::CustomerCredit, left));
        self.draft.customer_mut().credit += left;
        settled
    }

    /// A mandate that ended because of what was told wrongly goes on, unless another took its place.
    fn revive_mandate(&mut self, told: &Reversal) {
        if self.draft.mandates().any(|row| row.ended_at.is_none()) {
            return;
        }
        if let Some(mandate) = told.ended_mandate.and_then(|id| self.draft.mandate_mut(id)) {
            (mandate.ended_at, mandate.ended_because) = (None, None);
            self.draft.reversal_mut(told.id).expect("the caller has it").ended_mandate = None;
        }
    }

    /// The payment was not this customer's, or not for this: its invoices are open again and their cards wait (PAY-3). What
    /// was left over of it is taken off the customer's credit, below zero where it was spent meanwhile. Of a direct debit,
    /// the collection is as it was before its money came.
    fn undo_match(&mut self, id: PaymentId, line: BankLineId) {
        let by_hand: Vec<ReversalId> = {
            let of_it = |row: &&Reversal| row.payment_id == Some(id) && !row.undone && row.collection_id.is_none();
            self.draft.reversals().filter(of_it).map(|row| row.id).collect()
        };
        for reversal in by_hand {
            self.undo_reversal(reversal, line, UnmatchedKind::Reversal);
        }
        let payment = self.draft.payment(id).expect("the caller has it").clone();
        let standing = self.standing_of(id);
        let transaction = self.unmatch(payment.paid_on, Some(line));
        let came = payment.amount - payment.costs;
        let done = (-came, Some(transaction.id));
        let mut surplus = payment.stands();
        let mut posts = vec![Post::credit(payment.method.account(), came)];
        posts.push(Post::credit(MoneyAccount::BankCharges, payment.costs));
        posts.push(Post::debit(MoneyAccount::InTransit, payment.reversed));
        let mut opened = Vec::new();
        let paid = self.set_by(id);
        for (invoice, set) in standing {
            // What came undone of it was never paid, so it does not show as reversed.
            let reversed = paid.get(&invoice).copied().unwrap_or_default() - set;
            let row = self.draft.invoice_mut(invoice).expect("an invoice that was paid is loaded");
            row.issued_mut().expect("only what was issued is settled").reversed -= reversed;
            if set == Cents::ZERO {
                continue;
            }
            surplus -= set;
            self.allocate(invoice, -set, Settling::Unmatched(id), transaction.id);
            posts.push(Post::debit(MoneyAccount::Receivable, set).of(Some(invoice)));
            opened.push(invoice);
        }
        posts.push(Post::debit(MoneyAccount::CustomerCredit, surplus));
        self.draft.customer_mut().credit -= surplus;
        let row = self.draft.payment_mut(id).expect("found above");
        (row.undone, row.reversed) = (true, Cents::ZERO);
        self.draft.book_with(transaction, &[], &posts);
        self.note_unmatched(line, UnmatchedKind::Payment, id.0, done);
        for invoice in opened {
            self.freeze(invoice);
        }
        self.unsettle(&payment);
        self.pause_again(&payment);
    }

    /// The money of a collection did not come yet; what was told of its return stands.
    fn unsettle(&mut self, payment: &Payment) {
        let Some(collection) = payment.collection_id.and_then(|id| self.draft.collection_mut(id)) else { return };
        (collection.settled_on, collection.payment_id) = (None, None);
        if let Some(reversal) = collection.reversal_id {
            self.draft.reversal_mut(reversal).expect("the reversals of a customer are loaded").payment_id = None;
            self.count_again(reversal);
        }
    }

    /// A pause that the payment ended stands again, with its old day, where arrears are left and nothing was arranged (PAY-4).
    fn pause_again(&mut self, payment: &Payment) {
        let Some(since) = payment.ended_pause else { return };
        let arranged = self.customer().arranged_until.is_some_and(|until| until >= self.at.today());
        if self.customer().is_paused() || arranged || self.overdue() == Cents::ZERO {
            return;
        }
        self.draft.customer_mut().paused_on = Some(since);
        let reason = printed::wrong_match(self.customer().locale);
        let event = self.arrears_event(ArrearsEventKind::Paused, reason);
        self.draft.changes.arrears.push(event);
    }
}
