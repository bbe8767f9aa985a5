/**
 * Compiles a module from deflated base64 text. Uses Node's zlib if available: streams and responses
 * take Node 30 ms to initialize, ten times as long as the module.
 */
export function compileInline(compressed: string): WebAssembly.Module | Promise<WebAssembly.Module> {
  const { process } = globalThis;
  if (process?.getBuiltinModule === undefined) return compileStreamed(compressed);
  const { Buffer } = process.getBuiltinModule('node:buffer');
  const { inflateRawSync } = process.getBuiltinModule('node:zlib');
  return new WebAssembly.Module(inflateRawSync(Buffer.from(compressed, 'base64')));
}

async function compileStreamed(compressed: string): Promise<WebAssembly.Module> {
  const bytes = Uint8Array.from(atob(compressed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}

/** Compiles the module of a response, whatever its media type. */
export async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  if (response.headers.get('content-type') === 'application/wasm')
    return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}
