//! What is on the screen, and when it came there: frames of the X display's root window.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

/// Every so many pixels one is kept; a prime, so that columns do not line up.
const EVERY: usize = 7;
/// A frame is the same as another when at most this many of a thousand kept pixels differ: a clock may tick.
const MAY_DIFFER: usize = 5;

/// A display whose screen is watched.
pub(super) struct Screen {
    display: RustConnection,
    root: Window,
    size: (u16, u16),
}

/// Some of the pixels of a screen, at a moment.
#[derive(PartialEq)]
struct Frame(Vec<u8>);

impl Frame {
    fn like(&self, other: &Self) -> bool {
        let pixels = |frame: &Self| frame.0.len() / 4;
        let different = self.0.chunks(4).zip(other.0.chunks(4)).filter(|(a, b)| a != b).count();
        pixels(self) == pixels(other) && different * 1_000 <= MAY_DIFFER * pixels(self)
    }
}

impl Screen {
    /// The display that `DISPLAY` names.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn open() -> Result<Self> {
        let (display, number) = x11rb::connect(None).context("no display: run this through `cargo xtask bench`")?;
        let screen = display.setup().roots.get(number).context("no screen")?;
        let (root, size) = (screen.root, (screen.width_in_pixels, screen.height_in_pixels));
        Ok(Self { display, root, size })
    }

    fn frame(&self) -> Result<Frame> {
        let (width, height) = self.size;
        let image = self.display.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, u32::MAX)?;
        let pixels = image.reply()?.data;
        Ok(Frame(pixels.chunks_exact(4).step_by(EVERY).flatten().copied().collect()))
    }

    /// Watches for `whole`, counted from `begun`: how long it took until the screen first looked as it does at the end.
    ///
    /// # Errors
    /// When nothing was drawn.
    pub(super) fn drawn_after(&self, begun: Instant, whole: Duration) -> Result<Duration> {
        let empty = self.frame()?;
        let mut frames: Vec<(Duration, Frame)> = Vec::new();
        while begun.elapsed() < whole {
            let (at, frame) = (begun.elapsed(), self.frame()?);
            if frames.last().is_none_or(|(_, last)| *last != frame) {
                frames.push((at, frame));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let (_, settled) = frames.last().context("no frame")?;
        ensure!(!settled.like(&empty), "no window appeared within {} s", whole.as_secs());
        let first = frames.iter().find(|(_, frame)| frame.like(settled)).context("no frame")?;
        Ok(first.0)
    }
}
