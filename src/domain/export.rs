//! Files for the bookkeeper, the bank and the archive, as numbered batches.
//!
//! A batch is a number, one file and marks on what is in it. Number, bytes and marks are stored together and never change:
//! the file is the same whenever it is asked for, and what stands in one batch of a kind stands in no other.

use super::{UserId, words::words};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

words! {
    /// What a batch holds.
    pub enum ExportKind {
        /// Journal entries for the bookkeeper, each once.
        Journal = "journal",
        /// The audit file of a period (XAF 4.0); as often as it is asked for.
        Xaf = "xaf",
        /// Documents as electronic invoices (UBL), each once.
        Ubl = "ubl",
        /// Documents on paper (PDF), each once.
        Pdf = "pdf",
        /// Collections for the bank (pain.008), each once.
        Collection = "collection",
        /// A month: what of it no export has yet, and figures of the whole of it.
        Month = "month",
    }
}

/// Something that a person should know of a batch: what would have been in it and why it is not, which comes with a later
/// one; or what is in it other than planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Number of the document or of the collection.
    pub what: String,
    /// What it lacks, or what is different.
    pub why: String,
    /// It is in the batch all the same.
    #[serde(default)]
    pub included: bool,
}

/// A batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Its number, from 1 without gaps.
    pub number: i64,
    /// What it holds.
    pub kind: ExportKind,
    /// What it is, one line in Dutch.
    pub title: String,
    /// Whether it is of a month that was not closed when it was made: more may be booked in it, which a later one takes.
    pub provisional: bool,
    /// First day that it is about, where it has one.
    pub from_day: Option<NaiveDate>,
    /// Last day that it is about.
    pub to_day: Option<NaiveDate>,
    /// How many entries, documents or collections it holds.
    pub items: i64,
    /// Name of its file.
    pub file_name: String,
    /// What the file is, for programs.
    pub media_type: String,
    /// SHA-256 of the file.
    pub digest: String,
    /// How many bytes it has.
    pub size: i64,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// By whom; nobody on the command line.
    pub made_by: Option<UserId>,
    /// What would have been in it, and why it is not; and what is in it other than planned.
    pub left_out: Vec<LeftOut>,
}

impl Export {
    /// How much was left out, and how much is in it other than planned.
    #[must_use]
    pub fn exceptions(&self) -> (usize, usize) {
        let included = self.left_out.iter().filter(|row| row.included).count();
        (self.left_out.len() - included, included)
    }
}
