/**
 * Whether a request came straight from this machine. DEMO ONLY: the demo believes a header that
 * says who is there, so behind a proxy, which
 * reaches it as 127.0.0.1 for anybody, everybody would be an admin.
 */

/** What proxies, load balancers and tunnels add to a request. */
const OF_PROXIES = [
  /^(?:forwarded|via)$/,
  /^x-(?:forwarded|original|envoy|amzn|azure|cluster)(?:-|$)/,
  /^x-(?:real|client)-ip$/,
  /^(?:cf|true-client|fastly|fly|ngrok|tailscale|cdn)-/,
];

/** What tells that a request came through a proxy, or `undefined`. */
export function signOfProxy({ headers }, incoming) {
  const added = [...headers.keys()].find((name) => OF_PROXIES.some((form) => form.test(name)));
  if (added !== undefined) return `the header ${added}`;
  // What nginx speaks to a server unless it is told otherwise, and no browser does.
  return incoming?.httpVersionMajor === 1 && incoming.httpVersionMinor === 0 ? 'HTTP/1.0' : undefined;
}
