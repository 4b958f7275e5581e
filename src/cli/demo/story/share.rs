//! Fair use in the story: somebody asks too much, somebody nearly, most do not; and what is said about it (FAIR-1 to
//! FAIR-6).

use super::super::cast::{HEAVY, Pace, SECOND, Topic};
use super::super::stage::Step;
use super::Story;
use crate::domain::coverage::Outcome;
use crate::domain::fair_use::Level;
use crate::domain::{Cover, Excess, Minutes};
use crate::service::fair_use::{Comparison, StandingView};
use rand::RngExt as _;

/// The most that one entry of the heavy users takes, in minutes.
const LONG: i64 = 180;
/// How many per cent of its allowance the second customer of the visitor uses.
const NEARLY: i64 = 90;
/// The most tickets that it takes to get there.
const TICKETS: usize = 30;

impl Story {
    /// How many days until something is asked again. Where fair use is counted, only one asks all the time.
    pub(super) fn pause(&mut self) -> u64 {
        let moderate = self.policy().fair_use.is_some() && self.part.domain != HEAVY;
        match self.part.pace {
            Pace::Busy if !moderate => self.random.random_range(0..=2),
            Pace::Busy | Pace::Steady => self.random.random_range(4..=22),
            Pace::Quiet => self.random.random_range(20..=70),
        }
    }

    /// The second customer of the visitor asks until it nearly has what is fair.
    pub(super) async fn keeps_up(&mut self) -> Step {
        if self.part.domain != SECOND {
            return Ok(());
        }
        let Some(standing) = self.standing().await? else { return Ok(()) };
        let left = left(&standing);
        if left >= 30 { self.asks_long(left.min(LONG)).await } else { Ok(()) }
    }

    /// What is to be seen at the end, and what is said about it.
    pub(super) async fn share(&mut self) -> Step {
        for _ in 0..TICKETS {
            let Some(standing) = self.standing().await? else { return Ok(()) };
            let left = left(&standing);
            match self.part.domain {
                SECOND if left >= 30 => self.asks_long(left.min(LONG)).await?,
                HEAVY if standing.level == Ok(Level::Within) || standing.level == Ok(Level::Near) => {
                    self.asks_long(LONG).await?;
                }
                _ => break,
            }
        }
        if self.part.domain == HEAVY { self.talks().await } else { Ok(()) }
    }

    /// The conversation, and after it what it came to (FAIR-6).
    async fn talks(&mut self) -> Step {
        let note = "Gebeld met Pieter: ze vragen veel omdat vier teams tegelijk overstappen. Hij legt het voor.";
        self.converses(None, note).await?;
        self.pass(1).await?;
        let pays = self.policy().coverage.iter().any(|rule| rule.by == Cover::Card);
        let (outcome, note) = if pays {
            (Outcome::Card, "Akkoord: vragen gaan voortaan van de strippenkaart.")
        } else {
            (Outcome::Proposal, "Akkoord: wij doen een voorstel op maat.")
        };
        self.converses(Some(outcome), note).await
    }

    async fn converses(&self, outcome: Option<Outcome>, note: &str) -> Step {
        self.service().record_conversation(self.by_agent(), self.customer, outcome, None, note.to_owned()).await?;
        Ok(())
    }

    /// A question that takes long.
    async fn asks_long(&mut self, minutes: i64) -> Step {
        let counted = |topic: &&Topic| self.payer(topic) == Cover::FairUse;
        let Some(topic) = self.topics().iter().find(counted) else { return Ok(()) };
        let ticket = self.report(topic).await?;
        self.takes_up(&ticket).await?;
        self.log(&ticket, Minutes(minutes), topic.entries[0], Excess::Uncovered).await?;
        self.finishes(&ticket).await
    }

    /// Where it stands; nothing where the policy counts nothing.
    async fn standing(&self) -> Step<Option<StandingView>> {
        if self.policy().fair_use.is_none() {
            return Ok(None);
        }
        Ok(Some(self.service().fair_use(&self.world.finance, self.customer).await?))
    }
}

/// How many minutes are left until [`NEARLY`].
fn left(standing: &StandingView) -> i64 {
    let allowance = standing.comparison.as_ref().map_or(0, |Comparison { allowance, .. }| allowance.minutes().0);
    allowance * NEARLY / 100 - standing.used.minutes().0
}
