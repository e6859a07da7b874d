//! Figures for the agency's engineer on call (Prometheus' text format): numbers of calls and times, by provider, payer and
//! kind of answer. Never a client, an assistant, a model or anything of a call's content.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use http::StatusCode;
use ownkey_protocol::vocabulary::Provider;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::Agency;
use crate::spans::Spans;
use crate::webhook::Webhooks;

/// Upper edges in seconds.
const ADDED: [f64; 12] = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0];
const PROVIDER: [f64; 10] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    provider: Name,
    paid_by: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct At {
    provider: Name,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
struct Name(Provider);

impl EncodeLabelValue for Name {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        self.0.as_str().encode(encoder)
    }
}

/// The counters of a running server.
pub(crate) struct Metrics {
    registry: Registry,
    calls: Family<Answered, Counter>,
    added: Histogram,
    provider: Family<At, Histogram>,
    died: Family<At, Counter>,
    fell_back: Family<At, Counter>,
    overloaded: Counter,
    flying: Gauge,
    opened: Gauge<f64, AtomicU64>,
    /// Where each call is told to a collector, if one was named.
    pub(crate) spans: Spans,
    /// What is told to the agency's own systems, if a receiver was named.
    pub(crate) webhooks: Webhooks,
}

impl Metrics {
    /// All at nought; `cut` counts the calls that were cut because their key was withdrawn.
    pub(crate) fn new(cut: Counter) -> Self {
        let mut registry = Registry::with_prefix("ownkey");
        let calls = Family::default();
        registry.register("calls", "Calls that were answered", calls.clone());
        let added = Histogram::new(ADDED);
        registry.register_with_unit(
            "added",
            "What the gateway adds until an answer begins",
            Unit::Seconds,
            added.clone(),
        );
        let provider = Family::new_with_constructor((|| Histogram::new(PROVIDER)) as fn() -> Histogram);
        let words = "How long the provider takes until an answer begins";
        registry.register_with_unit("provider", words, Unit::Seconds, provider.clone());
        let died = Family::default();
        registry.register("dead_keys", "Keys that were found dead or drained", died.clone());
        let fell_back = Family::default();
        registry.register("fallbacks", "Calls that the platform paid for a dead key", fell_back.clone());
        let overloaded = Counter::default();
        registry.register("overloaded", "Calls that were refused because there were too many", overloaded.clone());
        registry.register("cut_calls", "Calls that were cut because their key was withdrawn while they ran", cut);
        let flying = Gauge::default();
        registry.register("calls_in_flight", "Calls that are on their way", flying.clone());
        let opened = Gauge::default();
        registry.register("opened_keys", "Keys that are open in memory", opened.clone());
        let spans = Spans::default();
        registry.register("spans_sent", "Spans that the collector took", spans.sent.clone());
        registry.register("spans_dropped", "Spans that the collector did not get", spans.dropped.clone());
        let webhooks = Webhooks::default();
        registry.register("webhooks_sent", "Webhooks that the receiver took", webhooks.sent.clone());
        registry.register("webhooks_given_up", "Webhooks that the receiver never took", webhooks.given_up.clone());
        Self { registry, calls, added, provider, died, fell_back, overloaded, flying, opened, spans, webhooks }
    }

    /// A call was answered.
    pub(crate) fn answered(
        &self,
        provider: Provider,
        paid_by: &'static str,
        status: StatusCode,
        whole: Duration,
        theirs: Duration,
    ) {
        let status = match status.as_u16() / 100 {
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        self.calls.get_or_create(&Answered { provider: Name(provider), paid_by, status }).inc();
        self.added.observe(whole.saturating_sub(theirs).as_secs_f64());
        if !theirs.is_zero() {
            self.provider.get_or_create(&At { provider: Name(provider) }).observe(theirs.as_secs_f64());
        }
    }

    /// A key was found dead or drained.
    pub(crate) fn died(&self, provider: Provider) {
        self.died.get_or_create(&At { provider: Name(provider) }).inc();
    }

    /// The platform paid for a call whose own key is dead.
    pub(crate) fn fell_back(&self, provider: Provider) {
        self.fell_back.get_or_create(&At { provider: Name(provider) }).inc();
    }

    /// A call was refused because there were too many.
    pub(crate) fn overloaded(&self) {
        self.overloaded.inc();
    }
}

/// All of them as text.
pub(crate) fn page(agency: &Agency) -> String {
    let metrics = &agency.metrics;
    metrics.flying.set(i64::try_from(agency.gateway.flights()).unwrap_or(i64::MAX));
    #[allow(clippy::cast_precision_loss, reason = "a few thousand at most")]
    metrics.opened.set(agency.vault.open_in_all() as f64);
    let mut page = String::new();
    if text::encode(&mut page, &metrics.registry).is_err() {
        tracing::error!("metrics could not be written");
    }
    page
}
