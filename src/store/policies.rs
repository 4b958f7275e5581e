//! The versions of the policy (POL-1), and the few values the service keeps for itself.

use super::{Result, Session, Statements, Tx, record};
use chrono::{DateTime, NaiveDate, Utc};

record! {
    /// A version as it was applied.
    pub struct PolicyVersion {
        /// Its number, from 1.
        pub version: i64,
        /// The policy's name.
        pub name: String,
        /// SHA-256 of the text.
        pub digest: String,
        /// The text as it was given.
        pub text: String,
        /// First day on which it holds.
        pub effective_from: NaiveDate,
        /// When it was applied.
        pub applied_at: DateTime<Utc>,
    }
}

/// Every version, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn all(on: &mut impl Statements) -> Result<Vec<PolicyVersion>> {
    on.query("SELECT * FROM policies ORDER BY version").all().await
}

/// Adds a version; gives false, and adds nothing, when one of that number exists (another process was first).
///
/// # Errors
/// What the database says.
pub async fn add(tx: &mut Tx, version: &PolicyVersion) -> Result<bool> {
    let added = tx.query(
        "INSERT INTO policies (version, name, digest, text, effective_from, applied_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING",
    )
    .bind(version.version)
    .bind(version.name.as_str())
    .bind(version.digest.as_str())
    .bind(version.text.as_str())
    .bind(version.effective_from)
    .bind(version.applied_at)
    .execute()
    .await?;
    Ok(added == 1)
}

/// A value the service keeps for itself.
///
/// # Errors
/// Also when there is none of that name.
pub async fn setting(on: &mut Session, name: &str) -> Result<String> {
    let (value,) = on.query("SELECT value FROM settings WHERE name = $1").bind(name).one().await?;
    Ok(value)
}
