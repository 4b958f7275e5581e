//! Fair use on both databases: what is kept equals what follows from the entries, whatever happened; and nobody learns what
//! others use while there are too few of them.

use crate::common::http::{Site, text};
use crate::common::{AGENT, Fixture, day, noon, on_both};
use crate::pages;
use crate::story;
use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use strippenkaart::domain::coverage::Outcome;
use strippenkaart::domain::fair_use::{Level, NoVerdict, Term, Totals, Window};
use strippenkaart::domain::ticket::Report;
use strippenkaart::domain::{
    Act, ContactId, Counted, Cover, CustomerId, Excess, Locale, Minutes, Receipt, Refusal, Role, Target, Ticket,
    TicketKind, TimeEntryId,
};
use strippenkaart::service::access::{Caller, Request};
use strippenkaart::service::fair_use::{Filter, Place};
use strippenkaart::service::ledger::Failure;
use strippenkaart::service::verify::verify;
use strippenkaart::service::{Error, Service};
use strippenkaart::store::users::{StaffRole, User};
use strippenkaart::store::{Statements as _, fair_use};

/// Cliendo's terms, under which questions are free within fair use.
const POLICY: &str = "cliendo";

/// Somebody of the provider.
fn agent() -> Caller {
    Caller {
        user: user(Some(StaffRole::Agent)),
        contacts: vec![],
        handed_over: None,
        today: crate::common::day("2026-03-09"),
    }
}

fn user(role: Option<StaffRole>) -> User {
    let (email, name) = ("who@example.org".to_owned(), "Who".to_owned());
    User::new(AGENT, email, name, role, noon(2026, 1, 1))
}

/// A contact of a customer.
async fn contact(fixture: &Fixture, customer: CustomerId) -> Caller {
    let owner = fixture.contact(customer, "Jo", "jo@example.org", Role::Owner).await;
    Caller { user: user(None), contacts: vec![owner], handed_over: None, today: crate::common::day("2026-03-09") }
}

async fn join(fixture: &Fixture, since: &str) -> CustomerId {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let id: CustomerId = fixture.clock.id();
    let act = Act::CreateCustomer {
        name: format!("Care {number}"),
        email: format!("care{number}@example.org"),
        locale: Locale::Nl,
        monthly_amount: None,
        contract_start: Some(day(since)),
        imported: true,
    };
    fixture.submit(Target::Customer(id), act).await.unwrap();
    id
}

async fn many(fixture: &Fixture, count: usize) -> Vec<CustomerId> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(join(fixture, "2020-01-01").await);
    }
    all
}

async fn ticket(fixture: &Fixture, customer: CustomerId, topic: &str) -> Ticket {
    let (subject, description) = ("A question".to_owned(), "How?".to_owned());
    let report =
        Report { subject, description, kind: TicketKind::Question, topic: Some(topic.to_owned()), ..Report::default() };
    match fixture.submit(Target::Customer(customer), Act::OpenTicket(report)).await.unwrap() {
        Receipt::Ticket(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

async fn try_log(fixture: &Fixture, ticket: &Ticket, minutes: i64, on: NaiveDate) -> Result<TimeEntryId, Failure> {
    let mut act = fixture.time(ticket.id, minutes, Excess::Uncovered);
    let Act::LogTime { worked_on, .. } = &mut act else { unreachable!() };
    *worked_on = Some(on);
    match fixture.submit(Target::Ticket(ticket.id), act).await? {
        Receipt::Time(time) => Ok(time.entry.id),
        other => panic!("{other:?}"),
    }
}

/// Logs work on a question of ordinary weight.
async fn log(fixture: &Fixture, customer: CustomerId, minutes: i64, on: &str) -> TimeEntryId {
    let ticket = ticket(fixture, customer, "use").await;
    try_log(fixture, &ticket, minutes, day(on)).await.unwrap()
}

async fn reverse(fixture: &Fixture, entry: TimeEntryId) {
    let act = Act::ReverseEntry { entry, reason: "A mistake".to_owned() };
    fixture.submit(Target::TimeEntry(entry), act).await.unwrap();
}

async fn used(fixture: &Fixture, customer: CustomerId) -> Counted {
    fixture.service.fair_use(&agent(), customer).await.unwrap().used
}

async fn level(fixture: &Fixture, customer: CustomerId) -> Result<Level, NoVerdict> {
    fixture.service.fair_use(&agent(), customer).await.unwrap().level
}

/// What the list says was used, by customer.
async fn listed(fixture: &Fixture, filter: Filter) -> Vec<(CustomerId, Counted)> {
    let page = fixture.service.fair_use_list(&agent(), filter, None, 200).await.unwrap();
    page.rows.into_iter().map(|row| (row.ranked.customer_id, row.ranked.used)).collect()
}

on_both! {
    under POLICY;
    async fn fair_5_from_ten_organisations_on_there_is_a_verdict(fixture: Fixture) {
        let nobody = fixture.service.fair_use_list(&agent(), Filter::All, None, 50).await.unwrap();
        assert_eq!((nobody.totals, nobody.rows.len()), (Totals::default(), 0));
        let first = join(&fixture, "2020-01-01").await;
        log(&fixture, first, 300, "2026-03-02").await;
        let person = contact(&fixture, first).await;
        for (more, expected) in [
            (0, Err(NoVerdict::FewOrganisations)),
            (8, Err(NoVerdict::FewOrganisations)),
            (1, Ok(Level::Over)),
            (37, Ok(Level::Over)),
        ] {
            many(&fixture, more).await;
            let seen = fixture.service.fair_use(&person, first).await.unwrap();
            assert_eq!(seen.level, expected);
            let months_compare = seen.months.iter().filter(|month| month.shares.is_some()).count();
            assert_eq!((seen.comparison.is_some(), months_compare > 0), (expected.is_ok(), expected.is_ok()));
            assert!(fixture.service.fair_use(&agent(), first).await.unwrap().comparison.is_some(), "staff sees it");
            let over = listed(&fixture, Filter::At(Level::Over)).await;
            assert_eq!(over.len(), usize::from(expected.is_ok()));
        }
        let totals = fixture.service.fair_use(&person, first).await.unwrap().comparison.unwrap().totals;
        assert_eq!((totals.organisations, totals.used, totals.days), (47, Counted(30_000), 47 * 365));
    }
}

on_both! {
    under POLICY;
    async fn fair_4_exactly_three_times_is_near_and_nothing_of_nothing_within(fixture: Fixture) {
        let all = many(&fixture, 10).await;
        assert_eq!(level(&fixture, all[0]).await, Ok(Level::Within), "nobody uses anything");
        assert_eq!(listed(&fixture, Filter::At(Level::Within)).await.len(), 10);
        log(&fixture, all[0], 300, "2026-03-02").await;
        log(&fixture, all[1], 700, "2026-03-03").await;
        assert_eq!((level(&fixture, all[0]).await, level(&fixture, all[1]).await), (Ok(Level::Near), Ok(Level::Over)));
        assert_eq!(listed(&fixture, Filter::At(Level::Near)).await, [(all[0], Counted(30_000))]);
        assert_eq!(listed(&fixture, Filter::At(Level::Over)).await, [(all[1], Counted(70_000))]);
        let one_more = log(&fixture, all[0], 10, "2026-03-04").await;
        assert_eq!(level(&fixture, all[0]).await, Ok(Level::Over), "310 of 303");
        reverse(&fixture, one_more).await;
        assert_eq!(level(&fixture, all[0]).await, Ok(Level::Near));
    }
}

on_both! {
    under POLICY;
    async fn fair_2_a_specialist_subject_counts_twice_and_agreed_work_not(fixture: Fixture) {
        let customer = join(&fixture, "2020-01-01").await;
        let special = ticket(&fixture, customer, "integration").await;
        assert_eq!(special.cover, Cover::FairUse);
        let entry = try_log(&fixture, &special, 50, day("2026-03-02")).await.unwrap();
        let agreed = ticket(&fixture, customer, "migration").await;
        try_log(&fixture, &agreed, 60, day("2026-03-02")).await.unwrap();
        assert_eq!(used(&fixture, customer).await, Counted(10_000));
        let entries = fixture.service.counted_entries(&agent(), customer, None, 10).await.unwrap();
        let traced: Vec<_> = entries.iter().map(|entry| (entry.id, entry.worked, entry.weight().to_string())).collect();
        assert_eq!(traced, [(entry, Minutes(50), "2".to_owned())]);
        reverse(&fixture, entry).await;
        assert_eq!(used(&fixture, customer).await, Counted::ZERO);
        assert_eq!(fixture.service.counted_entries(&agent(), customer, None, 10).await.unwrap(), []);
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under POLICY;
    async fn fair_2_an_entry_falls_out_of_the_window_overnight(fixture: Fixture) {
        let customer = join(&fixture, "2020-01-01").await;
        log(&fixture, customer, 40, "2025-03-10").await;
        log(&fixture, customer, 25, "2025-03-11").await;
        log(&fixture, customer, 15, "2026-03-09").await;
        assert!(fixture.service.slide_fair_use().await.unwrap(), "the first time there is something to move");
        let both = |sum| (Counted(sum), vec![(customer, Counted(sum))]);
        let seen = async || (used(&fixture, customer).await, listed(&fixture, Filter::All).await);
        assert_eq!(seen().await, both(8_000));
        fixture.clock.set("2026-03-09T22:59:59Z".parse().unwrap());
        assert_eq!(seen().await, both(8_000), "still the ninth in Amsterdam");
        fixture.clock.set("2026-03-09T23:00:00Z".parse().unwrap());
        assert_eq!(seen().await, both(4_000), "nobody wrote anything");
        assert!(fixture.service.slide_fair_use().await.unwrap() && !fixture.service.slide_fair_use().await.unwrap());
        assert_eq!(seen().await, both(4_000), "and moving the window along changes nothing");
        fixture.clock.set(noon(2027, 6, 1));
        assert_eq!(seen().await, both(0));
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
        fixture.service.slide_fair_use().await.unwrap();
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under POLICY;
    async fn fair_2_the_window_slides_over_a_leap_day(fixture: Fixture) {
        fixture.clock.set(noon(2028, 2, 28));
        let customer = join(&fixture, "2020-01-01").await;
        log(&fixture, customer, 10, "2027-02-28").await;
        log(&fixture, customer, 20, "2027-03-01").await;
        for (on, expected) in [((2028, 2, 28), 2_000), ((2028, 2, 29), 2_000), ((2028, 3, 1), 0)] {
            fixture.clock.set(noon(on.0, on.1, on.2));
            assert_eq!(used(&fixture, customer).await, Counted(expected), "{on:?}");
            assert_eq!(listed(&fixture, Filter::All).await, [(customer, Counted(expected))], "{on:?}");
            fixture.service.slide_fair_use().await.unwrap();
        }
        log(&fixture, customer, 5, "2028-02-29").await;
        for (on, expected) in [((2029, 2, 27), 500), ((2029, 2, 28), 500), ((2029, 3, 1), 0)] {
            fixture.clock.set(noon(on.0, on.1, on.2));
            assert_eq!(used(&fixture, customer).await, Counted(expected), "{on:?}");
        }
    }
}

on_both! {
    under POLICY;
    async fn fair_3_leavers_count_to_their_end_and_work_after_it_is_refused(fixture: Fixture) {
        let all = many(&fixture, 12).await;
        let joined = join(&fixture, "2026-01-01").await;
        let ended = async |last: Option<&str>| {
            let request = Request { caller: &agent(), key: None };
            fixture.service.end_contract(request, all[0], last.map(day)).await
        };
        let totals = async || fixture.service.fair_use_list(&agent(), Filter::All, None, 1).await.unwrap().totals;
        assert_eq!((totals().await.days, totals().await.organisations), (12 * 365 + 68, 13));
        let question = ticket(&fixture, all[0], "use").await;
        ended(Some("2026-03-05")).await.unwrap();
        assert_eq!((totals().await.days, totals().await.organisations), (12 * 365 + 68 - 4, 12));
        try_log(&fixture, &question, 30, day("2026-03-05")).await.unwrap();
        let late = try_log(&fixture, &question, 30, day("2026-03-06")).await.unwrap_err();
        let (first, last) = (day("2020-01-01"), day("2026-03-05"));
        assert_eq!(late, Failure::Refused(Refusal::WorkedOnOutOfRange { first, last }));
        ended(Some("2026-12-31")).await.unwrap();
        assert_eq!((totals().await.days, totals().await.organisations), (12 * 365 + 68, 13), "not yet");
        ended(Some("2025-01-31")).await.unwrap();
        assert_eq!((totals().await.days, totals().await.organisations), (11 * 365 + 68, 12));
        ended(None).await.unwrap();
        assert_eq!((totals().await.days, totals().await.organisations), (12 * 365 + 68, 13));
        try_log(&fixture, &question, 30, day("2026-03-06")).await.unwrap();
        let early = ended(Some("2019-12-31")).await.unwrap_err();
        assert!(matches!(early, Error::Ledger(Failure::Refused(Refusal::Invalid { field: "last_day", .. }))), "{early:?}");
        assert_eq!(level(&fixture, joined).await, Err(NoVerdict::NewCustomer), "68 days");
        assert_eq!(listed(&fixture, Filter::New).await, [(joined, Counted::ZERO)]);
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under POLICY;
    async fn fair_6_over_opens_a_conversation_and_only_its_outcome_changes_who_pays(fixture: Fixture) {
        let all = many(&fixture, 10).await;
        log(&fixture, all[3], 600, "2026-03-02").await;
        let agent = agent();
        let say = async |outcome, starts_on: Option<&str>| {
            let request = Request { caller: &agent, key: None };
            let note = "Talked by mail".to_owned();
            fixture.service.record_conversation(request, all[3], outcome, starts_on.map(day), note).await
        };
        let cover = async || ticket(&fixture, all[3], "use").await.cover;
        assert_eq!(listed(&fixture, Filter::ToTalkTo).await, [(all[3], Counted(60_000))]);
        assert_eq!(cover().await, Cover::FairUse, "over is not a block");
        say(None, None).await.unwrap();
        assert_eq!(listed(&fixture, Filter::ToTalkTo).await, []);
        assert_eq!((cover().await, listed(&fixture, Filter::At(Level::Over)).await.len()), (Cover::FairUse, 1));
        fixture.clock.set(noon(2026, 3, 10) + chrono::TimeDelta::hours(1));
        say(Some(Outcome::Proposal), Some("2026-03-11")).await.unwrap();
        assert_eq!(cover().await, Cover::FairUse, "not before its day");
        fixture.clock.set(noon(2026, 3, 11));
        assert_eq!(cover().await, Cover::Uncovered);
        let seen = fixture.service.fair_use(&agent, all[3]).await.unwrap();
        assert_eq!(seen.outcome, Some((Outcome::Proposal, day("2026-03-11"))));
        fixture.clock.set(noon(2026, 3, 11) + chrono::TimeDelta::hours(1));
        say(Some(Outcome::Leave), None).await.unwrap();
        assert_eq!(cover().await, Cover::FairUse, "left as it is");
        let said = fixture.service.conversations(&agent, all[3]).await.unwrap();
        let outcomes: Vec<_> = said.iter().map(|said| said.conversation.outcome).collect();
        assert_eq!(outcomes, [Some(Outcome::Leave), Some(Outcome::Proposal), None]);
        let no_cards = say(Some(Outcome::Card), None).await.unwrap_err();
        assert!(matches!(no_cards, Error::Ledger(Failure::Refused(Refusal::Invalid { field: "outcome", .. }))));
    }
}

on_both! {
    under POLICY;
    async fn fair_4_the_list_is_read_in_pages_by_standing(fixture: Fixture) {
        let all = many(&fixture, 11).await;
        for (at, customer) in all.iter().enumerate().skip(1) {
            log(&fixture, *customer, i64::try_from(at / 2 + 1).unwrap(), "2026-03-02").await;
        }
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = fixture.service.fair_use_list(&agent(), Filter::All, after, 4).await.unwrap();
            let Some(last) = page.rows.last() else { break };
            after = Some(Place::of(&last.ranked));
            assert_eq!(after.unwrap().to_string().parse(), Ok(after.unwrap()));
            found.extend(page.rows.iter().map(|row| (row.ranked.customer_id, row.ranked.used)));
        }
        assert_eq!(found, listed(&fixture, Filter::All).await);
        assert!(found.len() == 11 && found.is_sorted_by(|one, next| one.1 >= next.1), "{found:?}");
        assert_eq!(found.last().unwrap().0, all[0]);
    }
}

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    Join(u64),
    Log { who: usize, special: bool, minutes: i64, days_ago: u64 },
    Reverse(usize),
    End { who: usize, days_ago: u64 },
    GoOn(usize),
    Pass(u64),
    Slide,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => (0..500_u64).prop_map(Step::Join),
        6 => (0..9_usize, any::<bool>(), 1..300_i64, prop_oneof![0..5_u64, 355..375_u64, 0..500_u64])
            .prop_map(|(who, special, minutes, days_ago)| Step::Log { who, special, minutes, days_ago }),
        2 => (0..20_usize).prop_map(Step::Reverse),
        1 => (0..9_usize, 0..400_u64).prop_map(|(who, days_ago)| Step::End { who, days_ago }),
        1 => (0..9_usize).prop_map(Step::GoOn),
        2 => prop_oneof![Just(1_u64), 1..40_u64, 340..400_u64].prop_map(Step::Pass),
        1 => Just(Step::Slide),
    ];
    proptest::collection::vec(step, 25..45)
}

/// Everything that a history made.
#[derive(Default)]
struct Made {
    customers: Vec<CustomerId>,
    entries: Vec<TimeEntryId>,
}

fn ago(today: NaiveDate, days: u64) -> NaiveDate {
    today.checked_sub_days(Days::new(days)).unwrap()
}

/// Does a step; what the rules refuse is refused.
async fn happen(fixture: &Fixture, made: &mut Made, step: &Step) {
    let now = fixture.clock.now();
    let today = fixture.service.policies.day(now);
    let who = |at: usize| made.customers.get(at % made.customers.len().max(1)).copied();
    match step {
        Step::Join(days) => made.customers.push(join(fixture, &ago(today, *days).to_string()).await),
        Step::Log { who: at, special, minutes, days_ago } => {
            let Some(customer) = who(*at) else { return };
            let ticket = ticket(fixture, customer, if *special { "integration" } else { "use" }).await;
            made.entries.extend(try_log(fixture, &ticket, *minutes, ago(today, *days_ago)).await.ok());
        }
        Step::Reverse(at) => {
            let Some(entry) = made.entries.get(at % made.entries.len().max(1)).copied() else { return };
            let act = Act::ReverseEntry { entry, reason: "A mistake".to_owned() };
            drop(fixture.submit(Target::TimeEntry(entry), act).await);
        }
        Step::End { who: at, days_ago } => end(fixture, who(*at), Some(ago(today, *days_ago))).await,
        Step::GoOn(at) => end(fixture, who(*at), None).await,
        Step::Pass(days) => fixture.clock.set(now + Days::new(*days)),
        Step::Slide => drop(fixture.service.slide_fair_use().await.unwrap()),
    }
}

async fn end(fixture: &Fixture, customer: Option<CustomerId>, last_day: Option<NaiveDate>) {
    let Some(customer) = customer else { return };
    drop(fixture.submit(Target::Customer(customer), Act::EndContract { last_day }).await);
}

/// Compares everything that is told with what follows from the entries and the contracts alone.
async fn recompute(service: &Service) {
    let today = service.policies.day(service.clock.now());
    let window = Window::of(today, 12);
    let mut tx = service.db.snapshot().await.unwrap();
    let sql = "SELECT customer_id, worked_on, counted FROM time_entries WHERE reversed_by IS NULL";
    let entries: Vec<(CustomerId, NaiveDate, Counted)> = tx.query(sql).all().await.unwrap();
    let sql = "SELECT id, contract_start, contract_end FROM customers";
    let customers: Vec<(CustomerId, NaiveDate, Option<NaiveDate>)> = tx.query(sql).all().await.unwrap();
    let within = |worked_on: NaiveDate| window.after < worked_on && worked_on <= window.until;
    let sum = |of: Option<CustomerId>| {
        let counts = entries.iter().filter(|(id, on, _)| within(*on) && of.is_none_or(|of| of == *id));
        Counted(counts.map(|(_, _, counted)| counted.0).sum())
    };
    let totals = Totals {
        used: sum(None),
        days: customers.iter().map(|(_, first, last)| Term { first: *first, last: *last }.days_in(window)).sum(),
        organisations: i64::try_from(
            customers
                .iter()
                .filter(|(_, first, last)| *first <= today && last.is_none_or(|last| last >= today))
                .count(),
        )
        .unwrap(),
    };
    assert_eq!(fair_use::totals(&mut tx, window).await.unwrap(), totals);
    let list = service.fair_use_list(&agent(), Filter::All, None, 200).await.unwrap();
    assert!(list.rows.is_sorted_by(|one, next| one.ranked.rank >= next.ranked.rank));
    for (id, first, last) in &customers {
        let term = Term { first: *first, last: *last };
        let view = service.fair_use(&agent(), *id).await.unwrap();
        assert_eq!((view.used, view.own_days), (sum(Some(*id)), term.days_in(window)));
        assert_eq!(view.months.iter().map(|month| month.used.0).sum::<i64>(), view.used.0);
        let row = list.rows.iter().find(|row| row.ranked.customer_id == *id);
        assert_eq!(row.is_some(), *first <= today && last.is_none_or(|last| last > window.after));
        let Some(row) = row else { continue };
        assert_eq!((row.ranked.used, row.standing.level), (view.used, view.level));
        assert_eq!((row.ranked.own_days, row.ranked.days_active), (view.own_days, term.days_until(today)));
    }
    verify(&service.db, |_, _| {}).await.unwrap();
}

/// The same histories every time.
fn histories(count: usize) -> Vec<Vec<Step>> {
    let mut runner = TestRunner::deterministic();
    std::iter::repeat_with(|| steps().new_tree(&mut runner).unwrap().current()).take(count).collect()
}

on_both! {
    under POLICY;
    async fn fair_3_what_is_kept_equals_what_is_recomputed_after_any_history(fixture: Fixture) {
        let mut made = Made::default();
        for history in histories(6) {
            for chunk in history.chunks(8) {
                for step in chunk {
                    happen(&fixture, &mut made, step).await;
                }
                recompute(&fixture.service).await;
            }
        }
        assert!(made.customers.len() > 10 && made.entries.len() > 30, "else nothing was tried");
    }
}

/// Many at once, over two services: nothing is counted twice or lost, and nobody waits for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn fair_3_two_processes_on_one_server_lose_no_count() {
    let fixture = Fixture::postgres_with(POLICY).await;
    let db = strippenkaart::store::Db::open(&fixture.address).await.unwrap();
    let (other, _writer) = Service::start(db, fixture.clock.clone(), None).await.unwrap();
    let all = many(&fixture, 8).await;
    let mut tickets = Vec::new();
    for customer in &all {
        tickets.push(ticket(&fixture, *customer, "use").await);
    }
    let mut asked = tokio::task::JoinSet::new();
    for round in 0..240_u64 {
        let service = if round % 2 == 0 { fixture.service.clone() } else { other.clone() };
        let ticket = &tickets[usize::try_from(round * 7 % 8).unwrap()];
        let (target, act) = if round % 12 == 11 {
            (Target::Customer(ticket.customer_id), Act::EndContract { last_day: Some(day("2026-12-31")) })
        } else {
            let mut act = fixture.time(ticket.id, 10, Excess::Refuse);
            let Act::LogTime { worked_on, .. } = &mut act else { unreachable!() };
            *worked_on = Some(ago(day("2026-03-09"), round % 5));
            (Target::Ticket(ticket.id), act)
        };
        let command = fixture.command(target, act);
        asked.spawn(async move {
            if round % 40 == 3 {
                service.slide_fair_use().await.unwrap();
            }
            service.door.submit(command).await.map(drop)
        });
    }
    assert!(asked.join_all().await.iter().all(Result::is_ok));
    recompute(&fixture.service).await;
    let totals = other.fair_use_list(&agent(), Filter::All, None, 1).await.unwrap().totals;
    assert_eq!(totals.used, Counted(220 * 1_000));
}

/// Tampers with what is kept, and expects `verify` to say where.
macro_rules! tampering {
    ($($name:ident: $sql:literal => $said:literal;)+) => { $(
        on_both! {
            under POLICY;
            async fn $name(fixture: Fixture) {
                let customer = join(&fixture, "2025-01-01").await;
                log(&fixture, customer, 40, "2026-03-02").await;
                end(&fixture, Some(customer), Some(day("2026-12-31"))).await;
                verify(&fixture.service.db, |_, _| {}).await.unwrap();
                story::tamper(&fixture.service.db, $sql).await;
                let error = verify(&fixture.service.db, |_, _| {}).await.unwrap_err().to_string();
                assert!(error.contains($said), "{error}");
            }
        }
    )+ };
}

tampering! {
    tamper_counted_minutes_of_an_entry: "UPDATE time_entries SET counted = 100"
        => "customer 1, fair use by day 2026-03-02: counted: expected 100, found 4000";
    tamper_counted_minutes_of_a_day: "UPDATE fair_use_days SET counted = 100"
        => "customer 1, fair use by day 2026-03-02: counted: expected 4000, found 100";
    tamper_counted_minutes_of_a_customer: "UPDATE fair_use_customers SET counted = 0"
        => ": counted: expected 4000, found 0";
    tamper_the_floor_of_the_window: "UPDATE fair_use_window SET floor = '2026-03-05'"
        => ": counted: expected 0, found 4000";
    tamper_a_first_day: "UPDATE fair_use_customers SET first_day = first_day + 1" => ": first_day: expected 20089, found 20090";
    tamper_a_last_day: "UPDATE fair_use_customers SET last_day = NULL" => ": last_day: expected 20818, found 0";
    tamper_counted_minutes_of_the_calendar: "UPDATE fair_use_calendar SET counted = counted + 1 WHERE counted > 0"
        => "all customers, calendar of fair use 2026-03-02: counted: expected 4000, found 4001";
    tamper_who_joined: "UPDATE fair_use_calendar SET joined = 2 WHERE joined = 1"
        => "all customers, calendar of fair use 2025-01-01: joined: expected 1, found 2";
    tamper_who_left: "UPDATE fair_use_calendar SET ended = 0" => "calendar of fair use 2026-12-31: ended: expected 1, found 0";
    tamper_a_number: "UPDATE fair_use_calendar SET number = 0 WHERE counted > 0"
        => "calendar of fair use 2026-03-02: number: expected 20514, found 0";
}

/// A site with ten customers, one of them over, and a person at that one.
async fn site(fixture: Fixture, organisations: usize) -> (Site, CustomerId, ContactId) {
    let all = many(&fixture, organisations).await;
    log(&fixture, all[0], 600, "2026-03-02").await;
    let owner = fixture.contact(all[0], "Jo", "jo@example.org", Role::Owner).await;
    (Site::new(fixture), all[0], owner.id)
}

on_both! {
    under POLICY;
    async fn fair_4_the_api_tells_the_sum_and_its_entries(fixture: Fixture) {
        let (site, customer, owner) = site(fixture, 10).await;
        let person = site.token_of(owner, "jo@example.org").await;
        let path = format!("/api/v1/customers/{customer}/fair-use");
        let told = site.get(&person, &path).await.expect(200);
        assert_eq!(told["window"], json!({ "first": "2025-03-10", "last": "2026-03-09", "days": 365 }));
        assert_eq!((&told["used"], &told["standing"], &told["no_verdict"]), (&json!("600"), &json!("over"), &Value::Null));
        let compared = json!({ "average_minutes": 60, "allowance_minutes": 180, "per_cent": 333, "organisations": 10,
            "all_used": "600", "all_days": 3650 });
        assert_eq!(told["comparison"], compared);
        assert_eq!(told["months"].as_array().unwrap().len(), 13);
        let entries = site.get(&person, &format!("{path}/entries")).await.expect(200);
        assert_eq!((&entries["items"][0]["worked_minutes"], &entries["items"][0]["weight"]), (&json!(600), &json!("1")));

        let agent = site.staff(StaffRole::Agent).await;
        let list = site.get(&agent, "/api/v1/fair-use?standing=to_talk_to").await.expect(200);
        assert_eq!((&list["organisations"], text(&list["items"][0]["customer_id"])), (&json!(10), customer.to_string().as_str()));
        let said = json!({ "outcome": "leave", "starts_on": "2026-03-09", "note": "It is their first year" });
        let first = site.post_with_key(&agent, &format!("{path}/conversations"), "one", &said).await.expect(201);
        let again = site.post_with_key(&agent, &format!("{path}/conversations"), "one", &said).await.expect(201);
        assert_eq!(first, again);
        assert_eq!(site.get(&agent, &format!("{path}/conversations")).await.expect(200)["items"], json!([first]));
        assert_eq!(site.get(&agent, "/api/v1/fair-use?standing=to_talk_to").await.expect(200)["items"], json!([]));
        let told = site.get(&person, &path).await.expect(200);
        assert_eq!(told["agreed"], json!({ "outcome": "leave", "since": "2026-03-09" }));
        let end = format!("/api/v1/customers/{customer}/contract-end");
        let ended = site.post_with_key(&agent, &end, "two", &json!({ "last_day": "2026-12-31" })).await.expect(201);
        site.post(&agent, &end, &json!({})).await.expect(201);
        let again = site.post_with_key(&agent, &end, "two", &json!({ "last_day": "2026-12-31" })).await.expect(201);
        assert_eq!(ended, again);
        let customer = site.get(&agent, &format!("/api/v1/customers/{customer}")).await.expect(200);
        assert_eq!(customer["contract_end"], Value::Null);
    }
}

on_both! {
    under POLICY;
    async fn fair_5_the_api_tells_no_customer_what_others_use_among_few(fixture: Fixture) {
        let (site, customer, owner) = site(fixture, 9).await;
        let person = site.token_of(owner, "jo@example.org").await;
        let told = site.get(&person, &format!("/api/v1/customers/{customer}/fair-use")).await.expect(200);
        assert_eq!((&told["standing"], &told["no_verdict"]), (&Value::Null, &json!("few_organisations")));
        assert_eq!(told["comparison"], Value::Null);
        for month in told["months"].as_array().unwrap() {
            assert_eq!((&month["average_minutes"], &month["allowance_minutes"]), (&Value::Null, &Value::Null));
        }
    }
}

on_both! {
    under POLICY;
    async fn fair_4_the_page_tells_the_sum_in_words_and_draws_it(fixture: Fixture) {
        let (site, customer, owner) = site(fixture, 10).await;
        let others = join(&site.fixture, "2026-03-09").await;
        let site = pages::Site::new(site.fixture);
        let admin = site.staff(StaffRole::Admin).await;
        let mut person = site.contact(&admin, owner).await;
        assert_eq!(person.get("/fair-use").await.location(), format!("/customers/{customer}/fair-use"));
        let page = person.get(&format!("/customers/{customer}/fair-use")).await;
        // 600 minutes over 3 650 days of ten and one of the eleventh.
        let words = "600 van 180 minuten; gemiddelde organisatie 60 per jaar; 11 organisaties; 10-03-2025 – 09-03-2026";
        assert!(page.texts(".big span").contains(&words.to_owned()), "{:?}", page.texts(".big span"));
        assert_eq!(page.texts(".big .tag"), ["boven redelijk gebruik"]);
        assert_eq!((page.texts("#figures tbody tr").len(), page.texts(".months text").len()), (13, 13));
        assert_eq!((page.text.matches("class=\"fair\"").count(), page.text.matches("class=\"aimed\"").count()), (13, 13));
        assert!(page.text.contains("class=\"missed\""), "the month of 600 minutes is over its share");
        assert_eq!(page.texts("section[aria-labelledby=entries] tbody .num"), ["600", "× 1", "600"]);
        assert_eq!(page.texts("form.fields").len(), 0, "a customer records nothing");
        person.lang = "en";
        let page = person.get(&format!("/customers/{customer}/fair-use")).await;
        assert!(page.texts(".big span")[1].starts_with("600 of 180 minutes; average organisation 60 a year"));
        for path in [format!("/customers/{others}/fair-use"), format!("/customers/{others}/fair-use?cursor=x")] {
            assert_eq!(person.get(&path).await.status.as_u16(), if path.contains('?') { 422 } else { 404 }, "{path}");
        }
        let talk = format!("/customers/{customer}/fair-use/conversations");
        assert_eq!(person.post(&talk, &[("note", "Mine")]).await.status.as_u16(), 403);
        assert_eq!(person.post(&format!("/customers/{customer}/contract-end"), &[]).await.status.as_u16(), 403);
    }
}

on_both! {
    under POLICY;
    async fn fair_5_the_page_draws_no_customer_what_others_use_among_few(fixture: Fixture) {
        let (site, customer, owner) = site(fixture, 9).await;
        let site = pages::Site::new(site.fixture);
        let admin = site.staff(StaffRole::Admin).await;
        let path = format!("/customers/{customer}/fair-use");
        let mut person = site.contact(&admin, owner).await;
        let page = person.get(&path).await;
        assert!(page.texts(".big span").contains(&"600 minuten; 10-03-2025 – 09-03-2026".to_owned()));
        assert_eq!(page.texts(".sum dt"), ["Gebruikt"]);
        assert_eq!(page.texts("#figures thead th"), ["Maand", "Gebruikt"]);
        assert!(!page.text.contains("class=\"fair\"") && !page.text.contains("class=\"aimed\""), "nor in the picture");
        assert!(!page.text.contains("class=\"missed\""), "whose colour would tell");
        assert!(!page.text.contains("9 organisaties") && !page.text.contains("200"), "the allowance is 200 minutes");
        let mut staff = site.login("admin@provider.example").await;
        let seen = staff.get(&path).await;
        assert!(seen.text.contains("class=\"fair\"") && seen.texts(".sum dd").contains(&"200".to_owned()), "staff sees it");
    }
}

on_both! {
    under POLICY;
    async fn fair_6_an_agent_records_a_conversation_from_the_list(fixture: Fixture) {
        let (site, customer, _) = site(fixture, 10).await;
        let site = pages::Site::new(site.fixture);
        site.staff(StaffRole::Admin).await;
        let mut agent = site.login("admin@provider.example").await;
        let list = agent.get("/fair-use").await;
        assert_eq!(list.texts("tbody tr").len(), 10);
        assert_eq!(list.texts(".lead"), ["10 organisaties; gemiddelde organisatie 60 minuten; 10-03-2025 – 09-03-2026"]);
        assert_eq!(agent.get("/fair-use?standing=to_talk_to").await.texts("tbody tr").len(), 1);
        let path = format!("/customers/{customer}/fair-use");
        let key = agent.get(&path).await.key();
        let talk = format!("{path}/conversations");
        let refused = agent.post(&talk, &[("key", &key), ("outcome", "leave"), ("note", " ")]).await;
        assert_eq!((refused.status.as_u16(), refused.texts("details[open] form").len()), (422, 1));
        let values = [("key", key.as_str()), ("outcome", "leave"), ("starts_on", "2026-03-09"), ("note", "First year")];
        let done = agent.post(&talk, &values).await;
        assert_eq!((done.status.as_u16(), done.location()), (303, path.as_str()));
        assert!(agent.get(&path).await.texts(".rows p").contains(&"First year".to_owned()));
        assert_eq!(agent.get("/fair-use?standing=to_talk_to").await.texts("tbody tr").len(), 0);
        let end = format!("/customers/{customer}/contract-end");
        assert_eq!(agent.post(&end, &[("last_day", "2026-12-31")]).await.status.as_u16(), 303);
        assert!(agent.get(&path).await.texts(".facts dd").contains(&"31-12-2026".to_owned()));
        assert_eq!(agent.post(&end, &[("last_day", "2019-12-31")]).await.status.as_u16(), 422);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pol_3_a_provider_without_fair_use_has_none_of_it() {
    let fixture = Fixture::sqlite_with("openedu").await;
    let (customer, _) = fixture.customer().await;
    let none = Error::NotFound("fair use");
    assert_eq!(fixture.service.fair_use(&agent(), customer).await.unwrap_err(), none);
    assert_eq!(fixture.service.fair_use_list(&agent(), Filter::All, None, 1).await.unwrap_err(), none);
    assert_eq!(fixture.service.counted_entries(&agent(), customer, None, 1).await.unwrap_err(), none);
    assert!(!fixture.service.slide_fair_use().await.unwrap());
    verify(&fixture.service.db, |_, _| {}).await.unwrap();
}

on_both! {
    under POLICY;
    async fn fair_3_what_the_store_keeps_is_read_by_itself(fixture: Fixture) {
        let customer = join(&fixture, "2026-01-01").await;
        let entry = log(&fixture, customer, 40, "2026-03-02").await;
        let window = Window::of(day("2026-03-09"), 12);
        let mut tx = fixture.service.db.begin().await.unwrap();
        assert_eq!(fair_use::floor(&mut tx).await.unwrap(), day("1970-01-01"));
        assert!(fair_use::slide(&mut tx, window.after).await.unwrap());
        assert!(!fair_use::slide(&mut tx, window.after).await.unwrap());
        assert_eq!(fair_use::floor(&mut tx).await.unwrap(), window.after);
        let by_month = fair_use::used(&mut tx, customer, window).await.unwrap();
        assert_eq!(by_month.into_iter().collect::<Vec<_>>(), [(day("2026-03-01"), Counted(4_000))]);
        let numbered = fair_use::numbered_days(&mut tx).await.unwrap();
        assert_eq!(numbered, [(day("2026-01-01"), 20_454), (day("2026-03-02"), 20_514)]);
        let everybody = fair_use::Which {
            window, grace_days: 90, new: None, from: (i64::MAX, None), to: i64::MIN, silent_since: None,
        };
        let ranked = fair_use::ranked(&mut tx, &everybody, 5).await.unwrap();
        assert_eq!((ranked.len(), ranked[0].used, ranked[0].own_days), (1, Counted(4_000), 68));
        let entries = fair_use::entries(&mut tx, customer, window, None, 5).await.unwrap();
        assert_eq!(entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), [entry]);
        let before = Some((entries[0].worked_on, entry));
        assert_eq!(fair_use::entries(&mut tx, customer, window, before, 5).await.unwrap(), []);
        assert_eq!(fair_use::conversations(&mut tx, customer).await.unwrap(), []);
    }
}
