// Opens every screen of a console in Chromium, at both widths and in both colour schemes; uses it; and says what is wrong.
//
//   URL       the address that the console prints, with its token
//   CHROMIUM  the program: scripts/chromium
//   DRIVER    the folder with the packages: scripts/browser
//   SCREENSHOTS  where pictures go; none are taken without it
//
// It prints "order, please" to have an order placed, and waits for a line as the answer.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

import { paths } from "./paths.mjs";
import { screens } from "./screens.mjs";

const { URL: url, CHROMIUM: executablePath, DRIVER: driver, SCREENSHOTS: pictures } = process.env;
const require = createRequire(`${driver}/package.json`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** How long to wait for what has to come, however slow the machine is. */
const PATIENCE = 120_000;

const shapes = [
  { name: "wide", viewport: { width: 1280, height: 800 } },
  { name: "narrow", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
];
const faults = [];

function fault(text) {
  faults.push(text);
  console.log(text);
}

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Has an order placed. */
async function order() {
  console.log("order, please");
  await answers.next();
}

async function context(browser, shape, colorScheme) {
  const made = await browser.newContext({ ...shape, colorScheme, reducedMotion: "reduce", locale: "en-GB", timezoneId: "Europe/Berlin" });
  made.setDefaultTimeout(PATIENCE);
  const page = await made.newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) fault(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => fault(`${page.url()}: ${error.stack}`));
  page.on("response", (response) => {
    if (response.status() >= 400) fault(`${response.url()}: ${response.status()}`);
  });
  await page.goto(url);
  return page;
}

/** What axe-core has to say, and whether the page is wider than the window. */
async function check(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const { id, nodes } of violations) {
    fault(`${name}: ${id}: ${nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join("\n  ")}`);
  }
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (over > 0) fault(`${name}: the page is ${over} pixels wider than the window`);
}

/** Keeps a picture; a small one, where pngquant is installed. */
async function picture(page, path) {
  await page.screenshot({ path, animations: "disabled" });
  spawnSync("pngquant", ["--force", "--ext", ".png", "--speed", "1", "64", path]);
}

async function visit(browser, shape, scheme) {
  const page = await context(browser, shape, scheme);
  for (const [name, { at, shows, settle }] of Object.entries(screens)) {
    const title = `${name}, ${shape.name}, ${scheme}`;
    await page.evaluate((to) => (location.hash = to), at);
    await page.locator(shows).first().waitFor().catch((error) => fault(`${title}: ${shows} did not come: ${error.message}`));
    await settle?.(page, { order });
    await check(page, title);
    // As it is before anybody touches it.
    await page.evaluate(() => scrollTo(0, 0));
    await page.mouse.move(0, 0);
    if (pictures) await picture(page, `${pictures}/${name}-${shape.name}.png`);
  }
  await page.context().close();
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--force-color-profile=srgb"] });
try {
  if (pictures) await mkdir(pictures, { recursive: true });
  // Pictures are of the light scheme at 1280, and of the dark one at 390.
  await visit(browser, shapes[0], "dark");
  await visit(browser, shapes[1], "light");
  await visit(browser, shapes[0], "light");
  await visit(browser, shapes[1], "dark");
  for (const [name, walk] of Object.entries(paths)) {
    const page = await context(browser, shapes[0], "light");
    try {
      await walk(page, { check });
      console.log(`${name}: done`);
    } catch (error) {
      fault(`${name}: ${error.stack}`);
    }
    await page.context().close();
  }
} finally {
  await browser.close();
}
console.log(`${Object.keys(screens).length} screens, ${Object.keys(paths).length} paths, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
