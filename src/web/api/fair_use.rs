//! Fair use: where customers stand, with every figure behind it; conversations; and the end of a contract.

use super::{Created, Found, List, created, found, paging};
use crate::domain::customer::ContractEnd as Ended;
use crate::domain::fair_use::{Level, NoVerdict, Window as Days};
use crate::domain::{
    self, ContractEndId, ConversationId, CustomerId, Minutes, TicketId, TimeEntryId, coverage::Outcome,
};
use crate::service::fair_use::{
    Comparison as Compared, CountedEntry, Filter, Place, RankedPage, RankedRow, Said, StandingView,
};
use crate::web::App;
use crate::web::extract::{Id, Paging, Search, Token, Write, bad_cursor, position};
use crate::web::fields::Fields;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The days that count.
#[derive(Debug, Serialize, ToSchema)]
pub struct Window {
    /// The first of them.
    first: NaiveDate,
    /// The last of them.
    last: NaiveDate,
    /// How many.
    days: i64,
}

impl From<Days> for Window {
    fn from(window: Days) -> Self {
        Self { first: window.first(), last: window.until, days: window.days() }
    }
}

/// What a customer is compared with. Minutes are rounded half up; the sum itself is exact.
#[derive(Debug, Serialize, ToSchema)]
pub struct Comparison {
    /// What an organisation uses in the window on average.
    average_minutes: Minutes,
    /// What this customer may use: `factor` × `all_used` ÷ `all_days` × `counted_days`.
    allowance_minutes: Minutes,
    /// How many per cent of that it used; `null` when it is nothing.
    per_cent: Option<i64>,
    /// How many organisations are active today.
    organisations: i64,
    /// Counted minutes of all organisations, exact.
    #[schema(example = "4465.5")]
    all_used: String,
    /// Active days of all organisations.
    all_days: i64,
}

impl From<Compared> for Comparison {
    fn from(compared: Compared) -> Self {
        Self {
            average_minutes: compared.average.minutes(),
            allowance_minutes: compared.allowance.minutes(),
            per_cent: compared.per_cent,
            organisations: compared.totals.organisations,
            all_used: compared.totals.used.to_string(),
            all_days: compared.totals.days,
        }
    }
}

/// A calendar month, as far as it lies in the window.
#[derive(Debug, Serialize, ToSchema)]
pub struct MonthUse {
    /// Its first day that counts.
    first: NaiveDate,
    /// Its last day that counts.
    last: NaiveDate,
    /// What the customer used in it, half up.
    used_minutes: Minutes,
    /// Its share of the average; `null` where that is not shown.
    average_minutes: Option<Minutes>,
    /// Its share of the allowance; `null` where that is not shown.
    allowance_minutes: Option<Minutes>,
}

/// What a conversation came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Agreed {
    /// What.
    outcome: Outcome,
    /// From which day on.
    since: NaiveDate,
}

/// Where a customer stands, with its sum.
#[derive(Debug, Serialize, ToSchema)]
pub struct FairUse {
    /// The days that count.
    window: Window,
    /// What the customer used, half up.
    used_minutes: Minutes,
    /// The same, exact.
    #[schema(example = "312.5")]
    used: String,
    /// Its active days in the window.
    own_days: i64,
    /// The days that its allowance is for.
    counted_days: i64,
    /// How many times the average is fair.
    #[schema(example = "3")]
    factor: String,
    /// The verdict; `null` when there is none.
    standing: Option<Level>,
    /// Why there is none.
    no_verdict: Option<NoVerdict>,
    /// What it is compared with; `null` for a contact while there are too few organisations (FAIR-5).
    comparison: Option<Comparison>,
    /// The calendar months of the window.
    months: Vec<MonthUse>,
    /// What the last conversation came to, where that holds today.
    agreed: Option<Agreed>,
}

impl From<StandingView> for FairUse {
    fn from(view: StandingView) -> Self {
        let month = |month: crate::service::fair_use::MonthUse| MonthUse {
            first: month.part.first(),
            last: month.part.until,
            used_minutes: month.used.minutes(),
            average_minutes: month.shares.map(|(average, _)| average.minutes()),
            allowance_minutes: month.shares.map(|(_, allowance)| allowance.minutes()),
        };
        Self {
            window: view.window.into(),
            used_minutes: view.used.minutes(),
            used: view.used.to_string(),
            own_days: view.own_days,
            counted_days: view.counted_days,
            factor: view.rules.factor.to_string(),
            standing: view.level.ok(),
            no_verdict: view.level.err(),
            comparison: view.comparison.map(Comparison::from),
            months: view.months.into_iter().map(month).collect(),
            agreed: view.outcome.map(|(outcome, since)| Agreed { outcome, since }),
        }
    }
}

/// Read where a customer stands
///
/// Today, over the rolling window, with every figure of the sum (FAIR-1 to FAIR-5). For everybody who may see the customer.
#[utoipa::path(get, path = "/api/v1/customers/{id}/fair-use", tag = "fair use",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    responses((status = 200, description = "Where it stands", body = FairUse)))]
pub(super) async fn get(State(app): State<App>, Token(caller): Token, Id(id): Id<CustomerId>) -> Found<FairUse> {
    Ok(found(app.service.fair_use(&caller, id).await?))
}

/// An entry that counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entry {
    /// The time entry.
    time_entry_id: TimeEntryId,
    /// Its ticket.
    ticket_id: TicketId,
    /// Number of the ticket.
    ticket_number: i64,
    /// The day of the work.
    worked_on: NaiveDate,
    /// Minutes as worked.
    worked_minutes: Minutes,
    /// How many times they count, as decided when they were logged.
    #[schema(example = "2")]
    weight: String,
    /// What they count for, exact.
    #[schema(example = "100")]
    counted: String,
}

impl From<CountedEntry> for Entry {
    fn from(entry: CountedEntry) -> Self {
        Self {
            time_entry_id: entry.id,
            ticket_id: entry.ticket_id,
            ticket_number: entry.ticket_number,
            worked_on: entry.worked_on,
            worked_minutes: entry.worked,
            weight: entry.weight().to_string(),
            counted: entry.counted.to_string(),
        }
    }
}

/// List what counts
///
/// The entries in the window that count towards fair use, the newest worked day first (FAIR-2).
#[utoipa::path(get, path = "/api/v1/customers/{id}/fair-use/entries", tag = "fair use",
    params(("id" = uuid::Uuid, Path, description = "The customer"), Paging),
    responses((status = 200, description = "A page of entries", body = List<Entry>)))]
pub(super) async fn entries(
    State(app): State<App>,
    Token(caller): Token,
    Id(customer): Id<CustomerId>,
    Search(Paging { limit, cursor }): Search<Paging>,
) -> Found<List<Entry>> {
    let (limit, before) = paging::<DayAndEntry>(limit, cursor.as_deref())?;
    let before = before.map(|place| (place.0, place.1));
    let rows = app.service.counted_entries(&caller, customer, before, limit + 1).await?;
    Ok(found(List::page(rows, limit, |entry| DayAndEntry(entry.worked_on, entry.id).to_string())))
}

/// A place in a list by worked day: `2026-03-09_` and the entry.
#[derive(Clone, Copy, Debug)]
pub struct DayAndEntry(pub NaiveDate, pub TimeEntryId);

impl std::fmt::Display for DayAndEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_{}", self.0, self.1)
    }
}

impl std::str::FromStr for DayAndEntry {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (day, entry) = text.split_once('_').ok_or(())?;
        Ok(Self(day.parse().map_err(drop)?, entry.parse().map_err(drop)?))
    }
}

/// Which customers.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FairUseStanding {
    /// Below what is near.
    Within,
    /// Near the allowance, or exactly at it.
    Near,
    /// Over it.
    Over,
    /// Customers for too short a time for a verdict.
    New,
    /// Over, and nothing was said within the window.
    ToTalkTo,
}

impl From<Option<FairUseStanding>> for Filter {
    fn from(standing: Option<FairUseStanding>) -> Self {
        match standing {
            None => Self::All,
            Some(FairUseStanding::Within) => Self::At(Level::Within),
            Some(FairUseStanding::Near) => Self::At(Level::Near),
            Some(FairUseStanding::Over) => Self::At(Level::Over),
            Some(FairUseStanding::New) => Self::New,
            Some(FairUseStanding::ToTalkTo) => Self::ToTalkTo,
        }
    }
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Only these.
    #[param(inline)]
    standing: Option<FairUseStanding>,
    /// How many items, 1 to 200; 50 when left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A customer in the list by standing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ranked {
    /// The customer.
    customer_id: CustomerId,
    /// Its number.
    number: i64,
    /// Its name.
    name: String,
    /// What it used, half up.
    used_minutes: Minutes,
    /// What it may use, half up.
    allowance_minutes: Minutes,
    /// How many per cent of that it used.
    per_cent: Option<i64>,
    /// The verdict; `null` when there is none.
    standing: Option<Level>,
    /// Why there is none.
    no_verdict: Option<NoVerdict>,
    /// When something was last recorded of a conversation.
    talked_at: Option<DateTime<Utc>>,
    /// What that came to.
    outcome: Option<Outcome>,
}

impl From<RankedRow> for Ranked {
    fn from(RankedRow { ranked, standing }: RankedRow) -> Self {
        Self {
            customer_id: ranked.customer_id,
            number: ranked.number,
            name: ranked.name,
            used_minutes: ranked.used.minutes(),
            allowance_minutes: standing.allowance.minutes(),
            per_cent: standing.per_cent(),
            standing: standing.level.ok(),
            no_verdict: standing.level.err(),
            talked_at: ranked.talked_at,
            outcome: ranked.outcome,
        }
    }
}

/// A page of customers by standing, with what they are compared with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Standings {
    /// The days that count.
    window: Window,
    /// How many organisations are active today.
    organisations: i64,
    /// What an organisation uses in the window on average, half up.
    average_minutes: Minutes,
    /// The customers.
    #[serde(flatten)]
    list: List<Ranked>,
}

/// List customers by standing
///
/// Who uses most of its allowance first. For staff.
#[utoipa::path(get, path = "/api/v1/fair-use", tag = "fair use", params(Which),
    responses((status = 200, description = "A page of customers", body = Standings)))]
pub(super) async fn list(
    State(app): State<App>,
    Token(caller): Token,
    Search(Which { standing, limit, cursor }): Search<Which>,
) -> Found<Standings> {
    let place = position(cursor.as_deref())?.map(|place| place.parse::<Place>().map_err(|()| bad_cursor()));
    let limit = super::limit(limit)?;
    let page = app.service.fair_use_list(&caller, standing.into(), place.transpose()?, limit + 1).await?;
    let RankedPage { window, average, totals, rows } = page;
    let list = List::page(rows, limit, |row| Place::of(&row.ranked).to_string());
    let (organisations, average_minutes) = (totals.organisations, average.minutes());
    Ok(found(Standings { window: window.into(), organisations, average_minutes, list }))
}

/// What was said with a customer about its use.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConversation {
    /// What it came to; left out while it goes on.
    outcome: Option<Outcome>,
    /// The day from which that holds, or on which the conversation began; today when left out.
    #[schema(format = Date)]
    starts_on: Option<String>,
    /// What was said.
    #[schema(max_length = 4000)]
    note: String,
}

/// A record of a conversation about fair use.
#[derive(Debug, Serialize, ToSchema)]
pub struct Conversation {
    /// Identity.
    id: ConversationId,
    /// What it came to; `null` while it goes on.
    outcome: Option<Outcome>,
    /// The day from which that holds, or on which the conversation began.
    starts_on: NaiveDate,
    /// What was said.
    note: String,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
}

impl From<domain::Conversation> for Conversation {
    fn from(said: domain::Conversation) -> Self {
        let domain::Conversation { id, outcome, starts_on, note, recorded_at, .. } = said;
        Self { id, outcome, starts_on, note, recorded_at }
    }
}

impl From<Said> for Conversation {
    fn from(said: Said) -> Self {
        said.conversation.into()
    }
}

/// Record a conversation about fair use
///
/// What was said, and what it came to. Questions stay under fair use until an outcome says otherwise (FAIR-6). For agents.
#[utoipa::path(post, path = "/api/v1/customers/{id}/fair-use/conversations", tag = "fair use",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = NewConversation, responses((status = 201, description = "The record", body = Conversation)))]
pub(super) async fn record(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    new: Write<NewConversation>,
) -> Created<Conversation> {
    let mut fields = Fields::default();
    let starts_on = fields.date("starts_on", new.body.starts_on.as_deref());
    let note = fields.text("note", &new.body.note);
    fields.done()?;
    Ok(created(app.service.record_conversation(new.request(), customer, new.body.outcome, starts_on, note).await?))
}

/// List conversations about fair use
///
/// The newest first. For staff.
#[utoipa::path(get, path = "/api/v1/customers/{id}/fair-use/conversations", tag = "fair use",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    responses((status = 200, description = "The records", body = List<Conversation>)))]
pub(super) async fn conversations(
    State(app): State<App>,
    Token(caller): Token,
    Id(customer): Id<CustomerId>,
) -> Found<List<Conversation>> {
    let rows = app.service.conversations(&caller, customer).await?;
    Ok(found(List { items: rows.into_iter().map(Conversation::from).collect(), next_cursor: None }))
}

/// The end of a contract.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContractEnd {
    /// The last day, after which no work can be logged; left out when the contract goes on after all.
    #[schema(format = Date)]
    last_day: Option<String>,
}

/// An end of a contract. The one recorded last holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContractEnd {
    /// Identity.
    id: ContractEndId,
    /// The last day; `null` when the contract goes on.
    last_day: Option<NaiveDate>,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
}

impl From<Ended> for ContractEnd {
    fn from(end: Ended) -> Self {
        Self { id: end.id, last_day: end.last_day, recorded_at: end.recorded_at }
    }
}

/// End a contract
///
/// With a day, or let it go on after all. Work after that day is refused, and a leaver counts up to it (FAIR-3). For agents.
#[utoipa::path(post, path = "/api/v1/customers/{id}/contract-end", tag = "customers",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = NewContractEnd, responses((status = 201, description = "The end", body = ContractEnd)))]
pub(super) async fn end_contract(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    new: Write<NewContractEnd>,
) -> Created<ContractEnd> {
    let mut fields = Fields::default();
    let last_day = fields.date("last_day", new.body.last_day.as_deref());
    fields.done()?;
    Ok(created(app.service.end_contract(new.request(), customer, last_day).await?))
}
