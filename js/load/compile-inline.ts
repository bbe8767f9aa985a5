/** A module that a script has in it as text: deflated, in base64. */
export async function compileInline(compressed: string): Promise<WebAssembly.Module> {
  const bytes = Uint8Array.from(atob(compressed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}
