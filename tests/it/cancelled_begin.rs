//! sqlx 0.9.0 (issues 4385 and 4393) puts a PostgreSQL connection back into its pool inside an open transaction when a
//! `begin` is cancelled; what is written on it afterwards is acknowledged and lost. The guard in store/db.rs prevents
//! it; without the guard this shows the loss, so that the test is known to see it.

use crate::common::cluster;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor as _, PgPool};
use std::time::Duration;
use strippenkaart::store::Db;

const WRITES: u64 = 200;

/// Cancels a `begin` before each write; gives how many of the acknowledged writes are lost.
async fn lost(pool: &PgPool, address: &str) -> u64 {
    pool.execute("CREATE TABLE written (number BIGINT)").await.unwrap();
    for number in 0..WRITES {
        let begun = async { pool.begin().await.unwrap().rollback().await.unwrap() };
        // Some are over before, some are cancelled at one point or another.
        drop(tokio::time::timeout(Duration::from_micros(20 + number * 37 % 600), begun).await);
        tokio::time::sleep(Duration::from_millis(1)).await;
        pool.execute("INSERT INTO written VALUES (1)").await.unwrap();
    }
    pool.close().await;
    let other = PgPoolOptions::new().max_connections(1).connect(address).await.unwrap();
    let kept: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM written").fetch_one(&other).await.unwrap();
    WRITES - u64::try_from(kept).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn an_acknowledged_write_is_never_lost() {
    let address = cluster::database().await;
    let Db::Postgres { writer, .. } = Db::open(&address).await.unwrap() else { panic!("a server") };
    assert_eq!(lost(&writer, &address).await, 0, "with the guard");

    let address = cluster::database().await;
    let bare = PgPoolOptions::new().max_connections(1).connect(&address).await.unwrap();
    match lost(&bare, &address).await {
        0 => println!("a bare pool lost nothing this time: the guard may not be needed any more"),
        lost => println!("a bare pool lost {lost} of {WRITES} acknowledged writes"),
    }
}
