//! Cards are ordered, paid and become active (CARD-1, CARD-3, CARD-5, CARD-8).

use super::{Case, Receipt, conversion::first_date, customers::invalid};
use crate::domain::{
    Account, Card, Cents, InstallationId, Invoice, InvoiceId, Minutes, Origin, Payment, PaymentMethod, Policy, Refusal,
    TransactionKind,
    ledger::Line,
    policy::{ActivateOn, CardRules, Product, TopUp, Validity},
};
use chrono::{Datelike, Days, NaiveDate};

impl Case<'_> {
    pub(super) fn order_card(
        &mut self,
        product: &str,
        installation: Option<InstallationId>,
        renew: bool,
    ) -> Result<Receipt, Refusal> {
        let terms = self.at.policy().cards.as_ref().ok_or(Refusal::NoCards)?;
        let product = terms.product(product).ok_or_else(|| unknown_product(terms, product))?;
        let installation = self.place_of_card(&product, installation)?;
        self.check_first_purchase(terms, &product, installation)?;
        let (card, invoice) = self.sell(&product, installation, terms);
        if renew {
            self.give_consent()?;
        }
        Ok(Receipt::Card(card, Some(invoice)))
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

    /// Sells a card at today's price (CARD-1) with its invoice, and activates it where the policy does so on order.
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
            ordered_on: self.at.today(),
            activated_at: None,
            activated_on: None,
            expires_on: None,
            late_days: i64::from(terms.late_days),
            invoice_id: Some(invoice_id),
            installation_id,
            work: product.scope.work.clone(),
            converts_on: None,
            converted_from: None,
            credit: Cents::ZERO,
            available: Minutes::ZERO,
            held: Minutes::ZERO,
            used: Minutes::ZERO,
            expired: Minutes::ZERO,
            frozen: Minutes::ZERO,
            refunded: Minutes::ZERO,
            converted: Minutes::ZERO,
        };
        let invoice = self.invoice(invoice_id, &card, product, terms);
        if terms.activate_on == ActivateOn::Order {
            return (self.activate(card, TransactionKind::Activation), invoice);
        }
        self.draft.changes.cards.insert(card.id, card.clone());
        (card, invoice)
    }

    /// The numbered invoice of an order (PAY-1, PAY-6).
    fn invoice(&mut self, id: InvoiceId, card: &Card, product: &Product, terms: &CardRules) -> Invoice {
        let today = self.at.today();
        let counter = self.numbers().invoice.entry(today.year()).or_insert(1);
        let number = Invoice::format_number(today.year(), *counter);
        *counter += 1;
        let vat = product.price.percent(terms.vat_rate);
        let invoice = Invoice {
            id,
            customer_id: card.customer_id,
            card_id: card.id,
            number,
            issued_on: today,
            due_on: today.checked_add_days(Days::new(u64::from(terms.payment_days))).unwrap_or(today),
            net: product.price,
            vat_rate: terms.vat_rate,
            vat,
            gross: product.price + vat,
            paid: Cents::ZERO,
        };
        self.draft.changes.invoices.insert(id, invoice.clone());
        invoice
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

    pub(super) fn record_payment(
        &mut self,
        invoice: InvoiceId,
        amount: Cents,
        paid_on: NaiveDate,
        method: PaymentMethod,
    ) -> Result<Receipt, Refusal> {
        if amount <= Cents::ZERO {
            return Err(invalid("amount", "expected more than 0.00"));
        }
        if paid_on > self.at.today() {
            return Err(invalid("paid_on", "expected today or an earlier day"));
        }
        let (recorded_at, recorded_by) = (self.recorded_at(), self.actor().user());
        let invoice = self.draft.invoice_mut(invoice).ok_or(Refusal::NotFound("invoice"))?;
        if amount > invoice.open() {
            return Err(Refusal::Overpayment { open: invoice.open(), asked: amount });
        }
        invoice.paid = invoice.paid + amount;
        let (open_after, card) = (invoice.open(), invoice.card_id);
        let (invoice_id, customer_id) = (invoice.id, invoice.customer_id);
        if open_after == Cents::ZERO {
            let card = self.draft.card(card).expect("the card of a named invoice is loaded").clone();
            if card.activated_at.is_none() {
                self.activate(card, TransactionKind::Activation);
            }
        }
        let id = self.draft.fresh.id();
        let payment =
            Payment { id, invoice_id, customer_id, amount, paid_on, method, recorded_at, recorded_by, open_after };
        self.draft.changes.payments.push(payment.clone());
        Ok(Receipt::Payment(payment))
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
