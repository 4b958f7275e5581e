//! Accounts of others by which many pay (BANK-5, BANK-6): finance marks them, and from then on they prove nothing.

use crate::domain::CustomerId;
use crate::domain::Doing;
use crate::domain::collective::{CollectiveAccount, CollectiveKind};
use crate::domain::iban;
use crate::service::access::Caller;
use crate::service::{Error, FieldError, Result, Service};
pub use crate::store::collective::MarkedBy;
use crate::store::{Statements, bank, collective};
use std::collections::{BTreeMap, BTreeSet};

/// An account by which many pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collective {
    /// The account, and who marked it.
    pub marked: MarkedBy,
    /// The customers whose account it was known to be: it is not used as proof of them any more.
    pub known_as: Vec<(CustomerId, String)>,
}

/// What finance says of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCollective {
    /// The account, as typed.
    pub iban: String,
    /// Whose it is.
    pub kind: CollectiveKind,
    /// In words; may be empty.
    pub note: String,
}

fn fault(field: &str, expected: &str) -> Error {
    Error::Fields(vec![FieldError { field: field.to_owned(), expected: expected.to_owned() }])
}

impl Service {
    /// The accounts by which many pay, by IBAN. For finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn collective_accounts(&self, caller: &Caller) -> Result<Vec<Collective>> {
        caller.may(Doing::KeepBooks)?;
        let mut on = self.db.reader().await?;
        let marked = collective::marked(&mut on).await?;
        let mut known = known_as(&mut on, marked.iter().map(|one| one.row.iban.clone()).collect()).await?;
        let one = |marked: MarkedBy| {
            let known_as = known.remove(&marked.row.iban).unwrap_or_default();
            Collective { marked, known_as }
        };
        Ok(marked.into_iter().map(one).collect())
    }

    /// Marks an account as one by which many pay: from now on it proves nothing about who paid. What was booked stays. The same
    /// again changes nothing. For finance.
    ///
    /// # Errors
    /// Forbidden for others; a field error for what is no account of somebody else.
    pub async fn mark_collective(&self, caller: &Caller, new: NewCollective) -> Result<Collective> {
        let actor = caller.may(Doing::KeepBooks)?;
        let mut tx = self.db.begin().await?;
        let told = new.iban.trim();
        // What a bank tells need not be an IBAN.
        let is_told = collective::is_told(&mut tx, told).await?;
        let account = if is_told { told.to_owned() } else { iban::compact(told) };
        if !is_told && !iban::is_iban(&account) {
            return Err(fault(
                "iban",
                "expected an IBAN such as NL91 ABNA 0417 1643 00; its check digits do not match",
            ));
        }
        if self.own_accounts().contains(&account) {
            return Err(fault("iban", "expected an account of somebody else"));
        }
        let said = CollectiveAccount {
            iban: account.clone(),
            nr: 0,
            kind: new.kind,
            note: new.note,
            marked: true,
            recorded_at: self.clock.now(),
            recorded_by: actor.user(),
        };
        if let Some(row) = said.after(collective::last(&mut tx, &account).await?.as_ref()) {
            collective::add(&mut tx, &row).await?;
        }
        tx.commit().await?;
        let all = self.collective_accounts(caller).await?;
        all.into_iter().find(|one| one.marked.row.iban == account).ok_or(Error::NotFound("collective account"))
    }

    /// Says that an account is no longer one by which many pay. What was never marked stays so. Gives whether it proves nothing
    /// all the same, because a line of it was once divided. For finance.
    ///
    /// # Errors
    /// Forbidden for others; a field error without a reason.
    pub async fn unmark_collective(&self, caller: &Caller, account: &str, reason: &str) -> Result<bool> {
        let actor = caller.may(Doing::KeepBooks)?;
        let mut tx = self.db.begin().await?;
        let told = account.trim().to_owned();
        let is_known = collective::last(&mut tx, &told).await?.is_some();
        let account = if is_known { told } else { iban::compact(&told) };
        if let Some(last) = collective::last(&mut tx, &account).await? {
            let (note, recorded_at, recorded_by) = (reason.to_owned(), self.clock.now(), actor.user());
            let said = CollectiveAccount { note, marked: false, recorded_at, recorded_by, ..last.clone() };
            if let Some(row) = said.after(Some(&last)) {
                collective::add(&mut tx, &row).await?;
            }
        }
        let still = bank::shared(&mut tx, &BTreeSet::from([account])).await?;
        tx.commit().await?;
        Ok(!still.is_empty())
    }
}

/// The customers whose these accounts are known to be, by account.
async fn known_as(
    on: &mut impl Statements,
    accounts: BTreeSet<String>,
) -> Result<BTreeMap<String, Vec<(CustomerId, String)>>> {
    let payers = bank::payers(on, &accounts).await?;
    let names: BTreeMap<CustomerId, String> =
        collective::names(on, payers.iter().map(|(_, customer)| *customer)).await?.into_iter().collect();
    let mut known: BTreeMap<String, BTreeMap<CustomerId, String>> = BTreeMap::new();
    for (account, customer) in payers {
        let name = names.get(&customer).cloned().unwrap_or_default();
        known.entry(account).or_default().insert(customer, name);
    }
    Ok(known.into_iter().map(|(account, customers)| (account, customers.into_iter().collect())).collect())
}
