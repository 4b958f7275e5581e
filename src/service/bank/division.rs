//! A line that is divided (BANK-6), as a person meets it: what its parts may be, which are proposed, what a typed number
//! stands for, and what was booked.

use super::queue::Around;
use super::{Assignment, BankLine, NotBooked, Part, PartOf, Proposal, fault};
use crate::domain::{
    BankLineId, Cents, CustomerId, Doing, bank::Direction, document::DocumentKind, matching::LineState,
    matching::Payable,
};
use crate::service::access::Caller;
use crate::service::{Error, Result, Service};
use crate::store::Tx;
use crate::store::bank;
pub use crate::store::bank::BookedPart;
use std::collections::BTreeSet;

/// How many proposals give their parts to choose from, and up to how many open invoices fill up the choices.
const LIKELY: usize = 12;

/// Something that a part of a line may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What.
    pub of: PartOf,
    /// Number of the invoice, id of the collection; empty for the rest.
    pub about: String,
    /// Whose; nobody's for costs.
    pub customer_id: Option<CustomerId>,
    /// Name of the customer.
    pub customer_name: String,
    /// How much it would be: what is open, was collected, or is still to be paid out. None where only a person knows.
    pub amount: Option<Cents>,
}

impl Choice {
    fn bare(of: PartOf, customer: Option<CustomerId>) -> Self {
        Self { of, about: String::new(), customer_id: customer, customer_name: String::new(), amount: None }
    }

    fn invoice(row: &Payable, way: Direction) -> Self {
        let amount = Some(row.open).filter(|open| way == Direction::Credit && *open > Cents::ZERO);
        let about = row.number.clone();
        Self {
            about,
            customer_name: row.customer_name.clone(),
            amount,
            ..Self::bare(PartOf::Invoice(row.id), Some(row.customer_id))
        }
    }

    fn collection(row: &crate::domain::Collection, way: Direction) -> Self {
        let amount = match way {
            Direction::Credit => row.amount,
            Direction::Debit => -row.amount,
        };
        let about = row.end_to_end_id.clone();
        Self { about, amount: Some(amount), ..Self::bare(PartOf::Collection(row.id), Some(row.customer_id)) }
    }
}

/// A line with what its parts may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// The line.
    pub line: BankLine,
    /// What a part may be, the likeliest first; costs last.
    pub choices: Vec<Choice>,
    /// The parts that are proposed; each is one of the choices.
    pub proposed: Vec<Part>,
}

impl Service {
    /// A line that may be divided. Proposed are the parts of its `nth` division, from 0; without any, the invoices that it
    /// names. For finance.
    ///
    /// # Errors
    /// Forbidden for others; not found.
    pub async fn division(&self, caller: &Caller, id: BankLineId, nth: usize) -> Result<Division> {
        caller.may(Doing::KeepBooks)?;
        let mut on = self.db.snapshot().await?;
        let line = bank::line(&mut on, id).await?.ok_or(Error::NotFound("bank line"))?;
        let around = self.around(&mut on, std::slice::from_ref(&line)).await?;
        let proposals = around.proposals(&line);
        let mut divisions = proposals.iter().filter_map(|proposal| {
            let Assignment::Division(parts) = &proposal.assignment else { return None };
            Some(parts.clone())
        });
        let proposed = divisions.nth(nth).unwrap_or_else(|| around.named_parts(&line));
        let mut parts: Vec<PartOf> = proposed.iter().map(|part| part.of).collect();
        parts.extend(proposals.iter().take(LIKELY).flat_map(parts_of));
        if line.direction == Direction::Credit {
            let open = around.open.iter().filter(|row| row.kind == DocumentKind::Invoice && row.open > Cents::ZERO);
            // Those that it can pay whole come first.
            let (within, beyond): (Vec<_>, Vec<_>) = open.partition(|row| row.open <= line.effect());
            let likely = within.into_iter().chain(beyond).map(|row| PartOf::Invoice(row.id));
            parts.extend(likely.take(LIKELY.saturating_sub(parts.len())));
        }
        let mut choices: Vec<Choice> = Vec::new();
        for of in parts {
            if !choices.iter().any(|choice| choice.of == of) {
                choices.extend(around.choice(of, &line));
            }
        }
        if line.direction == Direction::Credit {
            let customers: BTreeSet<CustomerId> = choices.iter().filter_map(|choice| choice.customer_id).collect();
            choices.extend(customers.into_iter().map(|whose| Choice::bare(PartOf::Credit(whose), Some(whose))));
        }
        choices.retain(|choice| choice.of != PartOf::Costs);
        choices.push(Choice::bare(PartOf::Costs, None));
        name(&mut on, &mut choices).await?;
        Ok(Division { line, choices, proposed })
    }

    /// What a typed number stands for: an issued invoice, or a collection by its end-to-end id; nothing where it is neither,
    /// or stands for several. For finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn part_numbered(&self, caller: &Caller, line: &BankLine, text: &str) -> Result<Option<Choice>> {
        caller.may(Doing::KeepBooks)?;
        let mut on = self.db.snapshot().await?;
        let ids = BTreeSet::from([text.trim().to_owned()]);
        if let Some(row) = bank::collections(&mut on, &ids).await?.pop() {
            let mut choices = [Choice::collection(&row, line.direction)];
            name(&mut on, &mut choices).await?;
            return Ok(choices.into_iter().next());
        }
        let numbers: BTreeSet<String> = self.numbering().numbers_in(text).into_iter().collect();
        let mut found = bank::numbered(&mut on, &numbers).await?;
        found.retain(|row| row.kind == DocumentKind::Invoice);
        match &found[..] {
            [one] => Ok(Some(Choice::invoice(one, line.direction))),
            _ => Ok(None),
        }
    }

    /// Divides a line into parts as a person types them (BANK-6): below zero at an invoice is a chargeback, which takes back
    /// the one payment of it. For finance.
    ///
    /// # Errors
    /// As [`Service::assign_line`], with the part at which it showed.
    pub async fn divide_line(&self, caller: &Caller, id: BankLineId, parts: Vec<Part>) -> Result<BankLine, NotBooked> {
        caller.may(Doing::KeepBooks)?;
        let mut on = self.db.reader().await?;
        let mut meant = Vec::with_capacity(parts.len());
        for (at, part) in parts.into_iter().enumerate() {
            let (PartOf::Invoice(invoice), true) = (part.of, part.amount < Cents::ZERO) else {
                meant.push(part);
                continue;
            };
            let mut payments = bank::payments_of(&mut on, invoice).await?;
            payments.retain(|(_, stands)| *stands >= -part.amount);
            let [(payment, _)] = payments[..] else {
                let error =
                    fault("amount", "expected an invoice with one payment of at least this amount to take back");
                return Err(NotBooked { part: Some(at), error });
            };
            meant.push(Part { of: PartOf::Payment(payment), ..part });
        }
        drop(on);
        self.assign(caller, id, Assignment::Division(meant)).await
    }

    /// What is booked for a line, in the order of booking: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn booked_parts(&self, caller: &Caller, line: &BankLine) -> Result<Vec<BookedPart>> {
        caller.may(Doing::KeepBooks)?;
        if line.state != LineState::Booked {
            return Ok(Vec::new());
        }
        Ok(bank::booked_parts(&mut self.db.snapshot().await?, line.id).await?)
    }
}

impl Around {
    /// Every invoice that a line names, with what is open of it.
    fn named_parts(&self, line: &BankLine) -> Vec<Part> {
        let named = self.known.named(line).into_iter().filter(|row| row.open > Cents::ZERO);
        let parts = named.map(|row| Part { of: PartOf::Invoice(row.id), amount: row.open });
        if line.direction == Direction::Credit { parts.collect() } else { Vec::new() }
    }

    /// A part as something to choose; nothing where what it is about is not known here.
    fn choice(&self, of: PartOf, line: &BankLine) -> Option<Choice> {
        let way = line.direction;
        match of {
            PartOf::Invoice(id) => {
                let found = self.open.iter().find(|row| row.id == id);
                found.map(|row| Choice::invoice(row, way))
            }
            PartOf::Collection(id) => {
                let found = self.known.collections.values().chain(&self.like).find(|row| row.id == id);
                found.map(|row| Choice::collection(row, way))
            }
            PartOf::PayOut(id) => {
                let row = self.elsewhere.iter().find(|row| row.payment_id == id)?;
                Some(Choice { amount: Some(row.amount), ..Choice::bare(of, Some(row.customer_id)) })
            }
            PartOf::Repayment(customer) => {
                let credit = self.customers.get(&customer).map(|(credit, _)| -*credit);
                Some(Choice { amount: credit, ..Choice::bare(of, Some(customer)) })
            }
            PartOf::Credit(customer) => Some(Choice::bare(of, Some(customer))),
            PartOf::Payment(_) | PartOf::Costs => Some(Choice::bare(of, None)),
        }
    }
}

/// What a proposal would make of a line, as parts.
fn parts_of(proposal: &Proposal) -> Vec<PartOf> {
    match &proposal.assignment {
        Assignment::Invoices { invoices, .. } => invoices.iter().copied().map(PartOf::Invoice).collect(),
        Assignment::Collection(id) => vec![PartOf::Collection(*id)],
        Assignment::Repayment(customer) => vec![PartOf::Repayment(*customer)],
        Assignment::Division(parts) => parts.iter().map(|part| part.of).collect(),
        // A whole line, never a part.
        Assignment::Payment(_) | Assignment::Proof(_) => Vec::new(),
    }
}

/// Fills in the names of customers.
async fn name(on: &mut Tx, choices: &mut [Choice]) -> Result<()> {
    let customers: BTreeSet<CustomerId> = choices.iter().filter_map(|choice| choice.customer_id).collect();
    let found = bank::credits(on, &customers).await?;
    for choice in choices {
        if let Some((_, _, name)) = found.iter().find(|(customer, ..)| Some(*customer) == choice.customer_id) {
            choice.customer_name.clone_from(name);
        }
    }
    Ok(())
}
