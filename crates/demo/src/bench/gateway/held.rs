//! The gateway's memory while very many callers hold connections, and while very many read streams. Each caller is a
//! task with a socket of its own; none shares a connection.

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::stands::{self, Programs};

/// Connections that are open, and those of them on which a call is on its way at any time.
const CONNECTIONS: usize = 10_000;
const IN_USE: usize = 1_000;
/// The provider's time for each call on them, in milliseconds.
const DELAY: u64 = 50;
/// Streams that are open, and milliseconds between two events of each.
const STREAMS: usize = 2_000;
const BETWEEN: u64 = 1_000;
/// How long they are held. The gateway closes a connection that is unused for 15 s: none may have to be opened again.
const HOLD: Duration = Duration::from_secs(5);
/// The longest that opening them all may take, and that one answer may.
const OPENING: Duration = Duration::from_secs(60);
const ANSWER: Duration = Duration::from_secs(20);
/// Tasks that open connections, one after the other each: more at once would overflow what the system queues.
const OPENERS: usize = 200;
/// Files that this process, the gateway and the provider need beside the connections.
const MORE_FILES: u64 = 2_000;

/// What was measured while connections were held.
#[derive(Debug, Serialize)]
pub struct Held {
    /// The case.
    pub case: &'static str,
    /// Connections from callers that were open all the time.
    pub connections: usize,
    /// Calls that were answered on them, or events that came.
    pub answered: usize,
    /// The most memory of the gateway that was resident at any time, in MB. Bars: 64 with connections, 256 with streams.
    pub rss_mb: f64,
}

/// Measures both cases, each with a gateway of its own.
///
/// # Errors
/// When files run out, a call fails, or a connection is closed.
pub(super) async fn measure(programs: &Programs, folder: &Path, token: &str) -> Result<[Held; 2]> {
    let files = ownkey_agency::process::allow_many_files()?;
    let needed = CONNECTIONS as u64 + MORE_FILES;
    if files.is_some_and(|files| files < needed) {
        bail!("this needs {needed} open files and may have {files:?}: raise the hard limit (ulimit -Hn)");
    }
    Ok([connections(programs, folder, token).await?, streams(programs, folder, token).await?])
}

async fn connections(programs: &Programs, folder: &Path, token: &str) -> Result<Held> {
    let provider = stands::provider(&programs.demo, DELAY, 0)?;
    let gateway = stands::ownkey(&programs.agency, folder, provider.port, token)?;
    let request: &'static [u8] = request(token, gateway.port, false).leak();
    let mut open = open_all(CONNECTIONS, gateway.port, request, false).await?;
    let mut busy = JoinSet::new();
    let until = Instant::now() + HOLD;
    for caller in open.drain(..IN_USE) {
        busy.spawn(keep_calling(caller, request, until));
    }
    let mut answered = CONNECTIONS;
    let mut still = Vec::with_capacity(IN_USE);
    while let Some(ended) = busy.join_next().await {
        let (caller, calls) = ended??;
        answered += calls;
        still.push(caller);
    }
    let rss_mb = gateway.most_memory();
    still.extend(open);
    let connections = still.len();
    for caller in still {
        caller.stayed_open()?;
    }
    Ok(Held { case: "10,000 connections, 1,000 in use", connections, answered, rss_mb })
}

async fn keep_calling(mut caller: Caller, request: &[u8], until: Instant) -> Result<(Caller, usize)> {
    let mut calls = 0;
    while Instant::now() < until {
        caller.call(request).await?;
        calls += 1;
    }
    Ok((caller, calls))
}

async fn streams(programs: &Programs, folder: &Path, token: &str) -> Result<Held> {
    let provider = stands::provider(&programs.demo, 0, BETWEEN)?;
    let gateway = stands::ownkey(&programs.agency, folder, provider.port, token)?;
    let request: &'static [u8] = request(token, gateway.port, true).leak();
    let open = open_all(STREAMS, gateway.port, request, true).await?;
    let connections = open.len();
    let mut busy = JoinSet::new();
    let until = Instant::now() + HOLD;
    for caller in open {
        busy.spawn(caller.read_events(until));
    }
    let mut answered = 0;
    while let Some(ended) = busy.join_next().await {
        answered += ended??;
    }
    Ok(Held { case: "2,000 open streams", connections, answered, rss_mb: gateway.most_memory() })
}

/// Opens `count` connections, and makes a call on each: to the end of its answer, or to the first event of a stream.
async fn open_all(count: usize, port: u16, request: &'static [u8], stream: bool) -> Result<Vec<Caller>> {
    let mut openers = JoinSet::new();
    for _ in 0..OPENERS {
        openers.spawn(async move {
            let mut open = Vec::with_capacity(count / OPENERS);
            for _ in 0..count / OPENERS {
                let mut caller = Caller::open(port).await?;
                if stream {
                    caller.begin_stream(request).await?
                } else {
                    caller.call(request).await?
                }
                open.push(caller);
            }
            anyhow::Ok(open)
        });
    }
    let all = async {
        let mut open = Vec::with_capacity(count);
        while let Some(opened) = openers.join_next().await {
            open.extend(opened??);
        }
        anyhow::Ok(open)
    };
    let open = tokio::time::timeout(OPENING, all).await.context("the connections took too long to open")??;
    ensure!(open.len() == count, "{} of {count} connections are open", open.len());
    Ok(open)
}

/// One connection, and what came on it that belongs to no answer yet.
struct Caller {
    stream: TcpStream,
    held: Vec<u8>,
}

impl Caller {
    async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, held: Vec::new() })
    }

    /// A call, and its whole answer.
    async fn call(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await?;
        let head = self.head().await?;
        let length = header(&head, "content-length").and_then(|length| length.parse().ok()).context("no length")?;
        while self.held.len() < length {
            self.more().await?;
        }
        self.held = Vec::new();
        Ok(())
    }

    /// A call, and its answer until the first event.
    async fn begin_stream(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await?;
        self.head().await?;
        while events(&self.held) == 0 {
            self.more().await?;
        }
        Ok(())
    }

    /// Reads a stream on, and counts its events; one must come each time that the provider sends one.
    async fn read_events(mut self, until: Instant) -> Result<usize> {
        while tokio::time::timeout_at(until, self.more()).await.map_or(Ok(false), |more| more.map(|()| true))? {}
        let came = events(&self.held);
        let due = usize::try_from(HOLD.as_millis() / u128::from(BETWEEN))?;
        ensure!(came >= due, "{came} events came in a stream, {due} were due");
        Ok(came)
    }

    /// Reads to the end of an answer's head, which must be a success.
    async fn head(&mut self) -> Result<String> {
        loop {
            if let Some(end) = self.held.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head = String::from_utf8(self.held.drain(..end + 4).collect())?;
                ensure!(head.starts_with("HTTP/1.1 200 "), "a call failed: {head}");
                return Ok(head);
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Result<()> {
        let read = tokio::time::timeout(ANSWER, self.stream.read_buf(&mut self.held)).await.context("no answer")??;
        ensure!(read > 0, "the gateway closed a connection");
        Ok(())
    }

    /// An error when the gateway has closed the connection, or says something unasked.
    fn stayed_open(self) -> Result<()> {
        let mut stream = self.stream.into_std()?;
        match stream.read(&mut [0]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            other => bail!("a connection did not stay open: {other:?}"),
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let of = |line: &'a str| line.split_once(':').filter(|(key, _)| key.eq_ignore_ascii_case(name));
    head.lines().find_map(of).map(|(_, value)| value.trim())
}

fn events(text: &[u8]) -> usize {
    text.windows(6).filter(|bytes| *bytes == b"data: ").count()
}

/// A chat completion of two kilobytes.
fn request(token: &str, port: u16, stream: bool) -> Vec<u8> {
    let words = "word ".repeat(380);
    let stream = if stream { ",\"stream\":true" } else { "" };
    let body =
        format!("{{\"model\":\"gpt-4o-mini\"{stream},\"messages\":[{{\"role\":\"user\",\"content\":\"{words}\"}}]}}");
    format!(
        "POST {} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        stands::OURS,
        body.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_callers_read_is_understood() {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n";
        assert_eq!(header(head, "content-length"), Some("12"));
        assert_eq!(header(head, "content-type"), None);
        assert_eq!(events(b"7\r\ndata: a\r\n7\r\ndata: b\r\n"), 2);
        assert!(request("okg_1", 1, true).ends_with(b"]}"));
    }
}
