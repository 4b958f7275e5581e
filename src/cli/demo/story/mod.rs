//! The story of one customer: it comes, asks, agrees, buys, and leaves something at the end for the visitor to find.
//! Everything is done through the use cases, by people who may do it.

mod cards;
mod desk;
mod share;
mod terms;

use super::cast::{COLLEAGUES, FIRST, Pace, Part, SECOND, TOPICS_EN, TOPICS_NL, Topic};
use super::stage::{Stage, Step, workday, workday_before};
use super::{CUSTOMER, PASSWORD};
use crate::domain::{
    AskedVia, Billing, Cents, Contact, Cover, Customer, CustomerId, Locale, Minutes, Policy, Role,
    coverage::{self, Facts, propose},
};
use crate::service::Service;
use crate::service::access::{Caller, Request};
use crate::service::customers::{NewContact, NewCustomer};
use chrono::Days;
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
        let owner = NewContact::new(part.owner, &owner_email(part), Role::Owner);
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
        let visitor = NewContact::new("Marijke de Boer", CUSTOMER, Role::Spender);
        let visitor = add_contact(&self.world, self.customer, self.asked_for(visitor)).await?;
        invite(&self.world, &visitor, self.part).await?;
        Ok(())
    }

    /// One thing after another, until shortly before the present.
    async fn months(&mut self) -> Step {
        let rest = if self.part.pace == Pace::Busy { 12 } else { 24 };
        let last = self.world.stage.last_day() - Days::new(rest);
        loop {
            let pause = self.pause();
            if self.world.stage.today() + Days::new(pause) > last {
                return Ok(());
            }
            self.pass(pause).await?;
            let topic = self.topic();
            self.case(topic).await?;
            self.keeps_up().await?;
        }
    }

    /// From the question to the end, as its payer wants it.
    async fn case(&mut self, topic: &Topic) -> Step {
        match self.payer(topic) {
            Cover::Card => self.by_card(topic).await,
            cover if cover.charges() => self.by_agreement(topic).await,
            _ => self.free(topic).await,
        }
    }

    /// What is left for the visitor to find.
    async fn end(&mut self) -> Step {
        self.before_end(11).await?;
        self.share().await?;
        let cards_pay = self.topics().iter().any(|topic| self.payer(topic) == Cover::Card);
        if cards_pay {
            self.stocks_up().await?;
        }
        self.parts().await?;
        if cards_pay { self.end_with_cards().await } else { self.end_without_cards().await }
    }

    /// Who pays for something under this policy, as long as something is left on the cards.
    fn payer(&self, topic: &Topic) -> Cover {
        let id = self.policy_topic(topic.sort);
        let asked = coverage::Question { kind: topic.kind, topic: id.as_deref(), urgency: None };
        let facts = Facts { today: self.world.stage.today(), left: Minutes(topic.minutes), ..Facts::default() };
        propose(self.policy(), &asked, &facts).cover
    }

    fn is_free(&self, topic: &Topic) -> bool {
        !self.payer(topic).charges()
    }

    async fn colleague(&mut self, role: Role, ceiling: Option<Minutes>) -> Step<Contact> {
        let name = self.pick_colleague();
        let new = NewContact { ceiling, ..NewContact::new(name, &email_of(name, self.part), role) };
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

pub(super) fn by(caller: &Caller) -> Request<'_> {
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
    let customer = world.service.create_customer(by(&world.agents[0]), new).await?;
    if let Some(billing) = billing(part) {
        world.service.set_billing(by(&world.agents[0]), customer.id, billing).await?;
    }
    Ok(customer)
}

/// Where its invoices go; one in seven tells that with its first order only (PAY-1a).
fn billing(part: &Part) -> Option<Billing> {
    (part.age % 7 != 3).then(|| address(part))
}

/// Where it lives.
fn address(part: &Part) -> Billing {
    const STREETS: [&str; 4] = ["Schoolstraat", "Kerkplein", "Molenweg", "Nieuwe Gracht"];
    const TOWNS: [(&str, &str); 4] =
        [("2611 AB", "Delft"), ("5211 CD", "Den Bosch"), ("7411 EF", "Deventer"), ("9711 GH", "Groningen")];
    let at = usize::try_from(part.age).unwrap_or_default();
    let (postcode, city) = TOWNS[at % TOWNS.len()];
    Billing {
        street: Some(format!("{} {}", STREETS[at / 4 % STREETS.len()], at % 90 + 1)),
        postcode: Some(postcode.to_owned()),
        city: Some(city.to_owned()),
        registration: Some(format!("{:08}", 40_000_000 + at * 7_919)),
        reference: (at % 3 == 0).then(|| format!("PO-{}", 4_000 + at)),
        ..Billing::default()
    }
}

async fn add_contact(world: &World, customer: CustomerId, new: NewContact) -> Step<Contact> {
    Ok(world.service.add_contact(by(&world.agents[0]), customer, new).await?)
}

/// Sends a link, which its receiver uses at once. Each customer has an address of its own on the network.
async fn invite(world: &World, contact: &Contact, part: &Part) -> Step<Caller> {
    let last = u8::try_from(part.age % 250).unwrap_or_default();
    let from = IpAddr::from([192, 0, 2, last]);
    let link = world.service.invite_contact(&world.agents[0], contact.id, from).await?;
    let session = world.service.accept_link(&link, (None, None), PASSWORD.to_owned(), (from, None)).await?;
    let caller = world.service.caller_by_session(&session.secret).await?;
    world.service.take_as_proved(caller.user.id).await?;
    let caller = world.service.caller_by_id(caller.user.id).await?;
    world.service.log_out(&session.secret).await?;
    Ok(caller)
}

fn owner_email(part: &Part) -> String {
    if part.domain == FIRST { CUSTOMER.to_owned() } else { email_of(part.owner, part) }
}

fn email_of(name: &str, part: &Part) -> String {
    format!("{}@{}.example", name.to_lowercase().replace(' ', "."), part.domain)
}
