//! Fair use: where a customer stands with its sum, the list by standing, the entries behind it, conversations (FAIR-1 to
//! FAIR-6); and the end of a contract, up to which a leaver counts.

use super::access::{Caller, Request};
use super::customers::unexpected;
use super::{Error, Result, Service};
use crate::domain::customer::ContractEnd;
use crate::domain::fair_use::{
    self, Figures, Fraction, Level, NoVerdict, Standing, Term, Totals, Window, months, standing,
};
use crate::domain::policy::FairUseRules;
use crate::domain::{
    Act, Conversation, Counted, Customer, CustomerId, Doing, Receipt, Target, TimeEntryId, coverage::Outcome,
};
pub use crate::store::fair_use::{CountedEntry, Ranked, Said};
use crate::store::{Tx, customers, fair_use as stored};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use std::fmt;
use std::str::FromStr;

/// Where a customer stands, as far as the caller may know.
#[derive(Clone, Debug)]
pub struct StandingView {
    /// Whose.
    pub customer: Customer,
    /// The terms.
    pub rules: FairUseRules,
    /// The days that count.
    pub window: Window,
    /// What the customer used.
    pub used: Counted,
    /// Its active days in the window.
    pub own_days: i64,
    /// The days that its allowance is for.
    pub counted_days: i64,
    /// The verdict, or why there is none.
    pub level: Result<Level, NoVerdict>,
    /// What it is compared with; none for a caller who may not know what others use (FAIR-5).
    pub comparison: Option<Comparison>,
    /// The calendar months of the window.
    pub months: Vec<MonthUse>,
    /// What the conversation came to, where an outcome holds, and since when (FAIR-6).
    pub outcome: Option<(Outcome, NaiveDate)>,
}

/// What a customer is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// What an organisation uses in the window on average.
    pub average: Fraction,
    /// What this customer may use.
    pub allowance: Fraction,
    /// How many per cent of that it used; none of nothing.
    pub per_cent: Option<i64>,
    /// What the average is made of.
    pub totals: Totals,
}

/// A calendar month, as far as it lies in the window.
#[derive(Clone, Copy, Debug)]
pub struct MonthUse {
    /// Its days.
    pub part: Window,
    /// What the customer used in it.
    pub used: Counted,
    /// Its share of the average and of the allowance; none as for [`Comparison`].
    pub shares: Option<(Fraction, Fraction)>,
}

/// Which customers of the list by standing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// All that were active in the window.
    #[default]
    All,
    /// Those at a level.
    At(Level),
    /// Those who are customers for too short a time for a verdict.
    New,
    /// Those over their allowance with whom nothing was said within the window (FAIR-6).
    ToTalkTo,
}

/// A place in the list by standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The rank of the last row.
    pub rank: i64,
    /// Its customer.
    pub customer: CustomerId,
}

impl Place {
    /// The place of a row.
    #[must_use]
    pub const fn of(row: &Ranked) -> Self {
        Self { rank: row.rank, customer: row.customer_id }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.rank, self.customer)
    }
}

impl FromStr for Place {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (rank, customer) = text.split_once('_').ok_or(())?;
        Ok(Self { rank: rank.parse().map_err(drop)?, customer: customer.parse().map_err(drop)? })
    }
}

/// A page of the list by standing.
#[derive(Clone, Debug)]
pub struct RankedPage {
    /// The days that count.
    pub window: Window,
    /// What an organisation uses in the window on average.
    pub average: Fraction,
    /// What that is made of.
    pub totals: Totals,
    /// The customers, who stands highest first.
    pub rows: Vec<RankedRow>,
}

/// A customer with where it stands.
#[derive(Clone, Debug)]
pub struct RankedRow {
    /// The customer and its figures.
    pub ranked: Ranked,
    /// Where it stands.
    pub standing: Standing,
}

impl Service {
    /// The terms of fair use today, and the local day.
    fn fair_use_rules(&self) -> Result<(&FairUseRules, NaiveDate)> {
        let today = self.policies.day(self.clock.now());
        let rules = self.policies.at(today).1.fair_use.as_ref();
        Ok((rules.ok_or(Error::NotFound("fair use"))?, today))
    }

    /// Where a customer stands today.
    ///
    /// # Errors
    /// Not found for somebody else's customer, and where the provider has no fair use (POL-3).
    pub async fn fair_use(&self, caller: &Caller, customer: CustomerId) -> Result<StandingView> {
        caller.see(customer)?;
        let (rules, today) = self.fair_use_rules()?;
        let mut tx = self.db.snapshot().await?;
        let found = customers::get(&mut tx, customer).await?.ok_or(Error::NotFound("customer"))?;
        let (standing, used) = standing_of(&mut tx, &found, rules, today).await?;
        let said = stored::conversations(&mut tx, customer).await?;
        let may_compare = caller.is_staff() || !standing.hides_others();
        let shares = months(&standing, found.term(), &used);
        Ok(StandingView {
            rules: rules.clone(),
            window: standing.figures.window,
            used: standing.figures.used,
            own_days: standing.figures.own_days,
            counted_days: standing.counted_days,
            level: standing.level,
            comparison: may_compare.then(|| Comparison::of(&standing)),
            months: shares.into_iter().map(|month| MonthUse::of(month, may_compare)).collect(),
            outcome: said.iter().find_map(|said| said.conversation.outcome_on(today)),
            customer: found,
        })
    }

    /// The entries of a customer that count today, the newest worked day first, before an entry of a day.
    ///
    /// # Errors
    /// As [`Service::fair_use`].
    pub async fn counted_entries(
        &self,
        caller: &Caller,
        customer: CustomerId,
        before: Option<(NaiveDate, TimeEntryId)>,
        limit: i64,
    ) -> Result<Vec<CountedEntry>> {
        self.customer(caller, customer).await?;
        let (rules, today) = self.fair_use_rules()?;
        Ok(stored::entries(&mut self.db.reader().await?, customer, rules.window(today), before, limit).await?)
    }

    /// The customers by standing, who stands highest first: for staff.
    ///
    /// # Errors
    /// For others than staff; not found where the provider has no fair use (POL-3).
    pub async fn fair_use_list(
        &self,
        caller: &Caller,
        filter: Filter,
        after: Option<Place>,
        limit: i64,
    ) -> Result<RankedPage> {
        caller.may(Doing::SeeAll)?;
        let (rules, today) = self.fair_use_rules()?;
        let window = rules.window(today);
        let mut tx = self.db.snapshot().await?;
        let totals = stored::totals(&mut tx, window).await?;
        let figures = |ranked: &Ranked| Figures {
            window,
            used: ranked.used,
            own_days: ranked.own_days,
            days_active: ranked.days_active,
            totals,
        };
        let rows = match which(rules, window, totals, filter, after) {
            Some(which) => stored::ranked(&mut tx, &which, limit).await?,
            None => Vec::new(),
        };
        let rows = rows.into_iter().map(|ranked| RankedRow { standing: standing(rules, figures(&ranked)), ranked });
        let average = standing(rules, Figures { window, totals, ..Figures::default() }).average;
        Ok(RankedPage { window, average, totals, rows: rows.collect() })
    }

    /// What was recorded of conversations with a customer, the newest first: for staff.
    ///
    /// # Errors
    /// For others than staff; not found where the provider has no fair use (POL-3) or there is no such customer.
    pub async fn conversations(&self, caller: &Caller, customer: CustomerId) -> Result<Vec<Said>> {
        caller.see(customer)?;
        caller.may(Doing::SeeAll)?;
        self.fair_use_rules()?;
        self.customer(caller, customer).await?;
        Ok(stored::conversations(&mut self.db.reader().await?, customer).await?)
    }

    /// Records what was said with a customer and what it came to: for agents (FAIR-6).
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn record_conversation(
        &self,
        request: Request<'_>,
        customer: CustomerId,
        outcome: Option<Outcome>,
        starts_on: Option<NaiveDate>,
        note: String,
    ) -> Result<Conversation> {
        let actor = request.caller.may_at(customer, Doing::Serve)?;
        let act = Act::RecordConversation { outcome, starts_on, note };
        match self.submit(self.command(actor, request.key, Target::Customer(customer), act)).await? {
            Receipt::Conversation(said) => Ok(said),
            other => Err(unexpected(&other)),
        }
    }

    /// Ends a contract with a day, or lets it go on after all: for agents.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn end_contract(
        &self,
        request: Request<'_>,
        customer: CustomerId,
        last_day: Option<NaiveDate>,
    ) -> Result<ContractEnd> {
        let actor = request.caller.may_at(customer, Doing::Serve)?;
        let act = Act::EndContract { last_day };
        match self.submit(self.command(actor, request.key, Target::Customer(customer), act)).await? {
            Receipt::ContractEnd(end) => Ok(end),
            other => Err(unexpected(&other)),
        }
    }

    /// Moves the window that is kept along to today, where it has to be. Reads are right without it, and quicker after it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn slide_fair_use(&self) -> crate::store::Result<bool> {
        let Ok((rules, today)) = self.fair_use_rules() else { return Ok(false) };
        let after = rules.window(today).after;
        if stored::floor(&mut self.db.reader().await?).await? == after {
            return Ok(false);
        }
        let mut tx = self.db.begin().await?;
        let moved = stored::slide(&mut tx, after).await?;
        tx.commit().await?;
        Ok(moved)
    }
}

/// Where a customer stands, and what it used by month.
async fn standing_of(
    tx: &mut Tx,
    customer: &Customer,
    rules: &FairUseRules,
    today: NaiveDate,
) -> Result<(Standing, std::collections::BTreeMap<NaiveDate, Counted>)> {
    let (window, term) = (rules.window(today), customer.term());
    let by_month = stored::used(tx, customer.id, window).await?;
    let mut used = Counted::ZERO;
    for counted in by_month.values() {
        used += *counted;
    }
    let totals = stored::totals(tx, window).await?;
    let (own_days, days_active) = (Term::days_in(term, window), term.days_until(today));
    Ok((standing(rules, Figures { window, used, own_days, days_active, totals }), by_month))
}

/// What to ask the store for; nothing where there is no verdict to filter by.
fn which(
    rules: &FairUseRules,
    window: Window,
    totals: Totals,
    filter: Filter,
    after: Option<Place>,
) -> Option<stored::Which> {
    let judged = totals.organisations >= i64::from(rules.minimum_organisations);
    let marks = rules.marks(window, totals);
    let (new, top, to) = match filter {
        Filter::All => (None, i64::MAX, i64::MIN),
        Filter::New => (Some(true), i64::MAX, i64::MIN),
        Filter::At(Level::Over) | Filter::ToTalkTo => (Some(false), i64::MAX, marks.over),
        Filter::At(Level::Near) => (Some(false), marks.over - 1, marks.near),
        Filter::At(Level::Within) => (Some(false), marks.near - 1, i64::MIN),
    };
    if !judged && filter != Filter::All {
        return None;
    }
    let from = after.map_or((top, None), |place| (place.rank, Some(place.customer)));
    let since = DateTime::<Utc>::from_naive_utc_and_offset(window.after.and_time(NaiveTime::MIN), Utc);
    let silent_since = (filter == Filter::ToTalkTo).then_some(since);
    Some(stored::Which { window, grace_days: rules.grace_days, new, from, to, silent_since })
}

impl Comparison {
    fn of(standing: &Standing) -> Self {
        let (average, allowance) = (standing.average, standing.allowance);
        Self { average, allowance, per_cent: standing.per_cent(), totals: standing.figures.totals }
    }
}

impl MonthUse {
    fn of(month: fair_use::MonthShare, may_compare: bool) -> Self {
        let shares = may_compare.then_some((month.average, month.allowance));
        Self { part: month.part, used: month.used, shares }
    }
}
