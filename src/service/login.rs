//! Logins: passwords, sessions, tokens, links that work once.
//!
//! A contact's login is attached to that one contact, by the person who holds the link and (where the login exists
//! already) its password: an e-mail address alone opens nothing.

use super::access::Caller;
use super::password::PasswordError;
use super::throttle::Gate;
use super::turns::Asker;
use super::{Error, FieldError, Result, Service, password, secret, token};
use crate::domain::{ContactId, Doing, UserId};
use crate::store::users::{self, Invitation, LinksOf, Purpose, StaffRole, Token, User};
use crate::store::{Session, contacts};
use chrono::{DateTime, Duration, Utc};
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use uuid::Uuid;

/// A session ends after this long, whatever happens.
const SESSION: Duration = Duration::days(14);
/// A session ends when it was not used for this long.
const IDLE: Duration = Duration::hours(12);
/// How often the use of a session is written down.
const TOUCH: Duration = Duration::minutes(5);
/// How long a link works.
const LINK: Duration = Duration::days(7);
/// How long a token works when nothing else is said, in days.
pub const TOKEN_DAYS: i64 = 90;

/// A session that began.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The secret for the cookie; only its digest is kept.
    pub secret: String,
    /// How long the cookie may live, in seconds.
    pub seconds: i64,
}

/// A login to be made from the command line.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Unique address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Role at the provider.
    pub role: StaffRole,
}

/// What lets somebody in besides a password.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Tokens that work, the newest first.
    pub tokens: Vec<Token>,
    /// Links that work, the newest first.
    pub links: Vec<Invitation>,
    /// Addresses of the logins that these are of, or that made them.
    pub names: HashMap<UserId, String>,
}

/// What a link opens.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The invitation.
    pub invitation: Invitation,
    /// A login exists for its address: its password is asked instead of a new one.
    pub known_login: bool,
}

impl Service {
    /// Logs in with a password.
    ///
    /// # Errors
    /// When address and password do not belong together, or too many were tried.
    pub async fn log_in(&self, email: &str, password: String, from: IpAddr) -> Result<SignedIn> {
        let email = email.trim().to_lowercase();
        self.throttle.check(Gate::Login, from, &email).map_err(|wait| Error::Throttled(wait.0))?;
        let user = self.login_with(&email, password, from).await?.ok_or(Error::Unauthenticated)?;
        self.sign_in(user.id).await
    }

    /// The login of an address, if the password is right; costs the same time if not.
    async fn login_with(&self, email: &str, password: String, from: IpAddr) -> Result<Option<User>> {
        let user =
            if looks_like_email(email) { users::by_email(&mut self.db.reader().await?, email).await? } else { None };
        let stored = user.as_ref().and_then(|user| user.password.clone());
        let right = self.passwords.verify(Asker::at(from, email), password, stored).await?;
        Ok(user.filter(|user| right && user.disabled_at.is_none()))
    }

    async fn sign_in(&self, user: UserId) -> Result<SignedIn> {
        let secret = secret::random_token();
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        users::start_session(&mut tx, &secret::digest(&secret), user, now, now + SESSION).await?;
        tx.commit().await?;
        Ok(SignedIn { secret, seconds: SESSION.num_seconds() })
    }

    /// The login behind a session cookie.
    ///
    /// # Errors
    /// When the session has ended, or the database does not answer.
    pub async fn caller_by_session(&self, cookie: &str) -> Result<Caller> {
        let now = self.clock.now();
        let digest = secret::digest(cookie);
        let mut on = self.db.reader().await?;
        let user = users::by_session(&mut on, &digest, now, now - IDLE).await?.ok_or(Error::Unauthenticated)?;
        let caller = self.with_contacts(&mut on, user).await?;
        let seen = users::session_seen(&mut on, &digest).await?;
        drop(on);
        if seen.is_none_or(|seen| seen < now - TOUCH) {
            let mut tx = self.db.begin().await?;
            users::touch_session(&mut tx, &digest, now, now - TOUCH).await?;
            tx.commit().await?;
        }
        Ok(caller)
    }

    /// Ends the session of a cookie.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn log_out(&self, cookie: &str) -> Result<()> {
        let mut tx = self.db.begin().await?;
        users::end_session(&mut tx, &secret::digest(cookie)).await?;
        Ok(tx.commit().await?)
    }

    /// Makes a login of the provider.
    ///
    /// # Errors
    /// When the password is too weak or the address is taken.
    pub async fn add_user(&self, new: NewUser, password: String) -> Result<User> {
        let email = new.email.trim().to_lowercase();
        check_password(&password, &[&email, &new.name])?;
        let user = self.new_user(email, new.name, Some(new.role), password).await?;
        let mut tx = self.db.begin().await?;
        if !users::add(&mut tx, &user).await? {
            return Err(field("email", "a login with this address exists already"));
        }
        tx.commit().await?;
        Ok(user)
    }

    async fn new_user(&self, email: String, name: String, role: Option<StaffRole>, password: String) -> Result<User> {
        let password = Some(self.hash(password).await?);
        Ok(User { id: self.clock.id(), email, name, role, password, created_at: self.clock.now(), disabled_at: None })
    }

    /// Gives every login the same made-up password, and tells it: for the demo.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn one_password_for_all(&self) -> Result<String> {
        let password = secret::random_token().chars().filter(char::is_ascii_alphanumeric).take(16).collect::<String>();
        let hash = self.hash(password.clone()).await?;
        let mut tx = self.db.begin().await?;
        users::set_every_password(&mut tx, &hash).await?;
        tx.commit().await?;
        Ok(password)
    }

    async fn hash(&self, password: String) -> Result<String> {
        self.passwords.hash(password).await.map_err(|error| match error {
            PasswordError::Crowded(crowded) => crowded.into(),
            PasswordError::Hash(_) | PasswordError::Lost(_) => {
                tracing::error!(%error, "a password could not be hashed");
                super::ledger::Failure::Broken.into()
            }
        })
    }

    /// Makes an API token for a login; it works for `days` days.
    ///
    /// # Errors
    /// When there is no such login, or the number of days is not 1 to 3650.
    pub async fn create_token(&self, email: &str, days: i64) -> Result<String> {
        self.make_token(email, days, false).await
    }

    /// The same; where it `keeps`, a new password does not end it.
    ///
    /// # Errors
    /// When there is no such login, or the number of days is not 1 to 3650.
    pub async fn make_token(&self, email: &str, days: i64, keeps: bool) -> Result<String> {
        let email = email.trim().to_lowercase();
        let user = users::by_email(&mut self.db.reader().await?, &email).await?;
        let user = user.ok_or_else(|| field("email", "there is no login with this address"))?;
        let (token, row) = self.fresh_token(user.id, days, keeps)?;
        let mut tx = self.db.begin().await?;
        users::add_token(&mut tx, &row).await?;
        tx.commit().await?;
        Ok(token)
    }

    fn fresh_token(&self, user_id: UserId, days: i64, keeps: bool) -> Result<(String, Token)> {
        let (jti, created_at, key) = (self.clock.id::<Uuid>(), self.clock.now(), secret::random_token());
        let token = self
            .tokens
            .issue(user_id, (jti, &key), created_at, days)
            .map_err(|_| field("days", &format!("expected 1 to {} days", token::MAX_DAYS)))?;
        let (digest, expires_at) = (secret::digest(&key), created_at + Duration::days(days));
        Ok((token, Token { jti, user_id, digest, keeps, created_at, expires_at, revoked_at: None }))
    }

    /// A new token instead of one that works, for as many days from now as that had; the old one ends.
    ///
    /// # Errors
    /// Not found when there is none that works.
    pub async fn rotate_token(&self, jti: Uuid) -> Result<String> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let old = users::token(&mut tx, jti).await?.filter(|old| old.expires_at > now);
        let old = old.ok_or(Error::NotFound("token"))?;
        let days = (old.expires_at - old.created_at).num_days().max(1);
        let (token, row) = self.fresh_token(old.user_id, days, old.keeps)?;
        if !users::revoke_token(&mut tx, jti, now).await? {
            return Err(Error::NotFound("token"));
        }
        users::add_token(&mut tx, &row).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Tokens and links that work, each with whose it is: for the command line, and for administrators.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keys(&self) -> Result<Keys> {
        let mut on = self.db.reader().await?;
        let now = self.clock.now();
        let (tokens, links) = (users::tokens(&mut on, now).await?, users::links(&mut on, now).await?);
        let mut names: HashMap<UserId, String> = HashMap::new();
        let ids = tokens.iter().map(|row| row.user_id).chain(links.iter().filter_map(|row| row.created_by));
        for id in ids.collect::<BTreeSet<_>>() {
            names.extend(users::by_id(&mut on, id).await?.map(|user| (id, user.email)));
        }
        Ok(Keys { tokens, links, names })
    }

    /// The same, for administrators.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn keys_for(&self, caller: &Caller) -> Result<Keys> {
        caller.may(Doing::Administer)?;
        self.keys().await
    }

    /// Withdraws a link that works, by its digest or the beginning of it. Gives `false` when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn withdraw_link(&self, digest: &str) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let links = users::links(&mut tx, self.clock.now()).await?;
        let mut found = links.iter().filter(|row| !digest.is_empty() && row.digest.starts_with(digest));
        let (Some(link), None) = (found.next(), found.next()) else { return Ok(false) };
        let ended = users::end_links(&mut tx, LinksOf::Digest(&link.digest), self.clock.now()).await?;
        tx.commit().await?;
        Ok(ended == 1)
    }

    /// The same, for administrators.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn withdraw_link_for(&self, caller: &Caller, digest: &str) -> Result<bool> {
        caller.may(Doing::Administer)?;
        self.withdraw_link(digest).await
    }

    /// Revokes an API token by its jti. Gives `false` when there is none that is still good.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revoke_token(&self, jti: Uuid) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let revoked = users::revoke_token(&mut tx, jti, self.clock.now()).await?;
        tx.commit().await?;
        Ok(revoked)
    }

    /// The same, for administrators.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn revoke_token_for(&self, caller: &Caller, jti: Uuid) -> Result<bool> {
        caller.may(Doing::Administer)?;
        self.revoke_token(jti).await
    }

    /// The logins of the provider: for administrators.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn staff_users(&self, caller: &Caller) -> Result<Vec<User>> {
        caller.may(Doing::Administer)?;
        Ok(users::staff(&mut self.db.reader().await?).await?)
    }

    /// Ends a login, or lets it in again: for administrators, who cannot end their own.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn set_user_disabled(&self, caller: &Caller, user: UserId, disabled: bool) -> Result<()> {
        caller.may(Doing::Administer)?;
        if caller.user.id == user {
            return Err(Error::Forbidden);
        }
        let mut tx = self.db.begin().await?;
        users::set_disabled(&mut tx, user, disabled, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    /// A link that makes the first administrator, while there is no login at all.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn first_admin_link(&self) -> Result<Option<String>> {
        let mut on: Session = self.db.reader().await?;
        if users::count(&mut on).await? > 0 {
            return Ok(None);
        }
        drop(on);
        let invitation = self.invitation(Purpose::FirstAdmin, None);
        Ok(Some(self.keep(Invitation { role: Some(StaffRole::Admin), ..invitation }).await?))
    }

    /// A link that makes a login of the provider: for administrators.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn invite_staff(&self, caller: &Caller, new: NewUser) -> Result<String> {
        caller.may(Doing::Administer)?;
        let invitation = self.invitation(Purpose::Staff, Some(caller.user.id));
        let email = Some(new.email.trim().to_lowercase());
        self.keep(Invitation { email, name: Some(new.name), role: Some(new.role), ..invitation }).await
    }

    /// A link by which a contact gets its login: for owners of the customer and agents. Shown to the inviter.
    ///
    /// # Errors
    /// Not found for somebody else's contact; forbidden for other roles; too many links.
    pub async fn invite_contact(&self, caller: &Caller, id: ContactId, from: IpAddr) -> Result<String> {
        let contact = contacts::get(&mut self.db.reader().await?, id).await?;
        let contact = contact.filter(|contact| contact.removed_at.is_none()).ok_or(Error::NotFound("contact"))?;
        caller.see(contact.customer_id).map_err(|_| Error::NotFound("contact"))?;
        caller.may_at(contact.customer_id, Doing::ManagePeople)?;
        self.throttle.check(Gate::Invitation, from, &caller.user.email).map_err(|wait| Error::Throttled(wait.0))?;
        let invitation = self.invitation(Purpose::Contact, Some(caller.user.id));
        let (email, name) = (Some(contact.email), Some(contact.name));
        self.keep(Invitation { email, name, contact_id: Some(id), ..invitation }).await
    }

    /// A link to choose a new password: administrators for anybody, agents for customers' logins.
    ///
    /// # Errors
    /// Not found, forbidden, or too many links.
    pub async fn reset_link(&self, caller: &Caller, user: UserId, from: IpAddr) -> Result<String> {
        caller.may(Doing::Serve)?;
        let found = users::by_id(&mut self.db.reader().await?, user).await?.ok_or(Error::NotFound("login"))?;
        if found.role.is_some() {
            caller.may(Doing::Administer)?;
        }
        self.throttle.check(Gate::Reset, from, &found.email).map_err(|wait| Error::Throttled(wait.0))?;
        let invitation = self.invitation(Purpose::Reset, Some(caller.user.id));
        let (email, name) = (Some(found.email), Some(found.name));
        self.keep(Invitation { email, name, user_id: Some(user), ..invitation }).await
    }

    fn invitation(&self, purpose: Purpose, created_by: Option<UserId>) -> Invitation {
        let created_at = self.clock.now();
        let expires_at = created_at + LINK;
        Invitation {
            digest: String::new(),
            purpose,
            email: None,
            name: None,
            user_id: None,
            contact_id: None,
            role: None,
            created_by,
            created_at,
            expires_at,
            used_at: None,
            ended_at: None,
        }
    }

    /// Keeps an invitation under the digest of a fresh secret; gives the secret.
    async fn keep(&self, invitation: Invitation) -> Result<String> {
        let secret = secret::random_token();
        let mut tx = self.db.begin().await?;
        // A new link ends older ones.
        let older = match (invitation.user_id, invitation.contact_id, &invitation.email) {
            (Some(user), _, _) => Some(LinksOf::Login(user)),
            (None, Some(contact), _) => Some(LinksOf::Contact(contact)),
            (None, None, Some(email)) => Some(LinksOf::Staff(email)),
            (None, None, None) => None,
        };
        if let Some(older) = older {
            users::end_links(&mut tx, older, self.clock.now()).await?;
        }
        users::add_invitation(&mut tx, &Invitation { digest: secret::digest(&secret), ..invitation }).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// What a link opens.
    ///
    /// # Errors
    /// Not found when it was used, has ended, or never was; too many attempts.
    pub async fn open_link(&self, secret: &str, from: IpAddr) -> Result<Opened> {
        self.throttle.check(Gate::Invitation, from, secret).map_err(|wait| Error::Throttled(wait.0))?;
        self.link(secret).await
    }

    /// What a link opens, to show its form again after an attempt that was counted already.
    ///
    /// # Errors
    /// Not found when it was used, has ended, or never was.
    pub async fn link(&self, secret: &str) -> Result<Opened> {
        let mut on = self.db.reader().await?;
        let found = users::invitation(&mut on, &secret::digest(secret), self.clock.now()).await?;
        let invitation = found.ok_or(Error::NotFound("link"))?;
        if let Some(contact) = invitation.contact_id
            && contacts::get(&mut on, contact).await?.is_none_or(|contact| contact.removed_at.is_some())
        {
            return Err(Error::NotFound("link"));
        }
        let known_login = match (&invitation.purpose, &invitation.email) {
            (Purpose::Contact, Some(email)) => users::by_email(&mut on, email).await?.is_some(),
            _ => false,
        };
        Ok(Opened { invitation, known_login })
    }

    /// Uses a link: makes the login (or attaches the one that exists, whose password is then asked) and signs in.
    ///
    /// # Errors
    /// Fields that cannot be right; not found when somebody was faster.
    pub async fn accept_link(
        &self,
        secret: &str,
        email: Option<String>,
        name: Option<String>,
        password: String,
        from: IpAddr,
    ) -> Result<SignedIn> {
        let Opened { invitation, known_login } = self.open_link(secret, from).await?;
        let email = invitation.email.clone().or(email).unwrap_or_default().trim().to_lowercase();
        let name = invitation.name.clone().or(name).unwrap_or_default().trim().to_owned();
        let user = if known_login {
            self.throttle.check(Gate::Login, from, &email).map_err(|wait| Error::Throttled(wait.0))?;
            let known = self.login_with(&email, password, from).await?;
            known.ok_or_else(|| field("password", "this is not the password of your login"))?
        } else {
            check_new_login(&email, &name)?;
            check_password(&password, &[&email, &name])?;
            self.new_user(email, name, invitation.role, password).await?
        };
        let user = self.use_link(&invitation, user, known_login).await?;
        self.sign_in(user).await
    }

    /// Writes what a link does, in one transaction with its use.
    async fn use_link(&self, invitation: &Invitation, user: User, known: bool) -> Result<UserId> {
        let now: DateTime<Utc> = self.clock.now();
        let mut tx = self.db.begin().await?;
        if !users::use_invitation(&mut tx, &invitation.digest, now).await? {
            return Err(Error::NotFound("link"));
        }
        if invitation.purpose == Purpose::FirstAdmin && users::count(&mut tx).await? > 0 {
            return Err(Error::NotFound("link"));
        }
        let id = match (invitation.user_id, &user.password) {
            (Some(existing), Some(password)) => {
                users::set_password(&mut tx, existing, password, now).await?;
                existing
            }
            _ if known => user.id,
            _ if users::add(&mut tx, &user).await? => user.id,
            _ => return Err(field("email", "a login with this address exists already")),
        };
        if let Some(contact) = invitation.contact_id {
            users::attach(&mut tx, contact, id, now).await?;
        }
        tx.commit().await?;
        Ok(id)
    }
}

fn check_new_login(email: &str, name: &str) -> Result<()> {
    if !looks_like_email(email) {
        return Err(field("email", "expected an e-mail address"));
    }
    if name.is_empty() {
        return Err(field("name", "expected a name"));
    }
    if name.contains(char::is_control) {
        return Err(field("name", "expected text without control characters"));
    }
    Ok(())
}

/// Whether a text has the shape of an e-mail address: one `@` with something on both sides and a point after it.
#[must_use]
pub fn looks_like_email(text: &str) -> bool {
    let no_spaces = !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    text.len() <= 254
        && no_spaces
        && text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty()
                && !host.contains('@')
                && host.split('.').count() > 1
                && host.split('.').all(|part| !part.is_empty())
        })
}

/// Refuses a password that is too weak, as a fault of the field.
fn check_password(password: &str, context: &[&str]) -> Result<()> {
    use password::PasswordFault;
    password::check(password, context).map_err(|fault| {
        field(
            "password",
            match fault {
                PasswordFault::TooShort => "expected at least 10 characters; a few words in a row are fine",
                PasswordFault::TooLong => "expected at most 200 characters",
                PasswordFault::Common => "this password is known to many; choose another",
                PasswordFault::Personal => "this password is too much like your name or address; choose another",
            },
        )
    })
}

fn field(name: &str, expected: &str) -> Error {
    Error::Fields(vec![FieldError { field: name.to_owned(), expected: expected.to_owned() }])
}
