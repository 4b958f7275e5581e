//! Secrets that travel in a cookie or a link: made from the operating system's randomness, stored only as a digest.
//!
//! A digest without a salt is enough here, because 256 random bits cannot be guessed; passwords go to
//! [`super::password`] instead.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRng, rngs::SysRng};
use sha2::{Digest, Sha256};

/// 256 random bits, for instance the key that signs tokens.
///
/// # Panics
/// When the operating system has no randomness to give; no secret may be made then.
#[must_use]
pub fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    SysRng.try_fill_bytes(&mut key).expect("the operating system gives random bytes");
    key
}

/// A fresh secret for a session or an invitation: 256 random bits in 43 characters that need no escaping in a URL.
///
/// # Panics
/// As [`random_key`].
#[must_use]
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random_key())
}

/// What the database keeps of a secret: its SHA-256 in 64 lower-case hexadecimal digits. A stolen table then opens
/// nothing.
#[must_use]
pub fn digest(token: &str) -> String {
    let nibbles = Sha256::digest(token).into_iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    nibbles.map(|nibble| char::from(b"0123456789abcdef"[usize::from(nibble)])).collect()
}

/// Whether a secret is the one of a digest; takes as long whatever differs.
#[must_use]
pub fn is(token: &str, stored: &str) -> bool {
    let known = digest(token);
    let differs = known.bytes().zip(stored.bytes()).fold(0, |differs, (one, other)| differs | (one ^ other));
    differs == 0 && known.len() == stored.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_url_safe_and_never_the_same() {
        let token = random_token();
        assert_eq!(token.len(), 43);
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_ne!(token, random_token());
    }

    #[test]
    fn the_digest_is_sha_256_in_hexadecimal() {
        assert_eq!(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
