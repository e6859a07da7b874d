//! Pictures that the unified route made and that are fetched by address: in memory, for an hour, and no more than fit.
//!
//! An address holds 32 random bytes and is the right to the picture, as at OpenAI; there is no list of them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use ownkey_protocol::encoding::Hash;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::{encoding, random, token};

use crate::Agency;

const LIFE_MILLIS: i64 = 3_600 * 1_000;
/// The most bytes of all pictures together.
const MOST: usize = 64 * 1024 * 1024;

struct Kept {
    bytes: Bytes,
    kind: &'static str,
    at: Instant,
}

/// The pictures.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<HashMap<Hash, Kept>>);

impl Shelf {
    /// Keeps a picture; its name. The oldest go when there is no room.
    pub(crate) fn keep(&self, bytes: Bytes, kind: &'static str, now: Instant) -> String {
        let name = encoding::to_base64url(&random::bytes::<32>());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, one| now.millis_since(one.at) < LIFE_MILLIS);
        let mut held: usize = kept.values().map(|one| one.bytes.len()).sum();
        while held + bytes.len() > MOST {
            let Some(oldest) = kept.iter().min_by_key(|(_, one)| one.at).map(|(name, _)| *name) else { break };
            held -= kept.remove(&oldest).map_or(0, |one| one.bytes.len());
        }
        kept.insert(token::hash(name.as_bytes()), Kept { bytes, kind, at: now });
        name
    }

    fn find(&self, name: &str, now: Instant) -> Option<(Bytes, &'static str)> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(&token::hash(name.as_bytes()))?;
        (now.millis_since(found.at) < LIFE_MILLIS).then(|| (found.bytes.clone(), found.kind))
    }
}

/// `GET /gateway/images/pictures/{name}`.
pub(crate) fn picture(agency: &Agency, name: &str) -> Response {
    let mut response = Response::new(Body::empty());
    match agency.gateway.shelf.find(name, agency.now()) {
        Some((bytes, kind)) => {
            *response.body_mut() = Body::from(bytes);
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        None => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    for (name, value) in [("cache-control", "private, no-store"), ("x-content-type-options", "nosniff")] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_go_after_an_hour_and_the_oldest_when_there_is_no_room() {
        let (shelf, now) = (Shelf::default(), Instant::from_unix_millis(1_000));
        let first = shelf.keep(Bytes::from_static(b"one"), "image/png", now);
        assert!(first.len() >= 43 && shelf.find("another", now).is_none());
        assert_eq!(shelf.find(&first, now).unwrap().0, "one");
        assert!(shelf.find(&first, now.plus_millis(LIFE_MILLIS)).is_none());
        let large = Bytes::from(vec![0; MOST - 4]);
        let second = shelf.keep(Bytes::from_static(b"two"), "image/png", now.plus_millis(1));
        let third = shelf.keep(large, "image/png", now.plus_millis(2));
        let there = [&first, &second, &third].map(|name| shelf.find(name, now.plus_millis(3)).is_some());
        assert_eq!(there, [false, true, true]);
    }
}
