//! Who pays for a ticket, decided before the work (COVER-1 to COVER-6, URG-1, URG-2): the words, the record of a decision,
//! and what the engine proposes.

use super::policy::{Bilingual, CardRules, CoverRule};
use super::{
    Cents, ContactId, CoverageId, CustomerId, Locale, Minutes, Policy, TicketId, TicketKind, UserId, Weight,
    ids::AddOnId, printed::day, words::words,
};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use std::{convert::Infallible, fmt, str::FromStr};

words! {
    /// What covers the work on a ticket, in the order in which it is tried (COVER-1).
    pub enum Cover {
        /// A safety incident: always free, never counted (URG-1).
        Safety = "safety",
        /// A fault in the provider's own products, links or services: free (COVER-2).
        Defect = "defect",
        /// Part of the service that the customer pays for (COVER-3).
        Included = "included",
        /// The customer's add-on for urgent tickets (URG-2).
        AddOn = "add_on",
        /// The urgent ticket that is free once per window (URG-2).
        YearlyUrgent = "yearly_urgent",
        /// Free within fair use (COVER-4).
        FairUse = "fair_use",
        /// Cards of the customer.
        Card = "card",
        /// An invoice, at an agreed price per hour.
        Invoice = "invoice",
        /// Given away.
        Goodwill = "goodwill",
        /// Nothing yet: to be agreed (TIME-7).
        Uncovered = "uncovered",
    }
}

impl Cover {
    /// Whether minutes are charged at all: 0 unless covered by card, invoice or nothing (COVER-1).
    #[must_use]
    pub const fn charges(self) -> bool {
        matches!(self, Self::Card | Self::Invoice | Self::Uncovered)
    }

    /// Whether hours are asked for beforehand as an estimate, which cards pay (SPEND-3).
    #[must_use]
    pub const fn takes_estimates(self) -> bool {
        matches!(self, Self::Card | Self::Uncovered)
    }
}

/// How urgent a ticket is (URG-1, URG-2): a safety incident, or a level of the policy by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Client data in the open, own systems hacked, access that a life depends on.
    Safety,
    /// A level that the policy names.
    Level(String),
}

impl Urgency {
    /// The word for a safety incident, which no level may have as its id.
    pub const SAFETY: &'static str = "safety";

    /// As API, pages and database write it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Safety => Self::SAFETY,
            Self::Level(id) => id,
        }
    }
}

impl FromStr for Urgency {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == Self::SAFETY { Self::Safety } else { Self::Level(text.to_owned()) })
    }
}

impl fmt::Display for Urgency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

words! {
    /// What the conversation about fair use came to (FAIR-6).
    pub enum Outcome {
        /// Questions come off the card.
        Card = "card",
        /// A proposal to measure.
        Proposal = "proposal",
        /// It stays as it is.
        Leave = "leave",
    }
}

impl Outcome {
    /// Whether questions are no longer under fair use.
    #[must_use]
    pub const fn ends_fair_use(self) -> bool {
        !matches!(self, Self::Leave)
    }
}

/// A decision about one ticket. Never changed: a new one names it (COVER-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Identity.
    pub id: CoverageId,
    /// Whose ticket.
    pub customer_id: CustomerId,
    /// Which ticket.
    pub ticket_id: TicketId,
    /// The kind that was decided on.
    pub kind: TicketKind,
    /// The topic that was decided on.
    pub topic: Option<String>,
    /// The urgency that was asked.
    pub asked: Option<Urgency>,
    /// The urgency that stands.
    pub urgency: Option<Urgency>,
    /// Who pays.
    pub cover: Cover,
    /// The sentence of the terms that says so.
    pub sentence: Bilingual,
    /// Where the terms say so.
    pub source: Option<String>,
    /// Why it is so for this customer and this ticket.
    pub reason: Bilingual,
    /// What the agent can offer (URG-2).
    pub offer: Option<Bilingual>,
    /// By how much its minutes count under fair use; none when they do not (FAIR-2).
    pub fair_use_weight: Option<Decimal>,
    /// The price of an hour, ex VAT (COVER-6).
    pub hourly_rate: Option<Cents>,
    /// Who of the customer agreed to an invoice at that price (TIME-7).
    pub agreed_by: Option<ContactId>,
    /// The version of the policy that it was decided under (POL-1).
    pub policy_version: i64,
    /// The agent who decided; none for the rules alone.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// The decision that this one takes the place of.
    pub replaces: Option<CoverageId>,
    /// Why an agent decided otherwise.
    pub override_reason: Option<String>,
}

impl Coverage {
    /// By how much worked minutes count under fair use, in hundredths (FAIR-2).
    #[must_use]
    pub fn weight(&self) -> Option<Weight> {
        self.fair_use_weight.and_then(Weight::of)
    }
}

/// From when to when a customer has the add-on for urgent tickets (URG-2). The last one recorded holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddOnTerm {
    /// Identity.
    pub id: AddOnId,
    /// Whose.
    pub customer_id: CustomerId,
    /// Number within the customer, from 1.
    pub nr: i64,
    /// First day.
    pub since: NaiveDate,
    /// Last day; none while it goes on.
    pub until: Option<NaiveDate>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: Option<UserId>,
}

impl AddOnTerm {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.since <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// What is to be decided about: a ticket, or one that might come.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What it is about.
    pub kind: TicketKind,
    /// Its topic, by id.
    pub topic: Option<&'a str>,
    /// How urgent it is asked to be.
    pub urgency: Option<&'a Urgency>,
}

/// What is known of the customer when it is decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The local day.
    pub today: NaiveDate,
    /// Minutes that are available or held on those of its cards that pay for this work (CARD-8).
    pub left: Minutes,
    /// Since when its add-on for urgent tickets holds; none when it does not hold today.
    pub add_on: Option<NaiveDate>,
    /// The days on which other tickets of the window were urgent for free, the oldest first.
    pub urgent: Vec<NaiveDate>,
    /// The recorded outcome of the conversation about fair use that is in force today (FAIR-6), and since when.
    pub outcome: Option<(Outcome, NaiveDate)>,
}

/// What the engine decides, before a person looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Who pays.
    pub cover: Cover,
    /// The sentence of the terms that says so.
    pub sentence: Bilingual,
    /// Where the terms say so.
    pub source: Option<String>,
    /// Why it is so for this customer and this ticket, with the figures.
    pub reason: Bilingual,
    /// What the agent can offer, where urgency is used up (URG-2).
    pub offer: Option<Bilingual>,
    /// The urgency that stands; none when the ticket runs at normal priority.
    pub urgency: Option<Urgency>,
    /// By how much its minutes count under fair use; none when they do not.
    pub fair_use_weight: Option<Decimal>,
    /// The price of an hour, where there is one (COVER-6).
    pub hourly_rate: Option<Cents>,
}

/// Decides who pays: the first cover that fits, in [`Cover`]'s order (COVER-1). Total: every question gets an answer.
#[must_use]
pub fn propose(policy: &Policy, asked: &Question<'_>, facts: &Facts) -> Proposal {
    Weighing { policy, asked, facts }.propose()
}

/// The price of an hour of a topic, ex VAT (COVER-6).
#[must_use]
pub fn hourly_rate(policy: &Policy, topic: Option<&str>) -> Option<Cents> {
    let own = topic.and_then(|id| policy.topic(id)).and_then(|topic| topic.hourly_rate);
    own.or(policy.rates.hourly)
}

/// Which covers an agent may decide on under this policy (COVER-1).
#[must_use]
pub fn known(policy: &Policy) -> Vec<Cover> {
    let ruled = |cover| policy.coverage.iter().any(|rule| rule.by == cover);
    let urgency = policy.urgency.as_ref();
    let priced = policy.rates.hourly.is_some() || policy.topics.iter().any(|topic| topic.hourly_rate.is_some());
    let exists = |cover: &Cover| match cover {
        Cover::Safety => urgency.is_some(),
        Cover::AddOn => urgency.is_some_and(|rules| rules.add_on.is_some()),
        Cover::YearlyUrgent => urgency.is_some_and(|rules| rules.free_per_window > 0),
        Cover::Included | Cover::FairUse => ruled(*cover),
        Cover::Card => policy.cards.is_some(),
        Cover::Invoice => priced,
        Cover::Defect | Cover::Goodwill | Cover::Uncovered => true,
    };
    Cover::ALL.iter().copied().filter(exists).collect()
}

/// The sentence that goes with a cover which a person chose: the policy's where a rule of it says so, else ours.
#[must_use]
pub fn sentence(policy: &Policy, cover: Cover, kind: TicketKind, topic: Option<&str>) -> (Bilingual, Option<String>) {
    let rules = rules(policy);
    let fitting = rules.iter().find(|rule| rule.by == cover && rule.fits(kind, topic));
    if let Some(rule) = fitting.or_else(|| rules.iter().find(|rule| rule.by == cover)) {
        return (rule.sentence.clone(), rule.source.clone());
    }
    let own = match (cover, &policy.urgency) {
        (Cover::Defect, _) => policy.defects.clone(),
        (Cover::Safety, Some(urgency)) => urgency.safety.clone(),
        (Cover::YearlyUrgent, Some(urgency)) => urgency.sentence.clone(),
        _ => said_of(cover),
    };
    (own, None)
}

/// What we say of a cover where the terms have no sentence of their own.
fn said_of(cover: Cover) -> Bilingual {
    match cover {
        Cover::Safety => {
            both("Een veiligheidsincident is altijd kosteloos.", "A safety incident is always free of charge.")
        }
        Cover::Defect => {
            both("Een storing in ons eigen product is kosteloos.", "A defect in our own product is free of charge.")
        }
        Cover::Included => both("Ondersteuning hoort bij uw dienst.", "Support is part of your service."),
        Cover::AddOn => {
            both("Uw abonnement voor spoedmeldingen dekt dit.", "Your add-on for urgent tickets covers this.")
        }
        Cover::YearlyUrgent => both("Deze spoedmelding is kosteloos.", "This urgent ticket is free of charge."),
        Cover::FairUse => both("Vragen zijn vrij binnen redelijk gebruik.", "Questions are free within fair use."),
        Cover::Card => both(
            "Dit werk gaat van uw strippenkaart, na uw akkoord op de uren.",
            "This work comes off your card, once you have agreed to the hours.",
        ),
        Cover::Invoice => {
            both("Dit werk gaat op factuur, na uw akkoord.", "This work is invoiced, once you have agreed.")
        }
        Cover::Goodwill => both("Dit doen wij uit coulance.", "We do this as goodwill."),
        Cover::Uncovered => both(
            "Voor dit werk is nog niets afgesproken: dat doen we voordat we beginnen.",
            "Nothing is agreed for this work yet: we do that before we start.",
        ),
    }
}

/// The rules of a policy; one that has none lets cards pay for all but defects, where there are cards.
fn rules(policy: &Policy) -> Vec<CoverRule> {
    if policy.coverage.is_empty() && policy.cards.is_some() {
        let (kinds, sentence) = (CoverRule::KINDS.to_vec(), said_of(Cover::Card));
        return vec![CoverRule { by: Cover::Card, kinds, topics: vec![], sentence, source: None }];
    }
    policy.coverage.clone()
}

impl Policy {
    /// Every cover that this provider has and what it is for, in the order in which they are tried: what the customer may
    /// read as "who pays for what" (COVER-1).
    #[must_use]
    pub fn cover_table(&self) -> Vec<CoverRule> {
        let own = |by, kinds: &[TicketKind]| {
            let (sentence, source) = sentence(self, by, TicketKind::Question, None);
            CoverRule { by, kinds: kinds.to_vec(), topics: vec![], sentence, source }
        };
        let known = known(self);
        let mut table: Vec<CoverRule> = [
            (Cover::Safety, TicketKind::ALL),
            (Cover::Defect, &[TicketKind::Defect]),
            (Cover::AddOn, &CoverRule::KINDS[..]),
            (Cover::YearlyUrgent, &CoverRule::KINDS[..]),
        ]
        .into_iter()
        .filter(|(by, _)| known.contains(by))
        .map(|(by, kinds)| own(by, kinds))
        .collect();
        table.extend(rules(self));
        table.sort_by_key(|rule| rule.by);
        table
    }
}

/// One question under decision.
struct Weighing<'a> {
    policy: &'a Policy,
    asked: &'a Question<'a>,
    facts: &'a Facts,
}

/// What became of the urgency that was asked.
enum Urgent {
    /// None was asked, or it is not rationed.
    Stands,
    /// The add-on pays, since that day.
    AddOn(NaiveDate),
    /// One of the free ones: which one of the window.
    Free(usize),
    /// Used up: the ticket runs at normal priority.
    UsedUp,
}

impl Weighing<'_> {
    fn propose(&self) -> Proposal {
        if self.asked.urgency == Some(&Urgency::Safety) {
            let why = "Gemeld als veiligheidsincident: dat is altijd kosteloos en telt nergens mee.";
            return self
                .by(Cover::Safety, both(why, "Reported as a safety incident: always free, and counted nowhere."));
        }
        if self.asked.kind == TicketKind::Defect {
            let why = "De melding gaat over een storing in ons eigen product, koppeling of dienst.";
            return self
                .by(Cover::Defect, both(why, "The ticket is about a fault in our own product, link or service."));
        }
        let rules = self.fitting();
        if let Some(included) = rules.iter().find(|rule| rule.by == Cover::Included) {
            let why =
                both("Hoort bij de dienst: er wordt niets voor berekend.", "Part of the service: nothing is charged.");
            return self.ruled(included, why);
        }
        let agreed_work = rules.iter().any(|rule| rule.by == Cover::Invoice && rule.names(self.asked.topic));
        match self.urgent() {
            Urgent::AddOn(since) if !agreed_work => self.by(Cover::AddOn, self.why_add_on(since)),
            Urgent::Free(nth) if !agreed_work => self.by(Cover::YearlyUrgent, self.why_free(nth)),
            Urgent::Stands => self.by_rules(&rules),
            refused => self.at_normal_priority(self.by_rules(&rules), &refused),
        }
    }

    /// The rules for this kind and topic; those that name the topic shut out those that name none.
    fn fitting(&self) -> Vec<CoverRule> {
        let mut fitting: Vec<CoverRule> =
            rules(self.policy).into_iter().filter(|rule| rule.fits(self.asked.kind, self.asked.topic)).collect();
        if fitting.iter().any(|rule| rule.names(self.asked.topic)) {
            fitting.retain(|rule| rule.names(self.asked.topic));
        }
        fitting
    }

    /// URG-2: whether the urgency that was asked stands, and what pays for it.
    fn urgent(&self) -> Urgent {
        let (Some(_), Some(rules)) = (self.asked.urgency, &self.policy.urgency) else { return Urgent::Stands };
        let used = self.facts.urgent.len();
        match self.facts.add_on {
            _ if !rules.is_rationed() => Urgent::Stands,
            Some(since) => Urgent::AddOn(since),
            None if used < rules.free_per_window as usize => Urgent::Free(used + 1),
            None => Urgent::UsedUp,
        }
    }

    /// From fair use to uncovered: what the rules give to a ticket that is not urgent.
    fn by_rules(&self, rules: &[CoverRule]) -> Proposal {
        let rule_by = |cover: Cover| rules.iter().find(|rule| rule.by == cover);
        let ended = self.facts.outcome.filter(|(outcome, _)| outcome.ends_fair_use());
        if let (Some(rule), Some(weight)) = (rule_by(Cover::FairUse), self.weight()) {
            match ended {
                None => return self.ruled(rule, why_fair_use(weight)),
                Some((outcome, since)) => return after_fair_use(self.otherwise(rules, outcome), outcome, since),
            }
        }
        self.otherwise(rules, Outcome::Leave)
    }

    /// Below fair use: card, agreed invoice, goodwill, uncovered. A card with nothing left steps back for what fits after it,
    /// and so does any card for a proposal to measure.
    fn otherwise(&self, rules: &[CoverRule], outcome: Outcome) -> Proposal {
        let rule_by = |cover: Cover| rules.iter().find(|rule| rule.by == cover);
        let card = rule_by(Cover::Card).filter(|_| self.cards_can_pay());
        let pays = self.facts.left.is_positive() && outcome != Outcome::Proposal;
        let after = rule_by(Cover::Invoice).or_else(|| rule_by(Cover::Goodwill));
        match (card, after) {
            (Some(card), _) if pays => self.ruled(card, self.why_card()),
            (_, Some(rule)) if rule.by == Cover::Invoice => self.ruled(rule, self.why_invoice()),
            (_, Some(rule)) => self.ruled(rule, both("Wij rekenen hier niets voor.", "We charge nothing for this.")),
            (Some(card), None) if outcome != Outcome::Proposal => self.ruled(card, self.why_card()),
            _ => self.by(Cover::Uncovered, self.why_uncovered()),
        }
    }

    /// CARD-8: whether a card of the customer pays for this kind of work, or one that is for sale would.
    fn cards_can_pay(&self) -> bool {
        let (kind, topic) = (self.asked.kind, self.asked.topic);
        let sold = |cards: &CardRules| {
            let products = cards.products.iter().map(|product| &product.scope.work);
            products.chain([&cards.scope.work]).any(|work| work.pays(kind, topic))
        };
        self.facts.left.is_positive() || self.policy.cards.as_ref().is_some_and(sold)
    }

    /// What the topic counts for under fair use; none when fair use leaves it out.
    fn weight(&self) -> Option<Decimal> {
        self.asked.topic.and_then(|id| self.policy.topic(id)).map_or(Some(Decimal::ONE), |topic| topic.fair_use_weight)
    }

    fn by(&self, cover: Cover, reason: Bilingual) -> Proposal {
        let (said, source) = sentence(self.policy, cover, self.asked.kind, self.asked.topic);
        self.proposal(cover, said, source, reason)
    }

    fn ruled(&self, rule: &CoverRule, reason: Bilingual) -> Proposal {
        self.proposal(rule.by, rule.sentence.clone(), rule.source.clone(), reason)
    }

    fn proposal(&self, cover: Cover, sentence: Bilingual, source: Option<String>, reason: Bilingual) -> Proposal {
        Proposal {
            cover,
            sentence,
            source,
            reason,
            offer: None,
            urgency: self.asked.urgency.cloned(),
            fair_use_weight: if cover == Cover::FairUse { self.weight() } else { None },
            hourly_rate: price(self.policy, cover, self.asked.topic),
        }
    }

    /// URG-2: the ticket runs at normal priority, and the agent sees what to offer.
    fn at_normal_priority(&self, found: Proposal, refused: &Urgent) -> Proposal {
        let because = match (refused, self.facts.urgent.last()) {
            (Urgent::UsedUp, Some(used)) => both(
                &format!("De kosteloze spoedmelding is op {} gebruikt", day(*used, Locale::Nl)),
                &format!("The free urgent ticket was used on {}", day(*used, Locale::En)),
            ),
            (Urgent::UsedUp, None) => both("Spoed vraagt een abonnement", "Urgency takes an add-on"),
            _ => both("Dit is werk op afspraak", "This is work by agreement"),
        };
        let reason = join(
            &because,
            &both("; de melding loopt met gewone prioriteit. ", "; the ticket runs at normal priority. "),
            &found.reason,
        );
        let offer = self.policy.urgency.as_ref().and_then(|rules| rules.offer.clone());
        Proposal { reason, offer, urgency: None, ..found }
    }

    fn why_add_on(&self, since: NaiveDate) -> Bilingual {
        let price = self.policy.urgency.as_ref().and_then(|rules| rules.add_on.as_ref()).map(|add_on| add_on.hourly);
        let at = |locale: Locale, each: &str| {
            price.map_or(String::new(), |cents| format!(", {} {each}", euros(cents, locale)))
        };
        both(
            &format!("Uw abonnement voor spoed geldt sinds {}{}.", day(since, Locale::Nl), at(Locale::Nl, "per uur")),
            &format!("Your add-on for urgency holds since {}{}.", day(since, Locale::En), at(Locale::En, "an hour")),
        )
    }

    fn why_free(&self, nth: usize) -> Bilingual {
        let (free, months) =
            self.policy.urgency.as_ref().map_or((1, 12), |rules| (rules.free_per_window, rules.window_months));
        both(
            &format!("Kosteloze spoedmelding {nth} van {free} in {months} maanden."),
            &format!("Free urgent ticket {nth} of {free} in {months} months."),
        )
    }

    fn why_card(&self) -> Bilingual {
        if self.facts.left.is_positive() {
            let left = self.facts.left;
            return both(&format!("Op uw kaarten staat nog {left}."), &format!("{left} is left on your cards."));
        }
        both(
            "Op uw kaarten staat niets meer: een nieuwe kaart of een andere afspraak is nodig voor het werk.",
            "Nothing is left on your cards: a new card or another agreement is needed for the work.",
        )
    }

    fn why_invoice(&self) -> Bilingual {
        let rate = hourly_rate(self.policy, self.asked.topic);
        let at = |locale: Locale, each: &str| {
            rate.map_or(String::new(), |cents| format!(" {} {each}", euros(cents, locale)))
        };
        both(
            &format!("Wij vragen eerst uw akkoord.{} ex btw.", at(Locale::Nl, "per uur")),
            &format!("We ask for your agreement first.{} ex VAT.", at(Locale::En, "an hour")),
        )
    }

    fn why_uncovered(&self) -> Bilingual {
        let rate = hourly_rate(self.policy, self.asked.topic);
        let at =
            |locale: Locale, text: &str| rate.map_or(String::new(), |cents| format!("{text} {}", euros(cents, locale)));
        both(
            &format!("Geen regel van de voorwaarden dekt dit.{}", at(Locale::Nl, " Een uur kost")),
            &format!("No rule of the terms covers this.{}", at(Locale::En, " An hour costs")),
        )
    }
}

/// The price of an hour under a cover: of the topic, of the add-on, or none (COVER-6, URG-2).
#[must_use]
pub fn price(policy: &Policy, cover: Cover, topic: Option<&str>) -> Option<Cents> {
    match cover {
        Cover::AddOn => policy.urgency.as_ref()?.add_on.as_ref().map(|add_on| add_on.hourly),
        Cover::Card | Cover::Invoice | Cover::Uncovered => hourly_rate(policy, topic),
        _ => None,
    }
}

fn why_fair_use(weight: Decimal) -> Bilingual {
    if weight == Decimal::ONE {
        return both("Vrij, en telt mee voor redelijk gebruik.", "Free, and counted towards fair use.");
    }
    both(
        &format!("Vrij; de tijd telt {} keer mee voor redelijk gebruik.", weight.to_string().replace('.', ",")),
        &format!("Free; the time counts {weight} times towards fair use."),
    )
}

/// FAIR-6: said before why something else than fair use pays.
fn after_fair_use(found: Proposal, outcome: Outcome, since: NaiveDate) -> Proposal {
    let (nl, en) = match outcome {
        Outcome::Card => ("vragen van de strippenkaart gaan", "questions come off the card"),
        _ => ("wij een voorstel op maat doen", "we make a proposal to measure"),
    };
    let agreed = both(
        &format!("Afgesproken is dat {nl} sinds {}. ", day(since, Locale::Nl)),
        &format!("It was agreed that {en} since {}. ", day(since, Locale::En)),
    );
    Proposal { reason: join(&agreed, &Bilingual::default(), &found.reason), ..found }
}

fn both(nl: &str, en: &str) -> Bilingual {
    Bilingual { nl: nl.to_owned(), en: en.to_owned() }
}

fn join(first: &Bilingual, between: &Bilingual, last: &Bilingual) -> Bilingual {
    Bilingual {
        nl: format!("{}{}{}", first.nl, between.nl, last.nl),
        en: format!("{}{}{}", first.en, between.en, last.en),
    }
}

/// An amount as people write it: `€ 95,00`, `€95.00`.
fn euros(cents: Cents, locale: Locale) -> String {
    match locale {
        Locale::Nl => format!("€ {}", cents.to_string().replace('.', ",")),
        Locale::En => format!("€{cents}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn policy(name: &str) -> Policy {
        Policy::parse(Policy::shipped(name).unwrap()).unwrap()
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// A customer with three hours left, and nothing else to tell.
    fn plain() -> Facts {
        Facts { today: date("2026-03-09"), left: Minutes(180), ..Facts::default() }
    }

    fn ask(
        policy: &Policy,
        kind: TicketKind,
        topic: Option<&str>,
        urgency: Option<&Urgency>,
        facts: &Facts,
    ) -> Proposal {
        propose(policy, &Question { kind, topic, urgency }, facts)
    }

    #[test]
    fn cover_1_the_first_that_fits_in_its_order() {
        use TicketKind::{Change, Defect, Question as Asked, ThirdParty};
        let (standard, cliendo, klik, kliksafe) =
            (policy("standard"), policy("cliendo"), policy("klik"), policy("kliksafe"));
        let level = Urgency::Level("urgent".to_owned());
        let (urgent, safety) = (Some(&level), Some(&Urgency::Safety));
        let day = date("2026-03-01");
        let empty = || Facts { left: Minutes::ZERO, ..plain() };
        let used = || Facts { urgent: vec![day], ..plain() };
        let add_on = || Facts { add_on: Some(day), urgent: vec![day], ..plain() };
        let after = |outcome| Facts { outcome: Some((outcome, day)), ..plain() };
        for (policy, kind, topic, urgency, facts, cover) in [
            (&standard, Change, Some("migration"), safety, plain(), Cover::Safety),
            (&standard, Defect, None, safety, plain(), Cover::Safety),
            (&standard, Defect, Some("migration"), urgent, used(), Cover::Defect),
            (&kliksafe, Change, None, None, empty(), Cover::Included),
            (&klik, Asked, None, None, plain(), Cover::Included),
            (&klik, Change, Some("moving_out"), None, plain(), Cover::Invoice),
            (&standard, Asked, None, urgent, add_on(), Cover::AddOn),
            (&standard, Change, Some("migration"), urgent, add_on(), Cover::Invoice),
            (&standard, Asked, None, urgent, plain(), Cover::YearlyUrgent),
            (&standard, Change, None, urgent, empty(), Cover::YearlyUrgent),
            (&standard, Asked, None, urgent, used(), Cover::FairUse),
            (&standard, Change, None, urgent, used(), Cover::Card),
            (&standard, Asked, Some("integration"), None, plain(), Cover::FairUse),
            (&cliendo, ThirdParty, Some("vecozo_content"), None, plain(), Cover::FairUse),
            (&standard, Asked, None, None, after(Outcome::Leave), Cover::FairUse),
            (&standard, Asked, None, None, after(Outcome::Card), Cover::Card),
            (&standard, Asked, None, None, after(Outcome::Proposal), Cover::Uncovered),
            (&cliendo, Asked, None, None, after(Outcome::Proposal), Cover::Uncovered),
            (&standard, Asked, Some("migration"), None, after(Outcome::Card), Cover::Invoice),
            (&standard, Change, None, None, plain(), Cover::Card),
            (&standard, ThirdParty, None, None, empty(), Cover::Card),
            (&cliendo, Asked, Some("custom_export"), None, plain(), Cover::Invoice),
        ] {
            let found = ask(policy, kind, topic, urgency, &facts);
            assert_eq!(found.cover, cover, "{} {kind} {topic:?} {urgency:?} {facts:?}", policy.name);
        }
    }

    #[test]
    fn cover_1_a_card_with_nothing_left_steps_back_for_an_agreed_invoice_or_goodwill() {
        let mut both = policy("standard");
        both.coverage.retain(|rule| rule.by == Cover::Card);
        for (by, full, empty) in
            [(Cover::Invoice, Cover::Card, Cover::Invoice), (Cover::Goodwill, Cover::Card, Cover::Goodwill)]
        {
            let other = CoverRule { by, ..both.coverage[0].clone() };
            let policy = Policy { coverage: vec![both.coverage[0].clone(), other], ..both.clone() };
            let asked = |left| ask(&policy, TicketKind::Change, None, None, &Facts { left, ..plain() }).cover;
            assert_eq!((asked(Minutes(15)), asked(Minutes::ZERO)), (full, empty));
        }
    }

    #[test]
    fn pol_3_without_rules_cards_pay_for_all_but_defects_and_without_cards_nothing_does() {
        let cards = Policy { coverage: vec![], ..policy("openedu") };
        let neither = Policy { cards: None, ..cards.clone() };
        for kind in CoverRule::KINDS {
            assert_eq!(ask(&cards, kind, None, None, &plain()).cover, Cover::Card);
            assert_eq!(ask(&neither, kind, None, None, &plain()).cover, Cover::Uncovered);
        }
        assert_eq!(ask(&neither, TicketKind::Defect, None, None, &plain()).cover, Cover::Defect);
    }

    #[test]
    fn urg_2_used_up_the_reason_says_when_and_the_agent_sees_the_offer() {
        let standard = policy("standard");
        let level = Urgency::Level("urgent".to_owned());
        let facts = Facts { urgent: vec![date("2026-03-03")], ..plain() };
        let found = ask(&standard, TicketKind::Question, None, Some(&level), &facts);
        assert_eq!((found.urgency, found.offer), (None, standard.urgency.clone().unwrap().offer));
        assert!(found.reason.nl.starts_with("De kosteloze spoedmelding is op 3 maart 2026 gebruikt; de melding loopt"));
        assert!(
            found.reason.en.starts_with("The free urgent ticket was used on 3 March 2026; the ticket runs at normal")
        );
    }

    #[test]
    fn cover_4_and_6_weight_and_price_follow_the_topic() {
        let mut standard = policy("standard");
        standard.topics.iter_mut().filter(|topic| topic.id == "migration").for_each(|topic| {
            topic.hourly_rate = Some(Cents(11_000));
        });
        let of = |kind, topic| {
            let found = ask(&standard, kind, topic, None, &plain());
            (found.fair_use_weight.map(|weight| weight.to_string()), found.hourly_rate)
        };
        assert_eq!(of(TicketKind::Question, Some("use")), (Some("1".to_owned()), None));
        assert_eq!(of(TicketKind::Question, Some("integration")), (Some("2".to_owned()), None));
        assert_eq!(of(TicketKind::Question, Some("migration")), (None, Some(Cents(11_000))));
        assert_eq!(of(TicketKind::Change, Some("integration")), (None, Some(Cents(9_500))));
    }

    fn facts() -> impl Strategy<Value = Facts> {
        let day = || (0_u64..800).prop_map(|days| date("2025-01-01") + chrono::Days::new(days));
        let outcome = option::of((select(Outcome::ALL), day()));
        (day(), 0_i64..300, option::of(day()), prop::collection::vec(day(), 0..3), outcome).prop_map(
            |(today, left, add_on, urgent, outcome)| Facts { today, left: Minutes(left), add_on, urgent, outcome },
        )
    }

    proptest! {
        #[test]
        fn cover_1_every_question_gets_one_answer_that_the_policy_knows(
            name in select(Policy::SHIPPED),
            kind in select(TicketKind::ALL),
            topic in 0_usize..14,
            urgency in select(vec![None, Some(Urgency::Safety), Some(Urgency::Level("urgent".to_owned()))]),
            facts in facts(),
        ) {
            let policy = policy(name);
            let topic = policy.topics.get(topic).map(|topic| topic.id.as_str());
            let urgency = urgency.filter(|_| policy.urgency.is_some());
            let found = ask(&policy, kind, topic, urgency.as_ref(), &facts);
            prop_assert!(known(&policy).contains(&found.cover), "{:?}", found);
            for text in [&found.sentence, &found.reason] {
                prop_assert!(!text.nl.is_empty() && !text.en.is_empty());
            }
            if kind == TicketKind::Defect {
                prop_assert!(!found.cover.charges(), "a defect is always free");
            }
            if urgency == Some(Urgency::Safety) {
                prop_assert_eq!((found.cover, found.fair_use_weight), (Cover::Safety, None));
            }
            prop_assert_eq!(found.cover == Cover::FairUse, found.fair_use_weight.is_some());
            prop_assert!(found.urgency.is_none() || found.offer.is_none(), "an offer is made only where urgency was refused");
        }
    }
}
