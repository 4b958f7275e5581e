//! What decisions change of fair use: the days of a contract, and what a conversation came to (FAIR-3, FAIR-6).

use super::{Case, Receipt, customers::invalid};
use crate::domain::{Act, Refusal, coverage::Outcome, customer::ContractEnd, fair_use::Conversation};
use chrono::NaiveDate;

impl Case<'_> {
    /// The contract ends with a day, or goes on after all (TIME-1, FAIR-3).
    pub(super) fn end_contract(&mut self, last_day: Option<NaiveDate>) -> Result<Receipt, Refusal> {
        let mut customer = self.customer().clone();
        if last_day.is_some_and(|last| last < customer.contract_start) {
            return Err(invalid("last_day", "expected the first day of the contract or later"));
        }
        let end = ContractEnd {
            id: self.draft.fresh.id(),
            customer_id: customer.id,
            last_day,
            recorded_at: self.recorded_at(),
            recorded_by: self.actor().user(),
        };
        let tally = &mut self.draft.changes.tally;
        if let Some(before) = customer.contract_end {
            tally.on(before).ended -= 1;
        }
        if let Some(last) = last_day {
            tally.on(last).ended += 1;
        }
        customer.contract_end = last_day;
        self.draft.changes.customer = Some(customer);
        self.draft.changes.contract_ends.push(end.clone());
        Ok(Receipt::ContractEnd(end))
    }

    /// FAIR-6: what was said, and what it came to.
    pub(super) fn record_conversation(&mut self) -> Result<Receipt, Refusal> {
        let Act::RecordConversation { outcome, starts_on, note } = &self.command.act else {
            unreachable!("act() has matched the command");
        };
        let policy = self.at.policy();
        if policy.fair_use.is_none() {
            return Err(Refusal::NotFound("fair use"));
        }
        if *outcome == Some(Outcome::Card) && policy.cards.is_none() {
            return Err(invalid("outcome", "expected `proposal` or `leave`: this provider sells no cards"));
        }
        let starts_on = starts_on.unwrap_or(self.at.today());
        if starts_on < self.customer().contract_start {
            return Err(invalid("starts_on", "expected the first day of the contract or later"));
        }
        if outcome.is_none() && starts_on > self.at.today() {
            return Err(invalid("starts_on", "expected today or earlier, or say what the conversation came to"));
        }
        let conversation = Conversation {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            outcome: *outcome,
            starts_on,
            note: note.clone(),
            recorded_at: self.recorded_at(),
            recorded_by: self.actor().user(),
        };
        self.draft.changes.conversations.push(conversation.clone());
        Ok(Receipt::Conversation(conversation))
    }
}
