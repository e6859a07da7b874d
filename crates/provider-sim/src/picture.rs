//! A real, tiny picture: 8 by 8 pixels of one seeded colour as PNG.

use crate::seeded::Seeded;

/// A valid PNG of 8 × 8 pixels. Stored without compression, so that no library is needed.
pub(crate) fn png(seeded: &Seeded, prompt: &str) -> Vec<u8> {
    let colour = seeded.number(prompt).to_be_bytes();
    // A row: the filter byte 0, then eight pixels.
    let mut row = vec![0];
    row.extend_from_slice(&colour[..3].repeat(8));
    let raw = row.repeat(8);
    let mut file = vec![0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
    chunk(&mut file, b"IHDR", &[0, 0, 0, 8, 0, 0, 0, 8, 8, 2, 0, 0, 0]);
    chunk(&mut file, b"IDAT", &stored(&raw));
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend_from_slice(&(data.len() as u32).to_be_bytes());
    let start = file.len();
    file.extend_from_slice(kind);
    file.extend_from_slice(data);
    let sum = crc32fast::hash(&file[start..]);
    file.extend_from_slice(&sum.to_be_bytes());
}

/// A zlib stream (RFC 1950) with one stored block (RFC 1951, 3.2.4).
fn stored(raw: &[u8]) -> Vec<u8> {
    let length = raw.len() as u16;
    let mut out = vec![0x78, 0x01, 0x01];
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(!length).to_le_bytes());
    out.extend_from_slice(raw);
    let (mut a, mut b) = (1u32, 0u32);
    for byte in raw {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend_from_slice(&((b << 16) | a).to_be_bytes());
    out
}
