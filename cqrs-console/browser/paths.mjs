// What somebody does with the console: click by click, and once by the keyboard alone.

import { strict as assert } from "node:assert";

const go = (page, to) => page.evaluate((hash) => (location.hash = hash), to);

/** Waits until a function of the page says yes. */
const until = (page, asks, value) => page.waitForFunction(asks, value);

const versionIs = (page, version) => until(page, (wanted) => document.querySelector(".where")?.textContent.startsWith(`${wanted} of `), version);

/** Waits until the list is read, and has this number of letters with each text. */
const lettersAre = (page, wanted) =>
  until(page, (all) => {
    const texts = [...document.querySelectorAll(".letter")].map((letter) => letter.textContent);
    const isRead = /\d+ shown/.test(document.querySelector(".cost")?.textContent);
    return isRead && Object.entries(all).every(([text, count]) => texts.filter((one) => one.includes(text)).length === count);
  }, wanted);

export const paths = {
  /** Through the commits of an order: by click, by slider, and back. */
  "the time machine": async (page) => {
    await go(page, "#/streams?entity=ORDER&tenant=NORTHWIND&id=10249");
    await page.getByRole("link", { name: "10249" }).click();
    await versionIs(page, 3);
    await page.locator(".commit[data-version='1']").click();
    await versionIs(page, 1);
    assert.match(await page.locator(".changes").innerText(), /status\s+"new"\s+"placed"/);
    await page.locator(".commit[data-version='2']").click();
    await versionIs(page, 2);
    assert.match(await page.locator(".changes").innerText(), /status\s+"placed"\s+"ready"/);
    const marked = await page.locator(".tree .changed").first().innerText();
    assert.equal(marked.replace(/\s+/g, " "), '~ changed: status: "placed"→ became "ready"');
    await page.getByRole("slider", { name: "Version" }).fill("3");
    await versionIs(page, 3);
    await page.getByRole("button", { name: "Earlier commit" }).click();
    await versionIs(page, 2);
    assert.match(page.url(), /version=2$/);
    // The address alone leads there, and back is where the list was.
    await page.reload();
    await versionIs(page, 2);
    await page.goBack();
    await versionIs(page, 1);
  },

  /** From a commit to everything that its request has caused. */
  causation: async (page) => {
    await go(page, "#/stream/ORDER/NORTHWIND/10273?version=1");
    await page.getByRole("link", { name: "10273-place" }).click();
    await page.locator(".node").first().waitFor();
    const more = page.getByRole("button", { name: "Search on" });
    while (await more.count()) await more.click();
    await page.getByText("end of the list").waitFor();
    const order = page.getByRole("button", { name: /^OrderPlaced version 1, in ORDER 10273/ });
    await order.focus();
    await page.keyboard.press("ArrowRight");
    const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    assert.match(await focused(), /in SHIPPING 10273/);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: /SHIPPING 10273, version 1/ }).waitFor();
    await page.getByText("As a list").click();
    assert.match(await page.locator(".causes").first().innerText(), /OrderPlaced[\s\S]*StockReserved[\s\S]*OrderReady/);
    assert.ok((await page.locator(".causes a").count()) > 5, "each commit of the list leads to its stream");
  },

  /** A letter that is redriven is gone; one that fails again stays; a third is discarded. */
  "dead letters": async (page) => {
    await go(page, "#/dead-letters");
    const letters = page.locator(".letter");
    const silent = letters.filter({ hasText: "did not answer for order 10249" });
    const blocked = letters.filter({ hasText: "account HANAR is blocked" });
    await silent.waitFor();
    const before = await blocked.count();
    await silent.getByRole("button", { name: "Redrive" }).click();
    await lettersAre(page, { "did not answer for order 10249": 0, "account HANAR is blocked": before });
    await blocked.first().getByRole("button", { name: "Redrive" }).click();
    await page.getByText("0 letters done and gone").waitFor();
    await lettersAre(page, { "account HANAR is blocked": before });
    await blocked.first().getByRole("button", { name: "Discard" }).click();
    await page.getByLabel("Reason, for the log").fill("paid in cash");
    await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
    await lettersAre(page, { "account HANAR is blocked": before - 1 });
  },

  /** The overview says that all was taken only where all was read. */
  "what is said about dead letters": async (page) => {
    const note = (all) => page.evaluate(async (letters) => (await import("/assets/standing.js")).letterNote(letters), all);
    const read = { subscriber: "a", count: 0, more: false };
    const unread = { subscriber: "b", count: null, more: true };
    assert.equal(await note([read]), "everything was taken");
    assert.equal(await note([read, unread]), "1 subscriber not read");
    assert.equal(await note([{ ...read, count: 3, more: true }, unread, unread]), "2 subscribers not read");
    assert.equal(await note([{ ...read, more: true }]), "not read to the end");
    assert.equal(await note([{ ...read, count: 3 }]), "waiting for somebody");
  },

  /** An integer beyond 2^53 keeps its digits, in a state, a change and a list; and a small number is not 0. */
  "exact numbers": async (page) => {
    await go(page, "#/stream/PRODUCT/NORTHWIND/1000?version=2");
    await versionIs(page, 2);
    assert.match(await page.locator(".changes").innerText(), /stock\s+9007199254740993\s+9007199254740992/);
    await page.locator(".tree").getByText("9007199254740992").first().waitFor();
    await go(page, "#/stream/PRODUCT/NORTHWIND/1000?version=1");
    await versionIs(page, 1);
    await page.locator(".tree").getByText("9007199254740993").first().waitFor();
    const shown = (text) => page.evaluate(async (json) => {
      const [{ parse }, { number }, { text: line }] = await Promise.all(["json", "words", "tree"].map((name) => import(`/assets/${name}.js`)));
      const value = parse(json);
      return [number(value), line([value])];
    }, text);
    assert.deepEqual(await shown("18446744073709551615"), ["18446744073709551615", "[18446744073709551615]"]);
    assert.deepEqual(await shown("-9007199254740993"), ["-9007199254740993", "[-9007199254740993]"]);
    assert.deepEqual(await shown("1e21"), ["1e+21", "[1e+21]"]);
    assert.deepEqual(await shown("0.0004"), ["0.0004", "[0.0004]"]);
    assert.deepEqual(await shown("1234567"), ["1,234,567", "[1234567]"]);
  },

  /** A replay runs, and has an end. */
  replay: async (page) => {
    await go(page, "#/projections");
    await page.getByRole("button", { name: "Replay CustomerTotals" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Replay" }).click();
    await page.getByText(/replayed \d+ commits/).waitFor();
  },

  /** An index, page by page. */
  "read models": async (page) => {
    await go(page, "#/views?projection=OrderSummary");
    await page.getByLabel("Tenant").fill("NORTHWIND");
    await page.getByLabel("Order by").selectOption("by_customer");
    await page.getByLabel("customer: value").fill("ERNSH");
    await page.getByRole("button", { name: "List" }).click();
    await page.getByText("ERNSH").first().waitFor();
    await page.getByRole("link", { name: "10258" }).click();
    await page.locator(".tree").getByText("ERNSH").waitFor();
    await page.goBack();
    await page.getByText("ERNSH").first().waitFor();
  },

  /** No mouse: to the streams, search, open one, walk through it. */
  "the keyboard": async (page, { check }) => {
    await go(page, "#/");
    await page.getByText("OrderSummary").first().waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await check(page, "the keys");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await page.getByRole("search").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Shift+Tab");
    assert.equal(await page.evaluate(() => document.activeElement.labels?.[0]?.textContent), "Tenant");
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("NORTHWIND");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.type("10249");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "10249" }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await versionIs(page, 3);
    await page.keyboard.press("k");
    await versionIs(page, 2);
    await page.keyboard.press("ArrowLeft");
    await versionIs(page, 1);
    await page.keyboard.press("j");
    await versionIs(page, 2);
  },

  /** The switch of the colours is remembered. */
  colours: async (page) => {
    await page.getByRole("button", { name: "Dark" }).first().click();
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(await background(), "rgb(18, 20, 22)");
    await page.reload();
    assert.equal(await background(), "rgb(18, 20, 22)");
  },
};
