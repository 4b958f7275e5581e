//! Files of the bank come in: looked at, stored, booked; and what waits for a person (PAY-2, PAY-5).
//!
//! A file is stored first, all of its lines in one durable transaction. Then each line is booked through the door, under a
//! key that follows from the line, and marked. Whatever happens in between, the same file again, or [`Service::finish_bank`],
//! books what is left and nothing twice.

use super::access::Caller;
use super::ledger::{Failure, Reply};
use super::{Error, FieldError, Result, Service};
use crate::domain::{
    Act, Actor, BankFileId, BankLineId, Cents, Collection, CollectionId, Command, CustomerId, InvoiceId, Key,
    PaymentId, PaymentMethod, Policy, Receipt, Refusal, Target,
    bank::{BankFile, BankFileKind, BankStatement, CollectionReport, Direction},
    command::{Receiving, Undone},
    document::DocumentKind,
    matching::{Again, BankLine, Doubt, Hint, Known, LineState, Numbering, Outcome, Payable, Teller, again, hint},
};
use crate::exchange::bank as files;
use crate::store::bank::{self, Mark};
pub use crate::store::bank::{FileRow, StatementRow};
use crate::store::{Statements, Tx};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;
use tokio::task::JoinSet;

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
    pub statements: Vec<StatementRow>,
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
    /// Its bytes were seen before.
    pub seen: bool,
    /// Its statements or notices.
    pub statements: Vec<StatementRow>,
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
    pub statements: Vec<StatementRow>,
}

impl From<files::BankFault> for Error {
    fn from(fault: files::BankFault) -> Self {
        Self::BankFile { line: fault.line, reason: fault.reason }
    }
}

/// A file that was read and may be used.
struct Checked {
    digest: String,
    file: BankFile,
}

/// What sifting remembers of a file between its parts.
#[derive(Default)]
struct Sieve {
    /// Identities that this file told.
    told: HashSet<String>,
    /// Entries of other files that were found again.
    found: HashSet<(BankFileId, i64)>,
}

/// Lines of a part of a file.
#[derive(Default)]
struct Sifted {
    fresh: Vec<BankLine>,
    known: usize,
    /// Lumps that are told in parts now.
    lumps: Vec<BankLineId>,
}

impl Sieve {
    /// Tells the entries that are new from those that were told before. `earlier`: lines of other files that look alike.
    fn sift(&mut self, entries: Vec<Vec<BankLine>>, known: &BTreeSet<String>, earlier: &[BankLine]) -> Sifted {
        let mut groups: BTreeMap<(BankFileId, i64), Vec<&BankLine>> = BTreeMap::new();
        for line in earlier {
            groups.entry((line.file_id, line.entry_line)).or_default().push(line);
        }
        let met = |lines: &Vec<&BankLine>| lines.iter().any(|line| known.contains(&line.identity));
        self.found.extend(groups.iter().filter(|(_, lines)| met(lines)).map(|(place, _)| *place));
        let mut sifted = Sifted::default();
        for entry in entries {
            let (old, new): (Vec<BankLine>, Vec<BankLine>) = entry
                .into_iter()
                .partition(|line| known.contains(&line.identity) || self.told.contains(&line.identity));
            sifted.known += old.len();
            if new.is_empty() {
                continue;
            }
            let candidates = groups.iter().filter(|(place, lines)| {
                !self.found.contains(place) && lines[0].entry == new[0].entry && old.is_empty()
            });
            let before = candidates
                .map(|(place, lines)| (*place, lines, again(&new, lines)))
                .find(|(_, _, again)| *again != Again::No);
            if let Some((place, lines, how)) = before {
                self.found.insert(place);
                if how == Again::Same {
                    sifted.known += new.len();
                    continue;
                }
                sifted.lumps.extend(lines.iter().map(|line| line.id));
            }
            self.told.extend(new.iter().map(|line| line.identity.clone()));
            sifted.fresh.extend(new);
        }
        sifted
    }
}

impl Service {
    /// What importing a file would do; nothing is written. For finance.
    ///
    /// # Errors
    /// Forbidden for others. A file that is broken, does not add up, or is of another account is refused as a whole.
    pub async fn preview_bank(&self, caller: &Caller, name: &str, bytes: Vec<u8>) -> Result<BankPreview> {
        caller.staff(caller.is_finance())?;
        let Checked { digest, file } = self.check_bank(bytes).await?;
        let mut on = self.db.snapshot().await?;
        let before = bank::file_by_digest(&mut on, &digest).await?;
        let (statements, seen, mut notices) =
            self.statements(&mut on, &file, BankFileId::from(uuid::Uuid::nil())).await?;
        if let Some(before) = &before {
            notices.insert(0, BankNotice::SeenFile { at: before.received_at });
        }
        let mut preview = BankPreview {
            name: name.to_owned(),
            kind: file.kind,
            version: file.version.clone(),
            statements,
            notices,
            tally: BankTally::default(),
            lines: Vec::new(),
        };
        let (mut sieve, mut groups, mut paid) = (Sieve::default(), None, HashMap::new());
        for part in self.parts(&file, &seen, BankFileId::from(uuid::Uuid::nil())) {
            let sifted = sift(&mut on, &mut sieve, part, file.kind).await?;
            preview.tally.known += sifted.known;
            self.show(&mut on, sifted.fresh, (&mut groups, &mut paid), &mut preview).await?;
        }
        let reports = self.reports(&mut on, &file, BankFileId::from(uuid::Uuid::nil())).await?;
        let sifted = sift(&mut on, &mut sieve, reports, file.kind).await?;
        preview.tally.known += sifted.known;
        self.show(&mut on, sifted.fresh, (&mut groups, &mut paid), &mut preview).await?;
        Ok(preview)
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

    /// Imports a file: stores its lines and books them. For finance. `progress` is told how many lines of how many were
    /// booked.
    ///
    /// # Errors
    /// Forbidden for others. A file that is broken, does not add up, or is of another account is refused as a whole, and
    /// nothing is written. When the ledger cannot be written half-way, the same file again finishes it.
    pub async fn import_bank(
        &self,
        caller: &Caller,
        name: &str,
        bytes: Vec<u8>,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<BankImport> {
        caller.staff(caller.is_finance())?;
        let Checked { digest, file } = self.check_bank(bytes).await?;
        let mut import = self.keep_file(caller, name, digest, &file).await?;
        drop(file);
        let known = import.tally.known;
        import.tally = self.book_lines(Some(import.file.id), progress).await?;
        import.tally.known = known;
        Ok(import)
    }

    /// Books the lines that were stored and not looked at, of whatever file: those that an import left when it was cut
    /// short. Gives how many.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn finish_bank(&self) -> Result<usize> {
        Ok(self.book_lines(None, |_, _| {}).await?.fresh())
    }

    /// Reads and checks a file.
    async fn check_bank(&self, bytes: Vec<u8>) -> Result<Checked> {
        let read = tokio::task::spawn_blocking(move || {
            let file = files::read(&bytes)?;
            file.statements.iter().try_for_each(files::check)?;
            let digest = crate::domain::chain::hex(&Sha256::digest(&bytes));
            Ok::<_, files::BankFault>(Checked { digest, file })
        });
        let checked = read.await.map_err(|_| Failure::Broken)??;
        let policy = self.policies.at(self.policies.day(self.clock.now())).1;
        if let Some(own) = &policy.provider.iban
            && let Some(other) = checked.file.statements.iter().find(|statement| statement.account != *own)
        {
            let reason = format!("this is of account {}, and ours is {own}", other.account);
            return Err(Error::BankFile { line: 0, reason });
        }
        Ok(checked)
    }

    /// The statements of a file as they are kept, which of them were seen before, and what is to be known.
    async fn statements(
        &self,
        on: &mut impl Statements,
        file: &BankFile,
        id: BankFileId,
    ) -> Result<(Vec<StatementRow>, Vec<bool>, Vec<BankNotice>)> {
        let rows: Vec<StatementRow> =
            file.statements.iter().map(|statement| statement_row(statement, file.kind, id)).collect();
        let ids: Vec<String> = rows.iter().map(|row| row.statement_id.clone()).collect();
        let known = bank::statements_known(on, &ids).await?;
        let (mut kept, mut seen, mut notices) = (Vec::new(), Vec::new(), Vec::new());
        let mut last: HashMap<String, Cents> = HashMap::new();
        for (mut row, statement) in rows.into_iter().zip(&file.statements) {
            let (account, told) = (row.account.clone(), statement.id.clone());
            let same_id =
                |other: &&StatementRow| other.account == row.account && other.statement_id == row.statement_id;
            let before = known.iter().chain(&kept).find(same_id);
            let balances = |row: &StatementRow| (row.opened_on, row.opening, row.closed_on, row.closing);
            let again = before.is_some_and(|before| balances(before) == balances(&row));
            if before.is_some() && !again {
                // The bank began to count anew: it is another statement.
                row.statement_id = format!("{} {}", row.statement_id, row.closed_on.unwrap_or_default());
            }
            seen.push(again);
            if again {
                notices.push(BankNotice::SeenStatement { account, id: told });
                continue;
            }
            if let (Some(opened_on), Some(opens)) = (row.opened_on, row.opening) {
                let in_file = last.get(&account).copied();
                let stored = bank::statement_before(on, &account, opened_on).await?;
                let closed = in_file.or(stored.and_then(|row| row.closing));
                if let Some(closed) = closed.filter(|closed| *closed != opens) {
                    notices.push(BankNotice::Gap { account: account.clone(), id: told, closed, opens });
                }
            }
            last.extend(row.closing.map(|closing| (account, closing)));
            kept.push(row);
        }
        let entries =
            || file.statements.iter().zip(&seen).filter(|(_, seen)| !**seen).flat_map(|(row, _)| &row.entries);
        let pending = entries().filter(|entry| !entry.booked).count();
        let foreign = entries().filter(|entry| entry.booked && entry.currency != "EUR").count();
        notices.extend((pending > 0).then_some(BankNotice::Pending(pending)));
        notices.extend((foreign > 0).then_some(BankNotice::Foreign(foreign)));
        Ok((kept, seen, notices))
    }

    /// The lines of the booked entries of statements that are new, entry by entry, in parts.
    fn parts<'a>(
        &'a self,
        file: &'a BankFile,
        seen: &'a [bool],
        id: BankFileId,
    ) -> impl Iterator<Item = Vec<Vec<BankLine>>> + 'a {
        let fresh = file.statements.iter().zip(seen).filter(|(_, seen)| !**seen);
        fresh.flat_map(move |(statement, _)| {
            let mut teller = Teller::new(id, &statement.account);
            statement.entries.chunks(CHUNK / 2).map(move |entries| {
                let booked = entries.iter().filter(|entry| entry.booked && entry.currency == "EUR");
                booked.map(|entry| teller.entry(entry, files::unexplained(entry), || self.clock.id())).collect()
            })
        })
    }

    /// What a report about collections (pain.002) tells, a line for each collection that was rejected.
    async fn reports(&self, on: &mut impl Statements, file: &BankFile, id: BankFileId) -> Result<Vec<Vec<BankLine>>> {
        let rejected: Vec<&CollectionReport> = file.reports.iter().filter(|report| report.rejected).collect();
        if rejected.is_empty() {
            return Ok(Vec::new());
        }
        let groups = sent_groups(on).await?;
        let about = |report: &CollectionReport| match (&report.end_to_end_id, &report.batch) {
            (Some(id), _) => vec![id.clone()],
            (None, Some(batch)) => groups.get(batch).cloned().unwrap_or_default(),
            (None, None) => groups.get(&report.message_id).cloned().unwrap_or_default(),
        };
        let ids: BTreeSet<String> = rejected.iter().flat_map(|report| about(report)).collect();
        let known: HashMap<String, Collection> =
            bank::collections(on, &ids).await?.into_iter().map(|row| (row.end_to_end_id.clone(), row)).collect();
        let today = self.policies.day(self.clock.now());
        let mut lines = Vec::new();
        for report in rejected {
            let ids = about(report);
            if ids.is_empty() {
                lines.push(vec![self.report_line((report, id), None, None, today)]);
            }
            for told in ids {
                lines.push(vec![self.report_line((report, id), known.get(&told), Some(told), today)]);
            }
        }
        Ok(lines)
    }

    fn report_line(
        &self,
        (report, file_id): (&CollectionReport, BankFileId),
        collection: Option<&Collection>,
        end_to_end_id: Option<String>,
        today: NaiveDate,
    ) -> BankLine {
        let told = end_to_end_id.as_deref().or(report.batch.as_deref()).unwrap_or_default();
        let identity = Policy::digest(&format!("pain.002\n{}\n{told}", report.message_id));
        let line = i64::try_from(report.line).unwrap_or(i64::MAX);
        let day = collection.map_or(today, |row| row.collect_on.min(today));
        let amount = report.amount.filter(|_| report.end_to_end_id.is_some() || collection.is_none());
        BankLine {
            id: self.clock.id(),
            file_id,
            entry: identity.clone(),
            identity,
            line,
            account: String::new(),
            direction: Direction::Debit,
            amount: amount.or(collection.map(|row| row.amount)).unwrap_or_default(),
            charge: Cents::ZERO,
            booked_on: day,
            valued_on: day,
            name: None,
            iban: None,
            end_to_end_id,
            mandate: None,
            reference: None,
            structured: None,
            text: report.text.clone(),
            code: Some(report.status.clone()),
            return_reason: report.reason.clone(),
            rejected: true,
            batch: report.batch.clone(),
            batch_message: Some(report.message_id.clone()),
            entry_line: line,
            entry_reference: None,
            state: LineState::New,
            why: None,
            customer_id: None,
            payment_id: None,
            collection_id: None,
            decided_at: None,
            decided_by: None,
        }
    }

    /// Stores a file with its lines in one transaction. What was seen before changes nothing.
    async fn keep_file(&self, caller: &Caller, name: &str, digest: String, file: &BankFile) -> Result<BankImport> {
        let mut tx = self.db.begin().await?;
        let mut row = FileRow {
            id: self.clock.id(),
            digest,
            name: name.chars().take(200).collect(),
            kind: file.kind,
            version: file.version.clone(),
            message_id: file.message_id.clone(),
            lines: 0,
            received_at: self.clock.now(),
            received_by: Some(caller.user.id),
        };
        if !bank::add_file(&mut tx, &row).await? {
            drop(tx);
            return self.seen(&row.digest).await;
        }
        let (statements, seen, notices) = self.statements(&mut tx, file, row.id).await?;
        bank::add_statements(&mut tx, &statements).await?;
        let (mut sieve, mut known, mut added) = (Sieve::default(), 0, 0);
        let reports = self.reports(&mut tx, file, row.id).await?;
        for part in self.parts(file, &seen, row.id).chain([reports]) {
            let sifted = sift(&mut tx, &mut sieve, part, file.kind).await?;
            known += sifted.known;
            let lumps: Vec<Mark> =
                sifted.lumps.iter().map(|id| self.mark_line(*id, LineState::SetAside, Some("told in parts"))).collect();
            let by = Some(caller.user.id);
            let lumps: Vec<Mark> = lumps.into_iter().map(|mark| Mark { by, ..mark }).collect();
            bank::mark(&mut tx, &lumps).await?;
            added += bank::add_lines(&mut tx, &sifted.fresh).await?;
        }
        row.lines = i64::try_from(added).unwrap_or(i64::MAX);
        bank::count_lines(&mut tx, row.id, row.lines).await?;
        tx.commit().await?;
        let tally = BankTally { known, ..BankTally::default() };
        Ok(BankImport { file: row, seen: false, statements, notices, tally })
    }

    /// A file that was imported before.
    async fn seen(&self, digest: &str) -> Result<BankImport> {
        let mut on = self.db.reader().await?;
        let file = bank::file_by_digest(&mut on, digest).await?.ok_or(Failure::Broken)?;
        let statements = bank::statements_in(&mut on, &[file.id]).await?;
        let notices = vec![BankNotice::SeenFile { at: file.received_at }];
        let tally = BankTally { known: usize::try_from(file.lines).unwrap_or(0), ..BankTally::default() };
        Ok(BankImport { file, seen: true, statements, notices, tally })
    }

    fn mark_line(&self, id: BankLineId, state: LineState, why: Option<&str>) -> Mark {
        Mark {
            id,
            state,
            why: why.map(str::to_owned),
            customer: None,
            payment: None,
            collection: None,
            at: self.clock.now(),
            by: None,
        }
    }

    /// Books what is new of a file, or of all.
    async fn book_lines(
        &self,
        file: Option<BankFileId>,
        mut progress: impl FnMut(u64, u64) + Send,
    ) -> Result<BankTally> {
        let total = match file {
            Some(file) => bank::count_new(&mut self.db.reader().await?, file).await?,
            None => 0,
        };
        let total = u64::try_from(total).unwrap_or(0);
        let (mut tally, mut groups, mut done) = (BankTally::default(), None, 0);
        let mut last = (0, BankLineId::from(uuid::Uuid::nil()));
        progress(done, total);
        loop {
            let mut on = self.db.reader().await?;
            let many = i64::try_from(CHUNK).unwrap_or(i64::MAX);
            let lines = match file {
                Some(file) => bank::new_of(&mut on, file, last, many).await?,
                None => bank::new_of_all(&mut on, many).await?,
            };
            last = lines.last().map_or(last, |line| (line.line, line.id));
            if lines.is_empty() {
                return Ok(tally);
            }
            let booked = bank::booked_for(&mut on, &lines, BANK).await?;
            let booked: HashMap<String, bank::BookedFor> =
                booked.into_iter().map(|row| (row.line.clone(), row)).collect();
            let known = self.known(&mut on, &lines, &mut groups).await?;
            drop(on);
            done += u64::try_from(lines.len()).unwrap_or(0);
            self.book_some(lines, &booked, known, &mut tally).await?;
            progress(done, total.max(done));
        }
    }

    /// Decides and books some lines, and marks them.
    async fn book_some(
        &self,
        lines: Vec<BankLine>,
        booked: &HashMap<String, bank::BookedFor>,
        mut known: Known,
        tally: &mut BankTally,
    ) -> Result<()> {
        let mut marks: Vec<Option<Mark>> = vec![None; lines.len()];
        let mut outcomes = Vec::with_capacity(lines.len());
        let mut plan: BTreeMap<CustomerId, Vec<(usize, Command)>> = BTreeMap::new();
        for (at, line) in lines.iter().enumerate() {
            let outcome = known.settle(line);
            let mark = self.mark_line(line.id, LineState::Booked, None);
            if let Some(before) = booked.get(&line.id.to_string()) {
                let (customer, payment) = (Some(before.customer_id), before.payment_id);
                marks[at] = Some(Mark { customer, payment, collection: before.collection_id, ..mark });
            } else {
                match &outcome {
                    Outcome::Queue(doubt) => {
                        marks[at] = Some(Mark { state: LineState::Open, why: Some(doubt.to_string()), ..mark });
                    }
                    Outcome::Outside => marks[at] = Some(Mark { state: LineState::Outside, ..mark }),
                    _ => {
                        for (customer, command) in self.commands(line, &outcome, &known) {
                            plan.entry(customer).or_default().push((at, command));
                        }
                    }
                }
            }
            outcomes.push(outcome);
        }
        let mut lost = None;
        let mut answers: BTreeMap<usize, Vec<Reply>> = BTreeMap::new();
        for (at, reply) in self.submit_all(plan).await {
            answers.entry(at).or_default().push(reply);
        }
        for (at, replies) in answers {
            match self.judge(&lines[at], replies) {
                Ok(mark) => {
                    if mark.state == LineState::Open {
                        outcomes[at] = Outcome::Queue(Doubt::NoReference);
                    }
                    marks[at] = Some(mark);
                }
                Err(failure) => lost = Some(failure),
            }
        }
        for ((line, outcome), _) in lines.iter().zip(&outcomes).zip(&marks).filter(|(_, mark)| mark.is_some()) {
            tally.add(line, outcome);
        }
        let marks: Vec<Mark> = marks.into_iter().flatten().collect();
        let mut tx = self.db.begin().await?;
        bank::mark(&mut tx, &marks).await?;
        tx.commit().await?;
        lost.map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// The commands that book a line, each with its customer.
    fn commands(&self, line: &BankLine, outcome: &Outcome, known: &Known) -> Vec<(CustomerId, Command)> {
        let book = |key: String, target, act| {
            let key = Key { caller: BANK.to_owned(), key, request: BANK.to_owned() };
            self.command(Actor::Service, Some(key), target, act).from_line(line.id)
        };
        let whose = |id: &CollectionId| known.collections.values().find(|row| row.id == *id).map(|row| row.customer_id);
        match outcome {
            Outcome::Settle(collections) => {
                let of = |id: &CollectionId| {
                    let key = if collections.len() == 1 { line.id.to_string() } else { format!("{} {id}", line.id) };
                    Some((whose(id)?, book(key, Target::Collection(*id), self.settles(line, *id))))
                };
                collections.iter().filter_map(of).collect()
            }
            Outcome::Reverse { collection, charge } => {
                let act = Act::ReverseCollection { collection: *collection, undone: self.undone(line, *charge) };
                let command = book(line.id.to_string(), Target::Collection(*collection), act);
                whose(collection).map(|customer| (customer, command)).into_iter().collect()
            }
            Outcome::Pay { customer, invoices, keep_surplus } => {
                let act = self.receives(line, invoices.clone(), *keep_surplus);
                vec![(*customer, book(line.id.to_string(), Target::Customer(*customer), act))]
            }
            Outcome::Queue(_) | Outcome::Outside => Vec::new(),
        }
    }

    /// The value date, which may lie ahead of us.
    fn valued(&self, line: &BankLine) -> NaiveDate {
        line.valued_on.min(self.policies.day(self.clock.now()))
    }

    fn settles(&self, line: &BankLine, collection: CollectionId) -> Act {
        Act::SettleCollection { collection, settled_on: self.valued(line), bank_line: Some(line.id) }
    }

    fn undone(&self, line: &BankLine, charge: Cents) -> Undone {
        let code = line.return_reason.clone().unwrap_or_else(|| NO_REASON.to_owned());
        Undone { code, valued_on: self.valued(line), rejected: line.rejected, charge }
    }

    fn receives(&self, line: &BankLine, invoices: Vec<InvoiceId>, keep_surplus: bool) -> Act {
        Act::RecordPayment(Receiving {
            amount: line.amount,
            costs: Cents::ZERO,
            paid_on: self.valued(line),
            method: PaymentMethod::Bank,
            note: line.structured.clone().or_else(|| line.text.clone()),
            bank_line: Some(line.id),
            invoices,
            keep_surplus,
        })
    }

    /// Submits commands: of one customer one after the other, of different ones side by side.
    async fn submit_all(&self, plan: BTreeMap<CustomerId, Vec<(usize, Command)>>) -> Vec<(usize, Reply)> {
        let (mut running, mut answers) = (JoinSet::new(), Vec::new());
        for commands in plan.into_values() {
            if running.len() >= AT_ONCE
                && let Some(Ok(some)) = running.join_next().await
            {
                answers.extend::<Vec<(usize, Reply)>>(some);
            }
            let door = self.door.clone();
            running.spawn(async move {
                let mut answers = Vec::with_capacity(commands.len());
                for (at, command) in commands {
                    answers.push((at, patiently(&door, command).await));
                }
                answers
            });
        }
        while let Some(some) = running.join_next().await {
            answers.extend(some.unwrap_or_default());
        }
        answers
    }

    /// What answers make of a line: booked, or for a person; or nothing yet, when the ledger could not be written.
    fn judge(&self, line: &BankLine, replies: Vec<Reply>) -> Result<Mark, Failure> {
        let mut mark = self.mark_line(line.id, LineState::Booked, None);
        for reply in replies {
            match reply {
                Ok(receipt) => mark = booked(mark, &receipt),
                Err(Failure::Refused(refusal)) => {
                    mark.state = LineState::Open;
                    mark.why = Some(refusal.to_string());
                }
                Err(Failure::Broken) => {
                    mark.state = LineState::Open;
                    mark.why = Some(Failure::Broken.to_string());
                }
                Err(lost) => return Err(lost),
            }
        }
        if mark.state == LineState::Open {
            (mark.customer, mark.payment, mark.collection) = (None, None, None);
        }
        Ok(mark)
    }

    /// Looks up, all at once, what is known about lines.
    async fn known(&self, on: &mut impl Statements, lines: &[BankLine], groups: &mut Option<Groups>) -> Result<Known> {
        let mut known = Known { numbering: self.numbering(), ..Known::default() };
        let mut ids: BTreeSet<String> = lines.iter().filter_map(|line| line.end_to_end_id.clone()).collect();
        let batches: BTreeSet<&String> = lines
            .iter()
            .filter(|line| line.direction == Direction::Credit && line.end_to_end_id.is_none())
            .flat_map(|line| [&line.batch, &line.batch_message])
            .flatten()
            .collect();
        if !batches.is_empty() {
            if groups.is_none() {
                *groups = Some(sent_groups(on).await?);
            }
            let found = batches.into_iter().filter_map(|id| Some((id.clone(), groups.as_ref()?.get(id)?.clone())));
            known.groups = found.collect();
            ids.extend(known.groups.values().flatten().cloned());
        }
        let nameless = |line: &&BankLine| line.end_to_end_id.is_none() && line.direction == Direction::Debit;
        let mandates = lines.iter().filter(nameless).filter_map(|line| line.mandate.clone()).collect();
        for (reference, id) in bank::under_mandates(on, &mandates).await? {
            ids.insert(id.clone());
            known.mandates.entry(reference).or_default().push(id);
        }
        let collections = bank::collections(on, &ids).await?;
        known.collections = collections.into_iter().map(|row| (row.end_to_end_id.clone(), row)).collect();
        self.know_payers(on, lines, &mut known).await?;
        Ok(known)
    }

    /// Looks up whose accounts and which invoices lines are about.
    async fn know_payers(&self, on: &mut impl Statements, lines: &[BankLine], known: &mut Known) -> Result<()> {
        let ibans: BTreeSet<String> = lines.iter().filter_map(|line| line.iban.clone()).collect();
        for (iban, customer) in bank::payers(on, &ibans).await? {
            known.payers.entry(iban).or_default().insert(customer);
        }
        let customers: BTreeSet<CustomerId> = known.payers.values().flatten().copied().collect();
        for (customer, credit, _) in bank::credits(on, &customers).await? {
            known.credits.insert(customer, credit);
        }
        let credits = lines.iter().filter(|line| line.direction == Direction::Credit);
        let numbers: BTreeSet<String> = credits.flat_map(|line| known.numbering.numbers_in(&line.words())).collect();
        let mut found = bank::numbered(on, &numbers).await?;
        found.extend(bank::open_of(on, &customers).await?);
        for invoice in found {
            known.numbers.insert(invoice.number.clone(), invoice.id);
            known.invoices.insert(invoice.id, invoice);
        }
        Ok(())
    }

    /// How documents are numbered, now and under the newest terms.
    fn numbering(&self) -> Numbering {
        let today = self.policies.day(self.clock.now());
        let rules = [&self.policies.at(today).1.invoices, &self.policies.newest().invoices];
        let series =
            rules.iter().flat_map(|rules| [&rules.series.invoice, &rules.series.credit_note, &rules.series.fee]);
        let prefixes: BTreeSet<String> = series.cloned().collect();
        let digits = rules.iter().map(|rules| rules.digits).min().unwrap_or(4);
        Numbering { prefixes: prefixes.into_iter().collect(), digits: usize::try_from(digits).unwrap_or(4) }
    }

    /// Files of the bank, the newest first, with their statements: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn bank_files(
        &self,
        caller: &Caller,
        before: Option<(DateTime<Utc>, BankFileId)>,
        limit: i64,
    ) -> Result<Vec<FileView>> {
        caller.staff(caller.is_finance())?;
        let mut on = self.db.snapshot().await?;
        let before = before.unwrap_or((DateTime::<Utc>::MAX_UTC, uuid::Uuid::max().into()));
        let rows = bank::files(&mut on, before, limit).await?;
        let ids: Vec<BankFileId> = rows.iter().map(|row| row.id).collect();
        let statements = bank::statements_in(&mut on, &ids).await?;
        let of = |file: FileRow| {
            let own = statements.iter().filter(|row| row.file_id == file.id).cloned().collect();
            FileView { file, statements: own }
        };
        Ok(rows.into_iter().map(of).collect())
    }

    /// Lines in one state, the oldest first: for finance. Lines that wait come with proposals.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn bank_lines(
        &self,
        caller: &Caller,
        state: LineState,
        after: Option<(NaiveDate, BankLineId)>,
        limit: i64,
    ) -> Result<Vec<Queued>> {
        caller.staff(caller.is_finance())?;
        let mut on = self.db.snapshot().await?;
        let after = after.unwrap_or((NaiveDate::default(), uuid::Uuid::nil().into()));
        let lines = bank::lines(&mut on, state, after, limit).await?;
        if state != LineState::Open {
            return Ok(lines.into_iter().map(|line| Queued { line, proposals: Vec::new() }).collect());
        }
        self.propose_for(&mut on, lines).await
    }

    /// How many lines wait, and their sums in and out: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn bank_waiting(&self, caller: &Caller) -> Result<(i64, Cents, Cents)> {
        caller.staff(caller.is_finance())?;
        Ok(bank::waiting(&mut self.db.reader().await?).await?)
    }

    /// One line, with proposals while it waits: for finance.
    ///
    /// # Errors
    /// Forbidden for others; not found.
    pub async fn bank_line(&self, caller: &Caller, id: BankLineId) -> Result<Queued> {
        caller.staff(caller.is_finance())?;
        let mut on = self.db.snapshot().await?;
        let line = bank::line(&mut on, id).await?.ok_or(Error::NotFound("bank line"))?;
        if line.state != LineState::Open {
            return Ok(Queued { line, proposals: Vec::new() });
        }
        self.propose_for(&mut on, vec![line]).await?.pop().ok_or(Error::NotFound("bank line"))
    }

    async fn propose_for(&self, on: &mut Tx, lines: Vec<BankLine>) -> Result<Vec<Queued>> {
        let known = self.known(on, &lines, &mut None).await?;
        let mut open = bank::open_all(on, LOOKED_THROUGH).await?;
        open.retain(|row| !known.invoices.contains_key(&row.id));
        open.extend(known.invoices.values().cloned());
        open.sort_by(|one, other| (one.due_on, &one.number).cmp(&(other.due_on, &other.number)));
        let amounts: BTreeSet<i64> = lines.iter().filter(|line| line.is_return()).map(|line| line.amount.0).collect();
        let like = bank::collections_like(on, &amounts).await?;
        let mut customers: BTreeSet<CustomerId> = known.payers.values().flatten().copied().collect();
        customers.extend(like.iter().map(|row| row.customer_id));
        let customers: HashMap<CustomerId, (Cents, String)> = bank::credits(on, &customers)
            .await?
            .into_iter()
            .map(|(customer, credit, name)| (customer, (credit, name)))
            .collect();
        let propose = |line: BankLine| {
            let mut proposals = match line.direction {
                Direction::Credit => invoices_for(&line, &known, &open),
                Direction::Debit if line.is_return() => returns_for(&line, &known, &like, &customers),
                Direction::Debit => repayments_for(&line, &known, &customers),
            };
            proposals.sort_by_key(|proposal| proposal.hint);
            proposals.truncate(PROPOSALS);
            Queued { line, proposals }
        };
        Ok(lines.into_iter().map(propose).collect())
    }

    /// The invoices that a person names, in the order in which they are named: for finance.
    ///
    /// # Errors
    /// Forbidden for others; a field error when one of them is not there, or nothing is named.
    pub async fn named_invoices(&self, caller: &Caller, text: &str, field: &str) -> Result<Vec<InvoiceId>> {
        caller.staff(caller.is_finance())?;
        let mut ids = Vec::new();
        for word in text.split([',', ';', ' ', '\n']).filter(|word| !word.is_empty()) {
            let numbers: BTreeSet<String> = self.numbering().numbers_in(word).into_iter().collect();
            let found = bank::numbered(&mut self.db.reader().await?, &numbers).await?;
            let found = found.into_iter().find(|row| row.kind == DocumentKind::Invoice);
            ids.extend(Some(found.ok_or_else(|| fault(field, NUMBERS))?.id));
        }
        if ids.is_empty() { Err(fault(field, NUMBERS)) } else { Ok(ids) }
    }

    /// A person says what a line is; it is booked so. Asked again, it changes nothing. For finance.
    ///
    /// # Errors
    /// Forbidden for others; not found; as the rules say.
    pub async fn assign_line(&self, caller: &Caller, id: BankLineId, to: Assignment) -> Result<BankLine> {
        let actor = caller.staff(caller.is_finance())?;
        let line = bank::line(&mut self.db.reader().await?, id).await?.ok_or(Error::NotFound("bank line"))?;
        if line.state == LineState::Booked {
            return Ok(line);
        }
        let (target, act) = self.assigned(&line, to).await?;
        // The line's own key: whoever books it, and however often, it is booked once.
        let key = Key { caller: BANK.to_owned(), key: line.id.to_string(), request: BANK.to_owned() };
        let receipt = self.submit(self.command(actor, Some(key), target, act).from_line(line.id)).await?;
        let mark = Mark { by: actor.user(), ..self.mark_line(line.id, LineState::Booked, None) };
        self.decided(booked(mark, &receipt)).await
    }

    /// The act that an assignment is.
    async fn assigned(&self, line: &BankLine, to: Assignment) -> Result<(Target, Act)> {
        let only = |way: Direction, field: &str| {
            let expected = match way {
                Direction::Credit => "expected money that came in",
                Direction::Debit => "expected money that went out",
            };
            if line.direction == way { Ok(()) } else { Err(fault(field, expected)) }
        };
        match to {
            Assignment::Invoices { invoices, keep_surplus } => {
                only(Direction::Credit, "invoice_ids")?;
                let first = *invoices.first().ok_or_else(|| fault("invoice_ids", "expected at least one invoice"))?;
                Ok((Target::Invoice(first), self.receives(line, invoices, keep_surplus)))
            }
            Assignment::Collection(collection) => {
                let found = bank::collection(&mut self.db.reader().await?, collection).await?;
                let found = found.ok_or(Refusal::NotFound("collection"))?;
                let target = Target::Collection(collection);
                if line.direction == Direction::Credit {
                    return if found.amount == line.amount {
                        Ok((target, self.settles(line, collection)))
                    } else {
                        Err(fault("collection_id", "expected a collection with the amount of the line"))
                    };
                }
                let within = line.amount - found.amount;
                if within < Cents::ZERO {
                    return Err(fault("collection_id", "expected a collection with the amount of the line"));
                }
                let undone = self.undone(line, line.charge + within);
                Ok((target, Act::ReverseCollection { collection, undone }))
            }
            Assignment::Payment(payment) => {
                only(Direction::Debit, "payment_id")?;
                let undone = self.undone(line, line.charge);
                Ok((Target::Payment(payment), Act::ReversePayment { payment, amount: Some(line.amount), undone }))
            }
            Assignment::Repayment(customer) => {
                only(Direction::Debit, "repaid_to")?;
                let note = line.text.clone();
                let act =
                    Act::Repay { amount: line.amount, paid_on: self.valued(line), note, bank_line: Some(line.id) };
                Ok((Target::Customer(customer), act))
            }
        }
    }

    /// A person says that a line is not for these books, and why. It stays to be seen. For finance.
    ///
    /// # Errors
    /// Forbidden for others; not found; a line that was booked.
    pub async fn set_line_aside(&self, caller: &Caller, id: BankLineId, reason: &str) -> Result<BankLine> {
        let actor = caller.staff(caller.is_finance())?;
        let line = bank::line(&mut self.db.reader().await?, id).await?.ok_or(Error::NotFound("bank line"))?;
        match line.state {
            LineState::SetAside => Ok(line),
            LineState::Booked => Err(Refusal::LineBooked.into()),
            _ => {
                let mark = self.mark_line(id, LineState::SetAside, Some(reason));
                self.decided(Mark { by: actor.user(), ..mark }).await
            }
        }
    }

    async fn decided(&self, mark: Mark) -> Result<BankLine> {
        let id = mark.id;
        let mut tx = self.db.begin().await?;
        bank::mark(&mut tx, &[mark]).await?;
        let line = bank::line(&mut tx, id).await?.ok_or(Error::NotFound("bank line"))?;
        tx.commit().await?;
        Ok(line)
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

async fn sift(
    on: &mut impl Statements,
    sieve: &mut Sieve,
    entries: Vec<Vec<BankLine>>,
    kind: BankFileKind,
) -> Result<Sifted> {
    let lines: Vec<&BankLine> = entries.iter().flatten().collect();
    let known = bank::identities(on, &lines).await?;
    let new: Vec<&BankLine> = lines.iter().filter(|line| !known.contains(&line.identity)).copied().collect();
    let alike = if new.is_empty() { Vec::new() } else { bank::alike(on, &lines, kind).await? };
    Ok(sieve.sift(entries, &known, &alike))
}

/// A notice has ids of its own: they may be those of statements.
fn statement_row(statement: &BankStatement, kind: BankFileKind, file_id: BankFileId) -> StatementRow {
    let notice = if kind == BankFileKind::Camt054 { "camt.054 " } else { "" };
    StatementRow {
        account: statement.account.clone(),
        statement_id: format!("{notice}{}", statement.id),
        file_id,
        opened_on: statement.opening.map(|(day, _)| day),
        opening: statement.opening.map(|(_, amount)| amount),
        closed_on: statement.closing.map(|(day, _)| day),
        closing: statement.closing.map(|(_, amount)| amount),
    }
}

/// Submits a command, and waits for room in the queue.
async fn patiently(door: &super::ledger::Door, command: Command) -> Reply {
    for _ in 0..500 {
        match door.submit(command.clone()).await {
            Err(Failure::Busy) => tokio::time::sleep(Duration::from_millis(20)).await,
            answer => return answer,
        }
    }
    Err(Failure::Busy)
}

/// A mark with what was booked.
fn booked(mark: Mark, receipt: &Receipt) -> Mark {
    match receipt {
        Receipt::Payment(receipt) => {
            Mark { customer: Some(receipt.payment.customer_id), payment: Some(receipt.payment.id), ..mark }
        }
        Receipt::Collection(row) => {
            Mark { customer: Some(row.customer_id), payment: row.payment_id, collection: Some(row.id), ..mark }
        }
        Receipt::Reversal(row) => {
            Mark { customer: Some(row.customer_id), payment: row.payment_id, collection: row.collection_id, ..mark }
        }
        Receipt::Repayment(row) => Mark { customer: Some(row.customer_id), ..mark },
        _ => mark,
    }
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

/// Invoices that money may be for.
fn invoices_for(line: &BankLine, known: &Known, open: &[Payable]) -> Vec<Proposal> {
    let named: Vec<InvoiceId> = known.named(line).iter().map(|invoice| invoice.id).collect();
    let payers = line.iban.as_ref().and_then(|iban| known.payers.get(iban));
    let mut proposals = Vec::new();
    for customer in payers.into_iter().flatten() {
        let theirs: Vec<&Payable> =
            open.iter().filter(|row| row.customer_id == *customer && row.open > Cents::ZERO).collect();
        if theirs.len() > 1 && theirs.iter().map(|row| row.open).sum::<Cents>() == line.amount {
            proposals.extend(pays(line, &theirs, Hint::SameAccountAndAmount));
        }
    }
    for invoice in open.iter().filter(|row| row.kind == DocumentKind::Invoice) {
        let theirs = payers.is_some_and(|payers| payers.contains(&invoice.customer_id));
        let named = named.contains(&invoice.id);
        if !named && invoice.open <= Cents::ZERO {
            continue;
        }
        let fit = (theirs, invoice.open, invoice.customer_name.as_str());
        proposals.extend(hint(line, fit, named).and_then(|hint| pays(line, &[invoice], hint)));
    }
    proposals
}

fn pays(line: &BankLine, invoices: &[&Payable], hint: Hint) -> Option<Proposal> {
    let first = invoices.first()?;
    let amount: Cents = invoices.iter().map(|row| row.open).sum();
    let numbers: Vec<&str> = invoices.iter().map(|row| row.number.as_str()).collect();
    let ids = invoices.iter().map(|row| row.id).collect();
    Some(Proposal {
        assignment: Assignment::Invoices { invoices: ids, keep_surplus: line.amount > amount },
        about: numbers.join(", "),
        customer_id: first.customer_id,
        customer_name: first.customer_name.clone(),
        amount,
        hint,
    })
}

/// Collections that may have come undone.
fn returns_for(
    line: &BankLine,
    known: &Known,
    sent: &[Collection],
    customers: &HashMap<CustomerId, (Cents, String)>,
) -> Vec<Proposal> {
    let payers = line.iban.as_ref().and_then(|iban| known.payers.get(iban));
    let fits = |row: &&Collection| row.amount == line.amount;
    let propose = |row: &Collection| {
        let name = customers.get(&row.customer_id).map(|(_, name)| name.clone()).unwrap_or_default();
        let theirs = payers.is_some_and(|payers| payers.contains(&row.customer_id));
        let hint = hint(line, (theirs, row.amount, &name), false)?;
        Some(Proposal {
            assignment: Assignment::Collection(row.id),
            about: row.end_to_end_id.clone(),
            customer_id: row.customer_id,
            customer_name: name,
            amount: row.amount,
            hint,
        })
    };
    sent.iter().filter(fits).filter_map(propose).collect()
}

/// Customers that money may have been given back to.
fn repayments_for(line: &BankLine, known: &Known, customers: &HashMap<CustomerId, (Cents, String)>) -> Vec<Proposal> {
    let payers = line.iban.as_ref().and_then(|iban| known.payers.get(iban));
    let enough = |customer: &&CustomerId| customers.get(customer).is_some_and(|(credit, _)| *credit >= line.amount);
    let propose = |customer: &CustomerId| {
        let (credit, name) = customers.get(customer)?.clone();
        let exact = credit == line.amount;
        Some(Proposal {
            assignment: Assignment::Repayment(*customer),
            about: String::new(),
            customer_id: *customer,
            customer_name: name,
            amount: credit,
            hint: if exact { Hint::SameAccountAndAmount } else { Hint::SameAccount },
        })
    };
    payers.into_iter().flatten().filter(enough).filter_map(propose).collect()
}
