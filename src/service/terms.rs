//! The terms as a running process holds them: they can change while it answers, and no request sees two of them.

use crate::domain::Policies;
use std::ops::Deref;
use std::sync::Arc;
use tokio::sync::watch;

/// The versions of the policy that one request, batch or round works under.
///
/// A clone takes the newest that this process knows; whoever holds one keeps what it has. Every request gets a clone of
/// the service, so a version that is applied meanwhile counts from the next request on.
#[derive(Debug)]
pub struct Terms {
    held: Arc<Policies>,
    newest: Arc<watch::Sender<Arc<Policies>>>,
}

impl Terms {
    /// The terms to start with.
    #[must_use]
    pub fn new(policies: Policies) -> Self {
        let held = Arc::new(policies);
        let newest = Arc::new(watch::Sender::new(Arc::clone(&held)));
        Self { held, newest }
    }

    /// Lets every later clone, of whichever one, hold these.
    pub fn replace(&self, policies: Policies) {
        self.newest.send_replace(Arc::new(policies));
    }
}

impl Clone for Terms {
    fn clone(&self) -> Self {
        Self { held: Arc::clone(&self.newest.borrow()), newest: Arc::clone(&self.newest) }
    }
}

impl Deref for Terms {
    type Target = Policies;

    fn deref(&self) -> &Policies {
        &self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Policy;

    fn version(number: i64, increment: i64) -> Policies {
        let text = Policy::shipped("standard").unwrap();
        let text = text.replace("_minutes = 15", &format!("_minutes = {increment}"));
        Policies::new(vec![(number, Policy::parse(&text).unwrap())]).unwrap()
    }

    #[test]
    fn pol_1_a_request_keeps_the_terms_it_began_with() {
        let first = Terms::new(version(1, 15));
        let request = first.clone();
        request.replace(version(2, 30));
        assert_eq!(request.newest().time.increment.0, 15, "what runs is not changed");
        assert_eq!(first.clone().newest().time.increment.0, 30, "the next one is");
    }
}
