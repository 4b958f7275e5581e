//! The books as a whole, for finance: months are closed and opened again (TIME-6), balances of accounts on any day, and
//! deferred revenue by card (PAY-7).
//!
//! A closing belongs to no customer, so it does not go through the ledger's door. It takes the one row that every booking
//! reads under a shared lock: a booking in flight is written before the closing, or lands in the open month after it.

use super::access::Caller;
use super::{Error, FieldError, Result, Service};
use crate::domain::availability::{bounds, instant};
use crate::domain::closing::{
    ANSWER_DAYS, BookMonth, Closing, ClosingKind, Finding, FindingKind, Kept, NotClosed, StandingBalance,
};
use crate::domain::journal::ChartAccount;
use crate::domain::policy::{Accounts, Part};
use crate::domain::{
    Account, Balance, Card, CardId, Cents, CustomerId, Doing, InvoiceId, Minutes, MoneyAccount, Policies, Refusal,
    UserId, words::words,
};
pub use crate::store::accounting::ClosedBy;
use crate::store::accounting::{self as books, CardOf, InvoiceOn, Window};
use crate::store::{Statements, Tx};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// How many months are looked back on at most.
pub const MOST_MONTHS: usize = 120;
/// How many cards are read at once where all of them are.
const PAGE: i64 = 500;

words! {
    /// Where a month stands.
    pub enum MonthState {
        /// It goes on.
        Running = "running",
        /// It is over, and takes bookings.
        Open = "open",
        /// It takes no booking.
        Closed = "closed",
    }
}

/// A month with what was done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthOfBooks {
    /// The month.
    pub month: BookMonth,
    /// Where it stands.
    pub state: MonthState,
    /// Whether it is the next one to close, or the one that can be opened again.
    pub next: bool,
    /// What was done to it, the last thing first.
    pub closings: Vec<ClosedBy>,
}

/// What is open in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checklist {
    /// The month.
    pub month: BookMonth,
    /// Where it stands.
    pub state: MonthState,
    /// What was looked at, in the order in which one works through it; also what there is nothing of.
    pub findings: Vec<Finding>,
}

impl Checklist {
    /// What stops a closing without a reason.
    #[must_use]
    pub fn blocking(&self) -> Vec<(FindingKind, i64)> {
        blocking(&self.findings)
    }
}

fn blocking(findings: &[Finding]) -> Vec<(FindingKind, i64)> {
    findings.iter().filter(|finding| finding.blocks()).map(|finding| (finding.kind, finding.count)).collect()
}

/// What an act on a month led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthActed {
    /// What was done.
    pub closing: Closing,
    /// It was so already, and nothing was done.
    pub already: bool,
}

/// An account over a period, or up to a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSum {
    /// What it is for.
    pub account: MoneyAccount,
    /// Its number at the bookkeeper's.
    pub number: String,
    /// Its name there.
    pub name: String,
    /// What was debited.
    pub debit: Cents,
    /// What was credited.
    pub credit: Cents,
}

impl AccountSum {
    /// Debit less credit.
    #[must_use]
    pub fn balance(&self) -> Cents {
        self.debit - self.credit
    }
}

/// What the accounts stand at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balances {
    /// Up to and with this day.
    pub on: NaiveDate,
    /// First day of the period of profit and loss.
    pub from: NaiveDate,
    /// Every account from the beginning up to the day: the trial balance.
    pub accounts: Vec<AccountSum>,
    /// The accounts of profit and loss in the period.
    pub period: Vec<AccountSum>,
}

impl Balances {
    /// Debit and credit of the trial balance, which are equal.
    #[must_use]
    pub fn totals(&self) -> (Cents, Cents) {
        (self.accounts.iter().map(|row| row.debit).sum(), self.accounts.iter().map(|row| row.credit).sum())
    }

    /// What the accounts of the balance sheet come to: the result from the beginning up to the day.
    #[must_use]
    pub fn result_to_date(&self) -> Cents {
        let sheet = self.accounts.iter().filter(|row| row.account.is_balance_sheet());
        sheet.map(AccountSum::balance).sum()
    }

    /// The result of the period: revenue less costs.
    #[must_use]
    pub fn result(&self) -> Cents {
        -self.period.iter().map(AccountSum::balance).sum::<Cents>()
    }

    /// What one account stands at on the day.
    #[must_use]
    pub fn of(&self, account: MoneyAccount) -> Cents {
        self.accounts.iter().filter(|row| row.account == account).map(AccountSum::balance).sum()
    }
}

/// A card with what was prepaid on it on a day (PAY-7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeferredCard {
    /// The card as it stands now: its price, product and last valid day.
    pub card: Card,
    /// Number of the customer.
    pub customer_number: i64,
    /// Name of the customer.
    pub customer_name: String,
    /// Number of its invoice.
    pub invoice_number: Option<String>,
    /// Its minutes on the day.
    pub minutes: Balance,
    /// What it had earned, by use and by expiry.
    pub recognised: Cents,
    /// What was prepaid and not earned.
    pub deferred: Cents,
    /// The part of that for which no money came: the open amount of its invoice ex VAT, at most what is deferred.
    pub unpaid: Cents,
}

/// Deferred revenue on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deferred {
    /// The day.
    pub on: NaiveDate,
    /// What the account stands at: the sum over all cards, to the cent.
    pub total: Cents,
    /// The part of it for which no money came.
    pub unpaid: Cents,
    /// The cards of this page, by number of the customer.
    pub cards: Vec<DeferredCard>,
    /// Where the next page begins.
    pub next: Option<(i64, CardId)>,
}

impl Service {
    /// The months from the first booking on, the running one first: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn months(&self, caller: &Caller) -> Result<Vec<MonthOfBooks>> {
        caller.may(Doing::KeepBooks)?;
        let today = self.policies.day(self.clock.now());
        let mut on = self.db.snapshot().await?;
        let through = books::closed_through(&mut on).await?;
        let running = BookMonth::of(today);
        let first = books::first_booked(&mut on).await?.map_or(running, BookMonth::of);
        let first = through.map_or(first, |last| first.min(BookMonth::of(last)));
        let done = books::closings(&mut on, first).await?;
        let list = std::iter::successors(Some(running), |month| Some(month.before()));
        let months = list.take_while(|month| *month >= first).take(MOST_MONTHS).map(|month| {
            let state = state_of(month, through, today);
            let next = match (through, state) {
                (Some(day), MonthState::Closed) => month.last() == day,
                (Some(day), MonthState::Open) => month == BookMonth::of(day).next(),
                (None, MonthState::Open) => month == first,
                _ => false,
            };
            let closings = done.iter().filter(|done| done.closing.month == month).cloned().collect();
            MonthOfBooks { month, state, next, closings }
        });
        Ok(months.collect())
    }

    /// What is open in a month: for finance.
    ///
    /// # Errors
    /// Forbidden for others; not found for a month that has not begun.
    pub async fn checklist(&self, caller: &Caller, month: BookMonth) -> Result<Checklist> {
        caller.may(Doing::KeepBooks)?;
        self.checklist_of(month).await
    }

    /// The same for the command line, which asks nobody who they are.
    ///
    /// # Errors
    /// Not found for a month that has not begun.
    pub async fn checklist_of(&self, month: BookMonth) -> Result<Checklist> {
        let today = self.policies.day(self.clock.now());
        if month.first() > today {
            return Err(Error::NotFound("month"));
        }
        let mut on = self.db.snapshot().await?;
        let through = books::closed_through(&mut on).await?;
        let findings = findings(&mut on, &self.policies, month, today).await?;
        Ok(Checklist { month, state: state_of(month, through, today), findings })
    }

    /// Closes a month (TIME-6): for finance, with a reason where something stops it. Closing a closed month changes
    /// nothing and says so.
    ///
    /// # Errors
    /// Forbidden for others; a month that is not over, not the next one, or that something open stops.
    pub async fn close_month(&self, caller: &Caller, month: BookMonth, reason: Option<String>) -> Result<MonthActed> {
        caller.may(Doing::KeepBooks)?;
        self.close_month_by(Some(caller.user.id), month, reason).await
    }

    /// The same by a login, or by the command line, which asks nobody who they are.
    ///
    /// # Errors
    /// As [`Service::close_month`].
    pub async fn close_month_by(
        &self,
        by: Option<UserId>,
        month: BookMonth,
        reason: Option<String>,
    ) -> Result<MonthActed> {
        let mut tx = self.db.begin().await?;
        let through = books::lock_closed(&mut tx).await?;
        let now = self.clock.now();
        let today = self.policies.day(now);
        if through.is_some_and(|last| last >= month.last()) {
            let closing = books::last_closing(&mut tx, month).await?.ok_or(Error::NotFound("month"))?;
            return Ok(MonthActed { closing, already: true });
        }
        in_turn(&mut tx, month, through, today).await?;
        let mut findings = findings(&mut tx, &self.policies, month, today).await?;
        let found = blocking(&findings);
        if !found.is_empty() && reason.is_none() {
            return Err(refused(NotClosed::Blocked { found }));
        }
        findings.retain(|finding| finding.count > 0);
        let balances = books::sums(&mut tx, None, Some(month.last())).await?;
        let balances = balances
            .into_iter()
            .map(|(account, debit, credit)| StandingBalance { account, balance: debit - credit })
            .collect();
        let kept = Kept { findings, balances };
        let (id, kind, recorded_at) = (self.clock.id(), ClosingKind::Closed, after_others(&mut tx, now).await?);
        let closing = Closing { id, month, kind, reason, kept, recorded_at, recorded_by: by };
        books::add_closing(&mut tx, &closing).await?;
        books::set_closed(&mut tx, Some(month.last())).await?;
        tx.commit().await?;
        Ok(MonthActed { closing, already: false })
    }

    /// Opens the last closed month again: for finance, with a reason (TIME-6).
    ///
    /// # Errors
    /// Forbidden for others; any other month.
    pub async fn reopen_month(&self, caller: &Caller, month: BookMonth, reason: String) -> Result<MonthActed> {
        caller.may(Doing::KeepBooks)?;
        self.reopen_month_by(Some(caller.user.id), month, reason).await
    }

    /// The same by a login, or by the command line, which asks nobody who they are.
    ///
    /// # Errors
    /// As [`Service::reopen_month`].
    pub async fn reopen_month_by(&self, by: Option<UserId>, month: BookMonth, reason: String) -> Result<MonthActed> {
        if reason.trim().is_empty() {
            return Err(field("reason", "is needed"));
        }
        let mut tx = self.db.begin().await?;
        let through = books::lock_closed(&mut tx).await?;
        if through != Some(month.last()) {
            let before = books::last_closing(&mut tx, month).await?;
            return match (before, through) {
                (Some(closing), _) if closing.kind == ClosingKind::Reopened => {
                    Ok(MonthActed { closing, already: true })
                }
                (_, Some(last)) => Err(refused(NotClosed::NotLast { last: BookMonth::of(last) })),
                (_, None) => Err(refused(NotClosed::NoneClosed)),
            };
        }
        let before = books::last_closing(&mut tx, month.before()).await?;
        let closed_before = before.is_some_and(|closing| closing.kind == ClosingKind::Closed);
        let closing = Closing {
            id: self.clock.id(),
            month,
            kind: ClosingKind::Reopened,
            reason: Some(reason.trim().to_owned()),
            kept: Kept::default(),
            recorded_at: after_others(&mut tx, self.clock.now()).await?,
            recorded_by: by,
        };
        books::add_closing(&mut tx, &closing).await?;
        books::set_closed(&mut tx, closed_before.then(|| month.before().last())).await?;
        tx.commit().await?;
        Ok(MonthActed { closing, already: false })
    }

    /// What the accounts stand at on a day, with profit and loss since another: for finance.
    ///
    /// # Errors
    /// Forbidden for others; a period that ends before it begins.
    pub async fn balances(&self, caller: &Caller, from: Option<NaiveDate>, on: Option<NaiveDate>) -> Result<Balances> {
        caller.may(Doing::KeepBooks)?;
        let day = on.unwrap_or_else(|| self.policies.day(self.clock.now()));
        let from = from.unwrap_or_else(|| year_of(day));
        if from > day {
            return Err(field("from", "expected a day that is not after the last one"));
        }
        let accounts = &self.policies.at(day).1.accounts;
        let mut snapshot = self.db.snapshot().await?;
        // Only asked where it is told apart: a sum over the lines of the bank.
        let own = match accounts.own().next() {
            Some(_) => crate::store::exports::own_sums(&mut snapshot, NaiveDate::default(), day).await?,
            None => Vec::new(),
        };
        let all = named(accounts, &books::sums(&mut snapshot, None, Some(day)).await?, &own);
        let mut period = named(accounts, &books::sums(&mut snapshot, Some(from), Some(day)).await?, &[]);
        period.retain(|row| !row.account.is_balance_sheet());
        Ok(Balances { on: day, from, accounts: all, period })
    }

    /// Deferred revenue on a day, with a page of its cards (PAY-7): for finance. Not found where no cards are sold (POL-3).
    ///
    /// # Errors
    /// Forbidden for others; a day in the future.
    pub async fn deferred(
        &self,
        caller: &Caller,
        on: Option<NaiveDate>,
        after: Option<(i64, CardId)>,
        limit: i64,
    ) -> Result<Deferred> {
        let day = self.deferred_day(caller, on)?;
        let mut snapshot = self.db.snapshot().await?;
        let (cards, next) = page_on(&mut snapshot, day, after, limit).await?;
        self.totals_of(&mut snapshot, day, cards, next).await
    }

    /// The same with all cards, for a file. Memory grows with the cards that hold prepaid money.
    ///
    /// # Errors
    /// As [`Service::deferred`].
    pub async fn deferred_whole(&self, caller: &Caller, on: Option<NaiveDate>) -> Result<Deferred> {
        let day = self.deferred_day(caller, on)?;
        let mut snapshot = self.db.snapshot().await?;
        let mut all = Vec::new();
        let mut place = None;
        loop {
            let (cards, next) = page_on(&mut snapshot, day, place, PAGE).await?;
            all.extend(cards);
            place = next;
            if place.is_none() {
                break;
            }
        }
        self.totals_of(&mut snapshot, day, all, None).await
    }

    fn deferred_day(&self, caller: &Caller, on: Option<NaiveDate>) -> Result<NaiveDate> {
        caller.may(Doing::KeepBooks)?;
        let today = self.policies.day(self.clock.now());
        if !self.policies.shows(Part::Cards, today) {
            return Err(Error::NotFound("page"));
        }
        let day = on.unwrap_or(today);
        if day > today { Err(field("on", "expected today or an earlier day")) } else { Ok(day) }
    }

    async fn totals_of(
        &self,
        snapshot: &mut Tx,
        on: NaiveDate,
        cards: Vec<DeferredCard>,
        next: Option<(i64, CardId)>,
    ) -> Result<Deferred> {
        let sums = books::sums(snapshot, None, Some(on)).await?;
        let deferred = sums.iter().find(|(account, ..)| *account == MoneyAccount::Deferred);
        let total = deferred.map_or(Cents::ZERO, |(_, debit, credit)| *credit - *debit);
        let mut unpaid = Cents::ZERO;
        let candidates = books::cards_unpaid_on(snapshot, on).await?;
        for some in candidates.chunks(usize::try_from(PAGE).unwrap_or(1)) {
            unpaid += cards_on(snapshot, some.to_vec(), on).await?.iter().map(|card| card.unpaid).sum();
        }
        Ok(Deferred { on, total, unpaid, cards, next })
    }
}

fn state_of(month: BookMonth, through: Option<NaiveDate>, today: NaiveDate) -> MonthState {
    match through {
        Some(last) if month.last() <= last => MonthState::Closed,
        _ if month.last() < today => MonthState::Open,
        _ => MonthState::Running,
    }
}

/// Whether the month is over and the one whose turn it is.
async fn in_turn(tx: &mut Tx, month: BookMonth, through: Option<NaiveDate>, today: NaiveDate) -> Result<()> {
    if month.last() >= today {
        return Err(refused(NotClosed::NotOver { month }));
    }
    let next = if let Some(through) = through {
        BookMonth::of(through).next()
    } else {
        let first = books::first_booked(tx).await?.ok_or_else(|| refused(NotClosed::NothingBooked))?;
        let first = BookMonth::of(first);
        if month < first {
            return Err(refused(NotClosed::BeforeFirst { first }));
        }
        first
    };
    if month == next { Ok(()) } else { Err(refused(NotClosed::OutOfOrder { next })) }
}

/// Now, but after every closing that is kept: what was done to a month is read in that order, whatever clocks say.
async fn after_others(tx: &mut Tx, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let last = books::newest_closing(tx).await?;
    Ok(last.map_or(now, |last| now.max(last + TimeDelta::microseconds(1))))
}

fn refused(why: NotClosed) -> Error {
    Refusal::from(why).into()
}

fn field(name: &str, expected: &str) -> Error {
    Error::Fields(vec![FieldError { field: name.to_owned(), expected: expected.to_owned() }])
}

/// What is open in a month or was before it. A part that the provider does not have is left out (POL-3).
async fn findings(
    on: &mut impl Statements,
    policies: &Policies,
    month: BookMonth,
    today: NaiveDate,
) -> Result<Vec<Finding>> {
    let last = month.last();
    let end = instant(bounds(policies.time_zone(), month.first()).1);
    let passed = last.min(today.checked_sub_days(Days::new(1)).unwrap_or(today));
    let answered = last.min(today.checked_sub_days(Days::new(ANSWER_DAYS + 1)).unwrap_or(today));
    let window = Window { first: month.first(), last, end, passed, answered };
    let policy = policies.at(today).1;
    let mut all = Vec::new();
    for kind in FindingKind::ALL {
        let finding = match books::finding(on, *kind, &window).await? {
            Some(finding) => finding,
            None => super::bank::finding_of_month(on, month, today).await?,
        };
        let has = match kind {
            FindingKind::Reversals => policy.reversals.is_some(),
            FindingKind::Collections => policy.collection.is_some(),
            FindingKind::FrozenCards | FindingKind::Estimates => policy.cards.is_some(),
            _ => true,
        };
        if has || finding.count > 0 {
            all.push(finding);
        }
    }
    Ok(all)
}

fn year_of(day: NaiveDate) -> NaiveDate {
    use chrono::Datelike as _;
    NaiveDate::from_ymd_opt(day.year(), 1, 1).unwrap_or(day)
}

/// Every account with its number and name; nothing where nothing was posted. `own`: what of the bank was posted for lines of
/// our accounts there; those that have an account of the bookkeeper of their own stand apart.
fn named(
    accounts: &Accounts,
    sums: &[(MoneyAccount, Cents, Cents)],
    own: &[(String, Cents, Cents)],
) -> Vec<AccountSum> {
    let sum_of = |account, chart: &ChartAccount, (debit, credit)| AccountSum {
        account,
        number: chart.number.clone(),
        name: chart.name.clone(),
        debit,
        credit,
    };
    let of = |role| sums.iter().find(|(account, ..)| *account == role).map(|(_, debit, credit)| (*debit, *credit));
    let posted = |iban: &str| own.iter().find(|(known, ..)| known == iban).map(|(_, debit, credit)| (*debit, *credit));
    let apart: Vec<AccountSum> = accounts
        .own()
        .map(|(iban, chart)| sum_of(MoneyAccount::Bank, chart, posted(iban).unwrap_or_default()))
        .collect();
    let mut all = Vec::new();
    for (account, chart) in accounts.all() {
        let (debit, credit) = of(account).unwrap_or_default();
        if account == MoneyAccount::Bank {
            let elsewhere: (Cents, Cents) =
                (apart.iter().map(|row| row.debit).sum(), apart.iter().map(|row| row.credit).sum());
            all.push(sum_of(account, chart, (debit - elsewhere.0, credit - elsewhere.1)));
            all.extend(apart.iter().cloned());
        } else {
            all.push(sum_of(account, chart, (debit, credit)));
        }
    }
    all
}

/// A page of cards that held prepaid money on a day, and where the next one begins.
async fn page_on(
    on: &mut Tx,
    day: NaiveDate,
    after: Option<(i64, CardId)>,
    limit: i64,
) -> Result<(Vec<DeferredCard>, Option<(i64, CardId)>)> {
    let most = usize::try_from(limit).unwrap_or(1);
    let mut place = after.unwrap_or((i64::MIN, CardId(Uuid::nil())));
    let mut page: Vec<DeferredCard> = Vec::new();
    // Cards of which nothing was deferred fall out, so one read may not fill a page.
    while page.len() <= most {
        let found = books::cards_on(on, day, place, limit + 1).await?;
        let Some(last) = found.last() else { break };
        place = (last.customer_number, last.card.id);
        let ended = found.len() <= most;
        page.extend(cards_on(on, found, day).await?.into_iter().filter(|card| card.deferred != Cents::ZERO));
        if ended {
            break;
        }
    }
    let more = page.len() > most;
    page.truncate(most);
    let next = page.last().filter(|_| more).map(|last| (last.customer_number, last.card.id));
    Ok((page, next))
}

/// What cards stood at on a day: what they stand at now, less what was booked after it.
async fn cards_on(on: &mut Tx, found: Vec<CardOf>, day: NaiveDate) -> Result<Vec<DeferredCard>> {
    let ids: Vec<CardId> = found.iter().map(|row| row.card.id).collect();
    let customers: BTreeSet<CustomerId> = found.iter().map(|row| row.card.customer_id).collect();
    let customers: Vec<CustomerId> = customers.into_iter().collect();
    let invoices: BTreeSet<InvoiceId> = found.iter().filter_map(|row| row.card.invoice_id).collect();
    let invoices: Vec<InvoiceId> = invoices.into_iter().collect();
    // A day early: days are those of the provider, and no zone is further than that from UTC.
    let since = day.and_time(chrono::NaiveTime::MIN).and_utc();
    let money: HashMap<CardId, (Cents, Cents)> = books::money_of(on, &ids, day)
        .await?
        .into_iter()
        .map(|row| (row.card_id, (row.later, row.recognised)))
        .collect();
    let mut moved: HashMap<CardId, Vec<(Account, Account, Minutes)>> = HashMap::new();
    for (card, from, to, minutes) in books::moved_after(on, &customers, since, day).await? {
        moved.entry(card).or_default().push((from, to, minutes));
    }
    let invoices: HashMap<InvoiceId, InvoiceOn> =
        books::invoices_on(on, &invoices, day).await?.into_iter().map(|row| (row.id, row)).collect();
    let each = found.into_iter().map(|CardOf { card, customer_number, customer_name }| {
        let (later, recognised) = money.get(&card.id).copied().unwrap_or_default();
        let deferred = card.deferred_now() + later;
        let mut minutes = card.balance();
        for (from, to, count) in moved.remove(&card.id).unwrap_or_default() {
            minutes.shift(to, from, count);
        }
        let invoice = card.invoice_id.and_then(|id| invoices.get(&id));
        let unpaid = invoice.map_or(Cents::ZERO, |invoice| unpaid_of(invoice).min(deferred.max(Cents::ZERO)));
        let invoice_number = invoice.map(|invoice| invoice.number.clone());
        DeferredCard { card, customer_number, customer_name, invoice_number, minutes, recognised, deferred, unpaid }
    });
    Ok(each.collect())
}

/// What was open on an invoice on the day, ex VAT: the same part of the net amount as of the whole, half up.
fn unpaid_of(invoice: &InvoiceOn) -> Cents {
    let open = invoice.open + invoice.later;
    if open <= Cents::ZERO || invoice.gross <= Cents::ZERO {
        return Cents::ZERO;
    }
    let (open, net, gross) = (i128::from(open.0), i128::from(invoice.net.0), i128::from(invoice.gross.0));
    Cents(i64::try_from((2 * open * net + gross) / (2 * gross)).unwrap_or(i64::MAX))
}
