//! Who asks, and what that person may do. Roles are read from the database at each request.
//!
//! What somebody may not see does not exist for them ("not found"); what their role may not do is forbidden.

use super::audit_log::{Event, Why, note};
use super::token::TokenError;
use super::{Error, Result, Service, secret};
use crate::domain::authority::{self, Denied, Doing, Standing};
use crate::domain::{Act, Actor, Command, Contact, CustomerId, HandedOver, Key, Refusal, Target, UserId};
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
    /// The link by which it was opened, where that was handed over (SPEND-3a).
    pub handed_over: Option<HandedOver>,
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
        self.allowed(Doing::Serve).is_ok()
    }

    /// May do finance's work.
    #[must_use]
    pub fn is_finance(&self) -> bool {
        self.allowed(Doing::KeepBooks).is_ok()
    }

    /// May manage logins.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.allowed(Doing::Administer).is_ok()
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
        self.allowed_at(customer, doing).map_err(|denied| self.told(denied, doing))
    }

    fn allowed_at(&self, customer: CustomerId, doing: Doing) -> Result<Actor, Denied> {
        let standing = self.standing_at(customer);
        authority::may(standing, doing, self.today)?;
        Ok(match standing {
            Standing::Contact(contact) => Actor::Contact(self.user.id, contact.id, self.handed_over),
            Standing::Staff(_) | Standing::Stranger => Actor::Staff(self.user.id),
        })
    }

    /// Whether it may do something at a customer today: what a page offers.
    #[must_use]
    pub fn can(&self, customer: CustomerId, doing: Doing) -> bool {
        self.allowed_at(customer, doing).is_ok()
    }

    /// As whom it does something at the provider today, if it may. A contact is forbidden what staff does.
    ///
    /// # Errors
    /// Forbidden.
    pub fn may(&self, doing: Doing) -> Result<Actor> {
        self.allowed(doing).map_err(|denied| self.told(denied, doing))
    }

    fn allowed(&self, doing: Doing) -> Result<Actor, Denied> {
        let role = self.user.role.ok_or(Denied::Role)?;
        authority::may(Standing::Staff(role), doing, self.today)?;
        Ok(Actor::Staff(self.user.id))
    }

    /// An administrator's work on somebody else's login: nobody blocks themselves.
    ///
    /// # Errors
    /// Forbidden for others, and on one's own login.
    pub fn may_administer(&self, user: UserId) -> Result<Actor> {
        let allowed = self
            .allowed(Doing::Administer)
            .and_then(|actor| if user == self.user.id { Err(Denied::Role) } else { Ok(actor) });
        allowed.map_err(|denied| self.told(denied, Doing::Administer))
    }

    /// The answer to what is not allowed; noted, unless it is told that there is nothing.
    fn told(&self, denied: Denied, doing: Doing) -> Error {
        match denied {
            Denied::Hidden => {}
            Denied::Role | Denied::NotYet(_) | Denied::Ended(_) => note(Event::Refused(&self.user, doing)),
        }
        denied.into()
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

/// Why a token is not good, for the log.
const fn why(error: &TokenError) -> Why {
    match error {
        TokenError::Expired => Why::Expired,
        TokenError::Early | TokenError::Refused(_) | TokenError::Lifetime | TokenError::Signing(_) => Why::Strange,
    }
}

impl Service {
    /// The login behind a token.
    ///
    /// # Errors
    /// When the token is not good, or the database does not answer.
    pub async fn caller_by_token(&self, token: &str) -> Result<Caller> {
        let claims = self.tokens.read(token, self.clock.now()).map_err(|error| {
            note(Event::TokenRefused(None, why(&error)));
            Error::Unauthenticated
        })?;
        let found = self.wicket.who(claims.jti).await?;
        // The secret is not in the database: who reads that cannot make a token.
        let is_it = |found: &ByToken| found.user.id == claims.sub && secret::is(&claims.key, &found.digest);
        let Some(ByToken { user, .. }) = found.filter(is_it) else {
            note(Event::TokenRefused(Some((claims.jti, claims.sub)), Why::Ended));
            return Err(Error::Unauthenticated);
        };
        if user.role.is_some() {
            return Ok(Caller { user, contacts: Vec::new(), handed_over: None, today: self.today() });
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
        let link = user.link_by.zip(user.link_at).map(|(by, at)| HandedOver { by, on: self.policies.day(at) });
        Ok(Caller { user, contacts, handed_over: link, today: self.today() })
    }
}
