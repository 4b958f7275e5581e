//! Direct debits: mandates, collections, and what the bank tells about them in any order (PAY-2).

use super::{Case, Receipt, customers::invalid, reversals::code_of};
use crate::domain::{
    Cents, Collection, CollectionId, InvoiceId, Mandate, MandateId, PaymentMethod, Refusal, Reversal, ReversalId,
    TransactionKind,
    bank::{Scheme, Sequence},
    command::{Receiving, Undone},
    iban::is_iban,
    sepa_text,
    target_days::next_bank_day,
};
use chrono::NaiveDate;

impl Case<'_> {
    /// The mandate under which invoices of this customer are collected today, the newest first.
    pub(super) fn mandate_in_force(&self) -> Option<&Mandate> {
        self.at.policy().collection.as_ref()?;
        let today = self.at.today();
        self.draft.mandates().filter(|mandate| mandate.holds_on(today)).max_by_key(|mandate| mandate.id)
    }

    /// A new mandate takes the place of the one before.
    pub(super) fn record_mandate(
        &mut self,
        reference: Option<&str>,
        scheme: Option<Scheme>,
        signed_on: NaiveDate,
        (debtor_name, iban): (&str, &str),
    ) -> Result<Receipt, Refusal> {
        let rules = self.at.policy().collection.as_ref().ok_or(Refusal::NoDirectDebits)?;
        let iban = checked_iban(iban)?;
        checked_holder(debtor_name)?;
        if signed_on > self.at.today() {
            return Err(invalid("signed_on", "expected today or an earlier day"));
        }
        let scheme = scheme.unwrap_or(rules.scheme);
        let id: MandateId = self.draft.fresh.id();
        let made = || format!("M{:06}-{}", self.customer().number, &id.0.simple().to_string()[20..]);
        let reference = reference.map_or_else(made, str::to_owned);
        if reference.is_empty() || reference.len() > 35 || !reference.bytes().all(is_reference) {
            return Err(invalid("reference", "expected at most 35 letters, digits, points and dashes"));
        }
        if self.draft.reference_taken() {
            return Err(Refusal::MandateExists { reference });
        }
        let at = self.recorded_at();
        let before: Vec<MandateId> =
            self.draft.mandates().filter(|mandate| mandate.ended_at.is_none()).map(|mandate| mandate.id).collect();
        for old in before {
            let old = self.draft.mandate_mut(old).expect("found above");
            old.ended_at = Some(at);
            old.ended_because = Some("replaced".to_owned());
        }
        let mandate = Mandate {
            id,
            customer_id: self.customer().id,
            reference,
            scheme,
            signed_on,
            debtor_name: debtor_name.to_owned(),
            iban,
            recorded_at: at,
            recorded_by: self.actor().user(),
            last_used_on: None,
            ended_at: None,
            ended_because: None,
            amends: None,
        };
        self.draft.changes.mandates.insert(id, mandate.clone());
        Ok(Receipt::Mandate(Box::new(mandate)))
    }

    /// The same mandate goes on with another account or holder: a row of its own under the same reference, so that what
    /// was sent to the old account stays to be seen. What is planned and not sent goes along.
    pub(super) fn amend_mandate(
        &mut self,
        id: MandateId,
        debtor_name: Option<&str>,
        iban: &str,
    ) -> Result<Receipt, Refusal> {
        self.at.policy().collection.as_ref().ok_or(Refusal::NoDirectDebits)?;
        let old = self.draft.mandate(id).ok_or(Refusal::NotFound("mandate"))?.clone();
        if old.ended_at.is_some() {
            return Err(Refusal::MandateEnded);
        }
        let iban = checked_iban(iban)?;
        let debtor_name = debtor_name.unwrap_or(&old.debtor_name).to_owned();
        checked_holder(&debtor_name)?;
        if iban == old.iban && debtor_name == old.debtor_name {
            return Err(Refusal::NothingToAmend);
        }
        let at = self.recorded_at();
        let amended = Mandate {
            id: self.draft.fresh.id(),
            debtor_name,
            iban,
            recorded_at: at,
            recorded_by: self.actor().user(),
            amends: Some(id),
            ..old
        };
        let before = self.draft.mandate_mut(id).expect("found above");
        before.ended_at = Some(at);
        before.ended_because = Some(Mandate::AMENDED.to_owned());
        self.draft.changes.mandates.insert(amended.id, amended.clone());
        let waiting: Vec<CollectionId> = self
            .draft
            .collections()
            .filter(|row| row.mandate_id == id && row.batch.is_none() && row.is_pending())
            .map(|row| row.id)
            .collect();
        for planned in waiting {
            self.draft.collection_mut(planned).expect("found above").mandate_id = amended.id;
        }
        Ok(Receipt::Mandate(Box::new(amended)))
    }

    pub(super) fn end_mandate(&mut self, id: MandateId, reason: &str) -> Result<Receipt, Refusal> {
        let at = self.recorded_at();
        let mandate = self.draft.mandate_mut(id).ok_or(Refusal::NotFound("mandate"))?;
        if mandate.ended_at.is_none() {
            mandate.ended_at = Some(at);
            mandate.ended_because = Some(reason.to_owned());
        }
        Ok(Receipt::Mandate(Box::new(mandate.clone())))
    }

    /// What is open of an invoice is to be collected: one attempt at a time, on the first bank day from the one asked for.
    /// It does not matter whether the mandate or the invoice came first.
    pub(super) fn plan_collection(&mut self, id: InvoiceId, asked_on: NaiveDate) -> Result<Receipt, Refusal> {
        self.at.policy().collection.as_ref().ok_or(Refusal::NoDirectDebits)?;
        let invoice = self.draft.invoice(id).ok_or(Refusal::NotFound("invoice"))?.clone();
        let amount = invoice.open();
        if amount.0 <= 0 {
            return Err(Refusal::NothingToCollect);
        }
        if asked_on < self.at.today() {
            return Err(invalid("collect_on", "expected today or a later day"));
        }
        let attempts: Vec<&Collection> = self.draft.collections().filter(|row| row.invoice_id == id).collect();
        if attempts.iter().any(|row| row.is_pending()) {
            return Err(Refusal::CollectionPending);
        }
        let attempt = i64::try_from(attempts.len()).unwrap_or(i64::MAX) + 1;
        let collect_on = next_bank_day(asked_on);
        let mandate =
            self.mandate_in_force().filter(|mandate| mandate.holds_on(collect_on)).ok_or(Refusal::NoMandate)?;
        if mandate.signed_on > collect_on {
            return Err(Refusal::SignedLater { signed_on: mandate.signed_on });
        }
        let sequence = if mandate.last_used_on.is_some() { Sequence::Recurring } else { Sequence::First };
        let mandate_id = mandate.id;
        let planned = Collection {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            invoice_id: id,
            mandate_id,
            attempt,
            end_to_end_id: format!("{}-{attempt}", invoice.number()),
            amount,
            asked_on,
            collect_on,
            sequence,
            created_at: self.recorded_at(),
            created_by: self.actor().user(),
            batch: None,
            settled_on: None,
            payment_id: None,
            reversal_id: None,
            cancelled_at: None,
            cancelled_by: None,
            cancelled_because: None,
        };
        self.draft.mandate_mut(mandate_id).expect("found above").last_used_on = Some(collect_on);
        self.draft.changes.collections.insert(planned.id, planned.clone());
        Ok(Receipt::Collection(Box::new(planned)))
    }

    /// What was planned and not sent is called off. Its id stays taken, and the invoice can be planned anew; the mandate
    /// was last used when it was before.
    pub(super) fn cancel_collection(&mut self, id: CollectionId, reason: &str) -> Result<Receipt, Refusal> {
        let found = self.draft.collection(id).ok_or(Refusal::NotFound("collection"))?.clone();
        let end_to_end_id = found.end_to_end_id.clone();
        if found.cancelled_at.is_some() {
            return Ok(Receipt::Collection(Box::new(found)));
        }
        if !found.is_pending() {
            return Err(Refusal::CollectionAnswered { end_to_end_id });
        }
        if found.batch.is_some() {
            return Err(Refusal::CollectionSent { end_to_end_id });
        }
        let (at, by) = (self.recorded_at(), self.actor().user());
        let row = self.draft.collection_mut(id).expect("found above");
        row.cancelled_at = Some(at);
        row.cancelled_by = by;
        row.cancelled_because = Some(reason.to_owned());
        let row = row.clone();
        let reference = self.draft.mandate(row.mandate_id).map(|mandate| mandate.reference.clone());
        let same: Vec<MandateId> = self
            .draft
            .mandates()
            .filter(|mandate| Some(&mandate.reference) == reference.as_ref())
            .map(|mandate| mandate.id)
            .collect();
        let under = self.draft.collections().filter(|each| same.contains(&each.mandate_id));
        let used = under.filter(|each| each.cancelled_at.is_none()).map(|each| each.collect_on).max();
        if let Some(mandate) = self.draft.mandate_mut(row.mandate_id) {
            mandate.last_used_on = used;
        }
        Ok(Receipt::Collection(Box::new(row)))
    }

    /// A collection of which a bank can tell something: not one that was called off, which it never got.
    fn sent(&self, id: CollectionId) -> Result<Collection, Refusal> {
        let found = self.draft.collection(id).ok_or(Refusal::NotFound("collection"))?.clone();
        match found.cancelled_at {
            Some(_) => Err(Refusal::CollectionCalledOff { end_to_end_id: found.end_to_end_id }),
            None => Ok(found),
        }
    }

    /// The money of a collection came. When it was told before that it did not stay, both are booked now.
    pub(super) fn settle_collection(&mut self, id: CollectionId, settled_on: NaiveDate) -> Result<Receipt, Refusal> {
        let collection = self.sent(id)?;
        if collection.settled_on.is_some() {
            let payment = collection.payment_id.and_then(|id| self.draft.payment(id));
            let line = self.command.line();
            return match payment {
                Some(payment) if line.is_some() && line != payment.bank_line_id => Err(Refusal::ToldByOtherLine),
                _ => Ok(Receipt::Collection(Box::new(collection))),
            };
        }
        if settled_on > self.at.today() {
            return Err(invalid("settled_on", "expected today or an earlier day"));
        }
        let received = Receiving {
            amount: collection.amount,
            costs: Cents::ZERO,
            paid_on: settled_on,
            method: PaymentMethod::DirectDebit,
            note: Some(collection.end_to_end_id.clone()),
            bank_line: self.command.line(),
            invoices: vec![collection.invoice_id],
            keep_surplus: true,
        };
        let payment = self.receive(&received, Some(id));
        let row = self.draft.collection_mut(id).expect("found above");
        row.settled_on = Some(settled_on);
        row.payment_id = Some(payment.id);
        let row = row.clone();
        self.after_payment(payment.id, &[collection.invoice_id]);
        if let Some(reversal) = collection.reversal_id {
            self.undo_payment(payment.id, reversal, false);
            self.count_again(reversal);
        }
        Ok(Receipt::Collection(Box::new(row)))
    }

    /// A collection was refused, or came undone. Told again, it adds only what was not known yet: that money had moved
    /// after all, and what the bank charged.
    pub(super) fn reverse_collection(&mut self, id: CollectionId, told: &Undone) -> Result<Receipt, Refusal> {
        let collection = self.sent(id)?;
        if let Some(known) = collection.reversal_id {
            return self.told_again(known, collection.mandate_id, told);
        }
        let counted = self.counts(told, told.rejected && collection.payment_id.is_none());
        let reversal = Reversal { collection_id: Some(id), counted, ..self.reversal(collection.amount, told) };
        self.draft.changes.reversals.insert(reversal.id, reversal.clone());
        self.draft.collection_mut(id).expect("found above").reversal_id = Some(reversal.id);
        if !told.rejected {
            self.mark_debited(reversal.id);
        }
        match collection.payment_id {
            Some(payment) => self.undo_payment(payment, reversal.id, !told.rejected),
            None if told.rejected => {}
            None => self.book_debit(reversal.id, self.command.line(), (TransactionKind::PaymentReversal, 1)),
        }
        self.charge_as_told(reversal.id, told);
        self.follow_reversal(&reversal, Some(collection.mandate_id));
        Ok(Receipt::Reversal(Box::new(self.draft.reversal(reversal.id).expect("inserted above").clone())))
    }

    /// A return says more than the refusal that was told before it: our account was debited. A refusal after a return adds
    /// nothing but that it was told.
    fn told_again(&mut self, id: ReversalId, mandate: MandateId, told: &Undone) -> Result<Receipt, Refusal> {
        let known = self.draft.reversal(id).ok_or(Refusal::NotFound("reversal"))?.clone();
        let line = self.command.line();
        if told.rejected {
            let row = self.draft.reversal_mut(id).expect("found above");
            if row.refused_code.is_none() {
                (row.refused_line, row.refused_on) = (line, Some(told.valued_on));
                row.refused_code = Some(code_of(told));
            }
        } else if line.is_some() && known.bank_line_id.is_some() && known.bank_line_id != line {
            return Err(Refusal::ToldByOtherLine);
        } else if !known.money_back || (line.is_some() && known.bank_line_id.is_none()) {
            self.debit_again(&known, told);
        }
        if known.rejected && !told.rejected {
            let row = self.draft.reversal_mut(id).expect("found above");
            row.rejected = false;
            row.code = code_of(told);
            self.count_again(id);
            let now = self.draft.reversal(id).expect("found above").clone();
            self.follow_reversal(&now, Some(mandate));
        }
        self.charge_as_told(id, told);
        Ok(Receipt::Reversal(Box::new(self.draft.reversal(id).expect("found above").clone())))
    }

    /// Our account was debited, of what was known as refused or was recorded by hand: what a line tells takes the place of
    /// that, so that the transactions that name it move exactly its money (BANK-4).
    fn debit_again(&mut self, known: &Reversal, told: &Undone) {
        let (id, line) = (known.id, self.command.line());
        if line.is_some() {
            if known.money_back {
                self.book_debit(id, None, (TransactionKind::PaymentReversal, -1));
            }
            self.book_charge(id, -known.hand_charge, (None, TransactionKind::PaymentReversal));
        }
        if known.rejected {
            self.draft.reversal_mut(id).expect("the caller has it").valued_on = told.valued_on;
        }
        self.mark_debited(id);
        self.book_debit(id, line, (TransactionKind::PaymentReversal, 1));
    }

    /// Whether a reversal counts, now that more is known of it; what a person said stands.
    pub(super) fn count_again(&mut self, id: ReversalId) {
        let row = self.draft.reversal(id).expect("the caller has it").clone();
        if row.counted_because.is_none() {
            let told = Undone {
                code: row.code.clone(),
                valued_on: row.valued_on,
                rejected: row.rejected,
                charge: Cents::ZERO,
            };
            let counted = self.counts(&told, row.is_refused());
            self.draft.reversal_mut(id).expect("found above").counted = counted;
            self.settle_fees();
        }
    }
}

/// An account, as it is kept.
fn checked_iban(iban: &str) -> Result<String, Refusal> {
    let iban: String = iban.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
    if is_iban(&iban) {
        return Ok(iban);
    }
    Err(invalid("iban", "expected an IBAN such as NL91 ABNA 0417 1643 00; its check digits do not match"))
}

/// The name of who holds it, of which a bank must be able to read something.
fn checked_holder(name: &str) -> Result<(), Refusal> {
    let readable = sepa_text::name(name).map(drop);
    readable.ok_or_else(|| invalid("debtor_name", "expected a name with letters or digits that a bank can read"))
}

fn is_reference(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.".contains(&byte)
}
