/** The compiled core, over the network from beside this script; a server that gives it another media type is borne with. */
export async function loadModule(): Promise<WebAssembly.Module> {
  const response = await fetch(new URL('../wasm/leastkey_bg.wasm', import.meta.url));
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  if (response.headers.get('content-type') === 'application/wasm')
    return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}
