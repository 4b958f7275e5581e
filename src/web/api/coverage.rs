//! Who pays: the rules, what they would say, what was decided for a ticket.

use super::{Amount, Created, Found, List, created, found, paging};
use crate::domain::coverage::known;
use crate::domain::policy::{self, Bilingual};
use crate::domain::{
    self, AddOnId, Cents, ContactId, Cover, CoverageId, CustomerId, Minutes, Policy, TicketId, TicketKind, TimeEntryId,
    Urgency, UserId, command::Ruling, decide::CoverageReceipt,
};
use crate::service::coverage::{Asked, Invoiceable, Shown};
use crate::web::App;
use crate::web::extract::{Id, Paging, Search, Token, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a field says to take a topic or an urgency away.
const NONE: &str = "none";

/// A text in both languages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Bilingual)]
pub struct Text {
    /// In Dutch.
    nl: String,
    /// In English.
    en: String,
}

impl Text {
    /// Of its two halves.
    pub(super) const fn new(nl: String, en: String) -> Self {
        Self { nl, en }
    }
}

impl From<Bilingual> for Text {
    fn from(both: Bilingual) -> Self {
        Self { nl: both.nl, en: both.en }
    }
}

/// One cover and what it is for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rule {
    /// What covers the work.
    cover: Cover,
    /// For which kinds of tickets.
    kinds: Vec<TicketKind>,
    /// For which topics; all of them when empty.
    topics: Vec<String>,
    /// The sentence of the terms.
    sentence: Text,
    /// Where the terms say so.
    source: Option<String>,
}

/// A kind of work that tickets are about.
#[derive(Debug, Serialize, ToSchema)]
pub struct Topic {
    /// How tickets name it.
    id: String,
    /// How people name it.
    name: Text,
    /// How many times a worked minute counts towards fair use; `null` when fair use leaves it out.
    fair_use_weight: Option<String>,
    /// The price of an hour, ex VAT.
    hourly_rate: Option<Amount>,
}

/// A degree of urgency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UrgencyLevel)]
pub struct Level {
    /// How tickets name it.
    id: String,
    /// How people name it.
    name: Text,
    /// The priority that it gives.
    priority: Option<String>,
}

/// How urgent tickets are treated.
#[derive(Debug, Serialize, ToSchema)]
pub struct UrgencyRules {
    /// What can be chosen, besides `safety`.
    levels: Vec<Level>,
    /// What is no safety incident.
    not_safety: Vec<Text>,
    /// How many are free in a window.
    free_per_window: u32,
    /// The window, in months.
    window_months: u32,
    /// Base price of the add-on per month, ex VAT.
    add_on_monthly: Option<Amount>,
    /// Price of the add-on per hour, ex VAT.
    add_on_hourly: Option<Amount>,
}

/// Who pays for what, in the order in which it is tried (COVER-1).
#[derive(Debug, Serialize, ToSchema)]
pub struct Rules {
    /// The covers that this provider has; the first that fits is decided.
    #[serde(rename = "rules")]
    table: Vec<Rule>,
    /// What tickets can be about.
    topics: Vec<Topic>,
    /// Urgent tickets; `null` where there are none.
    urgency: Option<UrgencyRules>,
    /// What an agent may decide.
    covers: Vec<Cover>,
}

impl Rules {
    fn of(policy: &Policy) -> Self {
        Self {
            table: policy.cover_table().into_iter().map(Rule::from).collect(),
            topics: policy.topics.iter().map(|topic| Topic::of(topic, policy)).collect(),
            urgency: policy.urgency.as_ref().map(UrgencyRules::from),
            covers: known(policy),
        }
    }
}

impl From<policy::CoverRule> for Rule {
    fn from(rule: policy::CoverRule) -> Self {
        let policy::CoverRule { by, kinds, topics, sentence, source } = rule;
        Self { cover: by, kinds, topics, sentence: sentence.into(), source }
    }
}

impl Topic {
    fn of(topic: &policy::Topic, policy: &Policy) -> Self {
        Self {
            id: topic.id.clone(),
            name: topic.name.clone().into(),
            fair_use_weight: topic.fair_use_weight.map(|weight| weight.to_string()),
            hourly_rate: domain::coverage::hourly_rate(policy, Some(&topic.id)).map(Amount::from),
        }
    }
}

impl From<&policy::UrgencyRules> for UrgencyRules {
    fn from(rules: &policy::UrgencyRules) -> Self {
        let level = |level: &policy::UrgencyLevel| Level {
            id: level.id.clone(),
            name: level.name.clone().into(),
            priority: level.priority.clone(),
        };
        let price = |of: fn(&policy::AddOn) -> Cents| rules.add_on.as_ref().map(|add_on| of(add_on).into());
        Self {
            levels: rules.levels.iter().map(level).collect(),
            not_safety: rules.not_safety.iter().cloned().map(Text::from).collect(),
            free_per_window: rules.free_per_window,
            window_months: rules.window_months,
            add_on_monthly: price(|add_on| add_on.monthly),
            add_on_hourly: price(|add_on| add_on.hourly),
        }
    }
}

/// Read who pays for what
///
/// The rules of the policy that is in force today, with their sentences.
#[utoipa::path(get, path = "/api/v1/coverage", tag = "coverage",
    responses((status = 200, description = "The rules", body = Rules)))]
pub(super) async fn rules(State(app): State<App>, Token(_caller): Token) -> Found<Rules> {
    Ok(found(Rules::of(app.service.policy_today())))
}

/// A ticket that might come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CoverageQuestion {
    /// What it is about.
    kind: TicketKind,
    /// Its topic, by the policy's id.
    topic: Option<String>,
    /// How urgent: an id of a level, or `safety`.
    urgency: Option<String>,
}

/// What the rules say about a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct Proposal {
    /// Who pays.
    cover: Cover,
    /// Whether minutes are charged at all.
    charges: bool,
    /// The sentence of the terms that says so.
    sentence: Text,
    /// Where the terms say so.
    source: Option<String>,
    /// Why it is so for this customer, with the figures.
    reason: Text,
    /// What can be offered where urgency is used up.
    offer: Option<Text>,
    /// The urgency that stands; `null` at normal priority.
    urgency: Option<String>,
    /// How many times a worked minute counts towards fair use; `null` when it does not.
    fair_use_weight: Option<String>,
    /// The price of an hour, ex VAT.
    hourly_rate: Option<Amount>,
}

impl From<domain::Coverage> for Proposal {
    fn from(decided: domain::Coverage) -> Self {
        Self {
            cover: decided.cover,
            charges: decided.cover.charges(),
            sentence: decided.sentence.into(),
            source: decided.source,
            reason: decided.reason.into(),
            offer: decided.offer.map(Text::from),
            urgency: decided.urgency.map(|urgency| urgency.to_string()),
            fair_use_weight: decided.fair_use_weight.map(|weight| weight.to_string()),
            hourly_rate: decided.hourly_rate.map(Amount::from),
        }
    }
}

/// Ask who would pay
///
/// What would be decided for a ticket of this customer right now; changes nothing. For everybody who may see the customer.
#[utoipa::path(post, path = "/api/v1/customers/{id}/coverage", tag = "coverage",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = CoverageQuestion, responses((status = 200, description = "What would be decided", body = Proposal)))]
pub(super) async fn propose(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    question: Write<CoverageQuestion>,
) -> Found<Proposal> {
    let CoverageQuestion { kind, topic, urgency } = &question.body;
    let asked = Asked { kind: *kind, topic: topic.clone(), urgency: urgency.as_deref().map(level) };
    Ok(found(app.service.propose_coverage(question.caller(), customer, asked).await?))
}

/// Any text is a level; which ones there are is the policy's to say.
fn level(text: &str) -> Urgency {
    text.parse().unwrap_or(Urgency::Safety)
}

/// A decision about who pays for a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct Decision {
    /// Identity.
    id: CoverageId,
    /// Which ticket.
    ticket_id: TicketId,
    /// The kind that was decided on.
    kind: TicketKind,
    /// The topic that was decided on.
    topic: Option<String>,
    /// The urgency that was asked.
    asked_urgency: Option<String>,
    /// What was decided.
    #[serde(flatten)]
    said: Proposal,
    /// Who of the customer agreed to an invoice at `hourly_rate`.
    agreed_by: Option<ContactId>,
    /// The version of the policy that it was decided under.
    policy_version: i64,
    /// The agent who decided; `null` where the rules did.
    decided_by: Option<UserId>,
    /// When.
    decided_at: DateTime<Utc>,
    /// The decision that this one takes the place of.
    replaces: Option<CoverageId>,
    /// Why an agent decided anew.
    override_reason: Option<String>,
}

impl From<domain::Coverage> for Decision {
    fn from(decided: domain::Coverage) -> Self {
        Self {
            id: decided.id,
            ticket_id: decided.ticket_id,
            kind: decided.kind,
            topic: decided.topic.clone(),
            asked_urgency: decided.asked.as_ref().map(ToString::to_string),
            agreed_by: decided.agreed_by,
            policy_version: decided.policy_version,
            decided_by: decided.decided_by,
            decided_at: decided.decided_at,
            replaces: decided.replaces,
            override_reason: decided.override_reason.clone(),
            said: decided.into(),
        }
    }
}

impl From<Shown> for Decision {
    fn from(shown: Shown) -> Self {
        shown.coverage.into()
    }
}

/// Read who pays for a ticket
///
/// Every decision, the newest first: the first of them is in force (COVER-1).
#[utoipa::path(get, path = "/api/v1/tickets/{id}/coverage", tag = "coverage",
    params(("id" = uuid::Uuid, Path, description = "The ticket")),
    responses((status = 200, description = "The decisions", body = List<Decision>)))]
pub(super) async fn history(
    State(app): State<App>,
    Token(caller): Token,
    Id(ticket): Id<TicketId>,
) -> Found<List<Decision>> {
    let rows = app.service.coverage_of(&caller, ticket).await?;
    Ok(found(List { items: rows.into_iter().map(Decision::from).collect(), next_cursor: None }))
}

/// A new decision. Without `cover` the rules decide again on what is said here.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// The decision in force, which this one takes the place of.
    replaces: CoverageId,
    /// Who pays.
    cover: Option<Cover>,
    /// What the ticket is about after all.
    kind: Option<TicketKind>,
    /// Its topic after all; `none` for none.
    topic: Option<String>,
    /// Its urgency after all: an id of a level, `safety`, or `none` to withdraw it, which gives a free one back (URG-2).
    urgency: Option<String>,
    /// For an invoice: who of the customer agreed to it.
    agreed_by: Option<ContactId>,
    /// For an invoice: the agreed price of an hour, ex VAT; the policy's when left out.
    #[schema(example = "95.00")]
    hourly_rate: Option<String>,
    /// Why.
    #[schema(max_length = 4000)]
    reason: String,
    /// Also reverse the entries that were booked under the old decision and stand.
    reverse_entries: Option<bool>,
}

impl NewDecision {
    fn read(&self) -> Result<Ruling, Problem> {
        let told = |text: &String| Some(text.clone()).filter(|text| text != NONE);
        let mut fields = Fields::default();
        let ruling = Ruling {
            kind: self.kind,
            topic: self.topic.as_ref().map(told),
            urgency: self.urgency.as_ref().map(|text| told(text).as_deref().map(level)),
            cover: self.cover,
            agreed_by: self.agreed_by,
            hourly_rate: fields.amount("hourly_rate", self.hourly_rate.as_deref()),
            reason: fields.text("reason", &self.reason),
            reverse_entries: self.reverse_entries.unwrap_or(false),
        };
        if ruling.hourly_rate.is_some_and(|rate| rate <= Cents::ZERO) {
            fields.fault("hourly_rate", "expected more than 0.00");
        }
        fields.done()?;
        Ok(ruling)
    }
}

/// A decision, and what it undid.
#[derive(Debug, Serialize, ToSchema)]
pub struct Decided {
    /// The decision.
    #[serde(flatten)]
    decision: Decision,
    /// The entries that were reversed with it.
    reversed: Vec<TimeEntryId>,
}

impl From<CoverageReceipt> for Decided {
    fn from(receipt: CoverageReceipt) -> Self {
        Self { decision: receipt.coverage.into(), reversed: receipt.reversed }
    }
}

/// Decide anew who pays for a ticket
///
/// By the rules on what the ticket turns out to be, or otherwise with a reason; also to withdraw its urgency. The old
/// decision stays on record. For agents.
#[utoipa::path(post, path = "/api/v1/tickets/{id}/coverage", tag = "coverage",
    params(("id" = uuid::Uuid, Path, description = "The ticket")),
    request_body = NewDecision, responses((status = 201, description = "The decision", body = Decided)))]
pub(super) async fn decide(
    State(app): State<App>,
    Id(ticket): Id<TicketId>,
    new: Write<NewDecision>,
) -> Created<Decided> {
    let ruling = new.body.read()?;
    Ok(created(app.service.decide_coverage(new.request(), ticket, new.body.replaces, ruling).await?))
}

/// From when to when a customer has the add-on for urgent tickets.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAddOn {
    /// First day.
    #[schema(format = Date)]
    since: String,
    /// Last day; goes on when left out.
    #[schema(format = Date)]
    until: Option<String>,
}

/// A term of the add-on for urgent tickets. The last one recorded holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct AddOn {
    /// Identity.
    id: AddOnId,
    /// First day.
    since: NaiveDate,
    /// Last day; `null` while it goes on.
    until: Option<NaiveDate>,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
}

impl From<domain::AddOnTerm> for AddOn {
    fn from(term: domain::AddOnTerm) -> Self {
        Self { id: term.id, since: term.since, until: term.until, recorded_at: term.recorded_at }
    }
}

/// Record the add-on for urgent tickets
///
/// What was recorded before stays on record; this term holds from now on. For agents.
#[utoipa::path(post, path = "/api/v1/customers/{id}/urgent-add-on", tag = "coverage",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = NewAddOn, responses((status = 201, description = "The term", body = AddOn)))]
pub(super) async fn record_add_on(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    new: Write<NewAddOn>,
) -> Created<AddOn> {
    let mut fields = Fields::default();
    let since = fields.needed_date("since", &new.body.since);
    let until = fields.date("until", new.body.until.as_deref());
    fields.done()?;
    Ok(created(app.service.record_add_on(new.request(), customer, since, until).await?))
}

/// Read the add-on for urgent tickets
///
/// Every term that was recorded, the newest first: the first of them holds.
#[utoipa::path(get, path = "/api/v1/customers/{id}/urgent-add-on", tag = "coverage",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    responses((status = 200, description = "The terms", body = List<AddOn>)))]
pub(super) async fn add_ons(
    State(app): State<App>,
    Token(caller): Token,
    Id(customer): Id<CustomerId>,
) -> Found<List<AddOn>> {
    let rows = app.service.add_ons_of(&caller, customer).await?;
    Ok(found(List { items: rows.into_iter().map(AddOn::from).collect(), next_cursor: None }))
}

/// Work that is to be invoiced, as agreed.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgreedWork {
    /// The time entry.
    time_entry_id: TimeEntryId,
    /// Its ticket.
    ticket_id: TicketId,
    /// Number of the ticket.
    ticket_number: i64,
    /// The day of the work.
    worked_on: NaiveDate,
    /// How many minutes.
    minutes: Minutes,
    /// The agreed price of an hour, ex VAT.
    hourly_rate: Amount,
    /// What that comes to, ex VAT, half-up to the cent.
    amount: Amount,
}

impl From<Invoiceable> for AgreedWork {
    fn from(work: Invoiceable) -> Self {
        Self {
            time_entry_id: work.id,
            ticket_id: work.ticket_id,
            ticket_number: work.ticket_number,
            worked_on: work.worked_on,
            minutes: work.invoiced,
            hourly_rate: work.hourly_rate.into(),
            amount: work.hourly_rate.per_hour(work.invoiced).into(),
        }
    }
}

/// List agreed work
///
/// Minutes that go on an invoice as agreed, with their price, the newest first (TIME-7).
#[utoipa::path(get, path = "/api/v1/customers/{id}/agreed-work", tag = "coverage",
    params(("id" = uuid::Uuid, Path, description = "The customer"), Paging),
    responses((status = 200, description = "A page of agreed work", body = List<AgreedWork>)))]
pub(super) async fn agreed_work(
    State(app): State<App>,
    Token(caller): Token,
    Id(customer): Id<CustomerId>,
    Search(Paging { limit, cursor }): Search<Paging>,
) -> Found<List<AgreedWork>> {
    let (limit, before) = paging(limit, cursor.as_deref())?;
    let rows = app.service.invoiceable(&caller, customer, before, limit + 1).await?;
    Ok(found(List::page(rows, limit, |work| work.id.to_string())))
}
