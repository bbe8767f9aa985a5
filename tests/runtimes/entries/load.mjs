/**
 * A worker that revokes tokens through one worker while it uses them at another, both in the same
 * workerd, with as much load as the machine allows. It returns what it observed.
 */

const PORTAL_KEY = 'open sesame';

export default {
  async fetch(request, { API, PORTAL }) {
    const { tokens: count, clients, revokers } = await request.json();
    const manage = async (path, init) => {
      const response = await PORTAL.fetch(`http://portal${path}`, {
        ...init,
        headers: { 'x-portal-key': PORTAL_KEY },
      });
      if (response.status !== 200) throw new Error(`${init.method} ${path}: ${response.status}`);
      return response.json();
    };
    const statusOf = async ({ token }) => {
      const headers = { authorization: `Bearer ${token}` };
      const response = await API.fetch('http://api/messages', { method: 'POST', headers });
      await response.arrayBuffer();
      return response.status;
    };

    const tokens = [];
    for (let index = 0; index < count; index++) {
      const { token, record } = await manage('/tokens', {
        method: 'POST',
        body: JSON.stringify({ name: `T${index}` }),
      });
      tokens.push({ token, id: record.id, revoked: false });
    }

    const statuses = {};
    const stale = [];
    const waiting = [...tokens];
    const began = Date.now();
    const revoking = Array.from({ length: revokers }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await manage(`/tokens/${next.id}`, { method: 'DELETE' });
        next.revoked = true;
      }
    });
    let over = false;
    const using = Array.from({ length: clients }, async (_, client) => {
      for (let turn = client; !over; turn += clients) {
        // Around the ones that are being revoked.
        const token = tokens[(count - waiting.length + (turn % 16) + count - 12) % count];
        const { revoked } = token;
        const status = await statusOf(token);
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (revoked && status !== 401) stale.push(token.id);
        // Workers that call each other in one process never yield to workerd's event loop, so disk
        // and timers would starve.
        await new Promise((resolve) => setTimeout(resolve));
      }
    });
    try {
      await Promise.all(revoking);
    } finally {
      over = true;
      await Promise.all(using);
    }
    const milliseconds = Date.now() - began;
    for (const token of tokens) if ((await statusOf(token)) !== 401) stale.push(token.id);
    return Response.json({ stale, statuses, milliseconds });
  },
};
