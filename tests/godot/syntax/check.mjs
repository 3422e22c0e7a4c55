// Parses GDScript without the engine, so that a script that does not parse is found on every machine.
// Usage: node check.mjs FILE.gd...    Exit code 1 if any is wrong.
import { readFileSync } from "node:fs";
import Parser from "tree-sitter";
import GDScript from "tree-sitter-gdscript";

const parser = new Parser();
parser.setLanguage(GDScript);

function errorsOf(text) {
  const errors = [];
  const walk = (node) => {
    if (node.isError || node.isMissing) errors.push(node);
    else if (node.hasError) node.children.forEach(walk);
  };
  // A text beyond its buffer is refused by the binding.
  walk(parser.parse(text, undefined, { bufferSize: 4 * (text.length + 1) }).rootNode);
  return errors;
}

// A parser that takes anything would prove nothing.
for (const wrong of ["func f(:\n\tpass\n", "var x = [1, 2\nfunc g():\n\tpass\n", "func f():\n\tfor in x:\n\t\tpass\n"]) {
  if (errorsOf(wrong).length === 0) throw new Error(`the control was taken for GDScript: ${wrong}`);
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

console.log(`GDScript: ${process.argv.length - 2} files parsed, ${wrong} wrong`);
process.exit(wrong > 0 || process.argv.length === 2 ? 1 : 0);
