//! A provider that costs almost nothing, so that what is measured is what stands in front of it: it reads a request to
//! its end and answers with two kilobytes of a chat completion, or with a stream of two hundred events.

use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Events in a stream, before the one with usage.
pub(super) const EVENTS: usize = 200;

/// How a provider takes its time.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Until an answer begins.
    pub delay: Duration,
    /// Between two events of a stream; the first comes with the head.
    pub between: Duration,
}

impl Pace {
    async fn wait(time: Duration) {
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
    }
}

/// Serves for ever, at this pace, on as many connections as the system allows.
///
/// # Errors
/// When the address is taken.
pub async fn serve(address: &str, pace: Pace) -> Result<()> {
    let _what_there_is_will_do = ownkey_agency::process::allow_many_files();
    let listener = TcpListener::bind(address).await?;
    let whole: &'static [u8] = whole().leak();
    let events: &'static [Vec<u8>] = events().leak();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let _hung_up = answer(stream, pace, whole, events).await;
        });
    }
}

async fn answer(mut stream: TcpStream, pace: Pace, whole: &[u8], events: &[Vec<u8>]) -> Result<()> {
    let mut held = Vec::with_capacity(16 * 1024);
    let mut piece = [0; 16 * 1024];
    loop {
        let (end, streams) = loop {
            if let Some(found) = request(&held) {
                break found;
            }
            match stream.read(&mut piece).await? {
                0 => return Ok(()),
                n => held.extend_from_slice(&piece[..n]),
            }
        };
        held.drain(..end);
        Pace::wait(pace.delay).await;
        if streams {
            for (number, event) in events.iter().enumerate() {
                if number > 1 {
                    Pace::wait(pace.between).await;
                }
                stream.write_all(event).await?;
            }
        } else {
            stream.write_all(whole).await?;
        }
    }
}

/// Where a whole request ends, and whether it asks for a stream.
fn request(held: &[u8]) -> Option<(usize, bool)> {
    let head = held.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&held[..head]).ok()?.to_ascii_lowercase();
    if text.contains("transfer-encoding: chunked") {
        let end = held[head..].windows(5).position(|w| w == b"0\r\n\r\n")? + head + 5;
        return Some((end, asks_for_stream(&held[head..end])));
    }
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.and_then(|n| n.trim().parse().ok()).unwrap_or(0);
    let end = head + length;
    (held.len() >= end).then(|| (end, asks_for_stream(&held[head..end])))
}

fn asks_for_stream(body: &[u8]) -> bool {
    let has = |text: &[u8]| body.windows(text.len()).any(|w| w == text);
    has(b"\"stream\":true") || has(b"\"stream\": true")
}

fn whole() -> Vec<u8> {
    let text = "word ".repeat(340);
    let body = format!(
        "{{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"gpt-4o-mini\",\"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"{text}\"}},\"finish_reason\":\"stop\"}}],\"usage\":{{\"prompt_tokens\":400,\"completion_tokens\":340,\"total_tokens\":740}}}}"
    );
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

fn events() -> Vec<Vec<u8>> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = |data: &str| {
        let event = format!("data: {data}\n\n");
        format!("{:x}\r\n{event}\r\n", event.len()).into_bytes()
    };
    let start = "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-4o-mini\"";
    let mut all = vec![head.as_bytes().to_vec()];
    for number in 0..EVENTS {
        all.push(chunk(&format!(
            "{start},\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"word{number}\"}},\"finish_reason\":null}}],\"usage\":null}}"
        )));
    }
    let usage = "\"usage\":{\"prompt_tokens\":400,\"completion_tokens\":200,\"total_tokens\":600}";
    all.push(chunk(&format!("{start},\"choices\":[],{usage}}}")));
    let mut end = chunk("[DONE]");
    end.extend_from_slice(b"0\r\n\r\n");
    all.push(end);
    all
}
