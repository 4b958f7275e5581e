//! kill -9 under load: what was acknowledged is there once, what was not is there at most once, nothing is half there.

use crate::common::server::{Live, Server};
use reqwest::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use strippenkaart::service::verify;
use strippenkaart::store::Statements as _;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

const ROUNDS: usize = 20;
const CLIENTS: usize = 8;

/// What the clients know: per key the ticket, and the answer once there was one.
#[derive(Default)]
struct Memory(BTreeMap<String, (String, Option<Value>)>);

/// Asks until the server dies.
async fn load(client: Client, server: String, token: String, ticket: String, keys: String, memory: Arc<Mutex<Memory>>) {
    for number in 0.. {
        let key = format!("{keys}-{number}");
        memory.lock().await.0.insert(key.clone(), (ticket.clone(), None));
        let Ok(answer) = post(&client, &server, &token, &ticket, &key).await else { return };
        memory.lock().await.0.insert(key, (ticket.clone(), Some(answer)));
    }
}

/// Logs a quarter of an hour under a key; an answer that is not 201 fails the test.
async fn post(client: &Client, server: &str, token: &str, ticket: &str, key: &str) -> reqwest::Result<Value> {
    let body = json!({ "worked_minutes": 15, "description": "Geholpen", "uncovered": true });
    let request = client.post(format!("{server}/api/v1/tickets/{ticket}/time-entries")).bearer_auth(token);
    let answer = request.header("Idempotency-Key", key).json(&body).send().await?;
    assert_eq!(answer.status(), 201);
    answer.json().await
}

/// Sends every request that got no answer once more, and some that did.
async fn replay(client: &Client, server: &str, token: &str, memory: &Mutex<Memory>) {
    let mut memory = memory.lock().await;
    for (place, (key, (ticket, answer))) in memory.0.iter_mut().rev().enumerate() {
        if answer.is_none() || place % 97 == 0 {
            let again = post(client, server, token, ticket, key).await.unwrap();
            assert_eq!(answer.get_or_insert(again.clone()), &again, "the same key gives the same answer");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crash_twenty_times_and_lose_nothing_that_was_acknowledged() {
    let live = Live::sqlite().await;
    let mut tickets = Vec::new();
    for number in 0..2 {
        let (_, ticket) = live.customer(&format!("School {number}"), 40).await;
        live.agree(&ticket, 2_400).await;
        tickets.push(ticket.id.to_string());
    }
    let memory = Arc::new(Mutex::new(Memory::default()));
    for round in 0..ROUNDS {
        let server = Server::start(&live.address);
        let client = Client::new();
        replay(&client, &server.url, &live.token, &memory).await;
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let ticket = tickets[number % tickets.len()].clone();
            let keys = format!("{round}-{number}");
            let (url, token) = (server.url.clone(), live.token.clone());
            clients.spawn(load(client.clone(), url, token, ticket, keys, Arc::clone(&memory)));
        }
        tokio::time::sleep(Duration::from_millis(rand::random_range(100..500))).await;
        server.kill();
        clients.join_all().await;
    }
    let server = Server::start(&live.address);
    replay(&Client::new(), &server.url, &live.token, &memory).await;
    drop(server);
    check(&live, &memory.lock().await.0).await;
}

/// After the replay every key was answered: the ledger must hold exactly those entries, and verify.
async fn check(live: &Live, memory: &BTreeMap<String, (String, Option<Value>)>) {
    let mut acknowledged: Vec<String> =
        memory.values().map(|(_, answer)| answer.as_ref().unwrap()["id"].as_str().unwrap().to_owned()).collect();
    acknowledged.sort();
    let mut tx = live.service.db.snapshot().await.unwrap();
    let found: Vec<(String,)> = tx.query("SELECT id FROM time_entries ORDER BY id").all().await.unwrap();
    let found: Vec<String> = found.into_iter().map(|(id,)| id).collect();
    assert!(found.len() > 5 * ROUNDS, "only {} entries: there was no load", found.len());
    assert_eq!(found, acknowledged);
    for half in [
        "SELECT CAST(COUNT(*) AS BIGINT) FROM transactions WHERE kind = 'time'",
        "SELECT CAST(COUNT(*) AS BIGINT) FROM commands WHERE act = 'log_time'",
    ] {
        let (count,): (i64,) = tx.query(half).one().await.unwrap();
        assert_eq!(usize::try_from(count), Ok(found.len()), "{half}");
    }
    drop(tx);
    verify::verify(&live.service.db, |_, _| {}).await.unwrap();
}
