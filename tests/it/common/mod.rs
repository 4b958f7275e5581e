//! What tests share: a service on a fresh database of either kind, a clock that stands still, people to act as.

pub mod cluster;
pub mod http;
pub mod parties;
pub mod pure;
pub mod server;

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use std::sync::atomic::{AtomicU64, Ordering};
use strippenkaart::clock::Clock;
use strippenkaart::domain::{
    Act, Actor, Command, Contact, ContactId, CustomerId, Estimate, EstimateId, Excess, Key, Locale, Minutes, Policy,
    Receipt, Report, Role, Target, Ticket, TicketId, TicketKind, UserId, decide::TimeReceipt, estimate::AnswerVia,
};
use strippenkaart::service::{Service, ledger::Reply, policies::Given};
use strippenkaart::store::Db;
use strippenkaart::store::policies::{self, PolicyVersion};
use tempfile::TempDir;

/// Makes `name::sqlite` and `name::postgres` of an async test that takes a [`Fixture`], under [`POLICY`] or another.
macro_rules! on_both {
    ($(#[$meta:meta])* async fn $name:ident($fixture:ident: Fixture) $body:block) => {
        $crate::common::on_both! { under $crate::common::POLICY; $(#[$meta])* async fn $name($fixture: Fixture) $body }
    };
    (under $policy:expr; $(#[$meta:meta])* async fn $name:ident($fixture:ident: Fixture) $body:block) => {
        mod $name {
            use super::*;

            async fn test($fixture: $crate::common::Fixture) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                test($crate::common::Fixture::sqlite_with(&$policy).await).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[cfg_attr(no_postgres, ignore = "initdb not found")]
            async fn postgres() {
                test($crate::common::Fixture::postgres_with(&$policy).await).await;
            }
        }
    };
}
pub(crate) use on_both;

/// A service on a database of its own. The clock stands at 9 March 2026, 10:00 in Amsterdam.
pub struct Fixture {
    pub service: Service,
    pub clock: Clock,
    pub address: String,
    _dir: TempDir,
}

/// The policy most tests run under.
pub const POLICY: &str = "openedu";

/// Noon UTC of a day.
pub fn noon(year: i32, month: u32, day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(year, month, day, 12, 0, 0).unwrap()
}

/// A day.
pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

impl Fixture {
    pub async fn sqlite() -> Self {
        Self::sqlite_with(POLICY).await
    }

    pub async fn postgres() -> Self {
        Self::postgres_with(POLICY).await
    }

    /// On a file, under a shipped policy or the text of one.
    pub async fn sqlite_with(policy: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let address = format!("sqlite://{}", dir.path().join("test.db").display());
        Self::on(address, dir, policy).await
    }

    /// On a server, under a shipped policy or the text of one.
    pub async fn postgres_with(policy: &str) -> Self {
        Self::on(cluster::database().await, tempfile::tempdir().unwrap(), policy).await
    }

    /// On a file, under these versions of a policy, the oldest first.
    pub async fn sqlite_under(versions: &[String]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let address = format!("sqlite://{}", dir.path().join("test.db").display());
        Self::under(address, dir, versions).await
    }

    /// On a server, under these versions of a policy, the oldest first.
    pub async fn postgres_under(versions: &[String]) -> Self {
        Self::under(cluster::database().await, tempfile::tempdir().unwrap(), versions).await
    }

    async fn on(address: String, dir: TempDir, policy: &str) -> Self {
        let db = Db::open(&address).await.unwrap();
        db.migrate().await.unwrap();
        let given = if policy.contains('\n') {
            Given { name: "test".to_owned(), text: policy.to_owned() }
        } else {
            Given::read(policy).unwrap()
        };
        let given = Given { text: parties::real(&given.text), ..given };
        Self::start(db, Some(given), address, dir).await
    }

    /// The rows are put there before the service starts, so that versions may begin in the past (POL-1).
    async fn under(address: String, dir: TempDir, versions: &[String]) -> Self {
        let db = Db::open(&address).await.unwrap();
        db.migrate().await.unwrap();
        let mut tx = db.begin().await.unwrap();
        for (text, version) in versions.iter().zip(1..) {
            let text = &parties::real(text);
            let version = PolicyVersion {
                version,
                name: "test".to_owned(),
                digest: Policy::digest(text),
                text: text.clone(),
                effective_from: Policy::parse(text).unwrap().effective_from,
                applied_at: noon(2026, 1, 1),
            };
            policies::add(&mut tx, &version).await.unwrap();
        }
        tx.commit().await.unwrap();
        Self::start(db, None, address, dir).await
    }

    async fn start(db: Db, given: Option<Given>, address: String, dir: TempDir) -> Self {
        parties::give_addresses(&db).await;
        let clock = Clock::manual(Utc.with_ymd_and_hms(2026, 3, 9, 9, 0, 0).unwrap(), 7);
        let (service, _writer) = Service::start(db, clock.clone(), given).await.unwrap();
        Self { service, clock, address, _dir: dir }
    }

    /// A command of an agent.
    pub fn command(&self, target: Target, act: Act) -> Command {
        Command {
            id: self.clock.id(),
            actor: Actor::Staff(AGENT),
            key: None,
            salt: self.clock.salt(),
            target,
            act,
            bank_line: None,
        }
    }

    /// Submits as an agent.
    pub async fn submit(&self, target: Target, act: Act) -> Reply {
        self.service.door.submit(self.command(target, act)).await
    }

    /// Submits under an idempotency key.
    pub async fn submit_with_key(&self, target: Target, act: Act, key: &str, request: &str) -> Reply {
        let mut command = self.command(target, act);
        command.key = Some(Key { caller: "agent".to_owned(), key: key.to_owned(), request: request.to_owned() });
        self.service.door.submit(command).await
    }

    /// A customer with its welcome card and an owner.
    pub async fn customer(&self) -> (CustomerId, ContactId) {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let id: CustomerId = self.clock.id();
        let act = Act::CreateCustomer {
            name: format!("School {number}"),
            email: format!("school{number}@example.org"),
            locale: Locale::Nl,
            monthly_amount: None,
            contract_start: Some(day("2025-01-01")),
            imported: false,
        };
        self.submit(Target::Customer(id), act).await.unwrap();
        let owner = self.contact(id, "Jo Jansen", "jo@example.org", Role::Owner).await;
        (id, owner.id)
    }

    /// One more person.
    pub async fn contact(&self, customer: CustomerId, name: &str, email: &str, role: Role) -> Contact {
        let act = Act::AddContact {
            name: name.to_owned(),
            email: email.to_owned(),
            role,
            ceiling: None,
            valid_from: None,
            valid_until: None,
            asked_by: Some("owner@example.org".to_owned()),
            asked_via: Some(strippenkaart::domain::AskedVia::Mail),
        };
        match self.submit(Target::Customer(customer), act).await.unwrap() {
            Receipt::Contact(contact) => contact,
            other => panic!("{other:?}"),
        }
    }

    /// A question on paper.
    pub async fn ticket(&self, customer: CustomerId, requester: Option<ContactId>, kind: TicketKind) -> Ticket {
        let (subject, description) = ("A question".to_owned(), "How does this work?".to_owned());
        let act = Act::OpenTicket(Report { subject, description, requester, kind, ..Report::default() });
        match self.submit(Target::Customer(customer), act).await.unwrap() {
            Receipt::Ticket(ticket) => ticket,
            other => panic!("{other:?}"),
        }
    }

    /// Hours asked for.
    pub async fn propose(&self, ticket: TicketId, minutes: i64) -> Estimate {
        let act = Act::ProposeEstimate {
            ticket,
            minutes: Minutes(minutes),
            description: "The work".to_owned(),
            answer_by: None,
            work_until: None,
        };
        match self.submit(Target::Ticket(ticket), act).await.unwrap() {
            Receipt::Estimate(estimate) => estimate,
            other => panic!("{other:?}"),
        }
    }

    /// The owner agrees by mail.
    pub async fn accept(&self, estimate: EstimateId, contact: ContactId) -> Reply {
        let answer = strippenkaart::domain::command::Answer { contact, via: AnswerVia::Mail, note: None, at: None };
        self.submit(Target::Estimate(estimate), Act::AcceptEstimate { estimate, answer }).await
    }

    /// Time as an agent types it.
    pub fn time(&self, ticket: TicketId, minutes: i64, excess: Excess) -> Act {
        Act::LogTime {
            ticket,
            worked: Minutes(minutes),
            worked_on: None,
            description: "Helped".to_owned(),
            estimate: None,
            started_at: None,
            surcharges: vec![],
            excess,
        }
    }

    /// Logs time that fits.
    pub async fn log(&self, ticket: TicketId, minutes: i64) -> TimeReceipt {
        match self.submit(Target::Ticket(ticket), self.time(ticket, minutes, Excess::Refuse)).await.unwrap() {
            Receipt::Time(time) => time,
            other => panic!("{other:?}"),
        }
    }
}

/// The agent that tests act as.
pub const AGENT: UserId = UserId(uuid::Uuid::from_u128(0xa9e));
