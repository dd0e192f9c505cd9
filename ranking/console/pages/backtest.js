import { h } from "./markup.js";
export function backtest() { return h("span", {}); }
