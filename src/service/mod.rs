//! Use cases: may this user? then submit a command or read. Knows no axum and no SQL.

pub mod access;
pub mod accounting;
pub mod arrears;
pub mod audit_log;
pub mod availability;
pub mod balance;
pub mod bank;
pub mod cards;
mod conversions;
pub mod coverage;
pub mod customers;
pub mod desk;
pub mod exports;
pub mod fair_use;
pub mod finance;
pub mod installations;
pub mod invoices;
pub mod jobs;
pub mod journal;
pub mod ledger;
pub mod login;
pub mod mandates;
pub mod network;
pub mod password;
pub mod policies;
pub mod renewal;
pub mod reversals;
pub mod secret;
pub mod terms;
pub mod throttle;
pub mod tickets;
pub mod time_entries;
pub mod token;
pub mod turns;
pub mod users;
pub mod verify;
mod verify_money;
pub mod wicket;

use crate::clock::Clock;
use crate::domain::{Policies, Refusal};
use crate::exchange::bank::BankFault;
use crate::store::Db;
use ledger::{Door, Failure};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Everything that handlers and commands work with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Service {
    /// The database, for reads.
    pub db: Db,
    /// Time and ids.
    pub clock: Clock,
    /// The terms, by date; the same from the beginning to the end of a request.
    pub policies: terms::Terms,
    /// Where business writes go in.
    pub door: Door,
    /// Signs and reads API tokens.
    pub tokens: Arc<token::Tokens>,
    /// Hashes passwords, two at a time.
    pub passwords: password::Passwords,
    /// Slows down guesses at logins and links.
    pub throttle: Arc<throttle::Throttle>,
    /// Who is behind a token.
    pub wicket: wicket::Wicket,
    /// Texts of policies are read for somebody one at a time.
    pub texts: Arc<Semaphore>,
}

/// Why a use case did not do what was asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// Nobody is logged in, or the token is not good.
    #[error("log in first")]
    Unauthenticated,
    /// This user may not do that.
    #[error("your role does not allow this")]
    Forbidden,
    /// No such thing, or not for this user.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Fields that cannot be right; nothing was tried.
    #[error("{} field(s) need attention", .0.len())]
    Fields(Vec<FieldError>),
    /// Too many attempts.
    #[error("too many attempts; try again in {} seconds", .0.as_secs().max(1))]
    Throttled(Duration),
    /// Too many passwords wait to be checked; this one was not looked at.
    #[error("too many log in at this moment, and your password was not looked at; try again in a second")]
    Crowded,
    /// A file of the bank that is refused as a whole; nothing of it was used.
    #[error(transparent)]
    BankFile(Box<BankFault>),
    /// The ledger refused, or could not be reached.
    #[error(transparent)]
    Ledger(#[from] Failure),
}

/// One field that cannot be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Name of the field, as in the API.
    pub field: String,
    /// What was expected.
    pub expected: String,
}

/// What a use case gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<turns::Crowded> for Error {
    fn from(turns::Crowded: turns::Crowded) -> Self {
        Self::Crowded
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound(what) => Self::NotFound(what),
            Refusal::RoleForbids => Self::Forbidden,
            other => Self::Ledger(Failure::Refused(other)),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "a read failed");
        // PostgreSQL: the connection, its resources, an operator who ends it. Such a read may be tried again.
        let gone = |code: &str| code.len() == 5 && ["08", "53", "57"].contains(&&code[..2]);
        let lost = error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| gone(&code));
        Self::Ledger(match error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => Failure::Unavailable,
            _ if lost => Failure::Unavailable,
            _ => Failure::Broken,
        })
    }
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The policy is missing or not the one in force.
    #[error(transparent)]
    Policy(#[from] policies::PolicyError),
    /// The database answered with an error.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The key that signs tokens is damaged.
    #[error("the setting `token_key` in the database is not 64 hexadecimal digits")]
    TokenKey,
}

impl Service {
    /// Starts on an open, migrated database: puts the policy in force on an empty one, starts the writer. The handle
    /// ends only when the writer does.
    ///
    /// # Errors
    /// When `policy` is not the one in force, or the database does not answer.
    pub async fn start(
        db: Db,
        clock: Clock,
        policy: Option<policies::Given>,
    ) -> Result<(Self, JoinHandle<()>), StartError> {
        let policies = policies::in_force(&db, &clock, policy).await?;
        Self::with(db, clock, policies).await
    }

    /// For a command that runs beside a server, or before the first one: under the policy in force, and where there is
    /// none yet it leaves the choice to the first server.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn beside(db: Db, clock: Clock) -> Result<Self, StartError> {
        let policies = policies::known(&db).await?;
        Ok(Self::with(db, clock, policies).await?.0)
    }

    async fn with(db: Db, clock: Clock, policies: Policies) -> Result<(Self, JoinHandle<()>), StartError> {
        let policies = terms::Terms::new(policies);
        let key = crate::store::policies::setting(&mut db.reader().await?, "token_key").await?;
        let tokens = Arc::new(token::Tokens::new(&parse_key(&key).ok_or(StartError::TokenKey)?));
        let (door, writer) = Door::open(db.clone(), clock.clone(), policies.clone());
        let passwords = password::Passwords::default();
        let throttle = Arc::new(throttle::Throttle::new());
        let wicket = wicket::Wicket::open(db.clone());
        let texts = Arc::new(Semaphore::new(1));
        Ok((Self { db, clock, policies, door, tokens, passwords, throttle, wicket, texts }, writer))
    }
}

/// 32 bytes from 64 hexadecimal digits.
fn parse_key(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()?;
    }
    Some(key)
}
