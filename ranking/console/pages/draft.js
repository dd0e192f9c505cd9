// Draft: unpublished changes to the parameters of one scope.

import { get, post } from "./client.js";

export class Draft {
  constructor(scope) {
    this.scope = scope;
    this.changes = {};
  }

  /** Read the published values; the changes stay. */
  async load() {
    const [all, effective] = await Promise.all([get("/v1/profiles"), get("/v1/profiles/effective", this.scope)]);
    this.parameters = new Map(all.parameters.map((parameter) => [parameter.name, parameter]));
    this.live = effective.profile;
    this.from = effective.from;
    this.version = effective.version;
    this.own =
      effective.set ??
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

  /** Change a value; null = inherited. */
  change(name, value) {
    if (value === (this.own[name] ?? null)) delete this.changes[name];
    else this.changes[name] = value;
  }

  /** A parameter's value in the draft. */
  value(name) {
    return this.changes[name] ?? this.tried[name];
  }

  isTouched(name) {
    return name in this.changes;
  }

  /** The scope's own parameters with the changes applied. */
  get whole() {
    const made = { ...this.own, ...this.changes };
    return Object.fromEntries(Object.entries(made).filter(([, value]) => value !== null));
  }

  forget() {
    this.changes = {};
    this.tried = this.live;
  }

  /** Store the draft on the server for `ttl` seconds; returns its id. */
  async keep(ttl, signal) {
    const made = await post("/v1/profiles/drafts", { ...this.scope, set: this.changes, ttl }, signal);
    this.tried = made.profile;
    return made.id;
  }
}

/** Differences between two sets of parameters: [name, before, after]. */
export function difference(before, after) {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Array.from(names)
    .sort()
    .filter((name) => before[name] !== after[name])
    .map((name) => [name, before[name], after[name]]);
}
