//! Availability (SLA-8): incidents and maintenance are recorded by staff; everybody may see what they make of a month.
//!
//! These records belong to no customer, so they do not go through the ledger's door. Each is one row in one durable
//! transaction, which also keeps the key that makes a repetition harmless.

use super::access::{Caller, Request};
use super::{Error, FieldError, Result, Service};
use crate::domain::availability::{Cause, Incident, MonthFigure, bounds, figure, first_of_month, instant, months};
use crate::domain::policy::AvailabilityRules;
use crate::domain::{Doing, IncidentId, Key, Refusal};
pub use crate::store::availability::Recorded;
use crate::store::{Statements, Tx, availability};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// How many months are looked back on at most.
pub const MOST_MONTHS: usize = 60;
/// How long ago an incident may have begun, and how far ahead maintenance may be, in days.
const REACH: i64 = 3_660;

/// An incident or maintenance to be recorded.
#[derive(Clone, Debug)]
pub struct NewIncident {
    /// What could not be used.
    pub product: String,
    /// When that began.
    pub started_at: DateTime<Utc>,
    /// When it was over.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why.
    pub cause: Cause,
    /// When customers were told of the maintenance.
    pub announced_at: Option<DateTime<Utc>>,
    /// What customers may read about it.
    pub note: Option<String>,
    /// The record that this one corrects.
    pub replaces: Option<IncidentId>,
}

/// A month with what was promised of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Month {
    /// The figure.
    pub figure: MonthFigure,
    /// The terms of that month.
    pub rules: AvailabilityRules,
    /// The incidents that it is made of.
    pub incidents: Vec<Incident>,
}

impl Month {
    /// The figure in per cent, as it is shown: never rounded up to what was promised or aimed for.
    #[must_use]
    pub fn per_cent(&self) -> Option<rust_decimal::Decimal> {
        let marks: Vec<_> = [Some(self.rules.promised), self.rules.aimed].into_iter().flatten().collect();
        self.figure.per_cent(&marks)
    }
}

impl Service {
    /// The newest months of which something is promised, at most `most`; the running month first. None where the provider
    /// promises nothing (POL-3).
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn availability(&self, _: &Caller, most: usize) -> Result<Vec<Month>> {
        let now = self.clock.now();
        let mut tx = self.db.snapshot().await?;
        let since = availability::since(&mut tx).await?.unwrap_or(now);
        let list = months(self.policies.day(since), self.policies.day(now), most.min(MOST_MONTHS));
        self.months_of(&mut tx, &list, now).await
    }

    /// One month, by any of its days.
    ///
    /// # Errors
    /// Not found for a month that has not begun, or before anything was recorded, or where nothing is promised.
    pub async fn availability_of(&self, _: &Caller, day: NaiveDate) -> Result<Month> {
        let now = self.clock.now();
        let mut tx = self.db.snapshot().await?;
        let since = availability::since(&mut tx).await?.unwrap_or(now);
        let first = first_of_month(day);
        if first > self.policies.day(now) || first < first_of_month(self.policies.day(since)) {
            return Err(Error::NotFound("month"));
        }
        self.months_of(&mut tx, &[first], now).await?.pop().ok_or(Error::NotFound("availability"))
    }

    /// Records for staff, the latest begun first, after the place of the last one that was read.
    ///
    /// # Errors
    /// For others than staff.
    pub async fn incidents(
        &self,
        caller: &Caller,
        after: Option<(DateTime<Utc>, IncidentId)>,
        limit: i64,
    ) -> Result<Vec<Recorded>> {
        caller.may(Doing::SeeAll)?;
        let first = after.unwrap_or((DateTime::<Utc>::MAX_UTC, uuid::Uuid::max().into()));
        Ok(availability::list(&mut self.db.reader().await?, first, limit).await?)
    }

    /// One record, for staff.
    ///
    /// # Errors
    /// For others than staff; not found.
    pub async fn incident(&self, caller: &Caller, id: IncidentId) -> Result<Recorded> {
        caller.may(Doing::SeeAll)?;
        availability::get(&mut self.db.reader().await?, id).await?.ok_or(Error::NotFound("incident"))
    }

    /// Records an incident, or corrects a record by one that takes its place.
    ///
    /// # Errors
    /// For others than staff; fields that cannot be right; a record that was corrected before.
    pub async fn record_incident(&self, request: Request<'_>, new: NewIncident) -> Result<Incident> {
        request.caller.may(Doing::SeeAll)?;
        let now = self.clock.now();
        let incident = Incident {
            id: self.clock.id(),
            product: new.product,
            started_at: new.started_at,
            ended_at: new.ended_at,
            cause: new.cause,
            announced_at: new.announced_at,
            note: new.note,
            replaces: new.replaces,
            recorded_at: now,
            recorded_by: Some(request.caller.user.id),
        };
        let mut tx = self.db.begin().await?;
        if let Some(before) = repeated(&mut tx, request.key.as_ref()).await? {
            return Ok(before);
        }
        check(&incident, now)?;
        if let Some(replaces) = incident.replaces {
            let old = availability::get(&mut tx, replaces).await?;
            if old.is_none_or(|old| old.replaced_by.is_some()) {
                return Err(corrected_before());
            }
        }
        if availability::add(&mut tx, &incident, request.key.as_ref()).await? {
            tx.commit().await?;
            return Ok(incident);
        }
        // Another process was first, between the look and the write.
        drop(tx);
        let before = repeated(&mut self.db.reader().await?, request.key.as_ref()).await?;
        before.ok_or_else(corrected_before)
    }

    async fn months_of(&self, tx: &mut Tx, list: &[NaiveDate], now: DateTime<Utc>) -> Result<Vec<Month>> {
        let (Some(newest), Some(oldest)) = (list.first(), list.last()) else { return Ok(vec![]) };
        let zone = self.policies.time_zone();
        let (from, to) = (bounds(zone, *oldest).0, bounds(zone, *newest).1);
        let incidents = availability::between(tx, instant(from), instant(to)).await?;
        let of = |first: &NaiveDate| {
            let rules = self.policies.at(*first).1.availability.clone()?;
            let figure = figure(&rules, zone, *first, &incidents, now);
            let shown = |incident: &&Incident| figure.stretches.iter().any(|part| part.incident == incident.id);
            let incidents = incidents.iter().filter(shown).cloned().collect();
            Some(Month { figure, rules, incidents })
        };
        Ok(list.iter().filter_map(of).collect())
    }
}

/// What was answered to the same request before.
async fn repeated(on: &mut impl Statements, key: Option<&Key>) -> Result<Option<Incident>> {
    let Some(key) = key else { return Ok(None) };
    match availability::under_key(on, key).await? {
        Some(before) if before.request == key.request => Ok(Some(before.incident)),
        Some(_) => Err(Refusal::KeyReused.into()),
        None => Ok(None),
    }
}

fn check(incident: &Incident, now: DateTime<Utc>) -> Result<()> {
    let mut errors = Vec::new();
    let mut fault = |field: &str, expected: &str| {
        errors.push(FieldError { field: field.to_owned(), expected: expected.to_owned() });
    };
    let reach = TimeDelta::days(REACH);
    if incident.started_at < now - reach || incident.started_at > now + reach {
        fault("started_at", "expected a moment within ten years of now");
    } else if incident.started_at > now && !incident.cause.is_maintenance() {
        fault("started_at", "expected a moment that has passed: only maintenance is recorded beforehand");
    }
    if incident.ended_at.is_some_and(|ended| ended <= incident.started_at) {
        fault("ended_at", "expected a moment after it began");
    } else if incident.ended_at.is_some_and(|ended| ended > now + reach) {
        fault("ended_at", "expected a moment within ten years of now");
    } else if incident.ended_at.is_some_and(|ended| ended > now) && !incident.cause.is_maintenance() {
        fault("ended_at", "expected a moment that has passed, or nothing while it is not over");
    }
    if incident.announced_at.is_some() && !incident.cause.is_maintenance() {
        fault("announced_at", "expected nothing: only maintenance is announced");
    } else if incident.announced_at.is_some_and(|announced| announced > now) {
        fault("announced_at", "expected a moment that has passed");
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Fields(errors)) }
}

fn corrected_before() -> Error {
    let expected = "expected a record that was not corrected before; correct the one that took its place".to_owned();
    Error::Fields(vec![FieldError { field: "replaces".to_owned(), expected }])
}
