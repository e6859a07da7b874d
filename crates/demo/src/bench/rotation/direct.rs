//! What a rotation asks of the provider, asked without Ownkey: a key and its journal that are replaced each time.

use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail, ensure};
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::check;
use ownkey_providers::endpoints::Endpoints;
use ownkey_providers::http::Http;
use ownkey_providers::make::openai::{self, Journal, Step};
use ownkey_secret::Secret;

use crate::bench::milliseconds;

pub(super) struct Direct {
    http: Http,
    endpoints: Endpoints,
    admin: Secret,
    journal: Journal,
    secret: Secret,
    number: usize,
}

impl Direct {
    pub(super) async fn new(endpoints: Endpoints, admin: &str) -> Result<Self> {
        let http = Http::new()?;
        let admin = Secret::new(admin.as_bytes().to_vec())?;
        let journal = Journal::new("Directly", "directly 0", Provider::OpenAi.uses());
        let (journal, secret) = make(&http, &endpoints, &admin, journal).await?;
        Ok(Self { http, endpoints, admin, journal, secret, number: 0 })
    }

    /// The old key as the app checks it before; the new one made, checked by the app and by the agency; the old one
    /// revoked, and proven dead.
    pub(super) async fn rotation(&mut self) -> Result<f64> {
        let (http, endpoints, uses) = (&self.http, &self.endpoints, Provider::OpenAi.uses());
        self.number += 1;
        let journal = self.journal.next(format!("directly {}", self.number)).context("a new name")?;
        let begun = Instant::now();
        check::check(http, endpoints, Provider::OpenAi, &self.secret, uses).await;
        let (journal, secret) = make(http, endpoints, &self.admin, journal).await?;
        for _ in ["the app", "the agency"] {
            check::check(http, endpoints, Provider::OpenAi, &secret, uses).await;
        }
        let revoked = openai::revoke_made(http, endpoints, &self.admin, &self.journal).await;
        revoked.map_err(|why| anyhow!("not revoked: {why:?}"))?;
        let dead = check::check(http, endpoints, Provider::OpenAi, &self.secret, &[]).await;
        let took = milliseconds(begun);
        ensure!(dead.refused_for_good() == Some(true), "a revoked key is not refused");
        (self.journal, self.secret) = (journal, secret);
        Ok(took)
    }
}

async fn make(http: &Http, endpoints: &Endpoints, admin: &Secret, mut journal: Journal) -> Result<(Journal, Secret)> {
    loop {
        match openai::advance(http, endpoints, admin, journal).await {
            Ok(Step::Went(next)) => journal = next,
            Ok(Step::Made { journal, secret }) => return Ok((journal, secret)),
            Err(why) => bail!("no key could be made: {why:?}"),
        }
    }
}
