// A service on Express with the X-Ray SDK for Node.js, unchanged, that makes the calls it is asked to make.
//
// The SDK finds the daemon in AWS_XRAY_DAEMON_ADDRESS; SISKIN_SAMPLING_RULES is a file of rules.
"use strict";

const xray = require("aws-xray-sdk-core");
const xrayExpress = require("aws-xray-sdk-express");
const express = require("express");
const http = xray.captureHTTPs(require("http"), true);

xray.middleware.disableCentralizedSampling();
xray.middleware.setSamplingRules(process.env.SISKIN_SAMPLING_RULES);

function get(url) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => (response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(text))));
    });
    request.on("error", reject);
  });
}

const app = express();
app.use(xrayExpress.openSegment("node"));
app.get(["/relay", "/quiet/relay"], async (request, response) => {
  const answers = [];
  for (const call of JSON.parse(request.query.calls)) {
    const url = new URL(call.url);
    url.searchParams.set("calls", JSON.stringify(call.calls));
    answers.push(await get(url.href));
  }
  response.json({ service: "node", header: request.get("X-Amzn-Trace-Id") ?? null, answers });
});
app.use(xrayExpress.closeSegment());

const server = app.listen(0, "127.0.0.1", () => console.log(`listening on 127.0.0.1:${server.address().port}`));
