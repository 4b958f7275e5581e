//! Who pays for a ticket is decided: when it comes in by the rules, later by a new decision that names the old one
//! (COVER-1, URG-2, TIME-7).

use super::{Case, Receipt, customers::invalid, time::uncovered_line};
use crate::domain::{
    Account, AddOnTerm, Cents, ContactId, Cover, Coverage, CoverageId, EstimateId, EstimateStatus, InstallationId,
    Minutes, Policy, Refusal, Ticket, TicketId, TicketKind, TimeEntryId, TransactionKind, Urgency,
    card::Work,
    command::Ruling,
    coverage::{Facts, Proposal, Question, hourly_rate, known, price, propose, sentence},
    policy::Bilingual,
};
use chrono::{Months, NaiveDate};

/// A decision about who pays, and what it undid.
#[derive(Clone, Debug, PartialEq)]
pub struct CoverageReceipt {
    /// The decision.
    pub coverage: Coverage,
    /// The entries that were reversed with it.
    pub reversed: Vec<TimeEntryId>,
}

impl Case<'_> {
    /// What the rules say about a new ticket, as its first decision.
    pub(super) fn first_coverage(
        &mut self,
        ticket: TicketId,
        asked: &Question<'_>,
        installation: Option<InstallationId>,
    ) -> Result<Coverage, Refusal> {
        check_names(self.at.policy(), asked.topic, asked.urgency)?;
        let found = propose(self.at.policy(), asked, &self.facts(ticket, asked, installation));
        Ok(self.coverage(ticket, asked, found))
    }

    /// A decision as proposed, by nobody in particular.
    fn coverage(&mut self, ticket_id: TicketId, asked: &Question<'_>, found: Proposal) -> Coverage {
        Coverage {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            ticket_id,
            kind: asked.kind,
            topic: asked.topic.map(str::to_owned),
            asked: asked.urgency.cloned(),
            urgency: found.urgency,
            cover: found.cover,
            sentence: found.sentence,
            source: found.source,
            reason: found.reason,
            offer: found.offer,
            fair_use_weight: found.fair_use_weight,
            hourly_rate: found.hourly_rate,
            agreed_by: None,
            policy_version: self.at.policies.at(self.at.today()).0,
            decided_by: None,
            decided_at: self.recorded_at(),
            replaces: None,
            override_reason: None,
        }
    }

    /// What is known of the customer, for a decision about `ticket`.
    fn facts(&self, ticket: TicketId, asked: &Question<'_>, installation: Option<InstallationId>) -> Facts {
        let today = self.at.today();
        let work = Work { kind: asked.kind, topic: asked.topic, installation };
        // CARD-8: only what is on cards that pay for this work.
        let paying = self.draft.cards().filter(|card| card.is_valid_on(today) && card.pays_for(work));
        let left = paying.map(|card| card.available + card.held).sum();
        let add_on = self.draft.add_on().filter(|term| term.holds_on(today)).map(|term| term.since);
        let months = self.at.policy().urgency.as_ref().map_or(0, |rules| rules.window_months);
        let since = today.checked_sub_months(Months::new(months)).unwrap_or(NaiveDate::MIN);
        let free = |other: &&Ticket| other.id != ticket && other.cover == Cover::YearlyUrgent;
        let mut urgent: Vec<NaiveDate> =
            self.draft.tickets().filter(free).map(|other| self.at.policies.day(other.created_at)).collect();
        urgent.retain(|day| *day > since);
        urgent.sort_unstable();
        Facts { today, left, add_on, urgent, outcome: self.draft.outcome_on(today) }
    }

    pub(super) fn decide_coverage(
        &mut self,
        id: TicketId,
        replaces: CoverageId,
        ruling: &Ruling,
    ) -> Result<Receipt, Refusal> {
        let ticket = self.ticket(id)?;
        if ticket.coverage_id != replaces {
            return Err(Refusal::CoverageChanged { current: ticket.coverage_id });
        }
        let mut coverage = self.ruled(&ticket, ruling)?;
        coverage.decided_by = self.actor().user();
        coverage.replaces = Some(replaces);
        coverage.override_reason = Some(ruling.reason.clone());
        let reversed = if ruling.reverse_entries { self.reverse_under(replaces, &ruling.reason)? } else { Vec::new() };
        if !coverage.cover.takes_estimates() {
            self.end_estimates_of(id);
        }
        coverage.put_on(self.draft.ticket_mut(id).expect("found above"));
        self.follow_urgency(id, ticket.urgency.as_ref())?;
        self.draft.changes.coverage.push(coverage.clone());
        Ok(Receipt::Coverage(Box::new(CoverageReceipt { coverage, reversed })))
    }

    /// The new decision: by the rules on what is said about the ticket now, unless the agent says who pays.
    fn ruled(&mut self, ticket: &Ticket, ruling: &Ruling) -> Result<Coverage, Refusal> {
        let policy = self.at.policy();
        let chosen = ruling.cover;
        let kind = if chosen == Some(Cover::Defect) { TicketKind::Defect } else { ruling.kind.unwrap_or(ticket.kind) };
        let topic = ruling.topic.clone().unwrap_or_else(|| ticket.topic.clone());
        let told = ruling.urgency.clone().unwrap_or_else(|| ticket.urgency.clone());
        let urgency = match chosen {
            Some(Cover::Safety) => Some(Urgency::Safety),
            Some(_) => told.filter(|told| *told != Urgency::Safety),
            None => told,
        };
        check_names(policy, topic.as_deref(), urgency.as_ref())?;
        let asked = Question { kind, topic: topic.as_deref(), urgency: urgency.as_ref() };
        let found = propose(policy, &asked, &self.facts(ticket.id, &asked, ticket.installation_id));
        let found = match chosen {
            Some(cover) if cover != found.cover => chosen_by_agent(policy, cover, &asked, found)?,
            _ => found,
        };
        let mut coverage = self.coverage(ticket.id, &asked, found);
        self.agree_on_invoice(&mut coverage, ruling)?;
        Ok(coverage)
    }

    /// TIME-7: an invoice only on a recorded agreement, at its price.
    fn agree_on_invoice(&self, coverage: &mut Coverage, ruling: &Ruling) -> Result<(), Refusal> {
        if coverage.cover != Cover::Invoice {
            let expected = "leave it out: only an invoice takes an agreement here";
            return match (ruling.agreed_by, ruling.hourly_rate) {
                (Some(_), _) => Err(invalid("agreed_by", expected)),
                (None, Some(_)) => Err(invalid("hourly_rate", expected)),
                (None, None) => Ok(()),
            };
        }
        coverage.hourly_rate = ruling.hourly_rate.or(coverage.hourly_rate);
        let Some(contact) = ruling.agreed_by else { return Ok(()) };
        self.check_agrees(contact, Minutes::ZERO, "agreed_by")?;
        coverage.agreed_by = Some(contact);
        if coverage.hourly_rate.is_none() { Err(Refusal::NoRate) } else { Ok(()) }
    }

    /// Whether a contact of this customer may agree to `minutes` today.
    fn check_agrees(&self, contact: ContactId, minutes: Minutes, field: &'static str) -> Result<(), Refusal> {
        let found = self.draft.contact(contact).ok_or_else(|| invalid(field, "expected a contact of this customer"))?;
        self.check_spender(found, minutes, self.at.now)
    }

    /// Reverses what was booked under a decision and stands (TIME-5).
    fn reverse_under(&mut self, coverage: CoverageId, reason: &str) -> Result<Vec<TimeEntryId>, Refusal> {
        let mut standing: Vec<TimeEntryId> = self
            .draft
            .entries()
            .filter(|entry| entry.coverage_id == coverage && entry.reversed_by.is_none())
            .map(|entry| entry.id)
            .collect();
        standing.sort_unstable();
        for entry in &standing {
            self.reverse_entry(*entry, reason)?;
        }
        Ok(standing)
    }

    /// Hours that wait or are held for a ticket which cards no longer pay go back.
    fn end_estimates_of(&mut self, ticket: TicketId) {
        let running = [EstimateStatus::Proposed, EstimateStatus::Accepted];
        let open: Vec<EstimateId> = self
            .draft
            .estimates()
            .filter(|estimate| estimate.ticket_id == ticket && running.contains(&estimate.status))
            .map(|estimate| estimate.id)
            .collect();
        for estimate in open {
            self.end_estimate(estimate, EstimateStatus::Closed, self.actor());
        }
    }

    pub(super) fn record_add_on(&mut self, since: NaiveDate, until: Option<NaiveDate>) -> Result<Receipt, Refusal> {
        if self.at.policy().urgency.as_ref().is_none_or(|rules| rules.add_on.is_none()) {
            return Err(Refusal::NotFound("add-on"));
        }
        if until.is_some_and(|until| until < since) {
            return Err(invalid("until", "expected a day on or after `since`"));
        }
        let term = AddOnTerm {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            nr: self.draft.add_on().map_or(0, |term| term.nr) + 1,
            since,
            until,
            recorded_at: self.recorded_at(),
            recorded_by: self.actor().user(),
        };
        self.draft.changes.add_on = Some(term.clone());
        Ok(Receipt::AddOn(term))
    }

    /// TIME-7: uncovered minutes go on an invoice, at the agreed price.
    pub(super) fn invoice_entry(
        &mut self,
        id: TimeEntryId,
        contact: ContactId,
        told: Option<Cents>,
        reason: &str,
    ) -> Result<Receipt, Refusal> {
        let entry = self.draft.entry(id).ok_or(Refusal::NotFound("time entry"))?.clone();
        if entry.reversed_by.is_some() {
            return Err(Refusal::AlreadyReversed);
        }
        if entry.uncovered.is_zero() {
            return Err(Refusal::NothingUncovered);
        }
        self.check_agrees(contact, entry.uncovered, "contact_id")?;
        let ticket = self.ticket(entry.ticket_id)?;
        let policy = self.at.policies.at(entry.worked_on).1;
        let rate = told.or_else(|| hourly_rate(policy, ticket.topic.as_deref())).ok_or(Refusal::NoRate)?;
        self.put_on_invoice(id, rate, reason);
        let booked = self.draft.changes.transactions.last().expect("just booked").id;
        Ok(self.correction(booked, id, TransactionKind::Invoiced, (Vec::new(), Minutes::ZERO)))
    }

    /// Books what an entry has uncovered as to be invoiced at `rate` an hour.
    pub(super) fn put_on_invoice(&mut self, id: TimeEntryId, rate: Cents, reason: &str) {
        let (open, ticket, worked_on) = {
            let entry = self.draft.entry_mut(id).expect("the caller has it");
            let open = std::mem::take(&mut entry.uncovered);
            entry.invoiced += open;
            entry.hourly_rate = Some(rate);
            (open, entry.ticket_id, entry.worked_on)
        };
        let entry = self.draft.entry(id).expect("the caller has it").clone();
        self.bill_entry(&entry, open, rate);
        let mut transaction = self.transaction(TransactionKind::Invoiced);
        transaction.policy_version = self.at.policies.at(worked_on).0;
        transaction.worked_on = Some(worked_on);
        transaction.time_entry_id = Some(id);
        transaction.ticket_id = Some(ticket);
        self.book_with_note(transaction, reason, &[uncovered_line(Account::Uncovered, Account::Issued, open)]);
    }
}

impl Coverage {
    /// Makes it the decision in force of its ticket.
    pub(super) fn put_on(&self, ticket: &mut Ticket) {
        ticket.kind = self.kind;
        ticket.topic.clone_from(&self.topic);
        ticket.urgency.clone_from(&self.urgency);
        ticket.coverage_id = self.id;
        ticket.cover = self.cover;
        ticket.fair_use_weight = self.weight();
        ticket.agreed_rate = self.agreed_by.and(self.hourly_rate);
    }
}

/// Whether the policy knows the topic and the urgency.
fn check_names(policy: &Policy, topic: Option<&str>, urgency: Option<&Urgency>) -> Result<(), Refusal> {
    if topic.is_some_and(|id| policy.topic(id).is_none()) {
        let names: Vec<&str> = policy.topics.iter().map(|topic| topic.id.as_str()).collect();
        return Err(invalid("topic", one_of(&names)));
    }
    match (urgency, &policy.urgency) {
        (None, _) | (Some(Urgency::Safety), Some(_)) => Ok(()),
        (Some(Urgency::Level(id)), Some(rules)) if rules.level(id).is_some() => Ok(()),
        (Some(_), Some(rules)) => {
            let levels = rules.levels.iter().map(|level| level.id.as_str());
            Err(invalid("urgency", one_of(&levels.chain([Urgency::SAFETY]).collect::<Vec<_>>())))
        }
        (Some(_), None) => Err(invalid("urgency", "leave it out: this provider has no urgent tickets")),
    }
}

fn one_of(names: &[&str]) -> String {
    if names.is_empty() {
        "there is nothing else to choose".to_owned()
    } else {
        format!("expected one of: {}", names.join(", "))
    }
}

/// What an agent decides against the rules: any cover that the policy knows. A defect is never charged (COVER-2).
fn chosen_by_agent(policy: &Policy, cover: Cover, asked: &Question<'_>, found: Proposal) -> Result<Proposal, Refusal> {
    let known = known(policy);
    if !known.contains(&cover) {
        return Err(invalid("cover", one_of(&known.iter().map(|cover| cover.as_str()).collect::<Vec<_>>())));
    }
    if asked.kind == TicketKind::Defect && cover.charges() {
        return Err(invalid("cover", "a defect is free of charge; say in `kind` what the ticket is about after all"));
    }
    let paid_urgency = matches!(cover, Cover::AddOn | Cover::YearlyUrgent);
    if paid_urgency && asked.urgency.is_none_or(|urgency| *urgency == Urgency::Safety) {
        return Err(invalid("urgency", "say how urgent the ticket is"));
    }
    let (said, source) = sentence(policy, cover, asked.kind, asked.topic);
    let weight = asked.topic.and_then(|id| policy.topic(id)).map_or(Some(1.into()), |topic| topic.fair_use_weight);
    Ok(Proposal {
        cover,
        sentence: said,
        source,
        reason: Bilingual {
            nl: "Zo besloten door een medewerker.".to_owned(),
            en: "Decided so by a member of staff.".to_owned(),
        },
        offer: None,
        urgency: if paid_urgency { asked.urgency.cloned() } else { found.urgency },
        fair_use_weight: if cover == Cover::FairUse { weight.or(Some(1.into())) } else { None },
        hourly_rate: price(policy, cover, asked.topic),
    })
}
