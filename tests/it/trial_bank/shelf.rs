//! A store in memory that takes files in as the service does (`src/service/bank/import.rs`), asking the domain alone.

use super::history::{File, ToldEntry, ToldStatement};
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap};
use strippenkaart::domain::bank::{Direction, OpeningKind};
use strippenkaart::domain::bank_statement::{Statement, StatementKind, ToldDays};
use strippenkaart::domain::intake::{self, Change, Shelf, Take};
use strippenkaart::domain::matching::{BankLine, Doubt, LineState, Teller};
use strippenkaart::domain::reconciliation::{DayMoved, Equation, FirstBalance, Suspect, equations, first_balance};
use strippenkaart::domain::{BankEntryId, BankFileId, Cents, StatementId};
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
        }
    }

    /// Takes a file in.
    pub fn import(&mut self, file: &File) {
        let id = BankFileId(self.id());
        let mut taken: Vec<Option<(Statement, Ranges)>> = Vec::new();
        let mut fresh: Vec<Statement> = Vec::new();
        for told in &file.statements {
            let row = self.statement(id, told);
            let about = |other: &&Statement| other.shares_days_with(&row);
            let mut others: Vec<Statement> = self.statements.iter().filter(about).cloned().collect();
            others.extend(fresh.iter().filter(|other| other.shares_days_with(&row)).cloned());
            match intake::take(&row, &others) {
                Take::Seen => {
                    self.seen += 1;
                    taken.push(None);
                }
                Take::Read(ranges) => {
                    fresh.push(row.clone());
                    taken.push(Some((row, ranges)));
                }
            }
        }
        self.statements.extend(fresh);
        let mut shared: BTreeMap<NaiveDate, Vec<(StatementId, Vec<BankLine>)>> = BTreeMap::new();
        let mut again: Vec<(NaiveDate, NaiveDate)> = Vec::new();
        let mut stated = false;
        for (told, taken) in file.statements.iter().zip(taken) {
            let Some((row, ranges)) = taken else { continue };
            stated |= row.kind == StatementKind::Statement;
            again.extend(ranges.iter().map(|(from, to)| ((*from).max(row.first_day), (*to).min(row.last_day))));
            let teller = Teller::new(&row);
            let mut own = Vec::new();
            for entry in &told.entries {
                let lines = teller.entry(&entry.entry, || self.id());
                self.about.insert(lines[0].entry_id, entry.clone());
                let day = entry.entry.booked_on;
                if ranges.iter().any(|(from, to)| (*from..=*to).contains(&day)) {
                    shared.entry(day).or_default().push((row.id, lines));
                } else {
                    own.push(lines);
                }
            }
            let Some(days) = intake::around(own.iter().flatten()) else { continue };
            let changes = match row.kind {
                StatementKind::Statement => intake::stated(own, &self.unmet(days)),
                StatementKind::Notice => intake::announced(&row, own, &self.shelf(days)),
            };
            self.follow(changes);
        }
        // Days on which a statement that has no entry of them may change what is known, and those on which something waits.
        for lines in self.entries.values().filter(|lines| lines[0].stated_in.is_some()) {
            let waits = stated && lines[0].reading_doubt().is_some();
            if waits || again.iter().any(|(from, to)| (*from..=*to).contains(&lines[0].booked_on)) {
                shared.entry(lines[0].booked_on).or_default();
            }
        }
        for (day, fresh) in shared {
            let days = intake::around_day(day);
            let changes = intake::shared_day(day, fresh, &self.shelf(days));
            self.follow(changes);
        }
        let told_before = Doubt::ToldBefore.to_string();
        let waits = |line: &BankLine| line.state == LineState::Open && line.why.as_ref() == Some(&told_before);
        let waiting: Vec<Vec<BankLine>> = self.entries.values().filter(|lines| waits(&lines[0])).cloned().collect();
        for lines in waiting {
            let Some(days) = intake::around(lines.iter()) else { continue };
            let changes = intake::refute(&lines, &self.shelf(days));
            self.follow(changes);
        }
    }

    fn lines(&self, days: (NaiveDate, NaiveDate), wanted: impl Fn(&BankLine) -> bool) -> Vec<BankLine> {
        let lines = self.entries.values().flatten();
        lines.filter(|line| (days.0..=days.1).contains(&line.booked_on) && wanted(line)).cloned().collect()
    }

    fn shelf(&self, days: (NaiveDate, NaiveDate)) -> Shelf {
        let about =
            |days: (NaiveDate, NaiveDate)| move |row: &&Statement| row.last_day >= days.0 && row.first_day <= days.1;
        // Those between as well, by which they may follow each other.
        let span = self
            .statements
            .iter()
            .filter(about(days))
            .fold(days, |(first, last), row| (first.min(row.first_day), last.max(row.last_day)));
        Shelf::new(self.statements.iter().filter(about(span)).cloned().collect(), self.lines(days, |_| true))
    }

    fn unmet(&self, days: (NaiveDate, NaiveDate)) -> Shelf {
        let unmet = |line: &BankLine| line.announced_in.is_some() && line.stated_in.is_none();
        let entries = self
            .entries
            .values()
            .filter(|lines| lines.iter().any(|line| unmet(line) && line.state != LineState::Again));
        let lines = entries.flatten().filter(|line| (days.0..=days.1).contains(&line.booked_on));
        Shelf::new(Vec::new(), lines.cloned().collect())
    }

    /// As the tables do: what was met first, what repeats, what is released, and then what is new.
    fn follow(&mut self, changes: Vec<Change>) {
        let (mut kept, mut met, mut repeats, mut released) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut doubts, mut counts) = (Vec::new(), Vec::new());
        for change in changes {
            match change {
                Change::Keep(lines) => kept.push(lines),
                Change::Met(row) => met.push(row),
                Change::Repeat { entry, of } => repeats.push((entry, of)),
                Change::Release(entry) => released.push(entry),
                Change::Twice(_) => self.twice += 1,
                Change::Doubt(entry, doubt) => doubts.push((entry, doubt)),
                Change::Counts(entry, day) => counts.push((entry, day)),
            }
        }
        for row in met {
            for line in self.entries.values_mut().flatten().filter(|line| line.id == row.id) {
                line.announced_in = line.announced_in.or(row.announced_in);
                line.stated_in = line.stated_in.or(row.stated_in);
                line.stated_on = line.stated_on.or(row.stated_on);
            }
        }
        for (entry, of) in repeats {
            let lines = self.entries.get_mut(&entry).into_iter().flatten();
            for line in lines.filter(|line| line.state != LineState::Booked) {
                (line.state, line.movement_id, line.why) = (LineState::Again, of, None);
            }
        }
        for entry in released {
            let lines = self.entries.get_mut(&entry).into_iter().flatten();
            for line in lines.filter(|line| matches!(line.state, LineState::Open | LineState::Again)) {
                (line.state, line.movement_id, line.why) = (LineState::New, line.entry_id, None);
            }
        }
        for (entry, doubt) in doubts {
            let lines = self.entries.get_mut(&entry).into_iter().flatten();
            for line in lines.filter(|line| !matches!(line.state, LineState::Booked | LineState::SetAside)) {
                (line.state, line.movement_id, line.why) =
                    (LineState::Open, line.entry_id, Some(Doubt::from(doubt).to_string()));
            }
        }
        for lines in kept {
            self.entries.insert(lines[0].entry_id, lines);
        }
        for (entry, day) in counts {
            for line in self.entries.get_mut(&entry).into_iter().flatten() {
                line.stated_on = line.stated_on.map(|_| day);
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

    /// What an entry moved.
    pub fn moved(lines: &[BankLine]) -> Cents {
        lines.iter().filter(|line| line.state != LineState::Again).map(BankLine::moved).sum()
    }
}
