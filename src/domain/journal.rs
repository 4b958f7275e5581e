//! The money ledger as the bookkeeper takes it over: lines of journal entries with the account numbers of the policy.

use super::Cents;
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// One account of the chart, by the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartAccount {
    /// Its number, such as `1300`.
    pub number: String,
    /// Its name.
    pub name: String,
    /// Its code in the reference classification, where told.
    pub rgs: Option<String>,
    /// Whether it stands on the balance sheet; else it is profit and loss.
    pub balance_sheet: bool,
}

/// One journal entry (*boekstuk*): its lines sum to zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Code of the journal (*dagboek*), such as `VRK`.
    pub journal: String,
    /// Its number within the export, such as `VRK-2026-00042`; unique.
    pub number: String,
    /// The day on which it counts.
    pub date: NaiveDate,
    /// When it was recorded, the day of that.
    pub recorded_on: NaiveDate,
    /// What it is about, one line.
    pub description: String,
    /// Who recorded it.
    pub user: Option<String>,
    /// The customer's number and name.
    pub customer: Option<(i64, String)>,
    /// The document it is about.
    pub document: Option<String>,
    /// Its lines.
    pub lines: Vec<JournalLine>,
}

/// One line of a journal entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalLine {
    /// Number of the account.
    pub account: String,
    /// How much; debit is positive, credit negative; never zero.
    pub amount: Cents,
    /// On a line that VAT is taken of: the code, the rate and the VAT (same sign as the amount).
    pub vat: Option<JournalVat>,
}

/// VAT on a line of revenue, or of a prepayment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalVat {
    /// The bookkeeper's code of the rate.
    pub code: String,
    /// The rate, per cent.
    pub rate: Decimal,
    /// The VAT, with the sign of the line.
    pub amount: Cents,
}
