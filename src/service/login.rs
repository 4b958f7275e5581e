//! Logins: passwords, sessions, tokens, links that work once.
//!
//! A contact's login is attached to that one contact, by the person who holds the link and (where the login exists
//! already) its password: an e-mail address alone opens nothing.

use super::access::Caller;
use super::audit_log::{Event, note};
use super::password::{PasswordError, PasswordFault};
use super::throttle::{Gate, Who};
use super::turns::Asker;
use super::{Error, FieldError, Result, Service, password, secret, token};
use crate::domain::{ContactId, Doing, Refusal, UserId, typed};
use crate::store::users::{self, Invitation, LinksOf, Proof, Purpose, StaffRole, Token, User};
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
/// How long a device stays known after somebody last signed in on it.
const DEVICE: Duration = Duration::days(365);
/// How long tokens that ended are kept, to tell what a log is about.
const ENDED_TOKENS: Duration = Duration::days(90);
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
    /// The secret for the cookie by which this device is known to this account; only its digest is kept.
    pub device: String,
    /// How long that cookie may live, in seconds.
    pub device_seconds: i64,
}

/// Where somebody comes from who wants to sign in.
#[derive(Clone, Copy, Debug)]
pub struct Browser<'a> {
    /// The address that the request comes from.
    pub ip: IpAddr,
    /// The secret by which the device may be known, from its cookie.
    pub device: Option<&'a str>,
}

impl From<IpAddr> for Browser<'_> {
    fn from(ip: IpAddr) -> Self {
        Self { ip, device: None }
    }
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
    /// It opens the login of a customer's contact.
    pub of_contact: bool,
    /// A customer's login exists for its address, and loses that: nobody ever showed whose it is (A4).
    pub takes_over: bool,
}

impl Service {
    /// Logs in with a password.
    ///
    /// # Errors
    /// When address and password do not belong together, or too many were tried.
    pub async fn log_in(&self, email: &str, password: String, from: impl Into<Browser<'_>>) -> Result<SignedIn> {
        let (email, from) = (email.trim().to_lowercase(), from.into());
        let user = self.login_with(&email, password, from).await?.ok_or(Error::Unauthenticated)?;
        self.sign_in(&user, from).await
    }

    /// Counts an attempt at an account: for itself on a device that the account knows, with all others elsewhere (A9).
    async fn may_try_login(&self, email: &str, from: Browser<'_>) -> Result<()> {
        let device = from.device.map(secret::digest);
        let known = match &device {
            Some(digest) => users::knows_device(&mut self.db.reader().await?, digest, email, self.clock.now()).await?,
            None => false,
        };
        self.may_try(Gate::Login, Who { ip: from.ip, known_device: device.as_deref().filter(|_| known) }, email)
    }

    /// Counts an attempt.
    fn may_try(&self, gate: Gate, who: Who<'_>, account: &str) -> Result<()> {
        self.throttle.check(gate, who, account).map_err(|wait| {
            note(Event::Throttled(gate));
            Error::Throttled(wait.0)
        })
    }

    /// The login of an address, if the password is right; costs the same time if not. Counts as an attempt.
    pub(super) async fn login_with(&self, email: &str, password: String, from: Browser<'_>) -> Result<Option<User>> {
        self.may_try_login(email, from).await?;
        let user =
            if typed::is_address(email) { users::by_email(&mut self.db.reader().await?, email).await? } else { None };
        let stored = user.as_ref().and_then(|user| user.password.clone());
        let right = self.passwords.verify(Asker::at(from.ip, email), password, stored).await?;
        if !right || user.as_ref().is_none_or(|user| user.disabled_at.is_some()) {
            note(Event::LoginFailed(user.as_ref()));
            return Ok(None);
        }
        Ok(user)
    }

    pub(super) async fn sign_in(&self, user: &User, from: Browser<'_>) -> Result<SignedIn> {
        let (secret, device) = (secret::random_token(), secret::random_token());
        let now = self.clock.now();
        let before = from.device.map(secret::digest);
        let mut tx = self.db.begin().await?;
        users::start_session(&mut tx, &secret::digest(&secret), user.id, now, now + SESSION).await?;
        users::keep_device(&mut tx, (before.as_deref(), &secret::digest(&device)), user.id, now + DEVICE).await?;
        tx.commit().await?;
        note(Event::LoggedIn(user));
        Ok(SignedIn { secret, seconds: SESSION.num_seconds(), device, device_seconds: DEVICE.num_seconds() })
    }

    /// Deletes sessions, known devices and links that are over, and tokens that ended some time ago. Gives how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sweep_logins(&self) -> Result<u64> {
        let now = self.clock.now();
        let over = users::Over { now, unused_since: now - IDLE, tokens_before: now - ENDED_TOKENS };
        let mut tx = self.db.begin().await?;
        let gone = users::sweep(&mut tx, over).await?;
        tx.commit().await?;
        Ok(gone)
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
        let ended = users::end_session(&mut tx, &secret::digest(cookie)).await?;
        let whose = match ended {
            Some(user) => users::by_id(&mut tx, user).await?,
            None => None,
        };
        tx.commit().await?;
        if let Some(user) = whose {
            note(Event::SignedOut(&user));
        }
        Ok(())
    }

    /// Makes a login of the provider. A login of a customer's person that has the address without proof loses it (A4).
    ///
    /// # Errors
    /// When address or name cannot be right, the password is too weak or the address is taken.
    pub async fn add_user(&self, new: NewUser, password: String) -> Result<User> {
        let email = new.email.trim().to_lowercase();
        check_new_login(&email, &new.name)?;
        self.check_password("password", &password, &[&email, &new.name])?;
        let user = self.new_user(email, new.name, Some(new.role), password).await?;
        let mut tx = self.db.begin().await?;
        let lost = users::take_address(&mut tx, &user.email, self.clock.now()).await?;
        if !users::add(&mut tx, &user).await? {
            return Err(field("email", TAKEN));
        }
        tx.commit().await?;
        note(Event::LoginMade(&user));
        note_lost(lost, &user);
        Ok(user)
    }

    /// Refuses a password that is too weak, as a fault of the field `at`, with what to choose instead.
    pub(super) fn check_password(&self, at: &str, password: &str, own: &[&str]) -> Result<()> {
        let policy = self.policies.at(self.policies.day(self.clock.now())).1;
        let provider = [policy.provider.name.as_str(), policy.provider.email.as_str()];
        let context = password::Context { own, provider: &provider };
        password::check(password, context).map_err(|fault| field(at, advice(fault)))
    }

    async fn new_user(&self, email: String, name: String, role: Option<StaffRole>, password: String) -> Result<User> {
        let password = Some(self.hash(password).await?);
        Ok(User { password, ..User::new(self.clock.id(), email, name, role, self.clock.now()) })
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

    /// Takes the address of a customer's login as proved, as mail to it would: for the demo.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_as_proved(&self, user: UserId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        users::prove(&mut tx, user, Proof::Mail, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn hash(&self, password: String) -> Result<String> {
        self.passwords.hash(password).await.map_err(|error| match error {
            PasswordError::Crowded(crowded) => crowded.into(),
            PasswordError::Hash(_) | PasswordError::Lost(_) => {
                tracing::error!(%error, "a password could not be hashed");
                super::ledger::Failure::Broken.into()
            }
        })
    }

    /// Makes an API token for a login; it works for `days` days. For the demo and for tests: it is handed to nobody.
    ///
    /// # Errors
    /// When there is no such login, or the number of days is not 1 to 3650.
    pub async fn create_token(&self, email: &str, days: i64) -> Result<String> {
        let user = self.login_of(email).await?;
        self.keep_token((user.id, days, false), None).await
    }

    /// Makes an API token for a login, for the command line. Where it `keeps`, a new password does not end it. `by`: the address of
    /// who hands it over, where it is a customer's person's, whose answers are marked with that from now on (SPEND-3a).
    ///
    /// # Errors
    /// When there is no such login, the number of days is not 1 to 3650, or nobody of the provider is named who hands it over.
    pub async fn make_token(&self, email: &str, days: i64, keeps: bool, by: Option<&str>) -> Result<String> {
        let user = self.login_of(email).await?;
        if user.disabled_at.is_some() {
            return Err(field("email", "this login is blocked: let it in again first"));
        }
        let by = self.handing_over(&user, by).await?;
        self.keep_token((user.id, days, keeps), by).await
    }

    async fn keep_token(&self, (user, days, keeps): (UserId, i64, bool), by: Option<UserId>) -> Result<String> {
        let (token, row) = self.fresh_token(user, days, keeps)?;
        let mut tx = self.db.begin().await?;
        users::add_token(&mut tx, &row).await?;
        if let Some(by) = by {
            users::opened_by(&mut tx, user, by, row.created_at).await?;
        }
        tx.commit().await?;
        note(Event::TokenMade(row.jti, row.user_id));
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
        note(Event::TokenRevoked(jti, None));
        note(Event::TokenRotated(row.jti, row.user_id));
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
        let ids = tokens.iter().map(|row| row.user_id).chain(links.iter().filter_map(|row| row.created_by));
        let ids: Vec<UserId> = ids.collect::<BTreeSet<_>>().into_iter().collect();
        let named = users::by_ids(&mut on, &ids).await?.into_iter().map(|user| (user.id, user.email));
        Ok(Keys { tokens, links, names: named.collect() })
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
        self.end_link(digest, None).await
    }

    async fn end_link(&self, digest: &str, by: Option<UserId>) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let links = users::links(&mut tx, self.clock.now()).await?;
        let mut found = links.iter().filter(|row| !digest.is_empty() && row.digest.starts_with(digest));
        let (Some(link), None) = (found.next(), found.next()) else { return Ok(false) };
        let ended = users::end_links(&mut tx, LinksOf::Digest(&link.digest), self.clock.now()).await?;
        tx.commit().await?;
        if ended == 1 {
            note(Event::LinkWithdrawn(link, by));
        }
        Ok(ended == 1)
    }

    /// The same, for administrators.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn withdraw_link_for(&self, caller: &Caller, digest: &str) -> Result<bool> {
        caller.may(Doing::Administer)?;
        self.end_link(digest, Some(caller.user.id)).await
    }

    /// Revokes an API token by its jti. Gives `false` when there is none that is still good.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revoke_token(&self, jti: Uuid) -> Result<bool> {
        self.end_token(jti, None).await
    }

    async fn end_token(&self, jti: Uuid, by: Option<UserId>) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let revoked = users::revoke_token(&mut tx, jti, self.clock.now()).await?;
        tx.commit().await?;
        if revoked {
            note(Event::TokenRevoked(jti, by));
        }
        Ok(revoked)
    }

    /// The same, for administrators.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn revoke_token_for(&self, caller: &Caller, jti: Uuid) -> Result<bool> {
        caller.may(Doing::Administer)?;
        self.end_token(jti, Some(caller.user.id)).await
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

    /// A link that makes a login of the provider: for administrators. A customer's person who has the address without proof
    /// loses it once the link is used (A4).
    ///
    /// # Errors
    /// Forbidden for others; a field when the address is another's for certain.
    pub async fn invite_staff(&self, caller: &Caller, new: NewUser) -> Result<String> {
        caller.may(Doing::Administer)?;
        let invitation = self.invitation(Purpose::Staff, Some(caller.user.id));
        let email = new.email.trim().to_lowercase();
        if users::by_email(&mut self.db.reader().await?, &email).await?.is_some_and(|known| !known.yields()) {
            return Err(field("email", TAKEN));
        }
        let email = Some(email);
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
        self.may_try(Gate::Invitation, Who::address(from), &caller.user.email)?;
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
        let found = users::by_id(&mut self.db.reader().await?, user).await?;
        let found = found.filter(|found| found.disabled_at.is_none()).ok_or(Error::NotFound("login"))?;
        if found.role.is_some() {
            caller.may(Doing::Administer)?;
        }
        self.may_try(Gate::Reset, Who::address(from), &found.email)?;
        self.keep_reset(found, Some(caller.user.id)).await
    }

    /// Keeps a link by which a login gets a new password.
    pub(super) async fn keep_reset(&self, user: User, by: Option<UserId>) -> Result<String> {
        let invitation = self.invitation(Purpose::Reset, by);
        let (email, name) = (Some(user.email), Some(user.name));
        self.keep(Invitation { email, name, user_id: Some(user.id), ..invitation }).await
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
        let invitation = Invitation { digest: secret::digest(&secret), ..invitation };
        users::add_invitation(&mut tx, &invitation).await?;
        tx.commit().await?;
        note(Event::LinkMade(&invitation));
        Ok(secret)
    }

    /// What a link opens, for whoever is logged in already.
    ///
    /// # Errors
    /// Not found when it was used, has ended, or never was; too many attempts; refused to staff where it is a contact's
    /// (SPEND-3a).
    pub async fn open_link(&self, secret: &str, from: IpAddr, by: Option<&Caller>) -> Result<Opened> {
        self.may_try(Gate::Invitation, Who::address(from), secret)?;
        let opened = self.link(secret).await?;
        if opened.of_contact && by.is_some_and(Caller::is_staff) {
            return Err(Refusal::LinkOfContact.into());
        }
        Ok(opened)
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
            && !self.still_invites(&mut on, contact, invitation.created_by).await?
        {
            return Err(Error::NotFound("link"));
        }
        let login = match (invitation.purpose, &invitation.email, invitation.user_id) {
            (Purpose::Contact | Purpose::Staff, Some(email), _) => users::by_email(&mut on, email).await?,
            (Purpose::Reset, _, Some(id)) => users::by_id(&mut on, id).await?,
            (Purpose::Contact | Purpose::Reset | Purpose::FirstAdmin | Purpose::Staff, _, _) => None,
        };
        let of_contact = match invitation.purpose {
            Purpose::Contact => true,
            Purpose::Reset => login.as_ref().is_some_and(|user| user.role.is_none()),
            Purpose::FirstAdmin | Purpose::Staff => false,
        };
        let known_login = invitation.purpose == Purpose::Contact && login.is_some();
        let takes_over = invitation.purpose == Purpose::Staff && login.is_some_and(|login| login.yields());
        Ok(Opened { invitation, known_login, of_contact, takes_over })
    }

    /// Whether a person is still to be let in, by whoever made the link: a person of the customer only while that one may let people
    /// in there (SPEND-1a).
    async fn still_invites(&self, on: &mut Session, contact: ContactId, by: Option<UserId>) -> Result<bool> {
        let contact = contacts::get(on, contact).await?.filter(|contact| contact.removed_at.is_none());
        let maker = match by {
            Some(by) => users::by_id(on, by).await?.filter(|by| by.role.is_none()),
            None => None,
        };
        let (Some(contact), Some(maker)) = (&contact, maker) else { return Ok(contact.is_some()) };
        Ok(self.with_contacts(on, maker).await?.can(contact.customer_id, Doing::ManagePeople))
    }

    /// Uses a link: makes the login (or attaches the one that exists, whose password is then asked) and signs in.
    ///
    /// # Errors
    /// Fields that cannot be right; not found when somebody was faster; refused to staff where it is a contact's (SPEND-3a).
    pub async fn accept_link(
        &self,
        secret: &str,
        (email, name): (Option<String>, Option<String>),
        password: String,
        (from, by): (impl Into<Browser<'_>>, Option<&Caller>),
    ) -> Result<SignedIn> {
        let from = from.into();
        let Opened { invitation, known_login, .. } = self.open_link(secret, from.ip, by).await?;
        let email = invitation.email.clone().or(email).unwrap_or_default().trim().to_lowercase();
        let name = invitation.name.clone().or(name).unwrap_or_default().trim().to_owned();
        let user = if known_login {
            let known = self.login_with(&email, password, from).await?;
            let known = known.ok_or_else(|| field("password", "this is not the password of your login"))?;
            if known.role.is_some() {
                return Err(Refusal::LinkOfContact.into());
            }
            known
        } else {
            check_new_login(&email, &name)?;
            self.check_password("password", &password, &[&email, &name])?;
            User {
                link_by: invitation.created_by.filter(|_| invitation.purpose == Purpose::Contact),
                link_at: Some(invitation.created_at).filter(|_| invitation.purpose == Purpose::Contact),
                ..self.new_user(email, name, invitation.role, password).await?
            }
        };
        let user = self.use_link(&invitation, user, known_login).await?;
        self.sign_in(&user, from).await
    }

    /// Writes what a link does, in one transaction with its use.
    async fn use_link(&self, invitation: &Invitation, user: User, known: bool) -> Result<User> {
        let now: DateTime<Utc> = self.clock.now();
        let mut tx = self.db.begin().await?;
        if !users::use_invitation(&mut tx, &invitation.digest, now).await? {
            return Err(Error::NotFound("link"));
        }
        if invitation.purpose == Purpose::FirstAdmin && users::count(&mut tx).await? > 0 {
            return Err(Error::NotFound("link"));
        }
        let lost = match invitation.purpose {
            Purpose::Staff => users::take_address(&mut tx, &user.email, now).await?,
            Purpose::FirstAdmin | Purpose::Contact | Purpose::Reset => None,
        };
        let id = match (invitation.user_id, &user.password) {
            (Some(existing), Some(password)) => {
                users::set_password(&mut tx, existing, password, now).await?;
                if let Some(by) = invitation.created_by {
                    users::opened_by(&mut tx, existing, by, invitation.created_at).await?;
                }
                existing
            }
            _ if known => user.id,
            _ if users::add(&mut tx, &user).await? => user.id,
            _ => return Err(field("email", TAKEN)),
        };
        // Its address may have gone to somebody else since its password was asked (A4).
        let user = users::working(&mut tx, id).await?.ok_or(Error::NotFound("link"))?;
        if let Some(contact) = invitation.contact_id {
            users::attach(&mut tx, contact, id, now).await?;
        }
        tx.commit().await?;
        note(Event::LinkUsed(invitation, &user));
        note_lost(lost, &user);
        if invitation.purpose == Purpose::Reset {
            note(Event::PasswordChanged(&user));
        }
        Ok(user)
    }
}

/// Said where an address is another login's.
const TAKEN: &str = "a login with this address exists already";

fn note_lost(lost: Option<UserId>, to: &User) {
    if let Some(lost) = lost {
        note(Event::AddressLost(lost, to));
    }
}

fn check_new_login(email: &str, name: &str) -> Result<()> {
    if !typed::is_address(email) {
        return Err(field("email", typed::ADDRESS));
    }
    if name.trim().is_empty() {
        return Err(field("name", "expected a name"));
    }
    if !typed::is_plain(name) {
        return Err(field("name", typed::PLAIN));
    }
    Ok(())
}

/// What to choose instead of a password that is refused.
const fn advice(fault: PasswordFault) -> &'static str {
    match fault {
        PasswordFault::TooShort => "expected at least 10 characters; a few words in a row are fine",
        PasswordFault::TooLong => "expected at most 200 characters",
        PasswordFault::Common => {
            "this password is among the first that are tried; choose a few words that have nothing to do with each other"
        }
        PasswordFault::Dated => {
            "this password is a season, month or day, which are tried with every year; choose a few words that have nothing to do with them"
        }
        PasswordFault::Provider => {
            "this password is made of the name of this company; choose a few words that have nothing to do with it"
        }
        PasswordFault::Personal => {
            "this password is too much like your name or address; choose a few words that have nothing to do with you"
        }
    }
}

pub(super) fn field(name: &str, expected: &str) -> Error {
    Error::Fields(vec![FieldError { field: name.to_owned(), expected: expected.to_owned() }])
}
