//! Which terms are in force: rows in the database, so that all processes agree and nothing changes behind its back.

use super::access::Caller;
use super::ledger::Failure;
use super::{Error, FieldError, Result as Done, Service};
use crate::clock::Clock;
use crate::domain::policies::NotFrom;
use crate::domain::{Doing, Policies, Policy, policy::PolicyErrors};
pub use crate::store::policies::PolicyVersion;
use crate::store::policies::{add, all};
use crate::store::{Db, Session};
use chrono::NaiveDate;

/// A policy as the administrator named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// A shipped name, or the path of a file.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The policy for a new user.
pub const DEFAULT: &str = "standard";

/// Why there are no terms to work under.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The file cannot be read.
    #[error("`{name}` is neither a shipped policy ({}) nor a file that can be read: {reason}", Policy::SHIPPED.join(", "))]
    Unreadable {
        /// As named.
        name: String,
        /// What the system says.
        reason: String,
    },
    /// The text is not a policy.
    #[error("policy `{name}` is not valid; nothing was applied:\n{errors}")]
    Invalid {
        /// As named.
        name: String,
        /// Everything that is wrong with it.
        errors: PolicyErrors,
    },
    /// Another text is in force.
    #[error(
        "policy `{given}` differs from `{in_force}`, which is in force in this database since {since}: what was agreed and \
         charged stays under its terms. Start without --policy to go on under the policy in force, or put the other one \
         in force from a day of your choice: strippenkaart policy apply {given} --from DATE"
    )]
    Differs {
        /// As named now.
        given: String,
        /// As named when it was applied.
        in_force: String,
        /// First day.
        since: NaiveDate,
    },
    /// A new version cannot begin on the day that was given.
    #[error("nothing was applied: {0}")]
    From(#[from] NotFrom),
    /// Another process applied a version at the same moment.
    #[error("nothing was applied: somebody else applied a version just now; look at it first, then try again")]
    Raced,
    /// The database answered with an error.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Given {
    /// A shipped policy by its name, or a file by its path.
    ///
    /// # Errors
    /// When it is neither.
    pub fn read(name: &str) -> Result<Self, PolicyError> {
        let text = match Policy::shipped(name) {
            Some(text) => text.to_owned(),
            None => std::fs::read_to_string(name)
                .map_err(|error| PolicyError::Unreadable { name: name.to_owned(), reason: error.to_string() })?,
        };
        Ok(Self { name: name.to_owned(), text })
    }

    /// Reads and checks the whole text.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(&self) -> Result<Policy, PolicyError> {
        Policy::parse(&self.text).map_err(|errors| PolicyError::Invalid { name: self.name.clone(), errors })
    }
}

/// The versions in force. On an empty database `given` (or [`DEFAULT`]) becomes the first; afterwards another text than
/// the newest version's is refused.
///
/// # Errors
/// When the policy is not valid, differs from the one in force, or the database does not answer.
pub async fn in_force(db: &Db, clock: &Clock, given: Option<Given>) -> Result<Policies, PolicyError> {
    let mut reader: Session = db.reader().await?;
    let mut versions = all(&mut reader).await?;
    if versions.is_empty() {
        let first = given.clone().map_or_else(|| Given::read(DEFAULT), Ok)?;
        let policy = first.parse()?;
        let mut tx = db.begin().await?;
        add(&mut tx, &numbered(1, first, policy.effective_from, clock)).await?;
        versions = all(&mut tx).await?;
        tx.commit().await?;
    }
    if let (Some(given), Some(newest)) = (&given, versions.last())
        && Policy::digest(&given.text) != newest.digest
    {
        return Err(PolicyError::Differs {
            given: given.name.clone(),
            in_force: newest.name.clone(),
            since: newest.effective_from,
        });
    }
    parse_all(versions)
}

/// The versions in force; [`DEFAULT`] while there is none, and nothing is written.
///
/// # Errors
/// When the database does not answer.
pub async fn known(db: &Db) -> Result<Policies, PolicyError> {
    let versions = all(&mut db.reader().await?).await?;
    if versions.is_empty() {
        let policy = Given::read(DEFAULT)?.parse()?;
        return Policies::new(vec![(1, policy)]).ok_or(PolicyError::Database(sqlx::Error::RowNotFound));
    }
    parse_all(versions)
}

/// Puts a policy in force from a day on, whatever day its text names (POL-1). The same text from the same day again
/// changes nothing. On an empty database it becomes the first version.
///
/// # Errors
/// When it is not valid, or cannot begin on that day; nothing was applied then.
pub async fn apply(db: &Db, clock: &Clock, given: Given, from: NaiveDate) -> Result<PolicyVersion, PolicyError> {
    let policy = given.parse()?;
    let mut tx = db.begin().await?;
    let versions = all(&mut tx).await?;
    if let Some(newest) = versions.last() {
        if newest.digest == Policy::digest(&given.text) && newest.effective_from == from {
            return Ok(newest.clone());
        }
        let known = parse_all(versions.clone())?;
        known.may_follow(&policy, from, known.day(clock.now()))?;
    }
    let number = versions.last().map_or(1, |newest| newest.version + 1);
    let version = numbered(number, Given { name: policy.name, text: given.text }, from, clock);
    if !add(&mut tx, &version).await? {
        return Err(PolicyError::Raced);
    }
    tx.commit().await?;
    Ok(version)
}

/// Every version of a database, the oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn versions(db: &Db) -> Result<Vec<PolicyVersion>, PolicyError> {
    Ok(all(&mut db.reader().await?).await?)
}

/// The longest text of a policy that is read for somebody.
const MOST_TEXT: usize = 256 * 1024;

impl Service {
    /// Every version, the oldest first, for staff.
    ///
    /// # Errors
    /// For others than staff.
    pub async fn policy_versions(&self, caller: &Caller) -> Done<Vec<PolicyVersion>> {
        caller.may(Doing::SeeAll)?;
        Ok(all(&mut self.db.reader().await?).await?)
    }

    /// One version, for staff.
    ///
    /// # Errors
    /// For others than staff; not found.
    pub async fn policy_version(&self, caller: &Caller, version: i64) -> Done<PolicyVersion> {
        let versions = self.policy_versions(caller).await?;
        versions.into_iter().find(|known| known.version == version).ok_or(Error::NotFound("version of the policy"))
    }

    /// Does work on a text that somebody sent: beside the requests, one at a time, and only on so much text (A5).
    ///
    /// # Errors
    /// A text that is too long; somebody else's is being read.
    pub async fn on_text<T: Send + 'static>(
        &self,
        text: &str,
        work: impl FnOnce(Result<Policy, PolicyErrors>) -> T + Send + 'static,
    ) -> Done<T> {
        if text.len() > MOST_TEXT {
            let expected = "expected at most 256 KiB of text".to_owned();
            return Err(Error::Fields(vec![FieldError { field: "text".to_owned(), expected }]));
        }
        let permit = self.texts.clone().try_acquire_owned().map_err(|_| Failure::Busy)?;
        let text = text.to_owned();
        let work = move || {
            let done = work(Policy::parse(&text));
            drop(permit);
            done
        };
        Ok(tokio::task::spawn_blocking(work).await.map_err(|_| Failure::Broken)?)
    }

    /// Puts a text in force from a day on. This process works under it from the next request on, others within a minute.
    ///
    /// # Errors
    /// For others than administrators; a text that is not valid; a day on which it cannot begin.
    pub async fn apply_policy(&self, caller: &Caller, text: String, from: NaiveDate) -> Done<PolicyVersion> {
        caller.may(Doing::Administer)?;
        self.on_text(&text, |_| ()).await?;
        let given = Given { name: "policy".to_owned(), text };
        let applied = apply(&self.db, &self.clock, given, from).await.map_err(refused)?;
        tracing::info!(version = applied.version, from = %applied.effective_from, by = %caller.user.id, "policy applied");
        self.reload_policies().await.map_err(refused)?;
        Ok(applied)
    }

    /// Takes over versions that were applied elsewhere, for the requests to come. Gives whether there were any.
    ///
    /// # Errors
    /// When the database does not answer, or holds a text that this program cannot read: it then goes on as before.
    pub async fn reload_policies(&self) -> Result<bool, PolicyError> {
        let stored = all(&mut self.db.reader().await?).await?;
        let terms = self.policies.clone();
        if stored.len() <= terms.count() {
            return Ok(false);
        }
        terms.replace(parse_all(stored)?);
        Ok(true)
    }
}

/// Everything that is wrong with a text, for whoever sent it.
#[must_use]
pub fn faults(errors: &PolicyErrors) -> Vec<FieldError> {
    errors.0.iter().map(|fault| FieldError { field: "text".to_owned(), expected: fault.to_string() }).collect()
}

fn refused(error: PolicyError) -> Error {
    match error {
        PolicyError::Invalid { errors, .. } => Error::Fields(faults(&errors)),
        PolicyError::From(reason) => {
            let (field, expected) = match reason {
                NotFrom::Past { .. } => ("from", "expected today or a later day"),
                NotFrom::Before { .. } => ("from", "expected the first day of the newest version, or a later one"),
                NotFrom::TimeZone(_) => ("text", "expected the time zone of the newest version"),
            };
            Error::Fields(vec![FieldError { field: field.to_owned(), expected: expected.to_owned() }])
        }
        PolicyError::Database(error) => error.into(),
        PolicyError::Raced => Error::Ledger(Failure::Busy),
        PolicyError::Unreadable { .. } | PolicyError::Differs { .. } => Error::Ledger(Failure::Broken),
    }
}

fn numbered(version: i64, given: Given, effective_from: NaiveDate, clock: &Clock) -> PolicyVersion {
    let digest = Policy::digest(&given.text);
    PolicyVersion { version, name: given.name, digest, text: given.text, effective_from, applied_at: clock.now() }
}

fn parse_all(versions: Vec<PolicyVersion>) -> Result<Policies, PolicyError> {
    let mut policies = Vec::with_capacity(versions.len());
    for PolicyVersion { version, name, text, effective_from, .. } in versions {
        let policy = Given { name, text }.parse()?;
        policies.push((version, Policy { effective_from, ..policy }));
    }
    Policies::new(policies).ok_or(PolicyError::Database(sqlx::Error::RowNotFound))
}
