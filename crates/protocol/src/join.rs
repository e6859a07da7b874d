//! Join links and the six words that two people compare on the phone (design.md §4, seal.md §2).
//!
//! `https://agency…/join#<code>.<fingerprint>.<seq>`: what stands after `#` never reaches a server or its log.

use std::str::FromStr;

use url::Url;

use crate::encoding::{Hash, from_base64url, to_base64url};
use crate::keyset::Fingerprint;

const WORDS: &str = include_str!("words.txt");

/// An invite's one-time code: 128 random bits.
#[derive(Clone, PartialEq, Eq)]
pub struct InviteCode(pub [u8; 16]);

impl InviteCode {
    /// What is kept of it: SHA-256 of the 16 bytes.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(&[&self.0])
    }

    /// As it stands in a link.
    #[must_use]
    pub fn to_text(&self) -> String {
        to_base64url(&self.0)
    }

    /// From the text in a link.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        from_base64url(text)?.try_into().ok().map(Self)
    }
}

impl std::fmt::Debug for InviteCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InviteCode(…)")
    }
}

/// A join link, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinLink {
    /// The agency's origin, without a slash at its end.
    pub origin: String,
    /// The one-time code.
    pub code: InviteCode,
    /// The identity that the agency must have.
    pub fingerprint: Fingerprint,
    /// The key set must be this one or a newer one.
    pub seq: u64,
}

/// Why a text is not a join link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefused {
    /// Not a join link at all, or cut off.
    #[error("not a join link")]
    Malformed,
    /// `http:` to another computer.
    #[error("http is only for this computer")]
    Unsafe,
}

impl FromStr for JoinLink {
    type Err = LinkRefused;

    /// Reads `https://…/join#…`, or `ownkey://join?link=<the same, percent-encoded>`.
    fn from_str(text: &str) -> Result<Self, LinkRefused> {
        let text = text.trim();
        if text.len() > 2_048 {
            return Err(LinkRefused::Malformed);
        }
        let url = Url::parse(text).map_err(|_| LinkRefused::Malformed)?;
        if url.scheme() == "ownkey" {
            let inner = url.query_pairs().find(|(key, _)| key == "link").map(|(_, link)| link.into_owned());
            let inner = inner.filter(|link| !link.starts_with("ownkey:")).ok_or(LinkRefused::Malformed)?;
            return inner.parse();
        }
        if url.path() != "/join" || url.query().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(LinkRefused::Malformed);
        }
        safe_origin(&url)?;
        let mut parts = url.fragment().unwrap_or_default().split('.');
        let (Some(code), Some(print), Some(seq), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(LinkRefused::Malformed);
        };
        let print: [u8; 32] = from_base64url(print).and_then(|b| b.try_into().ok()).ok_or(LinkRefused::Malformed)?;
        Ok(Self {
            origin: url.origin().ascii_serialization(),
            code: InviteCode::from_text(code).ok_or(LinkRefused::Malformed)?,
            fingerprint: Fingerprint(Hash(print)),
            seq: seq.parse().map_err(|_| LinkRefused::Malformed)?,
        })
    }
}

impl std::fmt::Display for JoinLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let print = to_base64url(&self.fingerprint.0.0);
        write!(f, "{}/join#{}.{print}.{}", self.origin, self.code.to_text(), self.seq)
    }
}

/// `https:` anywhere, `http:` to loopback only.
///
/// # Errors
/// [`LinkRefused`].
pub fn safe_origin(url: &Url) -> Result<(), LinkRefused> {
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(LinkRefused::Malformed),
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        "http" => Err(LinkRefused::Unsafe),
        _ => Err(LinkRefused::Malformed),
    }
}

/// The fingerprint's first 66 bits as six words of the BIP-39 English list.
#[must_use]
pub fn words(fingerprint: Fingerprint) -> [&'static str; 6] {
    let list: Vec<&'static str> = WORDS.lines().collect();
    let bytes = fingerprint.0.0;
    std::array::from_fn(|word| {
        let index = (0..11).fold(0_usize, |acc, bit| {
            let at = word * 11 + bit;
            (acc << 1) | usize::from((bytes[at / 8] >> (7 - at % 8)) & 1)
        });
        list[index]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> JoinLink {
        JoinLink {
            origin: "https://agency.example".into(),
            code: InviteCode([9; 16]),
            fingerprint: Fingerprint(Hash([0xa5; 32])),
            seq: 3,
        }
    }

    #[test]
    fn a_link_comes_back_as_it_was_also_from_the_app_scheme() {
        let text = link().to_string();
        assert_eq!(text.parse::<JoinLink>().unwrap(), link());
        let mut app = Url::parse("ownkey://join").unwrap();
        app.query_pairs_mut().append_pair("link", &text);
        assert_eq!(app.as_str().parse::<JoinLink>().unwrap(), link());
    }

    #[test]
    fn plain_http_leads_to_this_computer_only() {
        let text = link().to_string();
        let tail = &text["https://agency.example".len()..];
        for host in ["http://127.0.0.1:4000", "http://localhost:4000", "http://[::1]:4000"] {
            assert!(format!("{host}{tail}").parse::<JoinLink>().is_ok(), "{host}");
        }
        for host in ["http://agency.example", "http://127.0.0.1.example", "http://10.0.0.1"] {
            assert_eq!(format!("{host}{tail}").parse::<JoinLink>(), Err(LinkRefused::Unsafe), "{host}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let text = link().to_string();
        for wrong in
            ["", "hello", "https://agency.example/join", &text[..text.len() - 2], "ownkey://join?link=ownkey://join"]
        {
            assert_eq!(wrong.parse::<JoinLink>(), Err(LinkRefused::Malformed), "{wrong}");
        }
        assert_eq!(text.replace("/join", "/path/join").parse::<JoinLink>(), Err(LinkRefused::Malformed));
    }

    #[test]
    fn six_words_carry_the_first_66_bits() {
        assert_eq!(WORDS.lines().count(), 2_048);
        assert_eq!(words(Fingerprint(Hash([0; 32]))), ["abandon"; 6]);
        assert_eq!(words(Fingerprint(Hash([0xff; 32]))), ["zoo"; 6]);
        let mut first = [0; 32];
        first[1] = 0b0010_0000;
        assert_eq!(words(Fingerprint(Hash(first)))[0], "ability");
    }
}
