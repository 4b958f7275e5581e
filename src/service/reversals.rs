//! What came undone: read, judged, waived, recorded by hand (PAY-2).

use super::access::{Caller, Request};
use super::customers::unexpected;
use super::{Error, FieldError, Result, Service};
use crate::domain::{
    Act, Cents, CollectionId, CustomerId, Doing, PaymentId, Receipt, Reversal, ReversalId, Target,
    command::Undone,
    decide::{Meaning, fees_owed, meaning_of},
};
pub use crate::store::reversals::{Told, WhichReversals};
use crate::store::{customers, reversals};

/// A reversal with what its reason means under the policy of its value date.
#[derive(Clone, Debug, PartialEq)]
pub struct ReversalView {
    /// The reversal, and what it is about.
    pub told: Told,
    /// What to do about it, and whether such a reason counts.
    pub meaning: Meaning,
    /// The policy of its value date does not count what was refused before settlement.
    pub passes_over_refused: bool,
}

/// Why a reversal counts, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its reason counts.
    Counts,
    /// A person said so; see its words.
    Judged(bool),
    /// It was refused before settlement, and such ones do not count here.
    Refused,
    /// Its reason does not count: a fault of a bank or of our own, or one that nobody answers for.
    NotCounted,
    /// It waits for a person.
    Waits,
}

impl ReversalView {
    /// Why it counts, or not.
    #[must_use]
    pub const fn why(&self) -> Why {
        let reversal = &self.told.reversal;
        match (reversal.counted, &reversal.counted_because) {
            (Some(counted), Some(_)) => Why::Judged(counted),
            (None, _) => Why::Waits,
            (Some(true), None) => Why::Counts,
            (Some(false), None) if reversal.is_refused() && self.passes_over_refused => Why::Refused,
            (Some(false), None) => Why::NotCounted,
        }
    }
}

/// The sum of a customer's reversals: fees owed = counted − free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeeSum {
    /// How many came undone.
    pub all: usize,
    /// How many of them count.
    pub counted: usize,
    /// How many of those cost nothing.
    pub free: usize,
    /// How many fees are owed.
    pub owed: usize,
    /// How many of those were charged and stand.
    pub charged: usize,
    /// How many were waived.
    pub waived: usize,
    /// How many wait for a person.
    pub waiting: usize,
    /// What one fee is today, before any VAT; none where the policy has none.
    pub fee: Option<Cents>,
}

impl Service {
    /// Reversals of all customers, the newest first: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn reversals(
        &self,
        caller: &Caller,
        which: WhichReversals,
        before: Option<ReversalId>,
        limit: i64,
    ) -> Result<Vec<ReversalView>> {
        caller.may(Doing::KeepBooks)?;
        let found = reversals::list(&mut self.db.reader().await?, which, None, before, limit).await?;
        Ok(found.into_iter().map(|told| self.with_meaning(told)).collect())
    }

    /// How many reversals wait for a person: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn reversals_waiting(&self, caller: &Caller) -> Result<i64> {
        caller.may(Doing::KeepBooks)?;
        Ok(reversals::waiting(&mut self.db.reader().await?).await?)
    }

    /// Reversals of a customer, the newest first, with their sum.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn reversals_of(
        &self,
        caller: &Caller,
        customer: CustomerId,
        before: Option<ReversalId>,
        limit: i64,
    ) -> Result<(FeeSum, Vec<ReversalView>)> {
        caller.see(customer)?;
        let mut on = self.db.snapshot().await?;
        customers::get(&mut on, customer).await?.ok_or(Error::NotFound("customer"))?;
        let all = reversals::of(&mut on, customer).await?;
        let found = reversals::list(&mut on, WhichReversals::All, Some(customer), before, limit).await?;
        Ok((self.fee_sum(&all), found.into_iter().map(|told| self.with_meaning(told)).collect()))
    }

    fn with_meaning(&self, told: Told) -> ReversalView {
        let rules = self.policies.at(told.reversal.valued_on).1.reversals.as_ref();
        let meaning = meaning_of(&told.reversal.code, rules);
        let passes_over_refused = rules.is_some_and(|rules| !rules.count_rejects);
        ReversalView { told, meaning, passes_over_refused }
    }

    fn fee_sum(&self, all: &[Reversal]) -> FeeSum {
        let today = self.policies.day(self.clock.now());
        let counted = all.iter().filter(|row| row.counted == Some(true)).count();
        let owed = fees_owed(all, &self.policies).len();
        let is_waived = |row: &&Reversal| row.waived_because.is_some() && row.counted == Some(true);
        FeeSum {
            all: all.len(),
            counted,
            free: counted - owed,
            owed,
            charged: all.iter().filter(|row| row.fee_invoice_id.is_some()).count(),
            waived: all.iter().filter(is_waived).count(),
            waiting: all.iter().filter(|row| row.counted.is_none()).count(),
            fee: self.policies.at(today).1.reversals.as_ref().map(|rules| rules.fee),
        }
    }

    /// A person says whether a reversal counts, and why: for finance.
    ///
    /// # Errors
    /// As the rules and the role say; a contact does not learn whether somebody else's exists.
    pub async fn judge_reversal(
        &self,
        request: Request<'_>,
        id: ReversalId,
        counted: bool,
        reason: String,
    ) -> Result<Reversal> {
        self.owner_of_reversal(request.caller, id).await?;
        self.undo(request, Target::Reversal(id), Act::JudgeReversal { reversal: id, counted, reason }).await
    }

    /// Waives the fee of a reversal, which still counts: for finance.
    ///
    /// # Errors
    /// As the rules and the role say; a contact does not learn whether somebody else's exists.
    pub async fn waive_fee(&self, request: Request<'_>, id: ReversalId, reason: String) -> Result<Reversal> {
        self.owner_of_reversal(request.caller, id).await?;
        self.undo(request, Target::Reversal(id), Act::WaiveFee { reversal: id, reason }).await
    }

    /// Records that a payment came undone, wholly or in part: for finance.
    ///
    /// # Errors
    /// As the rules and the role say; a contact does not learn whether somebody else's exists.
    pub async fn reverse_payment(
        &self,
        request: Request<'_>,
        id: PaymentId,
        amount: Option<Cents>,
        undone: Undone,
    ) -> Result<Reversal> {
        self.owner_of_payment(request.caller, id).await?;
        self.undo(request, Target::Payment(id), Act::ReversePayment { payment: id, amount, undone }).await
    }

    /// Records by hand that a collection came back, or was refused: for finance.
    ///
    /// # Errors
    /// As the rules and the role say; a contact does not learn whether somebody else's exists.
    pub async fn return_collection(&self, request: Request<'_>, id: CollectionId, undone: Undone) -> Result<Reversal> {
        self.owner_of_collection(request.caller, id).await?;
        if undone.valued_on > self.policies.day(self.clock.now()) {
            let expected = "expected today or an earlier day".to_owned();
            return Err(Error::Fields(vec![FieldError { field: "valued_on".to_owned(), expected }]));
        }
        self.undo(request, Target::Collection(id), Act::ReverseCollection { collection: id, undone }).await
    }

    async fn undo(&self, request: Request<'_>, target: Target, act: Act) -> Result<Reversal> {
        let actor = request.caller.may(Doing::KeepBooks)?;
        match self.submit(self.command(actor, request.key, target, act)).await? {
            Receipt::Reversal(reversal) => Ok(*reversal),
            other => Err(unexpected(&other)),
        }
    }

    /// Whose reversal it is; not found, also for somebody else's.
    ///
    /// # Errors
    /// Not found.
    pub async fn owner_of_reversal(&self, caller: &Caller, id: ReversalId) -> Result<CustomerId> {
        let owner = reversals::owner(&mut self.db.reader().await?, id).await?;
        hide(caller, owner, "reversal")
    }

    /// Whose payment it is; not found, also for somebody else's.
    ///
    /// # Errors
    /// Not found.
    pub async fn owner_of_payment(&self, caller: &Caller, id: PaymentId) -> Result<CustomerId> {
        let owner = reversals::owner_of_payment(&mut self.db.reader().await?, id).await?;
        hide(caller, owner, "payment")
    }

    /// Whose collection it is; not found, also for somebody else's.
    ///
    /// # Errors
    /// Not found.
    pub async fn owner_of_collection(&self, caller: &Caller, id: CollectionId) -> Result<CustomerId> {
        let owner = reversals::owner_of_collection(&mut self.db.reader().await?, id).await?;
        hide(caller, owner, "collection")
    }
}

/// A contact gets "not found" for what is not its own before it gets "forbidden" for what is.
fn hide(caller: &Caller, owner: Option<CustomerId>, what: &'static str) -> Result<CustomerId> {
    let owner = owner.ok_or(Error::NotFound(what))?;
    caller.see(owner).map_err(|_| Error::NotFound(what))?;
    Ok(owner)
}
