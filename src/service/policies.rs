//! Which terms are in force: rows in the database, so that all processes agree and nothing changes behind its back.

use crate::clock::Clock;
use crate::domain::{Policies, Policy, policy::PolicyErrors};
use crate::store::policies::{PolicyVersion, add, all};
use crate::store::{Db, Session};

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
         charged stays under its terms. Start without --policy to go on under the policy in force, give its exact text, or \
         use another database"
    )]
    Differs {
        /// As named now.
        given: String,
        /// As named when it was applied.
        in_force: String,
        /// First day.
        since: chrono::NaiveDate,
    },
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
        let version = PolicyVersion {
            version: 1,
            name: first.name.clone(),
            digest: Policy::digest(&first.text),
            text: first.text.clone(),
            effective_from: policy.effective_from,
            applied_at: clock.now(),
        };
        add(&mut tx, &version).await?;
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

fn parse_all(versions: Vec<PolicyVersion>) -> Result<Policies, PolicyError> {
    let mut policies = Vec::with_capacity(versions.len());
    for version in versions {
        let stored = Given { name: version.name, text: version.text };
        policies.push((version.version, stored.parse()?));
    }
    Policies::new(policies).ok_or(PolicyError::Database(sqlx::Error::RowNotFound))
}
