//! Availability (SLA-8): the figure of each month with its arithmetic, and the incidents that it is made of.

use super::{Created, Found, List, created, found, paging};
use crate::domain::availability::{Cause, Incident as Recorded, Verdict, instant};
use crate::domain::{Doing, IncidentId, Minutes};
use crate::service::availability::{MOST_MONTHS, Month, NewIncident as New, Recorded as Kept};
use crate::web::App;
use crate::web::extract::{Named, Paging, Search, Token, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

/// A month in a path: `2026-05`.
#[derive(Debug)]
pub struct YearMonth(NaiveDate);

impl FromStr for YearMonth {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").map(Self)
    }
}

/// The availability of one calendar month: (counted − down) ÷ counted minutes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Availability {
    /// The month.
    #[schema(pattern = r"^[0-9]{4}-[0-9]{2}$", example = "2026-05")]
    month: String,
    /// Whether it is over; the running month counts until now.
    complete: bool,
    /// Its minutes, as they passed: a month in which the clock is changed has an hour more or less.
    minutes: Minutes,
    /// Those that are left out of both sides.
    left_out_minutes: Minutes,
    /// `minutes` − `left_out_minutes`.
    counted_minutes: Minutes,
    /// Those that were down; a minute counts once.
    down_minutes: Minutes,
    /// The figure, half up to three decimals, but never up to 100 or to a promise that it does not reach; `null` while
    /// nothing counts.
    #[schema(example = "99.798")]
    per_cent: Option<String>,
    /// What is promised.
    #[schema(example = "99")]
    promised_per_cent: String,
    /// Whether that was reached, compared exactly.
    promise_met: Option<bool>,
    /// What is aimed for, where anything is.
    #[schema(example = "99.9")]
    aimed_per_cent: Option<String>,
    /// Whether that was reached, compared exactly.
    aim_met: Option<bool>,
}

impl From<&Month> for Availability {
    fn from(month: &Month) -> Self {
        let (figure, rules) = (&month.figure, &month.rules);
        Self {
            month: figure.month.format("%Y-%m").to_string(),
            complete: figure.complete,
            minutes: figure.minutes,
            left_out_minutes: figure.left_out,
            counted_minutes: figure.counted(),
            down_minutes: figure.down,
            per_cent: month.per_cent().map(|figure| figure.to_string()),
            promised_per_cent: rules.promised.to_string(),
            promise_met: figure.meets(rules.promised),
            aimed_per_cent: rules.aimed.map(|aimed| aimed.to_string()),
            aim_met: rules.aimed.and_then(|aimed| figure.meets(aimed)),
        }
    }
}

impl From<Month> for Availability {
    fn from(month: Month) -> Self {
        Self::from(&month)
    }
}

/// One month with what its figure is made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct AvailabilityDetail {
    /// The figure.
    #[serde(flatten)]
    availability: Availability,
    /// The incidents that touch the month.
    incidents: Vec<IncidentInMonth>,
}

/// An incident within a month.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentInMonth {
    /// The incident.
    #[serde(flatten)]
    incident: Incident,
    /// Its own minutes in this month that are left out; incidents may overlap.
    left_out_minutes: Minutes,
    /// Its own minutes in this month that were down.
    down_minutes: Minutes,
    /// Its parts in this month.
    stretches: Vec<Stretch>,
}

/// A part of an incident, and what it does to the figure.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stretch {
    /// From this minute.
    from: DateTime<Utc>,
    /// Until before this one.
    to: DateTime<Utc>,
    /// What it does.
    verdict: Verdict,
}

impl From<Month> for AvailabilityDetail {
    fn from(month: Month) -> Self {
        let in_month = |incident: &Recorded| {
            let (left_out_minutes, down_minutes) = month.figure.of_incident(incident.id);
            let own = month.figure.stretches.iter().filter(|part| part.incident == incident.id);
            let stretches = own.map(|part| Stretch {
                from: instant(part.span.start),
                to: instant(part.span.end),
                verdict: part.verdict,
            });
            let stretches = stretches.collect();
            IncidentInMonth { incident: incident.clone().into(), left_out_minutes, down_minutes, stretches }
        };
        let incidents = month.incidents.iter().map(in_month).collect();
        Self { availability: Availability::from(&month), incidents }
    }
}

/// An incident or maintenance.
#[derive(Debug, Serialize, ToSchema)]
pub struct Incident {
    /// Identity.
    id: IncidentId,
    /// What could not be used.
    product: String,
    /// When that began.
    started_at: DateTime<Utc>,
    /// When it was over; `null` while it is not.
    ended_at: Option<DateTime<Utc>>,
    /// Why.
    cause: Cause,
    /// When customers were told of the maintenance.
    announced_at: Option<DateTime<Utc>>,
    /// What customers may read about it.
    note: Option<String>,
}

impl From<Recorded> for Incident {
    fn from(incident: Recorded) -> Self {
        Self {
            id: incident.id,
            product: incident.product,
            started_at: incident.started_at,
            ended_at: incident.ended_at,
            cause: incident.cause,
            announced_at: incident.announced_at,
            note: incident.note,
        }
    }
}

/// An incident as it was recorded. Records never change: one that was wrong is replaced by another.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentRecord {
    /// The incident.
    #[serde(flatten)]
    incident: Incident,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
    /// The record that this one took the place of.
    replaces: Option<IncidentId>,
    /// The record that took the place of this one; `null` while it holds.
    replaced_by: Option<IncidentId>,
}

impl From<Kept> for IncidentRecord {
    fn from(kept: Kept) -> Self {
        let (recorded_at, replaces) = (kept.incident.recorded_at, kept.incident.replaces);
        Self { incident: kept.incident.into(), recorded_at, replaces, replaced_by: kept.replaced_by }
    }
}

/// An incident or maintenance to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIncident {
    /// What could not be used: a product that the policy names, or any other.
    #[schema(max_length = 200)]
    product: String,
    /// When that began; maintenance may be in the future.
    #[schema(format = DateTime)]
    started_at: String,
    /// When it was over; left out while it is not.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// Why.
    cause: Cause,
    /// When customers were told of the maintenance; what was not announced before it began is down.
    #[schema(format = DateTime)]
    announced_at: Option<String>,
    /// What customers may read about it.
    #[schema(max_length = 200)]
    note: Option<String>,
    /// The record that this one corrects and takes the place of.
    replaces: Option<IncidentId>,
}

impl NewIncident {
    fn read(&self) -> Result<New, Problem> {
        let mut fields = Fields::default();
        let started_at = fields.instant("started_at", Some(&self.started_at));
        if self.started_at.trim().is_empty() {
            fields.fault("started_at", "is needed");
        }
        let new = New {
            product: fields.line("product", &self.product),
            started_at: started_at.unwrap_or_default(),
            ended_at: fields.instant("ended_at", self.ended_at.as_deref()),
            cause: self.cause,
            announced_at: fields.instant("announced_at", self.announced_at.as_deref()),
            note: fields.optional_line("note", self.note.as_deref()),
            replaces: self.replaces,
        };
        fields.done()?;
        Ok(new)
    }
}

/// How far back.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HowFar {
    /// How many months, 1 to 60; 12 when left out.
    #[param(minimum = 1, maximum = 60)]
    months: Option<usize>,
}

/// List availability
///
/// By month, the running one first, since anything is known. Empty where the provider promises nothing (POL-3).
#[utoipa::path(get, path = "/api/v1/availability", tag = "availability", params(HowFar),
    responses((status = 200, description = "The months", body = List<Availability>)))]
pub(super) async fn list(
    State(app): State<App>,
    Token(caller): Token,
    Search(how): Search<HowFar>,
) -> Found<List<Availability>> {
    let most = how.months.unwrap_or(12);
    let mut fields = Fields::default();
    if !(1..=MOST_MONTHS).contains(&most) {
        fields.fault("months", "expected 1 to 60");
    }
    fields.done()?;
    let months = app.service.availability(&caller, most).await?;
    Ok(found(List { items: months.into_iter().map(Availability::from).collect(), next_cursor: None }))
}

/// Get availability of a month
///
/// With its arithmetic: every incident that touches the month, and what each part of it does to the figure (SLA-8).
#[utoipa::path(get, path = "/api/v1/availability/{month}", tag = "availability",
    params(("month" = String, Path, description = "The month, such as 2026-05")),
    responses((status = 200, description = "The month", body = AvailabilityDetail)))]
pub(super) async fn get(
    State(app): State<App>,
    Token(caller): Token,
    Named(YearMonth(month)): Named<YearMonth>,
) -> Found<AvailabilityDetail> {
    Ok(found(app.service.availability_of(&caller, month).await?))
}

/// List incidents
///
/// As they were recorded, the latest begun first, with those that were corrected. For staff.
#[utoipa::path(get, path = "/api/v1/availability/incidents", tag = "availability", params(Paging),
    responses((status = 200, description = "A page of records", body = List<IncidentRecord>)))]
pub(super) async fn incidents(
    State(app): State<App>,
    Token(caller): Token,
    Search(asked): Search<Paging>,
) -> Found<List<IncidentRecord>> {
    let (limit, after) = paging::<Place>(asked.limit, asked.cursor.as_deref())?;
    let rows = app.service.incidents(&caller, after.map(|place| place.0), limit + 1).await?;
    Ok(found(List::page(rows, limit, |row| {
        format!("{} {}", row.incident.started_at.timestamp_micros(), row.incident.id)
    })))
}

/// Where a page of records begins: after this instant and this identity.
struct Place((DateTime<Utc>, IncidentId));

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (micros, id) = text.split_once(' ').ok_or(())?;
        let at = micros.parse().ok().and_then(DateTime::from_timestamp_micros).ok_or(())?;
        Ok(Self((at, id.parse().map_err(drop)?)))
    }
}

/// Record incident
///
/// Or maintenance, before or after it. With `replaces` it corrects an earlier record, which stays to be seen. For staff.
#[utoipa::path(post, path = "/api/v1/availability/incidents", tag = "availability",
    request_body = NewIncident, responses((status = 201, description = "The incident", body = Incident)))]
pub(super) async fn record(State(app): State<App>, new: Write<NewIncident>) -> Created<Incident> {
    new.caller().may(Doing::SeeAll)?;
    Ok(created(app.service.record_incident(new.request(), new.body.read()?).await?))
}
