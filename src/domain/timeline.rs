//! Where on the time of an account a statement lies, and where the movements that it tells can lie (BANK-1, BANK-2): pure.
//!
//! A statement tells everything between two points. Entries of one booking day that look the same are so many in each of
//! their statements; that leaves, for each stretch between two neighbouring points, a least and a most number of movements.
//! Such a system is one of differences (the number of movements up to a point), and a shortest path in it tells whether the
//! statements agree, and how few movements there are.

use super::{
    Cents,
    bank_statement::{Statement, Whole},
    reading::{EntryTold, Likeness},
};
use chrono::{NaiveDate, Timelike};
use std::cmp::Reverse;

/// A point of time between entries: the day, and a moment of it; zero before its first entry. A moment is the second at which a
/// statement was made, a thousandfold, and its place among those that were made in that second.
pub type Point = (NaiveDate, u32);

/// A statement on the time of its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins; where that is not certain, the first point where it may begin.
    pub from: Point,
    /// Where it ends; where that is not certain, the last point where it may end.
    pub to: Point,
    /// It is certain where it ends.
    pub ends: bool,
    /// It tells everything between the two. Else it tells a part of it, nobody knows which.
    pub exact: bool,
    /// Sequence numbers tell it from the others of its day, or it is a part of a statement in pages: what is not told by
    /// another is a movement of its own.
    pub apart: bool,
}

impl Span {
    /// Whether both may tell the same movement.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    /// Whether a statement that tells everything tells what lies in a slot.
    #[must_use]
    pub fn holds(&self, slot: &Slot) -> bool {
        self.from <= slot.from && slot.to <= self.to
    }
}

/// Where a movement lies: somewhere between two points, with no end of a statement between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// After this.
    pub from: Point,
    /// Before this.
    pub to: Point,
}

fn start_of(day: NaiveDate) -> Point {
    (day, 0)
}

fn after(day: NaiveDate) -> Point {
    (day.succ_opt().unwrap_or(day), 0)
}

/// A moment of a day after all at which a statement within it can have been made.
const NIGHT: u32 = 100_000_000;

/// What a statement tells that the bank booked from a day to another.
pub type ToldOf<'a> = &'a dyn Fn(usize, (NaiveDate, NaiveDate)) -> Vec<&'a EntryTold>;

/// Statements while it is found out where they lie.
struct Rows<'a> {
    rows: Vec<&'a Statement>,
    told: ToldOf<'a>,
}

/// How one statement may go on where another ends, within a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GoesOn {
    No,
    Perhaps,
    Yes,
}

impl Rows<'_> {
    fn others(&self, at: usize) -> impl Iterator<Item = usize> + Clone + use<> {
        (0..self.rows.len()).filter(move |other| *other != at)
    }

    /// What ended within the day with the balance with which one begins, and had moved it.
    fn earlier(&self, at: usize, known: &[usize]) -> Option<usize> {
        let row = self.rows[at];
        let ends = |other: &usize| {
            let before = self.rows[*other];
            !known.contains(other)
                && before.from_day == row.from_day
                && before.to_day == row.from_day
                && !before.is_whole_on(before.to_day)
                && row.opening.is_some()
                && before.closing == row.opening
                && before.opening != before.closing
                && self.moment(*other) < self.moment(at)
        };
        let mut found = self.others(at).filter(ends);
        found.clone().find(|other| self.is_next(at, *other)).or_else(|| found.next())
    }

    fn is_next(&self, at: usize, other: usize) -> bool {
        let next = self.rows[other].sequence.and_then(|number| number.checked_add(1));
        next.is_some() && self.rows[at].sequence == next
    }

    /// Whether one goes on within the last day of another (BANK-1): by its balance and number. One that tells what the other
    /// tells of that day, and more, began with it.
    fn goes_on(&self, at: usize, other: usize) -> GoesOn {
        let (row, before) = (self.rows[at], self.rows[other]);
        let day = row.from_day;
        let balances = row.opening.is_some() && row.opening == before.closing;
        let next = self.is_next(at, other);
        let ended = before.is_whole_on(before.to_day);
        if day != before.to_day || !balances || (ended && !(next && before.from_day == day)) {
            return GoesOn::No;
        }
        // Of a statement about more days what was booked for the last one; what came late is not known.
        let since = if before.from_day == day { NaiveDate::MIN } else { day };
        let mut told = (self.told)(other, (since, day));
        if told.is_empty() {
            // Then it is the same whether it does; but others may go on where this one does.
            return if next && before.entries == 0 && !ended { GoesOn::Yes } else { GoesOn::No };
        }
        // With what came before it on that day.
        let mut first = other;
        let mut known = vec![at, other];
        while let Some(earlier) = self.earlier(first, &known) {
            told.extend((self.told)(earlier, (NaiveDate::MIN, day)));
            known.push(earlier);
            first = earlier;
        }
        let moved = told.iter().map(|entry| entry.effect()).sum::<Cents>() != Cents::ZERO;
        match (moved || !is_within(&told, &(self.told)(at, (NaiveDate::MIN, day))), next) {
            (true, true) => GoesOn::Yes,
            (true, false) => GoesOn::Perhaps,
            // It tells what the other told, and the balance is as it was: it goes on, or tells the day again.
            (false, true) if before.from_day == day && !ended => GoesOn::Perhaps,
            (false, _) => GoesOn::No,
        }
    }

    /// When a statement was made, on that day; of those that were made at once the next number comes later, and one without a
    /// number last.
    fn moment(&self, at: usize) -> (Option<NaiveDate>, u32) {
        let row = self.rows[at];
        let numbers = self.rows.iter().filter(|other| other.to_day == row.to_day).filter_map(|other| other.sequence);
        let number = row.sequence.zip(numbers.min()).map(|(number, first)| (number - first).min(998));
        let number = number.and_then(|number| u32::try_from(number).ok()).unwrap_or(999);
        let second = row.made_at.map_or(0, |made| made.time().num_seconds_from_midnight());
        (row.made_at.map(|made| made.date()), second * 1_000 + number + 1)
    }

    /// Where a statement ends: where another that was made as late goes on within its last day, in the course of that.
    fn end(&self, at: usize) -> Point {
        let (row, (_, moment)) = (self.rows[at], self.moment(at));
        if !row.is_whole_on(row.to_day) {
            return (row.to_day, moment);
        }
        let goes_on = self.others(at).any(|other| self.goes_on(other, at) == GoesOn::Yes);
        if goes_on { (row.to_day, NIGHT + moment % 1_000) } else { after(row.to_day) }
    }
}

/// Whether all of `some` are in `all`, each as often.
fn is_within(some: &[&EntryTold], all: &[&EntryTold]) -> bool {
    let mut left = all.to_vec();
    let mut found = |one: &EntryTold| {
        let is_alike = |other: &&EntryTold| {
            let like = one.likeness(other);
            like == Some(Likeness::Equal) || (like.is_some() && (one.is_bare() || other.is_bare()))
        };
        left.iter().position(is_alike).map(|at| left.swap_remove(at)).is_some()
    };
    some.iter().all(|one| found(one))
}

/// Statements of one account on its time, by their place; `told`: what each tells of a day.
#[must_use]
pub fn spans<'a>(wholes: &'a [Whole], told: ToldOf<'a>) -> Vec<Span> {
    let all = Rows { rows: wholes.iter().map(|whole| &whole.statement).collect(), told };
    let ends: Vec<Point> = (0..wholes.len()).map(|at| all.end(at)).collect();
    let before = |at: usize, wanted: GoesOn| {
        let ends = &ends;
        let all = &all;
        all.others(at).filter(move |other| ends[*other] < ends[at] && all.goes_on(at, *other) == wanted)
    };
    let known: Vec<Option<Point>> =
        (0..wholes.len()).map(|at| before(at, GoesOn::Yes).map(|other| ends[other]).max()).collect();
    let unclear: Vec<bool> = (0..wholes.len()).map(|at| before(at, GoesOn::Perhaps).next().is_some()).collect();
    let plain: Vec<&Statement> =
        (0..wholes.len()).filter(|at| known[*at].is_none() && !unclear[*at]).map(|at| all.rows[at]).collect();
    let span = |at: usize| {
        let row = all.rows[at];
        let whole = Span { from: start_of(row.from_day), to: ends[at], ends: true, exact: true, apart: false };
        if !wholes[at].complete {
            return Span { to: after(row.to_day), ends: false, exact: false, apart: true, ..whole };
        }
        if let Some(from) = known[at] {
            return Span { from, ..whole };
        }
        if unclear[at] || begins_elsewhere(row, &plain) {
            let of_day = |other: &usize| all.rows[*other].covers(row.from_day);
            let numbered = |other: usize| all.rows[other].sequence.is_some();
            let apart = numbered(at) && all.others(at).filter(of_day).all(numbered);
            return Span { exact: false, apart, ..whole };
        }
        whole
    };
    (0..wholes.len()).map(span).collect()
}

/// Whether others tell another balance for the beginning of its first day: then it begins in the course of it.
fn begins_elsewhere(row: &Statement, others: &[&Statement]) -> bool {
    let Some(opening) = row.opening else { return false };
    let ended = |other: &&&Statement| after(other.to_day) == start_of(row.from_day) && other.is_whole_on(other.to_day);
    let closed: Vec<_> = others.iter().filter(ended).filter_map(|other| other.closing).collect();
    if !closed.is_empty() {
        return !closed.contains(&opening);
    }
    let begun = |other: &&&Statement| other.id != row.id && other.from_day == row.from_day && other.opening.is_some();
    let mut opened = others.iter().filter(begun).filter_map(|other| other.opening).peekable();
    opened.peek().is_some() && opened.all(|other| other != opening)
}

/// In which order statements are believed, where they do not agree: those that tell whole days, the newest of them first; then
/// those that were made on their last day, in the order in which they grew.
#[must_use]
pub fn belief(row: &Statement, span: &Span) -> impl Ord + use<> {
    let whole = row.is_whole_on(row.to_day) && span.exact;
    (
        (!span.exact, !whole, whole.then_some(Reverse(row.made_at)), row.made_at, row.sequence.is_none(), row.sequence),
        (Reverse(row.from_day), row.entries, row.id),
    )
}

/// How many movements of a kind there can be, and where.
#[derive(Clone, Debug)]
pub struct Places {
    points: Vec<Point>,
    /// `most[b][a]`: how many there are at most from point `a` to point `b`; with `a` after `b`, less than none: at least so many
    /// between.
    most: Vec<Vec<i64>>,
}

/// More than any number of entries.
const ANY: i64 = i64::MAX / 4;

impl Places {
    /// Places of movements that the bank booked for a day, told by these spans: no movement is told before its day.
    #[must_use]
    pub fn new(day: NaiveDate, spans: &[&Span]) -> Self {
        let first = start_of(day);
        let mut points: Vec<Point> = spans.iter().flat_map(|span| [span.from.max(first), span.to.max(first)]).collect();
        points.push(first);
        points.sort_unstable();
        points.dedup();
        let size = points.len();
        let mut most = vec![vec![ANY; size]; size];
        for (at, row) in most.iter_mut().enumerate() {
            // Numbers only grow.
            row[at..].fill(0);
        }
        let mut places = Self { points, most };
        // What no statement tells is not known.
        for at in 1..size {
            let stretch = Slot { from: places.points[at - 1], to: places.points[at] };
            if !spans.iter().any(|span| span.holds(&stretch)) {
                places.bound(at - 1, at, 0);
            }
        }
        places
    }

    fn place(&self, point: Point) -> usize {
        self.points.partition_point(|known| *known < point)
    }

    fn ends(&self, span: &Span) -> (usize, usize) {
        let first = self.points[0];
        (self.place(span.from.max(first)), self.place(span.to.max(first)))
    }

    /// At most so many from one place to another; all that follows from it.
    fn bound(&mut self, from: usize, to: usize, number: i64) {
        if self.most[to][from] <= number {
            return;
        }
        let size = self.points.len();
        for end in 0..size {
            for begin in 0..size {
                let over = self.most[end][to].saturating_add(number).saturating_add(self.most[from][begin]).min(ANY);
                if over < self.most[end][begin] {
                    self.most[end][begin] = over;
                }
            }
        }
    }

    /// How many there are within a span, at least and at most.
    fn range(&self, span: &Span) -> (i64, i64) {
        let (from, to) = self.ends(span);
        if from >= to {
            return (0, 0);
        }
        (-self.most[from][to], self.most[to][from])
    }

    /// A statement tells so many: as far as they find a place beside what is believed already.
    pub fn tell(&mut self, span: &Span, number: i64) {
        let ((from, to), (least, most)) = (self.ends(span), self.range(span));
        let fits = number.clamp(least, most);
        if from < to {
            self.bound(from, to, fits);
            self.bound(to, from, -fits);
        }
    }

    /// How many there are in all, at least and at most.
    #[must_use]
    pub fn total(&self) -> (i64, i64) {
        let last = self.points.len() - 1;
        (-self.most[0][last], self.most[last][0])
    }

    /// So many movements, each as early as it can be.
    #[must_use]
    pub fn slots(mut self, number: i64) -> Vec<Slot> {
        let last = self.points.len() - 1;
        self.bound(0, last, number);
        let mut slots = Vec::new();
        for at in 1..=last {
            let here = self.most[at][0].min(number) - self.most[at - 1][0].min(number);
            let slot = Slot { from: self.points[at - 1], to: self.points[at] };
            slots.extend((0..here).map(|_| slot));
        }
        slots
    }
}

/// The day on which a movement counts in the balances of statements: the first one of its slot, which ends with no statement
/// before the last.
#[must_use]
pub fn day_of(slot: &Slot) -> NaiveDate {
    slot.from.0
}
