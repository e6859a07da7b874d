/**
 * Makes every icon of the app from the drawings beside it: `node icons/make.mjs`.
 * Needs `rsvg-convert` (librsvg2-bin) and, for the .ico, `convert` (imagemagick). What it makes is committed.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "ownkey-icons-"));

/** Draws `name.svg` as a PNG of `size` pixels a side. */
function png(name, size, path) {
  execFileSync("rsvg-convert", ["--width", String(size), "--height", String(size), "--output", path, join(here, `${name}.svg`)]);
  return path;
}

/** Up to 24 pixels the simpler drawing is clearer. */
const drawing = (size) => (size <= 24 ? "ownkey-small" : "ownkey");
const at = (size) => png(drawing(size), size, join(scratch, `${size}.png`));

/** Apple's container: a magic word, the length of all, then type, length and bytes of each picture. */
function icns(pictures) {
  const parts = pictures.map(([type, size]) => {
    const data = readFileSync(at(size));
    const head = Buffer.alloc(8);
    head.write(type, "latin1");
    head.writeUInt32BE(data.length + 8, 4);
    return Buffer.concat([head, data]);
  });
  const head = Buffer.alloc(8);
  head.write("icns", "latin1");
  head.writeUInt32BE(8 + parts.reduce((sum, part) => sum + part.length, 0), 4);
  return Buffer.concat([head, ...parts]);
}

try {
  for (const size of [32, 128, 256, 512]) png("ownkey", size, join(here, `${size}x${size}.png`));
  png("tray", 32, join(here, "tray.png"));
  execFileSync("convert", [...[16, 24, 32, 48, 64, 256].map(at), join(here, "icon.ico")]);
  writeFileSync(
    join(here, "icon.icns"),
    icns([["icp4", 16], ["icp5", 32], ["ic11", 32], ["ic12", 64], ["ic07", 128], ["ic13", 256], ["ic08", 256], ["ic14", 512], ["ic09", 512], ["ic10", 1024]]),
  );
} finally {
  rmSync(scratch, { recursive: true });
}
