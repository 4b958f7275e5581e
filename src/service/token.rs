//! API tokens: JSON Web Tokens signed with HMAC-SHA-256 (HS256), and nothing else.
//!
//! A token says who and until when. What that person may do is read from the database at each request, and so is
//! whether the token's `jti` was revoked. The library brings no cryptography of its own here: `PROVIDER` gives it
//! the one algorithm, so that a token that asks for another cannot be verified at all.

use crate::domain::UserId;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, EncodingKey, Header, Validation,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use signature::{Signer, Verifier};
use uuid::Uuid;

/// Who makes and reads the tokens (`iss`).
const ISSUER: &str = "strippenkaart";
/// What the tokens are for (`aud`).
const AUDIENCE: &str = "api";
/// The longest life of a token, in days.
pub const MAX_DAYS: i64 = 3650;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Whose login it is.
    pub sub: UserId,
    /// The token's own id, by which it is revoked.
    pub jti: Uuid,
    /// Its secret; the database has only the digest of it.
    pub key: String,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// The first second at which it no longer counts, since 1970.
    pub exp: i64,
    /// Always `strippenkaart`.
    pub iss: String,
    /// Always `api`.
    pub aud: String,
    /// The first second at which it counts, since 1970; at once where it is left out, as in all that we issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
}

/// Whether the head of a token, which the library could read, names what must be understood of it.
fn demands(token: &str) -> bool {
    let head = token.split('.').next().and_then(|head| URL_SAFE_NO_PAD.decode(head).ok()).unwrap_or_default();
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&head)
        .is_ok_and(|head| head.contains_key("crit"))
}

/// Why a token cannot be made or is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// A life that is not between 1 and [`MAX_DAYS`] days.
    #[error("a token is valid for 1 to {MAX_DAYS} days")]
    Lifetime,
    /// It is ours, and its time has not begun.
    #[error("the token does not count yet")]
    Early,
    /// It was ours, and its time is over.
    #[error("the token has expired")]
    Expired,
    /// Not a token that this instance signed for this use. The cause is for the log, not for the caller.
    #[error("not a token of this instance")]
    Refused(#[source] Error),
    /// The library could not write the token.
    #[error("the token could not be signed")]
    Signing(#[source] Error),
}

/// Makes and reads the tokens of one instance.
#[derive(Clone, Debug)]
pub struct Tokens {
    sign: EncodingKey,
    verify: DecodingKey,
    rules: Validation,
}

impl Tokens {
    /// For the instance's 256-bit `key`. Also hands `PROVIDER` to the library, which keeps the first that it gets.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        PROVIDER.install_default().ok();
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        rules.validate_exp = false; // by our own clock, in `read`
        Self { sign: EncodingKey::from_secret(key), verify: DecodingKey::from_secret(key), rules }
    }

    /// A token for `user` that counts from `now` for `days` days.
    ///
    /// # Errors
    /// [`TokenError::Lifetime`] when `days` is not between 1 and [`MAX_DAYS`].
    pub fn issue(
        &self,
        user: UserId,
        (jti, key): (Uuid, &str),
        now: DateTime<Utc>,
        days: i64,
    ) -> Result<String, TokenError> {
        if !(1..=MAX_DAYS).contains(&days) {
            return Err(TokenError::Lifetime);
        }
        let until = now.checked_add_signed(TimeDelta::days(days)).ok_or(TokenError::Lifetime)?;
        let claims = Claims {
            sub: user,
            jti,
            key: key.to_owned(),
            iat: now.timestamp(),
            exp: until.timestamp(),
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            nbf: None,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.sign).map_err(TokenError::Signing)
    }

    /// What `token` says, when this instance signed it for the API and it still counts at `now`. Whether it was
    /// revoked is for the caller to look up.
    ///
    /// # Errors
    /// [`TokenError::Early`], [`TokenError::Expired`], or [`TokenError::Refused`] for anything else that is wrong with it: also
    /// a `crit` in its head, which names what must be understood, of which we understand nothing (RFC 7515, 4.1.11).
    pub fn read(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError> {
        let claims: Claims =
            jsonwebtoken::decode(token, &self.verify, &self.rules).map_err(TokenError::Refused)?.claims;
        if demands(token) {
            return Err(TokenError::Refused(ErrorKind::InvalidToken.into()));
        }
        match (now.timestamp(), claims.nbf) {
            (now, _) if now >= claims.exp => Err(TokenError::Expired),
            (now, Some(from)) if now < from => Err(TokenError::Early),
            _ => Ok(claims),
        }
    }
}

/// The library's only cryptography: HS256. Any other algorithm, or a key of another kind, is an error.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(Hs256::new(*algorithm, key.family(), key.as_bytes())?)),
    verifier_factory: |algorithm, key| Ok(Box::new(Hs256::new(*algorithm, key.family(), key.try_get_as_bytes()?)?)),
    key_utils: KeyUtils::new_unimplemented(), // only for key sets (JWK), which we have not
};

struct Hs256(Hmac<Sha256>);

impl Hs256 {
    fn new(algorithm: Algorithm, family: AlgorithmFamily, key: &[u8]) -> Result<Self, Error> {
        if algorithm != Algorithm::HS256 || family != AlgorithmFamily::Hmac {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        Hmac::new_from_slice(key).map(Self).map_err(|_| ErrorKind::InvalidKeyFormat.into())
    }

    fn over(&self, message: &[u8]) -> Hmac<Sha256> {
        self.0.clone().chain_update(message)
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.over(message).finalize().into_bytes().to_vec())
    }
}

/// Compares in constant time.
impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.over(message).verify_slice(signature).map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
    use serde_json::{Value, json};
    use sha2::Sha384;

    const KEY: [u8; 32] = [7; 32];
    const USER: UserId = UserId(Uuid::from_u128(1));
    const JTI: Uuid = Uuid::from_u128(2);

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + seconds, 0).unwrap()
    }

    fn good_claims() -> Value {
        json!({ "sub": USER, "jti": JTI, "key": "key", "iat": at(0).timestamp(), "exp": at(60).timestamp(), "iss": ISSUER, "aud": AUDIENCE })
    }

    /// Writes a token without the library, so that it can be wrong in any way.
    fn forge(algorithm: &str, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
        let header = BASE64.encode(json!({ "typ": "JWT", "alg": algorithm }).to_string());
        let message = format!("{header}.{}", BASE64.encode(claims.to_string()));
        format!("{message}.{}", BASE64.encode(sign(message.as_bytes())))
    }

    fn hs256(message: &[u8]) -> Vec<u8> {
        Hmac::<Sha256>::new_from_slice(&KEY).unwrap().chain_update(message).finalize().into_bytes().to_vec()
    }

    fn refused(token: &str) -> bool {
        matches!(Tokens::new(&KEY).read(token, at(0)), Err(TokenError::Refused(_)))
    }

    #[test]
    fn a_token_says_who_and_until_when() {
        let tokens = Tokens::new(&KEY);
        let token = tokens.issue(USER, (JTI, "key"), at(0), 90).unwrap();
        let claims = tokens.read(&token, at(0)).unwrap();
        assert_eq!((claims.sub, claims.jti), (USER, JTI));
        assert_eq!((claims.iat, claims.exp), (at(0).timestamp(), at(90 * 86_400).timestamp()));
        assert_eq!(Tokens::new(&KEY).read(&token, at(1)).unwrap(), claims, "after a restart");
        assert!(tokens.read(&forge("HS256", &good_claims(), hs256), at(0)).is_ok(), "the forger itself works");
    }

    #[test]
    fn it_ends_to_the_second_by_the_clock_given() {
        let tokens = Tokens::new(&KEY);
        let token = tokens.issue(USER, (JTI, "key"), at(0), 1).unwrap();
        assert!(tokens.read(&token, at(86_399)).is_ok());
        assert!(matches!(tokens.read(&token, at(86_400)), Err(TokenError::Expired)));
        for days in [i64::MIN, -1, 0, MAX_DAYS + 1, i64::MAX] {
            assert!(matches!(tokens.issue(USER, (JTI, "key"), at(0), days), Err(TokenError::Lifetime)), "{days} days");
        }
    }

    #[test]
    fn other_algorithms_are_refused_even_when_signed_with_our_key() {
        let hs384 = |message: &[u8]| {
            Hmac::<Sha384>::new_from_slice(&KEY).unwrap().chain_update(message).finalize().into_bytes().to_vec()
        };
        assert!(refused(&forge("HS384", &good_claims(), hs384)));
        for algorithm in ["none", "None", "NONE", "", "HS384", "HS512", "RS256", "ES256", "EdDSA", "hs256"] {
            assert!(refused(&forge(algorithm, &good_claims(), hs256)), "{algorithm} with a signature");
            assert!(refused(&forge(algorithm, &good_claims(), |_| Vec::new())), "{algorithm} without");
        }
    }

    #[test]
    fn another_key_is_refused() {
        let token = Tokens::new(&[8; 32]).issue(USER, (JTI, "key"), at(0), 1).unwrap();
        assert!(refused(&token));
    }

    #[test]
    fn every_changed_character_is_refused() {
        let token = Tokens::new(&KEY).issue(USER, (JTI, "key"), at(0), 1).unwrap();
        for (place, old) in token.char_indices() {
            let mut changed = token.clone();
            changed.replace_range(place..=place, if old == 'A' { "B" } else { "A" });
            assert!(refused(&changed), "character {place} changed");
            assert!(refused(&token[..place]), "cut at {place}");
        }
        assert!(refused(&format!("{token}.")));
        assert!(refused(&forge("HS256", &good_claims(), |_| Vec::new())));
        assert!(refused(&forge("HS256", &good_claims(), |message| hs256(message)[..16].to_vec())));
    }

    #[test]
    fn claims_that_are_missing_or_meant_for_others_are_refused() {
        for (claim, value) in [
            ("iss", json!("elsewhere")),
            ("aud", json!("web")),
            ("sub", json!("jan")),
            ("jti", json!(5)),
            ("exp", json!("tomorrow")),
        ] {
            let mut claims = good_claims();
            claims[claim] = value;
            assert!(refused(&forge("HS256", &claims, hs256)), "strange {claim}");
            claims.as_object_mut().unwrap().remove(claim);
            assert!(refused(&forge("HS256", &claims, hs256)), "no {claim}");
        }
    }

    #[test]
    fn a13_what_a_token_says_of_when_and_how_to_read_it_counts() {
        let mut claims = good_claims();
        claims["nbf"] = json!(at(30).timestamp());
        let early = forge("HS256", &claims, hs256);
        assert!(matches!(Tokens::new(&KEY).read(&early, at(29)), Err(TokenError::Early)));
        assert!(Tokens::new(&KEY).read(&early, at(30)).is_ok());
        claims["nbf"] = json!("soon");
        assert!(refused(&forge("HS256", &claims, hs256)));
        let headed = |head: Value| {
            let message = format!("{}.{}", BASE64.encode(head.to_string()), BASE64.encode(good_claims().to_string()));
            format!("{message}.{}", BASE64.encode(hs256(message.as_bytes())))
        };
        assert!(!refused(&headed(json!({ "typ": "JWT", "alg": "HS256" }))), "the forger itself works");
        for crit in [json!(["b64"]), json!(["exp"]), json!([]), json!("x"), json!(["made-up"])] {
            assert!(refused(&headed(json!({ "alg": "HS256", "crit": crit, "b64": false, "made-up": 1 }))), "{crit}");
        }
        assert!(refused(&headed(json!({ "alg": "HS256", "crit": null }))), "of which there is none");
    }

    #[test]
    fn nothing_printed_shows_the_key() {
        let printed = format!("{:?}", Tokens::new(&[199; 32]));
        assert!(!printed.contains("199"), "{printed}");
    }
}
