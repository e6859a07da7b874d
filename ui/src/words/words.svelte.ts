/** Every word on the screen comes from `ui/locales` through here. The language can change while the window is open. */
import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";

/** Values for the variables of a message. */
export type Args = Record<string, FluentVariable>;

/** Languages that have a folder under `ui/locales`, and their own names. */
export const LANGUAGES = [
  { tag: "en", name: "English" },
  { tag: "de", name: "Deutsch" },
] as const;

/** A language that the window can speak: its messages and the direction of its script. */
export interface Language {
  tag: string;
  dir: "ltr" | "rtl";
  bundle: FluentBundle;
}

const files = import.meta.glob<string>("../../locales/*/*.ftl", { query: "?raw", import: "default", eager: true });

/** Makes a language from the files of `tag`; `transform` is for the pseudo language of the tests. */
export function makeLanguage(
  tag: string,
  options: { shownAs?: string; dir?: "ltr" | "rtl"; transform?: (text: string) => string } = {},
): Language {
  const dir = options.dir ?? "ltr";
  const bundle = new FluentBundle(options.shownAs ?? tag, {
    useIsolating: dir === "rtl",
    ...(options.transform ? { transform: options.transform } : {}),
  });
  for (const [path, text] of Object.entries(files)) {
    if (!path.includes(`/locales/${tag}/`)) continue;
    const problems = bundle.addResource(new FluentResource(text));
    if (problems.length > 0) throw new Error(`${path}: ${problems.map(String).join(", ")}`);
  }
  return { tag: options.shownAs ?? tag, dir, bundle };
}

const made = new Map<string, Language>();

function language(tag: string): Language {
  let found = made.get(tag);
  if (!found) {
    found = makeLanguage(tag);
    made.set(tag, found);
  }
  return found;
}

let spoken = $state.raw<Language>(language("en"));

/** The tag to speak for a preference (`system` or a tag) and what the system prefers. */
export function pick(preference: string, system: readonly string[]): string {
  const known = (tag: string) => LANGUAGES.find((l) => l.tag === tag.split("-")[0]?.toLowerCase())?.tag;
  if (preference !== "system") return known(preference) ?? "en";
  for (const tag of system) {
    const match = known(tag);
    if (match) return match;
  }
  return "en";
}

/** Speaks the language of this preference from now on. */
export function speak(preference: string): void {
  use(language(pick(preference, navigator.languages)));
}

/** Speaks exactly this language. */
export function use(next: Language): void {
  if (spoken !== next) spoken = next;
  document.documentElement.lang = next.tag;
  document.documentElement.dir = next.dir;
}

/** The tag of the language that is spoken now, for dates and numbers. */
export function tag(): string {
  return spoken.tag;
}

/** Whether there is a message of this id. */
export function has(id: string): boolean {
  return spoken.bundle.hasMessage(id);
}

/** The message `id`. An unknown id shows itself in brackets: the check of the locales keeps that from happening. */
export function t(id: string, args: Args | null = null): string {
  const message = spoken.bundle.getMessage(id);
  if (!message?.value) return `[${id}]`;
  const problems: Error[] = [];
  const text = spoken.bundle.formatPattern(message.value, args, problems);
  // A missing value shows as its name; while developing and in tests it must not pass unseen.
  if (import.meta.env.DEV && problems.length > 0) throw new Error(`${id}: ${problems.map(String).join(", ")}`);
  return text;
}

/** "Chat, images and voice", as this language joins a list. */
export function list(items: readonly string[]): string {
  return new Intl.ListFormat(spoken.tag, { type: "conjunction" }).format(items);
}
