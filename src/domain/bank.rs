//! What a bank tells and is asked, without its file formats: statements and notices (camt.053, camt.054), what became
//! of our collections (pain.002), and the collections themselves (pain.008).

use super::{Cents, words::words};
use chrono::{DateTime, NaiveDate, Utc};

words! {
    /// What a file of the bank is.
    pub enum BankFileKind {
        /// A statement of an account: balances and entries.
        Camt053 = "camt.053",
        /// A notice of debits or credits.
        Camt054 = "camt.054",
        /// A report about collections that we sent.
        Pain002 = "pain.002",
    }
}

words! {
    /// Which way money went, seen from our account.
    pub enum Direction {
        /// To us.
        Credit = "credit",
        /// From us.
        Debit = "debit",
    }
}

/// A file of the bank, read as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankFile {
    /// What it is.
    pub kind: BankFileKind,
    /// Its version, such as `camt.053.001.08`.
    pub version: String,
    /// The bank's id of the message.
    pub message_id: String,
    /// Statements or notices of accounts; empty for a pain.002.
    pub statements: Vec<BankStatement>,
    /// What became of our collections; empty for a camt.
    pub reports: Vec<CollectionReport>,
}

/// A statement or notice about one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankStatement {
    /// The bank's id of it.
    pub id: String,
    /// Our account: its IBAN without spaces, else the bank's other id.
    pub account: String,
    /// Its currency, where told.
    pub currency: Option<String>,
    /// Booked balance at the beginning, with its day (PRCD or OPBD); negative when overdrawn.
    pub opening: Option<(NaiveDate, Cents)>,
    /// Booked balance at the end, with its day (CLBD).
    pub closing: Option<(NaiveDate, Cents)>,
    /// What was booked or is about to be.
    pub entries: Vec<BankEntry>,
}

/// One entry on an account: one amount, made of one or more details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankEntry {
    /// Line of the file on which it begins, from 1.
    pub line: usize,
    /// The bank's reference (`AcctSvcrRef`, else `NtryRef`), where there is one.
    pub reference: Option<String>,
    /// How much; never negative.
    pub amount: Cents,
    /// The currency, `EUR` for what we can book.
    pub currency: String,
    /// Which way.
    pub direction: Direction,
    /// Whether it is final (status BOOK); others are only announced.
    pub booked: bool,
    /// Day on which the bank booked it.
    pub booked_on: NaiveDate,
    /// Value date; the booking day where not told.
    pub valued_on: NaiveDate,
    /// The bank transaction code: `PMNT/IDDT/UPDD`, else the proprietary one.
    pub code: Option<String>,
    /// Of a batch: the id of the payment group that it answers (`Btch/PmtInfId`), where told.
    pub batch: Option<String>,
    /// Of a batch: the id of the message that we sent (`Btch/MsgId`), where told.
    pub batch_message: Option<String>,
    /// Free text of the entry (`AddtlNtryInf`).
    pub text: Option<String>,
    /// Its parts; exactly one with the amount of the entry where the file gives none.
    pub details: Vec<BankDetail>,
}

/// One payment, collection or return within an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BankDetail {
    /// Line of the file on which it begins, from 1.
    pub line: usize,
    /// How much, without the bank's charge; never negative.
    pub amount: Cents,
    /// What the bank charged for it within the entry; zero where not told.
    pub charge: Cents,
    /// The bank's reference of it (`AcctSvcrRef`, `TxId`), where there is one.
    pub reference: Option<String>,
    /// The id that came with the payment: ours, for a collection. `NOTPROVIDED` is none.
    pub end_to_end_id: Option<String>,
    /// The mandate, of a collection.
    pub mandate: Option<String>,
    /// The other side's name.
    pub name: Option<String>,
    /// The other side's account, without spaces.
    pub iban: Option<String>,
    /// Structured reference (`Strd/CdtrRefInf/Ref`).
    pub structured: Option<String>,
    /// Free text, its lines joined by a space.
    pub text: Option<String>,
    /// Why it came back (`RtrInf/Rsn/Cd`, else `Prtry`): only on what came back.
    pub return_reason: Option<String>,
}

/// What became of one collection, or of a whole group (pain.002).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionReport {
    /// Line of the file, from 1.
    pub line: usize,
    /// The message that it is about (`OrgnlMsgId`).
    pub message_id: String,
    /// The payment group; none where it is about the message.
    pub batch: Option<String>,
    /// The collection; none where it is about the whole group or message.
    pub end_to_end_id: Option<String>,
    /// Whether it was rejected (RJCT); everything else is only news.
    pub rejected: bool,
    /// The status as told: `RJCT`, `ACSC`, …
    pub status: String,
    /// Why.
    pub reason: Option<String>,
    /// What the bank says about it.
    pub text: Option<String>,
    /// How much it was about, where told.
    pub amount: Option<Cents>,
}

words! {
    /// The scheme of a mandate.
    pub enum Scheme {
        /// For everybody: can be refunded for eight weeks without a reason.
        Core = "core",
        /// Between companies: no refund.
        B2b = "b2b",
    }
}

words! {
    /// The place of a collection among those of its mandate.
    pub enum Sequence {
        /// The first.
        First = "first",
        /// A later one.
        Recurring = "recurring",
        /// The last.
        Final = "final",
        /// The only one.
        OneOff = "one_off",
    }
}

words! {
    /// The format of a file of collections.
    pub enum PainVersion {
        /// The current one.
        V08 = "pain.008.001.08",
        /// The one before, for banks that still ask it.
        V02 = "pain.008.001.02",
    }
}

/// A file of collections, to be sent to the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionFile {
    /// Format.
    pub version: PainVersion,
    /// Our id of the message, at most 35 characters.
    pub message_id: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Our name.
    pub creditor_name: String,
    /// Our account.
    pub creditor_iban: String,
    /// Our bank, where it wants to be told.
    pub creditor_bic: Option<String>,
    /// Our creditor id (*incassant-ID*).
    pub creditor_id: String,
    /// What is collected; at least one.
    pub orders: Vec<CollectionOrder>,
}

/// One collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionOrder {
    /// On which day.
    pub collect_on: NaiveDate,
    /// Under which scheme.
    pub scheme: Scheme,
    /// First, later, last or only.
    pub sequence: Sequence,
    /// Our id of this attempt, never used again; at most 35 characters.
    pub end_to_end_id: String,
    /// How much; more than zero.
    pub amount: Cents,
    /// Reference of the mandate, at most 35 characters.
    pub mandate: String,
    /// Day on which it was signed.
    pub signed_on: NaiveDate,
    /// The last collection under it went to another account of the debtor.
    pub amended: bool,
    /// Whose account: name.
    pub debtor_name: String,
    /// Which account.
    pub debtor_iban: String,
    /// What the debtor reads on the statement, at most 140 characters.
    pub text: String,
}
