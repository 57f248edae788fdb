import sax from 'sax';
import { type OnRecord, UnreadableDocument } from './records.js';

type Content = string | { [name: string]: Content | Content[] };

interface Open {
  readonly name: string;
  readonly content: { [name: string]: Content | Content[] };
  text: string;
}

/** What is in an element: its text where it has nothing else, or its attributes (as `@name`), children, and text (as `#text`). */
function contentOf({ content, text }: Open): Content {
  const said = text.trim();
  if (Object.keys(content).length === 0) return said;
  return said === '' ? content : { ...content, '#text': said };
}

function put(into: Open['content'], name: string, value: Content): void {
  const before = Object.hasOwn(into, name) ? into[name] : undefined;
  into[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
}

/**
 * The elements of one path in an XML document, each as an object, in order: one is held at a time. Entities beside XML's
 * own five are refused, so that none can grow or be fetched.
 *
 * @param path names of elements from the root to a record, with dots between them
 * @throws UnreadableDocument where it is no XML, is cut, or its root is another
 */
export async function xmlRecords(bytes: AsyncIterable<Uint8Array>, path: string, onRecord: OnRecord): Promise<void> {
  const wanted = path.split('.');
  const parser = sax.parser(true, { position: true });
  const decoder = new TextDecoder('utf-8');
  const names: string[] = [];
  /** Elements that are open in a record, the record first. */
  const open: Open[] = [];
  let place = 0;
  let failure: Error | undefined;
  let root: string | undefined;
  parser.onerror = (error) => {
    failure ??= error;
  };
  parser.onopentag = ({ name, attributes }) => {
    root ??= name;
    names.push(name);
    const begins = open.length === 0 && names.length === wanted.length && names.every((each, i) => each === wanted[i]);
    if (!begins && open.length === 0) return;
    const content = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [`@${key}`, String(value)]));
    open.push({ name, content, text: '' });
  };
  const onText = (text: string) => {
    const inside = open.at(-1);
    if (inside !== undefined) inside.text += text;
  };
  parser.ontext = onText;
  parser.oncdata = onText;
  parser.onclosetag = () => {
    names.pop();
    const closed = open.pop();
    if (closed === undefined) return;
    const parent = open.at(-1);
    if (failure !== undefined) return;
    if (parent === undefined) onRecord(contentOf(closed), ++place);
    else put(parent.content, closed.name, contentOf(closed));
  };
  const check = () => {
    if (failure !== undefined) throw new UnreadableDocument(`not XML behind record ${place}: ${failure.message.split('\n').join(', ')}`);
  };
  for await (const chunk of bytes) {
    parser.write(decoder.decode(chunk, { stream: true }));
    check();
  }
  parser.write(decoder.decode());
  parser.close();
  check();
  if (place === 0 && root !== wanted[0]) throw new UnreadableDocument(`the document has no element ${path}; its root is ${root ?? 'missing'}`);
}
