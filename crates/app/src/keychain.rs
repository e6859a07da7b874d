//! The operating system's keychain: the only place where a provider key is kept on this computer.
//!
//! One entry per secret. Every call runs on a thread of its own with a time limit, because a keychain may ask the
//! person first, and the window must go on.

use std::sync::Arc;
use std::time::Duration;

use keyring::{Entry, Error};
use ownkey_protocol::code::Code;
use ownkey_secret::{Secret, clear_stack};
use zeroize::Zeroize;

use crate::fault::Fault;

/// How long a keychain may take, the person's answer to its question included.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A place for secrets, blocking.
pub trait Keychain: Send + Sync + 'static {
    /// How long one call may take.
    fn limit(&self) -> Duration {
        LIMIT
    }

    /// Keeps a secret under a name; replaces one that is there.
    ///
    /// # Errors
    /// A fault with one of the keychain's codes.
    fn keep(&self, name: &str, secret: &Secret) -> Result<(), Fault>;

    /// The secret under a name, `None` when there is none.
    ///
    /// # Errors
    /// A fault with one of the keychain's codes.
    fn read(&self, name: &str) -> Result<Option<Secret>, Fault>;

    /// Removes what is under a name, if anything.
    ///
    /// # Errors
    /// A fault with one of the keychain's codes.
    fn forget(&self, name: &str) -> Result<(), Fault>;
}

/// The system's keychain.
pub struct SystemKeychain {
    service: String,
}

impl SystemKeychain {
    /// Entries go under this service name; a demo has one of its own.
    #[must_use]
    pub fn new(service: &str) -> Self {
        Self { service: service.to_owned() }
    }

    fn entry(&self, name: &str) -> Result<Entry, Fault> {
        Entry::new(&self.service, name).map_err(|e| fault(&e))
    }
}

impl Keychain for SystemKeychain {
    fn keep(&self, name: &str, secret: &Secret) -> Result<(), Fault> {
        let entry = self.entry(name)?;
        // EXPOSE: the keychain is the one place on this computer where a key is kept.
        secret.expose(|bytes| entry.set_secret(bytes)).map_err(|e| fault(&e))
    }

    fn read(&self, name: &str) -> Result<Option<Secret>, Fault> {
        match self.entry(name)?.get_secret() {
            Ok(bytes) => Secret::new(bytes)
                .map(Some)
                .map_err(|_| Fault::new(Code::KeychainItemVanished, "the entry is not a secret")),
            Err(Error::NoEntry) => Ok(None),
            Err(mut error) => {
                wipe(&mut error);
                Err(fault(&error))
            }
        }
    }

    fn forget(&self, name: &str) -> Result<(), Fault> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(fault(&error)),
        }
    }
}

/// Errors about data carry the data.
fn wipe(error: &mut Error) {
    if let Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) = error {
        bytes.zeroize();
    }
}

/// Which of the keychain's faults it is (design.md §9). The system's own words may go to the log; they hold no secret.
fn fault(error: &Error) -> Fault {
    let words = match error {
        Error::BadEncoding(_) | Error::BadDataFormat(..) => String::new(),
        other => format!("{other:?}"),
    };
    let code = match error {
        Error::NoDefaultStore => Code::KeychainNone,
        Error::NoEntry => Code::KeychainItemVanished,
        Error::NoStorageAccess(_) | Error::PlatformFailure(_) if dismissed(&words) => Code::KeychainDismissed,
        Error::NoStorageAccess(_) if words.contains("NoResult") => Code::KeychainNone,
        Error::NoStorageAccess(_) => Code::KeychainLocked,
        _ => Code::KeychainNone,
    };
    Fault::new(code, words)
}

/// The secret service says `Prompt` or `Dismissed`, macOS gives `errSecUserCanceled`.
fn dismissed(words: &str) -> bool {
    ["(Prompt)", "PromptDisconnected", "Dismissed", "-128"].into_iter().any(|word| words.contains(word))
}

/// The keychain off the window's threads, with a time limit.
#[derive(Clone)]
pub struct Keys {
    inner: Arc<dyn Keychain>,
}

impl Keys {
    /// Over a keychain.
    #[must_use]
    pub fn new(inner: Arc<dyn Keychain>) -> Self {
        Self { inner }
    }

    async fn run<T: Send + 'static>(
        &self,
        act: impl FnOnce(&dyn Keychain) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let inner = self.inner.clone();
        let limit = inner.limit();
        let task = tokio::task::spawn_blocking(move || {
            let answer = act(&*inner);
            clear_stack(); // the Secret Service's session is encrypted: the cipher's last blocks are there
            answer
        });
        match tokio::time::timeout(limit, task).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Fault::new(Code::Unforeseen, "the keychain's thread panicked")),
            Err(_) => Err(Fault::new(Code::KeychainTimeout, "no answer within the limit")),
        }
    }

    /// Keeps a secret; gives it back for the next step.
    ///
    /// # Errors
    /// A fault with one of the keychain's codes.
    pub async fn keep(&self, name: String, secret: Secret) -> Result<Secret, Fault> {
        self.run(move |k| k.keep(&name, &secret).map(|()| secret)).await
    }

    /// The secret under a name.
    ///
    /// # Errors
    /// A fault with one of the keychain's codes.
    pub async fn read(&self, name: String) -> Result<Option<Secret>, Fault> {
        self.run(move |k| k.read(&name)).await
    }

    /// The secret under a name that must be there.
    ///
    /// # Errors
    /// `keychain_item_vanished` when it is not.
    pub async fn need(&self, name: String) -> Result<Secret, Fault> {
        self.read(name).await?.ok_or_else(|| Fault::new(Code::KeychainItemVanished, "no such entry"))
    }

    /// Removes what is under a name.
    ///
    /// # Errors
    /// A fault with one of the keychain's codes.
    pub async fn forget(&self, name: String) -> Result<(), Fault> {
        self.run(move |k| k.forget(&name)).await
    }
}

/// Name of the entry for this device's signing seed.
pub(crate) const DEVICE: &str = "device";

/// Name of the entry for a connection's key: the draft before it has a number.
pub(crate) fn key_name(connection: ownkey_protocol::id::ConnectionId, version: Option<u32>) -> String {
    match version {
        Some(number) => format!("key/{connection}/{number}"),
        None => format!("key/{connection}/draft"),
    }
}

/// Name of the entry for a kept admin key.
pub(crate) fn admin_name(provider: ownkey_protocol::vocabulary::Provider) -> String {
    format!("admin/{provider}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the secret service's own errors print themselves.
    #[derive(Debug)]
    enum Service {
        Locked,
        NoResult,
        Prompt,
        PromptDisconnected,
        Unavailable,
    }

    impl std::fmt::Display for Service {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{self:?}")
        }
    }

    impl std::error::Error for Service {}

    #[test]
    fn each_fault_of_a_keychain_has_its_own_code() {
        let no_access = |service| Error::NoStorageAccess(Box::new(service));
        let failure = |service| Error::PlatformFailure(Box::new(service));
        for (error, code) in [
            (Error::NoDefaultStore, Code::KeychainNone),
            (failure(Service::Unavailable), Code::KeychainNone),
            (no_access(Service::NoResult), Code::KeychainNone),
            (no_access(Service::Locked), Code::KeychainLocked),
            (no_access(Service::Prompt), Code::KeychainDismissed),
            (failure(Service::PromptDisconnected), Code::KeychainDismissed),
            (Error::NoEntry, Code::KeychainItemVanished),
        ] {
            assert_eq!(fault(&error).code, code, "{error:?}");
        }
    }

    #[test]
    fn an_error_that_carries_an_entrys_bytes_puts_none_into_its_cause() {
        let mut error = Error::BadEncoding(b"sk-proj-secret".to_vec());
        assert_eq!(fault(&error).cause, "");
        wipe(&mut error);
        assert!(matches!(error, Error::BadEncoding(bytes) if bytes.iter().all(|b| *b == 0)));
    }
}
