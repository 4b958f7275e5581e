//! Who asks, and what that person may do. Roles are read from the database at each request.
//!
//! What somebody may not see does not exist for them ("not found"); what their role may not do is forbidden.

use super::{Error, Result, Service};
use crate::domain::{Act, Actor, Command, Contact, CustomerId, Key, Role, Target, UserId};
use crate::store::users::{StaffRole, User};
use crate::store::{Session, contacts, users};
use uuid::Uuid;

/// A login that was recognised, with what it is contact of.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The login.
    pub user: User,
    /// The persons at customers that it is; empty for staff.
    pub contacts: Vec<Contact>,
}

impl Caller {
    /// Works at the provider.
    #[must_use]
    pub const fn is_staff(&self) -> bool {
        self.user.role.is_some()
    }

    /// May do an agent's work.
    #[must_use]
    pub fn is_agent(&self) -> bool {
        matches!(self.user.role, Some(StaffRole::Agent | StaffRole::Admin))
    }

    /// May do finance's work.
    #[must_use]
    pub fn is_finance(&self) -> bool {
        matches!(self.user.role, Some(StaffRole::Finance | StaffRole::Admin))
    }

    /// May manage logins.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.user.role == Some(StaffRole::Admin)
    }

    /// The person this login is at a customer.
    #[must_use]
    pub fn contact_at(&self, customer: CustomerId) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.customer_id == customer)
    }

    /// Whether this login may see a customer.
    ///
    /// # Errors
    /// Not found, for somebody else's customer.
    pub fn see(&self, customer: CustomerId) -> Result<()> {
        if self.is_staff() || self.contact_at(customer).is_some() { Ok(()) } else { Err(Error::NotFound("customer")) }
    }

    /// As whom it acts at a customer that it may see.
    ///
    /// # Errors
    /// Not found, for somebody else's customer.
    pub fn actor_at(&self, customer: CustomerId) -> Result<Actor> {
        match self.contact_at(customer) {
            _ if self.is_staff() => Ok(Actor::Staff(self.user.id)),
            Some(contact) => Ok(Actor::Contact(self.user.id, contact.id)),
            None => Err(Error::NotFound("customer")),
        }
    }

    /// Whether it may do what takes one of `roles` at a customer, or `staff` says so.
    ///
    /// # Errors
    /// Not found for somebody else's customer, forbidden for another role.
    pub fn require(&self, customer: CustomerId, roles: &[Role], staff: bool) -> Result<Actor> {
        let actor = self.actor_at(customer)?;
        let allowed = match self.contact_at(customer) {
            _ if self.is_staff() => staff,
            Some(contact) => roles.contains(&contact.role),
            None => false,
        };
        if allowed { Ok(actor) } else { Err(Error::Forbidden) }
    }

    /// Staff for whom `allowed` holds; a contact is forbidden what staff does.
    ///
    /// # Errors
    /// Forbidden.
    pub fn staff(&self, allowed: bool) -> Result<Actor> {
        if self.is_staff() && allowed { Ok(Actor::Staff(self.user.id)) } else { Err(Error::Forbidden) }
    }
}

/// A request that writes: who asks, and the key that makes a repetition harmless.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Its key.
    pub key: Option<Key>,
}

impl Service {
    /// The login behind a token.
    ///
    /// # Errors
    /// When the token is not good, or the database does not answer.
    pub async fn caller_by_token(&self, token: &str) -> Result<Caller> {
        let claims = self.tokens.read(token, self.clock.now()).map_err(|_| Error::Unauthenticated)?;
        let user = self.wicket.who(claims.jti).await?.filter(|user| user.id == claims.sub);
        let user = user.ok_or(Error::Unauthenticated)?;
        if user.role.is_some() {
            return Ok(Caller { user, contacts: Vec::new() });
        }
        with_contacts(&mut self.db.reader().await?, user).await
    }

    /// The login with this id, for the command line and the demo.
    ///
    /// # Errors
    /// When there is none, or the database does not answer.
    pub async fn caller_by_id(&self, id: UserId) -> Result<Caller> {
        let mut on = self.db.reader().await?;
        let user = users::by_id(&mut on, id).await?.ok_or(Error::Unauthenticated)?;
        with_contacts(&mut on, user).await
    }

    /// The login with this e-mail address, for the command line.
    ///
    /// # Errors
    /// When there is none, or the database does not answer.
    pub async fn caller_by_email(&self, email: &str) -> Result<Caller> {
        let mut on = self.db.reader().await?;
        let email = email.trim().to_lowercase();
        let user = users::by_email(&mut on, &email).await?.filter(|user| user.disabled_at.is_none());
        let user = user.ok_or(Error::NotFound("login"))?;
        with_contacts(&mut on, user).await
    }

    /// A command with a fresh id and salt.
    #[must_use]
    pub fn command(&self, actor: Actor, key: Option<Key>, target: Target, act: Act) -> Command {
        Command {
            id: self.clock.id::<Uuid>().into(),
            actor,
            key,
            salt: self.clock.salt(),
            target,
            act,
            bank_line: None,
        }
    }
}

pub(super) async fn with_contacts(on: &mut Session, user: User) -> Result<Caller> {
    let contacts = if user.role.is_some() { Vec::new() } else { contacts::of_login(on, user.id).await? };
    Ok(Caller { user, contacts })
}
