//! Cards are ordered, paid and become active (CARD-1, CARD-3, CARD-5, CARD-8).

use super::{Case, Receipt, billing::Terms, conversion::first_date};
use crate::domain::{
    Account, Billing, Card, Cents, InstallationId, Invoice, InvoiceId, InvoiceLine, LineSource, Minutes, MoneyAccount,
    Origin, Policy, Refusal, Series, TransactionKind,
    document::{DocumentKind, DocumentLine, Quantity, VatCategory},
    ledger::Line,
    policy::{ActivateOn, CardRules, Product, TopUp, Validity},
    printed,
};
use chrono::NaiveDate;

impl Case<'_> {
    pub(super) fn order_card(
        &mut self,
        product: &str,
        installation: Option<InstallationId>,
        renew: bool,
        told: Option<&Billing>,
    ) -> Result<Receipt, Refusal> {
        let terms = self.at.policy().cards.as_ref().ok_or(Refusal::NoCards)?;
        let product = terms.product(product).ok_or_else(|| unknown_product(terms, product))?;
        let installation = self.place_of_card(&product, installation)?;
        self.check_first_purchase(terms, &product, installation)?;
        if let Some(told) = told {
            let known = self.customer().billing.clone().unwrap_or_default();
            self.set_billing(&known.completed(told))?;
        }
        let (card, invoice) = self.sell(&product, installation, terms);
        if renew {
            self.give_consent()?;
        }
        Ok(Receipt::Card(Box::new(card), Some(Box::new(invoice))))
    }

    /// The first purchase holds at least so much. Later ones may be smaller: always, or while a strip is left of what was
    /// bought for the same installation; after that an order is a first purchase again.
    fn check_first_purchase(
        &self,
        terms: &CardRules,
        product: &Product,
        installation: Option<InstallationId>,
    ) -> Result<(), Refusal> {
        let bought = |card: &&Card| card.origin == Origin::Bought && card.installation_id == installation;
        let is_top_up = match terms.top_up {
            TopUp::Any => self.draft.has_bought(),
            TopUp::WhileLeft => self.draft.cards().filter(bought).map(Card::left).sum::<Minutes>() >= terms.strip,
        };
        if !is_top_up && product.minutes < terms.minimum_first {
            let (minimum, asked) = (terms.minimum_first, product.minutes);
            return Err(Refusal::BelowFirstPurchase { minimum, asked, strip: terms.strip });
        }
        Ok(())
    }

    /// Sells a card at today's price (CARD-1) with its invoice, and activates it where the policy does so on order: also while
    /// the invoice waits for an address (PAY-1a), for the agreement stands.
    pub(super) fn sell(
        &mut self,
        product: &Product,
        installation_id: Option<InstallationId>,
        terms: &CardRules,
    ) -> (Card, Invoice) {
        let invoice_id: InvoiceId = self.draft.fresh.id();
        let card = Card {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            product: product.id.clone(),
            origin: Origin::Bought,
            minutes: product.minutes,
            granted: Minutes::ZERO,
            price: product.price,
            vat: product.price.percent(terms.vat_rate),
            ordered_on: self.at.today(),
            activated_at: None,
            activated_on: None,
            expires_on: None,
            late_days: i64::from(terms.late_days),
            invoice_id: Some(invoice_id),
            invoiced_on: None,
            installation_id,
            work: product.scope.work.clone(),
            converts_on: None,
            converted_from: None,
            credit: Cents::ZERO,
            frozen_on: None,
            credited_from: None,
            cancelled_on: None,
            available: Minutes::ZERO,
            held: Minutes::ZERO,
            used: Minutes::ZERO,
            expired: Minutes::ZERO,
            frozen: Minutes::ZERO,
            refunded: Minutes::ZERO,
            converted: Minutes::ZERO,
        };
        self.draft.changes.cards.insert(card.id, card.clone());
        let invoice = self.invoice_card(invoice_id, &card, terms);
        let card = self.draft.card(card.id).expect("inserted above").clone();
        let at_once = terms.activate_on == ActivateOn::Order || invoice.is_paid();
        // PAY-4: nothing becomes active while the account is paused.
        if at_once && !self.customer().is_paused() {
            return (self.activate(card, TransactionKind::Activation), invoice);
        }
        (card, invoice)
    }

    /// The invoice of an order (PAY-1, PAY-6): one line, at the rate of VAT of the cards.
    fn invoice_card(&mut self, id: InvoiceId, card: &Card, terms: &CardRules) -> Invoice {
        let printed = DocumentLine {
            description: printed::card(card.minutes, self.customer().locale),
            detail: card.installation_id.and_then(|id| self.draft.installation(id)).map(|place| place.name.clone()),
            quantity: Quantity::Pieces(1),
            unit_price: card.price,
            net: card.price,
            category: VatCategory::Standard,
            rate: terms.vat_rate,
        };
        let (account, source) = (MoneyAccount::Deferred, LineSource::Card(card.id));
        let line = InvoiceLine { printed, account, source, credited: Cents::ZERO };
        let mut invoice = self.new_document(DocumentKind::Invoice, Series::Invoice, vec![line]);
        invoice.id = id;
        invoice.card_id = Some(card.id);
        self.issue_or_wait(invoice, Terms::within(terms.payment_days))
    }

    /// Grants a card its minutes, from today on (CARD-3). Validity is that of the policy of its order (POL-1).
    pub(super) fn activate(&mut self, mut card: Card, kind: TransactionKind) -> Card {
        let today = self.at.today();
        let (version, policy) = self.at.policies.at(card.ordered_on);
        card.activated_at = Some(self.recorded_at());
        card.activated_on = Some(today);
        card.expires_on = last_day(policy, &card, today);
        card.converts_on = first_date(&card, self.at.policies, today);
        let id = card.id;
        let line = Line {
            card: Some(id),
            estimate: None,
            from: Account::Issued,
            to: Account::Available,
            minutes: card.minutes,
            basis: None,
        };
        self.draft.changes.cards.insert(id, card);
        let mut transaction = self.transaction(kind);
        transaction.policy_version = version;
        self.draft.book(transaction, &[line]);
        self.draft.card(id).expect("inserted above").clone()
    }
}

/// CARD-5: months count from the activation or, where the policy says so, from the order; calendar years from the year
/// of the order.
fn last_day(policy: &Policy, card: &Card, activated: NaiveDate) -> Option<NaiveDate> {
    let validity = policy.cards.as_ref()?.validity;
    let from_order = matches!(validity, Validity::CalendarYears(_) | Validity::MonthsFromOrder(_));
    validity.last_day(if from_order { card.ordered_on } else { activated })
}

fn unknown_product(terms: &CardRules, asked: &str) -> Refusal {
    let mut products: Vec<String> = terms.products.iter().map(|product| product.id.clone()).collect();
    if terms.hourly_price.is_some() {
        products.push("any whole number of hours, such as 7h".to_owned());
    }
    if terms.strip_price.is_some() {
        products.push("any whole number of strips, such as 32s".to_owned());
    }
    Refusal::UnknownProduct { asked: asked.to_owned(), products: products.join(", ") }
}
