//! `check` against the five simulators.
#![allow(clippy::unwrap_used)]

mod cells;
mod days;
mod matrix;

use ownkey_protocol::vocabulary::{Answer, Provider, Question, VerdictCode as Code};
use ownkey_provider_sim::{self as sim, FaultKind, KeySpec, Sims, SimsConfig};
use ownkey_providers::check::{Report, check};
use ownkey_providers::endpoints::Endpoints;
use ownkey_providers::http::Http;
use ownkey_secret::Secret;

struct Room {
    sims: Sims,
    http: Http,
    endpoints: Endpoints,
}

impl Room {
    async fn open() -> Self {
        let sims = Sims::start(SimsConfig::default()).await.unwrap();
        let endpoints =
            Provider::ALL.into_iter().fold(Endpoints::default(), |e, p| e.overridden(p, &sims.origin(of(p))).unwrap());
        Self { sims, http: Http::new().unwrap(), endpoints }
    }

    fn key(&self, provider: Provider, spec: KeySpec) -> (String, Secret) {
        let made = self.sims.control().make_key(of(provider), "Acme", spec);
        (made.id, Secret::new(made.text.into_bytes()).unwrap())
    }

    async fn check(&self, provider: Provider, key: &Secret) -> Report {
        check(&self.http, &self.endpoints, provider, key, provider.uses()).await
    }

    fn fault(&self, provider: Provider, kind: FaultKind) {
        self.sims.control().inject(of(provider), sim::Fault::next(10, kind));
    }
}

fn of(provider: Provider) -> sim::Provider {
    sim::Provider::ALL.into_iter().find(|p| p.as_str() == provider.as_str()).unwrap()
}

fn answer(report: &Report, what: Question) -> (Answer, Code) {
    let verdict = report.verdicts.iter().find(|v| v.what == what).unwrap();
    (verdict.answer, verdict.code)
}

fn refused(report: &Report, code: Code, case: &str) {
    assert_eq!(answer(report, Question::Key), (Answer::No, code), "{case}: {report:?}");
    for later in [Question::Model, Question::Credit, Question::Scope] {
        assert_eq!(answer(report, later), (Answer::NotAsked, Code::Earlier), "{case}");
    }
}
