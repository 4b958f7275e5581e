//! Time: logged, reversed, covered.

use super::Json;
use crate::domain::{
    CardId, CoveredBy, EstimateId, Excess, Minutes, TicketId, TimeEntryId, burn_down, decide::TimeReceipt,
};
use crate::service::time_entries::Work;
use crate::web::App;
use crate::web::extract::{Id, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
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
    #[schema(value_type = Option<uuid::Uuid>)]
    estimate_id: Option<EstimateId>,
    /// When the work began.
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// Log what cannot be covered as uncovered instead of refusing it (TIME-7).
    #[serde(default)]
    uncovered: bool,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedTime {
    /// Identity of the entry.
    #[schema(value_type = uuid::Uuid)]
    id: TimeEntryId,
    /// Minutes as worked.
    #[schema(value_type = i64)]
    worked_minutes: Minutes,
    /// Minutes as charged.
    #[schema(value_type = i64)]
    charged_minutes: Minutes,
    /// What each card paid, in the order of drawing.
    draws: Vec<Draw>,
    /// What nothing covered.
    #[schema(value_type = i64)]
    uncovered_minutes: Minutes,
    /// `card`, `free` or `uncovered`.
    #[schema(value_type = String)]
    covered_by: CoveredBy,
    /// What the customer can still agree to, after it.
    #[schema(value_type = i64)]
    available_after_minutes: Minutes,
}

/// Minutes of one card.
#[derive(Debug, Serialize, ToSchema)]
pub struct Draw {
    /// The card.
    #[schema(value_type = uuid::Uuid)]
    card_id: CardId,
    /// How many.
    #[schema(value_type = i64)]
    minutes: Minutes,
}

impl From<burn_down::Draw> for Draw {
    fn from(draw: burn_down::Draw) -> Self {
        Self { card_id: draw.card, minutes: draw.minutes }
    }
}

impl From<TimeReceipt> for LoggedTime {
    fn from(time: TimeReceipt) -> Self {
        Self {
            id: time.entry.id,
            worked_minutes: time.entry.worked,
            charged_minutes: time.entry.charged,
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
            excess: if self.uncovered { Excess::Uncovered } else { Excess::Refuse },
        };
        fields.done()?;
        Ok(work)
    }
}

/// Log time on a ticket.
#[utoipa::path(post, path = "/api/v1/tickets/{id}/time-entries", params(("id" = uuid::Uuid, Path)),
    request_body = NewTimeEntry, responses((status = 201, body = LoggedTime)), tag = "time")]
pub async fn log(
    State(app): State<App>,
    Id(ticket): Id<TicketId>,
    new: Write<NewTimeEntry>,
) -> Result<(StatusCode, Json<LoggedTime>), Problem> {
    let time = app.service.log_time(new.request(), ticket, new.body.read()?).await?;
    Ok((StatusCode::CREATED, Json(time.into())))
}
