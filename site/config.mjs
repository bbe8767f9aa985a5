/** The site. Its pages are put together by scripts/docs.mjs. */

import { defineConfig } from 'vitepress';
import { apiSidebar } from './api-sidebar.mjs';

const guide = (text, name) => ({ text, link: `/guides/${name}` });

export default defineConfig({
  title: 'Leastkey',
  description:
    'Least-privilege access tokens: created from permission templates, verified in microseconds, revoked for good.',
  lang: 'en',
  base: '/docs/',
  cleanUrls: false,
  // Without one, a browser asks for a file that there is not.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  // Links to the demo, which serves the site.
  ignoreDeadLinks: [/^https?:\/\/(?:localhost|127\.0\.0\.1)/],
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/getting-started' },
      { text: 'Guides', link: '/guides/operations' },
      { text: 'Reference', link: '/api/' },
      { text: 'A token leaked', link: '/incident' },
    ],
    sidebar: [
      {
        text: 'Start',
        items: [
          { text: 'Getting started', link: '/getting-started' },
          { text: 'Production checklist', link: '/production' },
          { text: 'A token leaked', link: '/incident' },
          { text: 'Agents', link: '/agents' },
          { text: 'Glossary', link: '/glossary' },
        ],
      },
      {
        text: 'Recipes',
        items: [
          { text: 'Systems of an organization', link: '/recipes/permission-sets' },
          { text: 'Organizations and groups', link: '/recipes/organizations' },
          { text: 'Users', link: '/recipes/personal' },
          { text: 'Applications and sessions', link: '/recipes/sessions' },
        ],
      },
      {
        text: 'Coming from',
        items: [
          { text: 'Unkey', link: '/coming-from/unkey' },
          { text: 'Better Auth', link: '/coming-from/better-auth' },
          { text: 'GitHub', link: '/coming-from/github' },
          { text: 'GitLab', link: '/coming-from/gitlab' },
          { text: 'Keys of your own', link: '/coming-from/home-made' },
        ],
      },
      {
        text: 'Guides',
        items: [
          guide('Permissions', 'permissions'),
          guide('Owners and technical users', 'accounts'),
          guide('Guarding requests', 'edge'),
          guide('Bundlers and frameworks', 'bundlers'),
          guide('The portal', 'portal'),
          guide('Storage', 'storage'),
          guide('Scale', 'scale'),
          guide('Rust', 'rust'),
          guide('Other languages', 'component'),
          guide('The audit trail', 'audit'),
          { text: 'Examples', link: '/examples' },
        ],
      },
      {
        text: 'Reference',
        items: [
          guide('Operations', 'operations'),
          { text: 'Verdict codes', link: '/guides/operations#verdict-codes' },
          { text: 'Error codes', link: '/guides/operations#error-codes' },
          guide('The catalog', 'catalog'),
          guide('HTTP', 'http'),
          guide('The command line', 'cli'),
          { text: 'Commands', link: '/commands' },
          { text: 'Events of the audit trail', link: '/guides/audit#what-stands-in-it' },
          { text: 'API', link: '/api/', collapsed: true, items: apiSidebar },
        ],
      },
      {
        text: 'Explanations',
        collapsed: true,
        items: [
          { text: 'Threat model', link: '/security' },
          guide('Freshness', 'freshness'),
          { text: 'Why tokens are opaque', link: '/explanations/why-opaque' },
          guide('What it costs', 'benchmarks'),
          guide('The boundary to the core', 'boundary'),
          { text: 'Changelog', link: '/changelog' },
        ],
      },
    ],
  },
});
