//! Direct debits: collections are planned for what is due, and sent to the bank in a file (PAY-2).

use super::{ExportKind, LeftOut, Marks, Prepared, cannot};
use crate::domain::bank::{CollectionFile, CollectionOrder};
use crate::domain::document::Payable;
use crate::domain::reasons::{self, Action};
use crate::domain::sepa_text;
use crate::domain::target_days::next_bank_day;
use crate::domain::{Act, Collection, Doing, Policy, Receipt, Refusal, Target};
use crate::exchange::bank::pain008;
use crate::service::access::Request;
use crate::service::ledger::Failure;
use crate::service::{Error, FieldError, Result, Service};
use crate::store::Tx;
use crate::store::exports::{self, Collectable, Planned};
use chrono::NaiveDate;
use std::collections::HashMap;

/// The most collections in one file, or planned at once.
const MOST: i64 = 10_000;

/// A file of every collection planned up to a day that no file has. Left out is what must not be collected now: its invoice
/// was paid in the meantime, or its mandate ended. No day in it is past or one on which banks are closed: what was planned
/// for such a day goes out on the next bank day, and the batch says so.
pub(super) async fn prepare(service: &Service, tx: &mut Tx, up_to: NaiveDate) -> Result<Prepared> {
    let now = service.clock.now();
    let today = service.policies.day(now);
    let policy = service.policies.at(today).1;
    let rules = policy.collection.as_ref().ok_or(Refusal::NoDirectDebits)?;
    let iban = policy.provider.iban.clone().ok_or_else(|| cannot("the policy has no provider.iban"))?;
    let up_to = next_bank_day(up_to);
    let (mut sent, mut moved, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for mut planned in exports::planned(tx, up_to, MOST).await? {
        let what = planned.collection.end_to_end_id.clone();
        let (asked, day) = (planned.collection.collect_on, next_bank_day(planned.collection.collect_on.max(today)));
        planned.collection.collect_on = day;
        if let Some(why) = not_now(&planned) {
            left_out.push(LeftOut { what, why: why.to_owned(), included: false });
            continue;
        }
        if day != asked {
            let why = format!("gaat mee op {} in plaats van {}", day.format("%d-%m-%Y"), asked.format("%d-%m-%Y"));
            left_out.push(LeftOut { what, why, included: true });
            moved.push((planned.collection.id, day));
        }
        sent.push(planned);
    }
    sent.sort_by_key(|planned| (planned.collection.collect_on, planned.collection.id));
    if sent.is_empty() {
        return Err(super::documents::nothing(&left_out));
    }
    let number = exports::next_number(tx).await?;
    let file = CollectionFile {
        version: rules.format,
        message_id: format!("INC-{}-{number:05}", today.format("%Y%m%d")),
        created_at: now,
        creditor_name: policy.provider.name.clone(),
        creditor_iban: iban,
        creditor_bic: rules.bic.clone(),
        creditor_id: rules.creditor_id.clone(),
        orders: orders(&sent),
    };
    let bytes = pain008::write(&file).map_err(cannot)?;
    Ok(Prepared {
        kind: ExportKind::Collection,
        provisional: false,
        title: format!("Incasso's t/m {}", up_to.format("%d-%m-%Y")),
        from_day: sent.first().map(|planned| planned.collection.collect_on),
        to_day: Some(up_to),
        items: sent.len(),
        name: format!("incasso-tm-{up_to}.xml"),
        media_type: "application/xml",
        bytes: bytes.into(),
        left_out,
        marks: Marks {
            moved,
            collections: sent.iter().map(|planned| planned.collection.id).collect(),
            customers: sent.iter().map(|planned| planned.collection.customer_id).collect(),
            ..Marks::default()
        },
        number: Some(number),
    })
}

/// Why a planned collection is not sent now; none where it is.
fn not_now(planned: &Planned) -> Option<&'static str> {
    let Planned { collection, mandate, open, .. } = planned;
    match () {
        () if *open < collection.amount => Some("de factuur is intussen (deels) betaald of gecrediteerd"),
        () if mandate.ended_at.is_some() => Some("de machtiging is beëindigd"),
        () if sepa_text::name(&mandate.debtor_name).is_none() => {
            Some("de naam op de machtiging heeft geen letters die een bank kan lezen; wijzig de machtiging")
        }
        () => None,
    }
}

/// The orders, in this order: the first one under a mandate after its account changed says so (SMNDA), the others do not.
fn orders(sent: &[Planned]) -> Vec<CollectionOrder> {
    let mut accounts: HashMap<&str, &str> = HashMap::new();
    let mut orders = Vec::with_capacity(sent.len());
    for planned in sent {
        let (reference, iban) = (planned.mandate.reference.as_str(), planned.mandate.iban.as_str());
        let last = accounts.insert(reference, iban).or(planned.sent_to.as_deref());
        orders.push(order(planned, last.is_some_and(|last| last != iban)));
    }
    orders
}

fn order(planned: &Planned, amended: bool) -> CollectionOrder {
    let Planned { collection, mandate, invoice_number, .. } = planned;
    CollectionOrder {
        collect_on: collection.collect_on,
        scheme: mandate.scheme,
        sequence: collection.sequence,
        end_to_end_id: collection.end_to_end_id.clone(),
        amount: collection.amount,
        mandate: mandate.reference.clone(),
        signed_on: mandate.signed_on,
        amended,
        debtor_name: mandate.debtor_name.clone(),
        debtor_iban: mandate.iban.clone(),
        text: format!("Factuur {invoice_number}"),
    }
}

impl Service {
    /// Plans the collection on a day of everything that is due by then: for finance. Collected is what was announced as
    /// such on the invoice, under a mandate that holds, with no attempt under way; again only after a reason that asks for
    /// it, and no more often than the policy says. A customer with an arrangement is left alone. Done twice it plans nothing
    /// new.
    ///
    /// # Errors
    /// Forbidden for others; a day that has passed; no direct debits here.
    pub async fn plan_collections(&self, request: Request<'_>, collect_on: NaiveDate) -> Result<Vec<Collection>> {
        let actor = request.caller.may(Doing::KeepBooks)?;
        self.plan_as(actor, collect_on).await
    }

    /// The same for the command line, which asks no role.
    ///
    /// # Errors
    /// As [`Service::plan_collections`].
    pub async fn plan_as(&self, actor: crate::domain::Actor, collect_on: NaiveDate) -> Result<Vec<Collection>> {
        let today = self.policies.day(self.clock.now());
        let policy = self.policies.at(today).1;
        if policy.collection.is_none() {
            return Err(Refusal::NoDirectDebits.into());
        }
        if collect_on < today {
            let expected = "expected today or a later day".to_owned();
            return Err(Error::Fields(vec![FieldError { field: "collect_on".to_owned(), expected }]));
        }
        let found = exports::collectable(&mut self.db.snapshot().await?, collect_on, MOST).await?;
        let mut planned = Vec::new();
        for row in found.iter().filter(|row| is_due(row, policy, today, next_bank_day(collect_on))) {
            let invoice = row.invoice.id;
            let act = Act::PlanCollection { invoice, collect_on };
            match self.submit(self.command(actor, None, Target::Invoice(invoice), act)).await {
                Ok(Receipt::Collection(row)) => planned.push(*row),
                Ok(other) => return Err(crate::service::customers::unexpected(&other)),
                // Paid, planned or revoked since it was looked up.
                Err(Error::Ledger(Failure::Refused(refusal))) => tracing::info!(%invoice, %refusal, "not planned"),
                Err(error) => return Err(error),
            }
        }
        Ok(planned)
    }
}

/// Whether an invoice is collected by itself on a day.
fn is_due(row: &Collectable, policy: &Policy, today: NaiveDate, day: NaiveDate) -> bool {
    let announced =
        row.invoice.issued().is_some_and(|issued| matches!(issued.facts.payable, Payable::DirectDebit { .. }));
    let most = policy.collection.as_ref().map_or(0, |rules| rules.retries as usize + 1);
    let again = row.attempts.last().is_none_or(|(last, code)| {
        let action = code.as_deref().map(|code| action(policy, code));
        !last.is_pending() && matches!(action, Some(Action::Retry | Action::Fix))
    });
    announced && again && row.attempts.len() < most && row.mandate.holds_on(today) && row.mandate.holds_on(day)
}

/// What is done about a reason of the bank: the policy's word goes first.
fn action(policy: &Policy, code: &str) -> Action {
    let own = policy.reversals.as_ref().and_then(|rules| rules.code(code)).and_then(|own| own.action);
    own.or_else(|| reasons::reason(code).map(|known| known.action)).unwrap_or(Action::Park)
}
