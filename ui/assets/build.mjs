// npm run build: ui/assets and nhsuk-frontend -> static/build (which git does not keep).
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { compile } from "sass";

const out = "static/build";
mkdirSync(`${out}/images`, { recursive: true });

for (const name of ["site", "pdf"]) {
  const { css } = compile(`ui/assets/scss/${name}.scss`, { loadPaths: ["node_modules"], style: "compressed", quietDeps: true });
  for (const [, target] of css.matchAll(/url\(["']?(?!data:)([^)"']*)/g)) {
    if (!target.startsWith("images/")) throw new Error(`${name}.css would fetch ${target}`);
    copyFileSync(`node_modules/nhsuk-frontend/dist/nhsuk/assets/${target}`, `${out}/${target}`);
  }
  writeFileSync(`${out}/${name}.css`, css);
}

const module = readFileSync("node_modules/nhsuk-frontend/dist/nhsuk/nhsuk-frontend.min.js", "utf8");
const body = module.replace(/export\s*\{[^}]*\};?/, "").replace(/\/\/# sourceMappingURL=.*/, "");
if (body === module || !body.includes("initAll")) throw new Error("nhsuk-frontend.min.js is not as expected");
writeFileSync(`${out}/site.js`, `{${body}\n${readFileSync("ui/assets/js/site.js", "utf8")}}\n`);
