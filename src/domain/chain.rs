//! The chain: each transaction carries the hash of the one before it, so that a later change or removal shows.
//!
//! The hash covers a versioned canonical encoding: the label `sk3`, then every field as its length, a colon and its
//! text (nothing is the field `-`), the same on both databases. Free text is covered by a salted digest.

use super::{Movement, Posting, Transaction};
use sha2::{Digest, Sha256};
use std::fmt::{Display, Write as _};

/// The hash before the first transaction.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

struct Encoder(String);

impl Encoder {
    fn field(&mut self, value: impl Display) {
        let start = self.0.len();
        let _ = write!(self.0, "{value}");
        let length = self.0.len() - start;
        self.0.insert_str(start, &format!("{length}:"));
    }

    fn optional(&mut self, value: Option<impl Display>) {
        match value {
            Some(value) => self.field(value),
            None => self.0.push('-'),
        }
    }
}

/// Hash of `transaction` (its `hash` field is not read) with `movements` and `postings`, in hexadecimal.
#[must_use]
pub fn hash(transaction: &Transaction, movements: &[Movement], postings: &[Posting]) -> String {
    let mut text = Encoder(String::with_capacity(512));
    text.field("sk3");
    text.field(&transaction.prev_hash);
    text.field(transaction.customer_id);
    text.field(transaction.seq);
    text.field(transaction.id);
    text.field(transaction.kind);
    text.field(transaction.policy_version);
    text.optional(transaction.worked_on);
    text.field(transaction.booked_on);
    text.field(transaction.recorded_at.timestamp_micros());
    text.optional(transaction.actor_id);
    text.optional(transaction.link_by);
    text.optional(transaction.link_on);
    text.optional(transaction.reverses);
    text.optional(transaction.time_entry_id);
    text.optional(transaction.ticket_id);
    text.optional(transaction.worked.map(|minutes| minutes.0));
    text.optional(transaction.bank_line_id);
    text.optional(transaction.note_digest.as_ref());
    text.field(movements.len());
    for movement in movements {
        text.field(movement.line);
        text.optional(movement.card_id);
        text.optional(movement.estimate_id);
        text.field(movement.from_account);
        text.field(movement.to_account);
        text.field(movement.minutes.0);
        text.optional(movement.basis);
    }
    text.field(postings.len());
    for posting in postings {
        text.field(posting.line);
        text.field(posting.account);
        text.field(posting.amount.0);
        text.optional(posting.card_id);
        text.optional(posting.invoice_id);
    }
    hex(&Sha256::digest(text.0))
}

/// Salted digest of a free text.
#[must_use]
pub fn note_digest(salt: &str, text: &str) -> String {
    hex(&Sha256::digest(format!("{}:{salt}{text}", salt.len())))
}

/// Bytes as hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
