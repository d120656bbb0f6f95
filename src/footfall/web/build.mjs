// Bundles the front end into static/, which the Python package serves. Names carry a hash of their content,
// so that a browser may keep a file for ever; manifest.json says which file stands for which entry.
// A running page misses nothing meanwhile: each file appears whole, the manifest after what it names, and what
// no page names any more goes last.
import { build } from "esbuild";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(fileURLToPath(import.meta.url));
const folder = join(web, "static");
const entries = ["js/dashboard.js", "js/product.js", "js/user.js", "js/live.js", "css/dashboard.css", "css/live.css", "css/dark.css"];

const pages = await build({
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
  write: false,
});

// The snippet for a shop's own pages: one small script under a name that stays.
const snippet = await build({
  absWorkingDir: web,
  entryPoints: ["js/footfall.js"],
  outdir: folder,
  bundle: true,
  format: "iife",
  target: "es2020",
  minify: true,
  logLevel: "warning",
  write: false,
});

const manifest = {};
for (const [path, output] of Object.entries(pages.metafile.outputs)) {
  if (output.entryPoint && entries.includes(output.entryPoint)) {
    manifest[basename(output.entryPoint)] = basename(path);
  }
}

const files = new Map([...pages.outputFiles, ...snippet.outputFiles].map(({ path, contents }) => [basename(path), contents]));
files.set("manifest.json", JSON.stringify(manifest, null, 2) + "\n"); // the last
await mkdir(folder, { recursive: true });
for (const [name, contents] of files) {
  const unfinished = join(folder, `.${name}`);
  await writeFile(unfinished, contents);
  await rename(unfinished, join(folder, name));
}
for (const name of await readdir(folder)) {
  if (!files.has(name)) await rm(join(folder, name));
}
