//! `ownkey-demo`: the demo's servers, with the window, driven, or alone.
#![allow(clippy::print_stdout, reason = "a command-line tool talks to its person")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use ownkey_demo::bench::{Pace, Part, Programs};
use ownkey_demo::client::{Headless, MemoryKeychain};
use ownkey_demo::drive::Window;
use ownkey_demo::journey::Doomed;
use ownkey_demo::servers::Servers;
use ownkey_demo::window::{Place, binary};
use ownkey_demo::{assistants, drive};
use ownkey_protocol::vocabulary::Provider;

#[derive(Parser)]
struct Cli {
    /// No window: two clients with all five providers, one JSON line, until Ctrl-C.
    #[arg(long)]
    servers: bool,
    /// The journey driven in the real window, each step printed with its time.
    #[arg(long)]
    headless: bool,
    /// Measures from paste to receipt; prints one JSON line.
    #[arg(long)]
    bench_connect: bool,
    /// Measures memory and start of the window beside an empty one's; prints one JSON line.
    #[arg(long, num_args = 2, value_names = ["APP", "EMPTY"])]
    bench_start: Option<Vec<PathBuf>>,
    /// Measures the gateway beside nginx, Portkey's gateway (its server's script) and the LiteLLM proxy; prints one JSON line.
    #[arg(long, num_args = 3, value_names = ["OWNKEY-AGENCY", "PORTKEY", "LITELLM"])]
    bench_gateway: Option<Vec<PathBuf>>,
    /// Rotates so often under a load of calls; prints one JSON line.
    #[arg(long, value_name = "ROTATIONS")]
    bench_rotation: Option<usize>,
    /// Asks an agency with so many calls in its book what a month spent, and reconciles a year; prints one JSON line.
    #[arg(long, value_name = "ROWS", requires = "bench_folder")]
    bench_bills: Option<u64>,
    /// Where that agency is kept for the next time.
    #[arg(long, value_name = "FOLDER")]
    bench_folder: Option<PathBuf>,
    /// The agency's program, where it is not beside this one.
    #[arg(long, value_name = "OWNKEY-AGENCY")]
    bench_agency: Option<PathBuf>,
    /// Seconds after which no further rotation is begun.
    #[arg(long, default_value_t = 900)]
    bench_limit: u64,
    /// One part of the rotations' bench, told on standard input what to do.
    #[arg(long, hide = true, value_name = "PART")]
    bench_part: Option<Part>,
    /// Seconds of each run of a bench.
    #[arg(long, default_value_t = 5)]
    bench_seconds: u32,
    /// A provider that costs almost nothing, at this address, for ever.
    #[arg(long, value_name = "ADDRESS")]
    bench_provider: Option<String>,
    /// Milliseconds that it takes to answer.
    #[arg(long, default_value_t = 0)]
    bench_delay: u64,
    /// Milliseconds between two events of its streams.
    #[arg(long, default_value_t = 0)]
    bench_between: u64,
    /// Walks a journey told on standard input until its point, prints `reached`, and waits there to be killed.
    #[arg(long)]
    doomed: bool,
    /// The window, for a person.
    #[arg(long)]
    window: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "error".into()))
        .with_writer(std::io::stderr)
        .init();
    let cli = Cli::parse();
    if cli.bench_connect {
        println!("{}", serde_json::to_string(&ownkey_demo::bench::connect(20).await?)?);
        Ok(())
    } else if let Some([app, empty]) = cli.bench_start.as_deref() {
        println!("{}", serde_json::to_string(&ownkey_demo::bench::start(app, empty, 10).await?)?);
        Ok(())
    } else if let Some(wanted) = cli.bench_rotation {
        let demo = std::env::current_exe()?;
        let agency = cli.bench_agency.unwrap_or_else(|| demo.with_file_name("ownkey-agency"));
        let limit = Duration::from_secs(cli.bench_limit);
        let measured = ownkey_demo::bench::rotation(&demo, &agency, wanted, limit).await?;
        println!("{}", serde_json::to_string(&measured)?);
        Ok(())
    } else if let (Some(rows), Some(folder)) = (cli.bench_bills, &cli.bench_folder) {
        println!("{}", serde_json::to_string(&ownkey_demo::bench::bills(folder, rows)?)?);
        Ok(())
    } else if let Some(part) = cli.bench_part {
        part.play().await
    } else if let Some([agency, portkey, litellm]) = cli.bench_gateway.as_deref() {
        let [agency, portkey, litellm] = [agency, portkey, litellm].map(PathBuf::from);
        let programs = Programs { agency, demo: std::env::current_exe()?, portkey, litellm };
        let measured = ownkey_demo::bench::gateway(programs, cli.bench_seconds).await?;
        println!("{}", serde_json::to_string(&measured)?);
        Ok(())
    } else if let Some(address) = &cli.bench_provider {
        let [delay, between] = [cli.bench_delay, cli.bench_between].map(Duration::from_millis);
        ownkey_demo::bench::provider(address, Pace { delay, between }).await
    } else if cli.doomed {
        doomed().await
    } else if cli.servers {
        servers().await
    } else if cli.headless {
        headless().await
    } else {
        window().await
    }
}

async fn doomed() -> Result<()> {
    let doomed: Doomed = serde_json::from_reader(std::io::stdin())?;
    if doomed.walk().await? {
        println!("reached");
        std::future::pending::<()>().await;
    }
    println!("done");
    Ok(())
}

async fn servers() -> Result<()> {
    let servers = Servers::start(&["Café Morgenrot", "Lindner & Partner"]).await?;
    let mut open = Vec::new();
    for (number, client) in servers.clients.iter().enumerate() {
        let headless = Headless::open(&servers, &format!("client-{number}"), Arc::new(MemoryKeychain::default()))?;
        headless.join(&client.invite).await?;
        for provider in Provider::ALL {
            headless.connect(&servers, provider, &client.name).await?;
        }
        open.push(headless);
    }
    println!("{}", servers.line());
    asked_to_end().await?;
    servers.stop().await
}

async fn headless() -> Result<()> {
    let servers = Servers::start(&["Café Morgenrot"]).await?;
    let calling = calls(&servers);
    let screens = Path::new("target/screens");
    std::fs::create_dir_all(screens)?;
    servers.set_platform_keys()?;
    let place = Place::new(&servers, "headless", Some(true), None)?;
    let window = Window::open(&binary()?, &place.environment()).await?;
    let invite = &servers.clients.first().context("a client")?.invite;
    let done = tokio::select! {
        done = drive::journey(&window, invite, Some(screens), |step, took| {
            println!("{:>7.1} s  {step}", took.as_secs_f32());
        }) => done,
        ended = asked_to_end() => ended,
    };
    calling.abort();
    window.close().await?;
    let forgotten = place.forget().await;
    servers.stop().await?;
    println!("Screens are in {}", screens.display());
    done.and(forgotten)
}

async fn window() -> Result<()> {
    let servers = Servers::start(&["Café Morgenrot"]).await?;
    let calling = calls(&servers);
    servers.set_platform_keys()?;
    let invite = &servers.clients.first().context("a client")?.invite;
    let place = Place::new(&servers, "window", None, Some(invite))?;
    println!("The app opens with this invitation:\n\n  {invite}\n\nCtrl-C ends everything.");
    let mut app = tokio::process::Command::new(binary()?).envs(place.environment()).kill_on_drop(true).spawn()?;
    tokio::select! {
        _ = app.wait() => {}
        ended = asked_to_end() => ended?,
    }
    let _ended_already = app.kill().await;
    calling.abort();
    let forgotten = place.forget().await;
    servers.stop().await.and(forgotten)
}

/// Ctrl-C, or another program's request to end.
async fn asked_to_end() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => Ok(pressed?),
        _ = terminated.recv() => Ok(()),
    }
}

fn calls(servers: &Servers) -> tokio::task::JoinHandle<()> {
    let assistants = servers.clients.iter().flat_map(|c| c.assistants.clone()).collect();
    tokio::spawn(assistants::keep_calling(format!("{}/gateway", servers.origin), assistants, Duration::from_secs(3)))
}
