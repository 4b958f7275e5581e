//! Time: logged, reversed, covered.

use super::{Created, created};
use crate::domain::{
    CardId, Cents, ContactId, CoveredBy, EstimateId, Excess, Minutes, TicketId, TimeEntryId, TransactionId,
    TransactionKind, burn_down,
    charge::{Arithmetic, Step},
    decide::{Correction, TimeReceipt},
};
use crate::service::time_entries::Work;
use crate::web::extract::{Id, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use crate::web::text::Lang;
use crate::web::{App, arithmetic};
use axum::extract::State;
use chrono::NaiveTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Work to be logged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTimeEntry {
    /// Minutes as worked, 1 to 1440.
    #[schema(minimum = 1, maximum = 1440)]
    worked_minutes: i64,
    /// The day of the work; today when left out.
    #[schema(format = Date)]
    worked_on: Option<String>,
    /// What was done.
    #[schema(max_length = 4000)]
    description: String,
    /// Against which estimate; it then draws from that hold only.
    estimate_id: Option<EstimateId>,
    /// When the work began, counted to the minute; without it no factor for the time of day applies (TIME-3).
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// What comes on top, by the ids of the policy's surcharges, each at most once (TIME-3).
    surcharges: Option<Vec<String>>,
    /// Log what cannot be covered as uncovered instead of refusing it (TIME-7).
    uncovered: Option<bool>,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedTime {
    /// Identity of the entry.
    id: TimeEntryId,
    /// Minutes as worked.
    worked_minutes: Minutes,
    /// Minutes as charged.
    charged_minutes: Minutes,
    /// How the charge came about, step by step; empty where each worked minute is charged as it is, or none.
    arithmetic: Vec<ChargeStep>,
    /// For the agent: several short entries of that ticket and day cost more than one would have (TIME-2).
    hint: Option<String>,
    /// What each card paid, in the order of drawing.
    draws: Vec<Draw>,
    /// What nothing covered.
    uncovered_minutes: Minutes,
    /// What the ticket's decision says, `free` for a trifle, `uncovered` when nothing covered it.
    covered_by: CoveredBy,
    /// What the customer can still agree to, after it.
    available_after_minutes: Minutes,
}

/// One step from worked to charged minutes.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ChargeStep {
    /// `part`, `no_start`, `together`, `free`, `first`, `rounded`, `minimum`, `already` or `surcharge`.
    step: &'static str,
    /// The step in a sentence.
    text: String,
    /// The minutes it is about: worked in a part, charged, added or taken off in the other steps.
    minutes: Option<Minutes>,
    /// What a part is multiplied by, such as `1.5`.
    factor: Option<String>,
    /// What the minutes count for before rounding, such as `52.5`.
    counts: Option<String>,
    /// Where the provider's clock stood when a part began.
    #[schema(value_type = Option<String>)]
    from: Option<NaiveTime>,
    /// Where it stood when the part ended.
    #[schema(value_type = Option<String>)]
    until: Option<NaiveTime>,
}

impl ChargeStep {
    fn of(step: &Step) -> Self {
        let only = |step, minutes: &Minutes| Self { step, minutes: Some(*minutes), ..Self::default() };
        let of_step = match step {
            Step::Part { minutes, factor, counts, from, until, .. } => Self {
                factor: Some(factor.to_string()),
                counts: Some(counts.to_string()),
                from: *from,
                until: *until,
                ..only("part", minutes)
            },
            Step::NoStart => Self { step: "no_start", ..Self::default() },
            Step::Together { counts, .. } => {
                Self { step: "together", counts: Some(counts.to_string()), ..Self::default() }
            }
            Step::Rounded { counts, minutes } => Self { counts: Some(counts.to_string()), ..only("rounded", minutes) },
            Step::Free { up_to } => only("free", up_to),
            Step::First { minutes } => only("first", minutes),
            Step::Minimum { minutes } => only("minimum", minutes),
            Step::Already { minutes } => only("already", minutes),
            Step::Surcharge { minutes, .. } => only("surcharge", minutes),
            Step::Apart { together, .. } => only("apart", together),
        };
        Self { text: arithmetic::sentence(step, Lang::En), ..of_step }
    }

    /// The steps of an entry; what only an agent is told is left out.
    pub(super) fn all(arithmetic: &Arithmetic) -> Vec<Self> {
        arithmetic.0.iter().filter(|step| !matches!(step, Step::Apart { .. })).map(Self::of).collect()
    }
}

/// Minutes of one card.
#[derive(Debug, Serialize, ToSchema)]
pub struct Draw {
    /// The card.
    card_id: CardId,
    /// How many.
    minutes: Minutes,
}

impl From<burn_down::Draw> for Draw {
    fn from(draw: burn_down::Draw) -> Self {
        Self { card_id: draw.card, minutes: draw.minutes }
    }
}

impl From<TimeReceipt> for LoggedTime {
    fn from(time: TimeReceipt) -> Self {
        let arithmetic = time.entry.arithmetic.unwrap_or_default();
        Self {
            id: time.entry.id,
            worked_minutes: time.entry.worked,
            charged_minutes: time.entry.charged,
            arithmetic: ChargeStep::all(&arithmetic),
            hint: arithmetic::hint(&arithmetic, Lang::En),
            draws: time.draws.into_iter().map(Draw::from).collect(),
            uncovered_minutes: time.uncovered,
            covered_by: time.entry.covered_by,
            available_after_minutes: time.available_after,
        }
    }
}

impl NewTimeEntry {
    fn read(&self) -> Result<Work, Problem> {
        let mut fields = Fields::default();
        let work = Work {
            worked: Minutes(self.worked_minutes),
            worked_on: fields.date("worked_on", self.worked_on.as_deref()),
            description: fields.text("description", &self.description),
            estimate: self.estimate_id,
            started_at: fields.instant("started_at", self.started_at.as_deref()),
            surcharges: self.surcharges.clone().unwrap_or_default(),
            excess: if self.uncovered.unwrap_or(false) { Excess::Uncovered } else { Excess::Refuse },
        };
        fields.done()?;
        Ok(work)
    }
}

/// Log time
///
/// Charged minutes follow from the policy's rounding; they are drawn from what was agreed, and from the cards in their
/// order (TIME-1, CARD-4). What is not covered is refused, unless `uncovered` is sent. For agents.
#[utoipa::path(post, path = "/api/v1/tickets/{id}/time-entries", tag = "time",
    params(("id" = uuid::Uuid, Path, description = "The ticket")),
    request_body = NewTimeEntry, responses((status = 201, description = "What became of it", body = LoggedTime)))]
pub(super) async fn log(
    State(app): State<App>,
    Id(ticket): Id<TicketId>,
    new: Write<NewTimeEntry>,
) -> Created<LoggedTime> {
    Ok(created(app.service.log_time(new.request(), ticket, new.body.read()?).await?))
}

/// Why an entry is undone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReversal {
    /// Why.
    #[schema(max_length = 4000)]
    reason: String,
}

/// Who pays for what was uncovered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCover {
    /// The customer's cards, an invoice, or nobody.
    by: CoverBy,
    /// By an agent, for `card` and `invoice`: the spender who agreed. A contact agrees for themselves.
    contact_id: Option<ContactId>,
    /// By an agent, for `invoice`: the agreed price of an hour, ex VAT; the policy's when left out.
    #[schema(example = "95.00")]
    hourly_rate: Option<String>,
    /// Why.
    #[schema(max_length = 4000)]
    reason: String,
}

/// What covers uncovered minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CoverBy {
    /// The cards of the customer, on a spender's agreement.
    Card,
    /// An invoice, on a spender's agreement.
    Invoice,
    /// The provider gives them away.
    Goodwill,
}

/// What a reversal or a cover booked.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookedCorrection {
    /// Its transaction.
    id: TransactionId,
    /// The entry it is about.
    time_entry_id: TimeEntryId,
    /// `reversal`, `cover`, `invoiced` or `goodwill`.
    kind: TransactionKind,
    /// Per card: minutes given back by a reversal, or drawn by a cover.
    cards: Vec<Draw>,
    /// By how much the other work of that ticket and day is charged more, or less when below zero, since a reversal;
    /// always 0 where the policy rounds each entry by itself (TIME-2).
    repriced_minutes: Minutes,
    /// What the customer can still agree to, after it.
    available_after_minutes: Minutes,
}

impl From<Correction> for BookedCorrection {
    fn from(correction: Correction) -> Self {
        Self {
            id: correction.id,
            time_entry_id: correction.entry,
            kind: correction.kind,
            cards: correction.cards.into_iter().map(Draw::from).collect(),
            repriced_minutes: correction.repriced,
            available_after_minutes: correction.available_after,
        }
    }
}

/// Reverse a time entry
///
/// Minutes go back to the cards they came from (TIME-5). For agents.
#[utoipa::path(post, path = "/api/v1/time-entries/{id}/reverse", tag = "time",
    params(("id" = uuid::Uuid, Path, description = "The time entry")),
    request_body = NewReversal, responses((status = 201, description = "What was booked", body = BookedCorrection)))]
pub(super) async fn reverse(
    State(app): State<App>,
    Id(id): Id<TimeEntryId>,
    new: Write<NewReversal>,
) -> Created<BookedCorrection> {
    let mut fields = Fields::default();
    let reason = fields.text("reason", &new.body.reason);
    fields.done()?;
    Ok(created(app.service.reverse_entry(new.request(), id, reason).await?))
}

/// Cover uncovered minutes
///
/// From cards or on an invoice, on a spender's agreement, or given away (TIME-7). By agents; owners and spenders may agree
/// to `card` and `invoice`.
#[utoipa::path(post, path = "/api/v1/time-entries/{id}/cover", tag = "time",
    params(("id" = uuid::Uuid, Path, description = "The time entry")),
    request_body = NewCover, responses((status = 201, description = "What was booked", body = BookedCorrection)))]
pub(super) async fn cover(
    State(app): State<App>,
    Id(id): Id<TimeEntryId>,
    new: Write<NewCover>,
) -> Created<BookedCorrection> {
    let NewCover { by, contact_id, .. } = new.body;
    let mut fields = Fields::default();
    let reason = fields.text("reason", &new.body.reason);
    if by == CoverBy::Goodwill && contact_id.is_some() {
        fields.fault("contact_id", "leave it out: nobody of the customer agrees to goodwill");
    }
    let rate = fields.amount("hourly_rate", new.body.hourly_rate.as_deref());
    if rate.is_some_and(|rate| by != CoverBy::Invoice || rate <= Cents::ZERO) {
        fields.fault("hourly_rate", "expected more than 0.00, and only for an invoice");
    }
    fields.only_by_agent("contact_id", contact_id.is_some() && !new.caller().is_agent());
    fields.only_by_agent("hourly_rate", rate.is_some() && !new.caller().is_agent());
    fields.done()?;
    let booked = match by {
        CoverBy::Card => app.service.cover_by_card(new.request(), id, contact_id, reason).await?,
        CoverBy::Invoice => app.service.cover_by_invoice(new.request(), id, contact_id, rate, reason).await?,
        CoverBy::Goodwill => app.service.cover_by_goodwill(new.request(), id, reason).await?,
    };
    Ok(created(booked))
}
