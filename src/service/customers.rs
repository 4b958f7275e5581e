//! Customers and their persons.

use super::access::{Caller, Request};
use super::{Error, Result, Service};
use crate::domain::authority::{self, OwnersEnd};
use crate::domain::{
    Act, AskedVia, Cents, Contact, ContactId, Customer, CustomerId, Doing, Locale, Minutes, Receipt, Role, Target,
};
pub use crate::store::contacts::WithLogin;
use crate::store::users::{self, LinksOf};
use crate::store::{contacts, customers};
use chrono::NaiveDate;

/// Longer than any name with its address, in bytes.
const LONGEST_QUERY: usize = 2_000;

/// A customer to be made.
#[derive(Clone, Debug)]
pub struct NewCustomer {
    /// Name of the organisation.
    pub name: String,
    /// Where mail goes.
    pub email: String,
    /// Language of mails and invoices.
    pub locale: Locale,
    /// What it pays per month, ex VAT.
    pub monthly_amount: Option<Cents>,
    /// First day of the contract; today when not told.
    pub contract_start: Option<NaiveDate>,
    /// Comes from elsewhere, or returns: no welcome card (CARD-2).
    pub imported: bool,
}

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewContact {
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// The most per estimate.
    pub ceiling: Option<Minutes>,
    /// First day.
    pub valid_from: Option<NaiveDate>,
    /// Last day.
    pub valid_until: Option<NaiveDate>,
    /// Who asked an agent for it (SPEND-2).
    pub asked_by: Option<String>,
    /// How that was asked.
    pub asked_via: Option<AskedVia>,
}

impl NewContact {
    /// Somebody without a ceiling or dates, whom nobody of the customer asked for.
    #[must_use]
    pub fn new(name: &str, email: &str, role: Role) -> Self {
        let (name, email) = (name.to_owned(), email.to_owned());
        let (ceiling, valid_from, valid_until, asked_by, asked_via) = (None, None, None, None, None);
        Self { name, email, role, ceiling, valid_from, valid_until, asked_by, asked_via }
    }
}

/// A customer that is, or soon will be, without an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithoutOwner {
    /// Which.
    pub customer: CustomerId,
    /// Its name.
    pub name: String,
    /// From when.
    pub ends: OwnersEnd,
}

impl Service {
    /// Makes a customer and grants its welcome card.
    ///
    /// # Errors
    /// For others than staff, or when it exists already.
    pub async fn create_customer(&self, request: Request<'_>, new: NewCustomer) -> Result<Customer> {
        let actor = request.caller.may(Doing::SeeAll)?;
        let NewCustomer { name, email, locale, monthly_amount, contract_start, imported } = new;
        let act = Act::CreateCustomer { name, email, locale, monthly_amount, contract_start, imported };
        let target = Target::Customer(self.clock.id());
        match self.submit(self.command(actor, request.key, target, act)).await? {
            Receipt::Customer(customer) => Ok(customer),
            other => Err(unexpected(&other)),
        }
    }

    /// One customer.
    ///
    /// # Errors
    /// Not found, also for somebody else's.
    pub async fn customer(&self, caller: &Caller, id: CustomerId) -> Result<Customer> {
        caller.see(id)?;
        customers::get(&mut self.db.reader().await?, id).await?.ok_or(Error::NotFound("customer"))
    }

    /// Customers by number whose name or address contains `query`; a contact gets its own. What no name can contain is
    /// not looked for: the databases would take offence.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn customers(&self, caller: &Caller, query: &str, after: i64, limit: i64) -> Result<Vec<Customer>> {
        if query.len() > LONGEST_QUERY || query.contains('\0') {
            return Ok(Vec::new());
        }
        let mut on = self.db.reader().await?;
        if caller.is_staff() {
            return Ok(customers::list(&mut on, query, after, limit).await?);
        }
        let mut own = Vec::new();
        for contact in &caller.contacts {
            own.extend(customers::get(&mut on, contact.customer_id).await?);
        }
        let query = query.to_lowercase();
        own.retain(|customer| customer.number > after && customer.identity.contains(&query));
        own.sort_by_key(|customer| customer.number);
        own.dedup_by_key(|customer| customer.number);
        own.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(own)
    }

    /// The persons of a customer.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn contacts(&self, caller: &Caller, customer: CustomerId) -> Result<Vec<WithLogin>> {
        self.customer(caller, customer).await?;
        Ok(contacts::of(&mut self.db.reader().await?, customer).await?)
    }

    /// Customers that are, or soon will be, without an owner, by name (SPEND-1a): for staff.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn without_owner(&self, caller: &Caller) -> Result<Vec<WithoutOwner>> {
        caller.may(Doing::SeeAll)?;
        let today = self.today();
        let far = today + chrono::Days::new(authority::ANNOUNCED_DAYS);
        let owners = contacts::ending_owners(&mut self.db.reader().await?, far).await?;
        let of_each = owners.chunk_by(|one, other| one.contact.customer_id == other.contact.customer_id);
        let ending = of_each.filter_map(|owners| {
            let ends = authority::owners_end(owners.iter().map(|owner| &owner.contact), today)?;
            let (customer, name) = (owners[0].contact.customer_id, owners[0].customer_name.clone());
            Some(WithoutOwner { customer, name, ends })
        });
        Ok(ending.collect())
    }

    /// What is announced of the owners of a customer (SPEND-1a): to staff, and to owners.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn owners_end(&self, caller: &Caller, customer: CustomerId) -> Result<Option<OwnersEnd>> {
        caller.see(customer)?;
        let far = self.today() + chrono::Days::new(authority::ANNOUNCED_DAYS);
        // An owner for longer than that has nothing to be told.
        let concerned = |own: &Contact| own.role == Role::Owner && own.until() <= far;
        if !caller.is_staff() && !caller.contact_at(customer).is_some_and(concerned) {
            return Ok(None);
        }
        let found = contacts::of(&mut self.db.reader().await?, customer).await?;
        Ok(authority::owners_end(found.iter().map(|with| &with.contact), self.today()))
    }

    /// One person, also one that was removed.
    ///
    /// # Errors
    /// Not found, also for somebody else's.
    pub async fn contact(&self, caller: &Caller, id: ContactId) -> Result<Contact> {
        let found = contacts::get(&mut self.db.reader().await?, id).await?.ok_or(Error::NotFound("contact"))?;
        caller.see(found.customer_id).map_err(|_| Error::NotFound("contact"))?;
        Ok(found)
    }

    /// Adds a person; for owners and agents (SPEND-2).
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn add_contact(&self, request: Request<'_>, customer: CustomerId, new: NewContact) -> Result<Contact> {
        let actor = request.caller.may_at(customer, Doing::ManagePeople)?;
        let NewContact { name, email, role, ceiling, valid_from, valid_until, asked_by, asked_via } = new;
        let act = Act::AddContact { name, email, role, ceiling, valid_from, valid_until, asked_by, asked_via };
        match self.submit(self.command(actor, request.key, Target::Customer(customer), act)).await? {
            Receipt::Contact(contact) => Ok(contact),
            other => Err(unexpected(&other)),
        }
    }

    /// Revokes a person's authorisation; for owners and agents (SPEND-6).
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn remove_contact(&self, request: Request<'_>, customer: CustomerId, contact: ContactId) -> Result<()> {
        let actor = request.caller.may_at(customer, Doing::ManagePeople)?;
        let act = Act::RemoveContact(contact);
        self.submit(self.command(actor, request.key, Target::Customer(customer), act)).await?;
        let mut tx = self.db.begin().await?;
        users::end_links(&mut tx, LinksOf::Contact(contact), self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Sends a command through the ledger's door.
    ///
    /// # Errors
    /// As the rules say, or when the ledger cannot be written.
    pub async fn submit(&self, command: crate::domain::Command) -> Result<Receipt> {
        self.door.submit(command).await.map_err(|failure| match failure {
            super::ledger::Failure::Refused(refusal) => refusal.into(),
            other => other.into(),
        })
    }
}

/// A receipt of another kind than the command makes: a fault of ours.
pub(super) fn unexpected(receipt: &Receipt) -> Error {
    tracing::error!(?receipt, "a command was answered with a receipt of another kind");
    super::ledger::Failure::Broken.into()
}
