/** A module of one function with one instruction of `simd128`. */
const PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98,
  11,
];

/**
 * Whether the runtime takes the module for `simd128`, which hashes four credentials in less than the time of two. Safari before 16.4 does
 * not.
 */
export const hasSimd = WebAssembly.validate(new Uint8Array(PROBE));
