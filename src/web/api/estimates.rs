//! Hours are asked for beforehand and answered (SPEND-3 to SPEND-6).

use super::{Created, Empty, Found, created, found};
use crate::domain::{
    self, ContactId, CustomerId, EstimateId, EstimateStatus, Minutes, TicketId, UserId, estimate::AnswerVia,
};
use crate::service::access::Caller;
use crate::service::tickets::{NewEstimate as New, ToldAgreement};
use crate::web::App;
use crate::web::extract::{Id, Token, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Hours to be asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEstimate {
    /// How many minutes; rounded up to the increment of the policy (SPEND-3).
    #[schema(minimum = 1, maximum = 600_000)]
    minutes: i64,
    /// What will be done for it.
    #[schema(max_length = 4000)]
    description: String,
    /// Last day for an answer; the policy's term when left out.
    #[schema(format = Date)]
    answer_by: Option<String>,
    /// Last day for the work; the policy's term when left out.
    #[schema(format = Date)]
    work_until: Option<String>,
}

impl NewEstimate {
    fn read(&self) -> Result<New, Problem> {
        let mut fields = Fields::default();
        let new = New {
            minutes: Minutes(self.minutes),
            description: fields.text("description", &self.description),
            answer_by: fields.date("answer_by", self.answer_by.as_deref()),
            work_until: fields.date("work_until", self.work_until.as_deref()),
        };
        fields.done()?;
        Ok(new)
    }
}

/// How a contact told an agent.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AgreementChannel)]
pub enum Channel {
    /// By telephone.
    Phone,
    /// In writing.
    Mail,
    /// Face to face.
    InPerson,
}

impl From<Channel> for AnswerVia {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Phone => Self::Phone,
            Channel::Mail => Self::Mail,
            Channel::InPerson => Self::InPerson,
        }
    }
}

/// An agreement. A contact who agrees sends `{}`; an agent says who agreed, how, and what was said (SPEND-3).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// By an agent: the contact who agreed.
    contact_id: Option<ContactId>,
    /// By an agent: how.
    channel: Option<Channel>,
    /// By an agent: what was said or written.
    #[schema(max_length = 4000)]
    note: Option<String>,
    /// By an agent: when it was said; now when left out.
    #[schema(format = DateTime)]
    agreed_at: Option<String>,
}

impl Agreement {
    /// What an agent was told; nothing for others, who may agree for themselves or not at all.
    fn read(&self, caller: &Caller) -> Result<Option<ToldAgreement>, Problem> {
        let mut fields = Fields::default();
        if !caller.is_agent() {
            fields.only_by_agent("contact_id", self.contact_id.is_some());
            fields.only_by_agent("channel", self.channel.is_some());
            fields.only_by_agent("note", self.note.is_some());
            fields.only_by_agent("agreed_at", self.agreed_at.is_some());
            fields.done()?;
            return Ok(None);
        }
        let note = fields.text("note", self.note.as_deref().unwrap_or(""));
        let at = fields.instant("agreed_at", self.agreed_at.as_deref());
        if self.contact_id.is_none() {
            fields.fault("contact_id", "is needed: the contact who agreed");
        }
        if self.channel.is_none() {
            fields.fault("channel", "is needed: phone, mail or in_person");
        }
        fields.done()?;
        let told = self.contact_id.zip(self.channel);
        Ok(told.map(|(contact, channel)| ToldAgreement { contact, via: channel.into(), note, at }))
    }
}

/// A refusal by the customer. A contact sends `{}`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Declined {
    /// By an agent: the contact who declined, where that is known.
    contact_id: Option<ContactId>,
}

impl Declined {
    fn read(&self, caller: &Caller) -> Result<Option<ContactId>, Problem> {
        let mut fields = Fields::default();
        fields.only_by_agent("contact_id", self.contact_id.is_some() && !caller.is_agent());
        fields.done()?;
        Ok(self.contact_id)
    }
}

/// An estimate, as the request left it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Estimate {
    /// Identity.
    id: EstimateId,
    /// Whose it is.
    customer_id: CustomerId,
    /// The ticket it is for.
    ticket_id: TicketId,
    /// Where it stands.
    status: EstimateStatus,
    /// The minutes asked for, rounded up to the increment.
    minutes: Minutes,
    /// What will be done for it.
    description: String,
    /// When it was asked.
    proposed_at: DateTime<Utc>,
    /// Last day for an answer.
    answer_by: NaiveDate,
    /// Last day for the work.
    work_until: NaiveDate,
    /// The contact who answered.
    answered_by: Option<ContactId>,
    /// When that was.
    answered_at: Option<DateTime<Utc>>,
    /// How the answer was given.
    answered_via: Option<AnswerVia>,
    /// The login that made the link by which the login of who answered was opened, where it did not go to that person's own
    /// address (SPEND-3a).
    link_by: Option<UserId>,
    /// The day of that link.
    link_on: Option<NaiveDate>,
    /// What an agent wrote about it.
    note: Option<String>,
    /// When it was declined, lapsed or closed.
    closed_at: Option<DateTime<Utc>>,
}

impl From<domain::Estimate> for Estimate {
    fn from(estimate: domain::Estimate) -> Self {
        Self {
            id: estimate.id,
            customer_id: estimate.customer_id,
            ticket_id: estimate.ticket_id,
            status: estimate.status,
            minutes: estimate.minutes,
            description: estimate.description,
            proposed_at: estimate.proposed_at,
            answer_by: estimate.answer_by,
            work_until: estimate.work_until,
            answered_by: estimate.answered_by,
            answered_at: estimate.answered_at,
            answered_via: estimate.answered_via,
            link_by: estimate.link_by,
            link_on: estimate.link_on,
            note: estimate.answer_note,
            closed_at: estimate.closed_at,
        }
    }
}

/// An estimate as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentEstimate {
    /// The estimate.
    #[serde(flatten)]
    estimate: Estimate,
    /// Minutes still held for it.
    held_minutes: Minutes,
    /// Minutes drawn on its agreement.
    used_minutes: Minutes,
}

impl From<domain::Estimate> for CurrentEstimate {
    fn from(estimate: domain::Estimate) -> Self {
        Self { held_minutes: estimate.held, used_minutes: estimate.used, estimate: estimate.into() }
    }
}

/// Ask for hours
///
/// The customer's spenders may agree to it (SPEND-3). For agents.
#[utoipa::path(post, path = "/api/v1/tickets/{id}/estimates", tag = "estimates",
    params(("id" = uuid::Uuid, Path, description = "The ticket")),
    request_body = NewEstimate, responses((status = 201, description = "The estimate", body = Estimate)))]
pub(super) async fn propose(
    State(app): State<App>,
    Id(ticket): Id<TicketId>,
    new: Write<NewEstimate>,
) -> Created<Estimate> {
    Ok(created(app.service.propose_estimate(new.request(), ticket, new.body.read()?).await?))
}

/// Read an estimate
#[utoipa::path(get, path = "/api/v1/estimates/{id}", tag = "estimates",
    params(("id" = uuid::Uuid, Path, description = "The estimate")),
    responses((status = 200, description = "The estimate as it is now", body = CurrentEstimate)))]
pub(super) async fn get(
    State(app): State<App>,
    Token(caller): Token,
    Id(id): Id<EstimateId>,
) -> Found<CurrentEstimate> {
    Ok(found(app.service.estimate(&caller, id).await?))
}

/// Agree to an estimate
///
/// Holds its minutes on the customer's cards (SPEND-4). By an owner or a spender for themselves, or by an agent who was
/// told; repeated, it changes nothing.
#[utoipa::path(post, path = "/api/v1/estimates/{id}/accept", tag = "estimates",
    params(("id" = uuid::Uuid, Path, description = "The estimate")),
    request_body = Agreement, responses((status = 200, description = "The estimate, accepted", body = Estimate)))]
pub(super) async fn accept(State(app): State<App>, Id(id): Id<EstimateId>, asked: Write<Agreement>) -> Found<Estimate> {
    let told = asked.body.read(asked.caller())?;
    Ok(found(app.service.accept_estimate(asked.request(), id, told).await?))
}

/// Decline an estimate
///
/// By an owner or a spender, or by an agent for the customer; repeated, it changes nothing.
#[utoipa::path(post, path = "/api/v1/estimates/{id}/decline", tag = "estimates",
    params(("id" = uuid::Uuid, Path, description = "The estimate")),
    request_body = Declined, responses((status = 200, description = "The estimate, declined", body = Estimate)))]
pub(super) async fn decline(State(app): State<App>, Id(id): Id<EstimateId>, asked: Write<Declined>) -> Found<Estimate> {
    let contact = asked.body.read(asked.caller())?;
    Ok(found(app.service.decline_estimate(asked.request(), id, contact).await?))
}

/// Close an estimate
///
/// Releases what it still holds (SPEND-5). For agents; repeated, it changes nothing.
#[utoipa::path(post, path = "/api/v1/estimates/{id}/close", tag = "estimates",
    params(("id" = uuid::Uuid, Path, description = "The estimate")),
    request_body = Empty, responses((status = 200, description = "The estimate, closed", body = Estimate)))]
pub(super) async fn close(State(app): State<App>, Id(id): Id<EstimateId>, asked: Write<Empty>) -> Found<Estimate> {
    Ok(found(app.service.close_estimate(asked.request(), id).await?))
}
