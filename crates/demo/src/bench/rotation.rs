//! Rotations one after the other while assistants call without a pause: whether a call failed, was cut or was billed to
//! another account, how much slower calls are meanwhile, and how long a rotation takes.
//!
//! The agency is `ownkey-agency` as it is shipped, in a process of its own; so is the app, and so are the assistants. The
//! simulated provider is in the bench's own process. What the bench compares is measured in one run, in turns of a few
//! hundred milliseconds each: a rotation, and about as long without one. All share the machine's processors and its
//! disk, as they would not in a client's and an agency's houses. So the apps run at the lowest priority; what they write
//! to the disk, and all that the provider computes during a rotation, delays calls here, too.

mod app;
mod calls;
mod direct;
mod figures;
mod parts;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use ownkey_protocol::vocabulary::Provider;
use ownkey_provider_sim::{KeyKind, KeySpec, Sims};

use super::gateway::proxies::Proxy;
use super::processor_time;
use crate::servers::{PracticeClient, Servers, simulated};
pub use figures::Rotations;
use figures::{Seen, Share};
pub use parts::Part;
use parts::Process;

/// The account whose key is replaced, and the one of another client that calls meanwhile and must not be billed for it.
const ACCOUNT: &str = "Own account";
const NEIGHBOUR: &str = "Account of the neighbour";
/// Calls run for so long before the first rotation.
const WARM: Duration = Duration::from_secs(2);

/// Rotates `wanted` times, or until `limit` is over.
///
/// # Errors
/// When a part does not start, or a rotation does not come to *Done*.
pub async fn rotation(demo: &Path, agency: &Path, wanted: usize, limit: Duration) -> Result<Rotations> {
    let servers = Servers::start(&["Bench", "Neighbour"]).await?;
    servers.set_platform_keys()?; // so that a call for which the platform pays would show
    let (clients, origin, port) = (servers.clients.clone(), servers.origin.clone(), servers.address.port());
    let (sims, folder) = servers.leave_providers().await?;
    let server = serve(agency, folder.path(), &sims, &origin, port)?;
    let [bench, neighbour] = clients.as_slice() else { bail!("two clients") };

    let told = told_app(&sims, folder.path(), bench, neighbour, wanted, limit);
    let mut app = Process::start(demo, Part::App, &told).await?;
    app.line().await.context("the app did not connect")?;
    let mut calls = Process::start(demo, Part::Calls, &told_calls(&origin, bench, neighbour)).await?;
    tokio::time::sleep(WARM).await;
    let processes = [server.id(), app.id(), calls.id(), std::process::id()];
    let share = Share::begin(processes.map(|process| processor_time(process).unwrap_or_default()));
    app.go_on().await?;
    let took = app.line().await.context("the rotations did not come to their end")?;
    let share = share.end(processes.map(|process| processor_time(process).unwrap_or_default()));
    calls.go_on().await?;
    let seen = calls.line().await.context("the assistants said nothing")?;
    let booked = figures::booked(&sims);
    drop(server);
    sims.stop().await;
    let (took, seen): (app::Took, Seen) = (serde_json::from_str(&took)?, serde_json::from_str(&seen)?);
    figures::figures(wanted, took, &seen, &booked, share)
}

/// The agency's program on the folder that was prepared, reached as before.
fn serve(program: &Path, folder: &Path, sims: &Sims, origin: &str, port: u16) -> Result<Proxy> {
    let mut command = Command::new(program);
    command.arg("--data").arg(folder.join("agency"));
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--public-url", origin]);
    command.args(["--name", "Bench", "--contact", "Bench"]).env("RUST_LOG", "warn");
    for provider in Provider::ALL {
        command.arg("--provider-origin").arg(format!("{provider}={}", sims.origin(simulated(provider))));
    }
    Proxy::start(&mut command, port, origin.to_owned())
}

fn told_app(
    sims: &Sims,
    folder: &Path,
    bench: &PracticeClient,
    neighbour: &PracticeClient,
    wanted: usize,
    limit: Duration,
) -> app::Told {
    let openai = simulated(Provider::OpenAi);
    let make = |account, kind| sims.control().make_key(openai, account, KeySpec { kind, ..KeySpec::default() }).text;
    app::Told {
        folder: folder.join("apps"),
        openai: sims.origin(openai),
        rotated: (bench.invite.clone(), make(ACCOUNT, KeyKind::Admin)),
        neighbour: (neighbour.invite.clone(), make(NEIGHBOUR, KeySpec::default().kind)),
        wanted,
        limit,
    }
}

fn told_calls(origin: &str, bench: &PracticeClient, neighbour: &PracticeClient) -> calls::Told {
    let tokens = |client: &PracticeClient| client.assistants.iter().map(|known| known.token.clone()).collect();
    calls::Told {
        url: format!("{origin}/gateway/openai/v1/chat/completions"),
        rotated: tokens(bench),
        neighbour: tokens(neighbour),
    }
}
