//! What may stand between the load and the provider: nginx that adds a header, Portkey's gateway, the LiteLLM proxy, and
//! Ownkey's gateway. Each as its makers start it, with one worker where that can be said, and nothing kept on disk but
//! Ownkey's book.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::proxies::Proxy;
use crate::drive::free_port;

/// The programs that are measured.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The release build of `ownkey-agency`.
    pub agency: PathBuf,
    /// The release build of `ownkey-demo`: it is the provider too.
    pub demo: PathBuf,
    /// The script of Portkey's server, for `node`.
    pub portkey: PathBuf,
    /// The program `litellm`.
    pub litellm: PathBuf,
}

/// Connections to LiteLLM that call at the same time, and that read a stream: fewer than to the others, because calls that
/// are cut off at the end of a run cost it processor time and count as none.
const FEW: (u32, u32) = (16, 4);
/// Its first calls take seconds, and it answers so few a second that they are counted for longer.
const WARM: u32 = 5;
const LONGER: u32 = 2;

/// nginx that adds a header and keeps its connections to the provider.
///
/// # Errors
/// When it does not start.
pub(super) fn nginx(folder: &Path, upstream: u16) -> Result<Proxy> {
    let port = free_port()?;
    let place = folder.join("nginx");
    std::fs::create_dir_all(&place)?;
    let text = format!(
        "daemon off; worker_processes 1; pid {place}/pid; error_log {place}/error.log;\n\
         events {{ worker_connections 8192; }}\n\
         http {{ access_log off; client_body_temp_path {place}/b; proxy_temp_path {place}/p; fastcgi_temp_path {place}/f;\n\
         uwsgi_temp_path {place}/u; scgi_temp_path {place}/s; keepalive_requests 100000000;\n\
         upstream provider {{ server 127.0.0.1:{upstream}; keepalive 512; keepalive_requests 100000000; }}\n\
         server {{ listen 127.0.0.1:{port}; client_max_body_size 64m; location / {{ proxy_pass http://provider;\n\
         proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_set_header Authorization \"Bearer sk-practice\";\n\
         proxy_buffering off; }} }} }}\n",
        place = place.display()
    );
    let file = place.join("nginx.conf");
    std::fs::write(&file, text)?;
    Proxy::start(Command::new("nginx").arg("-c").arg(file).arg("-p").arg(&place), port, chat(port))
}

/// Portkey's gateway on Node, without the page that shows calls. It refuses a provider on loopback unless told.
///
/// # Errors
/// When it does not start.
pub(super) fn portkey(script: &Path, upstream: u16) -> Result<Proxy> {
    let port = free_port()?;
    let mut command = Command::new("node");
    command.arg(script).args(["--headless", &format!("--port={port}")]);
    command.env("NODE_ENV", "production").env("TRUSTED_CUSTOM_HOSTS", "127.0.0.1");
    let mut proxy = Proxy::start(&mut command, port, chat(port))?;
    proxy.headers = format!("x-portkey-provider=openai;x-portkey-custom-host=http://127.0.0.1:{upstream}/v1");
    Ok(proxy)
}

/// The LiteLLM proxy with one model, one worker and no database. Its one key is the master key that it asks for.
///
/// # Errors
/// When it does not start.
pub(super) fn litellm(program: &Path, folder: &Path, upstream: u16) -> Result<Proxy> {
    const KEY: &str = "sk-bench-of-the-gateway";
    let port = free_port()?;
    let file = folder.join("litellm.yaml");
    let text = format!(
        "model_list:\n- model_name: gpt-4o-mini\n  litellm_params:\n    model: openai/gpt-4o-mini\n    \
         api_base: http://127.0.0.1:{upstream}/v1\n    api_key: sk-practice\n"
    );
    std::fs::write(&file, text)?;
    let mut command = Command::new(program);
    command.arg("--config").arg(file).args(["--host", "127.0.0.1", "--port", &port.to_string()]);
    command.args(["--num_workers", "1"]).env("LITELLM_MASTER_KEY", KEY).env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
    command.env("LITELLM_LOG", "ERROR").current_dir(folder);
    let mut proxy = Proxy::start(&mut command, port, chat(port))?;
    KEY.clone_into(&mut proxy.token);
    proxy.connections = FEW;
    (proxy.warm, proxy.longer) = (WARM, LONGER);
    Ok(proxy)
}

/// The gateway as it is shipped.
///
/// # Errors
/// When it does not start.
pub(super) fn ownkey(program: &Path, folder: &Path, upstream: u16, token: &str) -> Result<Proxy> {
    let port = free_port()?;
    let origin = format!("http://127.0.0.1:{port}");
    let mut command = Command::new(program);
    command.arg("--data").arg(folder.join("agency"));
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--public-url", &origin]);
    command.args(["--name", "Bench", "--contact", "Bench", "--provider-origin"]);
    command.arg(format!("openai=http://127.0.0.1:{upstream}")).env("RUST_LOG", "warn");
    let mut proxy = Proxy::start(&mut command, port, format!("{origin}{OURS}"))?;
    token.clone_into(&mut proxy.token);
    std::thread::sleep(std::time::Duration::from_millis(200));
    Ok(proxy)
}

/// Where the gateway takes chat completions for OpenAI.
pub(super) const OURS: &str = "/gateway/openai/v1/chat/completions";

fn chat(port: u16) -> String {
    format!("http://127.0.0.1:{port}/v1/chat/completions")
}

/// The provider, which is nothing in between: calls go to it directly.
///
/// # Errors
/// When it does not start.
pub(super) fn provider(demo: &Path, delay: u64, between: u64) -> Result<Proxy> {
    let port = free_port()?;
    let mut command = Command::new(demo);
    command.args(["--bench-provider", &format!("127.0.0.1:{port}")]);
    command.args(["--bench-delay", &delay.to_string(), "--bench-between", &between.to_string()]);
    Proxy::start(&mut command, port, chat(port))
}
