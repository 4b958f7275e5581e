//! Scenarios: one rule each, in plain text that a bookkeeper can read and check by hand.
//!
//! A line with a date does something on that day; a line without one says what must then be true. `#` starts a comment.
//!
//! ```text
//! policy    [DAY] NAME              the terms, shipped with the program or a file of tests/it/terms; with a day: a newer
//!                                   version from then on
//! with      KEY VALUE…              … with one key changed
//! without   SECTION                 … with a section left out
//! customer  DAY NAME [imported] [since DAY]
//! owner, spender, viewer
//!           DAY NAME [ceiling H:MM] [from DAY] [until DAY] [by NAME | asked_by NAME via HOW | unasked]
//! revoke    DAY NAME
//! installation, uninstall   DAY NAME
//! consent, withdraw   DAY by NAME
//! card      DAY PRODUCT paid|ordered [as CARD] [for INSTALLATION] [by NAME] [renew]
//! payment   DAY CARD EUROS [received DAY]
//! ticket    DAY TICKET defect|question|third_party|change [by NAME] [about TOPIC] [urgent LEVEL|safety]
//!               [on INSTALLATION] [impact ID] [reach ID]
//! status    DAY TICKET STATUS       where it stands then, said by an agent
//! priority  DAY TICKET PRIORITY     another one, in consultation
//! decide    DAY TICKET [cover COVER] [kind KIND] [about TOPIC|none] [urgent LEVEL|safety|none] [agreed_by NAME]
//!               [rate EUROS] [reversing]      who pays after all, in place of the decision in force
//! add_on    DAY [since DAY] [until DAY]       the add-on for urgent tickets
//! estimate  DAY TICKET H:MM [as ESTIMATE] [answer_by DAY] [work_until DAY] [accepted by NAME]
//! accept    DAY ESTIMATE by NAME [via HOW] [agreed DAY]
//! decline, close   DAY ESTIMATE
//! time      DAY TICKET H:MM [worked DAY] [started HH:MM] [with SURCHARGE,…] [on ESTIMATE] [uncovered | given_away]
//!               [as ENTRY]
//! reverse, goodwill   DAY ENTRY
//! cover     DAY ENTRY by NAME       from a card, on that person's agreement
//! invoice   DAY ENTRY by NAME [rate EUROS]    … or on an invoice
//! day       DAY                     nothing is asked; what is due by then is booked
//!
//! answer    KEY VALUE …             what was answered to the line before
//! refused   WHY [KEY VALUE …]       … or why it was refused; a refusal that nobody expects is a failure
//! moved     FROM -> TO [CARD] H:MM [rule WORD]   each movement of the line before, in order; or: moved nothing
//! balance   ACCOUNT H:MM …          of the customer; accounts that are not named are empty
//! card      CARD STATUS [granted H:MM] [until DAY|never] [credit EUROS] [becomes H:MM] [on DAY]
//!           ACCOUNT H:MM …          the same of one card; `becomes` is what it is converted into, on that day
//! newest    CARD                    the card that was made last gets this name
//! told      KIND …                  what the customer was told since the line before, in order; or: told nothing
//! ```
//!
//! An estimate is called after its ticket and an entry `last` unless they get a name; a ticket that nobody opened is
//! a question without a requester. What happens is asked of a [`World`]: the pure domain here, the HTTP API in
//! `scenarios_http`.

use crate::common::{AGENT, day, pure::Books};
use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use chrono_tz::Europe::Amsterdam;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use strippenkaart::domain::command::Receiving;
use strippenkaart::domain::{
    Account, Act, Actor, AskedVia, Balance, CardStatus, Cents, ContactId, CoverageId, CustomerId, EstimateId, Excess,
    Handling, InstallationId, InvoiceId, Locale, Minutes, PaymentMethod, Policy, Receipt, Refusal, Report, Role,
    Target, TicketId, TimeEntryId, UserId,
    command::{Answer as Agreement, Ruling},
    decide::conversion::{Upcoming, upcoming},
    estimate::AnswerVia,
};
use uuid::Uuid;

/// What scenarios are played against.
pub trait World {
    /// Moves the clock.
    fn set_clock(&mut self, now: DateTime<Utc>);
    /// Asks for one thing. A customer that is created gets its id from the world.
    fn ask(&mut self, who: Who, target: Target, act: Act) -> Result<Answer, No>;
    /// Books what is due, as the nightly job does.
    fn settle(&mut self, customer: CustomerId);
    /// The totals of a customer.
    fn totals(&mut self, customer: CustomerId) -> Balance;
    /// Its cards.
    fn cards(&mut self, customer: CustomerId) -> Vec<CardView>;
    /// What it was told about its cards, the oldest first.
    fn told(&mut self, customer: CustomerId) -> Vec<String>;
    /// Every movement that is booked, the oldest first.
    fn movements(&mut self, customer: CustomerId) -> Vec<Move>;
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Who {
    Agent,
    Contact(ContactId),
}

/// Named figures and words of an answer, written as a scenario writes them.
pub type Facts = BTreeMap<String, String>;

/// A yes.
#[derive(Clone, Debug)]
pub struct Answer {
    pub id: Uuid,
    pub invoice: Option<Uuid>,
    pub facts: Facts,
}

/// A refusal, by the last part of its problem's `type`.
#[derive(Clone, Debug)]
pub struct No {
    pub why: String,
    pub facts: Facts,
}

/// A card as the balance shows it.
#[derive(Clone, Debug)]
pub struct CardView {
    pub id: Uuid,
    pub product: String,
    pub status: CardStatus,
    pub granted: Minutes,
    pub expires_on: Option<NaiveDate>,
    pub converts_on: Option<NaiveDate>,
    pub becomes: Option<Minutes>,
    pub credit: Cents,
    pub balance: Balance,
}

/// One line of the ledger.
#[derive(Clone, Debug)]
pub struct Move {
    pub from: String,
    pub to: String,
    pub card: Option<Uuid>,
    pub minutes: Minutes,
    pub basis: Option<String>,
}

impl World for Books {
    fn set_clock(&mut self, now: DateTime<Utc>) {
        self.clock.set(now);
    }

    fn ask(&mut self, who: Who, target: Target, act: Act) -> Result<Answer, No> {
        let actor = match who {
            Who::Agent => Actor::Staff(AGENT),
            Who::Contact(contact) => Actor::Contact(UserId(contact.0), contact, None),
        };
        let target = if matches!(act, Act::CreateCustomer { .. }) { Target::Customer(self.clock.id()) } else { target };
        let command = self.command(actor, target, act);
        self.submit(&command).map(|receipt| answer(&receipt)).map_err(|refusal| no(&refusal))
    }

    fn settle(&mut self, customer: CustomerId) {
        let command = self.command(Actor::Service, Target::Customer(customer), Act::Settle);
        self.submit(&command).unwrap();
    }

    fn totals(&mut self, customer: CustomerId) -> Balance {
        self.settled(customer).rows.customer.unwrap().balance()
    }

    fn cards(&mut self, customer: CustomerId) -> Vec<CardView> {
        let today = self.policies.day(self.clock.now());
        let cards = self.settled(customer).rows.cards.into_values();
        cards
            .map(|card| CardView {
                id: card.id.0,
                product: card.product.clone(),
                status: card.status(today),
                granted: card.granted,
                expires_on: card.expires_on,
                converts_on: card.converts_on,
                becomes: match upcoming(&card, &self.policies) {
                    Some((_, Upcoming::Minutes { minutes, .. })) => Some(minutes),
                    _ => None,
                },
                credit: card.credit,
                balance: card.balance(),
            })
            .collect()
    }

    fn told(&mut self, customer: CustomerId) -> Vec<String> {
        let of_customer = self.notices.iter().filter(|notice| notice.customer_id == customer);
        of_customer.map(|notice| notice.kind.to_string()).collect()
    }

    fn movements(&mut self, customer: CustomerId) -> Vec<Move> {
        let of_customer = self.movements.iter().filter(|movement| movement.customer_id == customer);
        of_customer
            .map(|movement| Move {
                from: movement.from_account.to_string(),
                to: movement.to_account.to_string(),
                card: movement.card_id.map(|card| card.0),
                minutes: movement.minutes,
                basis: movement.basis.map(|basis| basis.to_string()),
            })
            .collect()
    }
}

fn facts<const N: usize>(facts: [(&str, &dyn ToString); N]) -> Facts {
    facts.into_iter().map(|(name, value)| (name.to_owned(), value.to_string())).collect()
}

pub fn answer(receipt: &Receipt) -> Answer {
    let mut invoice = None;
    let (id, facts) = match receipt {
        Receipt::Customer(customer) => (customer.id.0, facts([("number", &customer.number)])),
        Receipt::Contact(contact) | Receipt::Removed(contact) => (contact.id.0, Facts::new()),
        Receipt::Installation(installation) => (installation.id.0, Facts::new()),
        Receipt::Consent(consent) => (consent.id.0, Facts::new()),
        Receipt::Card(card, of_card) => {
            invoice = of_card.as_ref().map(|invoice| invoice.id.0);
            (card.id.0, facts([("price", &card.price), ("granted", &card.granted)]))
        }
        Receipt::Payment(paid) => (paid.payment.id.0, facts([("amount", &paid.payment.amount)])),
        Receipt::Invoice(_)
        | Receipt::Allocation(_)
        | Receipt::Repayment(_)
        | Receipt::Costs(_)
        | Receipt::PaidOut(_)
        | Receipt::Unmatched(_)
        | Receipt::Mandate(_)
        | Receipt::Collection(_)
        | Receipt::Reversal(_)
        | Receipt::Arrears(_)
        | Receipt::Billing(_) => unreachable!("no scenario asks for this: {receipt:?}"),
        Receipt::Ticket(ticket) => {
            let urgency = ticket.urgency.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
            let of_ticket = [
                ("number", &ticket.number as &dyn ToString),
                ("cover", &ticket.cover),
                ("coverage_id", &ticket.coverage_id),
                ("urgency", &urgency),
            ];
            (ticket.id.0, facts(of_ticket))
        }
        Receipt::Coverage(decided) => {
            let coverage = &decided.coverage;
            let urgency = coverage.urgency.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
            let rate = coverage.hourly_rate.map_or_else(|| "none".to_owned(), |rate| rate.to_string());
            let of_decision = [
                ("cover", &coverage.cover as &dyn ToString),
                ("urgency", &urgency),
                ("hourly_rate", &rate),
                ("reversed", &decided.reversed.len()),
            ];
            (coverage.id.0, facts(of_decision))
        }
        Receipt::ContractEnd(end) => (end.id.0, Facts::new()),
        Receipt::Conversation(said) => (said.id.0, facts([("starts_on", &said.starts_on)])),
        Receipt::AddOn(term) => (term.id.0, facts([("since", &term.since)])),
        Receipt::TicketEvent(event) => {
            let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "none".to_owned());
            let (was, became) = (word(&event.was), word(&event.became));
            (event.id.0, facts([("kind", &event.kind as &dyn ToString), ("was", &was), ("became", &became)]))
        }
        Receipt::Estimate(estimate) => {
            let (answer_by, work_until) = (&estimate.answer_by, &estimate.work_until);
            let of_estimate = [
                ("minutes", &estimate.minutes as &dyn ToString),
                ("status", &estimate.status),
                ("answer_by", answer_by),
                ("work_until", work_until),
            ];
            (estimate.id.0, facts(of_estimate))
        }
        Receipt::Time(time) => {
            let of_entry = [
                ("worked", &time.entry.worked as &dyn ToString),
                ("charged", &time.entry.charged),
                ("uncovered", &time.uncovered),
                ("covered_by", &time.entry.covered_by),
                ("available_after", &time.available_after),
            ];
            (time.entry.id.0, facts(of_entry))
        }
        Receipt::Correction(correction) => {
            let (available_after, repriced) = (&correction.available_after, &correction.repriced);
            (correction.id.0, facts([("available_after", available_after), ("repriced", repriced)]))
        }
        Receipt::Settled => (Uuid::nil(), Facts::new()),
    };
    Answer { id, invoice, facts }
}

pub fn no(refusal: &Refusal) -> No {
    let mut facts = match refusal {
        Refusal::Overpayment { open, asked } => facts([("open", open), ("amount", asked)]),
        Refusal::EstimateNotOpen { status } => facts([("status", status)]),
        Refusal::EstimateNotNeeded { cover } => facts([("cover", cover)]),
        Refusal::CeilingExceeded { ceiling, asked, .. } => facts([("ceiling", ceiling), ("asked", asked)]),
        Refusal::InsufficientMinutes { available, asked } => {
            facts([("available", available), ("asked", asked), ("shortage", &(*asked - *available))])
        }
        Refusal::OutOfScope { available, asked, unusable, .. } => facts([
            ("available", available),
            ("asked", asked),
            ("shortage", &(*asked - *available)),
            ("unusable", unusable),
        ]),
        Refusal::InstallationInUse { left } => facts([("left", left)]),
        Refusal::BelowFirstPurchase { minimum, asked, .. } => facts([("minimum", minimum), ("asked", asked)]),
        Refusal::BeyondAgreement { agreed, left, asked, .. } => {
            facts([("agreed", agreed), ("left", left), ("asked", asked), ("shortage", &(*asked - *left))])
        }
        Refusal::AgreementRequired { asked } | Refusal::RequesterNotAuthorised { asked } => facts([("asked", asked)]),
        Refusal::BeyondTolerance { tolerance, shortage } => facts([("tolerance", tolerance), ("shortage", shortage)]),
        _ => Facts::new(),
    };
    facts.extend(refusal.field().map(|field| ("field".to_owned(), field.to_owned())));
    No { why: refusal.name().to_owned(), facts }
}

/// What went wrong with a line.
type Outcome<T = ()> = Result<T, String>;

/// The words of one line that are not read yet.
struct Words<'a> {
    words: VecDeque<&'a str>,
}

impl<'a> Words<'a> {
    fn of(line: &'a str) -> Self {
        let line = line.split_once('#').map_or(line, |(line, _)| line);
        Self { words: line.split_whitespace().collect() }
    }

    fn next(&mut self, what: &str) -> Outcome<&'a str> {
        self.words.pop_front().ok_or_else(|| format!("expected {what} at the end of the line"))
    }

    fn minutes(&mut self) -> Outcome<Minutes> {
        minutes(self.next("hours and minutes")?)
    }

    fn day(&mut self) -> Outcome<NaiveDate> {
        parse(self.next("a day")?, "a day such as 2026-03-09")
    }

    fn starts_with_day(&self) -> bool {
        self.words.front().is_some_and(|word| word.parse::<NaiveDate>().is_ok())
    }

    /// Takes out `word` wherever it stands.
    fn flag(&mut self, word: &str) -> bool {
        let found = self.words.iter().position(|each| *each == word);
        found.and_then(|at| self.words.remove(at)).is_some()
    }

    /// Takes out `word` and what follows it.
    fn option(&mut self, word: &str) -> Option<&'a str> {
        let at = self.words.iter().position(|each| *each == word)?;
        self.words.remove(at);
        self.words.remove(at)
    }

    fn day_option(&mut self, word: &str) -> Outcome<Option<NaiveDate>> {
        self.option(word).map(|text| parse(text, "a day such as 2026-03-09")).transpose()
    }

    fn finish(self) -> Outcome {
        let rest: Vec<&str> = self.words.into();
        if rest.is_empty() { Ok(()) } else { Err(format!("not understood: `{}`", rest.join(" "))) }
    }
}

fn parse<T: std::str::FromStr>(text: &str, expected: &str) -> Outcome<T> {
    text.parse().map_err(|_| format!("expected {expected}, found `{text}`"))
}

/// Hours and minutes: `3:20`.
fn minutes(text: &str) -> Outcome<Minutes> {
    let wrong = || format!("expected hours and minutes such as 3:20, found `{text}`");
    let (hours, minutes) = text.split_once(':').filter(|(_, minutes)| minutes.len() == 2).ok_or_else(wrong)?;
    let (hours, minutes): (i64, i64) = (parse(hours, "hours")?, parse(minutes, "minutes")?);
    if minutes < 60 { Ok(Minutes(hours * 60 + minutes)) } else { Err(wrong()) }
}

fn same<T: PartialEq + std::fmt::Display>(what: &str, expected: &T, found: &T) -> Outcome {
    if expected == found { Ok(()) } else { Err(format!("{what}: expected {expected}, found {found}")) }
}

/// The text of a policy with keys replaced.
#[derive(Default)]
struct Terms {
    versions: Vec<String>,
    /// The key that was replaced last: a key which is not in the text comes after it.
    last: String,
}

impl Terms {
    fn policy(&mut self, words: &mut Words) -> Outcome {
        let from = if words.starts_with_day() { Some(words.day()?) } else { None };
        let name = words.next("the name of a policy")?;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/terms").join(format!("{name}.toml"));
        let shipped = Policy::shipped(name).map(str::to_owned).or_else(|| std::fs::read_to_string(path).ok());
        self.versions.push(shipped.ok_or_else(|| format!("no policy `{name}` is shipped or in tests/it/terms"))?);
        if let Some(from) = from {
            self.set("effective_from", &from.to_string())?;
        }
        Ok(())
    }

    fn with(&mut self, words: &mut Words) -> Outcome {
        let key = words.next("a key of the policy")?;
        let value: Vec<&str> = std::mem::take(&mut words.words).into();
        let value = match value[..] {
            [count, "months"] => format!("{{ months = {count} }}"),
            [count, "months", "from", "order"] => format!("{{ months = {count}, from = \"order\" }}"),
            [count, "calendar", "years"] => format!("{{ calendar_years = {count} }}"),
            [list] if list.starts_with('[') => list.to_owned(),
            [word] if word.parse::<i64>().is_ok() || word == "true" || word == "false" => word.to_owned(),
            [word] => format!("\"{word}\""),
            _ => return Err("expected the value of the key".to_owned()),
        };
        self.set(key, &value)
    }

    fn set(&mut self, key: &str, value: &str) -> Outcome {
        let text = self.versions.last_mut().ok_or("expected a policy before this line")?;
        let starts = |line: &str, key: &str| line.starts_with(&format!("{key} = "));
        let known = text.lines().any(|line| starts(line, key));
        let mut changed = String::new();
        for line in text.lines() {
            if starts(line, key) {
                let _ = writeln!(changed, "{key} = {value}");
            } else if !known && starts(line, &self.last) {
                let _ = writeln!(changed, "{line}\n{key} = {value}");
            } else {
                let _ = writeln!(changed, "{line}");
            }
        }
        *text = changed;
        key.clone_into(&mut self.last);
        Ok(())
    }

    fn without(&mut self, section: &str) -> Outcome {
        let text = self.versions.last_mut().ok_or("expected a policy before this line")?;
        let mut inside = false;
        let left = text.lines().filter(|line| {
            if line.starts_with('[') {
                inside = line.trim_start_matches('[').starts_with(section);
            }
            !inside
        });
        *text = left.collect::<Vec<_>>().join("\n") + "\n";
        Ok(())
    }

    /// The texts, once they are known to be policies.
    fn checked(self) -> Outcome<Vec<String>> {
        if self.versions.is_empty() {
            return Err("the first line must name a policy".to_owned());
        }
        for text in &self.versions {
            Policy::parse(text).map_err(|errors| format!("the policy is not valid: {errors}"))?;
        }
        Ok(self.versions)
    }
}

/// A scenario while it is played.
struct Stage<W> {
    world: W,
    now: DateTime<Utc>,
    customer: Option<CustomerId>,
    names: HashMap<(&'static str, String), Uuid>,
    /// What was answered to the last thing that was asked.
    last: Option<Result<Answer, No>>,
    /// Whether a refusal waits to be expected.
    unexpected: bool,
    /// How many movements and notices there were before the last thing that was asked.
    before: usize,
    told_before: usize,
    /// Its movements that no line has named yet; none before the first such line.
    moved: Option<VecDeque<Move>>,
}

impl<W: World> Stage<W> {
    fn new(world: W) -> Self {
        Self {
            world,
            now: DateTime::UNIX_EPOCH,
            customer: None,
            names: HashMap::new(),
            last: None,
            unexpected: false,
            before: 0,
            told_before: 0,
            moved: None,
        }
    }

    fn play(&mut self, line: &str) -> Outcome {
        let mut words = Words::of(line);
        let Some(verb) = words.words.pop_front() else { return Ok(()) };
        if words.starts_with_day() {
            self.rest()?;
            let today = words.day()?;
            self.move_clock(today)?;
            self.act(verb, &mut words)?;
        } else {
            self.check(verb, &mut words)?;
        }
        words.finish()
    }

    /// Before something new is asked, and at the end: nothing of the last thing may be left unsaid.
    fn rest(&mut self) -> Outcome {
        if let (true, Some(Err(no))) = (self.unexpected, &self.last) {
            return Err(format!("what was asked before this line was refused: {} {:?}", no.why, no.facts));
        }
        let left: Vec<String> = self.moved.take().into_iter().flatten().map(|each| self.tell(&each)).collect();
        if !left.is_empty() {
            return Err(format!("what was asked before this line also moved {}", left.join(", ")));
        }
        self.before = self.customer.map_or(0, |customer| self.world.movements(customer).len());
        self.told_before = self.customer.map_or(0, |customer| self.world.told(customer).len());
        Ok(())
    }

    /// To ten o'clock or so of a day; each thing that is asked on one day a minute after the other.
    fn move_clock(&mut self, today: NaiveDate) -> Outcome {
        let morning = today.and_time(NaiveTime::MIN).and_utc() + Duration::hours(9);
        let now = morning.max(self.now + Duration::minutes(1));
        if now.date_naive() != today {
            return Err("expected no earlier day than on the lines before".to_owned());
        }
        self.now = now;
        self.world.set_clock(now);
        Ok(())
    }

    fn act(&mut self, verb: &str, words: &mut Words) -> Outcome {
        match verb {
            "customer" => self.customer(words),
            "owner" | "spender" | "viewer" => self.contact(verb, words),
            "revoke" => {
                let contact = self.named("contact", words.next("a name")?)?;
                self.ask_customer(Who::Agent, Act::RemoveContact(ContactId(contact)))
            }
            "installation" => {
                let name = words.next("a name")?;
                self.ask_customer(Who::Agent, Act::AddInstallation { name: name.to_owned() })?;
                self.name("installation", name);
                Ok(())
            }
            "uninstall" => {
                let id = InstallationId(self.named("installation", words.next("an installation")?)?);
                self.ask_customer(Who::Agent, Act::RemoveInstallation(id))
            }
            "consent" | "withdraw" => {
                let who = self.by(words)?;
                let act = if verb == "consent" { Act::GiveConsent } else { Act::WithdrawConsent };
                self.ask_customer(who, act)
            }
            "card" => self.order(words),
            "payment" => self.pay(words),
            "ticket" => self.ticket(words),
            "status" => self.status(words),
            "priority" => {
                let ticket = TicketId(self.named("ticket", words.next("a ticket")?)?);
                let priority = words.next("a priority")?.to_owned();
                self.handle(ticket, Handling::Prioritise { priority, reason: "agreed by phone".to_owned() })
            }
            "estimate" => self.estimate(words),
            "accept" => self.accept(words),
            "decline" => {
                let estimate = EstimateId(self.named("estimate", words.next("an estimate")?)?);
                let act = Act::DeclineEstimate { estimate, contact: None };
                self.ask(Who::Agent, Target::Estimate(estimate), act)
            }
            "close" => {
                let estimate = EstimateId(self.named("estimate", words.next("an estimate")?)?);
                self.ask(Who::Agent, Target::Estimate(estimate), Act::CloseEstimate(estimate))
            }
            "decide" => self.decide(words),
            "add_on" => {
                let today = self.now.date_naive();
                let (since, until) = (words.day_option("since")?.unwrap_or(today), words.day_option("until")?);
                self.ask_customer(Who::Agent, Act::RecordAddOn { since, until })
            }
            "invoice" => self.invoice(words),
            "time" => self.time(words),
            "reverse" => {
                let entry = TimeEntryId(self.named("entry", words.next("an entry")?)?);
                let reason = "typed wrong".to_owned();
                self.ask(Who::Agent, Target::TimeEntry(entry), Act::ReverseEntry { entry, reason })
            }
            "cover" | "goodwill" => self.cover(verb, words),
            "day" => {
                let customer = self.the_customer()?;
                self.world.settle(customer);
                Ok(())
            }
            _ => Err(format!("nobody knows how to `{verb}`")),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "what every act ends with")]
    fn ask(&mut self, who: Who, target: Target, act: Act) -> Outcome {
        let answer = self.world.ask(who, target, act);
        self.unexpected = answer.is_err();
        self.last = Some(answer);
        Ok(())
    }

    fn ask_customer(&mut self, who: Who, act: Act) -> Outcome {
        let customer = self.the_customer()?;
        self.ask(who, Target::Customer(customer), act)
    }

    fn the_customer(&self) -> Outcome<CustomerId> {
        self.customer.ok_or_else(|| "expected a customer before this line".to_owned())
    }

    /// The answer, if it was a yes.
    fn answered(&self) -> Option<Answer> {
        self.last.as_ref()?.as_ref().ok().cloned()
    }

    /// Gives what was made a name.
    fn name(&mut self, kind: &'static str, name: &str) {
        if let Some(answer) = self.answered() {
            self.names.insert((kind, name.to_owned()), answer.id);
        }
    }

    fn named(&self, kind: &'static str, name: &str) -> Outcome<Uuid> {
        let found = self.names.get(&(kind, name.to_owned())).copied();
        found.ok_or_else(|| format!("there is no {kind} `{name}` on the lines before"))
    }

    fn customer(&mut self, words: &mut Words) -> Outcome {
        let (imported, since) = (words.flag("imported"), words.day_option("since")?);
        let name = words.next("the name of a customer")?;
        let act = Act::CreateCustomer {
            name: name.to_owned(),
            email: format!("{name}@example.org"),
            locale: Locale::Nl,
            monthly_amount: None,
            contract_start: since,
            imported,
        };
        self.ask(Who::Agent, Target::Customer(CustomerId(Uuid::nil())), act)?;
        if let Some(made) = self.answered() {
            let customer = CustomerId(made.id);
            self.customer = Some(customer);
            self.before = 0;
            let welcome = self.world.cards(customer).into_iter().find(|card| card.product == "welcome");
            self.names.extend(welcome.map(|card| (("card", "welcome".to_owned()), card.id)));
        }
        Ok(())
    }

    /// `by NAME`, else the agent.
    fn by(&self, words: &mut Words) -> Outcome<Who> {
        Ok(match words.option("by") {
            Some(name) => Who::Contact(ContactId(self.named("contact", name)?)),
            None => Who::Agent,
        })
    }

    fn contact(&mut self, verb: &str, words: &mut Words) -> Outcome {
        let who = self.by(words)?;
        let unasked = words.flag("unasked") || matches!(who, Who::Contact(_));
        let asked_by = words.option("asked_by").or((!unasked).then_some("the owner")).map(str::to_owned);
        let asked_via = words.option("via").or((!unasked).then_some("mail"));
        let (from, until) = (words.day_option("from")?, words.day_option("until")?);
        let ceiling = words.option("ceiling").map(minutes).transpose()?;
        let name = words.next("the name of a contact")?;
        let act = Act::AddContact {
            name: name.to_owned(),
            email: format!("{name}@example.org"),
            role: parse::<Role>(verb, "a role")?,
            ceiling,
            valid_from: from,
            valid_until: until,
            asked_by,
            asked_via: asked_via.map(|via| parse::<AskedVia>(via, "mail or chat")).transpose()?,
        };
        self.ask_customer(who, act)?;
        self.name("contact", name);
        Ok(())
    }

    fn order(&mut self, words: &mut Words) -> Outcome {
        let given = words.option("as");
        let paid = words.flag("paid");
        if !paid && !words.flag("ordered") {
            return Err("expected `paid` or `ordered`".to_owned());
        }
        let (who, renew) = (self.by(words)?, words.flag("renew"));
        let installation = self.place(words, "for")?;
        let product = words.next("a product")?;
        let name = given.unwrap_or(product);
        self.ask_customer(who, Act::OrderCard { product: product.to_owned(), installation, renew, billing: None })?;
        self.name("card", name);
        let Some(Answer { invoice: Some(invoice), facts, .. }) = self.answered() else { return Ok(()) };
        self.names.insert(("invoice", name.to_owned()), invoice);
        if paid {
            let net: Cents = parse(&facts["price"], "an amount")?;
            let vat = Cents((net.0 * 21 + 50) / 100);
            let today = self.now.date_naive();
            self.record_payment(name, net + vat, today)?;
        }
        Ok(())
    }

    /// `for INSTALLATION` or `on INSTALLATION`.
    fn place(&self, words: &mut Words, preposition: &str) -> Outcome<Option<InstallationId>> {
        let place = words.option(preposition).map(|name| self.named("installation", name)).transpose()?;
        Ok(place.map(InstallationId))
    }

    fn pay(&mut self, words: &mut Words) -> Outcome {
        let today = self.now.date_naive();
        let received = words.day_option("received")?.unwrap_or(today);
        let card = words.next("a card")?;
        let amount = parse(words.next("an amount")?, "an amount such as 968.00")?;
        self.record_payment(card, amount, received)
    }

    fn record_payment(&mut self, card: &str, amount: Cents, paid_on: NaiveDate) -> Outcome {
        let invoice = InvoiceId(self.named("invoice", card)?);
        let act = Act::RecordPayment(Receiving::of(invoice, amount, paid_on, PaymentMethod::Bank));
        self.ask(Who::Agent, Target::Invoice(invoice), act)
    }

    fn ticket(&mut self, words: &mut Words) -> Outcome {
        let requester = words.option("by").map(|name| self.named("contact", name)).transpose()?.map(ContactId);
        let topic = words.option("about").map(str::to_owned);
        let urgency = words.option("urgent").map(|urgency| parse(urgency, "a level")).transpose()?;
        let (impact, reach) = (words.option("impact").map(str::to_owned), words.option("reach").map(str::to_owned));
        let name = words.next("the name of a ticket")?;
        let kind = parse(words.next("the kind of the ticket")?, "defect, question, third_party or change")?;
        let (subject, description) = (name.to_owned(), "What happened".to_owned());
        let installation = self.place(words, "on")?;
        let report = Report {
            subject,
            description,
            requester,
            kind,
            installation,
            topic,
            urgency,
            impact,
            reach,
            ..Report::default()
        };
        self.ask_customer(Who::Agent, Act::OpenTicket(report))?;
        self.name("ticket", name);
        self.name_decision(name);
        Ok(())
    }

    fn handle(&mut self, ticket: TicketId, handling: Handling) -> Outcome {
        self.ask(Who::Agent, Target::Ticket(ticket), Act::HandleTicket { ticket, handling })
    }

    fn status(&mut self, words: &mut Words) -> Outcome {
        let ticket = TicketId(self.named("ticket", words.next("a ticket")?)?);
        let to = parse(words.next("a status")?, "a status of a ticket")?;
        self.handle(ticket, Handling::Move { to, text: Some("said so".to_owned()) })
    }

    /// Keeps the decision in force of a ticket under the ticket's name.
    fn name_decision(&mut self, ticket: &str) {
        let Some(answer) = self.answered() else { return };
        let decision = answer.facts.get("coverage_id").map_or(answer.id, |id| id.parse().unwrap());
        self.names.insert(("decision", ticket.to_owned()), decision);
    }

    fn decide(&mut self, words: &mut Words) -> Outcome {
        let told = |text: &str| Some(text.to_owned()).filter(|text| text != "none");
        let ruling = Ruling {
            cover: words.option("cover").map(|text| parse(text, "a cover")).transpose()?,
            kind: words.option("kind").map(|text| parse(text, "a kind")).transpose()?,
            topic: words.option("about").map(told),
            urgency: words.option("urgent").map(|text| told(text).map(|text| text.parse().unwrap())),
            agreed_by: words.option("agreed_by").map(|name| self.named("contact", name)).transpose()?.map(ContactId),
            hourly_rate: words.option("rate").map(|text| parse(text, "an amount")).transpose()?,
            reason: "it turned out otherwise".to_owned(),
            reverse_entries: words.flag("reversing"),
        };
        let name = words.next("a ticket")?;
        let ticket = TicketId(self.named("ticket", name)?);
        let replaces = CoverageId(self.named("decision", name)?);
        self.ask(Who::Agent, Target::Ticket(ticket), Act::DecideCoverage { ticket, replaces, ruling })?;
        self.name_decision(name);
        Ok(())
    }

    fn invoice(&mut self, words: &mut Words) -> Outcome {
        let contact = ContactId(self.named("contact", words.option("by").ok_or("agreed by whom?")?)?);
        let hourly_rate = words.option("rate").map(|text| parse(text, "an amount")).transpose()?;
        let entry = TimeEntryId(self.named("entry", words.next("an entry")?)?);
        let reason = "agreed afterwards".to_owned();
        self.ask(Who::Agent, Target::TimeEntry(entry), Act::InvoiceEntry { entry, contact, hourly_rate, reason })
    }

    /// A ticket by its name; a question when nobody has opened it.
    fn ticket_named(&mut self, name: &str) -> Outcome<TicketId> {
        if self.named("ticket", name).is_err() {
            self.ticket(&mut Words::of(&format!("{name} question")))?;
        }
        self.named("ticket", name).map(TicketId)
    }

    fn estimate(&mut self, words: &mut Words) -> Outcome {
        let spender = if words.flag("accepted") { Some(words.option("by").ok_or("accepted by whom?")?) } else { None };
        let given = words.option("as");
        let (answer_by, work_until) = (words.day_option("answer_by")?, words.day_option("work_until")?);
        let name = words.next("a ticket")?;
        let ticket = self.ticket_named(name)?;
        let minutes = words.minutes()?;
        let description = "The work".to_owned();
        let act = Act::ProposeEstimate { ticket, minutes, description, answer_by, work_until };
        self.ask(Who::Agent, Target::Ticket(ticket), act)?;
        self.name("estimate", given.unwrap_or(name));
        match spender {
            Some(spender) if self.answered().is_some() => self.agree(given.unwrap_or(name), spender, None, None),
            _ => Ok(()),
        }
    }

    fn accept(&mut self, words: &mut Words) -> Outcome {
        let spender = words.option("by").ok_or("accepted by whom?")?;
        let (via, agreed) = (words.option("via"), words.day_option("agreed")?);
        self.agree(words.next("an estimate")?, spender, via, agreed)
    }

    /// In the portal by the person, or told to an agent.
    fn agree(&mut self, estimate: &str, spender: &str, via: Option<&str>, agreed: Option<NaiveDate>) -> Outcome {
        let estimate = EstimateId(self.named("estimate", estimate)?);
        let contact = ContactId(self.named("contact", spender)?);
        let at = agreed.map(|day| day.and_time(NaiveTime::MIN).and_utc() + Duration::hours(9));
        let (who, via) = match via {
            Some(via) => (Who::Agent, parse(via, "phone, mail or in_person")?),
            None => (Who::Contact(contact), AnswerVia::Online),
        };
        let note = matches!(who, Who::Agent).then(|| "said so".to_owned());
        let answer = Agreement { contact, via, note, at };
        self.ask(who, Target::Estimate(estimate), Act::AcceptEstimate { estimate, answer })
    }

    fn time(&mut self, words: &mut Words) -> Outcome {
        let name = words.option("as").unwrap_or("last");
        let worked_on = words.day_option("worked")?;
        let started_at = words.option("started").map(|time| self.moment(worked_on, time)).transpose()?;
        let surcharges = words.option("with").map(|ids| ids.split(',').map(str::to_owned).collect());
        let estimate = words.option("on").map(|name| self.named("estimate", name)).transpose()?.map(EstimateId);
        let excess = match (words.flag("uncovered"), words.flag("given_away")) {
            (false, false) => Excess::Refuse,
            (true, false) => Excess::Uncovered,
            _ => Excess::Goodwill,
        };
        let ticket = self.ticket_named(words.next("a ticket")?)?;
        let act = Act::LogTime {
            ticket,
            worked: words.minutes()?,
            worked_on,
            description: "Helped".to_owned(),
            estimate,
            started_at,
            surcharges: surcharges.unwrap_or_default(),
            excess,
        };
        self.ask(Who::Agent, Target::Ticket(ticket), act)?;
        self.name("entry", name);
        Ok(())
    }

    /// A time on the provider's clock, today or on another day.
    fn moment(&self, day: Option<NaiveDate>, time: &str) -> Outcome<DateTime<Utc>> {
        let wrong = || format!("expected a time such as 16:40, found `{time}`");
        let time = NaiveTime::parse_from_str(time, "%H:%M").map_err(|_| wrong())?;
        let local = day.unwrap_or(self.now.date_naive()).and_time(time);
        local.and_local_timezone(Amsterdam).earliest().map(|at| at.to_utc()).ok_or_else(wrong)
    }

    fn cover(&mut self, verb: &str, words: &mut Words) -> Outcome {
        let by_card = words.option("by").map(|name| self.named("contact", name)).transpose()?.map(ContactId);
        if by_card.is_some() != (verb == "cover") {
            return Err("expected `cover … by NAME`, or `goodwill …`".to_owned());
        }
        let entry = TimeEntryId(self.named("entry", words.next("an entry")?)?);
        let reason = "agreed afterwards".to_owned();
        self.ask(Who::Agent, Target::TimeEntry(entry), Act::CoverEntry { entry, by_card, reason })
    }

    fn check(&mut self, verb: &str, words: &mut Words) -> Outcome {
        match verb {
            "answer" => {
                let answer = match &self.last {
                    Some(Ok(answer)) => answer.clone(),
                    other => return Err(format!("expected an answer, found {other:?}")),
                };
                told(words, &answer.facts)
            }
            "refused" => {
                let no = match &self.last {
                    Some(Err(no)) => no.clone(),
                    other => return Err(format!("expected a refusal, found {other:?}")),
                };
                self.unexpected = false;
                let why = words.next("a reason")?;
                same("refused", &why, &no.why.as_str())?;
                told(words, &no.facts)
            }
            "moved" => self.moved(words),
            "balance" => {
                let customer = self.the_customer()?;
                let found = self.world.totals(customer);
                balance(words, &found)
            }
            "card" => self.card(words),
            "newest" => {
                let newest = self.world.cards(self.the_customer()?).into_iter().max_by_key(|card| card.id);
                let name = words.next("a name")?.to_owned();
                self.names.insert(("card", name), newest.ok_or("there is no card")?.id);
                Ok(())
            }
            "told" => {
                let found = self.world.told(self.the_customer()?).split_off(self.told_before);
                let expected: Vec<&str> = std::mem::take(&mut words.words).into();
                let found = if found.is_empty() { "nothing".to_owned() } else { found.join(" ") };
                same("told", &expected.join(" "), &found)
            }
            _ => Err(format!("`{verb}` is no line without a day")),
        }
    }

    fn moved(&mut self, words: &mut Words) -> Outcome {
        let customer = self.the_customer()?;
        if self.moved.is_none() {
            self.moved = Some(self.world.movements(customer).split_off(self.before).into());
        }
        if words.flag("nothing") {
            return Ok(());
        }
        let rule = words.option("rule");
        let (from, arrow, to) = (words.next("an account")?, words.next("->")?, words.next("an account")?);
        same("between the accounts", &"->", &arrow)?;
        let card = if words.words.len() > 1 { Some(words.next("a card")?) } else { None };
        let expected = format!("{from} -> {to} {} {}", card.unwrap_or("no card"), words.minutes()?);
        let Some(found) = self.moved.as_mut().and_then(VecDeque::pop_front) else {
            return Err(format!("expected {expected}, found no further movement"));
        };
        same("moved", &expected, &self.tell(&found))?;
        match (rule, &found.basis) {
            (Some(rule), Some(basis)) => same("by the rule", &rule, &basis.as_str()),
            (Some(rule), None) => Err(format!("by the rule: expected {rule}, found none")),
            (None, _) => Ok(()),
        }
    }

    /// A movement as a line of a scenario writes it.
    fn tell(&self, each: &Move) -> String {
        let card = each.card.map_or("no card".to_owned(), |id| {
            let mut names = self.names.iter().filter(|((kind, _), named)| *kind == "card" && **named == id);
            names.next().map_or("a card without a name".to_owned(), |((_, name), _)| name.clone())
        });
        format!("{} -> {} {card} {}", each.from, each.to, each.minutes)
    }

    fn card(&mut self, words: &mut Words) -> Outcome {
        let customer = self.the_customer()?;
        let name = words.next("a card")?;
        let id = self.named("card", name)?;
        let cards = self.world.cards(customer);
        let card = cards.into_iter().find(|card| card.id == id).ok_or_else(|| format!("card `{name}` is not shown"))?;
        same("status", &parse::<CardStatus>(words.next("a status")?, "a status of a card")?, &card.status)?;
        if let Some(granted) = words.option("granted") {
            same("granted", &minutes(granted)?, &card.granted)?;
        }
        if let Some(until) = words.option("until") {
            let found = card.expires_on.map_or("never".to_owned(), |day| day.to_string());
            same("until", &until, &found.as_str())?;
        }
        if let Some(credit) = words.option("credit") {
            same("credit", &parse::<Cents>(credit, "an amount")?, &card.credit)?;
        }
        if let Some(becomes) = words.option("becomes") {
            let found = card.becomes.map_or("nothing".to_owned(), |minutes| minutes.to_string());
            same("becomes", &becomes, &found.as_str())?;
        }
        if let Some(on) = words.option("on") {
            let found = card.converts_on.map_or("never".to_owned(), |day| day.to_string());
            same("converts on", &on, &found.as_str())?;
        }
        balance(words, &card.balance)
    }
}

/// Pairs of a name and a value, each of which must be among the facts.
fn told(words: &mut Words, facts: &Facts) -> Outcome {
    while !words.words.is_empty() {
        let (name, expected) = (words.next("a name")?, words.next("a value")?);
        let found = facts.get(name).map_or("nothing", String::as_str);
        same(name, &expected, &found)?;
    }
    Ok(())
}

/// Accounts with their minutes; those that are not named must be empty.
fn balance(words: &mut Words, found: &Balance) -> Outcome {
    let mut expected = Balance::default();
    while !words.words.is_empty() {
        let account: Account = parse(words.next("an account")?, "an account")?;
        let figure = words.minutes()?;
        *expected.account(account).ok_or("expected an account of a card or of a customer")? = figure;
    }
    let mut found = *found;
    for account in Account::ALL.iter().filter(|account| **account != Account::Issued) {
        let figure = |balance: &mut Balance| balance.account(*account).map_or(Minutes::ZERO, |figure| *figure);
        same(account.as_str(), &figure(&mut expected), &figure(&mut found))?;
    }
    Ok(())
}

/// Plays one text against a world that `open` makes for its policies; gives what went wrong, with the line.
pub fn play<W: World>(text: &str, open: impl FnOnce(&[String]) -> W) -> Outcome {
    let mut terms = Terms::default();
    let mut lines = text.lines().zip(1..).peekable();
    let at = |number: i32, line: &str, wrong: String| format!("line {number}: {}\n        {wrong}", line.trim());
    while let Some((line, number)) = lines.peek().copied() {
        let mut words = Words::of(line);
        let result = match words.words.front() {
            None => Ok(()),
            Some(&"policy") => words.next("").and_then(|_| terms.policy(&mut words)),
            Some(&"with") => words.next("").and_then(|_| terms.with(&mut words)),
            Some(&"without") => words.next("").and_then(|_| terms.without(words.next("a section")?)),
            Some(_) => break,
        };
        result.and_then(|()| words.finish()).map_err(|wrong| at(number, line, wrong))?;
        lines.next();
    }
    let mut stage = Stage::new(open(&terms.checked()?));
    for (line, number) in lines {
        stage.play(line).map_err(|wrong| at(number, line, wrong))?;
    }
    stage.rest().map_err(|wrong| format!("at the end: {wrong}"))
}

/// All scenarios: name of the file, text.
pub fn all() -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/scenarios");
    let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let mut found: Vec<(String, String)> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    found.sort();
    found
}

/// Plays all scenarios, four at a time; fails with the file, the line, what was expected and what was found.
pub fn play_all<W: World>(open: impl Fn(&[String]) -> W + Sync) {
    let (scenarios, next, wrong) = (all(), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let player = || {
        while let Some((name, text)) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = play(text, &open);
            wrong.lock().unwrap().extend(outcome.err().map(|wrong| format!("{name}, {wrong}")));
        }
    };
    std::thread::scope(|threads| (0..4).for_each(|_| drop(threads.spawn(player))));
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} scenarios do not hold:\n{}", wrong.len(), scenarios.len(), wrong.join("\n"));
}

#[test]
fn every_scenario_holds_in_the_pure_domain() {
    play_all(|versions| Books::new(versions, day("2026-01-01").and_time(NaiveTime::MIN).and_utc()));
}

/// The rules, and the sheets of terms that providers publish.
const RULES: &[&str] = &[
    "card_1", "card_2", "card_3", "card_4", "card_5", "card_6", "card_8", "card_9", "card_10", "time_1", "time_2",
    "time_3", "time_4", "time_5", "time_7", "spend_1", "spend_2", "spend_3", "spend_4", "spend_5", "spend_6",
    "spend_7", "cover_1", "cover_2", "cover_3", "cover_4", "cover_5", "cover_6", "urg_1", "urg_2", "sla_1", "pol_1",
    "pol_2", "pol_3", "terms",
];

#[test]
fn every_rule_has_a_scenario() {
    let names: Vec<String> = all().into_iter().map(|(name, _)| name).collect();
    for rule in RULES {
        assert!(names.iter().any(|name| name.starts_with(&format!("{rule}_"))), "no scenario for {rule}");
    }
    for name in &names {
        assert!(RULES.iter().any(|rule| name.starts_with(&format!("{rule}_"))), "{name} does not start with a rule");
    }
}

/// A runner that lets everything pass would prove nothing.
#[test]
fn a_wrong_figure_is_found_and_its_line_named() {
    let open = |versions: &[String]| Books::new(versions, DateTime::UNIX_EPOCH);
    let start = "policy openedu\ncustomer 2026-01-05 school\n";
    for (lines, wrong) in [
        ("balance available 2:45", "line 3: balance available 2:45\n        available: expected 2:45, found 3:00"),
        ("balance", "line 3: balance\n        available: expected 0:00, found 3:00"),
        ("moved issued -> available welcome 3:00", ""),
        ("moved nothing", "at the end: what was asked before this line also moved issued -> available welcome 3:00"),
        ("card welcome active until 2027-01-04 available 3:00", "until: expected 2027-01-04, found never"),
        ("card 2026-01-05 6h paid", "at the end: what was asked before this line was refused: unknown-product"),
        ("refused last-owner", "expected a refusal, found Some(Ok("),
        ("owner 2026-01-04 jo", "expected no earlier day than on the lines before"),
        ("ticket 2026-01-05 T-1 question quickly", "not understood: `quickly`"),
        ("time 2026-01-05 T-1 1:75", "expected hours and minutes such as 3:20, found `1:75`"),
    ] {
        let result = play(&format!("{start}{lines}"), open).err().unwrap_or_default();
        assert!(result.contains(wrong) && result.is_empty() == wrong.is_empty(), "{lines}: {result}");
    }
}
