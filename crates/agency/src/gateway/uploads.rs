//! Uploads in several steps (Gemini): the address of an upload is a capability, so the official SDK sends no key with its
//! pieces. Whoever shows the address goes on as the assistant that began it, for as long as its token holds.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::Uri;
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::token;
use ownkey_protocol::vocabulary::Provider;

use ownkey_providers::routes::upload_ids;

use super::Door;

/// An upload that was not ended by then must begin anew.
const LIFE_MILLIS: i64 = 24 * 3_600 * 1_000;
/// More uploads at once are not kept: their pieces need the token then.
const MOST: usize = 4_096;

/// Which token began an upload, by a hash of the upload's id.
#[derive(Default)]
pub(crate) struct Uploads(Mutex<HashMap<Hash, (Hash, Instant)>>);

impl Uploads {
    /// Remembers uploads that a token began.
    pub(crate) fn begun(&self, ids: &[String], token: Hash, now: Instant) {
        if ids.is_empty() {
            return;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            if known.len() >= MOST {
                known.retain(|_, (_, at)| now.millis_since(*at) < LIFE_MILLIS);
            }
            if known.len() < MOST {
                known.insert(token::hash(id.as_bytes()), (token, now));
            }
        }
    }

    /// The token that began the upload which this address names; only on the upload's own route.
    pub(crate) fn token(&self, door: Door, uri: &Uri, now: Instant) -> Option<Hash> {
        if door != Door::Direct(Provider::Gemini) || !door.inside(uri.path()).starts_with("/upload/") {
            return None;
        }
        let ids = upload_ids(uri.query());
        let [id] = ids.as_slice() else { return None };
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (token, at) = known.get(&token::hash(id.as_bytes()))?;
        (now.millis_since(*at) < LIFE_MILLIS).then_some(*token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_an_upload_stands_for_its_token() {
        let (uploads, now) = (Uploads::default(), Instant::from_unix_millis(1_000));
        let token = token::hash(b"okg_1");
        uploads.begun(&["u1".to_owned()], token, now);
        let asked = |path: &str, door| uploads.token(door, &path.parse().unwrap(), now);
        let gemini = Door::Direct(Provider::Gemini);
        assert_eq!(asked("/gateway/gemini/upload/v1beta/files?upload_id=u1", gemini), Some(token));
        assert_eq!(asked("/gateway/gemini/upload/v1beta/files?upload_id=u2", gemini), None);
        assert_eq!(asked("/gateway/gemini/upload/v1beta/files?upload_id=u1&upload_id=u2", gemini), None);
        assert_eq!(asked("/gateway/gemini/v1beta/models?upload_id=u1", gemini), None);
        assert_eq!(asked("/gateway/openai/upload/v1beta/files?upload_id=u1", Door::Direct(Provider::OpenAi)), None);
        let late = now.plus_millis(LIFE_MILLIS);
        let uri = "/gateway/gemini/upload/v1beta/files?upload_id=u1".parse().unwrap();
        assert_eq!(uploads.token(gemini, &uri, late), None);
    }
}
