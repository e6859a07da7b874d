//! What stands between the load and the provider: each as a process of its own, ended when dropped.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::bench::tree;
use crate::drive::free_port;

/// A running process tree and the address that calls go to.
pub(super) struct Proxy {
    child: Child,
    /// Where `wrk` sends its calls.
    pub url: String,
    /// What stands in the place of a key.
    pub token: String,
    /// More headers, `name=value;…`.
    pub headers: String,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ended_already = Command::new("kill").arg(self.child.id().to_string()).status();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(5) {
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ended_already = self.child.kill();
        let _ended_already = self.child.wait();
    }
}

impl Proxy {
    /// Starts a program and waits until something listens on `port`.
    ///
    /// # Errors
    /// When nothing does within a minute.
    pub(super) fn start(command: &mut Command, port: u16, url: String) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn();
        let child = child.with_context(|| format!("{command:?}"))?;
        let mut proxy = Self { child, url, token: "none".to_owned(), headers: String::new() };
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if begun.elapsed() > Duration::from_secs(60) || proxy.child.try_wait()?.is_some() {
                bail!("nothing listens: {command:?}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(proxy)
    }

    /// Processor time of the whole tree so far, in seconds.
    pub(super) fn cpu(&self) -> f64 {
        tree(self.child.id()).into_iter().filter_map(cpu).sum()
    }

    /// Resident memory of the whole tree, in MB.
    pub(super) fn resident(&self) -> f64 {
        tree(self.child.id()).into_iter().filter_map(resident).sum()
    }
}

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
    let url = format!("http://127.0.0.1:{port}/v1/chat/completions");
    Proxy::start(Command::new("nginx").arg("-c").arg(file).arg("-p").arg(&place), port, url)
}

fn cpu(process: u32) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

fn resident(process: u32) -> Option<f64> {
    let text = std::fs::read_to_string(PathBuf::from(format!("/proc/{process}/status"))).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok()? / 1_024.0)
}
