//! The databases, and SQL written once for both. The only file that names them.
//!
//! A statement uses `$1` and runs as it stands on SQLite and PostgreSQL. Four words in braces stand for the little that
//! differs: `{in}` is true for what stands in a JSON list, `{rows}` turns a JSON list into rows (arrays of columns), `{lock}`
//! locks what a SELECT finds, `{share}` keeps others from changing it. Both lists are `$1`.

use super::columns::{Raw, Stored};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPoolOptions, PgRow, PgSslMode};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{Arguments, ColumnIndex, Connection, Executor, PgPool, Postgres, Row as _, Sqlite, SqlitePool, Transaction};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

/// Makes the file of a database for the user of this process alone (A7); SQLite gives the files beside it the same rights. Of one
/// that others can read it is said.
fn for_us_alone(file: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    // Of what cannot be made the database says better why.
    if !made.is_err_and(|error| error.kind() == std::io::ErrorKind::AlreadyExists) {
        return Ok(());
    }
    let rights = std::fs::metadata(file)?.permissions().mode();
    if rights & 0o077 != 0 {
        tracing::warn!(file = %file.display(), "others on this machine can read the database: chmod 600 it, and what lies beside it");
    }
    Ok(())
}

/// What a store function gives.
pub type Result<T, E = sqlx::Error> = std::result::Result<T, E>;

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// The oldest SQLite without the bug that could corrupt a WAL database: 3.51.3. It also has `jsonb_each`, since 3.51.0.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];

/// A connection to a server that was idle for longer is asked whether it still answers before it is used.
const STALE: Duration = Duration::from_millis(100);

/// An open database: one connection that writes, a pool that reads.
#[derive(Clone, Debug)]
pub enum Db {
    /// A file.
    Sqlite {
        /// The one connection that writes or checkpoints.
        writer: SqlitePool,
        /// Read-only connections.
        reader: SqlitePool,
    },
    /// A server.
    Postgres {
        /// Connections of the writer and of logins.
        writer: PgPool,
        /// Connections of reads.
        reader: PgPool,
    },
}

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither of the two kinds.
    #[error("`{0}` is not a database address: expected sqlite://FILE or postgres://USER@HOST/NAME")]
    Address(String),
    /// Linked against a SQLite that can lose data.
    #[error(
        "this program was linked with SQLite {0}; 3.51.3 or later is needed, older ones can corrupt a WAL database"
    )]
    OldSqlite(String),
    /// The database is elsewhere, and nothing says that what goes there is encrypted.
    #[error(
        "the database is on another machine ({0}), and nothing says that the way there is encrypted: add \
         ?sslmode=verify-full to its address (and &sslrootcert=FILE where your own authority signed its certificate); \
         or, if nobody else can listen there, say so with ?sslmode=prefer or ?sslmode=disable"
    )]
    Unencrypted(String),
    /// The database answered with an error.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// An open transaction. Dropping it rolls back.
#[derive(Debug)]
pub enum Tx {
    /// On a file.
    Sqlite(Transaction<'static, Sqlite>),
    /// On a server.
    Postgres(Transaction<'static, Postgres>),
}

/// A connection for single reads, each a snapshot of its own.
#[derive(Debug)]
pub enum Session {
    /// On a file.
    Sqlite(PoolConnection<Sqlite>),
    /// On a server.
    Postgres(PoolConnection<Postgres>),
}

/// Where a statement runs.
enum Connected<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// Something statements run on: a transaction, or a connection for single reads.
pub trait Statements {
    /// Starts a statement, to which parameters are bound in order.
    fn query(&mut self, sql: &'static str) -> Query<'_>;
}

impl Statements for Tx {
    fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query::new(
            sql,
            match self {
                Self::Sqlite(tx) => Connected::Sqlite(tx),
                Self::Postgres(tx) => Connected::Postgres(tx),
            },
        )
    }
}

impl Statements for Session {
    fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query::new(
            sql,
            match self {
                Self::Sqlite(connection) => Connected::Sqlite(connection),
                Self::Postgres(connection) => Connected::Postgres(connection),
            },
        )
    }
}

/// A statement with its parameters; reads like `sqlx::query`.
pub struct Query<'c> {
    sql: &'static str,
    on: On<'c>,
}

enum On<'c> {
    Sqlite(&'c mut SqliteConnection, SqliteArguments),
    Postgres(&'c mut PgConnection, PgArguments),
}

/// A row of either database; columns are asked for by name.
pub enum Row<'r> {
    /// Of a file.
    Sqlite(&'r SqliteRow),
    /// Of a server.
    Postgres(&'r PgRow),
}

impl Row<'_> {
    /// The value of a column.
    ///
    /// # Errors
    /// When there is no such column, or its text is not one the domain knows.
    pub fn get<T: Stored>(&self, column: &str) -> Result<T> {
        self.at(column)
    }

    /// The value of a column by name or position.
    ///
    /// # Errors
    /// As [`Row::get`].
    pub fn at<T: Stored, I>(&self, column: I) -> Result<T>
    where
        I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow> + std::fmt::Debug + Copy,
    {
        let raw: T::Raw = match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        };
        T::parse(raw).map_err(|source| sqlx::Error::ColumnDecode { index: format!("{column:?}"), source })
    }
}

/// A value that a row can be read into.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a row",
    note = "declare it with `table!` or `record!` in the store"
)]
pub trait Record: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// When a column is missing or does not hold what is expected.
    fn read(row: &Row<'_>) -> Result<Self>;
}

impl<'c> Query<'c> {
    fn new(sql: &'static str, on: Connected<'c>) -> Self {
        match on {
            Connected::Sqlite(connection) => {
                Self { sql: dialect(sql, Dialect::Sqlite), on: On::Sqlite(connection, SqliteArguments::default()) }
            }
            Connected::Postgres(connection) => {
                Self { sql: dialect(sql, Dialect::Postgres), on: On::Postgres(connection, PgArguments::default()) }
            }
        }
    }

    /// Binds the next parameter.
    ///
    /// # Panics
    /// Never: a text, a number or nothing always encodes.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "reads better where it is called, as in sqlx")]
    pub fn bind(mut self, value: impl Stored) -> Self {
        value.raw().add_to(&mut self);
        self
    }

    /// Binds a list as one JSON parameter, for `{in}` and `{rows}`.
    #[must_use]
    pub fn bind_json(self, list: Vec<serde_json::Value>) -> Self {
        self.bind(serde_json::Value::Array(list).to_string())
    }

    pub(super) fn add<T: Raw>(&mut self, raw: T) {
        let added = match &mut self.on {
            On::Sqlite(_, arguments) => arguments.add(raw),
            On::Postgres(_, arguments) => arguments.add(raw),
        };
        added.expect("a text, a number or nothing always encodes");
    }

    /// Runs it; gives the number of rows it touched.
    ///
    /// # Errors
    /// What the database says.
    pub async fn execute(self) -> Result<u64> {
        Ok(match self.on {
            On::Sqlite(on, arguments) => sqlx::query_with(self.sql, arguments).execute(on).await?.rows_affected(),
            On::Postgres(on, arguments) => sqlx::query_with(self.sql, arguments).execute(on).await?.rows_affected(),
        })
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn optional<T: Record>(self) -> Result<Option<T>> {
        match self.on {
            On::Sqlite(on, arguments) => {
                let row = sqlx::query_with(self.sql, arguments).fetch_optional(on).await?;
                row.map(|row| T::read(&Row::Sqlite(&row))).transpose()
            }
            On::Postgres(on, arguments) => {
                let row = sqlx::query_with(self.sql, arguments).fetch_optional(on).await?;
                row.map(|row| T::read(&Row::Postgres(&row))).transpose()
            }
        }
    }

    /// The row.
    ///
    /// # Errors
    /// Also when there is none.
    pub async fn one<T: Record>(self) -> Result<T> {
        self.optional().await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// All rows.
    ///
    /// # Errors
    /// What the database says.
    pub async fn all<T: Record>(self) -> Result<Vec<T>> {
        match self.on {
            On::Sqlite(on, arguments) => {
                let rows = sqlx::query_with(self.sql, arguments).fetch_all(on).await?;
                rows.iter().map(|row| T::read(&Row::Sqlite(row))).collect()
            }
            On::Postgres(on, arguments) => {
                let rows = sqlx::query_with(self.sql, arguments).fetch_all(on).await?;
                rows.iter().map(|row| T::read(&Row::Postgres(row))).collect()
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Dialect {
    Sqlite,
    Postgres,
}

/// The statement as one database reads it; a statement without braces stays as it is.
fn dialect(sql: &'static str, dialect: Dialect) -> &'static str {
    type Known = HashMap<(&'static str, Dialect), &'static str>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    if !sql.contains('{') {
        return sql;
    }
    let mut known = KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    known.entry((sql, dialect)).or_insert_with(|| {
        let text = match dialect {
            Dialect::Sqlite => sql
                .replace("{in}", "IN (SELECT value FROM json_each($1))")
                .replace("{rows}", "jsonb_each($1)")
                .replace("{lock}", "")
                .replace("{share}", ""),
            Dialect::Postgres => sql
                // An array, and not a sub-select: of that the planner expects a hundred rows, and scans small tables.
                .replace("{in}", "= ANY (ARRAY(SELECT jsonb_array_elements_text($1::jsonb)))")
                .replace("{rows}", "jsonb_array_elements($1::jsonb) AS list (value)")
                .replace("{lock}", "FOR UPDATE")
                .replace("{share}", "FOR SHARE"),
        };
        Box::leak(text.into_boxed_str())
    })
}

impl Tx {
    /// Makes everything durable.
    ///
    /// # Errors
    /// When it did not, or when nobody can say whether it did.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }
}

impl Db {
    /// Opens a database by its address. A file is made where there is none.
    ///
    /// # Errors
    /// When the address is of neither kind, the SQLite linked is too old, the way to another machine is not encrypted, or the
    /// database does not answer.
    pub async fn open(address: &str) -> Result<Self, OpenError> {
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            return Self::open_postgres(address).await;
        }
        if !address.starts_with("sqlite:") {
            return Err(OpenError::Address(address.to_owned()));
        }
        Self::open_sqlite(address).await
    }

    async fn open_sqlite(address: &str) -> Result<Self, OpenError> {
        let options = address
            .parse::<SqliteConnectOptions>()?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", "-16000")
            .pragma("temp_store", "memory")
            .pragma("wal_autocheckpoint", "4000")
            .row_buffer_size(1024)
            .pragma("recursive_triggers", "on")
            .busy_timeout(Duration::from_secs(5));
        if !options.get_filename().as_os_str().is_empty() && !address.contains(":memory:") {
            for_us_alone(options.get_filename()).map_err(sqlx::Error::from)?;
        }
        let patience = Duration::from_secs(10);
        let writer = SqlitePoolOptions::new().max_connections(1).min_connections(1).acquire_timeout(patience);
        let writer = writer.connect_with(options.clone()).await?;
        check_sqlite(&writer).await?;
        let reader = SqlitePoolOptions::new().max_connections(4).acquire_timeout(patience);
        let reader = reader.connect_with(options.create_if_missing(false).read_only(true)).await?;
        Ok(Self::Sqlite { writer, reader })
    }

    async fn open_postgres(address: &str) -> Result<Self, OpenError> {
        let options: PgConnectOptions = address.parse()?;
        if may_be_overheard(&options, address)? {
            tracing::warn!(
                host = options.get_host(),
                "what goes to the database and back may not be encrypted, as its address says"
            );
        }
        let pool = |most: u32| {
            PgPoolOptions::new()
                .max_connections(most)
                .acquire_timeout(Duration::from_secs(10))
                .test_before_acquire(false)
        };
        let guarded = |most: u32| {
            pool(most)
                // sqlx 0.9.0 hands out connections that are still inside a transaction when a `begin` was cancelled; what is
                // written on such a one is acknowledged and lost. BEGIN joins such a transaction, ROLLBACK ends it.
                .before_acquire(|connection, _| {
                    Box::pin(async move {
                        connection.execute("BEGIN; ROLLBACK").await?;
                        Ok(true)
                    })
                })
        };
        let writer = guarded(4).connect_with(options.clone()).await?;
        let reader = pool(8).before_acquire(|connection, used| {
            Box::pin(async move {
                if used.idle_for > STALE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        });
        let reader = reader.connect_with(options).await?;
        Ok(Self::Postgres { writer, reader })
    }

    /// Brings the schema up to date. Several processes may do so at once.
    ///
    /// # Errors
    /// When a migration fails or the database is newer than this program.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        match self {
            Self::Sqlite { writer, .. } => SQLITE_MIGRATIONS.run(writer).await,
            Self::Postgres { writer, .. } => POSTGRES_MIGRATIONS.run(writer).await,
        }
    }

    /// Starts a transaction that writes. SQLite takes its one write lock at once, so nothing fails half-way with "busy".
    ///
    /// # Errors
    /// When no connection comes free or the database does not answer.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres { writer, .. } => Tx::Postgres(writer.begin().await?),
        })
    }

    /// One snapshot for several reads; nothing can be written through it. A caller that goes away does not cancel its
    /// BEGIN, so a connection never goes back to the pool inside a transaction that nobody knows of.
    ///
    /// # Errors
    /// When no connection comes free or the database does not answer.
    pub async fn snapshot(&self) -> Result<Tx> {
        match self {
            Self::Sqlite { reader, .. } => Ok(Tx::Sqlite(reader.begin().await?)),
            Self::Postgres { reader, .. } => {
                let reader = reader.clone();
                let begin = async move { reader.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await };
                let opened = tokio::spawn(begin).await.map_err(|_| sqlx::Error::WorkerCrashed)?;
                Ok(Tx::Postgres(opened?))
            }
        }
    }

    /// A connection for single reads, without a transaction around them.
    ///
    /// # Errors
    /// When no connection comes free or the database does not answer.
    pub async fn reader(&self) -> Result<Session> {
        Ok(match self {
            Self::Sqlite { reader, .. } => Session::Sqlite(reader.acquire().await?),
            Self::Postgres { reader, .. } => Session::Postgres(reader.acquire().await?),
        })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        match self {
            Self::Sqlite { reader, .. } => reader.acquire().await?.ping().await,
            Self::Postgres { reader, .. } => reader.acquire().await?.ping().await,
        }
    }

    /// Closes all connections; SQLite then folds its write-ahead log into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
            Self::Postgres { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
        }
    }

    /// `sqlite` or `postgres`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres { .. } => "postgres",
        }
    }
}

/// Refuses a database on another machine unless its address says that the way there is encrypted, or in so many words that it
/// need not be (A12). Gives whether it was the latter.
fn may_be_overheard(options: &PgConnectOptions, address: &str) -> Result<bool, OpenError> {
    let host = options.get_host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let here = options.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
    let encrypted = match options.get_ssl_mode() {
        PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull => true,
        PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => false,
    };
    if here || encrypted {
        return Ok(false);
    }
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let said = query.split('&').any(|pair| matches!(pair.split('=').next(), Some("sslmode" | "ssl-mode")));
    if said { Ok(true) } else { Err(OpenError::Unencrypted(host.to_owned())) }
}

/// Refuses a SQLite older than [`OLDEST_SQLITE`]; asked of the library that is really linked in.
async fn check_sqlite(pool: &SqlitePool) -> Result<(), OpenError> {
    let name: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(pool).await?;
    let parts: Vec<u32> = name.split('.').filter_map(|part| part.parse().ok()).collect();
    if parts.as_slice() < OLDEST_SQLITE.as_slice() { Err(OpenError::OldSqlite(name)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a12_the_way_to_another_machine_is_encrypted_or_said_not_to_be() {
        for (address, open) in [
            ("postgres://u@db.example/b", None),
            ("postgres://u@10.0.0.1/b?application_name=x", None),
            ("postgres://u@[2001:db8::1]/b?sslrootcert=ca.pem", None),
            ("postgres://u@localhost/b?host=db.example", None),
            ("postgres://u@localhost.example/b", None),
            ("postgres://u:sslmode=disable@db.example/sslmode=disable", None),
            ("postgres://u@db.example/b?sslmode=prefer", Some(true)),
            ("postgres://u@db.example/b?sslmode=disable", Some(true)),
            ("postgres://u@db.example/b?application_name=x&ssl-mode=allow", Some(true)),
            ("postgres://u@db.example/b?sslmode=require&sslmode=disable", Some(true)),
            ("postgres://u@db.example/b?sslmode=require", Some(false)),
            ("postgres://u@db.example/b?sslmode=verify-ca", Some(false)),
            ("postgres://u@db.example/b?ssl-mode=verify-full", Some(false)),
            ("postgres://u@localhost/b", Some(false)),
            ("postgres://u@127.0.0.1:5433/b", Some(false)),
            ("postgres://u@[::1]/b?sslmode=disable", Some(false)),
            ("postgres://u@%2Frun%2Fpostgresql/b", Some(false)),
            ("postgres://u@db.example/b?host=/run/postgresql", Some(false)),
        ] {
            let options: PgConnectOptions = address.parse().unwrap();
            assert_eq!(may_be_overheard(&options, address).ok(), open, "{address}");
        }
    }
}
