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
    BankEntryId, Cents,
    bank::Direction,
    bank_statement::Whole,
    matching::{BankLine, LineState},
    timeline::{Places, Point, Slot, Span, ToldOf, belief, day_of, spans},
};
use chrono::NaiveDate;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The most days between a notice and the statement that tells the same (BANK-3).
pub const NOTICE_DAYS: i64 = 3;
/// After how many days a notice that no statement met is listed (BANK-3).
pub const STATED_WITHIN_DAYS: u64 = 5;

/// What a part of an entry tells, as far as entries are compared by it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartTold {
    /// How much moved, the bank's charge taken into account; negative what went the other way than the entry.
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
        let direction = match lines.iter().map(|line| line.way()).sum::<Cents>() {
            Cents::ZERO => first.direction,
            sum if sum > Cents::ZERO => Direction::Credit,
            _ => Direction::Debit,
        };
        let mut parts: Vec<PartTold> = lines.iter().map(|line| part(line, direction)).collect();
        parts.sort();
        Self {
            direction,
            amount: parts.iter().map(|part| part.amount).sum(),
            booked_on: first.booked_on,
            reference: first.entry_reference.clone(),
            batch: first.batch.clone().or_else(|| first.batch_message.clone()),
            parts,
        }
    }

    /// What it did to the balance of the account.
    #[must_use]
    pub fn effect(&self) -> Cents {
        match self.direction {
            Direction::Credit => self.amount,
            Direction::Debit => -self.amount,
        }
    }

    /// How much it tells besides amounts: accounts, texts and references of its parts.
    #[must_use]
    pub fn facts(&self) -> usize {
        let of = |part: &PartTold| {
            let told = [part.iban.is_some(), part.text.is_some()].into_iter().filter(|told| *told).count();
            told + part.references().into_iter().flatten().count()
        };
        self.parts.iter().map(of).sum()
    }

    /// Whether it tells an amount alone.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.parts.len() == 1 && !self.parts[0].detailed
    }

    /// How well both go together, as far as what they tell says. References that a bank may make anew for each download tell
    /// apart, but among what they tell apart the same account and text go together; other words count more than a reference.
    pub(super) fn affinity(&self, other: &Self) -> i32 {
        let like = self.likeness(other);
        if like > Some(Likeness::Apart) && self.says_otherwise(other) {
            return OTHERWISE;
        }
        let like = match like {
            Some(Likeness::Equal) => return 8,
            Some(Likeness::Reference) => return 6,
            Some(Likeness::Payer) => return 4,
            Some(Likeness::Amount) => return -2,
            Some(Likeness::Apart) => self.bare_of_references().likeness(&other.bare_of_references()),
            None => None,
        };
        match like {
            Some(Likeness::Equal) => -3,
            Some(Likeness::Payer | Likeness::Reference) if !self.says_otherwise(other) => -4,
            // An id of the payer, a mandate or a batch differs.
            Some(Likeness::Apart) => -8,
            Some(Likeness::Payer | Likeness::Reference | Likeness::Amount) | None => -6,
        }
    }

    /// Whether they name another account, or their texts say something else.
    fn says_otherwise(&self, other: &Self) -> bool {
        let texts = |one: &PartTold, other: &PartTold| {
            let payers = differ(one.iban.as_ref(), other.iban.as_ref());
            payers || one.text.as_ref().zip(other.text.as_ref()).is_some_and(|(one, other)| are_other_texts(one, other))
        };
        self.parts.len() == other.parts.len()
            && self.parts.iter().zip(&other.parts).any(|(one, other)| texts(one, other))
    }

    /// Without the references that a bank may make anew.
    fn bare_of_references(&self) -> Self {
        let part = |part: &PartTold| PartTold { servicer_reference: None, transaction_reference: None, ..part.clone() };
        Self { reference: None, parts: self.parts.iter().map(part).collect(), ..self.clone() }
    }

    /// Whether both tell the same in everything, with a reference.
    pub(super) fn is_told_as(&self, other: &Self) -> bool {
        self.likeness(other) == Some(Likeness::Equal) && self.names_itself_as(other)
    }

    /// Whether both have the same reference of the bank, and each of their parts one in common.
    fn names_itself_as(&self, other: &Self) -> bool {
        let parts = || self.parts.iter().zip(&other.parts);
        same(self.reference.as_ref(), other.reference.as_ref())
            && parts().all(|(one, other)| one.shares_reference(other))
    }

    /// Whether both have the same payers and texts.
    pub(super) fn tells_as(&self, other: &Self) -> bool {
        let told =
            |one: &Self| -> Vec<_> { one.parts.iter().map(|part| (part.iban.clone(), part.text.clone())).collect() };
        told(self) == told(other)
    }

    /// Whether both look like one: nothing that they tell differs, though one may tell less.
    fn may_be(&self, other: &Self) -> bool {
        let agree = |one: &PartTold, other: &PartTold| {
            !differ(one.iban.as_ref(), other.iban.as_ref()) && !differ(one.text.as_ref(), other.text.as_ref())
        };
        match self.likeness(other) {
            Some(Likeness::Equal) => true,
            Some(Likeness::Payer | Likeness::Reference) => {
                self.parts.iter().zip(&other.parts).all(|(one, other)| agree(one, other))
            }
            Some(Likeness::Amount | Likeness::Apart) | None => false,
        }
    }

    /// How alike two are; nothing when they cannot be one.
    pub(super) fn likeness(&self, other: &Self) -> Option<Likeness> {
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

/// How well those go together of which the words are others: no better than this with anything that is one with it.
pub(super) const OTHERWISE: i32 = -5;

/// Whether two texts say something else: neither is a part of the other, whatever the white space and the marks between.
pub(super) fn are_other_texts(one: &str, other: &str) -> bool {
    let letters =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let (one, other) = (letters(one), letters(other));
    !one.contains(&other) && !other.contains(&one)
}

/// How alike two tellings of the same direction and amount are; the last is the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
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

pub(super) fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

pub(super) fn same<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
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

    pub(super) fn is_apart_from(&self, other: &Self) -> bool {
        self.references().into_iter().zip(other.references()).any(|(one, other)| differ(one, other))
    }

    pub(super) fn shares_reference(&self, other: &Self) -> bool {
        self.references().into_iter().zip(other.references()).take(3).any(|(one, other)| same(one, other))
    }
}

/// What a line of an entry of that direction tells, as far as entries are compared by it.
#[must_use]
pub fn part(line: &BankLine, direction: Direction) -> PartTold {
    PartTold {
        amount: if line.direction == direction { line.moved() } else { -line.moved() },
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
pub struct Telling<'a> {
    /// Its statement, by its place among those that are read together.
    pub statement: usize,
    /// The entry that bears its movement, as far as is known: itself while it is new.
    pub movement: BankEntryId,
    /// What it tells.
    pub told: &'a EntryTold,
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

/// Money that moved once, with the tellings (by their place) that tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Tellings by their place; at least one, and at most one of each statement.
    pub tellings: Vec<usize>,
    /// Whether it is in doubt.
    pub doubt: Option<ReadingDoubt>,
    /// Movements (by their place) that it may be the same as.
    pub rivals: Vec<usize>,
    /// The day on which it counts in the balances of statements.
    pub counts_on: NaiveDate,
}

/// The statements of an account that are read together.
#[derive(Debug)]
pub struct Together<'a> {
    wholes: &'a [Whole],
    spans: Vec<Span>,
}

impl<'a> Together<'a> {
    /// Of these. `told`: what each tells of a day.
    #[must_use]
    pub fn new(wholes: &'a [Whole], told: ToldOf<'a>) -> Self {
        Self { wholes, spans: spans(wholes, told) }
    }

    /// The movements of one booking day (BANK-2). `tellings` are those of the day, of whatever statement.
    #[must_use]
    pub fn movements_of(&self, day: NaiveDate, tellings: &[Telling<'_>]) -> Vec<Movement> {
        let mut kinds: BTreeMap<(Direction, Cents), Vec<usize>> = BTreeMap::new();
        for (at, telling) in tellings.iter().enumerate() {
            kinds.entry((telling.told.direction, telling.told.amount)).or_default().push(at);
        }
        let mut movements = Vec::with_capacity(tellings.len());
        for told in kinds.into_values() {
            Kind::new(self, day, tellings, told).read(&mut movements);
        }
        movements
    }
}

impl Together<'_> {
    /// Whether balances lead from one statement to another that begins later, over those between; also where no balance is told.
    fn are_connected(&self, one: usize, other: usize) -> bool {
        let (first, last) = if self.spans[one].from <= self.spans[other].from { (one, other) } else { (other, one) };
        let mut reached = vec![false; self.spans.len()];
        let mut open = vec![first];
        while let Some(at) = open.pop() {
            if std::mem::replace(&mut reached[at], true) {
                continue;
            }
            let (span, closing) = (&self.spans[at], self.wholes[at].statement.closing);
            if at == last || (span.to > self.spans[last].from && span.to <= self.spans[last].to) {
                return true;
            }
            open.extend((0..self.spans.len()).filter(|next| {
                let (after, opening) = (&self.spans[*next], self.wholes[*next].statement.opening);
                let leads = closing.is_none() || opening.is_none() || closing == opening;
                after.to > span.to && (after.from < span.to || leads)
            }));
        }
        false
    }

    /// What the balances of other statements say of the days on which movements count that only a statement about more days
    /// tells: such a one may have come later than the day for which the bank booked it. `told`: of a telling its statement and
    /// what it did to the balance.
    pub fn settle_days(&self, movements: &mut [Movement], told: &dyn Fn(usize) -> (usize, Cents)) {
        let mut known: BTreeMap<NaiveDate, Option<Cents>> = BTreeMap::new();
        for (whole, span) in self.wholes.iter().zip(&self.spans) {
            let ends = [
                (span.from, whole.statement.opening.filter(|_| span.exact)),
                (span.to, whole.statement.closing.filter(|_| span.ends)),
            ];
            for ((day, second), balance) in ends {
                let Some(balance) = balance.filter(|_| second == 0) else { continue };
                // Where they do not agree nothing is known.
                let row = known.entry(day).or_insert(Some(balance));
                *row = row.filter(|other| *other == balance);
            }
        }
        // Points at which something begins that others tell, or do not.
        let starts: BTreeSet<Point> = self.spans.iter().flat_map(|span| [span.from, span.to]).collect();
        let known: Vec<(NaiveDate, Cents)> = known.into_iter().filter_map(|(day, row)| Some((day, row?))).collect();
        for pair in known.windows(2) {
            let [(from, before), (to, after)] = pair else { continue };
            let is_here = |at: &usize| (*from..*to).contains(&movements[*at].counts_on);
            let (clear, doubted): (Vec<usize>, Vec<usize>) =
                (0..movements.len()).filter(is_here).partition(|at| movements[*at].doubt.is_none());
            let effect = |at: usize| movements[at].tellings.first().map_or(Cents::ZERO, |at| told(*at).1);
            let over = clear.iter().map(|at| effect(*at)).sum::<Cents>() - (*after - *before);
            // What is in doubt may be the reason itself.
            if over == Cents::ZERO || over + doubted.iter().map(|at| effect(*at)).sum::<Cents>() == Cents::ZERO {
                continue;
            }
            let later = |at: usize| {
                let tellers: Vec<usize> = movements[at].tellings.iter().map(|at| told(*at).0).collect();
                let tells = |point: Point| {
                    let spans = self.spans.iter().enumerate().filter(|(_, span)| span.exact);
                    spans.filter(move |(_, span)| span.from <= point && point < span.to).map(|(place, _)| place)
                };
                let fits = |point: &Point| {
                    tells(*point).all(|place| tellers.contains(&place))
                        && tellers.iter().all(|place| tells(*point).any(|other| other == *place))
                };
                starts.range((*to, 0)..).copied().find(fits).map(|point| point.0)
            };
            let mut may_move: Vec<(usize, NaiveDate)> =
                clear.iter().filter_map(|at| Some((*at, later(*at)?))).collect();
            // What came late was booked near the end, so of many the last ones are tried together.
            may_move.sort_by_key(|(at, _)| Reverse(movements[*at].counts_on));
            let one = may_move.iter().find(|(at, _)| effect(*at) == over).map(|row| vec![*row]);
            may_move.truncate(10);
            let sets = (1..1_usize << may_move.len()).map(|chosen| {
                may_move.iter().enumerate().filter(move |(at, _)| chosen >> at & 1 == 1).map(|(_, row)| *row)
            });
            let fits = sets.filter(|set| set.clone().map(|(at, _)| effect(at)).sum::<Cents>() == over);
            let Some(chosen) = one.or_else(|| Some(fits.min_by_key(|set| set.clone().count())?.collect())) else {
                continue;
            };
            for (at, day) in chosen {
                movements[at].counts_on = day;
            }
        }
    }
}

/// Entries of one day, direction and amount.
struct Kind<'a> {
    together: &'a Together<'a>,
    tellings: &'a [Telling<'a>],
    /// The first day on which the bank can have told one of them.
    day: NaiveDate,
    /// Its entries, by statement.
    told: BTreeMap<usize, Vec<usize>>,
}

/// More that look the same than are tried in every way.
pub(super) const MANY: usize = 60;

/// Movements as far as they are found: where each lies, and its tellings.
type Found = Vec<(Slot, Vec<usize>)>;

impl<'a> Kind<'a> {
    fn new(together: &'a Together<'a>, day: NaiveDate, tellings: &'a [Telling<'a>], all: Vec<usize>) -> Self {
        let mut told: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in all {
            told.entry(tellings[at].statement).or_default().push(at);
        }
        let ended = told.keys().map(|place| together.wholes[*place].statement.to_day).min();
        Self { together, tellings, day: ended.map_or(day, |ended| ended.min(day)), told }
    }

    fn span(&self, place: usize) -> &'a Span {
        &self.together.spans[place]
    }

    fn read(&self, movements: &mut Vec<Movement>) {
        let first = movements.len();
        let clear = |(slot, tellings): (Slot, Vec<usize>)| Movement {
            tellings,
            doubt: None,
            rivals: Vec::new(),
            counts_on: day_of(&slot),
        };
        let (mut found, surplus) = self.nested().unwrap_or_else(|| self.placed());
        let mut doubted: Vec<(usize, ReadingDoubt)> =
            surplus.into_iter().map(|at| (at, ReadingDoubt::Surplus)).collect();
        let parts = self.ordered(|place| !self.span(place).exact);
        for place in &parts {
            self.read_part(*place, &mut found, &mut doubted);
        }
        if !parts.is_empty() {
            // What a part tells may go better with another one that a whole statement tells.
            self.improve(&mut found, &self.ordered(|place| self.span(place).exact), &|found, place| {
                (0..found.len()).filter(|at| self.span(place).holds(&found[*at].0)).collect()
            });
        }
        doubted.extend(self.late_again(&mut found).into_iter().map(|at| (at, ReadingDoubt::Surplus)));
        movements.extend(found.into_iter().map(clear));
        let clear: Vec<usize> = (first..movements.len()).collect();
        for (at, doubt) in doubted {
            let mut rivals = clear.clone();
            rivals.sort_by_key(|rival| Reverse(self.score_with(&movements[*rival].tellings, at)));
            let counts_on = self.together.wholes[self.tellings[at].statement].statement.from_day.max(self.day);
            movements.push(Movement { tellings: vec![at], doubt: Some(doubt), rivals, counts_on });
        }
    }

    /// Entries that a statement of later days told, and one of earlier days as well, alike in a reference of their own, where the
    /// balances do not lead from the one to the other: some banks give downloads by booking day. Takes them out of `found`.
    fn late_again(&self, found: &mut Found) -> Vec<usize> {
        let is_same = |one: &[usize], other: &[usize]| {
            one.iter().any(|one| {
                other.iter().any(|other| {
                    let (one, other) = (self.tellings[*one].told, self.tellings[*other].told);
                    one.is_told_as(other)
                })
            })
        };
        let is_apart = |one: &[usize], other: &[usize]| {
            one.iter().all(|one| {
                other.iter().all(|other| {
                    self.together.are_connected(self.tellings[*one].statement, self.tellings[*other].statement)
                })
            })
        };
        let late: Vec<usize> = (0..found.len())
            .filter(|at| day_of(&found[*at].0) > self.day && found[*at].1.len() == 1)
            .filter(|at| {
                let mut others = (0..found.len()).filter(|other| other != at && day_of(&found[*other].0) == self.day);
                others.any(|other| is_same(&found[*at].1, &found[other].1) && !is_apart(&found[*at].1, &found[other].1))
            })
            .collect();
        late.into_iter().rev().flat_map(|at| found.remove(at).1).collect()
    }

    /// Places of statements that tell some of them, in the order in which they are believed.
    fn ordered(&self, wanted: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut places: Vec<usize> = self.told.keys().copied().filter(|place| wanted(*place)).collect();
        places.sort_by_key(|place| belief(&self.together.wholes[*place].statement, self.span(*place)));
        places
    }

    /// Statements that tell everything, about days on which these may lie.
    fn about(&self) -> Vec<usize> {
        let begin = (self.day, 0);
        let end = self.told.keys().map(|place| self.span(*place).to).max().unwrap_or(begin);
        let spans = self.together.spans.iter().enumerate();
        spans.filter(|(_, span)| span.exact && span.to > begin && span.from < end).map(|(place, _)| place).collect()
    }

    /// The plain case: one statement lies in all others that tell as many, and in no other.
    fn nested(&self) -> Option<(Found, Vec<usize>)> {
        let begin = (self.day, 0);
        let slot = |place: usize| Slot { from: self.span(place).from.max(begin), to: self.span(place).to };
        let places = || self.told.keys().copied();
        let inner = places().max_by_key(|place| (slot(*place).from, Reverse(slot(*place).to)))?;
        let (own, many) = (slot(inner), self.told[&inner].len());
        let holds = |place: usize| {
            let other = slot(place);
            self.span(place).exact && other.from <= own.from && own.to <= other.to && self.told[&place].len() == many
        };
        let apart = |place: &usize| {
            self.told.contains_key(place) || self.span(*place).from >= own.to || self.span(*place).to <= own.from
        };
        if own.from >= own.to || !places().all(holds) || !self.about().iter().all(apart) {
            return None;
        }
        Some(self.assign(vec![own; many]))
    }

    /// How many there are, and where, by what each statement tells of the time that it is about.
    fn placed(&self) -> (Found, Vec<usize>) {
        let mut about = self.about();
        about.sort_by_key(|place| belief(&self.together.wholes[*place].statement, self.span(*place)));
        let spans: Vec<&Span> = about.iter().map(|place| self.span(*place)).collect();
        let mut places = Places::new(self.day, &spans);
        for place in &about {
            places.tell(self.span(*place), self.told.get(place).map_or(0, |told| many(told.len())));
        }
        let (least, most) = places.total();
        // Where several numbers are possible, the one that makes one of what is alike.
        let tried = (least..=most.min(least + 4)).map(|number| self.assign(places.clone().slots(number)));
        tried.max_by_key(|(found, _)| found.iter().map(|(_, told)| self.score(told)).sum::<i32>()).unwrap_or_default()
    }

    /// Puts the entries of statements that tell everything in slots, what is alike together; gives those that find none.
    fn assign(&self, slots: Vec<Slot>) -> (Found, Vec<usize>) {
        let mut found: Found = slots.into_iter().map(|slot| (slot, Vec::new())).collect();
        let own = |found: &Found, place: usize| -> Vec<usize> {
            (0..found.len()).filter(|at| self.span(place).holds(&found[*at].0)).collect()
        };
        let mut order = self.ordered(|place| self.span(place).exact);
        order.sort_by_key(|place| own(&found, *place).len());
        let mut surplus = Vec::new();
        for place in &order {
            let mut free = own(&found, *place);
            let mut rest = self.told[place].clone();
            self.pair(&mut rest, &mut free, &mut found);
            surplus.extend(rest);
        }
        self.improve(&mut found, &order, &own);
        found.retain(|(_, told)| !told.is_empty());
        (found, surplus)
    }

    /// Puts each of `rest` in one of the `free` slots, what is most alike first, and takes both from the lists.
    fn pair(&self, rest: &mut Vec<usize>, free: &mut Vec<usize>, found: &mut Found) {
        let mut scores: Vec<(Reverse<i32>, usize, usize)> = Vec::with_capacity(rest.len() * free.len());
        for (one, at) in rest.iter().enumerate() {
            for (slot, to) in free.iter().enumerate() {
                scores.push((Reverse(self.score_with(&found[*to].1, *at)), one, slot));
            }
        }
        scores.sort_unstable();
        let (mut placed, mut taken) = (vec![false; rest.len()], vec![false; free.len()]);
        for (_, one, slot) in scores {
            if !placed[one] && !taken[slot] {
                (placed[one], taken[slot]) = (true, true);
                found[free[slot]].1.push(rest[one]);
            }
        }
        let (mut placed, mut taken) = (placed.into_iter(), taken.into_iter());
        rest.retain(|_| placed.next() == Some(false));
        free.retain(|_| taken.next() == Some(false));
    }

    /// Swaps entries of one statement as long as that makes more of what is together alike.
    fn improve(&self, found: &mut Found, order: &[usize], own: &dyn Fn(&Found, usize) -> Vec<usize>) {
        // Of very many that look the same it does not matter.
        let rounds = if found.len() > MANY { 0 } else { 8 };
        for _ in 0..rounds {
            let mut better = false;
            for place in order {
                let slots = own(found, *place);
                for (one, other) in slots.iter().flat_map(|one| slots.iter().map(move |other| (*one, *other))) {
                    let of = |found: &Found, slot: usize| {
                        found[slot].1.iter().position(|at| self.tellings[*at].statement == *place)
                    };
                    let (Some(first), Some(second)) = (of(found, one), of(found, other)) else { continue };
                    if one >= other || found[one].1.len() + found[other].1.len() < 3 {
                        continue;
                    }
                    let before = self.score(&found[one].1) + self.score(&found[other].1);
                    let (left, right) = (found[one].1[first], found[other].1[second]);
                    (found[one].1[first], found[other].1[second]) = (right, left);
                    if self.score(&found[one].1) + self.score(&found[other].1) > before {
                        better = true;
                    } else {
                        (found[one].1[first], found[other].1[second]) = (left, right);
                    }
                }
            }
            if !better {
                return;
            }
        }
    }

    /// How well entries go together.
    fn score(&self, told: &[usize]) -> i32 {
        (0..told.len()).map(|at| self.score_with(&told[..at], told[at])).sum()
    }

    fn score_with(&self, told: &[usize], at: usize) -> i32 {
        let score = |other: &usize| {
            let (one, other) = (&self.tellings[at], &self.tellings[*other]);
            one.told.affinity(other.told) + i32::from(one.movement == other.movement)
        };
        let decided = |at: usize| self.tellings[at].bearing == Bearing::Decided;
        // What is booked for both stays booked: rather not together.
        let both = decided(at) && told.iter().any(|other| decided(*other));
        told.iter().map(score).max().unwrap_or(0) - 2 * i32::from(both)
    }

    /// Where in the time of a statement entries that others tell can lie, as far as those tell everything; nowhere when it is one
    /// of them.
    fn may_lie(&self, told: &[usize], place: usize) -> Option<Slot> {
        let span = self.span(place);
        let own = Slot { from: span.from.max((self.day, 0)), to: span.to };
        let mut others = told.iter().map(|at| self.tellings[*at].statement);
        let slot = others.try_fold(own, |slot, other| {
            let span = self.span(other);
            let (from, to) =
                if span.exact { (slot.from.max(span.from), slot.to.min(span.to)) } else { (slot.from, slot.to) };
            (other != place).then_some(Slot { from, to })
        })?;
        (slot.from < slot.to).then_some(slot)
    }

    /// Reads a statement of which it is not certain where it begins, or of which pages are missing.
    fn read_part(&self, place: usize, found: &mut Found, doubted: &mut Vec<(usize, ReadingDoubt)>) {
        let span = self.span(place);
        let begin = (self.day, 0);
        let mut about: Vec<&Span> = self.about().into_iter().map(|place| self.span(place)).collect();
        about.sort_by_key(|span| span.from);
        let covered =
            about.iter().fold(span.from.max(begin), |to, other| if other.from <= to { to.max(other.to) } else { to });
        let covered = covered >= span.to;
        let mut free: Vec<usize> =
            (0..found.len()).filter(|at| found[*at].0.from < span.to && span.from < found[*at].0.to).collect();
        let mut rest = self.told[&place].clone();
        if covered {
            // What it tells is all told by others; what lies earlier as far as is known may lie later.
            rest.retain(|at| {
                let score = |found: &Found, to: usize| self.score_with(&found[to].1, *at);
                let here = free.iter().map(|to| score(found, *to)).max().unwrap_or(0).max(0);
                let other = (0..found.len())
                    .find(|to| score(found, *to) > here && self.may_lie(&found[*to].1, place).is_some());
                let slot = other.and_then(|to| self.may_lie(&found[to].1, place));
                other.zip(slot).map(|(to, slot)| (found[to].0 = slot, found[to].1.push(*at))).is_none()
            });
            self.pair(&mut rest, &mut free, found);
            doubted.extend(rest.into_iter().map(|at| (at, ReadingDoubt::Surplus)));
            return;
        }
        let meets = || {
            let spans = self.together.spans.iter().enumerate();
            spans.filter(|(other, _)| *other != place).any(|(_, other)| other.meets(span))
        };
        // What was found to be one before with what is booked: that stays.
        rest.retain(|at| {
            let is_linked = |to: &usize| {
                let others = || found[*to].1.iter().chain([at]).map(|other| &self.tellings[*other]);
                let movement = self.tellings[*at].movement;
                found[*to].1.iter().any(|other| self.tellings[*other].movement == movement)
                    && others().any(|other| other.bearing == Bearing::Decided)
            };
            let linked = free.iter().position(is_linked);
            linked.map(|slot| found[free.remove(slot)].1.push(*at)).is_none()
        });
        // What looks told waits; what is alike in everything before what only tells less.
        let mut looks_told = |rest: &mut Vec<usize>, is_told: &dyn Fn(&EntryTold, &EntryTold) -> bool| {
            rest.retain(|at| {
                let is_alike = |to: &usize| {
                    let mut others = found[*to].1.iter().map(|other| self.tellings[*other].told);
                    others.any(|other| is_told(other, self.tellings[*at].told))
                };
                let told = free.iter().position(is_alike).map(|slot| free.remove(slot));
                // What lies earlier as far as is known may lie here.
                let may_be = || (0..found.len()).any(|to| is_alike(&to) && self.may_lie(&found[to].1, place).is_some());
                let is_told = told.is_some() || may_be();
                doubted.extend(is_told.then_some((*at, ReadingDoubt::Unclear)));
                !is_told
            });
        };
        looks_told(&mut rest, &|one, other| one.likeness(other) == Some(Likeness::Equal));
        looks_told(&mut rest, &EntryTold::may_be);
        if !span.apart && meets() {
            doubted.extend(rest.into_iter().map(|at| (at, ReadingDoubt::Unclear)));
            return;
        }
        let slot = Slot { from: span.from.max(begin), to: span.to };
        found.extend(rest.into_iter().map(|at| (slot, vec![at])));
    }
}

fn many(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
