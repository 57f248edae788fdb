import { forEachChild, isCallExpression, isIdentifier, isImportDeclaration, isPropertyAccessExpression, isStringLiteralLike, isTemplateExpression, type Node } from 'typescript';
import type { Dataset } from '../../../contracts/index.js';
import { type CodeFile, parsed } from './files.js';

type Named = Pick<Dataset, 'name' | 'tables'>;

const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Names of a dataset and of its own tables: those that a layer makes of every dataset have the dataset's. */
export const namesOf = ({ name, tables }: Named): string[] => [...new Set([name, ...tables.map((table) => table.name)])];

/**
 * Whether a text of the code names a dataset. A name of several words is one wherever it stands; a plain word (`runs`) is
 * one of English too, and names a table only behind its layer, a dataset only where nothing else is said.
 */
export function namedIn(text: string, name: string, isDataset: boolean): boolean {
  if (name.includes('_')) return new RegExp(`(?<![A-Za-z0-9_])${name}(?![A-Za-z0-9_])`).test(text);
  return (isDataset && text === name) || new RegExp(`\\b(bronze|silver|gold|quarantine|ops)\\.${name}\\b`).test(text);
}

/** Calls by which a command says what it does, and how many of their arguments do: an example may name a dataset, a default may not. */
const SAYING: Readonly<Record<string, number>> = { newCommand: 3, description: 1, summary: 1, addHelpText: 2, argument: 2, option: 2, requiredOption: 2 };

/**
 * Where TypeScript names one of the datasets, as `LINE: TEXT`; what commands say of themselves is left out, and comments.
 *
 * @param values datasets that may be imported as values: of these no identifier counts
 */
export function namingIn(file: CodeFile, datasets: readonly Named[], values: readonly Named[] = []): string[] {
  const source = parsed(file);
  const found: string[] = [];
  const look = (node: Node, text: string) => {
    const named = datasets.some((dataset) => namesOf(dataset).some((name) => namedIn(text, name, name === dataset.name)));
    if (named) found.push(`${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${text.trim().slice(0, 100)}`);
  };
  const spoken = (node: Node): ReadonlySet<Node> => {
    if (!isCallExpression(node)) return new Set();
    const called = isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression;
    return new Set(node.arguments.slice(0, isIdentifier(called) ? (SAYING[called.text] ?? 0) : 0));
  };
  const visit = (node: Node): void => {
    // Who may import what is another rule's.
    if (isImportDeclaration(node)) return;
    if (isStringLiteralLike(node)) look(node, node.text);
    else if (isTemplateExpression(node)) for (const part of [node.head, ...node.templateSpans.map(({ literal }) => literal)]) look(part, part.text);
    else if (isIdentifier(node)) {
      const words = datasets
        .filter((each) => !values.includes(each))
        .flatMap(namesOf)
        .filter((name) => name.includes('_'));
      if (words.some((name) => node.text === name || node.text === camel(name))) found.push(`${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${node.text}`);
    }
    const left = spoken(node);
    forEachChild(node, (child) => {
      if (!left.has(child)) visit(child);
    });
  };
  visit(source);
  return [...new Set(found)];
}

/** Where Python names one: its comments and documentation left out. */
export function namingInPython({ text }: CodeFile, datasets: readonly Named[]): string[] {
  const code = text.replaceAll(/"""[\s\S]*?"""/g, (doc) => doc.replaceAll(/[^\n]/g, ' ')).split('\n');
  return code.flatMap((line, i) => {
    const bare = line.replace(/(^|\s)#.*$/, '');
    const strings = [...bare.matchAll(/"([^"]*)"/g)].map(([, each]) => each ?? '');
    const named = datasets.some((dataset) =>
      namesOf(dataset).some((name) => (name.includes('_') ? namedIn(bare, name, true) : strings.some((each) => namedIn(each, name, name === dataset.name)))),
    );
    return named ? [`${i + 1}: ${bare.trim().slice(0, 100)}`] : [];
  });
}
