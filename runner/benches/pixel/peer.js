// Compares two PNGs with a library for Node.js, writes the difference where a fifth argument says, and prints how many
// pixels differ: node peer.js pixelmatch|blazediff aa|all BEFORE AFTER [DIFFERENCE]
import { readFileSync, writeFileSync } from "node:fs";
import { PNG } from "pngjs";

const [name, antialiasing, before, after, difference] = process.argv.slice(2);
const { default: compare } = name === "pixelmatch" ? await import("pixelmatch") : await import("@blazediff/core");
const [one, other] = [before, after].map((path) => PNG.sync.read(readFileSync(path)));
const { width, height } = one;
const drawn = difference ? new PNG({ width, height }) : undefined;
const options = { threshold: 0.1, includeAA: antialiasing === "all" };
console.log(compare(one.data, other.data, drawn?.data, width, height, options));
if (drawn) writeFileSync(difference, PNG.sync.write(drawn));
