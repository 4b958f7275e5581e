//! Which entries of the bank are one (BANK-2, BANK-3), by what is told about them: pure, and the same for a preview, an
//! import and a re-check.
//!
//! A *telling* is an entry as one statement or notice told it. A *movement* is money that moved once; it is told by one or
//! more tellings, of which one, its *bearer*, has the lines that are booked. Everything here works on a set of tellings of
//! one booking day, so the order in which files come does not matter: a later file can only add a telling, and the day is
//! read anew.
//!
//! Nothing is decided by a reference alone: references recur, serve two entries, or are missing. They only tell entries
//! apart where both have one.

use super::{
    BankEntryId, BankLineId, Cents,
    bank::Direction,
    bank_statement::{Chains, Statement},
    matching::{BankLine, LineState},
};
use chrono::NaiveDate;
use std::cmp::Reverse;

/// The most days between a notice and the statement that tells the same (BANK-3).
pub const NOTICE_DAYS: i64 = 3;
/// After how many days a notice that no statement met is listed (BANK-3).
pub const STATED_WITHIN_DAYS: u64 = 5;

/// What a part of an entry tells, as far as entries are compared by it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartTold {
    /// How much moved, the bank's charge taken into account.
    pub amount: Cents,
    /// The other side's account.
    pub iban: Option<String>,
    /// Free or structured text.
    pub text: Option<String>,
    /// The bank's reference (`AcctSvcrRef`).
    pub servicer_reference: Option<String>,
    /// `TxId`.
    pub transaction_reference: Option<String>,
    /// `EndToEndId`.
    pub end_to_end_id: Option<String>,
    /// The mandate.
    pub mandate: Option<String>,
    /// It tells more than an amount.
    pub detailed: bool,
}

/// What an entry tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryTold {
    /// Which way.
    pub direction: Direction,
    /// How much moved on the account.
    pub amount: Cents,
    /// The day on which the bank booked it.
    pub booked_on: NaiveDate,
    /// The bank's reference of the entry (`AcctSvcrRef`).
    pub reference: Option<String>,
    /// Of a batch of ours: the payment group or message.
    pub batch: Option<String>,
    /// Its parts; at least one.
    pub parts: Vec<PartTold>,
}

impl EntryTold {
    /// What the lines of one entry tell.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn of(lines: &[&BankLine]) -> Self {
        let first = lines.first().expect("an entry has at least one line");
        let mut parts: Vec<PartTold> = lines.iter().map(|line| part(line)).collect();
        parts.sort();
        Self {
            direction: first.direction,
            amount: parts.iter().map(|part| part.amount).sum(),
            booked_on: first.booked_on,
            reference: first.entry_reference.clone(),
            batch: first.batch.clone().or_else(|| first.batch_message.clone()),
            parts,
        }
    }

    /// Whether it tells an amount alone.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.parts.len() == 1 && !self.parts[0].detailed
    }

    /// How alike two are; nothing when they cannot be one.
    fn likeness(&self, other: &Self) -> Option<Likeness> {
        if (self.direction, self.amount) != (other.direction, other.amount) {
            return None;
        }
        let mut apart = differ(self.reference.as_ref(), other.reference.as_ref());
        apart |= differ(self.batch.as_ref(), other.batch.as_ref());
        if self.parts.len() == other.parts.len() {
            let pairs = || self.parts.iter().zip(&other.parts);
            apart |= pairs().any(|(one, other)| one.is_apart_from(other));
            if !apart
                && pairs()
                    .all(|(one, other)| one.amount == other.amount && one.iban == other.iban && one.text == other.text)
            {
                return Some(Likeness::Equal);
            }
            let shares = same(self.reference.as_ref(), other.reference.as_ref())
                || pairs().all(|(one, other)| one.shares_reference(other));
            let payers = pairs().all(|(one, other)| one.iban == other.iban);
            return Some(match () {
                () if apart => Likeness::Apart,
                () if shares && pairs().all(|(one, other)| !differ(one.iban.as_ref(), other.iban.as_ref())) => {
                    Likeness::Reference
                }
                () if (payers && pairs().all(|(one, _)| one.iban.is_some())) || self.is_bare() != other.is_bare() => {
                    Likeness::Payer
                }
                () => Likeness::Amount,
            });
        }
        Some(match () {
            () if apart => Likeness::Apart,
            () if self.is_bare() || other.is_bare() => Likeness::Payer,
            () => Likeness::Amount,
        })
    }
}

/// How alike two tellings of the same direction and amount are; the last is the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// References tell them apart.
    Apart,
    /// Nothing but the amount.
    Amount,
    /// The same payer, or one tells an amount alone.
    Payer,
    /// The same reference.
    Reference,
    /// Everything by which entries are compared (BANK-2).
    Equal,
}

fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

fn same<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one == other)
}

impl PartTold {
    fn references(&self) -> [Option<&String>; 4] {
        [
            self.servicer_reference.as_ref(),
            self.transaction_reference.as_ref(),
            self.end_to_end_id.as_ref(),
            self.mandate.as_ref(),
        ]
    }

    fn is_apart_from(&self, other: &Self) -> bool {
        self.references().into_iter().zip(other.references()).any(|(one, other)| differ(one, other))
    }

    fn shares_reference(&self, other: &Self) -> bool {
        self.references().into_iter().zip(other.references()).take(3).any(|(one, other)| same(one, other))
    }
}

/// What a line tells, as far as entries are compared by it.
#[must_use]
pub fn part(line: &BankLine) -> PartTold {
    PartTold {
        amount: line.moved(),
        iban: line.iban.clone(),
        text: line.structured.clone().or_else(|| line.text.clone()),
        servicer_reference: line.reference.clone(),
        transaction_reference: line.transaction_reference.clone(),
        end_to_end_id: line.end_to_end_id.clone(),
        mandate: line.mandate.clone(),
        detailed: !line.is_bare(),
    }
}

/// What is known of the lines of a telling that bears a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearing {
    /// They are to be stored: nobody decided on them yet.
    Fresh,
    /// They repeat what others bear.
    Repeats,
    /// They wait because it was not clear whether they are a movement of their own.
    Doubted,
    /// They were not booked: new, waiting for another reason, or not for these books by the rules.
    Unbooked,
    /// They are booked, or a person decided on them.
    Decided,
}

impl Bearing {
    /// Of the lines of an entry that is stored.
    #[must_use]
    pub fn of(lines: &[&BankLine]) -> Self {
        let any = |state: LineState| lines.iter().any(|line| line.state == state);
        let by_person = lines.iter().any(|line| line.state == LineState::SetAside && line.decided_by.is_some());
        match () {
            () if any(LineState::Booked) || by_person => Self::Decided,
            () if lines.iter().all(|line| line.state == LineState::Again) => Self::Repeats,
            () if lines.iter().any(|line| line.state == LineState::Open && line.reading_doubt().is_some()) => {
                Self::Doubted
            }
            () => Self::Unbooked,
        }
    }
}

/// An entry as a statement told it.
#[derive(Clone, Debug)]
pub struct Telling {
    /// Identity.
    pub entry: BankEntryId,
    /// Its statement, by its place among those that are read together.
    pub statement: usize,
    /// The entry that bears its movement, as far as is known: itself while it is new.
    pub movement: BankEntryId,
    /// What it tells.
    pub told: EntryTold,
    /// What is known of its lines.
    pub bearing: Bearing,
}

/// Why it is not clear whether an entry is a movement of its own (BANK-1, BANK-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadingDoubt {
    /// Statements that tell the whole day do not agree on how many there were.
    Surplus,
    /// Statements of one day, of which nothing tells whether one goes on where the other ends.
    Unclear,
    /// A notice that tells what was announced before.
    Again,
}

/// Money that moved once, with the tellings (by their place) that tell it, in the order in which they were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Tellings by their place; at least one.
    pub tellings: Vec<usize>,
    /// Whether it is in doubt.
    pub doubt: Option<ReadingDoubt>,
    /// Movements (by their place) that it may be the same as.
    pub rivals: Vec<usize>,
    /// The day on which it counts in the balances of statements.
    pub counts_on: Option<NaiveDate>,
}

/// The statements of an account that are read together.
#[derive(Debug)]
pub struct Together<'a> {
    statements: &'a [Statement],
    chains: Chains,
}

impl<'a> Together<'a> {
    /// Of these.
    #[must_use]
    pub fn new(statements: &'a [Statement]) -> Self {
        Self { statements, chains: Chains::of(statements) }
    }

    /// Whether a statement tells everything of a day: not where another tells another part of it.
    fn is_whole(&self, place: usize, day: NaiveDate) -> bool {
        let mine = &self.statements[place];
        let part = |other: usize| {
            let row = &self.statements[other];
            other != place
                && row.covers(day)
                && (self.chains.chained(place, other) || mine.may_follow(row) || row.may_follow(mine))
        };
        mine.is_whole_on(day) && !(0..self.statements.len()).any(part)
    }

    /// The movements of one booking day (BANK-2). `tellings` are those of the day, of whatever statement.
    #[must_use]
    pub fn movements_of(&self, day: NaiveDate, tellings: &[Telling]) -> Vec<Movement> {
        let mut places: Vec<usize> = tellings.iter().map(|telling| telling.statement).collect();
        places.sort_unstable();
        places.dedup();
        let rank = |place: &usize| {
            let row = &self.statements[*place];
            let whole = self.is_whole(*place, day);
            // Of those that tell the whole day the newest knows best; those that do not come in the order in which they grew.
            (
                !whole,
                whole.then_some(Reverse(row.made_at)),
                (row.made_at, row.sequence.is_none(), row.sequence),
                Reverse(row.from_day),
                row.entries,
                row.id,
            )
        };
        places.sort_by_key(rank);
        let mut day = Day { together: self, date: day, tellings, movements: Vec::new(), read: Vec::new() };
        for place in places {
            day.add(place);
            day.read.push(place);
        }
        let mut movements = day.movements;
        for movement in &mut movements {
            movement.counts_on = self.counts_on(movement, tellings);
        }
        movements
    }

    /// The day on which a movement counts: that on which the bank booked it, where a statement tells it that begins later the
    /// first day of that; and after all that tell its booking day wholly without telling it, and ended before those that do.
    fn counts_on(&self, movement: &Movement, tellings: &[Telling]) -> Option<NaiveDate> {
        let telling = || movement.tellings.iter().map(|at| tellings[*at].statement);
        let booked_on = tellings[*movement.tellings.first()?].told.booked_on;
        let told = telling().map(|place| self.statements[place].from_day.max(booked_on)).max()?;
        let last = telling().map(|place| self.statements[place].to_day).min()?;
        let without = (0..self.statements.len()).filter(|place| {
            let row = &self.statements[*place];
            row.covers(booked_on)
                && row.to_day < last
                && row.is_whole_on(row.to_day)
                && self.is_whole(*place, booked_on)
                && !telling().any(|teller| teller == *place || self.chains.chained(teller, *place))
        });
        let after = without.filter_map(|place| self.statements[place].to_day.succ_opt()).max();
        Some(after.map_or(told, |after| after.max(told)))
    }

    /// Whether one statement tells everything that another tells.
    fn contains(&self, place: usize, other: usize) -> bool {
        let (mine, row) = (&self.statements[place], &self.statements[other]);
        mine.contains(row) && !mine.may_follow(row) && !row.may_follow(mine) && !self.chains.chained(place, other)
    }
}

/// A day while its statements are read one after the other.
struct Day<'a> {
    together: &'a Together<'a>,
    date: NaiveDate,
    tellings: &'a [Telling],
    movements: Vec<Movement>,
    read: Vec<usize>,
}

impl Day<'_> {
    fn clear(&mut self, at: usize) {
        self.movements.push(Movement { tellings: vec![at], doubt: None, rivals: Vec::new(), counts_on: None });
    }

    /// A movement in doubt: it may be one of those of the same direction and amount.
    fn doubt(&mut self, at: usize, doubt: ReadingDoubt) {
        let money = |at: usize| (self.tellings[at].told.direction, self.tellings[at].told.amount);
        let like = |place: &usize| money(self.movements[*place].tellings[0]) == money(at);
        let rivals = (0..self.movements.len()).filter(like).collect();
        self.movements.push(Movement { tellings: vec![at], doubt: Some(doubt), rivals, counts_on: None });
    }

    /// Reads one more statement of the day.
    fn add(&mut self, place: usize) {
        let statements = self.together.statements;
        let mine = &statements[place];
        let apart =
            |other: usize| self.together.chains.chained(place, other) || mine.is_disjoint_from(&statements[other]);
        let others: Vec<usize> = self.read.iter().copied().filter(|other| !apart(*other)).collect();
        let mut rest: Vec<usize> =
            (0..self.tellings.len()).filter(|at| self.tellings[*at].statement == place).collect();
        if others.is_empty() {
            for at in rest {
                self.clear(at);
            }
            return;
        }
        let told_apart = |movement: &Movement| {
            movement
                .tellings
                .iter()
                .any(|at| self.tellings[*at].statement == place || apart(self.tellings[*at].statement))
        };
        let mut left: Vec<usize> = (0..self.movements.len()).filter(|at| !told_apart(&self.movements[*at])).collect();
        let whole = others
            .iter()
            .any(|other| self.together.is_whole(*other, self.date) || self.together.contains(*other, place));
        let grows = others.iter().all(|other| {
            mine.begins_with(&statements[*other])
                || mine.widens(&statements[*other])
                || self.together.contains(place, *other)
        });
        let goes_on = |other: &usize| {
            mine.opening.is_some() && mine.opening == statements[*other].closing && statements[*other].entries > 0
        };
        let before = (self.movements.clone(), rest.clone(), left.clone());
        if whole || grows {
            self.pair((&mut rest, &mut left), Likeness::Payer);
        }
        if !whole && grows && !left.is_empty() && others.iter().any(goes_on) {
            // It lacks what the other tells, and opens with its closing balance: it goes on rather than tells again.
            (self.movements, rest, left) = before;
        } else if whole || grows {
            let certain = (self.movements.clone(), rest.clone());
            let least =
                if whole && self.together.is_whole(place, self.date) { Likeness::Apart } else { Likeness::Amount };
            self.pair((&mut rest, &mut left), least);
            if !rest.is_empty() {
                // By the amount alone only where all of it finds a place.
                (self.movements, rest) = certain;
            }
            for at in rest {
                match () {
                    () if whole => self.doubt(at, ReadingDoubt::Surplus),
                    // What the shorter one tells must be in the longer one; where it is not, neither is to be trusted.
                    () if !left.is_empty() => self.doubt(at, ReadingDoubt::Unclear),
                    () => self.clear(at),
                }
            }
            return;
        }
        // Statements within one day (BANK-1): with sequence numbers only what looks told already is in doubt; without, all.
        let numbered = mine.sequence.is_some() && others.iter().all(|other| statements[*other].sequence.is_some());
        self.add_within(rest, left, numbered);
    }

    /// Reads a statement that tells a part of the day, as others do: what looks told already, and without numbers all of it,
    /// is in doubt (BANK-1).
    fn add_within(&mut self, rest: Vec<usize>, mut left: Vec<usize>, numbered: bool) {
        for at in rest {
            let told = &self.tellings[at].told;
            let is_equal = |other: &usize| {
                let known = self.movements[*other].tellings.iter();
                known.map(|other| self.tellings[*other].told.likeness(told)).any(|like| like == Some(Likeness::Equal))
            };
            let linked = |other: &usize| {
                self.movements[*other]
                    .tellings
                    .iter()
                    .any(|other| self.tellings[*other].movement == self.tellings[at].movement)
            };
            if let Some(known) = left.iter().position(linked) {
                // They were found to be one before.
                let movement = left.remove(known);
                self.movements[movement].tellings.push(at);
                continue;
            }
            let equal = left.iter().position(is_equal).map(|found| left.remove(found));
            if numbered && equal.is_none() { self.clear(at) } else { self.doubt(at, ReadingDoubt::Unclear) }
        }
    }

    /// Pairs what is left one to one, the most alike first, down to `least`; what was found to be one before stays so.
    fn pair(&mut self, (rest, left): (&mut Vec<usize>, &mut Vec<usize>), least: Likeness) {
        let tellings = self.tellings;
        for wanted in [Likeness::Equal, Likeness::Reference, Likeness::Payer, Likeness::Amount, Likeness::Apart] {
            if wanted < least {
                return;
            }
            for round in 0..3 {
                let mut unpaired = Vec::with_capacity(rest.len());
                for at in std::mem::take(rest) {
                    let told = &tellings[at];
                    let fits = |movement: &usize| {
                        let known = &self.movements[*movement].tellings;
                        let like = known.iter().filter_map(|other| tellings[*other].told.likeness(&told.told)).max();
                        let one_before = || known.iter().any(|other| tellings[*other].movement == told.movement);
                        like == Some(wanted)
                            && match round {
                                0 => one_before(),
                                1 => !self.is_promised(*movement, at),
                                _ => true,
                            }
                    };
                    match left.iter().position(fits) {
                        Some(found) => {
                            let movement = left.remove(found);
                            self.movements[movement].tellings.push(at);
                        }
                        None => unpaired.push(at),
                    }
                }
                *rest = unpaired;
            }
        }
    }

    /// Whether a movement was found before to be one with a telling that was not read yet.
    fn is_promised(&self, movement: usize, to_other_than: usize) -> bool {
        let known = &self.movements[movement].tellings;
        let read = |at: &usize| self.movements.iter().any(|movement| movement.tellings.contains(at));
        let linked =
            |at: &usize| known.iter().any(|other| self.tellings[*other].movement == self.tellings[*at].movement);
        (0..self.tellings.len()).any(|at| at != to_other_than && linked(&at) && !read(&at))
    }
}

/// What a movement asks to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Store the lines of a telling, to be booked or, in doubt, to wait.
    Bear(BankEntryId, Option<ReadingDoubt>),
    /// The lines of a telling repeat what another bears.
    Repeat {
        /// Which telling.
        entry: BankEntryId,
        /// The one that bears.
        of: BankEntryId,
    },
    /// What waited in doubt is clear now.
    Release(BankEntryId),
    /// What was not booked yet is in doubt now.
    Doubt(BankEntryId, ReadingDoubt),
    /// What bears counts on this day.
    Counts(BankEntryId, NaiveDate),
    /// Two are booked for what is one: a person undoes one of them.
    Twice(BankEntryId),
}

/// What follows from the movements of a day for lines that are stored or are to be.
#[must_use]
pub fn steps(movements: &[Movement], tellings: &[Telling]) -> Vec<Step> {
    let is_decided = |movement: &Movement| movement.tellings.iter().any(|at| tellings[*at].bearing == Bearing::Decided);
    let mut doubts: Vec<Option<ReadingDoubt>> = movements.iter().map(|movement| movement.doubt).collect();
    for (at, movement) in movements.iter().enumerate().filter(|(_, movement)| is_decided(movement)) {
        // What is booked stays booked: then the one that it may be the same as waits.
        if let Some(doubt) = doubts[at].take()
            && let Some(rival) =
                movement.rivals.iter().find(|rival| doubts[**rival].is_none() && !is_decided(&movements[**rival]))
        {
            doubts[*rival] = Some(doubt);
        }
    }
    let mut steps = Vec::new();
    for (movement, doubt) in movements.iter().zip(doubts) {
        let all = || movement.tellings.iter().map(|at| &tellings[*at]);
        let bears = |telling: &&Telling| !matches!(telling.bearing, Bearing::Fresh | Bearing::Repeats);
        let most = |telling: &&Telling| (!telling.told.is_bare(), telling.told.parts.len());
        let best = |list: &mut dyn Iterator<Item = &Telling>| {
            list.max_by_key(|telling| (most(telling), bears(telling), Reverse(telling.entry)))
                .map(|telling| telling.entry)
        };
        // What is booked stays; else what tells the most, of what is stored where it tells as much.
        let decided = best(&mut all().filter(|telling| telling.bearing == Bearing::Decided));
        let Some(bearer) = decided.or_else(|| best(&mut all())) else { continue };
        let Some(chosen) = all().find(|telling| telling.entry == bearer) else { continue };
        match (chosen.bearing, doubt) {
            (Bearing::Fresh | Bearing::Repeats, doubt) => steps.push(Step::Bear(bearer, doubt)),
            (Bearing::Doubted, None) => steps.push(Step::Release(bearer)),
            (Bearing::Unbooked, Some(doubt)) => steps.push(Step::Doubt(bearer, doubt)),
            (Bearing::Doubted | Bearing::Decided, _) | (Bearing::Unbooked, None) => {}
        }
        for telling in all().filter(|telling| telling.entry != bearer) {
            match telling.bearing {
                Bearing::Repeats => {}
                Bearing::Decided => steps.push(Step::Twice(telling.entry)),
                Bearing::Fresh | Bearing::Doubted | Bearing::Unbooked => {
                    steps.push(Step::Repeat { entry: telling.entry, of: bearer });
                }
            }
        }
        steps.extend(movement.counts_on.map(|day| Step::Counts(bearer, day)));
    }
    steps
}

/// An entry that another kind of file may tell as well (BANK-3).
#[derive(Clone, Debug)]
pub struct Unmet {
    /// What it tells.
    pub told: EntryTold,
    /// Its lines, each with what it tells.
    pub lines: Vec<(BankLineId, PartTold)>,
    /// Its notice and day: parts of a batch are told together.
    pub group: String,
    /// It waits in doubt: it steps back for one that does not.
    pub doubted: bool,
}

/// What an entry met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// Nothing that it could be.
    Nothing,
    /// These lines, which it tells again.
    Lines(Vec<BankLineId>),
    /// Something of the same payer and amount with another text: it may be that, or not.
    Perhaps,
}

/// Which of `open` each of `entries` tells again; each line is met once (BANK-3). Those that are equal meet first, then by a
/// reference, by the payer, and last where one tells an amount alone.
#[must_use]
pub fn meetings(entries: &[EntryTold], open: &[Unmet]) -> Vec<Meeting> {
    let mut met = vec![Meeting::Nothing; entries.len()];
    let mut taken: Vec<Vec<bool>> = open.iter().map(|row| vec![false; row.lines.len()]).collect();
    let mut fits: Vec<(Reverse<Likeness>, bool, i64, NaiveDate, usize, usize)> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        for (place, other) in open.iter().enumerate() {
            match encounter(entry, &other.told) {
                Encounter::Apart => {}
                Encounter::Perhaps => met[at] = Meeting::Perhaps,
                Encounter::Fits(like) => {
                    let days = (entry.booked_on - other.told.booked_on).num_days().abs();
                    fits.push((Reverse(like), other.doubted, days, other.told.booked_on, at, place));
                }
            }
        }
    }
    fits.sort();
    for (.., at, place) in fits {
        if !matches!(met[at], Meeting::Lines(_)) && taken[place].iter().all(|taken| !taken) {
            taken[place].fill(true);
            met[at] = Meeting::Lines(open[place].lines.iter().map(|(line, _)| *line).collect());
        }
    }
    for (at, entry) in entries.iter().enumerate() {
        if matches!(met[at], Meeting::Lines(_)) {
            continue;
        }
        let found = if entry.is_bare() || entry.batch.is_some() { batch(entry, open, &mut taken) } else { None };
        let found = found.or_else(|| part_of(entry, open, &mut taken)).or_else(|| in_parts(entry, open, &mut taken));
        if let Some(lines) = found {
            met[at] = Meeting::Lines(lines);
        }
    }
    met
}

fn is_near(one: &EntryTold, other: &EntryTold) -> bool {
    (one.booked_on - other.booked_on).num_days().abs() <= NOTICE_DAYS
}

enum Encounter {
    Apart,
    Perhaps,
    Fits(Likeness),
}

fn encounter(one: &EntryTold, other: &EntryTold) -> Encounter {
    let Some(like) = one.likeness(other).filter(|like| *like > Likeness::Apart && is_near(one, other)) else {
        return Encounter::Apart;
    };
    if one.parts.len() != other.parts.len() {
        return Encounter::Fits(like);
    }
    let pairs = || one.parts.iter().zip(&other.parts);
    if pairs().any(|(one, other)| differ(one.iban.as_ref(), other.iban.as_ref())) {
        return Encounter::Apart;
    }
    let texts_differ = pairs().any(|(one, other)| {
        one.text.as_ref().zip(other.text.as_ref()).is_some_and(|(one, other)| are_other_texts(one, other))
    });
    if texts_differ && like < Likeness::Reference { Encounter::Perhaps } else { Encounter::Fits(like) }
}

/// Whether two texts say something else: neither is a part of the other, whatever the white space and the marks between.
fn are_other_texts(one: &str, other: &str) -> bool {
    let letters =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let (one, other) = (letters(one), letters(other));
    !one.contains(&other) && !other.contains(&one)
}

/// A batch that is told as one sum, and was told in parts: all of a notice or group that add up.
fn batch(entry: &EntryTold, open: &[Unmet], taken: &mut [Vec<bool>]) -> Option<Vec<BankLineId>> {
    let is_free = |place: &usize| {
        let row = &open[*place];
        taken[*place].iter().all(|taken| !taken) && row.told.direction == entry.direction && is_near(entry, &row.told)
    };
    let candidates: Vec<usize> = (0..open.len()).filter(is_free).collect();
    let key = |place: usize| open[place].told.batch.clone().unwrap_or_else(|| open[place].group.clone());
    let mut groups: Vec<String> = candidates.iter().map(|place| key(*place)).collect();
    groups.sort();
    groups.dedup();
    for group in groups {
        let parts: Vec<usize> = candidates.iter().filter(|place| key(**place) == group).copied().collect();
        let told = parts.first().and_then(|place| open[*place].told.batch.as_ref());
        let sum: Cents = parts.iter().map(|place| open[*place].told.amount).sum();
        if parts.len() > 1 && sum == entry.amount && !differ(told, entry.batch.as_ref()) {
            for place in &parts {
                taken[*place].fill(true);
            }
            return Some(parts.iter().flat_map(|place| open[*place].lines.iter().map(|(line, _)| *line)).collect());
        }
    }
    None
}

/// An entry of one part that was told as a part of a larger entry.
fn part_of(entry: &EntryTold, open: &[Unmet], taken: &mut [Vec<bool>]) -> Option<Vec<BankLineId>> {
    let [own] = &entry.parts[..] else { return None };
    for (place, row) in open.iter().enumerate().filter(|(_, row)| row.told.parts.len() > 1) {
        if row.told.direction != entry.direction
            || !is_near(entry, &row.told)
            || differ(row.told.batch.as_ref(), entry.batch.as_ref())
        {
            continue;
        }
        let fits = |at: &usize| {
            let part = &row.lines[*at].1;
            let tells = same(part.iban.as_ref(), own.iban.as_ref())
                || part.shares_reference(own)
                || same(part.text.as_ref(), own.text.as_ref());
            !taken[place][*at]
                && part.amount == own.amount
                && (tells || !own.detailed)
                && !part.is_apart_from(own)
                && !differ(part.iban.as_ref(), own.iban.as_ref())
        };
        if let Some(at) = (0..row.lines.len()).find(fits) {
            taken[place][at] = true;
            return Some(vec![row.lines[at].0]);
        }
    }
    None
}

/// An entry in parts, each of which was told apart.
fn in_parts(entry: &EntryTold, open: &[Unmet], taken: &mut [Vec<bool>]) -> Option<Vec<BankLineId>> {
    if entry.parts.len() < 2 {
        return None;
    }
    let mut found: Vec<usize> = Vec::new();
    for own in &entry.parts {
        let fits = |place: &usize| {
            let row = &open[*place];
            let ([part], [(_, _)]) = (&row.told.parts[..], &row.lines[..]) else { return false };
            let tells = same(part.iban.as_ref(), own.iban.as_ref())
                || part.shares_reference(own)
                || same(row.told.batch.as_ref(), entry.batch.as_ref())
                || same(part.text.as_ref(), own.text.as_ref());
            !taken[*place][0]
                && !found.contains(place)
                && row.told.direction == entry.direction
                && is_near(entry, &row.told)
                && !differ(row.told.batch.as_ref(), entry.batch.as_ref())
                && part.amount == own.amount
                && tells
                && !part.is_apart_from(own)
                && !differ(part.iban.as_ref(), own.iban.as_ref())
        };
        found.push((0..open.len()).find(fits)?);
    }
    for place in &found {
        taken[*place][0] = true;
    }
    Some(found.into_iter().map(|place| open[place].lines[0].0).collect())
}

/// Whether a notice may tell again what another notice told on the same day: equal, or one with fewer details.
#[must_use]
pub fn is_repeated(one: &EntryTold, other: &EntryTold) -> bool {
    let like = one.likeness(other).is_some_and(|like| like >= Likeness::Payer);
    let fits = matches!(encounter(one, other), Encounter::Fits(_));
    one.booked_on == other.booked_on && like && fits
}
