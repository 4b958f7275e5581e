//! Sixty-four at once on one customer, through the API: nothing is oversold, and who comes too late is told so cleanly.

use crate::common::server::{Live, Server};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use strippenkaart::domain::{Balance, Minutes};
use strippenkaart::service::{balance::AsOf, verify};
use tokio::task::JoinSet;

const ROUNDS: usize = 20;
/// Half of them accept estimates, half of them log time.
const CLIENTS: usize = 64;

/// How many won, where whoever did not must have been refused with this problem.
async fn winners(mut asked: JoinSet<Response>, success: u16, problem: &str) -> usize {
    let mut won = 0;
    while let Some(answer) = asked.join_next().await {
        let answer = answer.unwrap();
        if answer.status() == success {
            won += 1;
            continue;
        }
        assert_eq!(answer.status(), 409);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let refusal: Value = answer.json().await.unwrap();
        assert_eq!(refusal["type"], format!("/problems/{problem}"), "{refusal}");
        assert!(refusal["shortage_minutes"].as_i64().unwrap() > 0, "{refusal}");
    }
    won
}

/// 180 + 600 minutes, 240 of them held for one ticket; then 32 estimates of an hour are accepted while 32 quarters of an
/// hour are logged, over all `servers`.
async fn round(live: &Live, servers: &[Server], client: &Client, name: &str) {
    let (customer, ticket) = live.customer(name, 10).await;
    let mut estimates = Vec::new();
    for _ in 0..CLIENTS / 2 {
        estimates.push(live.propose(&ticket, 60).await.id);
    }
    let held = live.agree(&ticket, 240).await.id;
    let contact = ticket.requester_id.unwrap();
    let (mut accepting, mut logging) = (JoinSet::new(), JoinSet::new());
    for (number, estimate) in estimates.into_iter().enumerate() {
        let post = |path: String, body: &Value| {
            let server = &servers[number % servers.len()];
            client.post(format!("{}/api/v1/{path}", server.url)).bearer_auth(&live.token).json(body).send()
        };
        let told = json!({ "contact_id": contact, "channel": "mail", "note": "Akkoord" });
        let accept = post(format!("estimates/{estimate}/accept"), &told);
        accepting.spawn(async { accept.await.unwrap() });
        let work = json!({ "worked_minutes": 11, "description": "Geholpen", "estimate_id": held });
        let log = post(format!("tickets/{}/time-entries", ticket.id), &work);
        logging.spawn(async { log.await.unwrap() });
    }
    let accepted = winners(accepting, 200, "insufficient-minutes").await;
    let logged = winners(logging, 201, "beyond-agreement").await;
    assert_eq!((accepted, logged), (9, 16), "540 minutes are nine hours, 240 are sixteen quarters");
    let balance = live.service.balance(&live.admin, customer, AsOf::Now).await.unwrap().total;
    assert_eq!(balance, Balance { held: Minutes(540), used: Minutes(240), ..Balance::default() });
}

async fn rounds(live: &Live, servers: &[Server]) {
    let client = Client::new();
    for number in 0..ROUNDS {
        round(live, servers, &client, &format!("School {number}")).await;
    }
    verify::verify(&live.service.db, |_, _| {}).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn race_of_sixty_four_clients_on_sqlite() {
    let live = Live::sqlite().await;
    rounds(&live, &[Server::start(&live.address)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn race_of_sixty_four_clients_on_two_servers_of_one_postgres() {
    let live = Live::postgres().await;
    rounds(&live, &[Server::start(&live.address), Server::start(&live.address)]).await;
}
