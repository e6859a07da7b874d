//! Delivering: in order, each until the receiver takes it, at most ten times within three days.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::Full;
use tokio::sync::watch;

use super::Keys;
use crate::Agency;
use crate::outgoing::Http;
use crate::store::Waiting;

/// The longest that a receiver may take to answer.
const LIMIT: Duration = Duration::from_secs(15);

/// Pauses after deliveries that failed, as the specification advises; after the last it is given up.
const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3_600),
    Duration::from_secs(5 * 3_600),
    Duration::from_secs(10 * 3_600),
    Duration::from_secs(14 * 3_600),
    Duration::from_secs(20 * 3_600),
    Duration::from_secs(24 * 3_600),
];

/// What a receiver said.
enum Said {
    Taken,
    /// It wants no more, ever.
    Gone,
    Failed(String),
}

pub(super) async fn work(agency: Arc<Agency>, http: Http, to: Uri, keys: Keys, mut found: watch::Receiver<()>) {
    let mut stopping = agency.stopping();
    let desk = Desk { agency, http, to, keys };
    loop {
        let next = tokio::select! {
            next = desk.deliver_what_waits() => next,
            _ = stopping.changed() => return,
        };
        let Ok(pause) = next else { return };
        tokio::select! {
            _ = stopping.changed() => return,
            changed = found.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// The receiver wants no more.
struct Over;

struct Desk {
    agency: Arc<Agency>,
    http: Http,
    to: Uri,
    keys: Keys,
}

impl Desk {
    /// Delivers all that is to be delivered now; how long until the next.
    async fn deliver_what_waits(&self) -> Result<Duration, Over> {
        loop {
            let waiting = self.agency.store.next_webhook().unwrap_or_else(|error| {
                tracing::warn!(%error, "what is to be told could not be read");
                None
            });
            let Some(waiting) = waiting else { return Ok(super::LOOK) };
            let now = self.agency.now();
            if waiting.due > now {
                return Ok(Duration::from_millis(waiting.due.millis_since(now).unsigned_abs()).min(super::LOOK));
            }
            self.deliver(waiting).await?;
        }
    }

    async fn deliver(&self, waiting: Waiting) -> Result<(), Over> {
        let said = tokio::time::timeout(LIMIT, self.send(&waiting)).await;
        let (store, counted) = (&self.agency.store, self.agency.webhooks());
        let kept = match said.unwrap_or_else(|_| Said::Failed("no answer within the limit".to_owned())) {
            Said::Taken => {
                counted.sent.inc();
                store.webhook_is_over(&waiting.id)
            }
            Said::Gone => {
                tracing::warn!("the receiver of webhooks wants no more; nothing is sent until the server starts again");
                return Err(Over);
            }
            Said::Failed(cause) => match PAUSES.get(waiting.tries as usize) {
                Some(pause) => {
                    tracing::info!(id = waiting.id, cause, "a webhook was not taken, and is sent again");
                    let millis = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
                    store.webhook_again(&waiting.id, self.agency.now().plus_millis(millis))
                }
                None => {
                    tracing::warn!(id = waiting.id, cause, "a webhook was not taken for three days, and is given up");
                    counted.given_up.inc();
                    store.webhook_is_over(&waiting.id)
                }
            },
        };
        if let Err(error) = kept {
            tracing::warn!(%error, "what became of a webhook could not be written down");
            tokio::time::sleep(PAUSES[0]).await;
        }
        Ok(())
    }

    async fn send(&self, waiting: &Waiting) -> Said {
        let timestamp = self.agency.now().unix_seconds();
        let signature = self.keys.sign(&waiting.id, timestamp, &waiting.body);
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.to.clone())
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(header::USER_AGENT, concat!("ownkey-agency/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", &waiting.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(Full::new(Bytes::copy_from_slice(&waiting.body)));
        let request = match request {
            Ok(request) => request,
            Err(error) => return Said::Failed(error.to_string()),
        };
        match self.http.request(request).await.map(|answer| answer.status()) {
            Ok(status) if status.is_success() => Said::Taken,
            Ok(StatusCode::GONE) => Said::Gone,
            Ok(status) => Said::Failed(status.to_string()),
            Err(error) => Said::Failed(error.to_string()),
        }
    }
}
