//! The policy: the terms of one provider (*leverancier*) as data, POL-1 to POL-3.
//!
//! [`Policy::parse`] takes the text of a TOML file through three phases: syntax (`toml`, with the place of every
//! value), reading (each section's `read` takes its keys from a `Reader`, which notes what is wrong and goes on), and
//! leftovers (a key that no section took is unknown). A text with any fault gives no policy, only all of its faults.
//!
//! A new section is a struct with a `read`, a field of [`Policy`], and one line in `Policy::read`.

mod accounts;
mod availability;
mod cards;
mod collection;
mod coverage;
mod diff;
mod fair_use;
mod hours;
mod invoices;
mod parts;
mod priorities;
mod provider;
mod reader;
mod reversals;
mod spending;
mod tickets;
mod time;
mod urgency;

use super::Locale;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};
use toml::de::DeTable;

pub use accounts::{Accounts, Journals, VatCodes};
pub use availability::AvailabilityRules;
pub use cards::{
    ActivateOn, CardRules, Conversion, ConvertsInto, MOST_LATE_DAYS, Product, Rate, SoldFor, TopUp, Validity,
};
pub use collection::CollectionRules;
pub use coverage::{CoverRule, Rates, Topic};
pub use diff::{Difference, differences};
pub use fair_use::FairUseRules;
use hours::Calendar;
pub use hours::HoursRules;
pub use invoices::{InvoiceRules, Series};
pub use parts::Part;
pub use priorities::{Counted, Impact, Matrix, Measure, Priority, Reach, Received, Target, Within};
pub use provider::{Example, Provider};
use reader::{Reader, date, excerpt, line_of, text, zone};
pub use reversals::{CountWindow, FeeVat, ReactivationRules, ReversalCode, ReversalRules};
pub use spending::{Agreement, AgreementChannel, NotAChannel, SpendingRules};
pub use tickets::TicketRules;
pub use time::{Factor, Per, Rounding, Surcharge, TimeRules};
pub use urgency::{AddOn, UrgencyLevel, UrgencyRules};

/// Everything that can differ between providers, as one text says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What the policy is called; the shipped ones are listed in [`Policy::SHIPPED`].
    pub name: String,
    /// Who sells the cards.
    pub provider: Provider,
    /// Where a day begins and ends; Europe/Amsterdam unless told otherwise (POL-3).
    pub time_zone: Tz,
    /// The first day that this text counts for (POL-1).
    pub effective_from: NaiveDate,
    /// When the provider is there; `None` where the policy names no hours: always (POL-3).
    pub hours: Option<HoursRules>,
    /// How urgent tickets can be, the most urgent first; empty where tickets have no priority (SLA-1, SLA-2).
    pub priorities: Vec<Priority>,
    /// Which priority a report gets (SLA-1).
    pub matrix: Matrix,
    /// From worked to charged minutes.
    pub time: TimeRules,
    /// What is sold and for how long it is valid; `None` where the provider has no cards (POL-3).
    pub cards: Option<CardRules>,
    /// What tickets are about; empty where the terms make no difference (COVER-4).
    pub topics: Vec<Topic>,
    /// What an hour costs (COVER-6).
    pub rates: Rates,
    /// Which covers there are and what for; empty where cards pay for all but defects (COVER-1).
    pub coverage: Vec<CoverRule>,
    /// The sentence that says a defect is free (COVER-2).
    pub defects: Bilingual,
    /// How much free support is fair; `None` where nothing is counted (FAIR-1 to FAIR-6).
    pub fair_use: Option<FairUseRules>,
    /// How urgent tickets are treated; `None` where there are none (URG-1, URG-2).
    pub urgency: Option<UrgencyRules>,
    /// Who agrees to what before the work.
    pub spending: SpendingRules,
    /// How tickets come in and what they ask.
    pub tickets: TicketRules,
    /// What is promised of each month; `None` where the provider promises nothing (SLA-8).
    pub availability: Option<AvailabilityRules>,
    /// How documents are numbered, taxed and chased (PAY-1, PAY-6).
    pub invoices: InvoiceRules,
    /// What a reversal costs and does; `None` where nothing is paid by direct debit (PAY-2, PAY-3).
    pub reversals: Option<ReversalRules>,
    /// What taking up a paused account costs; `None` for nothing (PAY-4).
    pub reactivation: Option<ReactivationRules>,
    /// How we collect by direct debit ourselves; `None` where we do not.
    pub collection: Option<CollectionRules>,
    /// The chart of accounts that the bookkeeper takes the money ledger over with.
    pub accounts: Accounts,
}

/// A text of the policy that customers read, in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    /// In Dutch.
    pub nl: String,
    /// In English.
    pub en: String,
}

impl Bilingual {
    /// The text in one of the languages.
    #[must_use]
    pub fn of(&self, locale: Locale) -> &str {
        match locale {
            Locale::Nl => &self.nl,
            Locale::En => &self.en,
        }
    }
}

impl Policy {
    /// The names of the policies inside the program (POL-2).
    pub const SHIPPED: &[&str] = &["kliksafe", "openedu", "servicedesk", "klik", "cliendo", "standard"];

    /// The text of a policy inside the program (POL-2).
    #[must_use]
    pub fn shipped(name: &str) -> Option<&'static str> {
        match name {
            "kliksafe" => Some(include_str!("../../../policies/kliksafe.toml")),
            "openedu" => Some(include_str!("../../../policies/openedu.toml")),
            "servicedesk" => Some(include_str!("../../../policies/servicedesk.toml")),
            "klik" => Some(include_str!("../../../policies/klik.toml")),
            "cliendo" => Some(include_str!("../../../policies/cliendo.toml")),
            "standard" => Some(include_str!("../../../policies/standard.toml")),
            _ => None,
        }
    }

    /// Reads a policy from the text of its file.
    ///
    /// # Errors
    /// All the faults in the text, top to bottom. When it is not TOML at all, only where it stops being so.
    pub fn parse(text: &str) -> Result<Self, PolicyErrors> {
        let (tree, unreadable) = DeTable::parse_recoverable(text);
        let mut faults: Vec<_> = unreadable.iter().map(|error| PolicyError::syntax(text, error)).collect();
        if !faults.is_empty() {
            faults.dedup_by_key(|fault| fault.line);
            return Err(PolicyErrors(faults));
        }
        let reader = Reader {
            text,
            faults: &mut faults,
            path: String::new(),
            line: 1,
            table: Some(tree.get_ref()),
            known: vec![],
            gathered: None,
        };
        let policy = reader.read(Self::read);
        faults.sort_by_key(|fault| fault.line);
        if faults.is_empty() { Ok(policy) } else { Err(PolicyErrors(faults)) }
    }

    /// Every key that a policy may have, by its dotted path, sections included; `[]` stands for each of a list of
    /// sections: `cards.products[].price`.
    #[must_use]
    pub fn keys() -> Vec<String> {
        let (mut faults, mut keys) = (vec![], vec![]);
        let (path, gathered) = (String::new(), Some(&mut keys));
        Reader { text: "", faults: &mut faults, path, line: 1, table: None, known: vec![], gathered }.read(Self::read);
        keys.sort();
        keys
    }

    fn read(keys: &mut Reader<'_>) -> Self {
        let effective_from = keys.required("effective_from", date());
        let calendar = Calendar::read(keys, effective_from);
        let urgencies = urgency::level_ids(keys);
        let time = keys.table("time", |keys| TimeRules::read(keys, &calendar, &urgencies));
        let hours = keys.has("hours").then(|| keys.table("hours", |keys| HoursRules::read(keys, &calendar)));
        let tickets = keys.table("tickets", TicketRules::read);
        let known = priorities::Known { hours: hours.as_ref(), channels: &tickets.channels, effective_from };
        let priorities = Priority::read_all(keys, &known);
        let priority_ids: Vec<String> = priorities.iter().map(|priority| priority.id.clone()).collect();
        let topics = Topic::read_all(keys);
        let rates = keys.table("rates", Rates::read);
        let topic_ids: Vec<String> = topics.iter().map(|topic| topic.id.clone()).collect();
        let has_cards = keys.has("cards");
        let has_fair_use = keys.has("fair_use");
        let known = coverage::Known { topics: &topics, rates: &rates, has_cards, has_fair_use };
        let coverage = CoverRule::read_all(keys, &known);
        let provider = keys.table("provider", Provider::read);
        let ours = provider.own_accounts();
        Self {
            name: keys.required("name", text()),
            effective_from,
            time_zone: keys.or("time_zone", Tz::Europe__Amsterdam, zone()),
            provider,
            invoices: keys.table("invoices", InvoiceRules::read),
            reversals: keys.has("reversals").then(|| keys.table("reversals", ReversalRules::read)),
            reactivation: keys.has("reactivation").then(|| keys.table("reactivation", ReactivationRules::read)),
            collection: CollectionRules::read_section(keys),
            accounts: keys.table("accounts", |keys| Accounts::read(keys, &ours)),
            hours,
            matrix: Matrix::read(keys, &priorities),
            priorities,
            cards: has_cards.then(|| keys.table("cards", |keys| CardRules::read(keys, time.increment, &topic_ids))),
            coverage,
            defects: keys.table("defects", coverage::defects),
            fair_use: has_fair_use.then(|| keys.table("fair_use", FairUseRules::read)),
            urgency: keys.has("urgency").then(|| keys.table("urgency", |keys| UrgencyRules::read(keys, &priority_ids))),
            topics,
            rates,
            spending: keys.table("spending", SpendingRules::read),
            availability: keys
                .has("availability")
                .then(|| keys.table("availability", |keys| AvailabilityRules::read(keys, &calendar))),
            tickets,
            time,
        }
    }

    /// A topic by its id.
    #[must_use]
    pub fn topic(&self, id: &str) -> Option<&Topic> {
        self.topics.iter().find(|topic| topic.id == id)
    }

    /// When the provider is there: as the policy says, else always (POL-3).
    #[must_use]
    pub fn hours(&self) -> &HoursRules {
        self.hours.as_ref().unwrap_or_else(|| HoursRules::always())
    }

    /// The priority with this id.
    #[must_use]
    pub fn priority(&self, id: &str) -> Option<&Priority> {
        self.priorities.iter().find(|priority| priority.id == id)
    }

    /// The priority that the matrix gives a report (SLA-1): `None` where it has no such impact or reach.
    #[must_use]
    pub fn proposed_priority(&self, impact: &str, reach: Option<&str>) -> Option<&Priority> {
        self.priority(self.matrix.priority(impact, reach)?)
    }

    /// The SHA-256 of a policy's text, as 64 hexadecimal digits: tells whether the text in force was changed (POL-1).
    #[must_use]
    pub fn digest(text: &str) -> String {
        Sha256::digest(text).iter().fold(String::with_capacity(64), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a String takes every text");
            hex
        })
    }

    /// The day that `at` falls on for this provider (POL-3).
    #[must_use]
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.time_zone).date_naive()
    }
}

/// Why a text is not a policy: every fault in it, by line. Displays one per line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyErrors(pub Vec<PolicyError>);

/// One fault in the text of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The line, from 1. For a missing key, the line where its section begins.
    pub line: usize,
    /// The dotted path, such as `cards.products[1].price`; empty where the text is not TOML.
    pub key: String,
    /// The value as written, shortened to one line; empty when the key is missing.
    pub value: String,
    /// What should have stood there.
    pub expected: String,
}

impl PolicyError {
    fn syntax(text: &str, error: &toml::de::Error) -> Self {
        let span = error.span().unwrap_or(text.len()..text.len());
        let (line, value) = (line_of(text, span.start), excerpt(text, span));
        Self { line, key: String::new(), value, expected: error.message().to_owned() }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, key, value, expected } = self;
        match (key.is_empty(), value.is_empty()) {
            (true, true) => write!(f, "line {line}: this is not TOML: {expected}"),
            (true, false) => write!(f, "line {line}: this is not TOML near `{value}`: {expected}"),
            (false, true) => write!(f, "line {line}: {key} is missing; expected {expected}"),
            (false, false) => write!(f, "line {line}: {key} = {value}; expected {expected}"),
        }
    }
}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(index, fault)| {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{fault}")
        })
    }
}

impl std::error::Error for PolicyErrors {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hours::{Country, OpeningHours};
    use crate::domain::{Cents, Minutes};
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    /// A policy with every key; the tables below break it in one place each.
    const SAMPLE: &str = r#"name = "sample"
effective_from = 2026-01-01
time_zone = "Europe/Amsterdam"

[provider]
name = "Sample"
email = "desk@sample.example"
street = "Street 1"
postcode = "1234 AB"
city = "Town"
country = "NL"
phone = "+31 20 000 0000"
vat_number = "NL123456789B01"
registration = "12345678"
iban = "NL91ABNA0417164300"
other_ibans = ["NL20INGB0001234567"]
account_manager = "manager@sample.example"
example = false

[time]
increment_minutes = 15
minimum_minutes = 30
rounding = "up"
free_up_to_minutes = 5
free_first_minutes = 0
per = "entry"

[cards]
hourly_price = "80.00"
welcome_minutes = 180
activate_on = "payment"
validity = { months = 12 }
late_days = 31
vat_rate = 21
payment_days = 14
strip_price = "20.00"
minimum_first_minutes = 480
top_up = "while_left"
per_installation = true
pays_for = ["training"]
not_for = ["migration"]
auto_renew = "with_consent"
conversion = "new_rate"
conversion_on = "01-01"
refundable = true
alert_below_minutes = 0

[[cards.products]]
id = "5h"
minutes = 300
price = "400.00"
list_price = "500.00"
per_installation = false
pays_for = ["training", "question"]
not_for = []

[[cards.products]]
id = "10h"
minutes = 600
price = "800.00"

[spending]
agreement = "above_minutes"
above_minutes = 60
agreement_channels = ["phone", "mail"]
answer_days = 14
work_days = 90
tolerance_minutes = 15
owner_spends = true

[availability]
promised = 99
aimed = 99.9
planned = "Fr 22:00-24:00"
planned_minutes = 20
urgent = "Mo-Fr 22:00-24:00"
products = ["Sample", "Sample for phones"]

[hours]
service = "Mo-Fr 08:30-18:00; PH off"
holidays = "NL"
working_day_minutes = 570

[tickets]
channels = ["portal", "mail", "chat", "phone"]
intake = ["what", "where", "when", "who"]
products = ["Sample"]
stalled_button = true
waiting_pauses = true
phone_roles = ["owner"]
data_leak = { nl = "Ons incidentplan gaat voor.", en = "Our incident plan prevails." }

[[priorities]]
id = "high"
name = { nl = "Hoog", en = "High" }
description = "Nothing works."
emergency = "Mail first, then phone."
report_by = "phone"
binding = true

[[priorities.targets]]
measure = "response"
within = "1h"
counted = "continuous"
received = "any"
channels = ["phone"]
acknowledgement_counts = false

[[priorities.targets]]
measure = "resolution"
within = "0.5 working days"

[[priorities]]
id = "low"
name = "Low"

[[reaches]]
id = "few"
name = "A few"

[[reaches]]
id = "all"
name = "Everybody"

[[impacts]]
id = "down"
name = "Down"
priorities = ["low", "high"]

[[topics]]
id = "training"
name = "Training"
fair_use_weight = 2
hourly_rate = "95.00"

[[topics]]
id = "migration"
name = "Migration"
fair_use = "excluded"

[rates]
hourly = "90.00"

[[coverage]]
by = "card"
kinds = ["question"]
topics = ["training"]
sentence = "Training goes on the card."
source = "section 4"

[defects]
sentence = "Our mistake, our time."

[urgency]
safety = "Safety first."
safety_priority = "high"
not_safety = ["A lost password"]
free_per_window = 1
window_months = 12
sentence = "One a year is free."
offer = "The add-on."
add_on = { monthly = "150.00", hourly = "125.00" }

[[urgency.levels]]
id = "urgent"
name = "Urgent"
priority = "high"

[[time.factors]]
factor = 1.5
when = "Mo-Fr 17:00-24:00"
name = "Evening"

[[time.factors]]
factor = 2
urgency = "urgent"

[[time.surcharges]]
id = "call_out"
minutes = 30
name = "Call-out"

[fair_use]
factor = 3
window_months = 12
near_percent = 80
grace_days = 90
minimum_organisations = 10

[invoices]
vat_rate = 21
payment_days = 30
series = { invoice = "V", credit_note = "C", fee = "K" }
digits = 5
reminder_days = [5, 15, 30]

[reversals]
fee = "82.50"
vat = "outside_scope"
decided_by = "J. Sample"
decided_on = 2026-01-01
free_reversals = 1
charge_first_when_exceeded = false
count_window = { months = 12 }
count_rejects = true
freeze_on_reversal = false
dunning_days = 30

[[reversals.codes]]
code = "AC04"
counts = true
action = "block_mandate"

[reactivation]
most = 6
vat = "standard_ex"

[collection]
creditor_id = "NL69ZZZ123456780000"
bic = "ABNANL2A"
format = "pain.008.001.08"
scheme = "core"
notice_days = 14
retries = 1

[accounts]
receivable = { number = "1300", name = "Debiteuren", rgs = "BVorDebHad" }
bank = "1100"
other_money = "2000"
in_transit = "2010"
customer_credit = "1310"
deferred = "1700"
vat = "1500"
card_revenue = "8000"
breakage = "8005"
hours_revenue = "8001"
fee_revenue = "8010"
fee_outside = "8900"
bank_charges = "4500"
journals = { sales = "VRK", bank = "BNK", memo = "MEM" }
vat_codes = { standard = "1", outside = "0" }

[[accounts.own]]
iban = "NL20INGB0001234567"
account = { number = "1110", name = "Bank ING" }
"#;

    const LEAST: &str = "name = \"least\"\neffective_from = 2026-01-01\n\
                         [provider]\nname = \"Least\"\nemail = \"desk@least.example\"\n";

    fn sample() -> Policy {
        Policy::parse(SAMPLE).unwrap()
    }

    fn quarters() -> TimeRules {
        let (increment, minimum) = (Minutes(15), Minutes(15));
        TimeRules {
            increment,
            minimum,
            rounding: Rounding::Up,
            per: Per::Entry,
            free_up_to: Minutes::ZERO,
            free_first: Minutes::ZERO,
            factors: vec![],
            surcharges: vec![],
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn time_1_worked_minutes_round_up() {
        for (worked, charged) in [(1, 15), (15, 15), (16, 30), (37, 45), (50, 60), (61, 75), (1440, 1440)] {
            assert_eq!(quarters().charge(Minutes(worked)), Minutes(charged), "{worked} minutes");
        }
    }

    #[test]
    fn time_2_nearest_goes_up_at_half() {
        let nearest =
            |increment| TimeRules { increment, minimum: Minutes::ZERO, rounding: Rounding::Nearest, ..quarters() };
        for (worked, charged) in [(1, 0), (7, 0), (8, 15), (15, 15), (22, 15), (23, 30)] {
            assert_eq!(nearest(Minutes(15)).charge(Minutes(worked)), Minutes(charged), "{worked} minutes by 15");
        }
        for (worked, charged) in [(14, 0), (15, 30), (30, 30), (44, 30), (45, 60)] {
            assert_eq!(nearest(Minutes(30)).charge(Minutes(worked)), Minutes(charged), "{worked} minutes by 30");
        }
    }

    #[test]
    fn time_2_minimum_and_free_minutes() {
        let rules = TimeRules { minimum: Minutes(45), free_up_to: Minutes(5), ..quarters() };
        for (worked, charged) in [(0, 0), (5, 0), (6, 45), (45, 45), (46, 60)] {
            assert_eq!(rules.charge(Minutes(worked)), Minutes(charged), "{worked} minutes");
        }
        let nearest = TimeRules { rounding: Rounding::Nearest, ..quarters() };
        assert_eq!(nearest.charge(Minutes(1)), Minutes(15), "never below the minimum");
    }

    #[test]
    fn spend_3_estimates_always_round_up() {
        let rules =
            TimeRules { rounding: Rounding::Nearest, minimum: Minutes(60), free_up_to: Minutes(30), ..quarters() };
        for (asked, held) in [(1, 15), (15, 15), (16, 30), (i64::MAX, i64::MAX)] {
            assert_eq!(rules.round_up(Minutes(asked)), Minutes(held), "{asked} minutes");
        }
    }

    #[test]
    fn card_1_products_are_listed_or_whole_hours() {
        let cards = sample().cards.unwrap();
        let product = |id: &str| cards.product(id).map(|product| (product.minutes, product.price));
        assert_eq!(product("10h"), Some((Minutes(600), Cents(80_000))));
        assert_eq!(product("7h"), Some((Minutes(420), Cents(56_000))));
        assert_eq!(product("10000h"), Some((Minutes(600_000), Cents(80_000_000))));
        for id in ["0h", "-1h", "+7h", "07h", "7", "h", "1.5h", "10001h", "99999999999999999999h"] {
            assert_eq!(product(id), None, "{id}");
        }
        let listed_only = CardRules { hourly_price: None, ..cards };
        assert!(listed_only.product("5h").is_some() && listed_only.product("7h").is_none());
    }

    #[test]
    fn card_5_last_valid_day() {
        for (validity, activated, last) in [
            (Validity::Months(1), "2026-01-15", "2026-02-14"),
            (Validity::Months(12), "2026-01-01", "2026-12-31"),
            (Validity::Months(12), "2026-03-01", "2027-02-28"),
            (Validity::Months(12), "2027-03-01", "2028-02-29"),
            (Validity::Months(1), "2026-01-28", "2026-02-27"),
            (Validity::Months(1), "2026-01-29", "2026-02-28"),
            (Validity::Months(1), "2026-01-31", "2026-02-28"),
            (Validity::Months(1), "2028-01-31", "2028-02-29"),
            (Validity::Months(1), "2026-03-31", "2026-04-30"),
            (Validity::Months(2), "2026-01-31", "2026-03-30"),
            (Validity::Months(12), "2028-02-29", "2029-02-28"),
            (Validity::Months(48), "2028-02-29", "2032-02-28"),
            (Validity::CalendarYears(3), "2026-01-01", "2028-12-31"),
            (Validity::CalendarYears(3), "2026-12-31", "2028-12-31"),
            (Validity::CalendarYears(1), "2026-06-30", "2026-12-31"),
        ] {
            assert_eq!(validity.last_day(day(activated)), Some(day(last)), "{validity:?} from {activated}");
        }
        assert_eq!(Validity::Never.last_day(day("2026-01-01")), None);
    }

    #[test]
    fn pol_1_digest_names_the_text() {
        assert_eq!(Policy::digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_ne!(Policy::digest(SAMPLE), Policy::digest(&SAMPLE.replace("400.00", "401.00")));
    }

    #[test]
    fn pol_2_shipped_policies_parse() {
        for name in Policy::SHIPPED {
            let policy = Policy::parse(Policy::shipped(name).unwrap()).unwrap();
            assert_eq!(policy.name, *name);
            assert_eq!(policy.effective_from, day("2020-01-01"));
            assert_eq!(policy.time, quarters());
            assert_eq!(policy.cards.is_some(), ["openedu", "standard"].contains(name), "{name}");
            let Some(cards) = policy.cards else { continue };
            let prices = ["5h", "10h", "20h"].map(|id| cards.product(id).unwrap().price.to_string());
            assert_eq!(prices, ["400.00", "800.00", "1600.00"]);
            assert_eq!((cards.welcome, cards.validity), (Minutes(180), Validity::Never));
            assert_eq!(policy.spending.agreement, Agreement::Required);
        }
        assert_eq!(Policy::shipped("unheard-of"), None);
    }

    #[test]
    fn pol_3_defaults_are_those_of_the_rulebook_and_cards_may_be_absent() {
        let policy = Policy::parse(LEAST).unwrap();
        assert_eq!(policy.time_zone, Tz::Europe__Amsterdam);
        assert_eq!(policy.time, quarters());
        assert_eq!(policy.cards, None);
        assert_eq!((policy.availability, policy.fair_use), (None, None));
        let spending = SpendingRules {
            agreement: Agreement::Required,
            channels: AgreementChannel::ALL.to_vec(),
            answer_days: 14,
            work_days: 90,
            tolerance: Minutes(15),
            owner_spends: true,
        };
        assert_eq!(policy.spending, spending);

        let cards = Policy::parse(&format!("{LEAST}[cards]\nhourly_price = \"45\"\n")).unwrap().cards.unwrap();
        let expected = CardRules {
            products: vec![],
            hourly_price: Some(Cents(4_500)),
            strip_price: None,
            strip: Minutes(15),
            minimum_first: Minutes::ZERO,
            top_up: TopUp::Any,
            scope: SoldFor::default(),
            auto_renew: false,
            conversion: None,
            refundable: true,
            alert_below: None,
            welcome: Minutes::ZERO,
            activate_on: ActivateOn::Payment,
            validity: Validity::Never,
            late_days: 31,
            vat_rate: Decimal::from(21),
            payment_days: 14,
        };
        assert_eq!(cards, expected);
    }

    #[test]
    fn pol_3_every_key_is_read() {
        let policy = sample();
        assert_eq!(policy.provider.address_lines(), ["Street 1", "1234 AB Town"]);
        assert_eq!((policy.time.minimum, policy.time.free_up_to), (Minutes(30), Minutes(5)));
        assert_eq!(policy.spending.agreement, Agreement::AboveMinutes(Minutes(60)));
        assert_eq!(policy.spending.channels, [AgreementChannel::Phone, AgreementChannel::Mail]);
        assert_eq!(policy.cards.unwrap().validity, Validity::Months(12));
        let availability = AvailabilityRules {
            promised: Decimal::from(99),
            aimed: Some(Decimal::new(999, 1)),
            planned: OpeningHours::parse("Fr 22:00-24:00", Some(Country::NL)).ok(),
            planned_minutes: Some(Minutes(20)),
            urgent: OpeningHours::parse("Mo-Fr 22:00-24:00", Some(Country::NL)).ok(),
            products: vec!["Sample".to_owned(), "Sample for phones".to_owned()],
        };
        assert_eq!(policy.availability, Some(availability));
        for (written, rate) in [("5.50", "5.5"), ("0", "0"), ("100", "100")] {
            let policy = Policy::parse(&SAMPLE.replace("vat_rate = 21", &format!("vat_rate = {written}"))).unwrap();
            assert_eq!(policy.cards.unwrap().vat_rate.to_string(), rate);
        }
        let years = SAMPLE.replace("validity = { months = 12 }", "validity = { calendar_years = 3 }");
        assert_eq!(Policy::parse(&years).unwrap().cards.unwrap().validity, Validity::CalendarYears(3));
    }

    /// Whether a table is one value rather than a section: a text in two languages, or an account.
    fn is_value(table: &toml::Table) -> bool {
        ["nl", "number"].iter().any(|key| table.contains_key(*key))
    }

    /// The keys of a text with their paths, sections included.
    fn written(table: &toml::Table, path: &str) -> Vec<String> {
        let keys_of = |(key, value): (&String, &toml::Value)| {
            let path = format!("{path}{key}");
            let sections = match value {
                toml::Value::Table(table) if !is_value(table) => written(table, &format!("{path}.")),
                toml::Value::Array(list) => {
                    let tables = list.iter().filter_map(toml::Value::as_table).filter(|table| !is_value(table));
                    tables.flat_map(|table| written(table, &format!("{path}[]."))).collect()
                }
                _ => vec![],
            };
            [vec![path], sections].concat()
        };
        table.iter().flat_map(keys_of).collect()
    }

    #[test]
    fn pol_3_the_sample_has_every_key_of_the_language() {
        let mut written = written(&SAMPLE.parse().unwrap(), "");
        // Of a validity and of its start only one can stand there.
        written.extend(["calendar_years", "from"].map(|key| format!("cards.validity.{key}")));
        written.sort();
        written.dedup();
        assert_eq!(written, Policy::keys());
    }

    #[test]
    fn pol_3_a_day_is_local() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(sample().day(at("2026-03-09T22:59:59Z")), day("2026-03-09"));
        assert_eq!(sample().day(at("2026-03-09T23:00:00Z")), day("2026-03-10"));
        assert_eq!(sample().day(at("2026-07-09T22:00:00Z")), day("2026-07-10"), "summer time");
    }

    #[test]
    fn spend_3_channels_read_as_they_are_written() {
        for channel in AgreementChannel::ALL {
            assert_eq!(channel.as_str().parse(), Ok(channel));
            assert_eq!(serde_json::to_value(channel).unwrap(), channel.as_str());
        }
        assert_eq!("fax".parse::<AgreementChannel>(), Err(NotAChannel));
    }

    /// What is replaced in [`SAMPLE`], by what, and the one fault that it makes: line, key, part of what was expected.
    type Broken = (&'static str, &'static str, usize, &'static str, &'static str);

    const BROKEN: &[Broken] = &[
        ("name = \"sample\"\n", "", 1, "name", "a text in quotes"),
        ("name = \"sample\"", "name = \" \"", 1, "name", "not empty"),
        ("effective_from = 2026-01-01\n", "", 1, "effective_from", "a date without quotes"),
        ("= 2026-01-01", "= \"2026-01-01\"", 2, "effective_from", "a date without quotes"),
        ("= 2026-01-01", "= 2026-01-01T10:00:00Z", 2, "effective_from", "a date without quotes"),
        ("Europe/Amsterdam", "Europe/Utrecht", 3, "time_zone", "Europe/Amsterdam"),
        ("time_zone =", "timezone =", 3, "timezone", "did you mean time_zone?"),
        ("email = \"desk@sample.example\"\n", "", 5, "provider.email", "an e-mail address"),
        ("desk@sample.example", "desk at sample", 7, "provider.email", "an e-mail address"),
        ("desk@sample.example", "x><b>@sample.example", 7, "provider.email", "an e-mail address"),
        ("\"Street 1\"", "\"Street\u{202e} 1\"", 8, "provider.street", "without signs that nobody sees"),
        ("\"Street 1\"", "1", 8, "provider.street", "a text in quotes"),
        ("country = \"NL\"", "country = \"Nederland\"", 11, "provider.country", "two capitals"),
        ("B01\"", "\"", 13, "provider.vat_number", "such as \"NL123456789B01\""),
        ("= \"12345678\"", "= 12345678", 14, "provider.registration", "eight digits in quotes"),
        ("NL91ABNA", "NL92ABNA", 15, "provider.iban", "whose check digits are right"),
        ("_minutes = 15", "_minutes = 0", 21, "time.increment_minutes", "from 1 to 1440"),
        ("_minutes = 15", "_minutes = -15", 21, "time.increment_minutes", "from 1 to 1440"),
        ("_minutes = 15", "_minutes = 1455", 21, "time.increment_minutes", "from 1 to 1440"),
        ("_minutes = 15", "_minutes = 0.25", 21, "time.increment_minutes", "a whole number"),
        ("_minutes = 15", "_minutes = \"15m\"", 21, "time.increment_minutes", "a whole number"),
        ("minimum_minutes = 30", "minimum_minutes = 20", 22, "time.minimum_minutes", "a multiple of"),
        ("rounding = \"up\"", "rounding = \"down\"", 23, "time.rounding", "\"up\" or \"nearest\""),
        ("rounding =", "roundng =", 23, "time.roundng", "did you mean rounding?"),
        ("free_up_to_minutes = 5", "free_up_to_minutes = -1", 24, "time.free_up_to_minutes", "from 0 to 1440"),
        ("hourly_price = \"80.00\"", "hourly_price = 80", 29, "cards.hourly_price", "in quotes, such as \"400.00\""),
        ("welcome_minutes = 180", "welcome_minutes = 100", 30, "cards.welcome_minutes", "a multiple of the increment"),
        ("welcome_minutes = 180", "welcome_hours = 3", 30, "cards.welcome_hours", "did you mean welcome_minutes?"),
        ("\"payment\"", "\"invoice\"", 31, "cards.activate_on", "\"payment\" or \"order\""),
        ("{ months = 12 }", "\"forever\"", 32, "cards.validity", "\"never\", { months = 12 }"),
        ("{ months = 12 }", "{ months = 12, calendar_years = 3 }", 32, "cards.validity", "or { calendar_years = 3 }"),
        ("{ months = 12 }", "{}", 32, "cards.validity", "or { calendar_years = 3 }"),
        ("{ months = 12 }", "{ months = 0 }", 32, "cards.validity.months", "number of months from 1"),
        ("{ months = 12 }", "{ month = 12 }", 32, "cards.validity.month", "did you mean months?"),
        ("late_days = 31", "late_days = -1", 33, "cards.late_days", "number of days from 0"),
        ("late_days = 31", "late_days = 367", 33, "cards.late_days", "number of days from 0 to 366"),
        ("vat_rate = 21", "vat_rate = 121", 34, "cards.vat_rate", "a percentage from 0 to 100"),
        ("vat_rate = 21", "vat_rate = -1", 34, "cards.vat_rate", "a percentage from 0 to 100"),
        ("vat_rate = 21", "vat_rate = nan", 34, "cards.vat_rate", "a percentage from 0 to 100"),
        ("id = \"5h\"\n", "", 48, "cards.products[0].id", "a short name"),
        ("id = \"5h\"", "id = \"5 h\"", 49, "cards.products[0].id", "a short name"),
        ("minutes = 300", "minutes = 310", 50, "cards.products[0].minutes", "a multiple of"),
        ("minutes = 300", "minutes = 0", 50, "cards.products[0].minutes", "from 1 to"),
        ("id = \"10h\"", "id = \"5h\"", 58, "cards.products[1].id", "an id that no other product has"),
        ("price = \"800.00\"", "price = \"-800.00\"", 60, "cards.products[1].price", "from 0.00 to"),
        ("price = \"800.00\"", "price = \"800,00\"", 60, "cards.products[1].price", "an amount in euros"),
        ("price = \"800.00\"", "price = 800.00", 60, "cards.products[1].price", "in quotes"),
        ("price = \"800.00\"\n", "", 57, "cards.products[1].price", "an amount in euros"),
        ("\"above_minutes\"", "\"sometimes\"", 63, "spending.agreement", "or \"not_required\""),
        ("above_minutes = 60\n", "", 62, "spending.above_minutes", "a whole number"),
        ("\"above_minutes\"", "\"required\"", 64, "spending.above_minutes", "only beside"),
        ("\"mail\"", "\"fax\"", 65, "spending.agreement_channels[1]", "or \"in_person\""),
        ("above_minutes = 60", "above_minutes = 0", 64, "spending.above_minutes", "from 1 to"),
        ("answer_days = 14", "answer_days = \"14\"", 66, "spending.answer_days", "number of days from 1"),
        ("owner_spends = true", "owner_spends = \"yes\"", 69, "spending.owner_spends", "true or false"),
        ("promised = 99\n", "", 71, "availability.promised", "a percentage above 0"),
        ("promised = 99", "promised = 0", 72, "availability.promised", "a percentage above 0"),
        ("promised = 99", "promised = 99.95", 73, "availability.aimed", "at least what is promised (99.95)"),
        ("aimed = 99.9", "aimed = \"99.9\"", 73, "availability.aimed", "a percentage from 0 to 100"),
        ("planned = \"Fr 22:00-24:00\"\n", "", 74, "availability.planned_minutes", "only beside planned"),
        ("planned_minutes = 20", "planned_minutes = 0", 75, "availability.planned_minutes", "from 1 to 1440"),
        ("\"Sample for phones\"", "\"Sample\"", 77, "availability.products", "each product once; \"Sample\""),
        ("\"Sample for phones\"", "7", 77, "availability.products[1]", "a text in quotes"),
        (
            "service = \"Mo-Fr 08:30-18:00; PH off\"",
            "service = \"Mo-Fr 25:30-18:00\"",
            80,
            "hours.service",
            "not in the opening_hours syntax",
        ),
        (
            "service = \"Mo-Fr 08:30-18:00; PH off\"",
            "service = \"Mo-Fr; Feb 30 off\"",
            80,
            "hours.service",
            "there is no Feb 30",
        ),
        ("service = \"Mo-Fr 08:30-18:00; PH off\"", "service = \"off\"", 80, "hours.service", "open within 400 days"),
        (
            "planned = \"Fr 22:00-24:00\"",
            "planned = \"friday night\"",
            74,
            "availability.planned",
            "not in the opening_hours syntax",
        ),
        (
            "working_day_minutes = 570",
            "working_day_minutes = 571",
            111,
            "priorities[0].targets[1].within",
            "whole minutes of a working day of 571",
        ),
        ("\"portal\", \"mail\"", "\"portal\", \"fax\"", 85, "tickets.channels[1]", "\"portal\", \"mail\""),
        ("within = \"1h\"", "within = \"1 hour\"", 103, "priorities[0].targets[0].within", "a time such as"),
        (
            "within = \"1h\"",
            "within = \"1 working day\"",
            103,
            "priorities[0].targets[0].within",
            "because working days count service time",
        ),
        (
            "measure = \"resolution\"",
            "measure = \"response\"\nchannels = [\"phone\"]",
            110,
            "priorities[0].targets[1].measure",
            "one target for each",
        ),
        (
            "priorities = [\"low\", \"high\"]",
            "priorities = [\"low\"]",
            128,
            "impacts[0].priorities",
            "2 priorities' ids, one per reach: few, all",
        ),
        (
            "priorities = [\"low\", \"high\"]",
            "priorities = [\"low\", \"1\"]",
            128,
            "impacts[0].priorities[1]",
            "the id of a priority: high, low",
        ),
        ("id = \"all\"", "id = \"few\"", 122, "reaches[1].id", "no other reach"),
        ("pays_for = [\"training\"]", "pays_for = [\"trainings\"]", 40, "cards.pays_for[0]", "one of the [[topics]]"),
        (
            "list_price = \"500.00\"",
            "list_price = \"400.00\"",
            52,
            "cards.products[0].list_price",
            "more than the price",
        ),
        ("\"01-01\"", "\"02-30\"", 44, "cards.conversion_on", "a month and a day"),
        (
            "topics = [\"training\"]",
            "topics = [\"teaching\"]",
            147,
            "coverage[0].topics[0]",
            "the id of a topic: training, migration",
        ),
        ("by = \"card\"", "by = \"cards\"", 145, "coverage[0].by", "\"included\", \"fair_use\""),
        ("fair_use_weight = 2", "fair_use_weight = 2.125", 133, "topics[0].fair_use_weight", "at most 2 decimals"),
        (
            "safety_priority = \"high\"",
            "safety_priority = \"urgent\"",
            156,
            "urgency.safety_priority",
            "the id of a priority",
        ),
        (
            "[[time.surcharges]]",
            "[[time.factors]]\nfactor = 1.2\nwhen = \"Mo-Fr 18:00-20:00\"\n\n[[time.surcharges]]",
            180,
            "time.factors[2].when",
            "is as high or higher",
        ),
        ("urgency = \"urgent\"\n", "urgency = \"soon\"\n", 176, "time.factors[1].urgency", "the id of a"),
        ("factor = 1.5", "factor = 0", 170, "time.factors[0].factor", "above 0"),
        ("near_percent = 80", "near_percent = 101", 186, "fair_use.near_percent", "from 1 to 100"),
        ("grace_days = 90", "grace_days = -1", 187, "fair_use.grace_days", "from 1 to"),
        ("minimum_organisations = 10", "minimum_customers = 10", 188, "fair_use.minimum_customers", "a known key"),
        ("fee = \"K\"", "fee = \"V\"", 193, "invoices.series", "invoice and fee have the same"),
        ("fee = \"K\"", "fee = \"fees\"", 193, "invoices.series.fee", "at most 4 capitals"),
        ("digits = 5", "digits = 3", 194, "invoices.digits", "from 4 to 8"),
        ("[5, 15, 30]", "[5, 15, 15]", 195, "invoices.reminder_days", "larger than the one before"),
        ("fee = \"82.50\"", "fee = \"82,50\"", 198, "reversals.fee", "an amount in euros"),
        ("\"outside_scope\"", "\"exempt\"", 199, "reversals.vat", "or \"standard_incl\""),
        ("decided_on = 2026-01-01\n", "", 200, "reversals.decided_by", "only beside decided_on"),
        ("code = \"AC04\"", "code = \"AC4\"", 210, "reversals.codes[0].code", "such as \"AM04\""),
        ("\"block_mandate\"", "\"block\"", 212, "reversals.codes[0].action", "or \"park\""),
        ("most = 6", "most = 7", 215, "reactivation.most", "from 0 to 6"),
        ("NL69ZZZ", "NL99ZZZ", 219, "collection.creditor_id", "NL69ZZZ123456780000"),
        ("iban = \"NL91ABNA0417164300\"\n", "", 217, "collection", "an account in provider.iban"),
        ("\"pain.008.001.08\"", "\"pain.008\"", 221, "collection.format", "or \"pain.008.001.02\""),
        ("bank = \"1100\"", "bank = \"1300\"", 228, "accounts.bank", "receivable has 1300"),
        ("rgs = \"BVorDebHad\"", "code = \"BVorDebHad\"", 227, "accounts.receivable", "{ number ="),
        ("memo = \"MEM\"", "memo = \"BNK\"", 240, "accounts.journals", "three codes that differ"),
        ("[spending]", "[spendings]", 62, "spendings", "did you mean spending?"),
        ("answer_days = 14", "answer_days = ", 66, "", "expected"),
        ("= 2026-01-01", "= 2026-02-30", 2, "", "day"),
        ("[time]", "[time", 20, "", "unclosed"),
        ("rounding = \"up\"", "minimum_minutes = 15", 23, "", "duplicate key"),
    ];

    #[test]
    fn pol_a_fault_names_line_key_and_what_was_expected() {
        for (from, to, line, key, expected) in BROKEN {
            assert!(SAMPLE.contains(from), "{from}");
            let PolicyErrors(faults) = Policy::parse(&SAMPLE.replacen(from, to, 1)).expect_err(to);
            let [fault] = &faults[..] else { panic!("one fault for {to:?}, not {faults:#?}") };
            assert_eq!((fault.line, fault.key.as_str()), (*line, *key), "{fault}");
            assert!(fault.expected.contains(expected), "{fault}");
        }
    }

    #[test]
    fn pol_faults_are_reported_together_and_in_order() {
        let broken = SAMPLE
            .replace("increment_minutes = 15", "increment_minutes = 0")
            .replace("price = \"800.00\"", "price = \"-8\"")
            .replace("email = \"desk@sample.example\"\n", "e_mail = \"desk@sample.example\"\n");
        let report = Policy::parse(&broken).unwrap_err().to_string();
        insta::assert_snapshot!(report, @r#"
        line 5: provider.email is missing; expected an e-mail address, such as "helpdesk@company.example"
        line 7: provider.e_mail = "desk@sample.example"; expected a known key; did you mean email?
        line 21: time.increment_minutes = 0; expected a whole number of minutes from 1 to 1440
        line 60: cards.products[1].price = "-8"; expected an amount in euros in quotes, such as "400.00", from 0.00 to 100000000.00
        "#);
    }

    #[test]
    fn pol_a_card_needs_a_price_and_an_hour_needs_whole_increments() {
        for (cards, line, key) in [
            ("[cards]\n", 6, "cards.products"),
            ("[time]\nincrement_minutes = 45\n[cards]\nhourly_price = \"80\"\n", 9, "cards.hourly_price"),
            ("[cards]\nproducts = \"5h\"\nhourly_price = \"80\"\n", 7, "cards.products"),
        ] {
            let PolicyErrors(faults) = Policy::parse(&format!("{LEAST}{cards}")).expect_err(cards);
            assert_eq!(faults.iter().map(|fault| (fault.line, fault.key.as_str())).collect::<Vec<_>>(), [(line, key)]);
        }
        let PolicyErrors(faults) = Policy::parse(&format!("cards = true\n{LEAST}")).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].expected, "a section [cards]");
    }

    proptest! {
        #[test]
        fn time_1_rounding_up_adds_less_than_an_increment(worked in 1..=1440_i64, increment in 1..=1440_i64) {
            let rules = TimeRules { increment: Minutes(increment), minimum: Minutes::ZERO, ..quarters() };
            let charged = rules.charge(Minutes(worked)).0;
            prop_assert_eq!(charged % increment, 0);
            prop_assert!((worked..worked + increment).contains(&charged));
        }

        #[test]
        fn pol_no_text_stops_the_parser(
            at in 0..SAMPLE.len(),
            length in 0..40_usize,
            noise in r#"[\[\]{}="'.#\n€a0-]{0,6}"#,
        ) {
            let end = (at + length).min(SAMPLE.len());
            let text = format!("{}{noise}{}", &SAMPLE[..at], &SAMPLE[end..]);
            if let Err(PolicyErrors(faults)) = Policy::parse(&text) {
                prop_assert!(!faults.is_empty());
                prop_assert!(faults.iter().all(|fault| (1..=text.lines().count() + 1).contains(&fault.line)));
            }
        }
    }
}
