//! Matching paths, strictly: what two programs could read in two ways matches nothing.

/// The longest variable segment.
const MAX_SEGMENT: usize = 256;

/// The longest path.
pub(super) const LONGEST: usize = 2_048;

/// Whether a path of a further host can be looked up among those that the provider has named: it is sent on byte for byte
/// if it is one of them, so escapes do no harm, but it must not begin elsewhere than it seems.
pub(super) fn remembered(path: &str) -> bool {
    path.len() <= LONGEST
        && path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'?' | b'#'))
        && path[1..].split('/').all(|segment| !matches!(segment, "" | "." | ".."))
}

/// Whether a path has one reading only.
pub(super) fn plain(path: &str) -> bool {
    path.starts_with('/')
        && path.len() <= LONGEST
        && path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'%' | b'\\' | b'?' | b'#' | b';'))
        && path[1..].split('/').all(|segment| !matches!(segment, "" | "." | ".."))
}

/// Whether a query asks the provider to take the call for another method or another host's answer (Google's servers do).
pub(super) fn query_overrides(query: &str) -> bool {
    !query.is_ascii()
        || query.bytes().any(|b| b.is_ascii_control())
        || url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| {
            let name = name.to_ascii_lowercase();
            name.contains("httpmethod") || name.contains("method-override") || name == "$req" || name == "$userproject"
        })
}

/// Whether `path` is of the form `pattern`.
pub(super) fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern[1..].split('/'), path[1..].split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (Some("{id...}"), Some(_)) => return true,
            (None, None) => return true,
            (Some(wanted), Some(given)) if segment_fits(wanted, given) => {}
            _ => return false,
        }
    }
}

fn segment_fits(wanted: &str, given: &str) -> bool {
    if wanted == "{v}" {
        return matches!(given, "v1" | "v1beta");
    }
    let Some(after) = wanted.strip_prefix('{') else {
        return wanted == given;
    };
    let Some((_, verb)) = after.split_once('}') else {
        return false;
    };
    given.strip_suffix(verb).is_some_and(variable)
}

fn variable(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_SEGMENT
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// The segment at `index`, counted from 0 after the first slash.
pub(super) fn segment(path: &str, index: usize) -> Option<&str> {
    path.get(1..)?.split('/').nth(index)
}

/// The path from the segment at `index` on, without its slash.
pub(super) fn rest(path: &str, index: usize) -> Option<&str> {
    let mut rest = path.get(1..)?;
    for _ in 0..index {
        rest = rest.split_once('/')?.1;
    }
    Some(rest)
}
