// Drives one page in Chromium, as told line by line: a JSON object in, a JSON object out.
//
//   node browser.mjs PATH-TO-CHROMIUM
//
// in:  {"do": "open", "url": …, "width"?, "height"?, "scheme"?: "dark", "scale"?: 1}   out: {}
//      {"do": "wait", "selector": …, "count"?: N}      until one is visible, or exactly N are there
//      {"do": "texts", "selector": …}                  {"value": [what is written in each]}
//      {"do": "evaluate", "script": …}                 {"value": …}
//      {"do": "click", "selector": …}
//      {"do": "download", "selector": …, "into": PATH} clicks; {"value": the name that the file would get}
//      {"do": "picture", "into": PATH}                 a PNG of what is seen
//      {"do": "history"}                               {"value": {"loads": N, "complaints": [what went wrong in the page]}}
// What cannot be done gives {"error": …}. Ends when its input does.
import readline from 'node:readline';
import { chromium } from 'playwright-core';

const browser = await chromium.launch({ executablePath: process.argv[2] });
let page;
let history;

async function open({ url, width = 1280, height = 860, scheme = 'light', scale = 2 }) {
  await page?.context().close();
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    deviceScaleFactor: scale,
    locale: 'en-GB',
    // A receiver's certificate is its own: devices trust it by its pin, people by a look.
    ignoreHTTPSErrors: true,
  });
  history = { loads: 0, complaints: [] };
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on('load', () => (history.loads += 1));
  page.on('pageerror', (error) => history.complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    history.complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('console', (message) => {
    if (message.type() === 'error') history.complaints.push(message.text());
  });
  await page.goto(url);
}

const deeds = {
  open,
  async wait({ selector, count }) {
    if (count === undefined) return void (await page.locator(selector).first().waitFor());
    await page.waitForFunction(([s, n]) => document.querySelectorAll(s).length === n, [selector, count]);
  },
  texts: ({ selector }) => page.locator(selector).allTextContents(),
  evaluate: ({ script }) => page.evaluate(script),
  click: ({ selector }) => page.locator(selector).first().click(),
  async download({ selector, into }) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator(selector).first().click()]);
    await download.saveAs(into);
    return download.suggestedFilename();
  },
  picture: ({ into }) => page.screenshot({ path: into }).then(() => null),
  history: () => history,
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  let reply;
  try {
    const { do: deed, ...words } = JSON.parse(line);
    reply = { value: await deeds[deed](words) };
  } catch (error) {
    reply = { error: String(error) };
  }
  console.log(JSON.stringify(reply));
}
await browser.close();
