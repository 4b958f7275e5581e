//! What becomes of entries that come in, beside what is known (BANK-1 to BANK-3): pure. Who asks loads what is known around
//! their days ([`Shelf`]), and does what the [`Change`]s say; a preview, an import and a re-check ask the same.

use super::{
    BankEntryId, BankLineId, Cents, StatementId,
    bank_statement::{Statement, StatementKind, with_pages_joined},
    matching::{BankLine, Doubt, LineState},
    reading::{
        Bearing, EntryTold, Meeting, NOTICE_DAYS, ReadingDoubt, Step, Telling, Together, Unmet, is_repeated, meetings,
        part, steps,
    },
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
    pub fn new(mut statements: Vec<Statement>, lines: Vec<BankLine>) -> Self {
        // By what the bank wrote, so that which of two came first decides nothing that it need not.
        let place =
            |row: &Statement| (row.to_day, row.from_day, row.made_at, row.page, row.opening, row.closing, row.entries);
        statements.sort_by(|one, other| place(one).cmp(&place(other)).then_with(|| one.told_id.cmp(&other.told_id)));
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
    /// Lines of a stored entry that nobody decided on wait now: it is not clear whether they are a movement of their own.
    Doubt(BankEntryId, ReadingDoubt),
    /// The lines of a stored entry count on this day in the balances of statements.
    Counts(BankEntryId, NaiveDate),
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
        StatementKind::Statement => Take::Read(others().map(|other| (other.first_day, other.last_day)).collect()),
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

/// The days around a booking day.
#[must_use]
pub fn around_day(day: NaiveDate) -> (NaiveDate, NaiveDate) {
    let near = Days::new(NOTICE_DAYS.unsigned_abs());
    (day.checked_sub_days(near).unwrap_or(day), day.checked_add_days(near).unwrap_or(day))
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
        told: told(lines),
        lines: lines.iter().map(|line| (line.id, part(line))).collect(),
        group: format!("{:?} {}", lines[0].announced_in, lines[0].booked_on),
        doubted: bearing(lines) == Bearing::Doubted,
    }
}

/// The same, of an entry in parts those that no statement told yet.
fn unstated(lines: &[BankLine]) -> Unmet {
    let row = unmet(lines);
    let open = |id: &BankLineId| lines.iter().any(|line| line.id == *id && line.stated_in.is_none());
    Unmet { lines: row.lines.into_iter().filter(|(id, _)| open(id)).collect(), ..row }
}

fn repeating(lines: Vec<BankLine>, of: BankEntryId) -> Change {
    let again = |line| BankLine { state: LineState::Again, movement_id: of, why: None, ..line };
    Change::Keep(lines.into_iter().map(again).collect())
}

fn doubted(lines: Vec<BankLine>, doubt: ReadingDoubt) -> Change {
    let why = Doubt::from(doubt).to_string();
    Change::Keep(
        lines.into_iter().map(|line| BankLine { state: LineState::Open, why: Some(why.clone()), ..line }).collect(),
    )
}

/// Entries that a statement tells on days of which no other tells any: each is a movement, unless it was announced (BANK-3).
/// `shelf`: at least what was announced around their days and that no statement told yet.
#[must_use]
pub fn stated(entries: Vec<Vec<BankLine>>, shelf: &Shelf) -> Vec<Change> {
    let open: Vec<&Vec<BankLine>> = shelf.entries.iter().filter(|lines| is_unmet(lines)).collect();
    if open.is_empty() {
        return entries.into_iter().map(Change::Keep).collect();
    }
    let found = meetings(
        &entries.iter().map(|lines| told(lines)).collect::<Vec<_>>(),
        &open.iter().map(|lines| unstated(lines)).collect::<Vec<_>>(),
    );
    let mut changes = Vec::with_capacity(entries.len());
    for (entry, met) in entries.into_iter().zip(found) {
        match met {
            Meeting::Nothing => changes.push(Change::Keep(entry)),
            Meeting::Perhaps => changes.push(doubted(entry, ReadingDoubt::Again)),
            Meeting::Lines(lines) => meet(entry, &lines, &open, &mut changes),
        }
    }
    changes
}

/// An entry tells again what others bear: those are noted as told by it as well. Where the bearer tells an amount alone and is
/// not booked, the entry takes its place.
fn meet(entry: Vec<BankLine>, met: &[BankLineId], open: &[&Vec<BankLine>], changes: &mut Vec<Change>) {
    let (borne, is_lump) = met_by(&entry, met, open, changes);
    let Some(bearer) = borne.first() else { return changes.push(Change::Keep(entry)) };
    if is_lump {
        changes.push(Change::Repeat { entry: bearer[0].entry_id, of: entry[0].entry_id });
        let before = &bearer[0];
        let fill = |line: BankLine| BankLine {
            announced_in: line.announced_in.or(before.announced_in),
            stated_in: line.stated_in.or(before.stated_in),
            stated_on: line.stated_on.or(before.stated_on),
            ..line
        };
        return changes.push(Change::Keep(entry.into_iter().map(fill).collect()));
    }
    changes.push(repeating(entry, bearer[0].entry_id));
}

/// Notes that lines are told by an entry as well. Gives the entries that bear them, and whether the entry takes the place of
/// an amount alone.
fn met_by<'a>(
    entry: &[BankLine],
    met: &[BankLineId],
    open: &[&'a Vec<BankLine>],
    changes: &mut Vec<Change>,
) -> (Vec<&'a Vec<BankLine>>, bool) {
    let first = &entry[0];
    let noted = |id: &BankLineId| {
        let BankLine { announced_in, stated_in, stated_on, .. } = first;
        Change::Met(Met { id: *id, announced_in: *announced_in, stated_in: *stated_in, stated_on: *stated_on })
    };
    changes.extend(met.iter().map(noted));
    let borne: Vec<&Vec<BankLine>> =
        open.iter().copied().filter(|lines| lines.iter().any(|line| met.contains(&line.id))).collect();
    let is_lump =
        borne.len() == 1 && told(borne[0]).is_bare() && bearing(borne[0]) != Bearing::Decided && !told(entry).is_bare();
    if !is_lump {
        let waited = borne.iter().filter(|lines| bearing(lines) == Bearing::Doubted);
        changes.extend(waited.map(|lines| Change::Release(lines[0].entry_id)));
    }
    (borne, is_lump)
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
    // What a statement tells and no notice told yet, and what other notices told, as they told it.
    let of_notice = |line: &BankLine| {
        line.announced_in
            .is_some_and(|id| shelf.statements.iter().any(|other| other.id == id && other.file_id == line.file_id))
    };
    let stated: Vec<&Vec<BankLine>> = shelf
        .entries
        .iter()
        .filter(|lines| lines[0].state != LineState::Again && lines.iter().any(|line| line.announced_in.is_none()))
        .collect();
    let before: Vec<&Vec<BankLine>> =
        shelf.entries.iter().filter(|lines| of_notice(&lines[0]) && !is_own(&lines[0])).collect();
    let now: Vec<EntryTold> = entries.iter().map(|lines| told(lines)).collect();
    let open: Vec<Unmet> = stated
        .iter()
        .map(|lines| {
            // Of an entry in parts those that were not announced yet.
            let row = unmet(lines);
            let open = |id: &BankLineId| lines.iter().any(|line| line.id == *id && line.announced_in.is_none());
            Unmet { lines: row.lines.into_iter().filter(|(id, _)| open(id)).collect(), ..row }
        })
        .collect();
    let mut found = meetings(&now, &open);
    in_parts(&now, &open, &mut found);
    let earlier: Vec<EntryTold> = before.iter().map(|lines| told(lines)).collect();
    let mut used = vec![false; earlier.len()];
    let mut changes = Vec::with_capacity(entries.len());
    for ((entry, now), met) in entries.into_iter().zip(&now).zip(found) {
        if let Meeting::Lines(lines) = met {
            meet(entry, &lines, &stated, &mut changes);
            continue;
        }
        let Some(again) = (0..earlier.len()).find(|at| !used[*at] && is_repeated(&earlier[*at], now)) else {
            changes.push(match met {
                Meeting::Perhaps => doubted(entry, ReadingDoubt::Again),
                Meeting::Nothing | Meeting::Lines(_) => Change::Keep(entry),
            });
            continue;
        };
        used[again] = true;
        changes.push(if shelf.is_whole_on(now.booked_on) {
            repeating(entry, before[again][0].movement_id)
        } else {
            doubted(entry, ReadingDoubt::Again)
        });
    }
    changes
}

/// Entries of a notice that together are one sum which a statement told: all of a batch, or all that the notice tells of a
/// day.
fn in_parts(now: &[EntryTold], open: &[Unmet], found: &mut [Meeting]) {
    for row in open.iter().filter(|row| row.told.is_bare()) {
        let line = row.lines.first().map(|(id, _)| *id);
        let taken =
            found.iter().any(|met| matches!((met, line), (Meeting::Lines(lines), Some(line)) if lines.contains(&line)));
        let fits = |at: &usize| {
            let entry = &now[*at];
            !matches!(found[*at], Meeting::Lines(_))
                && entry.direction == row.told.direction
                && (entry.booked_on - row.told.booked_on).num_days().abs() <= NOTICE_DAYS
        };
        let free: Vec<usize> = (0..now.len()).filter(fits).collect();
        let mut groups: Vec<(Option<&String>, NaiveDate)> =
            free.iter().map(|at| (now[*at].batch.as_ref(), now[*at].booked_on)).collect();
        groups.sort();
        groups.dedup();
        for group in groups {
            let parts: Vec<usize> =
                free.iter().copied().filter(|at| (now[*at].batch.as_ref(), now[*at].booked_on) == group).collect();
            let sum: Cents = parts.iter().map(|at| now[*at].amount).sum();
            let of_batch = row.told.batch.as_ref().zip(group.0).is_none_or(|(one, other)| one == other);
            if let Some(line) = line
                && !taken
                && parts.len() > 1
                && sum == row.told.amount
                && of_batch
            {
                for at in parts {
                    found[at] = Meeting::Lines(vec![line]);
                }
                break;
            }
        }
    }
}

/// A booking day of which several statements tell entries, read as a whole (BANK-2). `fresh`: its new entries, each with its
/// statement. `shelf`: everything around the day, the new statements as well.
#[must_use]
pub fn shared_day(day: NaiveDate, fresh: Vec<(StatementId, Vec<BankLine>)>, shelf: &Shelf) -> Vec<Change> {
    let told_apart: Vec<Statement> =
        shelf.statements.iter().filter(|row| row.kind == StatementKind::Statement).cloned().collect();
    let (statements, wholes) = with_pages_joined(&told_apart);
    let place = |id: StatementId| told_apart.iter().position(|row| row.id == id);
    let bearers: HashMap<BankEntryId, &Vec<BankLine>> =
        shelf.entries.iter().map(|lines| (lines[0].entry_id, lines)).collect();
    let mut tellings = Vec::new();
    for lines in shelf.entries.iter().filter(|lines| lines[0].booked_on == day) {
        let first = &lines[0];
        // An entry of a notice that a statement met is told by that statement's own lines.
        let Some(statement) = first.stated_in.and_then(place).filter(|at| told_apart[*at].file_id == first.file_id)
        else {
            continue;
        };
        let statement = wholes[statement];
        let (mut entry, mut borne) = (first.entry_id, bearing(lines));
        if borne == Bearing::Repeats
            && let Some(bearer) = bearers.get(&first.movement_id).filter(|bearer| bearer[0].announced_in.is_some())
        {
            (entry, borne) = (first.movement_id, bearing(bearer));
        }
        let movement = first.movement_id;
        tellings.push(Telling { entry, statement, movement, told: told(lines), bearing: borne });
    }
    for (id, lines) in &fresh {
        let Some(statement) = place(*id).map(|at| wholes[at]) else { continue };
        let entry = lines[0].entry_id;
        tellings.push(Telling { entry, statement, movement: entry, told: told(lines), bearing: Bearing::Fresh });
    }
    let movements = Together::new(&statements).movements_of(day, &tellings);
    let counted: HashMap<BankEntryId, NaiveDate> =
        shelf.entries.iter().filter_map(|lines| Some((lines[0].entry_id, lines[0].stated_on?))).collect();
    let mut new: HashMap<BankEntryId, Vec<BankLine>> =
        fresh.into_iter().map(|(_, lines)| (lines[0].entry_id, lines)).collect();
    let (mut clear, mut released, mut changes, mut counts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let steps = steps(&movements, &tellings);
    for step in &steps {
        let Step::Counts(entry, day) = step else { continue };
        match new.get_mut(entry) {
            Some(lines) => lines.iter_mut().for_each(|line| line.stated_on = Some(*day)),
            None if counted.get(entry).is_some_and(|known| known != day) => counts.push(Change::Counts(*entry, *day)),
            None => {}
        }
    }
    for step in steps {
        match step {
            Step::Bear(entry, doubt) => match (new.remove(&entry), doubt) {
                (Some(lines), None) => clear.push(lines),
                (Some(lines), Some(doubt)) => changes.push(doubted(lines, doubt)),
                (None, None) => released.push(entry),
                (None, Some(doubt)) => changes.push(Change::Doubt(entry, doubt)),
            },
            Step::Repeat { entry, of } => changes.push(match new.remove(&entry) {
                Some(lines) => repeating(lines, of),
                None => Change::Repeat { entry, of },
            }),
            Step::Release(entry) => released.push(entry),
            Step::Doubt(entry, doubt) => changes.push(Change::Doubt(entry, doubt)),
            Step::Counts(..) => {}
            Step::Twice(entry) => changes.push(Change::Twice(entry)),
        }
    }
    changes.extend(release(&released, shelf));
    changes.extend(stated(clear, shelf));
    changes.extend(counts);
    changes
}

/// Stored entries are clear: each is a movement, unless it was announced meanwhile (BANK-3).
fn release(entries: &[BankEntryId], shelf: &Shelf) -> Vec<Change> {
    let mut changes = Vec::new();
    let open: Vec<&Vec<BankLine>> = shelf.entries.iter().filter(|lines| is_unmet(lines)).collect();
    let of = |entry: &BankEntryId| shelf.entries.iter().find(|lines| lines[0].entry_id == *entry);
    let stored: Vec<&Vec<BankLine>> = entries.iter().filter_map(of).collect();
    let now: Vec<EntryTold> = stored.iter().map(|lines| told(lines)).collect();
    let others: Vec<&Vec<BankLine>> = open.into_iter().filter(|lines| !entries.contains(&lines[0].entry_id)).collect();
    let found = meetings(&now, &others.iter().map(|lines| unmet(lines)).collect::<Vec<_>>());
    for (lines, met) in stored.into_iter().zip(found) {
        let entry = lines[0].entry_id;
        match met {
            // A notice that waited in doubt has nothing to meet.
            Meeting::Lines(ids) if lines[0].stated_in.is_some() => {
                let (borne, is_lump) = met_by(lines, &ids, &others, &mut changes);
                match borne.first() {
                    Some(bearer) if is_lump => {
                        changes.push(Change::Repeat { entry: bearer[0].entry_id, of: entry });
                        changes.push(Change::Release(entry));
                    }
                    Some(bearer) => changes.push(Change::Repeat { entry, of: bearer[0].entry_id }),
                    None => changes.push(Change::Release(entry)),
                }
            }
            Meeting::Perhaps if lines[0].stated_in.is_some() => {
                changes.push(Change::Doubt(entry, ReadingDoubt::Again));
            }
            Meeting::Lines(_) | Meeting::Perhaps | Meeting::Nothing => changes.push(Change::Release(entry)),
        }
    }
    changes
}

/// Whether an entry was announced, bears, and was told by no statement yet.
fn is_unmet(lines: &[BankLine]) -> bool {
    let first = &lines[0];
    first.announced_in.is_some() && lines.iter().any(|line| line.stated_in.is_none()) && first.state != LineState::Again
}

/// What waited because it looked like something announced before, on a day of which a statement tells everything now: it was no
/// money of its own (BANK-3). `shelf`: everything around the day of `waiting`.
#[must_use]
pub fn refute(waiting: &[BankLine], shelf: &Shelf) -> Vec<Change> {
    let Some(first) = waiting.first() else { return Vec::new() };
    if first.stated_in.is_some() {
        // What a statement tells waits only while something announced may be the same.
        let changes = release(&[first.entry_id], shelf);
        let still = [Change::Doubt(first.entry_id, ReadingDoubt::Again)];
        return if changes == still { Vec::new() } else { changes };
    }
    if !shelf.is_whole_on(first.booked_on) {
        return Vec::new();
    }
    let now = told(waiting);
    let other = shelf.entries.iter().find(|lines| {
        lines[0].entry_id != first.entry_id && lines[0].announced_in.is_some() && is_repeated(&told(lines), &now)
    });
    other.map(|other| Change::Repeat { entry: first.entry_id, of: other[0].movement_id }).into_iter().collect()
}
