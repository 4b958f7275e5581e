//! What a tax auditor's file holds: the entries of a period with everything that they refer to.

use super::{
    Cents,
    journal::{ChartAccount, JournalEntry},
    words::words,
};
use chrono::{Datelike, Days, Months, NaiveDate};

/// The contents of one audit file. It is of a sub-ledger: sales and memo entries, without purchases and bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFile {
    /// Name of the company, as in the trade register.
    pub company: String,
    /// Its number in the trade register (*`KvK`*).
    pub registration: Option<String>,
    /// Its country, ISO 3166-1 alpha-2.
    pub country: String,
    /// Its VAT number (*btw-id*).
    pub vat_number: String,
    /// The financial year: `2026`, or `2026-2027` for a broken one.
    pub fiscal_year: String,
    /// First day of the file.
    pub start: NaiveDate,
    /// Last day of the file.
    pub end: NaiveDate,
    /// The day it is made.
    pub created_on: NaiveDate,
    /// Name of the program that makes it.
    pub software: String,
    /// Its version.
    pub software_version: String,
    /// Version of the reference classification that the codes of the chart are from, where they are.
    pub rgs_version: Option<String>,
    /// Every account that an entry, a balance or a VAT code names.
    pub chart: Vec<ChartAccount>,
    /// Every customer that an entry names.
    pub customers: Vec<AuditCustomer>,
    /// Every VAT code that a line names.
    pub vat_codes: Vec<AuditVatCode>,
    /// The periods of the financial year.
    pub periods: Vec<AuditPeriod>,
    /// What the accounts stood at before the first day; sums to zero. Empty when this ledger opens with nothing.
    pub opening: Vec<OpeningBalance>,
    /// Every journal that an entry is in.
    pub journals: Vec<AuditJournal>,
    /// The entries, each dated within the file.
    pub entries: Vec<JournalEntry>,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditCustomer {
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: String,
}

/// A VAT code of the bookkeeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditVatCode {
    /// The code.
    pub code: String,
    /// What it stands for.
    pub description: String,
    /// Number of the account that VAT to pay is on.
    pub to_pay: Option<String>,
    /// Number of the account that VAT to claim is on.
    pub to_claim: Option<String>,
}

/// A period of the financial year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPeriod {
    /// Its number within the year, at most 999.
    pub number: u16,
    /// Its first day.
    pub start: NaiveDate,
    /// Its last day.
    pub end: NaiveDate,
}

impl AuditPeriod {
    /// The calendar months from `first` to `last`, numbered from 1; the first and the last of them may be cut short.
    #[must_use]
    pub fn months(first: NaiveDate, last: NaiveDate) -> Vec<Self> {
        let mut periods = Vec::new();
        let mut start = first;
        for number in 1..=999 {
            let next = start.with_day(1).and_then(|day| day.checked_add_months(Months::new(1)));
            let end = next.and_then(|day| day.checked_sub_days(Days::new(1))).map_or(last, |end| end.min(last));
            if start > last {
                break;
            }
            periods.push(Self { number, start, end });
            let Some(next) = next else { break };
            start = next;
        }
        periods
    }
}

/// What an account stood at before the first day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningBalance {
    /// Number of the account.
    pub account: String,
    /// How much; debit is positive.
    pub amount: Cents,
}

/// A journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditJournal {
    /// Its code, such as `VRK`.
    pub code: String,
    /// Its name, such as *Verkoop*.
    pub name: String,
    /// What is in it.
    pub kind: JournalKind,
}

words! {
    /// What is in a journal.
    pub enum JournalKind {
        /// Invoices and credit notes.
        Sales = "sales",
        /// Everything else that a sub-ledger posts.
        Memo = "memo",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_its_months_and_a_part_of_one_is_cut() {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let year = AuditPeriod::months(day(2028, 1, 1), day(2028, 12, 31));
        assert_eq!(year.len(), 12);
        assert_eq!(year[1], AuditPeriod { number: 2, start: day(2028, 2, 1), end: day(2028, 2, 29) });
        assert_eq!(year[11].end, day(2028, 12, 31));
        let part = AuditPeriod::months(day(2026, 6, 15), day(2026, 7, 10));
        let cut = [(1, day(2026, 6, 15), day(2026, 6, 30)), (2, day(2026, 7, 1), day(2026, 7, 10))];
        assert_eq!(part, cut.map(|(number, start, end)| AuditPeriod { number, start, end }));
        assert!(AuditPeriod::months(day(2026, 2, 1), day(2026, 1, 1)).is_empty());
    }
}
