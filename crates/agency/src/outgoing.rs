//! What the server sends to the agency's own machines: spans and webhooks. Over TLS, or to this computer.

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Follows no redirects.
pub(crate) type Http = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// # Errors
/// When TLS cannot be set up.
pub(crate) fn client() -> anyhow::Result<Http> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    let tls = ownkey_providers::http::tls(&[])?;
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new()).build(https))
}

/// Whether something may be sent there: `https://` anywhere, `http://` to this computer alone, and no user in it.
pub(crate) fn may_go(to: &Uri) -> bool {
    let Some(authority) = to.authority().filter(|a| !a.as_str().contains('@')) else { return false };
    let here = authority.host() == "localhost"
        || authority.host().trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    match to.scheme_str() {
        Some("http") => here,
        scheme => scheme == Some("https"),
    }
}
