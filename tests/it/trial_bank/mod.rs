//! A trial of the bank: histories that know the truth, told in files as banks make them, against what the product makes of
//! them (BANK-1 to BANK-4). `just trial-bank` runs many; `docs/trials.md` keeps what came of it.
//!
//! What is asked follows from the rulebook alone. Whatever the order of the files: every movement is borne once or waits,
//! never lost and never twice; nothing waits where nothing is ambiguous; every statement's equation holds.

mod cases;
mod debits;
mod history;
mod kinds;
mod shelf;
mod through;
mod xml;

use history::{Asked, File, History, Rng, ToldEntry};
use shelf::Store;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use strippenkaart::domain::Cents;
use strippenkaart::domain::bank::{BankDetail, BankEntry, Direction};
use strippenkaart::domain::bank_statement::StatementKind;
use strippenkaart::domain::matching::BankLine;
use strippenkaart::domain::reconciliation::Explanation;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    /// A movement has no line.
    Lost,
    /// A movement has two lines that count.
    Twice,
    /// Something waits where nothing is ambiguous.
    Waits,
    /// The first balance is not that of its day.
    First,
    /// A statement differs, and no line in doubt makes up for it.
    Differs,
    /// A line in doubt makes a statement differ, and is not named.
    Unnamed,
    /// Another order of files ends otherwise.
    Order,
}

/// A failure, and how it came about.
#[derive(Clone, Debug)]
struct Fault {
    wrong: Wrong,
    what: String,
    order: String,
    /// Files by their place, in the order in which they were taken in.
    files: Vec<usize>,
    booked: bool,
}

/// Orders in which a person could upload files, with their names.
///
/// What is wrong and what corrects it page by page come as the bank made them: in between nobody could know which is right.
fn orders(history: &History, files: &[File]) -> Vec<(String, Vec<usize>)> {
    let natural: Vec<usize> = (0..files.len()).collect();
    if history.plans.iter().any(|plan| plan.lacks.is_some()) && history.plans.iter().any(|plan| plan.apart) {
        return vec![("natural".to_owned(), natural)];
    }
    if files.len() <= 4 {
        let name = |order: Vec<usize>| (if order == natural { "natural" } else { "another order" }.to_owned(), order);
        return permutations(files.len()).into_iter().map(name).collect();
    }
    let mut rng = Rng::new(history.seed ^ 0xabcd);
    let reversed: Vec<usize> = natural.iter().rev().copied().collect();
    let mut all = vec![("natural".to_owned(), natural.clone()), ("reversed".to_owned(), reversed)];
    for number in 0..2 {
        let mut order = natural.clone();
        rng.shuffle(&mut order);
        all.push((format!("shuffled {number}"), order));
    }
    // Those of the same days, whichever first.
    let mut order = natural;
    for week in order.chunks_mut(4) {
        rng.shuffle(week);
    }
    all.push(("shuffled by days".to_owned(), order));
    all
}

/// Every order of so many, the natural one first.
fn permutations(many: usize) -> Vec<Vec<usize>> {
    let Some(last) = many.checked_sub(1) else { return vec![Vec::new()] };
    let put = |order: Vec<usize>| {
        (0..many).rev().map(move |at| {
            let mut order = order.clone();
            order.insert(at, last);
            order
        })
    };
    permutations(last).into_iter().flat_map(put).collect()
}

/// Takes the files in; what the end is like, or what is wrong with it.
fn end(history: &History, asked: Asked, files: &[&File], booked: bool) -> Result<Vec<String>, (Wrong, String)> {
    let mut store = Store::default();
    for file in files {
        store.import(file);
        if booked {
            store.book();
        }
    }
    look(history, asked, &store)
}

/// What the end is like, or what is wrong with it.
fn look(history: &History, asked: Asked, store: &Store) -> Result<Vec<String>, (Wrong, String)> {
    every_movement_once(history, store)?;
    if !asked.may_wait
        && let Some((told, lines, _)) = store.bearers().find(|(.., waits)| *waits)
    {
        return Err((Wrong::Waits, format!("m{} waits: {:?}", told.movement, lines[0].why)));
    }
    every_statement_agrees(history, asked, store)?;
    let separate = separate(history);
    let mut ends: Vec<String> = store
        .bearers()
        .filter(|(told, ..)| !separate.contains(&told.movement))
        .map(|(told, lines, waits)| {
            let day = lines[0].stated_on.map_or_else(|| "announced".to_owned(), |day| day.to_string());
            // Where it is not asked which of those that look the same wait, it is not asked on which days either.
            let day = if asked.same_ones_wait { day } else { String::new() };
            let (entry, waits) = (&told.entry, if waits && asked.tells_waits() { WAITS } else { "" });
            format!("{day} {} {}{waits}", entry.direction, Store::moved(lines))
        })
        .collect();
    ends.sort();
    Ok(ends)
}

/// At the end of the row of what waits.
const WAITS: &str = " waits";

/// Whether both orders end the same: where it is not asked how many wait, as many in all, or as many that do not wait.
fn are_same(asked: Asked, one: &[String], other: &[String]) -> bool {
    let all = |rows: &[String]| {
        let mut rows: Vec<String> = rows.iter().map(|row| row.trim_end_matches(WAITS).to_owned()).collect();
        rows.sort();
        rows
    };
    let sure = |rows: &[String]| rows.iter().filter(|row| !row.ends_with(WAITS)).cloned().collect::<Vec<_>>();
    one == other || (!asked.as_many_wait && (all(one) == all(other) || sure(one) == sure(other)))
}

/// Movements, and those that look like them, of which a notice tells the parts as entries of their own.
fn separate(history: &History) -> BTreeSet<usize> {
    let told: BTreeSet<(Direction, Cents)> = history
        .plans
        .iter()
        .filter(|plan| plan.separate)
        .flat_map(|plan| &plan.about)
        .filter_map(|id| history.movements.iter().find(|row| row.id == *id))
        .filter(|row| row.parts.len() > 1)
        .map(|row| (row.direction, row.amount))
        .collect();
    let rows = history.movements.iter().filter(|row| told.contains(&(row.direction, row.amount)));
    rows.map(|row| row.id).collect()
}

/// Whether an entry can be a telling of a movement: it tells nothing that is not so.
///
/// A notice of which a reference is that of the movement may have another text: two that moved may share a reference.
fn is_true_of(told: &ToldEntry, movement: &history::Movement) -> bool {
    let entry = &told.entry;
    let days = (entry.booked_on - movement.day).num_days().abs();
    let fits = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
    let details = entry.details.len() != movement.parts.len()
        || entry.details.iter().zip(&movement.parts).all(|(detail, part)| {
            let references = [
                (&detail.end_to_end_id, &part.end_to_end_id),
                (&detail.transaction_id, &part.transaction_id),
                (&detail.servicer_reference, &part.servicer),
            ];
            let named = told.notice && references.iter().any(|(one, other)| one.is_some() && one == other);
            let pairs = [
                (&detail.iban, &part.iban),
                (if named { &None } else { &detail.text }, &part.text),
                (if named { &None } else { &detail.structured }, &part.structured),
                (&detail.end_to_end_id, &part.end_to_end_id),
                (&detail.transaction_id, &part.transaction_id),
                (&detail.servicer_reference, &part.servicer),
                (&detail.mandate, &part.mandate),
            ];
            pairs.into_iter().all(|(one, other)| fits(one, other))
        });
    (entry.direction, entry.amount) == (movement.direction, movement.amount)
        && days <= if told.notice { 3 } else { 0 }
        && fits(&entry.servicer_reference, &movement.servicer)
        && details
}

/// Whether nothing that two entries tell differs.
fn agree(one: &BankEntry, other: &BankEntry) -> bool {
    let fits = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
    let mut details = one.details.iter().zip(&other.details);
    fits(&one.servicer_reference, &other.servicer_reference)
        && one.details.len() == other.details.len()
        && details.all(|(one, other)| {
            let told = |detail: &BankDetail| {
                let BankDetail { iban, text, structured, end_to_end_id, .. } = detail.clone();
                [
                    iban,
                    text,
                    structured,
                    end_to_end_id,
                    detail.transaction_id.clone(),
                    detail.servicer_reference.clone(),
                ]
            };
            told(one).iter().zip(&told(other)).all(|(one, other)| fits(one, other))
                && fits(&one.mandate, &other.mandate)
        })
}

/// The most of `left` that find a partner of their own; `Err` with one that finds none.
fn partners(left: usize, right: usize, fits: &dyn Fn(usize, usize) -> bool) -> Result<(), usize> {
    fn find(
        one: usize,
        right: usize,
        fits: &dyn Fn(usize, usize) -> bool,
        of: &mut [Option<usize>],
        tried: &mut [bool],
    ) -> bool {
        for other in 0..right {
            if tried[other] || !fits(one, other) {
                continue;
            }
            tried[other] = true;
            if of[other].is_none_or(|held| find(held, right, fits, of, tried)) {
                of[other] = Some(one);
                return true;
            }
        }
        false
    }
    let mut of = vec![None; right];
    for one in 0..left {
        if !find(one, right, fits, &mut of, &mut vec![false; right]) {
            return Err(one);
        }
    }
    Ok(())
}

type Bearer<'a> = (&'a ToldEntry, &'a [BankLine], bool);

/// Movements of one amount, and what bears them.
type Alike<'a> = (Vec<&'a history::Movement>, Vec<Bearer<'a>>);

/// Never lost, never twice: lines that count and movements find each other one to one (BANK-2, BANK-3).
fn every_movement_once(history: &History, store: &Store) -> Result<(), (Wrong, String)> {
    let told: BTreeSet<usize> = store.about.values().map(|entry| entry.movement).collect();
    let separate = separate(history);
    let mut alike: BTreeMap<(Direction, Cents), Alike<'_>> = BTreeMap::new();
    let movement = |id: usize| history.movements.iter().find(|row| row.id == id).unwrap();
    for row in history.movements.iter().filter(|row| told.contains(&row.id)) {
        alike.entry((row.direction, row.amount)).or_default().0.push(row);
    }
    for bearer in store.bearers() {
        let row = movement(bearer.0.movement);
        alike.entry((row.direction, row.amount)).or_default().1.push(bearer);
    }
    for (movements, bearers) in alike.values() {
        let name = |bearer: &Bearer<'_>| format!("m{} of {}", bearer.0.movement, bearer.0.entry.booked_on);
        if separate.contains(&movements[0].id) {
            in_parts(movements, bearers)?;
            continue;
        }
        // Of what statements tell as one sum nobody can know which of two that look the same a notice was about.
        let lumps: BTreeSet<usize> =
            movements.iter().filter(|row| is_told_as_a_sum(row, store)).map(|row| row.id).collect();
        // Nothing that was told says that what was taken for one is not: it may stand for any of them.
        let may_be = |bearer: &Bearer<'_>, row: &history::Movement| {
            let told = || store.repeats(bearer.1);
            told().any(|told| is_true_of(told, row)) && told().all(|told| agree(&bearer.0.entry, &told.entry))
        };
        let fits = |bearer: &Bearer<'_>, row: &history::Movement| {
            is_true_of(bearer.0, row) || (bearer.0.notice && lumps.contains(&row.id)) || may_be(bearer, row)
        };
        let sure: Vec<&Bearer<'_>> = bearers.iter().filter(|(.., waits)| !waits).collect();
        if let Err(extra) = partners(sure.len(), movements.len(), &|one, other| fits(sure[one], movements[other])) {
            let what = format!(
                "{} counts, and {} others for {} movements",
                name(sure[extra]),
                sure.len() - 1,
                movements.len()
            );
            return Err((Wrong::Twice, what));
        }
        // What no statement told may have been taken for another that looks the same.
        let stated: BTreeSet<usize> =
            store.about.values().filter(|told| !told.notice).map(|told| told.movement).collect();
        let must: Vec<&&history::Movement> = movements.iter().filter(|row| stated.contains(&row.id)).collect();
        if let Err(lost) = partners(must.len(), bearers.len(), &|one, other| fits(&bearers[other], must[one])) {
            return Err((Wrong::Lost, format!("m{} has no line", must[lost].id)));
        }
        if bearers.is_empty() {
            return Err((Wrong::Lost, format!("m{} has no line", movements[0].id)));
        }
    }
    Ok(())
}

/// Whether no statement tells more of a batch than its sum.
fn is_told_as_a_sum(row: &history::Movement, store: &Store) -> bool {
    let mut told = store.about.values().filter(|told| !told.notice && told.movement == row.id);
    row.parts.len() > 1 && told.all(|told| told.entry.details.len() < 2)
}

/// Of a batch that is told as a whole and in parts: a whole, or each of its parts.
fn in_parts(movements: &[&history::Movement], bearers: &[Bearer<'_>]) -> Result<(), (Wrong, String)> {
    let many = movements.len();
    let wholes =
        |waiting: bool| bearers.iter().filter(|(told, _, waits)| told.part.is_none() && (waiting || !waits)).count();
    for part in 0..movements[0].parts.len() {
        let amount = movements[0].parts[part].amount;
        let same = movements[0].parts.iter().filter(|other| other.amount == amount).count();
        let of = |waiting: bool| {
            let told = |told: &ToldEntry| told.part.is_some() && told.entry.details[0].amount == amount;
            bearers.iter().filter(|(entry, _, waits)| told(entry) && (waiting || !waits)).count().div_ceil(same)
        };
        let id = movements[0].id;
        if wholes(false) + of(false) > many {
            return Err((
                Wrong::Twice,
                format!("m{id}: {} wholes and {} of its part {part}", wholes(false), of(false)),
            ));
        }
        if wholes(true) + of(true) < many {
            return Err((Wrong::Lost, format!("m{id}: {} wholes and {} of its part {part}", wholes(true), of(true))));
        }
    }
    Ok(())
}

/// Every equation holds, or a line in doubt is named that explains it (BANK-4).
fn every_statement_agrees(history: &History, asked: Asked, store: &Store) -> Result<(), (Wrong, String)> {
    let Some((first, equations)) = store.check() else { return Ok(()) };
    let begins = |day| history.balance_before(day, 0);
    if first.amount != begins(first.day) {
        let what = format!("the first balance is {} on {}, not {}", first.amount, first.day, begins(first.day));
        return if asked.same_in_any_order { Err((Wrong::First, what)) } else { Ok(()) };
    }
    for row in equations {
        let difference = row.difference();
        if difference == Cents::ZERO || !history.is_told(first.day, row.day) {
            continue;
        }
        let told_whole = history.plans.iter().any(|plan| {
            plan.kind == StatementKind::Statement && plan.until.is_none() && (plan.from..=plan.to).contains(&row.day)
        });
        // A statement that is wrong, or ends in the course of its day.
        if row.closing != begins(history::days_after(row.day, 1)) && !(asked.same_in_any_order && told_whole) {
            continue;
        }
        let what = format!(
            "statement {} of {}: closing {} but {} expected, difference {difference}, explained by {:?}",
            row.told_id,
            row.day,
            row.closing,
            row.expected(),
            row.explanations
        );
        let doubted: Vec<Cents> = store
            .bearers()
            .filter(|(_, lines, waits)| *waits && lines[0].stated_on.is_some_and(|day| day <= row.day))
            .flat_map(|(_, lines, _)| lines.iter().map(BankLine::effect))
            .take(12)
            .collect();
        let waiting = doubted.len();
        // What a wrong statement lacks.
        let lacked = history.plans.iter().filter_map(|plan| plan.lacks);
        let lacked =
            lacked.filter_map(|id| history.movements.iter().find(|row| row.id == id)).map(history::Movement::effect);
        let doubted: Vec<Cents> = doubted.into_iter().chain(lacked).collect();
        let sums = (1..1_usize << doubted.len()).map(|chosen| {
            let part = (0..doubted.len()).filter(|at| chosen >> at & 1 == 1);
            part.map(|at| doubted[at]).sum::<Cents>()
        });
        if !sums.into_iter().any(|sum| sum == -difference) {
            return Err((Wrong::Differs, what));
        }
        let doubted: Vec<Cents> = doubted.into_iter().take(waiting).collect();
        let named = row.explanations.iter().any(|explanation| matches!(explanation, Explanation::Line(_)));
        if row.is_new() && doubted.contains(&-row.new_difference()) && !named {
            return Err((Wrong::Unnamed, what));
        }
    }
    Ok(())
}

/// Everything that is asked of a history, in every order.
fn trial(history: &History) -> Option<Fault> {
    let (asked, files) = (history.asked(), history.files());
    for booked in [false, true] {
        let mut first: Option<Vec<String>> = None;
        for (order, places) in orders(history, &files) {
            let in_order: Vec<&File> = places.iter().map(|place| &files[*place]).collect();
            let fault = |wrong, what| Some(Fault { wrong, what, order: order.clone(), files: places.clone(), booked });
            let ended = match end(history, asked, &in_order, booked) {
                Ok(ended) => ended,
                Err((wrong, what)) => return fault(wrong, what),
            };
            match &first {
                None => first = Some(ended),
                Some(first) if asked.same_in_any_order && !are_same(asked, first, &ended) => {
                    let only = |one: &[String], other: &[String]| {
                        let mut other = other.to_vec();
                        let mut left = one.to_vec();
                        left.retain(|row| {
                            other.iter().position(|told| told == row).map(|at| other.swap_remove(at)).is_none()
                        });
                        left.join("; ")
                    };
                    return fault(
                        Wrong::Order,
                        format!("natural: {} | now: {}", only(first, &ended), only(&ended, first)),
                    );
                }
                Some(_) => {}
            }
        }
    }
    None
}

/// A smaller history in which the same goes wrong.
fn shrink(mut history: History, wrong: Wrong) -> History {
    let (asked, complete) = (history.asked(), history.is_complete());
    let same = |less: &History| {
        less.asked() == asked
            && (less.is_complete() || !complete)
            && trial(less).is_some_and(|fault| fault.wrong == wrong)
    };
    loop {
        let before = (history.plans.len(), history.movements.len());
        let mut size = history.plans.len().max(1);
        while size > 0 {
            let mut at = 0;
            while at < history.plans.len() {
                let mut less = history.clone();
                less.plans.drain(at..(at + size).min(less.plans.len()));
                if same(&less) {
                    history = less;
                } else {
                    at += size;
                }
            }
            size /= 2;
        }
        let mut size = history.movements.len().max(1);
        while size > 0 {
            let mut at = 0;
            while at < history.movements.len() {
                let mut less = history.clone();
                less.movements.drain(at..(at + size).min(less.movements.len()));
                if same(&less) {
                    history = less;
                } else {
                    at += size;
                }
            }
            size /= 2;
        }
        // A statement with what only it tells.
        let mut at = 0;
        while at < history.plans.len() {
            let mut less = history.clone();
            let gone = less.plans.remove(at);
            less.movements.retain(|row| !(gone.from..=gone.to).contains(&row.told_on));
            if same(&less) {
                history = less;
            } else {
                at += 1;
            }
        }
        if before == (history.plans.len(), history.movements.len()) {
            return history;
        }
    }
}

/// What happened, to be read by a person.
fn story(history: &History, fault: &Fault) -> String {
    let mut told = String::new();
    let how = if fault.booked { "booked after each file" } else { "not booked" };
    let _ = writeln!(told, "seed {} {:?} ({}, {how}): {}", history.seed, fault.wrong, fault.order, fault.what);
    let _ = writeln!(told, "{:?} {}", history.asked(), history.traits().join(", "));
    for row in &history.movements {
        let sign = if row.direction == Direction::Credit { '+' } else { '-' };
        let _ = write!(told, "  m{} {} {sign}{}", row.id, row.day, row.amount);
        let _ = writeln!(
            told,
            "{}",
            if row.told_on == row.day { String::new() } else { format!(" on the statement of {}", row.told_on) }
        );
    }
    let files = history.files();
    for (place, number) in fault.files.iter().zip(1..) {
        let number: usize = number;
        let _ = write!(told, " file {number} (the bank's {})\n{}", place + 1, files[*place]);
    }
    told
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}: expected a number")))
}

/// Runs so many histories from a seed on; the stories of what failed, a few of each kind.
fn run(seed: u64, count: u64, most: usize) -> (BTreeMap<String, usize>, Vec<String>) {
    let (mut faults, mut stories) = (BTreeMap::new(), Vec::new());
    for seed in seed..seed + count {
        let history = History::new(seed);
        let Some(fault) = trial(&history) else { continue };
        let small = shrink(history, fault.wrong);
        let fault = trial(&small).unwrap();
        let often = faults.entry(format!("{:?} with {}", fault.wrong, small.traits().join(", "))).or_insert(0);
        *often += 1;
        if *often <= most {
            stories.push(story(&small, &fault));
        }
    }
    (faults, stories)
}

/// BANK-1 to BANK-4, for a part of a minute: no history fails.
#[test]
fn trial_bank_short() {
    let (seed, count) = (number("STRIPPENKAART_TRIAL_SEED", 1), number("STRIPPENKAART_TRIAL_SHORT", 300));
    let (faults, stories) = run(seed, count, 1);
    assert!(faults.is_empty(), "of {count} from {seed}: {faults:#?}\n{}", stories.join("\n"));
}

/// The same, as often as asked: `just trial-bank`.
#[test]
#[ignore = "takes long: just trial-bank"]
fn trial_bank_long() {
    let most = usize::try_from(number("STRIPPENKAART_TRIAL_STORIES", 2)).unwrap();
    let (seed, count) = (number("STRIPPENKAART_TRIAL_SEED", 1), number("STRIPPENKAART_TRIAL_COUNT", 10_000));
    // On every core that there is.
    let threads = std::thread::available_parallelism().map_or(1, |many| many.get() as u64);
    let share = count.div_ceil(threads);
    let parts: Vec<_> = (0..threads)
        .map(|part| {
            let from = seed + part * share;
            let many = share.min((seed + count).saturating_sub(from));
            std::thread::spawn(move || run(from, many, most))
        })
        .collect();
    let (mut faults, mut stories) = (BTreeMap::new(), Vec::new());
    for part in parts {
        let (more, told) = part.join().unwrap();
        for (wrong, many) in more {
            *faults.entry(wrong).or_insert(0) += many;
        }
        stories.extend(told);
    }
    stories.sort_by_key(|told: &String| told.lines().count());
    assert!(faults.is_empty(), "of {count} from {seed}: {faults:#?}\n{}", stories.join("\n"));
}
