//! Who is behind a token: read from the database for every request, and for all requests that wait at that moment together.
//! One statement per moment instead of one per request; an answer is never older than the request that asked.

use super::ledger::Failure;
use super::{Error, Result};
use crate::store::users::{ByToken, by_tokens};
use crate::store::{Db, Result as Stored};
use std::collections::{BTreeSet, HashMap};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// The most requests that are looked up together.
const BATCH: usize = 512;
/// The most requests that may wait.
const QUEUE: usize = 4096;

type Waiting = (Uuid, oneshot::Sender<Result<Option<ByToken>>>);

/// Where requests with a token ask who is behind it.
#[derive(Clone, Debug)]
pub struct Wicket(mpsc::Sender<Waiting>);

impl Wicket {
    /// Opens it; it closes when the last copy is dropped.
    #[must_use]
    pub fn open(db: Db) -> Self {
        let (queue, mut waiting) = mpsc::channel::<Waiting>(QUEUE);
        tokio::spawn(async move {
            let mut batch = Vec::with_capacity(BATCH);
            while waiting.recv_many(&mut batch, BATCH).await > 0 {
                let tokens: BTreeSet<Uuid> = batch.iter().map(|(jti, _)| *jti).collect();
                let found = look_up(&db, &tokens.into_iter().collect::<Vec<_>>()).await;
                let found = found.map_err(Error::from);
                for (jti, reply) in batch.drain(..) {
                    let user = found.as_ref().map(|users| users.get(&jti).cloned()).map_err(Clone::clone);
                    // Who asked may have gone away.
                    drop(reply.send(user));
                }
            }
        });
        Self(queue)
    }

    /// The login of a token that was neither revoked nor disabled.
    ///
    /// # Errors
    /// When too many wait, or the database does not answer.
    pub async fn who(&self, jti: Uuid) -> Result<Option<ByToken>> {
        let (reply, answer) = oneshot::channel();
        self.0.try_send((jti, reply)).map_err(|_| Failure::Busy)?;
        answer.await.unwrap_or_else(|_| Err(Failure::Unavailable.into()))
    }
}

async fn look_up(db: &Db, tokens: &[Uuid]) -> Stored<HashMap<Uuid, ByToken>> {
    let mut on = db.reader().await?;
    Ok(by_tokens(&mut on, tokens).await?.into_iter().map(|found| (found.jti, found)).collect())
}
