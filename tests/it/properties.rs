//! What holds for any sequence of commands: sums, holds, chains, and the same rows in memory and on both databases.

use crate::common::{AGENT, Fixture, pure::Books};
use crate::properties_money::{self as of_money, Money, SECTIONS};
use crate::story;
use chrono::{DateTime, Datelike as _, Days, Duration, NaiveDate, TimeZone as _, Utc};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use std::future::{Future as _, poll_fn};
use std::task::Poll;
use strippenkaart::domain::command::Receiving;
use strippenkaart::domain::{
    Account, Act, Actor, Allocation, AskedVia, Balance, BankCost, BankLineId, Card, CardId, Cents, Collection, Command,
    Contact, Cover, Coverage, Customer, CustomerId, Estimate, EstimateId, EstimateStatus, Excess, Hold, Invoice,
    Ledger, Locale, Mandate, Minutes, Movement, Note, Payment, PaymentMethod, Policy, Posting, Receipt, Refusal,
    Repayment, Report, Reversal, Role, Target, Ticket, TicketKind, TimeEntry, Transaction, TransactionKind, Unmatched,
    Urgency, UserId, chain,
    charge::TicketDay,
    command::{Answer, Ruling},
    estimate::AnswerVia,
    policy::Per,
};
use strippenkaart::service::ledger::{Failure, Replies};
use strippenkaart::store::{Db, Statements as _, books::CommandRow};

/// One step, in numbers: which ticket, card or person is meant is picked from those that exist by then.
#[derive(Clone, Debug)]
enum Step {
    Customer {
        imported: bool,
        days_ago: u64,
    },
    Contact {
        customer: usize,
        role: Role,
        ceiling: Option<i64>,
        from: Option<u64>,
        days: Option<u64>,
    },
    Revoke(usize),
    Order {
        customer: usize,
        product: &'static str,
    },
    Pay {
        invoice: usize,
        quarters: i64,
    },
    Ticket {
        customer: usize,
        kind: TicketKind,
        requester: Option<usize>,
        urgent: bool,
    },
    Decide {
        ticket: usize,
        cover: Option<Cover>,
        agrees: Option<usize>,
        reverse: bool,
    },
    AddOn {
        customer: usize,
        days: Option<u64>,
    },
    Propose {
        ticket: usize,
        minutes: i64,
        answer_days: Option<u64>,
        work_days: Option<u64>,
    },
    Accept {
        estimate: usize,
        contact: usize,
        via: AnswerVia,
        days_ago: Option<i64>,
    },
    Decline {
        estimate: usize,
        contact: Option<usize>,
    },
    Close(usize),
    Log {
        ticket: usize,
        worked: i64,
        days_ago: u64,
        estimate: Option<usize>,
        excess: Excess,
    },
    Reverse(usize),
    Cover {
        entry: usize,
        contact: Option<usize>,
    },
    Invoice {
        entry: usize,
        contact: usize,
    },
    /// Something about money.
    Money(Money),
    /// The last month that is over is closed (TIME-6).
    CloseMonth,
    /// Days go by, and the job for what became due runs or does not.
    Days(u64, bool),
}

fn any_of() -> std::ops::Range<usize> {
    0..1000
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let role = select(Role::ALL);
    let kind = select(vec![TicketKind::Question, TicketKind::Change, TicketKind::ThirdParty, TicketKind::Defect]);
    let excess = select(vec![Excess::Refuse, Excess::Refuse, Excess::Uncovered, Excess::Goodwill]);
    let maybe = || proptest::option::weighted(0.3, any_of());
    let days = |most: u64| proptest::option::weighted(0.3, 0..most);
    let step = prop_oneof![
        1 => (any::<bool>(), 0_u64..200).prop_map(|(imported, days_ago)| Step::Customer { imported, days_ago }),
        2 => (any_of(), role, proptest::option::of(1_i64..300), days(60), days(200)).prop_map(
            |(customer, role, ceiling, from, days)| Step::Contact { customer, role, ceiling, from, days }
        ),
        1 => any_of().prop_map(Step::Revoke),
        2 => (any_of(), select(vec!["5h", "10h", "20h", "7h"]))
            .prop_map(|(customer, product)| Step::Order { customer, product }),
        3 => (any_of(), 1_i64..=5).prop_map(|(invoice, quarters)| Step::Pay { invoice, quarters }),
        3 => (any_of(), kind, maybe(), proptest::bool::weighted(0.2))
            .prop_map(|(customer, kind, requester, urgent)| Step::Ticket { customer, kind, requester, urgent }),
        1 => (any_of(), proptest::option::of(select(Cover::ALL)), maybe(), any::<bool>())
            .prop_map(|(ticket, cover, agrees, reverse)| Step::Decide { ticket, cover, agrees, reverse }),
        1 => (any_of(), days(60)).prop_map(|(customer, days)| Step::AddOn { customer, days }),
        2 => (any_of(), any_of()).prop_map(|(entry, contact)| Step::Invoice { entry, contact }),
        6 => (any_of(), 1_i64..400, days(30), days(120)).prop_map(
            |(ticket, minutes, answer_days, work_days)| Step::Propose { ticket, minutes, answer_days, work_days }
        ),
        9 => (any_of(), any_of(), select(vec![AnswerVia::Online, AnswerVia::Online, AnswerVia::Phone, AnswerVia::Mail]), proptest::option::weighted(0.2, 0_i64..20)).prop_map(
            |(estimate, contact, via, days_ago)| Step::Accept { estimate, contact, via, days_ago }
        ),
        1 => (any_of(), maybe()).prop_map(|(estimate, contact)| Step::Decline { estimate, contact }),
        3 => any_of().prop_map(Step::Close),
        14 => (any_of(), 1_i64..300, prop_oneof![3 => Just(0), 2 => 0_u64..70], maybe(), excess).prop_map(
            |(ticket, worked, days_ago, estimate, excess)| Step::Log { ticket, worked, days_ago, estimate, excess }
        ),
        5 => any_of().prop_map(Step::Reverse),
        4 => (any_of(), proptest::option::of(any_of())).prop_map(|(entry, contact)| Step::Cover { entry, contact }),
        30 => of_money::steps().prop_map(Step::Money),
        1 => Just(Step::CloseMonth),
        2 => (1_u64..40, any::<bool>()).prop_map(|(days, settle)| Step::Days(days, settle)),
    ];
    // A school that can spend, so that not every step is refused.
    let start = [
        Step::Customer { imported: false, days_ago: 100 },
        Step::Contact { customer: 0, role: Role::Owner, ceiling: None, from: None, days: None },
        Step::Contact { customer: 0, role: Role::Spender, ceiling: Some(240), from: None, days: None },
        Step::Order { customer: 0, product: "5h" },
        Step::Pay { invoice: 0, quarters: 4 },
        Step::Ticket { customer: 0, kind: TicketKind::Question, requester: Some(0), urgent: false },
    ];
    proptest::collection::vec(step, 1..160).prop_map(move |rest| start.iter().cloned().chain(rest).collect())
}

/// Texts of a policy: when to agree, how long cards last, whether owners spend, whether the phone counts, when to pay.
fn policies() -> impl Strategy<Value = String> {
    let agreement = select(vec![
        "agreement = \"required\"",
        "agreement = \"above_minutes\"\nabove_minutes = 90",
        "agreement = \"not_required\"",
    ]);
    let validity = select(vec!["\"never\"", "{ months = 1 }", "{ months = 3 }", "{ calendar_years = 1 }"]);
    let late_days = select(vec!["0", "31"]);
    let rounding = select(vec![
        "rounding = \"up\"",
        "rounding = \"up\"\nper = \"ticket_day\"",
        "rounding = \"nearest\"\nper = \"ticket_day\"\nfree_first_minutes = 20",
    ]);
    (agreement, validity, late_days, rounding, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(agreement, validity, late_days, rounding, owner_spends, phone, prepaid)| {
            let sections = SECTIONS
                .replace("VAT", if phone { "outside_scope" } else { "standard_incl" })
                .replace("FIRST", if owner_spends { "true" } else { "false" })
                .replace("FREEZE", if phone { "true" } else { "false" });
            let mut text = Policy::shipped("openedu").unwrap().to_owned() + story::URGENCY + &sections;
            for (from, to) in [
                ("agreement = \"required\"", agreement.to_owned()),
                ("validity = \"never\"", format!("validity = {validity}")),
                ("rounding = \"up\"", rounding.to_owned()),
                ("late_days = 31", format!("late_days = {late_days}")),
                ("owner_spends = true", format!("owner_spends = {owner_spends}")),
                ("[\"phone\", \"mail\", \"in_person\"]", (if phone { "[\"phone\"]" } else { "[\"mail\"]" }).to_owned()),
                ("\"payment\"", (if prepaid { "\"payment\"" } else { "\"order\"" }).to_owned()),
            ] {
                assert!(text.contains(from), "the shipped policy says {from}");
                text = text.replace(from, &to);
            }
            text
        },
    )
}

fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 9, 9, 0, 0).unwrap()
}

/// Of all that exist, over all customers, the one that is meant; also one of another customer.
fn pick<T>(books: &Books, index: usize, all: impl Fn(&Ledger) -> Vec<T>) -> Option<T> {
    let mut found: Vec<T> = books.ledgers.values().flat_map(all).collect();
    if found.is_empty() { None } else { Some(found.swap_remove(index % found.len())) }
}

fn customer(books: &Books, index: usize) -> Option<CustomerId> {
    pick(books, index, |ledger| ledger.rows.customer.iter().map(|customer| customer.id).collect())
}

fn contact(books: &Books, index: usize) -> Option<Contact> {
    pick(books, index, |ledger| ledger.rows.contacts.values().cloned().collect())
}

fn ticket(books: &Books, index: usize) -> Option<Ticket> {
    pick(books, index, |ledger| ledger.rows.tickets.values().cloned().collect())
}

fn estimate(books: &Books, index: usize) -> Option<Estimate> {
    pick(books, index, |ledger| ledger.rows.estimates.values().cloned().collect())
}

fn entry(books: &Books, index: usize) -> Option<TimeEntry> {
    pick(books, index, |ledger| ledger.rows.entries.values().cloned().collect())
}

/// Mostly one for which `wanted` holds, so that most steps can succeed.
fn mostly<T>(index: usize, pick: impl Fn(usize) -> Option<T>, wanted: impl Fn(&T) -> bool) -> Option<T> {
    if index.is_multiple_of(5) {
        return pick(index);
    }
    (index..index + 50).filter_map(&pick).find(wanted).or_else(|| pick(index))
}

/// The commands of a step, all or none; none where there is nothing yet to do it to.
fn commands(books: &Books, step: &Step) -> Vec<Command> {
    match step {
        Step::Money(step) => of_money::commands(books, step, Actor::Staff(AGENT)),
        step => command(books, step).into_iter().collect(),
    }
}

/// The command of a step that is not about money.
fn command(books: &Books, step: &Step) -> Option<Command> {
    let mut actor = Actor::Staff(AGENT);
    let (target, act) = match step {
        Step::Days(..) | Step::CloseMonth | Step::Money(_) => return None,
        Step::Customer { .. } | Step::Contact { .. } | Step::Revoke(_) => people(books, step)?,
        Step::Order { .. } | Step::Pay { .. } => money(books, step)?,
        Step::Ticket { .. } | Step::Propose { .. } | Step::Decline { .. } | Step::Close(_) => agreed(books, step)?,
        Step::Decide { .. } | Step::AddOn { .. } => who_pays(books, step)?,
        Step::Log { .. } | Step::Reverse(_) | Step::Cover { .. } | Step::Invoice { .. } => time(books, step)?,
        Step::Accept { estimate: index, contact: by, via, days_ago } => {
            let proposed = |estimate: &Estimate| estimate.status_on(today(books)) == EstimateStatus::Proposed;
            let estimate = mostly(*index, |index| self::estimate(books, index), proposed)?;
            let own = |contact: &Contact| contact.customer_id == estimate.customer_id && contact.removed_at.is_none();
            let (estimate, contact) = (estimate.id, mostly(*by, |by| self::contact(books, by), own)?.id);
            if *via == AnswerVia::Online {
                actor = Actor::Contact(UserId(contact.0), contact, None);
            }
            let at = days_ago.map(|days| books.clock.now() - Duration::days(days));
            let answer = Answer { contact, via: *via, note: Some("said so".to_owned()), at };
            (Target::Estimate(estimate), Act::AcceptEstimate { estimate, answer })
        }
    };
    Some(books.command(actor, target, act))
}

fn today(books: &Books) -> NaiveDate {
    books.policies.day(books.clock.now())
}

fn people(books: &Books, step: &Step) -> Option<(Target, Act)> {
    Some(match step {
        Step::Customer { imported, days_ago } => {
            let number = books.ledgers.len();
            let act = Act::CreateCustomer {
                name: format!("School {number}"),
                email: format!("school{number}@example.org"),
                locale: Locale::En,
                monthly_amount: Some(Cents(12_345)),
                contract_start: Some(today(books) - Days::new(*days_ago)),
                imported: *imported,
            };
            // Two schools are enough: the third time the first one is created again.
            let twin = customer(books, 0).filter(|_| number == 2).map(|_| "School 0".to_owned());
            let act = match (act, twin) {
                (Act::CreateCustomer { locale, monthly_amount, contract_start, imported, .. }, Some(name)) => {
                    let email = "SCHOOL0@example.org ".to_owned();
                    Act::CreateCustomer { name, email, locale, monthly_amount, contract_start, imported }
                }
                (act, _) => act,
            };
            (Target::Customer(books.clock.id()), act)
        }
        Step::Contact { customer: index, role, ceiling, from, days } => {
            let from = from.map(|days| today(books) + Days::new(days));
            let number: usize = books.ledgers.values().map(|ledger| ledger.rows.contacts.len()).sum();
            let act = Act::AddContact {
                name: format!("Person {number}"),
                email: format!("p{}@example.org", number % 4),
                role: *role,
                ceiling: ceiling.map(Minutes),
                valid_from: from,
                valid_until: days.map(|days| today(books) + Days::new(days)),
                asked_by: (number % 5 != 4).then(|| "the owner".to_owned()),
                asked_via: Some(AskedVia::Chat),
            };
            (Target::Customer(customer(books, *index)?), act)
        }
        Step::Revoke(index) => {
            let contact = contact(books, *index)?;
            (Target::Customer(contact.customer_id), Act::RemoveContact(contact.id))
        }
        _ => return None,
    })
}

fn money(books: &Books, step: &Step) -> Option<(Target, Act)> {
    Some(match step {
        Step::Order { customer: index, product } => {
            (Target::Customer(customer(books, *index)?), Act::order((*product).to_owned()))
        }
        Step::Pay { invoice: index, quarters } => {
            let invoice = pick(books, *index, |ledger| ledger.rows.invoices.values().cloned().collect())?;
            let amount = Cents(invoice.gross.0 * quarters / 4);
            let (invoice, paid_on) = (invoice.id, today(books));
            (
                Target::Invoice(invoice),
                Act::RecordPayment(Receiving::of(invoice, amount, paid_on, PaymentMethod::Other)),
            )
        }
        _ => return None,
    })
}

fn agreed(books: &Books, step: &Step) -> Option<(Target, Act)> {
    Some(match step {
        Step::Ticket { customer: index, kind, requester, urgent } => {
            let requester = requester.and_then(|by| contact(books, by)).map(|contact| contact.id);
            let (subject, description) = ("Help".to_owned(), "It does not work".to_owned());
            let urgency = urgent.then(|| Urgency::Level("urgent".to_owned()));
            (
                Target::Customer(customer(books, *index)?),
                Act::OpenTicket(Report { subject, description, requester, kind: *kind, urgency, ..Report::default() }),
            )
        }
        Step::Propose { ticket: index, minutes, answer_days, work_days } => {
            let ticket = ticket(books, *index)?.id;
            let act = Act::ProposeEstimate {
                ticket,
                minutes: Minutes(*minutes),
                description: "The work".to_owned(),
                answer_by: answer_days.map(|days| today(books) + Days::new(days)),
                work_until: work_days.map(|days| today(books) + Days::new(days)),
            };
            (Target::Ticket(ticket), act)
        }
        Step::Decline { estimate: index, contact: by } => {
            let estimate = estimate(books, *index)?.id;
            let contact = by.and_then(|by| contact(books, by)).map(|contact| contact.id);
            (Target::Estimate(estimate), Act::DeclineEstimate { estimate, contact })
        }
        Step::Close(index) => {
            let estimate = estimate(books, *index)?.id;
            (Target::Estimate(estimate), Act::CloseEstimate(estimate))
        }
        _ => return None,
    })
}

fn who_pays(books: &Books, step: &Step) -> Option<(Target, Act)> {
    Some(match step {
        Step::Decide { ticket: index, cover, agrees, reverse } => {
            let ticket = ticket(books, *index)?;
            let own = |contact: &Contact| contact.customer_id == ticket.customer_id && contact.removed_at.is_none();
            let agrees = agrees.filter(|_| *cover == Some(Cover::Invoice));
            let ruling = Ruling {
                kind: cover.is_none().then_some(TicketKind::Change),
                topic: None,
                urgency: None,
                cover: *cover,
                agreed_by: agrees.and_then(|by| mostly(by, |by| contact(books, by), own)).map(|contact| contact.id),
                hourly_rate: None,
                reason: "it turned out otherwise".to_owned(),
                reverse_entries: *reverse,
            };
            let replaces = ticket.coverage_id;
            (Target::Ticket(ticket.id), Act::DecideCoverage { ticket: ticket.id, replaces, ruling })
        }
        Step::AddOn { customer: index, days } => {
            let (since, customer) = (today(books), customer(books, *index)?);
            let until = days.map(|days| since + Days::new(days));
            (Target::Customer(customer), Act::RecordAddOn { since, until })
        }
        _ => return None,
    })
}

fn time(books: &Books, step: &Step) -> Option<(Target, Act)> {
    Some(match step {
        Step::Log { ticket: index, worked, days_ago, estimate: on, excess } => {
            // Mostly work that was agreed on; where an estimate is named it is nearly always the ticket's own.
            let on = on.and_then(|on| {
                mostly(
                    on,
                    |on| estimate(books, on),
                    |estimate| estimate.is_open() || estimate.correctable.is_positive(),
                )
            });
            let agreed = mostly(*index, |index| estimate(books, index), Estimate::is_open);
            let ticket =
                on.as_ref().or(agreed.as_ref()).filter(|_| !index.is_multiple_of(3)).map(|estimate| estimate.ticket_id);
            let ticket = ticket.or_else(|| self::ticket(books, *index).map(|ticket| ticket.id))?;
            let act = Act::LogTime {
                ticket,
                worked: Minutes(*worked),
                worked_on: Some(today(books) - Days::new(*days_ago)),
                description: "Helped".to_owned(),
                estimate: on.map(|estimate| estimate.id),
                started_at: None,
                surcharges: vec![],
                excess: *excess,
            };
            (Target::Ticket(ticket), act)
        }
        Step::Reverse(index) => {
            let standing = |entry: &TimeEntry| entry.reversed_by.is_none();
            let entry = mostly(*index, |index| entry(books, index), standing)?.id;
            (Target::TimeEntry(entry), Act::ReverseEntry { entry, reason: "typed wrong".to_owned() })
        }
        Step::Cover { entry: index, contact: by } => {
            let entry = mostly(*index, |index| entry(books, index), |entry| entry.uncovered.is_positive())?;
            let own = |contact: &Contact| contact.customer_id == entry.customer_id && contact.removed_at.is_none();
            let by_card = by.and_then(|by| mostly(by, |by| contact(books, by), own)).map(|contact| contact.id);
            let entry = entry.id;
            (Target::TimeEntry(entry), Act::CoverEntry { entry, by_card, reason: "agreed".to_owned() })
        }
        Step::Invoice { entry: index, contact: by } => {
            let entry = mostly(*index, |index| entry(books, index), |entry| entry.uncovered.is_positive())?;
            let own = |contact: &Contact| contact.customer_id == entry.customer_id && contact.removed_at.is_none();
            let contact = mostly(*by, |by| contact(books, by), own)?.id;
            let (entry, reason) = (entry.id, "agreed by mail".to_owned());
            (Target::TimeEntry(entry), Act::InvoiceEntry { entry, contact, hourly_rate: None, reason })
        }
        _ => return None,
    })
}

/// Commands that belong together, at which moment they were submitted, what the pure domain answered, and what they made
/// that others may name.
type Asked = (DateTime<Utc>, Vec<Command>, Result<Vec<Receipt>, Refusal>, Vec<Target>);

/// Everything that was submitted.
type Log = Vec<Asked>;

/// Plays steps on the pure domain; `check` looks after each.
fn play(policy: &str, steps: &[Step], check: impl Fn(&Books)) -> (Books, Log) {
    let mut books = Books::new(&[policy.to_owned()], start());
    let mut log = Log::new();
    for step in steps {
        let mut bundles = vec![commands(&books, step)];
        if let Step::Days(days, settle) = step {
            books.clock.set(books.clock.now() + Duration::days(i64::try_from(*days).unwrap()));
            let customers = books.ledgers.keys().filter(|_| *settle);
            bundles.extend(customers.map(|id| vec![books.command(Actor::Service, Target::Customer(*id), Act::Settle)]));
        }
        if matches!(step, Step::CloseMonth) {
            books.closed_through = today(&books).with_day(1).and_then(|first| first.pred_opt());
        }
        for bundle in bundles.into_iter().filter(|bundle| !bundle.is_empty()) {
            submit(&mut books, &mut log, bundle);
        }
        check(&books);
    }
    (books, log)
}

fn submit(books: &mut Books, log: &mut Log, bundle: Vec<Command>) {
    let (before, transactions) = (books.ledgers.clone(), books.transactions.len());
    let known = books.owners.clone();
    let result = books.submit_together(&bundle);
    if result.is_err() {
        assert!(books.ledgers == before && books.transactions.len() == transactions, "a refusal changes nothing");
    }
    let closed = books.closed_through;
    let new = &books.transactions[transactions..];
    assert!(new.iter().all(|row| Some(row.booked_on) > closed), "TIME-6: a closed month takes no booking: {bundle:?}");
    let made = books.owners.keys().filter(|target| !known.contains_key(target)).copied().collect();
    log.push((books.clock.now(), bundle, result, made));
}

/// The rules that always hold for one customer.
fn check(books: &Books) {
    for (id, ledger) in &books.ledgers {
        let movements: Vec<&Movement> = books.movements.iter().filter(|row| row.customer_id == *id).collect();
        check_balances(ledger, &movements);
        check_agreements(ledger, &movements);
        check_entries(books, ledger);
        check_days(books, ledger);
        check_chain(books, ledger.rows.customer.as_ref().unwrap());
        of_money::check(books, *id, ledger);
    }
    of_money::check_numbers(books);
}

/// CARD-6: counters and running balances are what the movements add up to, and no account is below zero.
fn check_balances(ledger: &Ledger, movements: &[&Movement]) {
    let customer = ledger.rows.customer.as_ref().unwrap();
    let mut all = Balance::default();
    let mut cards: BTreeMap<CardId, Balance> = BTreeMap::new();
    for row in movements {
        assert!(row.minutes.is_positive(), "{row:?}");
        all.shift(row.from_account, row.to_account, row.minutes);
        assert!(!all.is_negative(), "{row:?}");
        assert_eq!(row.after, all, "the customer's running balance of {row:?}");
        let card = row.card_id.map(|card| cards.entry(card).or_default());
        let card_after = card.map_or(Balance::default(), |balance| {
            balance.shift(row.from_account, row.to_account, row.minutes);
            *balance
        });
        assert!(!card_after.is_negative(), "{row:?}");
        assert_eq!(row.card_after, card_after, "the card's running balance of {row:?}");
    }
    assert_eq!(customer.balance(), all, "the customer's counters");
    let granted: Minutes = ledger.rows.cards.values().map(|card| card.granted).sum();
    assert_eq!(customer.balance().granted(), granted, "CARD-6 over all cards");
    for card in ledger.rows.cards.values() {
        assert_eq!(card.balance(), cards.get(&card.id).copied().unwrap_or_default(), "the counters of {card:?}");
        assert_eq!(card.balance().granted(), card.granted, "CARD-6 on {card:?}");
        assert!(card.granted.is_zero() || card.granted == card.minutes, "{card:?}");
        let held: Minutes =
            ledger.rows.holds.values().filter(|hold| hold.card_id == card.id).map(|hold| hold.minutes).sum();
        assert_eq!(card.held, held, "what is held on {card:?}");
    }
}

/// What went into `account` less what left it.
fn net<'a>(rows: impl Iterator<Item = &'a &'a Movement>, account: Account) -> i64 {
    rows.map(|row| match (row.to_account == account, row.from_account == account) {
        (true, false) => row.minutes.0,
        (false, true) => -row.minutes.0,
        _ => 0,
    })
    .sum()
}

/// SPEND-4, SPEND-5: what is held and used for an estimate is what the movements say, and never more than was agreed.
fn check_agreements(ledger: &Ledger, movements: &[&Movement]) {
    for estimate in ledger.rows.estimates.values() {
        let about = || movements.iter().filter(|row| row.estimate_id == Some(estimate.id));
        let held: Minutes = holds_of(ledger, estimate.id).map(|hold| hold.minutes).sum();
        assert_eq!(estimate.held, held, "{estimate:?}");
        assert_eq!(estimate.held.0, net(about(), Account::Held), "{estimate:?}");
        assert_eq!(estimate.used.0, net(about(), Account::Used), "{estimate:?}");
        assert!(estimate.held + estimate.used <= estimate.minutes, "more than agreed: {estimate:?}");
        assert!(estimate.correctable.0 >= 0, "{estimate:?}");
        match estimate.status {
            EstimateStatus::Accepted => {
                let waits = Minutes(net(about(), Account::Frozen) + net(about(), Account::Refunded));
                assert_eq!(estimate.held + estimate.used + waits, estimate.minutes, "{estimate:?}");
            }
            _ => assert!(estimate.held.is_zero(), "{estimate:?}"),
        }
    }
    assert!(ledger.rows.holds.values().all(|hold| hold.minutes.0 >= 0));
}

fn holds_of(ledger: &Ledger, estimate: EstimateId) -> impl Iterator<Item = &Hold> {
    ledger.rows.holds.values().filter(move |hold| hold.estimate_id == estimate)
}

/// TIME-7: each charged minute is drawn from a card, uncovered, invoiced or given away; of a reversed entry nothing is left.
fn check_entries(books: &Books, ledger: &Ledger) {
    let mut uncovered = Minutes::ZERO;
    for entry in ledger.rows.entries.values() {
        let about: Vec<&Movement> = ledger.entry_movements.get(&entry.id).into_iter().flatten().collect();
        let drawn = net(about.iter(), Account::Used);
        assert_eq!(entry.uncovered.0, net(about.iter(), Account::Uncovered), "{entry:?}");
        uncovered += entry.uncovered;
        if entry.reversed_by.is_some() {
            assert_eq!((drawn, entry.uncovered), (0, Minutes::ZERO), "{entry:?}");
            continue;
        }
        let gifts = books.transactions.iter().filter(|transaction| {
            let given = [TransactionKind::Goodwill, TransactionKind::Invoiced].contains(&transaction.kind);
            transaction.time_entry_id == Some(entry.id) && given
        });
        let gifts: Vec<i64> = gifts.map(|gift| gift.seq).collect();
        let given: i64 = about.iter().filter(|row| gifts.contains(&row.seq)).map(|row| row.minutes.0).sum();
        assert_eq!(entry.charged_now().0, drawn + entry.uncovered.0 + given, "{entry:?}");
    }
    assert_eq!(ledger.rows.customer.as_ref().unwrap().uncovered, uncovered);
    for ticket in ledger.rows.tickets.values() {
        let standing = ledger.rows.entries.values().filter(|entry| entry.ticket_id == ticket.id);
        let charged: Minutes = standing.filter(|entry| entry.reversed_by.is_none()).map(TimeEntry::charged_now).sum();
        assert_eq!(ticket.charged, charged, "SPEND-7 counts all charged minutes of {ticket:?}");
    }
}

/// TIME-2: a day of a ticket has the sums of its entries that stand; where they are priced together they cost that price,
/// or more where something of it was given away or put on an invoice, which stays so.
fn check_days(books: &Books, ledger: &Ledger) {
    for day in ledger.rows.days.values() {
        let of_day = |entry: &&TimeEntry| entry.day() == Some(day.id());
        let settled = books.transactions.iter().any(|row| {
            let about = row.time_entry_id.and_then(|id| ledger.rows.entries.get(&id)).filter(of_day);
            about.is_some() && [TransactionKind::Goodwill, TransactionKind::Invoiced].contains(&row.kind)
        });
        let mut sums = TicketDay::new(day.id(), day.customer_id, day.per);
        let standing = ledger.rows.entries.values().filter(of_day).filter(|entry| entry.reversed_by.is_none());
        standing.for_each(|entry| sums.add(entry));
        assert_eq!(*day, sums);
        let price = day.price(&books.policies.version(day.policy_version).unwrap().time);
        match day.per {
            Per::Entry => {}
            Per::TicketDay if settled => assert!(day.charged >= price, "{day:?} costs {price:?}"),
            Per::TicketDay => assert_eq!(day.charged, price, "{day:?}"),
        }
    }
}

/// Transactions are numbered without gaps, never go back in time, and each holds the hash of the one before.
fn check_chain(books: &Books, customer: &Customer) {
    let mut head = chain::GENESIS.to_owned();
    let mut last = None;
    for (transaction, seq) in books.transactions.iter().filter(|row| row.customer_id == customer.id).zip(1..) {
        let of_it = |row: &&Movement| row.customer_id == customer.id && row.seq == seq;
        let movements: Vec<Movement> = books.movements.iter().filter(of_it).cloned().collect();
        assert_eq!((transaction.seq, &transaction.prev_hash), (seq, &head));
        let of_it = |row: &&Posting| row.customer_id == customer.id && row.seq == seq;
        let postings: Vec<Posting> = books.postings.iter().filter(of_it).cloned().collect();
        assert_eq!(postings.iter().map(|row| row.amount).sum::<Cents>(), Cents::ZERO, "money sums to zero");
        assert_eq!(transaction.hash, chain::hash(transaction, &movements, &postings));
        assert!(last <= Some(transaction.recorded_at));
        head.clone_from(&transaction.hash);
        last = Some(transaction.recorded_at);
    }
    assert_eq!(customer.head, head);
}

/// Reverses every entry that stands.
fn reverse_all(books: &mut Books, log: &mut Log) {
    let entries = books.ledgers.values().flat_map(|ledger| ledger.rows.entries.values());
    let standing: Vec<_> = entries.filter(|entry| entry.reversed_by.is_none()).map(|entry| entry.id).collect();
    for entry in standing {
        let act = Act::ReverseEntry { entry, reason: "all of it".to_owned() };
        let command = books.command(Actor::Staff(AGENT), Target::TimeEntry(entry), act);
        submit(books, log, vec![command]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_the_sums_hold(policy in policies(), steps in steps()) {
        let (mut books, mut log) = play(&policy, &steps, check);
        reverse_all(&mut books, &mut log);
        check(&books);
        for ledger in books.ledgers.values() {
            prop_assert!(ledger.rows.cards.values().all(|card| card.used.is_zero()), "all is back on its card");
            prop_assert!(ledger.rows.customer.as_ref().unwrap().uncovered.is_zero());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn bank_9_undo_brings_every_balance_back(
        policy in policies(), steps in steps(), told in proptest::collection::vec(of_money::told(), 1..12)
    ) {
        let (mut books, mut log) = play(&policy, &steps, |_| ());
        for step in told {
            let customers: Vec<CustomerId> = books.ledgers.keys().copied().collect();
            for customer in customers {
                let settle = books.command(Actor::Service, Target::Customer(customer), Act::Settle);
                submit(&mut books, &mut log, vec![settle]);
            }
            let line: BankLineId = books.clock.id();
            let wrong = of_money::commands(&books, &step, Actor::Staff(AGENT)).into_iter().map(|row| row.from_line(line));
            let wrong: Vec<Command> = wrong.collect();
            let Some(customer) = wrong.first().and_then(|row| books.owner(row.target)) else { continue };
            let before = of_money::balances(&books, customer);
            if books.submit_together(&wrong).is_err() {
                continue;
            }
            let act = Act::UndoLine { line };
            for _ in 0..2 {
                let undo = books.command(Actor::Staff(AGENT), Target::Customer(customer), act.clone());
                books.submit(&undo).unwrap();
                prop_assert_eq!(&before, &of_money::balances(&books, customer), "{:?}", wrong);
            }
            check(&books);
        }
    }
}

/// One sequence, with what the pure domain made of it.
struct Sample {
    policy: String,
    books: Books,
    log: Log,
}

/// Sequences for the databases: the same ones every time.
fn samples(count: usize) -> Vec<Sample> {
    let mut runner = TestRunner::deterministic();
    let sample = || {
        let (policy, mut steps) = (policies(), steps()).new_tree(&mut runner).unwrap().current();
        steps.retain(|step| !matches!(step, Step::CloseMonth));
        let (mut books, mut log) = play(&policy, &steps, |_| ());
        reverse_all(&mut books, &mut log);
        Sample { policy, books, log }
    };
    std::iter::repeat_with(sample).take(count).collect()
}

/// Else the properties would hold because nothing happens.
#[test]
fn the_sequences_do_everything() {
    let mut acts = BTreeMap::<&str, usize>::new();
    let mut refusals = BTreeMap::<&str, usize>::new();
    let mut kinds = BTreeMap::<TransactionKind, usize>::new();
    for sample in samples(450) {
        for (_, bundle, result, _) in &sample.log {
            match result {
                Ok(_) => bundle.iter().for_each(|command| *acts.entry(command.act.name()).or_default() += 1),
                Err(refusal) => *refusals.entry(refusal.name()).or_default() += 1,
            }
        }
        for transaction in &sample.books.transactions {
            *kinds.entry(transaction.kind).or_default() += 1;
        }
    }
    assert_eq!(acts.len(), 43, "every act succeeds somewhere: {acts:?}");
    // Conversions are decided per policy; scenarios tell of them.
    let elsewhere = [TransactionKind::Conversion];
    let missing = TransactionKind::ALL.iter().find(|kind| !kinds.contains_key(kind) && !elsewhere.contains(kind));
    assert_eq!(missing, None, "every kind is booked somewhere: {kinds:?}");
    for name in [
        "beyond-agreement",
        "agreement-required",
        "requester-not-authorised",
        "insufficient-minutes",
        "beyond-tolerance",
        "ceiling-exceeded",
        "spender-not-authorised",
        "channel-not-allowed",
        "estimate-not-open",
        "already-reversed",
        "nothing-uncovered",
        "last-owner",
        "customer-exists",
        "contact-exists",
        "overpayment",
        "not-issued",
        "already-issued",
        "empty-draft",
        "incomplete-document",
        "nothing-to-credit",
        "credit-too-much",
        "not-refundable",
        "nothing-to-set-off",
        "beyond-credit",
        "beyond-payment",
        "not-overdue",
        "no-mandate",
        "nothing-to-collect",
        "collection-pending",
        "collection-answered",
        "collection-called-off",
        "mandate-ended",
        "nothing-to-amend",
        "nothing-to-waive",
        "paid-out-before",
        "not-paid-elsewhere",
        "told-by-other-line",
        "came-back-since",
        "account-paused",
        "no-arrears",
        "arranged",
        "not-paused",
        "not-arranged",
        "unknown-product",
        "defect-is-free",
        "invalid-field",
    ] {
        assert!(refusals.contains_key(name), "nothing was refused as {name}: {refusals:?}");
    }
}

/// The rows of each table as text, in the order of their keys.
type Tables = BTreeMap<&'static str, Vec<String>>;

fn texts<'a, T: std::fmt::Debug + 'a>(rows: impl IntoIterator<Item = &'a T>) -> Vec<String> {
    rows.into_iter().map(|row| format!("{row:?}")).collect()
}

/// The business tables as the pure domain has them.
fn in_memory(books: &Books) -> Tables {
    let mut all = strippenkaart::domain::Changes::default();
    for ledger in books.ledgers.values() {
        let rows = ledger.rows.clone();
        all.contacts.extend(rows.contacts);
        all.cards.extend(rows.cards);
        all.tickets.extend(rows.tickets);
        all.estimates.extend(rows.estimates);
        all.holds.extend(rows.holds);
        all.entries.extend(rows.entries);
        all.days.extend(rows.days);
        all.invoices.extend(rows.invoices);
        all.payments.extend(rows.payments);
        all.mandates.extend(rows.mandates);
        all.collections.extend(rows.collections);
        all.reversals.extend(rows.reversals);
        all.repayments.extend(rows.repayments);
        all.costs.extend(rows.costs);
        all.unmatched.extend(rows.unmatched);
    }
    all.repayments.sort_by_key(|row| row.id);
    all.costs.sort_by_key(|row| row.id);
    all.unmatched.sort_by_key(|row| row.id);
    let mut transactions = books.transactions.clone();
    transactions.sort_by_key(|row| (row.customer_id, row.seq));
    let mut movements = books.movements.clone();
    movements.sort_by_key(|row| (row.customer_id, row.seq, row.line));
    let mut allocations = books.allocations.clone();
    allocations.sort_by_key(|row| row.id);
    let mut postings = books.postings.clone();
    postings.sort_by_key(|row| (row.customer_id, row.seq, row.line));
    let mut coverage = books.coverage.clone();
    coverage.sort_by_key(|row| row.id);
    let mut notes = books.notes.clone();
    notes.sort_by_key(|row| row.transaction_id);
    Tables::from([
        ("customers", texts(books.ledgers.values().filter_map(|ledger| ledger.rows.customer.as_ref()))),
        ("contacts", texts(all.contacts.values())),
        ("cards", texts(all.cards.values())),
        ("tickets", texts(all.tickets.values())),
        ("coverage_decisions", texts(&coverage)),
        ("estimates", texts(all.estimates.values())),
        ("holds", texts(all.holds.values())),
        ("time_entries", texts(all.entries.values())),
        ("ticket_days", texts(all.days.values())),
        ("invoices", texts(all.invoices.values())),
        ("payments", texts(all.payments.values())),
        ("allocations", texts(&allocations)),
        ("mandates", texts(all.mandates.values())),
        ("collections", texts(all.collections.values())),
        ("reversals", texts(all.reversals.values())),
        ("repayments", texts(&all.repayments)),
        ("bank_costs", texts(&all.costs)),
        ("unmatched", texts(&all.unmatched)),
        ("postings", texts(&postings)),
        ("transactions", texts(&transactions)),
        ("movements", texts(&movements)),
        ("notes", texts(&notes)),
    ])
}

/// The same tables, read from a database.
async fn stored(db: &Db) -> Tables {
    let mut tx = db.snapshot().await.unwrap();
    let mut tables = Tables::new();
    macro_rules! read {
        ($($name:literal: $row:ty, $order:literal);+ $(;)?) => { $(
            let sql = concat!("SELECT * FROM ", $name, " ORDER BY ", $order);
            let rows: Vec<$row> = tx.query(sql).all().await.unwrap();
            tables.insert($name, texts(&rows));
        )+ };
    }
    read! {
        "customers": Customer, "id";
        "contacts": Contact, "id";
        "cards": Card, "id";
        "tickets": Ticket, "id";
        "coverage_decisions": Coverage, "id";
        "estimates": Estimate, "id";
        "holds": Hold, "estimate_id, card_id";
        "time_entries": TimeEntry, "id";
        "ticket_days": TicketDay, "ticket_id, worked_on, policy_version";
        "invoices": Invoice, "id";
        "payments": Payment, "id";
        "allocations": Allocation, "id";
        "mandates": Mandate, "id";
        "collections": Collection, "id";
        "reversals": Reversal, "id";
        "repayments": Repayment, "id";
        "bank_costs": BankCost, "id";
        "unmatched": Unmatched, "id";
        "postings": Posting, "customer_id, seq, line";
        "transactions": Transaction, "customer_id, seq";
        "movements": Movement, "customer_id, seq, line";
        "notes": Note, "transaction_id";
    }
    tables
}

/// The tables that only a database has: the log of commands, and the next free numbers.
async fn written_beside(db: &Db) -> (Vec<CommandRow>, Vec<(String, i64)>) {
    let mut tx = db.snapshot().await.unwrap();
    let commands = tx.query("SELECT * FROM commands ORDER BY id").all().await.unwrap();
    (commands, tx.query("SELECT name, next FROM counters ORDER BY name").all().await.unwrap())
}

/// Splits a log into what can wait at the door together: at one moment, about nothing that is only being made.
fn batches(log: &Log) -> Vec<&[Asked]> {
    let mut batches = Vec::new();
    let (mut first, mut new) = (0, Vec::new());
    for (at, (now, bundle, _, made)) in log.iter().enumerate() {
        if *now != log[first].0 || bundle.iter().any(|command| new.contains(&command.target)) {
            batches.push(&log[first..at]);
            (first, new) = (at, Vec::new());
        }
        new.extend(made.iter().filter(|made| bundle.iter().all(|command| **made != command.target)));
        // A test's customer gets its address when its row is written (PAY-1a).
        let created = bundle.iter().filter(|command| matches!(command.act, Act::CreateCustomer { .. }));
        new.extend(created.map(|command| command.target));
    }
    batches.push(&log[first..]);
    batches
}

/// Submits commands that all wait before the first of them is answered, in this order.
async fn submit_together(fixture: &Fixture, batch: &[Asked]) -> Vec<Replies> {
    let mut replies = Vec::new();
    let mut waiting: Vec<_> =
        batch.iter().map(|(_, bundle, ..)| Box::pin(fixture.service.door.submit_together(bundle.clone()))).collect();
    let mut answered: Vec<Option<Replies>> = Vec::new();
    for submitted in &mut waiting {
        answered.push(poll_fn(|context| Poll::Ready(now_or_later(submitted.as_mut().poll(context)))).await);
    }
    for (submitted, answered) in waiting.into_iter().zip(answered) {
        replies.push(match answered {
            Some(reply) => reply,
            None => submitted.await,
        });
    }
    replies
}

fn now_or_later<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Submits the commands of a sample at their moments: the same answers, and in the end the same rows.
async fn same_on(fixture: &Fixture, sample: &Sample, together: bool) {
    let batches = if together { batches(&sample.log) } else { sample.log.chunks(1).collect() };
    for batch in batches {
        fixture.clock.set(batch[0].0);
        for (reply, (_, bundle, expected, _)) in submit_together(fixture, batch).await.into_iter().zip(batch) {
            assert_eq!(reply, expected.clone().map_err(Failure::Refused), "{bundle:?}");
        }
    }
    let (found, expected) = (stored(&fixture.service.db).await, in_memory(&sample.books));
    for (table, rows) in &expected {
        for (found, expected) in found[table].iter().zip(rows) {
            assert_eq!(found, expected, "a row of {table}");
        }
        assert_eq!(found[table].len(), rows.len(), "rows of {table}");
    }
    let (_, counters) = written_beside(&fixture.service.db).await;
    let numbers = &sample.books.numbers;
    let next = |name: &str| counters.iter().find(|(counter, _)| counter == name).map(|(_, next)| *next);
    assert_eq!((next("customer"), next("ticket")), (Some(numbers.customer), Some(numbers.ticket)));
    for ((series, year), number) in &numbers.documents {
        assert_eq!(next(&format!("{series}-{year}")), Some(*number), "PAY-1: no number is lost");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_holds_the_rows_of_the_pure_domain() {
    for sample in samples(12) {
        same_on(&Fixture::sqlite_with(&sample.policy).await, &sample, false).await;
        same_on(&Fixture::sqlite_with(&sample.policy).await, &sample, true).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn postgres_holds_the_rows_of_the_pure_domain_and_of_sqlite() {
    for sample in samples(12) {
        let (server, file) = (Fixture::postgres_with(&sample.policy).await, Fixture::sqlite_with(&sample.policy).await);
        same_on(&server, &sample, true).await;
        same_on(&file, &sample, false).await;
        assert_eq!(written_beside(&server.service.db).await, written_beside(&file.service.db).await);
    }
}
