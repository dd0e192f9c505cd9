import { h } from "./markup.js";
export function past() { return h("span", {}); }
