//! Money comes in, is set off and is given back (CARD-3, PAY-5); what follows from an invoice that is paid: a card becomes
//! active or is thawed (PAY-3), a pause for arrears ends (PAY-4).

use super::{Case, Receipt, billing::Settling, customers::invalid};
use crate::domain::{
    Account, Actor, Allocation, AllocationKind, ArrearsEvent, ArrearsEventKind, BankCost, CardId, Cents,
    EstimateStatus, Invoice, InvoiceId, MoneyAccount, Payment, PaymentId, Post, Refusal, Repayment, Reversal,
    TransactionKind, command::Receiving, document::DocumentKind, ledger::Line, policy::ActivateOn, printed,
};
use chrono::{Days, NaiveDate};
use std::collections::BTreeSet;

/// A payment and what it settled.
#[derive(Clone, Debug, PartialEq)]
pub struct PaymentReceipt {
    /// The payment.
    pub payment: Payment,
    /// What of it was set against which invoice.
    pub allocations: Vec<Allocation>,
}

impl Case<'_> {
    pub(super) fn record_payment(&mut self, received: &Receiving) -> Result<Receipt, Refusal> {
        if received.amount <= Cents::ZERO {
            return Err(invalid("amount", "expected more than 0.00"));
        }
        // An order for many cards may come to more, and is paid at once.
        if received.amount > super::billing::MOST && received.keep_surplus {
            return Err(invalid("amount", "expected at most 10000000.00"));
        }
        if received.paid_on > self.at.today() {
            return Err(invalid("paid_on", "expected today or an earlier day"));
        }
        if received.costs < Cents::ZERO || received.costs > received.amount {
            return Err(invalid("costs", "expected 0.00 to the amount"));
        }
        if self.command.line().is_some() && received.method.account() != MoneyAccount::Bank {
            return Err(invalid("method", "expected bank: a line of the bank tells money on our account"));
        }
        let mut open = Cents::ZERO;
        for id in &received.invoices.iter().copied().collect::<BTreeSet<_>>() {
            let invoice = self.draft.invoice(*id).ok_or(Refusal::NotFound("invoice"))?;
            if invoice.issued().is_none() {
                return Err(Refusal::NotIssued);
            }
            if invoice.kind == DocumentKind::CreditNote {
                return Err(invalid("invoice_id", "expected an invoice: a credit note is not paid"));
            }
            open += invoice.open();
        }
        if received.amount > open && !received.keep_surplus {
            return Err(Refusal::Overpayment { open, asked: received.amount });
        }
        let payment = self.receive(received, None);
        self.after_payment(payment.id, &received.invoices);
        Ok(self.payment_receipt(payment.id))
    }

    /// What follows from a payment; it keeps which pause it ended, so that a wrong match can bring that back (BANK-9).
    pub(super) fn after_payment(&mut self, id: PaymentId, invoices: &[InvoiceId]) {
        let paused_on = self.customer().paused_on;
        self.after_settling(invoices);
        if !self.customer().is_paused() {
            self.draft.payment_mut(id).expect("the caller has it").ended_pause = paused_on;
        }
    }

    /// What a payment settled, as booked by this command.
    pub(super) fn payment_receipt(&self, id: PaymentId) -> Receipt {
        let payment = self.draft.payment(id).expect("the caller has it").clone();
        let settled = |row: &&Allocation| row.payment_id == Some(id) && row.kind == AllocationKind::Payment;
        let allocations = self.draft.allocations().filter(settled).cloned().collect();
        Receipt::Payment(Box::new(PaymentReceipt { payment: payment.as_recorded(), allocations }))
    }

    /// Books money: against the invoices in their order, what is left over as the customer's credit.
    pub(super) fn receive(&mut self, received: &Receiving, collection: Option<crate::domain::CollectionId>) -> Payment {
        let mut transaction = self.transaction(TransactionKind::Payment);
        transaction.booked_on = self.at.books(received.paid_on);
        let payment = Payment {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            amount: received.amount,
            paid_on: received.paid_on,
            method: received.method,
            note: received.note.clone(),
            bank_line_id: self.command.line(),
            collection_id: collection,
            reversed: Cents::ZERO,
            costs: received.costs,
            ended_pause: None,
            paid_out: Cents::ZERO,
            paid_out_on: None,
            paid_out_line: None,
            undone: false,
            recorded_at: self.recorded_at(),
            recorded_by: self.actor().user(),
            transaction_id: transaction.id,
        };
        let mut posts = vec![
            Post::debit(received.method.account(), received.amount - received.costs),
            Post::debit(MoneyAccount::BankCharges, received.costs),
        ];
        let mut left = received.amount;
        for id in &received.invoices {
            let part = self.draft.invoice(*id).map_or(Cents::ZERO, Invoice::open).min(left);
            left -= part;
            self.allocate(*id, part, Settling::Payment(payment.id), transaction.id);
            posts.push(Post::credit(MoneyAccount::Receivable, part).of(Some(*id)));
        }
        posts.push(Post::credit(MoneyAccount::CustomerCredit, left));
        self.draft.customer_mut().credit += left;
        self.draft.changes.payments.insert(payment.id, payment.clone());
        self.draft.book_with(transaction, &[], &posts);
        payment
    }

    /// What was paid too much is set against an invoice.
    pub(super) fn set_off(&mut self, id: InvoiceId) -> Result<Receipt, Refusal> {
        let invoice = self.draft.invoice(id).ok_or(Refusal::NotFound("invoice"))?;
        let part = invoice.open().min(self.customer().credit);
        if part <= Cents::ZERO {
            return Err(Refusal::NothingToSetOff { open: invoice.open(), credit: self.customer().credit });
        }
        Ok(Receipt::Allocation(self.set_against(id, part)))
    }

    /// Sets `part` of the customer's credit against an invoice that asks as much.
    pub(super) fn set_against(&mut self, id: InvoiceId, part: Cents) -> Allocation {
        let transaction = self.transaction(TransactionKind::SetOff);
        self.draft.customer_mut().credit -= part;
        self.allocate(id, part, Settling::Credit, transaction.id);
        let posts = [
            Post::debit(MoneyAccount::CustomerCredit, part),
            Post::credit(MoneyAccount::Receivable, part).of(Some(id)),
        ];
        self.draft.book_with(transaction, &[], &posts);
        let allocation = self.draft.changes.allocations.last().expect("just set off").clone();
        self.after_settling(&[id]);
        allocation
    }

    /// BANK-6: costs beside payments; negative where they were given back.
    pub(super) fn book_costs(&mut self, amount: Cents, valued_on: NaiveDate) -> Result<Receipt, Refusal> {
        if amount == Cents::ZERO || amount.max(-amount) > super::billing::MOST {
            return Err(invalid("amount", "expected -10000000.00 to 10000000.00, and not 0.00"));
        }
        if valued_on > self.at.today() {
            return Err(invalid("valued_on", "expected today or an earlier day"));
        }
        let mut transaction = self.transaction(TransactionKind::Costs);
        transaction.booked_on = self.at.books(valued_on);
        let cost = BankCost {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            amount,
            valued_on,
            bank_line_id: self.command.line(),
            recorded_at: self.recorded_at(),
            recorded_by: self.actor().user(),
            transaction_id: transaction.id,
        };
        let posts = [Post::debit(MoneyAccount::BankCharges, amount), Post::credit(MoneyAccount::Bank, amount)];
        self.draft.changes.costs.push(cost.clone());
        self.draft.book_with(transaction, &[], &posts);
        Ok(Receipt::Costs(cost))
    }

    /// BANK-6: what of a payment stands elsewhere comes to the bank, once.
    pub(super) fn pay_out(&mut self, id: PaymentId, paid_on: NaiveDate) -> Result<Receipt, Refusal> {
        let payment = self.draft.payment(id).ok_or(Refusal::NotFound("payment"))?.clone();
        if let Some(on) = payment.paid_out_on {
            return Err(Refusal::PaidOutBefore { on });
        }
        if payment.undone || payment.method.account() == MoneyAccount::Bank {
            return Err(Refusal::NotPaidElsewhere);
        }
        if paid_on < payment.paid_on || paid_on > self.at.today() {
            return Err(invalid("paid_on", "expected a day from the payment until today"));
        }
        let of_it = |row: &&Reversal| row.payment_id == Some(id) && !row.undone && !row.money_back;
        let gone: Cents = self.draft.reversals().filter(of_it).map(|row| row.amount).sum();
        let amount = payment.amount - payment.costs - gone;
        if amount <= Cents::ZERO {
            return Err(Refusal::NotPaidElsewhere);
        }
        let mut transaction = self.transaction(TransactionKind::Payout);
        transaction.booked_on = self.at.books(paid_on);
        let line = self.command.line();
        let row = self.draft.payment_mut(id).expect("found above");
        (row.paid_out, row.paid_out_on, row.paid_out_line) = (amount, Some(paid_on), line);
        let row = row.clone();
        let posts = [Post::debit(MoneyAccount::Bank, amount), Post::credit(MoneyAccount::OtherMoney, amount)];
        self.draft.book_with(transaction, &[], &posts);
        Ok(Receipt::PaidOut(Box::new(row)))
    }

    /// PAY-5: what was paid too much is given back.
    pub(super) fn repay(
        &mut self,
        amount: Cents,
        paid_on: NaiveDate,
        note: Option<String>,
    ) -> Result<Receipt, Refusal> {
        if amount <= Cents::ZERO {
            return Err(invalid("amount", "expected more than 0.00"));
        }
        if paid_on > self.at.today() {
            return Err(invalid("paid_on", "expected today or an earlier day"));
        }
        let credit = self.customer().credit;
        if amount > credit {
            return Err(Refusal::BeyondCredit { credit, asked: amount });
        }
        let mut transaction = self.transaction(TransactionKind::Repayment);
        transaction.booked_on = self.at.books(paid_on);
        let repayment = Repayment {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            amount,
            paid_on,
            note,
            bank_line_id: self.command.line(),
            recorded_at: self.recorded_at(),
            recorded_by: self.actor().user(),
            transaction_id: transaction.id,
        };
        self.draft.customer_mut().credit -= amount;
        let posts = [Post::debit(MoneyAccount::CustomerCredit, amount), Post::credit(MoneyAccount::Bank, amount)];
        self.draft.changes.repayments.push(repayment.clone());
        self.draft.book_with(transaction, &[], &posts);
        Ok(Receipt::Repayment(repayment))
    }

    /// What follows once something was set against these invoices: a pause ends when nothing is overdue any more, and cards
    /// that are paid become active or are thawed.
    pub(super) fn after_settling(&mut self, invoices: &[InvoiceId]) {
        if self.customer().is_paused() && self.overdue() == Cents::ZERO {
            self.end_pause("paid", Actor::Service);
            self.activate_waiting();
        }
        for id in invoices {
            if self.draft.invoice(*id).is_some_and(Invoice::is_paid) {
                self.thaw(*id);
                self.activate_paid(*id);
            }
        }
    }

    /// What should have been paid before today; the fee of a reactivation holds nothing up (PAY-4).
    pub(super) fn overdue(&self) -> Cents {
        let today = self.at.today();
        let late = |invoice: &&Invoice| invoice.is_overdue(today) && !invoice.is_reactivation();
        self.draft.invoices().filter(late).map(Invoice::open).sum()
    }

    /// The account goes on.
    pub(super) fn end_pause(&mut self, reason: &str, actor: Actor) -> ArrearsEvent {
        self.draft.customer_mut().paused_on = None;
        let mut event = self.arrears_event(ArrearsEventKind::Resumed, reason);
        event.recorded_by = actor.user();
        self.draft.changes.arrears.push(event.clone());
        event
    }

    /// Cards that were paid or ordered during a pause become active once it is over (PAY-4).
    pub(super) fn activate_waiting(&mut self) {
        let waiting: Vec<CardId> = self
            .draft
            .cards()
            .filter(|card| card.activated_at.is_none() && card.cancelled_on.is_none())
            .filter(|card| {
                let terms = self.at.policies.at(card.ordered_on).1.cards.as_ref();
                let on_order = terms.is_some_and(|terms| terms.activate_on == ActivateOn::Order);
                let paid = card.invoice_id.and_then(|id| self.draft.invoice(id)).is_some_and(Invoice::is_paid);
                on_order || paid
            })
            .map(|card| card.id)
            .collect();
        for id in waiting {
            let card = self.draft.card(id).expect("found above").clone();
            self.activate(card, TransactionKind::Activation);
        }
    }

    /// CARD-3: the card of a paid invoice becomes active, unless the account is paused (PAY-4).
    fn activate_paid(&mut self, id: InvoiceId) {
        let card = self.draft.cards().find(|card| {
            card.invoice_id == Some(id)
                && card.activated_at.is_none()
                && card.cancelled_on.is_none()
                && card.converted_from.is_none()
        });
        let Some(card) = card.cloned() else { return };
        if !self.customer().is_paused() {
            self.activate(card, TransactionKind::Activation);
        }
    }

    /// PAY-3: what is available and held of a card whose payment came undone waits until it is paid again; so does what
    /// comes back to it by then.
    pub(super) fn freeze(&mut self, id: InvoiceId) {
        let today = self.at.today();
        let frozen: Vec<CardId> = self
            .draft
            .cards()
            .filter(|card| card.invoice_id == Some(id) && card.frozen_on.is_none() && card.activated_at.is_some())
            .filter(|card| self.freezes(card.ordered_on))
            // Of a card that is past nothing is left to freeze but what is held; what comes back to it expires (CARD-5).
            .filter(|card| !card.is_past(today) || self.has_holds(card.id))
            .map(|card| card.id)
            .collect();
        let days = self.at.policy().reversals.as_ref().map_or(30, |rules| rules.dunning_days);
        for card in frozen {
            let mut lines = Vec::new();
            for hold in self.draft.holds().filter(|hold| hold.card_id == card && hold.minutes.is_positive()) {
                lines.push(Line {
                    card: Some(card),
                    estimate: Some(hold.estimate_id),
                    from: Account::Held,
                    to: Account::Frozen,
                    minutes: hold.minutes,
                    basis: None,
                });
            }
            let row = self.draft.card_mut(card).expect("found above");
            row.frozen_on = Some(today);
            row.credited_from = today.checked_add_days(Days::new(u64::from(days)));
            lines.push(Line {
                card: Some(card),
                estimate: None,
                from: Account::Available,
                to: Account::Frozen,
                minutes: row.available,
                basis: None,
            });
            self.book_moved(TransactionKind::Freeze, &lines);
        }
    }

    fn has_holds(&self, card: CardId) -> bool {
        self.draft.holds().any(|hold| hold.card_id == card && hold.minutes.is_positive())
    }

    /// Prepaid cards are frozen; those that are active on order only where the policy says so.
    fn freezes(&self, ordered_on: NaiveDate) -> bool {
        let policy = self.at.policies.at(ordered_on).1;
        let prepaid = policy.cards.as_ref().is_some_and(|terms| terms.activate_on == ActivateOn::Payment);
        prepaid || self.at.policy().reversals.as_ref().is_some_and(|rules| rules.freeze_on_reversal)
    }

    /// PAY-3: paid again, the minutes are back, and the card is valid for as many days more as they were frozen.
    fn thaw(&mut self, id: InvoiceId) {
        let today = self.at.today();
        let frozen = |card: &&crate::domain::Card| card.invoice_id == Some(id) && card.frozen_on.is_some();
        let cards: Vec<CardId> = self.draft.cards().filter(frozen).map(|card| card.id).collect();
        for id in cards {
            let parts = self.frozen_parts(id);
            let card = self.draft.card_mut(id).expect("found above");
            let since = card.frozen_on.take().expect("found by it");
            card.credited_from = None;
            let days = Days::new(u64::try_from((today - since).num_days()).unwrap_or(0));
            card.expires_on = card.expires_on.map(|last| last.checked_add_days(days).unwrap_or(last));
            let home = super::settle::home_of(card, today);
            let mut lines = Vec::new();
            for (from, estimate, minutes) in parts {
                let open = estimate
                    .and_then(|id| self.draft.estimate(id))
                    .is_some_and(|estimate| estimate.status == EstimateStatus::Accepted);
                let to = if open { Account::Held } else { home };
                lines.push(Line { card: Some(id), estimate, from, to, minutes, basis: None });
            }
            self.book_moved(TransactionKind::Thaw, &lines);
        }
    }

    /// Books lines, unless nothing moves.
    fn book_moved(&mut self, kind: TransactionKind, lines: &[Line]) {
        if lines.iter().any(|line| line.minutes.is_positive()) {
            let transaction = self.transaction(kind);
            self.draft.book(transaction, lines);
        }
    }

    /// PAY-3: what is still frozen after the dunning days is credited; what was used stays owed.
    pub(super) fn credit_frozen(&mut self) {
        let today = self.at.today();
        let due = |card: &&crate::domain::Card| card.credited_from.is_some_and(|day| day <= today);
        let cards: Vec<CardId> = self.draft.cards().filter(due).map(|card| card.id).collect();
        for id in cards {
            let parts = self.frozen_parts(id);
            let row = self.draft.card_mut(id).expect("found above");
            row.credited_from = None;
            if row.frozen.is_positive() {
                row.frozen_on = None;
            }
            let reason = printed::unpaid(self.customer().locale);
            self.refund_parts(id, &parts, (TransactionKind::CreditNote, reason));
        }
    }
}
