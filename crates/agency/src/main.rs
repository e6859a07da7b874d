//! `ownkey-agency`: the agency's server and the commands of the people who run it.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use ownkey_agency::config::{Config, MOST_CALLS};
use ownkey_agency::operator::{self, Command, socket};
use ownkey_agency::serve::{Tls, serve, serve_metrics};
use ownkey_agency::{Agency, process, spans, webhook};
use ownkey_protocol::act::Schedule;
use ownkey_protocol::api::UsageGroup;
use ownkey_protocol::id::{AssistantId, ClientId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::limit::Month;
use ownkey_protocol::vocabulary::{Fallback, Provider, Use};
use ownkey_providers::endpoints::Endpoints;
use ownkey_providers::hosts;
use ownkey_secret::Secret;
use zeroizing_alloc::ZeroAlloc;

#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

/// The agency's server and gateway for clients' own AI keys.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    /// The server's folder.
    #[arg(long, env = "OWNKEY_AGENCY_DATA", default_value = "ownkey-agency")]
    data: PathBuf,
    /// Answers as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Run the server until Ctrl-C or SIGTERM.
    Serve(Box<Serve>),
    /// Clients: the companies that you serve.
    Client {
        #[command(subcommand)]
        what: Client,
    },
    /// Invite the first owner of a client: prints a join link.
    Invite {
        /// The client, `cl_…`.
        client: ClientId,
        /// The person's name.
        name: String,
    },
    /// Assistants: your programs that serve one client each.
    Assistant {
        #[command(subcommand)]
        what: Assistant,
    },
    /// What happens to calls when a client's own key is dead.
    Fallback {
        /// The client, `cl_…`.
        client: ClientId,
        /// chat, images or voice.
        r#use: Use,
        /// stop or platform.
        fallback: String,
        /// Until when `platform` holds (RFC 3339, UTC, milliseconds).
        #[arg(long)]
        until: Option<Instant>,
        /// How much you pay a month, in micro-dollars (5000000 is five dollars).
        #[arg(long, value_name = "MICRO")]
        cap: Option<u64>,
    },
    /// Offer your own account to a client for a use.
    Offer {
        /// The client, `cl_…`.
        client: ClientId,
        /// chat, images or voice.
        r#use: Use,
        /// Take the offer back.
        #[arg(long)]
        withdraw: bool,
        /// Until when it holds (RFC 3339, UTC, milliseconds).
        #[arg(long)]
        until: Option<Instant>,
        /// How much you pay a month, in micro-dollars (5000000 is five dollars).
        #[arg(long, value_name = "MICRO")]
        cap: Option<u64>,
    },
    /// Propose to a client when its keys are to be replaced; one of its owners agrees in the app.
    Agreement {
        /// The client, `cl_…`.
        client: ClientId,
        #[command(flatten)]
        when: When,
    },
    /// Show what a client's calls spent; of a month by connection, beside what the client states of it.
    Usage {
        /// The client, `cl_…`.
        client: ClientId,
        /// A month, `2026-11`, in UTC.
        #[arg(long, conflicts_with_all = ["from", "to"])]
        month: Option<Month>,
        /// From when on: a day or a moment in UTC; from the first of this month if left out.
        #[arg(long, value_parser = operator::usage::moment)]
        from: Option<Instant>,
        /// Until when, exclusively; until now if left out.
        #[arg(long, value_parser = operator::usage::moment)]
        to: Option<Instant>,
        /// day, connection, version, assistant or model.
        #[arg(long, default_value = "day")]
        group: UsageGroup,
        /// As CSV.
        #[arg(long, conflicts_with = "json")]
        csv: bool,
    },
    /// Show which keys are being replaced or are to be, and who is stuck or late with it.
    Rotations,
    /// Set your own key at a provider; the key is read from standard input.
    PlatformKey {
        /// openai, anthropic, gemini, stability or replicate.
        provider: Provider,
    },
    /// Show fingerprint and six words of this agency's identity.
    Identity,
}

/// When keys are to be replaced.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct When {
    /// So many days after each was sent, e.g. 90.
    #[arg(long, value_name = "DAYS")]
    every: Option<u16>,
    /// Once, by a moment (RFC 3339, UTC, milliseconds).
    #[arg(long)]
    by: Option<Instant>,
    /// Nothing is to be agreed any more.
    #[arg(long)]
    none: bool,
}

impl When {
    fn schedule(&self) -> Option<Schedule> {
        let every = self.every.map(|days| Schedule::Every { days });
        every.or(self.by.map(|at| Schedule::By { at }))
    }
}

#[derive(Args)]
struct Serve {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Public URL: an origin, e.g. https://agency.example
    #[arg(long)]
    public_url: String,
    /// The agency's name, for people.
    #[arg(long)]
    name: String,
    /// Whom clients may ask.
    #[arg(long)]
    contact: String,
    /// Addresses from which this server calls providers.
    #[arg(long = "egress")]
    egress: Vec<String>,
    /// The most calls that may be on their way at once; one more is refused with 503 at once.
    #[arg(long, default_value_t = MOST_CALLS)]
    most_calls: usize,
    /// Address for `/metrics` (Prometheus); nothing is served there unless it is given. Keep it off the internet.
    #[arg(long)]
    metrics_listen: Option<SocketAddr>,
    /// A collector of OpenTelemetry's (OTLP over HTTP), e.g. http://127.0.0.1:4318: one span per call is sent there, of ids
    /// and times alone. Nothing is sent unless it is given; `http://` to this computer only.
    #[arg(long, value_name = "ORIGIN")]
    otlp: Option<spans::Collector>,
    /// Your own system that is told, as the Standard Webhooks specification says, when a key died, leaked or is due, and when
    /// a rotation stands still or is done. Signed by the key in `keys/webhook.key`, which is made at the first start.
    #[arg(long, value_name = "URL")]
    webhook: Option<webhook::Receiver>,
    /// Certificate chain (PEM).
    #[arg(long, requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Private key (PEM).
    #[arg(long, requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// A provider on loopback instead of the real one, e.g. openai=http://127.0.0.1:4010 (for practice only).
    #[arg(long = "provider-origin", value_name = "PROVIDER=ORIGIN")]
    provider_origins: Vec<String>,
}

#[derive(Subcommand)]
enum Client {
    /// Open a client.
    Add {
        /// Its name.
        name: String,
    },
    /// List clients.
    List,
    /// End a client: nothing of it is served any more.
    End {
        /// The client, `cl_…`.
        client: ClientId,
    },
}

#[derive(Subcommand)]
enum Assistant {
    /// Add an assistant.
    Add {
        /// The client, `cl_…`.
        client: ClientId,
        /// Its name.
        name: String,
        /// Uses that it may call.
        #[arg(long = "use", required = true)]
        uses: Vec<Use>,
        /// New keys may be tried on it.
        #[arg(long)]
        low_stakes: bool,
    },
    /// Make a token; it is shown this once.
    Token {
        /// The client, `cl_…`.
        client: ClientId,
        /// The assistant, `as_…`.
        assistant: AssistantId,
        /// A name by which the client's people know it.
        #[arg(long)]
        name: Option<String>,
        /// Uses that it is good for; all of the assistant's if left out.
        #[arg(long = "use")]
        uses: Vec<Use>,
        /// Until when (RFC 3339, UTC, milliseconds).
        #[arg(long)]
        expires: Option<Instant>,
    },
    /// Make a token in the place of those of the same name, which end after an overlap.
    Rotate {
        /// The client, `cl_…`.
        client: ClientId,
        /// The assistant, `as_…`.
        assistant: AssistantId,
        /// The name of the tokens; those without one if left out.
        #[arg(long)]
        name: Option<String>,
        /// How many hours the old ones stay good.
        #[arg(long, default_value_t = 24)]
        overlap_hours: u32,
        /// Until when the new one is good (RFC 3339, UTC, milliseconds).
        #[arg(long)]
        expires: Option<Instant>,
    },
    /// List a client's assistants.
    List {
        /// The client, `cl_…`.
        client: ClientId,
    },
    /// Remove an assistant and its tokens.
    Remove {
        /// The client, `cl_…`.
        client: ClientId,
        /// The assistant, `as_…`.
        assistant: AssistantId,
    },
}

fn main() -> anyhow::Result<()> {
    process::harden().context("core files could not be switched off")?;
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()))
        .with_writer(std::io::stderr)
        .init();
    let cli = Cli::parse();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if matches!(cli.what, What::Serve(_)) {
        runtime.on_thread_start(process::yields_to_calls);
    }
    let runtime = runtime.enable_all().build()?;
    match cli.what {
        What::Serve(ref serve) => runtime.block_on(run_server(&cli.data, serve)),
        What::PlatformKey { provider } => {
            let mut line = zeroize::Zeroizing::new(String::new());
            std::io::stdin().read_line(&mut line)?;
            let secret = socket::secret(line.as_bytes()).map_err(anyhow::Error::msg)?;
            show(runtime.block_on(platform_key(&cli.data, provider, &secret))?, cli.json)
        }
        what => {
            let as_csv = matches!(what, What::Usage { csv: true, .. });
            let command = command(what)?;
            let answer = match socket::send(&cli.data, &operator_name(), command.clone())? {
                Some(answer) => answer,
                None => runtime
                    .block_on(async { anyhow::Ok(operator::run(&*alone(&cli.data)?, &operator_name(), command)) })?,
            };
            if as_csv { show_csv(answer) } else { show(answer, cli.json) }
        }
    }
}

async fn run_server(data: &std::path::Path, serve_args: &Serve) -> anyhow::Result<()> {
    match process::allow_many_files() {
        Ok(most) => tracing::debug!(?most, "open files"),
        Err(error) => tracing::warn!(%error, "the limit of open files stays as it was"),
    }
    let mut endpoints = Endpoints::default();
    for pair in &serve_args.provider_origins {
        let (provider, origin) = pair.split_once('=').context("write PROVIDER=ORIGIN")?;
        endpoints = match provider.split_once('/') {
            None => endpoints.overridden(provider.parse()?, origin)?,
            Some((provider, host)) => {
                let host = hosts::named(provider.parse()?, host).context("that provider has no such host")?;
                endpoints.host_overridden(host, origin)?
            }
        };
    }
    let tls = match (&serve_args.tls_certificate, &serve_args.tls_key) {
        (Some(certificate), Some(key)) => Some(Tls { certificate: certificate.clone(), key: key.clone() }),
        _ => None,
    };
    let settings = Settings {
        name: serve_args.name.clone(),
        public_url: serve_args.public_url.trim_end_matches('/').to_owned(),
        contact: serve_args.contact.clone(),
        egress_addresses: serve_args.egress.clone(),
        most_calls: serve_args.most_calls,
    };
    let agency = Agency::open(settings.config(data, endpoints))?;
    ownkey_agency::store::write(&data.join("settings.json"), &serde_json::to_vec_pretty(&settings)?)?;
    let listener = std::net::TcpListener::bind(serve_args.listen)?;
    if let Some(address) = serve_args.metrics_listen {
        tokio::spawn(serve_metrics(agency.clone(), std::net::TcpListener::bind(address)?));
    }
    tracing::info!(address = %listener.local_addr()?, url = settings.public_url, "serving");
    if let Some(receiver) = serve_args.webhook.clone() {
        let keys = webhook::Keys::open(&data.join("keys").join("webhook.key")).context("the key of webhooks")?;
        webhook::start(&agency, receiver, keys)?;
    }
    let (done, ended) = tokio::sync::oneshot::channel();
    let telling = serve_args.otlp.clone().map(|to| spans::export(&agency, &to, ended)).transpose()?.map(tokio::spawn);
    let served = serve(agency, listener, tls, stopped()).await;
    drop(done);
    if let Some(telling) = telling {
        telling.await?;
    }
    served
}

async fn stopped() {
    let mut terminated = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(_) => return,
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}

/// What the last `serve` was told; so that commands without a running server say the same.
#[derive(serde::Serialize, serde::Deserialize)]
struct Settings {
    name: String,
    public_url: String,
    contact: String,
    egress_addresses: Vec<String>,
    #[serde(default = "most_calls")]
    most_calls: usize,
}

fn most_calls() -> usize {
    MOST_CALLS
}

impl Settings {
    fn config(&self, data: &std::path::Path, endpoints: Endpoints) -> Config {
        Config {
            data_dir: data.to_path_buf(),
            name: self.name.clone(),
            public_url: self.public_url.clone(),
            contact: self.contact.clone(),
            egress_addresses: self.egress_addresses.clone(),
            most_calls: self.most_calls,
            endpoints,
        }
    }
}

/// Opens the store itself, under its lock: for commands without a running server.
fn alone(data: &std::path::Path) -> anyhow::Result<std::sync::Arc<Agency>> {
    let settings = std::fs::read(data.join("settings.json"))
        .with_context(|| format!("no server was ever started in {}: run `serve` once first", data.display()))?;
    let settings: Settings = serde_json::from_slice(&settings)?;
    Agency::open(settings.config(data, Endpoints::default()))
}

async fn platform_key(data: &std::path::Path, provider: Provider, secret: &Secret) -> anyhow::Result<operator::Answer> {
    match socket::send_key(data, &operator_name(), provider, secret)? {
        Some(answer) => Ok(answer),
        None => Ok(operator::set_platform_key(&*alone(data)?, &operator_name(), provider, secret)),
    }
}

fn command(what: What) -> anyhow::Result<Command> {
    Ok(match what {
        What::Client { what: Client::Add { name } } => Command::ClientAdd { name },
        What::Client { what: Client::List } => Command::ClientList {},
        What::Client { what: Client::End { client } } => Command::ClientEnd { client },
        What::Invite { client, name } => Command::Invite { client, name },
        What::Assistant { what: Assistant::Add { client, name, uses, low_stakes } } => {
            Command::AssistantAdd { client, name, uses, low_stakes }
        }
        What::Assistant { what: Assistant::Token { client, assistant, name, uses, expires } } => {
            let uses = (!uses.is_empty()).then_some(uses);
            Command::AssistantToken { client, assistant, name, uses, expires }
        }
        What::Assistant { what: Assistant::Rotate { client, assistant, name, overlap_hours, expires } } => {
            Command::AssistantTokenRotate { client, assistant, name, overlap_hours, expires }
        }
        What::Assistant { what: Assistant::List { client } } => Command::AssistantList { client },
        What::Assistant { what: Assistant::Remove { client, assistant } } => {
            Command::AssistantRemove { client, assistant }
        }
        What::Fallback { client, r#use, fallback, until, cap } => {
            let fallback = match fallback.as_str() {
                "stop" => Fallback::Stop,
                "platform" => Fallback::Platform,
                _ => bail!("fallback is `stop` or `platform`"),
            };
            Command::FallbackSet { client, r#use, fallback, until, cap }
        }
        What::Offer { client, r#use, withdraw, until, cap } => {
            Command::PlatformOffer { client, r#use, offered: !withdraw, until, cap }
        }
        What::Agreement { client, when } => Command::AgreementPropose { client, schedule: when.schedule() },
        What::Usage { client, month, from, to, group, csv: _ } => {
            let of_month =
                |month: Month| (month.begin(), Month::of(month.begin().plus_millis(32 * 86_400_000)).begin());
            let (from, to) = month.map(of_month).map_or((from, to), |(from, to)| (Some(from), Some(to)));
            Command::Usage { client, from, to, group }
        }
        What::Rotations => Command::Rotations {},
        What::Identity => Command::Identity {},
        What::Serve(_) | What::PlatformKey { .. } => bail!("not a command of the socket"),
    })
}

fn operator_name() -> String {
    std::env::var("USER").unwrap_or_else(|_| "operator".to_owned())
}

#[expect(clippy::print_stdout, reason = "the answer of a command belongs on standard output")]
fn show_csv(answer: operator::Answer) -> anyhow::Result<()> {
    print!("{}", operator::usage::csv(&answer.map_err(anyhow::Error::msg)?));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of a command belongs on standard output")]
fn show(answer: operator::Answer, json: bool) -> anyhow::Result<()> {
    let value = answer.map_err(anyhow::Error::msg)?;
    if json {
        println!("{value}");
        return Ok(());
    }
    let rows = match value {
        serde_json::Value::Array(rows) => rows,
        one => vec![one],
    };
    for row in rows {
        let Some(fields) = row.as_object() else { continue };
        for (name, value) in fields {
            let text = match value {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Array(list) if name == "words" => {
                    list.iter().filter_map(|w| w.as_str()).collect::<Vec<_>>().join(" ")
                }
                other => other.to_string(),
            };
            println!("{name:12} {text}");
        }
        println!();
    }
    Ok(())
}
