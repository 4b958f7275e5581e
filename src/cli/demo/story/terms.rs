//! What follows from the terms besides cards: work on agreement, urgency, promises that were missed, and what is left for
//! the visitor to find where cards pay for nothing.

use super::super::cast::{Ending, FIRST, HURRIED, Sort, Topic};
use super::super::stage::Step;
use super::{Story, add_contact, email_of};
use crate::domain::{
    Cents, Cover, Excess, Handling, Minutes, Report, Role, Ticket, TicketKind, TicketStatus, Urgency, clocks,
    command::Ruling, coverage,
};
use crate::service::customers::NewContact;
use chrono::Days;
use rand::RngExt as _;

impl Story {
    /// Work that nothing covers by itself: agreed on at a price first, or given away.
    pub(super) async fn by_agreement(&mut self, topic: &Topic) -> Step {
        let ticket = self.report(topic).await?;
        self.pass(0).await?;
        self.takes_up(&ticket).await?;
        if ticket.cover.charges() {
            self.settles(&ticket, topic).await?;
        }
        for text in &topic.entries[..2] {
            self.pass(1).await?;
            let worked = Minutes(self.random.random_range(20..=90));
            self.log(&ticket, worked, text, Excess::Uncovered).await?;
        }
        self.finishes(&ticket).await
    }

    /// A decision by an agent: an invoice at a price that was agreed on, or goodwill where nothing has a price.
    async fn settles(&self, ticket: &Ticket, topic: &Topic) -> Step {
        let price = coverage::hourly_rate(self.policy(), ticket.topic.as_deref());
        if price.is_none() {
            return self.gives_away(ticket).await;
        }
        let reason = self.say("Besproken en akkoord per mail: ", "Talked over and agreed to by mail: ") + topic.work;
        let (cover, agreed_by) = (Some(Cover::Invoice), Some(self.spender.id));
        self.decides(ticket, Ruling { cover, agreed_by, ..ruling(price, reason) }).await
    }

    async fn gives_away(&self, ticket: &Ticket) -> Step {
        let reason = self.say("Eenmalig, omdat het bij ons bleef liggen.", "Once, because we left it lying.");
        self.decides(ticket, Ruling { cover: Some(Cover::Goodwill), ..ruling(None, reason) }).await
    }

    async fn decides(&self, ticket: &Ticket, ruling: Ruling) -> Step {
        self.service().decide_coverage(self.by_agent(), ticket.id, ticket.coverage_id, ruling).await?;
        Ok(())
    }

    /// What the visitor can find of each part of the policy that is not about cards.
    pub(super) async fn parts(&mut self) -> Step {
        if self.part.ending == Ending::Defect {
            self.safety().await?;
        }
        if self.part.ending == Ending::Lapsed {
            self.leak().await?;
        }
        if self.part.domain == HURRIED {
            self.add_on().await?;
        }
        if self.part.domain == FIRST {
            self.urgent_twice().await?;
            self.waits_too_long().await?;
        }
        Ok(())
    }

    /// A safety incident: always free (URG-1).
    async fn safety(&mut self) -> Step {
        if self.policy().urgency.is_none() {
            return Ok(());
        }
        let report = Report {
            subject: self.say("Cliëntgegevens zichtbaar zonder inloggen", "Client data in sight without a login"),
            description: self.say(
                "Een ouder stuurt ons een link die zonder inloggen een dossier opent.",
                "A parent sends us a link that opens a file without a login.",
            ),
            urgency: Some(Urgency::Safety),
            ..self.plain_report()
        };
        let ticket = self.open(report).await?;
        self.takes_up(&ticket).await?;
        self.pass(0).await?;
        let text = self.say("Link ingetrokken en toegang nagelopen.", "Link withdrawn, and access gone over.");
        self.log(&ticket, Minutes(95), &text, Excess::Refuse).await?;
        self.finishes(&ticket).await
    }

    /// Personal data may be in the open (SLA-6).
    async fn leak(&mut self) -> Step {
        if self.policy().tickets.data_leak.is_none() {
            return Ok(());
        }
        let report = Report {
            subject: self.say("Lijst met namen naar een verkeerd adres", "List of names sent to a wrong address"),
            description: self.say(
                "Een overzicht met namen is naar een verkeerd adres gestuurd.",
                "An overview with names was sent to a wrong address.",
            ),
            data_leak: true,
            ..self.plain_report()
        };
        let ticket = self.open(report).await?;
        self.takes_up(&ticket).await
    }

    /// Pays for urgency, and uses it (URG-2).
    async fn add_on(&mut self) -> Step {
        let Some(level) = self.urgent_level().filter(|_| self.sells_urgency()) else { return Ok(()) };
        let since = self.world.stage.today();
        self.service().record_add_on(self.by_agent(), self.customer, since, None).await?;
        self.pass(1).await?;
        self.urgent(level).await
    }

    /// The free one of the year, and one that comes too early after it (URG-2).
    async fn urgent_twice(&mut self) -> Step {
        if let Some(level) = self.urgent_level() {
            self.urgent(level.clone()).await?;
            self.pass(1).await?;
            let report = Report { urgency: Some(level), ..self.plain_report() };
            let ticket = self.open(report).await?;
            self.takes_up(&ticket).await?;
        }
        Ok(())
    }

    async fn urgent(&mut self, level: Urgency) -> Step {
        let report = Report {
            subject: self.say("Roosters van morgen zijn leeg", "Tomorrow's timetables are empty"),
            description: self.say(
                "Alle roosters van morgen zijn leeg en wij moeten ze vandaag nog versturen.",
                "All timetables of tomorrow are empty and we have to send them today.",
            ),
            urgency: Some(level),
            ..self.plain_report()
        };
        let ticket = self.open(report).await?;
        self.takes_up(&ticket).await?;
        let text = self.say("Roosters hersteld uit de reservekopie.", "Timetables restored from the backup.");
        self.log(&ticket, Minutes(40), &text, Excess::Uncovered).await?;
        self.finishes(&ticket).await
    }

    fn urgent_level(&self) -> Option<Urgency> {
        let rules = self.policy().urgency.as_ref()?;
        rules.levels.first().map(|level| Urgency::Level(level.id.clone()))
    }

    fn sells_urgency(&self) -> bool {
        self.policy().urgency.as_ref().is_some_and(|rules| rules.add_on.is_some())
    }

    /// A promise is missed, the reason is told with a new moment, and the customer says that nothing moves (SLA-5, SLA-7).
    async fn waits_too_long(&mut self) -> Step {
        self.before_end(7).await?;
        let matrix = self.policy().matrix.clone();
        let worse = matrix.impacts.iter().rev().find(|impact| {
            // Somewhat more than mild, and with a promise that counts.
            let priority = clocks::assess(self.policy(), None, Some(&impact.id), None);
            priority.is_some_and(|priority| priority.binding && Some(priority) != self.policy().priorities.last())
        });
        let report = Report {
            subject: self.say("Export van cijfers stopt halverwege", "Export of marks stops half-way"),
            description: self.say(
                "De export van de cijfers stopt na de derde klas. Wij kunnen de rapporten niet maken.",
                "The export of marks stops after the third class. We cannot make the reports.",
            ),
            kind: TicketKind::Defect,
            topic: None,
            impact: worse.or(matrix.impacts.last()).map(|impact| impact.id.clone()),
            ..self.plain_report()
        };
        let ticket = self.open(report).await?;
        self.before_end(4).await?;
        self.takes_up(&ticket).await?;
        self.log(&ticket, Minutes(50), &self.say("Fout nagemaakt.", "Reproduced the fault."), Excess::Refuse).await?;
        self.pass(0).await?;
        let stage = &self.world.stage;
        let expected = stage.moment(stage.last_day() + Days::new(2), 3);
        self.explains(&ticket, Some(expected)).await?;
        self.before_end(1).await?;
        self.complains(&ticket).await
    }

    /// A plain question, to be changed.
    pub(super) fn plain_report(&mut self) -> Report {
        let topics = self.topics();
        let plain = topics.iter().find(|topic| topic.sort == Sort::Usual && topic.kind == TicketKind::Question);
        self.report_of(plain.unwrap_or(&topics[0]))
    }

    /// A fault of our own: free.
    pub(super) async fn defect(&mut self) -> Step {
        let topics = self.topics();
        let defect = topics.iter().find(|topic| topic.kind == TicketKind::Defect);
        self.free(defect.unwrap_or(&topics[0])).await
    }

    /// What is left for the visitor to find where cards pay for nothing.
    pub(super) async fn end_without_cards(&mut self) -> Step {
        let topic = self.topic();
        match self.part.ending {
            Ending::Plain | Ending::Declined => Ok(()),
            Ending::Waits => {
                self.before_end(2).await?;
                let ticket = self.report(topic).await?;
                self.pass(0).await?;
                let (nl, en) = ("Op welke dag schikt het u?", "Which day would suit you?");
                self.moves(&ticket, TicketStatus::WaitingForCustomer, nl, en).await
            }
            Ending::TooLittle | Ending::Lapsed => {
                self.before_end(1).await?;
                self.report(topic).await.map(drop)
            }
            Ending::AtWork => {
                let ticket = self.report(topic).await?;
                self.takes_up(&ticket).await?;
                self.at_work(&ticket).await
            }
            Ending::Unpaid | Ending::HalfPaid => self.invoiced().await,
            Ending::Mistake => {
                let ticket = self.report(topic).await?;
                self.takes_up(&ticket).await?;
                self.mistake(&ticket).await
            }
            Ending::Uncovered | Ending::Goodwill | Ending::Covered => self.beyond_terms().await,
            Ending::Defect => self.defect().await,
            Ending::Team => self.team().await,
        }
    }

    /// Some time on it, a note for colleagues, and a customer who hears too little.
    pub(super) async fn at_work(&mut self, ticket: &Ticket) -> Step {
        let text = self.topic().entries[0];
        let excess = if ticket.cover == Cover::Card { Excess::Refuse } else { Excess::Uncovered };
        self.log(ticket, Minutes(50), text, excess).await?;
        let text = self.say("Wacht op de export van de beheerder.", "Waits for the administrator's export.");
        self.handle(ticket, Handling::Note { text }).await?;
        self.pass(1).await?;
        self.complains(ticket).await
    }

    /// Work on agreement, where the policy has any.
    async fn invoiced(&mut self) -> Step {
        match self.moving().filter(|topic| self.payer(topic) == Cover::Invoice) {
            Some(topic) => self.by_agreement(topic).await,
            None => Ok(()),
        }
    }

    fn moving(&self) -> Option<&'static Topic> {
        self.topics().iter().find(|topic| topic.sort == Sort::Moving)
    }

    /// Work that the terms do not include was done before anybody agreed: uncovered, given away, or agreed to afterwards.
    async fn beyond_terms(&mut self) -> Step {
        let Some(topic) = self.moving().filter(|topic| !self.is_free(topic)) else { return Ok(()) };
        let ticket = self.report(topic).await?;
        self.takes_up(&ticket).await?;
        self.pass(0).await?;
        let time = self.log(&ticket, Minutes(70), topic.entries[0], Excess::Uncovered).await?;
        self.pass(1).await?;
        match self.part.ending {
            Ending::Goodwill => {
                let reason = self.say("Onze inschatting was te krap.", "Our own estimate was too tight.");
                self.service().cover_by_goodwill(self.by_agent(), time.entry.id, reason).await?;
                self.gives_away(&ticket).await?;
            }
            Ending::Covered if self.policy().rates.hourly.is_some() => {
                let reason = self.say("Achteraf akkoord per mail.", "Agreed to afterwards by mail.");
                let contact = Some(self.spender.id);
                self.service().cover_by_invoice(self.by_agent(), time.entry.id, contact, None, reason).await?;
            }
            _ => {}
        }
        self.finishes(&ticket).await
    }

    /// Somebody has a ceiling; somebody stands in for the summer.
    pub(super) async fn team(&mut self) -> Step {
        let today = self.world.stage.today();
        self.colleague(Role::Spender, Some(Minutes(120))).await?;
        let name = self.pick_colleague();
        let deputy = NewContact {
            valid_from: Some(today),
            valid_until: Some(today + Days::new(30)),
            ..NewContact::new(name, &email_of(name, self.part), Role::Owner)
        };
        add_contact(&self.world, self.customer, self.asked_for(deputy)).await?;
        self.colleague(Role::Viewer, None).await.map(drop)
    }
}

/// A new decision, at a price.
fn ruling(hourly_rate: Option<Cents>, reason: String) -> Ruling {
    Ruling {
        kind: None,
        topic: None,
        urgency: None,
        cover: None,
        agreed_by: None,
        hourly_rate,
        reason,
        reverse_entries: false,
    }
}
