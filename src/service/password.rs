//! Passwords: which ones are accepted, and their argon2id hashes.
//!
//! A hash takes 19 MiB and tens of milliseconds on purpose, so at most two are made at a time, on two threads of their
//! own (each thread that ever made one would keep its memory), and few wait for their turn ([`turns`](super::turns)). A login that does not exist costs as much as one that does,
//! so that the answer's delay tells nobody who has an account.

use super::turns::{Asker, Crowded, Turns};
use argon2::{
    Argon2,
    password_hash::{self, PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use tokio::sync::oneshot;

/// The fewest characters that a password has.
pub const MIN_CHARS: usize = 10;
/// The most characters that a password has.
pub const MAX_CHARS: usize = 200;

/// Words that many people build a password from, also with digits and signs around them.
const COMMON: [&str; 36] = [
    "abcdefghij",
    "admin",
    "administrator",
    "amsterdam",
    "asdfghjkl",
    "changeme",
    "computer",
    "feyenoord",
    "football",
    "geheim",
    "helpdesk",
    "hello",
    "iloveyou",
    "ikhouvanjou",
    "letmein",
    "lente",
    "login",
    "lovely",
    "nederland",
    "password",
    "passw0rd",
    "p@ssw0rd",
    "princess",
    "qwerty",
    "qwertyuiop",
    "secret",
    "servicedesk",
    "strippenkaart",
    "sunshine",
    "voetbal",
    "wachtwoord",
    "welcome",
    "welkom",
    "winter",
    "zomer",
    "zonnetje",
];
/// Rows of digits and keys; a password that is a part of one is common.
const ROWS: [&str; 6] = [
    "0123456789012345678901234567890",
    "0987654321098765432109876543210",
    "12345678910111213141516",
    "1q2w3e4r5t6y7u8i9o0p",
    "qwertyuiopasdfghjklzxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
];
/// Stands in for a login that does not exist. It has the parameters of a real hash, and its answer is never used.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password is not accepted. The page words it in the reader's language; `Display` is English.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Fewer than [`MIN_CHARS`] characters.
    #[error("a password has at least {MIN_CHARS} characters")]
    TooShort,
    /// More than [`MAX_CHARS`] characters.
    #[error("a password has at most {MAX_CHARS} characters")]
    TooLong,
    /// One of the first that anyone would try.
    #[error("this password is too easy to guess")]
    Common,
    /// The person's own name or e-mail address.
    #[error("a password is not your own name or e-mail address")]
    Personal,
}

/// Whether `password` may be chosen by the person whose name and e-mail address are in `context`.
///
/// # Errors
/// The first [`PasswordFault`] that applies.
pub fn check(password: &str, context: &[&str]) -> Result<(), PasswordFault> {
    let length = password.chars().count();
    if length < MIN_CHARS {
        return Err(PasswordFault::TooShort);
    }
    if length > MAX_CHARS {
        return Err(PasswordFault::TooLong);
    }
    let lower = password.trim().to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphabetic());
    let different: HashSet<char> = lower.chars().collect();
    if different.len() < 4 || COMMON.contains(&bare) || ROWS.iter().any(|row| row.contains(&lower)) {
        return Err(PasswordFault::Common);
    }
    for own in context.iter().map(|own| own.trim().to_lowercase()).filter(|own| !own.is_empty()) {
        let mailbox = own.split('@').next().unwrap_or_default();
        if lower == own || bare == own || bare == mailbox {
            return Err(PasswordFault::Personal);
        }
    }
    Ok(())
}

/// The most hashes that are made at once.
const AT_ONCE: usize = 2;
/// The most that wait for one: so few that whoever waits is served within a second or two.
const WAITING: usize = 32;

/// Why no hash could be made; never the caller's fault.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many wait for their turn.
    #[error("too many passwords are being checked")]
    Crowded(#[from] Crowded),
    /// Argon2 or the random salt failed.
    #[error("the password could not be hashed")]
    Hash(#[from] password_hash::Error),
    /// The hashing thread was lost.
    #[error("the hashing thread ended early")]
    Lost(#[from] oneshot::error::RecvError),
}

/// Makes and checks argon2id hashes (m=19456 KiB, t=2, p=1: the OWASP figures), two at a time.
#[derive(Clone, Debug)]
pub struct Passwords {
    turns: Turns,
    /// Where work goes; the threads begin with the first, and end with the last of these.
    threads: Arc<OnceLock<mpsc::Sender<Job>>>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Turns::new(AT_ONCE, WAITING), threads: Arc::default() }
    }
}

/// Starts the threads that hash.
fn threads() -> mpsc::Sender<Job> {
    let (jobs, waiting) = mpsc::channel::<Job>();
    let waiting = Arc::new(Mutex::new(waiting));
    for _ in 0..AT_ONCE {
        let waiting = Arc::clone(&waiting);
        let next = move || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        std::thread::spawn(move || {
            while let Ok(job) = next() {
                // Whoever waits for it notices that no answer comes.
                catch_unwind(AssertUnwindSafe(job)).ok();
            }
        });
    }
    jobs
}

impl Passwords {
    /// The hash of `password` as a PHC string with a salt of its own. Call [`check`] first.
    ///
    /// # Errors
    /// [`PasswordError`], when the machine could not do it.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let hash = self.work(Asker::Ours, move || Argon2::default().hash_password(password.as_bytes())).await??;
        Ok(hash.to_string())
    }

    /// Whether `password` belongs to the `stored` hash, for `asker`, who waits for a turn. `None` (no such login, or one
    /// without a password) is false after the same work.
    ///
    /// # Errors
    /// [`Crowded`], when too many wait; the password was then not looked at.
    pub async fn verify(&self, asker: Asker, password: String, stored: Option<String>) -> Result<bool, Crowded> {
        let known = stored.is_some();
        let matches = self.work(asker, move || {
            let stored = stored.as_deref().unwrap_or(NOBODY);
            PasswordHash::new(stored).map(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        let right = match matches.await {
            Ok(Ok(matches)) => known && matches,
            Ok(Err(error)) => {
                tracing::error!(%error, "a stored password hash cannot be read");
                false
            }
            Err(PasswordError::Crowded(crowded)) => return Err(crowded),
            Err(error @ (PasswordError::Hash(_) | PasswordError::Lost(_))) => {
                tracing::error!(%error, "a password could not be checked");
                false
            }
        };
        self.turns.learn(asker, right);
        Ok(right)
    }

    /// Waits for a turn, then works on one of the threads. The turn goes along: a caller that hangs up does not free it
    /// while the thread is still busy.
    async fn work<T: Send + 'static>(
        &self,
        asker: Asker,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let turn = self.turns.turn(asker).await?;
        let (reply, worked) = oneshot::channel();
        let job = move || {
            let result = job();
            drop(turn);
            // Who asked may have gone away.
            drop(reply.send(result));
        };
        // A job that cannot be handed on drops its reply.
        self.threads.get_or_init(threads).send(Box::new(job)).ok();
        Ok(worked.await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_login_matches() {
        let (passwords, ours) = (Passwords::default(), Asker::Ours);
        let hash = passwords.hash("kaasschaaf onder de brug".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let again = passwords.hash("kaasschaaf onder de brug".to_owned()).await.unwrap();
        assert_ne!(hash, again, "each hash has its own salt");
        assert!(passwords.verify(ours, "kaasschaaf onder de brug".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(ours, "kaasschaaf onder de Brug".to_owned(), Some(hash)).await.unwrap());
        assert!(!passwords.verify(ours, "kaasschaaf onder de brug".to_owned(), None).await.unwrap());
        let broken = Some("not a hash".to_owned());
        assert!(!passwords.verify(ours, "kaasschaaf onder de brug".to_owned(), broken).await.unwrap());
    }

    #[test]
    fn an_unknown_login_costs_the_same_work() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let real = Argon2::default().hash_password(b"anything").unwrap();
        assert_eq!((nobody.algorithm, nobody.version), (real.algorithm, real.version));
        assert_eq!(nobody.params.to_string(), real.params.to_string());
        let length = |hash: &PasswordHash| (hash.salt.as_ref().unwrap().len(), hash.hash.as_ref().unwrap().len());
        assert_eq!(length(&nobody), length(&real));
    }

    #[tokio::test]
    async fn a_caller_that_hangs_up_keeps_its_turn_until_the_thread_is_done() {
        let passwords = Passwords { turns: Turns::new(1, 1), threads: Arc::default() };
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (began, has_begun) = tokio::sync::oneshot::channel();
        let worker = passwords.clone();
        let job = move || {
            began.send(()).unwrap();
            held.recv()
        };
        let caller = tokio::spawn(async move { worker.work(Asker::Ours, job).await });
        has_begun.await.unwrap();
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        let mut next = std::pin::pin!(passwords.turns.turn(Asker::Ours));
        let waited = tokio::time::timeout(std::time::Duration::from_millis(50), next.as_mut()).await;
        assert!(waited.is_err(), "the thread still works");
        drop(release);
        drop(next.await.unwrap());
    }

    #[test]
    fn faults() {
        let own = ["Jan Jansen", "jan.jansen@school.example", ""];
        for (password, expected) in [
            ("kort", Err(PasswordFault::TooShort)),
            ("éééééééé1", Err(PasswordFault::TooShort)),
            ("negentien egels", Ok(())),
            ("Tr0mpetkever", Ok(())),
            ("aaaaaaaaaaaa", Err(PasswordFault::Common)),
            ("1234567890", Err(PasswordFault::Common)),
            ("9876543210", Err(PasswordFault::Common)),
            ("qwertyuiop", Err(PasswordFault::Common)),
            ("Welkom2026!", Err(PasswordFault::Common)),
            ("Wachtwoord1", Err(PasswordFault::Common)),
            ("Strippenkaart", Err(PasswordFault::Common)),
            ("jan jansen", Err(PasswordFault::Personal)),
            ("JAN.JANSEN@school.example", Err(PasswordFault::Personal)),
            ("jan.jansen2026", Err(PasswordFault::Personal)),
            ("jan jansen fietst", Ok(())),
        ] {
            assert_eq!(check(password, &own), expected, "{password}");
        }
        assert_eq!(check(&"abcde".repeat(40), &[]), Ok(()));
        assert_eq!(check(&"abcde".repeat(41), &[]), Err(PasswordFault::TooLong));
    }
}
