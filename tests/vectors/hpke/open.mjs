// Opens the frozen sealed copies with @hpke, an implementation that is not ours, and prints the padded plaintexts
// as one JSON object: {"<suite>": "<base64>"}.
import { readFile } from "node:fs/promises";
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { XWing } from "@hpke/hybridkem-x-wing";

const kems = {
  "xwing-sha256-chacha20poly1305": () => new XWing(),
  "x25519-sha256-chacha20poly1305": () => new DhkemX25519HkdfSha256(),
};

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));

async function open(vector) {
  const sealed = JSON.parse(Buffer.from(vector.sealed, "base64").toString("utf8"));
  const kem = kems[vector.suite]();
  const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });
  const recipient = await suite.createRecipientContext({
    recipientKey: await kem.deserializePrivateKey(bytes(vector.private)),
    enc: bytes(sealed.enc),
    info: new TextEncoder().encode("ownkey/sealed-copy/1"),
  });
  return Buffer.from(await recipient.open(bytes(sealed.ct), bytes(sealed.header))).toString("base64");
}

const { copies } = JSON.parse(await readFile(new URL("../sealed.json", import.meta.url), "utf8"));
const out = {};
for (const vector of copies) out[vector.suite] = await open(vector);
process.stdout.write(`${JSON.stringify(out)}\n`);
