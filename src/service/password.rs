//! Passwords: which ones are accepted, and their argon2id hashes.
//!
//! A hash takes 19 MiB and tens of milliseconds on purpose, so at most two are made at a time, on threads of their
//! own. A login that does not exist costs as much as one that does, so that the answer's delay tells nobody who has
//! an account.

use argon2::{
    Argon2,
    password_hash::{self, PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::{collections::HashSet, sync::Arc};
use tokio::{sync::Semaphore, task};

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

/// Why no hash could be made; never the caller's fault.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Argon2 or the random salt failed.
    #[error("the password could not be hashed")]
    Hash(#[from] password_hash::Error),
    /// The hashing thread was lost.
    #[error("the hashing thread ended early")]
    Task(#[from] task::JoinError),
}

/// Makes and checks argon2id hashes (m=19456 KiB, t=2, p=1: the OWASP figures), two at a time.
#[derive(Clone, Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(2)) }
    }
}

impl Passwords {
    /// The hash of `password` as a PHC string with a salt of its own. Call [`check`] first.
    ///
    /// # Errors
    /// [`PasswordError`], when the machine could not do it.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let hash = self.work(move || Argon2::default().hash_password(password.as_bytes())).await??;
        Ok(hash.to_string())
    }

    /// Whether `password` belongs to the `stored` hash. `None` (no such login, or one without a password) is false
    /// after the same work.
    pub async fn verify(&self, password: String, stored: Option<String>) -> bool {
        let known = stored.is_some();
        let matches = self.work(move || {
            let stored = stored.as_deref().unwrap_or(NOBODY);
            PasswordHash::new(stored).map(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        match matches.await {
            Ok(Ok(matches)) => known && matches,
            Ok(Err(error)) => {
                tracing::error!(%error, "a stored password hash cannot be read");
                false
            }
            Err(error) => {
                tracing::error!(%error, "a password could not be checked");
                false
            }
        }
    }

    /// Waits for a turn, then works on a blocking thread. The turn goes along: a caller that hangs up does not free
    /// it while the thread is still busy.
    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, task::JoinError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.expect("the semaphore is never closed");
        task::spawn_blocking(move || {
            let result = job();
            drop(turn);
            result
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_login_matches() {
        let passwords = Passwords::default();
        let hash = passwords.hash("kaasschaaf onder de brug".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let again = passwords.hash("kaasschaaf onder de brug".to_owned()).await.unwrap();
        assert_ne!(hash, again, "each hash has its own salt");
        assert!(passwords.verify("kaasschaaf onder de brug".to_owned(), Some(hash.clone())).await);
        assert!(!passwords.verify("kaasschaaf onder de Brug".to_owned(), Some(hash)).await);
        assert!(!passwords.verify("kaasschaaf onder de brug".to_owned(), None).await);
        assert!(!passwords.verify("kaasschaaf onder de brug".to_owned(), Some("not a hash".to_owned())).await);
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
        let passwords = Passwords::default();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let worker = passwords.clone();
        let caller = tokio::spawn(async move { worker.work(move || held.recv()).await });
        while passwords.turns.available_permits() == 2 {
            task::yield_now().await;
        }
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        assert_eq!(passwords.turns.available_permits(), 1);
        drop(release);
        drop(passwords.turns.acquire_many(2).await.unwrap());
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
