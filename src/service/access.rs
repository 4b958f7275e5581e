//! Who asks, and what that person may do. Roles are read from the database at each request.
//!
//! What somebody may not see does not exist for them ("not found"); what their role may not do is forbidden.

use super::{Error, Result, Service, secret};
use crate::domain::authority::{self, Denied, Doing, Standing};
use crate::domain::{Act, Actor, Command, Contact, CustomerId, Key, Refusal, Target, UserId};
use crate::store::users::{ByToken, User};
use crate::store::{Session, contacts, users};
use chrono::NaiveDate;
use uuid::Uuid;

/// A login that was recognised, with what it is contact of.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The login.
    pub user: User,
    /// The persons at customers that it is; empty for staff.
    pub contacts: Vec<Contact>,
    /// The day on which it asks.
    pub today: NaiveDate,
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
        self.may(Doing::Serve).is_ok()
    }

    /// May do finance's work.
    #[must_use]
    pub fn is_finance(&self) -> bool {
        self.may(Doing::KeepBooks).is_ok()
    }

    /// May manage logins.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.may(Doing::Administer).is_ok()
    }

    /// The person this login is at a customer.
    #[must_use]
    pub fn contact_at(&self, customer: CustomerId) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.customer_id == customer)
    }

    /// As what it asks at a customer.
    fn standing_at(&self, customer: CustomerId) -> Standing<'_> {
        match (self.user.role, self.contact_at(customer)) {
            (Some(role), _) => Standing::Staff(role),
            (None, Some(contact)) => Standing::Contact(contact),
            (None, None) => Standing::Stranger,
        }
    }

    /// Whether this login may see a customer.
    ///
    /// # Errors
    /// Not found, for somebody else's customer.
    pub fn see(&self, customer: CustomerId) -> Result<()> {
        self.may_at(customer, Doing::See).map(drop)
    }

    /// As whom it acts at a customer that it may see.
    ///
    /// # Errors
    /// Not found, for somebody else's customer.
    pub fn actor_at(&self, customer: CustomerId) -> Result<Actor> {
        self.may_at(customer, Doing::See)
    }

    /// As whom it does something at a customer today, if it may.
    ///
    /// # Errors
    /// Not found for somebody else's customer; forbidden for another role, or outside the dates of the authorisation (SPEND-1a).
    pub fn may_at(&self, customer: CustomerId, doing: Doing) -> Result<Actor> {
        let standing = self.standing_at(customer);
        authority::may(standing, doing, self.today)?;
        Ok(match standing {
            Standing::Contact(contact) => Actor::Contact(self.user.id, contact.id),
            Standing::Staff(_) | Standing::Stranger => Actor::Staff(self.user.id),
        })
    }

    /// Whether it may do something at a customer today: what a page offers.
    #[must_use]
    pub fn can(&self, customer: CustomerId, doing: Doing) -> bool {
        self.may_at(customer, doing).is_ok()
    }

    /// As whom it does something at the provider today, if it may. A contact is forbidden what staff does.
    ///
    /// # Errors
    /// Forbidden.
    pub fn may(&self, doing: Doing) -> Result<Actor> {
        let role = self.user.role.ok_or(Error::Forbidden)?;
        authority::may(Standing::Staff(role), doing, self.today)?;
        Ok(Actor::Staff(self.user.id))
    }
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::NotFound("customer"),
            Denied::Role | Denied::NotYet(_) | Denied::Ended(_) => Refusal::from(denied).into(),
        }
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
        let found = self.wicket.who(claims.jti).await?;
        // The secret is not in the database: who reads that cannot make a token.
        let is_it = |found: &ByToken| found.user.id == claims.sub && secret::is(&claims.key, &found.digest);
        let user = found.filter(is_it).ok_or(Error::Unauthenticated)?.user;
        if user.role.is_some() {
            return Ok(Caller { user, contacts: Vec::new(), today: self.today() });
        }
        self.with_contacts(&mut self.db.reader().await?, user).await
    }

    /// The login that a token of ours names, for counting alone: whether it still works is not asked.
    #[must_use]
    pub fn login_on_token(&self, token: &str) -> Option<UserId> {
        self.tokens.read(token, self.clock.now()).ok().map(|claims| claims.sub)
    }

    /// The login with this id, for the command line and the demo.
    ///
    /// # Errors
    /// When there is none, or the database does not answer.
    pub async fn caller_by_id(&self, id: UserId) -> Result<Caller> {
        let mut on = self.db.reader().await?;
        let user = users::by_id(&mut on, id).await?.ok_or(Error::Unauthenticated)?;
        self.with_contacts(&mut on, user).await
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
        self.with_contacts(&mut on, user).await
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

    /// The day that it is where the provider is (POL-3).
    pub(super) fn today(&self) -> NaiveDate {
        self.policies.day(self.clock.now())
    }

    /// A login with what it is contact of.
    pub(super) async fn with_contacts(&self, on: &mut Session, user: User) -> Result<Caller> {
        let contacts = if user.role.is_some() { Vec::new() } else { contacts::of_login(on, user.id).await? };
        Ok(Caller { user, contacts, today: self.today() })
    }
}
