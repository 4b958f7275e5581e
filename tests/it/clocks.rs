//! Priorities and clocks of the shipped policies as tables (SLA-1 to SLA-4), and their holidays against another source.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Europe::Amsterdam;
use std::collections::BTreeSet;
use strippenkaart::domain::hours::{Country, OpeningHours};
use strippenkaart::domain::policy::{Measure, Priority};
use strippenkaart::domain::sla::{Clock, Pause, Standing, clocks, local, utc};
use strippenkaart::domain::{Channel, Locale, Minutes, Policy};

fn shipped(name: &str) -> Policy {
    Policy::parse(Policy::shipped(name).unwrap()).unwrap()
}

fn wall(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap_or_else(|_| panic!("{text}"))
}

/// A moment in Amsterdam.
fn at(text: &str) -> DateTime<Utc> {
    utc(Amsterdam, wall(text))
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The rows of a table: what stands before the first bar, and the cells behind it.
fn rows(table: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    table
        .lines()
        .filter_map(|line| line.split_once('|'))
        .map(|(head, cells)| (head.trim(), cells.split('|').map(str::trim).collect()))
}

/// `17 Nov 10:15`: the tables run from autumn 2026 to spring 2027.
fn moment(cell: &str) -> NaiveDateTime {
    let year = if cell.contains("Oct") || cell.contains("Nov") { 2026 } else { 2027 };
    NaiveDateTime::parse_from_str(&format!("{year} {cell}"), "%Y %d %b %H:%M").unwrap_or_else(|_| panic!("{cell}"))
}

// Rows are impacts, columns are reaches.

const KLIKSAFE_MATRIX: &str = "
                           | few_users | one_class | several_classes | whole_school
    down_with_effect       | 3         | 2         | 2               | 1
    limited_with_effect    | 3         | 2         | 2               | 2
    down_without_effect    | 3         | 3         | 2               | 2
    limited_without_effect | 4         | 4         | 3               | 3
    other                  | 4         | 4         | 4               | 4
";

const OPENEDU_MATRIX: &str = "
                    |
    whole_service   | high
    primary_process | high
    reduced         | normal
    part_for_all    | normal
    small_part      | low
    few_users       | low
";

const KLIK_MATRIX: &str = "
                        |
    total_outage        | 1
    no_access           | 1
    large_data_leak     | 1
    partly_unavailable  | 2
    quality_compromised | 2
    little_or_no_effect | 3
";

#[test]
fn sla_1_every_cell_of_the_matrices() {
    let tables = [
        ("kliksafe", KLIKSAFE_MATRIX),
        ("openedu", OPENEDU_MATRIX),
        ("standard", OPENEDU_MATRIX),
        ("klik", KLIK_MATRIX),
        ("cliendo", " |\n any | normal"),
    ];
    for (name, table) in tables {
        let policy = shipped(name);
        let mut rows = rows(table);
        let (_, reaches) = rows.next().unwrap();
        let known: Vec<_> = policy.matrix.reaches.iter().map(|reach| reach.id.as_str()).collect();
        assert_eq!(known, reaches.iter().copied().filter(|reach| !reach.is_empty()).collect::<Vec<_>>(), "{name}");
        let mut impacts = Vec::new();
        for (impact, cells) in rows {
            impacts.push(impact);
            assert_eq!(cells.len(), reaches.len(), "{name} {impact}");
            for (reach, priority) in reaches.iter().zip(cells) {
                let found = policy.proposed_priority(impact, Some(*reach).filter(|reach| !reach.is_empty()));
                assert_eq!(found.map(|found| found.id.as_str()), Some(priority), "{name}: {impact}, {reach}");
            }
        }
        let known: Vec<_> = policy.matrix.impacts.iter().map(|impact| impact.id.as_str()).collect();
        assert_eq!(known, impacts, "{name}");
    }
}

// Columns: received on a Tuesday inside the hours, a minute before closing, on a Saturday, on King's Day, the afternoon
// before it, the Friday before summer time (Good Friday, then Easter) and the Friday before winter time. Below each the
// moment at which it is due. Times are those on the wall in Amsterdam.

const KLIKSAFE: &str = "
    received          | 17 Nov 10:15 | 17 Nov 16:59 | 21 Nov 14:00 | 27 Apr 11:00 | 26 Apr 16:55 | 26 Mar 16:30 | 23 Oct 16:30
    1 response        | 17 Nov 10:45 | 18 Nov 08:29 | 23 Nov 08:30 | 28 Apr 08:30 | 28 Apr 08:25 | 26 Mar 17:00 | 23 Oct 17:00
    2 response        | 17 Nov 12:15 | 18 Nov 09:59 | 23 Nov 10:00 | 28 Apr 10:00 | 28 Apr 09:55 | 30 Mar 09:30 | 26 Oct 09:30
    3 response        | 18 Nov 10:15 | 18 Nov 16:59 | 23 Nov 17:00 | 28 Apr 17:00 | 28 Apr 16:55 | 30 Mar 16:30 | 26 Oct 16:30
    4 response        | 19 Nov 10:15 | 19 Nov 16:59 | 24 Nov 17:00 | 29 Apr 17:00 | 29 Apr 16:55 | 31 Mar 16:30 | 27 Oct 16:30
";

const OPENEDU: &str = "
    received          | 17 Nov 10:15 | 17 Nov 17:59 | 21 Nov 14:00 | 27 Apr 11:00 | 26 Apr 16:55 | 26 Mar 16:30 | 23 Oct 16:30
    high response     | 17 Nov 11:15 | 18 Nov 09:29 | 23 Nov 09:30 | 28 Apr 09:30 | 26 Apr 17:55 | 26 Mar 17:30 | 23 Oct 17:30
    high resolution   | 17 Nov 14:15 | 18 Nov 12:29 | 23 Nov 12:30 | 28 Apr 12:30 | 28 Apr 11:25 | 30 Mar 11:00 | 26 Oct 11:00
    normal response   | 17 Nov 14:15 | 18 Nov 12:29 | 23 Nov 12:30 | 28 Apr 12:30 | 28 Apr 11:25 | 30 Mar 11:00 | 26 Oct 11:00
    normal resolution | 19 Nov 10:15 | 19 Nov 17:59 | 24 Nov 18:00 | 29 Apr 18:00 | 29 Apr 16:55 | 31 Mar 16:30 | 27 Oct 16:30
    low response      | 18 Nov 08:45 | 18 Nov 16:29 | 23 Nov 16:30 | 28 Apr 16:30 | 28 Apr 15:25 | 30 Mar 15:00 | 26 Oct 15:00
    low resolution    | 24 Nov 10:15 | 24 Nov 17:59 | 27 Nov 18:00 | 04 May 18:00 | 04 May 16:55 | 05 Apr 16:30 | 30 Oct 16:30
";

const KLIK: &str = "
    received          | 17 Nov 10:15 | 17 Nov 16:59 | 21 Nov 14:00 | 27 Apr 11:00 | 26 Apr 16:55 | 26 Mar 16:30 | 23 Oct 16:30
    1 response        | 17 Nov 11:15 | 17 Nov 17:59 | 21 Nov 16:00 | 27 Apr 13:00 | 26 Apr 17:55 | 26 Mar 17:30 | 23 Oct 17:30
    1 resolution      | 17 Nov 12:15 | 17 Nov 18:59 | 21 Nov 18:00 | 27 Apr 15:00 | 26 Apr 18:55 | 26 Mar 18:30 | 23 Oct 18:30
    2 response        | 17 Nov 11:15 | 18 Nov 09:59 | 23 Nov 10:00 | 28 Apr 10:00 | 28 Apr 09:55 | 30 Mar 09:30 | 26 Oct 09:30
    2 resolution      | 17 Nov 14:15 | 18 Nov 12:59 | 23 Nov 17:00 | 28 Apr 17:00 | 28 Apr 12:55 | 30 Mar 12:30 | 26 Oct 12:30
    3 response        | 18 Nov 10:15 | 18 Nov 16:59 | 23 Nov 17:00 | 28 Apr 17:00 | 28 Apr 16:55 | 30 Mar 16:30 | 26 Oct 16:30
    3 resolution      | by agreement | by agreement | by agreement | by agreement | by agreement | by agreement | by agreement
";

const CLIENDO: &str = "
    received                      | 17 Nov 10:15 | 17 Nov 16:59 | 21 Nov 14:00 | 27 Apr 11:00 | 26 Apr 16:55 | 26 Mar 16:30 | 23 Oct 16:30
    normal response mail          | 17 Nov 13:45 | 18 Nov 13:29 | 23 Nov 13:30 | 28 Apr 13:30 | 28 Apr 13:25 | 30 Mar 13:00 | 26 Oct 13:00
    normal response chat          | 17 Nov 13:45 | 18 Nov 13:29 | 23 Nov 13:30 | 28 Apr 13:30 | 28 Apr 13:25 | 30 Mar 13:00 | 26 Oct 13:00
    normal response voice_message | 19 Nov 10:15 | 19 Nov 16:59 | 24 Nov 17:00 | 29 Apr 17:00 | 29 Apr 16:55 | 31 Mar 16:30 | 27 Oct 16:30
    urgent response mail          | 17 Nov 13:45 | 18 Nov 13:29 | 23 Nov 13:30 | 28 Apr 13:30 | 28 Apr 13:25 | 30 Mar 13:00 | 26 Oct 13:00
";

/// The clock of one row: `normal response mail`, by phone unless it says otherwise.
fn clock<'a>(policy: &'a Policy, row: &str, received: DateTime<Utc>) -> Clock<'a> {
    let mut words = row.split(' ');
    let priority = policy.priority(words.next().unwrap()).unwrap_or_else(|| panic!("{row}"));
    let measure: Measure = words.next().unwrap().parse().unwrap();
    let channel = words.next().map_or(Channel::Phone, |channel| channel.parse().unwrap());
    Clock::start(policy, priority, channel, measure, received).unwrap_or_else(|| panic!("{row}"))
}

#[test]
fn sla_2_every_target_from_every_kind_of_moment() {
    for (name, table) in
        [("kliksafe", KLIKSAFE), ("openedu", OPENEDU), ("standard", OPENEDU), ("klik", KLIK), ("cliendo", CLIENDO)]
    {
        let policy = shipped(name);
        let mut rows = rows(table);
        let (_, received) = rows.next().unwrap();
        let mut promised = BTreeSet::new();
        for (row, cells) in rows {
            promised.insert(row.split(' ').take(2).collect::<Vec<_>>().join(" "));
            for (received, due) in received.iter().zip(cells) {
                let received_at = utc(Amsterdam, moment(received));
                let deadline = clock(&policy, row, received_at).deadline(&[], received_at);
                let found = deadline.due.map(|due| local(Amsterdam, due));
                let expected = if due == "by agreement" { None } else { Some(moment(due)) };
                assert_eq!(found, expected, "{name}: {row}, received {received}");
            }
        }
        let all = policy
            .priorities
            .iter()
            .flat_map(|priority| priority.targets.iter().map(|target| format!("{} {}", priority.id, target.measure)));
        assert_eq!(promised, all.collect(), "{name}: the table has every target");
    }
}

#[test]
fn sla_2_the_servicedesk_answers_no_earlier_than_the_next_opening() {
    let policy = shipped("servicedesk");
    assert!(policy.priorities.is_empty(), "it promises no times");
    for (asked, answered) in [
        ("2026-11-17 10:15", "2026-11-17 10:15"),
        ("2026-11-17 16:59", "2026-11-17 16:59"),
        ("2026-11-17 17:00", "2026-11-18 09:00"),
        ("2026-11-21 14:00", "2026-11-23 09:00"),
        ("2027-04-27 11:00", "2027-04-28 09:00"),
        ("2027-04-26 16:55", "2027-04-26 16:55"),
        ("2027-03-26 17:30", "2027-03-30 09:00"),
        ("2026-10-24 12:00", "2026-10-26 09:00"),
        ("2026-12-25 12:00", "2026-12-28 09:00"),
    ] {
        assert_eq!(policy.hours().service.next_opening(wall(asked)), Some(wall(answered)), "{asked}");
    }
    assert_eq!(policy.hours().working_day, Minutes(480));
}

#[test]
fn sla_3_friday_half_past_five_at_openedu_and_four_hours_is_monday_noon() {
    let policy = shipped("openedu");
    let friday = at("2026-11-20 17:30");
    let deadline = clock(&policy, "high resolution", friday).deadline(&[], friday);
    assert_eq!(deadline.due, Some(at("2026-11-23 12:00")));
    assert_eq!(
        deadline.in_words(Amsterdam, Locale::En),
        "Counts from Fri 20 Nov 17:30; 4:00 of service time; due Mon 23 Nov 12:00."
    );
    let saturday = at("2026-11-21 17:30");
    let deadline = clock(&policy, "normal resolution", saturday).deadline(&[], saturday);
    assert_eq!(
        deadline.in_words(Amsterdam, Locale::Nl),
        "Telt vanaf ma 23 nov 08:30; 19:00 servicetijd (2 werkdagen); uiterlijk di 24 nov 18:00."
    );
    let klik = shipped("klik");
    let open = clock(&klik, "3 resolution", saturday).deadline(&[], saturday);
    assert_eq!((open.due, open.in_words(Amsterdam, Locale::En).as_str()), (None, "When, we agree together."));
}

#[test]
fn sla_3_a_deadline_on_closing_is_that_closing() {
    let policy = shipped("openedu");
    let received = at("2026-11-20 17:00");
    let clock = clock(&policy, "high response", received);
    assert_eq!(clock.deadline(&[], received).due, Some(at("2026-11-20 18:00")));
    assert_eq!(clock.standing(&[], None, at("2026-11-20 18:00")), Standing::Running { left: Minutes(0) });
    let met = at("2026-11-20 18:00");
    assert_eq!(clock.standing(&[], Some(met), at("2027-01-01 00:00")), Standing::Met { at: met });
}

#[test]
fn sla_3_a_continuous_clock_runs_through_both_changes_of_the_clock() {
    let policy = shipped("klik");
    for (received, row, due) in [
        // 02:30 in summer time, an hour before the second 02:30.
        ("2026-10-25T00:30:00Z", "1 response", "2026-10-25T02:30:00Z"),
        ("2026-10-25T00:30:00Z", "1 resolution", "2026-10-25T04:30:00Z"),
        ("2026-10-25T01:30:00Z", "1 response", "2026-10-25T03:30:00Z"),
        // 01:30 in winter time: the hour from 02:00 does not exist.
        ("2027-03-28T00:30:00Z", "1 response", "2027-03-28T02:30:00Z"),
        ("2027-03-28T00:30:00Z", "1 resolution", "2027-03-28T04:30:00Z"),
    ] {
        let deadline = clock(&policy, row, instant(received)).deadline(&[], instant(received));
        assert_eq!(deadline.due, Some(instant(due)), "{row} from {received}");
    }
}

#[test]
fn sla_3_a_service_clock_at_night_keeps_to_the_wall_and_never_ends_before_it_starts() {
    let text = Policy::shipped("klik").unwrap().replace("Mo-Fr 09:00-17:00; PH off", "Sa-Su 00:00-05:00");
    let policy = Policy::parse(&text).unwrap();
    for (received, due) in [
        // The hour from 02:00 comes twice. A deadline in it is over only when it is over for good.
        ("2026-10-24T23:45:00Z", "2026-10-25T01:45:00Z"),
        ("2026-10-25T01:15:00Z", "2026-10-25T02:15:00Z"),
        // It is skipped. A deadline in it is the moment of the skip.
        ("2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z"),
        ("2027-03-28T01:00:00Z", "2027-03-28T02:00:00Z"),
    ] {
        let received = instant(received);
        let deadline = clock(&policy, "2 response", received).deadline(&[], received);
        assert_eq!(deadline.due, Some(instant(due)), "from {received}");
    }
    for minute in 0..600 {
        for night in ["2026-10-24T22:00:00Z", "2027-03-27T22:00:00Z"] {
            let received = instant(night) + TimeDelta::minutes(minute);
            let deadline = clock(&policy, "2 response", received).deadline(&[], received);
            assert!(received <= deadline.counts_from && Some(deadline.counts_from) < deadline.due, "from {received}");
        }
    }
}

#[test]
fn sla_3_waiting_for_the_customer_moves_the_resolution_by_what_the_clock_would_have_counted() {
    let policy = shipped("openedu");
    let received = at("2026-11-20 17:00");
    let now = at("2026-11-24 12:00");
    let pause = |from: &str, until: &str| Pause { from: at(from), until: Some(at(until)) };
    for (pauses, due) in [
        (vec![], "2026-11-23 11:30"),
        (vec![pause("2026-11-20 17:30", "2026-11-23 09:00")], "2026-11-23 12:30"),
        // Over a weekend nothing would have been counted.
        (vec![pause("2026-11-21 10:00", "2026-11-22 10:00")], "2026-11-23 11:30"),
        // Two of them, the second within the time that the first added.
        (
            vec![pause("2026-11-23 09:00", "2026-11-23 10:00"), pause("2026-11-23 12:00", "2026-11-23 12:15")],
            "2026-11-23 12:45",
        ),
        // They overlap.
        (
            vec![pause("2026-11-23 09:00", "2026-11-23 10:00"), pause("2026-11-23 09:30", "2026-11-23 10:15")],
            "2026-11-23 12:45",
        ),
        // Too late: it was due already.
        (vec![pause("2026-11-23 11:30", "2026-11-23 16:00")], "2026-11-23 11:30"),
        // Before the report.
        (vec![pause("2026-11-20 09:00", "2026-11-20 17:00")], "2026-11-23 11:30"),
    ] {
        let deadline = clock(&policy, "high resolution", received).deadline(&pauses, now);
        assert_eq!(deadline.due, Some(at(due)), "{pauses:?}");
    }
    let waited = [pause("2026-11-20 17:30", "2026-11-23 09:00")];
    let response = clock(&policy, "normal response", received).deadline(&waited, now);
    assert_eq!((response.due, response.paused), (Some(at("2026-11-23 11:30")), Minutes(0)), "only the resolution");
    let words = clock(&policy, "high resolution", received).deadline(&waited, now).in_words(Amsterdam, Locale::En);
    assert_eq!(
        words,
        "Counts from Fri 20 Nov 17:00; 4:00 of service time; 1:00 added while we waited for you; due Mon 23 Nov 12:30."
    );

    let never = Policy::shipped("openedu").unwrap().replace("[tickets]\n", "[tickets]\nwaiting_pauses = false\n");
    let never = Policy::parse(&never).unwrap();
    let deadline = clock(&never, "high resolution", received).deadline(&waited, now);
    assert_eq!((deadline.due, deadline.paused), (Some(at("2026-11-23 11:30")), Minutes(0)));
}

#[test]
fn sla_3_waiting_moves_a_continuous_clock_by_all_of_it() {
    let policy = shipped("klik");
    let received = at("2026-11-20 16:30");
    let pauses = [Pause { from: at("2026-11-20 17:00"), until: Some(at("2026-11-21 09:00")) }];
    let deadline = clock(&policy, "1 resolution", received).deadline(&pauses, at("2026-11-22 09:00"));
    assert_eq!((deadline.due, deadline.paused), (Some(at("2026-11-21 10:30")), Minutes(960)));
}

#[test]
fn sla_5_a_clock_runs_waits_is_met_or_late() {
    let policy = shipped("openedu");
    let received = at("2026-11-20 17:30");
    let due = at("2026-11-23 12:00");
    let clock = clock(&policy, "high resolution", received);
    let open = Pause { from: at("2026-11-23 09:00"), until: None };
    for (pauses, stopped, now, standing) in [
        (vec![], None, "2026-11-20 17:30", Standing::Running { left: Minutes(240) }),
        (vec![], None, "2026-11-21 12:00", Standing::Running { left: Minutes(210) }),
        (vec![], None, "2026-11-23 11:59", Standing::Running { left: Minutes(1) }),
        (vec![], None, "2026-11-23 12:00", Standing::Running { left: Minutes(0) }),
        (vec![], None, "2026-11-23 12:01", Standing::Late { since: due }),
        (vec![], Some(due), "2026-12-23 12:00", Standing::Met { at: due }),
        (
            vec![],
            Some(at("2026-11-23 12:01")),
            "2026-12-23 12:00",
            Standing::Missed { since: due, at: at("2026-11-23 12:01") },
        ),
        // While it waits, what is left stays.
        (vec![open], None, "2026-11-23 09:30", Standing::Paused { left: Minutes(180) }),
        (vec![open], None, "2026-11-30 20:00", Standing::Paused { left: Minutes(180) }),
        // The wait began when it was late already.
        (
            vec![Pause { from: at("2026-11-23 13:00"), until: None }],
            None,
            "2026-11-23 14:00",
            Standing::Late { since: due },
        ),
    ] {
        assert_eq!(clock.standing(&pauses, stopped, at(now)), standing, "{pauses:?} {stopped:?} {now}");
        assert_eq!(standing.is_late(), matches!(standing, Standing::Late { .. } | Standing::Missed { .. }));
    }
    let klik = shipped("klik");
    let agreed = Clock::start(&klik, &klik.priorities[2], Channel::Mail, Measure::Resolution, received).unwrap();
    assert_eq!(agreed.standing(&[], None, due), Standing::Open);
    assert_eq!(agreed.standing(&[], Some(due), due), Standing::Met { at: due });
}

#[test]
fn sla_5_only_binding_targets_can_be_breached() {
    let binding = |name: &str| {
        let policy = shipped(name);
        let of = |priority: &Priority| {
            let now = at("2026-11-20 17:30");
            clocks(&policy, priority, Channel::Mail, now)
                .map(|clock| clock.deadline(&[], now).binding)
                .collect::<Vec<_>>()
        };
        policy.priorities.iter().flat_map(of).collect::<BTreeSet<_>>()
    };
    for (name, expected) in [("kliksafe", true), ("openedu", true), ("klik", true), ("cliendo", false)] {
        assert_eq!(binding(name), BTreeSet::from([expected]), "{name}");
    }
}

#[test]
fn sla_2_an_acknowledgement_stops_the_first_clock_except_at_klik() {
    for (name, counts) in [("kliksafe", true), ("openedu", true), ("klik", false), ("cliendo", true)] {
        let policy = shipped(name);
        let now = at("2026-11-20 12:00");
        for priority in &policy.priorities {
            let first = Clock::start(&policy, priority, Channel::Mail, Measure::Response, now).unwrap();
            assert_eq!(first.acknowledgement_counts(), counts, "{name} {}", priority.id);
        }
    }
}

#[test]
fn sla_6_klik_wants_its_first_two_priorities_by_phone() {
    let policy = shipped("klik");
    let by: Vec<_> = policy.priorities.iter().map(|priority| priority.report_by).collect();
    assert_eq!(by, [Some(Channel::Phone), Some(Channel::Phone), None]);
    let emergency: Vec<_> = policy.priorities.iter().map(|priority| priority.emergency.is_some()).collect();
    assert_eq!(emergency, [true, false, false]);
}

/// The Dutch holidays that another source knows; made by `tests/fixtures/dutch_holidays.py`.
const HOLIDAYS: &str = include_str!("../fixtures/dutch_holidays.csv");

/// How often Liberation Day closes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Liberation {
    Never,
    Lustrum,
    EveryYear,
}

fn holidays(good_friday: bool, liberation: Liberation) -> BTreeSet<NaiveDate> {
    let rows = HOLIDAYS.lines().skip(1).map(|line| {
        let [day, category, name] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        (day.parse().unwrap(), category, name)
    });
    let closed = rows.filter(|(_, category, name)| match *name {
        "Good Friday" => good_friday,
        "Liberation Day" => match liberation {
            Liberation::Never => false,
            Liberation::Lustrum => *category == "public",
            Liberation::EveryYear => true,
        },
        _ => *category == "public",
    });
    closed.map(|(day, _, _)| day).collect()
}

/// The days from 2020 to 2060 that are not open at noon.
fn closed_days(hours: &OpeningHours) -> BTreeSet<NaiveDate> {
    let (first, last) = (NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(), NaiveDate::from_ymd_opt(2060, 12, 31).unwrap());
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap();
    first.iter_days().take_while(|day| *day <= last).filter(|day| !hours.is_open(day.and_time(noon))).collect()
}

#[test]
fn sla_4_holidays_of_2020_to_2060_equal_those_of_another_source() {
    for (good_friday, friday) in [(false, ""), (true, "; easter -2 days off")] {
        for (liberation, may) in [
            (Liberation::Never, ""),
            (Liberation::Lustrum, "; 2020-2075/5 May 05 off"),
            (Liberation::EveryYear, "; May 05 off"),
        ] {
            let text = format!("Mo-Su 09:00-17:00; PH off{friday}{may}");
            let hours = OpeningHours::parse(&text, Some(Country::NL)).unwrap();
            assert_eq!(closed_days(&hours), holidays(good_friday, liberation), "{text}");
        }
    }
    assert_eq!(holidays(true, Liberation::Lustrum).len(), 419, "the fixture is whole");
}

#[test]
fn sla_4_every_shipped_policy_closes_on_the_holidays_and_in_lustrum_years_on_liberation_day() {
    for name in Policy::SHIPPED {
        let policy = shipped(name);
        let text = policy.hours().service.as_str().replace("Mo-Fr", "Mo-Su");
        let hours = OpeningHours::parse(&text, Some(policy.hours().holidays)).unwrap();
        assert_eq!(closed_days(&hours), holidays(false, Liberation::Lustrum), "{name}");
    }
}
