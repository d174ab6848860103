#!/usr/bin/env node
// The command-line client of a running transship. Plain JavaScript, so that any Node from 20 on runs it as it is.
import { main } from "./cli/main.mjs";

process.exitCode = await main(process.argv.slice(2), process);
