//! Talking to a provider with the client's own key: bundled roots only, no redirects, no proxy, bounded in time and size.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use ownkey_protocol::vocabulary::Provider;
use ownkey_secret::Secret;
use rustls::pki_types::CertificateDer;

use crate::auth;
use crate::endpoints::Endpoints;

/// The longest that a connection may take to come about.
pub const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// The longest that a whole request may take.
pub const WHOLE_LIMIT: Duration = Duration::from_secs(20);
/// How long an unused connection is kept. Its buffers hold the key of the last request that went over it, and only closing it
/// wipes them: it is looked for in this rhythm, so a key is gone from memory after twice as long (design.md §3).
const IDLE: Duration = Duration::from_secs(2);
/// The most bytes of an answer that are read; a list of models is far smaller.
pub const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// A client for requests of our own to providers: checks, making keys, revoking. Cheap to clone.
///
/// Trusts the roots that are built in, and no others unless they are given by name (design.md §10): a machine whose
/// administrator reads its traffic does not get to see the key by accident.
#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
}

/// The client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum HttpRefused {
    /// The cryptography library refused its settings.
    #[error("secure connections cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The network library refused its settings.
    #[error("the network client cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
}

/// Why no answer was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    /// None within the time limit.
    #[error("no answer within the time limit")]
    Timeout,
    /// No connection came about, or it broke.
    #[error("no connection came about, or it broke")]
    Unreachable,
    /// The other side's certificate is not one that we trust. Nothing was sent.
    #[error("the connection is not safe: its certificate is not one that is trusted")]
    Untrusted,
    /// The answer was larger than [`MAX_ANSWER`].
    #[error("the answer is too large")]
    TooLarge,
    /// The key cannot be sent in a header.
    #[error("the key has characters that cannot be sent")]
    KeyUnfit,
}

/// A provider's whole answer.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// One request to one provider.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) method: Method,
    /// Path and query, beginning with `/`.
    pub(crate) path: &'a str,
    /// A JSON body.
    pub(crate) body: Option<String>,
    /// Anthropic: the name of a beta that the call needs.
    pub(crate) beta: Option<&'static str>,
}

impl<'a> Ask<'a> {
    pub(crate) fn get(path: &'a str) -> Self {
        Self { method: Method::GET, path, body: None, beta: None }
    }

    pub(crate) fn post(path: &'a str, body: impl Into<String>) -> Self {
        Self { method: Method::POST, path, body: Some(body.into()), beta: None }
    }

    pub(crate) fn delete(path: &'a str) -> Self {
        Self { method: Method::DELETE, path, body: None, beta: None }
    }
}

impl Http {
    /// A client with the bundled roots.
    ///
    /// # Errors
    /// [`HttpRefused`] when a library refuses its settings.
    pub fn new() -> Result<Self, HttpRefused> {
        Self::within(WHOLE_LIMIT)
    }

    /// As [`Self::new`], with another limit than [`WHOLE_LIMIT`] for a whole request.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn within(limit: Duration) -> Result<Self, HttpRefused> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(&[])?)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_LIMIT)
            .timeout(limit)
            .pool_idle_timeout(IDLE)
            .user_agent(concat!("ownkey/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client })
    }

    /// Asks `provider`, with `key` when there is one.
    pub(crate) async fn ask(
        &self,
        endpoints: &Endpoints,
        provider: Provider,
        key: Option<&Secret>,
        ask: Ask<'_>,
    ) -> Result<Heard, Unheard> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if provider == Provider::Anthropic {
            headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        }
        if let Some(beta) = ask.beta {
            headers.insert("anthropic-beta", HeaderValue::from_static(beta));
        }
        if let Some(key) = key {
            auth::add_key(provider, &mut headers, key).map_err(|_| Unheard::KeyUnfit)?;
        }
        let url = format!("{}{}", endpoints.origin(provider), ask.path);
        let mut request = self.client.request(ask.method, url).headers(headers);
        if let Some(body) = ask.body {
            request = request.header("content-type", "application/json").body(body);
        }
        let mut response = request.send().await.map_err(|error| unheard(&error))?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unheard(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(Unheard::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Heard { status: response.status(), headers: response.headers().clone(), body: body.into() })
    }
}

/// TLS with ring and the bundled roots, and the given ones (DER): for every client that carries a key.
///
/// # Errors
/// [`HttpRefused`] when a given root is not a certificate.
pub fn tls(extra: &[CertificateDer<'static>]) -> Result<rustls::ClientConfig, HttpRefused> {
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in extra {
        roots.add(root.clone())?;
    }
    Ok(rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn unheard(error: &reqwest::Error) -> Unheard {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<rustls::Error>() {
            return Unheard::Untrusted;
        }
        // What an `io::Error` carries is not its `source`: that one is skipped.
        let carried = error.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref());
        cause = carried.map(|carried| carried as &(dyn std::error::Error + 'static)).or_else(|| error.source());
    }
    if error.is_timeout() { Unheard::Timeout } else { Unheard::Unreachable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_there_is_unreachable() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", free.local_addr().unwrap());
        drop(free);
        let endpoints = Endpoints::default().overridden(Provider::OpenAi, &origin).unwrap();
        let heard = Http::new().unwrap().ask(&endpoints, Provider::OpenAi, None, Ask::get("/v1/models")).await;
        assert_eq!(heard.unwrap_err(), Unheard::Unreachable);
    }

    #[tokio::test]
    async fn a_server_that_does_not_speak_tls_gets_no_key() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("https://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = vec![0; 4096];
            let n = stream.read(&mut seen).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            seen.truncate(n);
            seen
        });
        let endpoints = Endpoints::default().overridden(Provider::OpenAi, &origin).unwrap();
        let key = Secret::new(b"sk-proj-practice-0001".to_vec()).unwrap();
        let heard = Http::new().unwrap().ask(&endpoints, Provider::OpenAi, Some(&key), Ask::get("/v1/models")).await;
        assert_eq!(heard.unwrap_err(), Unheard::Untrusted);
        let seen = server.await.unwrap();
        assert!(!String::from_utf8_lossy(&seen).contains("practice"));
    }
}
