//! What every customer does and sees done, whatever its provider sells: reports, answers, clocks, logged work.

use super::super::cast::{Sort, Topic};
use super::super::stage::{Step, workday_before};
use super::{Story, by};
use crate::domain::{
    Channel, Cover, Excess, Handling, Intake, Measure, Minutes, Question, Report, Ticket, TicketStatus, clocks,
    decide::TimeReceipt, policy,
};
use crate::service::time_entries::Work;
use chrono::{DateTime, Days, Utc};
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rust_decimal::Decimal;

impl Story {
    /// Something that costs nothing, from the report to the end.
    pub(super) async fn free(&mut self, topic: &Topic) -> Step {
        let ticket = self.report(topic).await?;
        self.without_agreement(&ticket, topic).await
    }

    /// Work that needs no agreement: a defect, a question under fair use.
    pub(super) async fn without_agreement(&mut self, ticket: &Ticket, topic: &Topic) -> Step {
        self.handle(ticket, Handling::Acknowledge { text: None }).await?;
        self.pass(0).await?;
        self.takes_up(ticket).await?;
        for (at, text) in topic.entries[..2].iter().enumerate() {
            if at > 0 {
                self.pass(0).await?;
            }
            let worked = Minutes(self.random.random_range(9..=50));
            self.log(ticket, worked, text, Excess::Refuse).await?;
        }
        self.finishes(ticket).await
    }

    pub(super) async fn report(&mut self, topic: &Topic) -> Step<Ticket> {
        let report = self.report_of(topic);
        self.open(report).await
    }

    /// A ticket by the owner's login where it has one and uses it, else by an agent.
    pub(super) async fn open(&mut self, report: Report) -> Step<Ticket> {
        let by_login = self.random.random_ratio(2, 3);
        let request = self.login.as_ref().filter(|_| by_login).map_or_else(|| self.by_agent(), by);
        Ok(self.service().open_ticket(request, self.customer, report).await?)
    }

    /// What the customer says about it. Most reports are mild, as most things are.
    pub(super) fn report_of(&mut self, topic: &Topic) -> Report {
        let rules = self.policy().tickets.clone();
        let told: Vec<Channel> = rules.channels.iter().copied().filter(|each| *each != Channel::Portal).collect();
        let matrix = self.policy().matrix.clone();
        let bad = if self.random.random_ratio(1, 8) {
            matrix.impacts.choose(&mut self.random)
        } else {
            matrix.impacts.last()
        };
        Report {
            subject: topic.subject.to_owned(),
            description: topic.description.to_owned(),
            requester: Some(self.spender.id),
            kind: topic.kind,
            channel: told.choose(&mut self.random).copied().unwrap_or_default(),
            product: rules.products.choose(&mut self.random).cloned(),
            intake: self.said(&rules.intake),
            topic: self.policy_topic(topic.sort),
            impact: bad.map(|impact| impact.id.clone()),
            reach: matrix.reaches.first().map(|reach| reach.id.clone()),
            ..Report::default()
        }
    }

    /// What is known besides the report, now and then.
    fn said(&mut self, asked: &[Question]) -> Intake {
        let mut said = Intake::default();
        for (question, nl, en) in [
            (Question::Where, "Op de pagina waar we de gegevens invoeren", "On the page where we enter the data"),
            (Question::When, "Sinds gisterochtend, telkens weer", "Since yesterday morning, every time"),
            (Question::Who, "Bij drie collega's van de administratie", "Three colleagues in the office"),
        ] {
            if asked.contains(&question) && self.random.random_ratio(1, 2) {
                said.0.insert(question, self.say(nl, en));
            }
        }
        said
    }

    /// The policy's topic for something of this sort, where it has one.
    pub(super) fn policy_topic(&self, sort: Sort) -> Option<String> {
        let policy = self.policy();
        let invoiced = |topic: &&policy::Topic| {
            policy.coverage.iter().any(|rule| rule.by == Cover::Invoice && rule.names(Some(&topic.id)))
        };
        let heavy = |topic: &&policy::Topic| topic.fair_use_weight.is_some_and(|weight| weight > Decimal::ONE);
        let mut usual = policy.topics.iter().filter(|topic| !invoiced(topic) && !heavy(topic));
        let found = match sort {
            Sort::Usual => usual.next(),
            Sort::Special => policy.topics.iter().find(|topic| !invoiced(topic) && heavy(topic)).or(usual.next()),
            Sort::Moving => policy.topics.iter().find(invoiced),
        };
        found.map(|topic| topic.id.clone())
    }

    pub(super) async fn handle(&self, ticket: &Ticket, handling: Handling) -> Step {
        self.service().handle_ticket(self.by_agent(), ticket.id, handling).await?;
        Ok(())
    }

    pub(super) async fn moves(&self, ticket: &Ticket, to: TicketStatus, nl: &str, en: &str) -> Step {
        self.handle(ticket, Handling::Move { to, text: Some(self.say(nl, en)) }).await
    }

    /// The first answer.
    pub(super) async fn takes_up(&self, ticket: &Ticket) -> Step {
        let (nl, en) =
            ("We hebben het bekeken en gaan ermee aan de slag.", "We have looked at it and are starting on it.");
        self.moves(ticket, TicketStatus::InProgress, nl, en).await
    }

    /// It is done; the customer closes it where it has a login and feels like it.
    pub(super) async fn finishes(&mut self, ticket: &Ticket) -> Step {
        let (nl, en) = ("Het is klaar. Werkt het bij u ook?", "It is done. Does it work for you too?");
        self.moves(ticket, TicketStatus::Resolved, nl, en).await?;
        self.explains(ticket, None).await?;
        let closes = self.random.random_ratio(1, 2);
        if let Some(login) = self.login.as_ref().filter(|_| closes) {
            let text = Some(self.say("Ja, dank!", "Yes, thank you!"));
            let handling = Handling::Move { to: TicketStatus::Closed, text };
            self.service().handle_ticket(by(login), ticket.id, handling).await?;
        }
        Ok(())
    }

    /// Where the policy has the button, the customer presses it.
    pub(super) async fn complains(&self, ticket: &Ticket) -> Step {
        let offered = self.policy().tickets.stalled_button;
        if let Some(login) = self.login.as_ref().filter(|_| offered) {
            let text = Some(self.say("We horen niets meer.", "We do not hear anything."));
            self.service().handle_ticket(by(login), ticket.id, Handling::Stall { text }).await?;
        }
        Ok(())
    }

    /// Every promise that was missed is explained (SLA-5); what is not done yet is expected at `expected_at`.
    pub(super) async fn explains(&self, ticket: &Ticket, expected_at: Option<DateTime<Utc>>) -> Step {
        let (ticket, now) = (self.service().ticket(&self.world.finance, ticket.id).await?, self.world.stage.now());
        if !clocks::is_binding(self.service().terms_of(&ticket), &ticket) {
            return Ok(());
        }
        let reason = self.say(
            "Dit duurde langer: we wachtten op een leverancier. Onze excuses.",
            "This took longer: we waited for a supplier. Our apologies.",
        );
        for measure in Measure::ALL {
            let answered = ticket.met_at(*measure).is_some() || expected_at.is_some();
            if ticket.is_unexplained(*measure, now) && answered {
                let explain = Handling::Explain { measure: *measure, reason: reason.clone(), expected_at };
                self.handle(&ticket, explain).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn log(
        &mut self,
        ticket: &Ticket,
        worked: Minutes,
        text: &str,
        excess: Excess,
    ) -> Step<TimeReceipt> {
        let late = self.random.random_ratio(1, 6);
        let today = self.world.stage.today();
        let opened = self.service().policies.day(ticket.created_at);
        let worked_on = Some(if late { workday_before(today - Days::new(1)).max(opened) } else { today });
        let description = text.to_owned();
        let work =
            Work { worked, worked_on, description, estimate: None, started_at: None, surcharges: vec![], excess };
        Ok(self.service().log_time(self.by_agent(), ticket.id, work).await?)
    }

    /// Logged too much, reversed, logged again.
    pub(super) async fn mistake(&mut self, ticket: &Ticket) -> Step {
        let text = self.topic().entries[1];
        let wrong = self.log(ticket, Minutes(75), text, Excess::Refuse).await?;
        self.pass(1).await?;
        let reason =
            self.say("75 minuten was een tikfout; het waren er 35.", "75 minutes was a typing mistake for 35.");
        self.service().reverse_entry(self.by_agent(), wrong.entry.id, reason).await?;
        self.log(ticket, Minutes(35), text, Excess::Refuse).await?;
        self.finishes(ticket).await
    }
}
