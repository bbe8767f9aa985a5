/**
 * Whether a request came directly from this machine. DEMO ONLY: the demo trusts a header with the
 * user's name. Behind a proxy every request comes from 127.0.0.1, so every client would be an
 * admin.
 */

/** Headers that proxies, load balancers and tunnels add to a request. */
const OF_PROXIES = [
  /^(?:forwarded|via)$/,
  /^x-(?:forwarded|original|envoy|amzn|azure|cluster)(?:-|$)/,
  /^x-(?:real|client)-ip$/,
  /^(?:cf|true-client|fastly|fly|ngrok|tailscale|cdn)-/,
];

/** The header that shows that a request came through a proxy, or `undefined`. */
export function signOfProxy({ headers }, incoming) {
  const added = [...headers.keys()].find((name) => OF_PROXIES.some((form) => form.test(name)));
  if (added !== undefined) return `the header ${added}`;
  // The default of nginx for upstream servers; no browser uses it.
  return incoming?.httpVersionMajor === 1 && incoming.httpVersionMinor === 0 ? 'HTTP/1.0' : undefined;
}
