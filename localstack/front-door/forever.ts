/** Calls `work` again and again, `everyMs` after its last end. What goes wrong is logged: the emulator may be restarting. */
export function forever(name: string, everyMs: number, work: () => Promise<void>): void {
  let failing = false;
  const again = async () => {
    try {
      await work();
      failing = false;
    } catch (cause) {
      if (!failing) console.error(`${name}: ${(cause as Error).message}`);
      failing = true;
    }
    setTimeout(() => void again(), everyMs);
  };
  void again();
}
