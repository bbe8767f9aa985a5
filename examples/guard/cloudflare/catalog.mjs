/** The catalog of both workers: the permission of each request. */

export const catalog = {
  services: {
    messages: {
      title: 'Messages',
      permissions: {
        send: { title: 'Send', routes: ['POST /messages'] },
        export: { title: 'Export', routes: ['GET /messages'] },
      },
    },
  },
  templates: { sender: { title: 'Send', permissions: ['messages:send'] } },
};

export const prefix = 'acme_demo';
