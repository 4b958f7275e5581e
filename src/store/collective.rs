//! Accounts of others by which many pay (BANK-5): everything that was said of one is kept, the last thing counts.

use super::rows::{self, table};
use super::{Record, Result, Row, Statements, Tx};
use crate::domain::collective::{CollectiveAccount, CollectiveKind};
use crate::domain::{CustomerId, UserId};
use chrono::{DateTime, Utc};

super::columns::texts!(CollectiveKind);

table!(CollectiveAccount in "bank_collective_accounts" key [] changing [] {
    iban: String, nr: i64, kind: CollectiveKind, note: String, marked: bool, recorded_at: DateTime<Utc>,
    recorded_by: Option<UserId>,
});

/// Adds what is said of an account. Fails where somebody else said something at the same moment.
///
/// # Errors
/// What the database says.
pub async fn add(tx: &mut Tx, row: &CollectiveAccount) -> Result<()> {
    rows::write(tx, &[row]).await
}

/// What was said last of an account.
///
/// # Errors
/// What the database says.
pub async fn last(on: &mut impl Statements, iban: &str) -> Result<Option<CollectiveAccount>> {
    let sql = "SELECT * FROM bank_collective_accounts WHERE iban = $1 ORDER BY nr DESC LIMIT 1";
    on.query(sql).bind(iban).optional().await
}

/// Whether a line of the bank tells this account as the other side's.
///
/// # Errors
/// What the database says.
pub async fn is_told(on: &mut impl Statements, iban: &str) -> Result<bool> {
    let sql = "SELECT id FROM bank_lines WHERE iban = $1 LIMIT 1";
    Ok(on.query(sql).bind(iban).optional::<(String,)>().await?.is_some())
}

/// An account that is marked, with the name of who did so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedBy {
    /// The account.
    pub row: CollectiveAccount,
    /// The name.
    pub by: Option<String>,
}

impl Record for MarkedBy {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { row: CollectiveAccount::read(row)?, by: row.get("by_name")? })
    }
}

/// The accounts that are marked, by IBAN.
///
/// # Errors
/// What the database says.
pub async fn marked(on: &mut impl Statements) -> Result<Vec<MarkedBy>> {
    on.query(
        "SELECT said.*, users.name AS by_name FROM bank_collective_accounts AS said
         LEFT JOIN users ON users.id = said.recorded_by
         WHERE said.marked = 1 AND NOT EXISTS (
             SELECT 1 FROM bank_collective_accounts AS later WHERE later.iban = said.iban AND later.nr > said.nr)
         ORDER BY said.iban",
    )
    .all()
    .await
}

/// The names of these customers.
///
/// # Errors
/// What the database says.
pub async fn names(
    on: &mut impl Statements,
    customers: impl Iterator<Item = CustomerId> + Send,
) -> Result<Vec<(CustomerId, String)>> {
    let list = customers.map(|id| id.to_string().into()).collect();
    on.query("SELECT id, name FROM customers WHERE id {in} ORDER BY name, id").bind_json(list).all().await
}
