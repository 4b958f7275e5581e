//! What the reading of today makes of the files that were kept (BANK-1 to BANK-3), beside what the books have: for when the
//! model of reading changed. Nothing is written in the books.

use super::import::survey;
use super::{Failure, kept};
use crate::domain::{Cents, Doing};
use crate::service::access::Caller;
use crate::service::{Result, Service};
use crate::store::{Db, bank};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What moved on one account and day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Our account.
    pub account: String,
    /// The day on which it counts.
    pub day: NaiveDate,
    /// What counts in the books, in cents: what came less what went.
    pub books: Cents,
    /// What counts when the files are read again.
    pub again: Cents,
}

/// Files that were read again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadAgain {
    /// How many.
    pub files: usize,
    /// Names of files whose bytes are not kept: given again, they are.
    pub missing: Vec<String>,
    /// Where that is not what counts in the books.
    pub differing: Vec<Counted>,
}

impl Service {
    /// Reads every kept file again, in the order in which they came, into `scratch`, an empty database, and compares what counts.
    /// For finance. `progress` is told how many files of how many were read.
    ///
    /// # Errors
    /// Forbidden for others; when a kept file cannot be read any more.
    pub async fn read_bank_again(
        &self,
        caller: &Caller,
        scratch: &Db,
        mut progress: impl FnMut(usize, usize) + Send,
    ) -> Result<ReadAgain> {
        caller.may(Doing::KeepBooks)?;
        let files = bank::files_as_they_came(&mut self.db.reader().await?).await?;
        let (mut read, many) = (ReadAgain::default(), files.len());
        for (place, mut file) in files.into_iter().enumerate() {
            progress(place, many);
            let Some((name, member)) = kept::kept(&mut self.db.reader().await?, file.id).await? else {
                read.missing.push(file.name);
                continue;
            };
            let (own, member) = (self.own_accounts(), member);
            let surveyed = tokio::task::spawn_blocking(move || survey(&member, &own).map(|survey| (survey, member)));
            let (survey, member) = surveyed.await.map_err(|_| Failure::Broken)??;
            (file.name, file.received_by) = (name, None);
            let mut tx = scratch.begin().await?;
            bank::add_file(&mut tx, &file).await?;
            self.store_lines(&mut tx, file.id, &survey, &member).await?;
            tx.commit().await?;
            read.files += 1;
        }
        let mut moved: BTreeMap<(String, NaiveDate), (Cents, Cents)> = BTreeMap::new();
        for (key, sum) in bank::counted(&mut self.db.reader().await?).await? {
            moved.entry(key).or_default().0 += sum;
        }
        for (key, sum) in bank::counted(&mut scratch.reader().await?).await? {
            moved.entry(key).or_default().1 += sum;
        }
        let differing = moved.into_iter().filter(|(_, (books, again))| books != again);
        read.differing =
            differing.map(|((account, day), (books, again))| Counted { account, day, books, again }).collect();
        Ok(read)
    }
}
