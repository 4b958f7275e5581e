//! Logins: users, sessions, tokens, invitations. The only writes outside the ledger's door.

use super::columns::Stored;
use super::{Record, Result, Row, Statements, Tx, record};
use crate::domain::{ContactId, CustomerId, Locale, Role, UserId, printed, words::words};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

pub use crate::domain::StaffRole;

words! {
    /// What a link is for.
    pub enum Purpose {
        /// Make the first administrator.
        FirstAdmin = "first_admin",
        /// Make a login of the provider.
        Staff = "staff",
        /// Make (or attach) the login of a contact.
        Contact = "contact",
        /// Choose a new password.
        Reset = "reset",
    }
}

words! {
    /// By what it is certain that an address is of the person who has the login.
    pub enum Proof {
        /// An administrator says so: by an invitation, by the command line, or as the first one.
        Administrator = "administrator",
        /// A message to the address was answered.
        Mail = "mail",
    }
}

words! {
    /// Whose logins.
    pub enum Whose {
        /// Of the provider.
        Staff = "staff",
        /// Of customers' contacts.
        Customers = "customers",
        /// Everybody's.
        All = "all",
    }
}

super::columns::texts!(StaffRole, Purpose, Proof, Whose);

record! {
    /// A login.
    pub struct User {
        /// Identity.
        pub id: UserId,
        /// Lower case; unique among logins that have not lost theirs.
        pub email: String,
        /// Name.
        pub name: String,
        /// Role at the provider; none for a customer's contact.
        pub role: Option<StaffRole>,
        /// Argon2id of the password, once chosen.
        pub password: Option<String>,
        /// Who had made the link by which it was opened last, where that was handed over and its address is not proved (SPEND-3a).
        pub link_by: Option<UserId>,
        /// When that was.
        pub link_at: Option<DateTime<Utc>>,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// Since when it may no longer log in.
        pub disabled_at: Option<DateTime<Utc>>,
        /// By what its address is proved; staff's always is.
        pub proved_by: Option<Proof>,
        /// Since when.
        pub proved_at: Option<DateTime<Utc>>,
        /// When its address, never proved, went to somebody of the provider (A4). It has ended for good, and stays for what it did.
        pub lost_at: Option<DateTime<Utc>>,
        /// When it was last seen in a browser, to some minutes.
        pub seen_at: Option<DateTime<Utc>>,
    }
}

impl User {
    /// A login that is made now, without a password. An administrator stands for the address of whoever gets a role; a customer's
    /// person comes by a link that somebody else may have kept, so whose the address is remains to be proved (A4).
    #[must_use]
    pub fn new(id: UserId, email: String, name: String, role: Option<StaffRole>, now: DateTime<Utc>) -> Self {
        Self {
            id,
            email,
            name,
            role,
            password: None,
            link_by: None,
            link_at: None,
            created_at: now,
            disabled_at: None,
            proved_by: role.map(|_| Proof::Administrator),
            proved_at: role.map(|_| now),
            lost_at: None,
            seen_at: None,
        }
    }

    /// Whether somebody of the provider may have this address, as nothing shows whose it is (A4).
    #[must_use]
    pub const fn yields(&self) -> bool {
        self.role.is_none() && self.proved_at.is_none()
    }
}

record! {
    /// A link that works once.
    pub struct Invitation {
        /// SHA-256 of the secret in the link.
        pub digest: String,
        /// What for.
        pub purpose: Purpose,
        /// For whom.
        pub email: Option<String>,
        /// Their name.
        pub name: Option<String>,
        /// The login whose password is chosen anew.
        pub user_id: Option<UserId>,
        /// The contact that gets a login.
        pub contact_id: Option<ContactId>,
        /// The role of the login to make.
        pub role: Option<StaffRole>,
        /// Who made the link.
        pub created_by: Option<UserId>,
        /// When.
        pub created_at: DateTime<Utc>,
        /// Until when it works.
        pub expires_at: DateTime<Utc>,
        /// When it was used.
        pub used_at: Option<DateTime<Utc>>,
        /// When it was withdrawn, or a newer one took its place.
        pub ended_at: Option<DateTime<Utc>>,
    }
}

/// The link by which a login was opened that did something, where it was handed over (SPEND-3a).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFrom {
    /// Name of who made it.
    pub name: String,
    /// The day on which it was made.
    pub on: NaiveDate,
}

impl LinkFrom {
    /// In words.
    #[must_use]
    pub fn told(&self, locale: Locale) -> String {
        printed::handed_over(&self.name, self.on, locale)
    }

    /// From `link_name` and `link_on`, where there are.
    pub(super) fn read(row: &Row<'_>) -> Result<Option<Self>> {
        let (name, on): (Option<String>, Option<NaiveDate>) = (row.get("link_name")?, row.get("link_on")?);
        Ok(name.zip(on).map(|(name, on)| Self { name, on }))
    }
}

/// How many logins there are.
///
/// # Errors
/// What the database says.
pub async fn count(on: &mut impl Statements) -> Result<i64> {
    let (count,) = on.query("SELECT CAST(COUNT(*) AS BIGINT) FROM users").one().await?;
    Ok(count)
}

/// Logins by name, at most `limit` after the login `after`: those whose name or address, or whose customer's name or address,
/// contains `query`.
///
/// # Errors
/// What the database says.
pub async fn list(
    on: &mut impl Statements,
    whose: Whose,
    query: &str,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<User>> {
    on.query(
        "SELECT * FROM users
         WHERE ($1 = 'all' OR ($1 = 'staff') = (role IS NOT NULL))
           AND (LOWER(name) LIKE $2 ESCAPE '\\' OR email LIKE $2 ESCAPE '\\'
                OR id IN (SELECT contact_logins.user_id FROM contact_logins
                          JOIN contacts ON contacts.id = contact_id JOIN customers ON customers.id = customer_id
                          WHERE identity LIKE $2 ESCAPE '\\' AND removed_at IS NULL))
           AND ($3 IS NULL OR (name, id) > (SELECT name, id FROM users WHERE id = $3))
         ORDER BY name, id LIMIT $4",
    )
    .bind(whose)
    .bind(super::customers::like(query))
    .bind(after)
    .bind(limit)
    .all()
    .await
}

/// As whom a login stands at a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct At {
    /// The login.
    pub user: UserId,
    /// The customer.
    pub customer: CustomerId,
    /// Its name.
    pub name: String,
    /// The person's role there.
    pub role: Role,
}

impl Record for At {
    fn read(row: &Row<'_>) -> Result<Self> {
        let (user, customer) = (row.get("user_id")?, row.get("customer_id")?);
        Ok(Self { user, customer, name: row.get("customer_name")?, role: row.get("role")? })
    }
}

/// At which customers these logins are persons, by the customer's name.
///
/// # Errors
/// What the database says.
pub async fn places(on: &mut impl Statements, users: &[UserId]) -> Result<Vec<At>> {
    on.query(
        "SELECT contact_logins.user_id, customer_id, customers.name AS customer_name, contacts.role FROM contact_logins
         JOIN contacts ON contacts.id = contact_id JOIN customers ON customers.id = customer_id
         WHERE contact_logins.user_id {in} AND removed_at IS NULL ORDER BY customers.name, customer_id",
    )
    .bind_json(users.iter().map(Stored::json).collect())
    .all()
    .await
}

/// These logins.
///
/// # Errors
/// What the database says.
pub async fn by_ids(on: &mut impl Statements, users: &[UserId]) -> Result<Vec<User>> {
    on.query("SELECT * FROM users WHERE id {in}").bind_json(users.iter().map(Stored::json).collect()).all().await
}

/// The login that has an address (lower case).
///
/// # Errors
/// What the database says.
pub async fn by_email(on: &mut impl Statements, email: &str) -> Result<Option<User>> {
    on.query("SELECT * FROM users WHERE email = $1 AND lost_at IS NULL").bind(email).optional().await
}

/// A login that may log in, kept as it is until the end of the transaction.
///
/// # Errors
/// What the database says.
pub async fn working(tx: &mut Tx, id: UserId) -> Result<Option<User>> {
    tx.query("SELECT * FROM users WHERE id = $1 AND disabled_at IS NULL {lock}").bind(id).optional().await
}

/// A login.
///
/// # Errors
/// What the database says.
pub async fn by_id(on: &mut impl Statements, id: UserId) -> Result<Option<User>> {
    on.query("SELECT * FROM users WHERE id = $1").bind(id).optional().await
}

/// The logins of tokens, each with the token's jti; revoked tokens and disabled logins are left out.
///
/// # Errors
/// What the database says.
pub async fn by_tokens(on: &mut impl Statements, tokens: &[Uuid]) -> Result<Vec<ByToken>> {
    let list = tokens.iter().map(|jti| jti.to_string().into()).collect();
    on.query(
        "SELECT users.*, jti, digest FROM tokens JOIN users ON users.id = user_id
         WHERE jti {in} AND revoked_at IS NULL AND disabled_at IS NULL",
    )
    .bind_json(list)
    .all()
    .await
}

/// A token and its login.
#[derive(Clone, Debug, PartialEq)]
pub struct ByToken {
    /// Identity of the token.
    pub jti: Uuid,
    /// Digest of the secret in it.
    pub digest: String,
    /// Whose it is.
    pub user: User,
}

impl Record for ByToken {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { jti: row.get("jti")?, digest: row.get("digest")?, user: User::read(row)? })
    }
}

/// The login of a session that has not ended.
///
/// # Errors
/// What the database says.
pub async fn by_session(
    on: &mut impl Statements,
    digest: &str,
    now: DateTime<Utc>,
    seen_since: DateTime<Utc>,
) -> Result<Option<User>> {
    on.query(
        "SELECT users.* FROM sessions JOIN users ON users.id = user_id
         WHERE digest = $1 AND expires_at > $2 AND sessions.seen_at > $3 AND disabled_at IS NULL",
    )
    .bind(digest)
    .bind(now)
    .bind(seen_since)
    .optional()
    .await
}

/// Adds a login. Gives `false` when the address is taken.
///
/// # Errors
/// What the database says.
pub async fn add(tx: &mut Tx, user: &User) -> Result<bool> {
    let added = tx
        .query(
            "INSERT INTO users (id, email, name, role, password, link_by, link_at, created_at, disabled_at, proved_by, proved_at, lost_at, seen_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (email) WHERE lost_at IS NULL DO NOTHING",
        )
        .bind(user.id)
        .bind(user.email.as_str())
        .bind(user.name.as_str())
        .bind(user.role)
        .bind(user.password.clone())
        .bind(user.link_by)
        .bind(user.link_at)
        .bind(user.created_at)
        .bind(user.disabled_at)
        .bind(user.proved_by)
        .bind(user.proved_at)
        .bind(user.lost_at)
        .bind(user.seen_at)
        .execute()
        .await?;
    Ok(added == 1)
}

/// Takes an address from the login that has it, if nothing shows that it is that person's (A4): gives which. That login ends for good,
/// with its sessions, tokens and links and those that it made, and is nobody's contact any more.
///
/// # Errors
/// What the database says.
pub async fn take_address(tx: &mut Tx, email: &str, now: DateTime<Utc>) -> Result<Option<UserId>> {
    let lost: Option<(UserId,)> = tx
        .query(
            "UPDATE users SET lost_at = $2, disabled_at = COALESCE(disabled_at, $2)
             WHERE email = $1 AND lost_at IS NULL AND role IS NULL AND proved_at IS NULL RETURNING id",
        )
        .bind(email)
        .bind(now)
        .optional()
        .await?;
    let Some((user,)) = lost else { return Ok(None) };
    end_everything(tx, user, now).await?;
    tx.query("DELETE FROM contact_logins WHERE user_id = $1").bind(user).execute().await?;
    Ok(Some(user))
}

/// Sets the name of a login.
///
/// # Errors
/// What the database says.
pub async fn rename(tx: &mut Tx, user: UserId, name: &str) -> Result<()> {
    tx.query("UPDATE users SET name = $2 WHERE id = $1").bind(user).bind(name).execute().await?;
    Ok(())
}

/// Sets the password of a login. What hung on the old one ends: its sessions, its known devices, the links to it and those that it
/// made, and its tokens but for those that are kept on purpose.
///
/// # Errors
/// What the database says.
pub async fn set_password(tx: &mut Tx, user: UserId, password: &str, now: DateTime<Utc>) -> Result<()> {
    tx.query("UPDATE users SET password = $2 WHERE id = $1").bind(user).bind(password).execute().await?;
    end_sessions(tx, user).await?;
    forget_devices(tx, user).await?;
    end_links(tx, LinksOf::Login(user), now).await?;
    end_links(tx, LinksOf::Maker(user), now).await?;
    let sql = "UPDATE tokens SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL AND keeps = 0";
    tx.query(sql).bind(user).bind(now).execute().await?;
    Ok(())
}

/// Notes by whose link a customer's login was opened last (SPEND-3a).
///
/// # Errors
/// What the database says.
pub async fn opened_by(tx: &mut Tx, user: UserId, by: UserId, at: DateTime<Utc>) -> Result<()> {
    tx.query("UPDATE users SET link_by = $2, link_at = $3 WHERE id = $1 AND role IS NULL")
        .bind(user)
        .bind(by)
        .bind(at)
        .execute()
        .await?;
    Ok(())
}

/// The address of a login is proved: nothing that it says is marked from now on (SPEND-3a).
///
/// # Errors
/// What the database says.
pub async fn prove(tx: &mut Tx, user: UserId, by: Proof, now: DateTime<Utc>) -> Result<()> {
    tx.query("UPDATE users SET proved_by = $2, proved_at = $3, link_by = NULL, link_at = NULL WHERE id = $1")
        .bind(user)
        .bind(by)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Gives every login that has a password this one instead, and ends all sessions: for the demo.
///
/// # Errors
/// What the database says.
pub async fn set_every_password(tx: &mut Tx, password: &str) -> Result<()> {
    tx.query("UPDATE users SET password = $1 WHERE password IS NOT NULL").bind(password).execute().await?;
    tx.query("DELETE FROM sessions").execute().await?;
    tx.query("DELETE FROM devices").execute().await?;
    Ok(())
}

/// How many administrators can log in besides this one. Until the transaction ends nobody else changes that.
///
/// # Errors
/// What the database says.
pub async fn other_admins(tx: &mut Tx, user: UserId) -> Result<i64> {
    // Nothing is changed: the rows are held.
    tx.query("UPDATE users SET role = role WHERE role = 'admin'").execute().await?;
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM users WHERE role = 'admin' AND disabled_at IS NULL AND id <> $1";
    let (others,): (i64,) = tx.query(sql).bind(user).one().await?;
    Ok(others)
}

/// Ends a login at once with everything that hangs on it: its sessions, its known devices, its tokens, the links to it and those that it
/// made. Or lets it in again: with nothing of that.
///
/// # Errors
/// What the database says.
pub async fn set_disabled(tx: &mut Tx, user: UserId, disabled: bool, now: DateTime<Utc>) -> Result<()> {
    tx.query("UPDATE users SET disabled_at = $2 WHERE id = $1")
        .bind(user)
        .bind(disabled.then_some(now))
        .execute()
        .await?;
    if disabled {
        return end_everything(tx, user, now).await;
    }
    forget_devices(tx, user).await?;
    end_sessions(tx, user).await.map(drop)
}

/// Ends what lets somebody in as this login, and the links that it made.
async fn end_everything(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<()> {
    end_sessions(tx, user).await?;
    forget_devices(tx, user).await?;
    end_links(tx, LinksOf::Login(user), now).await?;
    end_links(tx, LinksOf::Maker(user), now).await?;
    let sql = "UPDATE tokens SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL";
    tx.query(sql).bind(user).bind(now).execute().await.map(drop)
}

/// Ends all sessions of a login; gives how many.
///
/// # Errors
/// What the database says.
pub async fn end_sessions(tx: &mut Tx, user: UserId) -> Result<u64> {
    tx.query("DELETE FROM sessions WHERE user_id = $1").bind(user).execute().await
}

/// Whether an account (its address, lower case) has signed in on a device, by the digest of its cookie, and not too long ago.
///
/// # Errors
/// What the database says.
pub async fn knows_device(on: &mut impl Statements, digest: &str, email: &str, now: DateTime<Utc>) -> Result<bool> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM devices JOIN users ON users.id = user_id
               WHERE digest = $1 AND email = $2 AND lost_at IS NULL AND expires_at > $3";
    let (known,): (i64,) = on.query(sql).bind(digest).bind(email).bind(now).one().await?;
    Ok(known > 0)
}

/// Keeps that a login signed in on a device. It goes by the digest of a new cookie from now on, for the other accounts that were used
/// on it as well.
///
/// # Errors
/// What the database says.
pub async fn keep_device(
    tx: &mut Tx,
    (old, new): (Option<&str>, &str),
    user: UserId,
    until: DateTime<Utc>,
) -> Result<()> {
    if let Some(old) = old {
        tx.query("UPDATE devices SET digest = $2 WHERE digest = $1").bind(old).bind(new).execute().await?;
    }
    tx.query(
        "INSERT INTO devices (digest, user_id, expires_at) VALUES ($1, $2, $3)
         ON CONFLICT (digest, user_id) DO UPDATE SET expires_at = excluded.expires_at",
    )
    .bind(new)
    .bind(user)
    .bind(until)
    .execute()
    .await?;
    Ok(())
}

/// Forgets all devices of a login.
///
/// # Errors
/// What the database says.
pub async fn forget_devices(tx: &mut Tx, user: UserId) -> Result<()> {
    tx.query("DELETE FROM devices WHERE user_id = $1").bind(user).execute().await?;
    Ok(())
}

/// What of logins is over.
#[derive(Clone, Copy, Debug)]
pub struct Over {
    /// What ended before this is over: sessions, links, devices.
    pub now: DateTime<Utc>,
    /// Sessions that were last used before this are over.
    pub unused_since: DateTime<Utc>,
    /// Tokens that ended before this are over; they are kept for a while, to tell what a log is about.
    pub tokens_before: DateTime<Utc>,
}

/// Deletes what is over: sessions, known devices, links that were used, withdrawn or have ended, and tokens that ended some time ago.
/// Gives how many.
///
/// # Errors
/// What the database says.
pub async fn sweep(tx: &mut Tx, over: Over) -> Result<u64> {
    let sessions = "DELETE FROM sessions WHERE expires_at <= $1 OR seen_at <= $2";
    let mut gone = tx.query(sessions).bind(over.now).bind(over.unused_since).execute().await?;
    gone += tx.query("DELETE FROM devices WHERE expires_at <= $1").bind(over.now).execute().await?;
    let links = "DELETE FROM invitations WHERE expires_at <= $1 OR used_at IS NOT NULL OR ended_at IS NOT NULL";
    gone += tx.query(links).bind(over.now).execute().await?;
    let tokens = "DELETE FROM tokens WHERE expires_at <= $1 OR revoked_at <= $1";
    gone += tx.query(tokens).bind(over.tokens_before).execute().await?;
    Ok(gone)
}

/// Which links.
#[derive(Clone, Copy, Debug)]
pub enum LinksOf<'a> {
    /// For this login, by itself or by its address; not an invitation of staff, which is for whoever the address is of (A4).
    Login(UserId),
    /// For this contact.
    Contact(ContactId),
    /// Made by this login.
    Maker(UserId),
    /// For a new login of the provider with this address.
    Staff(&'a str),
    /// This one.
    Digest(&'a str),
}

/// Ends links that still work; gives how many.
///
/// # Errors
/// What the database says.
pub async fn end_links(tx: &mut Tx, of: LinksOf<'_>, now: DateTime<Utc>) -> Result<u64> {
    macro_rules! ending {
        ($which:literal) => {
            concat!("UPDATE invitations SET ended_at = $1 WHERE used_at IS NULL AND ended_at IS NULL AND ", $which)
        };
    }
    let (sql, value) = match of {
        LinksOf::Login(user) => {
            let of =
                ending!("(user_id = $2 OR purpose <> 'staff' AND email = (SELECT email FROM users WHERE id = $2))");
            (of, user.to_string())
        }
        LinksOf::Contact(contact) => (ending!("contact_id = $2"), contact.to_string()),
        LinksOf::Maker(user) => (ending!("created_by = $2"), user.to_string()),
        LinksOf::Staff(email) => (ending!("purpose = 'staff' AND email = $2"), email.to_owned()),
        LinksOf::Digest(digest) => (ending!("digest = $2"), digest.to_owned()),
    };
    tx.query(sql).bind(now).bind(value).execute().await
}

/// Starts a session, known by the digest of its cookie. Sessions that ended are swept.
///
/// # Errors
/// What the database says.
pub async fn start_session(
    tx: &mut Tx,
    digest: &str,
    user: UserId,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    tx.query("DELETE FROM sessions WHERE user_id = $1 AND expires_at <= $2").bind(user).bind(now).execute().await?;
    tx.query("INSERT INTO sessions (digest, user_id, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $3, $4)")
        .bind(digest)
        .bind(user)
        .bind(now)
        .bind(expires_at)
        .execute()
        .await?;
    seen(tx, user, now).await
}

/// Notes that a login was seen.
async fn seen(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<()> {
    tx.query("UPDATE users SET seen_at = $2 WHERE id = $1").bind(user).bind(now).execute().await.map(drop)
}

/// Notes that a session was used, if that was last noted before `stale`.
///
/// # Errors
/// What the database says.
pub async fn touch_session(tx: &mut Tx, digest: &str, now: DateTime<Utc>, stale: DateTime<Utc>) -> Result<()> {
    let touched: Option<(UserId,)> = tx
        .query("UPDATE sessions SET seen_at = $2 WHERE digest = $1 AND seen_at < $3 RETURNING user_id")
        .bind(digest)
        .bind(now)
        .bind(stale)
        .optional()
        .await?;
    match touched {
        Some((user,)) => seen(tx, user, now).await,
        None => Ok(()),
    }
}

/// When a session was last noted as used.
///
/// # Errors
/// What the database says.
pub async fn session_seen(on: &mut impl Statements, digest: &str) -> Result<Option<DateTime<Utc>>> {
    let found: Option<(DateTime<Utc>,)> =
        on.query("SELECT seen_at FROM sessions WHERE digest = $1").bind(digest).optional().await?;
    Ok(found.map(|(seen,)| seen))
}

/// Ends a session; gives whose it was.
///
/// # Errors
/// What the database says.
pub async fn end_session(tx: &mut Tx, digest: &str) -> Result<Option<UserId>> {
    let ended: Option<(UserId,)> =
        tx.query("DELETE FROM sessions WHERE digest = $1 RETURNING user_id").bind(digest).optional().await?;
    Ok(ended.map(|(user,)| user))
}

/// Registers a token by its jti.
///
/// # Errors
/// What the database says.
pub async fn add_token(tx: &mut Tx, token: &Token) -> Result<()> {
    tx.query(
        "INSERT INTO tokens (jti, user_id, digest, keeps, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(token.jti)
    .bind(token.user_id)
    .bind(token.digest.as_str())
    .bind(token.keeps)
    .bind(token.created_at)
    .bind(token.expires_at)
    .execute()
    .await?;
    Ok(())
}

record! {
    /// A token, without its secret.
    pub struct Token {
        /// Its identity.
        pub jti: Uuid,
        /// Whose it is.
        pub user_id: UserId,
        /// SHA-256 of the secret in it.
        pub digest: String,
        /// It outlives a new password.
        pub keeps: bool,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// Until when it works.
        pub expires_at: DateTime<Utc>,
        /// When it was revoked.
        pub revoked_at: Option<DateTime<Utc>>,
    }
}

/// A token by its identity.
///
/// # Errors
/// What the database says.
pub async fn token(on: &mut impl Statements, jti: Uuid) -> Result<Option<Token>> {
    on.query("SELECT * FROM tokens WHERE jti = $1").bind(jti).optional().await
}

/// Tokens that work, the newest first.
///
/// # Errors
/// What the database says.
pub async fn tokens(on: &mut impl Statements, now: DateTime<Utc>) -> Result<Vec<Token>> {
    on.query("SELECT * FROM tokens WHERE revoked_at IS NULL AND expires_at > $1 ORDER BY created_at DESC, jti")
        .bind(now)
        .all()
        .await
}

/// Links that work, the newest first.
///
/// # Errors
/// What the database says.
pub async fn links(on: &mut impl Statements, now: DateTime<Utc>) -> Result<Vec<Invitation>> {
    on.query(
        "SELECT * FROM invitations WHERE used_at IS NULL AND ended_at IS NULL AND expires_at > $1
         ORDER BY created_at DESC, digest",
    )
    .bind(now)
    .all()
    .await
}

/// Revokes a token. Gives `false` when there is none that is still good.
///
/// # Errors
/// What the database says.
pub async fn revoke_token(tx: &mut Tx, jti: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE tokens SET revoked_at = $2 WHERE jti = $1 AND revoked_at IS NULL";
    Ok(tx.query(sql).bind(jti).bind(now).execute().await? == 1)
}

/// Keeps an invitation.
///
/// # Errors
/// What the database says.
pub async fn add_invitation(tx: &mut Tx, invitation: &Invitation) -> Result<()> {
    tx.query(
        "INSERT INTO invitations
             (digest, purpose, email, name, user_id, contact_id, role, created_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(invitation.digest.as_str())
    .bind(invitation.purpose)
    .bind(invitation.email.clone())
    .bind(invitation.name.clone())
    .bind(invitation.user_id)
    .bind(invitation.contact_id)
    .bind(invitation.role)
    .bind(invitation.created_by)
    .bind(invitation.created_at)
    .bind(invitation.expires_at)
    .execute()
    .await?;
    Ok(())
}

/// An invitation that was not used and has not ended.
///
/// # Errors
/// What the database says.
pub async fn invitation(on: &mut impl Statements, digest: &str, now: DateTime<Utc>) -> Result<Option<Invitation>> {
    on.query("SELECT * FROM invitations WHERE digest = $1 AND used_at IS NULL AND ended_at IS NULL AND expires_at > $2")
        .bind(digest)
        .bind(now)
        .optional()
        .await
}

/// Uses an invitation up. Gives `false` when somebody was faster.
///
/// # Errors
/// What the database says.
pub async fn use_invitation(tx: &mut Tx, digest: &str, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE invitations SET used_at = $2
               WHERE digest = $1 AND used_at IS NULL AND ended_at IS NULL AND expires_at > $2";
    Ok(tx.query(sql).bind(digest).bind(now).execute().await? == 1)
}

/// Makes a login that of a contact. Nothing happens when the contact has one already.
///
/// # Errors
/// What the database says.
pub async fn attach(tx: &mut Tx, contact: ContactId, user: UserId, now: DateTime<Utc>) -> Result<()> {
    tx.query(
        "INSERT INTO contact_logins (contact_id, user_id, created_at) VALUES ($1, $2, $3)
         ON CONFLICT (contact_id) DO NOTHING",
    )
    .bind(contact)
    .bind(user)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}
