/** Adds members to a stored document's text without parsing it. A stored document is never empty: it has its `_id`. */
export function withMembers(body: string, extra: object): string {
  return `${body.slice(0, -1)},${JSON.stringify(extra).slice(1)}`;
}
