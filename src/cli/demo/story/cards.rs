//! What customers do where cards pay: buy, agree to hours, and see them used.

use super::super::cast::{Ending, Pace, SECOND, Topic};
use super::super::stage::Step;
use super::{Story, by};
use crate::domain::Target;
use crate::domain::command::Receiving;
use crate::domain::{
    Cents, Cover, Estimate, EstimateId, Excess, Invoice, Minutes, PaymentMethod, Role, Ticket, TicketStatus,
    estimate::AnswerVia,
};
use crate::service::Error;
use crate::service::balance::AsOf;
use crate::service::cards::Order;
use crate::service::tickets::{NewEstimate, ToldAgreement};
use chrono::{Days, NaiveDate};
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

impl Story {
    /// From the question to the last entry, where cards pay.
    pub(super) async fn by_card(&mut self, topic: &Topic) -> Step {
        if !self.afford(topic.minutes).await? {
            return Ok(());
        }
        let ticket = self.report(topic).await?;
        if !ticket.cover.takes_estimates() {
            return self.without_agreement(&ticket, topic).await;
        }
        self.pass(0).await?;
        let estimate = self.propose(&ticket, topic.minutes, topic.work).await?;
        self.waits_for_agreement(&ticket).await?;
        let days = self.random.random_range(0..=3);
        self.pass(days).await?;
        match self.random.random_range(0..20) {
            0 => {
                self.decline(estimate.id).await?;
                let (nl, en) = ("Afgewezen; we laten het hierbij.", "Declined; we leave it at that.");
                return self.moves(&ticket, TicketStatus::Closed, nl, en).await;
            }
            1 => return Ok(()), // lapses
            _ => self.agree(estimate.id).await?,
        }
        self.takes_up(&ticket).await?;
        self.work(&ticket, estimate, topic).await?;
        self.finishes(&ticket).await
    }

    /// Entries within an agreement, the last day closes it most of the time.
    async fn work(&mut self, ticket: &Ticket, estimate: Estimate, topic: &Topic) -> Step {
        let mut left = estimate.minutes;
        let most = if self.part.pace == Pace::Busy { 0 } else { 2 };
        for text in topic.entries {
            let days = self.random.random_range(0..=most);
            self.pass(days).await?;
            let worked = Minutes(self.random.random_range(7..=left.0.clamp(8, 100)));
            if self.policy().time.charge(worked) > left {
                break;
            }
            let time = self.log(ticket, worked, text, Excess::Refuse).await?;
            left -= time.entry.charged;
            if left < Minutes(15) {
                break;
            }
        }
        if self.random.random_ratio(5, 6) {
            self.pass(1).await?;
            self.service().close_estimate(self.by_agent(), estimate.id).await?;
        }
        Ok(())
    }

    /// What is left for the visitor to find where cards pay.
    pub(super) async fn end_with_cards(&mut self) -> Step {
        match self.part.ending {
            Ending::Plain => Ok(()),
            Ending::Waits => self.waits().await,
            Ending::TooLittle => {
                let available = self.available().await?;
                self.before_end(3).await?;
                self.asked(available.0 + 60).await.map(drop)
            }
            Ending::Declined => {
                let (_, estimate) = self.asked(120).await?;
                self.pass(1).await?;
                self.decline(estimate.id).await
            }
            Ending::Lapsed => self.asked_until(60, Some(self.world.stage.today() + Days::new(5))).await.map(drop),
            Ending::AtWork => {
                let ticket = self.agreed(150).await?;
                self.at_work(&ticket).await
            }
            Ending::Unpaid => self.order().await.map(drop),
            Ending::HalfPaid => {
                let invoice = self.order().await?;
                self.pass(4).await?;
                self.pay(&invoice, Cents(invoice.gross.0 / 2)).await
            }
            Ending::Mistake => {
                let ticket = self.agreed(120).await?;
                self.mistake(&ticket).await
            }
            Ending::Uncovered | Ending::Goodwill | Ending::Covered => self.beyond().await,
            Ending::Defect => self.defect().await,
            Ending::Team => {
                self.leaver().await?;
                self.team().await
            }
        }
    }

    /// Enough on the cards for the estimate that will wait.
    pub(super) async fn stocks_up(&mut self) -> Step {
        if self.part.ending == Ending::Waits {
            self.afford(self.awaited().minutes + 90).await?;
        }
        Ok(())
    }

    /// What the estimate that waits is about: not the same at both customers of the visitor.
    fn awaited(&self) -> &'static Topic {
        let place = usize::from(self.part.domain == SECOND);
        self.paid().get(place).copied().unwrap_or(&self.topics()[0])
    }

    /// An estimate that waits, with more than enough on the cards.
    async fn waits(&mut self) -> Step {
        let topic = self.awaited();
        self.before_end(2).await?;
        let minutes = topic.minutes.min(self.available().await?.0);
        if minutes < 15 {
            return Ok(());
        }
        let ticket = self.report(topic).await?;
        self.propose(&ticket, minutes, topic.work).await?;
        self.waits_for_agreement(&ticket).await
    }

    /// Work beyond an agreement: uncovered, given away, or agreed to afterwards.
    async fn beyond(&mut self) -> Step {
        self.afford(150).await?;
        let ticket = self.agreed(60).await?;
        let worked = if self.part.ending == Ending::Goodwill { 70 } else { 85 };
        let text = self.say("Het bleek meer werk dan afgesproken.", "It was more work than agreed.");
        let time = self.log(&ticket, Minutes(worked), &text, Excess::Uncovered).await?;
        self.pass(1).await?;
        match self.part.ending {
            Ending::Goodwill => {
                let reason = self.say("Onze inschatting was te krap.", "Our own estimate was too tight.");
                self.service().cover_by_goodwill(self.by_agent(), time.entry.id, reason).await?;
            }
            Ending::Covered => {
                let reason = self.say("Achteraf akkoord per mail.", "Agreed to afterwards by mail.");
                let contact = Some(self.spender.id);
                self.service().cover_by_card(self.by_agent(), time.entry.id, contact, reason).await?;
            }
            _ => {}
        }
        self.finishes(&ticket).await
    }

    /// Somebody agreed and then left.
    async fn leaver(&mut self) -> Step {
        let leaver = self.colleague(Role::Spender, None).await?;
        self.spender = leaver.clone();
        self.agreed(90).await?;
        self.pass(1).await?;
        self.service().remove_contact(self.by_agent(), self.customer, leaver.id).await?;
        Ok(())
    }

    /// A ticket with an accepted estimate.
    async fn agreed(&mut self, minutes: i64) -> Step<Ticket> {
        self.afford(minutes).await?;
        let (ticket, estimate) = self.asked(minutes).await?;
        self.pass(0).await?;
        self.agree(estimate.id).await?;
        self.takes_up(&ticket).await?;
        self.pass(0).await?;
        Ok(ticket)
    }

    /// A ticket with an estimate that waits.
    async fn asked(&mut self, minutes: i64) -> Step<(Ticket, Estimate)> {
        self.asked_until(minutes, None).await
    }

    async fn asked_until(&mut self, minutes: i64, answer_by: Option<NaiveDate>) -> Step<(Ticket, Estimate)> {
        let paid = self.paid();
        let topic = paid.choose(&mut self.random).copied().unwrap_or(&self.topics()[0]);
        let ticket = self.report(topic).await?;
        self.pass(0).await?;
        let new =
            NewEstimate { minutes: Minutes(minutes), description: topic.work.to_owned(), answer_by, work_until: None };
        let estimate = self.service().propose_estimate(self.by_agent(), ticket.id, new).await?;
        self.waits_for_agreement(&ticket).await?;
        Ok((ticket, estimate))
    }

    /// The customer is asked to agree.
    async fn waits_for_agreement(&self, ticket: &Ticket) -> Step {
        let (nl, en) =
            ("Er staat een schatting voor u klaar. Gaat u akkoord?", "An estimate is waiting. Do you agree?");
        self.moves(ticket, TicketStatus::WaitingForCustomer, nl, en).await
    }

    async fn propose(&self, ticket: &Ticket, minutes: i64, work: &str) -> Step<Estimate> {
        let (minutes, description) = (Minutes(minutes), work.to_owned());
        let new = NewEstimate { minutes, description, answer_by: None, work_until: None };
        Ok(self.service().propose_estimate(self.by_agent(), ticket.id, new).await?)
    }

    /// The owner accepts online where it has a login; otherwise somebody tells the agent.
    async fn agree(&mut self, estimate: EstimateId) -> Step {
        if let Some(login) = self.login.as_ref().filter(|_| self.policy().spending.owner_spends) {
            self.service().accept_estimate(by(login), estimate, None).await?;
            return Ok(());
        }
        let channel = self.world.service.policies.at(self.world.stage.today()).1.spending.channels.clone();
        let channel = channel.choose(&mut self.random).and_then(|channel| channel.as_str().parse().ok());
        let via = channel.unwrap_or(AnswerVia::Online);
        let note = match via {
            AnswerVia::Phone => self.say("Teruggebeld; akkoord met de uren.", "Called back; agrees to the hours."),
            AnswerVia::Mail => self.say("Mail ontvangen: akkoord.", "Mail received: agreed."),
            _ => self.say("Afgesproken tijdens het bezoek.", "Agreed during the visit."),
        };
        let told = ToldAgreement { contact: self.spender.id, via, note, at: None };
        self.service().accept_estimate(self.by_agent(), estimate, Some(told)).await?;
        Ok(())
    }

    async fn decline(&self, estimate: EstimateId) -> Step {
        self.service().decline_estimate(self.by_agent(), estimate, Some(self.spender.id)).await?;
        Ok(())
    }

    /// Whether there are that many minutes, after buying what it takes; who only has a welcome card does not buy.
    async fn afford(&mut self, minutes: i64) -> Step<bool> {
        while self.available().await? < Minutes(minutes) {
            if self.part.pace == Pace::Quiet {
                return Ok(false);
            }
            let invoice = self.order().await?;
            let days = self.random.random_range(1..=4);
            self.pass(days).await?;
            self.pay(&invoice, invoice.gross).await?;
        }
        Ok(true)
    }

    async fn order(&mut self) -> Step<Invoice> {
        let cards = self.policy().cards.as_ref();
        let mut products: Vec<String> =
            cards.map(|cards| cards.products.iter().map(|product| product.id.clone()).collect()).unwrap_or_default();
        if self.part.pace != Pace::Busy {
            products.truncate(2);
        }
        let product = match self.part.pace {
            Pace::Busy => products.last(),
            _ => products.choose(&mut self.random),
        };
        let product = product.cloned().unwrap_or_else(|| "10h".to_owned());
        let request = self.login.as_ref().map_or_else(|| self.by_agent(), by);
        let known = self.service().billing(&self.world.finance, self.customer).await?;
        let billing = known.street.is_none().then(|| Box::new(super::address(self.part)));
        let order = Order { billing, ..Order::of(product) };
        let (_, invoice) = self.service().order_card(request, self.customer, order).await?;
        Ok(invoice.ok_or(Error::NotFound("invoice"))?)
    }

    async fn pay(&mut self, invoice: &Invoice, amount: Cents) -> Step {
        let method = if self.random.random_ratio(2, 3) { PaymentMethod::Bank } else { PaymentMethod::DirectDebit };
        let (finance, today) = (by(&self.world.finance), self.world.stage.today());
        let received = Receiving::of(invoice.id, amount, today, method);
        self.service().record_payment(finance, Target::Invoice(invoice.id), received).await?;
        Ok(())
    }

    async fn available(&self) -> Step<Minutes> {
        Ok(self.service().balance(&self.world.finance, self.customer, AsOf::Now).await?.total.available)
    }

    /// The topics that cards pay for.
    fn paid(&self) -> Vec<&'static Topic> {
        self.topics().iter().filter(|topic| self.payer(topic) == Cover::Card).collect()
    }
}
