//! Files of the bank come in: looked at, stored, booked; what waits for a person; and whether the books and the bank agree
//! (BANK-1 to BANK-9, PAY-2, PAY-5).
//!
//! A file is stored first, all of its lines in one durable transaction ([`import`]). Then each line is booked through the
//! door, under a key that follows from the line, and marked ([`booking`]). Whatever happens in between, the same file again,
//! or [`Service::finish_bank`], books what is left and nothing twice. What the rules do not book waits in the [`queue`].

mod again;
mod booking;
mod check;
mod collective;
mod division;
mod import;
mod kept;
mod queue;

use super::access::Caller;
use super::ledger::Failure;
use super::{Error, FieldError, Result, Service};
use crate::domain::{
    BankFileId, BankLineId, Cents, CollectionId, CustomerId, Doing, InvoiceId, PaymentId,
    bank::BankFileKind,
    bank_statement::Statement,
    matching::{BankLine, Hint, Known, Outcome},
};
use crate::exchange::bank::{self as files, Bytes, Member, Upload};
pub use crate::store::bank::FileRow;
use crate::store::{Statements, Tx, bank};
pub use again::{Counted, ReadAgain};
use base64::{Engine as _, engine::general_purpose::STANDARD};
pub use check::{AccountCheck, BankCheck};
pub(super) use check::{check_bank, finding_of_month};
use chrono::{DateTime, Utc};
pub use collective::{Collective, NewCollective};
pub use division::{BookedPart, Choice, Division};
use import::Survey;
use std::collections::{BTreeSet, HashMap};

/// How many lines are stored, looked up and booked at a time.
const CHUNK: usize = 1_000;
/// How many customers are booked for at once; leaves room in the writer's queue for people.
const AT_ONCE: usize = 256;
/// How many lines a preview shows.
pub const SHOWN: usize = 500;
/// How many proposals are made for a line.
const PROPOSALS: usize = 5;
/// How many open invoices are looked through for an amount or a name.
const LOOKED_THROUGH: i64 = 2_000;
/// How many files of collections are looked through for a batch.
const SENT_FILES: i64 = 150;
/// Whose keys lines are booked under.
const BANK: &str = "bank";
/// The reason of a return that tells none: a person says whether it counts.
const NO_REASON: &str = "NARR";

/// What is expected where invoices are named.
const NUMBERS: &str = "expected numbers of issued invoices, such as 2026-0042";

/// What is to be known about a file besides its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BankNotice {
    /// The very same file was imported before.
    SeenFile {
        /// When.
        at: DateTime<Utc>,
    },
    /// A statement was imported before; its lines are left out.
    SeenStatement {
        /// Our account.
        account: String,
        /// The bank's id of it.
        id: String,
    },
    /// It does not follow on the statement before it: one in between is missing.
    Gap {
        /// Our account.
        account: String,
        /// The bank's id of it.
        id: String,
        /// With what the one before closed.
        closed: Cents,
        /// With what it opens.
        opens: Cents,
    },
    /// A report of a day so far (camt.052) only announces: nothing of it is kept.
    OnlyAnnounces,
    /// Entries of an account that is not ours are left out.
    OtherAccount {
        /// Which account.
        account: String,
        /// How many entries.
        entries: usize,
    },
    /// Two lines are booked that turn out to be one: a match of one of them is to be undone.
    BookedTwice,
    /// Entries that are only announced are left out.
    Pending(usize),
    /// Entries in another currency are left out.
    Foreign(usize),
}

impl std::fmt::Display for BankNotice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SeenFile { at } => write!(f, "this file was imported before, on {}", at.date_naive()),
            Self::SeenStatement { account, id } => write!(f, "statement {id} of {account} was imported before"),
            Self::Gap { account, id, closed, opens } => write!(
                f,
                "statement {id} of {account} opens with {opens}, but the one before it closed with {closed}: a \
                 statement in between is missing"
            ),
            Self::OnlyAnnounces => write!(
                f,
                "this is a report of a day so far (camt.052), which only announces: nothing of it is booked; import the \
                 statement (camt.053) when the bank has made it"
            ),
            Self::OtherAccount { account, entries: 1 } => {
                write!(f, "1 entry of {account}, which is not an account of ours, is left out")
            }
            Self::OtherAccount { account, entries } => {
                write!(f, "{entries} entries of {account}, which is not an account of ours, are left out")
            }
            Self::BookedTwice => write!(f, "two lines are booked that are one: undo the match of one of them"),
            Self::Pending(1) => write!(f, "1 entry is only announced and left out"),
            Self::Foreign(1) => write!(f, "1 entry is in another currency and left out"),
            Self::Pending(count) => write!(f, "{count} entries are only announced and left out"),
            Self::Foreign(count) => write!(f, "{count} entries are in another currency and left out"),
        }
    }
}

/// How many lines, and their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many.
    pub count: usize,
    /// Together.
    pub sum: Cents,
}

impl Share {
    fn add(&mut self, line: &BankLine) {
        self.count += 1;
        self.sum += line.amount;
    }
}

/// What lines become, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BankTally {
    /// Collections of which the money came.
    pub settled: Share,
    /// Collections that were refused or came undone.
    pub reversed: Share,
    /// Payments.
    pub paid: Share,
    /// For a person.
    pub queued: Share,
    /// Not for these books.
    pub outside: Share,
    /// Told before.
    pub known: usize,
}

impl std::ops::AddAssign for Share {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
    }
}

impl std::ops::AddAssign for BankTally {
    fn add_assign(&mut self, other: Self) {
        self.settled += other.settled;
        self.reversed += other.reversed;
        self.paid += other.paid;
        self.queued += other.queued;
        self.outside += other.outside;
        self.known += other.known;
    }
}

impl BankTally {
    fn add(&mut self, line: &BankLine, outcome: &Outcome) {
        match outcome {
            Outcome::Settle(_) => self.settled.add(line),
            Outcome::Reverse { .. } => self.reversed.add(line),
            Outcome::Pay { .. } => self.paid.add(line),
            Outcome::Queue(_) => self.queued.add(line),
            Outcome::Outside => self.outside.add(line),
        }
    }

    /// How many lines are new.
    #[must_use]
    pub const fn fresh(&self) -> usize {
        self.settled.count + self.reversed.count + self.paid.count + self.queued.count + self.outside.count
    }
}

/// A line with what it would become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewLine {
    /// The line.
    pub line: BankLine,
    /// What it would become.
    pub outcome: Outcome,
    /// For what: numbers of invoices, ids of collections.
    pub about: Vec<String>,
}

/// What importing a file would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankPreview {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: BankFileKind,
    /// Its version.
    pub version: String,
    /// Its statements or notices, as they would be kept.
    pub statements: Vec<Statement>,
    /// What is to be known about it.
    pub notices: Vec<BankNotice>,
    /// What its lines would become.
    pub tally: BankTally,
    /// The first [`SHOWN`] lines.
    pub lines: Vec<PreviewLine>,
}

/// What importing a file did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankImport {
    /// The file; the earlier one, where its bytes were seen before.
    pub file: FileRow,
    /// Further files, where several came in one zip.
    pub others: Vec<FileRow>,
    /// Its bytes were seen before.
    pub seen: bool,
    /// Its statements or notices.
    pub statements: Vec<Statement>,
    /// What is to be known about it.
    pub notices: Vec<BankNotice>,
    /// What its lines became.
    pub tally: BankTally,
}

/// What a person can do with a line in one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// It pays these invoices, in this order.
    Invoices {
        /// Which; at least one, of one customer.
        invoices: Vec<InvoiceId>,
        /// What is left over stays as the customer's credit.
        keep_surplus: bool,
    },
    /// It is the money of a collection, or its return.
    Collection(CollectionId),
    /// It takes a payment back.
    Payment(PaymentId),
    /// It is what we gave back to a customer (PAY-5).
    Repayment(CustomerId),
    /// It is several things (BANK-6).
    Division(Vec<Part>),
    /// It proves a payment that finance recorded by hand before the bank told it.
    Proof(PaymentId),
}

/// A part of a line that is divided (BANK-6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub of: PartOf,
    /// How much; below zero for money that went out, and for costs that were kept.
    pub amount: Cents,
}

/// What a part of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartOf {
    /// It pays an invoice.
    Invoice(InvoiceId),
    /// It stays as a customer's credit.
    Credit(CustomerId),
    /// It is the money of a collection; below zero, its return.
    Collection(CollectionId),
    /// It takes a payment back (a chargeback); below zero.
    Payment(PaymentId),
    /// It is what we gave back to a customer; below zero.
    Repayment(CustomerId),
    /// It is the payout of a payment that a provider of payments told before.
    PayOut(PaymentId),
    /// Costs; below zero.
    Costs,
}

/// Why a line was not booked.
#[derive(Clone, Debug)]
pub struct NotBooked {
    /// The part of the division at which it showed, from 0; none where it is about all of them.
    pub part: Option<usize>,
    /// Why.
    pub error: Error,
}

impl<E: Into<Error>> From<E> for NotBooked {
    fn from(error: E) -> Self {
        Self { part: None, error: error.into() }
    }
}

/// Something that a line may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What would be done.
    pub assignment: Assignment,
    /// For what: numbers of invoices, the id of a collection.
    pub about: String,
    /// Whose.
    pub customer_id: CustomerId,
    /// Name of the customer.
    pub customer_name: String,
    /// What is open, was collected, or is the customer's credit.
    pub amount: Cents,
    /// Why it is proposed.
    pub hint: Hint,
}

/// A line that waits, with what it may be, the best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The line.
    pub line: BankLine,
    /// What it may be.
    pub proposals: Vec<Proposal>,
}

/// A file with its statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileView {
    /// The file.
    pub file: FileRow,
    /// Its statements or notices.
    pub statements: Vec<Statement>,
}

impl From<files::BankFault> for Error {
    fn from(fault: files::BankFault) -> Self {
        Self::BankFile(Box::new(fault))
    }
}

/// A file of an upload that was read through.
struct Surveyed {
    member: Member,
    survey: Survey,
}

impl Service {
    /// What importing a file would do; nothing is written. For finance.
    ///
    /// # Errors
    /// Forbidden for others. A file that is broken, does not add up, or is of another account is refused as a whole.
    pub async fn preview_bank(&self, caller: &Caller, name: &str, bytes: impl Into<Bytes>) -> Result<BankPreview> {
        caller.may(Doing::KeepBooks)?;
        let upload = self.survey_upload(name, bytes.into()).await?;
        // The very import, which is taken back: only so can it never say anything else.
        let mut tx = self.db.begin().await?;
        let mut all: Option<BankPreview> = None;
        for Surveyed { member, survey } in &upload {
            let head = &survey.head;
            let mut one = BankPreview {
                name: name.to_owned(),
                kind: head.kind,
                version: head.version.clone(),
                statements: Vec::new(),
                notices: Vec::new(),
                tally: BankTally::default(),
                lines: Vec::new(),
            };
            if let Some(before) = bank::file_by_digest(&mut tx, &member.digest).await? {
                one.notices.push(BankNotice::SeenFile { at: before.received_at });
                one.tally.known = usize::try_from(before.lines).unwrap_or(0);
            } else {
                let row = self.file_row(caller, name, (member, survey));
                bank::add_file(&mut tx, &row).await?;
                let stored = self.store_lines(&mut tx, row.id, survey, member).await?;
                one.tally.known = stored.known;
                one.tally.queued += Share { count: stored.doubted.0, sum: stored.doubted.1 };
                one.statements = stored.statements;
                one.notices = stored.notices;
                self.foresee(&mut tx, row.id, &mut one).await?;
            }
            match &mut all {
                None => all = Some(one),
                Some(all) => {
                    all.statements.append(&mut one.statements);
                    all.notices.append(&mut one.notices);
                    all.tally += one.tally;
                    all.lines.append(&mut one.lines);
                    all.lines.truncate(SHOWN);
                }
            }
        }
        drop(tx);
        all.ok_or(Failure::Broken.into())
    }

    /// Decides what the lines of a file that was just stored would become.
    async fn foresee(&self, tx: &mut Tx, file: BankFileId, preview: &mut BankPreview) -> Result<()> {
        let (mut groups, mut paid) = (None, HashMap::new());
        let mut last = (0, BankLineId::from(uuid::Uuid::nil()));
        loop {
            let lines = bank::new_of(tx, file, last, i64::try_from(CHUNK).unwrap_or(i64::MAX)).await?;
            let Some(line) = lines.last() else { return Ok(()) };
            last = (line.line, line.id);
            self.show(tx, lines, (&mut groups, &mut paid), preview).await?;
        }
    }

    /// Decides what lines would become. `paid`: what lines before them would take off invoices.
    async fn show(
        &self,
        on: &mut Tx,
        lines: Vec<BankLine>,
        (groups, paid): (&mut Option<Groups>, &mut HashMap<InvoiceId, Cents>),
        preview: &mut BankPreview,
    ) -> Result<()> {
        let mut known = self.known(on, &lines, groups).await?;
        let loaded: HashMap<InvoiceId, Cents> = known.invoices.values().map(|row| (row.id, row.open)).collect();
        for invoice in known.invoices.values_mut() {
            invoice.open -= paid.get(&invoice.id).copied().unwrap_or_default();
        }
        for line in lines {
            let outcome = known.settle(&line);
            preview.tally.add(&line, &outcome);
            if preview.lines.len() < SHOWN {
                let about = about(&known, &outcome);
                preview.lines.push(PreviewLine { line, outcome, about });
            }
        }
        for invoice in known.invoices.values() {
            let before = loaded.get(&invoice.id).copied().unwrap_or_default();
            paid.insert(invoice.id, before - invoice.open);
        }
        Ok(())
    }

    /// Imports a file, or all files of a zip: stores its lines and books them. For finance. `progress` is told how many lines
    /// of how many were booked.
    ///
    /// # Errors
    /// Forbidden for others. A file that is broken, does not add up, or is of another account is refused as a whole, and
    /// nothing is written. When the ledger cannot be written half-way, the same file again finishes it.
    pub async fn import_bank(
        &self,
        caller: &Caller,
        name: &str,
        bytes: impl Into<Bytes>,
        mut progress: impl FnMut(u64, u64) + Send,
    ) -> Result<BankImport> {
        caller.may(Doing::KeepBooks)?;
        let upload = self.survey_upload(name, bytes.into()).await?;
        let mut all: Option<BankImport> = None;
        for surveyed in &upload {
            let (mut one, released) = self.keep_file(caller, name, surveyed).await?;
            let mut tally = self.book_lines(Some(one.file.id), &mut progress).await?;
            if released {
                // Lines of other files that are clear now.
                self.finish_bank().await?;
            }
            tally += one.tally;
            one.tally = tally;
            match &mut all {
                None => all = Some(one),
                Some(all) => {
                    all.others.push(one.file);
                    all.seen &= one.seen;
                    all.statements.append(&mut one.statements);
                    all.notices.append(&mut one.notices);
                    all.tally += one.tally;
                }
            }
        }
        all.ok_or(Failure::Broken.into())
    }

    /// Books the lines that were stored and not looked at, of whatever file: those that an import left when it was cut
    /// short. Gives how many.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn finish_bank(&self) -> Result<usize> {
        Ok(self.book_lines(None, |_, _| {}).await?.fresh())
    }

    /// Opens what was uploaded, and reads every file in it through.
    async fn survey_upload(&self, name: &str, bytes: Bytes) -> Result<Vec<Surveyed>> {
        let (name, own) = (name.to_owned(), self.own_accounts());
        let read = tokio::task::spawn_blocking(move || {
            let upload = Upload::open(&name, bytes)?;
            let sent = files::clean_name(&name);
            let one = |member: Member| match import::survey(&member, &own) {
                Ok(survey) => Ok(Surveyed { member, survey }),
                Err(fault) if member.name == sent => Err(fault),
                Err(fault) => Err(fault.of(&member.name)),
            };
            upload.members.into_iter().map(one).collect::<Result<Vec<_>, files::BankFault>>()
        });
        Ok(read.await.map_err(|_| Failure::Broken)??)
    }

    /// Our accounts at the bank; none where the policy does not say.
    pub(super) fn own_accounts(&self) -> BTreeSet<String> {
        let today = self.policies.day(self.clock.now());
        self.policies.at(today).1.provider.own_accounts().into_iter().collect()
    }

    fn file_row(&self, caller: &Caller, name: &str, (member, survey): (&Member, &Survey)) -> FileRow {
        let name = if member.name.is_empty() { files::clean_name(name) } else { member.name.clone() };
        FileRow {
            id: self.clock.id(),
            digest: member.digest.clone(),
            name,
            kind: survey.head.kind,
            version: survey.head.version.clone(),
            message_id: survey.head.message_id.clone(),
            lines: 0,
            received_at: self.clock.now(),
            received_by: Some(caller.user.id),
        }
    }

    /// Stores a file with its lines in one transaction. What was seen before changes nothing. Gives whether lines of other
    /// files are clear now.
    async fn keep_file(
        &self,
        caller: &Caller,
        name: &str,
        Surveyed { member, survey }: &Surveyed,
    ) -> Result<(BankImport, bool)> {
        let mut row = self.file_row(caller, name, (member, survey));
        let mut tx = self.db.begin().await?;
        if !bank::add_file(&mut tx, &row).await? {
            let seen = self.seen(&row.digest).await?;
            // One of before bytes were kept, given again: so that it can be read again.
            if bank::part(&mut tx, (seen.file.id, 0)).await?.is_none() {
                kept::keep(&mut tx, seen.file.id, member).await?;
                tx.commit().await?;
            }
            return Ok((seen, false));
        }
        kept::keep(&mut tx, row.id, member).await?;
        let stored = self.store_lines(&mut tx, row.id, survey, member).await?;
        row.lines = i64::try_from(stored.added).unwrap_or(i64::MAX);
        bank::count_lines(&mut tx, row.id, row.lines).await?;
        tx.commit().await?;
        let queued = Share { count: stored.doubted.0, sum: stored.doubted.1 };
        let tally = BankTally { known: stored.known, queued, ..BankTally::default() };
        let (statements, notices) = (stored.statements, stored.notices);
        let import = BankImport { file: row, others: Vec::new(), seen: false, statements, notices, tally };
        Ok((import, stored.released))
    }

    /// A file that was imported before.
    async fn seen(&self, digest: &str) -> Result<BankImport> {
        let mut on = self.db.reader().await?;
        let file = bank::file_by_digest(&mut on, digest).await?.ok_or(Failure::Broken)?;
        let statements = bank::statements_in(&mut on, &[file.id]).await?;
        let notices = vec![BankNotice::SeenFile { at: file.received_at }];
        let tally = BankTally { known: usize::try_from(file.lines).unwrap_or(0), ..BankTally::default() };
        Ok(BankImport { file, others: Vec::new(), seen: true, statements, notices, tally })
    }
}

/// End-to-end ids by payment group and by message.
type Groups = HashMap<String, Vec<String>>;

/// What stands in the files of collections that were sent last.
async fn sent_groups(on: &mut impl Statements) -> Result<Groups> {
    let mut groups = Groups::new();
    for (content,) in bank::sent(on, SENT_FILES).await? {
        let Some(file) = STANDARD.decode(content).ok().and_then(|bytes| files::sent(&bytes).ok()) else { continue };
        let message = groups.entry(file.message_id).or_default();
        message.extend(file.groups.iter().flat_map(|(_, ids)| ids.clone()));
        groups.extend(file.groups);
    }
    Ok(groups)
}

fn fault(field: &str, expected: &str) -> Error {
    Error::Fields(vec![FieldError { field: field.to_owned(), expected: expected.to_owned() }])
}

/// For what an outcome is, in words that people know.
fn about(known: &Known, outcome: &Outcome) -> Vec<String> {
    let id_of =
        |id: &CollectionId| known.collections.values().find(|row| row.id == *id).map(|row| row.end_to_end_id.clone());
    match outcome {
        Outcome::Settle(ids) => ids.iter().filter_map(id_of).collect(),
        Outcome::Reverse { collection, .. } => id_of(collection).into_iter().collect(),
        Outcome::Pay { invoices, .. } => {
            invoices.iter().filter_map(|id| known.invoices.get(id)).map(|invoice| invoice.number.clone()).collect()
        }
        Outcome::Queue(_) | Outcome::Outside => Vec::new(),
    }
}
