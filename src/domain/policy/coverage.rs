//! `[[topics]]`, `[rates]`, `[[coverage]]` and `[defects]`: what tickets are about, what an hour costs, and which covers
//! there are for what (COVER-1 to COVER-6).

use super::Bilingual;
use super::reader::{Kind, Reader, bilingual, factor, id, money, text, word};
use crate::domain::{Cents, TicketKind, coverage::Cover};
use rust_decimal::Decimal;

/// The heaviest a topic can weigh under fair use.
const MOST_WEIGHT: u32 = 100;

/// A kind of work that tickets are about (COVER-4, COVER-6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topic {
    /// How tickets and rules name it.
    pub id: String,
    /// How people name it.
    pub name: Bilingual,
    /// By how much its worked minutes count under fair use, at most 2 decimals; `None` when fair use leaves it out.
    pub fair_use_weight: Option<Decimal>,
    /// Its own price of an hour, ex VAT (COVER-6).
    pub hourly_rate: Option<Cents>,
}

/// What an hour costs (COVER-6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Of any topic that has no price of its own, ex VAT; `None` where nothing is sold by the hour.
    pub hourly: Option<Cents>,
}

/// One cover and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverRule {
    /// Included, fair use, card, invoice or goodwill.
    pub by: Cover,
    /// For which kinds of tickets; never a defect, which is always free (COVER-2).
    pub kinds: Vec<TicketKind>,
    /// For which topics; all of them when empty.
    pub topics: Vec<String>,
    /// The sentence of the terms that says so.
    pub sentence: Bilingual,
    /// Where the terms say so.
    pub source: Option<String>,
}

impl CoverRule {
    /// The kinds that a rule is for when it does not say: all but defects.
    pub const KINDS: [TicketKind; 3] = [TicketKind::Question, TicketKind::ThirdParty, TicketKind::Change];

    /// Whether the rule is for tickets of this kind and topic.
    #[must_use]
    pub fn fits(&self, kind: TicketKind, topic: Option<&str>) -> bool {
        self.kinds.contains(&kind) && (self.topics.is_empty() || self.names(topic))
    }

    /// Whether the rule names this very topic, and so goes before rules that name none.
    #[must_use]
    pub fn names(&self, topic: Option<&str>) -> bool {
        topic.is_some_and(|topic| self.topics.iter().any(|known| known == topic))
    }

    /// A kind and a topic for which both rules would do equally well.
    fn overlaps(&self, other: &Self) -> bool {
        let alike = match (self.topics.is_empty(), other.topics.is_empty()) {
            (true, true) => true,
            (false, false) => self.topics.iter().any(|topic| other.names(Some(topic))),
            _ => false,
        };
        self.by == other.by && alike && self.kinds.iter().any(|kind| other.kinds.contains(kind))
    }

    /// Reads `[[coverage]]`; `topics` and `rates` are read before it.
    pub(super) fn read_all(keys: &mut Reader<'_>, known: &Known<'_>) -> Vec<Self> {
        let mut read: Vec<Self> = Vec::new();
        keys.tables("coverage", |keys| {
            let rule = Self::read(keys, known);
            if read.iter().any(|earlier| earlier.overlaps(&rule)) {
                keys.fault("by", "a cover that no earlier rule gives for the same kind and topic");
            }
            read.push(rule);
        });
        read
    }

    fn read(keys: &mut Reader<'_>, known: &Known<'_>) -> Self {
        let covers = [
            ("included", Cover::Included),
            ("fair_use", Cover::FairUse),
            ("card", Cover::Card),
            ("agreed_invoice", Cover::Invoice),
            ("goodwill", Cover::Goodwill),
        ];
        let kinds = word(Self::KINDS.map(|kind| (kind.as_str(), kind)));
        let by = keys.required("by", optional(word(covers))).unwrap_or(Cover::Goodwill);
        let rule = Self {
            by,
            kinds: keys.list("kinds", Self::KINDS.to_vec(), &kinds),
            topics: keys.list("topics", vec![], &known_topic(known.topics)),
            sentence: keys.required("sentence", bilingual()),
            source: keys.optional("source", text()),
        };
        if rule.kinds.is_empty() {
            keys.fault("kinds", "at least one kind, or no such key for all of them");
        }
        match by {
            Cover::Card if !known.has_cards => keys.fault("by", "a section [cards] for cards that pay"),
            Cover::FairUse if !known.has_fair_use => {
                keys.fault("by", "a section [fair_use] that says how much is fair");
            }
            Cover::Invoice if !rule.has_rate(known) => {
                keys.fault("by", "a price for the invoice: rates.hourly, or hourly_rate of each topic it is for");
            }
            _ => {}
        }
        rule
    }

    /// Whether everything it is for has a price per hour.
    fn has_rate(&self, known: &Known<'_>) -> bool {
        let priced = |id: &String| known.topics.iter().any(|topic| topic.id == *id && topic.hourly_rate.is_some());
        known.rates.hourly.is_some() || (!self.topics.is_empty() && self.topics.iter().all(priced))
    }
}

/// What rules may refer to.
pub(super) struct Known<'a> {
    pub(super) topics: &'a [Topic],
    pub(super) rates: &'a Rates,
    pub(super) has_cards: bool,
    pub(super) has_fair_use: bool,
}

impl Topic {
    pub(super) fn read_all(keys: &mut Reader<'_>) -> Vec<Self> {
        let mut taken: Vec<String> = Vec::new();
        keys.tables("topics", |keys| Self::read(keys, &mut taken))
    }

    fn read(keys: &mut Reader<'_>, taken: &mut Vec<String>) -> Self {
        let topic = Self {
            id: keys.required("id", id()),
            name: keys.required("name", bilingual()),
            fair_use_weight: Self::weight(keys),
            hourly_rate: keys.optional("hourly_rate", money()),
        };
        if taken.contains(&topic.id) {
            keys.fault("id", "an id that no other topic has");
        } else if !topic.id.is_empty() {
            taken.push(topic.id.clone());
        }
        topic
    }

    fn weight(keys: &mut Reader<'_>) -> Option<Decimal> {
        let weighed = keys.has("fair_use_weight");
        let weight = keys.or("fair_use_weight", Decimal::ONE, factor(MOST_WEIGHT, 2));
        if !keys.has("fair_use") {
            return Some(weight);
        }
        if weighed {
            keys.fault("fair_use", "either this key or fair_use_weight");
        }
        keys.optional("fair_use", word([("excluded", ())])).map_or(Some(weight), |()| None)
    }
}

impl Rates {
    pub(super) fn read(keys: &mut Reader<'_>) -> Self {
        Self { hourly: keys.optional("hourly", money()) }
    }
}

/// `[defects]`: the sentence that says a defect is free (COVER-2).
pub(super) fn defects(keys: &mut Reader<'_>) -> Bilingual {
    let otherwise = Bilingual {
        nl: "Een fout in ons eigen product herstellen wij kosteloos.".to_owned(),
        en: "A fault in our own product is repaired free of charge.".to_owned(),
    };
    keys.or("sentence", otherwise, bilingual())
}

/// The id of a topic of this policy.
pub(super) fn known_topic(topics: &[Topic]) -> Kind<String> {
    known_id("topic", topics.iter().map(|topic| topic.id.clone()).collect())
}

/// An id that another section has declared.
pub(super) fn known_id(what: &str, ids: Vec<String>) -> Kind<String> {
    let expected = if ids.is_empty() {
        format!("the id of a {what}, of which this policy has none")
    } else {
        format!("the id of a {what}: {}", ids.join(", "))
    };
    Kind::new(expected, move |value| value.as_str().filter(|id| ids.iter().any(|known| known == id)).map(str::to_owned))
}

/// The same values, for a type without a default of its own.
fn optional<T: 'static>(kind: Kind<T>) -> Kind<Option<T>> {
    Kind { expected: kind.expected, read: Box::new(move |value| (kind.read)(value).map(Some)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Policy;
    use crate::domain::policy::{AddOn, PolicyErrors};

    const SAMPLE: &str = r#"name = "sample"
effective_from = 2026-01-01
provider = { name = "Sample", email = "desk@sample.example" }
cards = { hourly_price = "80.00" }
fair_use = { factor = 3 }

[rates]
hourly = "95.00"

[[topics]]
id = "link"
name = { nl = "Koppeling", en = "Integration" }
fair_use_weight = 2.5

[[topics]]
id = "move"
name = "Migration"
fair_use = "excluded"
hourly_rate = "110.00"

[[coverage]]
by = "fair_use"
sentence = "Questions are free."
kinds = ["question", "third_party"]

[[coverage]]
by = "agreed_invoice"
topics = ["move"]
sentence = { nl = "Verhuizen op afspraak.", en = "Moving is agreed." }
source = "004 migration"

[defects]
sentence = "Our mistake, our time."

[urgency]
safety = "Safety first."
not_safety = ["A lost password"]
free_per_window = 1
sentence = "One a year is free."
offer = "The add-on."
add_on = { monthly = "150.00", hourly = "125.00" }

[[urgency.levels]]
id = "urgent"
name = "Urgent"
"#;

    #[test]
    fn cover_1_every_key_is_read() {
        let policy = Policy::parse(SAMPLE).unwrap();
        let [link, moving] = &policy.topics[..] else { panic!("{:?}", policy.topics) };
        assert_eq!((link.name.nl.as_str(), link.hourly_rate), ("Koppeling", None));
        assert_eq!(link.fair_use_weight.map(|weight| weight.to_string()).as_deref(), Some("2.5"));
        assert_eq!((moving.fair_use_weight, moving.hourly_rate), (None, Some(Cents(11_000))));
        assert_eq!(policy.rates.hourly, Some(Cents(9_500)));
        let [fair_use, invoice] = &policy.coverage[..] else { panic!("{:?}", policy.coverage) };
        assert_eq!((fair_use.by, &fair_use.kinds[..]), (Cover::FairUse, &CoverRule::KINDS[..2]));
        assert!(fair_use.fits(TicketKind::Question, Some("move")) && !fair_use.names(Some("move")));
        assert!(!fair_use.fits(TicketKind::Change, None));
        assert_eq!((invoice.by, &invoice.kinds[..]), (Cover::Invoice, &CoverRule::KINDS[..]));
        assert!(invoice.names(Some("move")) && !invoice.fits(TicketKind::Question, None));
        assert_eq!(invoice.source.as_deref(), Some("004 migration"));
        assert_eq!(policy.defects.en, "Our mistake, our time.");
    }

    #[test]
    fn urg_2_every_key_is_read() {
        let urgency = Policy::parse(SAMPLE).unwrap().urgency.unwrap();
        assert_eq!((urgency.free_per_window, urgency.window_months), (1, 12));
        assert_eq!(urgency.add_on, Some(AddOn { monthly: Cents(15_000), hourly: Cents(12_500) }));
        assert_eq!(urgency.level("urgent").unwrap().name.en, "Urgent");
        assert_eq!((urgency.level("safety"), urgency.is_rationed()), (None, true));
        let factors_only = SAMPLE
            .replace("free_per_window = 1", "free_per_window = 0")
            .replace("offer = \"The add-on.\"\nadd_on = { monthly = \"150.00\", hourly = \"125.00\" }\n", "");
        assert!(!Policy::parse(&factors_only).unwrap().urgency.unwrap().is_rationed());
    }

    #[test]
    fn pol_3_a_policy_may_have_none_of_it() {
        let least = "name = \"least\"\neffective_from = 2026-01-01\n\
                     provider = { name = \"Least\", email = \"desk@least.example\" }\n";
        let policy = Policy::parse(least).unwrap();
        assert_eq!((policy.topics, policy.coverage, policy.urgency), (vec![], vec![], None));
        assert_eq!(policy.rates, Rates::default());
        assert!(policy.defects.nl.contains("kosteloos"));
    }

    /// What is replaced in [`SAMPLE`], by what, and the one fault that it makes: key and part of what was expected.
    const BROKEN: &[(&str, &str, &str, &str)] = &[
        ("hourly = \"95.00\"", "hourly = 95", "rates.hourly", "in quotes"),
        ("hourly = \"95.00\"", "hourli = \"95.00\"", "rates.hourli", "did you mean hourly?"),
        ("id = \"link\"", "id = \"Link\"", "topics[0].id", "small letters"),
        ("id = \"link\"", "id = \"move\"", "topics[1].id", "no other topic"),
        ("name = \"Migration\"", "name = { nl = \"Migratie\" }", "topics[1].name", "both languages"),
        ("= 2.5", "= 0", "topics[0].fair_use_weight", "above 0"),
        ("= 2.5", "= 2.125", "topics[0].fair_use_weight", "at most 2 decimals"),
        ("= 2.5", "= 2.5\nfair_use = \"excluded\"", "topics[0].fair_use", "either this key or"),
        ("\"excluded\"", "\"none\"", "topics[1].fair_use", "\"excluded\""),
        ("\"110.00\"", "\"-110.00\"", "topics[1].hourly_rate", "from 0.00"),
        ("by = \"fair_use\"", "by = \"safety\"", "coverage[0].by", "or \"goodwill\""),
        ("by = \"fair_use\"\n", "", "coverage[0].by", "\"included\", \"fair_use\""),
        ("[\"question\", \"third_party\"]", "[\"question\", \"defect\"]", "coverage[0].kinds[1]", "\"change\""),
        ("[\"question\", \"third_party\"]", "[]", "coverage[0].kinds", "at least one kind"),
        ("topics = [\"move\"]", "topics = [\"moving\"]", "coverage[1].topics[0]", "the id of a topic: link, move"),
        ("sentence = \"Questions are free.\"\n", "", "coverage[0].sentence", "both languages"),
        ("by = \"agreed_invoice\"\ntopics = [\"move\"]", "by = \"fair_use\"", "coverage[1].by", "no earlier rule"),
        ("cards = { hourly_price = \"80.00\" }\n", "", "", ""),
        ("by = \"fair_use\"", "by = \"goodwill\"", "", ""),
        ("safety = \"Safety first.\"\n", "", "urgency.safety", "both languages"),
        ("not_safety = [\"A", "not_safety = [1, \"A", "urgency.not_safety[0]", "a text in quotes"),
        ("sentence = \"One a year is free.\"\n", "", "urgency.sentence", "that is free"),
        ("free_per_window = 1", "free_per_window = -1", "urgency.free_per_window", "from 0"),
        ("free_per_window = 1", "window_months = 0", "urgency.window_months", "from 1 to 120"),
        ("monthly = \"150.00\", ", "", "urgency.add_on.monthly", "an amount"),
        ("id = \"urgent\"", "id = \"safety\"", "urgency.levels[0].id", "not \"safety\""),
        ("name = \"Urgent\"", "name = \"Urgent\"\npriority = \"high\"", "urgency.levels[0].priority", "has none"),
        ("free_per_window = 1", "safety_priority = \"high\"", "urgency.safety_priority", "has none"),
        ("[[urgency.levels]]\nid = \"urgent\"\nname = \"Urgent\"\n", "", "urgency.levels", "at least one"),
    ];

    #[test]
    fn pol_a_fault_names_key_and_what_was_expected() {
        for (from, to, key, expected) in BROKEN {
            assert!(SAMPLE.contains(from), "{from}");
            let faults = Policy::parse(&SAMPLE.replacen(from, to, 1)).err().map(|PolicyErrors(faults)| faults);
            let faults = faults.unwrap_or_default();
            if key.is_empty() {
                assert!(faults.is_empty(), "{faults:#?}");
                continue;
            }
            let [fault] = &faults[..] else { panic!("one fault for {to:?}, not {faults:#?}") };
            assert_eq!(fault.key.as_str(), *key, "{fault}");
            assert!(fault.expected.contains(expected), "{fault}");
        }
    }

    #[test]
    fn pol_a_cover_needs_what_it_takes() {
        let no_rate = "[rates]\nhourly = \"95.00\"\n";
        assert!(Policy::parse(&SAMPLE.replacen(no_rate, "", 1)).is_ok(), "its topic has a price of its own");
        let both = SAMPLE.replacen(no_rate, "", 1).replacen("hourly_rate = \"110.00\"\n", "", 1);
        let PolicyErrors(faults) = Policy::parse(&both).unwrap_err();
        assert!(faults.len() == 1 && faults[0].expected.contains("a price for the invoice"), "{faults:?}");
        let cards = SAMPLE.replacen("cards = { hourly_price = \"80.00\" }\n", "", 1).replacen(
            "by = \"fair_use\"",
            "by = \"card\"",
            1,
        );
        let PolicyErrors(faults) = Policy::parse(&cards).unwrap_err();
        assert!(faults.len() == 1 && faults[0].expected.contains("[cards]"), "{faults:?}");
    }
}
