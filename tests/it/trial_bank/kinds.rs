//! What a person uploads of several histories: each of an account of ours of its own, some of them together in one file;
//! files with an account that is not ours; and reports in the course of a day (camt.052), which only announce. All of it
//! follows from the histories and a seed.

use super::history::{File, History, Rng, ToldEntry, ToldStatement};
use super::xml::{self, Hand};
use chrono::{NaiveDateTime, TimeDelta};
use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use strippenkaart::domain::Cents;
use strippenkaart::domain::bank::{BankEntry, BankFileKind, Direction};
use strippenkaart::domain::bank_statement::StatementKind;
use zip::{ZipWriter, write::SimpleFileOptions};

/// An account that is not ours.
pub const FOREIGN: &str = "NL02ABNA0123456789";
/// More than the lines of any file.
pub const LINES: usize = 100_000;

/// A file as a person uploads it.
pub struct Upload {
    pub name: String,
    pub kind: BankFileKind,
    pub bytes: Vec<u8>,
    /// What it tells of each of our accounts, as it is read. Lines are numbered through all files: the place of the file
    /// comes before the line.
    pub told: BTreeMap<usize, File>,
    /// How many entries of accounts that are not ours it has.
    pub foreign: usize,
    /// How many entries of ours it only announces.
    pub pending: usize,
}

impl Upload {
    /// Whether it has nothing of ours.
    pub fn is_foreign(&self) -> bool {
        self.told.is_empty() && self.kind != BankFileKind::Camt052
    }
}

/// Several files in one, as a bank packs a download.
pub fn packed(files: &[&Upload]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        zip.start_file(file.name.as_str(), SimpleFileOptions::default()).unwrap();
        zip.write_all(&file.bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A valid Dutch account number.
pub fn dutch(bank: &str, number: usize) -> String {
    let rest = format!("{bank}{number:010}");
    let spelled = format!("{rest}NL00").chars().fold(String::new(), |text, letter| match letter.to_digit(36) {
        Some(digit) => text + &digit.to_string(),
        None => text,
    });
    let left = spelled.bytes().fold(0, |left, digit| (left * 10 + u32::from(digit - b'0')) % 97);
    format!("NL{:02}{rest}", 98 - left)
}

/// Statements of one file, with the account of ours that each is of.
struct Draft {
    made: NaiveDateTime,
    kind: BankFileKind,
    parts: Vec<(Option<usize>, ToldStatement)>,
}

/// All files of some histories, in the order in which the bank made them.
pub fn uploads(accounts: &[(String, &History)], seed: u64) -> Vec<Upload> {
    let mut rng = Rng::new(seed ^ 0x1d_ea5e_d0c5);
    let mut drafts: Vec<Draft> = Vec::new();
    for (place, (account, history)) in accounts.iter().enumerate() {
        let before = drafts.len();
        for file in history.files() {
            let of_ours = |mut told: ToldStatement| {
                told.head.account.clone_from(account);
                (Some(place), told)
            };
            let (made, kind) = (file.made, xml::kind_of(&file));
            let parts = file.statements.into_iter().map(of_ours).collect();
            let draft = Draft { made, kind, parts };
            // Every second account shares some files with the one before it.
            let near = |other: &&mut Draft| {
                let is_free = other.parts.iter().all(|(of, _)| *of == place.checked_sub(1));
                is_free && other.kind == draft.kind && (other.made - draft.made).abs() <= TimeDelta::days(4)
            };
            let partner = if place % 2 == 1 { drafts[..before].iter_mut().find(near) } else { None };
            match partner.filter(|_| rng.chance(60)) {
                Some(partner) => {
                    partner.made = partner.made.max(draft.made);
                    partner.parts.extend(draft.parts);
                }
                None => drafts.push(draft),
            }
        }
    }
    for at in 0..drafts.len() {
        if rng.chance(15) {
            drafts.extend(report(&drafts[at], &mut rng));
        }
        if rng.chance(12) {
            let draft = &mut drafts[at];
            let mut foreign = draft.parts[rng.below(draft.parts.len())].1.clone();
            FOREIGN.clone_into(&mut foreign.head.account);
            let place = if rng.chance(50) { 0 } else { draft.parts.len() };
            draft.parts.insert(place, (None, foreign));
        }
    }
    for draft in drafts.iter_mut().filter(|draft| draft.kind == BankFileKind::Camt053) {
        // Expected, and not booked yet.
        let (of, told) = draft.parts.last_mut().unwrap();
        if of.is_some()
            && rng.chance(8)
            && let Some(mut more) = told.entries.last().cloned()
        {
            more.entry.booked = false;
            told.entries.push(more);
        }
    }
    if let Some(Draft { made, kind, parts }) = drafts.first()
        && let Some((_, mut told)) = parts.first().cloned()
    {
        FOREIGN.clone_into(&mut told.head.account);
        drafts.push(Draft { made: *made, kind: *kind, parts: vec![(None, told)] });
    }
    drafts.sort_by_key(|draft| draft.made);
    let numbered = drafts.into_iter().enumerate();
    numbered.map(|(place, draft)| upload(draft, place, Hand::of(rng.below(usize::MAX) as u64))).collect()
}

/// What a bank would have told in the course of the day: some of it booked, the rest expected.
fn report(draft: &Draft, rng: &mut Rng) -> Option<Draft> {
    if draft.kind != BankFileKind::Camt053 {
        return None;
    }
    let (of, told) = &draft.parts[rng.below(draft.parts.len())];
    let mut told = told.clone();
    let (opening_day, opening, _) = told.head.opening.filter(|_| told.head.page.is_none())?;
    let booked = rng.below(told.entries.len() + 1);
    for row in told.entries.iter_mut().skip(booked) {
        row.entry.booked = false;
    }
    let effect = |row: &ToldEntry| match row.entry.direction {
        Direction::Credit => row.entry.amount,
        Direction::Debit => -row.entry.amount,
    };
    let so_far: Cents = told.entries.iter().take(booked).map(effect).sum();
    let closing = told.head.closing.map_or(opening_day, |(day, _)| day);
    told.head.id = format!("R{}", told.head.id);
    (told.head.closing, told.head.interim_closing) = (None, Some((closing, opening + so_far)));
    let made = draft.made - TimeDelta::hours(12);
    told.head.created_at = told.head.created_at.map(|_| made);
    told.head.created_on = told.head.created_on.map(|_| made.date());
    Some(Draft { made, kind: BankFileKind::Camt052, parts: vec![(*of, told)] })
}

fn upload(draft: Draft, place: usize, hand: Hand) -> Upload {
    let Draft { made, kind, parts } = draft;
    let (whose, statements): (Vec<Option<usize>>, Vec<ToldStatement>) = parts.into_iter().unzip();
    let mut file = File { made, statements };
    let bytes = xml::written(&file, kind, &format!("MSG-{place:04}"), hand);
    let (mut foreign, mut pending) = (0, 0);
    let mut told: BTreeMap<usize, File> = BTreeMap::new();
    for ((_, read), (of, mut row)) in
        xml::read_back(&bytes).into_iter().zip(whose.into_iter().zip(std::mem::take(&mut file.statements)))
    {
        assert_eq!(read.len(), row.entries.len());
        let Some(of) = of else {
            foreign += row.entries.len();
            continue;
        };
        for (known, entry) in row.entries.iter_mut().zip(read) {
            known.entry = placed(entry, place);
        }
        let all = row.entries.len();
        row.entries.retain(|known| known.entry.booked);
        pending += all - row.entries.len();
        if kind != BankFileKind::Camt052 {
            let own = told.entry(of).or_insert_with(|| File { made, statements: Vec::new() });
            own.statements.push(row);
        }
    }
    Upload { name: format!("{place:04}.xml"), kind, bytes, told, foreign, pending }
}

/// With its lines numbered through all files.
fn placed(mut entry: BankEntry, place: usize) -> BankEntry {
    entry.line += place * LINES;
    for detail in &mut entry.details {
        detail.line += place * LINES;
    }
    entry
}

#[test]
fn what_is_uploaded_has_every_kind() {
    let (mut reports, mut shared, mut foreign, mut alone, mut pending) = (0, 0, 0, 0, 0);
    for seed in 1..40 {
        let histories = [History::new(seed), History::new(1000 + seed)];
        let accounts: Vec<(String, &History)> =
            histories.iter().enumerate().map(|(at, history)| (dutch("ABNA", 500 + at), history)).collect();
        for upload in uploads(&accounts, seed) {
            reports += usize::from(upload.kind == BankFileKind::Camt052);
            shared += usize::from(upload.told.len() > 1);
            foreign += usize::from(upload.foreign > 0);
            alone += usize::from(upload.told.len() == 1);
            pending += usize::from(upload.pending > 0 && upload.kind == BankFileKind::Camt053);
            let kind = |kind| match kind {
                StatementKind::Statement => BankFileKind::Camt053,
                StatementKind::Notice => BankFileKind::Camt054,
            };
            for told in upload.told.values().flat_map(|file| &file.statements) {
                assert_eq!(kind(told.kind), upload.kind);
            }
        }
    }
    let found = [reports, shared, foreign, alone, pending];
    assert!(found.iter().zip([30, 10, 30, 100, 20]).all(|(found, least)| *found >= least), "{found:?}");
}
