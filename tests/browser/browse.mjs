// What the journey and the walks share: a browser, visitors with a login, and a look at a page by axe-core, narrow and wide.
// The command line is URL CHROMIUM DIRECTORY PASSWORD; screenshots go to DIRECTORY.
import { chromium } from "playwright-core";
import { readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRequire } from "node:module";

export const [url, executablePath, directory, password, ...more] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const profile = await mkdtemp(join(tmpdir(), "journey-"));
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath, args, env: { ...process.env, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile } });
const faults = [];
let looked = 0;

export const expect = (truth, what) => {
  if (!truth) throw new Error(`expected ${what}`);
  console.log(`ok: ${what}`);
};

/** Somebody with a browser of their own, logged in by the login page. */
export async function visitor(role, options = {}) {
  const context = await browser.newContext({ locale: "nl-NL", reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.on("console", (message) => {
    // The browser says of every answer above 399 that loading failed; that is no fault of a page.
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) faults.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`${page.url()}: ${error}`));
  page.setDefaultTimeout(20_000);
  await page.goto(url);
  if (role) {
    await page.fill("#email", `${role}@demo.example`);
    await page.fill("#password", password);
    await page.press("#password", "Enter");
    await page.waitForURL((at) => !at.pathname.startsWith("/login"));
  }
  return page;
}

/** Looks at a page narrow and wide, in each of the colour schemes; keeps a picture of each. */
export async function look(page, name, path, schemes = ["light", "dark"]) {
  if (path) await page.goto(url + path);
  for (const width of [360, 1280]) {
    for (const colorScheme of schemes) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(directory, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      await page.evaluate(axe);
      const found = await page.evaluate(() => globalThis.axe.run(document));
      for (const fault of found.violations) faults.push(`${name} ${width} ${colorScheme}: ${fault.id} ${fault.nodes[0].html}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) faults.push(`${name} ${width}: ${wide} pixels too wide`);
    }
  }
  looked += 1;
  await page.setViewportSize({ width: 1280, height: 900 });
}

/** Closes the browser; fails when any page had a fault. */
export async function finish() {
  await browser.close();
  if (faults.length > 0) {
    console.error(faults.join("\n"));
    process.exit(1);
  }
  console.log(`${looked} pages looked at`);
}
