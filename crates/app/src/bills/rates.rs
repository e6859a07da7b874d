//! Prices that the client agreed with its providers, as a person writes them: a decimal for a million tokens, a picture, a
//! second or a credit. Kept on this computer; both columns are reckoned with them.

use ownkey_protocol::code::Code;
use ownkey_protocol::usage::Day;
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::bill::Amount;
use ownkey_providers::meter::Part;
use ownkey_reconcile::{Rate, Rates};

use super::BillSettings;
use super::alert::Teller;
use crate::App;
use crate::fault::Fault;
use crate::host::Host;
use crate::wire::BillRate;

/// The most agreed prices.
const MOST: usize = 500;

/// The longest name of a model.
const LONGEST: usize = 128;

impl<H: Host> App<H> {
    /// Adds an agreed price; one for the same model, unit and day takes the place of the one before.
    ///
    /// # Errors
    /// `malformed` for what is no model, unit, price or day, or for too many; the store's.
    pub async fn bills_rate_add(&self, rate: BillRate) -> Result<(), Fault> {
        let rate = read(&rate)?;
        let mut rates = self.bill_settings().rates;
        rates.0.retain(|known| !same(known, &rate));
        if rates.0.len() >= MOST {
            return Err(Fault::new(Code::Malformed, "too many agreed prices"));
        }
        rates.0.push(rate);
        rates.0.sort_by(|a, b| order(a).cmp(&order(b)));
        self.keep_rates(rates)
    }

    /// Takes an agreed price back: the list's counts again. One that is not there is none the less gone.
    ///
    /// # Errors
    /// `malformed` for what is no agreed price; the store's.
    pub async fn bills_rate_remove(&self, rate: BillRate) -> Result<(), Fault> {
        let rate = read(&rate)?;
        let mut rates = self.bill_settings().rates;
        rates.0.retain(|known| !same(known, &rate));
        self.keep_rates(rates)
    }

    fn keep_rates(&self, rates: Rates) -> Result<(), Fault> {
        self.store.set_fact("bills", &BillSettings { rates, ..self.bill_settings() })?;
        self.tell_of_bills(Teller::Window);
        self.changed();
        Ok(())
    }
}

/// Of two prices for the same the later one counts.
fn same(a: &Rate, b: &Rate) -> bool {
    order(a) == order(b)
}

fn order(rate: &Rate) -> (Provider, &str, Part, Day) {
    (rate.provider, &rate.model, rate.part, rate.from)
}

/// How many units a price is for: a million tokens; of what is kept in thousandths, a whole one.
const fn per(part: Part) -> i128 {
    match part {
        Part::Picture => 1,
        Part::Audio | Part::Predict | Part::Credit => 1_000,
        _ => 1_000_000,
    }
}

/// What a person wrote.
fn read(rate: &BillRate) -> Result<Rate, Fault> {
    let wrong = |what: &str| Fault::new(Code::Malformed, what.to_owned());
    let model = rate.model.trim();
    if model.is_empty() || model.len() > LONGEST || model.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(wrong("not a model"));
    }
    let part = Part::of_unit(&rate.unit).ok_or_else(|| wrong("not a unit"))?;
    Ok(Rate {
        provider: rate.provider,
        model: model.to_owned(),
        part,
        price: price(&rate.price, part).ok_or_else(|| wrong("not a price"))?,
        from: rate.from.parse().map_err(|_| wrong("not a day"))?,
    })
}

/// A decimal for as many units as a price is for, exactly; `None` for less than nothing, and for what is finer than can be
/// kept.
fn price(text: &str, part: Part) -> Option<u64> {
    let plain = !text.is_empty() && text.len() <= 32 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let behind = text.split_once('.').map_or(0, |(_, behind)| behind.trim_end_matches('0').len());
    if !plain || behind > 12 {
        return None;
    }
    let pico = Amount::parse(text).ok()?.pico();
    if pico % per(part) != 0 {
        return None;
    }
    u64::try_from(pico / per(part)).ok()
}

/// As the window shows it.
pub(super) fn view(rates: &Rates) -> Vec<BillRate> {
    let shown = |rate: &Rate| BillRate {
        provider: rate.provider,
        model: rate.model.clone(),
        unit: rate.part.unit().to_owned(),
        price: Amount::from_pico(i128::from(rate.price).saturating_mul(per(rate.part))).to_string(),
        from: rate.from.to_string(),
    };
    rates.0.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(unit: &str, price: &str) -> BillRate {
        BillRate {
            provider: Provider::OpenAi,
            model: "gpt-4o-mini".to_owned(),
            unit: unit.to_owned(),
            price: price.to_owned(),
            from: "2026-11-10".to_owned(),
        }
    }

    #[test]
    fn a_price_is_kept_exactly_and_shown_as_it_was_written() {
        for (unit, text, kept) in [
            ("input", "0.15", 150_000),
            ("output", "0.000001", 1),
            ("output", "12", 12_000_000),
            ("cached_input", "0", 0),
            ("images", "0.04", 40_000_000_000),
            ("seconds_ms", "0.0001", 100_000),
            ("credits_milli", "0.01", 10_000_000),
        ] {
            let rate = read(&written(unit, text)).unwrap();
            assert_eq!(rate.price, kept, "{unit} {text}");
            assert_eq!(view(&Rates(vec![rate]))[0].price, text, "{unit}");
        }
        assert_eq!(read(&written("input", "0.150000000")).unwrap().price, 150_000);
    }

    #[test]
    fn what_is_no_price_is_refused_and_never_rounded() {
        for (unit, text) in [
            ("input", "0.0000001"),
            ("input", "0.1500000000001"),
            ("images", "0.0000000000001"),
            ("input", "-1"),
            ("input", "1e3"),
            ("input", "1,5"),
            ("input", ""),
            ("input", "."),
            ("input", "1.2.3"),
            ("images", "99999999999999999999"),
            ("nonsense", "1"),
            ("reasoning", "1"),
        ] {
            let refused = read(&written(unit, text)).map_err(|fault| fault.code);
            assert_eq!(refused, Err(Code::Malformed), "{unit} {text:?}");
        }
        for model in ["", "  ", "two words", "a\nb", &"x".repeat(129)] {
            assert!(read(&BillRate { model: model.to_owned(), ..written("input", "1") }).is_err(), "{model:?}");
        }
        for from in ["", "2026-13-01", "10.11.2026", "2026-11-1"] {
            assert!(read(&BillRate { from: from.to_owned(), ..written("input", "1") }).is_err(), "{from:?}");
        }
    }
}
