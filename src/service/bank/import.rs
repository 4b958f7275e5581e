//! A file comes in: surveyed as a whole, then its lines are stored in one transaction, each entry told from what was told
//! before (BANK-1 to BANK-3). A preview does the very same and takes it back.

use super::{BankNotice, CHUNK, sent_groups};
use crate::domain::{
    BankFileId, Cents, Collection,
    bank::{BankEntry, BankFileKind, CollectionReport, Direction, FileHead, OpeningKind, StatementHead, Told},
    bank_statement::{Contents, Statement, StatementKind, ToldDays},
    intake::{self, Change, Shelf, Take},
    matching::{BankLine, Doubt, LineState, Teller},
    policy::Policy,
};
use crate::exchange::bank::{self as files, BankFault, BankFaultKind, Member, SumCheck};
use crate::service::ledger::Failure;
use crate::service::{Result, Service};
use crate::store::{Tx, bank};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokio::sync::mpsc;

/// How many parts of a file wait at most, between reading and storing.
const AHEAD: usize = 2;

/// What a file holds, without its entries.
pub(super) struct Survey {
    /// What it is.
    pub head: FileHead,
    statements: Vec<Surveyed>,
    reports: Vec<CollectionReport>,
    /// Entries that are only announced.
    pending: usize,
    /// Entries in another currency.
    foreign: usize,
    /// Entries of accounts that are not ours, by account.
    others: BTreeMap<String, usize>,
}

/// A statement of a file, without its entries.
struct Surveyed {
    head: StatementHead,
    ours: bool,
    entries: Option<(NaiveDate, NaiveDate)>,
    count: i64,
    credits: Cents,
    debits: Cents,
    contents: Contents,
}

/// Whether an entry is booked in euros: what is read.
fn is_read(entry: &BankEntry) -> bool {
    entry.booked && entry.currency == "EUR"
}

fn is_in_euros(head: &StatementHead) -> bool {
    head.currency.as_deref().is_none_or(|currency| currency == "EUR")
}

/// An account, with its currency where that is another one.
fn named(head: &StatementHead) -> String {
    match &head.currency {
        Some(currency) if !is_in_euros(head) => format!("{} {currency}", head.account),
        Some(_) | None => head.account.clone(),
    }
}

/// Reads a file through, and checks that it is whole and adds up. `own`: our accounts; any where none is known.
pub(super) fn survey(member: &Member, own: &BTreeSet<String>) -> Result<Survey, BankFault> {
    let mut survey: Option<Survey> = None;
    let mut sums: Option<SumCheck> = None;
    let finish = |sums: &SumCheck| sums.finish().and_then(|()| sums.counted());
    files::read_stream(member.reader(), &mut |told| {
        match (told, &mut survey) {
            (Told::File(head), survey) => {
                let (statements, reports, others) = (Vec::new(), Vec::new(), BTreeMap::new());
                *survey = Some(Survey { head, statements, reports, pending: 0, foreign: 0, others });
            }
            (Told::Statement(head), Some(survey)) => {
                let before = survey.statements.last().map(|row| &row.head);
                let goes_on = before.is_some_and(|before| (&before.id, &before.account) == (&head.id, &head.account))
                    && head.page.is_some_and(|page| page > 1);
                match &mut sums {
                    Some(sums) if goes_on => sums.page(&head),
                    other => {
                        other.iter().try_for_each(&finish)?;
                        *other = Some(SumCheck::new(&head));
                    }
                }
                // The same IBAN may have accounts in other currencies.
                let ours = (own.is_empty() || own.contains(&head.account)) && is_in_euros(&head);
                let (credits, debits) = (Cents::ZERO, Cents::ZERO);
                let contents = Contents::default();
                survey.statements.push(Surveyed { head, ours, entries: None, count: 0, credits, debits, contents });
            }
            (Told::Entry(entry), Some(survey)) => {
                if let Some(sums) = &mut sums {
                    sums.add(&entry)?;
                }
                survey.note(&entry);
            }
            (Told::Report(report), Some(survey)) => survey.reports.push(report),
            (Told::StatementEnd, _) | (Told::Statement(_) | Told::Entry(_) | Told::Report(_), None) => {}
        }
        Ok(())
    })?;
    sums.iter().try_for_each(finish)?;
    let survey = survey.ok_or(BankFault::new(1, BankFaultKind::Empty))?;
    if !survey.statements.is_empty() && survey.statements.iter().all(|row| !row.ours) {
        let accounts: BTreeSet<String> = survey.statements.iter().map(|row| named(&row.head)).collect();
        let (accounts, ours) = (accounts.into_iter().collect(), own.iter().cloned().collect());
        return Err(BankFault::new(1, BankFaultKind::NoneOfOurs { accounts, ours }));
    }
    Ok(survey)
}

impl Survey {
    fn note(&mut self, entry: &BankEntry) {
        let Some(row) = self.statements.last_mut() else { return };
        if !row.ours {
            let currency = row.head.currency.as_deref().filter(|_| !is_in_euros(&row.head));
            let account =
                [Some(row.head.account.as_str()), currency].into_iter().flatten().collect::<Vec<_>>().join(" ");
            *self.others.entry(account).or_default() += 1;
            return;
        }
        if !is_read(entry) {
            self.pending += usize::from(!entry.booked);
            self.foreign += usize::from(entry.booked);
            return;
        }
        row.count += 1;
        row.contents.add(entry);
        match entry.direction {
            Direction::Credit => row.credits += entry.amount,
            Direction::Debit => row.debits += entry.amount,
        }
        let (first, last) = row.entries.unwrap_or((entry.booked_on, entry.booked_on));
        row.entries = Some((first.min(entry.booked_on), last.max(entry.booked_on)));
    }
}

/// A statement of a file whose entries are read, and the days on which others tell entries as well; nothing for one that is
/// left out.
type Taken = Option<(Statement, Vec<(NaiveDate, NaiveDate)>)>;

/// What is to be read together with what is known, of one account: days, and new entries.
#[derive(Default)]
struct Shared {
    days: BTreeSet<NaiveDate>,
    fresh: Vec<Vec<BankLine>>,
}

/// What storing the lines of a file came to.
#[derive(Default)]
pub(super) struct Stored {
    /// Its statements, as they are kept.
    pub statements: Vec<Statement>,
    /// What is to be known about it.
    pub notices: Vec<BankNotice>,
    /// How many lines were told before.
    pub known: usize,
    /// Lines that wait because it is not clear whether they are new: how many, and their sum.
    pub doubted: (usize, Cents),
    /// How many lines it told first.
    pub added: usize,
    /// Whether lines of other files are clear now.
    pub released: bool,
}

impl Service {
    /// Stores what a file tells; `file` is stored already. The caller commits, or takes it back.
    pub(super) async fn store_lines(
        &self,
        tx: &mut Tx,
        file: BankFileId,
        survey: &Survey,
        member: &Member,
    ) -> Result<Stored> {
        let mut stored = Stored::default();
        let taken = self.take_statements(tx, file, survey, &mut stored).await?;
        bank::add_statements(tx, &stored.statements).await?;
        let mut staging = Staging { service: self, tx, stored, shared: BTreeMap::new() };
        let read = member.clone();
        let wanted: Vec<bool> = taken.iter().map(Option::is_some).collect();
        let (parts, mut waiting) = mpsc::channel::<(usize, Vec<BankEntry>)>(AHEAD);
        let reading = tokio::task::spawn_blocking(move || read_parts(&read, &wanted, &parts));
        while let Some((place, entries)) = waiting.recv().await {
            if let Some(Some((row, shared))) = taken.get(place) {
                staging.add(row, shared, entries).await?;
            }
        }
        reading.await.map_err(|_| Failure::Broken)??;
        for (row, shared) in taken.iter().flatten() {
            staging.read_again(row, shared).await?;
        }
        staging.read_shared().await?;
        staging.add_reports(file, &survey.reports).await?;
        Ok(staging.stored)
    }

    /// Which statements of a file are new, and what is to be known about them (BANK-1).
    async fn take_statements(
        &self,
        tx: &mut Tx,
        file: BankFileId,
        survey: &Survey,
        stored: &mut Stored,
    ) -> Result<Vec<Taken>> {
        let announces = survey.head.kind == BankFileKind::Camt052;
        let kind =
            if survey.head.kind == BankFileKind::Camt054 { StatementKind::Notice } else { StatementKind::Statement };
        let mut taken = Vec::with_capacity(survey.statements.len());
        for row in &survey.statements {
            if !row.ours || announces {
                taken.push(None);
                continue;
            }
            let statement = self.statement_of(file, kind, survey, row);
            let days = (statement.first_day, statement.last_day);
            let mut others = bank::statements_about(tx, &statement.account, days).await?;
            others.extend(stored.statements.iter().filter(|other| other.shares_days_with(&statement)).cloned());
            let mut shared = match intake::take(&statement, &others) {
                Take::Read(shared) => shared,
                Take::Seen => {
                    let (account, id) = (statement.account, row.head.id.clone());
                    stored.notices.push(BankNotice::SeenStatement { account, id });
                    stored.known += usize::try_from(row.count).unwrap_or(0);
                    taken.push(None);
                    continue;
                }
            };
            self.look_for_gap(tx, &statement, &others, stored).await?;
            let around = intake::announced_around(&statement);
            if bank::is_announced(tx, &statement.account, around).await? {
                shared.push(around);
            }
            stored.statements.push(statement.clone());
            taken.push(Some((statement, shared)));
        }
        stored.notices.extend(announces.then_some(BankNotice::OnlyAnnounces));
        for (account, entries) in &survey.others {
            stored.notices.push(BankNotice::OtherAccount { account: account.clone(), entries: *entries });
        }
        stored.notices.extend((survey.pending > 0).then_some(BankNotice::Pending(survey.pending)));
        stored.notices.extend((survey.foreign > 0).then_some(BankNotice::Foreign(survey.foreign)));
        Ok(taken)
    }

    fn statement_of(&self, file: BankFileId, kind: StatementKind, survey: &Survey, row: &Surveyed) -> Statement {
        let head = &row.head;
        let made_at = head.created_at.or(survey.head.created_at);
        let made = head.created_on.or(survey.head.created_on).or(made_at.map(|at| at.date()));
        let days = ToldDays {
            period: head.period,
            opening: head.opening.map(|(day, ..)| day),
            of_day_before: head.opening.is_some_and(|(.., kind)| kind == OpeningKind::Prcd),
            closing: head.closing.or(head.interim_closing).map(|(day, _)| day),
            entries: row.entries,
            made,
        };
        let today = self.policies.day(self.clock.now());
        let period = days.period().unwrap_or((today, today));
        Statement {
            id: self.clock.id(),
            file_id: file,
            kind,
            account: head.account.clone(),
            told_id: head.id.clone(),
            page: head.page.map(i64::from),
            last_page: head.last_page,
            sequence: head.sequence,
            made_at: made_at.or_else(|| made.and_then(|day| day.and_hms_opt(0, 0, 0))),
            from_day: period.0,
            to_day: period.1,
            first_day: row.entries.map_or(period.0, |days| days.0.min(period.0)),
            last_day: row.entries.map_or(period.1, |days| days.1.max(period.1)),
            opening: head.opening.map(|(_, amount, _)| amount),
            closing: head.closing.or(head.interim_closing).map(|(_, amount)| amount),
            entries: row.count,
            credits: row.credits,
            debits: row.debits,
            contents: row.contents,
        }
    }

    /// Whether a statement is missing before this one. `others`: those that share days with it.
    async fn look_for_gap(
        &self,
        tx: &mut Tx,
        statement: &Statement,
        others: &[Statement],
        stored: &mut Stored,
    ) -> Result<()> {
        let Some(opens) = statement.opening else { return Ok(()) };
        // It goes on within a day, or begins as another does.
        let is_known = |row: &Statement| {
            statement.follows(row)
                || statement.may_follow(row)
                || (row.kind == statement.kind && row.from_day == statement.from_day && row.opening == Some(opens))
        };
        if others.iter().any(is_known) {
            return Ok(());
        }
        let known = bank::statement_before(tx, &statement.account, statement.from_day).await?;
        let in_file = stored
            .statements
            .iter()
            .filter(|row| row.account == statement.account && row.closing.is_some() && row.to_day < statement.from_day);
        let before = in_file.chain(&known).max_by_key(|row| row.to_day);
        if let Some(closed) = before.and_then(|row| row.closing).filter(|closed| *closed != opens) {
            let (account, id) = (statement.account.clone(), statement.told_id.clone());
            stored.notices.push(BankNotice::Gap { account, id, closed, opens });
        }
        Ok(())
    }
}

/// Reads the entries of the statements that are wanted, and hands them over in parts.
fn read_parts(
    member: &Member,
    wanted: &[bool],
    parts: &mpsc::Sender<(usize, Vec<BankEntry>)>,
) -> Result<(), BankFault> {
    let (mut next, mut part) = (0_usize, Vec::new());
    files::read_stream(member.reader(), &mut |told| {
        match told {
            Told::Statement(_) => next += 1,
            Told::Entry(entry) if wanted[next - 1] && is_read(&entry) => {
                part.push(entry);
                if part.len() >= CHUNK / 2 {
                    // Who waits for them has gone: nothing is wanted any more.
                    drop(parts.blocking_send((next - 1, std::mem::take(&mut part))));
                }
            }
            Told::StatementEnd if !part.is_empty() => {
                drop(parts.blocking_send((next - 1, std::mem::take(&mut part))));
            }
            Told::File(_) | Told::Entry(_) | Told::StatementEnd | Told::Report(_) => {}
        }
        Ok(())
    })
}

/// A file on its way into the database.
struct Staging<'a> {
    service: &'a Service,
    tx: &'a mut Tx,
    stored: Stored,
    /// By account.
    shared: BTreeMap<String, Shared>,
}

impl Staging<'_> {
    /// Takes in some entries of a statement or notice.
    async fn add(&mut self, row: &Statement, shared: &[(NaiveDate, NaiveDate)], entries: Vec<BankEntry>) -> Result<()> {
        let teller = Teller::new(row);
        let is_shared = |day: NaiveDate| shared.iter().any(|(from, to)| (*from..=*to).contains(&day));
        let mut alone = Vec::with_capacity(entries.len());
        for entry in entries {
            let lines = teller.entry(&entry, || self.service.clock.id());
            if is_shared(entry.booked_on) {
                let shared = self.shared.entry(row.account.clone()).or_default();
                shared.days.insert(entry.booked_on);
                shared.fresh.push(lines);
            } else {
                alone.extend(lines);
            }
        }
        self.insert(alone).await
    }

    async fn insert(&mut self, lines: Vec<BankLine>) -> Result<()> {
        for line in &lines {
            match line.state {
                LineState::Again => self.stored.known += 1,
                LineState::Open => {
                    self.stored.doubted.0 += 1;
                    self.stored.doubted.1 += line.amount;
                }
                LineState::New | LineState::Booked | LineState::SetAside | LineState::Outside => {}
            }
        }
        for part in lines.chunks(CHUNK) {
            let added = bank::add_lines(self.tx, part).await?;
            self.stored.added += usize::try_from(added).unwrap_or(0);
        }
        Ok(())
    }

    /// Does what is to be done.
    async fn follow(&mut self, changes: Vec<Change>) -> Result<()> {
        let (mut lines, mut told, mut repeats, mut released) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut doubts = Vec::new();
        for change in changes {
            match change {
                Change::Keep(entry) => lines.extend(entry),
                Change::Told(row) => told.push(row),
                Change::Again(line) => repeats.push(line),
                Change::Release(line) => released.push(line),
                Change::Doubt(line, doubt) => doubts.push((line, Doubt::from(doubt).to_string())),
                Change::Twice(_) => self.stored.notices.push(BankNotice::BookedTwice),
            }
        }
        bank::tell(self.tx, &told).await?;
        bank::repeat(self.tx, &repeats).await?;
        bank::release(self.tx, &released).await?;
        bank::doubt(self.tx, &doubts).await?;
        self.stored.released |= !released.is_empty();
        self.insert(lines).await
    }

    /// Days that a new statement is about are read anew, also where it has no entry of them: it may join others, or tell what
    /// waits in doubt (BANK-1).
    async fn read_again(&mut self, row: &Statement, shared: &[(NaiveDate, NaiveDate)]) -> Result<()> {
        let mut days = bank::doubted_days(self.tx, &row.account).await?;
        let again = intake::read_again(row, shared).filter(|_| row.kind == StatementKind::Statement);
        if let Some(within) = again {
            days.extend(bank::told_days(self.tx, &row.account, within).await?);
        }
        if !days.is_empty() {
            self.shared.entry(row.account.clone()).or_default().days.extend(days);
        }
        Ok(())
    }

    /// Days that others tell as well are read as a whole (BANK-1 to BANK-3).
    async fn read_shared(&mut self) -> Result<()> {
        for (account, Shared { days, mut fresh }) in std::mem::take(&mut self.shared) {
            for run in intake::runs(&days) {
                let (first, last) = run.outer();
                let statements = bank::statements_about(self.tx, &account, (first, last)).await?;
                let lines = bank::lines_between(self.tx, &account, (first, last)).await?;
                let is_now = |lines: &mut Vec<BankLine>| lines.first().is_none_or(|line| line.booked_on <= run.last);
                let now = fresh.extract_if(.., is_now).collect();
                self.follow(intake::read(run, now, &fresh, &Shelf::new(statements, lines))).await?;
            }
        }
        Ok(())
    }

    /// What a report about collections (pain.002) tells, a line for each collection that was rejected.
    async fn add_reports(&mut self, file: BankFileId, reports: &[CollectionReport]) -> Result<()> {
        let rejected: Vec<&CollectionReport> = reports.iter().filter(|report| report.rejected).collect();
        if rejected.is_empty() {
            return Ok(());
        }
        let groups = sent_groups(self.tx).await?;
        let about = |report: &CollectionReport| match (&report.end_to_end_id, &report.batch) {
            (Some(id), _) => vec![id.clone()],
            (None, Some(batch)) => groups.get(batch).cloned().unwrap_or_default(),
            (None, None) => groups.get(&report.message_id).cloned().unwrap_or_default(),
        };
        let ids: BTreeSet<String> = rejected.iter().flat_map(|report| about(report)).collect();
        let known: HashMap<String, Collection> =
            bank::collections(self.tx, &ids).await?.into_iter().map(|row| (row.end_to_end_id.clone(), row)).collect();
        let mut lines = Vec::new();
        for report in rejected {
            let ids = about(report);
            if ids.is_empty() {
                lines.push(self.service.report_line((report, file), None, None));
            }
            for told in ids {
                lines.push(self.service.report_line((report, file), known.get(&told), Some(told)));
            }
        }
        let mut told = bank::identities(self.tx, &lines).await?;
        let before = lines.len();
        lines.retain(|line| line.identity.as_ref().is_none_or(|identity| told.insert(identity.clone())));
        self.stored.known += before - lines.len();
        self.insert(lines).await
    }
}

impl Service {
    fn report_line(
        &self,
        (report, file_id): (&CollectionReport, BankFileId),
        collection: Option<&Collection>,
        end_to_end_id: Option<String>,
    ) -> BankLine {
        let today = self.policies.day(self.clock.now());
        let told = end_to_end_id.as_deref().or(report.batch.as_deref()).unwrap_or_default();
        let identity = Policy::digest(&format!("pain.002\n{}\n{told}", report.message_id));
        let line = i64::try_from(report.line).unwrap_or(i64::MAX);
        let day = collection.map_or(today, |row| row.collect_on.min(today));
        let amount = report.amount.filter(|_| report.end_to_end_id.is_some() || collection.is_none());
        let ids = (self.clock.id(), self.clock.id());
        BankLine {
            identity: Some(identity),
            line,
            amount: amount.or(collection.map(|row| row.amount)).unwrap_or_default(),
            end_to_end_id,
            text: report.text.clone(),
            code: Some(report.status.clone()),
            return_reason: report.reason.clone(),
            rejected: true,
            batch: report.batch.clone(),
            batch_message: Some(report.message_id.clone()),
            entry_line: line,
            ..BankLine::bare(ids, file_id, Direction::Debit, day)
        }
    }
}
