//! Changes to an input, the same ones in each run.

/// What parsers stumble over.
const SNIPPETS: [&[u8]; 20] = [
    b"null",
    b"{}",
    b"[]",
    b"[[[[[[[[",
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"9999-12-31T23:59:59.999Z",
    b"1969-12-31T23:59:59.999Z",
    b"=",
    b".",
    b"\n\n",
    b"%00",
    b"\xff\xfe",
    b"\xe2\x80\x94",
    b":",
    b"\0",
];

/// How many mutated inputs each parser takes: a hundred thousand, in the long form of the tests ten times as many.
pub(crate) fn runs() -> usize {
    if std::env::var_os("OWNKEY_LONG").is_some() { 1_000_000 } else { 100_000 }
}

/// SplitMix64: small, and the same everywhere.
pub(crate) struct Mutation(u64);

impl Mutation {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`, which is not 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// The input after one to four changes.
    pub(crate) fn of(&mut self, input: &[u8]) -> Vec<u8> {
        let mut out = input.to_vec();
        for _ in 0..=self.below(4) {
            self.change(&mut out);
        }
        out
    }

    pub(crate) fn of_text(&mut self, input: &str) -> String {
        String::from_utf8_lossy(&self.of(input.as_bytes())).into_owned()
    }

    fn change(&mut self, out: &mut Vec<u8>) {
        let from = self.below(out.len() + 1);
        let to = (from + self.below(12)).min(out.len());
        match self.below(8) {
            0 | 1 if from < out.len() => out[from] ^= 1 << self.below(8),
            2 if from < out.len() => out[from] = self.next() as u8,
            3 => drop(out.drain(from..to)),
            4 => {
                let copy = out[from..to].to_vec();
                let at = self.below(out.len() + 1);
                out.splice(at..at, copy);
            }
            5 => {
                let snippet = SNIPPETS[self.below(SNIPPETS.len())];
                out.splice(from..to, snippet.iter().copied());
            }
            6 => out.truncate(from),
            _ => out.insert(from, b"0123456789{}[]\",:.-zZ"[self.below(21)]),
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_inputs_and_hardly_any_stays_as_it_was() {
    let input = b"{\"size\":12,\"root\":\"abc\"}";
    let run = || {
        let mut mutation = Mutation::new(1);
        (0..1_000).map(|_| mutation.of(input)).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
    assert!(run().iter().filter(|m| m.as_slice() == input).count() < 50);
}
