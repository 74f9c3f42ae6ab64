// A heartbeat by Puppeteer: start Chrome, open the page, check its status, take a picture, end.
import fs from 'node:fs';
import puppeteer from 'puppeteer-core';

const { browser: executablePath, arguments: args, url, picture } = JSON.parse(process.argv[2]);
const browser = await puppeteer.launch({ executablePath, args, headless: true });
const page = await browser.newPage();
await page.setViewport({ width: 1280, height: 720 });
const answer = await page.goto(url);
if (answer.status() !== 200) throw new Error(`status ${answer.status()}`);
fs.writeFileSync(picture, await page.screenshot({ fullPage: true }));
await browser.close();
