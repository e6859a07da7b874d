//! `provider-sim`: the five providers on loopback until Ctrl-C, for scripts and for looking around.
//!
//! Prints one JSON line with the origins; keys are made on each `/console` page or by `POST /_sim/keys`.

use clap::Parser;
use ownkey_provider_sim::{Provider, Sims, SimsConfig};
use std::io::Write;

/// The five providers on 127.0.0.1.
#[derive(Parser)]
struct Options {
    /// The first of five ports in a row (OpenAI, Anthropic, Gemini, Stability, Replicate); 0 takes any free ones.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Everything that looks random is made from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let options = Options::parse();
    let mut config = SimsConfig { seed: options.seed, ..SimsConfig::default() };
    if options.port != 0 {
        for (port, step) in config.ports.iter_mut().zip(0u16..) {
            *port = options.port.checked_add(step).ok_or_else(|| std::io::Error::other("the ports end at 65535"))?;
        }
    }
    let sims = Sims::start(config).await?;
    let origins: serde_json::Map<String, serde_json::Value> =
        Provider::ALL.into_iter().map(|one| (one.as_str().to_owned(), sims.origin(one).into())).collect();
    let mut out = std::io::stdout();
    writeln!(out, "{}", serde_json::json!({ "sims": origins }))?;
    out.flush()?;
    tokio::signal::ctrl_c().await?;
    sims.stop().await;
    Ok(())
}
