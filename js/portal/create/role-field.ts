import { html, type TemplateResult } from 'lit';
import type { DescribedKind } from '../../api/choices.js';
import type { Portal } from '../portal-context.js';

/** The roles that a token of a kind can be given here; `undefined` stands for none. */
export function rolesOf(
  { deployment, authority, owner }: Portal,
  rules: DescribedKind,
): (string | undefined)[] {
  if (!rules.technicalUser) return [];
  const usual = rules.role;
  return [usual, ...(authority.isAdminOf(owner) && usual !== 'admin' ? ['admin'] : [])].filter(
    (role) => role === undefined || role === 'admin' || Object.hasOwn(deployment.catalog.roles ?? {}, role),
  );
}

/** Which role, and how far it reaches. */
export function roleField(
  portal: Portal,
  roles: readonly (string | undefined)[],
  chosen: string | undefined,
  choose: (role: string | undefined) => void,
): TemplateResult {
  const { texts, titles, owner, deployment } = portal;
  const place = owner;
  return html`<fieldset class="roles">
    <legend>${texts.of('role.title')}</legend>
    <div class="cards">
      ${roles.map((role) => {
        const admin = role === 'admin';
        const own = role === undefined ? undefined : deployment.catalog.roles?.[role]?.description;
        const title =
          role === undefined ? texts.of('role.none') : admin ? texts.of('role.admin') : titles.role(role);
        const hint = texts.of(
          role === undefined ? 'role.none.hint' : `role.${admin ? 'admin' : 'other'}.hint`,
          {
            place,
          },
        );
        return html`<label class="card">
          <input
            type="radio"
            name="role"
            value=${role ?? ''}
            .checked=${role === chosen}
            @change=${() => choose(role)}
          />
          <span class="words">
            <strong>${title}</strong>
            ${own === undefined ? '' : html`<span>${own}</span>`}
            <small dir="auto">${hint}</small>
          </span>
        </label>`;
      })}
    </div>
    <small dir="auto">${texts.of('role.scope', { place })}</small>
  </fieldset>`;
}
