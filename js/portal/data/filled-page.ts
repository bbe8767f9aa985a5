/**
 * The first page with something in it, or the last one. A filter may leave a page empty that has others behind it, and nobody can say that
 * there is nothing before those were read. `wanted` says whether somebody still waits.
 */
export async function filledPage<Page extends { items: readonly unknown[]; next?: After }, After>(
  read: (after: After | undefined) => Promise<Page>,
  after: After | undefined,
  wanted: () => boolean,
): Promise<Page> {
  let page = await read(after);
  while (page.items.length === 0 && page.next !== undefined && wanted()) page = await read(page.next);
  return page;
}
