// Parses TLA+ modules without TLC, so that one that does not parse is found on every machine.
// Usage: node check.mjs MODULE.tla...    Exit code 1 if any is wrong.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Language, Parser } from "web-tree-sitter";

const grammar = createRequire(import.meta.url).resolve("@tlaplus/tree-sitter-tlaplus/tree-sitter-tlaplus.wasm");
await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(grammar));

function errorsOf(text) {
  const errors = [];
  const walk = (node) => {
    if (node.isError || node.isMissing) errors.push(node);
    else if (node.hasError) node.children.forEach(walk);
  };
  walk(parser.parse(text).rootNode);
  return errors;
}

// A parser that takes anything would prove nothing.
for (const wrong of ["---- MODULE M ----\nA == \\E x \\in : x\n====", "---- MODULE M ----\nA == [x EXCEPT ![1] = ]\n===="]) {
  if (errorsOf(wrong).length === 0) throw new Error("the control was taken for TLA+");
}

let wrong = 0;
for (const file of process.argv.slice(2)) {
  const errors = errorsOf(readFileSync(file, "utf8"));
  for (const node of errors.slice(0, 5)) {
    const what = node.isMissing ? `${node.type} is missing` : `unexpected ${JSON.stringify(node.text.slice(0, 60))}`;
    console.error(`${file}:${node.startPosition.row + 1}:${node.startPosition.column + 1}: ${what}`);
  }

  if (errors.length > 0) wrong++;
}

console.log(`specs: ${process.argv.length - 2} modules parsed, ${wrong} wrong`);
process.exit(wrong > 0 || process.argv.length === 2 ? 1 : 0);
