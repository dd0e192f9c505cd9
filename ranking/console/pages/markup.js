// Markup: elements from data. Text enters the page as text only, never as HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(made, facts, children) {
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    } else if (name === "style") {
      for (const [property, text] of Object.entries(value)) made.style.setProperty(property, text);
    } else if (name === "value" && "value" in made) {
      made.value = value;
    } else {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  made.append(
    ...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return made;
}

/** An HTML element: its attributes, `on` for events, `style` for properties, then its children. */
export function h(name, facts = {}, ...children) {
  return fill(document.createElement(name), facts, children);
}

/** The same for SVG. */
export function svg(name, facts = {}, ...children) {
  return fill(document.createElementNS(SVG, name), facts, children);
}

const SHAPES = {
  boards: "M4 5h16M4 12h16M4 19h10",
  tune: "M5 4v9m0 4v3M12 4v3m0 4v9M19 4v11m0 4v1M2.5 13h5M9.5 7h5M16.5 15h5",
  experiments: "M9 3h6M10 3v6l-5.5 9a2 2 0 0 0 1.7 3h11.6a2 2 0 0 0 1.7-3L14 9V3M7.5 15h9",
  overrides: "M12 17v5M8 3h8l-1 8 3 4H6l3-4z",
  tags: "M3 12V4h8l10 10-8 8zM7.5 7.5v.1",
  traffic: "M3 20V10m6 10V4m6 16v-8m6 8V7",
  audit: "M6 3h9l4 4v14H6zM9 11h7M9 15h7",
  keys: "M14 10a4.5 4.5 0 1 0-4 4l2 2h3v3h3v-3.5z",
  manual: "M4 5c3-1 6-1 8 1 2-2 5-2 8-1v14c-3-1-6-1-8 1-2-2-5-2-8-1zM12 6v14",
  more: "M5 12h.1M12 12h.1M19 12h.1",
  undo: "M4 9h11a5 5 0 0 1 0 10H9M4 9l4-4M4 9l4 4",
  close: "M6 6l12 12M18 6L6 18",
};

/** A decorative icon next to a text. */
export function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" },
    svg("path", { d: SHAPES[name] }),
  );
}

/** A button. */
export function button(text, act, facts = {}) {
  return h("button", { type: "button", ...facts, on: { click: act } }, text);
}

/** A labelled field; the label wraps it. */
export function field(label, input, hint = "") {
  return h(
    "label",
    { class: "field" },
    h("span", { class: "label" }, label),
    input,
    hint && h("span", { class: "hint" }, hint),
  );
}

let numbered = 0;

/** A unique id. */
export function unique(word) {
  numbered += 1;
  return `${word}-${numbered}`;
}

/** Radio buttons in one bar. */
export function choice(name, label, options, chosen, act) {
  return h(
    "fieldset",
    { class: "choice" },
    h("legend", { class: "unseen" }, label),
    options.map(([value, text]) =>
      h(
        "label",
        {},
        h("input", {
          type: "radio",
          name,
          value,
          checked: value === chosen,
          on: { change: () => act(value) },
        }),
        h("span", {}, text),
      ),
    ),
  );
}

/** A select element. */
export function select(options, chosen, act, facts = {}) {
  const made = h(
    "select",
    { ...facts, on: { change: () => act(made.value) } },
    options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)),
  );
  return made;
}

/** A dialog in the middle or at the side; Escape and the close button close it. */
export function dialog(title, className, close, ...children) {
  const id = unique("title");
  const made = h(
    "dialog",
    { class: className, "aria-labelledby": id, on: { close: () => made.remove() } },
    h(
      "header",
      {},
      h("h2", { id }, title),
      h(
        "button",
        { type: "button", class: "quiet square", "aria-label": close, on: { click: () => made.close() } },
        icon("close"),
      ),
    ),
    h("div", { class: "inside" }, children),
  );
  document.body.append(made);
  made.showModal();
  if (className === "small") made.querySelector("form input")?.focus();
  return made;
}
