// Draft: what an operator tries at one scope: the scope's own parameters, and changes to them that
// nobody sees until they are published.

import { get, post } from "./client.js";

export class Draft {
  constructor(scope) {
    this.scope = scope;
    this.changes = {};
  }

  /** Read what is published now; the changes stay. */
  async load() {
    const [all, its] = await Promise.all([get("/v1/profiles"), get("/v1/profiles/effective", this.scope)]);
    this.parameters = new Map(all.parameters.map((parameter) => [parameter.name, parameter]));
    this.live = its.profile;
    this.from = its.from;
    this.version = its.version;
    this.own =
      its.set ??
      all.scopes.find((scope) =>
        ["edition", "surface", "section"].every((name) => scope[name] === this.scope[name]),
      )?.set ??
      {};
    this.tried = this.tried ?? this.live;
    for (const [name, value] of Object.entries(this.changes)) {
      if (value === (this.own[name] ?? null)) delete this.changes[name];
    }
  }

  get isChanged() {
    return Object.keys(this.changes).length > 0;
  }

  /** Try a value; null = as inherited. */
  change(name, value) {
    if (value === (this.own[name] ?? null)) delete this.changes[name];
    else this.changes[name] = value;
  }

  /** What a parameter is in the draft, as far as it is known. */
  value(name) {
    return this.changes[name] ?? this.tried[name];
  }

  isTouched(name) {
    return name in this.changes;
  }

  /** All parameters that the scope would have of its own. */
  get whole() {
    const made = { ...this.own, ...this.changes };
    return Object.fromEntries(Object.entries(made).filter(([, value]) => value !== null));
  }

  forget() {
    this.changes = {};
    this.tried = this.live;
  }

  /** Have the server keep the draft for a while; returns its id. */
  async keep(ttl, signal) {
    const made = await post("/v1/profiles/drafts", { ...this.scope, set: this.changes, ttl }, signal);
    this.tried = made.profile;
    return made.id;
  }
}

/** What differs between two sets of parameters: [name, before, after]. */
export function difference(before, after) {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Array.from(names)
    .sort()
    .filter((name) => before[name] !== after[name])
    .map((name) => [name, before[name], after[name]]);
}
