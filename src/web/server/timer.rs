//! A clock that costs nothing until somebody is waited for.

use std::pin::Pin;
use std::task::Context;
use tokio::time::{Instant, Sleep, sleep_until};

/// Wakes a task at an instant that may change.
#[derive(Debug, Default)]
pub struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Whether the instant is past; if not, the task is woken then.
    pub fn is_past(&mut self, at: Instant, context: &mut Context<'_>) -> bool {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if sleep.deadline() != at {
            sleep.as_mut().reset(at);
        }
        sleep.as_mut().poll(context).is_ready()
    }
}
