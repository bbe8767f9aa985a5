import compressed from '../wasm/leastkey_bg.inline.js';

/**
 * The compiled core, from text in the program itself. It is for where a file beside it may get lost (bundlers) or may not be
 * read without a permission (Deno). Being compressed it costs no more to download than the file.
 */
export async function loadModule(): Promise<WebAssembly.Module> {
  const bytes = Uint8Array.from(atob(compressed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}
