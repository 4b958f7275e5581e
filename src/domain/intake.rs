//! What becomes of entries that come in, beside what is known (BANK-1 to BANK-3): pure. Who asks loads what is known around
//! their days ([`Shelf`]), and does what the [`Change`]s say; a preview, an import and a re-check ask the same.
//!
//! Everything around some days is read together, so the order in which files come decides only what is booked already.

use super::{
    BankEntryId, BankLineId, Cents, StatementId,
    bank_statement::{OfWhole, Statement, StatementKind, Whole, told_once},
    matching::{BankLine, Doubt, LineState},
    meeting::{Bond, Meetings, Side, meetings},
    reading::{
        Bearing, EntryTold, Likeness, MANY, Movement, NOTICE_DAYS, OTHERWISE, ReadingDoubt, Telling, Together, part,
    },
};
use chrono::{Days, NaiveDate};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The most days that a bank tells an entry after the day for which it books it, as far as is looked for.
pub const LATE_DAYS: u64 = 10;
/// Within so many days of what is read anew, what was found to be one may be found to be another.
const INNER_DAYS: u64 = 6;
/// Within so many days of it everything is loaded: what is one lies within these, and mostly the balances by which it is placed.
const OUTER_DAYS: u64 = 35;
/// The most days that are read at once.
const RUN_DAYS: i64 = 31;

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
}

/// Days that are read together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first one.
    pub first: NaiveDate,
    /// The last one.
    pub last: NaiveDate,
}

impl Run {
    /// The days between whose entries what is one may change.
    #[must_use]
    pub fn inner(&self) -> (NaiveDate, NaiveDate) {
        widened((self.first, self.last), INNER_DAYS)
    }

    /// The days of which everything is to be loaded.
    #[must_use]
    pub fn outer(&self) -> (NaiveDate, NaiveDate) {
        widened((self.first, self.last), OUTER_DAYS)
    }
}

fn widened((first, last): (NaiveDate, NaiveDate), days: u64) -> (NaiveDate, NaiveDate) {
    let days = Days::new(days);
    (first.checked_sub_days(days).unwrap_or(first), last.checked_add_days(days).unwrap_or(last))
}

/// Days in runs: those that lie near each other are read together, as long as they are not too many.
#[must_use]
pub fn runs(days: &BTreeSet<NaiveDate>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some(run) if (*day - run.last).num_days() <= NOTICE_DAYS && (*day - run.first).num_days() < RUN_DAYS => {
                run.last = *day;
            }
            _ => runs.push(Run { first: *day, last: *day }),
        }
    }
    runs
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Store these lines of one entry, in the state that they have.
    Keep(Vec<BankLine>),
    /// A line is told by these as well, and is a part of this movement.
    Told(Told),
    /// A line repeats what another bears.
    Again(BankLineId),
    /// A line is a movement of its own: it is to be booked.
    Release(BankLineId),
    /// A line that nobody decided on waits now: it is not clear whether it is a movement of its own.
    Doubt(BankLineId, ReadingDoubt),
    /// Two are booked that are one: a person undoes one of them.
    Twice(BankEntryId),
}

/// What tells a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which line.
    pub id: BankLineId,
    /// The entry that bears its movement.
    pub movement_id: BankEntryId,
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
    /// Its entries are read; on the days within these ranges others tell entries as well, or may.
    Read(Vec<(NaiveDate, NaiveDate)>),
}

/// How a statement or notice is taken (BANK-1). `others`: those of its account about any of its days.
#[must_use]
pub fn take(statement: &Statement, others: &[Statement]) -> Take {
    let others = || others.iter().filter(|other| other.kind == statement.kind && other.account == statement.account);
    if others().any(|other| statement.is_same_as(other)) {
        return Take::Seen;
    }
    let late = |day: NaiveDate| day.checked_sub_days(Days::new(LATE_DAYS)).unwrap_or(day);
    match statement.kind {
        StatementKind::Notice => Take::Read(vec![(NaiveDate::MIN, NaiveDate::MAX)]),
        StatementKind::Statement => Take::Read(others().map(|other| (late(other.first_day), other.last_day)).collect()),
    }
}

/// The days on which a notice may tell what a statement tells.
#[must_use]
pub fn announced_around(statement: &Statement) -> (NaiveDate, NaiveDate) {
    widened((statement.first_day, statement.last_day), NOTICE_DAYS.unsigned_abs())
}

/// The days of entries that are known and that a new statement may tell as well, where others are about them: `shared` as of
/// [`Take::Read`].
#[must_use]
pub fn read_again(statement: &Statement, shared: &[(NaiveDate, NaiveDate)]) -> Option<(NaiveDate, NaiveDate)> {
    let (first, last) = widened((statement.first_day, statement.last_day), LATE_DAYS);
    let first = shared.iter().map(|(from, _)| *from).min()?.max(first);
    let last = shared.iter().map(|(_, to)| *to).max()?.min(last).min(statement.last_day);
    (first <= last).then_some((first, last))
}

/// An entry that is read.
struct Entry<'a> {
    lines: &'a [BankLine],
    told: EntryTold,
    bearing: Bearing,
    statement: StatementId,
    is_stated: bool,
}

impl Entry<'_> {
    fn id(&self) -> BankEntryId {
        self.lines[0].entry_id
    }

    fn is_decided(&self) -> bool {
        self.bearing == Bearing::Decided
    }

    /// Of those that tell the same, which bears it: what is booked; else what tells the most, of what is stored where it tells
    /// as much.
    fn rank(&self) -> impl Ord + use<> {
        let bears = !matches!(self.bearing, Bearing::Fresh | Bearing::Repeats);
        (self.is_decided(), self.tells(), bears, Reverse(self.id()))
    }

    /// How much it tells.
    fn tells(&self) -> impl Ord + use<> {
        let charges = self.lines.iter().filter(|line| line.charge != Cents::ZERO).count();
        (!self.told.is_bare(), self.told.parts.len(), self.told.facts() + charges)
    }
}

/// The entries of statements of which some are the same, told again, in groups: of each telling at most one, what is most alike
/// together, what bears the others first. `of`: what tells each.
fn copies(stated: &[Entry<'_>], of: &[OfWhole], announced: &[Entry<'_>]) -> Vec<Vec<usize>> {
    let mut kinds: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, Entry { told, .. }) in stated.iter().enumerate() {
        kinds.entry((of[at].whole, told.booked_on, told.direction, told.amount)).or_default().push(at);
    }
    let by_id: HashMap<BankEntryId, &Entry<'_>> =
        stated.iter().chain(announced).map(|entry| (entry.id(), entry)).collect();
    // What was found to bear it: it may tell more.
    let bearer = |at: usize| {
        let (id, movement) = (stated[at].id(), stated[at].lines[0].movement_id);
        by_id.get(&movement).filter(|_| movement != id).map(|bearer| &bearer.told)
    };
    let mut all = Vec::with_capacity(stated.len());
    for mut kind in kinds.into_values() {
        kind.sort_by_key(|at| (of[*at].telling, stated[*at].id()));
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for tellers in kind.chunk_by(|one, other| of[*one].telling == of[*other].telling) {
            let like = |one: usize, other: usize| {
                let linked = stated[one].lines[0].movement_id == stated[other].lines[0].movement_id;
                let both = stated[one].is_decided() && stated[other].is_decided();
                let told = |at: usize| [Some(&stated[at].told), bearer(at)].into_iter().flatten();
                let all = || told(one).flat_map(|one| told(other).map(move |other| one.affinity(other)));
                let alike = all().max().unwrap_or(0);
                let apart = all().any(|alike| alike < 0);
                (alike, 4 * alike - 2 * i32::from(both) + i32::from(linked) - i32::from(apart))
            };
            // Nothing where it cannot be.
            let score = |at: usize, group: usize| -> Option<i32> {
                let members = &groups[group];
                members.iter().all(|other| of[at].may_repeat(&of[*other])).then_some(())?;
                let scores = || members.iter().map(|other| like(at, *other));
                // What is other than one of them is no part of it, however well it goes with the rest.
                let worst = scores().min().filter(|(alike, _)| *alike <= OTHERWISE);
                worst.or_else(|| scores().max_by_key(|(_, score)| *score)).map(|(_, score)| score)
            };
            let scores: Vec<Vec<Option<i32>>> =
                tellers.iter().map(|at| (0..groups.len()).map(|group| score(*at, group)).collect()).collect();
            let placed = together(&scores);
            for (at, group) in tellers.iter().zip(&placed) {
                match group {
                    Some(group) => groups[*group].push(*at),
                    None => groups.push(vec![*at]),
                }
            }
        }
        all.extend(groups);
    }
    for group in &mut all {
        group.sort_by_key(|at| Reverse(stated[*at].rank()));
    }
    all
}

/// A column for each row, none twice, so that together they score as much as can be found: the highest first, then by swapping.
fn together(scores: &[Vec<Option<i32>>]) -> Vec<Option<usize>> {
    let mut pairs: Vec<(Reverse<i32>, usize, usize)> = Vec::new();
    for (row, columns) in scores.iter().enumerate() {
        pairs.extend(columns.iter().enumerate().filter_map(|(column, score)| Some((Reverse((*score)?), column, row))));
    }
    pairs.sort_unstable();
    let mut of: Vec<Option<usize>> = vec![None; scores.len()];
    let mut taken = BTreeSet::new();
    for (_, column, row) in pairs {
        if of[row].is_none() && taken.insert(column) {
            of[row] = Some(column);
        }
    }
    let rounds = if scores.len() > MANY { 0 } else { 8 };
    for _ in 0..rounds {
        let mut better = false;
        for one in 0..of.len() {
            for other in 0..one {
                let (Some(first), Some(second)) = (of[one], of[other]) else { continue };
                let sum = |left: usize, right: usize| Some(scores[one][left]? + scores[other][right]?);
                if sum(second, first) > sum(first, second) {
                    (of[one], of[other]) = (Some(second), Some(first));
                    better = true;
                }
            }
        }
        if !better {
            break;
        }
    }
    of
}

/// What a line is to be.
#[derive(Clone, Copy)]
struct Wanted {
    bears: bool,
    doubt: Option<ReadingDoubt>,
    movement_id: BankEntryId,
    announced_in: Option<StatementId>,
    stated_in: Option<StatementId>,
    stated_on: Option<NaiveDate>,
}

/// Reads the days of a run as a whole (BANK-1 to BANK-3). `fresh`: new entries. `later`: new entries of runs that are read after it,
/// which their statements tell already. `shelf`: everything known of [`Run::outer`], the new statements as well.
#[must_use]
pub fn read(run: Run, fresh: Vec<Vec<BankLine>>, later: &[Vec<BankLine>], shelf: &Shelf) -> Vec<Change> {
    let mut reading = Reading::new(run, (&fresh, later), shelf);
    reading.read();
    let Reading { wanted, twice, .. } = reading;
    let mut changes: Vec<Change> = Vec::new();
    for lines in &shelf.entries {
        for line in lines {
            if let Some(wanted) = wanted.get(&line.id) {
                changes.extend(told(line, wanted).into_iter().chain(state(line, wanted)));
            }
        }
    }
    changes.extend(twice.into_iter().map(Change::Twice));
    for lines in fresh {
        let as_wanted = |line: BankLine| match wanted.get(&line.id) {
            Some(wanted) => as_wanted(line, wanted),
            None => line,
        };
        changes.push(Change::Keep(lines.into_iter().map(as_wanted).collect()));
    }
    changes
}

fn as_wanted(line: BankLine, wanted: &Wanted) -> BankLine {
    let Wanted { movement_id, announced_in, stated_in, stated_on, .. } = *wanted;
    let line = BankLine { movement_id, announced_in, stated_in, stated_on, ..line };
    match (wanted.bears, wanted.doubt) {
        (false, _) => BankLine { state: LineState::Again, why: None, ..line },
        (true, None) => line,
        (true, Some(doubt)) => BankLine { state: LineState::Open, why: Some(Doubt::from(doubt).to_string()), ..line },
    }
}

/// What is to be noted of who tells a line.
fn told(line: &BankLine, wanted: &Wanted) -> Option<Change> {
    let Wanted { movement_id, announced_in, stated_in, stated_on, .. } = *wanted;
    let known = (line.movement_id, line.announced_in, line.stated_in, line.stated_on);
    let told = Told { id: line.id, movement_id, announced_in, stated_in, stated_on };
    (known != (movement_id, announced_in, stated_in, stated_on)).then_some(Change::Told(told))
}

/// What becomes of a line that is stored.
fn state(line: &BankLine, wanted: &Wanted) -> Option<Change> {
    let by_person = line.state == LineState::SetAside && line.decided_by.is_some();
    if line.state == LineState::Booked || by_person {
        return None;
    }
    match (wanted.bears, wanted.doubt) {
        (false, _) => (line.state != LineState::Again).then_some(Change::Again(line.id)),
        (true, Some(doubt)) => (line.reading_doubt() != Some(doubt)).then_some(Change::Doubt(line.id, doubt)),
        (true, None) => {
            let is_held = line.state == LineState::Again || line.reading_doubt().is_some();
            is_held.then_some(Change::Release(line.id))
        }
    }
}

struct Reading<'a> {
    run: Run,
    statements: Vec<Whole>,
    /// Entries of statements and of notices.
    stated: Vec<Entry<'a>>,
    announced: Vec<Entry<'a>>,
    /// Entries of statements that are the same, told again: those of one movement together, what bears the others first.
    copies: Vec<Vec<usize>>,
    /// The whole statement or notice of each.
    stated_of: Vec<usize>,
    announced_of: Vec<usize>,
    movements: Vec<Movement>,
    /// New entries that are read after these days.
    later: BTreeSet<BankEntryId>,
    wanted: HashMap<BankLineId, Wanted>,
    twice: Vec<BankEntryId>,
}

impl<'a> Reading<'a> {
    fn new(run: Run, (fresh, later): (&'a [Vec<BankLine>], &'a [Vec<BankLine>]), shelf: &'a Shelf) -> Self {
        let of_kind = |kind: StatementKind| -> Vec<Statement> {
            shelf.statements.iter().filter(|row| row.kind == kind).cloned().collect()
        };
        let (told_apart, announcing) = (of_kind(StatementKind::Statement), of_kind(StatementKind::Notice));
        let (once, notices) = (told_once(&told_apart), told_once(&announcing));
        let places = |rows: &[Statement], of: Vec<OfWhole>| -> HashMap<StatementId, OfWhole> {
            rows.iter().map(|row| row.id).zip(of).collect()
        };
        let (statement_of, notice_of) = (places(&told_apart, once.tellings), places(&announcing, notices.tellings));
        let (mut stated, mut announced) = (Vec::new(), Vec::new());
        let (mut stated_of, mut announced_of) = (Vec::new(), Vec::new());
        let stored = shelf.entries.iter().map(|lines| (lines, false));
        for (lines, is_fresh) in stored.chain(fresh.iter().chain(later).map(|lines| (lines, true))) {
            let Some(statement) = lines.first().and_then(|line| line.told_in) else { continue };
            let told: Vec<&BankLine> = lines.iter().collect();
            let bearing = if is_fresh { Bearing::Fresh } else { Bearing::of(&told) };
            let is_stated = statement_of.contains_key(&statement);
            let entry = Entry { lines, told: EntryTold::of(&told), bearing, statement, is_stated };
            match (statement_of.get(&statement), notice_of.get(&statement)) {
                (Some(place), _) => {
                    stated.push(entry);
                    stated_of.push(*place);
                }
                (None, Some(place)) => {
                    announced.push(entry);
                    announced_of.push(place.whole);
                }
                (None, None) => {}
            }
        }
        let copies = copies(&stated, &stated_of, &announced);
        let stated_of = stated_of.into_iter().map(|of: OfWhole| of.whole).collect();
        let statements = once.wholes;
        let (movements, wanted, twice) = (Vec::new(), HashMap::new(), Vec::new());
        let later = later.iter().filter_map(|lines| lines.first()).map(|line| line.entry_id).collect();
        Self { run, statements, stated, announced, copies, stated_of, announced_of, movements, later, wanted, twice }
    }

    fn read(&mut self) {
        self.read_statements();
        self.trust_decisions();
        let (stated, announced) = self.free();
        let met = {
            let of_stated: Vec<Side> = stated.iter().map(|at| self.stated_side(*at)).collect();
            let of_announced: Vec<Side> = announced.iter().map(|at| self.announced_side(*at)).collect();
            meetings(&of_stated, &of_announced)
        };
        self.settle(&stated, &announced, &met);
    }

    /// What those tell that are one, told again.
    fn told(&self, copies: &[usize]) -> &EntryTold {
        let most = copies.iter().copied().max_by_key(|at| self.stated[*at].tells());
        &self.stated[most.unwrap_or(copies[0])].told
    }

    /// The movements that statements tell, day by day.
    fn read_statements(&mut self) {
        let mut days: BTreeMap<NaiveDate, Vec<&[usize]>> = BTreeMap::new();
        for copies in &self.copies {
            days.entry(self.stated[copies[0]].told.booked_on).or_default().push(copies);
        }
        let told = |place: usize, (first, last): (NaiveDate, NaiveDate)| {
            let of_days = days.range(first..=last).flat_map(|(_, places)| places).copied();
            of_days.filter(|copies| self.stated_of[copies[0]] == place).map(|copies| self.told(copies)).collect()
        };
        let together = Together::new(&self.statements, &told);
        let mut movements: Vec<Movement> = Vec::with_capacity(self.stated.len());
        for (day, places) in &days {
            let telling = |copies: &&[usize]| {
                let entry = &self.stated[copies[0]];
                Telling {
                    statement: self.stated_of[copies[0]],
                    movement: entry.lines[0].movement_id,
                    told: self.told(copies),
                    bearing: entry.bearing,
                }
            };
            let tellings: Vec<Telling<'_>> = places.iter().map(telling).collect();
            let before = movements.len();
            movements.extend(together.movements_of(*day, &tellings).into_iter().map(|row| Movement {
                tellings: row.tellings.iter().flat_map(|at| places[*at]).copied().collect(),
                rivals: row.rivals.iter().map(|at| at + before).collect(),
                ..row
            }));
        }
        together.settle_days(&mut movements, &|at| (self.stated_of[at], self.stated[at].told.effect()));
        for movement in &mut movements {
            // Of days further off, and of what is in doubt, less is known now than when they were read.
            if movement.doubt.is_some() || !self.is_near(movement) {
                let known = movement.tellings.iter().flat_map(|at| self.stated[*at].lines);
                let mut known = known.filter(|line| line.state != LineState::Again);
                movement.counts_on = known.find_map(|line| line.stated_on).unwrap_or(movement.counts_on);
            }
        }
        self.movements = movements;
        self.doubt_choices();
    }

    /// Of amounts alone that look the same a person booked one: which of them that was nobody knows, when more is told of them
    /// than one thing. Then the others wait.
    fn doubt_choices(&mut self) {
        let details = |row: &Movement| {
            let told = row.tellings.iter().map(|at| &self.stated[*at].told);
            told.max_by_key(|told| told.facts()).filter(|told| !told.is_bare()).cloned()
        };
        let is_bare = |row: &Movement, decided: bool| {
            let mut tellings = row.tellings.iter().map(|at| &self.stated[*at]);
            tellings.any(|entry| entry.told.is_bare() && (!decided || entry.is_decided()))
        };
        let decided = |row: &Movement| row.tellings.iter().any(|at| self.stated[*at].is_decided());
        let mut chosen: BTreeMap<_, Vec<(usize, EntryTold)>> = BTreeMap::new();
        for (at, row) in self.movements.iter().enumerate().filter(|(_, row)| is_bare(row, true)) {
            let Some(told) = details(row) else { continue };
            chosen.entry((told.booked_on, told.direction, told.amount)).or_default().push((at, told));
        }
        let mut doubted: Vec<(usize, Vec<usize>)> = Vec::new();
        for (at, row) in self.movements.iter().enumerate().filter(|(_, row)| !decided(row) && is_bare(row, false)) {
            let Some(told) = details(row) else { continue };
            let others = chosen.get(&(told.booked_on, told.direction, told.amount)).into_iter().flatten();
            let rivals: Vec<usize> =
                others.filter(|(_, other)| !told.tells_as(other)).map(|(other, _)| *other).collect();
            if !rivals.is_empty() {
                doubted.push((at, rivals));
            }
        }
        for (at, rivals) in doubted {
            let row = &mut self.movements[at];
            row.doubt = row.doubt.or(Some(ReadingDoubt::Unclear));
            row.rivals.extend(rivals);
        }
    }

    /// Whether what an entry is one with may change: it is new, or of a day near those that are read anew.
    fn may_change(&self, entry: &Entry<'_>) -> bool {
        entry.bearing == Bearing::Fresh || self.within(entry.told.booked_on)
    }

    /// What bears something of which some is near.
    fn near(&self) -> BTreeSet<BankEntryId> {
        let entries = self.stated.iter().chain(&self.announced);
        let near = entries.filter(|entry| self.within(entry.told.booked_on));
        near.flat_map(|entry| entry.lines).map(|line| line.movement_id).collect()
    }

    /// Whether it may change what an entry is one with, on either side: then neither stays as it was.
    fn may_part(&self, near: &BTreeSet<BankEntryId>, entry: &Entry<'_>) -> bool {
        self.may_change(entry) || entry.lines.iter().any(|line| near.contains(&line.movement_id))
    }

    fn is_near(&self, movement: &Movement) -> bool {
        movement.tellings.iter().any(|at| self.may_change(&self.stated[*at]))
    }

    /// What is booked stays booked: then what it may be the same as waits.
    fn trust_decisions(&mut self) {
        let is_decided = |movement: &Movement| movement.tellings.iter().any(|at| self.stated[*at].is_decided());
        let decided: Vec<bool> = self.movements.iter().map(is_decided).collect();
        for at in 0..self.movements.len() {
            if !decided[at] {
                continue;
            }
            let Some(doubt) = self.movements[at].doubt.take() else { continue };
            let rivals = self.movements[at].rivals.clone();
            let rival = rivals.into_iter().find(|rival| self.movements[*rival].doubt.is_none() && !decided[*rival]);
            if let Some(rival) = rival {
                self.movements[rival].doubt = Some(doubt);
                self.movements[rival].rivals.push(at);
            }
        }
    }

    fn within(&self, day: NaiveDate) -> bool {
        let (first, last) = self.run.inner();
        (first..=last).contains(&day)
    }

    /// Movements and announced entries that may be found to be one: those near what is read anew, and those further off that
    /// are not one with anything yet, or with something near.
    fn free(&self) -> (Vec<usize>, Vec<usize>) {
        // Of what is known to be one: whether some of it is near, what bears it is here, and for statements and notices whether
        // such a one is here, and is noted.
        #[derive(Default)]
        struct Linked {
            near: bool,
            bearer: bool,
            here: [bool; 2],
            noted: [bool; 2],
        }
        let mut linked: HashMap<BankEntryId, Linked> = HashMap::new();
        let mut note = |lines: &[BankLine], is_stated: bool| {
            for line in lines {
                let row = linked.entry(line.movement_id).or_default();
                row.near |= self.within(line.booked_on);
                row.bearer |= line.entry_id == line.movement_id;
                row.here[usize::from(is_stated)] = true;
                row.noted[1] |= line.state != LineState::Again && line.stated_in.is_some();
                row.noted[0] |= line.state != LineState::Again && line.announced_in.is_some();
            }
        };
        self.stated.iter().for_each(|entry| note(entry.lines, true));
        self.announced.iter().for_each(|entry| note(entry.lines, false));
        let is_free = |entry: &Entry<'_>, alone: bool| {
            entry.lines.iter().all(|line| {
                let row = &linked[&line.movement_id];
                let is_complete = (0..2).all(|kind| row.here[kind] || !row.noted[kind]);
                row.bearer && ((row.near && is_complete) || (alone && row.noted != [true; 2]))
            })
        };
        // What is told by entries that are read later is found then.
        let is_later = |row: &Movement| row.tellings.iter().any(|at| self.later.contains(&self.stated[*at].id()));
        let later = self.movements.iter().filter(|row| is_later(row)).flat_map(|row| &row.tellings);
        let later: BTreeSet<BankEntryId> =
            later.flat_map(|at| self.stated[*at].lines).map(|line| line.movement_id).collect();
        let is_movement_free = |row: &Movement| {
            if is_later(row) {
                return false;
            }
            let mut tellings = row.tellings.iter().map(|at| &self.stated[*at]);
            tellings.clone().any(|entry| entry.bearing == Bearing::Fresh) || tellings.all(|entry| is_free(entry, true))
        };
        let stated = self.movements.iter().enumerate().filter(|(_, row)| is_movement_free(row));
        let announced = self.announced.iter().enumerate().filter(|(_, entry)| {
            if self.later.contains(&entry.id()) || entry.lines.iter().any(|line| later.contains(&line.movement_id)) {
                return false;
            }
            // What waits is read with its own day.
            let alone = !matches!(entry.bearing, Bearing::Repeats | Bearing::Doubted);
            entry.bearing == Bearing::Fresh || is_free(entry, alone)
        });
        (stated.map(|(at, _)| at).collect(), announced.map(|(at, _)| at).collect())
    }

    fn stated_side(&self, at: usize) -> Side {
        let movement = &self.movements[at];
        let best = Self::best(movement.tellings.iter().map(|at| &self.stated[*at]));
        Side {
            told: best.told.clone(),
            parts: best.lines.iter().map(|line| part(line, best.told.direction)).collect(),
            teller: self.stated_of[movement.tellings[0]],
            decided: movement.tellings.iter().any(|at| self.stated[*at].is_decided()),
            doubted: movement.doubt.is_some(),
            alike: movement.rivals.iter().any(|rival| self.is_alike(movement, &self.movements[*rival])),
        }
    }

    /// Whether two movements are told alike in everything.
    fn is_alike(&self, one: &Movement, other: &Movement) -> bool {
        let told = |row: &Movement| row.tellings.iter().map(|at| &self.stated[*at].told).collect::<Vec<_>>();
        let others = told(other);
        told(one).into_iter().any(|one| others.iter().any(|other| one.likeness(other) == Some(Likeness::Equal)))
    }

    fn announced_side(&self, at: usize) -> Side {
        let entry = &self.announced[at];
        Side {
            told: entry.told.clone(),
            parts: entry.lines.iter().map(|line| part(line, entry.told.direction)).collect(),
            teller: self.announced_of[at],
            decided: entry.is_decided(),
            doubted: entry.bearing == Bearing::Doubted,
            alike: false,
        }
    }

    /// Of those that tell the same: what is booked; else what tells the most, of what is stored where it tells as much.
    fn best<'b>(entries: impl Iterator<Item = &'b Entry<'a>>) -> &'b Entry<'a>
    where
        'a: 'b,
    {
        entries.max_by_key(|entry| entry.rank()).expect("a movement is told by something")
    }

    /// Says for each line what it is to be.
    fn settle(&mut self, stated: &[usize], announced: &[usize], met: &Meetings) {
        let near = self.near();
        let mut alone: Vec<bool> = vec![true; stated.len()];
        let mut unmet: Vec<bool> = vec![true; announced.len()];
        for bond in &met.bonds {
            match bond {
                Bond::One { stated: one, announced: other } => {
                    (alone[*one], unmet[*other]) = (false, false);
                    self.bear(Some(stated[*one]), Some(announced[*other]), None);
                }
                Bond::AnnouncedApart { stated: whole, parts } => {
                    alone[*whole] = false;
                    let single = |(part, at): &(Option<usize>, usize)| {
                        (*part, Single { movement: None, announced: Some(announced[*at]) })
                    };
                    let singles: Vec<_> = parts.iter().map(single).collect();
                    for (_, at) in parts {
                        unmet[*at] = false;
                    }
                    self.bear_apart(&Single { movement: Some(stated[*whole]), announced: None }, &singles);
                }
                Bond::StatedApart { announced: whole, parts } => {
                    unmet[*whole] = false;
                    let single = |(part, at): &(Option<usize>, usize)| {
                        (*part, Single { movement: Some(stated[*at]), announced: None })
                    };
                    let singles: Vec<_> = parts.iter().map(single).collect();
                    for (_, at) in parts {
                        alone[*at] = false;
                    }
                    self.bear_apart(&Single { movement: None, announced: Some(announced[*whole]) }, &singles);
                }
            }
        }
        for (at, movement) in stated.iter().enumerate().filter(|(at, _)| alone[*at]) {
            if !self.movements[*movement].tellings.iter().any(|at| self.may_part(&near, &self.stated[*at])) {
                continue;
            }
            let again = met.perhaps.contains(&at).then_some(ReadingDoubt::Again);
            let doubt = self.movements[*movement].doubt.or(again);
            self.bear(Some(*movement), None, doubt);
        }
        let repeats = || met.repeats.iter().chain(&met.certain);
        let may_change = |at: usize| self.may_part(&near, &self.announced[announced[at]]);
        let unmet: Vec<bool> = (0..announced.len()).map(|at| unmet[at] && may_change(at)).collect();
        for (at, place) in announced.iter().enumerate().filter(|(at, _)| unmet[*at]) {
            if !repeats().any(|(again, _)| *again == at) {
                self.bear(None, Some(*place), None);
            }
        }
        for (at, of) in repeats().filter(|(at, _)| unmet[*at]) {
            let (again, of) = (announced[*at], announced[*of]);
            let day = self.announced[again].told.booked_on;
            let certain = met.certain.iter().any(|(certain, _)| certain == at) || self.is_told_to_its_end(day);
            if certain {
                let known = &self.announced[of].lines[0];
                let movement = self.wanted.get(&known.id).map_or(known.movement_id, |wanted| wanted.movement_id);
                let again = Self::again(&self.announced[again], movement);
                self.wanted.extend(again);
            } else {
                self.bear(None, Some(again), Some(ReadingDoubt::Again));
            }
        }
    }

    /// Whether a statement tells the whole of a day, or one that was made within it has the balance with which the next day begins.
    fn is_told_to_its_end(&self, day: NaiveDate) -> bool {
        let rows = || self.statements.iter().map(|row| &row.statement);
        rows().any(|row| {
            let next = |other: &Statement| Some(other.from_day) == day.succ_opt() && other.opening == row.closing;
            row.is_whole_on(day) || (row.to_day == day && row.closing.is_some() && rows().any(next))
        })
    }

    fn entries_of(&self, single: &Single) -> Vec<&Entry<'a>> {
        let stated = single.movement.iter().flat_map(|at| &self.movements[*at].tellings).map(|at| &self.stated[*at]);
        stated.chain(single.announced.iter().map(|at| &self.announced[*at])).collect()
    }

    /// Who tells something, as it is noted at the lines that bear it.
    fn facts(&self, single: &Single, movement_id: BankEntryId, doubt: Option<ReadingDoubt>) -> Wanted {
        let movement = single.movement.map(|at| &self.movements[at]);
        let first = movement.and_then(|row| row.tellings.first()).map(|at| self.stated[*at].statement);
        Wanted {
            bears: true,
            doubt,
            movement_id,
            announced_in: single.announced.map(|at| self.announced[at].statement),
            stated_in: first,
            stated_on: movement.map(|row| row.counts_on),
        }
    }

    /// Lines of an entry bear, by these facts; one of a statement names its own.
    fn own(entry: &Entry<'_>, facts: Wanted) -> Wanted {
        let stated_in = if entry.is_stated { Some(entry.statement) } else { facts.stated_in };
        Wanted { stated_in, ..facts }
    }

    /// An entry that repeats another: it names its own teller alone.
    fn again(entry: &Entry<'_>, movement_id: BankEntryId) -> Vec<(BankLineId, Wanted)> {
        let is_stated = entry.is_stated;
        let again = |line: &BankLine| Wanted {
            bears: false,
            doubt: None,
            movement_id,
            announced_in: (!is_stated).then_some(entry.statement),
            stated_in: is_stated.then_some(entry.statement),
            stated_on: line.stated_on.filter(|_| is_stated),
        };
        entry.lines.iter().map(|line| (line.id, again(line))).collect()
    }

    /// One movement: the best of what tells it bears it, the others repeat it.
    fn bear(&mut self, movement: Option<usize>, announced: Option<usize>, doubt: Option<ReadingDoubt>) {
        let single = Single { movement, announced };
        let entries = self.entries_of(&single);
        let bearer = Self::best(entries.iter().copied());
        let facts = self.facts(&single, bearer.id(), doubt);
        let (mut wanted, mut twice) = (Vec::new(), Vec::new());
        let own = Self::own(bearer, facts);
        wanted.extend(bearer.lines.iter().map(|line| (line.id, own)));
        for entry in entries.into_iter().filter(|entry| entry.id() != bearer.id()) {
            if entry.is_decided() {
                twice.push(entry.id());
            } else {
                wanted.extend(Self::again(entry, bearer.id()));
            }
        }
        self.wanted.extend(wanted);
        self.twice.extend(twice);
    }

    /// A whole that is told in parts on the other side: what is booked bears; else what tells the most.
    fn bear_apart(&mut self, whole: &Single, singles: &[(Option<usize>, Single)]) {
        let tellers = self.entries_of(whole);
        let best = Self::best(tellers.iter().copied());
        let single_entries: Vec<Vec<&Entry<'a>>> = singles.iter().map(|(_, single)| self.entries_of(single)).collect();
        let booked = single_entries.iter().flatten().any(|entry| entry.is_decided());
        let by_whole = best.is_decided() || !(booked || best.told.is_bare());
        let (mut wanted, mut twice) = (Vec::new(), Vec::new());
        let bearers: Vec<&Entry<'a>> =
            single_entries.iter().map(|entries| Self::best(entries.iter().copied())).collect();
        let movement_id = if by_whole { best.id() } else { bearers[0].id() };
        // What is booked bears: of each part by itself, where it is told apart.
        let whole_bears = |place: Option<usize>| {
            let apart = singles.iter().position(|(part, _)| part.is_some() && *part == place);
            let (Some(place), Some(apart)) = (place, apart) else { return by_whole };
            let single_is = single_entries[apart].iter().any(|entry| entry.is_decided());
            is_decided(&best.lines[place]) || (by_whole && !single_is)
        };
        // The whole, line by line: those that were told apart, and the rest.
        for (place, line) in best.lines.iter().enumerate() {
            let single =
                singles.iter().find(|(part, _)| part.is_none_or(|part| part == place)).map(|(_, single)| single);
            let both = single.map_or(whole.clone(), |single| Single {
                movement: whole.movement.or(single.movement),
                announced: whole.announced.or(single.announced),
            });
            let mut facts = Self::own(best, self.facts(&both, movement_id, None));
            facts.bears = single.is_none() || whole_bears(Some(place));
            wanted.push((line.id, facts));
        }
        for entry in tellers.iter().filter(|entry| entry.id() != best.id()) {
            if entry.is_decided() {
                twice.push(entry.id());
            } else {
                wanted.extend(Self::again(entry, movement_id));
            }
        }
        for (((part, single), entries), bearer) in singles.iter().zip(&single_entries).zip(&bearers) {
            let both = Single {
                movement: whole.movement.or(single.movement),
                announced: whole.announced.or(single.announced),
            };
            for entry in entries {
                let bears = !whole_bears(*part) && entry.id() == bearer.id();
                if entry.is_decided() && !bears {
                    twice.push(entry.id());
                } else if bears {
                    let facts = Self::own(entry, self.facts(&both, movement_id, None));
                    wanted.extend(entry.lines.iter().map(|line| (line.id, facts)));
                } else {
                    wanted.extend(Self::again(entry, movement_id));
                }
            }
        }
        self.wanted.extend(wanted);
        self.twice.extend(twice);
    }
}

/// Whether a line is booked, or a person decided on it.
fn is_decided(line: &BankLine) -> bool {
    line.state == LineState::Booked || (line.state == LineState::SetAside && line.decided_by.is_some())
}

/// What tells something: a movement of statements, an announced entry, or both.
#[derive(Clone, Debug)]
struct Single {
    movement: Option<usize>,
    announced: Option<usize>,
}
