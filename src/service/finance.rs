//! What finance has to do today, in one look.

use super::access::Caller;
use super::bank::check_bank;
use super::{Result, Service};
use crate::domain::Cents;
use crate::domain::Doing;
use crate::store::finance;
use chrono::{Datelike as _, NaiveDate};

/// Documents or customers: how many, and how much together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pile {
    /// How many.
    pub count: i64,
    /// How much together.
    pub amount: Cents,
}

impl From<(i64, Cents)> for Pile {
    fn from((count, amount): (i64, Cents)) -> Self {
        Self { count, amount }
    }
}

/// What waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Invoices that are to be paid.
    pub open: Pile,
    /// … of these those that are overdue.
    pub overdue: Pile,
    /// Drafts that can be issued.
    pub drafts: Pile,
    /// Customers who paid too much (PAY-5).
    pub in_credit: Pile,
    /// Reversals that wait for a person (PAY-2).
    pub reversals: i64,
    /// Lines of the bank that wait for a person.
    pub bank_lines: i64,
    /// Where the bank and the books do not agree (BANK-4): statements, and accounts whose lines are not what was posted.
    pub differing: i64,
    /// Collections to be sent.
    pub collections: i64,
    /// Accounts that are paused (PAY-4).
    pub paused: i64,
    /// What is owed in hours of cards (PAY-7).
    pub deferred: Cents,
    /// The last day of the last closed month (TIME-6).
    pub closed_through: Option<NaiveDate>,
    /// The first day of the month that can be closed next; none while the next one is not over.
    pub to_close: Option<NaiveDate>,
}

impl Service {
    /// What finance has to do today: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn finance_overview(&self, caller: &Caller) -> Result<Overview> {
        caller.may(Doing::KeepBooks)?;
        let today = self.policies.day(self.clock.now());
        let mut on = self.db.snapshot().await?;
        let closed_through = finance::closed_through(&mut on).await?;
        Ok(Overview {
            open: finance::open(&mut on).await?.into(),
            overdue: finance::overdue(&mut on, today).await?.into(),
            drafts: finance::drafts(&mut on).await?.into(),
            in_credit: finance::in_credit(&mut on).await?.into(),
            reversals: finance::reversals_waiting(&mut on).await?,
            bank_lines: finance::bank_lines_waiting(&mut on).await?,
            differing: check_bank(&mut on, today).await?.differing(),
            collections: finance::collections_planned(&mut on).await?,
            paused: finance::paused(&mut on).await?,
            deferred: finance::deferred(&mut on).await?,
            to_close: to_close(closed_through, today),
            closed_through,
        })
    }
}

/// The first day of the month after the last closed one, or of the month before this one where none was ever closed;
/// none while that month is not over.
fn to_close(closed_through: Option<NaiveDate>, today: NaiveDate) -> Option<NaiveDate> {
    let this = today.with_day(1)?;
    let next = match closed_through {
        Some(last) => last.succ_opt()?,
        None => this.pred_opt()?.with_day(1)?,
    };
    (next < this).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_6_only_a_month_that_is_over_is_to_be_closed() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (through, today, expected) in [
            (None, "2026-03-09", Some("2026-02-01")),
            (None, "2026-01-31", Some("2025-12-01")),
            (Some("2026-01-31"), "2026-03-09", Some("2026-02-01")),
            (Some("2026-02-28"), "2026-03-31", None),
            (Some("2026-02-28"), "2026-04-01", Some("2026-03-01")),
        ] {
            assert_eq!(to_close(through.map(day), day(today)), expected.map(day), "{through:?} {today}");
        }
    }
}
