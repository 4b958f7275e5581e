//! Hours are agreed beforehand: proposed, accepted (which holds them), declined, closed (SPEND-3 to SPEND-6).

use super::{Case, Receipt, customers::invalid};
use crate::domain::{
    Account, Act, Card, Contact, ContactId, Cover, Estimate, EstimateId, EstimateStatus, Minutes, Refusal,
    TransactionKind, Work,
    burn_down::{burn_down, total},
    command::Answer,
    contact::MayNot,
    estimate::AnswerVia,
    ledger::Line,
    refusal::NotPaid,
};
use chrono::{DateTime, Days, NaiveDate, Utc};

/// The most that one estimate may ask: ten thousand hours, so that no sum of figures leaves its range.
const MOST: Minutes = Minutes(600_000);

impl Case<'_> {
    pub(super) fn propose_estimate(&mut self) -> Result<Receipt, Refusal> {
        let Act::ProposeEstimate { ticket, minutes, description, answer_by, work_until } = &self.command.act else {
            unreachable!("act() has matched the command");
        };
        let ticket = self.ticket(*ticket)?;
        match ticket.cover {
            Cover::Defect => return Err(Refusal::DefectIsFree),
            cover if !cover.takes_estimates() => return Err(Refusal::EstimateNotNeeded { cover }),
            _ => {}
        }
        if self.at.policy().cards.is_none() {
            return Err(Refusal::NoCards);
        }
        if !minutes.is_positive() || *minutes > MOST {
            return Err(invalid("minutes", "expected 1 to 600000 minutes"));
        }
        let today = self.at.today();
        let policy = self.at.policy();
        let term = |days: u32| today.checked_add_days(Days::new(u64::from(days))).unwrap_or(today);
        let answer_by = answer_by.unwrap_or_else(|| term(policy.spending.answer_days));
        let work_until = work_until.unwrap_or_else(|| term(policy.spending.work_days).max(answer_by));
        if answer_by < today {
            return Err(invalid("answer_by", "expected today or a later day"));
        }
        if work_until < answer_by {
            return Err(invalid("work_until", "expected a day on or after `answer_by`"));
        }
        let estimate = Estimate {
            id: self.draft.fresh.id(),
            customer_id: ticket.customer_id,
            ticket_id: ticket.id,
            minutes: policy.time.round_up(*minutes),
            description: description.clone(),
            proposed_at: self.recorded_at(),
            proposed_by: self.actor().user(),
            answer_by,
            work_until,
            status: EstimateStatus::Proposed,
            answered_by: None,
            answered_at: None,
            answered_via: None,
            answer_note: None,
            recorded_by: None,
            link_by: None,
            link_on: None,
            closed_at: None,
            held: Minutes::ZERO,
            used: Minutes::ZERO,
            correctable: Minutes::ZERO,
        };
        self.draft.changes.estimates.insert(estimate.id, estimate.clone());
        Ok(Receipt::Estimate(estimate))
    }

    pub(super) fn accept_estimate(&mut self, id: EstimateId, answer: &Answer) -> Result<Receipt, Refusal> {
        let estimate = self.draft.estimate(id).ok_or(Refusal::NotFound("estimate"))?.clone();
        match estimate.status {
            EstimateStatus::Proposed => {}
            EstimateStatus::Accepted => return Ok(Receipt::Estimate(estimate.as_accepted())),
            status => return Err(Refusal::EstimateNotOpen { status }),
        }
        self.check_channel(answer.via)?;
        self.check_not_paused()?;
        let agreed_at = answer.at.unwrap_or(self.at.now);
        if agreed_at > self.at.now {
            return Err(invalid("agreed_at", "expected a moment that is not in the future"));
        }
        let contact =
            self.draft.contact(answer.contact).ok_or(invalid("contact_id", "expected a contact of this customer"))?;
        self.check_spender(contact, estimate.minutes, agreed_at)?;
        let lines = self.hold_lines(&estimate)?;

        let at = self.recorded_at();
        let (recorded_by, link) = (self.actor().user(), self.actor().handed_over());
        let held = self.draft.estimate_mut(id).expect("found above");
        held.status = EstimateStatus::Accepted;
        held.answered_by = Some(answer.contact);
        held.answered_at = Some(answer.at.unwrap_or(at));
        held.answered_via = Some(answer.via);
        held.answer_note.clone_from(&answer.note);
        held.recorded_by = recorded_by;
        held.mark(link);
        let mut transaction = self.transaction(TransactionKind::Acceptance);
        transaction.ticket_id = Some(estimate.ticket_id);
        self.draft.book(transaction, &lines);
        Ok(Receipt::Estimate(self.draft.estimate(id).expect("found above").clone()))
    }

    /// SPEND-4: the minutes of an estimate, from the cards that are valid today, in CARD-4's order.
    fn hold_lines(&self, estimate: &Estimate) -> Result<Vec<Line>, Refusal> {
        let today = self.at.today();
        let ticket = self.draft.ticket(estimate.ticket_id).expect("the ticket of a named estimate is loaded");
        let draws = burn_down(self.spendable(today, ticket.work()), estimate.minutes);
        let available = total(&draws);
        if available < estimate.minutes {
            return Err(self.too_few(available, estimate.minutes, ticket.work()));
        }
        Ok(draws
            .into_iter()
            .map(|draw| Line {
                card: Some(draw.card),
                estimate: Some(estimate.id),
                from: Account::Available,
                to: Account::Held,
                minutes: draw.minutes,
                basis: None,
            })
            .collect())
    }

    /// The cards that are valid on `day` and pay for `work`, with what each has available.
    pub(super) fn spendable(&self, day: NaiveDate, work: Work<'_>) -> Vec<(&Card, Minutes)> {
        let cards = self.draft.cards().filter(|card| card.is_valid_on(day) && card.pays_for(work));
        cards.map(|card| (card, card.available)).collect()
    }

    /// Why `asked` minutes of `work` cannot be drawn: too few, or on cards for other work (CARD-8).
    pub(super) fn too_few(&self, available: Minutes, asked: Minutes, work: Work<'_>) -> Refusal {
        let today = self.at.today();
        let (mut unusable, mut reasons) = (Minutes::ZERO, Vec::new());
        for card in self.draft.cards().filter(|card| card.is_valid_on(today) && !card.pays_for(work)) {
            unusable += card.available;
            let reason = self.not_paid(card, work);
            if card.available.is_positive() && !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        match unusable {
            Minutes::ZERO => Refusal::InsufficientMinutes { available, asked },
            unusable => Refusal::OutOfScope { available, asked, unusable, reasons },
        }
    }

    /// CARD-8: why a card does not pay for `work`.
    fn not_paid(&self, card: &Card, work: Work<'_>) -> NotPaid {
        match card.installation_id.filter(|_| !card.pays_at(work.installation)) {
            Some(place) => NotPaid::Installation {
                card: self.name_of(place),
                ticket: work.installation.map(|place| self.name_of(place)),
            },
            None => NotPaid::Work { work: work.topic.unwrap_or(work.kind.as_str()).to_owned() },
        }
    }

    /// SPEND-3: how an agreement may reach the provider is the policy's to say; logged in is always good.
    fn check_channel(&self, via: AnswerVia) -> Result<(), Refusal> {
        let channels = &self.at.policy().spending.channels;
        if via == AnswerVia::Online || channels.iter().any(|channel| channel.as_str() == via.as_str()) {
            return Ok(());
        }
        let names: Vec<&str> = channels.iter().map(|channel| channel.as_str()).collect();
        Err(Refusal::ChannelNotAllowed { asked: via.as_str(), channels: names.join(", ") })
    }

    /// SPEND-1 and SPEND-6: whether `contact` could agree to `minutes` at the moment `at`.
    pub(super) fn check_spender(&self, contact: &Contact, minutes: Minutes, at: DateTime<Utc>) -> Result<(), Refusal> {
        let day = self.at.policies.day(at);
        contact.may_spend(minutes, at, day, self.at.policy()).map_err(|reason| {
            let name = contact.name.clone();
            match reason {
                MayNot::Ceiling(ceiling) => Refusal::CeilingExceeded { name, ceiling, asked: minutes },
                MayNot::Role | MayNot::Revoked | MayNot::OutOfDates => Refusal::SpenderNotAuthorised { name },
            }
        })
    }

    pub(super) fn decline_estimate(&mut self, id: EstimateId, by: Option<ContactId>) -> Result<Receipt, Refusal> {
        let (at, recorded_by, link) = (self.recorded_at(), self.actor().user(), self.actor().handed_over());
        let known = by.is_none_or(|contact| self.draft.contact(contact).is_some());
        if !known {
            return Err(invalid("contact_id", "expected a contact of this customer"));
        }
        let estimate = self.draft.estimate_mut(id).ok_or(Refusal::NotFound("estimate"))?;
        match estimate.status {
            EstimateStatus::Proposed => {
                estimate.status = EstimateStatus::Declined;
                estimate.answered_by = by;
                estimate.answered_at = Some(at);
                estimate.recorded_by = recorded_by;
                estimate.mark(link);
                estimate.closed_at = Some(at);
            }
            EstimateStatus::Declined => {}
            status => return Err(Refusal::EstimateNotOpen { status }),
        }
        Ok(Receipt::Estimate(estimate.clone()))
    }

    /// Closing twice changes nothing; one that is already over for another reason cannot be closed.
    pub(super) fn close_estimate(&mut self, id: EstimateId) -> Result<Receipt, Refusal> {
        let status = self.draft.estimate(id).ok_or(Refusal::NotFound("estimate"))?.status;
        match status {
            EstimateStatus::Proposed | EstimateStatus::Accepted => {
                self.end_estimate(id, EstimateStatus::Closed, self.actor());
            }
            EstimateStatus::Closed => {}
            EstimateStatus::Declined | EstimateStatus::Lapsed => return Err(Refusal::EstimateNotOpen { status }),
        }
        let closed = self.draft.estimate(id).expect("found above").clone();
        Ok(Receipt::Estimate(Estimate { correctable: Minutes::ZERO, ..closed }))
    }
}
