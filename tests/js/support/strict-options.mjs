import ts from 'typescript';

/** The options with which examples in TypeScript are compiled: those of a strict project. */
export const strictOptions = {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  // The types of other people's packages are theirs.
  skipLibCheck: true,
};
