// The service's documents, made again with the X-Ray SDK for Node.js, are the same documents.
//
// The SDK reads no documents, and its own tests only look at what its emitter is given. So each document that the
// service sends is taken apart and put together again from the SDK's own segments and subsegments, by the methods
// that programs use. The SDK's own emitter sends the result to the same port, and there both must be equal,
// member by member.
"use strict";

const assert = require("node:assert");
const { spawn } = require("node:child_process");
const dgram = require("node:dgram");
const { on } = require("node:events");

const xray = require("aws-xray-sdk-core");

// The SDK drops what it does not like and logs it.
const refuse = (message) => assert.fail(message);
xray.setLogger({ error: refuse, warn: refuse, info() {}, debug() {} });

const PATIENCE_MS = 30_000;

function read(datagram) {
  const [header, ...rest] = datagram.toString("utf8").split("\n");
  assert.deepStrictEqual(JSON.parse(header), { format: "json", version: 1 });
  return JSON.parse(rest.join("\n"));
}

function fill(entity, document) {
  if (document.http) {
    entity.http = document.http;
  }
  for (const [key, value] of Object.entries(document.annotations ?? {})) {
    entity.addAnnotation(key, value);
  }
  for (const [namespace, values] of Object.entries(document.metadata ?? {})) {
    for (const [key, value] of Object.entries(values)) {
      entity.addMetadata(key, value, namespace);
    }
  }
  for (const exception of document.cause?.exceptions ?? []) {
    const thrown = new Error(exception.message);
    thrown.name = exception.type;
    const frames = (exception.stack ?? []).map((it) => `    at ${it.label} (${it.path}:${it.line}:1)`);
    thrown.stack = [String(thrown), ...frames].join("\n");
    entity.addError(thrown, exception.remote);
    // The SDK draws ids of its own, and puts the latest error of a subsegment first.
    entity.cause.exceptions.find((it) => it.message === exception.message).id = exception.id;
  }
  if (document.fault) {
    entity.addFaultFlag();
  }
  if (document.error) {
    entity.addErrorFlag();
  }
  if (document.throttle) {
    entity.addThrottleFlag();
  }
  for (const child of document.subsegments ?? []) {
    const subsegment = entity.addNewSubsegment(child.name);
    fillSubsegment(subsegment, child);
  }
  entity.id = document.id;
  entity.start_time = document.start_time;
}

function fillSubsegment(subsegment, document) {
  for (const member of ["namespace", "aws"]) {
    if (document[member] !== undefined) {
      subsegment.addAttribute(member, document[member]);
    }
  }
  if (document.sql) {
    subsegment.addSqlData(document.sql);
  }
  fill(subsegment, document);
  subsegment.close();
  subsegment.end_time = document.end_time;
}

// Sends it again, as the SDK does when a segment is closed or a subsegment is streamed.
function resend(document) {
  if (document.type === "subsegment") {
    const whole = new xray.Segment("whole", document.trace_id);
    whole.id = document.parent_id;
    const subsegment = whole.addNewSubsegment(document.name);
    fillSubsegment(subsegment, document);
    subsegment.flush();
    return;
  }
  const segment = new xray.Segment(document.name, document.trace_id, document.parent_id);
  // What the SDK says of itself.
  delete segment.aws;
  delete segment.service;
  if (document.user) {
    segment.setUser(document.user);
  }
  if (document.service) {
    segment.setServiceData(document.service);
  }
  if (document.aws) {
    segment.addPluginData(document.aws);
  }
  if (document.origin) {
    segment.origin = document.origin;
  }
  fill(segment, document);
  segment.end_time = document.end_time;
  segment.close();
}

// A document without what this SDK has no way to say, and what it says more often than needed.
function known(document, isEmbedded = false) {
  const entity = structuredClone(document);
  // Not said by the SDK.
  delete entity.links;
  for (const exception of entity.cause?.exceptions ?? []) {
    delete exception.cause;
    // Said by the SDK in any case.
    if (exception.remote === false) {
      delete exception.remote;
    }
    if (exception.stack?.length === 0) {
      delete exception.stack;
    }
    for (const frame of exception.stack ?? []) {
      frame.path ??= "unknown";
      frame.line ??= 0;
    }
  }
  if (entity.cause) {
    delete entity.cause.working_directory;
    entity.cause.exceptions.sort((one, other) => (one.id < other.id ? -1 : 1));
  }
  if (entity.notTraced === false) {
    delete entity.notTraced;
  }
  if (isEmbedded) {
    delete entity.type;
    delete entity.trace_id;
    delete entity.parent_id;
  }
  if (entity.subsegments) {
    entity.subsegments = entity.subsegments.map((child) => known(child, true));
  }
  return entity;
}

async function main() {
  const daemon = dgram.createSocket("udp4");
  const datagrams = on(daemon, "message", { signal: AbortSignal.timeout(PATIENCE_MS) });
  await new Promise((bound) => daemon.bind(0, "127.0.0.1", bound));
  const address = `127.0.0.1:${daemon.address().port}`;
  const next = async () => (await datagrams.next()).value[0];
  xray.setDaemonAddress(address);
  // Never by number: the service splits by bytes.
  xray.setStreamingThreshold(Number.MAX_SAFE_INTEGER);

  const service = spawn(process.env.SISKIN_TRACED, ["segments"], {
    env: { ...process.env, AWS_XRAY_DAEMON_ADDRESS: address },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  service.stderr.on("data", (chunk) => (stderr += chunk));
  // After the last document of the service.
  service.on("close", (code) => daemon.send(code === 0 ? "end" : `failed: ${stderr}`, daemon.address().port, "127.0.0.1"));
  const documents = [];
  for (;;) {
    const datagram = await next();
    const text = datagram.toString("utf8");
    assert.ok(!text.startsWith("failed"), text);
    if (text === "end") {
      break;
    }
    documents.push(read(datagram));
  }
  for (const document of documents) {
    const ours = known(document);
    resend(ours);
    assert.deepStrictEqual(known(read(await next())), ours);
  }
  assert.deepStrictEqual(new Set(documents.map((it) => it.type ?? "segment")), new Set(["segment", "subsegment"]));
  console.log("ok");
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
