//! Work that nobody asks for: what follows from dates alone is booked for customers who are not looked at, the window of
//! fair use moves along, a version of the policy that was applied elsewhere is taken over, and once a day what is over of
//! logins is deleted.
//!
//! Pages and commands count what is due at once, so this job is never urgent; it keeps the books complete.

use super::Service;
use crate::domain::{Act, Actor, CustomerId, Target};
use crate::store::{self, books};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long the job rests.
const REST: Duration = Duration::from_mins(1);
/// How many customers are settled at a time; leaves room in the writer's queue for people.
const AT_A_TIME: usize = 64;

/// Takes over new terms and settles, now and every minute, until `stop`.
pub async fn settle_until(stop: CancellationToken, service: Service) {
    match service.finish_bank().await {
        Ok(0) => {}
        Ok(lines) => tracing::info!(lines, "finished files of the bank that were cut short"),
        Err(error) => tracing::warn!(%error, "cannot finish files of the bank"),
    }
    let (mut version, mut swept) = (None, None);
    loop {
        match service.reload_policies().await {
            Ok(false) => {}
            Ok(true) => tracing::info!("works under a new version of the policy"),
            Err(error) => tracing::warn!(%error, "cannot take over the policy in force"),
        }
        match settle(&service.clone()).await {
            Ok(0) => {}
            Ok(customers) => tracing::info!(customers, "booked what was due"),
            Err(error) => tracing::warn!(%error, "cannot look up what is due"),
        }
        let today = service.policies.day(service.clock.now());
        if swept != Some(today) {
            match service.sweep_logins().await {
                Ok(gone) => {
                    swept = Some(today);
                    tracing::debug!(gone, "deleted sessions, devices, links and tokens that were over");
                }
                Err(error) => tracing::warn!(%error, "cannot delete what is over"),
            }
        }
        let in_force = Some(service.policies.at(today).0);
        if version != in_force {
            match settle_waiting(&service).await {
                Ok(()) => version = in_force,
                Err(error) => tracing::warn!(%error, "cannot look up which drafts wait"),
            }
        }
        if let Err(error) = service.slide_fair_use().await {
            tracing::warn!(%error, "cannot move the window of fair use along");
        }
        tokio::select! {
            () = tokio::time::sleep(REST) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Books lapses, ends of estimates and expiries for every customer that has one (SPEND-5, CARD-5). Gives the number of
/// customers that were settled; one that could not be is tried again next time.
///
/// # Errors
/// When the database does not say who is due.
pub async fn settle(service: &Service) -> store::Result<usize> {
    let today = service.policies.day(service.clock.now());
    let due = books::due(&mut service.db.reader().await?, today).await?;
    let mut settled = 0;
    for some in due.chunks(AT_A_TIME) {
        let tasks: JoinSet<bool> = some.iter().map(|customer| settle_one(service.clone(), *customer)).collect();
        settled += tasks.join_all().await.into_iter().filter(|done| *done).count();
    }
    Ok(settled)
}

/// Under a policy that this process has not worked under before: whoever has drafts that wait is settled, for the seller may
/// be complete now (PAY-1a). What the buyer completes becomes definite in that command.
///
/// # Errors
/// When the database does not say who has any.
pub async fn settle_waiting(service: &Service) -> store::Result<()> {
    let waiting = books::waiting(&mut service.db.reader().await?).await?;
    for some in waiting.chunks(AT_A_TIME) {
        let tasks: JoinSet<bool> = some.iter().map(|customer| settle_one(service.clone(), *customer)).collect();
        tasks.join_all().await;
    }
    Ok(())
}

async fn settle_one(service: Service, customer: CustomerId) -> bool {
    let command = service.command(Actor::Service, None, Target::Customer(customer), Act::Settle);
    match service.door.submit(command).await {
        Ok(_) => true,
        Err(error) => {
            tracing::warn!(%error, %customer, "what is due could not be booked");
            false
        }
    }
}
