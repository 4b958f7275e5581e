//! A ticket (*melding*): anything a customer reports, where it stands, and what was said and done about it (SLA-1, SLA-5
//! to SLA-7).

use super::{
    Cents, ContactId, Cover, Coverage, CoverageId, CustomerId, Doing, InstallationId, Minutes, TicketEventId, TicketId,
    Urgency, UserId, Weight, card::Work, policy::Measure, sla::Pause, words::words,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

words! {
    /// What a ticket is about; decides whether a card pays (COVER-2).
    #[derive(Default)]
    pub enum TicketKind {
        /// The provider's own product, link or service does not work as it should: free.
        Defect = "defect",
        /// How to use it.
        #[default]
        Question = "question",
        /// Trouble with somebody else's product.
        ThirdParty = "third_party",
        /// Advice, development, a change request.
        Change = "change",
    }
}

words! {
    /// How a report reached the provider.
    #[derive(Default)]
    pub enum Channel {
        /// Typed in here by the customer.
        #[default]
        Portal = "portal",
        /// By e-mail.
        Mail = "mail",
        /// By chat.
        Chat = "chat",
        /// By telephone.
        Phone = "phone",
        /// Spoken in, to be heard later.
        VoiceMessage = "voice_message",
        /// Face to face.
        InPerson = "in_person",
    }
}

words! {
    /// What a report may be asked to say besides its subject, so that it can be answered at once.
    pub enum Question {
        /// What goes wrong, or is wanted.
        What = "what",
        /// Where it shows.
        Where = "where",
        /// Since when, or how often.
        When = "when",
        /// For whom.
        Who = "who",
        /// The address of the page.
        Page = "page",
        /// Where a picture of it can be seen.
        Screenshot = "screenshot",
        /// What was done up to it.
        Steps = "steps",
    }
}

impl TicketKind {
    /// Whether work on it is free (COVER-2).
    #[must_use]
    pub const fn is_free(self) -> bool {
        matches!(self, Self::Defect)
    }
}

words! {
    /// Where a ticket stands.
    pub enum TicketStatus {
        /// Nobody has begun.
        New = "new",
        /// The customer was asked something.
        WaitingForCustomer = "waiting_for_customer",
        /// Somebody is busy with it.
        InProgress = "in_progress",
        /// The provider says it is done; the customer may say otherwise.
        Resolved = "resolved",
        /// Over.
        Closed = "closed",
    }
}

impl TicketStatus {
    /// Those in which something is still to be done.
    pub const OPEN: [Self; 3] = [Self::New, Self::WaitingForCustomer, Self::InProgress];

    /// Whether something is still to be done.
    #[must_use]
    pub fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }

    /// What it can become now; from *resolved* and *closed*, *in progress* is a reopening.
    #[must_use]
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::New => &[Self::InProgress, Self::WaitingForCustomer, Self::Resolved, Self::Closed],
            Self::WaitingForCustomer => &[Self::InProgress, Self::Resolved, Self::Closed],
            Self::InProgress => &[Self::WaitingForCustomer, Self::Resolved, Self::Closed],
            Self::Resolved => &[Self::Closed, Self::InProgress],
            Self::Closed => &[Self::InProgress],
        }
    }

    /// What a contact of the customer can make of it now: close it, or reopen it.
    #[must_use]
    pub fn next_for_customer(self) -> Vec<Self> {
        let may = |to: &Self| *to == Self::Closed || (!self.is_open() && *to == Self::InProgress);
        self.next().iter().copied().filter(may).collect()
    }
}

words! {
    /// What happened to a ticket.
    pub enum TicketEventKind {
        /// The customer was told that it came in; not yet an answer.
        Acknowledged = "acknowledged",
        /// Something the customer reads, or wrote.
        Message = "message",
        /// Something only the provider reads.
        Note = "note",
        /// It stands elsewhere now.
        Status = "status",
        /// Another priority was agreed on, for a reason.
        Priority = "priority",
        /// The customer says that nothing moves (SLA-7).
        Stalled = "stalled",
        /// Why a target was missed, and what is expected now (SLA-5).
        Explained = "explained",
    }
}

impl TicketEventKind {
    /// Whether contacts of the customer may read it.
    #[must_use]
    pub const fn is_for_customer(self) -> bool {
        !matches!(self, Self::Note)
    }
}

/// What the reporter said besides the report, question by question; what was not said is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Intake(pub BTreeMap<Question, String>);

impl Intake {
    /// The answer to a question.
    #[must_use]
    pub fn get(&self, question: Question) -> Option<&str> {
        self.0.get(&question).map(String::as_str)
    }

    /// What was asked and not said: a hint for whoever reports, never a block.
    #[must_use]
    pub fn unsaid(&self, asked: &[Question]) -> Vec<Question> {
        asked.iter().copied().filter(|question| !self.0.contains_key(question)).collect()
    }
}

impl fmt::Display for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Intake {
    type Err = serde_json::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text)
    }
}

/// The times in which the provider waited for the customer, or took it to be done: in order, the last one may last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pauses(pub Vec<Pause>);

impl Pauses {
    /// Since when the clock stands still, if it does.
    #[must_use]
    pub fn since(&self) -> Option<DateTime<Utc>> {
        self.0.last().filter(|pause| pause.until.is_none()).map(|pause| pause.from)
    }

    /// Ends the one that lasts.
    pub fn end(&mut self, now: DateTime<Utc>) {
        if let Some(pause) = self.0.last_mut() {
            pause.until.get_or_insert(now);
        }
    }
}

/// As it is stored: microseconds, `from-until` with spaces between them.
impl fmt::Display for Pauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = |pause: &Pause| pause.until.map_or(String::new(), |until| until.timestamp_micros().to_string());
        let all = self.0.iter().map(|pause| format!("{}-{}", pause.from.timestamp_micros(), until(pause)));
        f.write_str(&all.collect::<Vec<_>>().join(" "))
    }
}

/// A text that holds no pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected pauses, such as 1774000000000000-1774003600000000")]
pub struct NotPauses;

impl FromStr for Pauses {
    type Err = NotPauses;
    fn from_str(text: &str) -> Result<Self, NotPauses> {
        let instant = |text: &str| text.parse().ok().and_then(DateTime::from_timestamp_micros).ok_or(NotPauses);
        let pause = |text: &str| {
            let (from, until) = text.split_once('-').ok_or(NotPauses)?;
            let until = if until.is_empty() { None } else { Some(instant(until)?) };
            Ok(Pause { from: instant(from)?, until })
        };
        text.split_whitespace().map(pause).collect::<Result<_, _>>().map(Self)
    }
}

/// A moment at which something is due; what has none comes after all that do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due(pub Option<DateTime<Utc>>);

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.is_none(), self.0).cmp(&(other.0.is_none(), other.0))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// A ticket to be opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One line.
    pub subject: String,
    /// The report.
    pub description: String,
    /// Who asked.
    pub requester: Option<ContactId>,
    /// What it is about.
    pub kind: TicketKind,
    /// Which installation; the customer's only one when not told (CARD-8).
    pub installation: Option<InstallationId>,
    /// Its topic, by the policy's id.
    pub topic: Option<String>,
    /// How urgent it is asked to be.
    pub urgency: Option<Urgency>,
    /// How it came in; by portal when not told.
    pub channel: Channel,
    /// Which product it is about.
    pub product: Option<String>,
    /// What else was said.
    pub intake: Intake,
    /// How bad it is: a row of the policy's matrix.
    pub impact: Option<String>,
    /// For how many: a column of the policy's matrix.
    pub reach: Option<String>,
    /// When it reached the provider; now when not told.
    pub received_at: Option<DateTime<Utc>>,
    /// Personal data may have come into the open (SLA-6).
    pub data_leak: bool,
}

/// What is done on a ticket that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handling {
    /// The customer was told that it came in.
    Acknowledge {
        /// What was said, where it was more than that.
        text: Option<String>,
    },
    /// Says something that the customer reads, or is the customer who says it.
    Say {
        /// What.
        text: String,
    },
    /// Writes something down that only the provider reads.
    Note {
        /// What.
        text: String,
    },
    /// Moves it on, or reopens it.
    Move {
        /// Where it stands then.
        to: TicketStatus,
        /// What is said with it; needed when the customer is asked something.
        text: Option<String>,
    },
    /// Agrees on another priority, in consultation (SLA-1).
    Prioritise {
        /// Which one, by its id in the policy.
        priority: String,
        /// Why.
        reason: String,
    },
    /// The customer says that nothing moves (SLA-7).
    Stall {
        /// In the customer's words.
        text: Option<String>,
    },
    /// Says why a target was missed, and what is expected now (SLA-5).
    Explain {
        /// Which target.
        measure: Measure,
        /// Why.
        reason: String,
        /// When it is expected now; needed while it is not done.
        expected_at: Option<DateTime<Utc>>,
    },
}

impl Handling {
    /// What it takes to do it.
    #[must_use]
    pub const fn doing(&self) -> Doing {
        match self {
            Self::Say { .. } | Self::Move { .. } => Doing::Report,
            Self::Stall { .. } => Doing::SayStalled,
            Self::Acknowledge { .. } | Self::Note { .. } | Self::Prioritise { .. } | Self::Explain { .. } => {
                Doing::Serve
            }
        }
    }

    /// What happens.
    #[must_use]
    pub const fn kind(&self) -> TicketEventKind {
        match self {
            Self::Acknowledge { .. } => TicketEventKind::Acknowledged,
            Self::Say { .. } => TicketEventKind::Message,
            Self::Note { .. } => TicketEventKind::Note,
            Self::Move { .. } => TicketEventKind::Status,
            Self::Prioritise { .. } => TicketEventKind::Priority,
            Self::Stall { .. } => TicketEventKind::Stalled,
            Self::Explain { .. } => TicketEventKind::Explained,
        }
    }
}

/// One thing that happened to a ticket. Never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketEvent {
    /// Identity.
    pub id: TicketEventId,
    /// Of which ticket.
    pub ticket_id: TicketId,
    /// Whose ticket.
    pub customer_id: CustomerId,
    /// What happened.
    pub kind: TicketEventKind,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// By which login.
    pub actor_id: Option<UserId>,
    /// Which contact that was, where it was one.
    pub contact_id: Option<ContactId>,
    /// What was said.
    pub text: Option<String>,
    /// The status or priority before, or the clock that is explained; none where nothing changed.
    pub was: Option<String>,
    /// The status or priority after.
    pub became: Option<String>,
    /// What is expected now (SLA-5).
    pub expected_at: Option<DateTime<Utc>>,
}

/// A ticket, its clocks, and the two counters that later decisions need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Identity.
    pub id: TicketId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The number people say, counted over all customers.
    pub number: i64,
    /// One line.
    pub subject: String,
    /// The report.
    pub description: String,
    /// Who asked.
    pub requester_id: Option<ContactId>,
    /// What it is about.
    pub kind: TicketKind,
    /// Which of the customer's installations it is about (CARD-8).
    pub installation_id: Option<InstallationId>,
    /// Its topic, by the policy's id.
    pub topic: Option<String>,
    /// The urgency that stands (URG-1, URG-2).
    pub urgency: Option<Urgency>,
    /// The decision in force about who pays (COVER-1).
    pub coverage_id: CoverageId,
    /// What that decision says.
    pub cover: Cover,
    /// By how much its worked minutes count under fair use; none when they do not (FAIR-2).
    pub fair_use_weight: Option<Weight>,
    /// The price of an hour that the customer agreed to have invoiced (TIME-7).
    pub agreed_rate: Option<Cents>,
    /// How it came in.
    pub channel: Channel,
    /// Which product it is about.
    pub product: Option<String>,
    /// What else was said.
    pub intake: Intake,
    /// How bad it was said to be.
    pub impact: Option<String>,
    /// For how many it was said to be.
    pub reach: Option<String>,
    /// Personal data may have come into the open (SLA-6).
    pub data_leak: bool,
    /// Its priority by the policy of the day it came in; none where that has no priorities.
    pub priority: Option<String>,
    /// Where it stands.
    pub status: TicketStatus,
    /// When it reached the provider: what the clocks count from.
    pub received_at: DateTime<Utc>,
    /// When it was written down.
    pub created_at: DateTime<Utc>,
    /// Who wrote it down.
    pub created_by: Option<UserId>,
    /// By when an answer is due.
    pub response_due_at: Option<DateTime<Utc>>,
    /// By when it is due to be done, pauses counted in.
    pub resolution_due_at: Option<DateTime<Utc>>,
    /// When the first answer was given.
    pub responded_at: Option<DateTime<Utc>>,
    /// When it was done.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When the resolution clock stood still, or does.
    pub pauses: Pauses,
    /// The new expectation after a missed response target (SLA-5).
    pub response_expected_at: Option<DateTime<Utc>>,
    /// The new expectation after a missed resolution target (SLA-5).
    pub resolution_expected_at: Option<DateTime<Utc>>,
    /// When the customer last said that nothing moves, until it moves again (SLA-7).
    pub stalled_at: Option<DateTime<Utc>>,
    /// What is due first: the order of the desk.
    pub due_at: Due,
    /// Charged minutes of its entries that stand (SPEND-7's `above_minutes` counts them).
    pub charged: Minutes,
    /// Minutes of reversed entries that drew without an estimate, which a corrected entry may use again (TIME-5).
    pub correctable: Minutes,
}

impl Ticket {
    /// What a card would have to pay for (CARD-8).
    #[must_use]
    pub fn work(&self) -> Work<'_> {
        Work { kind: self.kind, topic: self.topic.as_deref(), installation: self.installation_id }
    }

    /// As it was when it was opened: decided by the rules, nothing booked on it.
    #[must_use]
    pub fn as_opened(self, first: &Coverage) -> Self {
        Self {
            kind: first.kind,
            topic: first.topic.clone(),
            urgency: first.urgency.clone(),
            coverage_id: first.id,
            cover: first.cover,
            fair_use_weight: first.weight(),
            agreed_rate: None,
            charged: Minutes::ZERO,
            correctable: Minutes::ZERO,
            ..self
        }
    }

    /// The moment of a target that counts now: what was promised, or what was expected after it was missed.
    #[must_use]
    pub fn aim(&self, measure: Measure) -> Option<DateTime<Utc>> {
        self.expected(measure).or(self.promised(measure))
    }

    /// What is expected since a target was missed (SLA-5).
    #[must_use]
    pub const fn expected(&self, measure: Measure) -> Option<DateTime<Utc>> {
        match measure {
            Measure::Response => self.response_expected_at,
            Measure::Resolution => self.resolution_expected_at,
        }
    }

    /// When a clock stopped.
    #[must_use]
    pub const fn met_at(&self, measure: Measure) -> Option<DateTime<Utc>> {
        match measure {
            Measure::Response => self.responded_at,
            Measure::Resolution => self.resolved_at,
        }
    }

    /// What was promised.
    #[must_use]
    pub const fn promised(&self, measure: Measure) -> Option<DateTime<Utc>> {
        match measure {
            Measure::Response => self.response_due_at,
            Measure::Resolution => self.resolution_due_at,
        }
    }

    /// Whether the target was missed: met too late, or still not met at `now`. A clock that stands still is not late.
    #[must_use]
    pub fn is_late(&self, measure: Measure, now: DateTime<Utc>) -> bool {
        let stopped = match measure {
            Measure::Response => self.responded_at,
            Measure::Resolution => self.resolved_at.or(self.pauses.since()),
        };
        self.promised(measure).is_some_and(|due| stopped.unwrap_or(now) > due)
    }

    /// Whether a missed target still asks for its reason: none was given, or what was expected then has passed as well
    /// (SLA-5).
    #[must_use]
    pub fn is_unexplained(&self, measure: Measure, now: DateTime<Utc>) -> bool {
        let waits =
            self.met_at(measure).is_none() && !(measure == Measure::Resolution && self.pauses.since().is_some());
        self.is_late(measure, now) && self.expected(measure).is_none_or(|expected| waits && expected < now)
    }

    /// The clock that runs and is due first.
    #[must_use]
    pub fn next_due(&self) -> Option<(Measure, DateTime<Utc>)> {
        let runs = |measure: &Measure| match measure {
            Measure::Response => self.responded_at.is_none(),
            Measure::Resolution => self.resolved_at.is_none() && self.pauses.since().is_none(),
        };
        let running = Measure::ALL.iter().copied().filter(runs).filter(|_| self.status.is_open());
        running.filter_map(|measure| Some((measure, self.aim(measure)?))).min_by_key(|(_, due)| *due)
    }

    /// Sets the order of the desk after a change.
    pub fn set_due(&mut self) {
        self.due_at = Due(self.next_due().map(|(_, due)| due));
    }
}

/// The words by which a text is found: small letters and digits, two or more, at most [`MOST_WORDS`] of them.
#[must_use]
pub fn words_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let words = texts.into_iter().flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()));
    let words = words.map(str::to_lowercase).filter(|word| word.chars().count() >= 2);
    words.map(|word| word.chars().take(40).collect()).take(MOST_WORDS).collect()
}

/// The most words by which one ticket is found; a longer report is found by its beginning.
pub const MOST_WORDS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sla_a_ticket_goes_on_only_to_where_it_can() {
        use TicketStatus::{Closed, InProgress, New, Resolved, WaitingForCustomer};
        let table = [
            (New, "InProgress WaitingForCustomer Resolved Closed", "Closed"),
            (WaitingForCustomer, "InProgress Resolved Closed", "Closed"),
            (InProgress, "WaitingForCustomer Resolved Closed", "Closed"),
            (Resolved, "Closed InProgress", "Closed InProgress"),
            (Closed, "InProgress", "InProgress"),
        ];
        let names = |all: &[TicketStatus]| all.iter().map(|each| format!("{each:?}")).collect::<Vec<_>>().join(" ");
        for (from, provider, customer) in table {
            assert_eq!(names(from.next()), provider, "{from}");
            assert_eq!(names(&from.next_for_customer()), customer, "{from} by the customer");
        }
    }

    #[test]
    fn what_has_no_due_moment_comes_last() {
        let at = |micros| Due(DateTime::from_timestamp_micros(micros));
        let mut all = [Due(None), at(2), at(-1), Due(None), at(1)];
        all.sort();
        assert_eq!(all, [at(-1), at(1), at(2), Due(None), Due(None)]);
    }

    #[test]
    fn an_intake_reads_back_and_lists_what_was_not_said() {
        let said = Intake(BTreeMap::from([(Question::Where, "op \"Rapporten\"".to_owned())]));
        assert_eq!(said.to_string().parse::<Intake>().expect("reads back"), said);
        assert_eq!(said.unsaid(&[Question::What, Question::Where, Question::Steps]), [Question::What, Question::Steps]);
        assert_eq!(Intake::default().to_string(), "{}");
    }

    #[test]
    fn pauses_read_back_as_they_are_stored() {
        let at = |micros| DateTime::from_timestamp_micros(micros).expect("an instant");
        let pauses = Pauses(vec![Pause { from: at(1), until: Some(at(5)) }, Pause { from: at(9), until: None }]);
        assert_eq!(pauses.to_string(), "1-5 9-");
        assert_eq!("1-5 9-".parse(), Ok(pauses.clone()));
        assert_eq!((pauses.since(), "".parse()), (Some(at(9)), Ok(Pauses::default())));
        assert_eq!(["5", "a-b", "1-2-3"].map(str::parse::<Pauses>), [const { Err(NotPauses) }; 3]);
    }

    #[test]
    fn a_text_is_found_by_its_words() {
        let words = |text| words_of([text]).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(words("De cijferlijst, (leeg) in Überzicht 2B a!"), "2b cijferlijst de in leeg überzicht");
        assert_eq!(words_of(["ab "; 500]).len(), 1);
        let long: Vec<String> = (0..500).map(|n| format!("w{n}")).collect();
        assert_eq!(words_of(long.iter().map(String::as_str)).len(), MOST_WORDS);
    }
}
