/** WebAssembly modules that a runtime or its bundler compiles on import. */

declare module '*.wasm' {
  const compiled: WebAssembly.Module;
  export default compiled;
}

declare module '*.wasm?module' {
  const compiled: WebAssembly.Module;
  export default compiled;
}
