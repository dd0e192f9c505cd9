/* Search over all sections of the manual: every word must occur; headings rank first. */

const MOST = 20;
const BEFORE = 60;
const LENGTH = 180;

const form = document.getElementById("search");
const input = document.getElementById("words");
const found = document.getElementById("found");
const article = document.querySelector("article");
let index = null;

const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

/** Score of a section: 0 if a word is missing; a word in the heading counts more. */
function score(section, words) {
  let sum = 0;
  for (const word of words) {
    const inHeading = section.low.heading.includes(word);
    const times = section.low.text.split(word).length - 1;
    if (!inHeading && times === 0) return 0;
    sum += (inHeading ? 10 : 0) + Math.min(times, 5);
  }
  return sum;
}

/** Nodes of a text whose words are marked. */
function marked(text, words) {
  const parts = [];
  const low = text.toLowerCase();
  let at = 0;
  while (at < text.length) {
    const next = words
      .map((word) => ({ word, start: low.indexOf(word, at) }))
      .filter(({ start }) => start >= 0)
      .sort((a, b) => a.start - b.start)[0];
    if (!next) break;
    parts.push(text.slice(at, next.start));
    const mark = document.createElement("mark");
    mark.textContent = text.slice(next.start, next.start + next.word.length);
    parts.push(mark);
    at = next.start + next.word.length;
  }
  return [...parts, text.slice(at)];
}

function excerpt(section, words) {
  const first = Math.max(0, Math.min(...words.map((word) => {
    const start = section.low.text.indexOf(word);
    return start < 0 ? Infinity : start;
  }).concat(section.text.length)) - BEFORE);
  const begin = first >= section.text.length - BEFORE ? 0 : first;
  const text = section.text.slice(begin, begin + LENGTH);
  return (begin ? "… " : "") + text + (begin + LENGTH < section.text.length ? " …" : "");
}

function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

function show(words) {
  found.hidden = words.length === 0;
  article.hidden = !found.hidden;
  if (found.hidden) return;
  const hits = index
    .map((section) => ({ section, points: score(section, words) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, MOST);
  const status = hits.length === 1 ? "1 section" : `${hits.length || "No"} sections`;
  const list = document.createElement("ol");
  for (const { section } of hits) {
    const link = document.createElement("a");
    link.href = `/manual/${section.topic}${section.anchor && `#${section.anchor}`}`;
    link.append(...marked(section.heading, words));
    link.addEventListener("click", () => { input.value = ""; show([]); });
    const where = element("small", section.title);
    list.append(element("li", link, " ", where, element("p", ...marked(excerpt(section, words), words))));
  }
  found.replaceChildren(element("p", status), list);
}

async function search() {
  if (!index) {
    const answer = await fetch("/manual/search.json");
    index = (await answer.json()).map((section) => ({
      ...section,
      low: { heading: `${section.title} ${section.heading}`.toLowerCase(), text: section.text.toLowerCase() },
    }));
  }
  show(wordsOf(input.value));
}

input.addEventListener("input", search);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  found.querySelector("a")?.focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== input) {
    event.preventDefault();
    input.focus();
  } else if (event.key === "Escape" && !found.hidden) {
    input.value = "";
    show([]);
  }
});
form.hidden = false;
