//! Anthropic's figures: the analytics API per key, and where it is refused the older reports (providers.md §4.2).
//!
//! Amounts are cents with a fraction, as text. The older report of costs knows workspaces, not keys.

use ownkey_protocol::instant::Instant;

use super::read::Fields;
use super::{Amount, Ask, BillError, BilledRow, DAY, Desk, Page, Span, query};

const BETA: &str = "analytics-usage-cost-2026-08-24";
/// No question of the analytics API may be about a longer time.
const LONGEST: i64 = 31 * DAY;

/// Which of the two is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Road {
    Analytics,
    Reports,
}

/// Where in the figures a page is: which road, which piece of the span, and the provider's own word for the page.
struct Place<'a> {
    road: Road,
    piece: Instant,
    token: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// What [`Self::text`] wrote.
    fn read(cursor: &'a str) -> Option<Self> {
        let mut pieces = cursor.splitn(3, '.');
        let road = match pieces.next()? {
            "a" => Road::Analytics,
            "r" => Road::Reports,
            _ => return None,
        };
        let piece = Instant::from_unix_millis(pieces.next()?.parse().ok()?);
        Some(Self { road, piece, token: pieces.next().filter(|token| !token.is_empty()) })
    }

    fn text(&self) -> String {
        let road = if self.road == Road::Analytics { "a" } else { "r" };
        format!("{road}.{}.{}", self.piece.unix_millis(), self.token.unwrap_or_default())
    }
}

pub(super) async fn page(desk: &Desk<'_>, ask: Ask, span: Span, cursor: Option<&str>) -> Result<Page, BillError> {
    let span = span.widened(ask.bucket());
    let place = match cursor {
        None => Place { road: Road::Analytics, piece: span.from, token: None },
        Some(cursor) => Place::read(cursor).ok_or_else(|| BillError::Unreadable { what: "the cursor".to_owned() })?,
    };
    let piece = Span { from: place.piece, to: span.to.min(place.piece.plus_millis(LONGEST)) };
    let heard = desk.heard(&path(place.road, ask, piece, place.token), beta(place.road)).await?;
    let refused = matches!(heard.status.as_u16(), 400 | 404) && cursor.is_none();
    let (road, heard) = match refused {
        true => (Road::Reports, desk.get(&path(Road::Reports, ask, piece, None)).await?),
        false if heard.status.is_success() => (place.road, heard),
        false => return Err(desk.told(&heard)),
    };
    let mut page = read(&heard.body, road, ask)?;
    let next = match &page.next {
        Some(token) => Some(Place { road, piece: place.piece, token: Some(token) }),
        None => Some(Place { road, piece: piece.to, token: None }).filter(|_| piece.to < span.to),
    };
    page.next = next.map(|place| place.text());
    Ok(page)
}

/// An answer, with Anthropic's own word for the next page.
pub(super) fn read(body: &[u8], road: Road, ask: Ask) -> Result<Page, BillError> {
    let answer = Fields::whole(body)?;
    let rows = match road {
        Road::Analytics => analytics(&answer, ask)?,
        Road::Reports => reports(&answer, ask)?,
    };
    Ok(Page { rows, next: answer.next_page()?, refreshed: answer.moment("data_refreshed_at")? })
}

const fn beta(road: Road) -> Option<&'static str> {
    match road {
        Road::Analytics => Some(BETA),
        Road::Reports => None,
    }
}

fn path(road: Road, ask: Ask, piece: Span, token: Option<&str>) -> String {
    let (path, groups, limit): (_, &[&str], _) = match (road, ask) {
        (Road::Analytics, Ask::Costs) => {
            ("analytics/cost", &["api_key_id", "model", "service_tier", "cost_type", "token_type"], "1000")
        }
        (Road::Analytics, Ask::Usage(_)) => {
            ("analytics/usage", &["api_key_id", "workspace_id", "model", "service_tier"], "1000")
        }
        (Road::Reports, Ask::Costs) => ("cost_report", &["workspace_id", "description"], "31"),
        (Road::Reports, Ask::Usage(_)) => {
            ("usage_report/messages", &["api_key_id", "workspace_id", "model", "service_tier"], "24")
        }
    };
    let width = if ask == Ask::Costs { "1d" } else { "1h" };
    let named = if road == Road::Analytics { "time_bucket_width" } else { "bucket_width" };
    let (from, to) = (piece.from.to_string(), piece.to.to_string());
    let mut pairs = vec![("starting_at", from.as_str()), ("ending_at", &to), (named, width), ("limit", limit)];
    pairs.extend(groups.iter().map(|group| ("group_by[]", *group)));
    pairs.extend(token.map(|token| ("page", token)));
    query(&format!("/v1/organizations/{path}"), &pairs)
}

/// Rows that each have their own time.
fn analytics(answer: &Fields<'_>, ask: Ask) -> Result<Vec<BilledRow>, BillError> {
    let row = |one: Fields<'_>| {
        let mut row = timed(&one)?;
        let group = one.must("group", one.object("group")?)?;
        named(&mut row, &group)?;
        match ask {
            Ask::Costs => {
                let cost = one.must("cost", one.object("cost")?)?;
                let words = [group.text("cost_type")?, group.text("token_type")?];
                let words: Vec<String> = words.into_iter().flatten().collect();
                row.line = Some(words.join(", ")).filter(|line| !line.is_empty());
                priced(&mut row, &cost)?;
                row.requests = cost.count("requests")?;
            }
            Ask::Usage(_) => {
                let usage = one.must("usage", one.object("usage")?)?;
                used(&mut row, &usage)?;
                row.requests = usage.count("requests")?;
            }
        }
        row.served(group.text("service_tier")?);
        Ok(row)
    };
    answer.list("data")?.into_iter().map(row).collect()
}

/// Buckets of rows.
fn reports(answer: &Fields<'_>, ask: Ask) -> Result<Vec<BilledRow>, BillError> {
    let mut rows = Vec::new();
    for bucket in answer.list("data")? {
        let time = timed(&bucket)?;
        for one in bucket.list("results")? {
            let mut row = time.clone();
            named(&mut row, &one)?;
            match ask {
                Ask::Costs => {
                    let words = [one.text("cost_type")?, one.text("token_type")?];
                    let words: Vec<String> = words.into_iter().flatten().collect();
                    row.line = Some(words.join(", ")).filter(|line| !line.is_empty()).or(one.text("description")?);
                    priced(&mut row, &one)?;
                }
                Ask::Usage(_) => used(&mut row, &one)?,
            }
            row.served(one.text("service_tier")?);
            rows.push(row);
        }
    }
    Ok(rows)
}

fn timed(of: &Fields<'_>) -> Result<BilledRow, BillError> {
    let from = of.must("starting_at", of.moment("starting_at")?)?;
    Ok(BilledRow::empty(from, of.must("ending_at", of.moment("ending_at")?)?))
}

fn named(row: &mut BilledRow, of: &Fields<'_>) -> Result<(), BillError> {
    row.key = of.text("api_key_id")?;
    row.place = of.text("workspace_id")?;
    row.model = of.text("model")?;
    Ok(())
}

fn priced(row: &mut BilledRow, of: &Fields<'_>) -> Result<(), BillError> {
    let cents = of.must("amount", of.digits("amount")?)?;
    row.amount = Some(Amount::from_cents_text(&cents).map_err(|_| of.bad("amount"))?);
    row.currency = Some(of.must("currency", of.text("currency")?)?.to_ascii_uppercase());
    Ok(())
}

/// Input is told in parts, none of which is another's.
fn used(row: &mut BilledRow, of: &Fields<'_>) -> Result<(), BillError> {
    let fresh = of.count("uncached_input_tokens")?.unwrap_or_default();
    let read = of.count("cache_read_input_tokens")?.unwrap_or_default();
    let (mut written, mut written_hour) = (0, 0);
    if let Some(creation) = of.object("cache_creation")? {
        written = creation.count("ephemeral_5m_input_tokens")?.unwrap_or_default();
        written_hour = creation.count("ephemeral_1h_input_tokens")?.unwrap_or_default();
    }
    let all = [fresh, read, written, written_hour];
    let input = all.into_iter().try_fold(0_u64, u64::checked_add);
    row.used("input", Some(of.must("uncached_input_tokens", input)?));
    row.used("cached_input", Some(read));
    row.used("cache_write", Some(written));
    row.used("cache_write_hour", Some(written_hour));
    row.used("output", of.count("output_tokens")?);
    Ok(())
}
