/**
 * The page of a host, which knows who is signed in and leaves the tokens to the element. DEMO ONLY:
 * here people choose who they are, and a header says so.
 */

import '/package/browser/portal.js';

const KEY = 'demo-actor';
const people = document.querySelector('#person');
people.value = localStorage.getItem(KEY) ?? people.value;
people.addEventListener('change', () => {
  localStorage.setItem(KEY, people.value);
  // What one person looked at is not for the next.
  location.assign('/');
});

const portal = document.querySelector('leastkey-portal');
const actor = people.value;
portal.fetch = (input, init) => fetch(input, { ...init, headers: { ...init.headers, 'Demo-Actor': actor } });
portal.api = '/leastkey/v1';
