//! Arrears: a pause, an arrangement, the fee of a reactivation (PAY-4); and where documents are addressed to.

use super::{
    Case, Receipt,
    billing::{Terms, fee_of},
    customers::invalid,
};
use crate::domain::{
    ArrearsEvent, ArrearsEventKind, AskedVia, Billing, Cents, LineSource, MoneyAccount, Refusal, Series,
    company_numbers,
    document::{DocumentKind, Quantity, VatCategory},
    printed,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;

impl Case<'_> {
    /// An event of now, without what only some kinds have.
    pub(super) fn arrears_event(&mut self, kind: ArrearsEventKind, reason: &str) -> ArrearsEvent {
        ArrearsEvent {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            kind,
            reason: reason.to_owned(),
            overdue: self.overdue(),
            until: None,
            asked_via: None,
            factor: None,
            invoice_id: None,
            recorded_at: self.recorded_at(),
            recorded_by: self.actor().user(),
        }
    }

    fn record_arrears(&mut self, event: ArrearsEvent) -> Receipt {
        self.draft.changes.arrears.push(event.clone());
        Receipt::Arrears(Box::new(event))
    }

    /// PAY-4: only with arrears, and not while an arrangement holds.
    pub(super) fn pause_account(&mut self, reason: &str) -> Result<Receipt, Refusal> {
        let today = self.at.today();
        if let Some(until) = self.customer().arranged_until.filter(|until| *until >= today) {
            return Err(Refusal::Arranged { until });
        }
        if self.overdue() == Cents::ZERO {
            return Err(Refusal::NoArrears);
        }
        if let Some(since) = self.customer().paused_on {
            return Err(Refusal::AlreadyPaused { since });
        }
        self.draft.customer_mut().paused_on = Some(today);
        let event = self.arrears_event(ArrearsEventKind::Paused, reason);
        Ok(self.record_arrears(event))
    }

    pub(super) fn resume_account(&mut self, reason: &str) -> Result<Receipt, Refusal> {
        if !self.customer().is_paused() {
            return Err(Refusal::NotPaused);
        }
        let event = self.end_pause(reason, self.actor());
        self.activate_waiting();
        Ok(Receipt::Arrears(Box::new(event)))
    }

    /// PAY-4: asked in writing and approved, it prevents the pause, and ends one.
    pub(super) fn arrange(&mut self, until: NaiveDate, via: AskedVia, reason: &str) -> Result<Receipt, Refusal> {
        if until < self.at.today() {
            return Err(invalid("until", "expected today or a later day"));
        }
        if self.overdue() == Cents::ZERO {
            return Err(Refusal::NoArrears);
        }
        let mut event = self.arrears_event(ArrearsEventKind::Arranged, reason);
        event.until = Some(until);
        event.asked_via = Some(via);
        self.draft.customer_mut().arranged_until = Some(until);
        let receipt = self.record_arrears(event);
        if self.customer().is_paused() {
            self.end_pause(reason, self.actor());
            self.activate_waiting();
        }
        Ok(receipt)
    }

    pub(super) fn end_arrangement(&mut self, reason: &str) -> Result<Receipt, Refusal> {
        let today = self.at.today();
        if self.customer().arranged_until.is_none_or(|until| until < today) {
            return Err(Refusal::NotArranged);
        }
        self.draft.customer_mut().arranged_until = None;
        let event = self.arrears_event(ArrearsEventKind::ArrangementEnded, reason);
        Ok(self.record_arrears(event))
    }

    /// PAY-4: 0 to 6 monthly amounts, by finance with a reason; nothing waits for its payment.
    pub(super) fn charge_reactivation(&mut self, factor: Decimal, reason: &str) -> Result<Receipt, Refusal> {
        let rules = self.at.policy().reactivation.ok_or(Refusal::NoReactivation)?;
        let factor = factor.normalize();
        if factor < Decimal::ZERO || factor > rules.most || factor.scale() > 2 {
            let expected = format!("expected 0 to {} monthly amounts, with at most 2 decimals", rules.most.normalize());
            return Err(invalid("factor", expected));
        }
        let monthly = self.customer().monthly().or(factor.is_zero().then_some(Cents::ZERO));
        let amount = monthly.ok_or(Refusal::NoMonthlyAmount)?.times(factor);
        let mut event = self.arrears_event(ArrearsEventKind::Reactivated, reason);
        event.factor = Some(factor);
        if amount > Cents::ZERO {
            let (net, category, rate) = fee_of(amount, rules.vat, self.at.policy().invoices.vat_rate);
            let (text, detail) = printed::reactivation_fee(factor, self.customer().locale);
            let parts = (Quantity::Pieces(1), net, net);
            let mut line = self.line(text, Some(detail), parts, LineSource::Reactivation);
            line.printed.category = category;
            line.printed.rate = rate;
            let outside = category == VatCategory::Outside;
            if outside {
                line.account = MoneyAccount::FeeOutside;
            }
            let series = if outside { Series::Fee } else { Series::Invoice };
            let document = self.new_document(DocumentKind::Invoice, series, vec![line]);
            let days = self.at.policy().invoices.payment_days;
            event.invoice_id = Some(self.issue_or_wait(document, Terms::within(days)).id);
        }
        Ok(self.record_arrears(event))
    }

    /// PAY-4: while the account is paused no estimate is accepted and no card drawn.
    pub(super) fn check_not_paused(&self) -> Result<(), Refusal> {
        self.customer().paused_on.map_or(Ok(()), |since| Err(Refusal::AccountPaused { since }))
    }

    /// Where documents are addressed to.
    pub(super) fn set_billing(&mut self, billing: &Billing) -> Result<Receipt, Refusal> {
        let told = |text: &Option<String>| text.as_deref().map(str::to_owned);
        if told(&billing.registration).is_some_and(|text| !company_numbers::is_registration(&text)) {
            return Err(invalid("registration", "expected the 8 digits of the trade register, such as 12345678"));
        }
        // A business abroad is invoiced without VAT, shifted to the buyer (`finance/notes.md` 1.2): never silently at our rate.
        if billing.country.as_deref().is_some_and(|country| country != "NL") {
            return Err(invalid("country", "expected NL: invoices to other countries need another treatment of VAT"));
        }
        if told(&billing.vat_number).is_some_and(|text| !company_numbers::is_vat_number(&text)) {
            return Err(invalid("vat_number", "expected a VAT number such as NL123456782B01"));
        }
        if billing.monthly_amount.is_some_and(|amount| amount < Cents::ZERO) {
            return Err(invalid("monthly_amount", "expected 0.00 or more"));
        }
        self.draft.customer_mut().billing = Some(billing.clone());
        Ok(Receipt::Billing(Box::new(billing.clone())))
    }
}
