import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import {
  type CallExpression,
  type ExportDeclaration,
  forEachChild,
  type ImportDeclaration,
  isCallExpression,
  isExportDeclaration,
  isImportDeclaration,
  isNamedImports,
  isStringLiteral,
  type Node,
  SyntaxKind,
} from 'typescript';
import { ROOT } from '../../../localstack/paths.js';
import { type CodeFile, parsed } from './files.js';

export interface Import {
  readonly from: string;
  /** The file from the root, or a package's name. */
  readonly to: string;
  readonly ours: boolean;
  /** Whether nothing of it is there when the program runs. */
  readonly typeOnly: boolean;
}

function typeOnlyImport({ importClause }: ImportDeclaration): boolean {
  if (importClause === undefined) return false;
  if (importClause.isTypeOnly) return true;
  const { namedBindings, name } = importClause;
  return (
    name === undefined &&
    namedBindings !== undefined &&
    isNamedImports(namedBindings) &&
    namedBindings.elements.length > 0 &&
    namedBindings.elements.every((each) => each.isTypeOnly)
  );
}

const isDynamic = (node: CallExpression): boolean => node.expression.kind === SyntaxKind.ImportKeyword;

/** What a file imports: statically, again exported, and by `import()`. */
export function importsOf(file: CodeFile): Import[] {
  const found: Import[] = [];
  const add = (specifier: Node | undefined, typeOnly: boolean) => {
    if (specifier === undefined || !isStringLiteral(specifier)) return;
    const { text } = specifier;
    const ours = text.startsWith('.');
    const path = normalize(join(dirname(file.path), text));
    const asTypeScript = path.replace(/\.js$/, '.ts');
    found.push({ from: file.path, to: ours ? (existsSync(join(ROOT, asTypeScript)) ? asTypeScript : path) : text, ours, typeOnly });
  };
  const visit = (node: Node): void => {
    if (isImportDeclaration(node)) add(node.moduleSpecifier, typeOnlyImport(node));
    else if (isExportDeclaration(node)) add((node as ExportDeclaration).moduleSpecifier, node.isTypeOnly);
    else if (isCallExpression(node) && isDynamic(node)) add(node.arguments[0], false);
    forEachChild(node, visit);
  };
  visit(parsed(file));
  return found;
}

/** Circles of files that need each other to be loaded, each once, from its first file by name (Tarjan 1972). */
export function circles(imports: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to, ours } of imports) if (ours) next.set(from, [...(next.get(from) ?? []), to]);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file) as number);
    stack.push(file);
    for (const to of next.get(file) ?? []) {
      if (!index.has(to)) visit(to);
      if (stack.includes(to)) low.set(file, Math.min(low.get(file) as number, low.get(to) as number));
    }
    if (low.get(file) !== index.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1 || (next.get(file) ?? []).includes(file)) found.push(circle.sort());
  };
  for (const file of [...next.keys()].sort()) if (!index.has(file)) visit(file);
  return found;
}
