//! Incidents and maintenance (SLA-8): rows that are added and never change.

use super::{Record, Result, Row, Statements, Tx};
use crate::domain::availability::{Cause, Incident};
use crate::domain::{IncidentId, Key};
use chrono::{DateTime, Utc};

super::columns::texts!(IncidentId, Cause);

impl Record for Incident {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            product: row.get("product")?,
            started_at: row.get("started_at")?,
            ended_at: row.get("ended_at")?,
            cause: row.get("cause")?,
            announced_at: row.get("announced_at")?,
            note: row.get("note")?,
            replaces: row.get("replaces")?,
            recorded_at: row.get("recorded_at")?,
            recorded_by: row.get("recorded_by")?,
        })
    }
}

/// A record with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The record.
    pub incident: Incident,
    /// The record that took its place.
    pub replaced_by: Option<IncidentId>,
    /// The name of who recorded it.
    pub by: Option<String>,
}

impl Record for Recorded {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { incident: Incident::read(row)?, replaced_by: row.get("replaced_by")?, by: row.get("by_name")? })
    }
}

/// A record made under an idempotency key, with the digest of the request that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// The record.
    pub incident: Incident,
    /// Digest of the request.
    pub request: String,
}

impl Record for Keyed {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { incident: Incident::read(row)?, request: row.get("request")? })
    }
}

/// Adds a record; gives false, and adds nothing, when its key was used or what it replaces was replaced before.
///
/// # Errors
/// What the database says.
pub async fn add(tx: &mut Tx, incident: &Incident, key: Option<&Key>) -> Result<bool> {
    let added = tx
        .query(
            "INSERT INTO incidents (id, product, started_at, ended_at, cause, announced_at, note, replaces, recorded_at,
                                    recorded_by, caller, \"key\", request)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING",
        )
        .bind(incident.id)
        .bind(incident.product.as_str())
        .bind(incident.started_at)
        .bind(incident.ended_at)
        .bind(incident.cause)
        .bind(incident.announced_at)
        .bind(incident.note.clone())
        .bind(incident.replaces)
        .bind(incident.recorded_at)
        .bind(incident.recorded_by)
        .bind(key.map(|key| key.caller.clone()))
        .bind(key.map(|key| key.key.clone()))
        .bind(key.map(|key| key.request.clone()))
        .execute()
        .await?;
    Ok(added == 1)
}

/// What was recorded under an idempotency key.
///
/// # Errors
/// What the database says.
pub async fn under_key(on: &mut impl Statements, key: &Key) -> Result<Option<Keyed>> {
    on.query("SELECT * FROM incidents WHERE caller = $1 AND \"key\" = $2")
        .bind(key.caller.as_str())
        .bind(key.key.as_str())
        .optional()
        .await
}

/// One record with what became of it.
///
/// # Errors
/// What the database says.
pub async fn get(on: &mut impl Statements, id: IncidentId) -> Result<Option<Recorded>> {
    on.query(
        "SELECT incidents.*, later.id AS replaced_by, users.name AS by_name
         FROM incidents LEFT JOIN incidents AS later ON later.replaces = incidents.id
         LEFT JOIN users ON users.id = incidents.recorded_by WHERE incidents.id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Records, the latest begun first, after the place (`started_at`, id) of the last one that was read.
///
/// # Errors
/// What the database says.
pub async fn list(on: &mut impl Statements, before: (DateTime<Utc>, IncidentId), limit: i64) -> Result<Vec<Recorded>> {
    on.query(
        "SELECT incidents.*, later.id AS replaced_by, users.name AS by_name
         FROM incidents LEFT JOIN incidents AS later ON later.replaces = incidents.id
         LEFT JOIN users ON users.id = incidents.recorded_by
         WHERE (incidents.started_at, incidents.id) < ($1, $2)
         ORDER BY incidents.started_at DESC, incidents.id DESC LIMIT $3",
    )
    .bind(before.0)
    .bind(before.1)
    .bind(limit)
    .all()
    .await
}

/// The records that hold and touch the time between two instants, the first begun first.
///
/// # Errors
/// What the database says.
pub async fn between(on: &mut impl Statements, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Incident>> {
    on.query(
        "SELECT * FROM incidents AS held
         WHERE COALESCE(ended_at, 9223372036854775807) > $1 AND started_at < $2
           AND NOT EXISTS (SELECT 1 FROM incidents AS later WHERE later.replaces = held.id)
         ORDER BY started_at, id",
    )
    .bind(from)
    .bind(to)
    .all()
    .await
}

/// Since when anything is known: the first record, or the first version of the policy.
///
/// # Errors
/// What the database says.
pub async fn since(on: &mut impl Statements) -> Result<Option<DateTime<Utc>>> {
    let (first,) = on
        .query(
            "SELECT MIN(at) FROM (SELECT MIN(applied_at) AS at FROM policies
             UNION ALL SELECT MIN(started_at) AS at FROM incidents) AS first",
        )
        .one()
        .await?;
    Ok(first)
}
