//! What a key leaves behind in the gateway's memory when it is retired. The opened secret is wiped with the act; but a
//! connection to the provider that is kept for the next call holds the last call's headers in its buffers (design.md §3).

use std::sync::Arc;

use ownkey_protocol::act::Deed;
use tokio::sync::broadcast::error::RecvError;

use crate::Agency;
use crate::accept::Changed;

/// Whether a key ceased to serve, or the last call on one that had ceased has ended.
fn ends_a_key(deed: &Deed) -> bool {
    use Deed::*;
    matches!(deed, VersionRetire { .. } | VersionDrained { .. } | ConnectionClose { .. } | ClientEnd {})
}

/// Closes the connections to the providers whenever a key ceases to serve, until the server stops. All of them: which key
/// went over which connection is not known. The next calls make new ones.
pub(crate) async fn close_connections(agency: Arc<Agency>) {
    let (mut stopping, mut news) = (agency.stopping(), agency.record.news());
    loop {
        let changed = tokio::select! {
            _ = stopping.changed() => return,
            changed = news.recv() => changed,
        };
        match changed {
            Ok(Changed { deed, .. }) if !deed.as_ref().is_some_and(ends_a_key) => {}
            Ok(_) | Err(RecvError::Lagged(_)) => agency.gateway.upstream.close_all(),
            Err(RecvError::Closed) => return,
        }
    }
}
