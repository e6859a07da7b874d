//! The load: `wrk`, with connections that are kept, and what it says.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::proxies::Proxy;

/// What `wrk` is told: a body of two kilobytes, and to say what it saw as one line of JSON.
const SCRIPT: &str = r#"
local words = string.rep("word ", 380)
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer " .. os.getenv("TOKEN")
for name, value in string.gmatch(os.getenv("HEADERS") or "", "([^=;]+)=([^;]+)") do wrk.headers[name] = value end
local stream = os.getenv("STREAM") == "1" and ',"stream":true' or ""
wrk.body = '{"model":"gpt-4o-mini"' .. stream .. ',"messages":[{"role":"user","content":"' .. words .. '"}]}'
done = function(summary, latency, requests)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout + summary.errors.status
  io.write(string.format('\n{"calls":%d,"failed":%d,"seconds":%f,"p50_us":%f,"p99_us":%f}\n', summary.requests, bad,
    summary.duration / 1e6, latency:percentile(50), latency:percentile(99)))
end
"#;

/// What one run saw.
#[derive(Debug, Clone, Copy, Serialize, serde::Deserialize)]
pub(super) struct Seen {
    /// Calls that were answered.
    pub calls: u64,
    /// Answers other than a success, and calls without one.
    pub failed: u64,
    /// How long it ran.
    pub seconds: f64,
    /// Half of the calls took at most this.
    pub p50_us: f64,
    /// All but one of a hundred took at most this.
    pub p99_us: f64,
}

/// One run.
///
/// # Errors
/// When `wrk` is not there, or calls failed.
pub(super) fn run(folder: &Path, proxy: &Proxy, stream: bool, seconds: u32) -> Result<Seen> {
    let Proxy { url, token, headers, connections: (bodies, streams), .. } = proxy;
    let connections = if stream { streams } else { bodies };
    let script = folder.join("load.lua");
    std::fs::write(&script, SCRIPT)?;
    let output = Command::new("wrk")
        .args(["-t1", &format!("-c{connections}"), &format!("-d{seconds}s"), "--timeout", "20s", "-s"])
        .arg(&script)
        .arg(url)
        .envs([("TOKEN", token.as_str()), ("HEADERS", headers), ("STREAM", if stream { "1" } else { "0" })])
        .output()
        .context("wrk")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().rfind(|line| line.starts_with('{')).with_context(|| format!("wrk said: {text}"))?;
    let seen: Seen = serde_json::from_str(line)?;
    ensure!(seen.failed == 0 && seen.calls > 0, "{url}: calls failed: {seen:?}");
    Ok(seen)
}
