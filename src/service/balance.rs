//! How much is left, and why: balances now and as they were, and the statement that explains them.

use super::access::Caller;
use super::{Error, FieldError, Result, Service};
use crate::domain::{
    Account, Balance, Card, CardStatus, Cents, Customer, CustomerId, Installation, InstallationId, Ledger, Minutes,
    Movement, Numbers, WorkScope,
    decide::{
        Circumstances,
        conversion::{Upcoming, upcoming},
        settled,
    },
};
pub use crate::store::estimates::Shown;
pub use crate::store::ledger::{Booked, Line, Position, Uncovered};
use crate::store::{Tx, books, cards, customers, estimates, installations, ledger};
use chrono::{DateTime, Days, Duration, NaiveDate, Utc};

/// A moment to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// Now.
    Now,
    /// An instant, in recorded time.
    Instant(DateTime<Utc>),
    /// The end of a day.
    Day(NaiveDate),
}

/// The balance of a customer and of each card, at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct BalanceView {
    /// The customer.
    pub customer: Customer,
    /// Its totals.
    pub total: Balance,
    /// The moment.
    pub as_of: DateTime<Utc>,
    /// Its cards, the oldest order first.
    pub cards: Vec<CardView>,
    /// Its installations, also those that were removed, by name.
    pub installations: Vec<Installation>,
}

/// What cards of one scope have together (CARD-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeView {
    /// The installation that they were bought for; none for all of them.
    pub installation: Option<InstallationId>,
    /// The kinds of work that they pay for.
    pub work: WorkScope,
    /// Can still be agreed to.
    pub available: Minutes,
    /// Set apart for accepted estimates.
    pub held: Minutes,
}

impl BalanceView {
    /// What is left, for what: a row for each scope that has something, the general one last.
    #[must_use]
    pub fn scopes(&self) -> Vec<ScopeView> {
        let mut scopes: Vec<ScopeView> = Vec::new();
        for card in self.cards.iter().map(|seen| &seen.card).filter(|card| card.left().is_positive()) {
            let same = |scope: &&mut ScopeView| scope.installation == card.installation_id && scope.work == card.work;
            if let Some(scope) = scopes.iter_mut().find(same) {
                scope.available += card.available;
                scope.held += card.held;
                continue;
            }
            let (installation, work) = (card.installation_id, card.work.clone());
            scopes.push(ScopeView { installation, work, available: card.available, held: card.held });
        }
        scopes.sort_by_key(|scope| (scope.installation.is_none(), scope.work.is_all()));
        scopes
    }

    /// The name of an installation.
    #[must_use]
    pub fn installation(&self, id: InstallationId) -> Option<&str> {
        self.installations.iter().find(|installation| installation.id == id).map(|found| found.name.as_str())
    }
}

/// A card at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct CardView {
    /// The card, with its counters of that moment.
    pub card: Card,
    /// What could be done with it.
    pub status: CardStatus,
    /// What becomes of its available minutes and when, for a card that converts (CARD-10); told for now only.
    pub upcoming: Option<(NaiveDate, Upcoming)>,
}

/// Everything on the page of a customer, from one snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    /// The figures.
    pub balance: BalanceView,
    /// Estimates that wait for an answer or hold minutes.
    pub estimates: Vec<Shown>,
    /// Entries with uncovered minutes.
    pub uncovered: Vec<Uncovered>,
    /// The statement.
    pub statement: Statement,
}

/// A page of the statement, the newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Transactions with their movements.
    pub items: Vec<(Booked, Vec<Movement>)>,
    /// Number before which the next page begins, if there is one.
    pub next: Option<i64>,
}

impl Service {
    /// The balance of a customer. Now: with everything due taken into account, also when nobody has booked it yet.
    /// Earlier: what the page showed then.
    ///
    /// # Errors
    /// Not found for somebody else's customer; a moment in the future.
    pub async fn balance(&self, caller: &Caller, id: CustomerId, as_of: AsOf) -> Result<BalanceView> {
        caller.see(id)?;
        let now = self.clock.now();
        let at = match as_of {
            AsOf::Now => now,
            AsOf::Instant(at) if at <= now => at,
            AsOf::Day(day) if day == self.policies.day(now) => now,
            AsOf::Day(day) if day < self.policies.day(now) => self.end_of(day),
            _ => return Err(future()),
        };
        let mut tx = self.db.snapshot().await?;
        if at == now { self.balance_now(&mut tx, id, now).await } else { self.balance_then(&mut tx, id, at).await }
    }

    /// Everything on the page of a customer.
    ///
    /// # Errors
    /// Not found for somebody else's customer.
    pub async fn overview(&self, caller: &Caller, id: CustomerId, before: i64, limit: i64) -> Result<Overview> {
        caller.see(id)?;
        let mut tx = self.db.snapshot().await?;
        let balance = self.balance_now(&mut tx, id, self.clock.now()).await?;
        let today = self.policies.day(balance.as_of);
        let mut estimates = estimates::open_of(&mut tx, id).await?;
        estimates.retain(|shown| shown.estimate.status == shown.estimate.status_on(today));
        let uncovered = ledger::uncovered(&mut tx, id).await?;
        let statement = statement(&mut tx, id, before, limit).await?;
        Ok(Overview { balance, estimates, uncovered, statement })
    }

    /// The page of a customer as it was at the end of `day`; what waited for an answer then is not told.
    ///
    /// # Errors
    /// Not found for somebody else's customer; a day in the future.
    pub async fn overview_on(
        &self,
        caller: &Caller,
        id: CustomerId,
        day: NaiveDate,
        before: i64,
        limit: i64,
    ) -> Result<Overview> {
        caller.see(id)?;
        let today = self.policies.day(self.clock.now());
        if day == today {
            return self.overview(caller, id, before, limit).await;
        }
        if day > today {
            return Err(future());
        }
        let at = self.end_of(day);
        let mut tx = self.db.snapshot().await?;
        let balance = self.balance_then(&mut tx, id, at).await?;
        let after = ledger::last_seq(&mut tx, id, at).await? + 1;
        let statement = statement(&mut tx, id, before.min(after), limit).await?;
        Ok(Overview { balance, estimates: Vec::new(), uncovered: Vec::new(), statement })
    }

    /// Lines of the ledger, the newest first.
    ///
    /// # Errors
    /// Not found for somebody else's customer.
    pub async fn ledger_lines(
        &self,
        caller: &Caller,
        id: CustomerId,
        before: Option<Position>,
        limit: i64,
    ) -> Result<Vec<Line>> {
        self.customer(caller, id).await?;
        Ok(ledger::lines(&mut self.db.reader().await?, id, before, limit).await?)
    }

    /// The last microsecond of a local day.
    fn end_of(&self, day: NaiveDate) -> DateTime<Utc> {
        let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
        let midnight = next.and_time(chrono::NaiveTime::MIN).and_local_timezone(self.policies.time_zone());
        let first =
            midnight.earliest().map_or_else(|| next.and_time(chrono::NaiveTime::MIN).and_utc(), |at| at.to_utc());
        first - Duration::microseconds(1)
    }

    async fn balance_now(&self, tx: &mut Tx, id: CustomerId, now: DateTime<Utc>) -> Result<BalanceView> {
        let today = self.policies.day(now);
        let loaded = books::figures(tx, id).await?.ok_or(Error::NotFound("customer"))?;
        let at = Circumstances { policies: &self.policies, now, numbers: &Numbers::default(), closed_through: None };
        let Ledger { rows, .. } = settled(&loaded, id, at);
        let customer = rows.customer.ok_or(Error::NotFound("customer"))?;
        let view = |card: Card| {
            let upcoming = upcoming(&card, &self.policies).filter(|_| card.available.is_positive());
            CardView { status: card.status(today), upcoming, card }
        };
        let cards = rows.cards.into_values().map(view).collect();
        let installations = installations::of(tx, id).await?;
        Ok(BalanceView { total: customer.balance(), customer, as_of: now, cards, installations })
    }

    async fn balance_then(&self, tx: &mut Tx, id: CustomerId, at: DateTime<Utc>) -> Result<BalanceView> {
        let customer = customers::get(tx, id).await?.ok_or(Error::NotFound("customer"))?;
        let last = ledger::last_before(tx, id, at).await?;
        let mut total = last.map(|movement| movement.after).unwrap_or_default();
        let day = self.policies.day(at);
        let mut views = Vec::new();
        for mut card in cards::of(tx, id).await?.into_iter().filter(|card| card.ordered_on <= day) {
            let last = ledger::last_of_card(tx, card.id, at).await?;
            let mut counters = last.map(|movement| movement.card_after).unwrap_or_default();
            if card.is_past(day) {
                let over = counters.available;
                counters.shift(Account::Available, Account::Expired, over);
                total.shift(Account::Available, Account::Expired, over);
            }
            card.granted = counters.granted();
            card.set_balance(&counters);
            if card.activated_at.is_some_and(|activated| activated > at) {
                card.activated_at = None;
                card.activated_on = None;
                card.expires_on = None;
                card.converts_on = None;
            }
            if counters.refunded.is_zero() {
                card.credit = Cents::ZERO;
            }
            views.push(CardView { status: card.status(day), upcoming: None, card });
        }
        let installations = installations::of(tx, id).await?;
        Ok(BalanceView { customer, total, as_of: at, cards: views, installations })
    }
}

async fn statement(tx: &mut Tx, id: CustomerId, before: i64, limit: i64) -> Result<Statement> {
    let mut booked = ledger::transactions(tx, id, before, limit + 1).await?;
    let more = booked.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        booked.pop();
    }
    let Some(oldest) = booked.last().map(|booked| &booked.transaction) else {
        return Ok(Statement { items: Vec::new(), next: None });
    };
    let (since, first, last) = (oldest.recorded_at, oldest.seq, booked[0].transaction.seq);
    let mut movements = ledger::movements(tx, id, since, first, last).await?;
    let items = booked
        .into_iter()
        .map(|booked| {
            let own = movements.extract_if(.., |movement| movement.seq == booked.transaction.seq).collect();
            (booked, own)
        })
        .collect();
    Ok(Statement { items, next: more.then_some(first) })
}

fn future() -> Error {
    Error::Fields(vec![FieldError {
        field: "as_of".to_owned(),
        expected: "expected a day or a moment that is not in the future".to_owned(),
    }])
}
