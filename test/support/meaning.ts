/** What one list means, read back: of a name's own statements, else of the nearest above with all below, the narrower counts. */
export class Meaning {
  private readonly exact = new Map<string, string>();
  private readonly subtree = new Map<string, string>();
  /** Addresses and URLs, `type name`. */
  readonly others = new Set<string>();

  say({ type, name, scope }: { readonly type: string; readonly name: string; readonly scope: string }, action: 'block' | 'allow'): void {
    if (type !== 'domain') this.others.add(`${type} ${name}`);
    else (scope === 'subtree' ? this.subtree : this.exact).set(name, action);
  }

  get names(): string[] {
    return [...new Set([...this.exact.keys(), ...this.subtree.keys()])];
  }

  /** Whether a statement of its own blocks the name. */
  own(name: string): boolean {
    return (this.exact.get(name) ?? this.subtree.get(name)) === 'block';
  }

  scope(name: string): 'exact' | 'subtree' {
    return this.subtree.get(name) === 'block' ? 'subtree' : 'exact';
  }

  blocks(name: string): boolean {
    const own = this.exact.get(name);
    if (own !== undefined) return own === 'block';
    const labels = name.split('.');
    const nearest = labels.map((_, i) => this.subtree.get(labels.slice(i).join('.'))).find((action) => action !== undefined);
    return nearest === 'block';
  }
}
