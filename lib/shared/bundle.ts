import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Context: a folder that has the functions' bundles already, of whoever synthesises many stages of one code. @default - they are made */
export const BUNDLES = 'sluice:bundles';

/** The bundle of `lambdas/FOLDER/handler.ts` as `OUTDIR/index.mjs`. */
export function bundleFunction(folder: string, outdir: string): void {
  mkdirSync(outdir, { recursive: true });
  bundleScript(join(ROOT, 'lambdas', folder, 'handler.ts'), join(outdir, 'index.mjs'));
}

/** esbuild's settings for every function; benchmarks build with the same ones. */
export function bundleScript(entryPoint: string, outfile: string): void {
  buildSync({
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minify: true,
    keepNames: true,
    sourcemap: false,
    logLevel: 'warning',
    // Nothing external: ES modules do not look at NODE_PATH, and the runtime's SDK changes without us.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    absWorkingDir: ROOT,
  });
}

/**
 * The code of `lambdas/FOLDER/handler.ts`, bundled by esbuild in this process. NodejsFunction does the same through two
 * `npx` processes a function, which is most of a synth on a small machine (docs/decisions/0005).
 */
export function functionCode(scope: Construct, folder: string): Code {
  const made = scope.node.tryGetContext(BUNDLES) as string | undefined;
  if (made !== undefined) return Code.fromAsset(join(made, folder));
  const app = scope.node.root;
  if (!App.isApp(app)) throw new Error(`function code of ${folder}: the construct tree has no App at its root`);
  const outdir = join(app.outdir, 'functions', folder);
  bundleFunction(folder, outdir);
  return Code.fromAsset(outdir);
}
