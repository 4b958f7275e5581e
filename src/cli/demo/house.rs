//! The provider's own story: maintenance and outages, month by month, where something is promised of them (SLA-8).

use super::stage::{Step, workday};
use super::story::{World, by};
use crate::domain::availability::Cause;
use crate::domain::hours::OpeningHours;
use crate::domain::policy::AvailabilityRules;
use crate::domain::sla::{local, utc};
use crate::service::availability::NewIncident;
use chrono::{DateTime, Days, Duration, Utc};

/// How often maintenance is done, in days.
const EVERY: u64 = 30;
/// How long maintenance takes where the policy aims for nothing, in minutes.
const MAINTENANCE: i64 = 20;

/// What goes wrong in which month of the demo: why, for how many minutes, and what customers read about it.
const FAULTS: [(u64, Cause, i64, &str); 5] = [
    (2, Cause::Outage, 35, "Inloggen lukte niet door een verlopen certificaat."),
    (5, Cause::Supplier, 95, "Storing bij het datacenter."),
    (7, Cause::Outage, 520, "Een schijf liep vol; de gegevens zijn teruggezet uit de reservekopie."),
    (10, Cause::UrgentMaintenance, 45, "Beveiligingslek gedicht, overdag en zonder aankondiging."),
    (13, Cause::Outage, 12, "Trage schermen na een nieuwe versie."),
];

/// Plays it to its end.
pub(super) async fn play(world: &World, days: u64) -> Step {
    let Some(rules) = world.service.policies.at(world.stage.today()).1.availability.clone() else { return Ok(()) };
    let first = world.stage.today();
    for month in 0..days.div_ceil(EVERY) {
        let day = workday(first + Days::new(month * EVERY));
        world.stage.until(world.stage.moment(day, 1)).await?;
        announce(world, &rules).await?;
        for (_, cause, minutes, note) in FAULTS.iter().filter(|(when, ..)| *when == month) {
            world.stage.until(world.stage.moment(workday(day + Days::new(9)), 3)).await?;
            let now = world.stage.now();
            let began = now - Duration::minutes(*minutes);
            record(world, &rules, (*cause, began, *minutes), None, note).await?;
        }
    }
    world.stage.until(world.stage.moment(world.stage.last_day() - Days::new(1), 1)).await?;
    announce(world, &rules).await
}

/// Maintenance in its next window, told some days before.
async fn announce(world: &World, rules: &AvailabilityRules) -> Step {
    let (zone, now) = (world.service.policies.time_zone(), world.stage.now());
    let soon = local(zone, now) + Duration::days(3);
    let always = OpeningHours::always();
    let window = rules.planned.as_ref().unwrap_or(&always);
    let Some(start) = window.next_opening(soon) else { return Ok(()) };
    let minutes = rules.planned_minutes.map_or(MAINTENANCE, |minutes| minutes.0);
    let what = (Cause::PlannedMaintenance, utc(zone, start), minutes);
    record(world, rules, what, Some(now), "Nieuwe versie.").await
}

async fn record(
    world: &World,
    rules: &AvailabilityRules,
    (cause, started_at, minutes): (Cause, DateTime<Utc>, i64),
    announced_at: Option<DateTime<Utc>>,
    note: &str,
) -> Step {
    let ended_at = Some(started_at + Duration::minutes(minutes));
    let product = rules.products.first().cloned().unwrap_or_else(|| "Software".to_owned());
    let (note, replaces) = (Some(note.to_owned()), None);
    let new = NewIncident { product, started_at, ended_at, cause, announced_at, note, replaces };
    world.service.record_incident(by(&world.agents[0]), new).await?;
    Ok(())
}
