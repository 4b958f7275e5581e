//! `[[priorities]]` with their targets, and the matrix of `[[impacts]]` and `[[reaches]]` that proposes one (SLA-1, SLA-2).

use super::Bilingual;
use super::coverage::known_id;
use super::hours::HoursRules;
use super::reader::{Kind, Reader, bilingual, flag, id, word};
use crate::domain::hours::{OpeningHours, SEARCH_DAYS};
use crate::domain::words::words;
use crate::domain::{Channel, Minutes};
use chrono::{NaiveDate, NaiveTime};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::fmt;

words! {
    /// What a clock of a ticket measures (SLA-2).
    pub enum Measure {
        /// Until somebody has answered.
        Response = "response",
        /// Until it is solved.
        Resolution = "resolution",
    }
}

words! {
    /// Which time a clock counts (SLA-3).
    pub enum Counted {
        /// The minutes that the service is open, in local time.
        Service = "service",
        /// All time that passes, day and night.
        Continuous = "continuous",
    }
}

words! {
    /// For reports of which moments a target holds (SLA-2).
    pub enum Received {
        /// Of every moment.
        Any = "any",
        /// Within the service hours.
        Inside = "inside",
        /// Outside the service hours.
        Outside = "outside",
    }
}

/// How soon something should have happened (SLA-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// Within this time; more than nothing.
    Time(Minutes),
    /// Within this many working days, which may be half of one; more than nothing (SLA-3).
    WorkingDays(Decimal),
    /// When both agree.
    Agreement,
}

/// How soon, for which reports, and by which clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What should have happened.
    pub measure: Measure,
    /// How soon.
    pub within: Within,
    /// Which time counts.
    pub counted: Counted,
    /// For reports of which moments.
    pub received: Received,
    /// For reports by which channels; empty for all.
    pub channels: Vec<Channel>,
    /// Whether telling that a report came in is an answer already.
    pub acknowledgement_counts: bool,
}

/// How urgent a ticket is, and what its reporter may expect (SLA-1, SLA-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priority {
    /// How tickets name it.
    pub id: String,
    /// How people name it.
    pub name: Bilingual,
    /// What belongs in it.
    pub description: Option<Bilingual>,
    /// How to get help outside the service hours, where there is any.
    pub emergency: Option<Bilingual>,
    /// How it should be reported; a report by another channel gets a notice and is accepted all the same (SLA-6).
    pub report_by: Option<Channel>,
    /// Whether a target that is missed is a breach; else it is only late (SLA-5).
    pub binding: bool,
    /// In the order of the file.
    pub targets: Vec<Target>,
}

/// A row of the matrix: what a report does to the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impact {
    /// How tickets name it.
    pub id: String,
    /// How people name it.
    pub name: Bilingual,
    /// The priority's id for each reach, in their order; one where there are no reaches.
    pub priorities: Vec<String>,
}

/// A column of the matrix: whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// How tickets name it.
    pub id: String,
    /// How people name it.
    pub name: Bilingual,
}

/// Which priority a report gets (SLA-1). Empty where nothing proposes one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix {
    /// The rows.
    pub impacts: Vec<Impact>,
    /// The columns; none where the rows decide alone.
    pub reaches: Vec<Reach>,
}

impl Matrix {
    /// The id of the priority in a cell. `None` for an impact or reach that there is not; a reach is not asked for where
    /// the rows decide alone.
    #[must_use]
    pub fn priority(&self, impact: &str, reach: Option<&str>) -> Option<&str> {
        let row = self.impacts.iter().find(|row| row.id == impact)?;
        let column = if self.reaches.is_empty() {
            0
        } else {
            self.reaches.iter().position(|at| Some(at.id.as_str()) == reach)?
        };
        row.priorities.get(column).map(String::as_str)
    }

    pub(super) fn read(keys: &mut Reader<'_>, priorities: &[Priority]) -> Self {
        let mut taken = Vec::new();
        let reaches = keys.tables("reaches", |keys| Reach {
            id: unique(keys, &mut taken, "reach"),
            name: keys.required("name", bilingual()),
        });
        let ids: Vec<String> = priorities.iter().map(|priority| priority.id.clone()).collect();
        let columns: Vec<&str> = reaches.iter().map(|reach| reach.id.as_str()).collect();
        let mut taken = Vec::new();
        let impacts = keys.tables("impacts", |keys| Impact::read(keys, &ids, &columns, &mut taken));
        if impacts.is_empty() && !reaches.is_empty() && !keys.has("impacts") {
            keys.fault("impacts", "at least one [[impacts]] beside the [[reaches]]");
        }
        Self { impacts, reaches }
    }
}

impl Impact {
    fn read(keys: &mut Reader<'_>, ids: &[String], columns: &[&str], taken: &mut Vec<String>) -> Self {
        let cells = match columns {
            [] => "a list of one priority's id".to_owned(),
            columns => format!("a list of {} priorities' ids, one per reach: {}", columns.len(), columns.join(", ")),
        };
        let noted = keys.faults.len();
        let priorities = keys.list("priorities", vec![], &known_id("priority", ids.to_vec()));
        if keys.faults.len() == noted && priorities.len() != columns.len().max(1) {
            keys.fault("priorities", cells);
        }
        Self { id: unique(keys, taken, "impact"), name: keys.required("name", bilingual()), priorities }
    }
}

/// What the reading of priorities has to know of the other sections.
pub(super) struct Known<'a> {
    pub(super) hours: Option<&'a HoursRules>,
    pub(super) channels: &'a [Channel],
    pub(super) effective_from: NaiveDate,
}

impl Priority {
    /// What holds for a report by `channel`, of one measure: a target for that channel before one for all, and one for
    /// reports inside or outside the service hours before one for both.
    #[must_use]
    pub fn target(&self, measure: Measure, channel: Channel, inside: bool) -> Option<&Target> {
        let fits = self.targets.iter().filter(|target| target.measure == measure && target.holds(channel, inside));
        // The first of the most particular ones: `max_by_key` would give the last.
        fits.rev().max_by_key(|target| (!target.channels.is_empty(), target.received != Received::Any))
    }

    pub(super) fn read_all(keys: &mut Reader<'_>, known: &Known<'_>) -> Vec<Self> {
        let mut taken = Vec::new();
        keys.tables("priorities", |keys| Self::read(keys, known, &mut taken))
    }

    fn read(keys: &mut Reader<'_>, known: &Known<'_>, taken: &mut Vec<String>) -> Self {
        let mut targets: Vec<Target> = Vec::new();
        keys.tables("targets", |keys| {
            let target = Target::read(keys, known);
            if targets.iter().any(|other| other.overlaps(&target)) {
                keys.fault("measure", "one target for each measure, channel and moment of receipt");
            }
            targets.push(target);
        });
        Self {
            id: unique(keys, taken, "priority"),
            name: keys.required("name", bilingual()),
            description: keys.optional("description", bilingual()),
            emergency: keys.optional("emergency", bilingual()),
            report_by: keys.optional("report_by", one_of(known.channels)),
            binding: keys.or("binding", true, flag()),
            targets,
        }
    }
}

impl Target {
    fn holds(&self, channel: Channel, inside: bool) -> bool {
        let moment = match self.received {
            Received::Any => true,
            Received::Inside => inside,
            Received::Outside => !inside,
        };
        moment && (self.channels.is_empty() || self.channels.contains(&channel))
    }

    fn overlaps(&self, other: &Self) -> bool {
        let none = self.channels.is_empty() && other.channels.is_empty();
        let channels = none || self.channels.iter().any(|channel| other.channels.contains(channel));
        (self.measure, self.received) == (other.measure, other.received) && channels
    }

    /// The time that it leaves, where a working day has this many minutes; `None` by agreement (SLA-3).
    #[must_use]
    pub fn time(&self, working_day: Minutes) -> Option<Minutes> {
        self.within.time(working_day)
    }

    fn read(keys: &mut Reader<'_>, known: &Known<'_>) -> Self {
        let measures = [Measure::Response, Measure::Resolution].map(|measure| (measure.as_str(), Some(measure)));
        let counts = [Counted::Service, Counted::Continuous].map(|counted| (counted.as_str(), counted));
        let moments = [Received::Any, Received::Inside, Received::Outside].map(|moment| (moment.as_str(), moment));
        let measure = keys.required("measure", word(measures)).unwrap_or(Measure::Response);
        let within = keys.required("within", within());
        let counted = keys.or("counted", Counted::Service, word(counts));
        let target = Self {
            measure,
            within: within.unwrap_or(Within::Agreement),
            counted,
            received: keys.or("received", Received::Any, word(moments)),
            channels: keys.list("channels", vec![], &one_of(known.channels)),
            acknowledgement_counts: keys.or("acknowledgement_counts", true, flag()),
        };
        if known.hours.is_none() && target.received != Received::Any {
            keys.fault("received", "a section [hours], or this key left out");
        }
        if measure == Measure::Resolution && keys.has("acknowledgement_counts") {
            keys.fault("acknowledgement_counts", "this key only beside measure = \"response\"");
        }
        target.check(keys, known);
        target
    }

    /// A time in working days has to come to whole minutes, and has to pass within a search.
    fn check(&self, keys: &mut Reader<'_>, known: &Known<'_>) {
        let hours = known.hours.unwrap_or_else(|| HoursRules::always());
        match (self.within, self.counted) {
            (Within::WorkingDays(_), Counted::Continuous) => {
                return keys.fault("within", "hours or minutes, because working days count service time");
            }
            (Within::WorkingDays(days), _) if (days * Decimal::from(hours.working_day.0)).fract() != Decimal::ZERO => {
                return keys.fault("within", format!("whole minutes of a working day of {}", hours.working_day.0));
            }
            _ => {}
        }
        let Some(time) = self.time(hours.working_day) else { return };
        let always = OpeningHours::always();
        let counted = if self.counted == Counted::Service { &hours.service } else { &always };
        let start = counted.next_opening(known.effective_from.and_time(NaiveTime::MIN));
        // Hours that never open are a fault of the hours.
        if start.is_some_and(|start| counted.add_minutes(start, time).is_none()) {
            keys.fault("within", format!("a time that is over within {SEARCH_DAYS} days"));
        }
    }
}

impl Within {
    /// The time that it leaves, where a working day has this many minutes; `None` by agreement (SLA-3).
    #[must_use]
    pub fn time(self, working_day: Minutes) -> Option<Minutes> {
        match self {
            Self::Time(time) => Some(time),
            Self::WorkingDays(days) => (days * Decimal::from(working_day.0)).to_i64().map(Minutes),
            Self::Agreement => None,
        }
    }
}

/// As the policy writes it.
impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Time(Minutes(minutes)) => match (minutes / 60, minutes % 60) {
                (0, minutes) => write!(f, "{minutes}m"),
                (hours, 0) => write!(f, "{hours}h"),
                (hours, minutes) => write!(f, "{hours}h{minutes}m"),
            },
            Self::WorkingDays(days) if days == Decimal::ONE => f.write_str("1 working day"),
            Self::WorkingDays(days) => write!(f, "{days} working days"),
            Self::Agreement => f.write_str("by agreement"),
        }
    }
}

fn within() -> Kind<Option<Within>> {
    Kind::new("a time such as \"30m\", \"4h\", \"1h30m\", \"2 working days\" or \"by agreement\"", |value| {
        let text = value.as_str()?;
        if text == "by agreement" {
            return Some(Some(Within::Agreement));
        }
        if let Some(days) = text.strip_suffix(" working days").or_else(|| text.strip_suffix(" working day")) {
            let days = Decimal::from_str_exact(days).ok().filter(|days| *days > Decimal::ZERO && days.scale() <= 2);
            let days = days.filter(|days| *days <= Decimal::from(SEARCH_DAYS))?;
            return Some(Some(Within::WorkingDays(days.normalize())));
        }
        let (hours, minutes) = match text.split_once('h') {
            Some((hours, "")) => (hours, "0"),
            Some((hours, minutes)) => (hours, minutes.strip_suffix('m')?),
            None => ("0", text.strip_suffix('m')?),
        };
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        let time = Minutes(i64::from(hours) * 60 + i64::from(minutes));
        time.is_positive().then_some(Some(Within::Time(time)))
    })
}

fn one_of(channels: &[Channel]) -> Kind<Channel> {
    let channels = channels.to_vec();
    let names: Vec<_> = channels.iter().map(|channel| channel.as_str()).collect();
    Kind::new(format!("a channel of this policy: {}", names.join(", ")), move |value| {
        let written = value.as_str()?;
        channels.iter().copied().find(|channel| channel.as_str() == written)
    })
}

fn unique(keys: &mut Reader<'_>, taken: &mut Vec<String>, what: &str) -> String {
    let id = keys.required("id", id());
    if taken.contains(&id) {
        keys.fault("id", format!("an id that no other {what} has"));
    } else if !id.is_empty() {
        taken.push(id.clone());
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::{Policy, PolicyErrors};

    /// Two priorities, two reaches, two impacts; the table below breaks it in one place each.
    const SAMPLE: &str = r#"name = "sample"
effective_from = 2026-01-01

[provider]
name = "Sample"
email = "desk@sample.example"

[hours]
service = "Mo-Fr 09:00-17:00"

[[priorities]]
id = "1"
name = { nl = "Hoog", en = "High" }
description = "Everything stands still"
emergency = "Call"
report_by = "phone"
binding = false

[[priorities.targets]]
measure = "response"
within = "1h30m"
counted = "continuous"
received = "inside"
acknowledgement_counts = false

[[priorities.targets]]
measure = "response"
within = "0.5 working days"
channels = ["mail", "chat"]

[[priorities]]
id = "2"
name = "Low"

[[priorities.targets]]
measure = "resolution"
within = "by agreement"

[[reaches]]
id = "one"
name = "One"

[[reaches]]
id = "all"
name = "All"

[[impacts]]
id = "down"
name = "Down"
priorities = ["2", "1"]

[[impacts]]
id = "question"
name = "Question"
priorities = ["2", "2"]
"#;

    #[test]
    fn sla_2_every_key_is_read() {
        let policy = Policy::parse(SAMPLE).unwrap();
        let first = &policy.priorities[0];
        assert_eq!((first.name.nl.as_str(), first.report_by, first.binding), ("Hoog", Some(Channel::Phone), false));
        let target = Target {
            measure: Measure::Response,
            within: Within::Time(Minutes(90)),
            counted: Counted::Continuous,
            received: Received::Inside,
            channels: vec![],
            acknowledgement_counts: false,
        };
        assert_eq!(first.targets[0], target);
        assert_eq!(first.targets[1].time(Minutes(480)), Some(Minutes(240)));
        assert_eq!(first.targets[1].channels, [Channel::Mail, Channel::Chat]);
        let last = &policy.priorities[1];
        assert_eq!((last.binding, last.targets[0].time(Minutes(480))), (true, None));
        let none = Policy::parse(&SAMPLE[..SAMPLE.find("[hours]").unwrap()]).unwrap();
        assert_eq!((none.priorities, none.matrix), (vec![], Matrix::default()));
    }

    #[test]
    fn sla_1_the_matrix_names_the_priority_of_a_cell() {
        let policy = Policy::parse(SAMPLE).unwrap();
        let id = |impact, reach| policy.proposed_priority(impact, reach).map(|priority| priority.id.as_str());
        assert_eq!(id("down", Some("one")), Some("2"));
        assert_eq!(id("down", Some("all")), Some("1"));
        assert_eq!(id("question", Some("all")), Some("2"));
        assert_eq!((id("down", None), id("down", Some("none")), id("up", Some("one"))), (None, None, None));
    }

    #[test]
    fn sla_2_the_most_particular_target_holds() {
        let policy = Policy::parse(SAMPLE).unwrap();
        let within = |channel, inside| {
            policy.priorities[0].target(Measure::Response, channel, inside).map(|target| target.within.to_string())
        };
        assert_eq!(within(Channel::Phone, true).as_deref(), Some("1h30m"));
        assert_eq!(within(Channel::Phone, false), None);
        assert_eq!(within(Channel::Mail, true).as_deref(), Some("0.5 working days"), "its channel goes first");
        assert_eq!(policy.priorities[0].target(Measure::Resolution, Channel::Mail, true), None);
    }

    #[test]
    fn sla_3_times_read_as_they_are_written() {
        for written in
            ["30m", "4h", "1h30m", "48h", "1 working day", "2 working days", "0.5 working days", "by agreement"]
        {
            let policy = Policy::parse(&SAMPLE.replace("by agreement", written)).expect(written);
            assert_eq!(policy.priorities[1].targets[0].within.to_string(), written);
        }
    }

    /// What is replaced in [`SAMPLE`], by what, and the one fault that it makes: line, key, part of what was expected.
    const BROKEN: &[(&str, &str, usize, &str, &str)] = &[
        (
            "[[reaches]]",
            "[[priorities]]\nid = \"1\"\nname = \"X\"\n[[reaches]]",
            40,
            "priorities[2].id",
            "no other priority has",
        ),
        ("name = \"Low\"\n", "", 31, "priorities[1].name", "in both languages"),
        ("report_by = \"phone\"", "report_by = \"fax\"", 16, "priorities[0].report_by", "portal, mail, chat, phone"),
        ("binding = false", "bindin = false", 17, "priorities[0].bindin", "did you mean binding?"),
        ("\"response\"", "\"reaction\"", 20, "priorities[0].targets[0].measure", "\"response\" or \"resolution\""),
        ("\"1h30m\"", "\"90\"", 21, "priorities[0].targets[0].within", "\"2 working days\" or \"by agreement\""),
        ("\"1h30m\"", "\"-1h\"", 21, "priorities[0].targets[0].within", "a time such as"),
        ("\"1h30m\"", "\"0h\"", 21, "priorities[0].targets[0].within", "a time such as"),
        ("\"1h30m\"", "\"9601h\"", 21, "priorities[0].targets[0].within", "over within 400 days"),
        ("\"1h30m\"", "\"1 working day\"", 21, "priorities[0].targets[0].within", "hours or minutes"),
        ("0.5 working", "0.01 working", 28, "priorities[0].targets[1].within", "whole minutes of a working day of 480"),
        ("0.5 working", "300 working", 28, "priorities[0].targets[1].within", "over within 400 days"),
        ("\"continuous\"", "\"elapsed\"", 22, "priorities[0].targets[0].counted", "\"service\" or \"continuous\""),
        ("\"inside\"", "\"night\"", 23, "priorities[0].targets[0].received", "\"any\", \"inside\" or \"outside\""),
        ("[\"mail\", ", "[\"fax\", ", 29, "priorities[0].targets[1].channels[0]", "a channel of this policy"),
        (
            "\"by agreement\"",
            "\"4h\"\nacknowledgement_counts = true",
            38,
            "priorities[1].targets[0].acknowledgement_counts",
            "only beside measure",
        ),
        (
            "received = \"inside\"",
            "channels = [\"chat\"]",
            27,
            "priorities[0].targets[1].measure",
            "one target for each measure, channel and moment",
        ),
        ("id = \"all\"", "id = \"one\"", 44, "reaches[1].id", "an id that no other reach has"),
        ("id = \"question\"", "id = \"down\"", 53, "impacts[1].id", "an id that no other impact has"),
        ("[\"2\", \"1\"]", "[\"2\"]", 50, "impacts[0].priorities", "2 priorities' ids, one per reach: one, all"),
        ("[\"2\", \"1\"]", "[\"2\", \"1\", \"1\"]", 50, "impacts[0].priorities", "one per reach: one, all"),
        ("priorities = [\"2\", \"1\"]\n", "", 47, "impacts[0].priorities", "one per reach: one, all"),
        ("[\"2\", \"1\"]", "[\"2\", \"3\"]", 50, "impacts[0].priorities[1]", "the id of a priority: 1, 2"),
    ];

    #[test]
    fn pol_a_fault_in_priorities_names_line_key_and_what_was_expected() {
        for (from, to, line, key, expected) in BROKEN {
            assert!(SAMPLE.contains(from), "{from}");
            let PolicyErrors(faults) = Policy::parse(&SAMPLE.replacen(from, to, 1)).expect_err(to);
            let [fault] = &faults[..] else { panic!("one fault for {to:?}, not {faults:#?}") };
            assert_eq!((fault.line, fault.key.as_str()), (*line, *key), "{fault}");
            assert!(fault.expected.contains(expected), "{fault}");
        }
        let no_hours = SAMPLE.replace("[hours]\nservice = \"Mo-Fr 09:00-17:00\"\n", "");
        let PolicyErrors(faults) = Policy::parse(&no_hours).unwrap_err();
        assert!(faults[0].expected.contains("a section [hours]"), "{}", faults[0]);
        let no_rows = &SAMPLE[..SAMPLE.find("[[impacts]]").unwrap()];
        let PolicyErrors(faults) = Policy::parse(no_rows).unwrap_err();
        assert_eq!((faults.len(), faults[0].key.as_str()), (1, "impacts"));
    }
}
