/** What of a commit of Gold's log says whether lists may have changed. */
export interface Commit {
  /** Whether it added or removed rows; compaction does neither. */
  readonly changesData: boolean;
  /** Overview that it was made of, canaries not counted; null where it does not say. */
  readonly records: number | null;
}

/** What the last export says of itself. */
export interface LastExport {
  readonly deltaVersion: number;
  /** Generation of the table that it read; null in manifests of earlier builds. */
  readonly generation: number | null;
  /** Epoch milliseconds. */
  readonly asOf: number;
  /** When time alone changes what is listed: a time limit of the operator ends. Null where none does. */
  readonly changesAt: number | null;
}

export interface StartExportDeps {
  readonly now: number;
  /** Lists are exported anew after so long, whatever happened: confidence falls with time, and lists say when they expire. */
  readonly refreshMs: number;
  /** Null where nothing was exported yet. */
  readonly last: LastExport | null;
  readonly generation: number;
  /** Commits of the table after a version, oldest first; null where the log does not hold them all any more. */
  readonly commitsAfter: (version: number) => Promise<readonly Commit[] | null>;
  /** Starts the export; false where one runs already. */
  readonly start: () => Promise<boolean>;
}

export interface ExportLook {
  readonly started: boolean;
  readonly reason: string;
}

/** Why the lists may be others than those of the last export; null where they cannot. */
export async function reasonToExport({ now, refreshMs, last, generation, commitsAfter }: StartExportDeps): Promise<string | null> {
  if (last === null) return 'nothing was exported yet';
  if (now - last.asOf >= refreshMs) return `the last export is ${Math.round((now - last.asOf) / 3600_000)} hours old`;
  if (last.changesAt !== null && last.changesAt <= now) return 'a time limit of the operator has ended';
  if (last.generation !== generation) return 'the table was rebuilt';
  const commits = await commitsAfter(last.deltaVersion);
  if (commits === null) return `the log holds no longer all that came after version ${last.deltaVersion}`;
  const changed = commits.filter(({ changesData, records }) => changesData && records !== 0).length;
  return changed > 0 ? `${changed} commits since version ${last.deltaVersion}` : null;
}

/** Starts an export where the lists may have changed. A Glue job costs by the minute, this look a thousandth of a cent. */
export async function startExport(deps: StartExportDeps): Promise<ExportLook> {
  const reason = await reasonToExport(deps);
  if (reason === null) return { started: false, reason: `nothing has changed since version ${deps.last?.deltaVersion}` };
  return (await deps.start()) ? { started: true, reason } : { started: false, reason: `${reason}; an export runs already` };
}
