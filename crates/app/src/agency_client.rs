//! Talking to the agency: signed requests, problem documents, and the server's time when this clock is wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use ownkey_protocol::api::{Problem, ServerTime};
use ownkey_protocol::code::Code;
use ownkey_protocol::id::DeviceId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::keyset::{Fingerprint, KeyRing};
use ownkey_protocol::random;
use ownkey_protocol::request::{self, Request};
use reqwest::{Method, Response, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use crate::fault::Fault;

/// The most bytes of an answer.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// A connection to one agency.
pub struct AgencyClient {
    http: reqwest::Client,
    origin: Url,
    more_roots: Vec<Vec<u8>>,
    skew_millis: AtomicI64,
}

/// Who signs.
pub struct Signer {
    /// The device.
    pub device: DeviceId,
    /// Its key.
    pub key: SigningKey,
    /// For the server's statements.
    pub ring: KeyRing,
    /// The agency.
    pub agency: Fingerprint,
}

impl AgencyClient {
    /// For the agency at this origin. `more_roots` are those of [`crate::host::Host::agency_roots`].
    ///
    /// # Errors
    /// When the origin is not an address, or a root no certificate.
    pub fn new(origin: &str, more_roots: Vec<Vec<u8>>) -> Result<Self, Fault> {
        let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for root in &more_roots {
            roots.add(root.clone().into()).map_err(|e| Fault::new(Code::Unforeseen, e.to_string()))?;
        }
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| Fault::new(Code::Unforeseen, e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(Duration::from_secs(45))
            .user_agent(concat!("ownkey/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| Fault::new(Code::Unforeseen, e.to_string()))?;
        let origin = Url::parse(origin).map_err(|e| Fault::new(Code::LinkMalformed, e.to_string()))?;
        Ok(Self { http, origin, more_roots, skew_millis: AtomicI64::new(0) })
    }

    /// A fresh connection to the agency at `origin`, on the same roots.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn again(&self, origin: &str) -> Result<Self, Fault> {
        Self::new(origin, self.more_roots.clone())
    }

    /// How far this computer's clock is behind (positive) or ahead (negative) of the agency's, in milliseconds.
    #[must_use]
    pub fn skew_millis(&self) -> i64 {
        self.skew_millis.load(Ordering::Relaxed)
    }

    fn authority(&self) -> String {
        let host = self.origin.host_str().unwrap_or_default();
        self.origin.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// An unsigned request: agency info, preview of an invite, enrolment.
    ///
    /// # Errors
    /// [`Fault`] with the agency's code, or one for what is between.
    pub async fn unsigned<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<T, Fault> {
        let url = self.origin.join(path).map_err(|e| Fault::new(Code::Unforeseen, e.to_string()))?;
        let mut request = self.http.request(method, url).timeout(Duration::from_secs(20));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let answer = request.send().await.map_err(unreachable)?;
        match answer.status() {
            status if status.is_success() => parse(&read(answer).await?),
            _ => Err(problem(answer).await.0),
        }
    }

    /// A signed request. On clock skew it is sent once more with the server's time, if that is properly signed.
    ///
    /// # Errors
    /// [`Fault`] with the agency's code, or one for what is between.
    pub async fn signed<T: DeserializeOwned>(
        &self,
        signer: &Signer,
        method: Method,
        path: &str,
        query: &str,
        body: Option<&[u8]>,
    ) -> Result<T, Fault> {
        let answer = self.send(signer, &method, path, query, body, &[]).await?;
        parse(&read(answer).await?)
    }

    /// A signed read that may answer "not modified" (`None`).
    ///
    /// # Errors
    /// As [`Self::signed`].
    pub async fn signed_if_changed<T: DeserializeOwned>(
        &self,
        signer: &Signer,
        path: &str,
        etag: Option<&str>,
    ) -> Result<Option<(T, Option<String>)>, Fault> {
        let headers: Vec<(&str, &str)> = etag.map(|e| ("if-none-match", e)).into_iter().collect();
        let answer = self.send(signer, &Method::GET, path, "", None, &headers).await?;
        if answer.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let etag = answer.headers().get("etag").and_then(|v| v.to_str().ok()).map(str::to_owned);
        Ok(Some((parse(&read(answer).await?)?, etag)))
    }

    /// A signed stream of events, as it comes.
    ///
    /// # Errors
    /// As [`Self::signed`].
    pub async fn events(&self, signer: &Signer) -> Result<Response, Fault> {
        self.send(signer, &Method::GET, "/v1/events", "", None, &[("accept", "text/event-stream")]).await
    }

    async fn send(
        &self,
        signer: &Signer,
        method: &Method,
        path: &str,
        query: &str,
        body: Option<&[u8]>,
        headers: &[(&str, &str)],
    ) -> Result<Response, Fault> {
        for attempt in 0..2 {
            let nonce = random::bytes::<16>();
            let answer = self.send_once(signer, method, path, query, body, headers, nonce).await?;
            let status = answer.status();
            if status.is_success() || status == StatusCode::NOT_MODIFIED {
                return Ok(answer);
            }
            let (fault, document) = problem(answer).await;
            let time = document.and_then(|d| d.time).filter(|_| fault.code == Code::ClockSkew && attempt == 0);
            let time = time.and_then(|t| ServerTime::verify(&t, &signer.ring, signer.agency, &nonce));
            let Some(time) = time else { return Err(fault) };
            self.skew_millis.store(time.millis_since(now()), Ordering::Relaxed);
        }
        Err(Fault::new(Code::ClockSkew, "the agency's time was used and refused"))
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one HTTP request; both callers are above")]
    async fn send_once(
        &self,
        signer: &Signer,
        method: &Method,
        path: &str,
        query: &str,
        body: Option<&[u8]>,
        headers: &[(&str, &str)],
        nonce: [u8; 16],
    ) -> Result<Response, Fault> {
        let signed = Request {
            method: method.as_str(),
            authority: &self.authority(),
            path,
            query,
            body: body.map(|b| ("application/json", b)),
        };
        let created = now().plus_millis(self.skew_millis());
        let signature = request::sign(&signed, signer.device, &signer.key, created, nonce);
        let mut url = self.origin.clone();
        url.set_path(path);
        url.set_query((!query.is_empty()).then_some(query));
        let mut request = self
            .http
            .request(method.clone(), url)
            .header("signature-input", signature.input)
            .header("signature", signature.signature);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let (Some(body), Some(digest)) = (body, signature.content_digest) {
            request =
                request.header("content-type", "application/json").header("content-digest", digest).body(body.to_vec());
        }
        request.send().await.map_err(unreachable)
    }
}

/// This computer's clock.
#[must_use]
pub fn now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Instant::from_unix_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[expect(clippy::needless_pass_by_value, reason = "taken by map_err")]
fn unreachable(error: reqwest::Error) -> Fault {
    let mut causes = error.to_string();
    let mut inner: Option<&dyn std::error::Error> = std::error::Error::source(&error);
    while let Some(cause) = inner {
        causes.push_str(": ");
        causes.push_str(&cause.to_string());
        inner = cause.source();
    }
    let code = if causes.contains("certificate") || causes.contains("tls") {
        Code::AgencyUntrusted
    } else {
        Code::AgencyUnreachable
    };
    Fault::new(code, causes)
}

async fn read(answer: Response) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let mut answer = answer;
    while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
        if out.len() + chunk.len() > MAX_ANSWER {
            return Err(Fault::new(Code::AgencyAnswer, "too large"));
        }
        out.extend_from_slice(&chunk);
    }
    Ok(out)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|e| Fault::new(Code::AgencyAnswer, e.to_string()))
}

async fn problem(answer: Response) -> (Fault, Option<Problem>) {
    let status = answer.status();
    let Ok(bytes) = read(answer).await else {
        return (Fault::new(Code::AgencyUnreachable, format!("status {status}, then cut")), None);
    };
    match serde_json::from_slice::<Problem>(&bytes) {
        Ok(problem) => {
            let fault = Fault::new(problem.code, format!("agency's reference {}", problem.r#ref))
                .with("agency_ref", &problem.r#ref);
            (fault, Some(problem))
        }
        Err(_) => (Fault::new(Code::AgencyAnswer, format!("status {status} without a problem document")), None),
    }
}
