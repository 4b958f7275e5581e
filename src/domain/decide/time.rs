//! Time is logged: free or not, rounded, drawn from a hold or from cards, the rest refused or uncovered
//! (TIME-1, TIME-4, TIME-7, SPEND-5, SPEND-7, COVER-2).

use super::{Case, Receipt, TimeReceipt, customers::invalid};
use crate::domain::{
    Account, Act, Basis, Cents, Counted, Cover as Covering, CoveredBy, Estimate, EstimateId, EstimateStatus, Excess,
    Minutes, Policy, Refusal, Ticket, TicketId, TimeEntry, TimeEntryId, TransactionId, TransactionKind, Work,
    burn_down::{Draw, burn_down, total},
    charge::Weighted,
    fair_use::Term,
    ledger::Line,
    policy::Agreement,
};
use chrono::{DateTime, NaiveDate, Utc};

/// What covers an entry, before it is booked.
#[derive(Default)]
pub(super) struct Cover {
    pub(super) lines: Vec<Line>,
    /// The refusal to give when a remainder may not stay uncovered.
    refusal: Option<Refusal>,
}

/// What becomes of charged minutes that nothing covers.
#[derive(Clone, Copy)]
enum Rest {
    /// They stay uncovered; or there are none.
    Stands,
    /// Goodwill, at once.
    GivenAway,
    /// To an invoice, as agreed for the ticket, at this price an hour.
    Invoiced(Cents),
}

impl Cover {
    pub(super) fn total(&self) -> Minutes {
        self.lines.iter().map(|line| line.minutes).sum()
    }
}

impl Case<'_> {
    pub(super) fn log_time(&mut self) -> Result<Receipt, Refusal> {
        let Act::LogTime { ticket, worked, worked_on, description, estimate, started_at, excess, .. } =
            &self.command.act
        else {
            unreachable!("act() has matched the command");
        };
        let ticket = self.ticket(*ticket)?;
        if !worked.is_positive() || *worked > Minutes::DAY {
            return Err(invalid("worked_minutes", "expected 1 to 1440 minutes"));
        }
        let worked_on = self.day_of_work(*worked_on, *started_at)?;
        let (version, policy) = self.at.policies.at(worked_on);
        let charge = if ticket.cover.charges() { Some(self.price(&ticket, worked_on)?) } else { None };
        let charged = charge.as_ref().map_or(Minutes::ZERO, |charge| charge.charged);
        let cover = self.cover(&ticket, *estimate, charged, worked_on, policy)?;
        let uncovered = charged - cover.total();
        let rest = rest_of(&ticket, &cover, uncovered, *excess, policy)?;

        let entry = TimeEntry {
            id: self.draft.fresh.id(),
            customer_id: ticket.customer_id,
            ticket_id: ticket.id,
            coverage_id: ticket.coverage_id,
            estimate_id: estimate.or_else(|| cover.lines.iter().find_map(|line| line.estimate)),
            transaction_id: TransactionId(self.command.id.0),
            agent_id: self.actor().user(),
            worked: *worked,
            charged,
            counted: ticket.fair_use_weight.map_or(Counted::ZERO, |weight| weight.count(*worked)),
            policy_version: version,
            weighted: charge.as_ref().map_or(Weighted::ZERO, |charge| charge.weighted),
            surcharged: charge.as_ref().map_or(Minutes::ZERO, |charge| charge.surcharged),
            arithmetic: charge.map(|charge| charge.arithmetic),
            worked_on,
            started_at: *started_at,
            covered_by: covered_by(&ticket, charged, uncovered),
            recorded_at: self.recorded_at(),
            uncovered,
            repriced: Minutes::ZERO,
            invoiced: Minutes::ZERO,
            hourly_rate: None,
            reversed_by: None,
        };
        Ok(self.book_time(entry, cover, description, rest))
    }

    /// Books an entry with its cover, and what becomes of the uncovered remainder.
    fn book_time(&mut self, mut entry: TimeEntry, cover: Cover, text: &str, rest: Rest) -> Receipt {
        let uncovered = entry.uncovered;
        let mut transaction = self.transaction(TransactionKind::Time);
        entry.transaction_id = transaction.id;
        transaction.policy_version = entry.policy_version;
        transaction.worked_on = Some(entry.worked_on);
        transaction.booked_on = self.at.books(entry.worked_on);
        transaction.time_entry_id = Some(entry.id);
        transaction.ticket_id = Some(entry.ticket_id);
        transaction.worked = Some(entry.worked);
        self.draft.changes.tally.on(entry.worked_on).counted += entry.counted;
        let draws = draws_of(&cover.lines);
        self.count_drawn(entry.ticket_id, entry.charged, &cover.lines);
        self.count_on_day(&entry);
        let mut lines = cover.lines;
        lines.push(uncovered_line(Account::Issued, Account::Uncovered, uncovered));
        self.draft.changes.entries.insert(entry.id, entry.clone());
        self.book_with_note(transaction, text, &lines);
        match rest {
            Rest::Stands => {}
            Rest::GivenAway => self.give_away(entry.id, text),
            Rest::Invoiced(rate) => self.put_on_invoice(entry.id, rate, text),
        }
        let entry = self.draft.entry(entry.id).expect("inserted above").clone();
        let available_after = self.customer().available;
        Receipt::Time(TimeReceipt { uncovered: entry.uncovered, entry, draws, available_after })
    }

    /// TIME-1: from the start of the contract to today or its end; told by the day or by the start.
    fn day_of_work(&self, told: Option<NaiveDate>, started: Option<DateTime<Utc>>) -> Result<NaiveDate, Refusal> {
        let today = self.at.today();
        let start_day = started.map(|at| self.at.policies.day(at));
        if started.is_some_and(|at| at > self.at.now) {
            return Err(invalid("started_at", "expected a moment that is not in the future"));
        }
        if told.zip(start_day).is_some_and(|(told, start)| told != start) {
            return Err(invalid("started_at", "expected a moment on the day of `worked_on`"));
        }
        let day = told.or(start_day).unwrap_or(today);
        let Term { first, last } = self.customer().term();
        let last = last.map_or(today, |last| last.min(today));
        if day < first || day > last {
            return Err(Refusal::WorkedOnOutOfRange { first, last });
        }
        Ok(day)
    }

    /// The lines that cover `charged` minutes, as far as they can be.
    fn cover(
        &self,
        ticket: &Ticket,
        estimate: Option<EstimateId>,
        charged: Minutes,
        worked_on: NaiveDate,
        policy: &Policy,
    ) -> Result<Cover, Refusal> {
        let named = match estimate {
            Some(id) => {
                let found = self.draft.estimate(id).filter(|estimate| estimate.ticket_id == ticket.id);
                Some(found.ok_or_else(|| invalid("estimate_id", "expected an estimate of this ticket"))?)
            }
            None => None,
        };
        if charged.is_zero() {
            return Ok(Cover::default());
        }
        if ticket.cover == Covering::Invoice {
            return Ok(Cover { lines: vec![], refusal: Some(Refusal::AgreementRequired { asked: charged }) });
        }
        if let Err(refusal) = self.check_not_paused() {
            return Ok(Cover { lines: vec![], refusal: Some(refusal) });
        }
        match named {
            Some(named) if named.is_open() => Ok(self.draw_on_holds(&[named], charged, policy)),
            Some(named) => self.draw_again(named, ticket, charged, worked_on, policy),
            None => {
                let open = self.open_estimates(ticket);
                if open.is_empty() {
                    Ok(self.without_estimate(ticket, charged, worked_on, policy))
                } else {
                    Ok(self.draw_on_holds(&open, charged, policy))
                }
            }
        }
    }

    /// The accepted estimates of a ticket, the oldest first (SPEND-5).
    fn open_estimates(&self, ticket: &Ticket) -> Vec<&Estimate> {
        let mut open: Vec<&Estimate> =
            self.draft.estimates().filter(|estimate| estimate.ticket_id == ticket.id && estimate.is_open()).collect();
        open.sort_by_key(|estimate| (estimate.proposed_at, estimate.id));
        open
    }

    /// SPEND-5: from what the estimates hold, one after the other, each in CARD-4's order.
    fn draw_on_holds(&self, estimates: &[&Estimate], charged: Minutes, policy: &Policy) -> Cover {
        let mut cover = Cover::default();
        for estimate in estimates {
            let draws = burn_down(self.draft.held_for(estimate.id), charged - cover.total());
            cover
                .lines
                .extend(draws.iter().map(|draw| draw_line(*draw, Account::Held, Some(estimate.id), Basis::Hold)));
        }
        cover.refusal = Some(Refusal::BeyondAgreement {
            agreed: estimates.iter().map(|estimate| estimate.minutes).sum(),
            left: estimates.iter().map(|estimate| estimate.held).sum(),
            asked: charged,
            tolerance: policy.spending.tolerance,
        });
        cover
    }

    /// TIME-5: a corrected entry under an estimate that is over may use what was reversed under it, and no more.
    fn draw_again(
        &self,
        estimate: &Estimate,
        ticket: &Ticket,
        charged: Minutes,
        worked_on: NaiveDate,
        policy: &Policy,
    ) -> Result<Cover, Refusal> {
        if estimate.status != EstimateStatus::Closed || estimate.correctable.is_zero() {
            return Err(Refusal::EstimateNotOpen { status: estimate.status });
        }
        let mut cover = self.draw_on_cards(charged.min(estimate.correctable), worked_on, ticket.work());
        for line in &mut cover.lines {
            line.estimate = Some(estimate.id);
        }
        cover.refusal = Some(Refusal::BeyondAgreement {
            agreed: estimate.minutes,
            left: cover.total(),
            asked: charged,
            tolerance: policy.spending.tolerance,
        });
        Ok(cover)
    }

    /// SPEND-7: without an estimate, as far as the policy needs none and the requester may spend.
    fn without_estimate(&self, ticket: &Ticket, charged: Minutes, worked_on: NaiveDate, policy: &Policy) -> Cover {
        let free_to_draw = match policy.spending.agreement {
            Agreement::Required => false,
            Agreement::AboveMinutes(limit) => ticket.charged + charged <= limit,
            Agreement::NotRequired => true,
        };
        let requester = ticket.requester_id.and_then(|id| self.draft.contact(id));
        let may_spend = requester.is_some_and(|contact| self.check_spender(contact, charged, self.at.now).is_ok());
        let (allowed, refusal) = match (free_to_draw, may_spend) {
            (true, true) => (charged, None),
            (true, false) => (ticket.correctable, Some(Refusal::RequesterNotAuthorised { asked: charged })),
            (false, _) => (ticket.correctable, Some(Refusal::AgreementRequired { asked: charged })),
        };
        let mut cover = self.draw_on_cards(charged.min(allowed), worked_on, ticket.work());
        let short = self.too_few(cover.total(), charged, ticket.work());
        cover.refusal = Some(refusal.filter(|_| allowed < charged).unwrap_or(short));
        cover
    }

    /// TIME-4: from cards active on the day of the work (late from what expired since), else from cards active now; only
    /// from cards that pay for the work (CARD-8).
    pub(super) fn draw_on_cards(&self, asked: Minutes, worked_on: NaiveDate, work: Work<'_>) -> Cover {
        let today = self.at.today();
        let valid = self.draft.cards().filter(|card| card.is_valid_on(worked_on) && card.pays_for(work));
        let of_that_day = valid.map(|card| {
            let late = if card.takes_late_work(worked_on, today) { card.expired } else { Minutes::ZERO };
            (card, if card.is_past(today) { late } else { card.available })
        });
        let mut lines: Vec<Line> = burn_down(of_that_day.collect(), asked)
            .into_iter()
            .map(|draw| {
                let card = self.draft.card(draw.card).expect("drawn from the cards of this draft");
                let from = if card.is_past(today) { Account::Expired } else { Account::Available };
                let basis = if from == Account::Expired { Basis::Late } else { Basis::WorkedDay };
                draw_line(draw, from, None, basis)
            })
            .collect();
        let rest = asked - lines.iter().map(|line| line.minutes).sum();
        let newer = self.spendable(today, work).into_iter().filter(|(card, _)| !card.is_valid_on(worked_on)).collect();
        lines.extend(
            burn_down(newer, rest).into_iter().map(|draw| draw_line(draw, Account::Available, None, Basis::Now)),
        );
        Cover { lines, refusal: None }
    }

    /// Counts charged minutes on the ticket, and drawn ones on the estimates, or on the ticket where there is none; uses up what may be corrected.
    pub(super) fn count_drawn(&mut self, ticket: TicketId, charged: Minutes, lines: &[Line]) {
        if let Some(ticket) = self.draft.ticket_mut(ticket) {
            ticket.charged += charged;
        }
        for line in lines {
            match line.estimate.and_then(|id| self.draft.estimate_mut(id)) {
                Some(estimate) => {
                    estimate.used += line.minutes;
                    estimate.correctable = estimate.correctable.less(line.minutes);
                }
                None if line.card.is_none() => {}
                None => {
                    if let Some(ticket) = self.draft.ticket_mut(ticket) {
                        ticket.correctable = ticket.correctable.less(line.minutes);
                    }
                }
            }
        }
    }

    /// TIME-7: gives the uncovered minutes of an entry away.
    pub(super) fn give_away(&mut self, entry: TimeEntryId, reason: &str) {
        let (open, ticket, worked_on) = {
            let entry = self.draft.entry_mut(entry).expect("the caller has it");
            (std::mem::take(&mut entry.uncovered), entry.ticket_id, entry.worked_on)
        };
        let mut transaction = self.transaction(TransactionKind::Goodwill);
        transaction.worked_on = Some(worked_on);
        transaction.time_entry_id = Some(entry);
        transaction.ticket_id = Some(ticket);
        self.book_with_note(transaction, reason, &[uncovered_line(Account::Uncovered, Account::Issued, open)]);
    }
}

/// What becomes of an uncovered remainder (TIME-7), or the refusal where it may not stand.
fn rest_of(
    ticket: &Ticket,
    cover: &Cover,
    uncovered: Minutes,
    excess: Excess,
    policy: &Policy,
) -> Result<Rest, Refusal> {
    if uncovered.is_zero() {
        return Ok(Rest::Stands);
    }
    let tolerance = policy.spending.tolerance;
    match (excess, ticket.agreed_rate) {
        (_, Some(rate)) => Ok(Rest::Invoiced(rate)),
        (Excess::Uncovered, _) => Ok(Rest::Stands),
        (Excess::Goodwill, _) if uncovered <= tolerance => Ok(Rest::GivenAway),
        (Excess::Goodwill, _) => Err(Refusal::BeyondTolerance { tolerance, shortage: uncovered }),
        (Excess::Refuse, _) => Err(cover.refusal.clone().expect("what falls short says why")),
    }
}

/// What covers an entry of a ticket: what was decided for it, but a trifle is free, and a charge that nothing met uncovered.
fn covered_by(ticket: &Ticket, charged: Minutes, uncovered: Minutes) -> CoveredBy {
    match ticket.cover {
        free if !free.charges() => free.into(),
        _ if charged.is_zero() => CoveredBy::Free,
        Covering::Invoice if ticket.agreed_rate.is_some() => CoveredBy::Invoice,
        _ if uncovered == charged => CoveredBy::Uncovered,
        _ => CoveredBy::Card,
    }
}

pub(super) fn draw_line(draw: Draw, from: Account, estimate: Option<EstimateId>, basis: Basis) -> Line {
    Line { card: Some(draw.card), estimate, from, to: Account::Used, minutes: draw.minutes, basis: Some(basis) }
}

pub(super) fn uncovered_line(from: Account, to: Account, minutes: Minutes) -> Line {
    Line { card: None, estimate: None, from, to, minutes, basis: None }
}

/// What each card pays, over all lines.
pub(super) fn draws_of(lines: &[Line]) -> Vec<Draw> {
    let mut draws: Vec<Draw> = Vec::new();
    for line in lines {
        let Some(card) = line.card else { continue };
        match draws.iter_mut().find(|draw| draw.card == card) {
            Some(draw) => draw.minutes += line.minutes,
            None => draws.push(Draw { card, minutes: line.minutes }),
        }
    }
    debug_assert_eq!(total(&draws), lines.iter().filter(|line| line.card.is_some()).map(|line| line.minutes).sum());
    draws
}
