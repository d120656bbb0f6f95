// Bundles the front end into static/, which the Python package serves. Names carry a hash of their content,
// so that a browser may keep a file for ever; manifest.json says which file stands for which entry.
import { build } from "esbuild";
import { rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(fileURLToPath(import.meta.url));
const folder = join(web, "static");
const entries = ["js/dashboard.js", "js/product.js", "js/user.js", "js/live.js", "css/dashboard.css", "css/live.css", "css/dark.css"];

await rm(folder, { recursive: true, force: true });
const result = await build({
  absWorkingDir: web,
  entryPoints: entries,
  outdir: folder,
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "linked",
  metafile: true,
  logLevel: "warning",
});

// The snippet for a shop's own pages: one small script under a name that stays.
await build({
  absWorkingDir: web,
  entryPoints: ["js/footfall.js"],
  outdir: folder,
  bundle: true,
  format: "iife",
  target: "es2020",
  minify: true,
  logLevel: "warning",
});

const manifest = {};
for (const [path, output] of Object.entries(result.metafile.outputs)) {
  if (output.entryPoint && entries.includes(output.entryPoint)) {
    manifest[basename(output.entryPoint)] = basename(path);
  }
}
await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
