/** What a list has said so far of all below the names above one, where what is below a name comes right after it. */
export class Around {
  private readonly path: { readonly name: string; readonly blocked: boolean }[] = [];

  /** Whether all below the nearest name above is blocked. */
  blocked(name: string): boolean {
    for (;;) {
      const top = this.path.at(-1);
      if (top === undefined || name.endsWith(`.${top.name}`)) return top?.blocked ?? false;
      this.path.pop();
    }
  }

  say(name: string, blocked: boolean): void {
    this.blocked(name);
    this.path.push({ name, blocked });
  }
}
