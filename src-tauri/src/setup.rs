//! Where this copy of the app keeps its things. A practice build can be told other places by its environment, so that
//! it never meets an installed Ownkey.

use std::path::PathBuf;

use ownkey_app::Setup;
use ownkey_providers::endpoints::Endpoints;

/// Names and places.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) name: String,
    /// Another identifier than the installed app's.
    pub(crate) identifier: Option<&'static str>,
    pub(crate) keychain_service: String,
    pub(crate) single_instance: bool,
    #[cfg(feature = "practice")]
    pub(crate) practice: Option<practice::Practice>,
}

impl Place {
    fn installed() -> Self {
        Self {
            name: "Ownkey".to_owned(),
            identifier: None,
            keychain_service: "app.ownkey.desktop".to_owned(),
            single_instance: true,
            #[cfg(feature = "practice")]
            practice: None,
        }
    }

    /// An invitation that this copy was started with: as an argument, as systems without a running copy hand over links.
    pub(crate) fn join_link(&self) -> Option<String> {
        #[cfg(feature = "practice")]
        if let Some(link) = self.practice.as_ref().and_then(|p| p.join_link.clone()) {
            return Some(link);
        }
        std::env::args().skip(1).find(|word| word.starts_with("ownkey://"))
    }

    /// The engine's setup; `data_dir` is where the system wants an installed app's data.
    #[cfg(not(feature = "practice"))]
    pub(crate) fn setup(&self, data_dir: PathBuf) -> Setup {
        Setup { data_dir, endpoints: Endpoints::default(), name: self.name.clone(), practice_keys: false }
    }

    /// The engine's setup; `data_dir` is where the system wants an installed app's data.
    #[cfg(feature = "practice")]
    pub(crate) fn setup(&self, data_dir: PathBuf) -> Setup {
        match &self.practice {
            Some(practice) => Setup {
                data_dir: practice.data_dir.clone(),
                endpoints: practice.endpoints.clone(),
                name: self.name.clone(),
                practice_keys: practice.practice_keys,
            },
            None => Setup { data_dir, endpoints: Endpoints::default(), name: self.name.clone(), practice_keys: false },
        }
    }
}

/// The place of an installed app.
///
/// # Errors
/// Never.
#[cfg(not(feature = "practice"))]
pub(crate) fn place() -> Result<Place, String> {
    Ok(Place::installed())
}

/// The place that the environment names (`OWNKEY_PRACTICE`, a JSON file), else that of an installed app.
///
/// # Errors
/// When the file cannot be read, or names a provider that is not on loopback: practice never falls back to the real thing.
#[cfg(feature = "practice")]
pub(crate) fn place() -> Result<Place, String> {
    let Some(file) = std::env::var_os("OWNKEY_PRACTICE") else { return Ok(Place::installed()) };
    let practice = practice::Practice::read(std::path::Path::new(&file))?;
    Ok(Place {
        name: "Ownkey (demo)".to_owned(),
        identifier: Some("app.ownkey.demo"),
        keychain_service: practice.keychain_service.clone(),
        single_instance: false,
        practice: Some(practice),
    })
}

/// Switches core files off and makes the process undumpable (design.md §3).
///
/// # Errors
/// When the system refuses.
#[cfg(target_os = "linux")]
pub(crate) fn harden() -> std::io::Result<()> {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Other systems write no core files unless told to.
#[cfg(not(target_os = "linux"))]
pub(crate) fn harden() -> std::io::Result<()> {
    Ok(())
}

#[cfg(feature = "practice")]
pub(crate) mod practice {
    //! Practice builds: simulated providers on loopback, and answers to native dialogs.

    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    use ownkey_protocol::vocabulary::Provider;
    use ownkey_providers::endpoints::Endpoints;
    use serde::Deserialize;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// What `OWNKEY_PRACTICE` says.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct Practice {
        pub(crate) data_dir: PathBuf,
        pub(crate) keychain_service: String,
        /// Origins of the simulated providers, loopback only.
        providers: BTreeMap<Provider, String>,
        /// The same, checked.
        #[serde(skip)]
        pub(crate) endpoints: Endpoints,
        #[serde(default)]
        pub(crate) practice_keys: bool,
        /// An invitation that is opened in the app at its start.
        #[serde(default)]
        pub(crate) join_link: Option<String>,
        /// By so many days the clock of dates is ahead of the computer's.
        #[serde(default)]
        pub(crate) days_ahead: u16,
        /// Answers every native dialog: for journeys that do not click it.
        #[serde(default)]
        pub(crate) answer_dialogs: Option<bool>,
    }

    impl Practice {
        pub(crate) fn read(file: &Path) -> Result<Self, String> {
            let unfit = |error: &dyn std::fmt::Display| format!("OWNKEY_PRACTICE: {}: {error}", file.display());
            let text = std::fs::read(file).map_err(|error| unfit(&error))?;
            let mut practice: Self = serde_json::from_slice(&text).map_err(|error| unfit(&error))?;
            for (provider, origin) in &practice.providers {
                practice.endpoints = practice.endpoints.overridden(*provider, origin).map_err(|error| unfit(&error))?;
            }
            Ok(practice)
        }

        /// A practice key from the simulated provider's control.
        pub(crate) async fn make_key(&self, provider: &str, admin: bool) -> Option<String> {
            let origin = self.providers.get(&provider.parse().ok()?)?.strip_prefix("http://")?;
            let kind = if admin { "admin" } else { "work" };
            let body = format!("{{\"account\":\"Practice account\",\"kind\":\"{kind}\"}}");
            let mut stream = tokio::net::TcpStream::connect(origin).await.ok()?;
            let request = format!(
                "POST /_sim/keys HTTP/1.1\r\nhost: {origin}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(request.as_bytes()).await.ok()?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.ok()?;
            let json = answer.split_once("\r\n\r\n")?.1;
            let start = json.find('{')?;
            let end = json.rfind('}')?;
            let value: serde_json::Value = serde_json::from_str(json.get(start..=end)?).ok()?;
            value["text"].as_str().map(str::to_owned)
        }
    }
}
