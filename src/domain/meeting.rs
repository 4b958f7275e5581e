//! Which entries of statements were announced (BANK-3): pure, and the same for any order of files, as everything around some
//! days is looked at together.
//!
//! Each entry is met at most once. As many as possible meet; of those ways, the one in which what is most alike does. An
//! entry may also be told in parts on the one side and as a whole on the other.

use super::{
    Cents,
    bank::Direction,
    reading::{EntryTold, Likeness, NOTICE_DAYS, PartTold, are_other_texts, differ, same},
};
use chrono::NaiveDate;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// An entry on one of the two sides.
#[derive(Clone, Debug)]
pub struct Side {
    /// What it tells.
    pub told: EntryTold,
    /// Its parts in the order of its lines.
    pub parts: Vec<PartTold>,
    /// Its notice or statement, whose other entries are never the same.
    pub teller: usize,
    /// Something is booked for it, or a person decided on it.
    pub decided: bool,
    /// It is not clear whether it is a movement of its own.
    pub doubted: bool,
    /// … and like something else that is told, in everything.
    pub alike: bool,
}

impl Side {
    /// Whether something in it went the other way than all of it.
    fn is_mixed(&self) -> bool {
        self.parts.iter().any(|part| part.amount < Cents::ZERO)
    }

    /// What it adds to another entry of which it is a part.
    fn amount_in(&self, whole: &Self) -> Cents {
        if self.told.direction == whole.told.direction { self.told.amount } else { -self.told.amount }
    }
}

/// What was found to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bond {
    /// An entry of a statement, and the announced one.
    One {
        /// Of the statement.
        stated: usize,
        /// Of the notice.
        announced: usize,
    },
    /// An entry of a statement, of which parts were announced as entries.
    AnnouncedApart {
        /// Of the statement.
        stated: usize,
        /// The part (by its line; none where the entry is one sum), and the announced entry.
        parts: Vec<(Option<usize>, usize)>,
    },
    /// Entries of statements that are parts of what was announced as one.
    StatedApart {
        /// Of the notice.
        announced: usize,
        /// The part (by its line; none where the entry is one sum), and the entry of a statement.
        parts: Vec<(Option<usize>, usize)>,
    },
}

/// What the two sides have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meetings {
    /// What is one.
    pub bonds: Vec<Bond>,
    /// Announced entries, each with another one that it repeats: it may be no money of its own.
    pub repeats: Vec<(usize, usize)>,
    /// The same, where it is certain: two that are booked were announced so often.
    pub certain: Vec<(usize, usize)>,
    /// Entries of statements of the same payer and amount as something announced, with another text.
    pub perhaps: Vec<usize>,
}

/// Which entries of statements are which announced ones.
#[must_use]
pub fn meetings(stated: &[Side], announced: &[Side]) -> Meetings {
    let mut of_day: BTreeMap<(Direction, Cents, NaiveDate), Vec<usize>> = BTreeMap::new();
    for (at, Side { told, .. }) in announced.iter().enumerate() {
        of_day.entry((told.direction, told.amount, told.booked_on)).or_default().push(at);
    }
    let mut sides = Sides {
        stated,
        announced,
        of_day,
        met: vec![false; stated.len()],
        spent: vec![false; announced.len()],
        found: Meetings::default(),
    };
    sides.booked_apart();
    sides.exact_parts();
    sides.ones(false);
    sides.swap();
    for whole in [true, false] {
        let parts = sides.apart((stated, announced), whole, true);
        sides.found.bonds.extend(parts.into_iter().map(|(stated, parts)| Bond::AnnouncedApart { stated, parts }));
        let parts = sides.apart((announced, stated), whole, false);
        sides.found.bonds.extend(parts.into_iter().map(|(announced, parts)| Bond::StatedApart { announced, parts }));
        if whole {
            sides.ones(true);
        }
    }
    sides.repeats();
    sides.perhaps();
    sides.found
}

struct Sides<'a> {
    stated: &'a [Side],
    announced: &'a [Side],
    /// What was announced, by money and day.
    of_day: BTreeMap<(Direction, Cents, NaiveDate), Vec<usize>>,
    met: Vec<bool>,
    spent: Vec<bool>,
    found: Meetings,
}

/// A part of a whole (where it has parts) and the entry that it is.
type Parts = Vec<(Option<usize>, usize)>;

impl Sides<'_> {
    /// Whole entries, one to one. What may be a copy of what another notice announced comes last, when `copies` are wanted.
    fn ones(&mut self, copies: bool) {
        let mut of_money: BTreeMap<(Direction, Cents), Vec<usize>> = BTreeMap::new();
        for (at, side) in self.stated.iter().enumerate().filter(|(at, _)| !self.met[*at]) {
            of_money.entry((side.told.direction, side.told.amount)).or_default().push(at);
        }
        let is_copy = |at: usize| self.copies(at, true);
        let wanted = |at: &usize| !self.spent[*at] && (copies || !is_copy(*at));
        let mut order: Vec<usize> = (0..self.announced.len()).filter(wanted).collect();
        order.sort_by_key(|at| (self.announced[*at].told.booked_on, *at));
        // Of each announced entry: how alike, how far off.
        let fits: Vec<Vec<Fit>> = (0..self.announced.len())
            .map(|at| {
                let side = &self.announced[at];
                let others = of_money.get(&(side.told.direction, side.told.amount)).into_iter().flatten();
                let mut row: Vec<Fit> = others.filter_map(|other| fit(side, &self.stated[*other], *other)).collect();
                row.sort_by_key(|fit| (fit.both, fit.days, fit.stated));
                row
            })
            .collect();
        let mut of: Vec<Option<usize>> = vec![None; self.stated.len()];
        let mut spent = vec![false; self.announced.len()];
        // Rather with a movement that is clear.
        let near = [Likeness::Equal, Likeness::Reference, Likeness::Payer];
        let steps = near.map(|least| (least, false)).into_iter().chain(near.map(|least| (least, true)));
        let steps = steps.chain([(Likeness::Amount, false), (Likeness::Amount, true)]);
        // A copy proves nothing.
        for (least, doubted) in steps.filter(|(least, doubted)| !copies || (*least > Likeness::Amount && !doubted)) {
            for at in &order {
                let edges = |at: usize| -> Vec<usize> {
                    // That what is like another in everything is another one, no notice shows: it fits both.
                    let is_clear = |stated: &Side| !stated.doubted || (doubted && !stated.alike);
                    let wanted = |fit: &&Fit| fit.like >= least && is_clear(&self.stated[fit.stated]);
                    fits[at].iter().filter(wanted).map(|fit| fit.stated).collect()
                };
                spent[*at] = spent[*at] || augment(*at, &edges, &mut of, &mut vec![false; self.stated.len()]);
            }
        }
        let mut pairs: Vec<(usize, usize)> =
            of.iter().enumerate().filter_map(|(stated, announced)| Some((stated, (*announced)?))).collect();
        let like = |stated: usize, announced: usize| {
            fits[announced].iter().find(|fit| fit.stated == stated).map(|fit| fit.like)
        };
        self.unbook(&mut pairs, &like);
        for (stated, announced) in pairs {
            (self.met[stated], self.spent[announced]) = (true, true);
            self.found.bonds.push(Bond::One { stated, announced });
        }
    }

    /// Whether an announced entry is in everything like one of another notice, or of an earlier one: as the first of its notice as
    /// the first of that, and so on.
    fn copies(&self, at: usize, earlier: bool) -> bool {
        let one = &self.announced[at];
        let mut tellers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for other in self.alike(at) {
            if is_repeated(&one.told, &self.announced[other].told, Likeness::Equal) {
                tellers.entry(self.announced[other].teller).or_default().push(other);
            }
        }
        let own = tellers.remove(&one.teller).unwrap_or_default();
        let place = own.iter().position(|other| *other == at).unwrap_or(0);
        tellers.into_iter().any(|(teller, of)| (!earlier || teller < one.teller) && of.len() > place)
    }

    /// What was announced of the same money for the same day, itself as well.
    fn alike(&self, at: usize) -> impl Iterator<Item = usize> {
        let told = &self.announced[at].told;
        let key = (told.direction, told.amount, told.booked_on);
        self.of_day.get(&key).into_iter().flatten().copied()
    }

    /// Where both of a pair are booked, and nothing of another pair of the same money is: then the two that are booked stand for
    /// two movements, and the other pair tells them again.
    fn unbook(&mut self, pairs: &mut Vec<(usize, usize)>, like: &dyn Fn(usize, usize) -> Option<Likeness>) {
        let fit = |stated: usize, announced: usize| like(stated, announced).is_some();
        let money = |stated: usize| (self.stated[stated].told.direction, self.stated[stated].told.amount);
        let decided = |(stated, announced): (usize, usize)| {
            u8::from(self.stated[stated].decided) + u8::from(self.announced[announced].decided)
        };
        // Rather with something that is not booked, where that can be.
        for at in 0..pairs.len() {
            let (stated, announced) = pairs[at];
            if decided(pairs[at]) < 2 {
                continue;
            }
            let free = |other: &usize| {
                let paired = pairs.iter().any(|pair| pair.1 == *other);
                !self.announced[*other].decided && !paired && !self.copies(*other, true)
            };
            let other = (0..self.announced.len()).filter(free).find(|other| fit(stated, *other));
            if let Some(other) = other {
                pairs[at] = (stated, other);
                continue;
            }
            let free = |other: &usize| !self.stated[*other].decided && !pairs.iter().any(|pair| pair.0 == *other);
            let other = (0..self.stated.len()).filter(free).find(|other| fit(*other, announced));
            if let Some(other) = other {
                pairs[at] = (other, announced);
            }
        }
        // A copy that was booked meanwhile stands for something that is not.
        for copy in 0..self.announced.len() {
            let side = &self.announced[copy];
            if !side.decided || self.spent[copy] || pairs.iter().any(|pair| pair.1 == copy) || !self.copies(copy, false)
            {
                continue;
            }
            let money = (side.told.direction, side.told.amount);
            // Rather for what nothing announced.
            let free = |stated: &usize| {
                let met = self.met[*stated] || pairs.iter().any(|pair| pair.0 == *stated);
                !met && !self.stated[*stated].decided && !self.stated[*stated].doubted && fit(*stated, copy)
            };
            if let Some(stated) = (0..self.stated.len()).find(free) {
                pairs.push((stated, copy));
                continue;
            }
            let is_open = |pair: &(usize, usize)| {
                let side = &self.stated[pair.0];
                decided(*pair) == 0 && (side.told.direction, side.told.amount) == money
            };
            let repeats = |pair: &(usize, usize), least| is_repeated(&self.announced[pair.1].told, &side.told, least);
            let equal = pairs.iter().position(|pair| is_open(pair) && repeats(pair, Likeness::Equal));
            // Else that of which the statement is most like it.
            let open = (0..pairs.len()).filter(|at| is_open(&pairs[*at]));
            let alike = open.max_by_key(|at| (like(pairs[*at].0, copy), Reverse(*at)));
            let Some(open) = equal.or(alike) else { continue };
            if !repeats(&pairs[open], Likeness::Payer) {
                let again = pairs[open].1;
                self.spent[again] = true;
                self.found.certain.push((again, copy));
            }
            pairs[open].1 = copy;
        }
        while let Some((both, none)) =
            pairs.iter().enumerate().filter(|(_, pair)| decided(**pair) == 2).find_map(|(both, pair)| {
                let none = pairs.iter().position(|other| decided(*other) == 0 && money(other.0) == money(pair.0))?;
                Some((both, none))
            })
        {
            let ((alone, announced), (stated, again)) = (pairs[both], pairs[none]);
            self.met[alone] = true;
            self.spent[again] = true;
            self.found.certain.push((again, announced));
            pairs[both] = (stated, announced);
            pairs.remove(none);
        }
    }

    /// What is booked in parts is met as a whole before anything that is not booked is: that can wait for another.
    fn booked_apart(&mut self) {
        for stated in [true, false] {
            let (wholes, singles) = if stated { (self.stated, self.announced) } else { (self.announced, self.stated) };
            let free: Vec<usize> =
                (0..singles.len()).filter(|at| singles[*at].decided && !self.used(!stated, *at)).collect();
            if free.len() < 2 {
                continue;
            }
            let mut kinds: BTreeMap<(Direction, Cents), Vec<usize>> = BTreeMap::new();
            for (at, whole) in wholes.iter().enumerate().filter(|(_, whole)| !whole.decided) {
                kinds.entry((whole.told.direction, whole.told.amount)).or_default().push(at);
            }
            let bound: Vec<(usize, Parts)> =
                kinds.into_values().flat_map(|alike| in_sets(&alike, wholes, &free, singles)).collect();
            for (at, parts) in bound {
                for (used, at) in parts.iter().map(|(_, single)| (!stated, *single)).chain([(stated, at)]) {
                    if used { self.met[at] = true } else { self.spent[at] = true }
                }
                self.found.bonds.push(if stated {
                    Bond::AnnouncedApart { stated: at, parts }
                } else {
                    Bond::StatedApart { announced: at, parts }
                });
            }
        }
    }

    /// Entries whose parts were announced as entries that are like them in everything, on the same day.
    fn exact_parts(&mut self) {
        for at in 0..self.stated.len() {
            let side = &self.stated[at];
            if side.parts.len() < 2 || self.met[at] {
                continue;
            }
            let is_exact = |other: &usize| {
                let single = &self.announced[*other];
                !self.spent[*other]
                    && single.told.booked_on == side.told.booked_on
                    && unlike(side, std::iter::once(single)) == 0
            };
            let free: Vec<usize> = (0..self.announced.len()).filter(is_exact).collect();
            let Some((_, parts)) = in_sets(&[at], self.stated, &free, self.announced).pop() else { continue };
            self.met[at] = true;
            for (_, part) in &parts {
                self.spent[*part] = true;
            }
            self.found.bonds.push(Bond::AnnouncedApart { stated: at, parts });
        }
    }

    /// Where an entry met one that another could meet which has met none, and itself was announced in parts as well.
    fn swap(&mut self) {
        for at in 0..self.found.bonds.len() {
            let Bond::One { stated, announced } = self.found.bonds[at] else { continue };
            let side = &self.stated[stated];
            let alone = (0..self.stated.len()).find(|other| {
                let other_side = &self.stated[*other];
                let money = |side: &Side| (side.told.direction, side.told.amount);
                !self.met[*other]
                    && money(other_side) == money(side)
                    && matches!(encounter(&other_side.told, &self.announced[announced].told), Encounter::Fits(_))
            });
            let Some(alone) = alone else { continue };
            let free: Vec<usize> = (0..self.announced.len()).filter(|at| !self.spent[*at]).collect();
            let parts_of = |at: usize| in_sets(&[at], self.stated, &free, self.announced).pop();
            if parts_of(alone).is_some() {
                continue;
            }
            let Some((_, parts)) = parts_of(stated) else { continue };
            for (_, part) in &parts {
                self.spent[*part] = true;
            }
            self.met[alone] = true;
            self.found.bonds[at] = Bond::One { stated: alone, announced };
            self.found.bonds.push(Bond::AnnouncedApart { stated, parts });
        }
    }

    fn used(&self, of_stated: bool, at: usize) -> bool {
        if of_stated { self.met[at] } else { self.spent[at] }
    }

    /// Entries of the one side that are several of the other. `whole`: all of their parts, or at least some of them.
    fn apart(&mut self, (wholes, singles): (&[Side], &[Side]), whole: bool, stated: bool) -> Vec<(usize, Parts)> {
        let mut found = Vec::new();
        let may_be_whole = |side: &Side| {
            let is_one = side.parts.len() == 1 && !side.told.is_bare() && side.told.batch.is_none();
            !(is_one || (side.doubted && side.alike))
        };
        let mut open: Vec<usize> =
            (0..wholes.len()).filter(|at| !self.used(stated, *at) && may_be_whole(&wholes[*at])).collect();
        open.sort_by_key(|at| (wholes[*at].doubted, wholes[*at].told.booked_on, *at));
        let mut kinds: BTreeMap<(Direction, Cents), Vec<usize>> = BTreeMap::new();
        for at in open {
            kinds.entry((wholes[at].told.direction, wholes[at].told.amount)).or_default().push(at);
        }
        for alike in kinds.into_values() {
            let free: Vec<usize> = (0..singles.len()).filter(|at| !self.used(!stated, *at)).collect();
            let mut bound = if whole { in_sets(&alike, wholes, &free, singles) } else { Vec::new() };
            if !whole {
                let mut left = free;
                for at in alike {
                    let parts = some_parts(&wholes[at], &left, singles);
                    left.retain(|single| !parts.iter().any(|(_, part)| part == single));
                    if !parts.is_empty() {
                        bound.push((at, parts));
                    }
                }
            }
            for (at, parts) in bound {
                for (used, at) in parts.iter().map(|(_, single)| (!stated, *single)).chain([(stated, at)]) {
                    if used { self.met[at] = true } else { self.spent[at] = true }
                }
                found.push((at, parts));
            }
        }
        found
    }

    /// What was announced again under another id: equal, or with fewer details.
    fn repeats(&mut self) {
        let rank = |at: &usize| (!self.spent[*at], !self.announced[*at].decided, self.announced[*at].teller, *at);
        let mut order: Vec<usize> = (0..self.announced.len()).collect();
        order.sort_by_key(rank);
        order.retain(|at| !self.spent[*at] && !self.announced[*at].decided);
        // What repeats is told by each notice once.
        let mut used: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut repeats: BTreeMap<usize, usize> = BTreeMap::new();
        // What says the same first: others may have its reference.
        for least in [Likeness::Equal, Likeness::Payer] {
            for at in &order {
                if repeats.contains_key(at) {
                    continue;
                }
                let side = &self.announced[*at];
                let mut before: Vec<usize> = self.alike(*at).filter(|other| rank(other) < rank(at)).collect();
                before.sort_by_key(rank);
                let before = before.into_iter().find(|other| {
                    let other_side = &self.announced[*other];
                    other_side.teller != side.teller
                        && !used.contains(&(*other, side.teller))
                        && !repeats.contains_key(other)
                        && is_repeated(&other_side.told, &side.told, least)
                });
                if let Some(before) = before {
                    used.insert((before, side.teller));
                    repeats.insert(*at, before);
                }
            }
        }
        let repeats = repeats.into_iter().collect();
        self.found.repeats = repeats;
    }

    fn perhaps(&mut self) {
        let free = || self.announced.iter().enumerate().filter(|(at, _)| !self.spent[*at]);
        let unclear =
            |side: &Side| free().any(|(_, other)| matches!(encounter(&side.told, &other.told), Encounter::Perhaps));
        let stated = self.stated.iter().enumerate();
        let found =
            stated.filter(|(at, side)| !self.met[*at] && !side.decided && unclear(side)).map(|(at, _)| at).collect();
        self.found.perhaps = found;
    }
}

/// How an announced entry fits one of a statement.
struct Fit {
    stated: usize,
    like: Likeness,
    /// Both are booked.
    both: bool,
    days: i64,
}

fn fit(announced: &Side, stated: &Side, at: usize) -> Option<Fit> {
    let Encounter::Fits(like) = encounter(&stated.told, &announced.told) else { return None };
    let days = (stated.told.booked_on - announced.told.booked_on).num_days().abs();
    Some(Fit { stated: at, like, both: stated.decided && announced.decided, days })
}

/// Finds a partner for one, moving others to other partners where need be.
fn augment(one: usize, edges: &dyn Fn(usize) -> Vec<usize>, of: &mut [Option<usize>], tried: &mut [bool]) -> bool {
    for other in edges(one) {
        if std::mem::replace(&mut tried[other], true) {
            continue;
        }
        if of[other].is_none_or(|held| augment(held, edges, of, tried)) {
            of[other] = Some(one);
            return true;
        }
    }
    false
}

/// Whether an entry may be a part of any of some wholes, by its day and batch.
fn is_near_some(alike: &[usize], wholes: &[Side], single: &Side) -> bool {
    alike.iter().any(|whole| {
        let whole = &wholes[*whole].told;
        is_near(whole, &single.told) && !differ(whole.batch.as_ref(), single.told.batch.as_ref())
    })
}

/// Wholes of the same money, each with entries that together are all of it.
fn in_sets(alike: &[usize], wholes: &[Side], free: &[usize], singles: &[Side]) -> Vec<(usize, Parts)> {
    let first = &wholes[alike[0]].told;
    let is_less = |at: usize| {
        let told = &singles[at].told;
        told.direction == first.direction && told.amount < first.amount
    };
    // Where something in it went the other way, its parts may do so, and be more than all of it.
    let is_mixed = |at: usize| {
        let told = &singles[at].told;
        let of_batch = |whole: &Side| same(whole.told.batch.as_ref(), told.batch.as_ref());
        alike.iter().any(|whole| wholes[*whole].is_mixed() || of_batch(&wholes[*whole]))
    };
    let near: Vec<usize> = free.iter().copied().filter(|at| is_near_some(alike, wholes, &singles[*at])).collect();
    if near.len() < 2 {
        return Vec::new();
    }
    let mut found = Vec::new();
    let (mut left, mut open) = (near, alike.to_vec());
    // All of a batch that one notice tells; else all of a batch, or all that one notice tells; else with what went the other way.
    for (by_teller, both_ways) in [(true, false), (false, false), (true, true)] {
        let key = |at: usize| {
            let (side, batch) = (&singles[at], singles[at].told.batch.clone());
            let teller = if by_teller || batch.is_none() { Some(side.teller) } else { None };
            (teller, batch)
        };
        let mut groups: BTreeMap<(Option<usize>, Option<String>), Vec<usize>> = BTreeMap::new();
        for at in left.iter().filter(|at| both_ways || is_less(**at) || is_mixed(**at)) {
            groups.entry(key(*at)).or_default().push(*at);
        }
        let mut sets: Vec<Vec<usize>> = Vec::new();
        for group in groups.into_values() {
            sets.extend(sets_of(&group, singles, &wholes[open[0]]));
        }
        let fit = |whole: usize, set: usize| placed(&wholes[whole], &sets[set], singles);
        let day = |set: usize| sets[set].iter().map(|at| singles[*at].told.booked_on).min();
        let likeness = |at: usize, set: usize| unlike(&wholes[open[at]], sets[set].iter().map(|at| &singles[*at]));
        let edges = |set: usize| {
            let order = |at: &usize| {
                let whole = &wholes[open[*at]];
                let singles = || sets[set].iter().map(|at| &singles[*at]);
                let both = whole.decided && singles().any(|single| single.decided);
                let days = singles().map(|single| (whole.told.booked_on - single.told.booked_on).num_days().abs());
                (both, likeness(*at, set), days.max(), *at)
            };
            let mut row: Vec<usize> = (0..open.len()).filter(|at| fit(open[*at], set).is_some()).collect();
            row.sort_by_key(order);
            row
        };
        // What is most alike first, and of that what was announced or stated first.
        let mut order: Vec<usize> = (0..sets.len()).collect();
        let decided = |set: usize| sets[set].iter().any(|at| singles[*at].decided);
        let best = |set: usize| (0..open.len()).map(|at| likeness(at, set)).min();
        order.sort_by_key(|set| (best(*set), day(*set), !decided(*set), *set));
        let mut of = vec![None; open.len()];
        for set in order {
            augment(set, &edges, &mut of, &mut vec![false; open.len()]);
        }
        let mut bound: Vec<(usize, Parts)> = Vec::new();
        for (at, set) in of.into_iter().enumerate() {
            let Some(set) = set else { continue };
            bound.extend(fit(open[at], set).map(|parts| (open[at], parts)));
        }
        open.retain(|at| !bound.iter().any(|(whole, _)| whole == at));
        left.retain(|at| !bound.iter().any(|(_, parts)| parts.iter().any(|(_, single)| single == at)));
        found.extend(bound);
        if open.is_empty() {
            break;
        }
    }
    found
}

/// How many of some entries have no part of the whole that is alike in every reference and text.
fn unlike<'a>(whole: &Side, singles: impl Iterator<Item = &'a Side>) -> usize {
    let alike = |single: &Side| {
        let [own] = &single.told.parts[..] else { return false };
        let own = PartTold { amount: single.amount_in(whole), ..own.clone() };
        whole.parts.contains(&own)
    };
    singles.filter(|single| !alike(single)).count()
}

/// Disjoint sets of a group that each add up to a whole: all of it once or several times, or what has the amounts of its parts.
fn sets_of(group: &[usize], singles: &[Side], whole: &Side) -> Vec<Vec<usize>> {
    let mut of_amount: BTreeMap<Cents, Vec<usize>> = BTreeMap::new();
    for at in group {
        of_amount.entry(singles[*at].amount_in(whole)).or_default().push(*at);
    }
    let deal = |wanted: &BTreeMap<Cents, usize>, times: usize| -> Vec<Vec<usize>> {
        let mut pools = of_amount.clone();
        let set = |_| -> Vec<usize> {
            wanted
                .iter()
                .flat_map(|(amount, many)| {
                    pools.get_mut(amount).map(|pool| pool.drain(..*many).collect::<Vec<_>>()).unwrap_or_default()
                })
                .collect()
        };
        (0..times).map(set).collect()
    };
    if whole.parts.len() > 1 {
        let mut wanted: BTreeMap<Cents, usize> = BTreeMap::new();
        for part in &whole.parts {
            *wanted.entry(part.amount).or_default() += 1;
        }
        let times = wanted.iter().map(|(amount, many)| of_amount.get(amount).map_or(0, |pool| pool.len() / many)).min();
        return deal(&wanted, times.unwrap_or(0));
    }
    let sum: Cents = group.iter().map(|at| singles[*at].amount_in(whole)).sum();
    let times = usize::try_from(sum.0 / whole.told.amount.0.max(1)).unwrap_or(0);
    let even = of_amount.values().all(|pool| times > 0 && pool.len() % times == 0);
    if group.len() < 2 * times.max(1) || sum != Cents(whole.told.amount.0 * i64::try_from(times).unwrap_or(0)) || !even
    {
        return Vec::new();
    }
    let wanted = of_amount.iter().map(|(amount, pool)| (*amount, pool.len() / times)).collect();
    deal(&wanted, times)
}

/// A set as the parts of a whole, where it can be that.
fn placed(whole: &Side, set: &[usize], singles: &[Side]) -> Option<Parts> {
    let fits = |at: &usize| {
        let told = &singles[*at].told;
        is_near(&whole.told, told) && !differ(whole.told.batch.as_ref(), told.batch.as_ref())
    };
    if !set.iter().all(fits) {
        return None;
    }
    if whole.parts.len() < 2 {
        let lump = whole.told.is_bare() || whole.told.batch.is_some();
        return lump.then(|| set.iter().map(|at| (None, *at)).collect());
    }
    let parts = some_parts(whole, set, singles);
    (parts.len() == whole.parts.len()).then_some(parts)
}

/// The parts of a whole, as far as entries of the other side are each one of them.
fn some_parts(whole: &Side, among: &[usize], singles: &[Side]) -> Parts {
    if whole.parts.len() < 2 {
        return Vec::new();
    }
    let edges = |part: usize| -> Vec<usize> {
        let mut row: Vec<usize> = (0..among.len()).filter(|at| is_part(whole, part, &singles[among[*at]])).collect();
        row.sort_by_key(|at| (whole.told.booked_on - singles[among[*at]].told.booked_on).num_days().abs());
        row
    };
    let mut of = vec![None; among.len()];
    for part in 0..whole.parts.len() {
        augment(part, &edges, &mut of, &mut vec![false; among.len()]);
    }
    let mut parts: Parts = of
        .iter()
        .enumerate()
        .filter_map(|(at, part)| Some(((*part)?, at)))
        .map(|(part, at)| (Some(part), among[at]))
        .collect();
    parts.sort_unstable();
    parts
}

/// Whether an entry is a part of another.
fn is_part(whole: &Side, part: usize, single: &Side) -> bool {
    let ([own], part) = (&single.told.parts[..], &whole.parts[part]) else { return false };
    let tells = same(part.iban.as_ref(), own.iban.as_ref())
        || part.shares_reference(own)
        || same(whole.told.batch.as_ref(), single.told.batch.as_ref())
        || same(part.text.as_ref(), own.text.as_ref());
    is_near(&whole.told, &single.told)
        && !differ(whole.told.batch.as_ref(), single.told.batch.as_ref())
        && part.amount == single.amount_in(whole)
        && (tells || !own.detailed)
        && !part.is_apart_from(own)
        && !differ(part.iban.as_ref(), own.iban.as_ref())
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
    match (texts_differ, like) {
        (false, _) => Encounter::Fits(like),
        // Only a reference says that it is one.
        (true, Likeness::Reference | Likeness::Equal) => Encounter::Fits(Likeness::Amount),
        (true, Likeness::Apart | Likeness::Amount | Likeness::Payer) => Encounter::Perhaps,
    }
}

/// Whether a notice may tell again what another notice told on the same day: equal, or one with fewer details.
fn is_repeated(one: &EntryTold, other: &EntryTold, least: Likeness) -> bool {
    let like = one.likeness(other).is_some_and(|like| like >= least);
    let fits = matches!(encounter(one, other), Encounter::Fits(_));
    one.booked_on == other.booked_on && like && fits
}
