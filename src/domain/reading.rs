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
        if self.parts.len() == other.parts.len() {
            let pairs = || self.parts.iter().zip(&other.parts);
            apart |= pairs().any(|(one, other)| one.is_apart_from(other));
            if !apart && pairs().all(|(one, other)| one.amount == other.amount && one.iban == other.iban && one.text == other.text) {
                return Some(Likeness::Equal);
            }
            let shares = same(self.reference.as_ref(), other.reference.as_ref()) || pairs().all(|(one, other)| one.shares_reference(other));
            let payers = pairs().all(|(one, other)| one.iban == other.iban);
            return Some(match () {
                () if apart => Likeness::Apart,
                () if shares && pairs().all(|(one, other)| !differ(one.iban.as_ref(), other.iban.as_ref())) => Likeness::Reference,
                () if (payers && pairs().all(|(one, _)| one.iban.is_some())) || self.is_bare() != other.is_bare() => Likeness::Payer,
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

/// Whether two tellings are equal in everything by which entries are compared (BANK-2).
#[must_use]
pub fn equal(one: &EntryTold, other: &EntryTold) -> bool {
    one.booked_on == other.booked_on && one.likeness(other) == Some(Likeness::Equal)
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

fn part(line: &BankLine) -> PartTold {
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
            () if lines.iter().any(|line| line.state == LineState::Open && line.reading_doubt().is_some()) => Self::Doubted,
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

    /// The movements of one booking day (BANK-2). `tellings` are those of the day, of whatever statement.
    #[must_use]
    pub fn movements_of(&self, day: NaiveDate, tellings: &[Telling]) -> Vec<Movement> {
        let mut places: Vec<usize> = tellings.iter().map(|telling| telling.statement).collect();
        places.sort_unstable();
        places.dedup();
        let rank = |place: &usize| {
            let row = &self.statements[*place];
            let whole = row.is_whole_on(day);
            // Of those that tell the whole day the newest knows best; those that do not come in the order in which they grew.
            (!whole, whole.then_some(Reverse(row.made_at)), row.made_at, row.sequence, row.from_day, row.entries, row.id)
        };
        places.sort_by_key(rank);
        let mut movements: Vec<Movement> = Vec::new();
        let mut read: Vec<usize> = Vec::new();
        for place in places {
            let own: Vec<usize> = (0..tellings.len()).filter(|at| tellings[*at].statement == place).collect();
            self.add(day, (place, &own), &read, tellings, &mut movements);
            read.push(place);
        }
        movements
    }

    /// Reads one more statement of the day. `read`: the statements before it.
    fn add(
        &self,
        day: NaiveDate,
        (place, own): (usize, &[usize]),
        read: &[usize],
        tellings: &[Telling],
        movements: &mut Vec<Movement>,
    ) {
        let apart = |other: &usize| self.chains.chained(place, *other);
        let others: Vec<usize> = read.iter().filter(|other| !apart(other)).copied().collect();
        let mine = &self.statements[place];
        let whole = others.iter().any(|other| self.statements[*other].is_whole_on(day));
        let mut rest: Vec<usize> = own.to_vec();
        let mut left: Vec<usize> = (0..movements.len())
            .filter(|at| !movements[*at].tellings.iter().any(|telling| apart(&tellings[*telling].statement)))
            .collect();
        if others.is_empty() {
            movements.extend(rest.into_iter().map(|at| Movement { tellings: vec![at], doubt: None }));
            return;
        }
        let grows = others.iter().all(|other| mine.begins_with(&self.statements[*other]));
        let doubt = |at, doubt| Movement { tellings: vec![at], doubt: Some(doubt) };
        if whole || grows {
            pair(tellings, movements, (&mut rest, &mut left), Likeness::Payer);
            let certain = rest.clone();
            pair(tellings, movements, (&mut rest, &mut left), Likeness::Apart);
            let loosely: Vec<usize> = certain.iter().filter(|at| !rest.contains(at)).copied().collect();
            let like = |at: &usize| {
                let money = |at: usize| (tellings[at].told.direction, tellings[at].told.amount);
                loosely.iter().any(|other| money(*other) == money(*at))
            };
            let lacking = !left.is_empty();
            for at in rest {
                movements.push(match () {
                    () if whole => doubt(at, ReadingDoubt::Surplus),
                    // What the shorter one tells must be in the longer one; where it is not, neither is to be trusted.
                    () if lacking || like(&at) => doubt(at, ReadingDoubt::Unclear),
                    () => Movement { tellings: vec![at], doubt: None },
                });
            }
            return;
        }
        // Statements within one day (BANK-1): with sequence numbers only what looks told already is in doubt; without, all.
        let numbered = mine.sequence.is_some() && others.iter().all(|other| self.statements[*other].sequence.is_some());
        for at in rest {
            let told = &tellings[at].told;
            let equal = left.iter().position(|other| {
                movements[*other].tellings.iter().any(|other| tellings[*other].told.likeness(told) == Some(Likeness::Equal))
            });
            if let Some(equal) = equal {
                left.remove(equal);
            }
            let clear = numbered && equal.is_none();
            movements.push(Movement { tellings: vec![at], doubt: (!clear).then_some(ReadingDoubt::Unclear) });
        }
    }
}

/// Pairs what is left one to one, the most alike first, down to `least`.
fn pair(
    tellings: &[Telling],
    movements: &mut [Movement],
    (rest, left): (&mut Vec<usize>, &mut Vec<usize>),
    least: Likeness,
) {
    for wanted in [Likeness::Equal, Likeness::Reference, Likeness::Payer, Likeness::Amount, Likeness::Apart] {
        if wanted < least {
            return;
        }
        rest.retain(|at| {
            let told = &tellings[*at].told;
            let like = |movement: &usize| {
                let known = movements[*movement].tellings.iter();
                known.filter_map(|other| tellings[*other].told.likeness(told)).max() == Some(wanted)
            };
            let Some(found) = left.iter().position(like) else { return true };
            movements[left.remove(found)].tellings.push(*at);
            false
        });
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
    /// Two are booked for what is one: a person undoes one of them.
    Twice(BankEntryId),
}

/// What follows from the movements of a day for lines that are stored or are to be.
#[must_use]
pub fn steps(movements: &[Movement], tellings: &[Telling]) -> Vec<Step> {
    let mut steps = Vec::new();
    for movement in movements {
        let all = || movement.tellings.iter().map(|at| &tellings[*at]);
        let bears = |telling: &&Telling| !matches!(telling.bearing, Bearing::Fresh | Bearing::Repeats);
        let most = |telling: &&Telling| (!telling.told.is_bare(), telling.told.parts.len());
        let decided: Vec<&Telling> = all().filter(|telling| telling.bearing == Bearing::Decided).collect();
        let stored: Vec<&Telling> = all().filter(bears).collect();
        let first = |list: &[&Telling]| list.iter().max_by_key(|telling| (most(telling), Reverse(telling.entry))).map(|telling| telling.entry);
        // What is booked stays; else what tells the most, of what is stored where it tells as much.
        let richest = all().max_by_key(|telling| (most(telling), bears(telling), Reverse(telling.entry))).map(|telling| telling.entry);
        let Some(bearer) = first(&decided).or(richest) else { continue };
        let chosen = all().find(|telling| telling.entry == bearer);
        match chosen.map(|telling| telling.bearing) {
            Some(Bearing::Fresh | Bearing::Repeats) => steps.push(Step::Bear(bearer, movement.doubt.filter(|_| stored.is_empty() || stored.iter().all(|telling| telling.bearing == Bearing::Doubted)))),
            Some(Bearing::Doubted) if movement.doubt.is_none() => steps.push(Step::Release(bearer)),
            _ => {}
        }
        for telling in all().filter(|telling| telling.entry != bearer) {
            match telling.bearing {
                Bearing::Repeats => {}
                Bearing::Decided => steps.push(Step::Twice(telling.entry)),
                Bearing::Fresh | Bearing::Doubted | Bearing::Unbooked => steps.push(Step::Repeat { entry: telling.entry, of: bearer }),
            }
        }
    }
    steps
}

/// A telling of a notice that no statement told yet, or of a statement that no notice told: to be met by at most one of the
/// other kind (BANK-3).
#[derive(Clone, Debug)]
pub struct Unmet {
    /// Identity.
    pub entry: BankEntryId,
    /// What it tells.
    pub told: EntryTold,
    /// Its lines.
    pub lines: Vec<BankLineId>,
    /// Its statement or notice: parts of a batch are told together.
    pub group: String,
    /// It waits in doubt, or is not booked: it steps back for one that is.
    pub doubted: bool,
}

/// What an entry met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// The lines that it tells again.
    pub lines: Vec<BankLineId>,
}

/// Which of `open` each of `entries` tells again; each line is met once.
#[must_use]
pub fn meetings(entries: &[EntryTold], open: &[Unmet]) -> Vec<Option<Meeting>> {
    let mut met: Vec<Option<Meeting>> = vec![None; entries.len()];
    let mut taken = vec![false; open.len()];
    let near = |one: &EntryTold, other: &EntryTold| (one.booked_on - other.booked_on).num_days().abs() <= NOTICE_DAYS;
    let mut fits: Vec<(Reverse<Likeness>, bool, i64, usize, usize)> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        for (place, other) in open.iter().enumerate() {
            let payers = entry.parts.len() == other.told.parts.len()
                && entry.parts.iter().zip(&other.told.parts).any(|(one, other)| differ(one.iban.as_ref(), other.iban.as_ref()));
            if let Some(like) = entry.likeness(&other.told).filter(|like| *like > Likeness::Apart)
                && near(entry, &other.told)
                && !payers
            {
                let days = (entry.booked_on - other.told.booked_on).num_days().abs();
                fits.push((Reverse(like), other.doubted, days, at, place));
            }
        }
    }
    fits.sort();
    for (.., at, place) in fits {
        if met[at].is_none() && !taken[place] {
            taken[place] = true;
            met[at] = Some(Meeting { lines: open[place].lines.clone() });
        }
    }
    for (at, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.is_bare() || entry.batch.is_some()) {
        if met[at].is_none() {
            met[at] = batch(entry, open, &mut taken, near);
        }
    }
    met
}

/// A batch that is stated as one sum, and was announced in parts: all of a notice or group that add up.
fn batch(
    entry: &EntryTold,
    open: &[Unmet],
    taken: &mut [bool],
    near: impl Fn(&EntryTold, &EntryTold) -> bool,
) -> Option<Meeting> {
    let free = |place: &usize| !taken[*place] && open[*place].told.direction == entry.direction && near(entry, &open[*place].told);
    let candidates: Vec<usize> = (0..open.len()).filter(free).collect();
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
                taken[*place] = true;
            }
            let lines = parts.iter().flat_map(|place| open[*place].lines.clone());
            return Some(Meeting { lines: lines.collect() });
        }
    }
    None
}
