// Internationalisation: texts in three languages, and formats of numbers and times.

export const LANGUAGES = { en: "English", ru: "Русский", kk: "Қазақша" };
const KEPT = "tolqyn language";
const MINUTE = 60,
  HOUR = 3600,
  DAY = 86400;
const RIGHT_TO_LEFT = new Set(["Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm"]);

export let language = "en";
let texts = {};
let plain = {};

/** The chosen language, else the first known one of the browser. */
function wanted() {
  const known = [localStorage.getItem(KEPT), ...navigator.languages.map((tag) => tag.split("-")[0])];
  return known.find((tag) => tag in LANGUAGES) ?? "en";
}

/** Load a language's texts. */
export async function loadLanguage(picked = "") {
  if (picked) localStorage.setItem(KEPT, picked);
  language = picked || wanted();
  texts = await (await fetch(`/console/locales/${language}.json`)).json();
  document.documentElement.lang = language;
  document.title = texts.title;
  plain = figures({ maximumFractionDigits: 1 });
}

/** A text by its key, with values in place of {names}. */
export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** A parameter's name and sentence; without a translation, the server's sentence. */
export function parameterWords(parameter) {
  const [name, sentence] = texts.parameters[parameter.name] ?? [parameter.name, parameter.text];
  return { name, sentence };
}

/** The translation of a word of the server, else the word. */
export function named(group, word) {
  return texts[`${group}.${word}`] ?? word;
}

/** A number format; Russian if the browser does not know the language. */
function figures(facts) {
  const known = Intl.NumberFormat.supportedLocalesOf(language).length ? language : "ru";
  return new Intl.NumberFormat(known, facts);
}

export function number(value, digits = 1) {
  return digits === 1 ? plain.format(value) : figures({ maximumFractionDigits: digits }).format(value);
}

export function percent(share) {
  return figures({ style: "percent", maximumFractionDigits: share < 0.1 ? 1 : 0 }).format(share);
}

/** A relative change: +2.3 %; zero has no sign. */
export function change(share) {
  const digits = Math.abs(share) < 0.1 ? 1 : 0;
  const facts = { style: "percent", maximumFractionDigits: digits, signDisplay: "exceptZero" };
  return figures(facts).format(share).replace("-", "−");
}

/** A p-value; below 0.0001 only the bound. */
export function pValue(p) {
  return p < 0.0001 ? `< ${number(0.0001, 4)}` : figures({ maximumSignificantDigits: 2 }).format(p);
}

/** A duration: 20 min, 1.5 h, 3 d. */
export function duration(seconds) {
  const [size, unit] =
    seconds < MINUTE
      ? [1, "second"]
      : seconds < HOUR
        ? [MINUTE, "minute"]
        : seconds < 2 * DAY && seconds % DAY !== 0
          ? [HOUR, "hour"]
          : [DAY, "day"];
  const value = seconds / size;
  return t(`time.${unit}`, { n: number(value < 10 ? value : Math.round(value)) });
}

/** Time since, or time until. */
export function ago(at) {
  const seconds = Math.round(at - Date.now() / 1000),
    far = Math.abs(seconds);
  const [size, unit] = [
    [DAY, "day"],
    [HOUR, "hour"],
    [MINUTE, "minute"],
  ].find(([step]) => far >= step) ?? [1, "second"];
  return t(`${seconds > 0 ? "in" : "ago"}.${unit}`, { n: number(Math.trunc(far / size)) });
}

/** Day and time of a moment. */
export function moment(at) {
  const date = new Date(at * 1000),
    two = (n) => String(n).padStart(2, "0");
  return `${two(date.getDate())}.${two(date.getMonth() + 1)} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The name of an edition's language, in the operator's language. */
export function editionName(edition) {
  const tag = languageOf(edition),
    known = texts[`edition.${tag}`];
  if (known) return known;
  try {
    return new Intl.DisplayNames([language], { type: "language" }).of(tag);
  } catch {
    return edition;
  }
}

export function languageOf(edition) {
  return edition.split("/")[1] ?? "und";
}

/** Attributes for text of an edition: its language and direction. */
export function languageAttributes(edition) {
  const lang = languageOf(edition);
  let script = "";
  try {
    script = new Intl.Locale(lang).maximize().script ?? "";
  } catch {
    /* not a language tag that the browser knows */
  }
  return { lang, dir: RIGHT_TO_LEFT.has(script) ? "rtl" : "ltr" };
}

/** A parameter's value with its unit. */
export function formatValue(parameter, value) {
  if (value === undefined || value === null) return "";
  if (value === 0 && parameter.least === 0 && OFF.has(parameter.name)) return t("off");
  if (parameter.unit === "s") return duration(value);
  if (parameter.unit === "share") return percent(value);
  const n = number(value, 2),
    words = texts[`unit.${parameter.unit}`];
  return words ? words.replace("{n}", n) : n;
}

const OFF = new Set([
  "exponent",
  "window",
  "popular_evidence",
  "freshness",
  "steadiness",
  "cooldown",
  "sibling_evidence",
  "mix_share",
  "exposure",
  "section_cap",
  "author_cap",
  "related_evidence",
  "visit_wear",
  "diversity",
]);
