//! The story of one customer: it comes, asks, agrees, buys, and leaves something at the end for the visitor to find.
//! Everything is done through the use cases, by people who may do it.

use super::cast::{COLLEAGUES, Ending, FIRST, Pace, Part, SECOND, TOPICS_EN, TOPICS_NL, Topic};
use super::stage::{Stage, Step, workday, workday_before};
use super::{CUSTOMER, PASSWORD};
use crate::domain::{
    AskedVia, Cents, Channel, Contact, Cover, Customer, CustomerId, Estimate, EstimateId, Excess, Handling, Intake,
    Invoice, Locale, Minutes, PaymentMethod, Policy, Question, Report, Role, Ticket, TicketKind, TicketStatus,
    coverage::{self, Facts, propose},
    decide::TimeReceipt,
    estimate::AnswerVia,
};
use crate::service::access::{Caller, Request};
use crate::service::balance::AsOf;
use crate::service::cards::Order;
use crate::service::customers::{NewContact, NewCustomer};
use crate::service::tickets::{NewEstimate, ToldAgreement};
use crate::service::time_entries::Work;
use crate::service::{Error, Service};
use chrono::{Days, NaiveDate};
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use std::net::IpAddr;
use std::rc::Rc;

/// What all stories share.
pub(super) struct World {
    pub(super) service: Service,
    pub(super) stage: Stage,
    pub(super) agents: [Caller; 2],
    pub(super) finance: Caller,
}

/// One customer's story.
pub(super) struct Story {
    world: Rc<World>,
    part: &'static Part,
    random: StdRng,
    slot: usize,
    /// Place in the list of colleagues.
    known: usize,
    customer: CustomerId,
    /// Who agrees, unless the owner is logged in.
    spender: Contact,
    /// The owner, logged in.
    login: Option<Caller>,
}

impl Story {
    /// Plays a story to its end.
    pub(super) async fn play(world: Rc<World>, part: &'static Part, seed: u64) -> Step {
        let day = workday(world.stage.last_day() - Days::new(part.age));
        world.stage.until(world.stage.moment(day, 0)).await?;
        let mut random = StdRng::seed_from_u64(seed);
        let customer = found(&world, part, &mut random).await?;
        let owner = contact(part.owner, &owner_email(part), Role::Owner);
        let owner = add_contact(&world, customer.id, owner).await?;
        let login = if part.domain == FIRST || random.random_ratio(1, 6) {
            Some(invite(&world, &owner, part).await?)
        } else {
            None
        };
        let known = random.random_range(0..COLLEAGUES.len());
        let mut story = Self { world, part, random, slot: 0, known, customer: customer.id, spender: owner, login };
        if !story.policy().spending.owner_spends || part.pace != Pace::Quiet {
            story.spender = story.colleague(Role::Spender, None).await?;
        }
        if part.domain == SECOND {
            story.second_role_of_the_visitor().await?;
        }
        story.months().await?;
        story.end().await
    }

    /// The visitor's login is contact here too.
    async fn second_role_of_the_visitor(&mut self) -> Step {
        self.pass(1).await?;
        let visitor = contact("Marijke de Boer", CUSTOMER, Role::Spender);
        let visitor = add_contact(&self.world, self.customer, self.asked_for(visitor)).await?;
        invite(&self.world, &visitor, self.part).await?;
        Ok(())
    }

    /// One thing after another, until shortly before the present.
    async fn months(&mut self) -> Step {
        let rest = if self.part.pace == Pace::Busy { 12 } else { 24 };
        let last = self.world.stage.last_day() - Days::new(rest);
        loop {
            let pause = match self.part.pace {
                Pace::Busy => self.random.random_range(0..=2),
                Pace::Steady => self.random.random_range(4..=22),
                Pace::Quiet => self.random.random_range(20..=70),
            };
            if self.world.stage.today() + Days::new(pause) > last {
                return Ok(());
            }
            self.pass(pause).await?;
            let topic = self.topic();
            self.case(topic).await?;
        }
    }

    /// From the question to the last entry.
    async fn case(&mut self, topic: &Topic) -> Step {
        if !self.is_paid(topic) {
            return self.free(topic).await;
        }
        if !self.afford(topic.minutes).await? {
            return Ok(());
        }
        let ticket = self.report(topic).await?;
        if !ticket.cover.takes_estimates() {
            return self.without_agreement(&ticket, topic).await;
        }
        self.pass(0).await?;
        let estimate = self.propose(&ticket, topic.minutes, topic.work).await?;
        self.waits_for_agreement(&ticket).await?;
        let days = self.random.random_range(0..=3);
        self.pass(days).await?;
        match self.random.random_range(0..20) {
            0 => {
                self.decline(estimate.id).await?;
                let (nl, en) = ("Afgewezen; we laten het hierbij.", "Declined; we leave it at that.");
                return self.moves(&ticket, TicketStatus::Closed, nl, en).await;
            }
            1 => return Ok(()), // lapses
            _ => self.agree(estimate.id).await?,
        }
        self.takes_up(&ticket).await?;
        self.work(&ticket, estimate, topic).await?;
        self.finishes(&ticket).await
    }

    /// Entries within an agreement, the last day closes it most of the time.
    async fn work(&mut self, ticket: &Ticket, estimate: Estimate, topic: &Topic) -> Step {
        let mut left = estimate.minutes;
        let most = if self.part.pace == Pace::Busy { 0 } else { 2 };
        for text in topic.entries {
            let days = self.random.random_range(0..=most);
            self.pass(days).await?;
            let worked = Minutes(self.random.random_range(7..=left.0.clamp(8, 100)));
            if self.policy().time.charge(worked) > left {
                break;
            }
            let time = self.log(ticket, worked, text, Excess::Refuse).await?;
            left -= time.entry.charged;
            if left < Minutes(15) {
                break;
            }
        }
        if self.random.random_ratio(5, 6) {
            self.pass(1).await?;
            self.service().close_estimate(self.by_agent(), estimate.id).await?;
        }
        Ok(())
    }

    /// A question or a defect that costs nothing.
    async fn free(&mut self, topic: &Topic) -> Step {
        let ticket = self.report(topic).await?;
        self.without_agreement(&ticket, topic).await
    }

    /// Work that needs no agreement: a defect, a question under fair use.
    async fn without_agreement(&mut self, ticket: &Ticket, topic: &Topic) -> Step {
        self.handle(ticket, Handling::Acknowledge { text: None }).await?;
        for text in &topic.entries[..2] {
            self.pass(0).await?;
            let worked = Minutes(self.random.random_range(9..=50));
            self.log(ticket, worked, text, Excess::Refuse).await?;
        }
        self.finishes(ticket).await
    }

    /// What is left for the visitor to find.
    async fn end(&mut self) -> Step {
        self.before_end(11).await?;
        match self.part.ending {
            Ending::Plain => Ok(()),
            Ending::Waits => self.waits().await,
            Ending::TooLittle => {
                let available = self.available().await?;
                self.before_end(3).await?;
                self.asked(available.0 + 60).await.map(drop)
            }
            Ending::Declined => {
                let (_, estimate) = self.asked(120).await?;
                self.pass(1).await?;
                self.decline(estimate.id).await
            }
            Ending::Lapsed => self.asked_until(60, Some(self.world.stage.today() + Days::new(5))).await.map(drop),
            Ending::AtWork => {
                let ticket = self.agreed(150).await?;
                let text = self.topic().entries[0];
                self.log(&ticket, Minutes(50), text, Excess::Refuse).await?;
                let text = self.say("Wacht op de export van de beheerder.", "Waits for the administrator's export.");
                self.handle(&ticket, Handling::Note { text }).await?;
                self.pass(1).await?;
                self.complains(&ticket).await
            }
            Ending::Unpaid => self.order().await.map(drop),
            Ending::HalfPaid => {
                let invoice = self.order().await?;
                self.pass(4).await?;
                self.pay(&invoice, Cents(invoice.gross.0 / 2)).await
            }
            Ending::Mistake => self.mistake().await,
            Ending::Uncovered | Ending::Goodwill | Ending::Covered => self.beyond().await,
            Ending::Defect => {
                let topics = self.topics();
                let defect = topics.iter().find(|topic| topic.kind == TicketKind::Defect);
                self.free(defect.unwrap_or(&topics[0])).await
            }
            Ending::Team => self.team().await,
        }
    }

    /// An estimate that waits, with more than enough on the cards.
    async fn waits(&mut self) -> Step {
        let place = usize::from(self.part.domain == SECOND);
        let topic = self.paid()[place];
        self.afford(topic.minutes + 90).await?;
        self.before_end(2).await?;
        let minutes = topic.minutes.min(self.available().await?.0);
        if minutes < 15 {
            return Ok(());
        }
        let ticket = self.report(topic).await?;
        self.propose(&ticket, minutes, topic.work).await.map(drop)
    }

    /// Logged too much, reversed, logged again.
    async fn mistake(&mut self) -> Step {
        let ticket = self.agreed(120).await?;
        let text = self.topic().entries[1];
        let wrong = self.log(&ticket, Minutes(75), text, Excess::Refuse).await?;
        self.pass(1).await?;
        let reason =
            self.say("75 minuten was een tikfout; het waren er 35.", "75 minutes was a typing mistake for 35.");
        self.service().reverse_entry(self.by_agent(), wrong.entry.id, reason).await?;
        self.log(&ticket, Minutes(35), text, Excess::Refuse).await?;
        self.finishes(&ticket).await
    }

    /// Work beyond an agreement: uncovered, given away, or agreed to afterwards.
    async fn beyond(&mut self) -> Step {
        self.afford(150).await?;
        let ticket = self.agreed(60).await?;
        let worked = if self.part.ending == Ending::Goodwill { 70 } else { 85 };
        let text = self.say("Het bleek meer werk dan afgesproken.", "It was more work than agreed.");
        let time = self.log(&ticket, Minutes(worked), &text, Excess::Uncovered).await?;
        self.pass(1).await?;
        match self.part.ending {
            Ending::Goodwill => {
                let reason = self.say("Onze inschatting was te krap.", "Our own estimate was too tight.");
                self.service().cover_by_goodwill(self.by_agent(), time.entry.id, reason).await?;
            }
            Ending::Covered => {
                let reason = self.say("Achteraf akkoord per mail.", "Agreed to afterwards by mail.");
                let contact = Some(self.spender.id);
                self.service().cover_by_card(self.by_agent(), time.entry.id, contact, reason).await?;
            }
            _ => {}
        }
        self.finishes(&ticket).await
    }

    /// Somebody agreed and then left; somebody has a ceiling; somebody stands in for the summer.
    async fn team(&mut self) -> Step {
        let today = self.world.stage.today();
        let leaver = self.colleague(Role::Spender, None).await?;
        self.spender = leaver.clone();
        self.agreed(90).await?;
        self.pass(1).await?;
        self.service().remove_contact(self.by_agent(), self.customer, leaver.id).await?;
        self.colleague(Role::Spender, Some(Minutes(120))).await?;
        let name = self.pick_colleague();
        let deputy = NewContact {
            valid_from: Some(today),
            valid_until: Some(today + Days::new(30)),
            ..contact(name, &email_of(name, self.part), Role::Owner)
        };
        add_contact(&self.world, self.customer, self.asked_for(deputy)).await?;
        self.colleague(Role::Viewer, None).await.map(drop)
    }

    /// A ticket with an accepted estimate.
    async fn agreed(&mut self, minutes: i64) -> Step<Ticket> {
        self.afford(minutes).await?;
        let (ticket, estimate) = self.asked(minutes).await?;
        self.pass(0).await?;
        self.agree(estimate.id).await?;
        self.takes_up(&ticket).await?;
        self.pass(0).await?;
        Ok(ticket)
    }

    /// A ticket with an estimate that waits.
    async fn asked(&mut self, minutes: i64) -> Step<(Ticket, Estimate)> {
        self.asked_until(minutes, None).await
    }

    async fn asked_until(&mut self, minutes: i64, answer_by: Option<NaiveDate>) -> Step<(Ticket, Estimate)> {
        let paid = self.paid();
        let topic = paid.choose(&mut self.random).copied().unwrap_or(&self.topics()[0]);
        let ticket = self.report(topic).await?;
        self.pass(0).await?;
        let new =
            NewEstimate { minutes: Minutes(minutes), description: topic.work.to_owned(), answer_by, work_until: None };
        let estimate = self.service().propose_estimate(self.by_agent(), ticket.id, new).await?;
        self.waits_for_agreement(&ticket).await?;
        Ok((ticket, estimate))
    }

    async fn report(&mut self, topic: &Topic) -> Step<Ticket> {
        let by_login = self.random.random_ratio(2, 3);
        let rules = self.policy().tickets.clone();
        let told: Vec<Channel> = rules.channels.iter().copied().filter(|each| *each != Channel::Portal).collect();
        let matrix = self.policy().matrix.clone();
        let bad = matrix.impacts.choose(&mut self.random).map(|impact| impact.id.clone());
        let report = Report {
            subject: topic.subject.to_owned(),
            description: topic.description.to_owned(),
            requester: Some(self.spender.id),
            kind: topic.kind,
            channel: told.choose(&mut self.random).copied().unwrap_or_default(),
            product: rules.products.choose(&mut self.random).cloned(),
            intake: self.said(&rules.intake),
            impact: bad,
            // Most reports concern few.
            reach: matrix.reaches.first().map(|reach| reach.id.clone()),
            ..Report::default()
        };
        let request = self.login.as_ref().filter(|_| by_login).map_or_else(|| self.by_agent(), by);
        Ok(self.service().open_ticket(request, self.customer, report).await?)
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

    /// The customer is asked to agree.
    async fn waits_for_agreement(&self, ticket: &Ticket) -> Step {
        let (nl, en) =
            ("Er staat een schatting voor u klaar. Gaat u akkoord?", "An estimate is waiting. Do you agree?");
        self.moves(ticket, TicketStatus::WaitingForCustomer, nl, en).await
    }

    async fn handle(&self, ticket: &Ticket, handling: Handling) -> Step {
        self.service().handle_ticket(self.by_agent(), ticket.id, handling).await?;
        Ok(())
    }

    async fn moves(&self, ticket: &Ticket, to: TicketStatus, nl: &str, en: &str) -> Step {
        self.handle(ticket, Handling::Move { to, text: Some(self.say(nl, en)) }).await
    }

    /// The first answer.
    async fn takes_up(&self, ticket: &Ticket) -> Step {
        let (nl, en) =
            ("We hebben het bekeken en gaan ermee aan de slag.", "We have looked at it and are starting on it.");
        self.moves(ticket, TicketStatus::InProgress, nl, en).await
    }

    /// It is done; the customer closes it where it has a login and feels like it.
    async fn finishes(&mut self, ticket: &Ticket) -> Step {
        let (nl, en) = ("Het is klaar. Werkt het bij u ook?", "It is done. Does it work for you too?");
        self.moves(ticket, TicketStatus::Resolved, nl, en).await?;
        let closes = self.random.random_ratio(1, 2);
        if let Some(login) = self.login.as_ref().filter(|_| closes) {
            let text = Some(self.say("Ja, dank!", "Yes, thank you!"));
            let handling = Handling::Move { to: TicketStatus::Closed, text };
            self.service().handle_ticket(by(login), ticket.id, handling).await?;
        }
        Ok(())
    }

    /// Where the policy has the button, the customer presses it.
    async fn complains(&self, ticket: &Ticket) -> Step {
        let offered = self.policy().tickets.stalled_button;
        if let Some(login) = self.login.as_ref().filter(|_| offered) {
            let text = Some(self.say("We horen niets meer.", "We do not hear anything."));
            self.service().handle_ticket(by(login), ticket.id, Handling::Stall { text }).await?;
        }
        Ok(())
    }

    async fn propose(&self, ticket: &Ticket, minutes: i64, work: &str) -> Step<Estimate> {
        let (minutes, description) = (Minutes(minutes), work.to_owned());
        let new = NewEstimate { minutes, description, answer_by: None, work_until: None };
        Ok(self.service().propose_estimate(self.by_agent(), ticket.id, new).await?)
    }

    /// The owner accepts online where it has a login; otherwise somebody tells the agent.
    async fn agree(&mut self, estimate: EstimateId) -> Step {
        if let Some(login) = self.login.as_ref().filter(|_| self.policy().spending.owner_spends) {
            self.service().accept_estimate(by(login), estimate, None).await?;
            return Ok(());
        }
        let channel = self.world.service.policies.at(self.world.stage.today()).1.spending.channels.clone();
        let channel = channel.choose(&mut self.random).and_then(|channel| channel.as_str().parse().ok());
        let via = channel.unwrap_or(AnswerVia::Online);
        let note = match via {
            AnswerVia::Phone => self.say("Teruggebeld; akkoord met de uren.", "Called back; agrees to the hours."),
            AnswerVia::Mail => self.say("Mail ontvangen: akkoord.", "Mail received: agreed."),
            _ => self.say("Afgesproken tijdens het bezoek.", "Agreed during the visit."),
        };
        let told = ToldAgreement { contact: self.spender.id, via, note, at: None };
        self.service().accept_estimate(self.by_agent(), estimate, Some(told)).await?;
        Ok(())
    }

    async fn decline(&self, estimate: EstimateId) -> Step {
        self.service().decline_estimate(self.by_agent(), estimate, Some(self.spender.id)).await?;
        Ok(())
    }

    async fn log(&mut self, ticket: &Ticket, worked: Minutes, text: &str, excess: Excess) -> Step<TimeReceipt> {
        let late = self.random.random_ratio(1, 6);
        let today = self.world.stage.today();
        let opened = self.service().policies.day(ticket.created_at);
        let worked_on = Some(if late { workday_before(today - Days::new(1)).max(opened) } else { today });
        let description = text.to_owned();
        let work =
            Work { worked, worked_on, description, estimate: None, started_at: None, surcharges: vec![], excess };
        Ok(self.service().log_time(self.by_agent(), ticket.id, work).await?)
    }

    /// Whether there are that many minutes, after buying what it takes; who only has a welcome card does not buy.
    async fn afford(&mut self, minutes: i64) -> Step<bool> {
        while self.available().await? < Minutes(minutes) {
            if self.part.pace == Pace::Quiet {
                return Ok(false);
            }
            let invoice = self.order().await?;
            let days = self.random.random_range(1..=4);
            self.pass(days).await?;
            self.pay(&invoice, invoice.gross).await?;
        }
        Ok(true)
    }

    async fn order(&mut self) -> Step<Invoice> {
        let cards = self.policy().cards.as_ref();
        let mut products: Vec<String> =
            cards.map(|cards| cards.products.iter().map(|product| product.id.clone()).collect()).unwrap_or_default();
        if self.part.pace != Pace::Busy {
            products.truncate(2);
        }
        let product = match self.part.pace {
            Pace::Busy => products.last(),
            _ => products.choose(&mut self.random),
        };
        let product = product.cloned().unwrap_or_else(|| "10h".to_owned());
        let request = self.login.as_ref().map_or_else(|| self.by_agent(), by);
        let (_, invoice) = self.service().order_card(request, self.customer, Order::of(product)).await?;
        Ok(invoice.ok_or(Error::NotFound("invoice"))?)
    }

    async fn pay(&mut self, invoice: &Invoice, amount: Cents) -> Step {
        let method = if self.random.random_ratio(2, 3) { PaymentMethod::Bank } else { PaymentMethod::DirectDebit };
        let (finance, today) = (by(&self.world.finance), self.world.stage.today());
        self.service().record_payment(finance, invoice.id, amount, today, method).await?;
        Ok(())
    }

    async fn available(&self) -> Step<Minutes> {
        Ok(self.service().balance(&self.world.finance, self.customer, AsOf::Now).await?.total.available)
    }

    async fn colleague(&mut self, role: Role, ceiling: Option<Minutes>) -> Step<Contact> {
        let name = self.pick_colleague();
        let new = NewContact { ceiling, ..contact(name, &email_of(name, self.part), role) };
        add_contact(&self.world, self.customer, self.asked_for(new)).await
    }

    /// The next colleague; nobody twice at one customer.
    fn pick_colleague(&mut self) -> &'static str {
        self.known += 1;
        COLLEAGUES[self.known % COLLEAGUES.len()]
    }

    /// Who asked the agent, as SPEND-2 wants it recorded.
    fn asked_for(&self, new: NewContact) -> NewContact {
        NewContact { asked_by: Some(owner_email(self.part)), asked_via: Some(AskedVia::Mail), ..new }
    }

    /// Some days later, on a working day; with 0 days a few hours later.
    async fn pass(&mut self, days: u64) -> Step {
        let mut day = self.world.stage.today() + Days::new(days);
        self.slot = if days == 0 { self.slot + 1 } else { self.random.random_range(0..4) };
        if self.slot > 3 {
            (day, self.slot) = (day + Days::new(1), 0);
        }
        self.world.stage.until(self.world.stage.moment(workday(day), self.slot)).await
    }

    /// Waits until some days before the present.
    async fn before_end(&mut self, days: u64) -> Step {
        self.slot = 1;
        let day = workday_before(self.world.stage.last_day() - Days::new(days));
        self.world.stage.until(self.world.stage.moment(day, self.slot)).await
    }

    fn topic(&mut self) -> &'static Topic {
        let topics = self.topics();
        topics.choose(&mut self.random).unwrap_or(&topics[0])
    }

    fn topics(&self) -> &'static [Topic] {
        if self.part.locale == Locale::En { &TOPICS_EN } else { &TOPICS_NL }
    }

    /// What cards pay for under this policy, as long as something is left on them.
    fn is_paid(&self, topic: &Topic) -> bool {
        let asked = coverage::Question { kind: topic.kind, topic: None, urgency: None };
        let facts = Facts { today: self.world.stage.today(), left: Minutes(topic.minutes), ..Facts::default() };
        propose(self.policy(), &asked, &facts).cover == Cover::Card
    }

    /// The topics that cards pay for.
    fn paid(&self) -> Vec<&'static Topic> {
        self.topics().iter().filter(|topic| self.is_paid(topic)).collect()
    }

    fn say(&self, nl: &str, en: &str) -> String {
        if self.part.locale == Locale::En { en.to_owned() } else { nl.to_owned() }
    }

    fn service(&self) -> &Service {
        &self.world.service
    }

    fn policy(&self) -> &Policy {
        self.world.service.policies.at(self.world.stage.today()).1
    }

    /// Each customer has its own agent.
    fn by_agent(&self) -> Request<'_> {
        by(&self.world.agents[usize::from(self.part.age % 3 == 1)])
    }
}

fn by(caller: &Caller) -> Request<'_> {
    Request { caller, key: None }
}

async fn found(world: &World, part: &Part, random: &mut StdRng) -> Step<Customer> {
    let new = NewCustomer {
        name: part.name.to_owned(),
        email: format!("info@{}.example", part.domain),
        locale: part.locale,
        monthly_amount: Some(Cents(random.random_range(40..=400) * 100)),
        contract_start: None,
        imported: false,
    };
    Ok(world.service.create_customer(by(&world.agents[0]), new).await?)
}

async fn add_contact(world: &World, customer: CustomerId, new: NewContact) -> Step<Contact> {
    Ok(world.service.add_contact(by(&world.agents[0]), customer, new).await?)
}

/// Sends a link, which its receiver uses at once. Each customer has an address of its own on the network.
async fn invite(world: &World, contact: &Contact, part: &Part) -> Step<Caller> {
    let last = u8::try_from(part.age % 250).unwrap_or_default();
    let from = IpAddr::from([192, 0, 2, last]);
    let link = world.service.invite_contact(&world.agents[0], contact.id, from).await?;
    let session = world.service.accept_link(&link, None, None, PASSWORD.to_owned(), from).await?;
    let caller = world.service.caller_by_session(&session.secret).await?;
    world.service.log_out(&session.secret).await?;
    Ok(caller)
}

fn contact(name: &str, email: &str, role: Role) -> NewContact {
    NewContact {
        name: name.to_owned(),
        email: email.to_owned(),
        role,
        ceiling: None,
        valid_from: None,
        valid_until: None,
        asked_by: None,
        asked_via: None,
    }
}

fn owner_email(part: &Part) -> String {
    if part.domain == FIRST { CUSTOMER.to_owned() } else { email_of(part.owner, part) }
}

fn email_of(name: &str, part: &Part) -> String {
    format!("{}@{}.example", name.to_lowercase().replace(' ', "."), part.domain)
}
