//! The join page: what a person sees who opens an invite in a browser. Three steps and whom to call.
//!
//! The code stands behind `#` and never reaches this server; a few lines of script put it into the app's link.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use crate::Agency;

const PAGE: &str = include_str!("join.html");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const SCRIPT: &str = include_str!("join.js");

pub(super) async fn page(State(agency): State<Arc<Agency>>) -> Response {
    let (_, keyset) = agency.keys.keyset();
    let body = PAGE
        .replace("{{agency}}", &escaped(&keyset.set().name))
        .replace("{{contact}}", &escaped(&agency.config.contact))
        .replace("{{script}}", SCRIPT);
    let hash = ownkey_protocol::encoding::to_base64(&ownkey_protocol::encoding::Hash::of(&[SCRIPT.as_bytes()]).0);
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY.replace("{hash}", &hash)),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Html(body)).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
