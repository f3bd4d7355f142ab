// Compile Viewers.sol for the last fork that geth's Clique knows; print its bytecode.
import { readFileSync } from "node:fs";
import solc from "solc";

const source = readFileSync(new URL("Viewers.sol", import.meta.url), "utf8");
const input = {
  language: "Solidity",
  sources: { "Viewers.sol": { content: source } },
  settings: {
    evmVersion: "london",
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { "*": { "*": ["evm.bytecode.object"] } },
  },
};
const compiled = JSON.parse(solc.compile(JSON.stringify(input)));
for (const problem of compiled.errors ?? []) {
  console.error(problem.formattedMessage);
}
console.log(`0x${compiled.contracts["Viewers.sol"].Viewers.evm.bytecode.object}`);
