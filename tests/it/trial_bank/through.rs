//! Histories through the service, on both databases (BANK-1 to BANK-5): files as banks write them, of several accounts of
//! ours, in the order of the bank and in another one, booked as the product books by itself. `just trial-bank-databases`
//! runs many.
//!
//! The end is asked what the end in memory is asked, and more: what stands in the tables is what the pure domain makes of
//! the same files ([`Store`]), the product's own check tells the same of every statement, the ledger posted what was booked,
//! and both databases hold the same.

use super::history::{History, Rng, ToldEntry};
use super::kinds::{FOREIGN, LINES, Upload, dutch, packed, uploads};
use super::shelf::Store;
use super::{Wrong, look, number};
use crate::bank::{Books, TERMS};
use crate::common::{Fixture, day};
use chrono::{TimeDelta, TimeZone, Utc};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write as _;
use strippenkaart::domain::bank::{BankFileKind, Direction};
use strippenkaart::domain::matching::{BankLine, LineState};
use strippenkaart::domain::reconciliation::Equation;
use strippenkaart::domain::{BankEntryId, BankFileId, Cents, CustomerId, Policy};
use strippenkaart::service::Error;
use strippenkaart::service::bank::{BankImport, BankNotice};
use strippenkaart::service::verify::verify;
use strippenkaart::store::bank;

/// How many histories share a database, each with an account of its own.
const TOGETHER: usize = 4;

/// The terms, with so many accounts of ours and no VAT: an invoice then asks any amount that a payment has.
fn terms() -> String {
    let text = Policy::shipped(TERMS).unwrap();
    let accounts: Vec<String> = (1..TOGETHER).map(|at| format!("\"{}\"", ours(at))).collect();
    let own = format!("iban = \"{}\"\nother_ibans = [{}]\n", ours(0), accounts.join(", "));
    let told =
        text.replace("iban = \"NL91ABNA0417164300\"\n", &own).replace("\n[invoices]\n", "\n[invoices]\nvat_rate = 0\n");
    assert!(told.contains("other_ibans") && told.contains("vat_rate = 0"));
    told
}

/// Our account of a place.
fn ours(place: usize) -> String {
    dutch("ABNA", 417_164_300 + place)
}

/// A history with an account of its own, and payers of its own.
struct Account {
    iban: String,
    history: History,
    /// Whom its payers are.
    customers: BTreeMap<String, CustomerId>,
}

impl Account {
    /// What the seed tells, with invoices for what its payers name.
    async fn new(books: &Books, place: usize, seed: u64) -> Self {
        let mut account = Self { iban: ours(place), history: History::new(seed), customers: BTreeMap::new() };
        let mut payers: BTreeMap<String, String> = BTreeMap::new();
        for part in account.history.movements.iter_mut().flat_map(|row| &mut row.parts) {
            let next = dutch("INGB", 100 * (place + 1) + payers.len());
            part.iban = part.iban.take().map(|iban| payers.entry(iban).or_insert(next).clone());
        }
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        let mut references: BTreeMap<String, String> = BTreeMap::new();
        let named: Vec<_> = account.history.movements.iter().filter(|row| row.direction == Direction::Credit).collect();
        let named: Vec<_> = named.into_iter().flat_map(|row| row.parts.clone()).collect();
        for part in named {
            let text = part.text.filter(|text| text.starts_with("factuur") && !texts.contains_key(text));
            let structured = part.structured.filter(|told| !references.contains_key(told));
            if text.is_none() && structured.is_none() {
                continue;
            }
            let customer = account.customer(books, part.iban.unwrap_or_default()).await;
            let invoice = books.invoice(customer, &part.amount.to_string()).await;
            assert_eq!(invoice.gross, part.amount);
            let issued = invoice.issued().unwrap();
            texts.extend(text.map(|text| (text, format!("factuur {}", issued.number))));
            references.extend(structured.map(|told| (told, issued.reference.clone())));
        }
        for part in account.history.movements.iter_mut().flat_map(|row| &mut row.parts) {
            part.text = part.text.take().map(|text| texts.get(&text).cloned().unwrap_or(text));
            part.structured = part.structured.take().map(|told| references.get(&told).cloned().unwrap_or(told));
        }
        account
    }

    async fn customer(&mut self, books: &Books, iban: String) -> CustomerId {
        if let Some(known) = self.customers.get(&iban) {
            return *known;
        }
        let (customer, _) = books.fixture.customer().await;
        self.customers.insert(iban, customer);
        customer
    }
}

/// What is wrong with what became of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// The pure domain has it as well: the reading model.
    Model(Wrong),
    /// Only what stands in the tables has it.
    Tables(Wrong),
    /// The tables hold something else than the pure domain makes of the same files.
    Otherwise,
    /// The product's check of an account is not what its lines say (BANK-4).
    Check,
    /// The ledger did not post what was booked (BANK-4).
    Posted,
    /// An import said something else than it should.
    Told,
    /// A preview said something else than the import.
    Preview,
    /// `verify` found something.
    Verify,
    /// The two databases do not hold the same.
    Databases,
}

/// A fault of one history, or of all of a database.
type Fault = (Option<usize>, Kind, String);

/// What came of some histories in one order on one database.
struct Played {
    faults: Vec<Fault>,
    /// By history.
    ends: Vec<Option<Vec<String>>>,
    /// Everything that stands in the tables, without ids and times.
    dump: Vec<String>,
    /// Lines that were booked, and that wait for a person.
    booked: usize,
    waiting: usize,
    files: usize,
}

/// The order in which a person uploads files.
fn order(many: usize, seed: u64, shuffled: bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..many).collect();
    let mut rng = Rng::new(seed ^ 0xabcd);
    match rng.below(3) {
        _ if !shuffled => {}
        0 => order.reverse(),
        1 => rng.shuffle(&mut order),
        _ => order.chunks_mut(4 * TOGETHER).for_each(|near| rng.shuffle(near)),
    }
    order
}

/// A line by its place among all files: its entry, and which of its entry it is.
type Place = (usize, usize);

/// What stands in the tables of an account.
struct Loaded {
    store: Store,
    by_place: HashMap<Place, BankLine>,
    place_of: HashMap<BankEntryId, usize>,
}

struct Play<'a> {
    books: &'a Books,
    accounts: &'a [Account],
    /// What the pure domain makes of the files, booked as the tables say.
    mirrors: Vec<Store>,
    files: HashMap<BankFileId, usize>,
    told: HashMap<usize, ToldEntry>,
    faults: Vec<Fault>,
}

impl Play<'_> {
    async fn load(&self, account: usize) -> Loaded {
        let mut on = self.books.fixture.service.db.reader().await.unwrap();
        let days = (day("2000-01-01"), day("2100-01-01"));
        let iban = &self.accounts[account].iban;
        let lines = bank::lines_between(&mut on, iban, days).await.unwrap();
        let statements = bank::statements_about(&mut on, iban, days).await.unwrap();
        let mut entries: BTreeMap<BankEntryId, Vec<BankLine>> = BTreeMap::new();
        for line in lines {
            entries.entry(line.entry_id).or_default().push(line);
        }
        let (mut by_place, mut place_of, mut about) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (entry, lines) in &entries {
            let place = self.files[&lines[0].file_id] * LINES + usize::try_from(lines[0].entry_line).unwrap();
            place_of.insert(*entry, place);
            about.insert(*entry, self.told[&place].clone());
            by_place.extend(lines.iter().enumerate().map(|(at, line)| ((place, at), line.clone())));
        }
        let mut store = Store::default();
        (store.statements, store.entries, store.about) = (statements, entries, about);
        Loaded { store, by_place, place_of }
    }

    /// Uploads some files, several of them in a zip.
    async fn upload(&mut self, some: &[(usize, &Upload)]) {
        let Self { books, .. } = *self;
        let (service, clock) = (&books.fixture.service, &books.fixture.clock);
        clock.set(clock.now() + TimeDelta::seconds(1));
        let files: Vec<&Upload> = some.iter().map(|(_, upload)| *upload).collect();
        let (name, bytes) = match &files[..] {
            [only] => (only.name.as_str(), only.bytes.clone()),
            files => ("download.zip", packed(files)),
        };
        let first = some[0].0;
        let preview = match first % 5 {
            0 => Some(service.preview_bank(&books.finance, name, bytes.clone()).await),
            _ => None,
        };
        let import = service.import_bank(&books.finance, name, bytes.clone(), |_, _| {}).await;
        if files.iter().any(|file| file.is_foreign()) {
            let refused = |error: &Error| matches!(error, Error::BankFile(_));
            if import.as_ref().err().is_none_or(|error| !refused(error)) {
                self.faults.push((None, Kind::Told, format!("{name} has nothing of ours: {import:?}")));
            }
            return;
        }
        let import = import.unwrap_or_else(|error| panic!("{error:?}\n{}", String::from_utf8_lossy(&bytes)));
        if let Some(preview) = preview.map(Result::unwrap).filter(|preview| preview.tally != import.tally) {
            let what = format!("{name}: {:?} but {:?}", preview.tally, import.tally);
            // The second file of a zip meets what the first one booked.
            self.faults.extend((files.len() == 1).then_some((None, Kind::Preview, what)));
        }
        for row in [&import.file].into_iter().chain(&import.others) {
            let place = some.iter().find(|(_, upload)| upload.name == row.name).unwrap().0;
            self.files.insert(row.id, place);
        }
        for file in files.iter().flat_map(|upload| upload.told.values()) {
            for entry in file.statements.iter().flat_map(|told| &told.entries) {
                self.told.insert(entry.entry.line, entry.clone());
            }
        }
        if let Some(what) = told_otherwise(&files, &import) {
            self.faults.push((None, Kind::Told, format!("{name}: {what}")));
        }
        if first % 11 == 3 {
            let again = service.import_bank(&books.finance, "again.xml", bytes, |_, _| {}).await.unwrap();
            if !again.seen || again.tally.fresh() > 0 {
                self.faults.push((None, Kind::Told, format!("{name} again: {again:?}")));
            }
        }
        for (account, file) in files.iter().flat_map(|upload| &upload.told) {
            self.mirrors[*account].import(file);
            let loaded = self.load(*account).await;
            follow(&mut self.mirrors[*account], &loaded);
        }
    }

    /// Everything that is asked of an account.
    async fn ask(&mut self, account: usize) -> (Option<Vec<String>>, Loaded) {
        let loaded = self.load(account).await;
        let history = &self.accounts[account].history;
        let asked = history.asked();
        let mut fault = |kind, what| self.faults.push((Some(account), kind, what));
        let pure = look(history, asked, &self.mirrors[account]);
        let end = match (look(history, asked, &loaded.store), pure) {
            (Ok(end), _) => Some(end),
            (Err((wrong, what)), Err((same, _))) if wrong == same => {
                fault(Kind::Model(wrong), what);
                None
            }
            (Err((wrong, what)), _) => {
                fault(Kind::Tables(wrong), what);
                None
            }
        };
        let (here, there) = (shown(&loaded.store), shown(&self.mirrors[account]));
        if here != there {
            fault(Kind::Otherwise, format!("tables: {} | domain: {}", only(&here, &there), only(&there, &here)));
        }
        (end, loaded)
    }

    /// The product's own check (BANK-4) against the lines.
    async fn check(&mut self, loaded: &[Loaded]) {
        let service = &self.books.fixture.service;
        let check = service.check_bank(&self.books.finance).await.unwrap();
        if check.by_hand != 0 || check.by_hand_posted != Cents::ZERO {
            self.faults.push((None, Kind::Posted, format!("{} by hand: {}", check.by_hand, check.by_hand_posted)));
        }
        for (account, loaded) in loaded.iter().enumerate() {
            let told = check.accounts.iter().find(|row| row.account == self.accounts[account].iban);
            // Of two lines that would explain a difference either may come first.
            let sorted = |mut rows: Vec<Equation>| {
                for row in &mut rows {
                    row.explanations.sort_by_key(|told| format!("{told:?}"));
                }
                rows
            };
            let ours = loaded.store.check().map(|(first, rows)| (first, sorted(rows)));
            let theirs = told.and_then(|row| Some((row.first?, sorted(row.equations.clone()))));
            if ours != theirs {
                self.faults.push((Some(account), Kind::Check, format!("{theirs:#?}\nbut\n{ours:#?}")));
            }
            if let Some(told) = told.filter(|row| row.posted != row.booked) {
                let what = format!("posted {}, booked {}", told.posted, told.booked);
                self.faults.push((Some(account), Kind::Posted, what));
            }
        }
    }

    /// What stands in the tables, without ids and times.
    async fn dump(&self, loaded: &[Loaded]) -> Vec<String> {
        let mut rows = self.books.sums().await;
        for (at, loaded) in loaded.iter().enumerate() {
            for row in &loaded.store.statements {
                let file = self.files[&row.file_id];
                let strippenkaart::domain::bank_statement::Statement { kind, told_id, page, sequence, made_at, .. } =
                    row;
                let (from, to, first, last) = (row.from_day, row.to_day, row.first_day, row.last_day);
                let (opening, closing, entries) = (row.opening, row.closing, row.entries);
                rows.push(format!(
                    "{at} {file} {kind} {told_id} {page:?} {sequence:?} {made_at:?} {from}..{to} {first}..{last} \
                     {opening:?} {closing:?} {entries} {} {}",
                    row.credits, row.debits
                ));
            }
            let statements: HashMap<_, _> =
                loaded.store.statements.iter().map(|row| (row.id, (self.files[&row.file_id], &row.told_id))).collect();
            let whose: HashMap<CustomerId, &String> =
                self.accounts[at].customers.iter().map(|(iban, id)| (*id, iban)).collect();
            for ((place, part), line) in &loaded.by_place {
                // Which of two equal ones of a file bears is not told: that follows from ids.
                let bearer = loaded.place_of.get(&line.movement_id).map(|place| place / LINES);
                let told = |id: &Option<_>| id.as_ref().and_then(|id| statements.get(id));
                rows.push(format!(
                    "{at} {place}/{part} of {bearer:?} {} {:?} {:?} {:?} {:?} {} {} {} {} {:?} {:?} {:?} {:?} {:?}",
                    line.state,
                    line.why,
                    told(&line.announced_in),
                    told(&line.stated_in),
                    line.stated_on,
                    line.direction,
                    line.amount,
                    line.charge,
                    line.booked_on,
                    line.customer_id.map(|id| whose.get(&id)),
                    line.payment_id.is_some(),
                    line.proof,
                    (&line.name, &line.iban, &line.text, &line.structured, &line.end_to_end_id, &line.mandate),
                    (&line.reference, &line.transaction_reference, &line.entry_reference, &line.batch, &line.code),
                ));
            }
        }
        for sql in [
            "SELECT number || ' ' || CAST(gross AS TEXT) || ' ' || CAST(paid AS TEXT) FROM invoices WHERE number IS NOT NULL",
            "SELECT name || ' ' || CAST(lines AS TEXT) || ' ' || digest || ' ' || kind FROM bank_files",
            "SELECT transactions.kind || ' ' || postings.account || ' ' || CAST(postings.amount AS TEXT) FROM postings
             JOIN transactions ON transactions.customer_id = postings.customer_id AND transactions.seq = postings.seq",
            "SELECT CAST(number AS TEXT) || ' has ' || CAST(credit AS TEXT) FROM customers",
        ] {
            let found: Vec<(String,)> = self.books.all(sql).await;
            rows.extend(found.into_iter().map(|(row,)| row));
        }
        rows.sort();
        rows
    }
}

/// What an import told otherwise than it should have.
fn told_otherwise(uploads: &[&Upload], import: &BankImport) -> Option<String> {
    let (mut announces, mut foreign, mut pending) = (0, Vec::new(), 0);
    for notice in &import.notices {
        match notice {
            BankNotice::OnlyAnnounces => announces += 1,
            BankNotice::OtherAccount { account, entries } => foreign.push((account.as_str(), *entries)),
            BankNotice::Pending(many) => pending += *many,
            BankNotice::SeenFile { .. } | BankNotice::Foreign(_) => return Some(format!("{import:?}")),
            BankNotice::SeenStatement { .. } | BankNotice::Gap { .. } | BankNotice::BookedTwice => {}
        }
    }
    let reports = uploads.iter().filter(|upload| upload.kind == BankFileKind::Camt052).count();
    let others = uploads.iter().filter(|upload| upload.foreign > 0).map(|upload| (FOREIGN, upload.foreign));
    let expected = (reports, others.collect(), uploads.iter().map(|upload| upload.pending).sum::<usize>());
    let kept = !import.statements.is_empty() || import.tally.fresh() > 0 || import.file.lines > 0;
    let is_wrong = import.seen || (announces, foreign, pending) != expected || (reports == uploads.len() && kept);
    is_wrong.then(|| format!("{import:?}"))
}

/// Lets the pure domain know what the tables say of lines that it holds to be new: booked, not ours, or waiting.
fn follow(mirror: &mut Store, loaded: &Loaded) {
    for lines in mirror.entries.values_mut() {
        let place = usize::try_from(lines[0].entry_line).unwrap();
        for (at, line) in lines.iter_mut().enumerate().filter(|(_, line)| line.state == LineState::New) {
            let Some(kept) = loaded.by_place.get(&(place, at)) else { continue };
            if kept.state != LineState::Again && kept.reading_doubt().is_none() {
                (line.state, line.why) = (kept.state, kept.why.clone());
            }
        }
    }
}

/// The lines of a store, without ids: what they say and what became of them, and which were announced and stated. Which of
/// two that a notice fits alike it met is not told: that follows from ids.
fn shown(store: &Store) -> Vec<String> {
    let lines = store.entries.values().flatten();
    let mut rows: Vec<String> = lines
        .flat_map(|line| {
            let (announced, stated) = (line.announced_in.is_some(), line.stated_in.is_some());
            let became = match (line.state, line.reading_doubt()) {
                (LineState::Again, _) => "again".to_owned(),
                (_, Some(doubt)) => format!("waits {doubt:?}"),
                (_, None) => "counts".to_owned(),
            };
            let (day, moved) = (line.booked_on, line.moved());
            [
                format!("{day} {} {moved} {became} {:?} {:?}", line.direction, line.stated_on, line.text),
                format!("{day} {} {moved} announced {announced} stated {stated}", line.direction),
            ]
        })
        .collect();
    rows.sort();
    rows
}

/// What only one of two lists has.
pub fn only(one: &[String], other: &[String]) -> String {
    let mut other = other.to_vec();
    let mut left = one.to_vec();
    left.retain(|row| other.iter().position(|told| told == row).map(|at| other.swap_remove(at)).is_none());
    left.join("; ")
}

/// Plays histories on a database, in one order.
async fn play(fixture: Fixture, seeds: Vec<u64>, shuffled: bool) -> Played {
    fixture.clock.set(Utc.with_ymd_and_hms(2029, 6, 1, 9, 0, 0).unwrap());
    let books = Books::new(fixture).await;
    let mut accounts = Vec::new();
    for (place, seed) in seeds.iter().enumerate() {
        accounts.push(Account::new(&books, place, *seed).await);
    }
    let told: Vec<(String, &History)> = accounts.iter().map(|row| (row.iban.clone(), &row.history)).collect();
    let uploads = uploads(&told, seeds[0]);
    let mirrors = accounts.iter().map(|_| Store::default()).collect();
    let (files, known) = (HashMap::new(), HashMap::new());
    let mut play = Play { books: &books, accounts: &accounts, mirrors, files, told: known, faults: Vec::new() };
    let mut order: VecDeque<usize> = order(uploads.len(), seeds[0], shuffled).into();
    let mut rng = Rng::new(seeds[0] ^ 0x21b);
    while !order.is_empty() {
        // Some come packed together: of different accounts, as the clock stands still within a zip, and ids then tell nothing.
        let many = if rng.chance(25) { 3 } else { 1 };
        let mut some: Vec<(usize, &Upload)> = Vec::new();
        while let Some(place) = order.front() {
            let next = &uploads[*place];
            let shares = |(_, other): &(usize, &Upload)| next.told.keys().any(|of| other.told.contains_key(of));
            let apart = next.is_foreign() || some.iter().any(|row| row.1.is_foreign() || shares(row));
            if some.len() == many || (apart && !some.is_empty()) {
                break;
            }
            some.push((*place, next));
            order.pop_front();
        }
        play.upload(&some).await;
    }
    let (mut ends, mut loaded) = (Vec::new(), Vec::new());
    for account in 0..accounts.len() {
        let (end, tables) = play.ask(account).await;
        ends.push(end);
        loaded.push(tables);
    }
    play.check(&loaded).await;
    if let Err(error) = verify(&books.fixture.service.db, |_, _| {}).await {
        play.faults.push((None, Kind::Verify, format!("{error:?}")));
    }
    let dump = play.dump(&loaded).await;
    let lines = || loaded.iter().flat_map(|loaded| loaded.by_place.values());
    let booked = lines().filter(|line| line.state == LineState::Booked).count();
    let waiting = lines().filter(|line| line.state == LineState::Open).count();
    assert!(lines().all(|line| line.state != LineState::New), "everything is looked at");
    Played { faults: play.faults, ends, dump, booked, waiting, files: uploads.len() }
}

/// What a run came to.
#[derive(Default)]
struct Found {
    faults: Vec<(u64, String, Kind, String)>,
    booked: usize,
    waiting: usize,
    files: usize,
}

/// Some histories on both databases, in two orders each.
async fn both(seeds: &[u64]) -> Found {
    let terms = terms();
    let mut found = Found::default();
    let mut ends: Vec<(String, Vec<Option<Vec<String>>>)> = Vec::new();
    for shuffled in [false, true] {
        let order = if shuffled { "another order" } else { "natural" };
        let (terms, told) = (terms.clone(), seeds.to_vec());
        let on_sqlite = tokio::spawn(async move { play(Fixture::sqlite_with(&terms).await, told, shuffled).await });
        let (terms, told) = (self::terms(), seeds.to_vec());
        let on_postgres = tokio::spawn(async move { play(Fixture::postgres_with(&terms).await, told, shuffled).await });
        let (sqlite, postgres) = (on_sqlite.await.unwrap(), on_postgres.await.unwrap());
        if sqlite.dump != postgres.dump {
            let (one, other) = (only(&sqlite.dump, &postgres.dump), only(&postgres.dump, &sqlite.dump));
            let what = format!("sqlite: {one} | postgres: {other}");
            found.faults.push((seeds[0], order.to_owned(), Kind::Databases, what));
        }
        for (name, played) in [("sqlite", sqlite), ("postgres", postgres)] {
            let whose = |at: Option<usize>| at.map_or(seeds[0], |at| seeds[at]);
            let named =
                played.faults.into_iter().map(|(at, kind, what)| (whose(at), format!("{order}, {name}"), kind, what));
            found.faults.extend(named);
            found.booked += played.booked;
            found.waiting += played.waiting;
            found.files += played.files;
            ends.push((format!("{order}, {name}"), played.ends));
        }
    }
    for (at, seed) in seeds.iter().enumerate() {
        let history = History::new(*seed);
        let of: Vec<_> = ends.iter().filter_map(|(name, ends)| Some((name, ends[at].as_ref()?))).collect();
        for (name, end) in of.iter().skip(1).filter(|(_, end)| history.asked().same_in_any_order && *end != of[0].1) {
            let what = format!("natural: {} | now: {}", only(of[0].1, end), only(end, of[0].1));
            found.faults.push((history.seed, (*name).clone(), Kind::Model(Wrong::Order), what));
        }
    }
    found
}

/// What was found, the gravest first: how often each kind, and what it was.
fn told(found: &Found) -> String {
    let mut kinds: BTreeMap<Kind, BTreeMap<u64, Vec<String>>> = BTreeMap::new();
    for (seed, order, kind, what) in &found.faults {
        kinds.entry(*kind).or_default().entry(*seed).or_default().push(format!("{order}: {what}"));
    }
    let mut text = String::new();
    for (kind, seeds) in kinds {
        let _ = writeln!(text, "{kind:?}: {} histories: {:?}", seeds.len(), seeds.keys().collect::<Vec<_>>());
        for (seed, told) in seeds.iter().take(12) {
            let _ = writeln!(text, "  seed {seed}, {} times: {}", told.len(), told[0]);
        }
    }
    text
}

/// BANK-1 to BANK-5 for some histories through both databases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn trial_bank_databases_short() {
    let seed = number("STRIPPENKAART_TRIAL_SEED", 1);
    let seeds: Vec<u64> = (seed..).take(TOGETHER).collect();
    let found = both(&seeds).await;
    assert!(found.faults.is_empty(), "{}", told(&found));
    assert!(found.booked > 10 && found.waiting > 20, "{} booked, {} waiting", found.booked, found.waiting);
}

/// The same, as often as asked: `just trial-bank-databases`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
#[ignore = "takes long: just trial-bank-databases"]
async fn trial_bank_databases_long() {
    let (seed, count) = (number("STRIPPENKAART_TRIAL_SEED", 1), number("STRIPPENKAART_TRIAL_COUNT", 200));
    let seeds: Vec<u64> = (seed..seed + count).collect();
    let (began, mut all) = (std::time::Instant::now(), Found::default());
    for some in seeds.chunks(TOGETHER) {
        let found = both(some).await;
        all.faults.extend(found.faults);
        all.booked += found.booked;
        all.waiting += found.waiting;
        all.files += found.files;
    }
    let Found { booked, waiting, files, .. } = &all;
    let so = format!(
        "{count} from {seed}, twice on each database: {files} files, {booked} lines booked, {waiting} wait; {} s",
        began.elapsed().as_secs()
    );
    eprintln!("{so}");
    assert!(all.faults.is_empty(), "{so}\n{}", told(&all));
}
