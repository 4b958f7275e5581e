//! Logins as administrators see and end them, staff's and customers' (A4), and what everybody changes of their own.

use super::access::Caller;
use super::audit_log::{Event, note};
use super::login::{Browser, SignedIn, field};
use super::{Error, Result, Service};
use crate::domain::{Doing, UserId};
use crate::store::users::{self, StaffRole, User};

pub use crate::store::users::{At, Proof, Whose};

/// A login, and at which customers it is a person.
#[derive(Clone, Debug)]
pub struct Login {
    /// The login.
    pub user: User,
    /// Where; none for staff.
    pub at: Vec<At>,
}

/// Which logins.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Whose.
    pub whose: Whose,
    /// Part of the name or address of a login or its customer; empty for all.
    pub query: &'a str,
    /// The last login of the page before.
    pub after: Option<UserId>,
    /// The most that are given.
    pub limit: i64,
}

impl Service {
    /// Logins by name: for the command line.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn logins(&self, wanted: Wanted<'_>) -> Result<Vec<Login>> {
        let mut on = self.db.reader().await?;
        let Wanted { whose, query, after, limit } = wanted;
        let found = users::list(&mut on, whose, query, after, limit).await?;
        let ids: Vec<UserId> = found.iter().filter(|user| user.role.is_none()).map(|user| user.id).collect();
        let places = users::places(&mut on, &ids).await?;
        let at = |user: &User| places.iter().filter(|place| place.user == user.id).cloned().collect();
        Ok(found.into_iter().map(|user| Login { at: at(&user), user }).collect())
    }

    /// The same, for administrators.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn logins_for(&self, caller: &Caller, wanted: Wanted<'_>) -> Result<Vec<Login>> {
        caller.may(Doing::Administer)?;
        self.logins(wanted).await
    }

    /// The login with this address, for the command line.
    ///
    /// # Errors
    /// A field when there is none.
    pub async fn login_of(&self, email: &str) -> Result<User> {
        let email = email.trim().to_lowercase();
        let found = users::by_email(&mut self.db.reader().await?, &email).await?;
        found.ok_or_else(|| field("email", "there is no login with this address"))
    }

    /// A login, for administrators.
    ///
    /// # Errors
    /// Forbidden for others; not found also for a login that has lost its address.
    pub async fn login_for(&self, caller: &Caller, user: UserId) -> Result<User> {
        caller.may(Doing::Administer)?;
        self.login(user).await
    }

    /// A login that administrators may act on: one that still has its address.
    async fn login(&self, user: UserId) -> Result<User> {
        let found = users::by_id(&mut self.db.reader().await?, user).await?;
        found.filter(|found| found.lost_at.is_none()).ok_or(Error::NotFound("login"))
    }

    /// Blocks a login at once with everything that hangs on it, or lets it in again, with nothing of that: for the command line.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn block(&self, user: &User, disabled: bool) -> Result<()> {
        self.set_disabled(user, disabled, None).await
    }

    async fn set_disabled(&self, user: &User, disabled: bool, by: Option<UserId>) -> Result<()> {
        let mut tx = self.db.begin().await?;
        if disabled && user.role == Some(StaffRole::Admin) && users::other_admins(&mut tx, user.id).await? == 0 {
            return Err(field("email", "this is the last administrator who can log in"));
        }
        users::set_disabled(&mut tx, user.id, disabled, self.clock.now()).await?;
        tx.commit().await?;
        note(if disabled { Event::Blocked(user, by) } else { Event::LetIn(user, by) });
        Ok(())
    }

    /// Blocks a login or lets it in again: for administrators, who cannot block their own.
    ///
    /// # Errors
    /// Forbidden for others; not found also for a login that has lost its address.
    pub async fn set_user_disabled(&self, caller: &Caller, user: UserId, disabled: bool) -> Result<()> {
        caller.may_administer(user)?;
        self.set_disabled(&self.login(user).await?, disabled, Some(caller.user.id)).await
    }

    /// Ends all sessions of a login: for the command line.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_out(&self, user: &User) -> Result<()> {
        self.end_sessions(user, None).await
    }

    async fn end_sessions(&self, user: &User, by: Option<UserId>) -> Result<()> {
        let mut tx = self.db.begin().await?;
        users::end_sessions(&mut tx, user.id).await?;
        tx.commit().await?;
        note(Event::SignedOutEverywhere(user, by));
        Ok(())
    }

    /// The same, for administrators.
    ///
    /// # Errors
    /// Forbidden for others; not found.
    pub async fn sign_out_for(&self, caller: &Caller, user: UserId) -> Result<()> {
        caller.may(Doing::Administer)?;
        self.end_sessions(&self.login(user).await?, Some(caller.user.id)).await
    }

    /// A link by which a login gets a new password: for the command line. `by`: the address of who hands it over, where it is a
    /// customer's person's (SPEND-3a).
    ///
    /// # Errors
    /// A field where nobody of the provider is named who hands it over; when the database does not answer.
    pub async fn reset_by_command(&self, user: User, by: Option<&str>) -> Result<String> {
        let by = self.handing_over(&user, by).await?;
        self.keep_reset(user, by).await
    }

    /// Who hands over what lets a customer's person in: the answers of that login are marked with it (SPEND-3a). Nobody for
    /// somebody of the provider.
    pub(super) async fn handing_over(&self, user: &User, by: Option<&str>) -> Result<Option<UserId>> {
        let Some(by) = by else {
            let missing = "whoever has it answers as this customer's person: say who of yours hands it over";
            return if user.role.is_some() { Ok(None) } else { Err(field("by", missing)) };
        };
        let by = self.login_of(by).await.ok().filter(|by| by.role.is_some() && by.disabled_at.is_none());
        let by = by.ok_or_else(|| field("by", "expected the address of somebody of yours who can log in"))?;
        Ok(Some(by.id).filter(|_| user.role.is_none()))
    }

    /// Ends every session of the caller, this one too; tokens of programs work on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_out_everywhere(&self, caller: &Caller) -> Result<()> {
        self.end_sessions(&caller.user, None).await
    }

    /// Changes the caller's own name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rename(&self, caller: &Caller, name: &str) -> Result<()> {
        let mut tx = self.db.begin().await?;
        users::rename(&mut tx, caller.user.id, name).await?;
        Ok(tx.commit().await?)
    }

    /// Changes the caller's own password, for which the old one is asked. What hung on the old one ends, as after a reset; the
    /// caller goes on in a new session.
    ///
    /// # Errors
    /// Fields that cannot be right; too many attempts.
    pub async fn change_password(
        &self,
        caller: &Caller,
        (old, new): (String, String),
        from: impl Into<Browser<'_>>,
    ) -> Result<SignedIn> {
        let (Caller { user, .. }, from) = (caller, from.into());
        self.check_password("new_password", &new, &[&user.email, &user.name])?;
        let known = self.login_with(&user.email, old, from).await?.filter(|known| known.id == user.id);
        let user = known.ok_or_else(|| field("old_password", "this is not the password of your login"))?;
        let hash = self.hash(new).await?;
        let mut tx = self.db.begin().await?;
        let working = users::working(&mut tx, user.id).await?.ok_or(Error::Unauthenticated)?;
        users::set_password(&mut tx, working.id, &hash, self.clock.now()).await?;
        tx.commit().await?;
        note(Event::PasswordChanged(&working));
        self.sign_in(&working, from).await
    }
}
