//! Customers and their persons (CARD-2, SPEND-1, SPEND-2, SPEND-6).

use super::{Case, Receipt};
use crate::domain::{
    Act, Actor, Card, Cents, Contact, ContactId, Customer, CustomerId, Minutes, Origin, Refusal, Role, TransactionKind,
    WorkScope, chain,
};

impl Case<'_> {
    pub(super) fn create_customer(&mut self, id: CustomerId) -> Result<Receipt, Refusal> {
        let Act::CreateCustomer { name, email, locale, monthly_amount, contract_start, imported } = &self.command.act
        else {
            unreachable!("act() has matched the command");
        };
        if let Some((number, customer)) = self.draft.twin() {
            return Err(Refusal::CustomerExists { number, customer });
        }
        let now = self.at.now;
        let today = self.at.today();
        let number = self.numbers().customer;
        self.numbers().customer += 1;
        let customer = Customer {
            id,
            number,
            name: name.clone(),
            email: email.clone(),
            identity: Customer::identity_of(name, email),
            locale: *locale,
            monthly_amount: *monthly_amount,
            billing: None,
            credit: Cents::ZERO,
            paused_on: None,
            arranged_until: None,
            contract_start: contract_start.unwrap_or(today),
            contract_end: None,
            created_at: now,
            seq: 0,
            head: chain::GENESIS.to_owned(),
            last_recorded_at: now,
            available: Minutes::ZERO,
            held: Minutes::ZERO,
            used: Minutes::ZERO,
            expired: Minutes::ZERO,
            frozen: Minutes::ZERO,
            refunded: Minutes::ZERO,
            converted: Minutes::ZERO,
            uncovered: Minutes::ZERO,
        };
        self.draft.changes.tally.on(customer.contract_start).joined += 1;
        self.draft.changes.customer = Some(customer.clone());
        if !imported {
            self.grant_welcome_card();
        }
        Ok(Receipt::Customer(customer))
    }

    /// CARD-2: one free card, where the policy has one, to spend as they like: on whatever installation and work.
    fn grant_welcome_card(&mut self) {
        let Some(terms) = &self.at.policy().cards else { return };
        if terms.welcome.is_zero() {
            return;
        }
        let card = Card {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            product: "welcome".to_owned(),
            origin: Origin::Welcome,
            minutes: terms.welcome,
            granted: Minutes::ZERO,
            price: Cents::ZERO,
            vat: Cents::ZERO,
            ordered_on: self.at.today(),
            activated_at: None,
            activated_on: None,
            expires_on: None,
            late_days: i64::from(terms.late_days),
            invoice_id: None,
            invoiced_on: None,
            installation_id: None,
            work: WorkScope::default(),
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
        self.activate(card, TransactionKind::Welcome);
    }

    pub(super) fn add_contact(&mut self) -> Result<Receipt, Refusal> {
        let Act::AddContact { name, email, role, ceiling, valid_from, valid_until, asked_by, asked_via } =
            &self.command.act
        else {
            unreachable!("act() has matched the command");
        };
        let email = email.trim().to_lowercase();
        let active = |contact: &&Contact| contact.removed_at.is_none();
        if self.draft.contacts().filter(active).any(|contact| contact.email == email) {
            return Err(Refusal::ContactExists { email });
        }
        if ceiling.is_some_and(|ceiling| !ceiling.is_positive()) {
            return Err(invalid("ceiling_minutes", "expected more than 0 minutes, or nothing for no ceiling"));
        }
        if valid_from.zip(*valid_until).is_some_and(|(from, until)| until < from) {
            return Err(invalid("valid_until", "expected a day on or after `valid_from`"));
        }
        let today = self.at.today();
        if valid_until.is_some_and(|until| until < today) {
            return Err(invalid(
                "valid_until",
                "expected today or a later day: on no other day this person may do anything",
            ));
        }
        // SPEND-1a: whose own days end gives for no longer.
        let own_last = match self.actor() {
            Actor::Contact(_, own, _) => self.draft.contact(own).and_then(|own| own.valid_until),
            Actor::Staff(_) | Actor::Service => None,
        };
        if let Some(last) = own_last.filter(|last| valid_until.is_none_or(|until| *last < until)) {
            return Err(Refusal::GivesForTooLong { last });
        }
        let has_owner = self.draft.contacts().filter(active).any(|contact| contact.role == Role::Owner);
        let by_agent = matches!(self.actor(), Actor::Staff(_));
        if by_agent && has_owner && *role != Role::Viewer && (asked_by.is_none() || asked_via.is_none()) {
            return Err(Refusal::AskedByMissing);
        }
        let contact = Contact {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            name: name.clone(),
            email,
            role: *role,
            ceiling: *ceiling,
            valid_from: *valid_from,
            valid_until: *valid_until,
            asked_by: asked_by.clone(),
            asked_via: *asked_via,
            added_by: self.actor().user(),
            added_at: self.recorded_at(),
            removed_at: None,
            removed_by: None,
        };
        self.draft.changes.contacts.insert(contact.id, contact.clone());
        Ok(Receipt::Contact(contact))
    }

    pub(super) fn remove_contact(&mut self, id: ContactId) -> Result<Receipt, Refusal> {
        let contact = self.draft.contact(id).ok_or(Refusal::NotFound("contact"))?.clone();
        if contact.removed_at.is_some() {
            return Ok(Receipt::Removed(contact));
        }
        let today = self.at.today();
        // SPEND-1: one always remains, so an owner whose authorisation ends by itself does not count.
        let stays =
            |other: &Contact| other.removed_at.is_none() && other.holds_on(today) && other.valid_until.is_none();
        let another_owner =
            self.draft.contacts().any(|other| other.id != id && other.role == Role::Owner && stays(other));
        if contact.role == Role::Owner && !another_owner {
            return Err(Refusal::LastOwner);
        }
        let (at, by) = (self.recorded_at(), self.actor().user());
        let contact = self.draft.contact_mut(id).expect("found above");
        contact.removed_at = Some(at);
        contact.removed_by = by;
        Ok(Receipt::Removed(contact.clone()))
    }
}

/// A refusal about one field.
pub(super) fn invalid(field: &'static str, expected: impl Into<String>) -> Refusal {
    Refusal::Invalid { field, expected: expected.into() }
}
