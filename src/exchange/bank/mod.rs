//! The files of a bank: statements and notices (camt.053, camt.054), reports about collections (pain.002), and the
//! collections that we send (pain.008). Bytes to domain values and back; no database, no clock.
//!
//! | file | read | written |
//! |--|--|--|
//! | camt.053.001.02 to .08 | [`read`] | [`write()`] (made for .02, .04 and .08) |
//! | camt.054.001.02 to .08 | [`read`] | [`write()`] (idem) |
//! | pain.002.001.03 to .10 | [`read`] | [`write()`] (made for .03 and .10) |
//! | pain.008.001.02 and .08 | – | [`pain008::write`] |
//!
//! A file is read as a whole or refused as a whole, with the line and what was expected ([`BankFault`]). Strict about
//! what we book by: amounts, directions, days, our own account. Lenient about what others wrote: names, references,
//! and account numbers of the other side, which are kept as text even when their check digits fail.
//!
//! # How amounts add up
//!
//! Money moves by the *entry*: `amount` in its `direction`, whatever `RvslInd` says (a reversed credit is told as a
//! debit already; the indicator flips nothing). Its details say for whom. Between the two may lie the bank's charge:
//!
//! * debit (a return): entry = Σ details + Σ charges + unexplained: 594.05 = 564.05 + 30.00;
//! * credit: entry = Σ details − Σ charges − unexplained: 95.00 = 100.00 − 5.00.
//!
//! `BankDetail::charge` holds what `Chrgs` tells about the detail; what nothing explains is [`unexplained`]. A detail
//! in another currency is never taken for euros: `camt.rs` tells how its amount is found, and when an entry is not
//! taken apart at all.

mod camt;
mod markup;
mod pain002;
pub mod pain008;
mod sent;
#[cfg(test)]
mod tests;
mod tree;
mod values;
mod write;

pub use sent::{SentFile, sent};
pub use tree::{MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS};
pub use write::{write, write_at};

use crate::domain::{
    Cents,
    bank::{BankEntry, BankFile, BankFileKind, BankStatement, Direction},
};
use tree::Tree;

/// Why a file was refused, for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct BankFault {
    /// The line, from 1.
    pub line: usize,
    /// What was wrong and what was expected.
    pub reason: String,
}

/// What every namespace of ISO 20022 begins with.
const ISO: &str = "urn:iso:std:iso:20022:tech:xsd:";

/// Reads a file of the bank. Which one it is, its namespace tells.
///
/// # Errors
/// The first fault found, with its line: nothing of the file may then be used.
pub fn read(bytes: &[u8]) -> Result<BankFile, BankFault> {
    let tree = tree::parse(bytes)?;
    let (kind, version) = recognise(&tree)?;
    let message = tree.root.need(match kind {
        BankFileKind::Camt053 => "BkToCstmrStmt",
        BankFileKind::Camt054 => "BkToCstmrDbtCdtNtfctn",
        BankFileKind::Pain002 => "CstmrPmtStsRpt",
    })?;
    let message_id = message.need("GrpHdr")?.need_text("MsgId")?;
    let (statements, reports) = match kind {
        BankFileKind::Camt053 | BankFileKind::Camt054 => (camt::statements(message, kind)?, Vec::new()),
        BankFileKind::Pain002 => (Vec::new(), pain002::reports(message)?),
    };
    Ok(BankFile { kind, version, message_id, statements, reports })
}

/// Kind and version by the namespace; versions that we do not know are refused, as they may mean something else.
fn recognise(tree: &Tree) -> Result<(BankFileKind, String), BankFault> {
    const EXPECTED: &str = "expected camt.053.001.02 to .08, camt.054.001.02 to .08 or pain.002.001.03 to .10";
    if tree.namespace.is_empty() {
        let name = tree.root.name();
        return Err(tree
            .root
            .fault(format!("the root `{name}` has no namespace, so its format is unknown; {EXPECTED}")));
    }
    let unknown = || tree.root.fault(format!("the namespace is `{}`; {EXPECTED}", tree.namespace));
    let version = tree.namespace.strip_prefix(ISO).ok_or_else(unknown)?;
    let (kind, number) = version.split_at_checked(8).ok_or_else(unknown)?;
    let number = number.strip_prefix(".001.").filter(|number| number.len() == 2).ok_or_else(unknown)?;
    let number: u8 = number.parse().map_err(|_| unknown())?;
    let kind = match (kind, number) {
        ("camt.053", 2..=8) => BankFileKind::Camt053,
        ("camt.054", 2..=8) => BankFileKind::Camt054,
        ("pain.002", 3..=10) => BankFileKind::Pain002,
        _ => return Err(unknown()),
    };
    match tree.root.name() {
        "Document" => Ok((kind, version.to_owned())),
        other => Err(tree.root.fault(format!("the root is `{other}`; expected `Document`"))),
    }
}

/// What an entry took from us beyond its details and their told charges: a bank's charge that is told nowhere, as a
/// rule. Negative when we got more than the details say. See the module for the sums.
#[must_use]
pub fn unexplained(entry: &BankEntry) -> Cents {
    let details: Cents = entry.details.iter().map(|detail| detail.amount).sum();
    let charges: Cents = entry.details.iter().map(|detail| detail.charge).sum();
    match entry.direction {
        Direction::Debit => entry.amount - details - charges,
        Direction::Credit => details - charges - entry.amount,
    }
}

/// Whether a statement adds up: opening balance and booked entries make the closing balance. One that tells no
/// opening or closing balance, such as a notice, passes.
///
/// # Errors
/// When the sum differs, or an entry is in another currency than the account. The line is that of the entry, or of the
/// first entry.
pub fn check(statement: &BankStatement) -> Result<(), BankFault> {
    let (Some((_, opening)), Some((_, closing))) = (statement.opening, statement.closing) else { return Ok(()) };
    let mut sum = i128::from(opening.0);
    for entry in statement.entries.iter().filter(|entry| entry.booked) {
        if let Some(currency) = statement.currency.as_ref().filter(|currency| **currency != entry.currency) {
            let reason = format!("an entry in {} on an account in {currency}; cannot be added up", entry.currency);
            return Err(BankFault { line: entry.line, reason });
        }
        match entry.direction {
            Direction::Credit => sum += i128::from(entry.amount.0),
            Direction::Debit => sum -= i128::from(entry.amount.0),
        }
    }
    if sum == i128::from(closing.0) {
        return Ok(());
    }
    let line = statement.entries.first().map_or(1, |entry| entry.line);
    let off =
        i64::try_from(i128::from(closing.0) - sum).map_or_else(|_| "a lot".to_owned(), |off| Cents(off).to_string());
    let (id, account) = (&statement.id, &statement.account);
    let reason = format!(
        "statement {id} of {account} does not add up: opening {opening} and its booked entries differ by {off} from \
         closing {closing}; ask the bank for a complete file"
    );
    Err(BankFault { line, reason })
}

/// Whether a statement follows on the one before it of the same account: its opening balance is the closing balance of
/// that. Passes when either is not told.
///
/// # Errors
/// When they differ: a statement is missing in between, or came twice. The line is that of the first entry.
pub fn check_follows(previous: &BankStatement, statement: &BankStatement) -> Result<(), BankFault> {
    match (previous.closing, statement.opening) {
        (Some((_, closing)), Some((_, opening))) if closing != opening => Err(BankFault {
            line: statement.entries.first().map_or(1, |entry| entry.line),
            reason: format!(
                "statement {} opens with {opening}, but {} closed with {closing}; a statement in between is missing",
                statement.id, previous.id
            ),
        }),
        _ => Ok(()),
    }
}
