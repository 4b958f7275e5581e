//! `strippenkaart demo`: fourteen months of forty customers, made by the real service on a clock that steps, and then
//! served with the real time. Nothing of it stays.
//!
//! The same every time but for the dates, which end at the present, and the ids.

mod cast;
mod finance;
mod house;
mod stage;
mod story;
mod welcome;

use super::{books, serve};
use crate::clock::Clock;
use crate::domain::policy::Example;
use crate::service::login::NewUser;
use crate::service::{Service, access::Caller, policies::Given};
use crate::store::Db;
use crate::store::users::StaffRole;
use crate::web::Settings;
use anyhow::Context as _;
use cast::CAST;
use chrono::{DateTime, Days, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use stage::{Curtain, Stage};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use story::{Story, World};
use tokio::net::TcpListener;
use tokio::task::{JoinSet, LocalSet};

/// The password of every login in the demo.
pub const PASSWORD: &str = "proef-de-kaart";
/// The customer's login: owner at one customer and spender at a second.
pub const CUSTOMER: &str = "customer@demo.example";
/// The agent's login.
pub const AGENT: &str = "agent@demo.example";
/// The login of finance.
pub const FINANCE: &str = "finance@demo.example";
/// The administrator's login.
pub const ADMIN: &str = "admin@demo.example";

/// From which the demo's figures and choices follow.
const SEED: u64 = 20_260_101;
/// How far back the demo begins, in days: fourteen months.
const DAYS: u64 = 426;
/// Where it listens when that is free.
const USUAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Runs the demo until it is told to stop.
pub(super) async fn run(listen: Option<SocketAddr>, let_others_in: bool, policy: &str) -> anyhow::Result<()> {
    let beyond = listen.is_some_and(|address| !address.ip().is_loopback());
    anyhow::ensure!(
        !beyond || let_others_in,
        "the passwords of the demo are known to everybody, so it listens on this machine alone: with --let-others-in others get in, and \
         the passwords are made up"
    );
    let policy = playing(Given::read(policy)?)?;
    let terms = policy.parse()?;
    let mut stop = serve::Stop::new()?;
    let listener = listener(listen).await?;
    let directory = tempfile::Builder::new().prefix("strippenkaart-demo-").tempdir()?;
    let database = format!("sqlite://{}", directory.path().join("demo.db").display());
    let db = serve::open(&database).await?;
    let bar = ProgressBar::new(DAYS).with_style(ProgressStyle::with_template("{msg} {wide_bar} {percent} %")?);
    bar.set_message("Fourteen months of forty customers");
    let seeding = seed(&db, policy.clone(), Clock::system().now(), |days| bar.set_position(days));
    tokio::select! {
        seeded = seeding => seeded?,
        () = stop.told() => return Ok(()),
    }
    bar.finish_and_clear();
    books::check(&db).await?;
    let (service, writer) = Service::start(db, Clock::system(), Some(policy)).await?;
    let public_url = serve::local_url(listener.local_addr()?);
    let password = if beyond { service.one_password_for_all().await? } else { PASSWORD.to_owned() };
    welcome::say(&public_url, &terms, &password)?;
    serve::until_stopped(
        (listener, None),
        stop,
        service,
        writer,
        Settings { public_url, behind_proxy: false, limits: serve::limits() },
    )
    .await
}

/// The demo's own copy of a policy: its seller is an example that may issue, and every document says so (PAY-1a). The database
/// of the demo is thrown away.
///
/// # Errors
/// When the text is no policy, or has its `[provider]` in a shape in which that cannot be said.
pub fn playing(given: Given) -> anyhow::Result<Given> {
    let mut lines: Vec<&str> = Vec::new();
    let mut inside = false;
    for line in given.text.lines() {
        if line.trim_start().starts_with('[') {
            inside = line.trim() == "[provider]";
        }
        if inside && line.split('=').next().is_some_and(|key| key.trim() == "example") {
            continue;
        }
        lines.push(line);
        if inside && line.trim() == "[provider]" {
            lines.push("example = \"demo\"");
        }
    }
    let copy = Given { text: lines.join("\n") + "\n", ..given };
    let terms = copy.parse()?;
    anyhow::ensure!(
        terms.provider.example == Example::Demo,
        "the demo plays with an example of a seller: write the provider of `{}` as a section [provider]",
        copy.name
    );
    Ok(copy)
}

async fn listener(told: Option<SocketAddr>) -> anyhow::Result<TcpListener> {
    match told {
        Some(address) => serve::listen(address).await,
        None => match serve::listen(USUAL).await {
            Ok(listener) => Ok(listener),
            Err(_) => serve::listen(SocketAddr::new(USUAL.ip(), 0)).await,
        },
    }
}

/// Fills an empty database with fourteen months that end at `end`; tells `progress` how many days are done. What is
/// played follows from the parts of the policy.
///
/// # Errors
/// When the policy cannot be read or refuses what the stories do, or the database does not answer.
pub async fn seed(db: &Db, policy: Given, end: DateTime<Utc>, progress: impl FnMut(u64)) -> anyhow::Result<()> {
    let start = end - Days::new(DAYS);
    let clock = Clock::manual(start, SEED);
    let (service, writer) = Service::start(db.clone(), clock.clone(), Some(policy)).await?;
    let zone = service.policies.time_zone();
    let world = staffed(service, Stage::new(clock, zone, end, CAST.len() + 2)).await?;
    let played = play(Rc::new(world), start, progress).await;
    writer.await.context("the ledger's writer ended by itself")?;
    played
}

/// The provider's own people.
async fn staffed(service: Service, stage: Stage) -> anyhow::Result<World> {
    let agent = hire(&service, AGENT, "Anouk Hermans", StaffRole::Agent).await?;
    let colleague = hire(&service, "bram@demo.example", "Bram Oosterhuis", StaffRole::Agent).await?;
    let finance = hire(&service, FINANCE, "Femke Rademaker", StaffRole::Finance).await?;
    hire(&service, ADMIN, "Rens Albers", StaffRole::Admin).await?;
    Ok(World { service, stage, agents: [agent, colleague], finance })
}

async fn hire(service: &Service, email: &str, name: &str, role: StaffRole) -> anyhow::Result<Caller> {
    let new = NewUser { email: email.to_owned(), name: name.to_owned(), role };
    let user = service.add_user(new, PASSWORD.to_owned()).await?;
    Ok(service.caller_by_id(user.id).await?)
}

/// Plays all stories at once, on one thread, so that they act in the same order every time.
async fn play(world: Rc<World>, start: DateTime<Utc>, mut progress: impl FnMut(u64)) -> anyhow::Result<()> {
    let stories = async {
        let mut playing = JoinSet::new();
        for (part, seed) in CAST.iter().zip(SEED..) {
            let world = Rc::clone(&world);
            playing.spawn_local(async move {
                let _leaves = Leaves(Rc::clone(&world));
                Story::play(world, part, seed).await.map_err(|curtain| (part.name, curtain))
            });
        }
        let house = Rc::clone(&world);
        playing.spawn_local(async move {
            let _leaves = Leaves(Rc::clone(&house));
            house::play(&house, DAYS).await.map_err(|curtain| ("the provider", curtain))
        });
        let books = Rc::clone(&world);
        playing.spawn_local(async move {
            let _leaves = Leaves(Rc::clone(&books));
            finance::play(&books, DAYS).await.map_err(|curtain| ("finance", curtain))
        });
        world.stage.conduct(|now| progress((now - start).num_days().unsigned_abs())).await;
        playing.join_all().await
    };
    for played in LocalSet::new().run_until(stories).await {
        match played {
            Ok(()) | Err((_, Curtain::Present)) => {}
            Err((name, curtain)) => return Err(anyhow::Error::new(curtain).context(format!("the story of {name}"))),
        }
    }
    Ok(())
}

/// Tells the stage that a story has ended, however it did.
struct Leaves(Rc<World>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.stage.rest();
    }
}
