//! What becomes of entries that come in, beside what is known (BANK-1 to BANK-3): pure. Who asks loads what is known around
//! their days ([`Shelf`]), and does what the [`Change`]s say; a preview, an import and a re-check ask the same.

use super::{
    BankEntryId, BankLineId, StatementId,
    bank_statement::{Statement, StatementKind},
    matching::{BankLine, Doubt, LineState},
    reading::{Bearing, EntryTold, Meeting, NOTICE_DAYS, ReadingDoubt, Step, Telling, Together, Unmet, equal, meetings, steps},
};
use chrono::{Days, NaiveDate};
use std::collections::{BTreeMap, HashMap};

/// What is known of one account around some days.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    /// Statements and notices about any of those days.
    pub statements: Vec<Statement>,
    /// Lines by the entry that they were told in.
    pub entries: Vec<Vec<BankLine>>,
}

impl Shelf {
    /// Of these lines, in whatever order.
    #[must_use]
    pub fn new(statements: Vec<Statement>, lines: Vec<BankLine>) -> Self {
        let mut entries: BTreeMap<BankEntryId, Vec<BankLine>> = BTreeMap::new();
        for line in lines {
            entries.entry(line.entry_id).or_default().push(line);
        }
        Self { statements, entries: entries.into_values().collect() }
    }

    fn is_whole_on(&self, day: NaiveDate) -> bool {
        self.statements.iter().any(|row| row.is_whole_on(day))
    }
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Store these lines of one entry, in the state that they have.
    Keep(Vec<BankLine>),
    /// Note that a line is told by another kind of file as well.
    Met(Met),
    /// The lines of a stored entry repeat what another bears.
    Repeat {
        /// Which entry.
        entry: BankEntryId,
        /// The one that bears.
        of: BankEntryId,
    },
    /// The lines of a stored entry are movements of their own: they are to be booked.
    Release(BankEntryId),
    /// Two are booked that are one: a person undoes one of them.
    Twice(BankEntryId),
}

/// What told a line as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// Which line.
    pub id: BankLineId,
    /// A notice.
    pub announced_in: Option<StatementId>,
    /// A statement.
    pub stated_in: Option<StatementId>,
    /// … with the day on which it counts there.
    pub stated_on: Option<NaiveDate>,
}

/// How a statement is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Take {
    /// It is known: its entries are left out.
    Seen,
    /// Its entries are read; on the days within these ranges others tell entries as well.
    Read(Vec<(NaiveDate, NaiveDate)>),
}

/// How a statement or notice is taken (BANK-1). `others`: those of its account about any day of its entries.
#[must_use]
pub fn take(statement: &Statement, others: &[Statement]) -> Take {
    let others = || others.iter().filter(|other| other.kind == statement.kind && other.account == statement.account);
    if others().any(|other| statement.is_same_as(other)) {
        return Take::Seen;
    }
    match statement.kind {
        StatementKind::Notice => Take::Read(Vec::new()),
        StatementKind::Statement => Take::Read(others().map(|other| (other.from_day, other.to_day)).collect()),
    }
}

/// The days around entries on which the other kind of file may tell them (BANK-3); nothing without entries.
#[must_use]
pub fn around<'a>(lines: impl Iterator<Item = &'a BankLine>) -> Option<(NaiveDate, NaiveDate)> {
    let mut days: Option<(NaiveDate, NaiveDate)> = None;
    for line in lines {
        let (first, last) = days.unwrap_or((line.booked_on, line.booked_on));
        days = Some((first.min(line.booked_on), last.max(line.booked_on)));
    }
    let near = Days::new(NOTICE_DAYS.unsigned_abs());
    let (first, last) = days?;
    Some((first.checked_sub_days(near).unwrap_or(first), last.checked_add_days(near).unwrap_or(last)))
}

fn told(lines: &[BankLine]) -> EntryTold {
    EntryTold::of(&lines.iter().collect::<Vec<_>>())
}

fn bearing(lines: &[BankLine]) -> Bearing {
    Bearing::of(&lines.iter().collect::<Vec<_>>())
}

/// An entry that may be met by another kind of telling.
fn unmet(lines: &[BankLine]) -> Unmet {
    Unmet {
        entry: lines[0].entry_id,
        told: told(lines),
        lines: lines.iter().map(|line| line.id).collect(),
        group: format!("{:?} {}", lines[0].announced_in, lines[0].booked_on),
        doubted: bearing(lines) == Bearing::Doubted,
    }
}

fn repeating(lines: Vec<BankLine>, of: BankEntryId) -> Change {
    let again = |line| BankLine { state: LineState::Again, movement_id: of, why: None, ..line };
    Change::Keep(lines.into_iter().map(again).collect())
}

fn doubted(lines: Vec<BankLine>, doubt: ReadingDoubt) -> Change {
    let why = Doubt::from(doubt).to_string();
    Change::Keep(lines.into_iter().map(|line| BankLine { state: LineState::Open, why: Some(why.clone()), ..line }).collect())
}

/// Entries that a statement tells on days of which no other tells any: each is a movement, unless it was announced (BANK-3).
/// `shelf`: at least what was announced around their days and that no statement told yet.
#[must_use]
pub fn stated(entries: Vec<Vec<BankLine>>, shelf: &Shelf) -> Vec<Change> {
    let open: Vec<&Vec<BankLine>> = shelf
        .entries
        .iter()
        .filter(|lines| {
            let first = &lines[0];
            first.announced_in.is_some() && first.stated_in.is_none() && first.state != LineState::Again
        })
        .collect();
    if open.is_empty() {
        return entries.into_iter().map(Change::Keep).collect();
    }
    let found = meetings(
        &entries.iter().map(|lines| told(lines)).collect::<Vec<_>>(),
        &open.iter().map(|lines| unmet(lines)).collect::<Vec<_>>(),
    );
    let mut changes = Vec::with_capacity(entries.len());
    for (entry, met) in entries.into_iter().zip(found) {
        match met {
            None => changes.push(Change::Keep(entry)),
            Some(met) => meet(entry, &met, &open, &mut changes),
        }
    }
    changes
}

/// An entry tells again what others bear: those are noted as told by it as well. Where the bearer tells an amount alone and is
/// not booked, the entry takes its place.
fn meet(entry: Vec<BankLine>, met: &Meeting, open: &[&Vec<BankLine>], changes: &mut Vec<Change>) {
    let first = &entry[0];
    let (announced_in, stated_in, stated_on) = (first.announced_in, first.stated_in, first.stated_on);
    changes.extend(met.lines.iter().map(|id| Change::Met(Met { id: *id, announced_in, stated_in, stated_on })));
    let borne: Vec<&&Vec<BankLine>> =
        open.iter().filter(|lines| lines.iter().any(|line| met.lines.contains(&line.id))).collect();
    let Some(bearer) = borne.first() else { return changes.push(Change::Keep(entry)) };
    let (of, own) = (bearer[0].entry_id, entry[0].entry_id);
    let is_lump = borne.len() == 1 && told(bearer).is_bare() && bearing(bearer) != Bearing::Decided;
    if is_lump && !told(&entry).is_bare() {
        changes.push(Change::Repeat { entry: of, of: own });
        let before = &bearer[0];
        let fill = |line: BankLine| BankLine {
            announced_in: line.announced_in.or(before.announced_in),
            stated_in: line.stated_in.or(before.stated_in),
            stated_on: line.stated_on.or(before.stated_on),
            ..line
        };
        return changes.push(Change::Keep(entry.into_iter().map(fill).collect()));
    }
    let waited = borne.iter().filter(|lines| bearing(lines) == Bearing::Doubted);
    changes.extend(waited.map(|lines| Change::Release(lines[0].entry_id)));
    changes.push(repeating(entry, of));
}

/// Entries that a notice announces: told by a statement already, announced before, or new (BANK-3). `shelf`: everything around
/// their days.
#[must_use]
pub fn announced(notice: &Statement, entries: Vec<Vec<BankLine>>, shelf: &Shelf) -> Vec<Change> {
    let is_own = |line: &BankLine| {
        let page = |id| {
            shelf.statements.iter().any(|other| other.id == id && (notice.follows(other) || other.follows(notice)))
        };
        line.announced_in.is_some_and(|id| id == notice.id || page(id))
    };
    let bears = shelf.entries.iter().filter(|lines| lines[0].state != LineState::Again && !is_own(&lines[0]));
    let (before, stated): (Vec<&Vec<BankLine>>, Vec<&Vec<BankLine>>) =
        bears.partition(|lines| lines[0].announced_in.is_some());
    let now: Vec<EntryTold> = entries.iter().map(|lines| told(lines)).collect();
    let found = meetings(&now, &stated.iter().map(|lines| unmet(lines)).collect::<Vec<_>>());
    let earlier: Vec<EntryTold> = before.iter().map(|lines| told(lines)).collect();
    let mut used = vec![false; earlier.len()];
    let mut changes = Vec::with_capacity(entries.len());
    for ((entry, now), met) in entries.into_iter().zip(&now).zip(found) {
        if let Some(met) = met {
            meet(entry, &met, &stated, &mut changes);
            continue;
        }
        let Some(again) = (0..earlier.len()).find(|at| !used[*at] && equal(&earlier[*at], now)) else {
            changes.push(Change::Keep(entry));
            continue;
        };
        used[again] = true;
        changes.push(match shelf.is_whole_on(now.booked_on) {
            true => repeating(entry, before[again][0].entry_id),
            false => doubted(entry, ReadingDoubt::Again),
        });
    }
    changes
}

/// A booking day of which several statements tell entries, read as a whole (BANK-2). `fresh`: its new entries, each with its
/// statement. `shelf`: everything around the day, the new statements as well.
#[must_use]
pub fn shared_day(day: NaiveDate, fresh: Vec<(StatementId, Vec<BankLine>)>, shelf: &Shelf) -> Vec<Change> {
    let statements: Vec<Statement> =
        shelf.statements.iter().filter(|row| row.kind == StatementKind::Statement).cloned().collect();
    let place = |id: StatementId| statements.iter().position(|row| row.id == id);
    let bearers: HashMap<BankEntryId, &Vec<BankLine>> =
        shelf.entries.iter().map(|lines| (lines[0].entry_id, lines)).collect();
    let mut tellings = Vec::new();
    for lines in shelf.entries.iter().filter(|lines| lines[0].booked_on == day) {
        let first = &lines[0];
        // An entry of a notice that a statement met is told by that statement's own lines.
        let Some(statement) = first.stated_in.and_then(place).filter(|at| statements[*at].file_id == first.file_id) else {
            continue;
        };
        let (mut entry, mut borne) = (first.entry_id, bearing(lines));
        if borne == Bearing::Repeats
            && let Some(bearer) = bearers.get(&first.movement_id).filter(|bearer| bearer[0].announced_in.is_some())
        {
            (entry, borne) = (first.movement_id, bearing(bearer));
        }
        tellings.push(Telling { entry, statement, told: told(lines), bearing: borne });
    }
    for (id, lines) in &fresh {
        let Some(statement) = place(*id) else { continue };
        tellings.push(Telling { entry: lines[0].entry_id, statement, told: told(lines), bearing: Bearing::Fresh });
    }
    let movements = Together::new(&statements).movements_of(day, &tellings);
    let mut new: HashMap<BankEntryId, Vec<BankLine>> =
        fresh.into_iter().map(|(_, lines)| (lines[0].entry_id, lines)).collect();
    let (mut clear, mut changes) = (Vec::new(), Vec::new());
    for step in steps(&movements, &tellings) {
        match step {
            Step::Bear(entry, doubt) => match (new.remove(&entry), doubt) {
                (Some(lines), None) => clear.push(lines),
                (Some(lines), Some(doubt)) => changes.push(doubted(lines, doubt)),
                (None, _) => changes.push(Change::Release(entry)),
            },
            Step::Repeat { entry, of } => changes.push(match new.remove(&entry) {
                Some(lines) => repeating(lines, of),
                None => Change::Repeat { entry, of },
            }),
            Step::Release(entry) => changes.push(Change::Release(entry)),
            Step::Twice(entry) => changes.push(Change::Twice(entry)),
        }
    }
    changes.extend(stated(clear, shelf));
    changes
}

/// What waited because it looked like something announced before, on a day of which a statement tells everything now: it was no
/// money of its own (BANK-3). `shelf`: everything around the day of `waiting`.
#[must_use]
pub fn refute(waiting: &[BankLine], shelf: &Shelf) -> Option<Change> {
    let first = waiting.first().filter(|line| line.stated_in.is_none() && shelf.is_whole_on(line.booked_on))?;
    let now = told(waiting);
    let other = shelf.entries.iter().find(|lines| {
        lines[0].entry_id != first.entry_id && lines[0].state != LineState::Again && equal(&told(lines), &now)
    })?;
    Some(Change::Repeat { entry: first.entry_id, of: other[0].entry_id })
}
