//! A client's device in the hands of somebody who tries things that the app never would.

use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, anyhow};
use ed25519_dalek::SigningKey;
use ownkey_agency::Agency;
use ownkey_app::keychain::Keychain;
use ownkey_demo::client::MemoryKeychain;
use ownkey_protocol::act::{Act, Actor, Deed, Seen};
use ownkey_protocol::api::{ActRequest, Named, Problem};
use ownkey_protocol::encoding::{Base64, json};
use ownkey_protocol::id::{ActId, ClientId, DeviceId, MemberId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::law::ClientState;
use ownkey_protocol::random;
use ownkey_protocol::request::{self, Request, SignatureHeaders};
use reqwest::Method;

/// An enrolled device with its key.
#[derive(Clone)]
pub struct Device {
    /// Its client.
    pub client: ClientId,
    /// Its id.
    pub device: DeviceId,
    /// Its member.
    pub member: MemberId,
    /// Its private key.
    pub key: SigningKey,
    /// The agency's origin.
    pub origin: String,
}

/// An answer, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: String,
}

impl Answer {
    /// Reads a response to its end.
    ///
    /// # Errors
    /// When it breaks off.
    pub async fn of(response: reqwest::Response) -> anyhow::Result<Self> {
        Ok(Self { status: response.status().as_u16(), body: response.text().await? })
    }

    /// Reads a response, but not a stream that has no end.
    pub async fn of_status(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let endless =
            response.headers().get("content-type").is_some_and(|v| v.as_bytes().starts_with(b"text/event-stream"));
        let body = if endless { String::new() } else { response.text().await.unwrap_or_default() };
        Self { status, body }
    }

    /// The code of a problem document; empty when it is none.
    #[must_use]
    pub fn code(&self) -> String {
        self.problem().map(|p| p.code.to_string()).unwrap_or_default()
    }

    /// The problem document, if it is one.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        serde_json::from_str(&self.body).ok()
    }

    /// The answer with the problem's reference taken out: what it tells about the thing.
    #[must_use]
    pub fn without_reference(&self) -> (u16, String) {
        let reference = self.problem().map(|p| p.r#ref).unwrap_or_default();
        (self.status, if reference.is_empty() { self.body.clone() } else { self.body.replace(&reference, "") })
    }
}

/// The server's clock, as a test sees it.
#[must_use]
pub fn now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Instant::from_unix_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// An HTTP client, from an address of this computer if one is given.
///
/// # Errors
/// When TLS cannot be set up.
pub fn http(from: Option<IpAddr>) -> anyhow::Result<reqwest::Client> {
    let tls = ownkey_providers::http::tls(&[])?;
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().local_address(from);
    Ok(client.timeout(std::time::Duration::from_secs(30)).build()?)
}

impl Device {
    /// Steals the device of an app that has joined: its key from the keychain, the rest from the agency's state.
    ///
    /// # Errors
    /// When the app has not joined.
    pub fn stolen(agency: &Agency, client: ClientId, keychain: &MemoryKeychain, origin: &str) -> anyhow::Result<Self> {
        let seed = keychain.read("device").map_err(|f| anyhow!("{f}"))?.context("no device key")?;
        let seed = seed.expose(|b| <[u8; 32]>::try_from(b))?;
        let key = SigningKey::from_bytes(&seed);
        let state = agency.record.state(client)?;
        let public = key.verifying_key().to_bytes();
        let known = state.devices().iter().find(|(_, d)| d.public == public).context("not enrolled")?;
        Ok(Self { client, device: *known.0, member: known.1.member, key, origin: origin.to_owned() })
    }

    /// Signs a request, made at `created` with `nonce`.
    #[must_use]
    pub fn sign(
        &self,
        method: &Method,
        target: &str,
        body: Option<&[u8]>,
        created: Instant,
        nonce: [u8; 16],
    ) -> SignatureHeaders {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let authority = self.origin.split_once("://").map_or("", |(_, rest)| rest);
        let body = body.map(|b| ("application/json", b));
        let request = Request { method: method.as_str(), authority, path, query, body };
        request::sign(&request, self.device, &self.key, created, nonce)
    }

    /// Sends a request with these signature headers, or unsigned.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn send(
        &self,
        http: &reqwest::Client,
        method: &Method,
        target: &str,
        body: Option<&[u8]>,
        signature: Option<&SignatureHeaders>,
    ) -> anyhow::Result<reqwest::Response> {
        let mut request = http.request(method.clone(), format!("{}{target}", self.origin));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_vec());
        }
        if let Some(signature) = signature {
            request = request.header("signature-input", &signature.input).header("signature", &signature.signature);
            if let Some(digest) = &signature.content_digest {
                request = request.header("content-digest", digest);
            }
        }
        Ok(request.send().await?)
    }

    /// A properly signed request.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn ask(
        &self,
        http: &reqwest::Client,
        method: &Method,
        target: &str,
        body: Option<&[u8]>,
    ) -> anyhow::Result<Answer> {
        let signature = self.sign(method, target, body, now(), random::bytes());
        Answer::of(self.send(http, method, target, body, Some(&signature)).await?).await
    }

    /// An act of this device on a client's state, signed.
    #[must_use]
    pub fn act(&self, state: &ClientState, client: ClientId, deed: Deed) -> Act {
        let expects = deed.writes().into_iter().map(|thing| {
            let revision = state.revision(&thing);
            (thing, revision)
        });
        Act {
            v: 1,
            id: ActId::random(now()),
            agency: state.agency(),
            client,
            actor: Actor::Device { device: self.device, member: self.member },
            at: now(),
            seen: Seen { size: state.tree().size(), root: state.tree().root() },
            expects: expects.collect(),
            deed,
        }
    }

    /// Signs an act and sends it with what belongs to it.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn perform(
        &self,
        http: &reqwest::Client,
        act: &Act,
        sealed: Option<Vec<u8>>,
        names: Vec<Named>,
    ) -> anyhow::Result<Answer> {
        let request = ActRequest { act: act.sign(&self.key), sealed: sealed.map(Base64), names };
        self.ask(http, &Method::POST, "/v1/acts", Some(&json(&request))).await
    }
}

/// Copies a folder with all that is in it: a backup, as a careless operator makes one.
///
/// # Errors
/// When the disk says no.
pub fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
