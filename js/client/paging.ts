/** A page of a list: `next` is the `after` of the following one. */
interface Page<Item, After> {
  items: Item[];
  next?: After;
}

/** The items of all pages. */
export async function* everyItem<Item, After, Query extends { after?: After }>(
  query: Query,
  read: (query: Query) => Promise<Page<Item, After>>,
): AsyncGenerator<Item, void, undefined> {
  let page = await read(query);
  yield* page.items;
  while (page.next !== undefined) {
    page = await read({ ...query, after: page.next });
    yield* page.items;
  }
}
