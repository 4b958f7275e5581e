//! Histories of one account of ours that know the truth: what moved, and the files in which a bank tells it. All of it
//! follows from a seed.
//!
//! What moved is a list of [`Movement`]s; what the bank made of it is a list of [`Plan`]s, each a statement or notice that
//! tells a part of them. Files are derived from both ([`History::files`]), so a history can be made smaller by leaving out
//! movements or plans, and its balances still add up.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use strippenkaart::domain::Cents;
use strippenkaart::domain::bank::{BankDetail, BankEntry, Direction, OpeningKind, StatementHead};
use strippenkaart::domain::bank_statement::StatementKind;

/// Our account.
pub const OURS: &str = "NL91ABNA0417164300";
/// Accounts of those who pay.
const PAYERS: [&str; 5] =
    ["NL20INGB0001234567", "NL44RABO0123456789", "NL02ABNA0123456789", "BE68539007547034", "DE89370400440532013000"];

/// A small generator of numbers (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below `most`.
    pub fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most.max(1) as u64).unwrap()
    }

    /// True in so many of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn between(&mut self, from: usize, to: usize) -> usize {
        from + self.below(to - from + 1)
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// In another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at + 1));
        }
    }
}

/// A part of a movement: the whole of most, one payment of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// What the other side paid or got.
    pub amount: Cents,
    /// What the bank took for it.
    pub charge: Cents,
    pub name: Option<String>,
    pub iban: Option<String>,
    pub text: Option<String>,
    pub structured: Option<String>,
    pub end_to_end_id: Option<String>,
    pub transaction_id: Option<String>,
    pub mandate: Option<String>,
    pub servicer: Option<String>,
    pub reason: Option<String>,
    /// It went the other way than its movement: what came back within a batch.
    pub opposite: bool,
}

/// Money that moved once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Its number.
    pub id: usize,
    /// The day for which the bank booked it.
    pub day: NaiveDate,
    /// The day of whose balance it is part: later, where the bank books for an earlier day.
    pub told_on: NaiveDate,
    /// The minute of that day.
    pub minute: u32,
    pub direction: Direction,
    /// What it moved.
    pub amount: Cents,
    pub parts: Vec<Part>,
    /// `AcctSvcrRef` of the entry.
    pub servicer: Option<String>,
    pub code: Option<String>,
    /// The payment group of a batch.
    pub batch: Option<String>,
}

impl Movement {
    /// What it did to the balance.
    pub fn effect(&self) -> Cents {
        if self.direction == Direction::Credit { self.amount } else { -self.amount }
    }

    fn moment(&self) -> (NaiveDate, u32) {
        (self.told_on, self.minute)
    }
}

/// How little an entry tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slim {
    /// Everything.
    Full,
    /// No references.
    NoReferences,
    /// No text.
    NoText,
    /// The amount alone.
    Bare,
}

/// What a bank makes: a statement or a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a habit of banks of its own")]
pub struct Plan {
    pub kind: StatementKind,
    /// The file that it is in.
    pub file: usize,
    pub id: String,
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// It begins after this minute of its first day: it goes on within a day.
    pub since: Option<u32>,
    /// It ends with this minute of its last day.
    pub until: Option<u32>,
    pub made: NaiveDateTime,
    pub tells_made: bool,
    pub tells_period: bool,
    pub opening: OpeningKind,
    pub sequence: Option<i64>,
    pub pages: usize,
    /// Each page is a file of its own.
    pub apart: bool,
    /// A movement that it lacks by mistake: it is corrected later.
    pub lacks: Option<usize>,
    /// Batches are told as one sum.
    pub lump: bool,
    pub slim: Slim,
    /// Of a notice: what it tells.
    pub about: Vec<usize>,
    /// Of a notice: how many days later its entries are dated.
    pub shift: i64,
    /// Of a notice: parts of a batch are entries of their own.
    pub separate: bool,
    /// It was told before, under another id.
    pub again: bool,
}

/// An entry as a file tells it, with what it is about.
#[derive(Clone, Debug)]
pub struct ToldEntry {
    pub movement: usize,
    /// A notice told it.
    pub notice: bool,
    /// Only this part of it.
    pub part: Option<usize>,
    pub entry: BankEntry,
}

/// A statement or notice, or a page of one.
#[derive(Clone, Debug)]
pub struct ToldStatement {
    pub kind: StatementKind,
    pub head: StatementHead,
    pub entries: Vec<ToldEntry>,
}

/// A file as a person uploads it.
#[derive(Clone, Debug)]
pub struct File {
    pub made: NaiveDateTime,
    pub statements: Vec<ToldStatement>,
}

/// What may be asked of the end.
#[expect(clippy::struct_excessive_bools, reason = "each is asked by itself")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Something may wait for a person.
    pub may_wait: bool,
    /// Any order of files ends the same.
    pub same_in_any_order: bool,
    /// … also in what waits.
    pub same_ones_wait: bool,
    /// … and whether as many of those that wait.
    pub as_many_wait: bool,
}

impl Asked {
    /// Whether what waits is told apart at the end.
    pub const fn tells_waits(self) -> bool {
        self.same_ones_wait || !self.as_many_wait
    }
}

/// What moved, and what the bank made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    pub seed: u64,
    pub first: Cents,
    pub movements: Vec<Movement>,
    pub plans: Vec<Plan>,
}

fn plus(day: NaiveDate, days: i64) -> NaiveDate {
    day + chrono::Duration::days(days)
}

fn at(day: NaiveDate, minute: u32) -> NaiveDateTime {
    day.and_time(NaiveTime::from_num_seconds_from_midnight_opt(minute * 60, 0).unwrap())
}

/// What a bank does throughout.
#[expect(clippy::struct_excessive_bools, reason = "each is a habit of banks of its own")]
struct Habits {
    references: usize,
    ids_again: bool,
    sequence: usize,
    tells_made: bool,
    tells_period: bool,
    opening: OpeningKind,
    lump: bool,
    notices: bool,
}

struct Maker {
    rng: Rng,
    habits: Habits,
    movements: Vec<Movement>,
    plans: Vec<Plan>,
    amounts: BTreeSet<i64>,
    /// Days that statements within the day tell.
    split: BTreeSet<NaiveDate>,
}

impl History {
    /// The one of a seed.
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed.wrapping_mul(0x5851_f42d_4c95_7f2d) ^ 0x1405_7b7e_f767_814f);
        let habits = Habits {
            references: rng.below(6),
            ids_again: rng.chance(50),
            sequence: rng.below(4),
            tells_made: rng.chance(80),
            tells_period: rng.chance(50),
            opening: if rng.chance(50) { OpeningKind::Opbd } else { OpeningKind::Prcd },
            lump: rng.chance(30),
            notices: rng.chance(45),
        };
        let (movements, plans) = (Vec::new(), Vec::new());
        let (amounts, split) = (BTreeSet::new(), BTreeSet::new());
        let mut maker = Maker { rng, habits, movements, plans, amounts, split };
        let first = Cents(i64::try_from(maker.rng.below(500_000)).unwrap() - 50_000);
        let monday = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
        let mut week = maker.rng.below(60);
        let weeks = maker.rng.between(1, 4);
        let mut mondays = Vec::new();
        for _ in 0..weeks {
            mondays.push(plus(monday, 7 * i64::try_from(week).unwrap()));
            week += match maker.rng.below(10) {
                0..=5 => 1,
                6 | 7 => 2,
                8 => maker.rng.between(3, 10),
                _ => 52,
            };
        }
        for monday in &mondays {
            maker.week(*monday);
        }
        for monday in &mondays {
            maker.base(*monday);
        }
        for monday in &mondays {
            maker.extras(*monday);
        }
        if maker.habits.notices {
            maker.notices();
        }
        maker.number();
        Self { seed, first, movements: maker.movements, plans: maker.plans }
    }
}

impl Maker {
    fn amount(&mut self) -> Cents {
        loop {
            let cents = i64::try_from(self.rng.between(100, 90_000)).unwrap();
            if self.amounts.insert(cents) {
                return Cents(cents);
            }
        }
    }

    fn references(&mut self, part: &mut Part, payer: usize, number: usize) {
        match self.habits.references {
            0 => {}
            1 => part.end_to_end_id = Some(format!("E2E-{number}")),
            2 => part.end_to_end_id = Some(format!("RECURRING-{payer}")),
            3 => part.transaction_id = Some(format!("TX-{number}")),
            4 => part.servicer = Some(format!("SHARED-{}", number / 2)),
            _ => {
                part.end_to_end_id = self.rng.chance(50).then(|| format!("E2E-{number}"));
                part.mandate = self.rng.chance(20).then(|| format!("MANDATE-{payer}"));
            }
        }
    }

    fn week(&mut self, monday: NaiveDate) {
        let first = self.movements.len();
        for _ in 0..self.rng.between(2, 9) {
            let id = self.movements.len();
            let day = plus(monday, i64::from(self.rng.pick(&[0_i32, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5])));
            let minute = u32::try_from(self.rng.between(30, 1_430)).unwrap();
            if id > first && self.rng.chance(35) {
                self.equal(first, minute);
                continue;
            }
            let payer = self.rng.below(PAYERS.len());
            let text = match self.rng.below(4) {
                0 => None,
                1 => Some("contributie".to_owned()),
                2 => Some(format!("klant {payer}")),
                _ => Some(format!("factuur {id}")),
            };
            let mut part = Part {
                amount: self.amount(),
                name: Some(format!("Payer {payer}")),
                iban: (!self.rng.chance(8)).then(|| PAYERS[payer].to_owned()),
                text,
                ..Part::default()
            };
            self.references(&mut part, payer, id);
            let mut movement = Movement {
                id,
                day,
                told_on: day,
                minute,
                direction: if self.rng.chance(65) { Direction::Credit } else { Direction::Debit },
                amount: part.amount,
                parts: Vec::new(),
                servicer: match self.habits.references {
                    4 => Some(format!("SHARED-{}", id / 2)),
                    5 => Some(format!("BANK-{id}")),
                    _ => None,
                },
                code: None,
                batch: None,
            };
            match self.rng.below(100) {
                0..=9 => {
                    movement.direction = Direction::Credit;
                    movement.batch = Some(format!("GROUP-{id}"));
                    movement.code = Some("PMNT/IDDT/ESDD".to_owned());
                    let (mut sum, mut parts) = (part.amount, vec![part.clone()]);
                    for number in 1..self.rng.between(2, 4) {
                        let payer = self.rng.below(PAYERS.len());
                        let amount = self.amount();
                        let mut more = Part { amount, iban: Some(PAYERS[payer].to_owned()), ..part.clone() };
                        self.references(&mut more, payer, 1000 * (id + 1) + number);
                        sum += amount;
                        parts.push(more);
                    }
                    if self.rng.chance(30) {
                        let payer = self.rng.below(PAYERS.len());
                        let iban = Some(PAYERS[payer].to_owned());
                        let amount = Cents(
                            1 + i64::try_from(self.rng.below(usize::try_from(sum.0 - 400).unwrap_or(1))).unwrap(),
                        );
                        let charge = Cents(if self.rng.chance(30) && sum.0 > 500 { 300 } else { 0 });
                        let reason = Some("AM04".to_owned());
                        let mut back = Part { amount, charge, iban, reason, opposite: true, ..part.clone() };
                        self.references(&mut back, payer, 1000 * (id + 1) + 9);
                        sum -= amount + charge;
                        parts.insert(self.rng.below(parts.len() + 1), back);
                    }
                    movement.amount = sum;
                    self.amounts.insert(sum.0);
                    movement.parts = parts;
                }
                10..=15 => {
                    movement.direction = Direction::Debit;
                    movement.code = Some("PMNT/IDDT/UPDD".to_owned());
                    part.reason = Some("AM04".to_owned());
                    part.charge = Cents(if self.rng.chance(50) { 300 } else { 0 });
                    movement.amount = part.amount + part.charge;
                }
                16..=19 => {
                    movement.direction = Direction::Credit;
                    part.charge = Cents(50);
                    movement.amount = part.amount - part.charge;
                }
                20..=24 => {
                    part.structured = Some(format!("70000000000{id:05}"));
                    part.text = None;
                }
                25..=31 => {
                    // For an earlier day.
                    let later = self.rng.between(1, 3);
                    movement.told_on = plus(day, i64::try_from(later).unwrap());
                }
                _ => {}
            }
            if movement.parts.is_empty() {
                movement.parts = vec![part];
            }
            self.amounts.insert(movement.amount.0);
            self.movements.push(movement);
        }
    }

    /// A movement that looks like an earlier one of its week, or takes it back on the same day.
    fn equal(&mut self, first: usize, minute: u32) {
        let id = self.movements.len();
        let like = first + self.rng.below(id - first);
        let mut movement = Movement { id, minute, ..self.movements[like].clone() };
        if movement.batch.is_some() && self.rng.chance(60) {
            movement.batch = Some(format!("GROUP-{id}"));
        }
        match self.rng.below(10) {
            0..=4 => {}
            5 | 6 => movement.day = plus(movement.day, 1),
            7 => {
                movement.direction = match movement.direction {
                    Direction::Credit => Direction::Debit,
                    Direction::Debit => Direction::Credit,
                };
                movement.batch = None;
                movement.code = None;
                let first = movement.parts[0].clone();
                let amount = movement.amount;
                let whole = Part { amount, charge: Cents(0), reason: None, opposite: false, ..first };
                movement.parts = vec![whole];
            }
            8 => {
                let payer = self.rng.below(PAYERS.len());
                for part in &mut movement.parts {
                    part.iban = Some(PAYERS[payer].to_owned());
                }
            }
            _ => {
                for part in &mut movement.parts {
                    part.text = Some(format!("ook {id}"));
                }
            }
        }
        movement.told_on = movement.told_on.max(movement.day);
        if self.rng.chance(60) {
            let payer = like;
            let mut parts = std::mem::take(&mut movement.parts);
            for (number, part) in parts.iter_mut().enumerate() {
                self.references(part, payer, 1000 * (id + 1) + number);
            }
            movement.parts = parts;
            movement.servicer =
                movement.servicer.map(|shared| if self.rng.chance(50) { format!("BANK-{id}") } else { shared });
        }
        self.movements.push(movement);
    }

    fn plan(&mut self, from: NaiveDate, to: NaiveDate, made: NaiveDateTime) -> Plan {
        let file = self.plans.last().map_or(0, |plan| plan.file + 1);
        Plan {
            kind: StatementKind::Statement,
            file,
            id: String::new(),
            from,
            to,
            since: None,
            until: None,
            made,
            tells_made: self.habits.tells_made,
            tells_period: self.habits.tells_period,
            opening: self.habits.opening,
            sequence: None,
            pages: 1,
            apart: false,
            lacks: None,
            lump: self.habits.lump,
            slim: Slim::Full,
            about: Vec::new(),
            shift: 0,
            separate: false,
            again: false,
        }
    }

    fn moved_on(&self, day: NaiveDate) -> usize {
        self.movements.iter().filter(|movement| movement.told_on == day).count()
    }

    /// What tells everything of a week, once.
    fn base(&mut self, monday: NaiveDate) {
        // A day after the week as well: what is booked for an earlier day.
        let sunday = plus(monday, 6);
        match self.rng.below(10) {
            0..=5 => {
                for number in 0..7 {
                    let day = plus(monday, number);
                    if self.moved_on(day) == 0 && !self.rng.chance(20) {
                        continue;
                    }
                    if self.moved_on(day) > 1 && self.rng.chance(18) {
                        self.within(day);
                        continue;
                    }
                    let mut plan = self.plan(day, day, at(plus(day, 1), 360));
                    if self.rng.chance(8) {
                        plan.pages = self.rng.between(2, 3);
                        plan.apart = self.rng.chance(30);
                    }
                    self.plans.push(plan);
                }
            }
            6..=8 => {
                let mut plan = self.plan(monday, sunday, at(plus(sunday, 1), 400));
                if self.rng.chance(25) {
                    plan.pages = self.rng.between(2, 3);
                    plan.apart = self.rng.chance(30);
                }
                self.plans.push(plan);
            }
            _ => {
                let from = monday.with_day(1).unwrap();
                let to = plus(plus(sunday.with_day(28).unwrap(), 4).with_day(1).unwrap(), -1);
                let plan = self.plan(from, to, at(plus(to, 1), 420));
                self.plans.push(plan);
            }
        }
    }

    /// Statements within a day that follow each other.
    fn within(&mut self, day: NaiveDate) {
        self.split.insert(day);
        let parts = self.rng.between(2, 3);
        let mut cuts: Vec<u32> = (1..parts).map(|_| u32::try_from(self.rng.between(200, 1_200)).unwrap()).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let morning = self.rng.chance(40);
        let numbered = !self.rng.chance(15);
        let mut since = None;
        let ends: Vec<Option<u32>> = cuts.into_iter().map(Some).chain([None]).collect();
        for until in ends {
            let made = match until {
                Some(minute) => at(day, minute + 1),
                None if morning => at(plus(day, 1), 300),
                None => at(day, 1_439),
            };
            let mut plan = self.plan(day, day, made);
            plan.tells_made = true;
            // Numbered later, one after the other.
            plan.sequence = numbered.then_some(-1);
            plan.since = since;
            plan.until = until;
            self.plans.push(plan);
            since = until;
        }
    }

    fn extras(&mut self, monday: NaiveDate) {
        for _ in 0..self.rng.pick(&[0, 1, 1, 2, 2, 3]) {
            let from = plus(monday, i64::try_from(self.rng.below(10)).unwrap() - 3);
            let to = plus(from, i64::from(self.rng.pick(&[0_i32, 0, 1, 2, 4, 6, 13])));
            let minute = u32::try_from(self.rng.between(300, 1_200)).unwrap();
            match self.rng.below(20) {
                // A download.
                0..=7 => {
                    let wait = i64::from(self.rng.pick(&[1_i32, 1, 2, 9]));
                    let mut plan = self.plan(from, to, at(plus(to, wait), minute));
                    plan.lump ^= self.rng.chance(20);
                    plan.tells_period |= self.rng.chance(30);
                    if self.rng.chance(15) {
                        plan.pages = 2;
                        plan.apart = self.rng.chance(30);
                    }
                    let times = self.rng.pick(&[1, 1, 2]);
                    self.plans.push(plan.clone());
                    if times == 2 {
                        plan.made = at(plus(plan.made.date(), 1), minute);
                        plan.file += 1;
                        plan.pages = 1;
                        self.plans.push(plan);
                    }
                }
                // One that was made before, once more.
                8..=11 => {
                    let base: Vec<usize> = (0..self.plans.len())
                        .filter(|at| (monday..=plus(monday, 6)).contains(&self.plans[*at].to))
                        .filter(|at| self.plans[*at].kind == StatementKind::Statement)
                        .collect();
                    if base.is_empty() {
                        continue;
                    }
                    let which = self.rng.pick(&base);
                    let earlier = self.plans[which].clone();
                    let later = at(plus(earlier.made.date().max(earlier.to), 1), minute);
                    // What was made within its day keeps that moment.
                    let is_within = earlier.until.is_some() || earlier.since.is_some();
                    let made = if is_within { earlier.made } else { later };
                    let file = self.plan(from, to, earlier.made).file;
                    let lump = earlier.lump ^ self.rng.chance(10);
                    // … with less of each entry.
                    let slim = match self.rng.below(8) {
                        0 => Slim::Bare,
                        1 => Slim::NoText,
                        2 => Slim::NoReferences,
                        _ => earlier.slim,
                    };
                    self.plans.push(Plan { file, made, lump, slim, ..earlier });
                }
                // On demand, on the day itself.
                12..=15 => {
                    if self.split.contains(&to) {
                        continue;
                    }
                    let from = if self.rng.chance(60) { to } else { from };
                    let mut plan = self.plan(from, to, at(to, minute));
                    plan.until = Some(minute);
                    plan.tells_made = true;
                    self.plans.push(plan.clone());
                    if self.rng.chance(30) {
                        let later = minute + u32::try_from(self.rng.between(10, 200)).unwrap();
                        let file = plan.file + 1;
                        self.plans.push(Plan { file, until: Some(later), made: at(to, later), ..plan });
                    }
                }
                // A file with a statement of each day.
                16..=18 => {
                    let to = to.min(plus(from, 5));
                    let mut file = None;
                    let days = (to - from).num_days();
                    for number in 0..=days {
                        let day = plus(from, number);
                        let mut plan = self.plan(day, day, at(plus(to, 1), minute));
                        plan.file = *file.get_or_insert(plan.file);
                        self.plans.push(plan);
                    }
                }
                // An earlier one, that lacked an entry.
                _ => {
                    let base: Vec<usize> = (0..self.plans.len())
                        .filter(|at| (monday..=plus(monday, 6)).contains(&self.plans[*at].to))
                        .filter(|at| self.plans[*at].until.is_none() && self.plans[*at].since.is_none())
                        .collect();
                    if base.is_empty() || !self.rng.chance(50) {
                        continue;
                    }
                    let which = self.rng.pick(&base);
                    let later = self.plans[which].clone();
                    let told: Vec<usize> =
                        self.movements.iter().filter(|row| tells(&later, row)).map(|row| row.id).collect();
                    if told.is_empty() {
                        continue;
                    }
                    let lacks = Some(self.rng.pick(&told));
                    let file = self.plan(from, to, later.made).file;
                    let made = later.made - chrono::Duration::minutes(30);
                    self.plans.push(Plan { file, made, lacks, pages: 1, ..later });
                }
            }
        }
    }

    fn notices(&mut self) {
        let days: BTreeSet<NaiveDate> = self.movements.iter().map(|row| row.day).collect();
        let slim = self.rng.pick(&[Slim::Full, Slim::Full, Slim::NoReferences, Slim::NoText, Slim::Bare]);
        let shifts = self.rng.pick(&[0, 0, 1, 3]);
        let again = self.rng.chance(12);
        for day in days {
            let wanted: Vec<usize> = self
                .movements
                .iter()
                .filter(|row| row.day == day && row.direction == Direction::Credit)
                .map(|row| row.id)
                .collect();
            let about: Vec<usize> = wanted.into_iter().filter(|_| self.rng.chance(70)).collect();
            if about.is_empty() {
                continue;
            }
            let shift = i64::try_from(self.rng.below(2 * shifts + 1)).unwrap() - i64::try_from(shifts).unwrap();
            let minute = u32::try_from(self.rng.between(10, 1_400)).unwrap();
            let late = i64::from(self.rng.pick(&[0_i32, 0, 0, 1, 5]));
            let mut plan = self.plan(plus(day, shift), plus(day, shift), at(plus(day, shift.max(0) + late), minute));
            plan.kind = StatementKind::Notice;
            plan.tells_made = true;
            plan.slim = slim;
            plan.shift = shift;
            plan.lump = self.rng.chance(40);
            plan.separate = !plan.lump && self.rng.chance(40);
            plan.about = about;
            plan.pages = if plan.about.len() > 1 && self.rng.chance(15) { 2 } else { 1 };
            self.plans.push(plan.clone());
            if again && self.rng.chance(40) {
                plan.file += 1;
                plan.made += chrono::Duration::minutes(90);
                plan.again = true;
                plan.pages = 1;
                self.plans.push(plan);
            }
        }
    }

    /// Ids and sequence numbers, in the order in which the bank made them.
    fn number(&mut self) {
        let mut order: Vec<usize> = (0..self.plans.len()).collect();
        order.sort_by_key(|at| (self.plans[*at].made, self.plans[*at].from, *at));
        let mut counters: BTreeMap<i32, i64> = BTreeMap::new();
        let (mut within, mut numbers, mut serial) = (BTreeMap::new(), BTreeMap::new(), 0);
        for place in order {
            let (year, plan) = (self.plans[place].to.year(), &mut self.plans[place]);
            let is_base = plan.from == plan.to && plan.until.is_none();
            if plan.sequence == Some(-1) {
                // The same one again keeps its number.
                let known = *numbers.entry((plan.to, plan.since, plan.until)).or_insert_with(|| {
                    let next = within.entry(plan.to).or_insert(500);
                    *next += 1;
                    *next
                });
                plan.sequence = Some(known);
            } else if plan.kind == StatementKind::Statement && plan.since.is_none() {
                let told = match self.habits.sequence {
                    0 => false,
                    1 => is_base,
                    _ => true,
                };
                let counter = counters.entry(year).or_default();
                *counter += i64::from(told);
                plan.sequence = told.then_some(*counter);
            }
            serial += 1;
            plan.id = match plan.sequence {
                Some(number) if self.habits.ids_again => format!("{number:05}"),
                _ => format!("ID{serial}"),
            };
        }
        // What follows within a day is numbered or it is not.
        let unnumbered: BTreeSet<NaiveDate> = self
            .plans
            .iter()
            .filter(|plan| plan.since.is_some() && plan.sequence.is_none())
            .map(|plan| plan.to)
            .collect();
        for plan in self.plans.iter_mut().filter(|plan| plan.from == plan.to && unnumbered.contains(&plan.to)) {
            if plan.until.is_some() {
                plan.sequence = None;
            }
        }
    }
}

/// Whether a statement tells a movement.
fn tells(plan: &Plan, movement: &Movement) -> bool {
    if plan.kind == StatementKind::Notice {
        return plan.about.contains(&movement.id);
    }
    let begins = (plan.from, plan.since.map_or(0, |minute| minute + 1));
    let ends = (plan.to, plan.until.unwrap_or(u32::MAX));
    // The bank does not know what is to come.
    let known = at(movement.told_on, movement.minute.min(1_439)) <= plan.made || plan.made.date() > movement.told_on;
    known && plan.lacks != Some(movement.id) && (begins..=ends).contains(&movement.moment())
}

impl History {
    /// The balance before a moment.
    pub fn balance_before(&self, day: NaiveDate, minute: u32) -> Cents {
        let before = self.movements.iter().filter(|row| row.moment() < (day, minute));
        self.first + before.map(Movement::effect).sum::<Cents>()
    }

    /// What may be asked of its end.
    pub fn asked(&self) -> Asked {
        let plans = || self.plans.iter();
        let corrected = plans().any(|plan| plan.lacks.is_some());
        let unnumbered = plans().any(|plan| plan.since.is_some() && plan.sequence.is_none());
        // Made smaller, a history may have only some of what follows within a day.
        let orphan = plans().any(|plan| {
            let before = |other: &&Plan| {
                other.kind == StatementKind::Statement && other.to == plan.to && other.until == plan.since
            };
            plan.since.is_some() && plans().find(before).is_none()
        });
        let again = plans().any(|plan| plan.again);
        Asked {
            may_wait: corrected || unnumbered || orphan || again || self.is_late_unclear() || self.is_still(),
            same_in_any_order: !(corrected || orphan),
            same_ones_wait: !(unnumbered || self.is_still()),
            as_many_wait: !self.is_still(),
        }
    }

    /// Whether what statements in the course of a day told of it left the balance as it was: then the next one goes on where it
    /// ended, or tells the day again, and nothing shows which (BANK-1).
    fn is_still(&self) -> bool {
        let within = self.plans.iter().filter(|plan| plan.kind == StatementKind::Statement && plan.until.is_some());
        within.into_iter().any(|plan| {
            let still = |told: Vec<Cents>| !told.is_empty() && told.iter().copied().sum::<Cents>() == Cents::ZERO;
            let of_day = self.movements.iter().filter(|row| row.moment() <= (plan.to, plan.until.unwrap_or(u32::MAX)));
            let since_morning = of_day.filter(|row| row.told_on == plan.to).map(Movement::effect).collect();
            still(self.movements.iter().filter(|row| tells(plan, row)).map(Movement::effect).collect())
                || still(since_morning)
        })
    }

    /// Whether a statement tells everything of a day, but not what was booked for it later, and no statement that begins after
    /// the end of that one tells it: then nothing shows that it is a movement of its own (BANK-1, BANK-2).
    fn is_late_unclear(&self) -> bool {
        let statements = || self.plans.iter().filter(|plan| plan.kind == StatementKind::Statement);
        self.movements.iter().filter(|row| row.told_on != row.day).any(|row| {
            let lacks = |plan: &&Plan| (plan.from..=plan.to).contains(&row.day) && !tells(plan, row);
            statements().filter(lacks).any(|plan| !statements().any(|other| other.from > plan.to && tells(other, row)))
        })
    }

    /// Whether statements tell everything that moved in the time that they are about.
    pub fn is_complete(&self) -> bool {
        let statements = || self.plans.iter().filter(|plan| plan.kind == StatementKind::Statement);
        match (statements().map(|plan| plan.from).min(), statements().map(|plan| plan.to).max()) {
            (Some(from), Some(to)) => self.is_told(from, to),
            _ => true,
        }
    }

    /// What a history has of what makes it hard.
    pub fn traits(&self) -> Vec<&'static str> {
        let plans = || self.plans.iter();
        let statements = || plans().filter(|plan| plan.kind == StatementKind::Statement);
        let has = [
            ("late", self.movements.iter().any(|row| row.told_on != row.day)),
            ("within", plans().any(|plan| plan.since.is_some())),
            ("unnumbered", plans().any(|plan| plan.since.is_some() && plan.sequence.is_none())),
            ("on demand", statements().any(|plan| plan.until.is_some() && plan.made.date() == plan.to)),
            ("pages", statements().any(|plan| plan.pages > 1)),
            ("corrected", plans().any(|plan| plan.lacks.is_some())),
            ("notice", plans().any(|plan| plan.kind == StatementKind::Notice)),
            ("notice again", plans().any(|plan| plan.again)),
            ("shift", plans().any(|plan| plan.shift != 0)),
            ("bare", plans().any(|plan| plan.slim == Slim::Bare)),
            ("separate", plans().any(|plan| plan.separate)),
            ("batch", self.movements.iter().any(|row| row.parts.len() > 1)),
            ("undated", plans().any(|plan| !plan.tells_made)),
        ];
        has.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
    }

    /// Whether statements tell everything from a day to another.
    pub fn is_told(&self, from: NaiveDate, to: NaiveDate) -> bool {
        let moved = self.movements.iter().filter(|row| (from..=to).contains(&row.told_on));
        let mut moved = moved;
        moved.all(|row| self.plans.iter().any(|plan| plan.kind == StatementKind::Statement && tells(plan, row)))
    }

    /// The files, in the order in which the bank made them.
    pub fn files(&self) -> Vec<File> {
        let mut files: BTreeMap<(usize, usize), File> = BTreeMap::new();
        for plan in &self.plans {
            for (page, told) in self.told(plan).into_iter().enumerate() {
                let key = (plan.file, if plan.apart { page } else { 0 });
                let file = files.entry(key).or_insert_with(|| File { made: plan.made, statements: Vec::new() });
                file.statements.push(told);
            }
        }
        let mut files: Vec<File> = files.into_values().collect();
        files.sort_by_key(|file| file.made);
        files
    }

    /// A plan as it is told: a statement for each page.
    fn told(&self, plan: &Plan) -> Vec<ToldStatement> {
        let mut rows: Vec<&Movement> = self.movements.iter().filter(|row| tells(plan, row)).collect();
        rows.sort_by_key(|row| (row.moment(), row.id));
        let entries: Vec<(&Movement, ToldEntry)> =
            rows.into_iter().flat_map(|row| entries(plan, row).into_iter().map(move |entry| (row, entry))).collect();
        let is_statement = plan.kind == StatementKind::Statement;
        let mut balance = self.balance_before(plan.from, plan.since.map_or(0, |minute| minute + 1));
        let pages = if entries.is_empty() { 1 } else { plan.pages.min(entries.len()) };
        let size = entries.len().div_ceil(pages).max(1);
        let mut left = entries.into_iter().peekable();
        let (mut told, mut before) = (Vec::new(), None);
        for number in 1..=pages {
            let entries: Vec<(&Movement, ToldEntry)> = left.by_ref().take(size).collect();
            let is_last = left.peek().is_none();
            let opening = match before {
                None => match plan.opening {
                    OpeningKind::Prcd => (plus(plan.from, -1), balance, OpeningKind::Prcd),
                    kind => (plan.from, balance, kind),
                },
                Some(day) => (day, balance, OpeningKind::Itbd),
            };
            balance += entries.iter().map(|(row, _)| row.effect()).sum::<Cents>();
            let last = entries.last().map_or(plan.to, |(row, _)| row.told_on);
            let closing = (if is_last { plan.to } else { last }, balance);
            before = Some(last);
            told.push(ToldStatement {
                kind: plan.kind,
                head: StatementHead {
                    line: 1,
                    id: plan.id.clone(),
                    account: OURS.to_owned(),
                    currency: Some("EUR".to_owned()),
                    page: (plan.pages > 1).then(|| u32::try_from(number).unwrap()),
                    last_page: (plan.pages > 1).then_some(is_last),
                    sequence: plan.sequence,
                    created_on: plan.tells_made.then(|| plan.made.date()),
                    created_at: plan.tells_made.then_some(plan.made),
                    period: (is_statement && plan.tells_period).then_some((plan.from, plan.to)),
                    opening: is_statement.then_some(opening),
                    closing: (is_statement && is_last).then_some(closing),
                    interim_closing: (is_statement && !is_last).then_some(closing),
                    summary: None,
                },
                entries: entries.into_iter().map(|(_, entry)| entry).collect(),
            });
            if is_last {
                break;
            }
        }
        for statement in &mut told {
            // A number that restarts in each file.
            for (entry, number) in statement.entries.iter_mut().zip(1..) {
                let number: i32 = number;
                entry.entry.entry_reference = Some(number.to_string());
                entry.entry.reference = entry.entry.servicer_reference.clone().or(Some(number.to_string()));
            }
        }
        told
    }
}

/// A movement as a plan tells it: one entry, or one for each part of a batch.
fn entries(plan: &Plan, row: &Movement) -> Vec<ToldEntry> {
    let is_notice = plan.kind == StatementKind::Notice;
    let slim = plan.slim;
    let day = if is_notice { plus(row.day, plan.shift) } else { row.day };
    let detail = |part: &Part| {
        let mut detail = BankDetail {
            line: 1,
            opposite: part.opposite,
            amount: part.amount,
            charge: part.charge,
            told_charge: part.charge,
            reference: part.servicer.clone().or_else(|| part.transaction_id.clone()),
            servicer_reference: part.servicer.clone(),
            transaction_id: part.transaction_id.clone(),
            end_to_end_id: part.end_to_end_id.clone(),
            mandate: part.mandate.clone(),
            name: part.name.clone(),
            iban: part.iban.clone(),
            structured: part.structured.clone(),
            text: part.text.clone(),
            return_reason: part.reason.clone(),
            ..BankDetail::default()
        };
        match slim {
            Slim::Full => {}
            Slim::NoReferences => {
                let none = BankDetail { reference: None, servicer_reference: None, transaction_id: None, ..detail };
                detail = BankDetail { end_to_end_id: None, mandate: None, ..none };
            }
            Slim::NoText => detail = BankDetail { text: None, structured: None, ..detail },
            Slim::Bare => {
                let (amount, charge) = (part.amount, part.charge);
                detail = BankDetail { line: 1, amount, charge, told_charge: charge, ..BankDetail::default() }
            }
        }
        detail
    };
    let entry = |amount: Cents, details: Vec<BankDetail>| BankEntry {
        line: 1,
        reference: None,
        servicer_reference: row.servicer.clone().filter(|_| !matches!(slim, Slim::NoReferences | Slim::Bare)),
        entry_reference: None,
        reversal: false,
        amount,
        currency: "EUR".to_owned(),
        direction: row.direction,
        booked: true,
        booked_on: day,
        valued_on: day,
        code: row.code.clone(),
        batch: row.batch.clone(),
        batch_message: None,
        text: None,
        details,
    };
    let is_batch = row.parts.len() > 1;
    if is_batch && is_notice && plan.separate {
        return (0..row.parts.len())
            .map(|at| {
                let part = &row.parts[at];
                let alone = BankDetail { opposite: false, ..detail(part) };
                let told = match row.direction {
                    Direction::Credit if !part.opposite => entry(part.amount - part.charge, vec![alone]),
                    direction if part.opposite => {
                        let direction = direction.opposite();
                        BankEntry { direction, ..entry(part.amount + part.charge, vec![alone]) }
                    }
                    _ => entry(part.amount + part.charge, vec![alone]),
                };
                ToldEntry { movement: row.id, notice: is_notice, part: Some(at), entry: told }
            })
            .collect();
    }
    let details = if is_batch && (plan.lump || slim == Slim::Bare) {
        vec![BankDetail { line: 1, amount: row.amount, ..BankDetail::default() }]
    } else {
        row.parts.iter().map(detail).collect()
    };
    vec![ToldEntry { movement: row.id, notice: is_notice, part: None, entry: entry(row.amount, details) }]
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for statement in &self.statements {
            let head = &statement.head;
            let sequence = head.sequence.map_or(String::new(), |number| format!(" nr {number}"));
            let page = head.page.map_or(String::new(), |number| format!(" page {number}"));
            let made = head.created_at.map_or("unknown".to_owned(), |at| at.format("%Y-%m-%d %H:%M").to_string());
            write!(f, "  {:?} {}{sequence}{page} made {made}", statement.kind, head.id)?;
            if let Some((from, to)) = head.period {
                write!(f, " period {from}..{to}")?;
            }
            if let Some((day, amount, kind)) = head.opening {
                write!(f, " {kind:?} {day} {amount}")?;
            }
            if let Some((day, amount)) = head.closing.or(head.interim_closing) {
                write!(f, " closing {day} {amount}")?;
            }
            writeln!(f)?;
            for told in &statement.entries {
                let (entry, part) = (&told.entry, told.part.map_or(String::new(), |part| format!("/{part}")));
                let sign = if entry.direction == Direction::Credit { '+' } else { '-' };
                write!(f, "    m{}{part} {} {sign}{}", told.movement, entry.booked_on, entry.amount)?;
                let refs = [("svcr", &entry.servicer_reference), ("batch", &entry.batch)];
                for (name, told) in refs {
                    write!(f, "{}", told.as_ref().map_or(String::new(), |told| format!(" {name}={told}")))?;
                }
                for detail in &entry.details {
                    let shown = [
                        ("iban", &detail.iban),
                        ("text", &detail.text),
                        ("strd", &detail.structured),
                        ("svcr", &detail.servicer_reference),
                        ("tx", &detail.transaction_id),
                        ("e2e", &detail.end_to_end_id),
                        ("mndt", &detail.mandate),
                        ("why", &detail.return_reason),
                    ];
                    write!(f, " [{}", detail.amount)?;
                    for (name, told) in shown {
                        write!(f, "{}", told.as_ref().map_or(String::new(), |told| format!(" {name}={told}")))?;
                    }
                    write!(f, "]")?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

/// So many days after.
pub fn days_after(day: NaiveDate, days: u64) -> NaiveDate {
    day + Days::new(days)
}
