// A heartbeat by Playwright: start Chrome, open the page, check its status, take a picture, end.
import { chromium } from 'playwright-core';

const { browser: executablePath, arguments: args, url, picture } = JSON.parse(process.argv[2]);
const browser = await chromium.launch({ executablePath, args, headless: true });
const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
const answer = await page.goto(url);
if (answer.status() !== 200) throw new Error(`status ${answer.status()}`);
await page.screenshot({ path: picture, fullPage: true });
await browser.close();
