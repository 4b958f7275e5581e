//! The files of a bank: statements, notices and reports of what is coming (camt.053, camt.054, camt.052), reports about
//! collections (pain.002), and the collections that we send (pain.008). Bytes to domain values and back; no database, no
//! clock.
//!
//! | file | read | written |
//! |--|--|--|
//! | camt.053.001.02 to .14 | [`read_stream`], [`read`] | [`write()`] (made for .02, .04 and .08) |
//! | camt.054.001.02 to .14 | idem | [`write()`] (idem) |
//! | camt.052.001.02 to .14 | idem: it announces, and books nothing | [`write()`] (idem) |
//! | pain.002.001.03 to .15 | idem | [`write()`] (made for .03 and .10) |
//! | pain.008.001.02 and .08 | [`sent()`] | [`pain008::write`] |
//!
//! What a person uploads is opened by [`Upload`]: XML, gzip, or a zip with one or more files. Each is read as a stream,
//! entry by entry, in whatever encoding it declares (`decode.rs`), or refused with the line and what to ask the bank for
//! ([`BankFault`]). Strict about what we book by: amounts, directions, days, our own account. Lenient about what others
//! wrote: names, references, and account numbers of the other side, which are kept as text even when their check digits
//! fail.
//!
//! # How amounts add up
//!
//! Money moves by the *entry*: `amount` in its `direction`, whatever `RvslInd` says (a reversed credit is told as a
//! debit already; the indicator flips nothing). Its details say for whom. Between the two may lie the bank's charge:
//!
//! * debit (a return): entry = Σ details + Σ charges + unexplained: 594.05 = 564.05 + 30.00;
//! * credit: entry = Σ details − Σ charges − unexplained: 95.00 = 100.00 − 5.00.
//!
//! `BankDetail::charge` holds what is ours of what `Chrgs` tells about the detail; what nothing explains is
//! [`unexplained`]. A detail in another currency is never taken for euros: `camt.rs` tells how its amount is found, and
//! when an entry is not taken apart at all.

mod camt;
mod check;
mod decode;
mod faults;
mod markup;
mod pain002;
pub mod pain008;
mod sent;
mod spool;
#[cfg(test)]
mod stream_tests;
#[cfg(test)]
mod tests;
mod tree;
mod upload;
mod values;
mod write;

pub use check::{SumCheck, check, check_follows};
pub use faults::{AmountFault, BankFault, BankFaultKind, Foreign};
pub use sent::{SentFile, sent};
pub use spool::{Bytes, Incoming};
pub use tree::{MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, MAX_TOKEN, MAX_TREE};
pub use upload::{MAX_MEMBERS, Member, Upload, clean_name};
pub use write::{write, write_at};

use crate::domain::{
    Cents,
    bank::{
        BankDetail, BankEntry, BankFile, BankFileKind, BankStatement, Direction, FileHead, OpeningKind, StatementHead,
        Told,
    },
};
use std::io::BufRead;
use tree::{Node, Pull};

/// What every namespace of ISO 20022 begins with.
const ISO: &str = "urn:iso:std:iso:20022:tech:xsd:";

/// Who is told what a file tells. A fault ends the reading.
pub type Visit<'a> = dyn FnMut(Told) -> Result<(), BankFault> + 'a;

/// Reads a file of the bank from its beginning to its end and tells what it finds, in its order. Which file it is, its
/// namespace tells. Holds one entry at a time: memory does not follow the file.
///
/// # Errors
/// The first fault found, with its line, or that of `visit`. What was told before may then not be used: a file is read as
/// a whole or refused as a whole.
pub fn read_stream(source: impl BufRead, visit: &mut Visit<'_>) -> Result<(), BankFault> {
    let mut pull = Pull::new(source)?;
    let root = pull.root()?;
    let (kind, version) = recognise(&pull.namespace, &root)?;
    let name = match kind {
        BankFileKind::Camt052 => "BkToCstmrAcctRpt",
        BankFileKind::Camt053 => "BkToCstmrStmt",
        BankFileKind::Camt054 => "BkToCstmrDbtCdtNtfctn",
        BankFileKind::Pain002 => "CstmrPmtStsRpt",
    };
    let mut found = false;
    while let Some(message) = pull.child()? {
        if message.name() != name {
            pull.skip()?;
            continue;
        }
        if found {
            return Err(message.fault(BankFaultKind::OutOfOrder { element: name.to_owned(), after: name }));
        }
        found = true;
        match kind {
            BankFileKind::Camt052 | BankFileKind::Camt053 | BankFileKind::Camt054 => {
                camt::statements(&mut pull, &message, (kind, &version), visit)?;
            }
            BankFileKind::Pain002 => pain002::reports(&mut pull, &message, &version, visit)?,
        }
    }
    pull.finish()?;
    if found { Ok(()) } else { Err(root.missing(&[name])) }
}

/// Reads a file of the bank as a whole, into memory; [`read_stream`] without a stream.
///
/// # Errors
/// The first fault found, with its line: nothing of the file may then be used.
pub fn read(bytes: &[u8]) -> Result<BankFile, BankFault> {
    let mut file: Option<BankFile> = None;
    read_stream(bytes, &mut |told| {
        match (told, &mut file) {
            (Told::File(FileHead { kind, version, message_id, .. }), file) => {
                *file = Some(BankFile { kind, version, message_id, statements: Vec::new(), reports: Vec::new() });
            }
            (Told::Statement(head), Some(file)) => file.statements.push(statement_of(head)),
            (Told::Entry(entry), Some(file)) => {
                if let Some(statement) = file.statements.last_mut() {
                    statement.entries.push(entry);
                }
            }
            (Told::Report(report), Some(file)) => file.reports.push(report),
            (Told::StatementEnd, _) | (Told::Statement(_) | Told::Entry(_) | Told::Report(_), None) => {}
        }
        Ok(())
    })?;
    file.ok_or(BankFault::new(1, BankFaultKind::Empty))
}

/// A statement without its entries as yet. What a page before ended with is no opening balance of it.
fn statement_of(head: StatementHead) -> BankStatement {
    let opening = head.opening.filter(|(.., kind)| *kind != OpeningKind::Itbd);
    BankStatement {
        id: head.id,
        account: head.account,
        currency: head.currency,
        opening: opening.map(|(on, amount, _)| (on, amount)),
        closing: head.closing,
        entries: Vec::new(),
    }
}

/// Kind and version by the namespace; versions that we do not know are refused, as they may mean something else.
fn recognise(namespace: &str, root: &Node) -> Result<(BankFileKind, String), BankFault> {
    let other = || root.fault(BankFaultKind::OtherXml { root: root.name().chars().take(60).collect() });
    let version = namespace.strip_prefix(ISO).ok_or_else(other)?;
    let found = || version.chars().take(40).collect::<String>();
    let unknown = || root.fault(BankFaultKind::OtherMessage { found: found() });
    let (name, number) = version.split_at_checked(8).ok_or_else(unknown)?;
    let kind: BankFileKind = name.parse().map_err(|_| unknown())?;
    let (oldest, newest, range) = match kind {
        BankFileKind::Camt052 => ("camt.052.001.02", "camt.052.001.14", 2..=14),
        BankFileKind::Camt053 => ("camt.053.001.02", "camt.053.001.14", 2..=14),
        BankFileKind::Camt054 => ("camt.054.001.02", "camt.054.001.14", 2..=14),
        BankFileKind::Pain002 => ("pain.002.001.03", "pain.002.001.15", 3..=15),
    };
    let number = number.strip_prefix(".001.").filter(|number| number.len() == 2);
    if !number.and_then(|number| number.parse::<u8>().ok()).is_some_and(|number| range.contains(&number)) {
        return Err(root.fault(BankFaultKind::UnknownVersion { found: found(), oldest, newest }));
    }
    match root.name() {
        "Document" => Ok((kind, version.to_owned())),
        _ => Err(other()),
    }
}

/// The head of a file by its `GrpHdr`.
fn file_head(header: &Node, kind: BankFileKind, version: &str) -> Result<FileHead, BankFault> {
    let created = header.at("CreDtTm");
    Ok(FileHead {
        kind,
        version: version.to_owned(),
        message_id: header.need_text("MsgId")?,
        created_on: created.map(values::day_of).transpose()?,
        created_at: created.and_then(values::moment_of),
    })
}

/// What an entry took from us beyond its details and their told charges: a bank's charge that is told nowhere, as a
/// rule. Negative when we got more than the details say. See the module for the sums.
#[must_use]
pub fn unexplained(entry: &BankEntry) -> Cents {
    let moved = |detail: &BankDetail| {
        let direction = if detail.opposite { entry.direction.opposite() } else { entry.direction };
        let moved = match direction {
            Direction::Debit => detail.amount + detail.charge,
            Direction::Credit => detail.amount - detail.charge,
        };
        if detail.opposite { -moved } else { moved }
    };
    let explained: Cents = entry.details.iter().map(moved).sum();
    match entry.direction {
        Direction::Debit => entry.amount - explained,
        Direction::Credit => explained - entry.amount,
    }
}
