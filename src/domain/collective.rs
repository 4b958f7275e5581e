//! Accounts of others by which many pay: providers of payments, boards, clearing (BANK-5, BANK-6). Where money comes from such
//! an account, the account proves nothing about who paid.

use super::UserId;
use super::words::words;
use chrono::{DateTime, Utc};

words! {
    /// Whose account it is.
    pub enum CollectiveKind {
        /// A provider of payments, or the foundation that keeps its money.
        Provider = "provider",
        /// A board, which pays for its schools.
        Board = "board",
        /// An account over which money only passes.
        Clearing = "clearing",
        /// Somebody else.
        Other = "other",
    }
}

/// What a person said of an account: that many pay by it, or that this is no longer so. Each is kept; the last one counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectiveAccount {
    /// The account, as lines of the bank tell it.
    pub iban: String,
    /// The how many-th thing that is said of it, from 1.
    pub nr: i64,
    /// Whose it is.
    pub kind: CollectiveKind,
    /// In words; empty where nobody said more.
    pub note: String,
    /// Many pay by it; otherwise no longer.
    pub marked: bool,
    /// When it was said.
    pub recorded_at: DateTime<Utc>,
    /// Who said it.
    pub recorded_by: Option<UserId>,
}

impl CollectiveAccount {
    /// What is new in `said`, after `last`: nothing where that says the same, or where an account that was never marked is
    /// to be so no longer.
    #[must_use]
    pub fn after(self, last: Option<&Self>) -> Option<Self> {
        match last {
            None => self.marked.then_some(Self { nr: 1, ..self }),
            Some(last) if !self.marked && !last.marked => None,
            Some(last) if (self.marked, self.kind, &self.note) == (last.marked, last.kind, &last.note) => None,
            Some(last) => Some(Self { nr: last.nr + 1, ..self }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bank_5_what_is_said_of_an_account_is_kept_once() {
        let said = |marked, note: &str| CollectiveAccount {
            iban: "NL20INGB0001234567".to_owned(),
            nr: 0,
            kind: CollectiveKind::Board,
            note: note.to_owned(),
            marked,
            recorded_at: DateTime::UNIX_EPOCH,
            recorded_by: None,
        };
        assert_eq!(said(false, "").after(None), None);
        let first = said(true, "Board of Utrecht").after(None).unwrap();
        assert_eq!(first.nr, 1);
        assert_eq!(said(true, "Board of Utrecht").after(Some(&first)), None);
        let other = said(true, "Board of Zeist").after(Some(&first)).unwrap();
        let gone = said(false, "A mistake").after(Some(&other)).unwrap();
        assert_eq!((other.nr, gone.nr, said(false, "Again").after(Some(&gone))), (2, 3, None));
        assert_eq!(said(true, "Board of Zeist").after(Some(&gone)).unwrap().nr, 4);
    }
}
