//! A store in memory that takes files in as the service does (`src/service/bank/import.rs`), asking the domain alone.

use super::history::{File, ToldEntry, ToldStatement};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use strippenkaart::domain::bank::{Direction, OpeningKind};
use strippenkaart::domain::bank_statement::{Contents, Statement, StatementKind, ToldDays};
use strippenkaart::domain::intake::{self, Change, Shelf, Take};
use strippenkaart::domain::matching::{BankLine, Doubt, LineState, Teller};
use strippenkaart::domain::reconciliation::{DayMoved, Equation, FirstBalance, Suspect, equations, first_balance};
use strippenkaart::domain::{BankEntryId, BankFileId, BankLineId, Cents, StatementId};
use uuid::Uuid;

/// What was taken in.
#[derive(Default)]
pub struct Store {
    pub statements: Vec<Statement>,
    pub entries: BTreeMap<BankEntryId, Vec<BankLine>>,
    /// What each entry is about.
    pub about: HashMap<BankEntryId, ToldEntry>,
    /// Statements that were left out because they are known.
    pub seen: usize,
    /// How often two were booked that are one.
    pub twice: usize,
    next: u128,
}

type Ranges = Vec<(NaiveDate, NaiveDate)>;

impl Store {
    fn id(&mut self) -> Uuid {
        self.next += 1;
        Uuid::from_u128(self.next)
    }

    fn statement(&mut self, file: BankFileId, told: &ToldStatement) -> Statement {
        let head = &told.head;
        let days = told.entries.iter().map(|row| row.entry.booked_on);
        let entries = days.clone().min().zip(days.max());
        let known = ToldDays {
            period: head.period,
            opening: head.opening.map(|(day, ..)| day),
            of_day_before: head.opening.is_some_and(|(.., kind)| kind == OpeningKind::Prcd),
            closing: head.closing.or(head.interim_closing).map(|(day, _)| day),
            entries,
            made: head.created_on,
        };
        let (from_day, to_day) = known.period().unwrap();
        let mut contents = Contents::default();
        told.entries.iter().for_each(|row| contents.add(&row.entry));
        let sum = |direction| {
            told.entries.iter().filter(|row| row.entry.direction == direction).map(|row| row.entry.amount).sum()
        };
        Statement {
            id: StatementId(self.id()),
            file_id: file,
            kind: told.kind,
            account: head.account.clone(),
            told_id: head.id.clone(),
            page: head.page.map(i64::from),
            last_page: head.last_page,
            sequence: head.sequence,
            made_at: head.created_at,
            from_day,
            to_day,
            first_day: entries.map_or(from_day, |days| days.0.min(from_day)),
            last_day: entries.map_or(to_day, |days| days.1.max(to_day)),
            opening: head.opening.map(|(_, amount, _)| amount),
            closing: head.closing.or(head.interim_closing).map(|(_, amount)| amount),
            entries: i64::try_from(told.entries.len()).unwrap(),
            credits: sum(Direction::Credit),
            debits: sum(Direction::Debit),
            contents,
        }
    }

    /// Takes a file in.
    pub fn import(&mut self, file: &File) {
        let id = BankFileId(self.id());
        let mut fresh: Vec<Vec<BankLine>> = Vec::new();
        let mut days: BTreeSet<NaiveDate> = BTreeSet::new();
        let mut taken: Vec<(&ToldStatement, Statement, Ranges)> = Vec::new();
        for told in &file.statements {
            let row = self.statement(id, told);
            let others: Vec<Statement> =
                self.statements.iter().filter(|other| other.shares_days_with(&row)).cloned().collect();
            match intake::take(&row, &others) {
                Take::Seen => self.seen += 1,
                Take::Read(shared) => {
                    self.statements.push(row.clone());
                    taken.push((told, row, shared));
                }
            }
        }
        for (told, row, shared) in taken {
            let mut shared = shared;
            let around = intake::announced_around(&row);
            let announced =
                |line: &&BankLine| line.announced_in.is_some() && (around.0..=around.1).contains(&line.booked_on);
            if self.entries.values().flatten().find(announced).is_some() {
                shared.push(around);
            }
            let teller = Teller::new(&row);
            for entry in &told.entries {
                let lines = teller.entry(&entry.entry, || self.id());
                self.about.insert(lines[0].entry_id, entry.clone());
                let day = entry.entry.booked_on;
                if shared.iter().any(|(from, to)| (*from..=*to).contains(&day)) {
                    days.insert(day);
                    fresh.push(lines);
                } else {
                    self.entries.insert(lines[0].entry_id, lines);
                }
            }
            let doubted = self.entries.values().flatten().filter(|line| line.reading_doubt().is_some());
            days.extend(doubted.map(|line| line.booked_on));
            if let (StatementKind::Statement, Some((first, last))) = (row.kind, intake::read_again(&row, &shared)) {
                let told = self.entries.values().flatten().map(|line| line.booked_on);
                days.extend(told.filter(|day| (first..=last).contains(day)));
            }
        }
        for run in intake::runs(&days) {
            let known = self.shelf(run.outer());
            let (now, later) = std::mem::take(&mut fresh)
                .into_iter()
                .partition(|lines: &Vec<BankLine>| lines[0].booked_on <= run.last);
            fresh = later;
            self.follow(intake::read(run, now, &fresh, &known));
        }
    }

    fn shelf(&self, days: (NaiveDate, NaiveDate)) -> Shelf {
        let about = |row: &&Statement| row.last_day >= days.0 && row.first_day <= days.1;
        let lines = self.entries.values().flatten();
        Shelf::new(
            self.statements.iter().filter(about).cloned().collect(),
            lines.filter(|line| (days.0..=days.1).contains(&line.booked_on)).cloned().collect(),
        )
    }

    fn line(&mut self, id: BankLineId) -> &mut BankLine {
        self.entries.values_mut().flatten().find(|line| line.id == id).unwrap()
    }

    /// As the tables do.
    fn follow(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Keep(lines) => drop(self.entries.insert(lines[0].entry_id, lines)),
                Change::Told(told) => {
                    let line = self.line(told.id);
                    line.movement_id = told.movement_id;
                    (line.announced_in, line.stated_in, line.stated_on) =
                        (told.announced_in, told.stated_in, told.stated_on);
                }
                Change::Again(id) => {
                    let line = self.line(id);
                    (line.state, line.why) = (LineState::Again, None);
                }
                Change::Release(id) => {
                    let line = self.line(id);
                    (line.state, line.why) = (LineState::New, None);
                }
                Change::Doubt(id, doubt) => {
                    let line = self.line(id);
                    (line.state, line.why) = (LineState::Open, Some(Doubt::from(doubt).to_string()));
                }
                Change::Twice(_) => self.twice += 1,
            }
        }
    }

    /// What the rules make of new lines: booked, not ours, or waiting for what they are for.
    pub fn book(&mut self) {
        let new = self.entries.values_mut().flatten().filter(|line| line.state == LineState::New);
        for line in new {
            let named = line.structured.is_some() || line.text.as_ref().is_some_and(|text| text.starts_with("factuur"));
            match line.direction {
                Direction::Credit if named => line.state = LineState::Booked,
                Direction::Debit if line.is_return() => line.state = LineState::Booked,
                Direction::Debit => line.state = LineState::Outside,
                Direction::Credit => {
                    line.state = LineState::Open;
                    line.why = Some(Doubt::NoReference.to_string());
                }
            }
        }
    }

    /// The first balance and the equations of the account (BANK-4).
    pub fn check(&self) -> Option<(FirstBalance, Vec<Equation>)> {
        let statements: Vec<Statement> =
            self.statements.iter().filter(|row| row.kind == StatementKind::Statement).cloned().collect();
        let first = first_balance(&statements)?;
        let mut days: BTreeMap<NaiveDate, DayMoved> = BTreeMap::new();
        let told = || self.entries.values().flatten().filter(|line| line.state != LineState::Again);
        for line in told() {
            let Some(day) = line.stated_on else { continue };
            let row = days.entry(day).or_default();
            match line.state {
                LineState::Booked => row.booked += line.effect(),
                LineState::Outside | LineState::SetAside => row.outside += line.effect(),
                LineState::New | LineState::Open => row.waiting += line.effect(),
                LineState::Again => {}
            }
        }
        let like = |line: &BankLine| {
            told().any(|other| {
                other.id != line.id
                    && (other.booked_on, other.direction, other.amount) == (line.booked_on, line.direction, line.amount)
                    && other.stated_in.is_some()
                    && other.stated_in != line.stated_in
            })
        };
        let suspects: Vec<Suspect> = told()
            .filter(|line| line.stated_on.is_some() && (line.reading_doubt().is_some() || like(line)))
            .map(|line| Suspect { line: line.id, day: line.stated_on.unwrap(), effect: line.effect() })
            .collect();
        Some((first, equations(first, &statements, &days, &suspects)))
    }

    /// Entries that bear a movement, and whether they wait in doubt.
    pub fn bearers(&self) -> impl Iterator<Item = (&ToldEntry, &[BankLine], bool)> {
        let bears = |lines: &&Vec<BankLine>| lines.iter().any(|line| line.state != LineState::Again);
        self.entries.values().filter(bears).map(|lines| {
            let waits = lines.iter().any(|line| line.reading_doubt().is_some());
            (&self.about[&lines[0].entry_id], lines.as_slice(), waits)
        })
    }

    /// What repeats what some lines bear.
    pub fn repeats<'a>(&'a self, lines: &'a [BankLine]) -> impl Iterator<Item = &'a ToldEntry> {
        let entry = lines[0].entry_id;
        let others = self.entries.iter().filter(move |(id, other)| **id != entry && other[0].movement_id == entry);
        others.map(|(id, _)| &self.about[id])
    }

    /// What an entry moved.
    pub fn moved(lines: &[BankLine]) -> Cents {
        let moved = lines.iter().filter(|line| line.state != LineState::Again).map(BankLine::way).sum::<Cents>();
        Cents(moved.0.abs())
    }
}
