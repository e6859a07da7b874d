//! Driving the real window as a person would: click what is there, read what is there (WebKitWebDriver).

use std::collections::HashMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use ownkey_protocol::vocabulary::Use;
use serde_json::json;
use tokio::process::{Child, Command};

/// How long a person would wait before calling somebody.
const PATIENCE: Duration = Duration::from_secs(30);

/// Hears of each step that is done.
type Teller = Box<dyn FnMut(&str) + Send>;

/// A window under test.
pub struct Window {
    client: Client,
    driver: Child,
    actions: AtomicU32,
    told: Mutex<Option<Teller>>,
}

impl Window {
    /// Starts the driver and, through it, the app.
    ///
    /// # Errors
    /// When driver or app do not start.
    pub async fn open(app: &Path, environment: &[(&'static str, PathBuf)]) -> Result<Self> {
        let (port, native) = (free_port()?, free_port()?);
        let mut driver = Command::new("tauri-driver")
            .args(["--port", &port.to_string(), "--native-port", &native.to_string()])
            .envs(environment.iter().map(|(k, v)| (k, v)))
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("tauri-driver")?;
        let capabilities: HashMap<String, serde_json::Value> =
            [("tauri:options".to_owned(), json!({ "application": app }))].into_iter().collect();
        let capabilities = capabilities.into_iter().collect();
        let begun = Instant::now();
        let address = format!("http://127.0.0.1:{port}");
        let client = loop {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            match builder.capabilities(Clone::clone(&capabilities)).connect(&address).await {
                Ok(client) => break client,
                Err(error) if begun.elapsed() > PATIENCE => {
                    let _gone = end(&mut driver).await;
                    bail!("the window did not open: {error}");
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        };
        Ok(Self { client, driver, actions: AtomicU32::new(0), told: Mutex::default() })
    }

    /// How often something was clicked or typed so far.
    pub fn actions(&self) -> u32 {
        self.actions.load(Ordering::Relaxed)
    }

    /// Closes the window and the driver.
    ///
    /// # Errors
    /// When the driver does not end.
    pub async fn close(mut self) -> Result<()> {
        let _closed_already = self.client.close().await;
        end(&mut self.driver).await
    }

    /// The element with this `data-testid`, as soon as it is there.
    ///
    /// # Errors
    /// When it is not within the patience of a person.
    pub async fn find(&self, id: &str) -> Result<Element> {
        self.find_css(&format!("[data-testid=\"{id}\"]")).await
    }

    /// The first element that a CSS selector finds, as soon as it is there.
    ///
    /// # Errors
    /// When it is not within the patience of a person.
    pub async fn find_css(&self, selector: &str) -> Result<Element> {
        let begun = Instant::now();
        loop {
            if let Ok(element) = self.client.find(Locator::Css(selector)).await {
                return Ok(element);
            }
            if begun.elapsed() > PATIENCE {
                let text = self.text().await.unwrap_or_default();
                bail!("{selector} did not appear. The window says:\n{text}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether an element with this `data-testid` is there now.
    pub async fn has(&self, id: &str) -> bool {
        self.has_css(&format!("[data-testid=\"{id}\"]")).await
    }

    /// Whether a CSS selector finds anything now.
    pub async fn has_css(&self, selector: &str) -> bool {
        self.client.find(Locator::Css(selector)).await.is_ok()
    }

    /// Clicks the element with this `data-testid` as soon as it is there and enabled.
    ///
    /// # Errors
    /// When it cannot be clicked within the patience of a person.
    pub async fn click(&self, id: &str) -> Result<()> {
        let begun = Instant::now();
        loop {
            let element = self.find(id).await?;
            let enabled = element.is_enabled().await.unwrap_or(false);
            if enabled && self.in_sight(&element).await.is_ok() && element.click().await.is_ok() {
                self.actions.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                bail!("{id} cannot be clicked. The window says:\n{}", self.text().await.unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Scrolls an element into sight and waits until it rests there: a click on something that still moves hits nothing.
    async fn in_sight(&self, element: &Element) -> Result<()> {
        let script = "const [element, done] = arguments;
            element.scrollIntoView({ block: 'nearest' });
            requestAnimationFrame(() => requestAnimationFrame(() => done(null)));";
        self.client.execute_async(script, vec![serde_json::to_value(element)?]).await?;
        Ok(())
    }

    /// Walks with the Tab key until the element with this `data-testid` has the focus, then presses `key`: `Return` or
    /// `space`.
    ///
    /// # Errors
    /// When Tab never gets there.
    pub async fn press(&self, id: &str, key: &str) -> Result<()> {
        self.press_css(&format!("[data-testid=\"{id}\"]"), key).await
    }

    /// As [`Self::press`], by a CSS selector.
    ///
    /// # Errors
    /// When Tab never gets there.
    pub async fn press_css(&self, selector: &str, key: &str) -> Result<()> {
        let begun = Instant::now();
        while !self.has_css(&format!("{selector}:not(:disabled)")).await {
            if begun.elapsed() > PATIENCE {
                bail!("{selector} is not there. The window says:\n{}", self.text().await.unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for _ in 0..80 {
            if self.has_css(&format!("{selector}:focus")).await {
                let pressed = if key == "space" { " ".to_owned() } else { char::from(Key::Enter).to_string() };
                self.client.active_element().await?.send_keys(&pressed).await?;
                self.actions.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            self.client.active_element().await?.send_keys(&char::from(Key::Tab).to_string()).await?;
        }
        bail!("Tab does not reach {selector}")
    }

    /// Types into the element with this `data-testid`.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn type_into(&self, id: &str, text: &str) -> Result<()> {
        let element = self.find(id).await?;
        element.send_keys(text).await?;
        self.actions.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Waits until an attribute of the element with this `data-testid` is `value`.
    ///
    /// # Errors
    /// When it is not within the patience of a person.
    pub async fn wait_attribute(&self, id: &str, name: &str, value: &str) -> Result<()> {
        self.find_css(&format!("[data-testid=\"{id}\"][{name}=\"{value}\"]")).await.map(|_| ())
    }

    /// All words in the window.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn text(&self) -> Result<String> {
        Ok(self.client.find(Locator::Css("body")).await?.text().await?)
    }

    /// Runs a script in the page and gives what it returns.
    ///
    /// # Errors
    /// When the script fails.
    pub async fn run(&self, script: &str) -> Result<serde_json::Value> {
        Ok(self.client.execute(script, vec![]).await?)
    }

    /// Chooses an option of the select with this `data-testid` by its value.
    ///
    /// # Errors
    /// When there is no such option.
    pub async fn choose(&self, id: &str, value: &str) -> Result<()> {
        self.find(id).await?;
        let script = "const [id, value] = arguments;
            const select = document.querySelector(`[data-testid=\"${id}\"]`);
            select.value = value;
            select.dispatchEvent(new Event('change', { bubbles: true }));";
        self.client.execute(script, vec![json!(id), json!(value)]).await?;
        Ok(())
    }

    /// What axe-core (its source in `axe`) finds on the page: rule and element, nothing when all is well.
    ///
    /// # Errors
    /// When the script fails.
    pub async fn axe(&self, axe: &str) -> Result<Vec<String>> {
        if self.run("return typeof axe").await? != json!("object") {
            self.client.execute(axe, vec![]).await?;
        }
        let script = "const done = arguments[arguments.length - 1];
            axe.run().then((r) => done(r.violations.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.html))), (e) => done([String(e)]));";
        let found = self.client.execute_async(script, vec![]).await?;
        Ok(serde_json::from_value(found)?)
    }

    /// Sets language and theme by the command that *Settings* sends, and waits until the page is drawn in them and still.
    ///
    /// # Errors
    /// When the page does not follow.
    pub async fn dress(&self, language: &str, theme: &str) -> Result<()> {
        let script = "const [language, theme, done] = arguments;
            window.__TAURI_INTERNALS__.invoke('set_preferences', { preferences: { language, theme } })
                .then(() => done(null), (why) => done(JSON.stringify(why)));";
        let why = self.client.execute_async(script, vec![json!(language), json!(theme)]).await?;
        anyhow::ensure!(why.is_null(), "set_preferences: {why}");
        self.find_css(&format!("html[data-theme=\"{theme}\"][lang=\"{language}\"]")).await?;
        self.still().await
    }

    /// Waits until nothing in the page moves but what moves for ever, and what was drawn last is on the screen.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn still(&self) -> Result<()> {
        let script = "const done = arguments[arguments.length - 1];
            const ends = document.getAnimations().filter((a) =>
                a.effect.getTiming().iterations !== Infinity && a.effect.target.checkVisibility());
            Promise.allSettled(ends.map((a) => a.finished))
                .then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(null))));";
        self.client.execute_async(script, vec![]).await?;
        Ok(())
    }

    /// Makes the window this large, in pixels of the page.
    ///
    /// # Errors
    /// When it does not become so.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.client.set_window_size(width, height).await?;
        self.wait_true(&format!("innerWidth === {width} && innerHeight === {height}")).await
    }

    /// Waits until the app has ended.
    ///
    /// # Errors
    /// When it has not within the patience of a person.
    pub async fn gone(&self) -> Result<()> {
        let begun = Instant::now();
        while self.run("return 1").await.is_ok() {
            anyhow::ensure!(begun.elapsed() < PATIENCE, "the window is still there");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Waits until an expression in the page is true.
    ///
    /// # Errors
    /// When it is not within the patience of a person.
    pub async fn wait_true(&self, expression: &str) -> Result<()> {
        let begun = Instant::now();
        while self.run(&format!("return !!({expression})")).await? != json!(true) {
            if begun.elapsed() > PATIENCE {
                let size = self.run("return [innerWidth, innerHeight]").await?;
                bail!("not true: {expression} ({size}). The window says:\n{}", self.text().await.unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Presses a key with Control held down, wherever the focus is.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn control(&self, key: char) -> Result<()> {
        let chord = format!("{}{key}{}", char::from(Key::Control), char::from(Key::Null));
        self.client.active_element().await?.send_keys(&chord).await?;
        self.actions.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Keeps a picture of the window.
    ///
    /// # Errors
    /// When the picture cannot be taken.
    pub async fn picture(&self, folder: &Path, name: &str) -> Result<()> {
        let place = self.run("return [innerWidth, innerHeight, screenX, screenY]").await?;
        let [width, height, x, y]: [i64; 4] = serde_json::from_value(place)?;
        let crop = format!("{width}x{height}+{x}+{y}");
        let file = folder.join(format!("{name}.png"));
        let words = ["-window", "root", "-crop", &crop, "+repage"];
        let taken = Command::new("import").args(words).arg(&file).status().await?;
        anyhow::ensure!(taken.success(), "import failed");
        Ok(())
    }
}

/// The connect journey in the window, from the invitation to the first call; `told` gets each step and the time since
/// the beginning.
///
/// # Errors
/// When a step does not go as it should.
pub async fn journey(
    window: &Window,
    invite: &str,
    screens: Option<&Path>,
    mut told: impl FnMut(&str, Duration) + Send + 'static,
) -> Result<()> {
    let begun = Instant::now();
    *window.told.lock().unwrap_or_else(PoisonError::into_inner) =
        Some(Box::new(move |step| told(step, begun.elapsed())));
    enrol(window, invite, screens).await?;
    connect(window, "openai", screens).await
}

/// From the welcome screen into the house.
///
/// # Errors
/// When a step does not go as it should.
pub async fn enrol(window: &Window, invite: &str, screens: Option<&Path>) -> Result<()> {
    window.find("join-link").await?;
    step(window, screens, "welcome", "the app says welcome").await?;
    window.type_into("join-link", invite).await?;
    window.click("join-read").await?;
    window.find("join-words").await?;
    step(window, screens, "join", "the invitation is read, six words are shown").await?;
    window.click("join-accept").await?;
    window.find("card-chat").await?;
    step(window, screens, "keys-empty", "joined: the device is enrolled").await
}

/// Connects a provider by a practice key, through the low-stakes assistant, up to *in use*.
///
/// # Errors
/// When a step does not go as it should.
pub async fn connect(window: &Window, provider: &str, screens: Option<&Path>) -> Result<()> {
    begin(window, provider).await?;
    if provider == "openai" {
        window.click("how-by-hand").await?;
    }
    window.click("practice-key").await?;
    step(window, screens, &format!("connect-{provider}-key"), "a practice key is on the clipboard").await?;
    window.click("paste-key").await?;
    if provider == "stability" {
        window.click("paste-sure").await?;
    }
    from_checks_to_use(window, provider, screens).await
}

/// Connects OpenAI by *make it for me*, with a practice admin key.
///
/// # Errors
/// When a step does not go as it should.
pub async fn connect_made_for_me(window: &Window, screens: Option<&Path>) -> Result<()> {
    begin(window, "openai").await?;
    window.click("how-made-for-me").await?;
    window.click("practice-key").await?;
    window.click("paste-key").await?;
    window.click("make-key").await?;
    from_checks_to_use(window, "openai-made", screens).await
}

/// As [`connect_made_for_me`], and the admin key stays on this computer.
///
/// # Errors
/// When a step does not go as it should.
pub async fn connect_and_keep_admin(window: &Window) -> Result<()> {
    begin(window, "openai").await?;
    for id in ["how-made-for-me", "practice-key", "paste-key", "keep-admin-key", "make-key"] {
        window.click(id).await?;
    }
    from_checks_to_use(window, "openai-made", None).await
}

async fn begin(window: &Window, provider: &str) -> Result<()> {
    window.click("connect-new").await?;
    window.click(&format!("provider-{provider}")).await?;
    if provider == "openai" {
        for r#use in Use::ALL {
            window.click(&format!("use-{}", r#use)).await?;
        }
    }
    window.click("connect-begin").await
}

async fn from_checks_to_use(window: &Window, name: &str, screens: Option<&Path>) -> Result<()> {
    window.wait_attribute("verdict-key", "data-answer", "yes").await?;
    step(window, screens, &format!("connect-{name}-check"), "the key is pasted and checked").await?;
    window.click("to-review").await?;
    window.wait_attribute("connect-step", "data-step", "review").await?;
    step(window, screens, &format!("connect-{name}-review"), "what the agency will get is shown").await?;
    window.click("seal-and-send").await?;
    window.wait_attribute("receipt-outcome", "data-outcome", "works").await?;
    step(window, screens, &format!("connect-{name}-receipt"), "sealed and sent; the agency's receipt says works")
        .await?;
    window.click("try-start").await?;
    window.wait_attribute("trial", "data-called", "true").await?;
    step(window, screens, &format!("connect-{name}-trial"), "the low-stakes assistant called on it").await?;
    window.click("use-for-all").await?;
    window.find_css("[data-testid=\"first-calls\"]:not([data-count=\"0\"])").await?;
    step(window, screens, &format!("connect-{name}-done"), "used for all; the first call has arrived").await?;
    window.click("connect-finish").await?;
    window.find("card-chat").await?;
    step(window, screens, &format!("keys-{name}"), "the home shows who pays").await
}

/// A step is done: a picture of it, and a word to whoever listens.
async fn step(window: &Window, screens: Option<&Path>, name: &str, done: &str) -> Result<()> {
    if let Some(told) = window.told.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        told(done);
    }
    match screens {
        Some(folder) => window.picture(folder, name).await,
        None => Ok(()),
    }
}

/// Asks the driver to end, so that it ends the native driver that it started; one that does not listen is killed.
async fn end(driver: &mut Child) -> Result<()> {
    if let Some(id) = driver.id() {
        Command::new("kill").arg(id.to_string()).status().await?;
    }
    if tokio::time::timeout(Duration::from_secs(5), driver.wait()).await.is_err() {
        driver.kill().await?;
    }
    Ok(())
}

/// A free port on loopback.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
