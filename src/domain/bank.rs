//! What a bank tells and is asked, without its file formats: statements and notices (camt.053, camt.054), what became
//! of our collections (pain.002), and the collections themselves (pain.008).

use super::{Cents, words::words};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

words! {
    /// What a file of the bank is.
    pub enum BankFileKind {
        /// A report of what came in on a day so far, or is expected: it only announces.
        Camt052 = "camt.052",
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

impl Direction {
    /// The other way.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Credit => Self::Debit,
            Self::Debit => Self::Credit,
        }
    }
}

words! {
    /// Which balance a statement opens with.
    pub enum OpeningKind {
        /// Booked balance at the beginning of the first day (OPBD).
        Opbd = "opbd",
        /// Booked balance at the end of the statement before (PRCD); its day is the last of that.
        Prcd = "prcd",
        /// What the page or report before ended with (ITBD).
        Itbd = "itbd",
    }
}

/// What a file of the bank tells, in its order: `File` once and first; then for a camt `Statement`, its entries and
/// `StatementEnd`, as often as there are statements (a page counts as one); for a pain.002 its reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// What the file is.
    File(FileHead),
    /// A statement, notice or report begins.
    Statement(StatementHead),
    /// An entry of the statement that began last.
    Entry(BankEntry),
    /// The statement ends: no entry of it follows.
    StatementEnd,
    /// What became of a collection.
    Report(CollectionReport),
}

/// The head of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileHead {
    /// What it is.
    pub kind: BankFileKind,
    /// Its version, such as `camt.053.001.08`.
    pub version: String,
    /// The bank's id of the message.
    pub message_id: String,
    /// Day on which the bank wrote it, in the bank's own zone.
    pub created_on: Option<NaiveDate>,
    /// Moment at which the bank wrote it, as written (the bank's clock, without its zone).
    pub created_at: Option<NaiveDateTime>,
}

/// The head of a statement (`Stmt`), notice (`Ntfctn`) or report (`Rpt`): all that stands before its entries. Of one
/// that comes in pages each page has a head: with the same `id` and `account`, and a `page` of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementHead {
    /// Line of the file on which it begins, from 1.
    pub line: usize,
    /// The bank's id of it.
    pub id: String,
    /// The account: its IBAN without spaces, else the bank's other id.
    pub account: String,
    /// Its currency, where told.
    pub currency: Option<String>,
    /// Which page this is, from 1, where told (of the statement, else of the message).
    pub page: Option<u32>,
    /// Whether it is the last page, where told.
    pub last_page: Option<bool>,
    /// Number of the statement (`ElctrncSeqNb`, else `LglSeqNb`).
    pub sequence: Option<i64>,
    /// Day on which the bank wrote it, in the bank's own zone (that of the file where the statement tells none).
    pub created_on: Option<NaiveDate>,
    /// Moment of that, as written.
    pub created_at: Option<NaiveDateTime>,
    /// First and last day that it is about (`FrToDt`). One that ends at 00:00 of a later day ends on the day before.
    pub period: Option<(NaiveDate, NaiveDate)>,
    /// Booked balance before its entries, with its day; negative when overdrawn.
    pub opening: Option<(NaiveDate, Cents, OpeningKind)>,
    /// Booked balance at the end (CLBD), with its day.
    pub closing: Option<(NaiveDate, Cents)>,
    /// Booked balance so far (ITBD): after a page that is not the last, or in the course of a day.
    pub interim_closing: Option<(NaiveDate, Cents)>,
    /// What the bank counted (`TxsSummry`).
    pub summary: Option<EntrySummary>,
}

/// What the bank counted in a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EntrySummary {
    /// All entries. Its sum is that of credits and debits without a sign.
    pub all: Turnover,
    /// Credits.
    pub credit: Turnover,
    /// Debits.
    pub debit: Turnover,
}

/// How many entries and how much, each where told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turnover {
    /// How many.
    pub count: Option<u64>,
    /// How much together, in the currency of the account.
    pub sum: Option<Cents>,
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
    /// The bank's own reference (`AcctSvcrRef`).
    pub servicer_reference: Option<String>,
    /// The entry's reference within its statement (`NtryRef`): often a number that recurs in every file.
    pub entry_reference: Option<String>,
    /// Whether it takes back an earlier entry (`RvslInd`). Says nothing about the direction, which is as told.
    pub reversal: bool,
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
    /// It went the other way than its entry: what came back within a batch of collections, taken off its sum.
    pub opposite: bool,
    /// Of one that went the other way: its own bank transaction code, where told.
    pub code: Option<String>,
    /// How much; never negative. Of a debit without the bank's charge; of a credit what came in and `charge` together.
    pub amount: Cents,
    /// What the bank charged us for it within the entry. Of a debit what was told and fits; of a credit only what was
    /// told as included and ours to bear (BANK-7).
    pub charge: Cents,
    /// Every charge that was told in the currency of the entry, whoever bears it and whether included or not.
    pub told_charge: Cents,
    /// The bank's reference of it (`AcctSvcrRef`, else `TxId`), where there is one.
    pub reference: Option<String>,
    /// The bank's own reference (`AcctSvcrRef`).
    pub servicer_reference: Option<String>,
    /// The id that the first bank gave the payment (`TxId`).
    pub transaction_id: Option<String>,
    /// The id that the orderer gave its bank (`InstrId`).
    pub instruction_id: Option<String>,
    /// The id that follows a payment through all banks (`UETR`).
    pub uetr: Option<String>,
    /// The id that came with the payment: ours, for a collection. `NOTPROVIDED` is none.
    pub end_to_end_id: Option<String>,
    /// The mandate, of a collection.
    pub mandate: Option<String>,
    /// The other side's name.
    pub name: Option<String>,
    /// The other side's account, without spaces.
    pub iban: Option<String>,
    /// For whom the other side paid or was paid, where told (`UltmtDbtr`, `UltmtCdtr`).
    pub ultimate_name: Option<String>,
    /// The first structured reference (`Strd/CdtrRefInf/Ref`).
    pub structured: Option<String>,
    /// Every structured reference, in the order of the file.
    pub references: Vec<StructuredReference>,
    /// Free text, its lines joined by a space.
    pub text: Option<String>,
    /// Why it came back (`RtrInf/Rsn/Cd`, else `Prtry`): only on what came back.
    pub return_reason: Option<String>,
}

/// A reference that a payment tells apart from its text, as an acceptance slip or invoice gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StructuredReference {
    /// The reference, as told.
    pub reference: String,
    /// Its type (`Tp/CdOrPrtry`): `SCOR` as a rule.
    pub kind: Option<String>,
    /// Who gave it its form (`Tp/Issr`): `ISO` for RF…, `CUR` for a *betalingskenmerk*, `BBA` for a Belgian one.
    pub issuer: Option<String>,
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
